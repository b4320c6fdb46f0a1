"""The dimension of an expression: a formula must come out in the unit that it declares."""

from __future__ import annotations

from collections.abc import Iterable

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from lifecost.symbols import CONSTANTS, DERIVED, DIMENSIONS, PLURALS, SUMS, SYMBOLS, Expr

_ANY = (sympy.S.Zero, sympy.S.Infinity)


class UnitError(TypeError):
    """Terms of different dimensions are added or compared, or the result is not as declared."""


def dimension(unit: str) -> Expr:
    """Return the dimension of a unit such as ``"FLOP/byte"``; counts have dimension one."""
    result = sympy.S.One
    unit = DERIVED.get(unit, unit)
    for position, part in enumerate(unit.split("/")):
        if part not in PLURALS:
            raise UnitError(f"unknown unit {part!r} in {unit!r}")
        factor = sympy.Symbol(part, positive=True) if part in DIMENSIONS else sympy.S.One
        result = result / factor if position else result * factor
    return result


def dimension_of(expr: Expr) -> Expr:
    """Return the dimension of an expression, holding sums and comparisons to equal terms."""
    if isinstance(expr, sympy.Symbol):
        return dimension(CONSTANTS[expr][1] if expr in CONSTANTS else SYMBOLS[expr.name].unit)
    if isinstance(expr, AppliedUndef):
        return dimension(SUMS[expr.func.__name__].unit)
    if isinstance(expr, sympy.Mul):
        return sympy.Mul(*map(dimension_of, expr.args))
    if isinstance(expr, sympy.Pow):
        return _power(expr)
    if isinstance(expr, sympy.Piecewise):
        for _, condition in expr.args:
            _common(expr, condition.args if isinstance(condition, Relational) else ())
        return _common(expr, [value for value, _ in expr.args])
    if isinstance(expr, (sympy.Add, sympy.Max, sympy.Min)):
        return _common(expr, expr.args)
    if isinstance(expr, (sympy.exp, sympy.log)) and dimension_of(expr.args[0]) != 1:
        raise UnitError(f"{expr.func} of a quantity with a unit in {expr}")
    return sympy.S.One


def _common(expr: Expr, args: Iterable[Expr]) -> Expr:
    found = {dimension_of(arg) for arg in args if arg not in _ANY}
    if len(found) > 1:
        raise UnitError(f"different dimensions {found} in {expr}")
    return found.pop() if found else sympy.S.One


def _power(expr: Expr) -> Expr:
    base, exponent = dimension_of(expr.base), expr.exp
    if dimension_of(exponent) != 1:
        raise UnitError(f"the exponent of {expr} has a unit")
    return sympy.powdenest(base**exponent, force=True)


def check(expr: Expr, unit: str) -> None:
    """Raise `UnitError` unless an expression has the dimension of ``unit``."""
    if sympy.simplify(dimension_of(expr) / dimension(unit)) != 1:
        raise UnitError(f"{expr} is not in {unit} but in {dimension_of(expr)}")
