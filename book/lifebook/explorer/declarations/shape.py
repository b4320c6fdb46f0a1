"""Explorer: deep or wide, attention or feed-forward, at one size."""

from __future__ import annotations

from lifebook.explorer import Choice, Explorer, Mark, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, MODEL, POST
from lifebook.figures import model_shape
from lifecost.catalog import hardware, models
from lifecost.formulas.kv_cache import kv_cache_size
from lifecost.formulas.lifetime import decode_token_cost
from lifecost.formulas.shape import (
    equal_size_decode_cost,
    equal_size_factor,
    non_embedding_params,
    shape_ff_ratio,
    shape_ff_width,
    shape_width,
)
from lifecost.formulas.time import chips_needed
from lifecost.shape import shape_laws

OPENING = models[MODEL.opening]
SIZE = Choice(
    "model",
    "size and heads of",
    {
        name: {**bound, "n_body": non_embedding_params({
            symbol: bound[symbol] for symbol in non_embedding_params.symbols
        })}
        for name, bound in MODEL.options.items()
    },
    MODEL.opening,
    MODEL.titles,
)  # fmt: skip
LAYERS = Range("n_layer", 2, 200, OPENING.n_layer, step=2)
SHARE = Range("ff_ratio", 0.2, 16, shape_ff_ratio(OPENING), step=0.2)
_LINE = ("n_layer", (2, 3, 4, 6, 8, 11, 16, 22, 32, 45, 64, 90, 128, 160, 200))

shape = Explorer(
    name="shape",
    title="Deep or wide, attention or feed-forward?",
    controls=(SIZE, LAYERS, SHARE, CONTEXT, BATCH),
    outputs=(
        kv_cache_size, equal_size_factor, shape_width, shape_ff_width, decode_token_cost,
        equal_size_decode_cost, chips_needed,
    ),
    marks=(
        Mark("post-line", "line", "n_layer", "decode_token_cost", _LINE),
        Mark("full-line", "line", "n_layer", "equal_size_decode_cost", _LINE),
        Mark("full-dot", "dot", x="n_layer", y="equal_size_decode_cost"),
        Mark("loss-line", "line", "n_layer", "equal_size_factor", _LINE),
        Mark("loss-dot", "dot", x="n_layer", y="equal_size_factor"),
    ),
    draw=model_shape.shape,
    fixed={
        **POST, **shape_laws["bian-1b"].bindings,
        "memory_capacity": hardware["h100-sxm"].memory_capacity,
    },
)  # fmt: skip
