"""Layers that do not look at every token: what a mix of them reads, and where it saves anything.

One layer in so many attends to every token. The others read a window, or what an indexer chooses,
or a state of fixed size in place of a cache. Symbols say which: a mix is a setting.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import ATTENTION_8B, H100, KV_8B, LLAMA_8B, MATRICES_8B
from lifecost.formulas.kv_cache import kv_bytes_per_token, kv_bytes_read
from lifecost.formulas.transformer import attention_flops, matmul_flops
from lifecost.symbols import SECONDS_PER_HOUR, Expr, Symbols

_ALIKE = ("all layers hold caches and states of one width each",)
_ONCE = (*_ALIKE, "each layer reads what it looks at once a step; a state is read and written")

# Qwen3.5-397B-A17B, convolutions aside: 60 layers, one in four with two key-value heads of 256, the
# others with 64 matrices of 128 x 128 in 32 bits (config.json).
_QWEN = dict(n_layer=60, kv_width=2 * 2 * 256, full_every=4, kv_bytes=2,
             state_size=64 * 128 * 128 * 4)  # fmt: skip
# DeepSeek-V3.2: a latent of 512, a rotary key of 64, an index key of 128; 2,048 tokens are chosen.
_V3_2 = dict(kv_width=576, index_width=128, reach=2048)
_MIX = dict(_QWEN, batch=2, context=10_000, reach=0, keeps_all=0, index_width=0)
_SPARSE = dict(_V3_2, n_layer=61, kv_bytes=1, state_size=0, keeps_all=1,
               full_every=1e18, batch=1, context=131_072)  # fmt: skip


def _others(s: Symbols) -> Expr:
    """Return how many layers do not attend to every token."""
    return s.n_layer * (1 - 1 / s.full_every)


@formula(
    r"M_\text{full}", "byte", assumptions=_ALIKE,
    varies="* n_layer kv_width kv_bytes batch context",
    example=(dict(n_layer=60, kv_width=1024, kv_bytes=2, batch=2, context=10_000),
             60 * 1024 * 2 * 2 * 10_000, "by hand"),
)  # fmt: skip
def full_bytes_read(s: Symbols) -> Expr:
    """Bytes that a decode step of the batch reads if every layer attends to every token."""
    return s.n_layer * s.kv_width * s.kv_bytes * s.batch * s.context


@formula(
    r"M_\text{every}", "byte", assumptions=_ALIKE,
    varies="* n_layer kv_width kv_bytes batch context / full_every",
    example=(_MIX, 15 * 1024 * 2 * 2 * 10_000, "by hand"),
)  # fmt: skip
def full_layers_read(s: Symbols) -> Expr:
    """Bytes of it that the layers read which attend to every token."""
    return full_bytes_read(s) / s.full_every


@formula(
    r"M_\text{near}", "byte", assumptions=_ONCE,
    varies="* n_layer kv_width kv_bytes batch + reach context full_every",
    example=(dict(_SPARSE, full_every=61), 60 * 576 * 2048, "by hand"),
)  # fmt: skip
def other_layers_read(s: Symbols) -> Expr:
    """Bytes of cache that the other layers read where they look: in a window, or at choice."""
    return _others(s) * s.kv_width * Min(s.context, s.reach) * s.kv_bytes * s.batch


@formula(
    r"M_\text{look}", "byte", assumptions=(*_ONCE, "index keys are stored as the cache is"),
    varies="* n_layer index_width kv_bytes batch context + full_every",
    example=(dict(_SPARSE, full_every=61), 60 * 128 * 131_072, "by hand"),
)  # fmt: skip
def index_bytes_read(s: Symbols) -> Expr:
    """Bytes that indexers read to choose: a few elements of every token."""
    return _others(s) * s.index_width * s.context * s.kv_bytes * s.batch


@formula(
    r"M_\text{state}", "byte", assumptions=_ONCE,
    varies="* n_layer state_size batch + full_every",
    example=(_MIX, 45 * 2 * 64 * 128 * 128 * 4 * 2, "by hand"),
)  # fmt: skip
def state_bytes_moved(s: Symbols) -> Expr:
    """Bytes of fixed states that a step reads and writes: the context has no say."""
    return 2 * _others(s) * s.state_size * s.batch


@formula(
    r"M_\text{mix}", "byte", assumptions=_ONCE,
    varies="* n_layer batch + kv_width reach index_width state_size kv_bytes context ~ full_every",
    example=(_MIX, 2 * (15 * 1024 * 2 * 10_000 + 45 * 2 * 64 * 128 * 128 * 4), "by hand"),
)  # fmt: skip
def mix_bytes_read(s: Symbols) -> Expr:
    """Bytes of cache and state that a decode step of the batch moves, in a mix of layers."""
    cache = full_layers_read(s) + other_layers_read(s) + index_bytes_read(s)
    return cache + state_bytes_moved(s)


@formula(
    r"M_\text{held}", "byte", assumptions=_ALIKE,
    varies=(
        "* n_layer batch + kv_width reach keeps_all index_width state_size kv_bytes context "
        "~ full_every"
    ),
    example=(dict(_SPARSE, full_every=61), 131_072 * (61 * 576 + 60 * 128), "by hand"),
)  # fmt: skip
def mix_bytes_held(s: Symbols) -> Expr:
    """Bytes of cache and state that a mix of layers holds for the whole batch."""
    kept = s.keeps_all * s.context + (1 - s.keeps_all) * Min(s.context, s.reach)
    cache = (s.kv_width * kept + s.index_width * s.context) * s.kv_bytes
    others = _others(s) * (cache + s.state_size) * s.batch
    return full_layers_read(s) + others


@formula(
    r"M_\text{full} / M_\text{mix}", "1", assumptions=_ONCE,
    varies="+ kv_width kv_bytes context - reach index_width state_size ~ full_every",
    example=(dict(_MIX, state_size=0), 4, "a state that weighs nothing: one layer in four reads"),
)  # fmt: skip
def mix_saving(s: Symbols) -> Expr:
    """Factor by which a mix reads less than full attention in every layer; below one, more."""
    other = s.kv_width * Min(1, s.reach / s.context) + s.index_width
    state = 2 * s.state_size / (s.context * s.kv_bytes)
    share = 1 / s.full_every
    return s.kv_width / (share * s.kv_width + (1 - share) * (other + state))


@formula(
    r"T_\text{full}", "s", assumptions=(*_ALIKE, "memory at its peak bandwidth, one chip"),
    varies="* n_layer kv_width kv_bytes batch context / memory_bandwidth",
    example=(dict(_MIX, memory_bandwidth=2e12), 60 * 1024 * 2 * 2 * 10_000 / 2e12, "by hand"),
)  # fmt: skip
def full_read_time(s: Symbols) -> Expr:
    """Least time in which one chip reads the cache of a batch, if every layer attends to all."""
    return full_bytes_read(s) / s.memory_bandwidth


@formula(
    r"T_\text{mix}", "s", assumptions=(*_ONCE, "memory at its peak bandwidth, one chip"),
    varies=(
        "* n_layer batch / memory_bandwidth + kv_width reach index_width state_size kv_bytes "
        "context ~ full_every"
    ),
    example=(dict(_MIX, memory_bandwidth=2e12, state_size=0), 15 * 1024 * 2 * 2 * 10_000 / 2e12,
             "by hand"),
)  # fmt: skip
def mix_read_time(s: Symbols) -> Expr:
    """Least time in which one chip moves cache and state of a batch, in a mix of layers."""
    return mix_bytes_read(s) / s.memory_bandwidth


@formula(
    r"S_\text{state}", "token", assumptions=_ONCE,
    varies="* state_size / kv_width kv_bytes",
    example=(_QWEN, 4096, "2 x 64 x 128 x 128 x 4 bytes over 1,024 x 2: by hand"),
)  # fmt: skip
def state_break_even(s: Symbols) -> Expr:
    """Context below which a layer with a fixed state moves more bytes than one with full attention.

    How many layers of either kind there are has no say: each replaced layer pays by itself.
    """
    return 2 * s.state_size / (s.kv_width * s.kv_bytes)


@formula(
    r"S_Z", "token", assumptions=_ALIKE,
    varies="* state_size / kv_width kv_bytes + full_every",
    example=(_QWEN, 3 * 2048, "three states for each cache: by hand"),
)  # fmt: skip
def state_in_tokens(s: Symbols) -> Expr:
    """Tokens of the model's own cache that weigh as much as the fixed states of a sequence."""
    return (s.full_every - 1) * s.state_size / (s.kv_width * s.kv_bytes)


