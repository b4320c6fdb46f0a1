"""The roofline: how fast a device can go at a given intensity, and where each phase stands."""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Min
from lifecost.formula import formula
from lifecost.formulas.kv_cache import kv_bytes_read
from lifecost.formulas.transformer import attention_flops, matmul_flops, read_parameters
from lifecost.symbols import batch, context, intensity, memory_bandwidth, peak_flops, weight_bytes

_TRAFFIC = ("activations stay on the chip; only weights or cache are read",)


@formula(r"P", "FLOP/s", assumptions=("arithmetic and memory traffic overlap perfectly",))
def attainable_flops() -> Any:
    """Rate of arithmetic that a device can reach at an operational intensity."""
    return Min(peak_flops, memory_bandwidth * intensity)


def _intensity_of(tokens: Any) -> Any:
    """Return FLOPs per byte of multiplying the weights, once loaded, with a number of tokens."""
    read = read_parameters.definition.subs(batch, tokens)
    return sympy.cancel(matmul_flops.definition * tokens / (weight_bytes * read))


@formula(r"I_\text{prefill}", "FLOP/byte", level="full", assumptions=_TRAFFIC)
def prefill_intensity() -> Any:
    """Operational intensity of the weights in prefill of one prompt as long as the context."""
    return _intensity_of(context)


@formula(r"I_\text{decode}", "FLOP/byte", level="full", assumptions=_TRAFFIC)
def decode_intensity() -> Any:
    """Operational intensity of the weights in a decode step of the batch."""
    return _intensity_of(batch)


@formula(r"I_\text{attn}", "FLOP/byte", level="full", assumptions=_TRAFFIC)
def attention_intensity() -> Any:
    """Operational intensity of attention in a decode step: neither batch nor context changes it."""
    return attention_flops.definition * batch / kv_bytes_read.definition


def _rate(formula: Any) -> Any:
    return attainable_flops.definition.subs(intensity, formula.definition)


@formula(r"P_\text{prefill}", "FLOP/s", level="full", assumptions=_TRAFFIC)
def prefill_rate() -> Any:
    """Rate of arithmetic that the weights allow in prefill."""
    return _rate(prefill_intensity)


@formula(r"P_\text{decode}", "FLOP/s", level="full", assumptions=_TRAFFIC)
def decode_rate() -> Any:
    """Rate of arithmetic that the weights allow in a decode step."""
    return _rate(decode_intensity)


@formula(r"P_\text{attn}", "FLOP/s", level="full", assumptions=_TRAFFIC)
def attention_rate() -> Any:
    """Rate of arithmetic that the KV cache allows in a decode step."""
    return _rate(attention_intensity)
