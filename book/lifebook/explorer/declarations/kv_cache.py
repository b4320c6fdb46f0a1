"""Explorer: the size of the KV cache beside the weights."""

from __future__ import annotations

from lifebook.explorer import (
    Axis,
    Case,
    Choice,
    Curve,
    Dot,
    Explorer,
    Lane,
    Lanes,
    Output,
    Part,
    Plot,
)
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, KV_BYTES, MODEL, POST
from lifecost.catalog import hardware
from lifecost.formulas.kv_cache import (
    kv_bytes_per_token,
    kv_cache_size,
    kv_to_weights_ratio,
    weights_size,
)
from lifecost.formulas.time import memory_needed

ATTENTION = Choice(
    "attention",
    "Attention",
    {"MHA": {"n_kv_head": "n_head"}, "GQA": {}, "MQA": {"n_kv_head": 1}},
    "MHA",
    {"MHA": "multi-head (MHA)", "GQA": "as published", "MQA": "multi-query (MQA)"},
    of_plain=True,
)
CHIP = hardware["h100-sxm"]

kv_cache = Explorer(
    name="kv-cache",
    title="How large is the KV cache beside the weights?",
    controls=(MODEL, ATTENTION, BATCH, CONTEXT, KV_BYTES),
    outputs=(
        Output(kv_to_weights_ratio, "cache over weights", "times"),
        Output(weights_size, "weights"),
        Output(kv_cache_size, "KV cache"),
        Output(kv_bytes_per_token, "cached for each token"),
        Output(memory_needed, "memory held", of="memory_capacity"),
    ),
    answer=(
        Case(
            "The cache outgrows the weights.",
            "{kv_cache_size} of cache beside {weights_size} of weights; "
            f"one {CHIP.title} holds {{memory_capacity}}.",
            ("kv_to_weights_ratio", 1),
        ),
        Case(
            "The weights are larger.",
            "{kv_cache_size} of cache beside {weights_size} of weights; "
            f"one {CHIP.title} holds {{memory_capacity}}.",
        ),
    ),
    picture=(
        Lanes(
            "B",
            (
                Lane(
                    "Memory",
                    (
                        Part("weights_size", "weights", "weights"),
                        Part("kv_cache_size", "KV cache", "kv"),
                    ),
                ),
            ),
            limit=("memory_capacity", "one chip: {memory_capacity}"),
        ),
        Plot(
            Axis("context", "context (tokens)", 128, 2**20, "context"),
            Axis("kv_cache_size", "bytes", 1e8, 1e14, "B"),
            curves=(
                Curve("kv_cache_size", "KV cache", "kv"),
                Curve("weights_size", "weights", "weights"),
            ),
            dots=(Dot("context", "kv_cache_size", "", "kv", {"context": "x"}),),
            holds=("memory_needed", "memory_capacity"),
            over="over {memory_capacity}",
        ),
    ),
    fixed={**POST, "memory_capacity": CHIP.memory_capacity},
)
