"""Explorer: a reader's own model on a real chip, among the models of the catalog."""

from __future__ import annotations

from collections.abc import Iterator

from lifebook.explorer import Explorer, Mark, Points
from lifebook.explorer.declarations.controls import (
    BATCH,
    CHIPS,
    CONTEXT,
    DEVICE,
    KV_BYTES,
    without_bytes,
)
from lifebook.figures import my_model as plots
from lifebook.figures.style import Figure
from lifecost.catalog import Model, models, post
from lifecost.formulas.decode import kv_to_compute_ratio
from lifecost.formulas.kv_cache import kv_bytes_per_token, kv_cache_size
from lifecost.formulas.time import (
    chips_needed,
    decode_kv_time,
    decode_step_time,
    decode_throughput,
    decode_weights_time,
    expected_step_time,
)
from lifecost.report import split_by_heads
from lifecost.stack import STACK

# Those with the most cache for their arithmetic first.
ORDER = sorted(models.values(), key=lambda m: -float(kv_to_compute_ratio(m, post)))


def _marks() -> Iterator[Mark]:
    yield Mark("yours", "dot", x="kv_to_compute_ratio", y=-1)
    for row, model in enumerate(ORDER):
        # Each says all that a model may bind, for the reader's own has something else.
        bind = {STACK: None, "n_active_params": model.n_active_params, **model.bindings}
        bind.pop("train_tokens", None)
        yield Mark(model.name, "dot", x="kv_to_compute_ratio", y=row, bind=bind)


MARKS = tuple(_marks())


def _draw(points: Points) -> Figure:
    return plots.among({model.name: model.title for model in ORDER}, points)


def explore(model: Model) -> Explorer:
    """Return the explorer of a model: of the catalog, or what `load_model` made of a file.

    Parameters
    ----------
    model
        Its shape is fixed in the explorer, and so is what its weights are stored in, where a
        config.json or the row of a quantized model says so; else each weight has as many bytes as
        the device's precision. Device and setting are controls; chips share the cache by heads.

    Examples
    --------
    >>> from lifecost import models
    >>> round(explore(models["mixtral-8x7b"])(context=8192)["kv_to_compute_ratio"], 1)
    12.3
    """
    device = DEVICE if not model.stored else without_bytes(DEVICE)
    return Explorer(
        name="my-model",
        title="What does my model cost on this device?",
        controls=(device, CHIPS, BATCH, CONTEXT, KV_BYTES),
        outputs=(
            kv_cache_size, kv_bytes_per_token, kv_to_compute_ratio, decode_step_time,
            expected_step_time, decode_weights_time, decode_kv_time, decode_throughput,
            chips_needed,
        ),
        marks=MARKS,
        draw=_draw,
        fixed={**model.bindings, **model.stored, **split_by_heads(model)},
    )  # fmt: skip


my_model = explore(models["llama-3-8b"])
