"""The families of blocks that a model may be made of, and the plain decoder.

A new architecture is a function here, and a rule that reads its sizes from a configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecost.blocks.attention import (
    compressed,
    factorized,
    grouped,
    indexer,
    latent,
    pooled_indexer,
    tensor_product,
    tied,
)
from lifecost.blocks.ends import embedding, extra, projection, shared_head
from lifecost.blocks.feed_forward import dense, experts, shared_expert
from lifecost.blocks.recurrent import (
    convolution,
    delta_net,
    gated_recurrence,
    kimi_delta,
    lightning,
    mamba,
    mamba2,
    matrix_memory,
    short_convolution,
    time_mixing,
)
from lifecost.stack import PLAIN, Row, Stack, layers
from lifecost.symbols import Symbols, symbol_of

__all__ = [
    "PLAIN", "compressed", "convolution", "decoder", "delta_net", "dense", "embedding", "experts",
    "extra", "factorized", "gated_recurrence", "grouped", "indexer", "kimi_delta", "latent",
    "lightning", "mamba", "mamba2", "matrix_memory", "plain", "pooled_indexer", "projection",
    "shared_expert", "shared_head", "short_convolution", "tensor_product", "tied", "time_mixing",
]  # fmt: skip


def plain(sizes: Mapping[str, Any]) -> Stack:
    """Return the stack of a plain decoder: alike layers of grouped attention and a dense network.

    Parameters
    ----------
    sizes
        Its `PLAIN` sizes by name: numbers, arrays or symbols.
    """
    layer = (
        grouped(**{name: sizes[name] for name in ("n_head", "n_kv_head", "d_head")}),
        dense(**{name: sizes[name] for name in ("d_ff", "n_ff_matrix")}),
    )
    ends = embedding(**{name: sizes[name] for name in ("vocab_size", "tied_embeddings")})
    return Stack(sizes["d_model"], sizes["n_layer"], layers(sizes["n_layer"], *layer), ends)


Symbols.plain = plain({name: symbol_of(name) for name in PLAIN})
# Every model has layers, a width and a vocabulary.
Symbols.sizes = tuple(n for n in PLAIN if n not in ("n_layer", "d_model", "vocab_size"))


def decoder() -> list[Row]:
    """Return the rows of a plain decoder that serve a token, with the copies of all of its blocks.

    Examples
    --------
    >>> [row.name for row in decoder()][:5]
    ['query', 'key', 'value', 'scores', 'mixture']
    """
    s = Symbols()
    return [
        row.times(part.count)
        for part in s.stack.parts
        for row in part.block.rows(s)
        if row.operand != "activations"
    ]
