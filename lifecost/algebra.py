"""Algebra that derivations need: the larger of two costs, an equation solved for one unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import sympy
from numpy.typing import NDArray

from lifecost.symbols import Expr


class _Plain:
    """An extremum as it is written; sympy's own takes long to try to prove which argument it is."""

    @classmethod
    def _new_args_filter(cls, args: Iterable[Expr]) -> Iterator[Expr]:
        for arg in args:
            yield from arg.args if arg.func == cls else (arg,)

    @classmethod
    def _is_connected(cls, *_: Any) -> bool:
        return False


class Max(_Plain, sympy.Max):  # type: ignore[misc]
    """The largest of several costs."""


class Min(_Plain, sympy.Min):  # type: ignore[misc]
    """The smallest of several costs."""


class NoSolution(ArithmeticError):
    """The equation has no closed form among those known here."""


def solve(left: Expr, right: Expr, unknown: Expr) -> Expr:
    """Return the one solution of ``left = right`` for a positive unknown.

    A linear equation is solved as it stands, a balance of two products of powers in logarithms.
    What is neither is refused with `NoSolution`.

    Parameters
    ----------
    left, right
        The two sides, SymPy expressions of positive symbols.
    unknown
        The symbol to solve for.

    Raises
    ------
    NoSolution
        If the equation has no closed form among those known here.

    Examples
    --------
    >>> import sympy
    >>> x, y = sympy.symbols("x y", positive=True)
    >>> solve(6 * x * y, 2 * y**2, x)
    y/3
    """
    slope = sympy.factor_terms(sympy.expand(left - right).diff(unknown))
    if slope == 0:
        raise NoSolution(unknown.name)
    if unknown not in slope.free_symbols:
        found = (right - left).subs(unknown, 0) / sympy.factor_terms((left - right).diff(unknown))
        return sympy.factor_terms(sympy.together(found))
    logs = sympy.expand_log(sympy.log(sympy.together(left / right)), force=True)
    exponent = sympy.Symbol("exponent", real=True)
    logs = logs.subs(sympy.log(unknown), exponent)
    slope, rest = logs.diff(exponent), logs.subs(exponent, 0)
    if slope == 0 or {unknown, exponent} & (slope.free_symbols | rest.free_symbols):
        raise NoSolution(unknown.name)
    return _product_of_powers(sympy.expand(sympy.cancel(-rest / slope)))


def _product_of_powers(logarithm: Expr) -> Expr:
    """Return the exponential of a sum of logarithms, with equal exponents gathered."""
    bases: dict[Any, Any] = {}
    for term in sympy.Add.make_args(logarithm):
        (log,) = term.atoms(sympy.log)
        power = sympy.factor(term / log)
        same = -power if -power in bases else power
        bases[same] = bases.get(same, 1) * log.args[0] ** (power / same)
    return sympy.Mul(*(base**power for power, base in bases.items()))


def idle(expr: Expr) -> list[str]:
    """Return the identifiers of the symbols that an expression holds and does not depend on.

    Its slopes are taken in numbers, at one point like no other, each beside the sum of what it is
    made of: a symbol cancels where nothing of that is left. What a maximum or a case chooses from
    counts as a sum with weights like no others.
    """
    symbols = sorted(expr.free_symbols, key=str)
    random = np.random.default_rng(1)
    known: dict[Expr, _Slopes] = {}
    for made, slope in zip(symbols, np.eye(len(symbols)), strict=True):
        known[made] = random.uniform(1.1, 1.9), np.array([slope, slope], complex)

    def slopes(node: Expr) -> _Slopes:
        if node not in known:
            known[node] = found(node)
        return known[node]

    def found(node: Expr) -> _Slopes:
        if not node.free_symbols:  # infinity too: it moves with nothing
            return complex(node if node.is_finite else 1), np.zeros((2, len(symbols)))
        if isinstance(node, sympy.Piecewise):
            return chosen(part for pair in node.args for part in (pair.expr, *pair.cond.args))
        if isinstance(node, (sympy.Max, sympy.Min)):
            return chosen(node.args)
        values, rows = zip(*map(slopes, node.args), strict=True)
        first, last = values[0], values[-1]
        if isinstance(node, sympy.Add):
            return sum(values), sum(rows)
        if isinstance(node, sympy.Mul):
            value = np.prod(values)
            return value, sum(_times(value / v, r) for v, r in zip(values, rows, strict=True))
        if isinstance(node, sympy.Pow):
            value = first**last
            power = _times(value * np.log(first), rows[1])
            return value, _times(value * last / first, rows[0]) + power
        if isinstance(node, sympy.exp):
            return np.exp(first), _times(np.exp(first), rows[0])
        return np.log(first), _times(1 / first, rows[0])

    def chosen(parts: Iterable[Expr]) -> _Slopes:
        weighed = [(random.uniform(0.5, 2), *slopes(part)) for part in parts]
        return sum(w * v for w, v, _ in weighed), sum(_times(w, row) for w, _, row in weighed)

    (slope, whole) = abs(slopes(expr)[1])
    return [symbol.name for symbol, gone in zip(symbols, slope < 1e-9 * whole, strict=True) if gone]


# The value of a part; its slopes, and the sums of the sizes of what each is made of.
_Slopes: TypeAlias = tuple[complex, NDArray[Any]]


def _times(factor: complex, rows: Any) -> Any:
    return rows * [[factor], [abs(factor)]]
