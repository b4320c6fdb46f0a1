"""A formula: one symbolic expression with a name, a unit and a source, that can be called."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import sympy

from lifecost import lower
from lifecost import values as check
from lifecost.errors import InputError, unknown_name
from lifecost.symbols import SYMBOLS, in_numbers

FORMULAS: dict[str, Formula] = {}

_BLOCK = 1 << 15  # elements evaluated at a time: the temporaries stay in the processor's cache


class Formula:
    """A quantity of the cost model.

    Call it with keyword arguments named by symbol, with objects that bind symbols (a model, a
    device, a setting, any mapping), or both; keywords win. Numbers give a number, arrays broadcast
    to an array.

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
    """

    def __init__(
        self,
        build: Callable[[], Any],
        *,
        latex: str,
        unit: str,
        source: str,
        level: str,
        unknown: Any,
        assumptions: tuple[str, ...],
    ) -> None:
        self.name = build.__name__
        self.meaning, _, self.notes = inspect.cleandoc(build.__doc__ or "").partition("\n\n")
        self.latex, self.unit, self.source, self.level = latex, unit, source, level
        self.assumptions = assumptions
        self.unknown = unknown
        self.module = build.__module__.rpartition(".")[2]
        self.__doc__ = build.__doc__
        self._build = build
        self._lowered: dict[frozenset[str], Callable[..., Any]] = {}

    @cached_property
    def equation(self) -> tuple[Any, Any] | None:
        """The two sides whose balance defines the formula, where it is derived so."""
        return self._build() if self.unknown is not None else None

    @cached_property
    def definition(self) -> Any:
        """The sympy expression, with `FLOP_PER_MAC` as a symbol that carries its unit."""
        if self.equation is None:
            return self._build()
        return solve(*self.equation, self.unknown)

    @cached_property
    def expr(self) -> Any:
        """The sympy expression, in numbers and symbols."""
        return in_numbers(self.definition)

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Identifiers of the symbols that a call needs, sorted."""
        return tuple(lower.arguments(self.expr))

    @cached_property
    def numpy_source(self) -> str:
        """Source of the NumPy function, with every symbol an array."""
        return str(lower.target("python").array_source(self.name, self.expr, self.symbols))

    def numpy(self, *arrays: str) -> Callable[..., Any]:
        """Return the lowered NumPy function, by keyword; it does not check its values.

        The symbols named ``arrays`` (all, where none is named) are arrays, the others numbers: it
        multiplies the numbers among themselves before it touches an array.
        """
        names = frozenset(arrays or self.symbols)
        if names not in self._lowered:
            python = lower.target("python")
            source = python.array_source(self.name, self.expr, names)
            self._lowered[names] = python.build(source, self.name)
        return self._lowered[names]

    @cached_property
    def javascript_source(self) -> str:
        """Source of the JavaScript function."""
        return str(lower.target("javascript").source(self.name, self.expr))

    @cached_property
    def text_expression(self) -> str:
        """The expression as text, each symbol's identifier in braces."""
        return str(lower.target("text").source(self.expr))

    @cached_property
    def latex_equation(self) -> str:
        """The formula as an equation in LaTeX."""
        return f"{self.latex} = {lower.target('latex').source(self.expr)}"

    def __call__(self, *objects: Any, **values: Any) -> Any:
        """Return the value, in the formula's unit.

        Raises
        ------
        InputError
            If a value is missing, unknown, out of range, or does not fit with another, or if the
            result is too large for a floating-point number.
        """
        if objects:
            values = self._bind(objects, values)
        try:
            try:
                result = self._scalar(**values)
            except TypeError:  # a name is missing or unknown, or a value is no number
                result = None
            return self._general(values) if result is None else result
        except ArithmeticError:  # each value is in range, and their power is not
            raise InputError(
                f"{self.name} leaves the range of floating-point numbers at these values"
            ) from None

    @cached_property
    def _scalar(self) -> Callable[..., Any]:
        # The checks stand in the generated function: calling a validator for each value would take
        # longer than the formula. It returns None for whatever is not plain and in range.
        tests = []
        for name in self.symbols:
            quantity, kind = SYMBOLS[name], f"{name}.__class__"
            low, high, real = quantity.low, quantity.high, f"{kind} is float"
            if quantity.integer:  # integers compare faster with integers
                low, high, real = int(low), int(high), f"({real} and {name} % 1 == 0)"
            tests += [f"({kind} is int or {real})", f"{low!r} <= {name} <= {high!r}"]
        pairs = [(a, b) for a, b, _ in check.DIVIDES if {a, b} <= set(self.symbols)]
        tests += [f"{dividend} % {divisor} == 0" for divisor, dividend in pairs]
        source = "\n".join(
            [
                f"def {self.name}({'*, ' if self.symbols else ''}{', '.join(self.symbols)}):",
                f"    if {' and '.join(tests) or True}:",
                *(f"        {line}" for line in lower.target("python").scalar_lines(self.expr)),
            ]
        )
        build: Callable[..., Callable[..., Any]] = lower.target("python").build
        return build(source, self.name)

    @cached_property
    def _has_cases(self) -> bool:
        return bool(self.expr.has(sympy.Piecewise))

    def _bind(self, objects: tuple[Any, ...], values: dict[str, Any]) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        for item in objects:
            found = getattr(item, "bindings", item)
            if found.__class__ is not dict and not isinstance(found, Mapping):
                raise InputError(
                    f"{self.name} takes what binds symbols (a model, a device at a precision, a "
                    f"setting), not {check.show(item)}"
                )
            for name in bound:
                if name not in found or name in values:
                    continue
                if not np.array_equal(bound[name], found[name]):
                    raise check.conflict(self.name, name, bound[name], found[name])
            bound.update(found)
        bound.update(values)
        # Also where the formula needs but one of them: a model's heads beside the caller's.
        for *names, _ in check.DIVIDES:
            part, whole = (bound.get(n, 0) for n in names)
            plain = part.__class__ is int and whole.__class__ is int
            if not (plain and part > 0 and whole % part == 0):  # the rare case takes longer
                check.check_together({n: check.checked(n, bound[n]) for n in names if n in bound})
        bound = {name: bound[name] for name in self.symbols if name in bound}
        bound.update(values)
        return bound

    def _general(self, values: dict[str, Any]) -> Any:
        for name in values:
            if name not in self.symbols:
                raise unknown_name(f"value for {self.name}", name, self.symbols)
        if absent := [n for n in self.symbols if n not in values]:
            raise check.missing(self.name, absent)
        values = {n: check.converted(n, v) for n, v in values.items()}
        arrays = {n: v for n, v in values.items() if hasattr(v, "shape")}
        size = math.prod(check.check_shapes(arrays))
        blockwise = all(type(a) is np.ndarray for a in arrays.values())
        # The longest arrays are checked block by block, while the processor has them at hand.
        late = [n for n, a in arrays.items() if blockwise and a.size == size]
        late = [n for n in late if not any(n in pair for pair in check.DIVIDES)]
        for name, value in values.items():
            if name not in late:
                check.check_range(name, value)
        check.check_together(values)
        if not arrays:
            return self._scalar(**values)
        function = self.numpy(*arrays)
        # Both branches of a case are computed, and the one not taken may divide by zero.
        divide: Any = "ignore" if self._has_cases else "raise"
        with np.errstate(divide=divide, over="raise", invalid="raise"):
            if blockwise:
                return _blockwise(function, arrays, values, late)
            return function(**values)

    def __repr__(self) -> str:
        return f"<Formula {self.name}({', '.join(self.symbols)}) in {self.unit}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex_equation}$"


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


