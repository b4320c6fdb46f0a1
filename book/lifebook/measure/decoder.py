"""A small transformer in NumPy that decodes: enough of one to be timed, with random weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
BLOCK = 1024  # tokens whose keys a matrix product takes at a time: they stay in the near cache


class Decoder:
    """A decoder whose cache is full, at one step of decoding.

    Parameters
    ----------
    shape
        The symbols of a plain gated decoder.
    batch, context
        Sequences, and tokens in the cache of each: a multiple of `BLOCK`.
    """

    def __init__(self, shape: Mapping[str, int], batch: int, context: int) -> None:
        self.shape = s = dict(shape)
        random = np.random.default_rng(0)

        def matrix(rows: int, columns: int) -> Array:
            drawn = random.standard_normal((rows, columns), dtype=np.float32)
            return drawn / np.float32(rows**0.5)

        query, key = s["n_head"] * s["d_head"], s["n_kv_head"] * s["d_head"]
        self.layers = [
            {
                "query": matrix(s["d_model"], query),
                "key": matrix(s["d_model"], key),
                "value": matrix(s["d_model"], key),
                "output": matrix(query, s["d_model"]),
                "gate": matrix(s["d_model"], s["d_ff"]),
                "up": matrix(s["d_model"], s["d_ff"]),
                "down": matrix(s["d_ff"], s["d_model"]),
            }
            for _ in range(s["n_layer"])
        ]
        self.unembedding = matrix(s["d_model"], s["vocab_size"])
        blocks = (batch, s["n_kv_head"], context // BLOCK, BLOCK, s["d_head"])
        block = random.standard_normal(blocks[-2:], dtype=np.float32)
        # Random numbers take longer to draw than to read: one block of them, many times over.
        self.caches = [
            (np.broadcast_to(block, blocks).copy(), np.broadcast_to(block, blocks).copy())
            for _ in self.layers
        ]

    def step(self, hidden: Array) -> Array:
        """Return the logits of the next token, (batch, vocabulary), from (batch, width)."""
        for layer, cache in zip(self.layers, self.caches, strict=True):
            normal = _normalized(hidden)
            hidden = hidden + self._attention(normal, layer, *cache) @ layer["output"]
            normal = _normalized(hidden)
            gate = normal @ layer["gate"]
            gate /= 1 + np.exp(-gate)
            hidden = hidden + (gate * (normal @ layer["up"])) @ layer["down"]
        return _normalized(hidden) @ self.unembedding

    def _attention(
        self, normal: Array, layer: Mapping[str, Array], keys: Array, values: Array
    ) -> Array:
        s = self.shape
        group = s["n_head"] // s["n_kv_head"]
        for cache, name in ((keys, "key"), (values, "value")):  # the new token takes the last place
            new = (normal @ layer[name]).reshape(-1, s["n_kv_head"], s["d_head"])
            cache[:, :, -1, -1] = new
        query = (normal @ layer["query"]).reshape(-1, s["n_kv_head"], 1, group, s["d_head"])
        query = np.ascontiguousarray(query.swapaxes(-1, -2)) / np.float32(s["d_head"] ** 0.5)
        # Each key is read once for all the queries of its group.
        scores = np.ascontiguousarray((keys @ query).swapaxes(-1, -2))
        scores -= scores.max((2, 4), keepdims=True)
        np.exp(scores, out=scores)
        mixed: Array = (scores @ values).sum(2)
        mixed /= scores.sum((2, 4))[..., None]
        return mixed.reshape(len(normal), -1)


def _normalized(hidden: Array) -> Array:
    root: Array = np.sqrt((hidden**2).mean(-1, keepdims=True))
    return hidden / root
