"""The transformer, described once: a table of the matrices that a token meets.

Parameters, FLOPs, cache and traffic are sums over this table. A variant (a window, a latent,
experts) is a row of which a plain decoder has no copies.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy

from lifecost.algebra import Min
from lifecost.symbols import VARIANTS, Expr, Symbols


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
    bytes: Any = None  # that store one weight, where it is not `weight_bytes`

    def sum_of(self, column: str) -> Expr:
        """Return elements of the stored, active or read copies, or a token's ``"macs"``."""
        copies = {
            "stored": self.stored,
            "active": self.stored if self.active is None else self.active,
            "read": self.used if self.read is None else self.read,
            "macs": self.used,
        }[column]
        return copies * self.rows * self.columns


# Layers by kind of attention, entries of the cache that they look at, and who shares them.


def _grouped(s: Symbols) -> Expr:
    return s.n_layer - s.n_latent_layer


def _full(s: Symbols) -> Expr:
    return s.n_layer - s.n_latent_layer - s.n_local_layer


def _entries(s: Symbols) -> Expr:
    return s.context / s.tokens_per_entry


def _near(s: Symbols) -> Expr:
    return Min(s.context, s.window) / s.tokens_per_entry


def _caches(s: Symbols) -> Expr:
    return s.n_kv_head / s.layers_per_cache


def _met(s: Symbols) -> Expr:
    # Tokens choose their experts independently and evenly: how many a step of the batch meets.
    return s.n_expert * (1 - (1 - s.n_active_expert / s.n_expert) ** s.batch)


def _reach(s: Symbols) -> Expr:
    return Min(s.sequence_length, s.window)  # tokens before which a window is not full yet


def _wide(s: Symbols) -> Expr:
    return s.n_head * s.d_head


def _narrow(s: Symbols) -> Expr:
    return s.n_kv_head * s.d_head


def _projections(s: Symbols) -> tuple[Row, ...]:
    latent, low = s.n_latent_layer, s.n_latent_query_layer
    # A latent becomes the unrotated part of a key, and a value.
    up = s.d_head - s.d_rope + s.d_value
    return (
        Row("query", "weights", s.d_model, _wide(s), s.n_layer - low, s.n_layer - low),
        Row("query latent", "weights", s.d_model, s.query_rank, low, low),
        Row("query from latent", "weights", s.query_rank, _wide(s), low, low),
        *(
            Row(name, "weights", s.d_model, s.n_kv_head * width, copies, copies)
            for name, width in (("key", s.d_head), ("value", s.d_value))
            for copies in (_grouped(s) / s.layers_per_cache,)
        ),
        Row("latent", "weights", s.d_model, s.kv_rank + s.d_rope, latent, latent),
        Row("key and value from latent", "weights", s.kv_rank, s.n_head * up, latent, latent),
    )


def _attention(s: Symbols, name: str, layers: Expr, entries: Expr) -> tuple[Row, ...]:
    return tuple(
        Row(f"{name}{part}", "cache", *sizes, layers * _caches(s), layers * s.n_head,
            read=layers * s.n_kv_head)
        for part, sizes in (("scores", (s.d_head, entries)), ("mixture", (entries, s.d_value)))
    )  # fmt: skip


def _latent_attention(s: Symbols) -> tuple[Row, ...]:
    # The projections from the latent are applied to query and result, so that all heads work on
    # the latent itself: one read of it serves scores and mixture.
    latent, heads = s.n_latent_layer, s.n_latent_layer * s.n_head
    return (
        Row(
            "latent scores", "cache", s.kv_rank + s.d_rope, _entries(s), latent, heads, read=latent
        ),
        Row("latent mixture", "cache", _entries(s), s.kv_rank, 0, heads, read=0),
    )


def _self_attention(s: Symbols) -> tuple[Row, ...]:
    # A token meets half of what its layer can see, on average; a window is full but at the start.
    near = _reach(s) - _reach(s) ** 2 / (2 * s.sequence_length)
    return tuple(
        Row(f"{name}{part}", "activations", width, tokens, 0, layers * s.n_head)
        for name, layers, tokens in (
            ("", s.n_layer - s.n_local_layer, s.sequence_length / 2),
            ("local ", s.n_local_layer, near),
        )
        for part, width in (
            ("scores of a sequence", s.d_head),
            ("mixture of a sequence", s.d_value),
        )
    )


