"""Explorer: how much cheaper inference can get."""

from __future__ import annotations

from lifebook.explorer import Explorer, Mark, Range
from lifebook.explorer.declarations.controls import CONTEXT, MODEL, POST
from lifebook.explorer.declarations.kv_compression import LINE, SHARE
from lifebook.explorer.declarations.speculative import LENGTH
from lifebook.figures import design_space as plots
from lifecost.formulas.decode import kv_to_compute_ratio
from lifecost.formulas.design import design_inference_factor, design_token_cost
from lifecost.formulas.lifetime import decode_token_cost

PROMPTS = Range("prefill_tokens", 1e9, 1e14, 1e12, steps_per_double=2)

design_space = Explorer(
    name="design-space",
    title="How much cheaper can inference get?",
    controls=(MODEL, CONTEXT, SHARE, LENGTH, PROMPTS),
    outputs=(design_inference_factor, kv_to_compute_ratio, decode_token_cost, design_token_cost),
    marks=(
        Mark("factor", "line", "kv_share", "design_inference_factor", LINE),
        Mark("chosen", "dot", x="kv_share", y="design_inference_factor"),
    ),
    draw=plots.design,
    # A trillion tokens decoded, four guesses in five right, a draft step at a twentieth.
    fixed={**POST, "decode_tokens": 1e12, "acceptance_rate": 0.8, "draft_cost_ratio": 1 / 20},
)
