"""Time: a decode step and a prefill on real chips, and whether the model fits them.

One chip, unless a layout says how more share the model: the degrees of tensor, data, expert and
pipeline parallelism. What a layout copies is counted as copied; what the chips have to tell each
other is left out, so each time is a lower bound. Chips that share all evenly, which no layout
beats, are one with the memory and the rates of all of them. Of routed experts a bound counts what
is certain: those that one token meets, for all tokens may choose alike. How many a batch meets is
no more than an expectation, and the times that count with it are named so.
"""

from __future__ import annotations

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    CACHE,
    KV_8B,
    LLAMA_8B,
    MATRICES_8B,
    MODEL,
    PARAMETERS_8B,
    POST,
    STEP_8B,
    TWO_H100,
)
from lifecost.formulas.kv_cache import kv_cache_size, weights_size
from lifecost.formulas.layout import (
    EVEN,
    cache_moved,
    chip_cache_size,
    chip_weights_size,
    on_their_way,
    step_macs,
)
from lifecost.formulas.transformer import EVEN_EXPERTS
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_PEAK = (*EVEN, "every chip runs at its peak, and what chips tell each other takes no time")
_OVERLAP = ("arithmetic overlaps with all memory traffic", *_PEAK)
_SERIAL = ("reading the cache overlaps with nothing, arithmetic with reading the weights", *_PEAK)
# Degrees of a layout that shorten a step: never the other way.
_DEGREES = "tensor_parallel data_parallel pipeline_parallel"
_CERTAIN = ("all tokens may choose the same experts: those of one token are read for certain",)
_FITS = (*EVEN, "weights and cache only: activations are in the reserve, if there is one")


def _overlapped(s: Symbols, weights: Expr) -> Expr:
    return Max(decode_compute_time(s), weights + decode_kv_time(s))


@formula(
    r"t_\text{compute}", "s", level="full", assumptions=_PEAK,
    varies=f"* batch / peak_flops + {MODEL} context",
    example=(LLAMA_8B | POST | TWO_H100, STEP_8B / 3958e12, "counted by hand"),
)  # fmt: skip
def decode_compute_time(s: Symbols) -> Expr:
    """Least time that the arithmetic of one decode step takes."""
    return FLOP_PER_MAC * sum(step_macs(s)) / s.peak_flops


@formula(
    r"t_\text{w}", "s", level="full", assumptions=(*_CERTAIN, *_PEAK),
    varies=(
        "* d_model weight_bytes / memory_bandwidth + n_layer vocab_size n_ff_matrix d_ff "
        "n_head n_kv_head d_head"
    ),
    example=(LLAMA_8B | POST | TWO_H100, MATRICES_8B / 6.7e12, "counted by hand"),
)  # fmt: skip
def decode_weights_time(s: Symbols) -> Expr:
    """Least time that reading the weights takes in one decode step."""
    return s.but(batch=1).chip_read_bytes / s.memory_bandwidth


@formula(
    r"\bar t_\text{w}", "s", level="full", assumptions=(*EVEN_EXPERTS, *_PEAK),
    varies=(
        "* d_model weight_bytes / memory_bandwidth + n_layer vocab_size n_ff_matrix d_ff "
        "n_head n_kv_head d_head"
    ),
    example=(LLAMA_8B | POST | TWO_H100, MATRICES_8B / 6.7e12, "without experts, the bound"),
)  # fmt: skip
def expected_weights_time(s: Symbols) -> Expr:
    """Time of reading the weights in one decode step, expected if experts are chosen evenly.

    No bound: sequences that resemble each other meet fewer experts.
    """
    return s.but(batch=on_their_way(s)).chip_read_bytes / s.memory_bandwidth


@formula(
    r"t_\text{kv}", "s", level="full", assumptions=_PEAK,
    varies="* n_layer n_kv_head d_head kv_bytes batch context / memory_bandwidth",
    example=(LLAMA_8B | POST | TWO_H100, KV_8B / 6.7e12, "counted by hand"),
)  # fmt: skip
def decode_kv_time(s: Symbols) -> Expr:
    """Least time that reading the KV cache takes in one decode step."""
    return cache_moved(s) / s.memory_bandwidth


@formula(
    r"t_\text{step}", "s", level="full", assumptions=(*_CERTAIN, *_OVERLAP),
    varies=(
        f"+ {MODEL} kv_bytes weight_bytes batch context - peak_flops memory_bandwidth {_DEGREES}"
    ),
    example=(LLAMA_8B | POST | TWO_H100, (MATRICES_8B + KV_8B) / 6.7e12, "bound by memory"),
)  # fmt: skip
def decode_step_time(s: Symbols) -> Expr:
    """Least time of one decode step: arithmetic or memory traffic, whichever takes longer.

    A token passes every pipeline stage, so that stages shorten no step of one sequence; each works
    on a batch of its own meanwhile.
    """
    return _overlapped(s, decode_weights_time(s))


@formula(
    r"\bar t_\text{step}", "s", level="full", assumptions=(*EVEN_EXPERTS, *_OVERLAP),
    varies=(
        f"+ {MODEL} kv_bytes weight_bytes batch context - peak_flops memory_bandwidth {_DEGREES}"
    ),
    example=(LLAMA_8B | POST | TWO_H100, (MATRICES_8B + KV_8B) / 6.7e12, "as the bound"),
)  # fmt: skip
def expected_step_time(s: Symbols) -> Expr:
    """Time of one decode step, expected if experts are chosen evenly and all else is at its bound.

    Without routed experts it is the bound.
    """
    return _overlapped(s, expected_weights_time(s))


