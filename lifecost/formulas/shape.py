"""The shape of a model at a size: deep or wide, attention or feed-forward, and what it costs.

Layers here are those of the Llamas: query heads together as wide as the residual stream, a number
of key-value heads that does not change with the shape. Two numbers then fix everything else: the
layers, and the feed-forward parameters for each parameter of attention.
"""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import (
    BESIROGLU,
    BIAN_1B,
    BIAN_SMALL,
    BODY_1B,
    BODY_8B,
    CACHE,
    KV_8B,
    LINE_8B,
    LLAMA_1B,
    LLAMA_8B,
    MATRICES_8B,
    POST,
    READ_8B,
    SARDANA,
    STEP_8B,
)
from lifecost.formulas.decode import decode_flops, decode_step_cost_full
from lifecost.formulas.equal_loss import equal_loss_params
from lifecost.formulas.kv_cache import kv_bytes_per_token
from lifecost.formulas.scaling_law import FIT, loss, terms
from lifecost.formulas.transformer import matmul_flops, parameter_count
from lifecost.symbols import Expr, Symbols

_ALIKE = ("query heads are together as wide as the residual stream; layers are alike",)
_FITTED = ("the number of layers was not varied in the fit; models of 80M to 1B parameters",)
_SPLIT = (
    "each layer exchanges its activations twice, all-reduced over the chips; no overlap counted",
)


@formula(
    r"N_\text{outside}", "parameter",
    varies="* d_model + n_layer n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_8B, 6_979_588_096, "8,030,261,248 less two tables of 128256 x 4096"),
)  # fmt: skip
def non_embedding_params(s: Symbols) -> Expr:
    """Parameters outside the embeddings: what laws of shape count as the size."""
    return sympy.expand(parameter_count(s) - s.embedding_params)


@formula(
    r"\rho_\text{model}", "1", source="bian2026architecture",
    varies="* d_ff / d_head + n_ff_matrix - n_head n_kv_head",
    example=(LLAMA_1B, 4.8, "Bian et al. 2026, table 1: LLaMA-3.2-1B"),
)  # fmt: skip
def shape_ff_ratio(s: Symbols) -> Expr:
    """Feed-forward parameters of a model for each parameter of its attention."""
    return sympy.cancel(s.feed_forward_params / s.attention_params)


@formula(
    r"w_\text{model}", "1", source="bian2026architecture",
    varies="^0.5 d_model - n_layer n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_1B, 2048 / BODY_1B**0.5, "counted by hand"),
)  # fmt: skip
def shape_relative_width(s: Symbols) -> Expr:
    """Width of a model over the root of its parameters outside the embeddings."""
    return s.d_model / sympy.sqrt(non_embedding_params(s))


# ---- the price in loss


def _factor(constant: Expr, log: Expr, inverse: Expr, of: Expr) -> Expr:
    # Far from every model that a law was fitted to, its logarithm would take it below zero.
    return Max(0, constant + log * sympy.log(of) + inverse / of)


def _balance(s: Symbols, factor: Expr, inverse: Expr, of: Expr) -> tuple[Expr, Expr]:
    """Return the part of a factor's slope that rises and the part that falls, which balance."""
    (fitted,) = (part for part in factor(s).args if part != 0)
    slope = sympy.diff(fitted, of)
    rising = slope.subs(inverse, 0)
    return rising, sympy.expand(rising - slope)


@formula(
    r"f_w", "1", source="bian2026architecture", assumptions=_FITTED,
    varies="+ width_constant width_inverse - width_log ~ relative_width",
    example=(dict(BIAN_SMALL, relative_width=0.08), 2.548494, "written out", 1e-6),
)  # fmt: skip
def width_factor(s: Symbols) -> Expr:
    """Factor of the loss that the relative width sets."""
    return _factor(s.width_constant, s.width_log, s.width_inverse, s.relative_width)


@formula(
    r"f_\rho", "1", source="bian2026architecture", assumptions=_FITTED,
    varies="+ ff_constant ff_inverse ~ ff_ratio ff_log",
    example=(dict(BIAN_1B, ff_ratio=4.2), 0.519195, "written out", 1e-6),
)  # fmt: skip
def ff_factor(s: Symbols) -> Expr:
    """Factor of the loss that the feed-forward share sets."""
    return _factor(s.ff_constant, s.ff_log, s.ff_inverse, s.ff_ratio)


@formula(
    r"w^*", "1", unknown="relative_width", assumptions=_FITTED,
    varies="* width_inverse / width_log",
    example=(dict(width_log=0.0974, width_inverse=0.0078), 0.08, "Bian et al. 2026, as printed",
             5e-3),
)  # fmt: skip
def optimal_relative_width(s: Symbols) -> Expr:
    """Relative width of the lowest loss: there the rise with its log meets the fall of its inverse.

    The size of the model does not enter.
    """
    return _balance(s, width_factor, s.width_inverse, s.relative_width)


