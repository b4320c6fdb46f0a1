"""Explorer: how much quality a smaller cache may cost."""

from __future__ import annotations

from lifebook.evidence import cache_penalties
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
from lifebook.explorer.declarations.controls import CONTEXT, PLAIN_MODEL, POST
from lifebook.explorer.declarations.lifetime import ANSWERS
from lifecost.catalog import laws, models, post
from lifecost.formulas.compression import (
    break_even_params_penalty,
    break_even_tokens_penalty,
    compressed_decode_cost,
    equal_loss_params_penalty,
    equal_loss_tokens_penalty,
)
from lifecost.formulas.lifetime import decode_cost
from lifecost.formulas.training import training_flops

SHARE = Range("kv_share", 0.01, 0.98, 0.25, "Cache read", "percent", step=0.01)
GAP = Range("loss_gap", 0.001, 0.09, 0.029, "Loss", step=0.001)
BESIROGLU, TRAINED = laws["besiroglu"], models["llama-3-8b"].bindings["train_tokens"]
MEASURED = tuple(
    (str(row["title"]), float(row["read_share"]), float(row["params_penalty"]))
    for row in cache_penalties(BESIROGLU, {**post.model("llama-3-8b"), "train_tokens": TRAINED})
)
_TRAINING = Part("training_flops", "training", "training")

kv_compression = Explorer(
    name="kv-compression",
    title="How much quality may a smaller cache cost?",
    controls=(PLAIN_MODEL, SHARE, GAP, CONTEXT, ANSWERS),
    outputs=(
        Output(break_even_params_penalty, "may be lost, in parameters", "percent"),
        Output(equal_loss_params_penalty, "is lost, in parameters", "percent"),
        Output(break_even_tokens_penalty, "may be lost, in tokens", "percent"),
        Output(equal_loss_tokens_penalty, "is lost, in tokens", "percent"),
        Output(training_flops, "training"),
        Output(decode_cost, "decoding"),
        Output(compressed_decode_cost, "smaller"),
    ),
    answer=(
        Case(
            "The smaller cache does not pay.",
            "The loss is worth {equal_loss_params_penalty} of the parameters; what is saved pays "
            "for {break_even_params_penalty}.",
            ("equal_loss_params_penalty", "break_even_params_penalty"),
        ),
        Case(
            "The smaller cache pays.",
            "The loss is worth {equal_loss_params_penalty} of the parameters; what is saved pays "
            "for {break_even_params_penalty}.",
        ),
    ),
    picture=(
        Lanes(
            "FLOP",
            (
                Lane("All of it", (_TRAINING, Part("decode_cost", "decoding", "decode"))),
                Lane(
                    "A share",
                    (_TRAINING, Part("compressed_decode_cost", "decoding", "kv")),
                ),
            ),
        ),
        Plot(
            Axis("kv_share", "cache that is read, as a share", 0.01, 1, "percent"),
            Axis("break_even_params_penalty", "loss in effective parameters", 0, 1, "percent",
                 log=False),
            curves=(
                Curve("break_even_params_penalty", "may be lost", "decode"),
                Curve("equal_loss_params_penalty", "is lost", "kv", dashed=True),
            ),
            dots=(
                Dot("kv_share", "break_even_params_penalty", "", "decode", {"kv_share": "x"},
                    ring=True),
                Dot("kv_share", "equal_loss_params_penalty", "", "kv",
                    {"kv_share": "x", "loss_gap": "y"}),
            ),
            points=(Points("measured", measured=MEASURED, color="kv"),),
        ),
    ),
    fixed={**POST, **BESIROGLU.bindings, "train_tokens": TRAINED, "prefill_tokens": 0},
)  # fmt: skip
