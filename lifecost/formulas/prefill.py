"""Prefill: reading the prompt."""

from __future__ import annotations

from typing import Any

from lifecost.formula import formula
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import prefill_tokens


@formula(r"C_\text{prefill}", "FLOP", source="matx_lifetime_llm_cost", level="post", assumptions=(
    "compute-bound: the weights are read once for many tokens; attention is left out",
))  # fmt: skip
def prefill_flops() -> Any:
    """FLOPs to read the prompts: a forward pass for each of their tokens."""
    return token_flops_estimate.definition * prefill_tokens
