"""The shape of a model: what it does to the loss, and which one is the cheapest over a life.

A shape that costs loss is made good by size: the model grows, at its relative width and share,
until it reaches the published model's loss on the published model's tokens. More tokens would be
the other way, and for models trained as long as the Llamas there are not enough: what data can
still take off the loss is hardly more than what a shape may cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lifebook.data import load
from lifecost import values as check
from lifecost.catalog import Catalog, Fit, Model
from lifecost.errors import InputError, unknown_name
from lifecost.formula import Formula
from lifecost.formulas.decode import decode_step_cost_full
from lifecost.formulas.kv_cache import kv_bytes_per_token
from lifecost.formulas.lifetime import lifetime_cost
from lifecost.formulas.prefill import prompt_flops
from lifecost.formulas.shape import (
    non_embedding_params,
    shape_factor,
    shape_ff_ratio,
    shape_ff_width,
    shape_layers,
    shape_params,
    shape_relative_width,
    shape_width,
)
from lifecost.formulas.training import training_flops_exact
from lifecost.formulas.transformer import parameter_count
from lifecost.stack import STACK
from lifecost.values import Bindings, Value


@dataclass(frozen=True, kw_only=True)
class ShapeLaw(Fit):
    """A law of shape: two factors of the loss, one of relative width, one of feed-forward share."""

    width_constant: float
    width_log: float
    width_inverse: float
    ff_constant: float
    ff_log: float
    ff_inverse: float


SHAPE_LAW = ShapeLaw.constants()
shape_laws = Catalog("shape law", "shape_laws", ShapeLaw, load)


def law_through(first: float, second: float, *, loss_ratio: float) -> dict[str, float]:
    """Return a law of width alone in which one pair of shapes has a given ratio of losses.

    It adds the same for each e-fold of width, and has no optimum: two points say no more.

    Parameters
    ----------
    first, second
        Relative widths of the two shapes.
    loss_ratio
        Loss of the second as a multiple of that of the first.

    Raises
    ------
    InputError
        If a value is out of range, or both widths are the same.

    Examples
    --------
    >>> from lifebook.shapes import law_through
    >>> found = law_through(1 / 24, 1 / 72**0.5, loss_ratio=1.03)
    >>> f"{found['width_log']:.4f}"
    '0.0264'
    """
    widths = [float(np.log(check.checked("relative_width", width))) for width in (first, second)]
    ratio = check.checked("loss_ratio", loss_ratio)
    if widths[1] == widths[0]:
        raise InputError(f"relative_width = {first} and {second} give no slope to a law")
    slope = (ratio - 1) / (widths[1] - ratio * widths[0])
    return {"width_constant": 1.0, "width_log": slope, "width_inverse": 0.0}


# What the cost of a life is made of, by level.
_LEVELS: dict[str, tuple[Formula, ...]] = {
    "post": (lifetime_cost,),
    "full": (training_flops_exact, prompt_flops, decode_step_cost_full),
}


@dataclass(frozen=True)
class Shape:
    """A shape and what a life in it costs, in numbers or arrays; ``flops`` in FLOP-equivalents."""

    relative_width: Value
    ff_ratio: Value
    n_layer: Value
    d_model: Value
    d_ff: Value
    n_head: Value
    n_body: Value
    loss_ratio: Value
    kv_bytes_per_token: Value
    flops: Value


def lifetime_of_shape(
    model: Any,
    law: Any,
    shape_law: Any,
    life: Bindings,
    *,
    relative_width: Value,
    ff_ratio: Value,
    level: str = "full",
) -> Shape:
    """Return a shape at the loss of a published model, and the cost of its life. Arrays broadcast.

    Layers are alike, query heads are together as wide as the residual stream; key-value heads and
    the width of a head are the published ones. The number of layers is not rounded.

    Parameters
    ----------
    model
        A plain dense model with its training tokens: what has to be equalled.
    law, shape_law
        What binds the constants of a scaling law, and of a law of shape.
    life
        ``batch``, ``context``, ``kv_bytes``, ``weight_bytes``, ``hoi``, ``prefill_tokens`` and
        ``decode_tokens``; at the full level also ``sequence_length``, of training and prompts.
    relative_width
        Width over the root of the parameters outside the embeddings.
    ff_ratio
        Feed-forward parameters for each parameter of attention.
    level
        ``"post"`` or ``"full"``.

    Raises
    ------
    InputError
        If a value is missing or out of range, the model is not a plain dense decoder, or the level
        is unknown.

    References
    ----------
    bian2026architecture

    Examples
    --------
    >>> from lifecost import laws, models, post
    >>> from lifebook.shapes import lifetime_of_shape, shape_laws
    >>> life = {**post.bindings, "prefill_tokens": 0, "decode_tokens": 1e12,
    ...         "sequence_length": 8192}
    >>> found = lifetime_of_shape(models["llama-3-8b"], laws["besiroglu"], shape_laws["bian-1b"],
    ...                           life, relative_width=0.08, ff_ratio=4.2)
    >>> f"{found.n_layer:.1f} layers of width {found.d_model:.0f}"
    '12.7 layers of width 5569'
    """
    given = gather(model, law, shape_law, life, level)
    width = check.checked("relative_width", relative_width)
    share = check.checked("ff_ratio", ff_ratio)
    found = evaluate(given, width, share, level)
    return Shape(**{name: _plain(found[name]) for name in Shape.__dataclass_fields__})


def gather(model: Any, law: Any, shape_law: Any, life: Bindings, level: str) -> dict[str, Value]:
    """Return what a life needs, checked, by symbol; ``factor`` is that of the published shape."""
    if level not in _LEVELS:
        raise unknown_name("level", level, _LEVELS)
    bound: dict[str, Value] = {}
    for item in (model, law, shape_law, life):
        bound |= getattr(item, "bindings", item)
    check_plain(bound)
    formulas = (parameter_count, shape_params, *_LEVELS[level])
    names = {name for formula in formulas for name in formula.symbols} - {"loss_ratio"}
    names |= {*SHAPE_LAW, "prefill_tokens", "decode_tokens"}
    if absent := sorted(names - bound.keys()):
        raise check.missing("the life of a shape", absent)
    given = {name: check.checked(name, bound[name]) for name in names}
    published = {
        "n_body": non_embedding_params(of(non_embedding_params, given)),
        "relative_width": shape_relative_width(of(shape_relative_width, given)),
        "ff_ratio": shape_ff_ratio(of(shape_ff_ratio, given)),
    }
    given["factor"] = shape_factor(of(shape_factor, {**given, **published}))
    return {**given, "n_body": published["n_body"]}


def check_plain(bound: Bindings) -> None:
    """Raise `InputError` where a model has what a plain dense decoder does not have."""
    if STACK in bound:
        raise InputError("shapes are of plain dense decoders, and this model has other blocks")


def of(formula: Formula, given: Bindings) -> dict[str, Value]:
    """Return what a formula needs of what is given."""
    return {name: given[name] for name in formula.symbols}


def _value(formula: Formula, given: Bindings) -> Value:
    """Return a formula's value where sizes need not be whole; they are continuous here."""
    return formula.numpy()(**of(formula, given))


