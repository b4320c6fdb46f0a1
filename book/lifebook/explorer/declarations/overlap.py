"""Explorer: one decode step under the two conventions of what overlaps."""

from __future__ import annotations

from dataclasses import replace

from lifebook.explorer import Explorer, Mark
from lifebook.explorer.declarations.controls import BATCH, CHIPS, CONTEXT, DEVICE, MODEL, POST
from lifebook.figures import does_it_hold
from lifecost.catalog import models
from lifecost.formulas.time import (
    chips_needed,
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    decode_weights_time,
)
from lifecost.report import split_by_heads

ON_CHIPS = {
    name: {**bound, **split_by_heads(models[name])} for name, bound in MODEL.options.items()
}

overlap = Explorer(
    name="overlap",
    title="How much does it matter what overlaps?",
    controls=(replace(MODEL, options=ON_CHIPS), DEVICE, CHIPS, BATCH, CONTEXT),
    outputs=(
        decode_kv_time,
        decode_weights_time,
        decode_compute_time,
        decode_step_time,
        decode_step_time_serial,
        chips_needed,
    ),
    marks=(
        Mark("compute-time", "dot", x="decode_compute_time", y=0),
        Mark("weights-time", "dot", x="decode_weights_time", y=1),
        Mark("kv-time", "dot", x="decode_kv_time", y=2),
        Mark("overlapped-time", "dot", x="decode_step_time", y=3),
        Mark("serial-time", "dot", x="decode_step_time_serial", y=4),
    ),
    draw=does_it_hold.overlap,
    fixed=POST,
)