@formula(
    r"S_\text{sparse}", "token", assumptions=_ONCE, varies="* reach + index_width - kv_width",
    example=(_V3_2, 2048 * 576 / 448, "DeepSeek-V3.2, by hand: 2,633"),
)  # fmt: skip
def sparse_break_even(s: Symbols) -> Expr:
    """Context below which a sparse layer reads more than one with full attention, its indexer too.

    Infinite where an index key is as wide as what it chooses among.
    """
    left = s.kv_width - s.index_width
    return sympy.Piecewise((s.reach * s.kv_width / left, left > 0), (sympy.oo, True))


@formula(
    r"S_\text{look}", "token", assumptions=_ONCE, varies="* reach kv_width / index_width",
    example=(_V3_2, 2048 * 576 / 128, "DeepSeek-V3.2, by hand: 9,216"),
)  # fmt: skip
def index_half_context(s: Symbols) -> Expr:
    """Context from which an indexer reads more than the layer that it chooses for.

    Infinite where nothing is read to choose.
    """
    return sympy.Piecewise(
        (s.reach * s.kv_width / s.index_width, s.index_width > 0), (sympy.oo, True)
    )


@formula(
    r"\phi_\text{look}", "1", assumptions=_ONCE, varies="+ index_width context - kv_width reach",
    example=(dict(_V3_2, context=131_072), 128 * 64 / (128 * 64 + 576),
             "DeepSeek-V3.2 at 128K, by hand: 93 %"),
)  # fmt: skip
def index_share(s: Symbols) -> Expr:
    """Share of the bytes that a sparse layer reads which its indexer reads."""
    chosen = s.kv_width * Min(s.context, s.reach)
    return s.index_width * s.context / (s.index_width * s.context + chosen)


