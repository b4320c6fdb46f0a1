"""Explorer: how rich a query-key interaction may be before a decode step costs more."""

from __future__ import annotations

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Output, Plot, Points, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, HOI, MODEL, POST
from lifecost.formulas.interactions import (
    free_interaction,
    free_interaction_full,
    interaction_intensity,
    interaction_step_cost,
    interaction_step_cost_full,
    interaction_training_factor,
)

MULTIPLIER = Range("interaction_multiplier", 1, 256, 1, "Arithmetic", "times", per_double=4)

qk_interactions = Explorer(
    name="qk-interactions",
    title="How much arithmetic for each cached byte is free?",
    controls=(MODEL, CONTEXT, BATCH, HOI, MULTIPLIER),
    outputs=(
        Output(free_interaction_full, "free arithmetic", "times"),
        Output(free_interaction, "free, as the post counts", "times"),
        Output(interaction_step_cost_full, "step"),
        Output(interaction_step_cost, "step, as the post counts"),
        Output(interaction_training_factor, "training", "times"),
        Output(interaction_intensity, "intensity of attention"),
    ),
    answer=(
        Case(
            "Decode does it for nothing.",
            "A step has time for {free_interaction_full} of today's attention; you ask for "
            "{interaction_multiplier}. Training costs {interaction_training_factor}.",
            ("free_interaction_full", "interaction_multiplier"),
        ),
        Case(
            "Decode pays for it.",
            "A step has time for {free_interaction_full} of today's attention; you ask for "
            "{interaction_multiplier}. Training costs {interaction_training_factor}.",
        ),
    ),
    picture=(
        Plot(
            Axis("intensity", "FLOP for each byte of the cache", 0.5, 2**15, "count"),
            Axis("attainable_share", "share of the peak", 1e-4, 2, "percent"),
            curves=(Curve("attainable_share", ""),),
            points=(Points("models", "interaction_intensity", "interaction_utilization"),),
            dots=(
                Dot("interaction_intensity", "interaction_utilization", "attention", "kv",
                    {"interaction_multiplier": "x"}),
            ),
        ),
        Plot(
            Axis("interaction_multiplier", "arithmetic, today's attention = 1", 1, 256, "times"),
            Axis("interaction_step_cost_full", "FLOP-equivalents of a step", 1e13, 1e15, "FLOP"),
            curves=(
                Curve("interaction_step_cost_full", "a step", "decode"),
                Curve("interaction_step_cost", "as the post counts", "decode", dashed=True),
            ),
            dots=(
                Dot("interaction_multiplier", "interaction_step_cost_full", "", "decode",
                    {"interaction_multiplier": "x"}),
            ),
        ),
    ),
    fixed={**POST, "sequence_length": POST["context"]},
)  # fmt: skip
