"""Explorer: the cost of a whole life by model size, at equal loss."""

from __future__ import annotations

from dataclasses import replace

from lifebook.evidence import kv_family
from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Output, Plot, Range
from lifebook.explorer.declarations.compute_optimal import SCALING_LAW
from lifebook.explorer.declarations.controls import CONTEXT, LLAMAS, POST
from lifecost.catalog import models
from lifecost.formulas.kv_family import (
    balanced_params,
    family_kv_elements,
    relative_forward_cost,
    relative_lifetime_cost,
)

FAMILY = kv_family(models[name] for name in LLAMAS)
PEER = Range("peer_params", 1e9, 1e12, 70e9, "Peer", per_double=4)
SIZE = Range("n_params", 1e8, 1e13, 70e9, "Size", per_double=8)
ANSWERS = Range("decode_tokens", 1e9, 1e16, 1e13, "Decoded", per_double=2)

lifetime = Explorer(
    name="lifetime",
    title="Which size is cheapest over its life, at the same quality?",
    controls=(replace(SCALING_LAW, opening="sardana"), PEER, SIZE, ANSWERS, CONTEXT),
    outputs=(
        Output(relative_lifetime_cost, "life ÷ compute-optimal life", "times"),
        Output(relative_forward_cost, "the same, cache not counted", "times"),
        Output(balanced_params, "cache = arithmetic at"),
        Output(family_kv_elements, "cached for each token"),
    ),
    answer=(
        Case(
            "So small a model never gets that good.",
            "By this law no number of training tokens takes {n_params} to the loss of the "
            "compute-optimal {peer_params}.",
            ("relative_lifetime_cost", 1e12),
        ),
        Case(
            "No cheaper than the compute-optimal model.",
            "A life at {n_params} costs {relative_lifetime_cost} that of the compute-optimal "
            "{peer_params}. Drag the dot to the bottom of the valley.",
            ("relative_lifetime_cost", 0.995),  # to the digits that are shown
        ),
        Case(
            "Cheaper, and as good.",
            "A life at {n_params} costs {relative_lifetime_cost:percent} of that of the "
            "compute-optimal {peer_params}, at the same loss.",
        ),
    ),
    picture=(
        Plot(
            Axis("n_params", "parameters", SIZE.low, SIZE.high, "count"),
            Axis("relative_lifetime_cost", "cost of the whole life, same loss", 0.1, 30, "times"),
            curves=(
                Curve("relative_lifetime_cost", "with its cache", "kv"),
                Curve("relative_forward_cost", "forward passes", "compute", dashed=True),
            ),
            dots=(
                Dot("peer_params", 1, "compute-optimal", "muted", {"peer_params": "x"}, ring=True),
                Dot("n_params", "relative_lifetime_cost", "", "kv", {"n_params": "x"}),
            ),
            split=(1, "costs more", "costs less"),
        ),
    ),
    # Decoded tokens alone: a workload's prompts are in the chapter.
    fixed={**FAMILY, "hoi": POST["hoi"], "kv_bytes": POST["kv_bytes"], "prefill_tokens": 0},
)
