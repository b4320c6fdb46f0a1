"""Query-key interactions: what arithmetic for each cached byte costs, and where it is free.

One symbol describes an interaction: its arithmetic as a multiple of that of dot-product attention,
scores and mixture together, in every phase alike. What it reads stays the same.
"""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Max, Min
from lifecost.formula import formula
from lifecost.formulas.decode import (
    decode_memory_flop_equivalent,
    forward_flops,
    kv_load_flop_equivalent,
)
from lifecost.formulas.roofline import attention_intensity
from lifecost.formulas.training import (
    PASSES,
    training_attention_flops,
    training_attention_share,
)
from lifecost.formulas.transformer import attention_flops, matmul_flops
from lifecost.symbols import (
    batch,
    context,
    d_head,
    decode_tokens,
    hoi,
    intensity,
    interaction_multiplier,
    n_head,
    prefill_tokens,
    sequence_length,
    train_tokens,
    training_factor,
)

_SAME_BYTES = ("the interaction reads what dot-product attention reads, once a step",)
_OVERLAP = (*_SAME_BYTES, "arithmetic and memory traffic overlap perfectly")
_BOUND = (*_SAME_BYTES, "decode stays memory-bound with the smaller cache")
_ALIKE = ("the interaction costs the same multiple of attention in every phase",)


def _with_interaction(work: Any) -> Any:
    """Return FLOPs of one decode step of the batch, the interaction among them."""
    return work + interaction_multiplier * attention_flops.definition * batch


def _budget(*left: Any) -> Any:
    """Return what a step leaves for attention, as a multiple of today's, part by part."""
    today = attention_flops.definition * batch
    return Max(0, sum(sympy.factor_terms(part / today) for part in left))


@formula(r"C_m^\text{step}", "FLOP", level="post", assumptions=_OVERLAP)
def interaction_step_cost() -> Any:
    """Cost of one decode step in FLOP-equivalents with an interaction, weights left out."""
    return Max(_with_interaction(forward_flops.definition), kv_load_flop_equivalent.definition)


@formula(r"m_\text{free}", "1", level="post", assumptions=_OVERLAP)
def free_interaction() -> Any:
    """Multiple of today's attention arithmetic that a decode step hides behind reading the cache.

    It is all of it, today's attention among it: below one, not even that is hidden. It is zero
    where the step is compute-bound without any attention.
    """
    return _budget(kv_load_flop_equivalent.definition, -forward_flops.definition)


@formula(r"C_{m,\text{full}}^\text{step}", "FLOP", level="full", assumptions=_OVERLAP)
def interaction_step_cost_full() -> Any:
    """Cost of one decode step in FLOP-equivalents with an interaction, counting weights."""
    work = _with_interaction(matmul_flops.definition * batch)
    return Max(work, decode_memory_flop_equivalent.definition)


@formula(r"m_\text{free}^\text{full}", "1", level="full", assumptions=_OVERLAP)
def free_interaction_full() -> Any:
    """Multiple of today's attention arithmetic that a decode step hides behind all it reads.

    It is all of it, today's attention among it, and zero where the step is compute-bound without
    any attention.
    """
    load = kv_load_flop_equivalent.definition
    weights = decode_memory_flop_equivalent.definition - load
    return _budget(load, weights - matmul_flops.definition * batch)


@formula(r"I_m", "FLOP/byte", level="full", assumptions=_SAME_BYTES)
def interaction_intensity() -> Any:
    """Operational intensity of attention in a decode step with an interaction."""
    return interaction_multiplier * attention_intensity.definition


@formula(r"u", "1", assumptions=("arithmetic and memory traffic overlap perfectly",))
def attainable_share() -> Any:
    """Share of the peak rate that a device can reach at an operational intensity."""
    return Min(1, intensity / hoi)


@formula(r"u_m", "1", level="full", assumptions=_OVERLAP)
def interaction_utilization() -> Any:
    """Share of the peak rate that attention can reach in a decode step with an interaction."""
    return attainable_share.definition.subs(intensity, interaction_intensity.definition)


@formula(r"C_m", "FLOP", level="full", assumptions=(
    "no recomputation of activations; causal mask, the rest is skipped", *_ALIKE,
))  # fmt: skip
def interaction_training_flops() -> Any:
    """FLOPs to train a model with an interaction: every matrix multiplication."""
    forward = matmul_flops.definition + interaction_multiplier * training_attention_flops.definition
    return PASSES * forward * train_tokens


@formula(r"C_m / C_\text{exact}", "1", level="full", assumptions=_ALIKE)
def interaction_training_factor() -> Any:
    """Training cost with an interaction as a multiple of that with dot-product attention."""
    return 1 + (interaction_multiplier - 1) * training_attention_share.definition


@formula(r"m_\text{train}", "1", level="full", unknown=interaction_multiplier, assumptions=_ALIKE)
def affordable_interaction() -> Any:
    """Multiple of today's attention arithmetic that a larger training budget buys."""
    return interaction_training_factor.definition, training_factor


def _prompt_attention_flops() -> Any:
    """Return attention FLOPs for each token of a prompt as long as the context."""
    return training_attention_flops.definition.subs(sequence_length, context)


@formula(r"C_m^\text{life}", "FLOP", level="full", assumptions=(
    "prompts are as long as the context, and so is every decoded token's cache", *_OVERLAP, *_ALIKE,
))  # fmt: skip
def interaction_lifetime_cost() -> Any:
    """Cost of a model's whole life in FLOP-equivalents with an interaction."""
    weights, m = matmul_flops.definition, interaction_multiplier
    prompt = weights + m * _prompt_attention_flops()
    memory = sympy.factor_terms(decode_memory_flop_equivalent.definition / batch)
    token = Max(weights + m * attention_flops.definition, memory)
    return interaction_training_flops.definition + prompt * prefill_tokens + token * decode_tokens


@formula(r"\sigma_m", "1", level="full", assumptions=(
    "prompts are as long as the context, and so is every decoded token's cache", *_BOUND, *_ALIKE,
))  # fmt: skip
def cache_saving_needed() -> Any:
    """Share of the cache that an interaction has to make needless to repay training and prefill.

    Above one nothing repays it: there is no more to save than the whole cache. Where nothing is
    decoded, no cache is read. The weights do not enter, since either interaction has them read.
    """
    training = PASSES * training_attention_flops.definition * train_tokens
    extra = training + _prompt_attention_flops() * prefill_tokens
    load = kv_load_flop_equivalent.definition * decode_tokens / batch
    share = (interaction_multiplier - 1) * sympy.factor_terms(extra / load)
    return sympy.Piecewise((share, decode_tokens > 0), (sympy.oo, True))


@formula(r"m_\text{heads}", "1", source="shazeer2020talking", assumptions=(
    "as many mixed heads as query heads; one matrix before the softmax, one behind",
))  # fmt: skip
def talking_heads_multiplier() -> Any:
    """Arithmetic of talking-heads attention as a multiple of dot-product attention's.

    For each query and key, two products of heads by heads join two of heads by width.
    """
    return 1 + n_head / d_head


@formula(
    r"m_\text{net}", "1", assumptions=("one square matrix applied to each pair, in each head",)
)
def pair_network_multiplier() -> Any:
    """Arithmetic of a layer as wide as the head for each pair, as a multiple of the dot product's.

    Its matrix, then a score from what comes out of it, and the mixture of the values as before.
    """
    return 1 + d_head / 2
