"""A model's layers as a mix of two kinds: those that attend to every token, and the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lifecost.catalog import Model, hardware, models
from lifecost.errors import InputError
from lifecost.formulas.hybrid import attention_price
from lifecost.formulas.transformer import token_flops
from lifecost.serving import price_of
from lifecost.stack import Part, Stack
from lifecost.symbols import CONSTANTS, SECONDS_PER_HOUR

NONE = 1e18  # layers of which one is full, where none is
MILLION = 1e6


def mix(model: Model) -> dict[str, float]:
    """Return the symbols of `lifecost.formulas.hybrid` that a model binds.

    Parameters
    ----------
    model
        Of the catalog, or read from a file. The state of a layer is counted as the mean of what a
        step reads and writes of it.

    Raises
    ------
    InputError
        If its layers are no mix of full attention and one other kind, of one width.

    Examples
    --------
    >>> from lifecost import models, kv_bytes_read, mix_bytes_read
    >>> gemma, at = models["gemma-3-27b"], {"batch": 1, "context": 2**17, "kv_bytes": 2}
    >>> mix(gemma)["reach"], mix(gemma)["full_every"]
    (1024, 6.2)
    >>> mix_bytes_read(mix(gemma), at) / kv_bytes_read(gemma, at)
    1.0
    """
    full, state, index = 0, 0.0, 0.0
    near: dict[float, int] = {}  # by reach: how many layers
    widths: set[float] = set()
    for part in model.stack.parts:
        sizes = dict(part.block.sizes)
        one, many = _of(model, part, "cache_read", 1), _of(model, part, "cache_read", 2**30)
        if part.block.family == "indexer":
            index += one
        elif moved := _of(model, part, "state_read") + _of(model, part, "state_written"):
            near[0], state = near.get(0, 0) + part.count, state + moved / 2
        elif many > one:
            widths.add(one / part.count)
            reach = min(sizes.get("chosen", 2**30), sizes.get("window", 2**30))
            if reach < 2**30:
                near[reach] = near.get(reach, 0) + part.count
            else:
                full += part.count
    if len(widths) != 1 or len(near) > 1:
        raise InputError(f"{model.name} is no mix of full attention and one other kind of layer")
    others, (reach, *_) = sum(near.values()), [*near, 0]
    return {
        "n_layer": full + others, "kv_width": widths.pop(), "reach": reach,
        "full_every": (full + others) / full if full else NONE,
        "keeps_all": int(index > 0), "index_width": index / max(others, 1),
        "state_size": state * model.stored.get("state_bytes", 1) / max(others, 1),
    }  # fmt: skip


def _of(model: Model, part: Part, name: str, context: float = 1) -> float:
    """Return what a part of a model brings to a sum."""
    return float(Stack(model.d_model, part.count, [part]).value(name, {"context": context}))


def arithmetic_dollars(model: Model, device: Mapping[str, float], **setting: Any) -> Any:
    """Return the USD that the arithmetic of a million decoded tokens costs, at the peak rate.

    Parameters
    ----------
    model, device
        A model, and a chip at one precision with its price of an hour.
    setting
        The context in tokens.

    Examples
    --------
    >>> from lifecost import hardware, models
    >>> h800 = hardware["h800"].at("fp8") | {"chip_hour_price": 2}
    >>> round(arithmetic_dollars(models["deepseek-v3"], h800, context=2**17), 2)
    0.65
    """
    return _dollars(device, token_flops(model, **setting) / device["peak_flops"])


def attention_costs(row: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Yield chip, our USD for a million tokens of attention, and the printed, of a row of Step-3's.

    Attention is ours, the projections beside it the report's; cache and arithmetic in 8 bits.
    """
    for chip, printed in row["printed"].items():
        price, _ = price_of(hardware[chip])
        assert price is not None
        device = hardware[chip].at("fp8") | {"chip_hour_price": price}
        ours = attention_price(models[row["model"]], device, context=row["context"], kv_bytes=1)
        beside = _dollars(device, row["linear_flops"] / device["peak_flops"])
        yield chip, MILLION * ours + beside, printed


def _dollars(device: Mapping[str, float], seconds: Any) -> Any:
    hour, _ = CONSTANTS[SECONDS_PER_HOUR]
    return MILLION * device["chip_hour_price"] * seconds / hour