def evaluate(given: Bindings, width: Value, share: Value, level: str) -> dict[str, Value]:
    """Return the shape of a relative width and a share at equal loss, with the cost of its life."""
    here = {**given, "relative_width": width, "ff_ratio": share}
    here["loss_ratio"] = _value(shape_factor, here) / given["factor"]
    # Where no size reaches the loss it is infinite, and so is the cost.
    with np.errstate(invalid="ignore", divide="ignore"):
        here["n_body"] = given["n_body"] * _value(shape_params, here) / given["n_params"]
        here["d_model"] = width * np.sqrt(here["n_body"])
        here["n_layer"] = _value(shape_layers, here)
        here["d_ff"] = _value(shape_ff_width, here)
        here["n_head"] = here["d_model"] / given["d_head"]
        here["n_params"] = _value(parameter_count, here)
        cost = _cost(here, level)
    here["flops"] = np.where(np.isfinite(here["n_body"]), cost, np.inf)
    here["kv_bytes_per_token"] = _value(kv_bytes_per_token, here)
    return here


def _cost(here: Bindings, level: str) -> Value:
    """Return the FLOP-equivalents of training, prefill and decode."""
    if level == "post":
        return _value(lifetime_cost, here)
    prompt = {**here, "batch": 1, "context": here["sequence_length"]}
    prefill = _value(prompt_flops, prompt) / prompt["context"] * here["prefill_tokens"]
    decode = _value(decode_step_cost_full, here) / here["batch"] * here["decode_tokens"]
    return _value(training_flops_exact, here) + prefill + decode


def _plain(value: Value) -> Value:
    return float(value) if np.ndim(value) == 0 else value


# Each round looks at so many values on either side of the best, and then nearer to it.
_SIDE, _ROUNDS, _NEARER = 12, 30, 0.5


