"""The bill of a whole life: training, prefill, decode."""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import CACHE, KV_8B, LLAMA_8B, POST, SERVED_DAY
from lifecost.formulas.decode import decode_step_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import loss
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import SECONDS_PER_HOUR, Expr, Symbols

_POST = ("every decoded token sees the same context; weights are amortized over the batch",)
_HOURS = ("hours are bought at one price; no power, staff or idle time beside it",)


@formula(
    r"c_\text{decode}", "FLOP/token", source="matx_lifetime_llm_cost", level="post",
    assumptions=_POST,
    varies="+ hoi n_params n_layer n_kv_head d_head kv_bytes context",
    example=(LLAMA_8B | POST, 600 * KV_8B // 128, "the batch's load, shared"),
)  # fmt: skip
def decode_token_cost(s: Symbols) -> Expr:
    """Cost of one decoded token in FLOP-equivalents."""
    return Max(*(cost / s.batch for cost in decode_step_cost(s).args))


@formula(
    r"C_\text{decode}", "FLOP", source="matx_lifetime_llm_cost", level="post", assumptions=_POST,
    varies="* decode_tokens + hoi n_params n_layer n_kv_head d_head kv_bytes context",
    example=(dict(LLAMA_8B | POST, decode_tokens=1280), 10 * 600 * KV_8B, "ten steps of the batch"),
)  # fmt: skip
def decode_cost(s: Symbols) -> Expr:
    """Cost of all decoded tokens in FLOP-equivalents."""
    return decode_token_cost(s) * s.decode_tokens


@formula(
    r"C_\text{life}", "FLOP", source="matx_lifetime_llm_cost", level="post", assumptions=_POST,
    varies=f"+ hoi n_params {CACHE} train_tokens prefill_tokens decode_tokens",
    example=(dict(LLAMA_8B | POST, train_tokens=1e12, prefill_tokens=1e12, decode_tokens=1280),
             48e21 + 16e21 + 10 * 600 * KV_8B, "by hand"),
)  # fmt: skip
def lifetime_cost(s: Symbols) -> Expr:
    """Cost of a model's whole life in FLOP-equivalents: training, prefill and decode."""
    return training_flops(s) + prefill_flops(s) + decode_cost(s)


@formula(
    r"h_\text{life}", "h", level="post",
    assumptions=(*_POST, "one kind of chip for the whole life; HOI is that of the chip",),
    varies=(
        "/ peak_flops + hoi n_params n_layer n_kv_head d_head kv_bytes context train_tokens "
        "prefill_tokens decode_tokens - train_mfu prefill_mfu decode_efficiency"
    ),
    example=(
        dict(LLAMA_8B | POST, train_tokens=1e12, prefill_tokens=1e12, decode_tokens=1280,
             peak_flops=1e15, train_mfu=0.4, prefill_mfu=0.5, decode_efficiency=0.8),
        (48e21 / 0.4 + 16e21 / 0.5 + 10 * 600 * KV_8B / 0.8) / 3.6e18, "by hand",
    ),
)  # fmt: skip
def lifetime_chip_hours(s: Symbols) -> Expr:
    """Accelerator-hours of a model's whole life, at the efficiency that each phase reaches."""
    busy = (
        training_flops(s) / s.train_mfu
        + prefill_flops(s) / s.prefill_mfu
        + decode_cost(s) / s.decode_efficiency
    )
    return busy / (s.peak_flops * SECONDS_PER_HOUR)


@formula(
    r"P_\text{life}", "USD", level="post",
    assumptions=_HOURS,
    varies=(
        "* chip_hour_price / peak_flops + hoi n_params n_layer n_kv_head d_head kv_bytes context "
        "train_tokens prefill_tokens decode_tokens - train_mfu prefill_mfu decode_efficiency"
    ),
    example=(
        dict(LLAMA_8B | POST, train_tokens=1e12, prefill_tokens=0, decode_tokens=0, peak_flops=1e15,
             train_mfu=0.5, prefill_mfu=1, decode_efficiency=1, chip_hour_price=2),
        2 * 96e21 / 3.6e18, "by hand",
    ),
)  # fmt: skip
def lifetime_price(s: Symbols) -> Expr:
    """Price of a model's whole life: its accelerator-hours at the price of one."""
    return lifetime_chip_hours(s) * s.chip_hour_price


@formula(
    r"D_\text{even}", "token", level="post", unknown="decode_tokens", assumptions=_POST,
    varies="* train_tokens + n_params - hoi n_layer n_kv_head d_head kv_bytes context",
    example=(dict(LLAMA_8B | POST, train_tokens=15e12), 6 * 8e9 * 15e12 / (600 * KV_8B / 128),
             "by hand"),
)  # fmt: skip
def break_even_decode_tokens(s: Symbols) -> Expr:
    """Tokens to decode until decoding has cost as much as training."""
    return decode_cost(s), training_flops(s)


@formula(
    r"t_\text{even}", "day", level="post", assumptions=_POST,
    varies=f"* train_tokens / tokens_per_day + n_params - hoi {CACHE}",
    example=(dict(LLAMA_8B | POST, train_tokens=15e12, tokens_per_day=168e9),
             6 * 8e9 * 15e12 / (600 * KV_8B / 128) / 168e9, "by hand"),
)  # fmt: skip
def break_even_days(s: Symbols) -> Expr:
    """Days of service after which decoding has cost as much as training."""
    return break_even_decode_tokens(s) / s.tokens_per_day


@formula(
    r"C_\text{day}^\text{prefill}", "FLOP/day", level="post",
    assumptions=("compute-bound: the weights are read once for many tokens",),
    varies="* n_params tokens_per_day prompt_ratio",
    example=(dict(n_params=8e9, tokens_per_day=168e9, prompt_ratio=2), 2 * 8e9 * 336e9, "2ND"),
)  # fmt: skip
def daily_prefill_flops(s: Symbols) -> Expr:
    """FLOPs of a day to read prompts."""
    return token_flops_estimate(s) * s.prompt_ratio * s.tokens_per_day


@formula(
    r"C_\text{day}^\text{arithmetic}", "FLOP/day", level="post", assumptions=_POST,
    varies="* n_params tokens_per_day",
    example=(dict(n_params=8e9, tokens_per_day=168e9), 2 * 8e9 * 168e9, "2ND"),
)  # fmt: skip
def daily_decode_flops(s: Symbols) -> Expr:
    """FLOPs of a day to decode: the arithmetic alone."""
    return token_flops_estimate(s) * s.tokens_per_day


@formula(
    r"C_\text{day}^\text{wait}", "FLOP/day", level="post", assumptions=_POST,
    varies="* tokens_per_day + hoi n_layer n_kv_head d_head kv_bytes context - n_params",
    example=(dict(LLAMA_8B | POST, tokens_per_day=1280), 10 * (600 * KV_8B - 128 * 16e9),
             "ten steps of the batch, without their arithmetic"),
)  # fmt: skip
def daily_kv_wait(s: Symbols) -> Expr:
    """Cost of a day's wait for the cache, beyond arithmetic, in FLOP-equivalents."""
    arithmetic, reading = (cost / s.batch for cost in decode_step_cost(s).args)
    return Max(0, reading - arithmetic) * s.tokens_per_day


@formula(
    r"C_\text{day}^\text{decode}", "FLOP/day", level="post", assumptions=_POST,
    varies="* tokens_per_day + hoi n_params n_layer n_kv_head d_head kv_bytes context",
    example=(dict(LLAMA_8B | POST, tokens_per_day=1280), 10 * 600 * KV_8B, "ten steps"),
)  # fmt: skip
def daily_decode_cost(s: Symbols) -> Expr:
    """Cost of a day's decoding in FLOP-equivalents: its arithmetic, and its wait for the cache."""
    return decode_token_cost(s) * s.tokens_per_day


@formula(
    r"C_\text{day}", "FLOP/day", level="post", assumptions=_POST,
    varies=f"* tokens_per_day + prompt_ratio hoi n_params {CACHE}",
    example=(dict(LLAMA_8B | POST, tokens_per_day=1280, prompt_ratio=2),
             10 * 600 * KV_8B + 2 * 1280 * 16e9, "ten steps, and prompts"),
)  # fmt: skip
def daily_cost(s: Symbols) -> Expr:
    """Cost of a day of answers in FLOP-equivalents: prefill and decode."""
    return daily_decode_cost(s) + daily_prefill_flops(s)


@formula(
    r"C_\text{answers}", "FLOP", level="post", assumptions=_POST,
    varies=f"* tokens_per_day service_days + prompt_ratio hoi n_params {CACHE}",
    example=(dict(LLAMA_8B | POST, tokens_per_day=1280, prompt_ratio=0, service_days=3),
             30 * 600 * KV_8B, "ten steps a day"),
)  # fmt: skip
def answers_cost(s: Symbols) -> Expr:
    """Cost of all answers of some days of service, in FLOP-equivalents."""
    return daily_cost(s) * s.service_days


@formula(
    r"t_\text{even}^\text{answers}", "day", level="post", assumptions=_POST,
    varies=f"* train_tokens / tokens_per_day + n_params - prompt_ratio hoi {CACHE}",
    example=(dict(LLAMA_8B | POST, train_tokens=15e12, tokens_per_day=168e9, prompt_ratio=0),
             6 * 8e9 * 15e12 / (600 * KV_8B / 128) / 168e9, "by hand, decoding alone"),
)  # fmt: skip
def break_even_days_with_prompts(s: Symbols) -> Expr:
    """Days of service after which answering, prompts included, has cost as much as training."""
    return training_flops(s) / daily_cost(s)


@formula(
    r"h_\text{train}", "h", level="post",
    varies="* n_params train_tokens / train_peak_flops train_mfu",
    example=(dict(n_params=8e9, train_tokens=15e12, train_peak_flops=1e15, train_mfu=0.5),
             2 * 720e21 / 3.6e18, "by hand"),
)  # fmt: skip
def training_chip_hours(s: Symbols) -> Expr:
    """Accelerator-hours of training, at the share of the peak that it reaches."""
    return training_flops(s) / (s.train_mfu * s.train_peak_flops * SECONDS_PER_HOUR)


@formula(
    r"h_\text{day}", "h/day", level="post", assumptions=_POST,
    varies=(
        "* tokens_per_day / peak_flops + prompt_ratio hoi n_params n_layer n_kv_head d_head "
        "kv_bytes context - prefill_mfu decode_efficiency"
    ),
    example=(SERVED_DAY, (2 * 10 * 600 * KV_8B + 4 * 2 * 1280 * 16e9) / 3.6e18, "by hand"),
)  # fmt: skip
def daily_chip_hours(s: Symbols) -> Expr:
    """Accelerator-hours of a day of answers, at the efficiency that each phase reaches."""
    busy = daily_decode_cost(s) / s.decode_efficiency + daily_prefill_flops(s) / s.prefill_mfu
    return busy / (s.peak_flops * SECONDS_PER_HOUR)


@formula(
    r"t_\text{even}^\text{hours}", "day", level="post", assumptions=_POST,
    varies=(
        "* train_tokens peak_flops / tokens_per_day train_mfu train_peak_flops + n_params "
        "prefill_mfu decode_efficiency - prompt_ratio hoi n_layer n_kv_head d_head kv_bytes context"
    ),
    example=(SERVED_DAY | dict(train_tokens=15e12, train_mfu=0.25, train_peak_flops=5e14),
             8 * 6 * 8e9 * 15e12 / (2 * 10 * 600 * KV_8B + 4 * 2 * 1280 * 16e9), "by hand"),
)  # fmt: skip
def break_even_days_in_hours(s: Symbols) -> Expr:
    """Days of service after which answering has taken as many accelerator-hours as training.

    Where training computes in a wider format than service, each of its FLOPs takes longer.
    """
    return training_chip_hours(s) / daily_chip_hours(s)


@formula(
    r"\text{price}_\text{train}", "USD", level="post", assumptions=_HOURS,
    varies="* chip_hour_price n_params train_tokens / train_peak_flops train_mfu",
    example=(dict(n_params=8e9, train_tokens=15e12, train_peak_flops=1e15, train_mfu=0.5,
                  chip_hour_price=2),
             4 * 720e21 / 3.6e18, "by hand"),
)  # fmt: skip
def training_price(s: Symbols) -> Expr:
    """Price of training: its accelerator-hours at the price of one."""
    return training_chip_hours(s) * s.chip_hour_price


@formula(
    r"P_\text{day}", "USD/day", level="post", assumptions=(*_POST, *_HOURS),
    varies=(
        "* chip_hour_price tokens_per_day / peak_flops + prompt_ratio hoi n_params n_layer "
        "n_kv_head d_head kv_bytes context - prefill_mfu decode_efficiency"
    ),
    example=(SERVED_DAY | dict(chip_hour_price=3),
             3 * (2 * 10 * 600 * KV_8B + 4 * 2 * 1280 * 16e9) / 3.6e18, "by hand"),
)  # fmt: skip
def daily_price(s: Symbols) -> Expr:
    """Price of a day of answers: its accelerator-hours at the price of one."""
    return daily_chip_hours(s) * s.chip_hour_price


@formula(
    r"\partial C / \partial N", "FLOP/parameter", source="sardana2024beyond", level="post",
    dense=True,
    assumptions=("at the compute-optimal point; service is forward passes only",),
    varies="* prefill_tokens",
    example=(dict(prefill_tokens=1e12), 2e12, "two FLOPs for each token"),
)  # fmt: skip
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
