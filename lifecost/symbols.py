"""Every symbol once: identifier, LaTeX, unit, meaning and allowed range; and every unit.

Some symbols need no value: an optional one says what it is where nothing binds it. Others are sums
over the blocks of a model, written out for a plain decoder and supplied by its stack for any other.

Identifiers are legal in Python and in JavaScript. Counts (tokens, layers, heads, parameters,
elements, ...) are dimensionless, as in the SI; FLOP, byte, second and day are dimensions, and
`lifecost.units` holds every formula to them. Definitions that carry a unit, such as two FLOPs for
each multiply-accumulate, stand here too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import sympy

Expr: TypeAlias = Any  # a SymPy expression; SymPy has no types of its own

# Every unit and its plural: those with a dimension of their own, and counts, of dimension one.
DIMENSIONS = {
    "FLOP": "FLOP", "byte": "bytes", "bit": "bits", "s": "s", "h": "h", "day": "days", "USD": "USD",
    "J": "J",
}  # fmt: skip
PLURALS = DIMENSIONS | {
    "1": "", "token": "tokens", "sequence": "sequences", "layer": "layers", "head": "heads",
    "element": "elements", "matrix": "matrices", "parameter": "parameters", "nat": "nats",
    "step": "steps", "expert": "experts", "norm": "norms", "chip": "chips",
    "W": "W",
}  # fmt: skip
DERIVED = {"W": "J/s"}  # a unit with a name of its own, and what it is
# What takes a decimal prefix, and its sign behind one.
PREFIXED = {
    "byte": "B", "byte/s": "B/s", "byte/token": "B/token", "FLOP/s": "FLOP/s", "s": "s",
    "J": "J", "W": "W",
}  # fmt: skip


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
    absent: float | str | None = None  # a number, or the symbol that it then equals
    usual: tuple[float, float] | None = None  # within it every formula has a value


SYMBOLS: dict[str, Quantity] = {}
_MADE: dict[str, Expr] = {}

# Definitions rather than measurements; they carry their unit, so that "2 N" has the dimension of
# FLOPs: two, a multiplication and an addition, for each multiply-accumulate.
FLOP_PER_MAC = sympy.Symbol("flop_per_mac", positive=True)
BITS_PER_BYTE = sympy.Symbol("bits_per_byte", positive=True)
SECONDS_PER_HOUR = sympy.Symbol("seconds_per_hour", positive=True)
SECONDS_PER_DAY = sympy.Symbol("seconds_per_day", positive=True)
CONSTANTS: dict[Expr, tuple[int, str]] = {
    FLOP_PER_MAC: (2, "FLOP"),
    BITS_PER_BYTE: (8, "bit/byte"),
    SECONDS_PER_HOUR: (3600, "s/h"),
    SECONDS_PER_DAY: (86400, "s/day"),
}


def symbol_of(name: str) -> Expr:
    """Return the sympy symbol of a quantity."""
    return _MADE[name]


def in_numbers(expr: Expr) -> Expr:
    """Return an expression with its constants replaced by their values."""
    return expr.xreplace({s: sympy.Integer(value) for s, (value, _) in CONSTANTS.items()})


def symbol(
    name: str,
    latex: str,
    unit: str,
    meaning: str,
    low: float,
    high: float,
    integer: bool = False,
    absent: float | str | None = None,
    usual: tuple[float, float] | None = None,
) -> Expr:
    """Return the sympy symbol of a new quantity, and keep it in `SYMBOLS`.

    Within ``usual`` the tests draw values: beyond it a power may leave the range of floating-point
    numbers, which is an error of its own.
    """
    SYMBOLS[name] = Quantity(name, latex, unit, meaning, low, high, integer, absent, usual)
    # A symbol that may be zero is only nonnegative: sympy must not divide by it.
    sign = {"positive": True} if low > 0 else {"nonnegative": True}
    _MADE[name] = made = sympy.Symbol(name, **sign)
    return made


def size(name: str, latex: str, unit: str, meaning: str, low: float = 1, high: float = 1e8) -> Expr:
    """Return the symbol of a whole number that is a size of a block."""
    return symbol(name, latex, unit, meaning, low, high, True)


def flag(name: str, latex: str, meaning: str) -> Expr:
    """Return the symbol of what a block has or does not have."""
    return symbol(name, latex, "1", f"1 where {meaning}, else 0", 0, 1, True)


def part(name: str, latex: str, weights: str) -> Expr:
    """Return the symbol of the bytes of some weights that may differ from the others'."""
    meaning = f"bytes that store one weight of {weights}, where they differ"
    return symbol(name, latex, "byte/parameter", meaning, 1 / 64, 64, absent="weight_bytes")


def shards(name: str, latex: str, what: str) -> Expr:
    """Return the symbol of how many chips something is divided among in training."""
    meaning = f"chips that {what} are divided among in training"
    return symbol(name, latex, "chip", meaning, 1, 1e7, absent="n_chip")


# In the order in which products are written.

# Hardware
peak_flops = symbol(
    "peak_flops", r"P_\text{peak}", "FLOP/s", "peak rate of dense arithmetic",
    1, 1e24, usual=(1e12, 1e17),
)  # fmt: skip
memory_bandwidth = symbol(
    "memory_bandwidth", r"W_\text{mem}", "byte/s", "peak bandwidth of the main memory",
    1, 1e20, usual=(1e11, 1e14),
)  # fmt: skip
hoi = symbol(
    "hoi", r"\text{HOI}", "FLOP/byte", "hardware operational intensity", 1e-6, 1e9, usual=(1, 1e4)
)
intensity = symbol(
    "intensity", "I", "FLOP/byte", "operational intensity of a computation",
    1e-6, 1e12, usual=(1e-2, 1e6),
)  # fmt: skip

