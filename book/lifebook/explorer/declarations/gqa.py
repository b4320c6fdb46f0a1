"""Explorer: what sharing key-value heads buys, model by model."""

from __future__ import annotations

from collections.abc import Iterator

from lifebook.explorer import Choice, Explorer, Mark, Points
from lifebook.explorer.declarations.controls import (
    BATCH,
    CONTEXT,
    KV_BYTES,
    LLAMAS,
    POST,
    POST_MODEL,
)
from lifebook.figures import grouped_query
from lifebook.figures.style import Figure
from lifecost.catalog import models
from lifecost.formulas.decode import balancing_group_size, kv_to_compute_ratio
from lifecost.formulas.kv_cache import kv_cache_reduction, kv_cache_size, kv_to_weights_ratio
from lifecost.values import symbol

# Powers of two up to the smallest model's query heads: each divides those of all three.
KV_HEADS = Choice(
    "n_kv_head",
    symbol("n_kv_head").meaning,
    {str(heads): {"n_kv_head": heads} for heads in (1, 2, 4, 8, 16, 32)},
    "8",
    {"1": "1: one for all (MQA)", "8": "8: as published", "32": "32: MHA in the 8B model"},
)


def _marks() -> Iterator[Mark]:
    for row, name in enumerate(LLAMAS):
        shape = {k: models[name].shape[k] for k in ("n_layer", "n_head", "d_head")}
        extremes = {"mha": {"n_kv_head": shape["n_head"]}, "mqa": {"n_kv_head": 1}, "chosen": {}}
        line = ("n_kv_head", (1, shape["n_head"]))
        yield Mark(f"range-{name}", "line", "kv_cache_size", row, line, shape)
        for kind, heads in extremes.items():
            yield Mark(f"{kind}-{name}", "dot", "kv_cache_size", row, bind={**shape, **heads})
    yield Mark("marked", "dot", x="kv_cache_size", y="row")


def _draw(points: Points) -> Figure:
    return grouped_query.groupings({name: models[name].title for name in LLAMAS}, points)


gqa = Explorer(
    name="gqa",
    title="What does sharing key-value heads buy?",
    controls=(POST_MODEL, KV_HEADS, CONTEXT, BATCH, KV_BYTES),
    outputs=(
        kv_cache_size,
        kv_cache_reduction,
        kv_to_weights_ratio,
        kv_to_compute_ratio,
        balancing_group_size,
    ),
    marks=tuple(_marks()),
    draw=_draw,
    fixed=POST,
)
