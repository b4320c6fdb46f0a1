"""One expression, lowered to Python: fast for single numbers, block by block for arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy
from sympy.core.function import AppliedUndef

from lifecost import values as check
from lifecost.algebra import solve
from lifecost.printers import arguments
from lifecost.stack import WEIGHED
from lifecost.symbols import OPTIONAL, PARTS, SUMS, SYMBOLS, Expr, in_numbers, symbol_of

_BLOCK = 1 << 15  # elements evaluated at a time: the temporaries stay in the processor's cache


class Lowered:
    """An expression in numbers and symbols, and the functions that it becomes."""

    def __init__(self, name: str, expr: Expr) -> None:
        self.name, self.expr = name, expr
        self.symbols: tuple[str, ...] = tuple(arguments(expr))
        self._arrays: dict[frozenset[str], Callable[..., check.Value]] = {}

    def numpy_source(self, arrays: frozenset[str]) -> str:
        """Return the source of the NumPy function in which the named symbols are arrays."""
        from lifecost.printers import python

        return python.array_source(self.name, self.expr, arrays)

    def numpy(self, *arrays: str) -> Callable[..., check.Value]:
        """Return the NumPy function, by keyword; it does not check its values.

        The symbols named ``arrays`` (all, where none is named) are arrays, the others numbers: it
        multiplies the numbers among themselves before it touches an array.
        """
        names = frozenset(arrays or self.symbols)
        if names not in self._arrays:
            from lifecost.printers import python

            self._arrays[names] = python.build(self.numpy_source(names), self.name)
        return self._arrays[names]

    @cached_property
    def scalar(self) -> Callable[..., check.Value | None]:
        """The function of single numbers; None for whatever is not plain and in range."""
        from lifecost.printers import python

        # The checks stand in the generated function: calling a validator for each value would take
        # longer than the formula.
        tests = []
        for name in self.symbols:
            quantity, kind = SYMBOLS[name], f"{name}.__class__"
            low, high, real = quantity.low, quantity.high, f"{kind} is float"
            if quantity.integer:  # integers compare faster with integers
                low, high, real = int(low), int(high), f"({real} and {name} % 1 == 0)"
            tests += [f"({kind} is int or {real})", f"{low!r} <= {name} <= {high!r}"]
        known = set(self.symbols)
        tests += [f"{b} % {a} == 0" for a, b, _ in check.DIVIDES if {a, b} <= known]
        source = "\n".join(
            [
                f"def {self.name}({'*, ' if self.symbols else ''}{', '.join(self.symbols)}):",
                f"    if {' and '.join(tests) or True}:",
                *(f"        {line}" for line in python.scalar_lines(self.expr)),
            ]
        )
        return python.build(source, self.name)

    @cached_property
    def _has_cases(self) -> bool:
        return bool(self.expr.has(sympy.Piecewise))

    def refuse_overflow(self, values: check.Bindings, result: float) -> None:
        """Raise `ArithmeticError` where infinity, or nothing left over it, is but an overflow.

        Unlike a power, a product of plain numbers overflows without a word; in arrays it does not.
        """
        if result == math.inf and not self.expr.has(sympy.oo):
            raise OverflowError
        self.checked({name: [value] for name, value in values.items()})

    def checked(self, values: Mapping[str, Any]) -> Any:
        """Return the value after every check, for numbers and arrays of any kind."""
        for name in values:
            if name not in self.symbols:
                raise check.unknown_value(self.name, name, self.symbols)
        if absent := [n for n in self.symbols if n not in values]:
            raise check.missing(self.name, absent)
        values = {n: check.converted(n, v) for n, v in values.items()}
        arrays = {n: v for n, v in values.items() if hasattr(v, "shape")}
        size = math.prod(check.check_shapes(arrays))
        blockwise = all(type(a) is np.ndarray for a in arrays.values())
        # The longest arrays are checked block by block, while the processor has them at hand.
        late = [n for n, a in arrays.items() if blockwise and a.size == size]
        late = [n for n in late if n not in check.PAIRED]
        for name, value in values.items():
            if name not in late:
                check.check_range(name, value)
        check.check_together(values)
        if not arrays:
            return self.scalar(**values)
        function = self.numpy(*arrays)
        # Both branches of a case are computed, and the one not taken may have no value.
        wrong: Any = "ignore" if self._has_cases else "raise"
        with np.errstate(divide=wrong, over="raise", invalid=wrong):
            if not blockwise:
                return function(**values)
            result = _blockwise(function, arrays, values, late)
        if self._has_cases and np.isnan(result).any():
            raise FloatingPointError
        return result


def _blockwise(
    function: Callable[..., Any], arrays: dict[str, Any], values: dict[str, Any], late: list[str]
) -> Any:
    """Return a function of arrays, evaluated block by block with broadcasting.

    Of the arrays named ``late``, each block is held to its symbol's range before it is used.
    """
    count = len(arrays)
    flags: list[Any] = [["readonly"]] * count + [["writeonly", "allocate"]]
    blocks = np.nditer(
        [*arrays.values(), None], ["external_loop", "buffered", "zerosize_ok"],
        flags,
        op_dtypes=[float] * (count + 1), buffersize=_BLOCK,
    )  # fmt: skip
    with blocks:
        for *inputs, out in blocks:
            given = values | dict(zip(arrays, inputs, strict=True))
            for name in late:
                check.check_range(name, given[name])
            out[...] = function(**given)
        return blocks.operands[-1]


class General:
    """A formula as all models share it: a function of symbols and of sums over blocks.

    Attributes
    ----------
    sums, asks
        The sums, and the identifiers of the symbols that it needs, those that sums ask for too.
    unknown
        The symbol that is sought, where two sides are equal for one value of it; else ``""``.
    """

    def __init__(self, name: str, unknown: str, left: Expr, right: Expr | None) -> None:
        self.name, self.unknown = name, unknown
        if right is not None:
            sought = symbol_of(unknown)
            if not any(sought in one.free_symbols for one in (left - right).atoms(AppliedUndef)):
                left, right, self.unknown = solve(left, right, sought), None, ""
        self.expr = in_numbers(left if right is None else left / right)
        self.sums = tuple(sorted({one.func.__name__ for one in self.expr.atoms(AppliedUndef)}))
        free = {*arguments(self.expr)} - {self.unknown}
        if not WEIGHED.isdisjoint(self.sums):
            free |= {"weight_bytes", *PARTS}
        self.asks = tuple(sorted(free))

    @cached_property
    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        from lifecost.printers import python

        sources = python.scalar_source, python.positional_source
        number, array = (
            python.build(source(self.name, self.expr, self.sums), self.name) for source in sources
        )
        return number, array

    def __call__(self, stack: Any, known: Mapping[str, Any]) -> Any:
        """Return the value for a stack, of values that are checked."""
        if self.unknown:
            return root(lambda x: self._value(stack, {**known, self.unknown: x}))
        return self._value(stack, known)

    def _value(self, stack: Any, known: Mapping[str, Any]) -> Any:
        def of(name: str) -> Callable[..., Any]:
            near = SUMS[name].of
            return lambda *given: stack.value(
                name, {**known, **dict(zip(near, given, strict=True))}
            )

        arrays = any(hasattr(value, "shape") for value in known.values())
        arrays = arrays or not getattr(stack, "is_one", True)
        given = [known[name] for name in self._names]
        with np.errstate(divide="ignore", over="raise", invalid="ignore"):
            result = self._functions[arrays](*given, *map(of, self.sums))
        if np.isnan(result).any():
            raise FloatingPointError
        return result

    @cached_property
    def _names(self) -> list[str]:
        return arguments(self.expr)

    def javascript(self, plain: str) -> str:
        """Return the source of a function for any model, given that for a plain decoder."""
        from lifecost.printers import javascript

        general = javascript.arrow(self.expr, OPTIONAL, self.sums)
        unknown = f', "{self.unknown}"' if self.unknown else ""
        return f"const {self.name} = ofModels({plain}, {general}{unknown});"


_LEAST, _LARGEST = 1e-12, 1e24  # of what is sought


def root(ratio: Callable[[Any], Any]) -> Any:
    """Return where a ratio that rises or falls throughout is one, or infinity; of arrays too."""
    rises = np.asarray(ratio(_LARGEST)) > np.asarray(ratio(_LEAST))
    low, high = (np.full(rises.shape, math.log(x)) for x in (_LEAST, _LARGEST))

    def beyond(x: Any) -> Any:
        return np.where(rises, np.asarray(ratio(x)) > 1, np.asarray(ratio(x)) < 1)

    never = ~beyond(_LARGEST)
    for _ in range(80):
        middle = (low + high) / 2
        past = beyond(np.exp(middle) if middle.shape else math.exp(middle))
        low, high = np.where(past, low, middle), np.where(past, middle, high)
    found = np.where(never, math.inf, np.exp((low + high) / 2))
    return found if found.shape else float(found)
