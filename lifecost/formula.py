"""A formula: a plain function of the symbols, with a name, a unit and a source."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from lifecost import values as check
from lifecost.algebra import NoSolution, idle, solve
from lifecost.errors import InputError
from lifecost.lowered import Lowered
from lifecost.symbols import SYMBOLS, VARIANTS, Expr, Symbols, in_numbers

FORMULAS: dict[str, Formula] = {}
# Of the symbols: an expression, or the two sides of an equation.
Build: TypeAlias = Callable[[Symbols], Expr | tuple[Expr, Expr]]


class Example(NamedTuple):
    """A number from elsewhere that a formula must give: published, or counted by hand."""

    given: check.Bindings
    value: float
    origin: str
    rounding: float = 1e-12  # relative: that of a printed number; no more than computed, else


class Formula:
    """A quantity of the cost model.

    Call it with `Symbols` and it is an expression. Call it with keyword arguments named by symbol,
    with objects that bind symbols (a model, a device, a setting, any mapping), or both, and it is a
    number; keywords win. Arrays broadcast to an array. A variant of the architecture that nothing
    binds (a window, experts) is absent.

    Attributes
    ----------
    name, meaning, unit, latex
        Identifier, what it is, its unit, and its sign in equations.
    level
        ``"post"``, ``"weights"`` (the post's level with weights added), ``"full"``, or ``""`` where
        all levels of the cost model agree.
    source
        A key of the bibliography, or ``"derived"``.
    assumptions
        What must hold for it to be right.
    unknown
        The symbol for which an equation is solved, or ``""``.
    dense
        Whether it holds for models without experts only.
    varies
        How the value answers to each symbol: ``*`` in proportion, ``/`` in inverse proportion,
        ``^0.5`` with a power, ``+`` and ``-`` never the other way, ``~`` either way.
    example
        What it must give where, and who says so; or None.
    """

    def __init__(
        self,
        build: Build,
        *,
        latex: str,
        unit: str,
        source: str,
        level: str,
        unknown: str,
        assumptions: tuple[str, ...],
        dense: bool,
        varies: str,
        example: tuple[Any, ...],
    ) -> None:
        # A formula is called, documented and pickled as the function that it is made of.
        self.name = self.__name__ = self.__qualname__ = build.__name__
        self.__module__, self.__doc__ = build.__module__, build.__doc__
        self.meaning, _, self.notes = inspect.cleandoc(build.__doc__ or "").partition("\n\n")
        self.latex, self.unit, self.source, self.level = latex, unit, source, level
        self.assumptions, self.unknown, self.dense = assumptions, unknown, dense
        self.varies = _by_symbol(varies)
        self.example = Example(*example) if example else None
        self.module = build.__module__.rpartition(".")[2]
        self._build = build
        self._expressions: dict[frozenset[str], Expr] = {}
        self._lowered: dict[frozenset[str], Lowered] = {}

    def __reduce__(self) -> str:
        return self.name

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter
        names = (kind(name, kind.KEYWORD_ONLY, annotation=check.Value) for name in self.symbols)
        return inspect.Signature([kind("objects", kind.VAR_POSITIONAL), *names])

    # ---- the expression

    def expression(self, s: Symbols) -> Expr:
        """Return the sympy expression, in which constants such as `FLOP_PER_MAC` are symbols.

        Raises
        ------
        ValueError
            If it holds a symbol that cancels.
        """
        s.called.append(self)
        variants = frozenset() if self.dense else s.variants
        if variants not in self._expressions:
            built = self._build(Symbols(variants))
            if self.unknown:
                left, right = built
                built = solve(left, right, getattr(Symbols(variants), self.unknown))
            # A symbol that cancels would be asked for in vain.
            if not variants and (cancelled := idle(in_numbers(built))):
                raise ValueError(
                    f"{self.name} does not depend on {', '.join(cancelled)}, which cancels: give "
                    f"it a value, as in s.but({cancelled[0]}=1)"
                )
            self._expressions[variants] = built
        return s.within(self._expressions[variants])

    @property
    def equation(self) -> tuple[Expr, Expr] | None:
        """The two sides whose balance defines the formula, where it is derived so."""
        return self._build(Symbols()) if self.unknown else None

    @cached_property
    def uses(self) -> tuple[Formula, ...]:
        """The formulas that this one is made of, and those that they are made of."""
        s = Symbols()
        self._build(s)
        below = (used for formula in s.called for used in (formula, *formula.uses))
        return tuple(dict.fromkeys(below))

    @cached_property
    def expr(self) -> Expr:
        """The sympy expression for a plain dense decoder, in numbers and symbols."""
        return self.plain.expr

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Identifiers of the symbols that a call needs, sorted."""
        return self.plain.symbols

    @cached_property
    def variants(self) -> tuple[str, ...]:
        """Identifiers of the variants that change the value, sorted."""
        return tuple(name for name in self.widest.symbols if name in VARIANTS)

    def lowered(self, variants: frozenset[str]) -> Lowered:
        """Return the lowered expression for architectures with the named variants.

        Raises
        ------
        InputError
            If the formula has no closed form with them, or holds for dense models only.
        """
        if variants not in self._lowered:
            if self.dense and "n_active_params" in variants:
                raise InputError(f"{self.name} holds for dense models, and this one has experts")
            try:
                expr = self.expression(Symbols(variants))
            except NoSolution:
                names = ", ".join(sorted(variants))
                raise InputError(f"{self.name} has no closed form for {names}") from None
            self._lowered[variants] = Lowered(self.name, in_numbers(expr))
        return self._lowered[variants]

    @cached_property
    def plain(self) -> Lowered:
        """The lowered expression for a plain dense decoder."""
        return self.lowered(frozenset())

    @cached_property
    def widest(self) -> Lowered:
        """The lowered expression with all variants; the plain one if with all there is none."""
        return self._with(frozenset(VARIANTS))

    def _with(self, variants: frozenset[str]) -> Lowered:
        try:
            return self.lowered(variants)
        except InputError:
            return self.plain

    # ---- in other languages

    @property
    def numpy_source(self) -> str:
        """Source of the NumPy function, with every symbol an array."""
        return self.plain.numpy_source(frozenset(self.symbols))

    @property
    def numpy(self) -> Callable[..., Callable[..., check.Value]]:
        """The plain formula's `Lowered.numpy`."""
        return self.plain.numpy

    @cached_property
    def javascript_source(self) -> str:
        """Source of the JavaScript function for a plain dense decoder."""
        return self.javascript_with(())

    def javascript_with(self, variants: Iterable[str] = VARIANTS) -> str:
        """Return the source of the JavaScript function for some variants, or for all.

        What is not given to the function is absent.
        """
        from lifecost.printers import javascript

        expr = self._with(frozenset(variants)).expr
        absent = dict(VARIANTS)
        for name, other in VARIANTS.items():
            if other == self.unknown:  # nothing that it can equal
                absent[name] = SYMBOLS[name].high
        return javascript.source(self.name, expr, absent)

    @cached_property
    def text_expression(self) -> str:
        """The expression as text, each symbol's identifier in braces."""
        from lifecost.printers import text

        return text.source(self.expr)

    @cached_property
    def latex_equation(self) -> str:
        """The formula as an equation in LaTeX."""
        from lifecost.printers import latex

        return f"{self.latex} = {latex.source(self.expr)}"

    # ---- calling it

    def __call__(self, *objects: Any, **values: Any) -> Any:
        """Return the value, in the formula's unit; of `Symbols`, the expression.

        Raises
        ------
        InputError
            If a value is missing, unknown, out of range, or does not fit with another, or if the
            result is too large for a floating-point number.
        """
        if objects:
            if objects[0].__class__ is Symbols:
                return self.expression(objects[0])
            lowered, values = self._bind(objects, values)
            scalar = lowered.scalar
        else:
            lowered, scalar = self.plain, self._scalar
        try:
            try:
                result = scalar(**values)
            except TypeError:  # a name is missing or unknown, or a value is no number
                result = None
            if result is None:
                if not objects and not VARIANTS.keys().isdisjoint(values):
                    check.check_variants(values)
                    lowered = self.lowered(frozenset(VARIANTS.keys() & values.keys()))
                result = lowered.checked(self._needed(lowered, values))
            if result.__class__ is float and result in (0, math.inf):
                lowered.refuse_overflow(self._needed(lowered, values), result)
            return result
        except ArithmeticError:  # each value is in range, and their power is not
            raise InputError(
                f"{self.name} leaves the range of floating-point numbers at these values"
            ) from None

    @cached_property
    def _scalar(self) -> Callable[..., check.Value | None]:
        return self.plain.scalar

    def _bind(
        self, objects: tuple[Any, ...], values: dict[str, Any]
    ) -> tuple[Lowered, dict[str, Any]]:
        bound, conflicts = dict[str, Any](), dict[str, Any]()
        for item in objects:
            found = getattr(item, "bindings", item)
            if found.__class__ is not dict and not isinstance(found, Mapping):
                raise InputError(
                    f"{self.name} takes what binds symbols (a model, a device at a precision, a "
                    f"setting), not {check.show(item)}"
                )
            for name in bound.keys() & found.keys() - values.keys():
                if not np.array_equal(bound[name], found[name]):
                    conflicts.setdefault(name, (bound[name], found[name]))
            bound.update(found)
        given = {**bound, **values}
        # Also where the formula needs but one of them: a model's heads beside the caller's.
        check.check_heads(given)
        variants = VARIANTS.keys() & given.keys()
        lowered = self.plain
        if variants:
            check.check_variants(given)
            lowered = self.lowered(frozenset(variants))
        if clash := next((name for name in lowered.symbols if name in conflicts), ""):
            raise check.conflict(self.name, clash, *conflicts[clash])
        needed = {name: given[name] for name in lowered.symbols if name in given}
        for name in values.keys() - needed.keys():
            if name in bound:  # the formula needs neither what an object binds nor what replaces it
                check.checked(name, values[name])
            else:
                needed[name] = values[name]
        return lowered, self._needed(lowered, needed)

    def _needed(self, lowered: Lowered, values: dict[str, Any]) -> dict[str, Any]:
        """Return values without those that a variant replaces, as active parameters do all."""
        if lowered is self.plain:
            return values
        replaced = set(self.symbols) - set(lowered.symbols)
        return {name: value for name, value in values.items() if name not in replaced}

    def __repr__(self) -> str:
        return f"<Formula {self.name}({', '.join(self.symbols)}) in {self.unit}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex_equation}$"


def formula(
    latex: str,
    unit: str,
    *,
    source: str = "derived",
    level: str = "",
    unknown: str = "",
    assumptions: tuple[str, ...] = (),
    dense: bool = False,
    varies: str = "",
    example: tuple[Any, ...] = (),
) -> Callable[[Build], Formula]:
    """Return a decorator that makes a formula of a function of the symbols.

    With ``unknown``, the function returns the two sides of an equation, and the formula is its
    solution for that symbol. With ``dense``, it holds for models without experts only. ``varies``
    lists the symbols behind the sign of how the value answers to them, as in ``"* batch / n_params
    + context"``, and ``example`` is an `Example`: a setting, the value, and where it is from. The
    tests hold the formula to both. Nothing is built before it is used.
    """

    def decorate(build: Build) -> Formula:
        FORMULAS[build.__name__] = made = Formula(
            build, latex=latex, unit=unit, source=source, level=level, unknown=unknown,
            assumptions=assumptions, dense=dense, varies=varies, example=example,
        )  # fmt: skip
        return made

    return decorate


def _by_symbol(varies: str) -> dict[str, str]:
    """Return the sign of each symbol in a text such as ``"* batch context / n_params"``."""
    signs, sign = dict[str, str](), ""
    for word in varies.split():
        if word.isidentifier():
            signs[word] = sign
        else:
            sign = word
    return signs
