"""The bill of a whole life: training, prefill, decode."""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas.decode import decode_step_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import loss
from lifecost.formulas.training import training_flops
from lifecost.symbols import SECONDS_PER_HOUR, Expr, Symbols

_POST = ("every decoded token sees the same context; weights are amortized over the batch",)


@formula(r"c_\text{decode}", "FLOP/token", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def decode_token_cost(s: Symbols) -> Expr:
    """Cost of one decoded token in FLOP-equivalents."""
    return Max(*(cost / s.batch for cost in decode_step_cost(s).args))


@formula(r"C_\text{decode}", "FLOP", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def decode_cost(s: Symbols) -> Expr:
    """Cost of all decoded tokens in FLOP-equivalents."""
    return decode_token_cost(s) * s.decode_tokens


@formula(r"C_\text{life}", "FLOP", source="matx_lifetime_llm_cost", level="post",
         assumptions=_POST)  # fmt: skip
def lifetime_cost(s: Symbols) -> Expr:
    """Cost of a model's whole life in FLOP-equivalents: training, prefill and decode."""
    return training_flops(s) + prefill_flops(s) + decode_cost(s)


@formula(r"h_\text{life}", "h", level="post", assumptions=(
    *_POST, "one kind of chip for the whole life; HOI is that of the chip",
))  # fmt: skip
def lifetime_chip_hours(s: Symbols) -> Expr:
    """Accelerator-hours of a model's whole life, at the efficiency that each phase reaches."""
    busy = (
        training_flops(s) / s.train_mfu
        + prefill_flops(s) / s.prefill_mfu
        + decode_cost(s) / s.decode_efficiency
    )
    return busy / (s.peak_flops * SECONDS_PER_HOUR)


@formula(r"P_\text{life}", "USD", level="post", assumptions=(
    "hours are bought at one price; no power, staff or idle time beside it",
))  # fmt: skip
def lifetime_price(s: Symbols) -> Expr:
    """Price of a model's whole life: its accelerator-hours at the price of one."""
    return lifetime_chip_hours(s) * s.chip_hour_price


@formula(r"D_\text{even}", "token", level="post", unknown="decode_tokens", assumptions=_POST)
def break_even_decode_tokens(s: Symbols) -> Expr:
    """Tokens to decode until decoding has cost as much as training."""
    return decode_cost(s), training_flops(s)


@formula(r"t_\text{even}", "day", level="post", assumptions=_POST)
def break_even_days(s: Symbols) -> Expr:
    """Days of service after which decoding has cost as much as training."""
    return break_even_decode_tokens(s) / s.tokens_per_day


@formula(r"\partial C / \partial N", "FLOP/parameter", source="sardana2024beyond", level="post",
         dense=True,
         assumptions=("at the compute-optimal point; service is forward passes only",))  # fmt: skip
def size_slope_at_optimum(s: Symbols) -> Expr:
    """Lifetime FLOPs that one more parameter costs at equal loss.

    Follow the curve of equal loss: a larger model needs fewer tokens. Where training alone is
    optimal its cost does not change to first order, and what remains is service: a positive slope,
    so a smaller model, trained longer, is cheaper.
    """
    by_size, by_tokens = (sympy.diff(loss(s), v) for v in (s.n_params, s.train_tokens))
    cost = training_flops(s) + prefill_flops(s)
    slope = sympy.diff(cost, s.n_params) - sympy.diff(cost, s.train_tokens) * by_size / by_tokens
    # The condition of compute-optimality.
    balance = by_size * s.n_params - by_tokens * s.train_tokens
    (scale,) = sympy.solve(balance, s.param_scale)
    return sympy.simplify(slope.subs(s.param_scale, scale))
