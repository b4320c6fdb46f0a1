"""Scaling laws and the compute-optimal model."""

from __future__ import annotations

import sympy

from lifecost.algebra import solve
from lifecost.formula import formula
from lifecost.formulas._settings import GOPHER, HOFFMANN, SARDANA
from lifecost.formulas.training import affordable_tokens, training_flops
from lifecost.symbols import Expr, Symbols

FIT = ("as good as the fit, inside the range of models that it was made on",)


def terms(s: Symbols) -> tuple[Expr, Expr]:
    """Return what size and data leave above the floor of the loss."""
    return (
        s.param_scale / s.n_params**s.param_exponent,
        s.data_scale / s.train_tokens**s.data_exponent,
    )


@formula(
    r"\mathcal{L}", "nat/token", source="hoffmann2022training", dense=True, assumptions=FIT,
    varies=(
        "+ loss_floor param_scale data_scale - n_params train_tokens param_exponent data_exponent"
    ),
    example=(dict(HOFFMANN, n_params=1, train_tokens=1), 1.69 + 406.4 + 410.7, "by hand"),
)  # fmt: skip
def loss(s: Symbols) -> Expr:
    """Loss of a model of a given size, trained on a given number of tokens."""
    return s.loss_floor + sum(terms(s))


@formula(
    r"\mathcal{L}_C", "nat/token", dense=True, assumptions=FIT,
    varies=(
        "+ loss_floor param_scale data_scale - train_flops param_exponent data_exponent ~ "
        "n_params"
    ),
    example=(dict(SARDANA, n_params=13e9, train_flops=6 * 13e9 * 4e11),
             1.69 + 406.4 / 13e9**0.336 + 410.7 / 4e11**0.283, "by hand, on 4e11 tokens"),
)  # fmt: skip
def isoflop_loss(s: Symbols) -> Expr:
    """Loss of a model of a given size that is trained until a compute budget is spent."""
    return loss(s.but(train_tokens=affordable_tokens(s)))


def _multipliers(s: Symbols) -> tuple[Expr, Expr]:
    """Return the Lagrange multiplier twice, from model size and from tokens.

    On the surface where training costs the budget, the gradient of the loss is a multiple of the
    gradient of the cost. Both components give that multiple.
    """
    by_size, by_tokens = (
        -sympy.diff(loss(s), v) / sympy.diff(training_flops(s), v)
        for v in (s.n_params, s.train_tokens)
    )
    return by_size, by_tokens


def _multipliers_within_budget(s: Symbols, eliminated: Expr) -> tuple[Expr, Expr]:
    """Return both multipliers with one variable eliminated by the budget."""
    spent = solve(training_flops(s), s.train_flops, eliminated)
    by_size, by_tokens = (multiplier.subs(eliminated, spent) for multiplier in _multipliers(s))
    return by_size, by_tokens


@formula(
    r"D_\text{match}", "token", unknown="train_tokens", dense=True, assumptions=FIT,
    varies="+ n_params data_scale param_exponent - param_scale ~ data_exponent",
    example=(dict(SARDANA, n_params=70e9), 4.26e12, "Sardana et al. 2024, appendix B, table 2",
             2e-3),
)  # fmt: skip
def matching_tokens(s: Symbols) -> Expr:
    """Training tokens at which a model size is compute-optimal."""
    return _multipliers(s)


@formula(
    r"N_\text{opt}", "parameter", unknown="n_params", dense=True, assumptions=FIT,
    varies="+ train_flops param_scale data_exponent - data_scale param_exponent",
    example=(dict(HOFFMANN, train_flops=GOPHER),
             (0.34 * 406.4 / (0.28 * 410.7)) ** (1 / 0.62) * (GOPHER / 6) ** (0.28 / 0.62),
             "Hoffmann et al. 2022, equation 4: G (C/6)^a"),
)  # fmt: skip
def optimal_params(s: Symbols) -> Expr:
    """Model size that reaches the lowest loss within a compute budget."""
    return _multipliers_within_budget(s, s.train_tokens)


@formula(
    r"D_\text{opt}", "token", unknown="train_tokens", dense=True, assumptions=FIT,
    varies="+ train_flops data_scale param_exponent - param_scale data_exponent",
    example=(dict(HOFFMANN, train_flops=GOPHER),
             (0.34 * 406.4 / (0.28 * 410.7)) ** (-1 / 0.62) * (GOPHER / 6) ** (0.34 / 0.62),
             "Hoffmann et al. 2022, equation 4"),
)  # fmt: skip
def optimal_tokens(s: Symbols) -> Expr:
    """Training tokens that reach the lowest loss within a compute budget."""
    return _multipliers_within_budget(s, s.n_params)


@formula(
    r"\mathcal{L}_\text{opt}", "nat/token", dense=True, assumptions=FIT,
    varies="+ loss_floor param_scale data_scale - train_flops param_exponent data_exponent",
    example=(dict(SARDANA, train_flops=6 * 30e9 * 1.54e12), 1.96,
             "Sardana et al. 2024, section 2: about 1.96 at 30B", 3e-3),
)  # fmt: skip
def optimal_loss(s: Symbols) -> Expr:
    """Lowest loss that a compute budget can reach."""
    best = {s.n_params: optimal_params(s), s.train_tokens: optimal_tokens(s)}
    return loss(s).subs(best, simultaneous=True)


@formula(
    r"D_\text{opt} / N_\text{opt}", "token/parameter", dense=True, assumptions=FIT,
    varies="+ data_scale param_exponent - param_scale data_exponent ~ train_flops",
    example=(dict(HOFFMANN, train_flops=GOPHER), 93, "their printed constants", 5e-3),
)  # fmt: skip
def optimal_tokens_per_parameter(s: Symbols) -> Expr:
    """Training tokens for each parameter of the compute-optimal model."""
    return optimal_tokens(s) / optimal_params(s)


@formula(
    r"C / C_\text{least}", "1", source="devries2023gosmol", dense=True, assumptions=FIT,
    varies="~ n_params train_flops param_scale data_scale param_exponent data_exponent",
    example=(dict(SARDANA, n_params=10e9, train_flops=1e23), 1.13039, "found by search", 1e-5),
)  # fmt: skip
def compute_overhead(s: Symbols) -> Expr:
    """Compute budget as a multiple of the least that reaches the same loss.

    The least loss above the floor is a power of the budget, so a ratio of losses above the floor is
    a power of a ratio of budgets.
    """
    growth = s.train_flops * sympy.diff(sympy.log(optimal_params(s)), s.train_flops)
    exponent = s.param_exponent * sympy.simplify(growth)
    above, least = (f(s) - s.loss_floor for f in (isoflop_loss, optimal_loss))
    return (above / least) ** (1 / exponent)


@formula(
    r"y", "1", source="kaplan2020scaling", assumptions=FIT,
    varies="* power_law_scale + train_flops power_law_exponent - compute_unit",
    example=(
        dict(power_law_scale=1.3e9, power_law_exponent=0.73, compute_unit=8.64e19,
             train_flops=8.64e19),
        1.3e9, "Kaplan et al. 2020, table 6: 1.3e9 parameters at one PF-day",
    ),
)  # fmt: skip
def power_law(s: Symbols) -> Expr:
    """Model size or tokens that a power law in compute prescribes."""
    return s.power_law_scale * (s.train_flops / s.compute_unit) ** s.power_law_exponent
