"""Explorer: what guessing ahead brings."""

from __future__ import annotations

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Output, Plot, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, MODEL, POST
from lifecost.catalog import hardware
from lifecost.formulas.speculative import (
    expected_tokens,
    speculative_speedup,
    speculative_speedup_full,
    verification_cost_full,
)

LENGTH = Range("draft_length", 1, 24, 4, "Guesses", step=1)
ACCEPTANCE = Range("acceptance_rate", 0.01, 0.98, 0.8, "Each is right", "percent", step=0.01)

speculative = Explorer(
    name="speculative",
    title="When does guessing ahead pay?",
    controls=(MODEL, BATCH, CONTEXT, LENGTH, ACCEPTANCE),
    outputs=(
        Output(speculative_speedup_full, "speed-up", "times"),
        Output(speculative_speedup, "as the post counts", "times"),
        Output(expected_tokens, "tokens a verification", "number"),
        Output(verification_cost_full, "one verification"),
    ),
    answer=(
        Case(
            "Guessing pays.",
            "Of {draft_length} guesses and the model's own token, a verification keeps "
            "{expected_tokens} on average.",
            ("speculative_speedup_full", 1),
        ),
        Case(
            "Guessing costs more than it brings.",
            "Of {draft_length} guesses and the model's own token, a verification keeps "
            "{expected_tokens} on average.",
        ),
    ),
    picture=(
        Plot(
            Axis("draft_length", "guesses", 0, 24, "count", log=False),
            Axis("speculative_speedup_full", "speed-up", 0, 5, "times", log=False),
            curves=(
                Curve("speculative_speedup_full", "speed-up", "decode"),
                Curve("speculative_speedup", "as the post counts", "decode", dashed=True),
            ),
            dots=(
                Dot("draft_length", "speculative_speedup_full", "", "decode",
                    {"draft_length": "x"}),
            ),
            split=(1, "pays", "does not pay"),
        ),
        Plot(
            Axis("context", "context (tokens)", 128, 2**20, "context"),
            Axis("speculative_speedup_full", "speed-up", 0, 5, "times", log=False),
            curves=(
                Curve("speculative_speedup_full", "speed-up", "decode"),
                Curve("expected_tokens", "tokens a verification", "muted", dashed=True),
            ),
            dots=(Dot("context", "speculative_speedup_full", "", "decode", {"context": "x"}),),
            holds=("memory_needed", "memory_capacity"),
            over="over {memory_capacity}",
            split=(1, "pays", "does not pay"),
        ),
    ),
    # A draft step at a twentieth of the model's own: the upper end of what Leviathan et al. use.
    fixed={
        **POST, "draft_cost_ratio": 1 / 20,
        "memory_capacity": hardware["h100-sxm"].memory_capacity,
    },
)  # fmt: skip
