"""A state of fixed size instead of a cache: it is held, read and written at each step."""

from __future__ import annotations

import math
from collections.abc import Iterator

from lifecost.stack import Row, family
from lifecost.symbols import Expr, Symbols


@family("other")
def convolution(s: Symbols, d_inner: Expr, conv_width: Expr) -> Iterator[Row]:
    """A convolution of each channel over the last few tokens, beside other blocks.

    It keeps its last inputs, as many as it is wide, of which one is new in each step: so many does
    the transformers library keep. They count in the bytes of a state. vLLM (``mamba_utils.py`` at
    02d7108) keeps one fewer, and in the model's 16 bits beside a state of 32, so that states of the
    catalog are 1 to 6 % smaller there.
    """
    yield Row("convolution", "weights", d_inner, conv_width)
    yield Row("convolved", "state", d_inner, conv_width, 1, 0, read=1)
    yield Row("convolved anew", "state", d_inner, 1, 0, written=1)


def _recurrent(
    s: Symbols, kind: str, inputs: Expr, outputs: Expr, state: Expr, passes: Expr, convolved: Expr,
    conv_width: Expr, norms: Expr, vectors: Expr, heads: Expr = math.inf,
) -> Iterator[Row]:  # fmt: skip
    """Yield the rows that such layers share; matrices are named after the kind of layer.

    ``passes`` counts the multiplications with each element of the state, which chips share
    by ``heads``.
    """
    yield Row(f"{kind} inputs", "weights", s.d_model, inputs)
    yield from convolution.rows(s, convolved, conv_width)
    yield Row("state", "state", 1, state, 1, passes, read=1, written=1, ways=heads)
    yield Row(f"{kind} output", "weights", outputs, s.d_model)
    yield Row("vectors", "weights", 1, vectors, used=0, bytes="other_bytes")
    yield Row("norms", "weights", 1, norms * s.d_model, used=0, bytes="other_bytes")