@formula(
    r"M_\text{full} / M_\text{mix}\big|_{S \to \infty}", "1", assumptions=_ONCE,
    varies="+ full_every kv_width - index_width",
    example=(dict(_V3_2, full_every=1e18), 576 / 128,
             "no full layer: what an index key leaves"),
)  # fmt: skip
def mix_saving_limit(s: Symbols) -> Expr:
    """Factor that a mix saves at the longest contexts: what grows with them is all that counts."""
    look = (1 - 1 / s.full_every) * s.index_width / s.kv_width
    return 1 / (1 / s.full_every + look)


@formula(
    r"S_\text{compute}", "token", level="full",
    assumptions=(*_ALIKE, "arithmetic and memory traffic overlap perfectly"),
    varies=(
        "/ kv_bytes + vocab_size d_model n_ff_matrix d_ff n_head weight_bytes hoi - n_layer "
        "n_kv_head d_head batch intensity"
    ),
    example=(dict(LLAMA_8B, batch=128, kv_bytes=1, weight_bytes=1, hoi=600, intensity=1000),
             MATRICES_8B * (600 - 2 * 128) / (128 * 65_536 * 400), "by hand"),
)  # fmt: skip
def compute_bound_context(s: Symbols) -> Expr:
    """Context from which a decode step waits for arithmetic: weights are outgrown by attention.

    Infinite where attention's own intensity is below the device's; zero where the weights alone
    keep the arithmetic busy.
    """
    spare = s.hoi * s.read_bytes - matmul_flops(s) * s.batch
    grows = s.batch * kv_bytes_per_token(s.but(context=1)) * (s.intensity - s.hoi)
    return sympy.Piecewise((Max(0, spare / grows), s.intensity > s.hoi), (sympy.oo, True))


@formula(
    r"p_\text{attn}", "USD/token", level="full", source="stepfun2025step3",
    assumptions=("both peaks are reached, and overlap perfectly; weights are not in it",),
    varies=(
        "* n_layer d_head context chip_hour_price + n_head n_kv_head kv_bytes "
        "- peak_flops memory_bandwidth"
    ),
    example=(dict(LLAMA_8B | H100, context=8192, kv_bytes=1),
             max(ATTENTION_8B / 1979e12, KV_8B / 128 / 3.35e12) * 2 / 3600, "by hand"),
)  # fmt: skip
def attention_price(s: Symbols) -> Expr:
    """Price of attention for each decoded token: the longer of its arithmetic and its reading."""
    arithmetic = attention_flops(s) / s.peak_flops
    reading = kv_bytes_read(s.but(batch=1)) / s.memory_bandwidth
    return Max(arithmetic, reading) * s.chip_hour_price / SECONDS_PER_HOUR
