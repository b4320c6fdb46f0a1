"""LaTeX, with the notation of the book and factors in the order of `lifecost.symbols`."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from lifecost.lower import check_nodes
from lifecost.symbols import SYMBOLS

_ORDER = {name: index for index, name in enumerate(SYMBOLS)}


class _Latex(LatexPrinter):  # type: ignore[misc]
    def _print_Mul(self, expr: Any) -> str:
        above, below = sympy.fraction(expr)
        if below == 1:
            return str(super()._print_Mul(expr))
        return rf"\frac{{{self._print(above)}}}{{{self._print(below)}}}"

    def _print_Add(self, expr: Any, order: Any = None) -> str:
        text = ""
        for term in sorted(expr.args, key=_last_symbol):
            sign = "-" if term.could_extract_minus_sign() else "+" if text else ""
            body = self._print(-term if sign == "-" else term)
            text += f" {sign} {body}"
        return text.strip()


def source(expr: Any) -> str:
    """Return an expression as LaTeX."""
    check_nodes(expr)
    # sympy sorts factors by name, so each symbol gets a name that sorts where it was declared.
    ranked = {s: sympy.Symbol(f"s{_ORDER[s.name]:03}", positive=True) for s in expr.free_symbols}
    names = {ranked[s]: SYMBOLS[s.name].latex for s in ranked}
    printer = _Latex({"symbol_names": names, "mul_symbol": r"\,"})
    return str(printer.doprint(expr.subs(ranked)))


def _last_symbol(term: Any) -> tuple[int, str]:
    return max((int(s.name[1:]) for s in term.free_symbols), default=-1), str(term)
