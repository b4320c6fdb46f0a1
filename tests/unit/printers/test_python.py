"""The scalar and the array form of every formula, and what they are made of."""

import numpy as np
import pytest
import sympy
from every import every

from lifecost import FORMULAS
from lifecost.printers import python
from lifecost.symbols import batch, context, hoi, n_params

POINTS = 50


@every("formula", FORMULAS.values())
def test_scalars_agree_with_arrays(draw, formula):
    columns = draw(formula.symbols, POINTS)
    arrays = formula(**columns)
    assert isinstance(arrays, np.ndarray)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    scalars = [formula(**dict(zip(columns, row, strict=True))) for row in rows]
    assert {type(value) for value in scalars} <= {int, float}
    np.testing.assert_allclose(arrays, scalars, rtol=1e-13, atol=0)


@every("formula", FORMULAS.values())
def test_each_argument_alone_may_be_an_array(draw, formula):
    # The code that is generated depends on which symbols are arrays.
    columns = draw(formula.symbols, 1)
    row = {name: column[0].item() for name, column in columns.items()}
    expected = formula(**row)
    for name in formula.symbols:
        found = formula(**{**row, name: columns[name]})
        assert found.shape == (1,)
        assert found[0] == pytest.approx(expected, rel=1e-13)


@every("formula", FORMULAS.values())
def test_arrays_broadcast(draw, formula):
    columns = draw(formula.symbols, 3)
    # Heads stay together, so that each group is whole.
    axis = {n: 0 if i % 2 or "head" in n else 1 for i, n in enumerate(formula.symbols)}
    spread = {n: c[:, None] if axis[n] == 0 else c for n, c in columns.items()}
    found = formula(**spread)
    shape = np.broadcast_shapes(*(value.shape for value in spread.values()))
    assert found.shape == shape
    for index in np.ndindex(shape):
        point = {n: columns[n][index[0] if axis[n] == 0 else index[-1]].item() for n in columns}
        assert found[index] == pytest.approx(formula(**point), rel=1e-13)


@every("formula", FORMULAS.values())
def test_extremes_are_universal_functions(formula):
    # sympy's own printer stacks the arguments and reduces them, which takes 8 times as long and
    # which arrays of other libraries do not follow.
    source = formula.numpy_source
    for slow in ("amax", "amin", "asarray", "array(", "select", "reduce"):
        assert slow not in source
    count = len(formula.expr.atoms(sympy.Max))
    assert source.count("numpy.maximum(") >= count
    assert ("numpy.maximum(" in source) == (count > 0)


SOURCES = [
    (sympy.Max(batch, context, n_params), "numpy.maximum(batch, numpy.maximum(context, n_params))"),
    (sympy.Min(batch, context), "numpy.minimum(batch, context)"),
    (sympy.Piecewise((batch, batch > 2), (sympy.oo, True)), "where((batch > 2), batch, numpy.inf)"),
    (sympy.log(batch), "numpy.log(batch)"),
    (sympy.exp(-batch), "numpy.exp(-batch)"),
]


@pytest.mark.parametrize(("expr", "source"), SOURCES, ids=str)
def test_array_source(expr, source):
    assert source in python.array_source("f", expr, ["batch", "context", "n_params"])


def test_numbers_are_multiplied_before_an_array_is_touched():
    source = python.array_source("f", 2 * hoi * batch * context * n_params, ["batch"])
    assert source.endswith("return (2*context*hoi*n_params)*(batch)")


@pytest.mark.parametrize(
    ("expr", "inputs", "expected"),
    [
        (sympy.Max(batch, context, n_params), dict(batch=1, context=3, n_params=2), 3),
        (sympy.Min(batch, context, n_params), dict(batch=1, context=3, n_params=2), 1),
        (sympy.exp(batch), dict(batch=1), np.e),
        (sympy.E * sympy.log(batch), dict(batch=1), 0),
        (
            sympy.Piecewise((batch, sympy.Eq(batch, context)), (0, True)),
            dict(batch=1, context=2),
            0,
        ),
        (sympy.Piecewise((batch, batch <= context), (0, True)), dict(batch=1, context=2), 1),
        (-sympy.oo * sympy.Integer(1), {}, -np.inf),
        (batch ** sympy.Rational(1, 3), dict(batch=27), 3),
    ],
    ids=str,
)
def test_every_allowed_node_computes(expr, inputs, expected):
    scalar = "\n".join(
        [f"def f({', '.join(inputs)}):", *(f"    {x}" for x in python.scalar_lines(expr))]
    )
    assert python.build(scalar, "f")(**inputs) == pytest.approx(expected)
    array = python.build(python.array_source("f", expr, inputs), "f")
    np.testing.assert_allclose(array(**{k: np.array([v, v]) for k, v in inputs.items()}), expected)
