"""Query-key interactions: what arithmetic for each cached byte costs, and where it is free.

One symbol describes an interaction: its arithmetic as a multiple of that of dot-product attention,
scores and mixture together, in every phase alike. What it reads stays the same.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, Min
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
from lifecost.symbols import Expr, Symbols

_SAME_BYTES = ("the interaction reads what dot-product attention reads, once a step",)
_OVERLAP = (*_SAME_BYTES, "arithmetic and memory traffic overlap perfectly")
_BOUND = (*_SAME_BYTES, "decode stays memory-bound with the smaller cache")
_ALIKE = ("the interaction costs the same multiple of attention in every phase",)


def _with_interaction(s: Symbols, work: Expr) -> Expr:
    """Return FLOPs of one decode step of the batch, the interaction among them."""
    return work + s.interaction_multiplier * attention_flops(s) * s.batch


def _budget(s: Symbols, *left: Expr) -> Expr:
    """Return what a step leaves for attention, as a multiple of today's, part by part."""
    today = attention_flops(s) * s.batch
    return Max(0, sum(sympy.factor_terms(part / today) for part in left))


@formula(r"C_m^\text{step}", "FLOP", level="post", assumptions=_OVERLAP)
def interaction_step_cost(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents with an interaction, weights left out."""
    return Max(_with_interaction(s, forward_flops(s)), kv_load_flop_equivalent(s))


@formula(r"m_\text{free}", "1", level="post", assumptions=_OVERLAP)
def free_interaction(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a decode step hides behind reading the cache.

    It is all of it, today's attention among it: below one, not even that is hidden. It is zero
    where the step is compute-bound without any attention.
    """
    return _budget(s, kv_load_flop_equivalent(s), -forward_flops(s))


@formula(r"C_{m,\text{full}}^\text{step}", "FLOP", level="full", assumptions=_OVERLAP)
def interaction_step_cost_full(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents with an interaction, counting weights."""
    work = _with_interaction(s, matmul_flops(s) * s.batch)
    return Max(work, decode_memory_flop_equivalent(s))


@formula(r"m_\text{free}^\text{full}", "1", level="full", assumptions=_OVERLAP)
def free_interaction_full(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a decode step hides behind all it reads.

    It is all of it, today's attention among it, and zero where the step is compute-bound without
    any attention.
    """
    load = kv_load_flop_equivalent(s)
    weights = decode_memory_flop_equivalent(s) - load
    return _budget(s, load, weights - matmul_flops(s) * s.batch)


@formula(r"I_m", "FLOP/byte", level="full", assumptions=_SAME_BYTES)
def interaction_intensity(s: Symbols) -> Expr:
    """Operational intensity of attention in a decode step with an interaction."""
    return s.interaction_multiplier * attention_intensity(s)


@formula(r"u", "1", assumptions=("arithmetic and memory traffic overlap perfectly",))
def attainable_share(s: Symbols) -> Expr:
    """Share of the peak rate that a device can reach at an operational intensity."""
    return Min(1, s.intensity / s.hoi)


@formula(r"u_m", "1", level="full", assumptions=_OVERLAP)
def interaction_utilization(s: Symbols) -> Expr:
    """Share of the peak rate that attention can reach in a decode step with an interaction."""
    return attainable_share(s.but(intensity=interaction_intensity(s)))


@formula(r"C_m", "FLOP", level="full", assumptions=(
    "no recomputation of activations; causal mask, the rest is skipped", *_ALIKE,
))  # fmt: skip
def interaction_training_flops(s: Symbols) -> Expr:
    """FLOPs to train a model with an interaction: every matrix multiplication."""
    forward = matmul_flops(s) + s.interaction_multiplier * training_attention_flops(s)
    return PASSES * forward * s.train_tokens


@formula(r"C_m / C_\text{exact}", "1", level="full", assumptions=_ALIKE)
def interaction_training_factor(s: Symbols) -> Expr:
    """Training cost with an interaction as a multiple of that with dot-product attention."""
    return 1 + (s.interaction_multiplier - 1) * training_attention_share(s)


@formula(r"m_\text{train}", "1", level="full", unknown="interaction_multiplier", assumptions=_ALIKE)
def affordable_interaction(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a larger training budget buys."""
    return interaction_training_factor(s), s.training_factor


def _prompt_attention_flops(s: Symbols) -> Expr:
    """Return attention FLOPs for each token of a prompt as long as the context."""
    return training_attention_flops(s.but(sequence_length=s.context))


@formula(r"C_m^\text{life}", "FLOP", level="full", assumptions=(
    "prompts are as long as the context, and so is every decoded token's cache", *_OVERLAP, *_ALIKE,
))  # fmt: skip
def interaction_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a model's whole life in FLOP-equivalents with an interaction."""
    weights, m = matmul_flops(s), s.interaction_multiplier
    prompt = weights + m * _prompt_attention_flops(s)
    memory = sympy.factor_terms(decode_memory_flop_equivalent(s) / s.batch)
    token = Max(weights + m * attention_flops(s), memory)
    return interaction_training_flops(s) + prompt * s.prefill_tokens + token * s.decode_tokens


@formula(r"\sigma_m", "1", level="full", assumptions=(
    "prompts are as long as the context, and so is every decoded token's cache", *_BOUND, *_ALIKE,
))  # fmt: skip
def cache_saving_needed(s: Symbols) -> Expr:
    """Share of the cache that an interaction has to make needless to repay training and prefill.

    Above one nothing repays it: there is no more to save than the whole cache. Where nothing is
    decoded, no cache is read. The weights do not enter, since either interaction has them read.
    """
    training = PASSES * training_attention_flops(s) * s.train_tokens
    extra = training + _prompt_attention_flops(s) * s.prefill_tokens
    load = kv_load_flop_equivalent(s) * s.decode_tokens / s.batch
    share = (s.interaction_multiplier - 1) * sympy.factor_terms(extra / load)
    return sympy.Piecewise((share, s.decode_tokens > 0), (sympy.oo, True))


@formula(r"m_\text{heads}", "1", source="shazeer2020talking", assumptions=(
    "as many mixed heads as query heads; one matrix before the softmax, one behind",
))  # fmt: skip
def talking_heads_multiplier(s: Symbols) -> Expr:
    """Arithmetic of talking-heads attention as a multiple of dot-product attention's.

    For each query and key, two products of heads by heads join two of heads by width.
    """
    return 1 + s.n_head / s.d_head


@formula(
    r"m_\text{net}", "1", assumptions=("one square matrix applied to each pair, in each head",)
)
def pair_network_multiplier(s: Symbols) -> Expr:
    """Arithmetic of a layer as wide as the head for each pair, as a multiple of the dot product's.

    Its matrix, then a score from what comes out of it, and the mixture of the values as before.
    """
    return 1 + s.d_head / 2
