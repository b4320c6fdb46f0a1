"""Shapes of whole sizes, as a model can be built."""

from __future__ import annotations

from lifecost.catalog import Model
from lifecost.formulas.shape import non_embedding_params, shape_width
from lifecost.formulas.transformer import parameter_count
from lifecost.shape.life import check_plain, of


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
    >>> from lifecost.shape import real_shape
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
