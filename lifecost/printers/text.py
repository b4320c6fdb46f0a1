"""Text with a place for each number: ``2 × {n_params} × {batch}``."""

from __future__ import annotations

from sympy.printing.str import StrPrinter

from lifecost.printers import check_nodes, ranked
from lifecost.symbols import Expr


class _Text(StrPrinter):  # type: ignore[misc]
    def _print_Symbol(self, expr: Expr) -> str:
        return f"{{{self._settings['names'][expr]}}}"

    def _print_Infinity(self, expr: Expr) -> str:
        return "∞"

    def _print_Max(self, expr: Expr) -> str:
        return f"max({', '.join(map(self._print, expr.args))})"

    def _print_Min(self, expr: Expr) -> str:
        return f"min({', '.join(map(self._print, expr.args))})"

    def _print_Piecewise(self, expr: Expr) -> str:
        *cases, (last, _) = expr.args
        text = "".join(
            f"{self._print(value)} if {self._print(when)} else " for value, when in cases
        )
        return f"({text}{self._print(last)})"


_Text._default_settings = {**StrPrinter._default_settings, "names": {}}


def source(expr: Expr) -> str:
    """Return an expression as text, its factors in the order of `lifecost.symbols`."""
    check_nodes(expr)
    expr, names = ranked(expr)
    text = str(_Text({"names": names}).doprint(expr))
    return text.replace("**", "^").replace("*", " × ").replace("/", " / ")
