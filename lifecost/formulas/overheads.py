"""With overheads: seconds on a machine, with what real chips reach. An estimate, not a bound.

Kernel follows kernel and nothing overlaps: bytes are read, then multiplied. Kernels reach a share
of what the datasheet says; each operation takes a time of its own, for its launch and latency; and
chips wait for each other. Where one engine does both, the prompts of other sequences are read
between the steps of this one.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import (
    FIRST,
    MODEL,
    SERVED,
    STEP,
    STEP_KV,
    STEP_LINKS,
    STEP_OPERATIONS,
    STEP_WEIGHTS,
    WORK,
)
from lifecost.formulas.layout import cache_moved, on_their_way, rank_batch, step_macs
from lifecost.formulas.transformer import EVEN_EXPERTS
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_SERIAL = ("kernels follow each other, and nothing overlaps", *EVEN_EXPERTS)
_QUEUE = (
    *_SERIAL,
    "of the prompts of its rank, which may all be before it or none, the geometric mean is read",
)
_EVENLY = (*_SERIAL, "requests come evenly: as many prompts are read as answers end")
# How times answer to what: rates and shares of the chips.
_COMPUTE = "peak_flops flops_share attention_peak attention_peak_share"
RATES = f"memory_bandwidth bandwidth_share {_COMPUTE} link_bandwidth link_share"
RISES = f"{MODEL} kv_bytes weight_bytes activation_bytes operation_time collective_time"
_RANKS = "data_parallel pipeline_parallel"


@formula(
    r"t_\text{kv}^\text{real}", "s", level="overheads", assumptions=_SERIAL[:1],
    varies=(
        "* n_layer d_head + batch context n_head n_kv_head kv_bytes - tensor_parallel "
        f"{_RANKS} memory_bandwidth bandwidth_share attention_peak attention_peak_share"
    ),
    example=(SERVED, STEP_KV, "counted by hand"),
)  # fmt: skip
def step_kv_time(s: Symbols) -> Expr:
    """Time of attention in a decode step: reading the cache, and arithmetic with it."""
    *_, macs = step_macs(s)
    reading = cache_moved(s) / (s.bandwidth_share * s.memory_bandwidth)
    return reading + FLOP_PER_MAC * macs / (s.attention_peak_share * s.attention_peak)


@formula(
    r"t_\text{w}^\text{real}", "s", level="overheads", assumptions=_SERIAL,
    varies=(
        f"+ batch {MODEL} weight_bytes - tensor_parallel {_RANKS} memory_bandwidth bandwidth_share "
        "peak_flops flops_share"
    ),
    example=(SERVED, STEP_WEIGHTS, "counted by hand"),
)  # fmt: skip
def step_weights_time(s: Symbols) -> Expr:
    """Time of all other matrices in a decode step: reading the weights, and arithmetic."""
    dense, routed, _ = step_macs(s)
    reading = _reading(s, Max(1, s.batch / s.pipeline_parallel))
    return reading + _multiplying(s, dense, _whole_tiles(s, routed))


def _whole_tiles(s: Symbols, routed: Expr) -> Expr:
    """Return what routed experts multiply where each that is met multiplies a tile of tokens."""
    if s.expert_tile is sympy.S.One:
        return routed
    one, all_met = (s.but(batch=tokens).chip_read_bytes for tokens in (1, on_their_way(s)))
    met = s.chip_routed_macs / s.data_parallel + (all_met - one) / s.expert_bytes
    return Max(routed, s.expert_tile * met)


def _reading(s: Symbols, tokens: Expr) -> Expr:
    """Return the time to read the weights that so many tokens meet."""
    return s.but(batch=tokens).chip_read_bytes / (s.bandwidth_share * s.memory_bandwidth)


def _multiplying(s: Symbols, dense: Expr, routed: Expr) -> Expr:
    """Return the time of multiplications by weights, of which routed experts reach less."""
    slowed = FLOP_PER_MAC * (dense + routed / s.expert_flops_share)
    return slowed / (s.flops_share * s.peak_flops)


@formula(
    r"t_\text{op}", "s", level="overheads",
    assumptions=("each kind of matrix in each layer is an operation, and each sequence of a rank",),
    varies=f"* operation_time + n_layer batch - tied_embeddings {_RANKS}",
    example=(SERVED, STEP_OPERATIONS, "5 a layer, 2 tables, 32 sequences"),
)  # fmt: skip
def step_operations_time(s: Symbols) -> Expr:
    """Time of a step that is neither traffic nor arithmetic: launches, latencies, the host."""
    return s.operation_time * (s.operations + rank_batch(s))


def _sent(s: Symbols, tokens: Expr) -> Expr:
    """Return the time that a chip sends for tokens of its rank: bytes over the rate of its links.

    Two all-reduces a layer, in which a chip sends all but its own part twice. Each token goes to
    the ranks of its experts and back, where these are in other data-parallel ranks: to each chip
    that has a part of them, a part from each chip that has it.
    """
    reduced = 2 * s.n_layer * 2 * (s.tensor_parallel - 1) / s.tensor_parallel
    elements = (reduced + 2 * _sent_apart(s) / s.expert_parallel) * tokens * s.d_model
    return elements * s.activation_bytes / (s.link_share * s.link_bandwidth)


def _sent_apart(s: Symbols) -> Expr:
    """Return the choices of a token, over all layers, times the ranks beside its own."""
    return s.choices * (s.data_parallel - 1)


def _waits(s: Symbols) -> Expr:
    shared = s.tensor_parallel - 1 + _sent_apart(s) > 0
    return sympy.Piecewise((2 * s.n_layer * s.collective_time, shared), (0, True))


@formula(
    r"t_\text{link}", "s", level="overheads",
    assumptions=("two collectives a layer where chips share one, and one machine's links",),
    varies=(
        "* n_layer + batch d_model activation_bytes collective_time tensor_parallel "
        f"- {_RANKS} link_bandwidth link_share"
    ),
    example=(SERVED, STEP_LINKS, "64 collectives"),
)  # fmt: skip
def step_links_time(s: Symbols) -> Expr:
    """Time that chips take to tell each other in a decode step what they need."""
    return _waits(s) + _sent(s, rank_batch(s))


@formula(
    r"t_\text{step}^\text{real}", "s", level="overheads", assumptions=_SERIAL,
    varies=(
        f"+ batch context {RISES} - tied_embeddings {_RANKS} {RATES} "
        "~ tensor_parallel"
    ),
    example=(SERVED, STEP, "the sum"),
)  # fmt: skip
def step_time(s: Symbols) -> Expr:
    """Time of one decode step of the whole batch, with overheads."""
    return step_kv_time(s) + step_weights_time(s) + step_operations_time(s) + step_links_time(s)


@formula(
    r"t_\text{work}", "s", level="overheads", assumptions=_SERIAL,
    varies=(
        f"+ prompt_length {MODEL} activation_bytes - {_COMPUTE} link_bandwidth link_share "
        "~ tensor_parallel"
    ),
    example=(SERVED, WORK, "counted by hand"),
)  # fmt: skip
def prompt_work_time(s: Symbols) -> Expr:
    """Time that the chips of a rank work on one prompt, were they all of its stages.

    Arithmetic and messages; the weights are read for many tokens at once.
    """
    mixed = s.but(sequence_length=s.prompt_length).chip_prompt_macs
    attention = FLOP_PER_MAC * mixed / (s.attention_peak_share * s.attention_peak)
    each = attention + _multiplying(s, s.chip_weight_macs, s.chip_routed_macs)
    return s.prompt_length * each + _sent(s, s.prompt_length)


def between(s: Symbols) -> Expr:
    """Return the time of one prompt's work for each token of its answer, as all chips share it."""
    ranks = s.data_parallel * s.pipeline_parallel
    return s.aggregated * prompt_work_time(s) / (s.answer_length * ranks)


