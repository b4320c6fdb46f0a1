"""Prompts kept: the cache of what prompts begin with, loaded instead of computed again.

Whether that pays is a race, of a memory's bandwidth against the chip's arithmetic, and a bill: what
it costs to keep the cache until it is used again. Where sequences of one batch share their
beginning, a kernel that knows it reads that part once for all of them.
"""

from __future__ import annotations

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    DOLLARS,
    KV_8B,
    LLAMA_8B,
    MATRICES_8B,
    POST,
    STEP_8B,
)
from lifecost.formulas.decode import decode_flops
from lifecost.formulas.kv_cache import kv_bytes_read, kv_cache_size
from lifecost.formulas.prefill import prompt_flops
from lifecost.formulas.transformer import EVEN_EXPERTS
from lifecost.symbols import SECONDS_PER_HOUR, Expr, Symbols

_ALONE = ("one chip works on the prefix alone, at the share of its peak that prefill reaches",)
_LOADED = ("the cache is loaded whole, at full bandwidth, and nothing of it is computed meanwhile",)
_ONCE = ("what all share is read once a step, each sequence's own entries by itself",)
_SIZES = "vocab_size d_model n_ff_matrix d_ff n_head"
_CACHE = "n_layer n_kv_head d_head"
KEPT = dict(
    LLAMA_8B | POST, prefix_length=8192, peak_flops=1979e12, memory_capacity=80e9, prefill_mfu=0.5,
    load_bandwidth=50e9, memory_price=4e-12, chip_hour_price=2,
)  # fmt: skip
AGAIN = 8192 * (2 * MATRICES_8B + ATTENTION_8B / 2) / (0.5 * 1979e12)


@formula(
    r"t_\text{load}", "s", assumptions=_LOADED,
    varies="* n_layer n_kv_head d_head kv_bytes prefix_length / load_bandwidth",
    example=(KEPT, KV_8B / 128 / 50e9, "its entries"),
)  # fmt: skip
def prefix_load_time(s: Symbols) -> Expr:
    """Least time in which one chip loads the kept cache of a prefix."""
    return _held(s) / s.load_bandwidth


@formula(
    r"t_\text{again}", "s", level="full", assumptions=_ALONE,
    varies=f"/ peak_flops prefill_mfu + prefix_length {_SIZES} {_CACHE}",
    example=(KEPT, AGAIN, "counted by hand"),
)  # fmt: skip
def prefix_recompute_time(s: Symbols) -> Expr:
    """Time in which one chip computes the cache of a prefix again; with a share of 1, at least."""
    flops = prompt_flops(s.but(batch=1, context=s.prefix_length))
    return flops / (s.peak_flops * s.prefill_mfu)


@formula(
    r"P_\text{keep}", "USD/h",
    varies="* n_layer n_kv_head d_head kv_bytes prefix_length memory_price",
    example=(KEPT, KV_8B / 128 * 4e-12, "its entries"),
)  # fmt: skip
def prefix_storage_price(s: Symbols) -> Expr:
    """Price of keeping the cache of a prefix for an hour."""
    return _held(s) * s.memory_price


@formula(
    r"P_\text{again}", "USD", level="full", assumptions=_ALONE,
    varies=f"* chip_hour_price / peak_flops prefill_mfu + prefix_length {_SIZES} {_CACHE}",
    example=(KEPT, AGAIN * DOLLARS, "the chip's time"),
)  # fmt: skip
def prefix_recompute_price(s: Symbols) -> Expr:
    """Price of the chip's time for computing the cache of a prefix again."""
    return prefix_recompute_time(s) * s.chip_hour_price / SECONDS_PER_HOUR


@formula(
    r"t_\text{keep}", "h", level="full", assumptions=(*_ALONE, "loading it costs no time of chips"),
    varies=(
        "* chip_hour_price / kv_bytes memory_price peak_flops prefill_mfu "
        f"+ prefix_length {_SIZES} - {_CACHE}"
    ),
    example=(KEPT, AGAIN * DOLLARS / (KV_8B / 128 * 4e-12), "one price over the other"),
)  # fmt: skip
def longest_keep_time(s: Symbols) -> Expr:
    """Time until the next use up to which keeping a cache is cheaper than computing it again.

    The five-minute rule of databases, for prompts. Of a model whose cache grows with each token it
    hardly depends on the length of the prefix.
    """
    return prefix_recompute_price(s) / prefix_storage_price(s)


@formula(
    r"t_\text{keep}^\text{chip}", "s", level="full",
    assumptions=(*_ALONE, "the memory of a chip costs what the chip costs, by the byte"),
    varies=(
        "* memory_capacity / kv_bytes peak_flops prefill_mfu "
        f"+ prefix_length {_SIZES} - {_CACHE}"
    ),
    example=(KEPT, AGAIN / (KV_8B / 128 / 80e9), "its share of the chip's memory"),
)  # fmt: skip
def longest_keep_time_on_chip(s: Symbols) -> Expr:
    """Time up to which keeping it in the memory of the chip itself is cheaper: no price is left."""
    return prefix_recompute_time(s) / (_held(s) / s.memory_capacity)


@formula(
    r"M_\text{read}^\text{share}", "byte", assumptions=_ONCE,
    varies="* n_layer n_kv_head d_head kv_bytes + batch context - prefix_length",
    example=(dict(LLAMA_8B | POST, prefix_length=4096), KV_8B / 2 + KV_8B / 2 / 128,
             "half of it by one in place of 128"),
)  # fmt: skip
def shared_kv_bytes_read(s: Symbols) -> Expr:
    """Bytes of cache that a step of a batch reads whose sequences begin with one prefix.

    The prefix is part of the context, at most all of it. Without one, or with one sequence, it is
    all that there is.
    """
    shared = s.but(context=Min(s.prefix_length, s.context)).cache_read * s.kv_bytes
    return kv_bytes_read(s) - (s.batch - 1) * shared


@formula(
    r"C_\text{share}^\text{step}", "FLOP", level="full",
    assumptions=(*_ONCE, "arithmetic and traffic overlap perfectly", *EVEN_EXPERTS),
    varies=f"+ hoi kv_bytes weight_bytes batch context {_SIZES} {_CACHE} - prefix_length",
    example=(
        dict(LLAMA_8B | POST, prefix_length=8192), max(STEP_8B, 600 * (MATRICES_8B + KV_8B / 128)),
        "the whole cache, once",
    ),
)  # fmt: skip
def shared_step_cost(s: Symbols) -> Expr:
    """Cost of such a step in FLOP-equivalents: arithmetic, or reading weights and cache."""
    return Max(decode_flops(s), s.hoi * (s.read_bytes + shared_kv_bytes_read(s)))


def _held(s: Symbols) -> Expr:
    """Return the bytes of the cache of a prefix."""
    return kv_cache_size(s.but(batch=1, context=s.prefix_length))
