"""Query-key interactions: what arithmetic for each cached byte costs, and where it is free.

One symbol describes an interaction: its arithmetic as a multiple of that of dot-product attention,
scores and mixture together, in every phase alike. What it reads stays the same.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    CACHE,
    KV_8B,
    LLAMA_8B,
    MATRICES_8B,
    MODEL,
    POST,
    READ_8B,
)
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
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

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


@formula(
    r"C_m^\text{step}", "FLOP", level="post", assumptions=_OVERLAP,
    varies=f"* batch + hoi n_params {CACHE} n_head interaction_multiplier",
    example=(dict(LLAMA_8B | POST, interaction_multiplier=71), 600 * KV_8B,
             "71 times the attention of the 8B model hides behind its cache"),
)  # fmt: skip
def interaction_step_cost(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents with an interaction, weights left out."""
    return Max(_with_interaction(s, forward_flops(s)), kv_load_flop_equivalent(s))


@formula(
    r"m_\text{free}", "1", level="post", assumptions=_OVERLAP,
    varies="+ hoi n_layer n_kv_head d_head kv_bytes context - n_params n_head",
    example=(LLAMA_8B | POST, (600 * KV_8B - 2.048e12) / (128 * ATTENTION_8B), "71, by hand"),
)  # fmt: skip
def free_interaction(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a decode step hides behind reading the cache.

    It is all of it, today's attention among it: below one, not even that is hidden. It is zero
    where the step is compute-bound without any attention.
    """
    return _budget(s, kv_load_flop_equivalent(s), -forward_flops(s))


@formula(
    r"C_{m,\text{full}}^\text{step}", "FLOP", level="full", assumptions=_OVERLAP,
    varies=f"+ hoi {MODEL} kv_bytes weight_bytes batch context interaction_multiplier",
    example=(dict(LLAMA_8B | POST, interaction_multiplier=79), READ_8B, "memory-bound"),
)  # fmt: skip
def interaction_step_cost_full(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents with an interaction, counting weights."""
    work = _with_interaction(s, matmul_flops(s) * s.batch)
    return Max(work, decode_memory_flop_equivalent(s))


@formula(
    r"m_\text{free}^\text{full}", "1", level="full", assumptions=_OVERLAP,
    varies=(
        "+ hoi n_kv_head kv_bytes weight_bytes - n_head batch ~ n_layer vocab_size d_model "
        "n_ff_matrix d_ff d_head context"
    ),
    example=(LLAMA_8B | POST, (READ_8B - 128 * 2 * MATRICES_8B) / (128 * ATTENTION_8B),
             "79.7, counted by hand"),
)  # fmt: skip
def free_interaction_full(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a decode step hides behind all it reads.

    It is all of it, today's attention among it, and zero where the step is compute-bound without
    any attention.
    """
    load = kv_load_flop_equivalent(s)
    weights = decode_memory_flop_equivalent(s) - load
    return _budget(s, load, weights - matmul_flops(s) * s.batch)


@formula(
    r"I_m", "FLOP/byte", level="full", assumptions=_SAME_BYTES,
    varies="* n_head interaction_multiplier / n_kv_head kv_bytes",
    example=(dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=3), 24, "3 x 8"),
)  # fmt: skip
def interaction_intensity(s: Symbols) -> Expr:
    """Operational intensity of attention in a decode step with an interaction."""
    return s.interaction_multiplier * attention_intensity(s)


@formula(
    r"u", "1",
    assumptions=("arithmetic and memory traffic overlap perfectly",),
    varies="+ intensity - hoi",
    example=(dict(hoi=600, intensity=150), 0.25, "slope"),
)  # fmt: skip
def attainable_share(s: Symbols) -> Expr:
    """Share of the peak rate that a device can reach at an operational intensity."""
    return Min(1, s.intensity / s.hoi)


@formula(
    r"u_m", "1", level="full", assumptions=_OVERLAP,
    varies="+ n_head interaction_multiplier - hoi n_kv_head kv_bytes",
    example=(dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=15, hoi=600), 0.2,
             "15 x 8 / 600"),
)  # fmt: skip
def interaction_utilization(s: Symbols) -> Expr:
    """Share of the peak rate that attention can reach in a decode step with an interaction."""
    return attainable_share(s.but(intensity=interaction_intensity(s)))


@formula(
    r"C_m", "FLOP", level="full",
    assumptions=("no recomputation of activations; causal mask, the rest is skipped", *_ALIKE,),
    varies=f"* train_tokens + {MODEL} sequence_length interaction_multiplier",
    example=(dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12, interaction_multiplier=5),
             15e12 * 3 * (2 * MATRICES_8B + 5 * ATTENTION_8B / 2), "counted by hand"),
)  # fmt: skip
def interaction_training_flops(s: Symbols) -> Expr:
    """FLOPs to train a model with an interaction: every matrix multiplication."""
    forward = matmul_flops(s) + s.interaction_multiplier * training_attention_flops(s)
    return PASSES * forward * s.train_tokens


@formula(
    r"C_m / C_\text{exact}", "1", level="full", assumptions=_ALIKE,
    varies=(
        "+ n_layer n_head d_head sequence_length interaction_multiplier - vocab_size d_model "
        "n_ff_matrix d_ff n_kv_head"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192, interaction_multiplier=5),
             (2 * 2 * MATRICES_8B + 5 * ATTENTION_8B) / (2 * 2 * MATRICES_8B + ATTENTION_8B),
             "1.5, counted by hand"),
)  # fmt: skip
def interaction_training_factor(s: Symbols) -> Expr:
    """Training cost with an interaction as a multiple of that with dot-product attention."""
    return 1 + (s.interaction_multiplier - 1) * training_attention_share(s)


@formula(
    r"m_\text{train}", "1", level="full", unknown="interaction_multiplier", assumptions=_ALIKE,
    varies=(
        "+ vocab_size d_model n_ff_matrix d_ff n_kv_head training_factor - n_layer n_head d_head "
        "sequence_length"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192, training_factor=1.5),
             1 + 0.5 * (2 * 2 * MATRICES_8B + ATTENTION_8B) / ATTENTION_8B, "5.0, counted by hand"),
)  # fmt: skip
def affordable_interaction(s: Symbols) -> Expr:
    """Multiple of today's attention arithmetic that a larger training budget buys."""
    return interaction_training_factor(s), s.training_factor


def _prompt_attention_flops(s: Symbols) -> Expr:
    """Return attention FLOPs for each token of a prompt as long as the context."""
    return training_attention_flops(s.but(sequence_length=s.context))


@formula(
    r"C_m^\text{life}", "FLOP", level="full",
    assumptions=("prompts are as long as the context, and so is every decoded token's cache",
                 *_OVERLAP, *_ALIKE),
    varies=(
        f"+ hoi {MODEL} kv_bytes weight_bytes context train_tokens sequence_length "
        "interaction_multiplier prefill_tokens decode_tokens - batch"
    ),
    example=(
        dict(LLAMA_8B | POST, sequence_length=8192, train_tokens=1e12, prefill_tokens=2e12,
             decode_tokens=3e12, interaction_multiplier=5),
        5e12 * (2 * MATRICES_8B + 5 * ATTENTION_8B / 2) + 3e12 / 128 * READ_8B,
        "by hand: three passes and two, memory-bound decode",
    ),
)  # fmt: skip
def interaction_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a model's whole life in FLOP-equivalents with an interaction."""
    weights, m = matmul_flops(s), s.interaction_multiplier
    prompt = weights + m * _prompt_attention_flops(s)
    memory = sympy.factor_terms(decode_memory_flop_equivalent(s) / s.batch)
    token = Max(weights + m * attention_flops(s), memory)
    return interaction_training_flops(s) + prompt * s.prefill_tokens + token * s.decode_tokens


@formula(
    r"\sigma_m", "1", level="full",
    assumptions=("prompts are as long as the context, and so is every decoded token's cache",
                 *_BOUND, *_ALIKE),
    varies=(
        "* n_head / hoi n_kv_head kv_bytes decode_tokens + train_tokens sequence_length "
        "interaction_multiplier prefill_tokens - context"
    ),
    example=(
        dict(LLAMA_8B | POST, sequence_length=4096, train_tokens=1e12, prefill_tokens=2e12,
             decode_tokens=3e12, interaction_multiplier=5),
        4 * (3e12 * ATTENTION_8B / 4 + 2e12 * ATTENTION_8B / 2) / (3e12 * 600 * KV_8B / 128),
        "by hand",
    ),
)  # fmt: skip
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


@formula(
    r"m_\text{heads}", "1", source="shazeer2020talking",
    assumptions=("as many mixed heads as query heads; one matrix before the softmax, one behind",),
    varies="+ n_head - d_head",
    example=(dict(n_head=32, d_head=128), (2 * 32 * 128 + 2 * 32 * 32) / (2 * 32 * 128),
             "heads mixed before and behind the softmax"),
)  # fmt: skip
def talking_heads_multiplier(s: Symbols) -> Expr:
    """Arithmetic of talking-heads attention as a multiple of dot-product attention's.

    For each query and key, two products of heads by heads join two of heads by width.
    """
    return 1 + s.n_head / s.d_head


@formula(
    r"m_\text{net}", "1",
    assumptions=("one square matrix applied to each pair, in each head",),
    varies="+ d_head",
    example=(dict(d_head=128), (128 * 128 + 128 + 128) / (128 + 128), "65, counted"),
)  # fmt: skip
def pair_network_multiplier(s: Symbols) -> Expr:
    """Arithmetic of a layer as wide as the head for each pair, as a multiple of the dot product's.

    Its matrix, then a score from what comes out of it, and the mixture of the values as before.
    """
    return 1 + s.d_head / 2


# ---- two keys for a query


@formula(
    r"f_\text{2-simplicial}", "FLOP/token", source="fbgemm2025simplicial",
    assumptions=("products of pairs run beside the matrix units, and are not counted",),
    varies="* n_layer n_head d_head window_near window_far",
    example=(dict(n_layer=1, n_head=32, d_head=128, window_near=32, window_far=256),
             2 * 2 * 32 * 128 * 32 * 256, "a score and a mixture for each pair of keys"),
)  # fmt: skip
def simplicial_flops(s: Symbols) -> Expr:
    """FLOPs for each token where a query meets pairs of keys, one from each of two windows."""
    pairs = s.window_near * s.window_far
    return 2 * FLOP_PER_MAC * s.n_layer * s.n_head * s.d_head * pairs


@formula(
    r"M_\text{2-simplicial}", "byte",
    varies="* n_layer n_kv_head d_head kv_bytes batch + window_near window_far",
    example=(dict(n_layer=1, n_kv_head=8, d_head=128, kv_bytes=1, batch=1, window_near=32,
                  window_far=256), 2 * 8 * 128 * (32 + 256), "keys and values of both windows"),
)  # fmt: skip
def simplicial_bytes_read(s: Symbols) -> Expr:
    """Bytes that a decode step reads for pairs of keys: those of both windows, once."""
    read = s.window_near + s.window_far
    return 2 * s.n_layer * s.n_kv_head * s.d_head * s.kv_bytes * read * s.batch


@formula(
    r"I_\text{2-simplicial}", "FLOP/byte",
    varies="* n_head / n_kv_head kv_bytes + window_near window_far",
    example=(dict(n_head=32, n_kv_head=8, kv_bytes=1, window_near=32, window_far=256),
             8 * 32 * 256 / 288, "the group's eight, times pairs over tokens"),
)  # fmt: skip
def simplicial_intensity(s: Symbols) -> Expr:
    """Operational intensity of attention to pairs of keys, in a decode step."""
    return simplicial_flops(s) * s.batch / simplicial_bytes_read(s)


@formula(
    r"W_2^\text{even}", "token",
    assumptions=("arithmetic and memory traffic overlap perfectly",),
    varies="+ hoi n_kv_head kv_bytes - n_head window_near",
    example=(dict(hoi=600, n_head=32, n_kv_head=8, kv_bytes=1, window_near=100), 300,
             "75 is 100 x 300 over 400"),
)  # fmt: skip
def simplicial_balancing_window(s: Symbols) -> Expr:
    """Second window from which on attention to pairs of keys waits for arithmetic, not for memory.

    It is infinite where the first is shorter than the chip's intensity over that of dot products.
    """
    room, near = s.hoi / attention_intensity(s), s.window_near
    return sympy.Piecewise(
        (sympy.cancel(room * near / (near - room)), near > room), (sympy.oo, True)
    )