memory_capacity = symbol(
    "memory_capacity", r"M_\text{chip}", "byte", "memory of one chip", 1, 1e18, usual=(1e9, 1e13)
)
link_bandwidth = symbol(
    "link_bandwidth", r"W_\text{link}", "byte/s",
    "bandwidth with which one chip sends to all its peers together, one way",
    1, 1e20, usual=(1e9, 1e13),
)  # fmt: skip
n_chip = symbol(
    "n_chip", r"n_\text{chip}", "chip", "chips that share the model",
    1, 1e7, integer=True, usual=(1, 10_000),
)  # fmt: skip
chip_power = symbol(
    "chip_power", r"P_\text{chip}", "W", "power that one chip is designed for",
    1e-3, 1e5, usual=(10, 2000),
)  # fmt: skip
token_rate = symbol(
    "token_rate", r"r_\text{token}", "token/s", "tokens that all chips yield in a second",
    1e-12, 1e18, usual=(1, 1e6),
)  # fmt: skip
tensor_parallel = symbol(
    "tensor_parallel", r"n_\text{TP}", "1",
    "chips among which tensor parallelism splits each layer",
    1, 1e6, integer=True, usual=(1, 64),
)  # fmt: skip
data_parallel = symbol(
    "data_parallel", r"n_\text{DP}", "1",
    "ranks with weights of attention and sequences of their own",
    1, 1e6, integer=True, usual=(1, 64),
)  # fmt: skip
expert_parallel = symbol(
    "expert_parallel", r"n_\text{EP}", "1", "ranks among which whole routed experts are split",
    1, 1e6, integer=True, usual=(1, 64),
)  # fmt: skip
pipeline_parallel = symbol(
    "pipeline_parallel", r"n_\text{PP}", "1", "pipeline stages, each with its share of the layers",
    1, 1e6, integer=True, usual=(1, 64),
)  # fmt: skip
memory_reserve = symbol(
    "memory_reserve", r"\rho_\text{mem}", "1",
    "share of a chip's memory that neither weights nor cache use",
    0, 0.99, usual=(0, 0.3),
)  # fmt: skip
bandwidth_share = symbol(
    "bandwidth_share", r"f_\text{mem}", "1", "share of the memory bandwidth that kernels reach",
    1e-3, 1, usual=(0.1, 0.49),
)  # fmt: skip
flops_share = symbol(
    "flops_share", r"f_\text{mat}", "1", "share of the peak that multiplications by weights reach",
    1e-3, 1, usual=(0.1, 0.49),
)  # fmt: skip
expert_flops_share = symbol(
    "expert_flops_share", r"f_\text{exp}", "1",
    "rate of routed experts over that of dense matrices",
    1e-3, 1, usual=(0.1, 0.49),
)  # fmt: skip
attention_peak = symbol(
    "attention_peak", r"P_\text{mix}", "FLOP/s",
    "peak rate in the format that attention computes in",
    1, 1e24, usual=(1e12, 1e17),
)  # fmt: skip
attention_peak_share = symbol(
    "attention_peak_share", r"f_\text{mix}", "1", "share of that rate that attention reaches",
    1e-3, 1, usual=(0.1, 0.49),
)  # fmt: skip
link_share = symbol(
    "link_share", r"f_\text{link}", "1", "share of the link bandwidth that a collective reaches",
    1e-3, 1, usual=(0.1, 0.49),
)  # fmt: skip
operation_time = symbol(
    "operation_time", r"\tau", "s", "time of an operation that is neither traffic nor arithmetic",
    0, 1, usual=(1e-6, 1e-3),
)  # fmt: skip
collective_time = symbol(
    "collective_time", r"\alpha_\text{link}", "s", "time of a collective of a few bytes",
    0, 1, usual=(1e-6, 1e-4),
)  # fmt: skip
chip_hour_price = symbol(
    "chip_hour_price", "p", "USD/h", "price of one chip for one hour", 1e-6, 1e6, usual=(0.1, 100)
)
ff_peak_flops = symbol(
    "ff_peak_flops", r"P_\text{ff}", "FLOP/s",
    "peak rate of the chips that hold the feed-forward layers, where these are others",
    1, 1e24, usual=(1e12, 1e17),
)  # fmt: skip
ff_chip_hour_price = symbol(
    "ff_chip_hour_price", r"p_\text{ff}", "USD/h", "price of one of them for one hour",
    1e-6, 1e6, usual=(0.1, 100),
)  # fmt: skip
chip_ratio = symbol(
    "chip_ratio", r"r_\text{chip}", "1", "chips of attention for each of the feed-forward layers",
    1e-6, 1e6, usual=(0.1, 10),
)  # fmt: skip

