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
from lifecost.formulas.decode import decode_flops, decode_step_cost_full
from lifecost.formulas.equal_loss import equal_loss_params
from lifecost.formulas.kv_cache import kv_bytes_per_token
from lifecost.formulas.matrices import total
from lifecost.formulas.scaling_law import FIT, loss
from lifecost.formulas.transformer import bytes_read, matmul_flops, parameter_count
from lifecost.symbols import Expr, Symbols

_EMBEDDINGS = ("embedding", "unembedding", "positions")
_ATTENTION = (
    "query", "query latent", "query from latent", "key", "value", "latent",
    "key and value from latent", "output",
)  # fmt: skip
_FEED_FORWARD = ("feed-forward", "router", "shared experts", "experts")

_ALIKE = ("query heads are together as wide as the residual stream; layers are alike",)
_FITTED = ("the number of layers was not varied in the fit; models of 80M to 1B parameters",)
_SPLIT = (
    "each layer exchanges its activations twice, all-reduced over the chips; no overlap counted",
)


@formula(r"N_\text{outside}", "parameter")
def non_embedding_params(s: Symbols) -> Expr:
    """Parameters outside the embeddings: what laws of shape count as the size."""
    return sympy.expand(parameter_count(s) - total(s, "stored", "weights", _EMBEDDINGS))


@formula(r"\rho_\text{model}", "1", source="bian2026architecture")
def shape_ff_ratio(s: Symbols) -> Expr:
    """Feed-forward parameters of a model for each parameter of its attention."""
    return sympy.cancel(
        total(s, "stored", "weights", _FEED_FORWARD) / total(s, "stored", "weights", _ATTENTION)
    )


@formula(r"w_\text{model}", "1", source="bian2026architecture")
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


@formula(r"f_w", "1", source="bian2026architecture", assumptions=_FITTED)
def width_factor(s: Symbols) -> Expr:
    """Factor of the loss that the relative width sets."""
    return _factor(s.width_constant, s.width_log, s.width_inverse, s.relative_width)


@formula(r"f_\rho", "1", source="bian2026architecture", assumptions=_FITTED)
def ff_factor(s: Symbols) -> Expr:
    """Factor of the loss that the feed-forward share sets."""
    return _factor(s.ff_constant, s.ff_log, s.ff_inverse, s.ff_ratio)


@formula(r"w^*", "1", unknown="relative_width", assumptions=_FITTED)
def optimal_relative_width(s: Symbols) -> Expr:
    """Relative width of the lowest loss: there the rise with its log meets the fall of its inverse.

    The size of the model does not enter.
    """
    return _balance(s, width_factor, s.width_inverse, s.relative_width)


@formula(r"\rho^*", "1", unknown="ff_ratio", assumptions=_FITTED)
def optimal_ff_ratio(s: Symbols) -> Expr:
    """Feed-forward parameters for each parameter of attention at which the loss is lowest."""
    return _balance(s, ff_factor, s.ff_inverse, s.ff_ratio)


@formula(r"f_w f_\rho", "1", source="bian2026architecture", assumptions=_FITTED)
def shape_factor(s: Symbols) -> Expr:
    """Factor of the loss that a shape sets: the product of that of its width and of its share."""
    return width_factor(s) * ff_factor(s)


@formula(r"N_\kappa", "parameter", assumptions=FIT, dense=True)
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


@formula(r"n_\text{layer}(w, \rho)", "layer", dense=True, assumptions=_ALIKE)
def shape_layers(s: Symbols) -> Expr:
    """Layers of a model of a given size, relative width and feed-forward share."""
    layer, rest = (_size(s).coeff(s.n_layer, power) for power in (1, 0))
    width = s.relative_width * sympy.sqrt(s.n_body)
    return ((s.n_body - rest) / sympy.collect(layer, s.d_model, sympy.factor)).subs(
        s.d_model, width
    )


@formula(r"d_\text{model}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE)
def shape_width(s: Symbols) -> Expr:
    """Width of a model of a given size, number of layers and feed-forward share.

    The positive root of a quadratic, in the form that loses no digits.
    """
    square, linear = (sympy.factor_terms(_size(s).coeff(s.d_model, power)) for power in (2, 1))
    return 2 * s.n_body / (linear + sympy.sqrt(linear**2 + 2 * 2 * square * s.n_body))


@formula(r"d_\text{ff}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE)
def shape_ff_width(s: Symbols) -> Expr:
    """Feed-forward width of a model of a given size, number of layers and feed-forward share."""
    return _alike(s, shape_width(s))[s.d_ff]


@formula(r"f_w f_\rho(n_\text{layer}, \rho)", "1", dense=True, assumptions=(*_ALIKE, *_FITTED))
def equal_size_factor(s: Symbols) -> Expr:
    """Factor of the loss along the line of equal size; nearly one for the law's best shape."""
    width = shape_width(s) / sympy.sqrt(s.n_body)
    return shape_factor(s.but(relative_width=width))


@formula(r"c_\text{full}(n_\text{layer}, \rho)", "FLOP/token", level="full", dense=True,
         assumptions=(*_ALIKE, "arithmetic overlaps with all memory traffic"))  # fmt: skip
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


# ---- capacity


def _traffic(s: Symbols) -> tuple[Expr, Expr]:
    """Return what a step costs to read: the weights, and one sequence's cache."""
    weights = s.hoi * bytes_read(s)
    return weights, s.hoi * kv_bytes_per_token(s) * s.context


@formula(r"U_\infty", "1", level="full", dense=True)
def decode_utilization_limit(s: Symbols) -> Expr:
    """Share of a decode step that is arithmetic, at most: what it tends to as the batch grows."""
    _, cache = _traffic(s)
    return Min(1, decode_flops(s) / s.batch / cache)


@formula(r"B_{1/2}", "sequence", dense=True, assumptions=("decode waits for memory",))
def half_utilization_batch(s: Symbols) -> Expr:
    """Batch at which decode reaches half of that limit: the cache is as large as the weights."""
    weights, cache = _traffic(s)
    return weights / cache


@formula(r"I_\text{split}", "FLOP/element", dense=True, assumptions=_SPLIT)
def split_intensity(s: Symbols) -> Expr:
    """FLOPs of a chip for each element that it exchanges, where chips split every layer.

    An all-reduce moves each element twice. Batch and width cancel.
    """
    layer = sympy.expand(matmul_flops(s) / (s.n_layer * s.d_model))
    return sympy.factor_terms(layer) / (2 * 2 * s.n_chip)
