"""Explorer: what sharing key-value heads buys, model by model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifecost import values as check
from lifecost.catalog import models
from lifecost.explorer import Choice, Explorer
from lifecost.explorer.gallery.controls import BATCH, CONTEXT, KV_BYTES, LLAMAS, MODEL, POST
from lifecost.formulas.decode import balancing_group_size, kv_to_compute_ratio
from lifecost.formulas.kv_cache import kv_cache_reduction, kv_cache_size, kv_to_weights_ratio
from lifecost.plots import grouped_query

# Powers of two up to the smallest model's query heads: each divides those of all three.
KV_HEADS = Choice(
    "n_kv_head",
    check.symbol("n_kv_head").meaning,
    {str(heads): {"n_kv_head": heads} for heads in (1, 2, 4, 8, 16, 32)},
    "8",
    {"1": "1: one for all (MQA)", "8": "8: as published", "32": "32: MHA in the 8B model"},
)


def _draw(bound: Mapping[str, Any], _: Mapping[str, float]) -> Any:
    step = {name: bound[name] for name in ("batch", "context", "kv_bytes")}
    shapes = [models[name].shape for name in LLAMAS]
    # The symbols do not carry the model's name; its number of layers tells it.
    (marked,) = (n for n in LLAMAS if models[n].n_layer == bound["n_layer"])
    return grouped_query.groupings(
        {name: models[name].title for name in LLAMAS},
        [kv_cache_size(shape, step, n_kv_head=shape["n_head"]) for shape in shapes],
        [kv_cache_size(shape, step, n_kv_head=bound["n_kv_head"]) for shape in shapes],
        [kv_cache_size(shape, step, n_kv_head=1) for shape in shapes],
        marked,
    )


gqa = Explorer(
    name="gqa",
    title="What does sharing key-value heads buy?",
    controls=(MODEL, KV_HEADS, CONTEXT, BATCH, KV_BYTES),
    outputs=(
        kv_cache_size,
        kv_cache_reduction,
        kv_to_weights_ratio,
        kv_to_compute_ratio,
        balancing_group_size,
    ),
    draw=_draw,
    fixed=POST,
)