@formula(
    r"\rho^*", "1", unknown="ff_ratio", assumptions=_FITTED,
    varies="* ff_inverse / ff_log",
    example=(dict(ff_log=0.0063, ff_inverse=0.0065), 1.032, "Bian et al. 2026, as printed", 5e-4),
)  # fmt: skip
def optimal_ff_ratio(s: Symbols) -> Expr:
    """Feed-forward parameters for each parameter of attention at which the loss is lowest."""
    return _balance(s, ff_factor, s.ff_inverse, s.ff_ratio)


@formula(
    r"f_w f_\rho", "1", source="bian2026architecture", assumptions=_FITTED,
    varies=(
        "+ width_constant width_inverse ff_constant ff_inverse - width_log ~ relative_width "
        "ff_ratio ff_log"
    ),
    example=(dict(BIAN_SMALL, relative_width=0.08, ff_ratio=1.032), 1,
             "a fit's best shape costs nothing", 5e-3),
)  # fmt: skip
def shape_factor(s: Symbols) -> Expr:
    """Factor of the loss that a shape sets: the product of that of its width and of its share."""
    return width_factor(s) * ff_factor(s)


@formula(
    r"N_\kappa", "parameter", dense=True, assumptions=FIT,
    varies=(
        "+ n_params loss_ratio ~ train_tokens loss_floor param_scale data_scale param_exponent "
        "data_exponent"
    ),
    example=(dict(SARDANA, n_params=8e9, train_tokens=15e12, loss_ratio=1.01), 10.99655e9,
             "the law, solved by hand", 1e-6),
)  # fmt: skip
def shape_params(s: Symbols) -> Expr:
    """Model size at which a shape of higher loss reaches the loss of the other, on the same tokens.

    Infinite where no size does.
    """
    return equal_loss_params(s.but(target_loss=loss(s) / s.loss_ratio))


# ---- the line of equal size


def _alike(s: Symbols, width: Expr) -> dict[Any, Any]:
    """Return the sizes of a layer as its width and its feed-forward share set them."""
    attention = 2 * (width + s.n_kv_head * s.d_head)  # for each element of the residual stream
    return {
        s.d_model: width,
        s.n_head: width / s.d_head,
        s.d_ff: s.ff_ratio * attention / s.n_ff_matrix,
    }


def _size(s: Symbols) -> Expr:
    """Return the parameters outside the embeddings, with layers alike."""
    return sympy.expand(non_embedding_params(s).subs(_alike(s, s.d_model), simultaneous=True))


@formula(
    r"n_\text{layer}(w, \rho)", "layer", dense=True, assumptions=_ALIKE,
    varies="+ n_body - n_kv_head d_head relative_width ff_ratio",
    example=(dict(LINE_8B, relative_width=4096 / BODY_8B**0.5), 32, "Llama 3 8B"),
)  # fmt: skip
def shape_layers(s: Symbols) -> Expr:
    """Layers of a model of a given size, relative width and feed-forward share."""
    layer, rest = (_size(s).coeff(s.n_layer, power) for power in (1, 0))
    width = s.relative_width * sympy.sqrt(s.n_body)
    return ((s.n_body - rest) / sympy.collect(layer, s.d_model, sympy.factor)).subs(
        s.d_model, width
    )


@formula(
    r"d_\text{model}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE,
    varies="+ n_body - n_layer n_kv_head d_head ff_ratio",
    example=(LINE_8B, 4096, "Llama 3 8B"),
)  # fmt: skip
def shape_width(s: Symbols) -> Expr:
    """Width of a model of a given size, number of layers and feed-forward share.

    The positive root of a quadratic, in the form that loses no digits.
    """
    square, linear = (sympy.factor_terms(_size(s).coeff(s.d_model, power)) for power in (2, 1))
    return 2 * s.n_body / (linear + sympy.sqrt(linear**2 + 2 * 2 * square * s.n_body))


@formula(
    r"d_\text{ff}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE,
    varies="+ n_kv_head d_head n_body ff_ratio - n_layer n_ff_matrix",
    example=(dict(LINE_8B, n_ff_matrix=3), 14336, "Llama 3 8B"),
)  # fmt: skip
def shape_ff_width(s: Symbols) -> Expr:
    """Feed-forward width of a model of a given size, number of layers and feed-forward share."""
    return _alike(s, shape_width(s))[s.d_ff]


@formula(
    r"f_w f_\rho(n_\text{layer}, \rho)", "1", dense=True,
    assumptions=(*_ALIKE, *_FITTED),
    varies=(
        "+ width_constant width_inverse ff_constant ff_inverse - width_log ~ n_layer n_kv_head "
        "d_head n_body ff_ratio ff_log"
    ),
    example=(LINE_8B | BIAN_SMALL, 1.018780, "written out at the published shape", 1e-6),
)  # fmt: skip
def equal_size_factor(s: Symbols) -> Expr:
    """Factor of the loss along the line of equal size; nearly one for the law's best shape."""
    width = shape_width(s) / sympy.sqrt(s.n_body)
    return shape_factor(s.but(relative_width=width))