@family("attention")
def delta_net(
    s: Symbols, n_key_head: Expr, n_value_head: Expr, d_key: Expr, d_value: Expr,
    conv_width: Expr = 4, norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Gated linear attention with the delta rule: read for the key, corrected, read for the query.

    Each of the three is one multiplication for each element of the state, a matrix of keys by
    values in each value head: ``S = a S + k (b (v - a S k))``, and ``S q``. Each value head has a
    decay and a strength, a bias of the decay and a time constant, and all share the gain of a norm.
    """
    keys, values = n_key_head * d_key, n_value_head * d_value
    yield from _recurrent(
        s, "linear attention", 2 * keys + 2 * values + 2 * n_value_head, values, values * d_key, 3,
        2 * keys + values, conv_width, norms, 2 * n_value_head + d_value + bias,
        n_value_head,
    )  # fmt: skip


@family("attention")
def kimi_delta(
    s: Symbols, n_head: Expr, d_head: Expr, gate_rank: Expr, copies: Expr = 0,
    conv_width: Expr = 4, norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """Delta rule with a decay for each element of a key: a read, a correction and a read.

    Decay and output gate come from a latent each; ``copies`` counts those that are one full matrix
    instead. Each head has a strength and a time constant, each element of its key a bias of the
    decay, and all heads share the gain of a norm.
    """
    inner = n_head * d_head
    yield from _recurrent(
        s, "delta attention", (3 + copies) * inner + n_head, inner, inner * d_head, 3, 3 * inner,
        conv_width, norms, inner + n_head + d_head + bias, n_head,
    )  # fmt: skip
    yield Row("gate latent", "weights", s.d_model, gate_rank, 2 - copies)
    yield Row("gate from latent", "weights", gate_rank, inner, 2 - copies)


@family("attention")
def lightning(
    s: Symbols, n_head: Expr, d_head: Expr, norms: Expr = 1, bias: Expr = 0
) -> Iterator[Row]:
    """Linear attention with a fixed decay for each head: ``S = a S + k v``, and ``S q``.

    Two multiplications for each element of the state, which has no convolution beside it; queries,
    keys, values and the gate of the output are as wide, and so is the gain of a norm.
    """
    inner = n_head * d_head
    yield from _recurrent(
        s, "lightning attention", 4 * inner, inner, inner * d_head, 2, 0, 0, norms, inner + bias,
        n_head,
    )  # fmt: skip


@family("attention")
def matrix_memory(
    s: Symbols, n_head: Expr, d_key: Expr, d_value: Expr, norms: Expr = 1, bias: Expr = 0
) -> Iterator[Row]:
    """Linear attention with gates that are exponentials, as in xLSTM: ``S = f S + i k v``, ``S q``.

    Two multiplications for each element of the state: a matrix in each head, the sum of its keys,
    and a largest exponent. Two gates of a head each have a bias, and all share the gain of a norm.
    """
    keys, values = n_head * d_key, n_head * d_value
    yield from _recurrent(
        s, "memory", 2 * keys + 2 * values + 2 * n_head, values,
        n_head * (d_key * d_value + d_key + 1), 2, 0, 0, norms, values + 2 * n_head + bias, n_head,
    )  # fmt: skip


@family("attention")
def time_mixing(s: Symbols, d_inner: Expr, norms: Expr = 1, bias: Expr = 0) -> Iterator[Row]:
    """RWKV's mean of values with a decay for each element: numerator, denominator, exponent.

    One multiplication for each element of these. The layer also holds the last input of its two
    halves, of which this half mixes three with the present one.
    """
    vectors = 2 * d_inner + 3 * s.d_model + bias
    yield from _recurrent(
        s, "time mixing", 3 * d_inner, d_inner, 3 * d_inner, 1, 0, 0, norms, vectors
    )
    yield Row("last inputs", "state", s.d_model, 2, 1, 0, read=1, written=1, ways=1)


@family("attention")
def mamba2(
    s: Symbols, n_head: Expr, d_head: Expr, d_state: Expr, n_group: Expr = 1,
    conv_width: Expr = 4, gain: Expr = 1, norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """State space with one selective decay for each head: ``S = a S + x B``, and ``S C``.

    Two multiplications for each element of the state. ``bias`` counts vectors beyond decay, step
    and skip of each head and the ``gain`` of its norm.
    """
    inner = n_head * d_head
    convolved = inner + 2 * n_group * d_state
    yield from _recurrent(
        s, "state space", inner + convolved + n_head, inner, inner * d_state, 2, convolved,
        conv_width, norms, 3 * n_head + gain * inner + bias, n_head,
    )  # fmt: skip


@family("attention")
def mamba(
    s: Symbols, d_inner: Expr, d_state: Expr, step_rank: Expr, conv_width: Expr = 4,
    norms: Expr = 1, bias: Expr = 0,
) -> Iterator[Row]:  # fmt: skip
    """State space with a selective decay for each element of the state, updated and read.

    Two multiplications for each element. ``bias`` counts vectors beyond the decays, the skip and
    the bias of the steps.
    """
    yield from _recurrent(
        s, "state space", 2 * d_inner, d_inner, d_inner * d_state, 2, d_inner, conv_width, norms,
        d_inner * (d_state + 2) + bias,
    )  # fmt: skip
    yield Row("selection", "weights", d_inner, step_rank + 2 * d_state)
    yield Row("step", "weights", step_rank, d_inner)


@family("attention")
def gated_recurrence(
    s: Symbols, d_inner: Expr, n_group: Expr, conv_width: Expr = 4, norms: Expr = 1, bias: Expr = 0
) -> Iterator[Row]:
    """Gated decay of each element of a vector, as in Griffin: ``h = a h + (1 - a^2)^0.5 i x``.

    One multiplication for each element of the state. Decay and input gate are matrices of so many
    groups as there are heads; each has a bias, and the decay a time constant.
    """
    yield from _recurrent(
        s, "recurrence", 2 * d_inner, d_inner, d_inner, 1, d_inner, conv_width, norms,
        3 * d_inner + bias,
    )  # fmt: skip
    yield Row("gates by group", "weights", d_inner / n_group, d_inner, 2)


@family("attention")
def short_convolution(
    s: Symbols, conv_width: Expr, norms: Expr = 1, bias: Expr = 0
) -> Iterator[Row]:
    """Gated convolution over the last few tokens, and no attention."""
    yield from _recurrent(
        s, "short convolution", 3 * s.d_model, s.d_model, 0, 0, s.d_model, conv_width, norms, bias
    )
