"""Speculative decoding: a draft guesses some tokens, the model verifies them in one step.

One verification reads weights and cache once, for several tokens. So it costs less memory traffic
a token, and the more arithmetic the more guesses are thrown away.
"""

from __future__ import annotations

from typing import Any

from lifecost.extrema import Max
from lifecost.formula import formula
from lifecost.formulas.decode import (
    decode_flops,
    decode_memory_flop_equivalent,
    decode_step_cost,
    decode_step_cost_full,
    forward_flops,
    kv_load_flop_equivalent,
)
from lifecost.formulas.transformer import read_parameters
from lifecost.symbols import (
    acceptance_rate,
    batch,
    context,
    draft_context,
    draft_cost_ratio,
    draft_length,
    hoi,
    weight_bytes,
)

_CHAIN = ("each guess is accepted with the same probability, whatever came before",)
_OVERLAP = ("arithmetic and memory traffic overlap perfectly: the slower one is the cost",)
_VERIFIED = draft_length + 1  # the guesses, and the token that the model adds itself


@formula(r"\bar n", "token", source="leviathan2023fast", assumptions=_CHAIN)
def expected_tokens() -> Any:
    """Tokens that one verification yields on average.

    The first is certain; each further one needs all guesses before it to be right: a geometric
    series.
    """
    return (1 - acceptance_rate**_VERIFIED) / (1 - acceptance_rate)


@formula(r"\sigma_\text{wall}", "1", source="leviathan2023fast", assumptions=(
    *_CHAIN, "verifying several tokens takes as long as decoding one",
))  # fmt: skip
def walltime_speedup() -> Any:
    """Speed-up where a verification takes no longer than a decode step."""
    return expected_tokens.definition / (draft_length * draft_cost_ratio + 1)


@formula(r"C_\text{verify}", "FLOP", level="post", assumptions=_OVERLAP)
def verification_cost() -> Any:
    """Cost of verifying the guesses of the whole batch, in FLOP-equivalents.

    The cache is read once for all of them; the arithmetic is done for each.
    """
    work = forward_flops.definition * _VERIFIED
    return Max(work, kv_load_flop_equivalent.definition)


@formula(r"C_\text{verify}^\text{full}", "FLOP", level="full", assumptions=_OVERLAP)
def verification_cost_full() -> Any:
    """Cost of verifying the guesses of the whole batch, counting weights and attention."""
    read = read_parameters.definition.subs(batch, batch * _VERIFIED)
    memory = hoi * weight_bytes * read + kv_load_flop_equivalent.definition
    return Max(decode_flops.definition * _VERIFIED, memory)


def _speedup(step: Any, verification: Any, draft: Any) -> Any:
    return step * expected_tokens.definition / (verification + draft_length * draft)


@formula(r"\sigma", "1", level="post", assumptions=(*_CHAIN, *_OVERLAP))
def speculative_speedup() -> Any:
    """Speed-up by a draft model whose step costs a given share of the model's own."""
    step = decode_step_cost.definition
    return _speedup(step, verification_cost.definition, step * draft_cost_ratio)


@formula(r"\sigma^\text{full}", "1", level="full", assumptions=(*_CHAIN, *_OVERLAP))
def speculative_speedup_full() -> Any:
    """Speed-up by a draft model, counting weights and attention."""
    step = decode_step_cost_full.definition
    return _speedup(step, verification_cost_full.definition, step * draft_cost_ratio)


@formula(r"\sigma^\text{self}", "1", source="sadhukhan2025magicdec", level="full",
         assumptions=(*_CHAIN, *_OVERLAP))  # fmt: skip
def self_speculative_speedup() -> Any:
    """Speed-up where the model drafts for itself, looking at a part of its cache only."""
    near = {context: draft_context}
    draft = Max(decode_flops.definition, decode_memory_flop_equivalent.definition)
    return _speedup(
        decode_step_cost_full.definition, verification_cost_full.definition, draft.subs(near)
    )
