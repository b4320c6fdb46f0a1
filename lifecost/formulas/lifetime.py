"""The bill of a whole life: training, prefill, decode."""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Max
from lifecost.formula import formula
from lifecost.formulas.decode import decode_step_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import loss
from lifecost.formulas.training import training_flops
from lifecost.notation import SECONDS_PER_HOUR
from lifecost.symbols import (
    batch,
    chip_hour_price,
    decode_efficiency,
    decode_tokens,
    n_params,
    param_scale,
    peak_flops,
    prefill_mfu,
    tokens_per_day,
    train_mfu,
    train_tokens,
)

_POST = ("every decoded token sees the same context; weights are amortized over the batch",)


@formula(r"c_\text{decode}", "FLOP/token", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def decode_token_cost() -> Any:
    """Cost of one decoded token in FLOP-equivalents."""
    return Max(*(cost / batch for cost in decode_step_cost.definition.args))


@formula(r"C_\text{decode}", "FLOP", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def decode_cost() -> Any:
    """Cost of all decoded tokens in FLOP-equivalents."""
    return decode_token_cost.definition * decode_tokens


@formula(r"C_\text{life}", "FLOP", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def lifetime_cost() -> Any:
    """Cost of a model's whole life in FLOP-equivalents: training, prefill and decode."""
    return training_flops.definition + prefill_flops.definition + decode_cost.definition


@formula(r"h_\text{life}", "h", level="post", assumptions=(
    *_POST, "one kind of chip for the whole life; HOI is that of the chip",
))  # fmt: skip
def lifetime_chip_hours() -> Any:
    """Accelerator-hours of a model's whole life, at the efficiency that each phase reaches."""
    busy = (
        training_flops.definition / train_mfu
        + prefill_flops.definition / prefill_mfu
        + decode_cost.definition / decode_efficiency
    )
    return busy / (peak_flops * SECONDS_PER_HOUR)


@formula(r"P_\text{life}", "USD", level="post", assumptions=(
    "hours are bought at one price; no power, staff or idle time beside it",
))  # fmt: skip
def lifetime_price() -> Any:
    """Price of a model's whole life: its accelerator-hours at the price of one."""
    return lifetime_chip_hours.definition * chip_hour_price


@formula(r"D_\text{even}", "token", level="post", unknown=decode_tokens, assumptions=_POST)
def break_even_decode_tokens() -> Any:
    """Tokens to decode until decoding has cost as much as training."""
    return decode_cost.definition, training_flops.definition


@formula(r"t_\text{even}", "day", level="post", assumptions=_POST)
def break_even_days() -> Any:
    """Days of service after which decoding has cost as much as training."""
    return break_even_decode_tokens.definition / tokens_per_day


@formula(r"\partial C / \partial N", "FLOP/parameter", source="sardana2024beyond", level="post",
         dense=True,
         assumptions=("at the compute-optimal point; service is forward passes only",))  # fmt: skip
def size_slope_at_optimum() -> Any:
    """Lifetime FLOPs that one more parameter costs at equal loss.

    Follow the curve of equal loss: a larger model needs fewer tokens. Where training alone is
    optimal its cost does not change to first order, and what remains is service: a positive slope,
    so a smaller model, trained longer, is cheaper.
    """
    by_size, by_tokens = (sympy.diff(loss.definition, v) for v in (n_params, train_tokens))
    cost = training_flops.definition + prefill_flops.definition
    slope = sympy.diff(cost, n_params) - sympy.diff(cost, train_tokens) * by_size / by_tokens
    balance = by_size * n_params - by_tokens * train_tokens  # the condition of compute-optimality
    (scale,) = sympy.solve(balance, param_scale)
    return sympy.simplify(slope.subs(param_scale, scale))