# Shape of the model
n_params = symbol(
    "n_params", "N", "parameter", "parameters of the model", 1, 1e18, usual=(1e6, 1e13)
)
n_layer = symbol(
    "n_layer", r"n_\text{layer}", "layer", "transformer layers",
    1, 1e5, integer=True, usual=(1, 200),
)  # fmt: skip
vocab_size = symbol(
    "vocab_size", r"n_\text{vocab}", "token", "entries of the vocabulary",
    1, 1e8, integer=True, usual=(100, 500_000),
)  # fmt: skip
d_model = symbol(
    "d_model", r"d_\text{model}", "element", "width of the residual stream",
    1, 1e7, integer=True, usual=(64, 50_000),
)  # fmt: skip
n_ff_matrix = symbol(
    "n_ff_matrix", r"n_\text{mat}", "matrix",
    "matrices of the feed-forward network: 3 where it is gated, 2 where it is plain",
    2, 3, integer=True, usual=(2, 3),
)  # fmt: skip
d_ff = symbol(
    "d_ff", r"d_\text{ff}", "element", "width inside the feed-forward network",
    1, 1e8, integer=True, usual=(64, 200_000),
)  # fmt: skip
n_head = symbol("n_head", r"n_\text{head}", "head", "query heads in a layer", 1, 1e5, integer=True)
n_kv_head = symbol(
    "n_kv_head", r"n_\text{kv}", "head", "key-value heads in a layer",
    1, 1e5, integer=True, usual=(1, 128),
)  # fmt: skip
d_head = symbol(
    "d_head", r"d_\text{head}", "element", "width of one attention head",
    1, 1e5, integer=True, usual=(16, 512),
)  # fmt: skip
group_size = symbol(
    "group_size", "g", "head", "query heads that share one key-value head", 1, 1e5, usual=(1, 128)
)
tied_embeddings = symbol(
    "tied_embeddings", r"t_\text{emb}", "1",
    "1 where input and output embedding are one table, else 0",
    0, 1, integer=True, usual=(0, 1),
)  # fmt: skip

# Sizes of blocks that a plain decoder does not have: see `lifecost.blocks`.
d_value = size("d_value", r"d_\text{v}", "element", "width of one head's values")
window = symbol(
    "window", "W", "token", "tokens that a layer with a window attends to", 1, math.inf,
    usual=(1, 1e6),
)  # fmt: skip
chosen = symbol(
    "chosen", r"S_\text{top}", "token", "tokens that sparse attention chooses to look at",
    1, math.inf, usual=(1, 1e6),
)  # fmt: skip
stride = size("stride", r"s_\text{token}", "token", "tokens that share one entry of the KV cache")
own_cache = flag("own_cache", r"t_\text{own}", "a layer has a KV cache of its own")
own_value = flag("own_value", r"t_\text{v}", "values have a matrix of their own")
own_query = flag("own_query", r"t_\text{q}", "queries and outputs have matrices of their own")
d_gate = size("d_gate", r"d_\text{g}", "element", "width of the gate of one head's output", 0)
kv_rank = size("kv_rank", r"d_\text{c}", "element", "width of the latent of keys and values")
d_rope = size("d_rope", r"d_\text{r}", "element", "width of the rotary key that all heads share", 0)
query_rank = size("query_rank", r"d_\text{cq}", "element", "width of the latent of queries")
key_rank = size("key_rank", r"R_\text{k}", "1", "products of vectors that make the keys")
value_rank = size("value_rank", r"R_\text{v}", "1", "products of vectors that make the values")
n_expert = size("n_expert", r"n_\text{exp}", "expert", "routed experts in a layer")
n_active_expert = size(
    "n_active_expert", r"n_\text{top}", "expert", "routed experts that serve a token"
)
d_expert = size("d_expert", r"d_\text{exp}", "element", "width inside one expert")
n_key_head = size("n_key_head", r"n_\text{k}", "head", "key heads of a recurrent layer")
n_value_head = size("n_value_head", r"n_\text{v}", "head", "value heads of a recurrent layer")
d_key = size("d_key", r"d_\text{k}", "element", "width of one key of a recurrent layer")
d_state = size("d_state", r"d_\text{state}", "element", "width of the state of a state-space layer")
d_inner = size("d_inner", r"d_\text{in}", "element", "width inside a recurrent layer")
n_group = size("n_group", r"n_\text{group}", "1", "groups that share a projection")
conv_width = size("conv_width", r"w_\text{conv}", "token", "tokens that a convolution sees", 0)
step_rank = size("step_rank", r"d_\Delta", "element", "rank of the projection to step sizes")
gain = flag("gain", r"t_\text{gain}", "the result of a recurrent layer is normalized")
gate_rank = size("gate_rank", r"d_\text{gr}", "element", "rank of the projection to gates", 0)
n_index_head = size("n_index_head", r"n_\text{idx}", "head", "heads of an indexer")
d_index = size("d_index", r"d_\text{idx}", "element", "width of one head of an indexer")
d_held = size("d_held", r"d_\text{held}", "element", "elements that an indexer holds of a token")
d_query = size("d_query", r"d_\text{q}", "element", "width that an indexer's queries come from")
d_in = size("d_in", r"d_\text{from}", "element", "width that a block reads, if not the stream's")
group_rank = size("group_rank", r"d_\text{og}", "element", "rank of a group of output projections")
copies = size("copies", r"n_\text{copy}", "matrix", "matrices of one size", 0)
columns = size(
    "columns", r"n_\text{col}", "element", "width of a matrix beside the residual stream", 0
)
elements = size(
    "elements", r"n_\text{el}", "element", "elements that are looked up or added", 0, 1e15
)
multiplied = size("multiplied", r"n_\times", "element", "elements of small matrices", 0, 1e15)
n_position = size("n_position", r"n_\text{pos}", "token", "learned positions", 0)
direct = flag("direct", r"t_\text{dir}", "queries come from the residual stream")
expert_bias = size(
    "expert_bias", r"b_\text{e}", "element", "elements of one expert's biases", 0, 1e15
)
norms = symbol("norms", r"v_\text{norm}", "1", "vectors of a block's normalizations", 0, 64, True)
bias = size("bias", "b", "element", "elements of a block's other vectors", 0, 1e15)

# What may be bound beyond a plain decoder and its setting: each says what it is where it is not.
n_active_params = symbol(
    "n_active_params", r"N_\text{act}", "parameter", "parameters that serve each token",
    1, 1e18, absent="n_params",
)  # fmt: skip
cache_parts = symbol(
    "cache_parts", r"n_\text{part}", "1",
    "parts that the KV cache splits into among chips; beyond them it is held several times",
    1, 1e12, absent=10**12,
)  # fmt: skip

