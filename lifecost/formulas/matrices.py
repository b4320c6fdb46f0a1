"""The transformer, described once: a table of the matrices that a token meets.

Parameters, FLOPs, cache and traffic are sums over this table. A variant (a window, a latent,
experts) is a row of which a plain decoder has no copies.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy

from lifecost.extrema import Min
from lifecost.formula import present
from lifecost.notation import without
from lifecost.symbols import (
    VARIANTS,
    attention_sink,
    batch,
    context,
    d_expert,
    d_ff,
    d_head,
    d_model,
    d_rope,
    d_value,
    ff_bias,
    head_norm,
    kv_rank,
    layers_per_cache,
    n_active_expert,
    n_expert,
    n_ff_matrix,
    n_head,
    n_kv_head,
    n_latent_layer,
    n_latent_query_layer,
    n_layer,
    n_local_layer,
    n_moe_layer,
    n_norm,
    n_position,
    n_shared_expert,
    norm_vectors,
    output_bias,
    qkv_bias,
    query_rank,
    relative_positions,
    router_bias,
    sequence_length,
    tied_embeddings,
    tokens_per_entry,
    vocab_size,
    wide_norm,
    window,
)


class Row(NamedTuple):
    """One kind of matrix: ``rows`` x ``columns`` elements.

    ``stored`` copies are kept and ``used`` copies are multiplied by a vector for each token; a
    matrix that is stored but not used is looked up or applied elementwise. Where they differ,
    ``active`` copies of the stored ones belong to a token, and ``read`` copies are read in a decode
    step of the whole batch (of the cache: for each sequence).
    """

    name: str
    operand: str  # "weights", "cache" of one sequence, or "activations" of a sequence as it is read
    rows: Any
    columns: Any
    stored: Any
    used: Any
    active: Any = None
    read: Any = None

    def sum_of(self, column: str) -> Any:
        """Return elements of the stored, active or read copies, or a token's ``"macs"``."""
        copies = {
            "stored": self.stored,
            "active": self.stored if self.active is None else self.active,
            "read": self.used if self.read is None else self.read,
            "macs": self.used,
        }[column]
        return copies * self.rows * self.columns


# Layers by kind of attention, entries of the cache that they look at, and who shares them.
_grouped = n_layer - n_latent_layer
_full = n_layer - n_latent_layer - n_local_layer
_entries, _near = context / tokens_per_entry, Min(context, window) / tokens_per_entry
_caches = n_kv_head / layers_per_cache
_gates = n_ff_matrix - 1
_dense = n_layer - n_moe_layer
# Tokens choose their experts independently and evenly: how many of them a step of the batch meets.
_met = n_expert * (1 - (1 - n_active_expert / n_expert) ** batch)
_reach = Min(sequence_length, window)  # tokens before which a window is not full yet
_wide, _narrow = n_head * d_head, n_kv_head * d_head


def _projections() -> tuple[Row, ...]:
    latent, low = n_latent_layer, n_latent_query_layer
    up = d_head - d_rope + d_value  # a latent becomes the unrotated part of a key, and a value
    return (
        Row("query", "weights", d_model, _wide, n_layer - low, n_layer - low),
        Row("query latent", "weights", d_model, query_rank, low, low),
        Row("query from latent", "weights", query_rank, _wide, low, low),
        *(
            Row(name, "weights", d_model, n_kv_head * width, copies, copies)
            for name, width in (("key", d_head), ("value", d_value))
            for copies in (_grouped / layers_per_cache,)
        ),
        Row("latent", "weights", d_model, kv_rank + d_rope, latent, latent),
        Row("key and value from latent", "weights", kv_rank, n_head * up, latent, latent),
    )


def _attention(name: str, layers: Any, entries: Any) -> tuple[Row, ...]:
    return tuple(
        Row(f"{name}{part}", "cache", *sizes, layers * _caches, layers * n_head,
            read=layers * n_kv_head)
        for part, sizes in (("scores", (d_head, entries)), ("mixture", (entries, d_value)))
    )  # fmt: skip


def _latent_attention() -> tuple[Row, ...]:
    # The projections from the latent are applied to query and result, so that all heads work on
    # the latent itself: one read of it serves scores and mixture.
    latent, heads = n_latent_layer, n_latent_layer * n_head
    return (
        Row("latent scores", "cache", kv_rank + d_rope, _entries, latent, heads, read=latent),
        Row("latent mixture", "cache", _entries, kv_rank, 0, heads, read=0),
    )


