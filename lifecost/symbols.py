"""Every symbol once: identifier, LaTeX, unit, meaning and allowed range.

Identifiers are legal in Python and in JavaScript. Counts (tokens, layers, heads, parameters,
elements, ...) are dimensionless, as in the SI; FLOP, byte, second and day are dimensions, and
`lifecost.lower.units` holds every formula to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy


@dataclass(frozen=True)
class Quantity:
    """What one symbol stands for."""

    name: str
    latex: str
    unit: str
    meaning: str
    low: float
    high: float
    integer: bool = False


SYMBOLS: dict[str, Quantity] = {}

# Two FLOPs, a multiplication and an addition, for each multiply-accumulate. A definition rather
# than a measurement; it carries the unit, so that "2 N" has the dimension of FLOPs.
FLOP_PER_MAC = sympy.Symbol("flop_per_mac", positive=True)
CONSTANTS: dict[Any, tuple[int, str]] = {FLOP_PER_MAC: (2, "FLOP")}


def in_numbers(expr: Any) -> Any:
    """Return an expression with its constants replaced by their values."""
    return expr.subs({symbol: value for symbol, (value, _) in CONSTANTS.items()})


def _symbol(
    name: str,
    latex: str,
    unit: str,
    meaning: str,
    low: float,
    high: float,
    integer: bool = False,
) -> Any:
    SYMBOLS[name] = Quantity(name, latex, unit, meaning, low, high, integer)
    # A symbol that may be zero is only nonnegative: sympy must not divide by it.
    return sympy.Symbol(name, positive=True) if low > 0 else sympy.Symbol(name, nonnegative=True)


# In the order in which products are written.

# Hardware
peak_flops = _symbol(
    "peak_flops", r"P_\text{peak}", "FLOP/s", "peak rate of dense arithmetic", 1, 1e24
)
memory_bandwidth = _symbol(
    "memory_bandwidth", r"W_\text{mem}", "byte/s", "peak bandwidth of the main memory", 1, 1e20
)
hoi = _symbol("hoi", r"\text{HOI}", "FLOP/byte", "hardware operational intensity", 1e-6, 1e9)
intensity = _symbol(
    "intensity", "I", "FLOP/byte", "operational intensity of a computation", 1e-6, 1e12
)

# Shape of the model
n_params = _symbol("n_params", "N", "parameter", "parameters of the model", 1, 1e18)
n_layer = _symbol("n_layer", r"n_\text{layer}", "layer", "transformer layers", 1, 1e5, integer=True)
vocab_size = _symbol(
    "vocab_size", r"n_\text{vocab}", "token", "entries of the vocabulary", 1, 1e8, integer=True
)
d_model = _symbol(
    "d_model", r"d_\text{model}", "element", "width of the residual stream", 1, 1e7, integer=True
)
n_ff_matrix = _symbol(
    "n_ff_matrix",
    r"n_\text{mat}",
    "matrix",
    "matrices of the feed-forward network: 3 where it is gated, 2 where it is plain",
    2,
    3,
    integer=True,
)
d_ff = _symbol(
    "d_ff", r"d_\text{ff}", "element", "width inside the feed-forward network", 1, 1e8, integer=True
)
n_head = _symbol("n_head", r"n_\text{head}", "head", "query heads in a layer", 1, 1e5, integer=True)
n_kv_head = _symbol(
    "n_kv_head", r"n_\text{kv}", "head", "key-value heads in a layer", 1, 1e5, integer=True
)
d_head = _symbol(
    "d_head", r"d_\text{head}", "element", "width of one attention head", 1, 1e5, integer=True
)
group_size = _symbol("group_size", "g", "head", "query heads that share one key-value head", 1, 1e5)
tied_embeddings = _symbol(
    "tied_embeddings",
    r"t_\text{emb}",
    "1",
    "1 where input and output embedding are one table, else 0",
    0,
    1,
    integer=True,
)

# One step of inference
kv_bytes = _symbol(
    "kv_bytes", r"b_\text{kv}", "byte/element", "bytes that store one element of the KV cache",
    1 / 64, 64,
)  # fmt: skip
weight_bytes = _symbol(
    "weight_bytes", r"b_\text{w}", "byte/parameter", "bytes that store one weight",
    1 / 64, 64,
)  # fmt: skip
batch = _symbol("batch", "B", "sequence", "sequences decoded together", 1, 1e9)
context = _symbol("context", "S", "token", "tokens in the cache of each sequence", 1, 1e12)

# Training
train_tokens = _symbol(
    "train_tokens", r"D_\text{train}", "token", "tokens that the model is trained on", 1, 1e24
)
train_flops = _symbol("train_flops", "C", "FLOP", "compute budget of the training run", 1, 1e36)
sequence_length = _symbol(
    "sequence_length", r"S_\text{train}", "token", "length of a training sequence",
    1, 1e12,
)  # fmt: skip

# Scaling laws
loss_floor = _symbol("loss_floor", "E", "nat/token", "loss that no model can remove", 0, 100)
param_scale = _symbol("param_scale", "A_N", "nat/token", "scale of the model-size term", 1e-9, 1e15)
data_scale = _symbol("data_scale", "A_D", "nat/token", "scale of the data term", 1e-9, 1e15)
param_exponent = _symbol("param_exponent", r"\alpha", "1", "exponent of model size", 1e-3, 10)
data_exponent = _symbol("data_exponent", r"\beta", "1", "exponent of training tokens", 1e-3, 10)
power_law_scale = _symbol(
    "power_law_scale", "k", "1", "value of a power law at its unit of compute", 1e-12, 1e30
)
power_law_exponent = _symbol(
    "power_law_exponent", "a", "1", "exponent of a power law in compute", 1e-3, 10
)
compute_unit = _symbol(
    "compute_unit", "C_0", "FLOP", "unit in which a power law counts compute", 1, 1e30
)

# A life of service
prefill_tokens = _symbol(
    "prefill_tokens", r"D_\text{prefill}", "token", "prompt tokens read over the lifetime", 0, 1e24
)
decode_tokens = _symbol(
    "decode_tokens", r"D_\text{decode}", "token", "tokens generated over the lifetime", 0, 1e24
)
tokens_per_day = _symbol(
    "tokens_per_day", "r", "token/day", "tokens generated in a day of service", 1e-9, 1e24
)