# One step of inference
kv_bytes = symbol(
    "kv_bytes", r"b_\text{kv}", "byte/element", "bytes that store one element of the KV cache",
    1 / 64, 64, usual=(0.25, 4),
)  # fmt: skip
weight_bytes = symbol(
    "weight_bytes", r"b_\text{w}", "byte/parameter", "bytes that store one weight",
    1 / 64, 64, usual=(0.25, 4),
)  # fmt: skip
expert_bytes = part("expert_bytes", r"b_\text{exp}", "the routed experts")
embedding_bytes = part("embedding_bytes", r"b_\text{emb}", "the embeddings, input and output")
other_bytes = part("other_bytes", r"b_\text{other}", "norms, biases and routers")
state_bytes = symbol(
    "state_bytes", r"b_\text{state}", "byte/element",
    "bytes that store one element of a fixed state, where they differ from the KV cache's",
    1 / 64, 64, absent="kv_bytes",
)  # fmt: skip
gradient_bytes = symbol(
    "gradient_bytes", r"b_\text{grad}", "byte/parameter", "bytes that store one gradient",
    1 / 64, 64, usual=(1, 4),
)  # fmt: skip
optimizer_bytes = symbol(
    "optimizer_bytes", r"b_\text{opt}", "byte/parameter",
    "bytes of the optimizer's states of one parameter, a copy of the weight among them",
    0, 64, usual=(2, 16),
)  # fmt: skip
activation_bytes = symbol(
    "activation_bytes", r"b_\text{act}", "byte/element",
    "bytes of one activation, stored or sent to another chip", 1 / 64, 64, usual=(0.5, 4),
)  # fmt: skip
weight_shards = shards("weight_shards", r"n_\text{shard,w}", "the weights")
gradient_shards = shards("gradient_shards", r"n_\text{shard,grad}", "the gradients")
optimizer_shards = shards("optimizer_shards", r"n_\text{shard,opt}", "the optimizer's states")
activation_shards = symbol(
    "activation_shards", r"n_\text{shard,act}", "1",
    "chips that the activations of one sequence are divided among", 1, 1e7, absent=1,
)  # fmt: skip
OPTIONAL = {name: q.absent for name, q in SYMBOLS.items() if q.absent is not None}
# Parts of a model whose bytes may differ from those of its other weights.
PARTS = tuple(name for name, absent in OPTIONAL.items() if absent == "weight_bytes")
batch = symbol("batch", "B", "sequence", "sequences decoded together", 1, 1e9, usual=(1, 4096))
context = symbol(
    "context", "S", "token", "tokens in the cache of each sequence", 1, 1e12, usual=(1, 1e7)
)
prompt_length = symbol(
    "prompt_length", r"S_\text{in}", "token", "tokens of a prompt", 1, 1e12, usual=(1, 1e6)
)
answer_length = symbol(
    "answer_length", r"S_\text{out}", "token", "tokens of an answer", 1, 1e12, usual=(1, 1e6)
)
aggregated = flag(
    "aggregated", r"t_\text{agg}", "the chips that decode read prompts between their steps"
)
element_bits = symbol(
    "element_bits", r"b_\text{bit}", "bit", "bits that store one element, scales aside",
    1, 64, usual=(1, 32),
)  # fmt: skip
scale_bytes = symbol(
    "scale_bytes", r"b_\text{scale}", "byte", "bytes of scales and offsets of one block",
    0, 1024, usual=(0.5, 8),
)  # fmt: skip
block_size = symbol(
    "block_size", r"n_\text{block}", "element", "elements that share one scale",
    1, 1e9, usual=(1, 4096),
)  # fmt: skip

# Training
train_tokens = symbol(
    "train_tokens", r"D_\text{train}", "token", "tokens that the model is trained on",
    1, 1e24, usual=(1e6, 1e15),
)  # fmt: skip
train_flops = symbol(
    "train_flops", "C", "FLOP", "compute budget of the training run", 1, 1e36, usual=(1e20, 1e28)
)
sequence_length = symbol(
    "sequence_length", r"S_\text{train}", "token", "length of a training sequence",
    1, 1e12, usual=(1, 1e7),
)  # fmt: skip

micro_batch = symbol(
    "micro_batch", r"B_\text{micro}", "sequence",
    "sequences whose activations one chip keeps at a time", 1e-6, 1e9, usual=(1, 64),
)  # fmt: skip
recomputed = symbol(
    "recomputed", r"\phi_\text{again}", "1",
    "share of the forward pass that is computed again for the backward pass",
    0, 1, usual=(0.05, 0.45),
)  # fmt: skip

# Query-key interactions
window_near = symbol(
    "window_near", "W_1", "token", "tokens among which a query looks for its first key of a pair",
    1, 1e12, usual=(1, 1e4),
)  # fmt: skip
window_far = symbol(
    "window_far", "W_2", "token", "tokens among which it looks for the second",
    1, 1e12, usual=(1, 1e4),
)  # fmt: skip
interaction_multiplier = symbol(
    "interaction_multiplier", "m", "1",
    "arithmetic of a query-key interaction as a multiple of dot-product attention's",
    1, 1e9, usual=(1.1, 1000),
)  # fmt: skip
training_factor = symbol(
    "training_factor", "x", "1", "training budget as a multiple of that of dot-product attention",
    1, 1e9, usual=(1.1, 10),
)  # fmt: skip

