"""From a sympy expression to the languages in which it is used; one short file a target.

The targets are imported where they print: SymPy's printers take 0.2 s to import.

To add a target: write ``printers/<name>.py`` with a function that takes an expression and returns
text; print with a subclass of sympy's printer that overrides only what differs; call `check_nodes`
first, so that an unknown node is refused and not printed as it stands; take shared parts from
`shared_parts` where the language has assignments; give `Formula` a property for it; hold it to
NumPy in ``tests/printers/``.
"""

from __future__ import annotations

import functools

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from lifecost.symbols import SUMS, SYMBOLS, Expr

# What a formula may be made of. Everything else is refused: sympy's printers pass a node that they
# do not know through as text, and the code that comes out is wrong without a word.
ALLOWED = (
    sympy.Add,
    sympy.Mul,
    sympy.Pow,
    sympy.Max,
    sympy.Min,
    sympy.exp,
    sympy.log,
    sympy.Piecewise,
    sympy.functions.elementary.piecewise.ExprCondPair,
    Relational,
    sympy.Symbol,
    AppliedUndef,  # a sum over the blocks of a model
    sympy.Number,
    sympy.core.numbers.Exp1,
    sympy.core.numbers.Infinity,
    sympy.logic.boolalg.BooleanTrue,
)

_ORDER = {name: index for index, name in enumerate(SYMBOLS)}


def check_nodes(expr: Expr) -> None:
    """Raise ``TypeError`` where an expression holds a node that the targets do not share."""
    for node in sympy.preorder_traversal(expr):
        known = not isinstance(node, AppliedUndef) or node.func.__name__ in SUMS
        if not isinstance(node, ALLOWED) or not known:
            raise TypeError(f"cannot lower {type(node).__name__} in {expr}")
        partial = isinstance(node, sympy.Piecewise) and node.args[-1].cond is not sympy.true
        if partial or node is sympy.nan:
            raise TypeError(f"{expr} has no value in some cases")


def shared_parts(expr: Expr) -> tuple[list[tuple[Expr, Expr]], Expr]:
    """Return the assignments of shared subexpressions and what is left of the expression."""
    check_nodes(expr)
    return _shared(expr)


@functools.cache
def _shared(expr: Expr) -> tuple[list[tuple[Expr, Expr]], Expr]:
    shared, (rest,) = sympy.cse(expr, order="canonical")
    return shared, rest


def ranked(expr: Expr) -> tuple[Expr, dict[Expr, str]]:
    """Return an expression whose symbols sort in the order of `lifecost.symbols`, and their names.

    sympy sorts factors by name, so each symbol gets one that sorts where it was declared.
    """
    names = {s: sympy.Symbol(f"s{_ORDER[s.name]:03}", positive=True) for s in expr.free_symbols}
    return expr.xreplace(names), {short: symbol.name for symbol, short in names.items()}


def arguments(expr: Expr) -> list[str]:
    """Return the identifiers of an expression's symbols, sorted."""
    return sorted(s.name for s in expr.free_symbols)
