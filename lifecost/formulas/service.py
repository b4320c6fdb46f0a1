"""From steps to a service: throughput and price, with overheads."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import (
    CHIP_8B,
    DOLLARS,
    KV_8B,
    MATRICES_8B,
    MODEL,
    PARAMETERS_8B,
    SERVED,
    STEP,
    WORK,
)
from lifecost.formulas.overheads import (
    RATES,
    RISES,
    between,
    prompt_work_time,
    step_time,
    time_per_token,
)
from lifecost.formulas.time import decode_step_time, largest_batch
from lifecost.symbols import SECONDS_PER_HOUR, Expr, Symbols

_STEADY = ("the batch is full: an answer that ends makes room for the next request at once",)
_BUSY = (*_STEADY, "chips are never idle")
_KEPT = (*_BUSY, "its entries are in the chips' memory already, where keeping them costs nothing")
_RANKS = "data_parallel pipeline_parallel"


@formula(
    r"r_\text{real}", "token/s", level="overheads", assumptions=_STEADY,
    varies=(
        f"+ batch answer_length tied_embeddings {_RANKS} {RATES} - context prompt_length "
        f"aggregated {RISES} ~ tensor_parallel"
    ),
    example=(SERVED, 1 / (STEP / 128 + WORK / 256 / 4), "a step for 128, a prompt for 256 tokens"),
)  # fmt: skip
def service_throughput(s: Symbols) -> Expr:
    """Tokens of answers that all chips of a layout generate in a second, with overheads."""
    return s.batch / (step_time(s) + s.batch * between(s))


@formula(
    r"v_\text{layout}", "token/s", level="full", assumptions=_STEADY,
    varies=(
        f"+ peak_flops memory_bandwidth tensor_parallel {_RANKS} - batch context {MODEL} kv_bytes "
        "weight_bytes"
    ),
    example=(SERVED, 3.35e12 / (MATRICES_8B / 2 + KV_8B / 8), "bound by memory"),
)  # fmt: skip
def layout_user_rate(s: Symbols) -> Expr:
    """Tokens of an answer that one user gets in a second, at most."""
    return 1 / decode_step_time(s)


@formula(
    r"v_\text{user}", "token/s", level="overheads", assumptions=_STEADY,
    varies=(
        f"+ answer_length tied_embeddings {_RANKS} {RATES} - batch context prompt_length "
        f"aggregated {RISES} ~ tensor_parallel"
    ),
    example=(SERVED, 1 / (STEP + 127 / 256 * WORK / 4), "127 other prompts in 256 steps"),
)  # fmt: skip
def user_rate(s: Symbols) -> Expr:
    """Tokens of an answer that one user gets in a second, with overheads."""
    return 1 / time_per_token(s)


@formula(
    r"B_\text{room}", "sequence", assumptions=("activations are in the reserve",),
    varies=(
        "/ n_layer n_kv_head d_head kv_bytes + memory_capacity - n_params weight_bytes "
        "memory_reserve prompt_length answer_length"
    ),
    example=(SERVED | dict(n_params=PARAMETERS_8B),
             2 * (80e9 - CHIP_8B) / (KV_8B / 128 / 4) * 8192 / 8448, "8,448 tokens each"),
)  # fmt: skip
def service_room(s: Symbols) -> Expr:
    """Sequences that find room with their whole prompt and answer; round each rank's down."""
    return largest_batch(s.but(context=s.prompt_length + s.answer_length))


@formula(
    r"p_\text{out}", "USD/token", level="overheads", assumptions=_BUSY,
    varies=(
        f"* chip_hour_price + context tensor_parallel {_RANKS} {RISES} - batch "
        f"tied_embeddings {RATES}"
    ),
    example=(SERVED, DOLLARS * 8 * STEP / 128, "eight chips"),
)  # fmt: skip
def output_price(s: Symbols) -> Expr:
    """Price of the chips' time for a token of an answer."""
    chips = s.tensor_parallel * s.data_parallel * s.pipeline_parallel
    return s.chip_hour_price / SECONDS_PER_HOUR * chips * step_time(s) / s.batch


@formula(
    r"p_\text{in}", "USD/token", level="overheads", assumptions=_BUSY,
    varies=(
        f"* chip_hour_price + prompt_length {MODEL} activation_bytes tensor_parallel - peak_flops "
        "flops_share attention_peak attention_peak_share link_bandwidth link_share"
    ),
    example=(SERVED, DOLLARS * 2 * WORK / 8192, "two chips of a stage at a time"),
)  # fmt: skip
def input_price(s: Symbols) -> Expr:
    """Price of the chips' time for a token of a prompt that is read anew."""
    seconds = s.tensor_parallel * prompt_work_time(s) / s.prompt_length
    return s.chip_hour_price / SECONDS_PER_HOUR * seconds


@formula(
    r"t_\text{cached}", "s", level="overheads", assumptions=_KEPT[-1:],
    varies=(
        "* prompt_length n_layer d_head kv_bytes / memory_bandwidth bandwidth_share + n_kv_head "
        "tensor_parallel"
    ),
    example=(SERVED, KV_8B / 128 / (0.8 * 3.35e12), "its entries, read once"),
)  # fmt: skip
def cached_prompt_time(s: Symbols) -> Expr:
    """Chip-seconds that read the entries of a cached prompt once, and its states."""
    state = s.chip_state_held * s.state_bytes
    held = s.but(context=s.prompt_length).chip_cache_held * s.kv_bytes + state
    return s.tensor_parallel * held / (s.bandwidth_share * s.memory_bandwidth)


@formula(
    r"p_\text{cached}", "USD/token", level="overheads", assumptions=_KEPT,
    varies=(
        "* chip_hour_price n_layer d_head kv_bytes / memory_bandwidth bandwidth_share + n_kv_head "
        "tensor_parallel"
    ),
    example=(SERVED, DOLLARS * KV_8B / 128 / 8192 / (0.8 * 3.35e12), "its entries, read once"),
)  # fmt: skip
def cached_input_price(s: Symbols) -> Expr:
    """Price of the chips' time for a cached token of a prompt: its entries, read once."""
    seconds = cached_prompt_time(s) / s.prompt_length
    return s.chip_hour_price / SECONDS_PER_HOUR * seconds
