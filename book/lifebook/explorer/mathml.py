"""MathML with a place for each number: ``<mn data-of="batch"></mn>``."""

from __future__ import annotations

from typing import Any, ClassVar

import sympy
from sympy.printing.printer import Printer

from lifecost.printers import check_nodes, ranked
from lifecost.symbols import Expr


def _element(tag: str, *parts: str) -> str:
    return f"<{tag}>{''.join(parts)}</{tag}>"


def _row(*parts: str) -> str:
    return parts[0] if len(parts) == 1 else _element("mrow", *parts)


def _operator(sign: str) -> str:
    return _element("mo", sign)


class _MathML(Printer):  # type: ignore[misc]
    _default_settings: ClassVar[dict[str, Any]] = {"names": {}}

    def emptyPrinter(self, expr: Expr) -> str:
        raise TypeError(f"no MathML for {type(expr).__name__}")

    def _within(self, expr: Expr) -> str:
        """Return a factor, or a base: a sum, or cases, in parentheses."""
        text = self._print(expr)
        loose = expr.is_Add or expr.is_Piecewise
        return _row(_operator("("), text, _operator(")")) if loose else text

    def _applied(self, name: str, arguments: Any) -> str:
        inner = _operator(",").join(self._print(one) for one in arguments)
        return _row(_element("mi", name), _operator("("), inner, _operator(")"))

    def _print_Symbol(self, expr: Expr) -> str:
        return f'<mn data-of="{self._settings["names"][expr]}"></mn>'

    def _print_Number(self, expr: Expr) -> str:
        return _element("mn", str(expr))

    def _print_Rational(self, expr: Expr) -> str:
        parts = (_element("mn", str(n)) for n in (expr.p, expr.q))
        return _element("mn", str(expr)) if expr.q == 1 else _element("mfrac", *parts)

    def _print_Infinity(self, _: Expr) -> str:
        return _element("mi", "∞")

    def _print_Exp1(self, _: Expr) -> str:
        return _element("mi", "e")

    def _print_Add(self, expr: Expr) -> str:
        parts: list[str] = []
        for term in sorted(expr.args, key=lambda term: bool(term.could_extract_minus_sign())):
            less = bool(term.could_extract_minus_sign())
            parts += [_operator("-" if less else "+")] if parts or less else []
            parts.append(self._within(-term if less else term))
        return _row(*parts)

    def _print_Mul(self, expr: Expr) -> str:
        above, below = sympy.fraction(expr)
        if below != 1:
            return _element("mfrac", self._print(above), self._print(below))
        if expr.could_extract_minus_sign():
            return _row(_operator("-"), self._within(-expr))
        factors = [self._within(factor) for factor in expr.as_ordered_factors()]
        return _row(*[part for one in factors for part in (_operator("×"), one)][1:])

    def _print_Pow(self, expr: Expr) -> str:
        if expr.exp.could_extract_minus_sign():
            return _element("mfrac", _element("mn", "1"), self._print(1 / expr))
        if expr.exp == sympy.Rational(1, 2):
            return _element("msqrt", self._print(expr.base))
        base = self._within(expr.base)
        if not (expr.base.is_Symbol or expr.base.is_Integer or expr.base.is_Add):
            base = _row(_operator("("), base, _operator(")"))
        return _element("msup", base, self._print(expr.exp))

    def _print_exp(self, expr: Expr) -> str:
        return _element("msup", _element("mi", "e"), self._print(expr.exp))

    def _print_log(self, expr: Expr) -> str:
        return self._applied("ln", expr.args)

    def _print_Max(self, expr: Expr) -> str:
        return self._applied("max", expr.args)

    def _print_Min(self, expr: Expr) -> str:
        return self._applied("min", expr.args)

    def _print_Relational(self, expr: Expr) -> str:
        sign = {">=": "≥", "<=": "≤", ">": "&gt;", "<": "&lt;"}[expr.rel_op]
        return _row(self._print(expr.lhs), _operator(sign), self._print(expr.rhs))

    def _print_Piecewise(self, expr: Expr) -> str:
        *cases, (last, _) = expr.args
        parts = []
        for value, when in cases:
            parts += [self._print(value), _element("mtext", " if "), self._print(when),
                      _element("mtext", ", else ")]  # fmt: skip
        return _row(*parts, self._print(last))


def source(expr: Expr) -> str:
    """Return an expression as MathML, its factors in the order of `lifecost.symbols`.

    Examples
    --------
    >>> from lifecost import training_flops
    >>> print(source(training_flops.expr)[:44])
    <mrow><mn>6</mn><mo>×</mo><mn data-of="n_par
    """
    check_nodes(expr)
    expr, names = ranked(expr)
    return str(_MathML({"names": names}).doprint(expr))
