"""Every formula comes out in the unit that it declares; what does not add up is refused."""

import pytest
import sympy
from every import every
from units import UnitError, check, dimension

from lifecost import FORMULAS
from lifecost.symbols import (
    FLOP_PER_MAC,
    SYMBOLS,
    Symbols,
    batch,
    context,
    hoi,
    kv_bytes,
    n_params,
    tokens_per_day,
    weight_bytes,
)

FLOPS = FLOP_PER_MAC * n_params * batch
BYTES = weight_bytes * n_params


def written(formula):
    """Return its expression: with all that it may leave out, if one chip makes it 0, of no unit."""
    return formula(Symbols()) or formula.expr


@every("formula", FORMULAS.values())
def test_declared_unit(formula):
    check(written(formula), formula.unit)


@every("formula", FORMULAS.values())
@pytest.mark.parametrize("factor", [FLOP_PER_MAC, kv_bytes, hoi, 1 / tokens_per_day])
def test_a_factor_too_many_is_seen(formula, factor):
    with pytest.raises(UnitError, match="is not in"):
        check(written(formula) * factor, formula.unit)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (BYTES + FLOPS, "different dimensions"),
        (BYTES - FLOPS, "different dimensions"),
        (BYTES + 1, "different dimensions"),
        (sympy.Max(BYTES, FLOPS), "different dimensions"),
        (sympy.Min(BYTES, FLOPS), "different dimensions"),
        (sympy.Piecewise((BYTES, batch > context), (FLOPS, True)), "different dimensions"),
        (sympy.Piecewise((BYTES, BYTES > FLOPS), (2 * BYTES, True)), "different dimensions"),
        (batch**BYTES, "the exponent"),
        (sympy.exp(BYTES), "exp of a quantity with a unit"),
        (sympy.log(FLOPS), "log of a quantity with a unit"),
        (FLOPS, "is not in byte"),
        (BYTES**2, "is not in byte"),
        (BYTES / tokens_per_day, "is not in byte"),
        (n_params * batch, "is not in byte"),
    ],
    ids=str,
)
def test_wrong_dimension_is_refused(wrong, complaint):
    with pytest.raises(UnitError, match=complaint):
        check(wrong, "byte")


@pytest.mark.parametrize(
    ("right", "unit"),
    [
        (BYTES * hoi + FLOPS, "FLOP"),
        (sympy.Max(BYTES * hoi, FLOPS), "FLOP"),
        (sympy.sqrt(BYTES**2), "byte"),
        (sympy.exp(FLOPS / (hoi * BYTES)), "1"),
        (sympy.Piecewise((BYTES, batch > context), (sympy.oo, True)), "byte"),
        (n_params / tokens_per_day, "day"),
    ],
    ids=str,
)
def test_right_dimension_is_accepted(right, unit):
    check(right, unit)


def test_every_unit_in_use_is_known_and_a_typo_is_not():
    for row in (*FORMULAS.values(), *SYMBOLS.values()):
        dimension(row.unit)
    with pytest.raises(UnitError, match="unknown unit 'bytes'"):
        dimension("FLOP/bytes")
