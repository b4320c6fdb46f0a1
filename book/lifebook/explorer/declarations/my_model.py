"""Explorer: a reader's own model on a real chip, among the models of the catalog."""

from __future__ import annotations

from dataclasses import replace

from lifebook.explorer import (
    Axis,
    Case,
    Dot,
    Explorer,
    Lane,
    Lanes,
    Output,
    Part,
    Plot,
    Points,
)
from lifebook.explorer.declarations.controls import BATCH, CHIPS, CONTEXT, DEVICE, KV_BYTES
from lifecost.catalog import Model, models
from lifecost.formulas.decode import kv_to_compute_ratio
from lifecost.formulas.kv_cache import kv_bytes_per_token, kv_cache_size, weights_size
from lifecost.formulas.time import (
    chips_needed,
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_throughput,
    decode_weights_time,
    expected_step_time,
)


def explore(model: Model) -> Explorer:
    """Return the explorer of a model: of the catalog, or what `load_model` made of a file.

    Parameters
    ----------
    model
        Its shape is fixed in the explorer, and so is what its weights are stored in, where a
        config.json or the row of a quantized model says so; else each weight has as many bytes as
        the device's precision. Device and setting are controls; chips share by tensor parallelism.

    Examples
    --------
    >>> from lifecost import models
    >>> round(explore(models["mixtral-8x7b"])(context=8192)["kv_to_compute_ratio"], 1)
    12.3
    """
    return Explorer(
        name="my-model",
        title="What does my model cost on this chip?",
        controls=(replace(DEVICE, leaves=(*model.stored,)), CHIPS, BATCH, CONTEXT, KV_BYTES),
        outputs=(
            Output(decode_step_time, "a step, at the least"),
            Output(decode_compute_time, "arithmetic"),
            Output(decode_weights_time, "weights"),
            Output(decode_kv_time, "KV cache"),
            Output(expected_step_time, "with experts chosen evenly"),
            Output(decode_throughput, "throughput, at most", "1 token/s"),
            Output(weights_size, "weights in all"),
            Output(kv_cache_size, "KV cache in all"),
            Output(kv_bytes_per_token, "cached for each token"),
            Output(kv_to_compute_ratio, "cache ÷ arithmetic", "times"),
            Output(chips_needed, "chips that hold it, at least", "whole"),
        ),
        answer=(
            Case("It waits for arithmetic.", "That takes longer than all that a step reads.",
                 ("decode_compute_time", "decode_step_time")),
            Case("Reading the cache takes longest.",
                 "{decode_kv_time} for the cache, {decode_weights_time} for the weights.",
                 ("decode_kv_time", "decode_weights_time")),
            Case("Reading the weights takes longest.",
                 "{decode_weights_time} for the weights, {decode_kv_time} for the cache."),
        ),
        picture=(
            Lanes(
                "seconds",
                (
                    Lane("Arithmetic", (Part("decode_compute_time", "arithmetic", "compute"),)),
                    Lane("Memory", (Part("decode_weights_time", "weights", "weights"),
                                    Part("decode_kv_time", "KV cache", "kv"))),
                ),
                together=True,
            ),
            Plot(
                Axis("n_params", "parameters", 1e8, 3e12, "count"),
                Axis("kv_to_compute_ratio", "reading the cache ÷ arithmetic", 0.01, 1e3, "times"),
                dots=(Dot("n_params", "kv_to_compute_ratio", "your model", "kv"),),
                points=(Points("the catalog", "n_params", "kv_to_compute_ratio"),),
                split=(1, "waits for the cache", "waits for arithmetic"),
            ),
        ),
        fixed={**model.bindings, **model.stored},
    )  # fmt: skip


my_model = explore(models["llama-3-8b"])
