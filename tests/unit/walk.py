"""The one second opinion on a model: a walk through it, layer by layer, matrix by matrix.

It shares no table and no formula with the package. A model is told to it in words of its blocks;
what stands in a block of each kind, what it keeps of a context and what a token does there, is
written here once more, from the architectures.
"""

import inspect
import math
from collections import Counter
from fractions import Fraction

from lifecost.stack import Stack


def blocks_of(model):
    """Return (width, [(count, runs, family, sizes)]) of a stack, or of a plain decoder's sizes."""
    model = getattr(model, "stack", model)
    if isinstance(model, Stack):
        told = model.data()
        finite = lambda sizes: {n: math.inf if v is None else v for n, v in sizes.items()}  # noqa: E731
        return told["d_model"], [(*rest, finite(sizes)) for *rest, sizes in told["parts"]]
    if "stack" in model:
        return blocks_of(model["stack"])
    layers = model["n_layer"]
    attention = {name: model[name] for name in ("n_head", "n_kv_head", "d_head")}
    network = {name: model[name] for name in ("d_ff", "n_ff_matrix")}
    ends = {name: model[name] for name in ("vocab_size", "tied_embeddings")}
    return model["d_model"], [
        (layers, 1, "grouped", attention), (layers, 1, "dense", network), (1, 1, "embedding", ends),
    ]  # fmt: skip