# Layers of two kinds: some attend to all that came before, the others do not
kv_width = symbol(
    "kv_width", r"d_\text{kv}", "element", "elements of a token that one layer's KV cache holds",
    1, 1e8, usual=(64, 4096),
)  # fmt: skip
full_every = symbol(
    "full_every", r"n_\text{every}", "layer", "layers of which one attends to every token",
    1, 1e18, usual=(1.5, 100),
)  # fmt: skip
reach = symbol(
    "reach", r"S_\text{reach}", "token", "tokens whose cache each other layer reads",
    0, 1e12, usual=(16, 1e5),
)  # fmt: skip
keeps_all = flag("keeps_all", r"t_\text{all}", "the other layers keep the cache of every token")
index_width = symbol(
    "index_width", r"d_\text{look}", "element",
    "elements of each token that a layer reads to choose where it looks",
    0, 1e8, usual=(1, 50),
)  # fmt: skip
state_size = symbol(
    "state_size", r"M_Z", "byte", "bytes of a layer's fixed state, read and written in each step",
    0, 1e15, usual=(1e4, 1e8),
)  # fmt: skip

# Scaling laws
loss_floor = symbol(
    "loss_floor", "E", "nat/token", "loss that no model can remove", 0, 100, usual=(0.1, 4)
)
param_scale = symbol(
    "param_scale", "A_N", "nat/token", "scale of the model-size term", 1e-9, 1e15, usual=(100, 3000)
)
data_scale = symbol(
    "data_scale", "A_D", "nat/token", "scale of the data term", 1e-9, 1e15, usual=(100, 3000)
)
param_exponent = symbol(
    "param_exponent", r"\alpha", "1", "exponent of model size", 1e-3, 10, usual=(0.2, 0.6)
)
data_exponent = symbol(
    "data_exponent", r"\beta", "1", "exponent of training tokens", 1e-3, 10, usual=(0.2, 0.6)
)
target_loss = symbol(
    "target_loss", r"\ell", "nat/token", "loss to be reached", 1e-6, 100, usual=(20, 40)
)
power_law_scale = symbol(
    "power_law_scale", "k", "1", "value of a power law at its unit of compute",
    1e-12, 1e30, usual=(0.1, 1e10),
)  # fmt: skip
power_law_exponent = symbol(
    "power_law_exponent", "a", "1", "exponent of a power law in compute", 1e-3, 10, usual=(0.1, 1)
)
compute_unit = symbol(
    "compute_unit", "C_0", "FLOP", "unit in which a power law counts compute",
    1, 1e30, usual=(1, 1e19),
)  # fmt: skip

# Experts in a scaling law
expert_ratio = symbol(
    "expert_ratio", r"\varepsilon", "1", "routed experts for each one that serves a token",
    1, 1e6, usual=(1, 32),
)  # fmt: skip
routed_share = symbol(
    "routed_share", r"\phi_\text{exp}", "1",
    "share of the parameters that serve a token which are those of routed experts",
    0, 1, usual=(0.05, 0.49),
)  # fmt: skip
least_experts = symbol(
    "least_experts", r"\varepsilon_\text{low}", "1", "effective number of experts of a dense model",
    1, 10, usual=(1.5, 3),
)  # fmt: skip
most_experts = symbol(
    "most_experts", r"\varepsilon_\text{high}", "1",
    "effective number of experts that no number of them exceeds",
    20, 1e6, usual=(100, 1000),
)  # fmt: skip
param_scale_power = symbol(
    "param_scale_power", r"\delta_N", "1",
    "power with which experts lower the scale of the size term", 0, 10, usual=(0.1, 0.3),
)  # fmt: skip
param_exponent_slope = symbol(
    "param_exponent_slope", r"\gamma_N", "1",
    "what an e-fold of experts takes off the exponent of size", 0, 1, usual=(0.005, 0.02),
)  # fmt: skip
data_scale_power = symbol(
    "data_scale_power", r"\delta_D", "1",
    "power with which experts raise the scale of the data term", 0, 10, usual=(0.3, 0.6),
)  # fmt: skip
data_exponent_slope = symbol(
    "data_exponent_slope", r"\gamma_D", "1",
    "what an e-fold of experts adds to the exponent of training tokens", 0, 1, usual=(0.01, 0.03),
)  # fmt: skip

# Laws beyond size and tokens
unique_tokens = symbol(
    "unique_tokens", r"D_\text{unique}", "token", "training tokens of which none is a repetition",
    1, 1e24, usual=(1e6, 1e15),
)  # fmt: skip
repeat_decay = symbol(
    "repeat_decay", r"r_D", "1", "repetitions after which data have lost most of their worth",
    1e-3, 1e6, usual=(5, 30),
)  # fmt: skip
precision_decay = symbol(
    "precision_decay", r"\gamma_b", "bit", "bits in which the loss of precision falls e-fold",
    1e-3, 64, usual=(1, 3),
)  # fmt: skip
precision_offset = symbol(
    "precision_offset", r"n_b", "1", "offset of a law of precision", 0, 10, usual=(0.1, 0.3)
)

# Speculative decoding
draft_length = symbol(
    "draft_length", r"\gamma", "token", "tokens that the draft guesses before each verification",
    0, 1024, integer=True, usual=(1, 12),
)  # fmt: skip
acceptance_rate = symbol(
    "acceptance_rate", r"p_\text{acc}", "1", "probability that a guess is accepted",
    0, 1, usual=(0.05, 0.49),
)  # fmt: skip
further_acceptance_rate = symbol(
    "further_acceptance_rate", r"p_\text{more}", "1",
    "probability that a guess after the first is accepted, if all before it were",
    1e-9, 1, usual=(0.05, 0.49),
)  # fmt: skip
guess_floor = symbol(
    "guess_floor", r"\theta", "1", "least chance of being accepted at which a guess is verified",
    1e-9, 1, usual=(0.01, 0.05),
)  # fmt: skip
draft_branches = symbol(
    "draft_branches", r"n_\text{branch}", "1", "guesses at each next token in a tree of them",
    1, 1024, integer=True, usual=(1, 4),
)  # fmt: skip
draft_cost_ratio = symbol(
    "draft_cost_ratio", "c", "1", "cost of a draft step over that of the model's own",
    0, 1, usual=(0.001, 0.5),
)  # fmt: skip
draft_context = symbol(
    "draft_context", r"S_\text{draft}", "token", "tokens of the cache that a draft step reads",
    1, 1e12, usual=(1, 1e4),
)  # fmt: skip

