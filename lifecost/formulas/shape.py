"""The shape of a model at a size: deep or wide, attention or feed-forward, and what it costs.

Layers here are those of the Llamas: query heads together as wide as the residual stream, a number
of key-value heads that does not change with the shape. Two numbers then fix everything else: the
layers, and the feed-forward parameters for each parameter of attention.
"""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Max, Min
from lifecost.formula import formula
from lifecost.formulas.decode import decode_flops, decode_step_cost_full
from lifecost.formulas.equal_loss import equal_loss_params
from lifecost.formulas.kv_cache import kv_bytes_per_token
from lifecost.formulas.matrices import total
from lifecost.formulas.scaling_law import FIT, loss
from lifecost.formulas.transformer import matmul_flops, parameter_count, read_parameters
from lifecost.symbols import (
    batch,
    context,
    d_ff,
    d_head,
    d_model,
    ff_constant,
    ff_inverse,
    ff_log,
    ff_ratio,
    hoi,
    loss_ratio,
    n_body,
    n_chip,
    n_ff_matrix,
    n_head,
    n_kv_head,
    n_layer,
    relative_width,
    target_loss,
    weight_bytes,
    width_constant,
    width_inverse,
    width_log,
)

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
def non_embedding_params() -> Any:
    """Parameters outside the embeddings: what laws of shape count as the size."""
    return sympy.expand(parameter_count.definition - total("stored", "weights", _EMBEDDINGS))


@formula(r"\rho_\text{model}", "1", source="bian2026architecture")
def shape_ff_ratio() -> Any:
    """Feed-forward parameters of a model for each parameter of its attention."""
    return sympy.cancel(
        total("stored", "weights", _FEED_FORWARD) / total("stored", "weights", _ATTENTION)
    )


@formula(r"w_\text{model}", "1", source="bian2026architecture")
def shape_relative_width() -> Any:
    """Width of a model over the root of its parameters outside the embeddings."""
    return d_model / sympy.sqrt(non_embedding_params.definition)


# ---- the price in loss


def _factor(constant: Any, log: Any, inverse: Any, of: Any) -> Any:
    # Far from every model that a law was fitted to, its logarithm would take it below zero.
    return Max(0, constant + log * sympy.log(of) + inverse / of)


def _balance(factor: Any, inverse: Any, of: Any) -> tuple[Any, Any]:
    """Return the part of a factor's slope that rises and the part that falls, which balance."""
    (fitted,) = (part for part in factor.definition.args if part != 0)
    slope = sympy.diff(fitted, of)
    rising = slope.subs(inverse, 0)
    return rising, sympy.expand(rising - slope)


@formula(r"f_w", "1", source="bian2026architecture", assumptions=_FITTED)
def width_factor() -> Any:
    """Factor of the loss that the relative width sets."""
    return _factor(width_constant, width_log, width_inverse, relative_width)


@formula(r"f_\rho", "1", source="bian2026architecture", assumptions=_FITTED)
def ff_factor() -> Any:
    """Factor of the loss that the feed-forward share sets."""
    return _factor(ff_constant, ff_log, ff_inverse, ff_ratio)


@formula(r"w^*", "1", unknown=relative_width, assumptions=_FITTED)
def optimal_relative_width() -> Any:
    """Relative width of the lowest loss: there the rise with its log meets the fall of its inverse.

    The size of the model does not enter.
    """
    return _balance(width_factor, width_inverse, relative_width)


@formula(r"\rho^*", "1", unknown=ff_ratio, assumptions=_FITTED)
def optimal_ff_ratio() -> Any:
    """Feed-forward parameters for each parameter of attention at which the loss is lowest."""
    return _balance(ff_factor, ff_inverse, ff_ratio)


@formula(r"f_w f_\rho", "1", source="bian2026architecture", assumptions=_FITTED)
def shape_factor() -> Any:
    """Factor of the loss that a shape sets: the product of that of its width and of its share."""
    return width_factor.definition * ff_factor.definition


@formula(r"N_\kappa", "parameter", assumptions=FIT, dense=True)
def shape_params() -> Any:
    """Model size at which a shape of higher loss reaches the loss of the other, on the same tokens.

    Infinite where no size does.
    """
    return equal_loss_params.definition.subs(target_loss, loss.definition / loss_ratio)


