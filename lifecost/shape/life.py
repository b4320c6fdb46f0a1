"""A shape at the loss of a published model, and what its life costs.

A shape that costs loss is made good by size: the model grows, at its relative width and share,
until it reaches the published model's loss on the published model's tokens. More tokens would be
the other way, and for models trained as long as the Llamas there are not enough: what data can
still take off the loss is hardly more than what a shape may cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lifecost import values as check
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
)
from lifecost.formulas.training import training_flops_exact
from lifecost.formulas.transformer import parameter_count
from lifecost.shape.laws import SHAPE_LAW
from lifecost.stack import STACK
from lifecost.values import Bindings, Value

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
    >>> from lifecost.shape import lifetime_of_shape, shape_laws
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
