"""Time: a decode step and a prefill on real chips, and whether the model fits them.

Weights and cache are divided evenly over the chips; what the chips have to tell each other is left
out, so each time is a lower bound. Tensor parallelism divides the cache by key-value heads: with
more chips than heads, several hold the same part, and a latent is held by each. Bind `cache_parts`
to count that; without it, the cache is divided by sequences, among any number of chips.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas.decode import decode_flops
from lifecost.formulas.kv_cache import kv_bytes_read, kv_cache_size, weights_size
from lifecost.formulas.prefill import prompt_flops
from lifecost.formulas.transformer import bytes_read
from lifecost.symbols import Expr, Symbols

_PEAK = ("every chip runs at its peak, with no communication between them",)
_OVERLAP = ("arithmetic overlaps with all memory traffic", *_PEAK)
_SERIAL = ("reading the cache overlaps with nothing, arithmetic with reading the weights", *_PEAK)
_FITS = ("weights and cache only: no activations, no reserve",)


def _copies(s: Symbols) -> Expr:
    """Return how many chips hold the same part of the cache."""
    return Max(1, s.n_chip / s.cache_parts) if "cache_parts" in s.variants else sympy.Integer(1)


@formula(r"t_\text{compute}", "s", level="full", assumptions=_PEAK)
def decode_compute_time(s: Symbols) -> Expr:
    """Time that the arithmetic of one decode step takes."""
    return decode_flops(s) / (s.peak_flops * s.n_chip)


@formula(r"t_\text{w}", "s", level="full", assumptions=_PEAK)
def decode_weights_time(s: Symbols) -> Expr:
    """Time that reading the weights takes in one decode step."""
    return bytes_read(s) / (s.memory_bandwidth * s.n_chip)


@formula(r"t_\text{kv}", "s", level="full", assumptions=_PEAK)
def decode_kv_time(s: Symbols) -> Expr:
    """Time that reading the KV cache takes in one decode step."""
    return kv_bytes_read(s) * _copies(s) / (s.memory_bandwidth * s.n_chip)


@formula(r"t_\text{step}", "s", level="full", assumptions=_OVERLAP)
def decode_step_time(s: Symbols) -> Expr:
    """Least time of one decode step: arithmetic or memory traffic, whichever takes longer."""
    traffic = decode_weights_time(s) + decode_kv_time(s)
    return Max(decode_compute_time(s), traffic)


@formula(r"t_\text{serial}", "s", source="scalingbook", level="full", assumptions=_SERIAL)
def decode_step_time_serial(s: Symbols) -> Expr:
    """Time of one decode step whose attention waits for its cache and overlaps with nothing."""
    weights = Max(decode_compute_time(s), decode_weights_time(s))
    return decode_kv_time(s) + weights


@formula(r"r_\text{decode}", "token/s", level="full", assumptions=_OVERLAP)
def decode_throughput(s: Symbols) -> Expr:
    """Tokens that the chips decode in a second, at most."""
    return s.batch / decode_step_time(s)


@formula(r"r_\text{serial}", "token/s", source="scalingbook", level="full", assumptions=_SERIAL)
def decode_throughput_serial(s: Symbols) -> Expr:
    """Tokens that the chips decode in a second where reading the cache overlaps with nothing."""
    return s.batch / decode_step_time_serial(s)


@formula(r"t_\text{prefill}", "s", level="full", assumptions=_OVERLAP)
def prefill_time(s: Symbols) -> Expr:
    """Least time to read the prompts of one batch: arithmetic or weights, whichever is longer."""
    compute = prompt_flops(s) / (s.peak_flops * s.n_chip)
    read = bytes_read(s.but(batch=s.batch * s.context))
    return Max(compute, read / (s.memory_bandwidth * s.n_chip))


@formula(r"M_\text{need}", "byte", assumptions=_FITS)
def memory_needed(s: Symbols) -> Expr:
    """Bytes that weights and KV cache of the whole batch hold."""
    return weights_size(s) + kv_cache_size(s) * _copies(s)


@formula(r"n_\text{need}", "chip", assumptions=_FITS)
def chips_needed(s: Symbols) -> Expr:
    """Chips whose memory holds weights and KV cache; round up.

    Infinite where one part of the cache, which every chip must hold whole, is too large for it.
    """
    even = (weights_size(s) + kv_cache_size(s)) / s.memory_capacity
    if "cache_parts" not in s.variants:
        return even
    left = s.memory_capacity - kv_cache_size(s) / s.cache_parts
    return Max(even, sympy.Piecewise((weights_size(s) / left, left > 0), (sympy.oo, True)))


@formula(r"B_\text{fit}", "sequence", assumptions=_FITS)
def largest_batch(s: Symbols) -> Expr:
    """Sequences whose cache fits beside the weights; round down.

    Zero where the weights alone do not fit.
    """
    free = s.memory_capacity * s.n_chip - weights_size(s)
    per_sequence = kv_cache_size(s) / s.batch * _copies(s)
    return Max(free, 0) / per_sequence