@formula(
    r"t_\text{token}", "s", level="overheads", assumptions=_EVENLY,
    varies=(
        f"+ batch context prompt_length aggregated {RISES} - tied_embeddings "
        f"answer_length {_RANKS} {RATES} ~ tensor_parallel"
    ),
    example=(SERVED, STEP + 127 / 256 * WORK / 4, "127 other prompts in 256 steps"),
)  # fmt: skip
def time_per_token(s: Symbols) -> Expr:
    """Time between two tokens of an answer, with the prompts that are read meanwhile."""
    return step_time(s) + Max(0, s.batch - 1) * between(s)


@formula(
    r"t_\text{first}", "s", level="overheads", assumptions=_QUEUE,
    varies=(
        f"+ batch context prompt_length aggregated {RISES} - tied_embeddings "
        f"{_RANKS} {RATES} ~ tensor_parallel"
    ),
    example=(SERVED, FIRST, "half a step, and of 1 to 32 prompts the middle: the root of 32"),
)  # fmt: skip
def time_to_first_token(s: Symbols) -> Expr:
    """Time from a request to its first token: prompts, after half of the step under way.

    Where all requests come at once, a prompt waits for half of the others; where they come apart,
    for none. Which it is no setting says, so what is read is the middle on a scale of factors: the
    root of the batch. Where other chips read prompts, no queue is counted.
    """
    launched = s.operation_time * s.operations + _waits(s)
    prompt = prompt_work_time(s) + _reading(s, s.prompt_length) + launched
    queue = 1 + s.aggregated * (sympy.sqrt(rank_batch(s)) - 1)
    return queue * prompt + s.aggregated * step_time(s) / 2
