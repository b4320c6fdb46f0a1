"""The KV cache: what it holds, and what a decode step reads of it.

The two differ where layers share a cache: it is held once and read by each of them.
"""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import KV_8B, LLAMA_8B, POST
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.symbols import BITS_PER_BYTE, Expr, Symbols


@formula(
    r"M_\text{tok}", "byte/token", source="pope2023efficiently",
    varies="* n_layer n_kv_head d_head kv_bytes",
    example=(dict(n_layer=20, n_kv_head=16, d_head=128, kv_bytes=2), 163_840,
             "Brandon et al. 2024, table 1, in 16 bits"),
)  # fmt: skip
def kv_bytes_per_token(s: Symbols) -> Expr:
    """Bytes that the KV cache of one sequence holds for each token of context."""
    return kv_elements_per_token(s) * s.kv_bytes


@formula(
    r"M_\text{kv}", "byte", source="pope2023efficiently",
    assumptions=("all sequences have the same context; no padding, no paging overhead",),
    varies="* n_layer n_kv_head d_head kv_bytes batch context",
    example=(dict(LLAMA_8B | POST, n_kv_head=32), 256 * 2**30, "the post's 280 GB"),
)  # fmt: skip
def kv_cache_size(s: Symbols) -> Expr:
    """Bytes that the KV cache of the whole batch holds.

    What layers hold in a fixed state counts with it; a plain decoder has none.
    """
    state = s.state_held * s.state_bytes
    return (s.cache_held * s.kv_bytes + state) * s.batch


@formula(
    r"M_\text{read}", "byte", source="pope2023efficiently",
    assumptions=("each layer reads every entry that it attends to once a step",),
    varies="* n_layer n_kv_head d_head kv_bytes batch context",
    example=(LLAMA_8B | POST, KV_8B, "all that is held, once"),
)  # fmt: skip
def kv_bytes_read(s: Symbols) -> Expr:
    """Bytes of the KV cache that one decode step of the whole batch reads.

    What layers hold in a fixed state is read and written; a plain decoder has none.
    """
    state = (s.state_read + s.state_written) * s.state_bytes
    return (s.cache_read * s.kv_bytes + state) * s.batch


@formula(
    r"b_\text{stored}", "byte/element",
    assumptions=("scales and offsets are stored once a block, beside the elements",),
    varies="+ element_bits scale_bytes - block_size",
    example=(dict(element_bits=8, scale_bytes=2, block_size=32), 34 / 32,
             "llama.cpp's q8_0: 32 elements and one scale of 16 bits, 34 bytes a block"),
)  # fmt: skip
def quantized_bytes(s: Symbols) -> Expr:
    """Bytes that store one element when a block of elements shares its scale."""
    return s.element_bits / BITS_PER_BYTE + s.scale_bytes / s.block_size


@formula(
    r"M_\text{mha} / M_\text{kv}", "1", source="ainslie2023gqa",
    varies="* n_head / n_kv_head",
    example=(dict(n_head=32, n_kv_head=8), 4, "Llama 3 8B"),
)  # fmt: skip
def kv_cache_reduction(s: Symbols) -> Expr:
    """Factor by which sharing heads shrinks the KV cache against multi-head attention.

    It is the number of query heads that share one key-value head.
    """
    return kv_cache_size(s.but(n_kv_head=s.n_head)) / kv_cache_size(s)


@formula(
    r"M_\text{w}", "byte",
    varies="* n_params weight_bytes",
    example=(dict(n_params=70e9, weight_bytes=2), 140e9, "70B in bf16"),
)  # fmt: skip
def weights_size(s: Symbols) -> Expr:
    """Bytes that the model's weights hold."""
    return s.stored_bytes


@formula(
    r"M_\text{kv} / M_\text{w}", "1",
    varies="* n_layer n_kv_head d_head kv_bytes batch context / n_params weight_bytes",
    example=(dict(LLAMA_8B | POST, n_kv_head=32), 34.359738368, "the post's 30 times"),
)  # fmt: skip
def kv_to_weights_ratio(s: Symbols) -> Expr:
    """Size of the KV cache as a multiple of the size of the weights."""
    return kv_cache_size(s) / weights_size(s)
