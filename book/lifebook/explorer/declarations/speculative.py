"""Explorer: what guessing ahead brings."""

from __future__ import annotations

from lifebook.explorer import Explorer, Mark, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, MODEL, POST
from lifebook.figures import speculative as plots
from lifecost.formulas.speculative import (
    expected_tokens,
    speculative_speedup,
    speculative_speedup_full,
    verification_cost_full,
)

LENGTH = Range("draft_length", 1, 24, 4)
ACCEPTANCE = Range("acceptance_rate", 0.01, 0.98, 0.8, step=0.01)
_LENGTHS = tuple(float(length) for length in range(int(LENGTH.high) + 1))

speculative = Explorer(
    name="speculative",
    title="When does guessing ahead pay?",
    controls=(MODEL, BATCH, CONTEXT, LENGTH, ACCEPTANCE),
    outputs=(
        expected_tokens, speculative_speedup_full, speculative_speedup, verification_cost_full,
    ),
    marks=(
        Mark("post-curve", "line", "draft_length", "speculative_speedup",
             ("draft_length", _LENGTHS)),
        Mark("full-curve", "line", "draft_length", "speculative_speedup_full",
             ("draft_length", _LENGTHS)),
        Mark("chosen", "dot", x="draft_length", y="speculative_speedup_full"),
    ),
    draw=plots.speculation,
    # A draft step at a twentieth of the model's own: the upper end of what Leviathan et al. use.
    fixed={**POST, "draft_cost_ratio": 1 / 20},
)  # fmt: skip
