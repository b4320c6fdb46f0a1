"""Split silicon: attention on chips of one kind, feed-forward layers on another.

A step passes from the one to the other in each layer. With several batches under way neither waits,
if there are as many of each as their work asks for; the chips then need not have one intensity.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import H100, KV_8B, LLAMA_8B, MATRICES_8B, POST
from lifecost.formulas.kv_cache import kv_bytes_read
from lifecost.formulas.transformer import attention_flops
from lifecost.symbols import FLOP_PER_MAC, SECONDS_PER_HOUR, Expr, Symbols

_HIDDEN = (
    "peaks are reached, batches are large enough to read weights at no cost, and what the chips "
    "tell each other hides behind their work",
)
_SPLIT: dict[str, float] = {
    **LLAMA_8B, **POST, **H100, "ff_peak_flops": 1979e12, "ff_chip_hour_price": 1,
}  # fmt: skip
_IN_ATTENTION = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024)
_READ = KV_8B / 128 / 3.35e12 + 2 * _IN_ATTENTION / 1979e12
_MULTIPLIED = 2 * (MATRICES_8B - _IN_ATTENTION) / 1979e12
_MODEL = "n_layer d_model n_head n_kv_head d_head context kv_bytes"


@formula(
    r"\text{HOI}_\text{split}", "FLOP/byte", source="stepfun2025step3",
    varies="* chip_hour_price ff_peak_flops / memory_bandwidth ff_chip_hour_price",
    example=(dict(chip_hour_price=0.8, memory_bandwidth=4e12, ff_peak_flops=1.98e15,
                  ff_chip_hour_price=2), 5.56e-17 / 2.80e-19, "StepFun 2025, table 5", 5e-3),
)  # fmt: skip
def split_exchange_rate(s: Symbols) -> Expr:
    """FLOPs that a byte costs where bytes are read on one kind of chip, and FLOPs done on another.

    They are what the price of the byte buys. With one kind it is `operational_intensity`.
    """
    byte = s.chip_hour_price / s.memory_bandwidth
    return byte / (s.ff_chip_hour_price / s.ff_peak_flops)


@formula(
    r"\tau_\text{attn}", "s", source="stepfun2025step3", level="full", assumptions=_HIDDEN,
    varies=f"+ {_MODEL} - peak_flops memory_bandwidth",
    example=(_SPLIT, _READ, "by hand: memory, then projections"),
)  # fmt: skip
def attention_chip_time(s: Symbols) -> Expr:
    """Time that attention and its projections take of one chip, for one token of a decode step."""
    read = kv_bytes_read(s.but(batch=1)) / s.memory_bandwidth
    projections = FLOP_PER_MAC * s.attention_params / s.peak_flops
    return Max(attention_flops(s) / s.peak_flops, read) + projections


@formula(
    r"\tau_\text{ff}", "s", source="stepfun2025step3", level="full", assumptions=_HIDDEN,
    varies="* d_model / ff_peak_flops + n_layer n_ff_matrix d_ff vocab_size",
    example=(_SPLIT, _MULTIPLIED, "by hand"),
)  # fmt: skip
def feed_forward_chip_time(s: Symbols) -> Expr:
    """Time that feed-forward layers and output table take of one chip, for one token."""
    rest = sympy.factor_terms(sympy.expand(s.weight_macs - s.attention_params))
    return FLOP_PER_MAC * rest / s.ff_peak_flops


@formula(
    r"C_\text{split}", "USD/token", source="stepfun2025step3", level="full", assumptions=_HIDDEN,
    varies=(
        f"+ chip_hour_price ff_chip_hour_price {_MODEL} n_ff_matrix d_ff vocab_size - peak_flops "
        "memory_bandwidth ff_peak_flops ~ chip_ratio"
    ),
    example=(dict(_SPLIT, chip_ratio=1), 3 / 3600 * max(_READ, _MULTIPLIED), "one of each"),
)  # fmt: skip
def split_token_cost(s: Symbols) -> Expr:
    """Price of a decoded token where so many chips of attention serve each feed-forward chip.

    The slower side sets the pace, and the other is paid for while it waits.
    """
    pace = Max(attention_chip_time(s) / s.chip_ratio, feed_forward_chip_time(s))
    return (s.chip_ratio * s.chip_hour_price + s.ff_chip_hour_price) / SECONDS_PER_HOUR * pace


@formula(
    r"r_\text{chip}^*", "1", level="full", unknown="chip_ratio", assumptions=_HIDDEN,
    varies=(
        "* ff_peak_flops + n_layer n_head n_kv_head d_head context kv_bytes - d_model n_ff_matrix "
        "d_ff vocab_size peak_flops memory_bandwidth"
    ),
    example=(_SPLIT, _READ / _MULTIPLIED, "so that neither waits"),
)  # fmt: skip
def optimal_chip_ratio(s: Symbols) -> Expr:
    """Chips of attention for each feed-forward chip at which a token is cheapest: neither waits.

    Prices have no say in it.
    """
    return attention_chip_time(s) / s.chip_ratio, feed_forward_chip_time(s)
