"""Explorer: how much quality a smaller cache may cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from lifecost.catalog import laws
from lifecost.evidence import cache_penalties
from lifecost.explorer import Explorer, Mark, Points, Range
from lifecost.explorer.gallery.controls import CONTEXT, MODEL, POST
from lifecost.explorer.gallery.lifetime import ANSWERS
from lifecost.formulas.compression import (
    break_even_params_penalty,
    break_even_tokens_penalty,
    compressed_lifetime_cost,
)
from lifecost.formulas.lifetime import lifetime_cost
from lifecost.plots import kv_compression as plots

SHARE = Range("kv_share", 0.01, 0.98, 0.25, step=0.01)
TRAINED = Range("train_tokens", 1e11, 1e14, 15e12, steps_per_double=4)
_GRID = tuple(float(f"{value:.3g}") for value in np.geomspace(SHARE.low, SHARE.high, 60))
MEASURED = cache_penalties(laws["besiroglu"])


def _draw(points: Points) -> Any:
    read, lost = ([row[key] for row in MEASURED] for key in ("read_share", "tokens_penalty"))
    return plots.compression(points, read, lost)


kv_compression = Explorer(
    name="kv-compression",
    title="How much quality may a smaller cache cost?",
    controls=(MODEL, SHARE, CONTEXT, TRAINED, ANSWERS),
    outputs=(
        break_even_tokens_penalty,
        break_even_params_penalty,
        lifetime_cost,
        compressed_lifetime_cost,
    ),
    marks=(
        Mark("allowed", "line", "kv_share", "break_even_tokens_penalty", ("kv_share", _GRID)),
        Mark("here", "dot", x="kv_share", y="break_even_tokens_penalty"),
    ),
    draw=_draw,
    fixed={**POST, "prefill_tokens": 0},
)
