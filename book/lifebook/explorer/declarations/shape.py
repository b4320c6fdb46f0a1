"""Explorer: deep or wide, attention or feed-forward, at one size."""

from __future__ import annotations

from dataclasses import replace

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Output, Plot, Range
from lifebook.explorer.declarations.controls import BATCH, CONTEXT, PLAIN_MODEL, POST
from lifebook.shapes import shape_laws
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

OPENING = models[PLAIN_MODEL.opening]
SIZE = replace(
    PLAIN_MODEL,
    label="Size of",
    options={
        name: {**bound, "n_body": non_embedding_params({
            symbol: bound[symbol] for symbol in non_embedding_params.symbols
        })}
        for name, bound in PLAIN_MODEL.options.items()
    },
    catalog="",  # the size is no part of the catalog
)  # fmt: skip
LAYERS = Range("n_layer", 2, 200, OPENING.n_layer, "Layers", step=2)
SHARE = Range("ff_ratio", 0.2, 16, shape_ff_ratio(OPENING), "FFN ratio", step=0.2)
CHIP = hardware["h100-sxm"]
ALONG = Axis("n_layer", "layers, at one size", 2, 200, "count")

shape = Explorer(
    name="shape",
    title="Deep or wide, attention or feed-forward?",
    controls=(SIZE, LAYERS, SHARE, CONTEXT, BATCH),
    outputs=(
        Output(equal_size_decode_cost, "a decoded token", "FLOP"),
        Output(decode_token_cost, "as the post counts", "FLOP"),
        Output(equal_size_factor, "loss ÷ best shape's", "times"),
        Output(kv_cache_size, "KV cache"),
        Output(shape_width, "width"),
        Output(shape_ff_width, "feed-forward width"),
        Output(chips_needed, f"{CHIP.title} to hold it", "whole"),
    ),
    answer=(
        Case(
            "The law charges for this shape.",
            "Its loss is {equal_size_factor} the best shape's; its cache takes {kv_cache_size}.",
            ("equal_size_factor", 1.01),
        ),
        Case(
            "The law has little against it.",
            "Its loss is {equal_size_factor} the best shape's; its cache takes {kv_cache_size}.",
        ),
    ),
    picture=(
        Plot(
            ALONG,
            Axis("equal_size_decode_cost", "FLOP-equivalents a token", 1e10, 1e13, "FLOP"),
            curves=(
                Curve("equal_size_decode_cost", "a decoded token", "decode"),
                Curve("decode_token_cost", "as the post counts", "decode", dashed=True),
            ),
            dots=(Dot("n_layer", "equal_size_decode_cost", "", "decode", {"n_layer": "x"}),),
            holds=("memory_needed", "memory_capacity"),
            over="over {memory_capacity}",
        ),
        Plot(
            ALONG,
            Axis("equal_size_factor", "loss ÷ best shape's", 0.98, 1.16, "times", log=False),
            curves=(Curve("equal_size_factor", "loss"), Curve(1, "best shape", "muted")),
            dots=(Dot("n_layer", "equal_size_factor", "", "ink", {"n_layer": "x"}),),
        ),
    ),
    fixed={
        **POST, **shape_laws["bian-1b"].bindings, "memory_capacity": CHIP.memory_capacity,
    },
)  # fmt: skip
