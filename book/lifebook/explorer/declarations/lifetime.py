"""Explorer: the cost of a whole life by model size, at equal loss."""

from __future__ import annotations

from dataclasses import replace

from lifebook.evidence import kv_family
from lifebook.explorer import Explorer, Mark, Range
from lifebook.explorer.declarations.compute_optimal import SCALING_LAW
from lifebook.explorer.declarations.controls import CONTEXT, LLAMAS, POST
from lifebook.figures import lifetime_cost
from lifecost.catalog import models
from lifecost.formulas.kv_family import (
    balanced_params,
    family_kv_elements,
    relative_forward_cost,
    relative_lifetime_cost,
)

FAMILY = kv_family(models[name] for name in LLAMAS)
PEER = Range("peer_params", 1e9, 1e12, 70e9, steps_per_double=4)
SIZE = Range("n_params", 1e8, 1e13, 70e9, steps_per_double=8)
ANSWERS = Range("decode_tokens", 1e9, 1e16, 1e13, steps_per_double=2)
_LINE = ("n_params", SIZE.grid(81))

lifetime = Explorer(
    name="lifetime",
    title="Which size is cheapest over its life, at the same quality?",
    controls=(replace(SCALING_LAW, opening="sardana"), PEER, SIZE, ANSWERS, CONTEXT),
    outputs=(
        family_kv_elements,
        relative_lifetime_cost,
        relative_forward_cost,
        balanced_params,
    ),
    marks=(
        Mark("forward-curve", "line", "n_params", "relative_forward_cost", _LINE),
        Mark("life-curve", "line", "n_params", "relative_lifetime_cost", _LINE),
        Mark("peer", "dot", x="peer_params", y=1),
        Mark("chosen", "dot", x="n_params", y="relative_lifetime_cost"),
    ),
    draw=lifetime_cost.lifetime,
    # Decoded tokens alone: a workload's prompts are in the chapter.
    fixed={**FAMILY, "hoi": POST["hoi"], "kv_bytes": POST["kv_bytes"], "prefill_tokens": 0},
)
