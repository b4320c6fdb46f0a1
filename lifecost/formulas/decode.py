"""Decode: one step that adds a token to each sequence, in one currency.

The post's level: compute is twice the parameters, memory is the KV cache. The full level: compute
is every matrix multiplication at the given context, memory is weights and cache. Formulas of level
"weights" stand between: the post's level with the loading of the weights added, which is the first
thing that it leaves out.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas.kv_cache import kv_bytes_read, weights_size
from lifecost.formulas.transformer import (
    bytes_read,
    token_flops,
    token_flops_estimate,
)
from lifecost.symbols import Expr, Symbols

_READ_ONCE = ("each cached element is read once a step, at full bandwidth",)
_OVERLAP = ("arithmetic and memory traffic overlap perfectly: the slower one is the cost",)
_ALL_WEIGHTS = (
    "every parameter is read once a step, all experts of a mixture among them; a small batch meets "
    "fewer",
)


@formula(r"C_\text{fwd}", "FLOP", source="matx_lifetime_llm_cost", level="post")
def forward_flops(s: Symbols) -> Expr:
    """FLOPs of one decode step of the whole batch."""
    return token_flops_estimate(s) * s.batch


@formula(r"C_\text{kv}", "FLOP", source="matx_lifetime_llm_cost", assumptions=_READ_ONCE)
def kv_load_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads the KV cache."""
    return s.hoi * kv_bytes_read(s)


@formula(r"C_\text{kv} / C_\text{fwd}", "1", source="matx_lifetime_llm_cost", level="post")
def kv_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading the KV cache as a multiple of the cost of the forward pass."""
    return kv_load_flop_equivalent(s) / forward_flops(s)


@formula(r"C_\text{step}", "FLOP", source="matx_lifetime_llm_cost", level="post",
         assumptions=_OVERLAP)  # fmt: skip
def decode_step_cost(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents: compute or KV load, whichever is dearer."""
    return Max(forward_flops(s), kv_load_flop_equivalent(s))


@formula(r"U_\text{decode}", "1", level="post", assumptions=_OVERLAP)
def decode_utilization(s: Symbols) -> Expr:
    """Share of the step's cost that is arithmetic: how busy the arithmetic units can be.

    The batch cancels.
    """
    return Min(1, forward_flops(s) / kv_load_flop_equivalent(s))


@formula(r"S_\text{even}", "token", level="post", unknown="context")
def break_even_context(s: Symbols) -> Expr:
    """Context at which reading the KV cache costs as much as the forward pass.

    The batch cancels: more sequences bring more work and more cache alike.
    """
    return kv_load_flop_equivalent(s), forward_flops(s)


@formula(r"g_\text{even}", "head", level="post", unknown="group_size")
def balancing_group_size(s: Symbols) -> Expr:
    """Query heads that must share a key-value head for KV load to equal compute.

    Beyond the number of query heads there is nothing left to share: no grouping balances the step.
    """
    grouped = kv_load_flop_equivalent(s.but(n_kv_head=s.n_head / s.group_size))
    return grouped, forward_flops(s)


@formula(r"C_\text{w}", "FLOP", level="weights", assumptions=_ALL_WEIGHTS)
def weight_load_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads the weights."""
    return s.hoi * weights_size(s)


@formula(r"C_\text{w} / C_\text{fwd}", "1", level="weights", assumptions=_ALL_WEIGHTS)
def weights_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading the weights as a multiple of the cost of the forward pass.

    The model cancels, unless it has experts: it is the same for every dense model.
    """
    return weight_load_flop_equivalent(s) / forward_flops(s)


@formula(r"B_\text{w}", "sequence", level="weights", unknown="batch", assumptions=_ALL_WEIGHTS)
def weight_balancing_batch(s: Symbols) -> Expr:
    """Batch at which reading the weights costs as much as the forward pass."""
    return weight_load_flop_equivalent(s), forward_flops(s)


@formula(r"(C_\text{w} + C_\text{kv}) / C_\text{fwd}", "1", level="weights",
         assumptions=(*_ALL_WEIGHTS, *_READ_ONCE))  # fmt: skip
def memory_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of reading weights and KV cache as a multiple of the estimated forward pass."""
    memory = weight_load_flop_equivalent(s) + kv_load_flop_equivalent(s)
    return memory / forward_flops(s)


@formula(r"B_\text{even}", "sequence", level="weights", assumptions=_ALL_WEIGHTS)
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


@formula(r"C_\text{exact}^\text{step}", "FLOP", level="full")
def decode_flops(s: Symbols) -> Expr:
    """FLOPs of one decode step of the whole batch: every matrix multiplication."""
    return token_flops(s) * s.batch


@formula(r"C_\text{mem}^\text{step}", "FLOP", level="full", assumptions=_READ_ONCE)
def decode_memory_flop_equivalent(s: Symbols) -> Expr:
    """FLOPs that the device could do while one decode step reads weights and KV cache."""
    weights = s.hoi * bytes_read(s)
    return weights + kv_load_flop_equivalent(s)


@formula(r"C_\text{mem}^\text{step} / C_\text{exact}^\text{step}", "1", level="full")
def decode_memory_to_compute_ratio(s: Symbols) -> Expr:
    """Cost of all memory traffic of a decode step as a multiple of all its arithmetic."""
    return decode_memory_flop_equivalent(s) / decode_flops(s)


@formula(r"C_\text{full}^\text{step}", "FLOP", level="full", assumptions=_OVERLAP)
def decode_step_cost_full(s: Symbols) -> Expr:
    """Cost of one decode step in FLOP-equivalents, counting weights and attention."""
    return Max(decode_flops(s), decode_memory_flop_equivalent(s))
