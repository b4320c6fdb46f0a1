"""Explorer: where prefill and the two halves of decode stand under a device's roofline."""

from __future__ import annotations

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Output, Plot
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, DEVICE, KV_BYTES, MODEL, POST
from lifecost.formulas.roofline import (
    attention_intensity,
    attention_rate,
    decode_intensity,
    decode_rate,
    prefill_intensity,
    prefill_rate,
)

roofline = Explorer(
    name="roofline",
    title="How much of the peak can each part of a request reach?",
    controls=(MODEL, DEVICE, BATCH, CONTEXT, KV_BYTES),
    outputs=(
        Output(attention_rate, "attention in decode"),
        Output(decode_rate, "weights in decode"),
        Output(prefill_rate, "weights in prefill"),
        Output(attention_intensity, "attention: intensity"),
        Output(decode_intensity, "decode: intensity"),
        Output(prefill_intensity, "prefill: intensity"),
    ),
    answer=(
        Case(
            "Attention reaches the peak.",
            "It does {attention_intensity}, and the chip needs {hoi}.",
            ("attention_intensity", "hoi"),
        ),
        Case(
            "Attention waits for memory.",
            "At {attention_intensity} it is far from the {hoi} that the peak of {peak_flops} "
            "takes.",
        ),
    ),
    picture=(
        Plot(
            Axis("intensity", "intensity (FLOP for each byte read)", 0.1, 1e5, "count"),
            Axis("attainable_flops", "attainable rate", 1e11, 1e16, "FLOP/s"),
            curves=(Curve("attainable_flops", ""), Curve("peak_flops", "peak of the chip", "muted",
                                                          dashed=True)),
            dots=(
                Dot("attention_intensity", "attention_rate", "attention in decode", "kv",
                    {"kv_bytes": "x"}),
                Dot("prefill_intensity", "prefill_rate", "weights in prefill", "prefill",
                    {"context": "x"}),
                Dot("decode_intensity", "decode_rate", "weights in decode", "weights",
                    {"batch": "x"}),
            ),
        ),
    ),
    fixed=POST,
)  # fmt: skip
