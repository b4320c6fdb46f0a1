"""The symbols of ``data/symbols.toml``, what a formula is called with, and every unit.

Some symbols need no value: an optional one says what it is where nothing binds it. Others are sums
over the blocks of a model, written out for a plain decoder and supplied by its stack for any other.

Identifiers are legal in Python and in JavaScript. Counts (tokens, layers, heads, parameters,
elements, ...) are dimensionless, as in the SI; FLOP, byte, second and day are dimensions, to which
the tests hold every formula. Definitions that carry a unit, such as two FLOPs for each
multiply-accumulate, stand here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import sympy

from lifecost.data import load
from lifecost.errors import InputError, check_known, show

Expr: TypeAlias = Any  # a SymPy expression; SymPy has no types of its own

# Every unit and its plural: those with a dimension of their own, and counts, of dimension one.
DIMENSIONS = {
    "FLOP": "FLOP", "byte": "bytes", "bit": "bits", "s": "s", "h": "h", "day": "days", "USD": "USD",
    "J": "J",
}  # fmt: skip
PLURALS = DIMENSIONS | {
    "1": "", "token": "tokens", "sequence": "sequences", "layer": "layers", "head": "heads",
    "element": "elements", "matrix": "matrices", "parameter": "parameters", "nat": "nats",
    "step": "steps", "expert": "experts", "norm": "norms", "chip": "chips",
    "W": "W",
}  # fmt: skip
DERIVED = {"W": "J/s"}  # a unit with a name of its own, and what it is
# What takes a decimal prefix, and its sign behind one.
PREFIXED = {
    "byte": "B", "byte/s": "B/s", "byte/token": "B/token", "FLOP/s": "FLOP/s", "s": "s",
    "J": "J", "W": "W",
}  # fmt: skip


@dataclass(frozen=True)
class Quantity:
    """What one symbol stands for."""

    name: str
    latex: str
    unit: str
    meaning: str
    low: float
    high: float
    integer: bool = False
    absent: float | str | None = None  # a number, or the symbol that it then equals
    usual: Sequence[float] | None = None  # within it every formula has a value


SYMBOLS = {name: Quantity(name, **row) for name, row in load("symbols")["symbols"].items()}
OPTIONAL = {name: q.absent for name, q in SYMBOLS.items() if q.absent is not None}
# Parts of a model whose bytes may differ from those of its other weights.
PARTS = tuple(name for name, absent in OPTIONAL.items() if absent == "weight_bytes")
# What may be zero is only nonnegative: sympy must not divide by it.
_MADE: dict[str, Expr] = {
    name: sympy.Symbol(name, **{"positive" if q.low > 0 else "nonnegative": True})
    for name, q in SYMBOLS.items()
}
globals().update(_MADE)  # `symbols.batch` is one of them

# Definitions rather than measurements; they carry their unit, so that "2 N" has the dimension of
# FLOPs: two, a multiplication and an addition, for each multiply-accumulate.
FLOP_PER_MAC = sympy.Symbol("flop_per_mac", positive=True)
BITS_PER_BYTE = sympy.Symbol("bits_per_byte", positive=True)
SECONDS_PER_HOUR = sympy.Symbol("seconds_per_hour", positive=True)
SECONDS_PER_DAY = sympy.Symbol("seconds_per_day", positive=True)
CONSTANTS: dict[Expr, tuple[int, str]] = {
    FLOP_PER_MAC: (2, "FLOP"),
    BITS_PER_BYTE: (8, "bit/byte"),
    SECONDS_PER_HOUR: (3600, "s/h"),
    SECONDS_PER_DAY: (86400, "s/day"),
}


def symbol_of(name: str) -> Expr:
    """Return the sympy symbol of a quantity."""
    return _MADE[name]


def in_numbers(expr: Expr) -> Expr:
    """Return an expression with its constants replaced by their values."""
    return expr.xreplace({s: sympy.Integer(value) for s, (value, _) in CONSTANTS.items()})


class Sum(NamedTuple):
    """An additive quantity of a model: each block brings its part."""

    latex: str
    unit: str
    meaning: str
    of: Sequence[str] = ()
    positive: bool = False

    def __call__(self, name: str, s: Symbols) -> Expr:
        """Return it as a function of what it depends on: the form that all models share."""
        sign = {"positive" if self.positive else "nonnegative": True}
        return sympy.Function(name, **sign)(*(getattr(s, symbol) for symbol in self.of))


SUMS = {name: Sum(**row) for name, row in load("symbols")["sums"].items()}


class PlainOnly(LookupError):
    """A size of a plain decoder was asked for where any model is meant."""


ANY = "any"  # in place of a stack: any model, whose sums stay as they are


class Symbols:
    """What a formula is called with to get an expression: every symbol, by its name.

    The sums over a model's blocks are written out in the sizes of a stack: a plain decoder's, if
    none is given. Nothing outside of this object decides what an expression means.

    Parameters
    ----------
    stack
        A stack of blocks whose sizes are symbols.
    optional
        Whether symbols that a plain decoder does not need, such as active parameters, have a symbol
        of their own; else each is what it is where nothing binds it.

    Examples
    --------
    >>> from lifecost import kv_cache_size
    >>> kv_cache_size(Symbols())
    2*batch*context*d_head*kv_bytes*n_kv_head*n_layer
    >>> kv_cache_size(Symbols().but(context=1))
    2*batch*d_head*kv_bytes*n_kv_head*n_layer
    """

    plain: Any = None  # the plain decoder, whose sizes are symbols: `lifecost.blocks` builds it
    sizes: tuple[str, ...] = ()  # of it, those that not every model has

    def __init__(self, stack: Any = None, *, optional: bool = False) -> None:
        is_any = isinstance(stack, str) and stack == ANY
        if not (stack is None or is_any or hasattr(stack, "total")):
            raise InputError(f"stack = {show(stack)} is no stack of blocks")
        self.stack, self.optional = self.plain if stack is None else stack, optional
        self.called: list[Any] = []  # the formulas that were called with these
        self.asked: set[str] = set()
        self._instead: dict[Expr, Expr] = {}
        self._sums: dict[str, Expr] = {}

    def __getattr__(self, name: str) -> Expr:
        """Return the symbol of a name, a sum, or what stands for it here."""
        self.ask(name)
        if name in SUMS:
            return self.within(self._sum(name))
        if name not in _MADE:
            raise AttributeError(f"there is no symbol {name!r}")
        absent = OPTIONAL.get(name)
        if absent is None or self.optional:
            found = _MADE[name]
        else:
            found = _MADE[absent] if isinstance(absent, str) else sympy.Integer(absent)
        return self.within(found)

    def ask(self, *names: str) -> None:
        """Note that names are asked for.

        Raises
        ------
        PlainOnly
            If a sum of any model is asked for, and a size of a plain decoder, with which it does
            not show what becomes of it.
        """
        self.asked.update(names)
        if self.stack == ANY:
            sizes = self.asked & {*self.sizes}
            if sizes and not self.asked.isdisjoint(SUMS):
                raise PlainOnly(min(sizes))

    def _sum(self, name: str) -> Expr:
        if name not in self._sums:
            bare = Symbols(self.stack, optional=self.optional)
            found = bare.of_any(name) if self.stack == ANY else self.stack.total(name, bare)
            self._sums[name] = sympy.sympify(found)
        return self._sums[name]

    def of_any(self, name: str) -> Expr:
        """Return a sum over the blocks of any model, as a function of what it depends on."""
        found = SUMS[name](name, self)
        if name != "stored_bytes":
            return found
        # The number of weights is the caller's: rounded as it may be.
        own = SUMS["stored_params"]("stored_params", self)
        return self.n_params * self.weight_bytes + found - own * self.weight_bytes

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *SYMBOLS, *SUMS]

    def but(self, **instead: Expr) -> Symbols:
        """Return these symbols with other expressions in place of some."""
        for name, value in instead.items():
            check_known("symbol", name, _MADE)
            if not isinstance(value, (int, float, sympy.Expr)) or isinstance(value, bool):
                raise InputError(f"{name} = {show(value)} is no expression, and no number")
        if self.stack == ANY and (size := next((n for n in instead if n in self.sizes), "")):
            raise PlainOnly(size)
        made = Symbols(self.stack, optional=self.optional)
        made.called, made.asked, made._sums = self.called, self.asked, self._sums
        made._instead = self._instead | {_MADE[name]: value for name, value in instead.items()}
        return made

    def within(self, expr: Expr) -> Expr:
        """Return an expression of the symbols with what stands in their place here."""
        return expr.subs(self._instead, simultaneous=len(self._instead) > 1)
