"""LaTeX, with the notation of the book and factors in the order of `lifecost.symbols`."""

from __future__ import annotations

from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from lifecost.printers import check_nodes, ranked
from lifecost.symbols import SYMBOLS, Expr


class _Latex(LatexPrinter):  # type: ignore[misc]
    def _print_Mul(self, expr: Expr) -> str:
        above, below = sympy.fraction(expr)
        if below == 1:
            return str(super()._print_Mul(expr))
        return rf"\frac{{{self._print(above)}}}{{{self._print(below)}}}"

    def _print_Add(self, expr: Expr, order: Any = None) -> str:
        text = ""
        # What is added first, then what is taken off.
        terms = sorted(expr.args, key=_last_symbol)
        for term in sorted(terms, key=lambda term: bool(term.could_extract_minus_sign())):
            sign = "-" if term.could_extract_minus_sign() else "+" if text else ""
            body = self._print(-term if sign == "-" else term)
            text += f" {sign} {body}"
        return text.strip()


def source(expr: Expr) -> str:
    r"""Return an expression as LaTeX.

    Parameters
    ----------
    expr
        A SymPy expression of the book's symbols.

    Examples
    --------
    >>> from lifecost import training_flops
    >>> print(source(training_flops.expr))
    6\,N\,D_\text{train}
    """
    check_nodes(expr)
    expr, names = ranked(expr)
    signs = {symbol: SYMBOLS[name].latex for symbol, name in names.items()}
    return str(_Latex({"symbol_names": signs, "mul_symbol": r"\,"}).doprint(expr))


def _last_symbol(term: Any) -> tuple[int, str]:
    return max((int(s.name[1:]) for s in term.free_symbols), default=-1), str(term)
