"""Explorer: how much quality a smaller cache may cost."""

from __future__ import annotations

from lifebook.evidence import cache_penalties
from lifebook.explorer import Explorer, Mark, Points, Range
from lifebook.explorer.declarations.controls import CONTEXT, MODEL, POST
from lifebook.explorer.declarations.lifetime import ANSWERS
from lifebook.figures import kv_compression as plots
from lifebook.figures.style import Figure
from lifecost.catalog import laws, models, post
from lifecost.formulas.compression import (
    break_even_params_penalty,
    break_even_tokens_penalty,
    compressed_lifetime_cost,
    equal_loss_params_penalty,
    equal_loss_tokens_penalty,
)
from lifecost.formulas.lifetime import lifetime_cost

SHARE = Range("kv_share", 0.01, 0.98, 0.25, step=0.01)
GAP = Range("loss_gap", 0.001, 0.09, 0.029, step=0.001)
LINE = ("kv_share", SHARE.grid(60))
BESIROGLU, TRAINED = laws["besiroglu"], models["llama-3-8b"].bindings["train_tokens"]


def _draw(points: Points) -> Figure:
    measured = cache_penalties(BESIROGLU, {**post.model("llama-3-8b"), "train_tokens": TRAINED})
    read, lost = ([row[key] for row in measured] for key in ("read_share", "params_penalty"))
    return plots.compression(points, read, lost)


kv_compression = Explorer(
    name="kv-compression",
    title="How much quality may a smaller cache cost?",
    controls=(MODEL, SHARE, GAP, CONTEXT, ANSWERS),
    outputs=(
        break_even_params_penalty,
        equal_loss_params_penalty,
        break_even_tokens_penalty,
        equal_loss_tokens_penalty,
        lifetime_cost,
        compressed_lifetime_cost,
    ),
    marks=(
        Mark("allowed", "line", "kv_share", "break_even_params_penalty", LINE),
        Mark("here", "dot", x="kv_share", y="break_even_params_penalty"),
        Mark("owed", "dot", x="kv_share", y="equal_loss_params_penalty"),
    ),
    draw=_draw,
    fixed={**POST, **BESIROGLU.bindings, "train_tokens": TRAINED, "prefill_tokens": 0},
)