draft_share = symbol(
    "draft_share", r"\nu_\text{draft}", "1", "share of the model's layers that its draft keeps",
    1e-6, 1, usual=(0.1, 0.45),
)  # fmt: skip
draft_training_share = symbol(
    "draft_training_share", r"x_\text{draft}", "1",
    "arithmetic of training a draft over that of training the model",
    0, 10, usual=(0.01, 0.3),
)  # fmt: skip

# A family of models
kv_scale = symbol(
    "kv_scale", r"k_\text{kv}", "element/token", "cache of a token in a model of one parameter",
    1e-6, 1e9, usual=(10, 1000),
)  # fmt: skip
kv_exponent = symbol(
    "kv_exponent", r"\nu", "1", "power with which the cache grows with model size",
    0.01, 0.99, usual=(0.1, 0.45),
)  # fmt: skip
peer_params = symbol(
    "peer_params", r"N_\text{peer}", "parameter", "size of the compute-optimal model as good",
    1, 1e18, usual=(1e6, 1e13),
)  # fmt: skip

# A variant beside its baseline
kv_share = symbol(
    "kv_share", r"s_\text{kv}", "1", "cache that a variant reads, as a share of its baseline's",
    0, 1000, usual=(0.01, 0.45),
)  # fmt: skip
attention_share = symbol(
    "attention_share", r"s_\text{attn}", "1",
    "arithmetic of attention that a variant does, as a share of its baseline's",
    0, 1000, usual=(0.01, 0.45),
)  # fmt: skip
size_ratio = symbol(
    "size_ratio", "s_N", "1", "size of a variant over that of its baseline",
    1e-6, 1e6, usual=(0.1, 5),
)  # fmt: skip
loss_gap = symbol(
    "loss_gap", r"\Delta\mathcal{L}", "nat/token", "loss of a variant above its baseline's",
    0, 10, usual=(0.001, 1),
)  # fmt: skip

# A life of service
prefill_tokens = symbol(
    "prefill_tokens", r"D_\text{prefill}", "token", "prompt tokens read over the lifetime",
    0, 1e24, usual=(1e6, 1e16),
)  # fmt: skip
prefix_length = symbol(
    "prefix_length", r"S_\text{pre}", "token", "tokens that a prompt begins with and others share",
    0, 1e12, usual=(1, 1e6),
)  # fmt: skip
load_bandwidth = symbol(
    "load_bandwidth", r"W_\text{load}", "byte/s",
    "bandwidth with which one chip loads a cache that was kept elsewhere",
    1, 1e20, usual=(1e9, 1e12),
)  # fmt: skip
memory_price = symbol(
    "memory_price", r"p_\text{mem}", "USD/byte/h", "price of one byte of memory for one hour",
    1e-30, 1, usual=(1e-13, 1e-9),
)  # fmt: skip
decode_tokens = symbol(
    "decode_tokens", r"D_\text{decode}", "token", "tokens generated over the lifetime",
    0, 1e24, usual=(1e6, 1e16),
)  # fmt: skip
tokens_per_day = symbol(
    "tokens_per_day", "r", "token/day", "tokens generated in a day of service",
    1e-9, 1e24, usual=(1e6, 1e14),
)  # fmt: skip
prompt_ratio = symbol(
    "prompt_ratio", "q", "1", "prompt tokens that are read for each generated token",
    0, 1e6, usual=(0.01, 100),
)  # fmt: skip
service_days = symbol(
    "service_days", r"t_\text{service}", "day", "days of service", 0, 1e9, usual=(0.1, 1e4)
)
train_peak_flops = symbol(
    "train_peak_flops", r"P_\text{train}", "FLOP/s",
    "peak rate in the format that training computes in",
    1, 1e24, usual=(1e12, 1e17),
)  # fmt: skip
train_mfu = symbol(
    "train_mfu", r"U_\text{train}", "1", "share of the peak that training reaches",
    1e-6, 1, usual=(0.01, 0.4),
)  # fmt: skip
prefill_mfu = symbol(
    "prefill_mfu", r"U_\text{prefill}", "1", "share of the peak that prefill reaches",
    1e-6, 1, usual=(0.01, 0.4),
)  # fmt: skip
decode_efficiency = symbol(
    "decode_efficiency", r"\eta_\text{decode}", "1",
    "share of its bound that decode reaches: least time over real time",
    1e-6, 1, usual=(0.01, 0.4),
)  # fmt: skip

# Reinforcement learning
rl_tokens = symbol(
    "rl_tokens", r"D_\text{RL}", "token", "tokens of the rollouts of reinforcement learning",
    0, 1e24, usual=(1e6, 1e15),
)  # fmt: skip
trained_share = symbol(
    "trained_share", r"\phi_\text{RL}", "1", "share of the rollouts' tokens that are trained on",
    1e-6, 1, usual=(0.05, 0.49),
)  # fmt: skip
rollout_context = symbol(
    "rollout_context", r"S_\text{RL}", "token", "context of a rollout's token, on average",
    1, 1e12, usual=(1, 1e6),
)  # fmt: skip
rollout_batch = symbol(
    "rollout_batch", r"B_\text{RL}", "sequence", "rollouts decoded together",
    1, 1e9, usual=(1, 4096),
)  # fmt: skip
rl_share = symbol(
    "rl_share", r"r_\text{RL}", "1", "cost of reinforcement learning over that of pretraining",
    0, 1e6, usual=(0.01, 0.49),
)  # fmt: skip

