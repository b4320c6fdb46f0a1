"""Explorer: compute, weights and KV cache of one decode step in one currency."""

from __future__ import annotations

from lifebook.explorer import Explorer, Mark
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, HOI, KV_BYTES, MODEL, POST
from lifebook.figures import flop_equivalents
from lifecost.formulas.decode import (
    break_even_context,
    decode_utilization,
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
    weight_load_flop_equivalent,
)

balance = Explorer(
    name="balance",
    title="Does the step wait for arithmetic or for memory?",
    controls=(MODEL, BATCH, CONTEXT, KV_BYTES, HOI),
    outputs=(
        kv_to_compute_ratio,
        forward_flops,
        kv_load_flop_equivalent,
        weight_load_flop_equivalent,
        break_even_context,
        decode_utilization,
    ),
    marks=(
        Mark("compute-cost", "bar", x="forward_flops"),
        Mark("weights-cost", "bar", x="weight_load_flop_equivalent"),
        Mark("kv-cost", "bar", x="kv_load_flop_equivalent"),
        # A power law: two points draw it on logarithmic axes.
        Mark("ratio-mark", "line", "context", "kv_to_compute_ratio", ("context", (10, 2**21))),
        Mark("break-even-mark", "dot", x="break_even_context", y=1),
        Mark("setting-mark", "dot", x="context", y="kv_to_compute_ratio"),
    ),
    draw=flop_equivalents.balance,
    fixed=POST,
)
