"""What a device offers for each byte that it moves."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.symbols import Expr, Symbols


@formula(r"\text{HOI}", "FLOP/byte", source="matx_lifetime_llm_cost", assumptions=(
    "both peaks are reached: dense arithmetic, sequential reads",
))  # fmt: skip
def operational_intensity(s: Symbols) -> Expr:
    """Hardware operational intensity: FLOPs that the device can do while it reads one byte."""
    return s.peak_flops / s.memory_bandwidth


@formula(r"\text{HOI}_\text{el}", "FLOP/element")
def operational_intensity_per_element(s: Symbols) -> Expr:
    """FLOPs that the device can do while it reads one element of the cache."""
    return s.hoi * s.kv_bytes
