"""Attention: what it looks at is a cache that grows with the context.

Examples
--------
Bytes that a token holds in a layer, in 16 bits, with 4 key-value heads, 4 tied ones, and 2 latents,
as in Zadouri et al., arXiv 2505.21487, table 5:

>>> from lifecost.stack import Stack
>>> heads = {"n_head": 16, "d_head": 128}
>>> kinds = [
...     grouped(n_kv_head=4, **heads),
...     tied(n_kv_head=4, d_rope=64, **heads),
...     latent(n_head=16, d_head=192, kv_rank=256, n_group=2, d_rope=64, d_value=128, direct=1),
... ]
>>> [int(2 * Stack(2048, 1, kind).value("cache_held", {"context": 1})) for kind in kinds]
[2048, 1152, 1152]
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from lifecost.stack import Row, family, smaller
from lifecost.symbols import Expr, Symbols


def _looked_at(
    name: str, held: Expr, read: Expr, heads: Expr, width: Expr, kept: Expr, top: Expr = math.inf,
    ways: Expr = 1, work: Expr = math.inf,
) -> Iterator[Row]:  # fmt: skip
    """Yield the rows of entries of a cache, each a vector of ``width`` elements.

    ``held`` and ``read`` count vectors for each entry, and ``heads`` the products with each; only
    ``top`` of those that are kept are looked at. What all query heads look at does not split among
    chips, while the products do.
    """
    split = {"ways": ways, "work": work}
    if top == math.inf:
        yield Row(name, "cache", width, kept, held, heads, read=read, **split)
    else:
        yield Row(f"{name} held", "cache", width, kept, held, 0, read=0, **split)
        yield Row(name, "cache", width, smaller(kept, top), 0, heads, read=read, **split)


def _prompt(
    s: Symbols, name: str, heads: Expr, width: Expr, window: Expr, top: Expr, stride: Expr = 1,
    work: Expr = math.inf,
) -> Row:  # fmt: skip
    """Return the row of a sequence as it is read: a token meets half of what there is, on average.

    A window, or a choice, is full from some token on.
    """
    reach = smaller(smaller(s.sequence_length, window) / stride, top)
    mean = reach - reach**2 * stride / (2 * s.sequence_length)
    return Row(name, "activations", width, mean, 0, heads, work=work)


@family("attention")
def grouped(
    s: Symbols, n_head: Expr, n_kv_head: Expr, d_head: Expr, d_value: Expr = "d_head",
    window: Expr = math.inf, chosen: Expr = math.inf, stride: Expr = 1, d_gate: Expr = 0,
    own_cache: Expr = 1, own_value: Expr = 1, own_query: Expr = 1, d_in: Expr = "d_model",
    norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention whose query heads share key-value heads: to all of the context, or to a part.

    A layer without a cache of its own reads that of another, and has no keys and values to project.
    Without ``own_query`` other blocks, such as experts, have the matrices of queries and outputs.
    ``bias`` counts the elements of its vectors: biases, norms of heads, sinks.
    """
    yield Row("query", "weights", d_in, n_head * d_head, own_query)
    yield Row("key", "weights", d_in, n_kv_head * d_head, own_cache, ways=n_kv_head)
    yield Row("value", "weights", d_in, n_kv_head * d_value, own_cache * own_value, ways=n_kv_head)
    kept = smaller(s.context, window) / stride
    for name, width in (("scores", d_head), ("mixture", d_value)):
        held = own_cache * n_kv_head
        yield from _looked_at(name, held, n_kv_head, n_head, width, kept, chosen, n_kv_head)
    for name, width in (("scores of a sequence", d_head), ("mixture of a sequence", d_value)):
        yield _prompt(s, name, n_head, width, window, chosen, 1)
    yield Row("gate", "weights", d_in, n_head * d_gate)
    yield Row("output", "weights", n_head * d_value, s.d_model, own_query)
    yield Row("vectors", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("attention")
def latent(
    s: Symbols, n_head: Expr, kv_rank: Expr, d_rope: Expr, d_head: Expr, d_value: Expr,
    query_rank: Expr = 1, direct: Expr = 0, chosen: Expr = math.inf, window: Expr = math.inf,
    own_cache: Expr = 1, d_gate: Expr = 0, n_group: Expr = 1, norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention on a latent that all heads share, or each group of them; queries may be ``direct``.

    A layer without a cache of its own reads that of another, and has no latent to project.

    In decode the projections from the latent are applied to query and result, so that all heads
    work on the latent itself: one read of it serves scores and mixture. Several groups are grouped
    latent attention (GLA): a latent each, and one rotary key. Latents that all heads attend to one
    by one, and whose results they add (MLRA), count as one as wide as all of them together.
    """
    yield Row("query", "weights", s.d_model, n_head * d_head, direct)
    yield Row("query latent", "weights", s.d_model, query_rank, 1 - direct, ways=1)
    yield Row("query from latent", "weights", query_rank, n_head * d_head, 1 - direct)
    yield Row("latent", "weights", s.d_model, n_group * kv_rank + d_rope, own_cache, ways=1)
    # A latent becomes the unrotated part of a key, and a value.
    yield Row("key and value from latent", "weights", kv_rank, n_head * (d_head - d_rope + d_value))
    kept = smaller(s.context, window)
    held = own_cache * n_group
    yield from _looked_at("latent scores", held, n_group, n_head, kv_rank, kept, chosen, n_group)
    yield from _looked_at("rotary scores", own_cache, 1, n_head, d_rope, kept, chosen)
    yield from _looked_at("latent mixture", 0, 0, n_head, kv_rank, kept, chosen)
    for name, width in (("scores of a sequence", d_head), ("mixture of a sequence", d_value)):
        yield _prompt(s, name, n_head, width, window, chosen)
    yield Row("gate", "weights", s.d_model, n_head * d_gate)
    yield Row("output", "weights", n_head * d_value, s.d_model)
    vectors = own_cache * n_group * kv_rank + (1 - direct) * query_rank + bias
    yield Row("vectors", "weights", 1, vectors, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("attention")
def factorized(
    s: Symbols, n_head: Expr, d_head: Expr, query_rank: Expr, n_kv_head: Expr = 1, norms: Expr = 1,
    bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention of many wide heads on few keys and values, with queries from a latent (MFA)."""
    yield Row("query latent", "weights", s.d_model, query_rank, ways=1)
    yield Row("query from latent", "weights", query_rank, n_head * d_head)
    rows = grouped.rows(
        s, n_head, n_kv_head, d_head, d_head, d_in=s.d_model, norms=norms, bias=query_rank + bias
    )
    yield from (row for row in rows if row.name != "query")


@family("attention")
def tied(
    s: Symbols, n_head: Expr, n_kv_head: Expr, d_head: Expr, d_rope: Expr, norms: Expr = 1,
    bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention on vectors that are values, and keys but for a rotary part that all share (GTA)."""
    yield Row("query", "weights", s.d_model, n_head * d_head)
    yield Row("key and value", "weights", s.d_model, n_kv_head * d_head, ways=n_kv_head)
    yield Row("rotary key", "weights", s.d_model, d_rope, ways=1)
    for name, held, width in (("scores", 0, d_head - d_rope), ("mixture", n_kv_head, d_head)):
        yield from _looked_at(name, held, held, n_head, width, s.context, ways=n_kv_head)
    yield from _looked_at("rotary scores", 1, 1, n_head, d_rope, s.context)
    for name in ("scores of a sequence", "mixture of a sequence"):
        yield _prompt(s, name, n_head, d_head, math.inf, math.inf)
    yield Row("output", "weights", n_head * d_head, s.d_model)
    yield Row("vectors", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("attention")
def tensor_product(
    s: Symbols, n_head: Expr, d_head: Expr, query_rank: Expr, key_rank: Expr, value_rank: Expr,
    norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention whose keys and values are sums of products of two vectors, which are held (TPA).

    One vector has an element for each head, the other is as wide as a head: each query meets the
    second, and the products are weighed by the first.
    """
    for name, rank in (("query", query_rank), ("key", key_rank), ("value", value_rank)):
        yield Row(name, "weights", s.d_model, rank * (n_head + d_head), ways=1)
    for name, rank in (("scores", key_rank), ("mixture", value_rank)):
        yield from _looked_at(name, rank, rank, rank * n_head, d_head, s.context)
        yield from _looked_at(f"{name} by head", rank, rank, rank, n_head, s.context, ways=n_head)
        yield _prompt(s, f"{name} of a sequence", n_head, d_head, math.inf, math.inf)
    yield Row("output", "weights", n_head * d_head, s.d_model)
    yield Row("vectors", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("attention")
def indexer(
    s: Symbols, n_index_head: Expr, d_index: Expr, d_query: Expr = "d_model", copies: Expr = 1,
    direct: Expr = 1, stride: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Choice of the entries that sparse attention looks at: an indexer looks at all of them itself.

    Each chip of a tensor-parallel group runs it whole. ``copies`` counts its key matrices, and
    ``direct`` says whether each head has a weight.
    """
    yield Row("index query", "weights", d_query, n_index_head * d_index, ways=1)
    yield Row("index key", "weights", s.d_model, d_index, copies, ways=1)
    yield Row("index weights", "weights", s.d_model, n_index_head, direct, ways=1)
    yield from _looked_at("index scores", 1, 1, n_index_head, d_index, s.context / stride, work=1)
    yield _prompt(s, "index of a sequence", n_index_head, d_index, math.inf, math.inf, stride, 1)
    yield Row("index vectors", "weights", 1, bias, used=0, bytes="other_bytes")


@family("attention")
def pooled_indexer(
    s: Symbols, n_index_head: Expr, d_index: Expr, stride: Expr, d_held: Expr = "d_index",
    d_query: Expr = "d_model", copies: Expr = 1, direct: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Choice by an indexer with one key for each stride, pooled from what it holds of each token.

    What is pooled once need not be read again: a step reads the pooled keys.
    """
    yield Row("index query", "weights", d_query, n_index_head * d_index, ways=1)
    yield Row("index key", "weights", s.d_model, d_index, copies, ways=1)
    yield Row("index weights", "weights", s.d_model, n_index_head, direct, ways=1)
    yield Row("index keys held", "cache", d_held, s.context, 1, 0, read=0, ways=1)
    yield Row("index scores", "cache", d_index, s.context / stride, 0, n_index_head, read=1, ways=1,
              work=1)  # fmt: skip
    yield _prompt(s, "index of a sequence", n_index_head, d_index, math.inf, math.inf, stride, 1)
    yield Row("index vectors", "weights", 1, bias, used=0, bytes="other_bytes")


@family("attention")
def compressed(
    s: Symbols, n_head: Expr, d_head: Expr, window: Expr, query_rank: Expr, n_group: Expr,
    group_rank: Expr, stride: Expr = 1, copies: Expr = 0, own_cache: Expr = 1,
    chosen: Expr = math.inf, norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Attention on one vector that is key and value: of each token in a window, and of each stride.

    ``copies`` counts the matrices that compress a stride; a layer that has no compressed cache,
    where ``own_cache`` is 0, sees its window only.
    """
    yield Row("query latent", "weights", s.d_model, query_rank, ways=1)
    yield Row("query from latent", "weights", query_rank, n_head * d_head)
    yield Row("key", "weights", s.d_model, d_head, ways=1)
    yield Row("compression", "weights", s.d_model, d_head, copies, ways=1)
    near, far = smaller(s.context, window), s.context / stride
    yield from _looked_at("window", 1, 1, 2 * n_head, d_head, near)
    yield from _looked_at(
        "compressed", own_cache, own_cache, 2 * own_cache * n_head, d_head, far, chosen
    )
    yield _prompt(s, "window of a sequence", 2 * n_head, d_head, window, math.inf)
    yield _prompt(
        s, "compressed of a sequence", 2 * own_cache * n_head, d_head, math.inf, chosen, stride
    )
    yield Row("output by group", "weights", n_head * d_head, group_rank)
    yield Row("output", "weights", n_group * group_rank, s.d_model)
    yield Row("vectors", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")
