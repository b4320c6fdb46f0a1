"""Both ends of a model, and what belongs to no layer."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lifecost.stack import Row, family
from lifecost.symbols import Expr, Symbols


@family("embedding")
def embedding(
    s: Symbols, vocab_size: Expr, tied_embeddings: Expr = 0, n_position: Expr = 0, norms: Expr = 1,
    d_in: Expr = "d_model",
) -> Iterator[Row]:  # fmt: skip
    """The tables at both ends, one where they are tied, and the last norm."""
    yield Row("positions", "weights", n_position, d_in, used=0, bytes="embedding_bytes")
    yield Row("embedding", "weights", vocab_size, d_in, 1 - tied_embeddings, 0,
              bytes="embedding_bytes")  # fmt: skip
    yield Row("unembedding", "weights", d_in, vocab_size, bytes="embedding_bytes")
    yield Row("last norm", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("embedding")
def shared_head(s: Symbols, vocab_size: Expr) -> Iterator[Row]:
    """The table at the end of a model, where a head that guesses further tokens uses it too."""
    yield Row("shared unembedding", "weights", s.d_model, vocab_size, 0, 1,
              bytes="embedding_bytes")  # fmt: skip


@family("other")
def projection(
    s: Symbols, columns: Expr, copies: Expr = 1, d_in: Expr = "d_model"
) -> Iterator[Row]:
    """Matrices from the residual stream, or to it, that belong to none of the others."""
    yield Row("projection", "weights", d_in, columns, copies)


@family("other")
def extra(s: Symbols, elements: Expr = 0, multiplied: Expr = 0) -> Iterator[Row]:
    """Tables that are looked up, vectors, and small matrices off the residual stream."""
    yield Row("looked up", "weights", 1, elements, used=0, bytes="other_bytes", ways=math.inf)
    yield Row("multiplied", "weights", 1, multiplied, ways=math.inf)
