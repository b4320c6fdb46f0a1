"""Explorer: one decode step under the two conventions of what overlaps."""

from __future__ import annotations

from lifecost.explorer import Explorer, Mark
from lifecost.explorer.gallery.controls import BATCH, CHIPS, CONTEXT, DEVICE, MODEL, POST
from lifecost.formulas.time import (
    chips_needed,
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    decode_weights_time,
)
from lifecost.plots import does_it_hold

overlap = Explorer(
    name="overlap",
    title="How much does it matter what overlaps?",
    controls=(MODEL, DEVICE, CHIPS, BATCH, CONTEXT),
    outputs=(
        decode_kv_time,
        decode_weights_time,
        decode_compute_time,
        decode_step_time,
        decode_step_time_serial,
        chips_needed,
    ),
    marks=(
        Mark("compute-time", "bar", x="decode_compute_time"),
        Mark("weights-time", "bar", x="decode_weights_time"),
        Mark("kv-time", "bar", x="decode_kv_time"),
        Mark("overlapped-time", "bar", x="decode_step_time"),
        Mark("serial-time", "bar", x="decode_step_time_serial"),
    ),
    draw=does_it_hold.overlap,
    fixed=POST,
)