class Walk:
    """What a model stores, multiplies, reads and keeps of a context, added up.

    ``model`` is a stack, what has one, the sizes of a plain decoder, or (width, blocks), each block
    (count, runs, family, sizes).

    Parameters are counts of numbers; cache, state and attention are of one sequence, in numbers and
    in multiplications; ``bytes_stored`` and ``bytes_read`` (expected) are those of the
    weights; ``matrices`` are those stored in each role.

    What starts with ``chip`` is the share of one of ``tensor_parallel`` chips that work on the same
    sequences: of what has heads, no less than one head; of what they all need, all of it. Experts
    are shared with the chips of other ranks.
    """

    def __init__(
        self, model, *, batch=1, context=1, sequence_length=None, weight_bytes=1,
        tensor_parallel=1, data_parallel=1, expert_parallel=1, **parts
    ):  # fmt: skip
        self.width, blocks = model if isinstance(model, tuple) else blocks_of(model)
        self.batch, self.context, self.length = batch, context, sequence_length or context
        # The bytes of a part are those of the others where it has none of its own.
        self.other, self.parts = weight_bytes, parts
        self.stored = self.active = self.macs = self.read = 0
        self.bytes_stored = self.bytes_read = 0
        self.held = self.loaded = self.cache_macs = self.prompt_macs = 0
        self.state_held = self.state_read = self.state_written = 0
        self.tensor, self.data, self.expert = tensor_parallel, data_parallel, expert_parallel
        self.shares = Counter()
        self.chip_held = self.chip_loaded = self.kinds = self.sent = 0
        self.chip_state = self.chip_written = self.whole_macs = self.whole_prompt = 0
        self.matrices = {"attention": 0, "feed_forward": 0, "embedding": 0}
        for count, runs, family, sizes in blocks:
            for _ in range(count):
                for run in range(runs):
                    self.again, self.role = run > 0, ROLES.get(family, "attention")
                    self.kinds += KINDS[family](**sizes)
                    getattr(self, family)(**sizes)

    def chip(self, what):
        return sum(
            Fraction(count) / share for (name, share), count in self.shares.items() if name == what
        )

    # ---- what may stand in a block

    def weights(
        self, stored, *, used=None, active=None, read=None, part="", matrix=True, heads=math.inf,
        routed=False,
    ):  # fmt: skip
        """Count numbers that are kept once, however often a block runs; ``heads`` of them."""
        used = stored if used is None else used
        read = used if read is None else read
        each = self.parts.get(part, self.other)
        self.macs += used
        self.read += read
        self.bytes_read += read * each
        share = self.tensor * self.data if routed else min(self.tensor, heads)
        # Added up by shares, and divided at last: exact.
        self.shares["read", share] += read * each
        # What one token multiplies is read, whoever else comes.
        self.shares["certain", share] += used * each
        self.shares["routed" if routed else "macs", self.tensor if routed else share] += used
        if self.again:
            return
        self.shares["stored", share] += stored * each
        self.stored += stored
        self.active += stored if active is None else active
        self.bytes_stored += stored * each
        if matrix and self.role in self.matrices:
            self.matrices[self.role] += stored

    def matrix(self, rows, columns, part="", heads=math.inf):
        self.weights(rows * columns, part=part, heads=heads)

    def vector(self, size):
        """Count what is added or multiplied elementwise: few, and kept as norms are."""
        self.weights(size, used=0, part="other_bytes", matrix=False, heads=1)

    def norm(self, norms):
        self.vector(norms * self.width)

    def keeps(self, held, read, heads=1):
        self.held += held
        self.loaded += read
        self.chip_held += held / min(self.tensor, heads)
        self.chip_loaded += read / min(self.tensor, heads)

    def remembers(self, size, *, passes=0, written=None, heads=math.inf):
        """Count a state: a token passes over it so often, and writes it anew."""
        self.state_held += size
        self.state_read += size
        self.state_written += size if written is None else written
        share = min(self.tensor, heads)
        self.chip_state += Fraction(size, share)
        self.chip_written += Fraction(size if written is None else written, share)
        self.cache_macs += passes * size
        self.prompt_macs += passes * size

    def convolves(self, channels, taps):
        self.matrix(channels, taps)
        self.remembers(channels * taps, written=channels)  # one input drops out, one comes in

    def seen(self, *, window=math.inf, stride=1, top=math.inf):
        """Return how many entries a token of the sequence meets, on average over all of them.

        Their number grows steadily, until something is full: a triangle, then a rectangle.
        """
        full = min(self.length, window, top * stride)
        area = full * full / stride / 2 + (self.length - full) * full / stride
        return area / self.length

    # ---- attention

    def grouped(
        self, n_head, n_kv_head, d_head, d_value=None, window=math.inf, chosen=math.inf, stride=1,
        d_gate=0, own_cache=1, own_value=1, own_query=1, d_in=None, norms=1, bias=0,
    ):  # fmt: skip
        if own_query:
            self.matrix(d_in or self.width, n_head * d_head)
            self.matrix(n_head * (d_value or d_head), self.width)
        self.heads(n_head, n_kv_head, d_head, d_value or d_head, window, chosen, stride, own_cache,
                   own_value, d_in or self.width)  # fmt: skip
        self.matrix(d_in or self.width, n_head * d_gate)
        self.vector(bias)
        self.norm(norms)

    def heads(
        self, queries, groups, d_head, d_value, window=math.inf, chosen=math.inf, stride=1, own=1,
        own_value=1, d_in=None,
    ):  # fmt: skip
        if own:
            self.matrix(d_in or self.width, groups * d_head, heads=groups)
            if own_value:
                self.matrix(d_in or self.width, groups * d_value, heads=groups)
        entries = min(self.context, window) / stride
        looked_at = min(entries, chosen)
        for _ in range(groups):
            row = d_head + d_value
            self.keeps(row * entries * own, row * looked_at, heads=groups)
        for _ in range(queries):  # a score and its share of the mixture
            self.cache_macs += (d_head + d_value) * looked_at
            self.prompt_macs += (d_head + d_value) * self.seen(window=window, top=chosen)

    def factorized(self, n_head, d_head, query_rank, n_kv_head=1, norms=1, bias=0):
        self.matrix(self.width, query_rank, heads=1)
        self.matrix(query_rank, n_head * d_head)
        self.heads(n_head, n_kv_head, d_head, d_head)
        self.matrix(n_head * d_head, self.width)
        self.vector(query_rank + bias)
        self.norm(norms)

    def latent(
        self, n_head, kv_rank, d_rope, d_head, d_value, query_rank=1, direct=0, chosen=math.inf,
        window=math.inf, own_cache=1, d_gate=0, n_group=1, norms=1, bias=0,
    ):  # fmt: skip
        if direct:
            self.matrix(self.width, n_head * d_head)
        else:
            self.matrix(self.width, query_rank, heads=1)
            self.vector(query_rank)
            self.matrix(query_rank, n_head * d_head)
        kept = n_group * kv_rank + d_rope
        if own_cache:
            self.matrix(self.width, kept, heads=1)
            self.vector(n_group * kv_rank)
        entries = min(self.context, window)
        looked_at = min(entries, chosen)
        for heads, row in ((n_group, n_group * kv_rank), (1, d_rope)):
            self.keeps(row * entries * own_cache, row * looked_at, heads=heads)
        for _ in range(n_head):
            # From the latent come the unrotated part of a key, and a value.
            self.matrix(kv_rank, d_head - d_rope)
            self.matrix(kv_rank, d_value)
            self.cache_macs += ((kv_rank + d_rope) + kv_rank) * looked_at
            self.prompt_macs += (d_head + d_value) * self.seen(window=window, top=chosen)
        self.matrix(self.width, n_head * d_gate)
        self.matrix(n_head * d_value, self.width)
        self.vector(bias)
        self.norm(norms)

    def tied(self, n_head, n_kv_head, d_head, d_rope, norms=1, bias=0):
        self.matrix(self.width, n_head * d_head)
        # Values, and what of the keys is not rotated.
        self.matrix(self.width, n_kv_head * d_head, heads=n_kv_head)
        self.matrix(self.width, d_rope, heads=1)
        for heads, row in ((n_kv_head, n_kv_head * d_head), (1, d_rope)):
            self.keeps(row * self.context, row * self.context, heads=heads)
        self.cache_macs += n_head * 2 * d_head * self.context
        self.prompt_macs += n_head * 2 * d_head * self.seen()
        self.matrix(n_head * d_head, self.width)
        self.vector(bias)
        self.norm(norms)

    def tensor_product(
        self, n_head, d_head, query_rank, key_rank, value_rank, norms=1, bias=0
    ):  # fmt: skip
        for rank in (query_rank, key_rank, value_rank):
            self.matrix(self.width, rank * n_head, heads=1)
            self.matrix(self.width, rank * d_head, heads=1)
        for rank in (key_rank, value_rank):
            for heads, row in ((n_head, rank * n_head), (1, rank * d_head)):
                self.keeps(row * self.context, row * self.context, heads=heads)
            self.cache_macs += n_head * rank * (d_head + 1) * self.context
            self.prompt_macs += n_head * d_head * self.seen()
        self.matrix(n_head * d_head, self.width)
        self.vector(bias)
        self.norm(norms)

    def indexer(
        self, n_index_head, d_index, d_query=None, copies=1, direct=1, stride=1, bias=0
    ):  # fmt: skip
        entries = self.context / stride
        self.chooses(n_index_head, d_index, d_query, copies, direct, stride, bias)
        self.keeps(d_index * entries, d_index * entries)

    def pooled_indexer(
        self, n_index_head, d_index, stride, d_held=None, d_query=None, copies=1, direct=1, bias=0
    ):  # fmt: skip
        self.chooses(n_index_head, d_index, d_query, copies, direct, stride, bias)
        self.keeps((d_held or d_index) * self.context, d_index * self.context / stride)

    def chooses(self, n_index_head, d_index, d_query, copies, direct, stride, bias):
        self.matrix(d_query or self.width, n_index_head * d_index, heads=1)
        for _ in range(copies):
            self.matrix(self.width, d_index, heads=1)
        if direct:
            self.matrix(self.width, n_index_head, heads=1)
        scores = n_index_head * d_index * self.context / stride
        prompt = n_index_head * d_index * self.seen(stride=stride)
        self.cache_macs, self.whole_macs = self.cache_macs + scores, self.whole_macs + scores
        self.prompt_macs, self.whole_prompt = self.prompt_macs + prompt, self.whole_prompt + prompt
        self.vector(bias)

    def compressed(
        self, n_head, d_head, window, query_rank, n_group, group_rank, stride=1, copies=0,
        own_cache=1, chosen=math.inf, norms=1, bias=0,
    ):  # fmt: skip
        self.matrix(self.width, query_rank, heads=1)
        self.matrix(query_rank, n_head * d_head)
        for _ in range(1 + copies):
            self.matrix(self.width, d_head, heads=1)
        near = min(self.context, window)
        self.keeps(d_head * near, d_head * near)
        looked_at, met = near, self.seen(window=window)
        if own_cache:
            entries = self.context / stride
            self.keeps(d_head * entries, d_head * min(entries, chosen))
            looked_at += min(entries, chosen)
            met += self.seen(stride=stride, top=chosen)
        for _ in range(n_head):  # what is scored is mixed
            self.cache_macs += 2 * d_head * looked_at
            self.prompt_macs += 2 * d_head * met
        self.weights(n_head * d_head * group_rank)  # each group projects its own heads
        self.matrix(n_group * group_rank, self.width)
        self.vector(bias)
        self.norm(norms)

    # ---- a state instead of a cache

    def delta_net(
        self, n_key_head, n_value_head, d_key, d_value, conv_width=4, norms=1, bias=0
    ):  # fmt: skip
        keys, values = n_key_head * d_key, n_value_head * d_value
        for columns in (keys, keys, values, values, n_value_head, n_value_head):
            self.matrix(self.width, columns)  # queries, keys, values, a gate, decay, strength
        self.convolves(2 * keys + values, conv_width)
        for _ in range(n_value_head):
            self.remembers(d_key * d_value, passes=3, heads=n_value_head)
            self.vector(2)
        self.vector(d_value + bias)
        self.matrix(values, self.width)
        self.norm(norms)

    def kimi_delta(
        self, n_head, d_head, gate_rank, copies=0, conv_width=4, norms=1, bias=0
    ):  # fmt: skip
        inner = n_head * d_head
        for _ in range(3):
            self.matrix(self.width, inner)
        self.matrix(self.width, n_head)
        for gate in range(2):
            if gate < copies:
                self.matrix(self.width, inner)
            else:
                self.matrix(self.width, gate_rank)
                self.matrix(gate_rank, inner)
        self.convolves(3 * inner, conv_width)
        for _ in range(n_head):
            self.remembers(d_head * d_head, passes=3, heads=n_head)
            self.vector(1 + d_head)
        self.vector(d_head + bias)
        self.matrix(inner, self.width)
        self.norm(norms)

    def lightning(self, n_head, d_head, norms=1, bias=0):
        inner = n_head * d_head
        for _ in range(4):
            self.matrix(self.width, inner)
        self.remembers(n_head * d_head**2, passes=2, heads=n_head)
        self.vector(inner + bias)
        self.matrix(inner, self.width)
        self.norm(norms)

    def matrix_memory(self, n_head, d_key, d_value, norms=1, bias=0):
        for _ in range(n_head):
            for columns in (d_key, d_key, d_value, d_value, 1, 1):
                self.matrix(self.width, columns)
            self.remembers(d_key * d_value + d_key + 1, passes=2, heads=n_head)
            self.vector(d_value + 2)
            self.matrix(d_value, self.width)
        self.vector(bias)
        self.norm(norms)

    def time_mixing(self, d_inner, norms=1, bias=0):
        for _ in range(3):
            self.matrix(self.width, d_inner)
            self.remembers(d_inner, passes=1)
            self.vector(self.width)
        self.remembers(2 * self.width, heads=1)
        self.vector(2 * d_inner + bias)
        self.matrix(d_inner, self.width)
        self.norm(norms)

    def mamba2(
        self, n_head, d_head, d_state, n_group=1, conv_width=4, gain=1, norms=1, bias=0
    ):  # fmt: skip
        inner, shared = n_head * d_head, n_group * d_state
        for columns in (inner, inner, shared, shared, n_head):  # gate, input, B, C, step
            self.matrix(self.width, columns)
        self.convolves(inner + 2 * shared, conv_width)
        for _ in range(n_head):
            self.remembers(d_head * d_state, passes=2, heads=n_head)
            self.vector(3)
        self.vector((inner if gain else 0) + bias)
        self.matrix(inner, self.width)
        self.norm(norms)

    def mamba(self, d_inner, d_state, step_rank, conv_width=4, norms=1, bias=0):
        self.matrix(self.width, 2 * d_inner)
        self.convolves(d_inner, conv_width)
        self.matrix(d_inner, step_rank + d_state + d_state)
        self.matrix(step_rank, d_inner)
        self.vector(d_inner * d_state + d_inner + d_inner + bias)
        self.remembers(d_inner * d_state, passes=2)
        self.matrix(d_inner, self.width)
        self.norm(norms)

    def gated_recurrence(self, d_inner, n_group, conv_width=4, norms=1, bias=0):
        self.matrix(self.width, d_inner)
        self.matrix(self.width, d_inner)
        self.convolves(d_inner, conv_width)
        for _ in range(2 * n_group):
            self.weights(Fraction(d_inner, n_group) ** 2)
        self.vector(3 * d_inner + bias)
        self.remembers(d_inner, passes=1)
        self.matrix(d_inner, self.width)
        self.norm(norms)

    def convolution(self, d_inner, conv_width):
        self.convolves(d_inner, conv_width)

    def short_convolution(self, conv_width, norms=1, bias=0):
        self.matrix(self.width, 3 * self.width)
        self.convolves(self.width, conv_width)
        self.matrix(self.width, self.width)
        self.vector(bias)
        self.norm(norms)

    # ---- networks

    def dense(self, d_ff, n_ff_matrix=3, d_in=None, norms=1, bias=0):
        for _ in range(n_ff_matrix):
            self.matrix(d_in or self.width, d_ff)
        self.vector(bias)
        self.norm(norms)

    def shared_expert(self, d_ff, n_ff_matrix=3, d_in=None, bias=0):
        self.dense(d_ff, n_ff_matrix, d_in, 0, bias)

    def experts(
        self, n_expert, n_active_expert, d_expert, n_ff_matrix=3, d_in=None, norms=1, bias=0,
        expert_bias=0, direct=1,
    ):  # fmt: skip
        if direct:
            self.matrix(self.width, n_expert, "other_bytes", heads=1)
        # By some token of the batch.
        met = 1 - (1 - Fraction(n_active_expert, n_expert)) ** self.batch
        size = n_ff_matrix * (d_in or self.width) * d_expert
        for count, serves in ((n_active_expert, True), (n_expert - n_active_expert, False)):
            size_of_all, bias_of_all = count * size, count * expert_bias
            self.weights(size_of_all, used=size_of_all * serves, active=size_of_all * serves,
                         read=0, part="expert_bytes", routed=True)  # fmt: skip
            self.weights(bias_of_all, used=0, active=bias_of_all * serves, part="other_bytes",
                         matrix=False, routed=True)  # fmt: skip
        self.weights(0, read=n_expert * size * met, part="expert_bytes", routed=True)
        self.sent += min(n_active_expert, self.expert)
        self.vector(bias)
        self.norm(norms)

    # ---- ends

    def embedding(self, vocab_size, tied_embeddings=0, n_position=0, norms=1, d_in=None):
        size = vocab_size * (d_in or self.width)
        self.weights(n_position * (d_in or self.width), used=0, part="embedding_bytes")
        if not tied_embeddings:
            self.weights(size, used=0, part="embedding_bytes")
        self.weights(size, part="embedding_bytes")
        self.norm(norms)

    def shared_head(self, vocab_size):
        self.weights(0, used=vocab_size * self.width, part="embedding_bytes")

    def projection(self, columns, copies=1, d_in=None):
        for _ in range(copies):
            self.matrix(d_in or self.width, columns)

    def extra(self, elements=0, multiplied=0):
        self.weights(elements, used=0, part="other_bytes", matrix=False)
        self.weights(multiplied, matrix=False)


