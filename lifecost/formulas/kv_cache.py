"""The KV cache: what it holds, and what a decode step reads of it.

The two differ where layers share a cache: it is held once and read by each of them.
"""

from __future__ import annotations

from typing import Any

from lifecost.formula import formula
from lifecost.formulas.matrices import total
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.notation import BITS_PER_BYTE
from lifecost.symbols import (
    batch,
    block_size,
    context,
    element_bits,
    kv_bytes,
    n_head,
    n_kv_head,
    n_params,
    scale_bytes,
    weight_bytes,
)


@formula(r"M_\text{tok}", "byte/token", source="pope2023efficiently")
def kv_bytes_per_token() -> Any:
    """Bytes that the KV cache of one sequence holds for each token of context."""
    return kv_elements_per_token.definition * kv_bytes


@formula(r"M_\text{kv}", "byte", source="pope2023efficiently", assumptions=(
    "all sequences have the same context; no padding, no paging overhead",
))  # fmt: skip
def kv_cache_size() -> Any:
    """Bytes that the KV cache of the whole batch holds."""
    return kv_bytes_per_token.definition * context * batch


@formula(r"M_\text{read}", "byte", source="pope2023efficiently", assumptions=(
    "each layer reads every entry that it attends to once a step",
))  # fmt: skip
def kv_bytes_read() -> Any:
    """Bytes of the KV cache that one decode step of the whole batch reads."""
    return total("read", "cache") * kv_bytes * batch


@formula(r"b_\text{stored}", "byte/element", assumptions=(
    "scales and offsets are stored once a block, beside the elements",
))  # fmt: skip
def quantized_bytes() -> Any:
    """Bytes that store one element when a block of elements shares its scale."""
    return element_bits / BITS_PER_BYTE + scale_bytes / block_size


@formula(r"M_\text{mha} / M_\text{kv}", "1", source="ainslie2023gqa")
def kv_cache_reduction() -> Any:
    """Factor by which sharing heads shrinks the KV cache against multi-head attention.

    It is the number of query heads that share one key-value head.
    """
    return kv_cache_size.definition.subs(n_kv_head, n_head) / kv_cache_size.definition


@formula(r"M_\text{w}", "byte")
def weights_size() -> Any:
    """Bytes that the model's weights hold."""
    return n_params * weight_bytes


@formula(r"M_\text{kv} / M_\text{w}", "1")
def kv_to_weights_ratio() -> Any:
    """Size of the KV cache as a multiple of the size of the weights."""
    return kv_cache_size.definition / weights_size.definition
