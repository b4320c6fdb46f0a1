"""Explorer: how much cheaper inference can get."""

from __future__ import annotations

from lifebook.experiments import experiments
from lifebook.explorer import (
    Axis,
    Case,
    Curve,
    Dot,
    Explorer,
    Lane,
    Lanes,
    Output,
    Part,
    Plot,
    Points,
    Range,
)
from lifebook.explorer.declarations.controls import CONTEXT, LENGTH, MODEL, POST
from lifebook.explorer.declarations.kv_compression import SHARE
from lifecost.formulas.decode import kv_to_compute_ratio
from lifecost.formulas.design import design_inference_factor, design_token_cost
from lifecost.formulas.lifetime import decode_token_cost

# What models of the world read of what the one before read, and the factor that is published.
WORLD = tuple(
    (one.title, 1 / one.reads, one.factors["published"])
    for one in experiments() if "published" in one.factors
)  # fmt: skip
PROMPTS = Range("prefill_tokens", 1e9, 1e14, 1e12, "Prompts", per_double=2)

design_space = Explorer(
    name="design-space",
    title="How much cheaper can inference get?",
    controls=(MODEL, CONTEXT, SHARE, LENGTH, PROMPTS),
    outputs=(
        Output(design_inference_factor, "cheaper by", "times"),
        Output(decode_token_cost, "token"),
        Output(design_token_cost, "redesigned"),
        Output(kv_to_compute_ratio, "cache ÷ arithmetic, as it is", "times"),
    ),
    answer=(
        Case(
            "Ten times cheaper, or more.",
            "A decoded token costs {design_token_cost} instead of {decode_token_cost}.",
            ("design_inference_factor", 10),
        ),
        Case(
            "Cheaper, but not ten times.",
            "A decoded token costs {design_token_cost} instead of {decode_token_cost}; prompts "
            "cost what they did.",
            ("design_inference_factor", 1),
        ),
        Case(
            "Dearer.",
            "A decoded token costs {design_token_cost} instead of {decode_token_cost}: the guesses "
            "cost more than they save.",
        ),
    ),
    picture=(
        Lanes(
            "FLOP/token",
            (
                Lane("As it is", (Part("decode_token_cost", "a decoded token", "kv"),)),
                Lane("Redesigned", (Part("design_token_cost", "a decoded token", "decode"),)),
            ),
        ),
        Plot(
            Axis("kv_share", "share of the cache that is read", 0.01, 1, "percent"),
            Axis("design_inference_factor", "inference is cheaper by", 0.5, 300, "times"),
            curves=(
                Curve("design_inference_factor", "", "kv"),
                Curve(10, "ten times", "training", dashed=True),
            ),
            dots=(
                Dot("kv_share", "design_inference_factor", "", "kv", {"kv_share": "x"}),
            ),
            points=(Points("models, against the one before", measured=WORLD),),
            split=(1, "cheaper", "dearer"),
        ),
    ),
    # A trillion tokens decoded, four guesses in five right, a draft step at a twentieth.
    fixed={**POST, "decode_tokens": 1e12, "acceptance_rate": 0.8, "draft_cost_ratio": 1 / 20},
)  # fmt: skip
