"""Scaling laws and the compute-optimal model."""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.formula import formula
from lifecost.formulas.training import affordable_tokens, training_flops
from lifecost.solve import solve
from lifecost.symbols import (
    compute_unit,
    data_exponent,
    data_scale,
    loss_floor,
    n_params,
    param_exponent,
    param_scale,
    power_law_exponent,
    power_law_scale,
    train_flops,
    train_tokens,
)

FIT = ("as good as the fit, inside the range of models that it was made on",)


def terms() -> tuple[Any, Any]:
    """Return what size and data leave above the floor of the loss."""
    return param_scale / n_params**param_exponent, data_scale / train_tokens**data_exponent


@formula(r"\mathcal{L}", "nat/token", source="hoffmann2022training", assumptions=FIT, dense=True)
def loss() -> Any:
    """Loss of a model of a given size, trained on a given number of tokens."""
    return loss_floor + sum(terms())


@formula(r"\mathcal{L}_C", "nat/token", assumptions=FIT, dense=True)
def isoflop_loss() -> Any:
    """Loss of a model of a given size that is trained until a compute budget is spent."""
    return loss.definition.subs(train_tokens, affordable_tokens.definition)


def _multipliers() -> tuple[Any, Any]:
    """Return the Lagrange multiplier twice, from model size and from tokens.

    On the surface where training costs the budget, the gradient of the loss is a multiple of the
    gradient of the cost. Both components give that multiple.
    """
    by_size, by_tokens = (
        -sympy.diff(loss.definition, v) / sympy.diff(training_flops.definition, v)
        for v in (n_params, train_tokens)
    )
    return by_size, by_tokens


def _multipliers_within_budget(eliminated: Any) -> tuple[Any, Any]:
    """Return both multipliers with one variable eliminated by the budget."""
    spent = solve(training_flops.definition, train_flops, eliminated)
    by_size, by_tokens = (multiplier.subs(eliminated, spent) for multiplier in _multipliers())
    return by_size, by_tokens


@formula(r"D_\text{match}", "token", unknown=train_tokens, assumptions=FIT, dense=True)
def matching_tokens() -> Any:
    """Training tokens at which a model size is compute-optimal."""
    return _multipliers()


@formula(r"N_\text{opt}", "parameter", unknown=n_params, assumptions=FIT, dense=True)
def optimal_params() -> Any:
    """Model size that reaches the lowest loss within a compute budget."""
    return _multipliers_within_budget(train_tokens)


@formula(r"D_\text{opt}", "token", unknown=train_tokens, assumptions=FIT, dense=True)
def optimal_tokens() -> Any:
    """Training tokens that reach the lowest loss within a compute budget."""
    return _multipliers_within_budget(n_params)


@formula(r"\mathcal{L}_\text{opt}", "nat/token", assumptions=FIT, dense=True)
def optimal_loss() -> Any:
    """Lowest loss that a compute budget can reach."""
    best = {n_params: optimal_params.definition, train_tokens: optimal_tokens.definition}
    return loss.definition.subs(best, simultaneous=True)


@formula(r"D_\text{opt} / N_\text{opt}", "token/parameter", assumptions=FIT, dense=True)
def optimal_tokens_per_parameter() -> Any:
    """Training tokens for each parameter of the compute-optimal model."""
    return optimal_tokens.definition / optimal_params.definition


@formula(r"C / C_\text{least}", "1", source="devries2023gosmol", assumptions=FIT, dense=True)
def compute_overhead() -> Any:
    """Compute budget as a multiple of the least that reaches the same loss.

    The least loss above the floor is a power of the budget, so a ratio of losses above the floor is
    a power of a ratio of budgets.
    """
    growth = train_flops * sympy.diff(sympy.log(optimal_params.definition), train_flops)
    exponent = param_exponent * sympy.simplify(growth)
    above, least = (f.definition - loss_floor for f in (isoflop_loss, optimal_loss))
    return (above / least) ** (1 / exponent)


@formula(r"y", "1", source="kaplan2020scaling", assumptions=FIT)
def power_law() -> Any:
    """Model size or tokens that a power law in compute prescribes."""
    return power_law_scale * (train_flops / compute_unit) ** power_law_exponent