# ---- the line of equal size


def _alike(width: Any) -> dict[Any, Any]:
    """Return the sizes of a layer as its width and its feed-forward share set them."""
    attention = 2 * (width + n_kv_head * d_head)  # for each element of the residual stream
    return {d_model: width, n_head: width / d_head, d_ff: ff_ratio * attention / n_ff_matrix}


def _size() -> Any:
    """Return the parameters outside the embeddings, with layers alike."""
    return sympy.expand(non_embedding_params.definition.subs(_alike(d_model), simultaneous=True))


@formula(r"n_\text{layer}(w, \rho)", "layer", dense=True, assumptions=_ALIKE)
def shape_layers() -> Any:
    """Layers of a model of a given size, relative width and feed-forward share."""
    layer, rest = (_size().coeff(n_layer, power) for power in (1, 0))
    width = relative_width * sympy.sqrt(n_body)
    return ((n_body - rest) / sympy.collect(layer, d_model, sympy.factor)).subs(d_model, width)


@formula(r"d_\text{model}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE)
def shape_width() -> Any:
    """Width of a model of a given size, number of layers and feed-forward share.

    The positive root of a quadratic, in the form that loses no digits.
    """
    square, linear = (sympy.factor_terms(_size().coeff(d_model, power)) for power in (2, 1))
    return 2 * n_body / (linear + sympy.sqrt(linear**2 + 2 * 2 * square * n_body))


@formula(r"d_\text{ff}(n_\text{layer}, \rho)", "element", dense=True, assumptions=_ALIKE)
def shape_ff_width() -> Any:
    """Feed-forward width of a model of a given size, number of layers and feed-forward share."""
    return _alike(shape_width.definition)[d_ff]


@formula(r"f_w f_\rho(n_\text{layer}, \rho)", "1", dense=True, assumptions=(*_ALIKE, *_FITTED))
def equal_size_factor() -> Any:
    """Factor of the loss along the line of equal size; nearly one for the law's best shape."""
    width = shape_width.definition / sympy.sqrt(n_body)
    return shape_factor.definition.subs(relative_width, width)


@formula(r"c_\text{full}(n_\text{layer}, \rho)", "FLOP/token", level="full", dense=True,
         assumptions=(*_ALIKE, "arithmetic overlaps with all memory traffic"))  # fmt: skip
def equal_size_decode_cost() -> Any:
    """Cost of one decoded token along the line of equal size, counting weights and attention."""
    # The size is given: what the feed-forward network holds is what the rest leaves of it.
    left = sympy.solve(non_embedding_params.definition - n_body, d_ff)[0]
    sizes = {d_ff: left.subs(n_head, d_model / d_head), n_head: d_model / d_head}
    work, load = (
        sympy.collect(
            sympy.expand(cost.subs(sizes, simultaneous=True) / batch), d_model, sympy.factor_terms
        )
        for cost in decode_step_cost_full.definition.args
    )
    return Max(work, load).subs(d_model, shape_width.definition)


# ---- capacity


def _traffic() -> tuple[Any, Any]:
    """Return what a step costs to read: the weights, and one sequence's cache."""
    weights = hoi * weight_bytes * read_parameters.definition
    return weights, hoi * kv_bytes_per_token.definition * context


@formula(r"U_\infty", "1", level="full", dense=True)
def decode_utilization_limit() -> Any:
    """Share of a decode step that is arithmetic, at most: what it tends to as the batch grows."""
    _, cache = _traffic()
    return Min(1, decode_flops.definition / batch / cache)


@formula(r"B_{1/2}", "sequence", dense=True, assumptions=("decode waits for memory",))
def half_utilization_batch() -> Any:
    """Batch at which decode reaches half of that limit: the cache is as large as the weights."""
    weights, cache = _traffic()
    return weights / cache


@formula(r"I_\text{split}", "FLOP/element", dense=True, assumptions=_SPLIT)
def split_intensity() -> Any:
    """FLOPs of a chip for each element that it exchanges, where chips split every layer.

    An all-reduce moves each element twice. The batch cancels.
    """
    return matmul_flops.definition / n_chip / (2 * 2 * n_layer * d_model)