ROLES = {
    **dict.fromkeys(("dense", "shared_expert", "experts"), "feed_forward"),
    **dict.fromkeys(("embedding", "shared_head"), "embedding"),
    **dict.fromkeys(("projection", "extra", "convolution"), ""),
}
# How many kinds of matrices a block has: what a token is multiplied by there, one after the other.
KINDS = {
    "grouped": lambda own_query=1, own_cache=1, own_value=1, d_gate=0, **_: (
        2 * own_query + own_cache + own_cache * own_value + bool(d_gate)),
    "latent": lambda direct=0, own_cache=1, d_gate=0, **_: (
        (1 if direct else 2) + own_cache + 1 + bool(d_gate) + 1),
    "factorized": lambda **_: 5,
    "tied": lambda d_rope, **_: 3 + bool(d_rope),
    "tensor_product": lambda **_: 4,
    **dict.fromkeys(("indexer", "pooled_indexer"),
                    lambda copies=1, direct=1, **_: 1 + bool(copies) + direct),
    "compressed": lambda copies=0, **_: 5 + bool(copies),
    **dict.fromkeys(("delta_net", "mamba2"), lambda conv_width=4, **_: 2 + bool(conv_width)),
    "kimi_delta": lambda copies=0, conv_width=4, **_: 2 + 2 * (copies < 2) + bool(conv_width),
    **dict.fromkeys(("lightning", "matrix_memory", "time_mixing"), lambda **_: 2),
    "mamba": lambda conv_width=4, **_: 4 + bool(conv_width),
    "gated_recurrence": lambda conv_width=4, **_: 3 + bool(conv_width),
    "convolution": lambda conv_width, **_: bool(conv_width),
    "short_convolution": lambda conv_width, **_: 2 + bool(conv_width),
    **dict.fromkeys(("dense", "shared_expert", "shared_head"), lambda **_: 1),
    "experts": lambda direct=1, **_: direct + 1,
    "embedding": lambda tied_embeddings=0, n_position=0, **_: (
        2 - tied_embeddings + bool(n_position)),
    "projection": lambda columns, copies=1, **_: bool(copies * columns),
    "extra": lambda **_: 0,
}  # fmt: skip
# The kinds of blocks that it knows.
KNOWN = {name for name, one in vars(Walk).items()
         if inspect.isfunction(one) and name not in (
             "__init__", "weights", "matrix", "vector", "norm", "keeps", "remembers", "convolves",
             "seen", "heads", "chooses",
         )}  # fmt: skip
