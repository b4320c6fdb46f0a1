"""Python for scalars (`math`) and for arrays (`numpy`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy
import sympy
from sympy.printing.numpy import NumPyPrinter
from sympy.printing.pycode import PythonCodePrinter

from lifecost.printers import arguments, shared_parts
from lifecost.symbols import Expr

_OPTIONS = {"fully_qualified_modules": True, "allow_unknown_functions": True}


class _Scalar(PythonCodePrinter):  # type: ignore[misc]
    """Plain Python: fast for single numbers, exact for integers."""

    def _print_Infinity(self, _: Any) -> str:
        return "math.inf"


class _Array(NumPyPrinter):  # type: ignore[misc]
    """NumPy's universal functions only, so that arrays of other libraries work too."""

    def __init__(self, arrays: Iterable[str]) -> None:
        super().__init__(_OPTIONS)
        self.arrays = set(arrays)

    def holds_array(self, expr: Expr) -> bool:
        return any(symbol.name in self.arrays for symbol in expr.free_symbols)

    def _print_Mul(self, expr: Expr) -> str:
        # Numbers first: each product with an array costs a pass over it.
        numbers, arrays = sympy.sift(expr.args, self.holds_array, binary=True)[::-1]
        if len(numbers) < 2 or not arrays:
            return str(super()._print_Mul(expr))
        product = super()._print_Mul(sympy.Mul(*numbers))
        return f"({product})*{super()._print_Mul(sympy.Mul(*arrays))}"

    def _extremum(self, function: str, args: Sequence[Any]) -> str:
        # sympy's own printer stacks the arguments and reduces: 8 times slower.
        first, *rest = args
        if not rest:
            return str(self._print(first))
        return f"numpy.{function}({self._print(first)}, {self._extremum(function, rest)})"

    def _print_Max(self, expr: Expr) -> str:
        return self._extremum("maximum", expr.args)

    def _print_Min(self, expr: Expr) -> str:
        return self._extremum("minimum", expr.args)

    def _print_Piecewise(self, expr: Expr) -> str:
        *branches, (last, _) = expr.args
        text = str(self._print(last))
        for value, condition in reversed(branches):
            text = f"numpy.where({self._print(condition)}, {self._print(value)}, {text})"
        return text

    def _print_Relational(self, expr: Expr) -> str:
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_Infinity(self, _: Any) -> str:
        return "numpy.inf"


def scalar_lines(expr: Expr) -> list[str]:
    """Return the statements that compute an expression from single numbers."""
    shared, rest = shared_parts(expr)
    text = _Scalar(_OPTIONS).doprint
    return [*(f"{local} = {text(part)}" for local, part in shared), f"return {text(rest)}"]


def array_source(name: str, expr: Expr, arrays: Iterable[str]) -> str:
    """Return the source of a NumPy function by keyword, in which some symbols are arrays."""
    shared, rest = shared_parts(expr)
    names = arguments(expr)
    printer = _Array(arrays)
    lines = [f"def {name}({'*, ' if names else ''}{', '.join(names)}):"]
    for local, part in shared:
        lines.append(f"    {local} = {printer.doprint(part)}")
        if printer.holds_array(part):
            printer.arrays.add(local.name)
    return "\n".join([*lines, f"    return {printer.doprint(rest)}"])


def scalar_source(name: str, expr: Expr, sums: Iterable[str] = ()) -> str:
    """Return the source of a function of single numbers, by position, and of sums."""
    lines = (f"    {line}" for line in scalar_lines(expr))
    return "\n".join([f"def {name}({', '.join([*arguments(expr), *sums])}):", *lines])


def positional_source(name: str, expr: Expr, sums: Iterable[str] = ()) -> str:
    """Return the source of a NumPy function by position, any of whose values may be arrays."""
    _, *lines = array_source(name, expr, arguments(expr)).splitlines()
    return "\n".join([f"def {name}({', '.join([*arguments(expr), *sums])}):", *lines])


def build(source: str, name: str, **names: Any) -> Callable[..., Any]:
    """Return the function ``name`` that a generated source defines."""
    scope: dict[str, Any] = {"math": math, "numpy": numpy, **names}
    exec(compile(source, f"<lifecost {name}>", "exec"), scope)  # our own text, never a reader's
    function: Callable[..., Any] = scope[name]
    return function
