"""The equations: each sign once, in the book's notation, in the order of the symbols."""

from collections import Counter

import pytest
import sympy
from every import every

from lifecost import FORMULAS
from lifecost.printers import latex
from lifecost.symbols import SYMBOLS, batch, context, hoi, n_params, param_exponent

# A formula and a symbol with one sign, on purpose: the one computes what the other stands for.
SAME = {"operational_intensity": "hoi"}


def test_no_two_formulas_share_a_sign():
    signs = Counter(formula.latex for formula in FORMULAS.values())
    assert [sign for sign, count in signs.items() if count > 1] == []


def test_a_formula_shares_the_sign_of_a_symbol_only_on_purpose():
    symbols = {quantity.latex: name for name, quantity in SYMBOLS.items()}
    shared = {f.name: symbols[f.latex] for f in FORMULAS.values() if f.latex in symbols}
    assert shared == SAME


@every("formula", FORMULAS.values())
def test_equation(formula):
    text = formula.latex_equation
    assert text.startswith(f"{formula.latex} = ")
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")
    for name in formula.symbols:
        assert SYMBOLS[name].latex in text
    assert formula._repr_latex_() == rf"$\displaystyle {text}$"


@every("formula", FORMULAS.values())
def test_no_equation_begins_a_sum_with_what_is_taken_off(formula):
    # A sign may begin a power, which has no sum, or a product.
    sums = formula.expr.atoms(sympy.Add)
    mixed = [s for s in sums if any(not t.could_extract_minus_sign() for t in s.args)]
    assert not any(latex.source(s).startswith("-") for s in mixed)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (2 * n_params, r"2\,N"),
        (batch * context * hoi, r"\text{HOI}\,B\,S"),
        (n_params / (2 * batch), r"\frac{N}{2\,B}"),
        (n_params - batch, "N - B"),
        (batch - n_params, "B - N"),
        (context - n_params - batch, "S - N - B"),
        (n_params - hoi + batch, r"N + B - \text{HOI}"),
        (n_params**param_exponent, r"N^{\alpha}"),
        (batch / n_params**param_exponent, r"\frac{B}{N^{\alpha}}"),
    ],
    ids=str,
)
def test_source(expr, text):
    assert latex.source(expr) == text
