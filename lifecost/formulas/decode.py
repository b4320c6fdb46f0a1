"""Decode: one step that adds a token to each sequence, in one currency.

The post's level: compute is twice the parameters, memory is the KV cache. The full level: compute
is every matrix multiplication at the given context, memory is weights and cache. Formulas of level
"weights" stand between: the post's level with the loading of the weights added, which is the first
thing that it leaves out. For dense models all three are bounds. Which experts of a mixture a batch
meets is not certain: the level with weights charges for all, the full level for those expected.
The times of a step have both, the bound and the expectation.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import (
    KV_8B,
    KV_405B,
    LLAMA_8B,
    LLAMA_405B,
    MODEL,
    POST,
    READ_8B,
    STEP_8B,
)
from lifecost.formulas.kv_cache import kv_bytes_read, weights_size
from lifecost.formulas.transformer import EVEN_EXPERTS, token_flops, token_flops_estimate
from lifecost.symbols import Expr, Symbols

_READ_ONCE = ("each cached element is read once a step, at full bandwidth",)
_OVERLAP = ("arithmetic and memory traffic overlap perfectly: the slower one is the cost",)
_ALL_WEIGHTS = (
    "every parameter is read once a step, all experts of a mixture among them; a batch may meet "
    "fewer",
)


@formula(
    r"C_\text{fwd}", "FLOP", source="matx_lifetime_llm_cost", level="post",
    varies="* n_params batch",
    example=(dict(n_params=8e9, batch=128), 2_048_000_000_000, "the post's 2 TFLOPs"),
)  # fmt: skip
def forward_flops(s: Symbols) -> Expr:
    """FLOPs of one decode step of the whole batch."""
    return token_flops_estimate(s) * s.batch


@formula(
    r"C_\text{kv}", "FLOP", source="matx_lifetime_llm_cost", assumptions=_READ_ONCE,
    varies="* hoi n_layer n_kv_head d_head kv_bytes batch context",
    example=(LLAMA_8B | POST, 600 * KV_8B, "the post's 41 TFLOPs"),
)  # fmt: skip
def kv_load_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads the KV cache."""
    return s.hoi * kv_bytes_read(s)


@formula(
    r"C_\text{kv} / C_\text{fwd}", "1", source="matx_lifetime_llm_cost", level="post",
    varies="* hoi n_layer n_kv_head d_head kv_bytes context / n_params",
    example=(LLAMA_8B | POST, 600 * KV_8B / 2.048e12, "the post's 20"),
)  # fmt: skip
def kv_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading the KV cache as a multiple of the cost of the forward pass."""
    return kv_load_flop_equivalent(s) / forward_flops(s)


@formula(
    r"C_\text{step}", "FLOP", source="matx_lifetime_llm_cost", level="post", assumptions=_OVERLAP,
    varies="* batch + hoi n_params n_layer n_kv_head d_head kv_bytes context",
    example=(LLAMA_8B | POST, 600 * KV_8B, "memory-bound"),
)  # fmt: skip
def decode_step_cost(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents: compute or KV load, whichever is dearer."""
    return Max(forward_flops(s), kv_load_flop_equivalent(s))


@formula(
    r"U_\text{decode}", "1", level="post", assumptions=_OVERLAP,
    varies="+ n_params - hoi n_layer n_kv_head d_head kv_bytes context",
    example=(LLAMA_8B | POST, 2.048e12 / (600 * KV_8B), "5 %"),
)  # fmt: skip
def decode_utilization(s: Symbols) -> Expr:
    """Share of the step's cost that is arithmetic: how busy the arithmetic units can be.

    The batch cancels.
    """
    return Min(1, forward_flops(s) / kv_load_flop_equivalent(s))


@formula(
    r"S_\text{even}", "token", level="post", unknown="context",
    varies="* n_params / hoi n_layer n_kv_head d_head kv_bytes",
    example=(LLAMA_8B | POST, 407, "8192 / 20.13", 1e-3),
)  # fmt: skip
def break_even_context(s: Symbols) -> Expr:
    """Context at which reading the KV cache costs as much as the forward pass.

    The batch cancels: more sequences bring more work and more cache alike. Zero where states alone
    cost as much, and infinity where no context is enough.
    """
    return kv_load_flop_equivalent(s), forward_flops(s)


@formula(
    r"g_\text{even}", "head", level="post", unknown="group_size",
    varies="* hoi n_layer n_head d_head kv_bytes context / n_params",
    example=(LLAMA_8B | POST, 4 * 600 * KV_8B / 2.048e12,
             "32 heads without sharing load 4 x 20.13 as much as the arithmetic: 80.5"),
)  # fmt: skip
def balancing_group_size(s: Symbols) -> Expr:
    """Query heads that must share a key-value head for KV load to equal compute.

    Beyond the number of query heads there is nothing left to share: no grouping balances the step.
    """
    grouped = kv_load_flop_equivalent(s.but(n_kv_head=s.n_head / s.group_size))
    return grouped, forward_flops(s)


