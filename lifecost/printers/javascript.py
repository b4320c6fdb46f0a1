"""JavaScript for the page: a function of one object whose keys are the symbols."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sympy
from sympy.printing.jscode import JavascriptCodePrinter

from lifecost.printers import arguments, shared_parts
from lifecost.symbols import Expr

_OPTIONS = {"allow_unknown_functions": True}  # sums over the blocks of a model


class _JavaScript(JavascriptCodePrinter):  # type: ignore[misc]
    def _print_Infinity(self, _: Any) -> str:
        return "Infinity"

    def _print_Piecewise(self, expr: Expr) -> str:
        *branches, (last, _) = expr.args
        text = str(self._print(last))
        for value, condition in reversed(branches):
            text = f"(({self._print(condition)}) ? {self._print(value)} : {text})"
        return text


def source(name: str, expr: Expr, absent: Mapping[str, Any] | None = None) -> str:
    """Return the source of a JavaScript function of an expression's symbols.

    What is not given and stands in ``absent`` takes the number, or equals the symbol, named there.
    """
    return f"function {name}({_arguments(expr, absent or {})}) {{\n{_body(expr)}\n}}"


def either(name: str, bare: Expr, full: Expr, absent: Mapping[str, Any]) -> str:
    """Return a function of a ``full`` expression where something that may be absent is given.

    Where nothing is, the ``bare`` one needs fewer symbols.
    """
    optional = [one for one in arguments(full) if one in absent]
    return (
        f"function {name}(s) {{\n"
        f"const given = {json.dumps(optional)}.some((name) => s[name] !== undefined);\n"
        f"return (given ? {arrow(full, absent)} : {arrow(bare, {})})(s);\n}}"
    )


def arrow(expr: Expr, absent: Mapping[str, Any], sums: Iterable[str] = ()) -> str:
    """Return the same as an arrow function, of which sums are a second argument."""
    more = f", {{ {', '.join(sums)} }}" if sums else ""
    return f"({_arguments(expr, absent)}{more}) => {{\n{_body(expr)}\n}}"


def rows(table: list[list[Any]]) -> str:
    """Return a function whose value is a table of expressions, and of strings as they are.

    What several of them share is computed once.
    """
    every = sympy.Tuple(*(one for row in table for one in row if isinstance(one, sympy.Basic)))
    text = _JavaScript(_OPTIONS).doprint
    shared, (rest,) = sympy.cse(every, order="canonical")
    left = iter(rest)
    lines = [f"  const {local} = {text(part)};" for local, part in shared]

    def cell(one: Any) -> str:
        return str(text(next(left))) if isinstance(one, sympy.Basic) else json.dumps(one)

    body = ",\n    ".join(f"[{', '.join(map(cell, row))}]" for row in table)
    return "\n".join([f"({_arguments(every, {})}) => {{", *lines, f"  return [\n    {body}];\n}}"])


def _arguments(expr: Expr, absent: Mapping[str, Any]) -> str:
    names = arguments(expr)
    defaults = {n: absent[n] for n in names if n in absent}
    # A default that names another argument has to come after it.
    first = sorted({*names, *(v for v in defaults.values() if isinstance(v, str))} - {*defaults})
    heads = [*first, *(f"{n} = {value}" for n, value in defaults.items())]
    return f"{{ {', '.join(heads)} }}"


def _body(expr: Expr) -> str:
    shared, rest = shared_parts(expr)
    text = _JavaScript(_OPTIONS).doprint
    lines = [f"  const {local} = {text(part)};" for local, part in shared]
    return "\n".join([*lines, f"  return {text(rest)};"])
