"""Explorer: the size of the KV cache beside the weights."""

from __future__ import annotations

from lifebook.explorer import Choice, Explorer, Mark, Points
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, KV_BYTES, MODEL, POST
from lifebook.figures import inference
from lifebook.figures.style import Figure
from lifecost.catalog import hardware
from lifecost.formulas.kv_cache import kv_cache_size, kv_to_weights_ratio, weights_size

ATTENTION = Choice(
    "attention",
    "attention",
    {"MHA": {"n_kv_head": "n_head"}, "GQA": {}, "MQA": {"n_kv_head": 1}},
    "MHA",
    {
        "MHA": "multi-head (MHA)",
        "GQA": "as published",
        "MQA": "multi-query (MQA)",
    },
)


def _draw(points: Points) -> Figure:
    device = hardware["h100-sxm"]
    return inference.kv_against_weights(points, device.memory_capacity, device.title)


kv_cache = Explorer(
    name="kv-cache",
    title="How large is the KV cache beside the weights?",
    controls=(MODEL, ATTENTION, BATCH, CONTEXT, KV_BYTES),
    outputs=(kv_cache_size, weights_size, kv_to_weights_ratio),
    marks=(
        Mark("weights-size", "bar", x="weights_size"),
        Mark("kv-cache-size", "bar", x="kv_cache_size"),
    ),
    draw=_draw,
    fixed=POST,
)