@formula(
    r"C_\text{w}", "FLOP", level="weights", assumptions=_ALL_WEIGHTS,
    varies="* hoi n_params weight_bytes",
    example=(dict(n_params=405_853_388_800, hoi=600, weight_bytes=1), 2.435e14, "405B", 1e-4),
)  # fmt: skip
def weight_load_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads all weights."""
    return s.hoi * weights_size(s)


@formula(
    r"C_\text{w} / C_\text{fwd}", "1", level="weights", assumptions=_ALL_WEIGHTS,
    varies="* hoi weight_bytes / batch",
    example=(POST, 2.34375, "600 / 256, for every dense model"),
)  # fmt: skip
def weights_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading the weights as a multiple of the cost of the forward pass.

    The model cancels, unless it has experts: it is the same for every dense model.
    """
    return weight_load_flop_equivalent(s) / forward_flops(s)


@formula(
    r"B_\text{w}", "sequence", level="weights", unknown="batch", assumptions=_ALL_WEIGHTS,
    varies="* hoi weight_bytes",
    example=(POST, 300, "half the intensity, at one byte"),
)  # fmt: skip
def weight_balancing_batch(s: Symbols) -> Expr:
    """Batch at which reading the weights costs as much as the forward pass."""
    return weight_load_flop_equivalent(s), forward_flops(s)


@formula(
    r"(C_\text{w} + C_\text{kv}) / C_\text{fwd}", "1", level="weights",
    assumptions=(*_ALL_WEIGHTS, *_READ_ONCE),
    varies="* hoi + n_layer n_kv_head d_head kv_bytes weight_bytes context - n_params batch",
    example=(
        LLAMA_405B | POST, 2.34375 + 600 * KV_405B / (2 * 405e9 * 128), "the 405B model's 3.9",
    ),
)  # fmt: skip
def memory_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading weights and KV cache as a multiple of the estimated forward pass."""
    memory = weight_load_flop_equivalent(s) + kv_load_flop_equivalent(s)
    return memory / forward_flops(s)


@formula(
    r"C_\text{w}^\text{step}", "FLOP", level="weights", assumptions=(*_ALL_WEIGHTS, *_OVERLAP),
    varies="+ n_params hoi n_layer n_kv_head d_head kv_bytes weight_bytes batch context",
    example=(LLAMA_405B | POST, 600 * (405e9 + KV_405B), "reading, by hand"),
)  # fmt: skip
def decode_step_cost_weights(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents, counting the loading of all weights."""
    memory = weight_load_flop_equivalent(s) + kv_load_flop_equivalent(s)
    return Max(forward_flops(s), memory)


@formula(
    r"B_\text{even}", "sequence", level="weights", assumptions=_ALL_WEIGHTS,
    varies="* weight_bytes + hoi n_layer n_kv_head d_head kv_bytes context - n_params",
    example=(dict(LLAMA_405B | POST, context=4096),
             600 * 405e9 / (2 * 405e9 - 600 * 2 * 126 * 8 * 128 * 4096), "below 5,232 tokens"),
)  # fmt: skip
def balancing_batch(s: Symbols) -> Expr:
    """Batch at which reading weights and KV cache costs as much as the forward pass.

    Solved from equal cost, per sequence. Beyond the break-even context each further sequence brings
    more cache than work, and no batch is large enough.
    """
    work, load = (
        sympy.factor_terms(cost(s) / s.batch) for cost in (forward_flops, kv_load_flop_equivalent)
    )
    weights = weight_load_flop_equivalent(s)
    return sympy.Piecewise((weights / (work - load), work > load), (sympy.oo, True))


@formula(
    r"C_\text{exact}^\text{step}", "FLOP", level="full",
    varies="* batch + n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head context",
    example=(LLAMA_8B | POST, STEP_8B, "counted by hand"),
)  # fmt: skip
def decode_flops(s: Symbols) -> Expr:
    """FLOPs of one decode step of the whole batch: every matrix multiplication."""
    return token_flops(s) * s.batch


@formula(
    r"C_\text{mem}^\text{step}", "FLOP", level="full", assumptions=(*_READ_ONCE, *EVEN_EXPERTS),
    varies=f"* hoi + {MODEL} kv_bytes weight_bytes batch context",
    example=(LLAMA_8B | POST, READ_8B, "counted by hand"),
)  # fmt: skip
def decode_memory_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads weights and KV cache."""
    weights = s.hoi * s.read_bytes
    return weights + kv_load_flop_equivalent(s)


@formula(
    r"C_\text{mem}^\text{step} / C_\text{exact}^\text{step}", "1", level="full",
    assumptions=EVEN_EXPERTS,
    varies=(
        "* hoi + n_kv_head kv_bytes weight_bytes - n_head batch ~ n_layer vocab_size d_model "
        "n_ff_matrix d_ff d_head context"
    ),
    example=(LLAMA_8B | POST, READ_8B / STEP_8B, "counted by hand"),
)  # fmt: skip
def decode_memory_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of all memory traffic of a decode step as a multiple of all its arithmetic."""
    return decode_memory_flop_equivalent(s) / decode_flops(s)


@formula(
    r"C_\text{full}^\text{step}", "FLOP", level="full", assumptions=(*_OVERLAP, *EVEN_EXPERTS),
    varies=f"+ hoi {MODEL} kv_bytes weight_bytes batch context",
    example=(LLAMA_8B | POST, READ_8B, "memory-bound"),
)  # fmt: skip
def decode_step_cost_full(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents, counting weights and attention."""
    return Max(decode_flops(s), decode_memory_flop_equivalent(s))
