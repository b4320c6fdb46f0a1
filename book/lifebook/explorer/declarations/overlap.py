"""Explorer: one decode step under the two conventions of what overlaps."""

from __future__ import annotations

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Lane, Lanes, Output, Part, Plot
from lifebook.explorer.declarations.controls import BATCH, CHIPS, CONTEXT, DEVICE, MODEL, POST
from lifecost.formulas.time import (
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    decode_weights_time,
    memory_needed,
    serial_slowdown,
)

ARITHMETIC = Part("decode_compute_time", "arithmetic", "compute")
WEIGHTS = Part("decode_weights_time", "weights", "weights")
CACHE = Part("decode_kv_time", "KV cache", "kv")

overlap = Explorer(
    name="overlap",
    title="How much does it matter what overlaps?",
    controls=(MODEL, DEVICE, CHIPS, BATCH, CONTEXT),
    outputs=(
        Output(decode_step_time, "step, overlap"),
        Output(decode_step_time_serial, "step, serial"),
        Output(serial_slowdown, "serial ÷ overlap", "times"),
        Output(decode_compute_time, "arithmetic"),
        Output(decode_weights_time, "weights"),
        Output(decode_kv_time, "KV cache"),
        Output(memory_needed, "each chip holds", of="memory_capacity"),
    ),
    answer=(
        Case(
            "It does not matter here.",
            "Reading takes all of the time: {decode_step_time} at least, whatever overlaps.",
            ("decode_step_time", "decode_step_time_serial"),
        ),
        Case(
            "It matters.",
            "Where all else waits until the cache is read, a step takes {serial_slowdown} as long: "
            "{decode_step_time_serial} at least.",
        ),
    ),
    picture=(
        Lanes(
            "seconds",
            (
                Lane("Overlap, math", (ARITHMETIC,)),
                Lane("Overlap, reads", (WEIGHTS, CACHE)),
                Lane("Serial, math", (Part("decode_kv_time", "waits", "muted"), ARITHMETIC)),
                Lane("Serial, reads", (CACHE, WEIGHTS)),
            ),
        ),
        Plot(
            Axis("batch", "batch (sequences)", 1, 4096, "count"),
            Axis("decode_step_time", "time of a step", 1e-4, 10, "seconds"),
            curves=(
                Curve("decode_step_time", "overlap", "decode"),
                Curve("decode_step_time_serial", "serial", "decode", dashed=True),
                Curve("decode_compute_time", "arithmetic", "compute"),
            ),
            dots=(
                Dot("batch", "decode_step_time_serial", "", "decode", ring=True),
                Dot("batch", "decode_step_time", "", "decode", {"batch": "x"}),
            ),
            holds=("memory_needed", "memory_capacity"),
            over="over {tensor_parallel} × {memory_capacity}",
        ),
    ),
    fixed=POST,
)  # fmt: skip