def _feed_forward(s: Symbols) -> tuple[Row, ...]:
    plain = s.n_layer - s.n_moe_layer
    dense, shared = plain * s.n_ff_matrix, s.n_moe_layer * s.n_ff_matrix * s.n_shared_expert
    routed, top = s.n_moe_layer * s.n_ff_matrix, s.n_active_expert
    gates, vectors = s.n_ff_matrix - 1, s.n_moe_layer * s.ff_bias
    return (
        Row("feed-forward", "weights", s.d_model, s.d_ff, dense, dense),
        Row("router", "weights", s.d_model, s.n_expert, s.n_moe_layer, s.n_moe_layer,
            bytes=s.other_bytes),
        Row("shared experts", "weights", s.d_model, s.d_expert, shared, shared),
        Row("experts", "weights", s.d_model, s.d_expert, routed * s.n_expert, routed * top,
            routed * top, routed * _met(s), s.expert_bytes),
        Row("feed-forward biases", "weights", 1, gates * s.d_ff + s.d_model, plain * s.ff_bias, 0,
            bytes=s.other_bytes),
        Row("expert biases", "weights", 1, gates * s.d_expert + s.d_model, vectors * s.n_expert, 0,
            vectors * top, bytes=s.other_bytes),
        Row("router biases", "weights", 1, s.n_expert, s.n_moe_layer * s.router_bias, 0,
            bytes=s.other_bytes),
    )  # fmt: skip


def _vectors(s: Symbols) -> tuple[Row, ...]:
    sizes = {
        "query biases": (_wide(s), s.n_layer * s.qkv_bias),
        "key biases": (_narrow(s), _grouped(s) * s.qkv_bias / s.layers_per_cache),
        "value biases": (s.n_kv_head * s.d_value, _grouped(s) * s.qkv_bias / s.layers_per_cache),
        "output biases": (s.d_model, s.n_layer * s.output_bias),
        "head norms": (s.d_head, 2 * s.n_layer * s.head_norm),
        "wide norms": (_wide(s) + _narrow(s), s.n_layer * s.wide_norm),
        "latent norms": (s.kv_rank, s.n_latent_layer),
        "query latent norms": (s.query_rank, s.n_latent_query_layer),
        "sinks": (s.n_head, s.n_layer * s.attention_sink),
        "norms": (s.d_model, s.norm_vectors * (s.n_norm * s.n_layer + 1)),
    }
    return tuple(
        Row(name, "weights", 1, *size, 0, bytes=s.other_bytes) for name, size in sizes.items()
    )


def table(s: Symbols) -> tuple[Row, ...]:
    """Return the rows; a variant that the symbols do not have is a row of no copies."""
    return (
        *_projections(s),
        *_attention(s, "", _full(s), _entries(s)),
        *_attention(s, "local ", s.n_local_layer, _near(s)),
        *_latent_attention(s),
        *_self_attention(s),
        Row("output", "weights", s.n_head * s.d_value, s.d_model, s.n_layer, s.n_layer),
        *_feed_forward(s),
        *_vectors(s),
        Row("relative positions", "weights", s.d_model, s.d_model,
            s.n_layer * s.relative_positions, 0),
        Row("positions", "weights", s.n_position, s.d_model, 1, 0, bytes=s.embedding_bytes),
        Row("embedding", "weights", s.vocab_size, s.d_model, 1 - s.tied_embeddings, 0,
            bytes=s.embedding_bytes),
        Row("unembedding", "weights", s.d_model, s.vocab_size, 1, 1, bytes=s.embedding_bytes),
    )  # fmt: skip


def total(s: Symbols, column: str, operand: str, names: tuple[str, ...] = ()) -> Expr:
    """Return the sum of a column of the table over one kind of operand, or over some of its rows.

    Columns are ``"stored"``, ``"active"`` and ``"read"`` elements and a token's ``"macs"``.
    """
    rows = (row for row in table(s) if row.operand == operand and (not names or row.name in names))
    found = sympy.sympify(sum(row.sum_of(column) for row in rows))
    if not VARIANTS.keys().isdisjoint(symbol.name for symbol in found.free_symbols):
        return found  # dozens of terms: nobody reads it
    return sympy.collect(sympy.expand(found), s.n_layer, sympy.factor_terms)


def bytes_of(s: Symbols, weights: Expr, column: str) -> Expr:
    """Return the bytes of a number of weights, the sum of a column of the table.

    Parts of a model may be stored in more or fewer bytes than `weight_bytes`.
    """
    parts = (row for row in table(s) if row.bytes not in (None, s.weight_bytes))
    more = sum((row.bytes - s.weight_bytes) * row.sum_of(column) for row in parts)
    return weights * s.weight_bytes + more


def decoder(*variants: str) -> list[Row]:
    """Return the rows that serve a token in a decoder with the named variants, or a plain one.

    A row serves where some of it is stored or used: the mixture over a latent is used and stores
    nothing of its own, since it reads what the scores have read.

    Examples
    --------
    >>> [row.name for row in decoder()][:5]
    ['query', 'key', 'value', 'scores', 'mixture']
    """
    rows = (row for row in table(Symbols(variants)) if row.operand != "activations")
    return [row for row in rows if any(row.sum_of(column) != 0 for column in ("stored", "macs"))]
