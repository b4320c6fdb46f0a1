"""What a device offers for each byte that it moves."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.symbols import Expr, Symbols


@formula(
    r"\text{HOI}", "FLOP/byte", source="matx_lifetime_llm_cost",
    assumptions=("both peaks are reached: dense arithmetic, sequential reads",),
    varies="* peak_flops / memory_bandwidth",
    example=(dict(peak_flops=1979e12, memory_bandwidth=3.35e12), 590.7, "H100 SXM, FP8, dense",
             1e-4),
)  # fmt: skip
def operational_intensity(s: Symbols) -> Expr:
    """Hardware operational intensity: FLOPs that the device can do while it reads one byte."""
    return s.peak_flops / s.memory_bandwidth


@formula(
    r"\text{HOI}_\text{el}", "FLOP/element",
    varies="* hoi kv_bytes",
    example=(dict(hoi=1125, kv_bytes=0.5), 562.5, "B200: FP4 is half a byte"),
)  # fmt: skip
def operational_intensity_per_element(s: Symbols) -> Expr:
    """FLOPs that the device can do while it reads one element of the cache."""
    return s.hoi * s.kv_bytes
