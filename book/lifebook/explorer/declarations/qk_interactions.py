"""Explorer: how rich a query-key interaction may be before a decode step gets dearer."""

from __future__ import annotations

from lifebook.explorer import Explorer, Mark, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, HOI, MODEL, POST
from lifebook.figures import interactions
from lifecost.formulas.interactions import (
    free_interaction,
    free_interaction_full,
    interaction_intensity,
    interaction_step_cost,
    interaction_step_cost_full,
    interaction_training_factor,
)

MULTIPLIER = Range("interaction_multiplier", 1, 256, 1, steps_per_double=4)
_HEIGHTS = tuple(float(f"{2 ** (step / 4):.4g}") for step in range(-4, 61))

qk_interactions = Explorer(
    name="qk-interactions",
    title="How much arithmetic for each cached byte is free?",
    controls=(MODEL, CONTEXT, BATCH, HOI, MULTIPLIER),
    outputs=(
        free_interaction,
        free_interaction_full,
        interaction_step_cost,
        interaction_step_cost_full,
        interaction_training_factor,
        interaction_intensity,
    ),
    marks=(
        Mark("roof", "line", "intensity", "attainable_share", ("intensity", _HEIGHTS)),
        Mark("today", "dot", "attention_intensity", "interaction_utilization",
             bind={"interaction_multiplier": 1}),
        Mark("chosen", "dot", "interaction_intensity", "interaction_utilization"),
    ),
    draw=interactions.under_the_roof,
    fixed={**POST, "sequence_length": POST["context"]},
)  # fmt: skip
