"""JavaScript for the page: a function of one object whose keys are the symbols."""

from __future__ import annotations

from typing import Any

from sympy.printing.jscode import JavascriptCodePrinter

from lifecost.lower import arguments, shared_parts


class _JavaScript(JavascriptCodePrinter):  # type: ignore[misc]
    def _print_Infinity(self, _: Any) -> str:
        return "Infinity"

    def _print_Piecewise(self, expr: Any) -> str:
        *branches, (last, _) = expr.args
        text = str(self._print(last))
        for value, condition in reversed(branches):
            text = f"(({self._print(condition)}) ? {self._print(value)} : {text})"
        return text


def source(name: str, expr: Any) -> str:
    """Return the source of a JavaScript function of an expression's symbols."""
    shared, rest = shared_parts(expr)
    text = _JavaScript().doprint
    lines = [f"function {name}({{ {', '.join(arguments(expr))} }}) {{"]
    lines += [f"  const {local} = {text(part)};" for local, part in shared]
    return "\n".join([*lines, f"  return {text(rest)};", "}"])