def _self_attention() -> tuple[Row, ...]:
    # A token meets half of what its layer can see, on average; a window is full but at the start.
    near = _reach - _reach**2 / (2 * sequence_length)
    return tuple(
        Row(f"{name}{part}", "activations", width, tokens, 0, layers * n_head)
        for name, layers, tokens in (
            ("", n_layer - n_local_layer, sequence_length / 2),
            ("local ", n_local_layer, near),
        )
        for part, width in (("scores of a sequence", d_head), ("mixture of a sequence", d_value))
    )


def _feed_forward() -> tuple[Row, ...]:
    shared = n_moe_layer * n_ff_matrix * n_shared_expert
    routed = n_moe_layer * n_ff_matrix
    vectors = n_moe_layer * ff_bias
    return (
        Row("feed-forward", "weights", d_model, d_ff, _dense * n_ff_matrix, _dense * n_ff_matrix),
        Row("router", "weights", d_model, n_expert, n_moe_layer, n_moe_layer),
        Row("shared experts", "weights", d_model, d_expert, shared, shared),
        Row("experts", "weights", d_model, d_expert, routed * n_expert, routed * n_active_expert,
            routed * n_active_expert, routed * _met),
        Row("feed-forward biases", "weights", 1, _gates * d_ff + d_model, _dense * ff_bias, 0),
        Row("expert biases", "weights", 1, _gates * d_expert + d_model, vectors * n_expert, 0,
            vectors * n_active_expert),
        Row("router biases", "weights", 1, n_expert, n_moe_layer * router_bias, 0),
    )  # fmt: skip


def _vectors() -> tuple[Row, ...]:
    sizes = {
        "query biases": (_wide, n_layer * qkv_bias),
        "key biases": (_narrow, _grouped * qkv_bias / layers_per_cache),
        "value biases": (n_kv_head * d_value, _grouped * qkv_bias / layers_per_cache),
        "output biases": (d_model, n_layer * output_bias),
        "head norms": (d_head, 2 * n_layer * head_norm),
        "wide norms": (_wide + _narrow, n_layer * wide_norm),
        "latent norms": (kv_rank, n_latent_layer),
        "query latent norms": (query_rank, n_latent_query_layer),
        "sinks": (n_head, n_layer * attention_sink),
        "norms": (d_model, norm_vectors * (n_norm * n_layer + 1)),
    }
    return tuple(Row(name, "weights", 1, *size, 0) for name, size in sizes.items())


TABLE = (
    *_projections(),
    *_attention("", _full, _entries),
    *_attention("local ", n_local_layer, _near),
    *_latent_attention(),
    *_self_attention(),
    Row("output", "weights", n_head * d_value, d_model, n_layer, n_layer),
    *_feed_forward(),
    *_vectors(),
    Row("relative positions", "weights", d_model, d_model, n_layer * relative_positions, 0),
    Row("positions", "weights", n_position, d_model, 1, 0),
    Row("embedding", "weights", vocab_size, d_model, 1 - tied_embeddings, 0),
    Row("unembedding", "weights", d_model, vocab_size, 1, 1),
)


def total(column: str, operand: str, names: tuple[str, ...] = ()) -> Any:
    """Return the sum of a column of the table over one kind of operand, or over some of its rows.

    Columns are ``"stored"``, ``"active"`` and ``"read"`` elements and a token's ``"macs"``.
    """
    rows = (row for row in TABLE if row.operand == operand and (not names or row.name in names))
    found = present(sum(row.sum_of(column) for row in rows))
    if not VARIANTS.keys().isdisjoint(symbol.name for symbol in found.free_symbols):
        return found  # dozens of terms: nobody reads it
    return sympy.collect(sympy.expand(found), n_layer, sympy.factor_terms)


def decoder(*variants: str) -> list[Row]:
    """Return the rows that serve a token in a decoder with the named variants, or a plain one.

    Examples
    --------
    >>> [row.name for row in decoder()][:5]
    ['query', 'key', 'value', 'scores', 'mixture']
    """
    absent = set(VARIANTS) - set(variants)
    rows = (
        Row(*(part if isinstance(part, str) else without(absent, part) for part in row))
        for row in TABLE
        if row.operand != "activations"
    )
    return [row for row in rows if sympy.sympify(row.stored * row.rows * row.columns) != 0]
