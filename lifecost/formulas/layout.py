"""Layouts: what each chip holds, reads and does where a model is served as people run it.

Tensor parallelism splits each layer; key-value heads split no further than there are, and a latent
not at all. Data-parallel ranks have sequences of their own and copies of all weights but the routed
experts', which all chips of a pipeline stage share. A stage has its share of the layers: the memory
is divided, while a token passes all stages, each of which works on its share of the batch.

What is copied is what vLLM copies (github.com/vllm-project/vllm at 002d607,
vllm/model_executor/models/deepseek_v2.py, and docs/serving/data_parallel_deployment.md at 01e4fce):
the tensor-parallel group of one rank splits its attention, dense layers, shared experts and both
tables; the group of all ranks, its routed experts. Two differences remain. vLLM copies shared
experts within a rank too, where there are several ranks and expert parallelism. SGLang's
data-parallel attention copies attention and the first table, and splits dense layers, shared
experts and the last table among all ranks, unless it is told to copy them
(github.com/sgl-project/sglang at 00114ae, python/sglang/srt/models/deepseek_v2.py): it has room for
more sequences than are counted here.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    CHIP_8B,
    KV_8B,
    MATRICES_8B,
    PARAMETERS_8B,
    SERVED,
)
from lifecost.formulas.kv_cache import weights_size
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

EVEN = ("sequences, layers and experts are spread evenly",)
_PEAK = (
    *EVEN, "every chip runs at its peak, and what chips tell each other takes no time",
    "a step reads the experts that one token needs: those are certain",
)  # fmt: skip


@formula(
    r"B_\text{rank}", "sequence", assumptions=EVEN,
    varies="+ batch - data_parallel pipeline_parallel",
    example=(dict(batch=128, data_parallel=4, pipeline_parallel=2), 16, "128 / 8"),
)  # fmt: skip
def rank_batch(s: Symbols) -> Expr:
    """Sequences that a chip works on at a time: its rank's, on their way through its stage."""
    return _at_least_one(s, s.data_parallel * s.pipeline_parallel)


def on_their_way(s: Symbols) -> Expr:
    """Return how many sequences of all ranks a stage works on at a time."""
    return _at_least_one(s, s.pipeline_parallel)


def _at_least_one(s: Symbols, parts: Expr) -> Expr:
    return s.batch if parts is sympy.S.One else Max(1, s.batch / parts)


@formula(
    r"M_\text{w}^\text{rank}", "byte", assumptions=EVEN,
    varies="* n_params weight_bytes",
    example=(SERVED | dict(n_params=PARAMETERS_8B), CHIP_8B, "counted by hand"),
)  # fmt: skip
def chip_weights_size(s: Symbols) -> Expr:
    """Bytes of weights that each chip holds."""
    alone = s.but(tensor_parallel=1, data_parallel=1).chip_stored_bytes
    copied = s.chip_stored_bytes - alone / s.tensor_parallel
    # The number of weights is the caller's: rounded as it may be.
    return (weights_size(s) / s.tensor_parallel + copied) / s.pipeline_parallel


@formula(
    r"M_\text{kv}^\text{seq}", "byte/sequence", assumptions=EVEN,
    varies=(
        "* n_layer d_head kv_bytes context / pipeline_parallel + n_kv_head - tensor_parallel"
    ),
    example=(SERVED, KV_8B / 128 / 4, "four of eight heads, half of the layers"),
)  # fmt: skip
def chip_cache_size(s: Symbols) -> Expr:
    """Bytes of one sequence's cache, and fixed states, on each chip of its rank."""
    state = s.chip_state_held * s.state_bytes
    return (s.chip_cache_held * s.kv_bytes + state) / s.pipeline_parallel


def step_macs(s: Symbols) -> tuple[Expr, Expr, Expr]:
    """Return what a chip multiplies in a step: by weights, by routed experts, with the cache."""
    routed = on_their_way(s) / s.data_parallel
    each = rank_batch(s)
    return each * s.chip_weight_macs, routed * s.chip_routed_macs, each * s.chip_cache_macs


def cache_moved(s: Symbols) -> Expr:
    """Return bytes of cache and states that a chip reads and writes in a step."""
    state = (s.chip_state_read + s.chip_state_written) * s.state_bytes
    return rank_batch(s) * (s.chip_cache_read * s.kv_bytes + state)


@formula(
    r"t_\text{layout}^\text{prompt}", "s", level="full", assumptions=_PEAK,
    varies=(
        "+ prompt_length n_layer d_model n_ff_matrix d_ff n_head n_kv_head d_head vocab_size "
        "weight_bytes / pipeline_parallel - peak_flops memory_bandwidth tensor_parallel"
    ),
    example=(SERVED,
             8192 * (2 * MATRICES_8B + ATTENTION_8B / 2) / 4 / 1979e12, "by four chips"),
)  # fmt: skip
def layout_prompt_time(s: Symbols) -> Expr:
    """Least time to read one prompt on its rank, whose stages work on parts of it."""
    routed = s.chip_routed_macs / s.data_parallel
    mixed = s.but(sequence_length=s.prompt_length).chip_prompt_macs
    macs = FLOP_PER_MAC * (s.chip_weight_macs + routed + mixed) * s.prompt_length
    certain = s.but(batch=1).chip_read_bytes
    time = Max(macs / s.peak_flops, certain / s.memory_bandwidth)
    return time / s.pipeline_parallel