def formula(
    latex: str,
    unit: str,
    *,
    source: str = "derived",
    level: str = "",
    unknown: Any = None,
    assumptions: tuple[str, ...] = (),
) -> Callable[[Callable[[], Any]], Formula]:
    """Return a decorator that makes a formula of a function that builds its expression.

    With ``unknown``, the function returns the two sides of an equation, and the formula is its
    solution for that symbol. Nothing is built before it is used.
    """

    def decorate(build: Callable[[], Any]) -> Formula:
        FORMULAS[build.__name__] = made = Formula(
            build, latex=latex, unit=unit, source=source, level=level, unknown=unknown,
            assumptions=assumptions,
        )  # fmt: skip
        return made

    return decorate


def solve(left: Any, right: Any, unknown: Any) -> Any:
    """Return the one solution of ``left = right`` for a positive unknown.

    A linear equation is solved as it stands, a balance of two products of powers in logarithms.
    """
    residual = sympy.expand(left - right)
    if unknown not in residual.diff(unknown).free_symbols:
        (solution,) = sympy.solve(residual, unknown)
        return sympy.factor_terms(solution)
    logs = sympy.expand_log(sympy.log(left) - sympy.log(right), force=True)
    exponent = sympy.Symbol("exponent", real=True)
    (solution,) = sympy.solve(logs.subs(sympy.log(unknown), exponent), exponent)
    return _product_of_powers(sympy.expand(solution))


def _product_of_powers(logarithm: Any) -> Any:
    """Return the exponential of a sum of logarithms, with equal exponents gathered."""
    bases: dict[Any, Any] = {}
    for term in sympy.Add.make_args(logarithm):
        (log,) = term.atoms(sympy.log)
        power = sympy.factor(term / log)
        same = -power if -power in bases else power
        bases[same] = bases.get(same, 1) * log.args[0] ** (power / same)
    return sympy.Mul(*(base**power for power, base in bases.items()))
