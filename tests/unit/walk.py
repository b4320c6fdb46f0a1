"""The one second opinion on a transformer: a walk through it, matrix by matrix.

It shares no table and no formula with the package: it visits each layer, lists the matrices and
vectors that stand there by their size, and counts.
"""

import math
from fractions import Fraction

from lifecost.symbols import PARTS, VARIANTS


class Walk:
    """What a model of a shape stores, multiplies, reads and keeps of a context, added up.

    Parameters are counts of numbers; cache and attention are of one sequence, in numbers and in
    multiplications; ``bytes_stored`` and ``bytes_read`` are those of the weights.
    """

    def __init__(self, shape, *, batch=1, context=1, sequence_length=None, weight_bytes=1, **_):
        self.s = s = {**dict.fromkeys(VARIANTS, 0), **shape}
        s["d_value"] = s["d_value"] or s["d_head"]
        s["window"] = s["window"] or math.inf
        for name in ("layers_per_cache", "tokens_per_entry"):
            s[name] = s[name] or 1
        s["n_norm"] = shape.get("n_norm", 2)
        s["norm_vectors"] = shape.get("norm_vectors", 1)
        self.batch, self.context, self.length = batch, context, sequence_length or context
        # The bytes of a part are those of the others where it has none of its own.
        self.other = weight_bytes
        self.each = {part: shape.get(part, weight_bytes) for part in PARTS}
        self.stored = self.active = self.macs = self.read = 0
        self.bytes_stored = self.bytes_read = 0
        self.held = self.loaded = self.cache_macs = self.prompt_macs = 0
        for layer in range(s["n_layer"]):
            self.attention(layer)
            self.feed_forward(layer)
        self.vector(s["d_model"] * s["norm_vectors"])
        self.vector(s["n_position"] * s["d_model"], "embedding_bytes")
        if not s["tied_embeddings"]:
            self.vector(s["vocab_size"] * s["d_model"], "embedding_bytes")
        self.matrix(s["d_model"] * s["vocab_size"], part="embedding_bytes")

    def matrix(self, size, *, share=1, part=""):
        for count in ("stored", "active", "macs", "read"):
            setattr(self, count, getattr(self, count) + size * share)
        self.bytes_stored += size * share * self.each.get(part, self.other)
        self.bytes_read += size * share * self.each.get(part, self.other)

    def vector(self, size, part="other_bytes"):
        self.stored += size
        self.active += size
        self.bytes_stored += size * self.each.get(part, self.other)

    def attention(self, layer):
        s = self.s
        wide, narrow = s["n_head"] * s["d_head"], s["n_kv_head"] * s["d_head"]
        values = s["n_kv_head"] * s["d_value"]
        share = Fraction(1, s["layers_per_cache"])  # one of so many layers has the matrix
        if layer < s["n_latent_query_layer"]:
            self.matrix(s["d_model"] * s["query_rank"])
            self.matrix(s["query_rank"] * wide)
            self.vector(s["query_rank"])
        else:
            self.matrix(s["d_model"] * wide)
        entries = self.context / s["tokens_per_entry"]
        if layer < s["n_latent_layer"]:
            nope = s["d_head"] - s["d_rope"]
            self.matrix(s["d_model"] * (s["kv_rank"] + s["d_rope"]))
            self.matrix(s["kv_rank"] * s["n_head"] * (nope + s["d_value"]))
            self.vector(s["kv_rank"])
            row = s["kv_rank"] + s["d_rope"]
            self.held += row * entries
            self.loaded += row * entries
            self.cache_macs += s["n_head"] * entries * (row + s["kv_rank"])
            seen = self.length / 2
        else:
            self.matrix(s["d_model"] * narrow, share=share)
            self.matrix(s["d_model"] * values, share=share)
            if layer < s["n_local_layer"]:
                entries = min(self.context, s["window"]) / s["tokens_per_entry"]
                full = min(self.length, s["window"])
                # A triangle until the window is full, a rectangle from there.
                seen = (full**2 / 2 + (self.length - full) * full) / self.length
            else:
                seen = self.length / 2
            self.held += (narrow + values) * entries * share
            self.loaded += (narrow + values) * entries
            self.cache_macs += s["n_head"] * entries * (s["d_head"] + s["d_value"])
            self.vector(s["qkv_bias"] * (narrow + values) * share)
        self.prompt_macs += s["n_head"] * seen * (s["d_head"] + s["d_value"])
        self.matrix(s["n_head"] * s["d_value"] * s["d_model"])
        self.vector(s["qkv_bias"] * wide + s["output_bias"] * s["d_model"])
        self.vector(s["head_norm"] * 2 * s["d_head"] + s["wide_norm"] * (wide + narrow))
        self.vector(s["attention_sink"] * s["n_head"])
        self.vector(s["relative_positions"] * s["d_model"] ** 2, "a matrix")
        self.vector(s["n_norm"] * s["norm_vectors"] * s["d_model"])

    def feed_forward(self, layer):
        s = self.s
        if layer >= s["n_moe_layer"]:
            self.matrix(s["n_ff_matrix"] * s["d_model"] * s["d_ff"])
            self.vector(s["ff_bias"] * ((s["n_ff_matrix"] - 1) * s["d_ff"] + s["d_model"]))
            return
        expert = s["n_ff_matrix"] * s["d_model"] * s["d_expert"]
        bias = s["ff_bias"] * ((s["n_ff_matrix"] - 1) * s["d_expert"] + s["d_model"])
        self.matrix(s["d_model"] * s["n_expert"], part="other_bytes")
        self.vector(s["router_bias"] * s["n_expert"])
        self.matrix(s["n_shared_expert"] * expert)
        self.stored += s["n_expert"] * (expert + bias)
        self.active += s["n_active_expert"] * (expert + bias)
        self.macs += s["n_active_expert"] * expert
        missed = (1 - s["n_active_expert"] / s["n_expert"]) ** self.batch
        self.read += s["n_expert"] * (1 - missed) * expert
        each, other = self.each["expert_bytes"], self.each["other_bytes"]
        self.bytes_stored += s["n_expert"] * (expert * each + bias * other)
        self.bytes_read += s["n_expert"] * (1 - missed) * expert * each