# The requests of a life
cached_share = symbol(
    "cached_share", "h", "1", "share of a prompt's tokens whose cache is there already",
    0, 1, usual=(0.05, 0.45),
)  # fmt: skip

# The shape at a size
n_body = symbol(
    "n_body", r"N_\text{body}", "parameter", "parameters outside the embeddings",
    1, 1e18, usual=(1e6, 1e13),
)  # fmt: skip
relative_width = symbol(
    "relative_width", "w", "1",
    "width of the residual stream over the root of the parameters outside the embeddings",
    1e-6, 1, usual=(0.01, 0.3),
)  # fmt: skip
ff_ratio = symbol(
    "ff_ratio", r"\rho", "1", "feed-forward parameters for each parameter of attention",
    1e-6, 1e6, usual=(0.3, 20),
)  # fmt: skip
width_constant = symbol(
    "width_constant", "a_0", "1", "constant of a law of width", 1e-6, 1e6, usual=(2, 4)
)
width_log = symbol(
    "width_log", "a_1", "1", "what a law of width adds for each e-fold",
    1e-9, 1e6, usual=(0.03, 0.2),
)  # fmt: skip
width_inverse = symbol(
    "width_inverse", "a_2", "1", "what a law of width adds for the inverse of width",
    0, 1e6, usual=(0.003, 0.02),
)  # fmt: skip
ff_constant = symbol(
    "ff_constant", "b_0", "1", "constant of a law of the feed-forward share",
    1e-6, 1e6, usual=(0.3, 0.6),
)  # fmt: skip
ff_log = symbol(
    "ff_log", "b_1", "1", "what a law of the feed-forward share adds for each e-fold",
    1e-9, 1e6, usual=(0.003, 0.01),
)  # fmt: skip
ff_inverse = symbol(
    "ff_inverse", "b_2", "1", "what a law of the feed-forward share adds for its inverse",
    0, 1e6, usual=(0.003, 0.01),
)  # fmt: skip
head_scale = symbol(
    "head_scale", r"a_\text{h}", "nat", "what a model of one head loses by having no more",
    1e-6, 1e6, usual=(0.1, 1),
)  # fmt: skip
head_exponent = symbol(
    "head_exponent", r"\beta_\text{h}", "1", "power with which heads lower that loss",
    1e-3, 10, usual=(0.1, 0.4),
)  # fmt: skip
loss_ratio = symbol(
    "loss_ratio", r"\kappa", "1", "loss of one shape as a multiple of that of another",
    0.1, 10, usual=(0.9, 1.1),
)  # fmt: skip


# What a stack of blocks adds up, and the symbols on which a sum depends beside the sizes.
SUMS: dict[str, Sum] = {}


class Sum(NamedTuple):
    """An additive quantity of a model: each block brings its part."""

    latex: str
    unit: str
    meaning: str
    of: tuple[str, ...]  # symbols of the setting; a formula may put others in their place
    positive: bool

    def __call__(self, name: str, s: Symbols) -> Expr:
        """Return it as a function of what it depends on: the form that all models share."""
        sign = {"positive": True} if self.positive else {"nonnegative": True}
        return sympy.Function(name, **sign)(*(getattr(s, symbol) for symbol in self.of))


def total(name: str, latex: str, unit: str, meaning: str, *of: str, positive: bool = True) -> None:
    """Keep a sum in `SUMS`."""
    SUMS[name] = Sum(latex, unit, meaning, of, positive)


total("stored_params", r"N_\text{exact}", "parameter", "parameters of the model")
total("active_params", r"N_\text{active}", "parameter", "parameters that serve each token")
total("read_params", r"N_\text{read}", "parameter",
      "weights that a step reads; of routed experts those expected", "batch")  # fmt: skip
total("stored_bytes", r"M_\text{w}", "byte", "bytes of the model's weights")
total("read_bytes", r"M_\text{wr}", "byte",
      "bytes of these weights", "batch")  # fmt: skip
total("weight_macs", r"N_\text{mat}", "parameter", "multiplications by weights for each token")
total("cache_macs", r"a_\text{mix}", "element",
      "multiplications with cache and state for each token of a step", "context")  # fmt: skip
total("prompt_macs", r"a_\text{prompt}", "element",
      "the same for each token of a whole sequence, on average", "sequence_length")  # fmt: skip
total("cache_held", r"E_\text{kv}", "element", "elements of one sequence's KV cache", "context",
      positive=False)  # fmt: skip
total("cache_read", r"E_\text{read}", "element", "elements of it that a step reads", "context",
      positive=False)  # fmt: skip
for verb in ("held", "read", "written"):
    total(f"state_{verb}", rf"Z_\text{{{verb}}}", "element",
          f"elements of one sequence's fixed state that are {verb}", positive=False)  # fmt: skip
total("chip_stored_bytes", r"M_\text{w}^\text{chip}", "byte",
      "bytes of weights on one chip of a stage", "tensor_parallel", "data_parallel")  # fmt: skip
total("chip_read_bytes", r"M_\text{wr}^\text{chip}", "byte", "bytes of them that a step reads",
      "batch", "tensor_parallel", "data_parallel")  # fmt: skip
total("chip_weight_macs", r"N_\text{mat}^\text{chip}", "parameter",
      "multiplications by weights, routed experts aside, that a chip does for a token of its rank",
      "tensor_parallel", positive=False)  # fmt: skip
