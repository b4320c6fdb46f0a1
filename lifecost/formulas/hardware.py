"""What a device offers for each byte that it moves."""

from __future__ import annotations

from typing import Any

from lifecost.formula import formula
from lifecost.symbols import hoi, kv_bytes, memory_bandwidth, peak_flops


@formula(r"\text{HOI}", "FLOP/byte", source="matx_lifetime_llm_cost", assumptions=(
    "both peaks are reached: dense arithmetic, sequential reads",
))  # fmt: skip
def operational_intensity() -> Any:
    """Hardware operational intensity: FLOPs that the device can do while it reads one byte."""
    return peak_flops / memory_bandwidth


@formula(r"\text{HOI}_\text{el}", "FLOP/element")
def operational_intensity_per_element() -> Any:
    """FLOPs that the device can do while it reads one element of the cache."""
    return hoi * kv_bytes
