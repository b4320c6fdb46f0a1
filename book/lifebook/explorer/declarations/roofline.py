"""Explorer: where prefill and the two halves of decode stand under a device's roofline."""

from __future__ import annotations

from lifebook.explorer import Choice, Explorer, Mark
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, KV_BYTES, POST_MODEL
from lifebook.explorer.declarations.controls import POST as SETTING
from lifebook.figures import flop_equivalents
from lifecost.catalog import hardware
from lifecost.formulas.roofline import (
    attention_intensity,
    attention_rate,
    decode_intensity,
    decode_rate,
    prefill_intensity,
    prefill_rate,
)

# One precision each, the fastest that both arithmetic and a cache of one byte can share.
_PARTS = {"h100-sxm": "fp8", "h200-sxm": "fp8", "b200": "fp8", "a100-sxm-80gb": "int8",
          "mi300x": "fp8", "tpu-v5e": "int8", "tpu-v7": "fp8"}  # fmt: skip
DEVICE = Choice(
    "device",
    "device",
    {name: hardware[name].at(precision) for name, precision in _PARTS.items()},
    "h100-sxm",
    {name: f"{hardware[name].title}, {form.upper()}" for name, form in _PARTS.items()},
)

roofline = Explorer(
    name="roofline",
    title="How much of the peak can each part of a request reach?",
    controls=(POST_MODEL, DEVICE, BATCH, CONTEXT, KV_BYTES),
    outputs=(
        attention_rate, decode_rate, prefill_rate,
        attention_intensity, decode_intensity, prefill_intensity,
    ),
    marks=(
        Mark("roof", "line", "intensity", "attainable_flops",
             ("intensity", tuple(float(f"{2 ** (step / 6):.4g}") for step in range(-18, 133)))),
        Mark("attention", "dot", x="attention_intensity", y="attention_rate"),
        Mark("decode", "dot", x="decode_intensity", y="decode_rate"),
        Mark("prefill", "dot", x="prefill_intensity", y="prefill_rate"),
    ),
    draw=flop_equivalents.roofline,
    fixed=SETTING,
)  # fmt: skip