@formula(
    r"c_\text{full}(n_\text{layer}, \rho)", "FLOP/token", level="full", dense=True,
    assumptions=(*_ALIKE, "arithmetic overlaps with all memory traffic"),
    varies=(
        "+ hoi vocab_size kv_bytes weight_bytes context n_body - batch ~ n_layer n_kv_head d_head "
        "ff_ratio"
    ),
    example=(dict(POST | LINE_8B, vocab_size=128256), READ_8B / 128, "bound by memory"),
)  # fmt: skip
def equal_size_decode_cost(s: Symbols) -> Expr:
    """Cost of one decoded token along the line of equal size, counting weights and attention."""
    # The size is given: what the feed-forward network holds is what the rest leaves of it.
    left = sympy.solve(non_embedding_params(s) - s.n_body, s.d_ff)[0]
    sizes = {s.d_ff: left.subs(s.n_head, s.d_model / s.d_head), s.n_head: s.d_model / s.d_head}
    work, load = (
        sympy.collect(
            sympy.expand(cost.subs(sizes, simultaneous=True) / s.batch),
            s.d_model,
            sympy.factor_terms,
        )
        for cost in decode_step_cost_full(s).args
    )
    return Max(work, load).subs(s.d_model, shape_width(s))


# ---- heads

_HEADS = (
    "what heads lower adds to what size lowers; a head's cache is the same at each size",
    "decode waits for memory",
)


@formula(
    r"n_\text{kv}^*", "head", source="chen2025cost", unknown="n_kv_head", dense=True,
    assumptions=(*FIT, *_HEADS),
    varies=(
        "+ n_params param_exponent weight_bytes head_scale - param_scale n_layer d_head context "
        "kv_bytes batch ~ head_exponent"
    ),
    example=(
        dict(BESIROGLU, n_params=1e9, weight_bytes=1, kv_bytes=1, batch=1, n_layer=16, d_head=64,
             context=8192, head_scale=0.301, head_exponent=0.227),
        (1e9 * 0.227 * 0.301 / (2 * 16 * 64 * 8192 * 0.3478 * 482.01 / 1e9**0.3478))
        ** (1 / 1.227), "by hand: a power of the quotient of two costs",
    ),
)  # fmt: skip
def cost_optimal_kv_heads(s: Symbols) -> Expr:
    """Key-value heads of the cheapest decoded token among models of equal loss, at its own size.

    There the cache costs as much of what the weights cost as a percent of heads lowers the loss of
    what a percent of size does.
    """
    cache = kv_bytes_per_token(s) * s.context * s.batch
    weights = s.weight_bytes * s.n_params
    heads = s.head_exponent * s.head_scale / s.n_kv_head**s.head_exponent
    return cache / weights, heads / (s.param_exponent * terms(s)[0])


# ---- capacity


def _traffic(s: Symbols) -> tuple[Expr, Expr]:
    """Return what a step costs to read: the weights, and one sequence's cache."""
    weights = s.hoi * s.read_bytes
    return weights, s.hoi * kv_bytes_per_token(s) * s.context


@formula(
    r"U_\infty", "1", level="full", dense=True,
    varies=f"+ vocab_size d_model n_ff_matrix d_ff n_head - hoi {CACHE}",
    example=(LLAMA_8B | POST, STEP_8B / (600 * KV_8B), "counted by hand"),
)  # fmt: skip
def decode_utilization_limit(s: Symbols) -> Expr:
    """Share of a decode step that is arithmetic, at most: what it tends to as the batch grows."""
    _, cache = _traffic(s)
    return Min(1, decode_flops(s) / s.batch / cache)


@formula(
    r"B_{1/2}", "sequence", dense=True,
    assumptions=("decode waits for memory",),
    varies=(
        "* d_model weight_bytes / kv_bytes context + vocab_size n_ff_matrix d_ff n_head - n_layer "
        "n_kv_head d_head"
    ),
    example=(dict(LLAMA_8B, n_head=32, context=8192, kv_bytes=1, weight_bytes=1),
             MATRICES_8B / KV_8B * 128, "counted by hand"),
)  # fmt: skip
def half_utilization_batch(s: Symbols) -> Expr:
    """Batch at which decode reaches half of that limit: the cache is as large as the weights."""
    weights, cache = _traffic(s)
    return weights / cache


@formula(
    r"I_\text{split}", "FLOP/element", dense=True, assumptions=_SPLIT,
    varies="/ n_chip + vocab_size n_ff_matrix d_ff n_head n_kv_head d_head - n_layer",
    example=(dict(LLAMA_8B, n_chip=8), 2 * MATRICES_8B / 8 / (2 * 2 * 32 * 4096),
             "counted: an all-reduce after attention, one after the feed-forward network"),
)  # fmt: skip
def split_intensity(s: Symbols) -> Expr:
    """FLOPs of a chip for each element that it exchanges, where chips split every layer.

    An all-reduce moves each element twice. Batch and width cancel.
    """
    layer = sympy.expand(matmul_flops(s) / (s.n_layer * s.d_model))
    return sympy.factor_terms(layer) / (2 * 2 * s.n_chip)