def cheapest_shape(
    model: Any,
    law: Any,
    shape_law: Any,
    life: Bindings,
    *,
    relative_width: tuple[float, float],
    ff_ratio: tuple[float, float],
    level: str = "full",
) -> Shape:
    """Return the shape whose life is the cheapest at the loss of a published model.

    Searched inside the two ranges, since a law of shape knows nothing beyond what it was fitted to:
    an optimum at the end of a range says that the range decides. Arrays in ``life`` broadcast.

    Parameters
    ----------
    model, law, shape_law, life, level
        As for `lifetime_of_shape`.
    relative_width, ff_ratio
        Lowest and highest value that is looked at.

    Raises
    ------
    InputError
        As `lifetime_of_shape`; or if a range is empty, or no shape in it reaches the loss.

    References
    ----------
    bian2026architecture

    Examples
    --------
    >>> from lifecost import laws, models, post
    >>> from lifebook.shapes import cheapest_shape, shape_laws
    >>> life = {**post.bindings, "prefill_tokens": 0, "decode_tokens": 0, "sequence_length": 8192}
    >>> found = cheapest_shape(models["llama-3-8b"], laws["besiroglu"], shape_laws["bian-1b"], life,
    ...                        relative_width=(0.03, 0.3), ff_ratio=(0.5, 5), level="post")
    >>> f"{found.relative_width:.3f}, {found.ff_ratio:.2f}"
    '0.069, 1.22'
    """
    given = gather(model, law, shape_law, life, level)
    ranges = [_range("relative_width", relative_width), _range("ff_ratio", ff_ratio)]
    size = np.broadcast(*(given[n] for n in given if np.ndim(given[n])), np.empty(())).shape
    # Every setting is searched at once, each around its own best: the grid lies in the last axes.
    given = {n: np.asarray(v)[..., None, None] if np.ndim(v) else v for n, v in given.items()}
    best = [np.broadcast_to((low + high) / 2, size) for low, high in ranges]
    steps = np.linspace(-1, 1, 2 * _SIDE + 1)
    for turn in range(_ROUNDS):
        axes = [
            np.clip(near[..., None] + steps * (high - low) / 2 * _NEARER**turn, low, high)
            for near, (low, high) in zip(best, ranges, strict=True)
        ]
        width, share = np.exp(axes[0][..., :, None]), np.exp(axes[1][..., None, :])
        cost = np.reshape(evaluate(given, width, share, level)["flops"], (*size, -1))
        places = np.divmod(cost.argmin(axis=-1), len(steps))
        best = [
            np.take_along_axis(axis, place[..., None], -1)[..., 0]
            for axis, place in zip(axes, places, strict=True)
        ]
    if not np.isfinite(cost.min(axis=-1)).all():
        raise InputError("no shape in these ranges reaches the model's loss on its tokens")
    found = {"relative_width": np.exp(best[0]), "ff_ratio": np.exp(best[1])}
    return lifetime_of_shape(model, law, shape_law, life, **found, level=level)


def _range(name: str, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the logarithms of the ends of a range."""
    low, high = (check.checked(name, end) for end in ends)
    if np.ndim(low) or np.ndim(high) or not low < high:
        raise InputError(f"{name} = {check.show(ends)} is no range: the lower end, then the higher")
    return float(np.log(low)), float(np.log(high))


def real_shape(model: Model, *, n_layer: int, ff_ratio: float) -> dict[str, float]:
    """Return a model of whole sizes near a published one's size: the symbols that it binds.

    The width is rounded to whole groups of query heads, and the feed-forward width, in steps of a
    head's, takes what that leaves of the size.

    Parameters
    ----------
    model
        A plain decoder: its size, vocabulary, key-value heads and width of a head are kept.
    n_layer
        Layers.
    ff_ratio
        Feed-forward parameters for each parameter of attention, before rounding.

    Raises
    ------
    InputError
        If a value is out of range, the model is not a plain dense decoder, or nothing is left for
        the feed-forward network.

    Examples
    --------
    >>> from lifecost import models
    >>> from lifebook.shapes import real_shape
    >>> found = real_shape(models["llama-3-8b"], n_layer=16, ff_ratio=4.2)
    >>> found["d_model"], found["n_head"], found["d_ff"], found["n_params"]
    (6144, 48, 18944, 8572311552)
    """
    check_plain(model.bindings)
    shape = {name: model.bindings[name] for name in parameter_count.symbols}
    body = non_embedding_params(of(non_embedding_params, shape))
    line = {**shape, "n_layer": n_layer, "ff_ratio": ff_ratio, "n_body": body}
    width, group = shape_width(of(shape_width, line)), shape["n_kv_head"] * shape["d_head"]
    shape["n_layer"] = n_layer
    shape["d_model"] = group * max(1, round(width / group))
    shape["n_head"] = shape["d_model"] // shape["d_head"]
    bare = {**shape, "d_ff": 1}
    without = non_embedding_params(of(non_embedding_params, bare))
    each = n_layer * shape["n_ff_matrix"] * shape["d_model"]  # for each element of d_ff
    shape["d_ff"] = shape["d_head"] * round((body - without + each) / each / shape["d_head"])
    return {**shape, "n_params": parameter_count(shape)}
