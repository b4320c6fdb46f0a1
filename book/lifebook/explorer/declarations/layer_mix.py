"""Explorer: your own mix of layers, beside full attention in all of them."""

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
    Points,
    Range,
)
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, DEVICE
from lifebook.hybrids import mix
from lifecost.catalog import models
from lifecost.formulas.hybrid import (
    full_bytes_read,
    full_layers_read,
    full_read_time,
    index_bytes_read,
    mix_bytes_held,
    mix_read_time,
    mix_saving,
    mix_saving_limit,
    other_layers_read,
    state_bytes_moved,
)

# The other layers of four models, on one body: 60 layers that hold what Qwen3.5-397B's hold.
_BODY = mix(models["qwen3.5-397b-a17b"])
_OTHERS = ("reach", "keeps_all", "index_width", "state_size")
_KINDS = {
    "state": ("qwen3.5-397b-a17b", "keep a fixed state", "as in Qwen3.5"),
    "window": ("gpt-oss-120b", "see 128 tokens", "as in gpt-oss"),
    "wide": ("gemma-3-27b", "see 1,024 tokens", "as in Gemma 3"),
    "sparse": ("deepseek-v3.2", "choose 2,048 tokens", "as in DeepSeek-V3.2"),
}

layer_mix = Explorer(
    name="layer-mix",
    title="What does my own mix of layers read?",
    controls=(
        Choice(
            "others",
            "The others",
            {kind: {name: mix(models[model])[name] for name in _OTHERS}
             for kind, (model, _, _) in _KINDS.items()},
            "state",
            titles={kind: words for kind, (_, words, _) in _KINDS.items()},
            hints={kind: hint for kind, (_, _, hint) in _KINDS.items()},
        ),
        Range("full_every", 1, 32, 4, "One in", step=1),
        CONTEXT,
        BATCH,
        DEVICE,
    ),
    outputs=(
        Output(mix_saving, "less than all full", "times"),
        Output(full_bytes_read, "all full"),
        Output(full_layers_read, "full layers"),
        Output(other_layers_read, "where the others look"),
        Output(index_bytes_read, "indexers"),
        Output(state_bytes_moved, "states, both ways"),
        Output(mix_read_time, "time to read"),
        Output(full_read_time, "the same, all full"),
        Output(mix_bytes_held, "held", of="memory_capacity"),
        Output(mix_saving_limit, "at long contexts", "times"),
    ),
    answer=(
        Case(
            "The mix reads less.",
            "{mix_bytes_read} a step instead of {full_bytes_read}. At the longest contexts it "
            "saves {mix_saving_limit} and no more.",
            ("mix_saving", 1),
        ),
        Case(
            "The mix reads more.",
            "{mix_bytes_read} a step, where full attention in every layer reads {full_bytes_read}: "
            "at this context it saves nothing.",
        ),
    ),
    picture=(
        Lanes(
            "B",
            (
                Lane("All full", (Part("full_bytes_read", "all full", "kv"),)),
                Lane(
                    "Your mix",
                    (
                        Part("full_layers_read", "full layers", "kv"),
                        Part("other_layers_read", "where the others look", "decode"),
                        Part("index_bytes_read", "indexers", "prefill"),
                        Part("state_bytes_moved", "states, both ways", "weights"),
                    ),
                ),
            ),
        ),
        Plot(
            Axis("memory_capacity", "held for the batch", 1e9, 1e13, "B"),
            Axis("mix_bytes_read", "read in a step", 1e9, 1e13, "B"),
            curves=(
                Curve("mix_bytes_read", "", "kv", "mix_bytes_held", ("context", 128, 2**20)),
                Curve("memory_capacity", "all that is held, once", "ink", dashed=True),
            ),
            points=(Points("models", "kv_cache_size", "kv_bytes_read"),),
            dots=(
                Dot("mix_bytes_held", "mix_bytes_read", "your mix", "kv", {"context": "x"}),
            ),
        ),
    ),
    fixed={"n_layer": _BODY["n_layer"], "kv_width": _BODY["kv_width"], "kv_bytes": 2},
)  # fmt: skip
