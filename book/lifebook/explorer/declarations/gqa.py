"""Explorer: what sharing key-value heads buys, model by model."""

from __future__ import annotations

from lifebook.explorer import (
    Axis,
    Case,
    Choice,
    Curve,
    Dot,
    Explorer,
    Lane,
    Lanes,
    Output,
    Part,
    Plot,
)
from lifebook.explorer.declarations.controls import (
    BATCH,
    CONTEXT,
    KV_BYTES,
    PLAIN_MODEL,
    POST,
    only,
)
from lifecost.formulas.decode import balancing_group_size, kv_to_compute_ratio
from lifecost.formulas.kv_cache import kv_cache_reduction, kv_cache_size, kv_to_weights_ratio

# Each divides the query heads of all these models.
KV_HEADS = Choice(
    "n_kv_head",
    "KV heads",
    {
        **{str(heads): {"n_kv_head": heads} for heads in (1, 2, 4, 8)},
        "MHA": {"n_kv_head": "n_head"},
    },
    "8",
    {"1": "1 for all (MQA)", "MHA": "one for each query (MHA)"},
)
GROUPED = only(
    PLAIN_MODEL,
    *(name for name, bound in PLAIN_MODEL.options.items() if bound["n_head"] % 8 == 0),
)

gqa = Explorer(
    name="gqa",
    title="What does sharing key-value heads buy?",
    controls=(GROUPED, KV_HEADS, CONTEXT, BATCH, KV_BYTES),
    outputs=(
        Output(kv_cache_reduction, "smaller cache than MHA's", "times"),
        Output(kv_cache_size, "KV cache"),
        Output(kv_to_weights_ratio, "cache ÷ weights", "times"),
        Output(kv_to_compute_ratio, "cache ÷ arithmetic", "times"),
        Output(balancing_group_size, "heads to share for 1×", "number"),
    ),
    answer=(
        Case(
            "The cache no longer holds the step up.",
            "It is {kv_cache_reduction} smaller than with a head for each query, and takes "
            "{kv_to_compute_ratio:percent} of the time of the arithmetic.",
            (1, "kv_to_compute_ratio"),
        ),
        Case(
            "A smaller cache, and never small enough.",
            "Reading takes {kv_to_compute_ratio} the time of the arithmetic. For equal times "
            "{balancing_group_size} query heads would have to share one; there are {n_head}.",
            ("balancing_group_size", "n_head"),
        ),
        Case(
            "A smaller cache, and still the longer wait.",
            "Reading takes {kv_to_compute_ratio} the time of the arithmetic. It would be 1× if "
            "{balancing_group_size} of the {n_head} query heads shared one.",
        ),
    ),
    picture=(
        Lanes(
            "FLOP",
            (
                Lane("Arithmetic", (Part("forward_flops", "arithmetic", "compute"),)),
                Lane("Cache", (Part("kv_load_flop_equivalent", "KV cache", "kv"),)),
            ),
            together=True,
        ),
        Plot(
            Axis("context", "context (tokens)", CONTEXT.low, CONTEXT.high, "context"),
            Axis("kv_to_compute_ratio", "cache ÷ arithmetic", 0.01, 1000, "times"),
            curves=(Curve("kv_to_compute_ratio", "KV cache", "kv"), Curve(1, "", "compute")),
            dots=(
                Dot("context", "kv_to_compute_ratio", "{kv_cache_size}", "kv", {"context": "x"}),
            ),
            split=(1, "waits for the cache", "waits for arithmetic"),
        ),
    ),
    fixed=POST,
)  # fmt: skip
