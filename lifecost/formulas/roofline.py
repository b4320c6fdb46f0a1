"""The roofline: how fast a device can go at a given intensity, and where each phase stands."""

from __future__ import annotations

import sympy

from lifecost.algebra import Min
from lifecost.formula import formula
from lifecost.formulas.kv_cache import kv_bytes_read
from lifecost.formulas.transformer import EVEN_EXPERTS, attention_flops, matmul_flops
from lifecost.symbols import Expr, Symbols

_TRAFFIC = ("activations stay on the chip; only weights or cache are read",)
_WEIGHTS = (*_TRAFFIC, *EVEN_EXPERTS)


@formula(
    r"P", "FLOP/s",
    assumptions=("arithmetic and memory traffic overlap perfectly",),
    varies="+ peak_flops memory_bandwidth intensity",
    example=(dict(peak_flops=1979e12, memory_bandwidth=3.35e12, intensity=8), 26.8e12, "slope"),
)  # fmt: skip
def attainable_flops(s: Symbols) -> Expr:
    """Rate of arithmetic that a device can reach at an operational intensity."""
    return Min(s.peak_flops, s.memory_bandwidth * s.intensity)


def _intensity_of(s: Symbols, tokens: Expr) -> Expr:
    """Return FLOPs per byte of multiplying the weights, once loaded, with a number of tokens."""
    done, read = matmul_flops(s) * tokens, s.but(batch=tokens).read_bytes
    if any(power.exp.free_symbols for power in read.atoms(sympy.Pow)):
        # Over one denominator, the share of the experts that are met would leave all numbers.
        return sympy.factor_terms(done) / sympy.factor_terms(read)
    return sympy.cancel(done / read)


@formula(
    r"I_\text{prefill}", "FLOP/byte", level="full", assumptions=_WEIGHTS,
    varies="* context / weight_bytes",
    example=(dict(context=8192, weight_bytes=1), 16384,
             "two FLOPs for each of the tokens that a weight meets"),
)  # fmt: skip
def prefill_intensity(s: Symbols) -> Expr:
    """Operational intensity of the weights in prefill of one prompt as long as the context."""
    return _intensity_of(s, s.context)


@formula(
    r"I_\text{decode}", "FLOP/byte", level="full", assumptions=_WEIGHTS,
    varies="* batch / weight_bytes",
    example=(dict(batch=240, weight_bytes=2), 240, "scaling-book: the batch, in bf16"),
)  # fmt: skip
def decode_intensity(s: Symbols) -> Expr:
    """Operational intensity of the weights in a decode step of the batch."""
    return _intensity_of(s, s.batch)


@formula(
    r"I_\text{attn}", "FLOP/byte", level="full", assumptions=_TRAFFIC,
    varies="* n_head / n_kv_head kv_bytes",
    example=(dict(n_head=32, n_kv_head=8, kv_bytes=1), 8,
             "two FLOPs a multiply-accumulate: twice the group over an element's bytes"),
)  # fmt: skip
def attention_intensity(s: Symbols) -> Expr:
    """Operational intensity of attention in a decode step: neither batch nor context changes it.

    That is, of independent sequences with one new token each. Verifying guesses raises it, and so
    does reading a prefix that sequences share once for all of them.
    """
    return attention_flops(s) * s.batch / kv_bytes_read(s)


def _rate(s: Symbols, formula: Expr) -> Expr:
    return attainable_flops(s.but(intensity=formula(s)))


@formula(
    r"P_\text{prefill}", "FLOP/s", level="full", assumptions=_WEIGHTS,
    varies="+ peak_flops memory_bandwidth context - weight_bytes",
    example=(dict(peak_flops=1e15, memory_bandwidth=1e12, context=8192, weight_bytes=1), 1e15,
             "the roof"),
)  # fmt: skip
def prefill_rate(s: Symbols) -> Expr:
    """Rate of arithmetic that the weights allow in prefill."""
    return _rate(s, prefill_intensity)


@formula(
    r"P_\text{decode}", "FLOP/s", level="full", assumptions=_WEIGHTS,
    varies="+ peak_flops memory_bandwidth batch - weight_bytes",
    example=(dict(peak_flops=1e15, memory_bandwidth=1e12, batch=100, weight_bytes=1), 2e14,
             "200 FLOPs a byte on the slope"),
)  # fmt: skip
def decode_rate(s: Symbols) -> Expr:
    """Rate of arithmetic that the weights allow in a decode step."""
    return _rate(s, decode_intensity)


@formula(
    r"P_\text{attn}", "FLOP/s", level="full", assumptions=_TRAFFIC,
    varies="+ peak_flops memory_bandwidth n_head - n_kv_head kv_bytes",
    example=(
        dict(peak_flops=1e15, memory_bandwidth=1e12, n_head=64, n_kv_head=8, kv_bytes=2), 8e12,
        "8 FLOPs a byte on the slope",
    ),
)  # fmt: skip
def attention_rate(s: Symbols) -> Expr:
    """Rate of arithmetic that the KV cache allows in a decode step."""
    return _rate(s, attention_intensity)
