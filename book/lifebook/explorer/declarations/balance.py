"""Explorer: compute, weights and KV cache of one decode step in one currency."""

from __future__ import annotations

from lifebook.explorer import Axis, Case, Curve, Dot, Explorer, Lane, Lanes, Output, Part, Plot
from lifebook.explorer.declarations.controls import (
    BATCH,
    CONTEXT,
    KV_BYTES,
    MODEL,
    POST,
    POST_DEVICE,
)
from lifecost.formulas.decode import (
    break_even_context,
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
    memory_to_compute_ratio,
    weight_load_flop_equivalent,
)
from lifecost.formulas.time import memory_needed

balance = Explorer(
    name="balance",
    title="Does the step wait for arithmetic or for memory?",
    controls=(MODEL, POST_DEVICE, BATCH, CONTEXT, KV_BYTES),
    outputs=(
        Output(memory_to_compute_ratio, "memory ÷ arithmetic", "times"),
        Output(forward_flops, "arithmetic"),
        Output(weight_load_flop_equivalent, "weights"),
        Output(kv_load_flop_equivalent, "KV cache"),
        Output(kv_to_compute_ratio, "cache ÷ arithmetic", "times"),
        Output(break_even_context, "cache over arithmetic from", "context"),
        Output(memory_needed, "memory held", of="memory_capacity"),
    ),
    answer=(
        Case(
            "It waits for memory.",
            "In the time that it reads, the chip could do {memory_to_compute_ratio} the arithmetic "
            "of the step.",
            ("memory_to_compute_ratio", 1),
        ),
        Case(
            "It waits for arithmetic.",
            "Reading takes {memory_to_compute_ratio:percent} of the time of the arithmetic.",
        ),
    ),
    picture=(
        Lanes(
            "FLOP",
            (
                Lane("Arithmetic", (Part("forward_flops", "arithmetic", "compute"),)),
                Lane(
                    "Memory",
                    (
                        Part("weight_load_flop_equivalent", "weights", "weights"),
                        Part("kv_load_flop_equivalent", "KV cache", "kv"),
                    ),
                ),
            ),
            together=True,
        ),
        Plot(
            Axis("context", "context (tokens)", 128, 2**20, "context"),
            Axis("memory_to_compute_ratio", "memory ÷ arithmetic", 0.05, 1e4, "times"),
            curves=(
                Curve("memory_to_compute_ratio", "weights + cache"),
                Curve("kv_to_compute_ratio", "KV cache", "kv"),
                Curve("weights_to_compute_ratio", "weights", "weights"),
                Curve(1, "", "compute"),
            ),
            dots=(
                Dot("break_even_context", 1, "cache alone: 1× from {break_even_context}", "kv",
                    ring=True),
                Dot(128, "weights_to_compute_ratio", "", "weights", {"batch": "y"}),
                Dot("context", "memory_to_compute_ratio", "", "ink", {"context": "x"}),
            ),
            holds=("memory_needed", "memory_capacity"),
            over="over {memory_capacity}",
            split=(1, "waits for memory", "waits for arithmetic"),
        ),
    ),
    fixed=POST,
)  # fmt: skip