@formula(
    r"t_\text{serial}", "s", source="scalingbook", level="full",
    assumptions=(*_CERTAIN, *_SERIAL),
    varies=(
        f"+ {MODEL} kv_bytes weight_bytes batch context - peak_flops memory_bandwidth {_DEGREES}"
    ),
    example=(LLAMA_8B | POST | TWO_H100, (MATRICES_8B + KV_8B) / 6.7e12, "memory-bound: the same"),
)  # fmt: skip
def decode_step_time_serial(s: Symbols) -> Expr:
    """Least time of a decode step whose attention waits for its cache and overlaps with nothing."""
    return decode_kv_time(s) + Max(decode_compute_time(s), decode_weights_time(s))


@formula(
    r"\rho_\text{serial}", "1", level="full", assumptions=(*_CERTAIN, *_PEAK),
    varies=f"+ batch - weight_bytes ~ {MODEL} kv_bytes context peak_flops memory_bandwidth",
    example=(dict(LLAMA_8B | POST | TWO_H100, peak_flops=1e12),
             1 + KV_8B / 6.7e12 / (STEP_8B / 2e12), "compute-bound, by hand"),
)  # fmt: skip
def serial_slowdown(s: Symbols) -> Expr:
    """Step whose attention waits for its cache over one in which all overlaps, from 1 to 2."""
    return decode_step_time_serial(s) / decode_step_time(s)


@formula(
    r"r_\text{decode}", "token/s", level="full", assumptions=(*_CERTAIN, *_OVERLAP),
    varies=(
        f"+ peak_flops memory_bandwidth batch {_DEGREES} - {MODEL} kv_bytes weight_bytes context"
    ),
    example=(LLAMA_8B | POST | TWO_H100, 128 * 6.7e12 / (MATRICES_8B + KV_8B), "by hand"),
)  # fmt: skip
def decode_throughput(s: Symbols) -> Expr:
    """Tokens that the chips decode in a second, at most.

    Stages of a pipeline share the batch: as many stages decode so many times what one does with as
    large a part, and one sequence decodes no faster on them.
    """
    return s.batch / decode_step_time(s)


@formula(
    r"t_\text{prefill}", "s", level="full", assumptions=(*_CERTAIN, *_OVERLAP),
    varies=f"+ {MODEL} weight_bytes batch context - peak_flops memory_bandwidth",
    example=(dict(LLAMA_8B | POST | TWO_H100, batch=3),
             3 * 8192 * (2 * MATRICES_8B + ATTENTION_8B / 2) / 3958e12, "compute"),
)  # fmt: skip
def prefill_time(s: Symbols) -> Expr:
    """Least time to read the prompts of one batch: arithmetic or weights, whichever is longer."""
    mixed = s.but(sequence_length=s.context).chip_prompt_macs
    macs = (s.chip_weight_macs + s.chip_routed_macs + mixed) * s.context * s.batch
    compute = FLOP_PER_MAC * macs / (s.peak_flops * s.data_parallel)
    return Max(compute, decode_weights_time(s)) / s.pipeline_parallel


@formula(
    r"M_\text{need}", "byte", assumptions=_FITS,
    varies="+ n_params n_layer n_kv_head d_head kv_bytes weight_bytes batch context",
    example=(dict(LLAMA_8B | POST, n_params=PARAMETERS_8B), 76.7e9, "just fits one of 80 GB", 1e-3),
)  # fmt: skip
def memory_needed(s: Symbols) -> Expr:
    """Bytes that weights and KV cache of the batch hold on each chip."""
    return chip_weights_size(s) + chip_cache_size(s) * s.batch / s.data_parallel


@formula(
    r"n_\text{need}", "chip", assumptions=_FITS,
    varies=f"/ memory_capacity + n_params {CACHE} weight_bytes batch",
    example=(
        dict(LLAMA_8B | POST, n_params=PARAMETERS_8B, memory_capacity=80e9), 0.959, "one chip",
        1e-3,
    ),
)  # fmt: skip
def chips_needed(s: Symbols) -> Expr:
    """Chips whose memory holds weights and KV cache, at least; round up.

    All is divided evenly, as by no layout that copies a part.
    """
    return (weights_size(s) + kv_cache_size(s)) / s.memory_capacity


@formula(
    r"B_\text{fit}", "sequence", assumptions=_FITS,
    varies=f"/ {CACHE} + memory_capacity - n_params weight_bytes",
    example=(dict(LLAMA_8B | POST, n_params=PARAMETERS_8B, memory_capacity=80e9),
             (80e9 - PARAMETERS_8B) / (KV_8B / 128), "134 sequences"),
)  # fmt: skip
def largest_batch(s: Symbols) -> Expr:
    """Sequences whose cache fits beside the weights, over all ranks; round each rank's down.

    Zero where the weights alone do not fit.
    """
    free = s.memory_capacity * (1 - s.memory_reserve) - chip_weights_size(s)
    return Max(free, 0) / chip_cache_size(s) * s.data_parallel
