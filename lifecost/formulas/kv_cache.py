"""The KV cache: what it holds, and what a decode step reads of it.

The two differ where layers share a cache: it is held once and read by each of them.
"""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas.matrices import bytes_of, total
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.symbols import BITS_PER_BYTE, Expr, Symbols


@formula(r"M_\text{tok}", "byte/token", source="pope2023efficiently")
def kv_bytes_per_token(s: Symbols) -> Expr:
    """Bytes that the KV cache of one sequence holds for each token of context."""
    return kv_elements_per_token(s) * s.kv_bytes


@formula(r"M_\text{kv}", "byte", source="pope2023efficiently", assumptions=(
    "all sequences have the same context; no padding, no paging overhead",
))  # fmt: skip
def kv_cache_size(s: Symbols) -> Expr:
    """Bytes that the KV cache of the whole batch holds."""
    return kv_bytes_per_token(s) * s.context * s.batch


@formula(r"M_\text{read}", "byte", source="pope2023efficiently", assumptions=(
    "each layer reads every entry that it attends to once a step",
))  # fmt: skip
def kv_bytes_read(s: Symbols) -> Expr:
    """Bytes of the KV cache that one decode step of the whole batch reads."""
    return total(s, "read", "cache") * s.kv_bytes * s.batch


@formula(r"b_\text{stored}", "byte/element", assumptions=(
    "scales and offsets are stored once a block, beside the elements",
))  # fmt: skip
def quantized_bytes(s: Symbols) -> Expr:
    """Bytes that store one element when a block of elements shares its scale."""
    return s.element_bits / BITS_PER_BYTE + s.scale_bytes / s.block_size


@formula(r"M_\text{mha} / M_\text{kv}", "1", source="ainslie2023gqa")
def kv_cache_reduction(s: Symbols) -> Expr:
    """Factor by which sharing heads shrinks the KV cache against multi-head attention.

    It is the number of query heads that share one key-value head.
    """
    return kv_cache_size(s.but(n_kv_head=s.n_head)) / kv_cache_size(s)


@formula(r"M_\text{w}", "byte")
def weights_size(s: Symbols) -> Expr:
    """Bytes that the model's weights hold."""
    return bytes_of(s, s.n_params, "stored")


@formula(r"M_\text{kv} / M_\text{w}", "1")
def kv_to_weights_ratio(s: Symbols) -> Expr:
    """Size of the KV cache as a multiple of the size of the weights."""
    return kv_cache_size(s) / weights_size(s)
