"""Feed-forward networks: one that serves every token, or experts that some tokens are routed to."""

from __future__ import annotations

from collections.abc import Iterator

from lifecost.stack import Row, family, smaller
from lifecost.symbols import Expr, Symbols


@family("feed_forward")
def dense(
    s: Symbols, d_ff: Expr, n_ff_matrix: Expr = 3, d_in: Expr = "d_model", norms: Expr = 1,
    bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """A feed-forward network; without a norm it is an expert that serves every token."""
    yield Row("feed-forward", "weights", d_in, d_ff, n_ff_matrix)
    yield Row("feed-forward biases", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("feed-forward norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("feed_forward")
def shared_expert(
    s: Symbols, d_ff: Expr, n_ff_matrix: Expr = 3, d_in: Expr = "d_model", bias: Expr = 0
) -> Iterator[Row]:
    """An expert beside the routed ones, which serves every token."""
    yield Row("shared experts", "weights", d_in, d_ff, n_ff_matrix)
    yield Row("shared expert biases", "weights", 1, bias, used=0, bytes="other_bytes")


@family("feed_forward")
def experts(
    s: Symbols, n_expert: Expr, n_active_expert: Expr, d_expert: Expr, n_ff_matrix: Expr = 3,
    d_in: Expr = "d_model", norms: Expr = 1, bias: Expr = 0, expert_bias: Expr = 0,
    direct: Expr = 1,
) -> Iterator[Row]:  # fmt: skip
    """Routed experts; ``direct`` says whether a matrix routes, and not a hash of the token.

    Read are those that a step of the batch is expected to meet, if its tokens choose independently
    and evenly. Certain is no more than what one token meets: a bound counts with a batch of one.
    """
    met = n_expert * (1 - (1 - n_active_expert / n_expert) ** s.batch)
    each, top = n_ff_matrix * n_expert, n_ff_matrix * n_active_expert
    yield Row("router", "weights", s.d_model, n_expert, direct, bytes="other_bytes",
              ways=1)  # fmt: skip
    yield Row("experts", "weights", d_in, d_expert, each, top, top, n_ff_matrix * met,
              bytes="expert_bytes", routed=True)  # fmt: skip
    yield Row("choices", "choices", 1, 1, smaller(n_active_expert, s.expert_parallel), 0)
    yield Row("expert biases", "weights", 1, expert_bias, n_expert, 0, n_active_expert,
              bytes="other_bytes", routed=True)  # fmt: skip
    yield Row("router biases", "weights", 1, bias, used=0, bytes="other_bytes")
    yield Row("expert norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")
