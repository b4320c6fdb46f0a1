"""Explorer: compute, weights and KV cache of one decode step in one currency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lifecost.explorer import Explorer
from lifecost.explorer.gallery.controls import BATCH, CONTEXT, HOI, KV_BYTES, MODEL, POST
from lifecost.formulas.decode import (
    break_even_context,
    decode_utilization,
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
    weight_load_flop_equivalent,
)
from lifecost.plots import flop_equivalents


def _draw(bound: Mapping[str, Any], values: Mapping[str, float]) -> Any:
    bars = (forward_flops, weight_load_flop_equivalent, kv_load_flop_equivalent)
    line = np.array([10.0, 2.0**21])  # a power law: two points draw it on logarithmic axes
    return flop_equivalents.balance(
        [values[formula.name] for formula in bars],
        line,
        kv_to_compute_ratio(bound, context=line),
        bound["context"],
        values["kv_to_compute_ratio"],
        values["break_even_context"],
    )


balance = Explorer(
    name="balance",
    title="Does the step wait for arithmetic or for memory?",
    controls=(MODEL, BATCH, CONTEXT, KV_BYTES, HOI),
    outputs=(
        forward_flops,
        kv_load_flop_equivalent,
        kv_to_compute_ratio,
        break_even_context,
        decode_utilization,
        weight_load_flop_equivalent,
    ),
    draw=_draw,
    fixed=POST,
)
