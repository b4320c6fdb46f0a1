"""What no target may print: a node that it does not know is refused, never passed through."""

import pytest
import sympy
from every import every

from lifecost import FORMULAS
from lifecost.printers import check_nodes, javascript, latex, python
from lifecost.symbols import batch, context

i = sympy.Symbol("i", integer=True)

TARGETS = {
    "scalar": python.scalar_lines,
    "array": lambda expr: python.array_source("f", expr, ["batch"]),
    "javascript": lambda expr: javascript.source("f", expr),
    "latex": latex.source,
}
REFUSED = [
    sympy.Sum(batch * i, (i, 1, context)),  # sympy's JavaScript printer passes it as it stands
    sympy.Product(batch * i, (i, 1, context)),
    sympy.Integral(batch, (batch, 0, context)),
    sympy.Derivative(sympy.Function("f")(batch), batch),
    sympy.Function("f")(batch),
    sympy.floor(batch),
    sympy.gamma(batch),
    sympy.I * batch,
    sympy.pi * batch,
    sympy.zoo,
    sympy.nan,
    sympy.Matrix([batch]),
    sympy.Piecewise((batch, batch > 1)),  # without a last case it would print the first for all
    sympy.Piecewise((batch, (batch > 1) & (batch < context)), (context, True)),
]


@every("target", TARGETS.values())
@every("expr", REFUSED)
def test_refused(expr, target):
    with pytest.raises(TypeError, match=r"cannot lower|no value in some cases"):
        target(expr)


@every("target", TARGETS.values())
def test_refused_deep_inside_too(target):
    with pytest.raises(TypeError, match="cannot lower Sum"):
        target(sympy.Max(batch, 1 + 2 * sympy.sqrt(sympy.Sum(i, (i, 1, context)))))


@every("formula", FORMULAS.values())
def test_every_formula_is_made_of_what_is_allowed(formula):
    check_nodes(formula.expr)
