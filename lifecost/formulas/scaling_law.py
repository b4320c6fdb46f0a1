"""Scaling laws and the compute-optimal model."""

from __future__ import annotations

import sympy

from lifecost.algebra import solve
from lifecost.formula import formula
from lifecost.formulas.training import affordable_tokens, training_flops
from lifecost.symbols import Expr, Symbols

FIT = ("as good as the fit, inside the range of models that it was made on",)


def terms(s: Symbols) -> tuple[Expr, Expr]:
    """Return what size and data leave above the floor of the loss."""
    return (
        s.param_scale / s.n_params**s.param_exponent,
        s.data_scale / s.train_tokens**s.data_exponent,
    )


@formula(r"\mathcal{L}", "nat/token", source="hoffmann2022training", assumptions=FIT, dense=True)
def loss(s: Symbols) -> Expr:
    """Loss of a model of a given size, trained on a given number of tokens."""
    return s.loss_floor + sum(terms(s))


@formula(r"\mathcal{L}_C", "nat/token", assumptions=FIT, dense=True)
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


@formula(r"D_\text{match}", "token", unknown="train_tokens", assumptions=FIT, dense=True)
def matching_tokens(s: Symbols) -> Expr:
    """Training tokens at which a model size is compute-optimal."""
    return _multipliers(s)


@formula(r"N_\text{opt}", "parameter", unknown="n_params", assumptions=FIT, dense=True)
def optimal_params(s: Symbols) -> Expr:
    """Model size that reaches the lowest loss within a compute budget."""
    return _multipliers_within_budget(s, s.train_tokens)


@formula(r"D_\text{opt}", "token", unknown="train_tokens", assumptions=FIT, dense=True)
def optimal_tokens(s: Symbols) -> Expr:
    """Training tokens that reach the lowest loss within a compute budget."""
    return _multipliers_within_budget(s, s.n_params)


@formula(r"\mathcal{L}_\text{opt}", "nat/token", assumptions=FIT, dense=True)
def optimal_loss(s: Symbols) -> Expr:
    """Lowest loss that a compute budget can reach."""
    best = {s.n_params: optimal_params(s), s.train_tokens: optimal_tokens(s)}
    return loss(s).subs(best, simultaneous=True)


@formula(r"D_\text{opt} / N_\text{opt}", "token/parameter", assumptions=FIT, dense=True)
def optimal_tokens_per_parameter(s: Symbols) -> Expr:
    """Training tokens for each parameter of the compute-optimal model."""
    return optimal_tokens(s) / optimal_params(s)


@formula(r"C / C_\text{least}", "1", source="devries2023gosmol", assumptions=FIT, dense=True)
def compute_overhead(s: Symbols) -> Expr:
    """Compute budget as a multiple of the least that reaches the same loss.

    The least loss above the floor is a power of the budget, so a ratio of losses above the floor is
    a power of a ratio of budgets.
    """
    growth = s.train_flops * sympy.diff(sympy.log(optimal_params(s)), s.train_flops)
    exponent = s.param_exponent * sympy.simplify(growth)
    above, least = (f(s) - s.loss_floor for f in (isoflop_loss, optimal_loss))
    return (above / least) ** (1 / exponent)


@formula(r"y", "1", source="kaplan2020scaling", assumptions=FIT)
def power_law(s: Symbols) -> Expr:
    """Model size or tokens that a power law in compute prescribes."""
    return s.power_law_scale * (s.train_flops / s.compute_unit) ** s.power_law_exponent
