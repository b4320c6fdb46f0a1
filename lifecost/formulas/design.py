"""The cost of a decoded token for a design: a size, a share of the cache, and guesses."""

from __future__ import annotations

from typing import Any

from lifecost.extrema import Max
from lifecost.formula import formula
from lifecost.formulas.decode import kv_load_flop_equivalent, weight_load_flop_equivalent
from lifecost.formulas.lifetime import decode_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.speculative import expected_tokens
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import batch, decode_tokens, draft_cost_ratio, draft_length, kv_share

_BOUND = (
    "arithmetic and memory traffic overlap perfectly: the slower one is the cost",
    "each guess is accepted with the same probability, whatever came before",
)


def _token_cost(weights: Any) -> Any:
    """Return the cost of a token that comes from guesses and their verification."""
    work = token_flops_estimate.definition
    memory = (weights + kv_load_flop_equivalent.definition * kv_share) / batch
    verification = Max(work * (draft_length + 1), memory)
    drafts = draft_length * draft_cost_ratio * Max(work, memory)
    return (verification + drafts) / expected_tokens.definition


@formula(r"c_\text{design}", "FLOP/token", level="post", assumptions=_BOUND)
def design_token_cost() -> Any:
    """Cost of one decoded token that reads a share of the cache, with guesses."""
    return _token_cost(0)


@formula(r"c_\text{design}^\text{w}", "FLOP/token", level="weights", assumptions=_BOUND)
def design_token_cost_with_weights() -> Any:
    """Cost of one decoded token that reads the weights and a share of the cache, with guesses."""
    return _token_cost(weight_load_flop_equivalent.definition)


@formula(r"F_\text{inference}", "1", level="post", assumptions=_BOUND)
def design_inference_factor() -> Any:
    """Factor by which a share of the cache and guesses make prompts and answers cheaper.

    Prompts cost what they did, and an answer is never cheaper than its forward pass.
    """
    prompts = prefill_flops.definition
    before = prompts + decode_cost.definition
    return before / (prompts + design_token_cost.definition * decode_tokens)
