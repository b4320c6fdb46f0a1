"""What one model costs in one setting, as the command line reports it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from lifecost import values as check
from lifecost.catalog import FROM_FILE, SHAPE, SHAPE_VARIANTS, Model, hardware, models, post
from lifecost.errors import InputError, unknown_name
from lifecost.formulas.decode import (
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
)
from lifecost.formulas.hardware import operational_intensity
from lifecost.formulas.kv_cache import kv_cache_size, weights_size
from lifecost.formulas.time import (
    chips_needed,
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    decode_throughput,
    decode_throughput_serial,
    decode_weights_time,
    largest_batch,
    memory_needed,
    prefill_time,
)
from lifecost.quantities import quantity

OVERLAPS = {
    "full": (decode_step_time, decode_throughput),
    "serial": (decode_step_time_serial, decode_throughput_serial),
}
_ROUNDING = 1e-12  # what is left of a whole number after a sum of fractions
DEVICE, PRECISION = "h100-sxm", "fp8"  # what the post speaks of


@dataclass(frozen=True)
class Setting:
    """How a model is served: its symbols, the device and what overlaps with what."""

    symbols: Mapping[str, float]
    device: str = DEVICE
    precision: str = PRECISION
    overlap: str = "full"
    given: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(
        cls,
        device: str | None = None,
        precision: str | None = None,
        overlap: str = "full",
        **symbols: float | None,
    ) -> Setting:
        """Return a setting; what is None is as in the post, its intensity only without a device.

        Raises
        ------
        InputError
            If there is no such device, it has no such rate, or a value is out of range.
        """
        chip, asked = hardware[device or DEVICE], precision
        if precision is None:
            rates = chip.peak_flops
            precision = PRECISION if PRECISION in rates else next(iter(rates))
        if overlap not in OVERLAPS:
            raise unknown_name("overlap", overlap, OVERLAPS)
        bound: dict[str, float] = {**chip.at(precision), "n_chip": 1}
        usual = post.bindings
        if device is not None:
            usual["hoi"] = operational_intensity(bound)
        given = {name: value for name, value in symbols.items() if value is not None}
        for name, value in given.items():
            check.symbol(name)
            check.checked(name, value)
        chosen = {name for name, value in (("device", device), ("precision", asked)) if value}
        known = frozenset(given) | chosen
        return cls({**bound, **usual, **given}, device or DEVICE, precision, overlap, known)


def find_model(text: str) -> Model:
    """Return the model that a text names: of the catalog, or in a config.json.

    Changes of its shape may follow a colon: ``llama-3-8b:n_kv_head=32,layers_per_cache=2``.

    Raises
    ------
    InputError
        If there is no such model or file, or a change is not one.
    """
    name, _, changes = text.partition(":") if "=" in text else (text, "", "")
    if name in models:
        model = models[name]
    elif name.endswith(".json") or "/" in name or "\\" in name:
        from lifecost.config import load_model  # reads its rules, which few calls need

        model = load_model(name)
    else:
        message = str(unknown_name("model", name, models))
        raise InputError(f"{message}; or give the path of a config.json")
    if not changes:
        return model
    shape = {**model.shape, **dict(_change(part) for part in changes.split(","))}
    for layers, size in check.PAIRS:
        if absent := _alone(shape, layers, size):
            raise check.missing(text, [absent])
    return replace(
        model, name=text, title=text, shape=shape, published_params=None,
        published_active_params=None,
    )  # fmt: skip


def _alone(shape: Mapping[str, float], layers: str, size: str) -> str:
    """Return which one of a pair is absent from a shape that has the other, if any."""
    if size not in shape:
        return size if shape.get(layers) else ""
    return "" if layers in shape else layers


def _change(part: str) -> tuple[str, int]:
    name, _, value = part.partition("=")
    name = name.strip()
    if name not in (*SHAPE, *SHAPE_VARIANTS):
        raise unknown_name("symbol of a model's shape", name, [*SHAPE, *SHAPE_VARIANTS])
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    found = check.checked(name, number)
    return name, int(found) if found % 1 == 0 else found


def cost(model: Model, setting: Setting) -> dict[str, Any]:
    """Return what a model costs in a setting: counts, bytes, FLOPs and seconds, by name."""
    own = {} if "weight_bytes" in setting.given else model.stored
    at = {**setting.symbols, **own}
    weights = float(weights_size(model, at))
    bound, throughput = OVERLAPS[setting.overlap]
    parts = {
        "compute": decode_compute_time,
        "weights": decode_weights_time,
        "kv": decode_kv_time,
        "bound": bound,
    }
    step = {name: float(formula(model, at)) for name, formula in parts.items()}
    return {
        "model": model.name,
        "parameters": model.n_params,
        "active_parameters": model.n_active_params,
        "weights_bytes": _count(weights),
        "kv_cache_bytes": _count(kv_cache_size(model, at)),
        "forward_flops": forward_flops(model, at),
        "kv_load_flop_equivalent": kv_load_flop_equivalent(model, at),
        "kv_to_compute_ratio": kv_to_compute_ratio(model, at),
        "step_time": step,
        "throughput": float(throughput(model, at)),
        "prefill_time": float(prefill_time(model, at)),
        "memory": {
            "needed": _count(memory_needed(model, at)),
            "chips_needed": math.ceil(chips_needed(model, at)),
            "largest_batch": int(largest_batch(model, at)),
        },
        "setting": {
            "hardware": setting.device,
            "precision": setting.precision,
            "overlap": setting.overlap,
            **{name: at[name] for name in (*post.bindings, "n_chip")},
            "weight_bytes": _count(weights / model.n_params),
        },
        "taken_from": _taken_from(model, setting),
        "notes": [model.left_out] if model.left_out else [],
    }


def _taken_from(model: Model, setting: Setting) -> dict[str, str]:
    """Return what the report counts with, each with where it was taken from, in words."""
    chip, given = hardware[setting.device], setting.given
    published = f"; published in {model.format}" if model.format else ""
    if "weight_bytes" in given:
        weights = f"as given, for all of them{published}"
    elif model.stored:
        where = FROM_FILE if model.source == FROM_FILE else "the model's row"
        weights = f"{model.format}, from {where}"
    else:
        weights = f"the post's{published}"
    precision = f"{setting.precision}, as given," if "precision" in given else setting.precision
    shown = f"; the driver shows {quantity(chip.memory_shown, 'byte')}" if chip.memory_shown else ""
    return {
        "weights": weights,
        "cache": "as given" if "kv_bytes" in given else "the post's",
        "arithmetic": f"{precision} of {setting.device}, "
        + ("as given" if "device" in given else "the post's"),
        "memory": f"the vendor's {quantity(chip.memory_capacity, 'byte')} of a chip{shown}",
    }


def _count(value: float) -> float:
    """Return what counts bytes as a whole number where it is one, but for its last digits."""
    whole = round(value)
    return whole if abs(value - whole) <= abs(value) * _ROUNDING else value