total("chip_routed_macs", r"N_\text{exp}^\text{chip}", "parameter",
      "those by routed experts: its share of all ranks' tokens for each of its own",
      "tensor_parallel", positive=False)  # fmt: skip
total("chip_cache_macs", r"a_\text{mix}^\text{chip}", "element",
      "multiplications with cache and state that one chip does for a token of a step",
      "context", "tensor_parallel", positive=False)  # fmt: skip
total("chip_prompt_macs", r"a_\text{prompt}^\text{chip}", "element",
      "the same for each token of a whole sequence, on average",
      "sequence_length", "tensor_parallel", positive=False)  # fmt: skip
for verb in ("held", "read"):
    total(f"chip_cache_{verb}", rf"E_\text{{kv {verb}}}^\text{{chip}}", "element",
          f"elements of one sequence's KV cache that are {verb} by one chip",
          "context", "tensor_parallel", positive=False)  # fmt: skip
for verb in ("held", "read", "written"):
    total(f"chip_state_{verb}", rf"Z_\text{{{verb}}}^\text{{chip}}", "element",
          f"elements of one sequence's fixed state that are {verb} by one chip",
          "tensor_parallel", positive=False)  # fmt: skip
total("choices", r"n_\text{route}", "expert",
      "ranks of routed experts that a token is sent to, over all layers",
      "expert_parallel", positive=False)  # fmt: skip
total("operations", r"n_\text{op}", "1",
      "kinds of matrices that a token meets, layer by layer", positive=False)  # fmt: skip
total("attention_params", r"N_\text{attn}", "parameter", "matrices of attention",
      positive=False)  # fmt: skip
total("feed_forward_params", r"N_\text{ff}", "parameter", "matrices of feed-forward layers",
      positive=False)  # fmt: skip
total("embedding_params", r"N_\text{emb}", "parameter", "tables at both ends",
      positive=False)  # fmt: skip


class PlainOnly(LookupError):
    """A size of a plain decoder was asked for where any model is meant."""


ANY = "any"  # in place of a stack: any model, whose sums stay as they are


class Symbols:
    """What a formula is called with to get an expression: every symbol, by its name.

    The sums over a model's blocks are written out in the sizes of a stack: a plain decoder's, if
    none is given. Nothing outside of this object decides what an expression means.

    Parameters
    ----------
    stack
        A stack of blocks whose sizes are symbols.
    optional
        Whether symbols that a plain decoder does not need, such as active parameters, have a symbol
        of their own; else each is what it is where nothing binds it.

    Examples
    --------
    >>> from lifecost import kv_cache_size
    >>> kv_cache_size(Symbols())
    2*batch*context*d_head*kv_bytes*n_kv_head*n_layer
    >>> kv_cache_size(Symbols().but(context=1))
    2*batch*d_head*kv_bytes*n_kv_head*n_layer
    """

    plain: Any = None  # the plain decoder, whose sizes are symbols: `lifecost.blocks` builds it
    sizes: tuple[str, ...] = ()  # of it, those that not every model has

    def __init__(self, stack: Any = None, *, optional: bool = False) -> None:
        self.stack, self.optional = self.plain if stack is None else stack, optional
        self.called: list[Any] = []  # the formulas that were called with these
        self.asked: set[str] = set()
        self._instead: dict[Expr, Expr] = {}
        self._sums: dict[str, Expr] = {}

    def __getattr__(self, name: str) -> Expr:
        """Return the symbol of a name, a sum, or what stands for it here."""
        self.ask(name)
        if name in SUMS:
            return self.within(self._sum(name))
        if name not in _MADE:
            raise AttributeError(f"there is no symbol {name!r}")
        absent = OPTIONAL.get(name)
        if absent is None or self.optional:
            found = _MADE[name]
        else:
            found = _MADE[absent] if isinstance(absent, str) else sympy.Integer(absent)
        return self.within(found)

    def ask(self, *names: str) -> None:
        """Note that names are asked for.

        Raises
        ------
        PlainOnly
            If a sum of any model is asked for, and a size of a plain decoder, with which it does
            not show what becomes of it.
        """
        self.asked.update(names)
        if self.stack == ANY:
            sizes = self.asked & {*self.sizes}
            if sizes and not self.asked.isdisjoint(SUMS):
                raise PlainOnly(min(sizes))

    def _sum(self, name: str) -> Expr:
        if name not in self._sums:
            bare = Symbols(self.stack, optional=self.optional)
            found = bare.of_any(name) if self.stack == ANY else self.stack.total(name, bare)
            self._sums[name] = sympy.sympify(found)
        return self._sums[name]

    def of_any(self, name: str) -> Expr:
        """Return a sum over the blocks of any model, as a function of what it depends on."""
        found = SUMS[name](name, self)
        if name != "stored_bytes":
            return found
        # The number of weights is the caller's: rounded as it may be.
        own = SUMS["stored_params"]("stored_params", self)
        return self.n_params * self.weight_bytes + found - own * self.weight_bytes

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *SYMBOLS, *SUMS]

    def but(self, **instead: Expr) -> Symbols:
        """Return these symbols with other expressions in place of some."""
        if self.stack == ANY and (size := next((n for n in instead if n in self.sizes), "")):
            raise PlainOnly(size)
        made = Symbols(self.stack, optional=self.optional)
        made.called, made.asked, made._sums = self.called, self.asked, self._sums
        made._instead = self._instead | {_MADE[name]: value for name, value in instead.items()}
        return made

    def within(self, expr: Expr) -> Expr:
        """Return an expression of the symbols with what stands in their place here."""
        return expr.subs(self._instead, simultaneous=len(self._instead) > 1)
