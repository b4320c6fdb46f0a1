"""What one model costs in one setting, as the command line reports it."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from lifecost import values as check
from lifecost.catalog import (
    FROM_FILE,
    Catalog,
    Hardware,
    Model,
    Row,
    hardware,
    load_model,
    models,
    post,
)
from lifecost.errors import InputError, check_known, unknown_name
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
    decode_weights_time,
    expected_weights_time,
    largest_batch,
    memory_needed,
    prefill_time,
)
from lifecost.quantities import quantity
from lifecost.symbols import SYMBOLS

# A step, of its arithmetic and of what it reads: weights and cache.
OVERLAPS: dict[str, Callable[[float, float, float], float]] = {
    "full": lambda compute, weights, kv: max(compute, weights + kv),
    "serial": lambda compute, weights, kv: kv + max(compute, weights),
}
_ROUNDING = 1e-12  # what is left of a whole number after a sum of fractions
# How chips share the KV cache: by its heads, as tensor parallelism does, or by sequences.
ATTENTION = ("heads", "sequences")
DEVICE, PRECISION = "h100-sxm", "fp8"  # what the post speaks of
# What is said where there are several chips.
SHARED = (
    "chips divide weights and arithmetic evenly, no copies and no messages: bounds; for a layout "
    "and its times, lifecost serving"
)
# What may be given of a device in place of its row.
OF_DEVICE = ("memory_bandwidth", "peak_flops", "memory_capacity")
COUNTED = ("batch", "context")  # whole in a report; the average of many may have a fraction
STORED, WIDEST = ("kv_bytes", "weight_bytes"), 4  # bytes: nothing is served in double precision
# What may follow a model's name and a colon. In a path there are colons and equal signs too.
_CHANGES = re.compile(r"\s*\w+\s*=[^=:/\\]*(,\s*\w+\s*=[^=:/\\]*)*")
_ROWS_FILE = re.compile(r"(?P<path>.+\.toml)(:(?P<name>.*))?", re.IGNORECASE)
_Row = TypeVar("_Row", bound=Row)


@dataclass(frozen=True)
class Setting:
    """How a model is served: its symbols, the device, what overlaps with what, who holds what."""

    symbols: Mapping[str, float]
    chip: Hardware
    precision: str = PRECISION
    overlap: str = "full"
    given: frozenset[str] = field(default_factory=frozenset)
    attention: str = ATTENTION[0]

    @classmethod
    def of(
        cls,
        device: str | None = None,
        precision: str | None = None,
        overlap: str = "full",
        attention: str = ATTENTION[0],
        **symbols: float | None,
    ) -> Setting:
        """Return a setting; what is None is as in the post.

        A device is a name of the catalog, or a row of a file: ``my.toml``, or ``my.toml:name``
        where that has several. What is given of `OF_DEVICE` takes the place of what its row says;
        a peak is that of the precision. Unless it is given, the intensity is the post's, or the
        device's where a device, a precision or a rate of it is named.

        Raises
        ------
        InputError
            If there is no such device, it has no such rate, or a value is out of range or a part
            of what is counted.
        """
        asked = {"device": device, "precision": precision}
        named = {name for name, value in asked.items() if value is not None}
        given = {name: value for name, value in symbols.items() if value is not None}
        chip = find_device(DEVICE if device is None else device)
        if precision is None:
            rates = chip.peak_flops
            precision = PRECISION if PRECISION in rates else next(iter(rates))
        if own := {name: given.pop(name) for name in OF_DEVICE if name in given}:
            chip = _changed(chip, precision, own)
            named |= own.keys()
            if device is None and len(own) == len(OF_DEVICE):  # nothing is left of the usual one
                chip = replace(chip, name="own device", title="own device")
                named.add("device")
        check_known("overlap", overlap, OVERLAPS)
        check_known("split of attention", attention, ATTENTION)
        bound: dict[str, float] = {**chip.at(precision), "n_chip": 1}
        usual = post.bindings
        if named - {"memory_capacity"}:
            usual["hoi"] = operational_intensity(bound)
        for name, value in given.items():
            meaning = check.symbol(name).meaning
            if check.checked(name, value) % 1 and name in COUNTED:
                raise InputError(f"{name} = {value} is not a whole number: {meaning}")
            if name in STORED and value > WIDEST:
                raise InputError(
                    f"{name} = {value} is out of range: {meaning}, at most {WIDEST} bytes; 8 bits "
                    "are 1 byte"
                )
        known = frozenset(given) | named
        return cls({**bound, **usual, **given}, chip, precision, overlap, known, attention)


def _changed(chip: Hardware, precision: str, own: dict[str, Any]) -> Hardware:
    """Return a device with what is given of it in place of what its row says."""
    if "peak_flops" in own:
        own = {**own, "peak_flops": {**chip.peak_flops, precision: own["peak_flops"]}}
    if "memory_capacity" in own:
        own = {**own, "memory_shown": None}
    return replace(chip, **own)


def find_device(text: str) -> Hardware:
    """Return the device that a text names: of the catalog, or of a TOML file."""
    return _row(hardware, text)


def _row(catalog: Catalog[_Row], text: str) -> _Row:
    """Return the row that a text names: of a catalog, or of a TOML file."""
    found = _ROWS_FILE.fullmatch(text)
    if text in catalog or not found:
        return catalog[text]
    path, name = found["path"], found["name"]
    rows = catalog.read(path)
    if name is None:
        if len(rows) != 1:
            known = f": {', '.join(rows)}" if rows else ""
            raise InputError(
                f"{path} has {len(rows)} rows{known}"
                + (f"; choose one as {path}:NAME" if rows else "")
            )
        (name,) = rows
    if name not in rows:
        raise unknown_name(f"row of {path}", name, rows)
    return replace(rows[name], name=f"{path}:{name}")


def split_by_heads(model: Model) -> float:
    """Return how many parts tensor parallelism splits a model's cache into.

    They are its key-value heads, and a latent, which all heads share, is one: what a token holds
    over what each chip would, however many there are. Where layers differ that is a mean.

    Examples
    --------
    >>> split_by_heads(models["llama-3-70b"]), split_by_heads(models["deepseek-v3"])
    (8.0, 1.0)
    """
    at = {"context": 1, "tensor_parallel": SYMBOLS["tensor_parallel"].high}
    held, kept = (model.stack.value(name, at) for name in ("cache_held", "chip_cache_held"))
    return float(held / kept) if held else math.inf


def find_model(text: str) -> Model:
    """Return the model that a text names: of the catalog, in a config.json or a row of a file.

    A row is ``my.toml``, or ``my.toml:name`` where that has several. Changes of the sizes of its
    blocks may follow a colon: ``llama-3-8b:n_kv_head=32,window=4096@24``, the latter in 24 layers.
    The path ``-`` is the standard input.

    Raises
    ------
    InputError
        If there is no such model or file, or a change is not one.
    """
    name, changes = _parts(text)
    model = models[name] if name in models else _read(name)
    if not changes:
        return model
    changed: dict[str, tuple[Any, int | None]] = {}
    for part in changes:
        size, value, count = _change(part)
        if size in changed:
            raise InputError(f"{size} is changed twice in {text}")
        changed[size] = value, count
    together = {size: value for size, (value, count) in changed.items() if count is None}
    model = model.but(**together) if together else model
    for size, (value, count) in changed.items():
        if count is not None:
            model = model.but(count, **{size: value})
    return replace(model, name=text, title=text)


def _parts(text: str) -> tuple[str, list[str]]:
    """Return a model's name or path, and the changes behind it."""
    name, _, changes = text.rpartition(":")
    if not os.path.isfile(text) and (name in models or (name and _CHANGES.fullmatch(changes))):
        return name, changes.split(",")
    return text, []


def _read(name: str) -> Model:
    if _ROWS_FILE.fullmatch(name):
        return _row(models, name)
    is_path = (
        name == "-" or name.lower().endswith((".json", ".gguf")) or "/" in name or "\\" in name
    )
    if not is_path and not os.path.exists(name):
        try:
            return models[name]
        except InputError as error:
            raise InputError(f"{error}; or give the path of a config.json") from None
    if name != "-":
        return load_model(name)
    if sys.stdin is None:
        raise InputError("the standard input is closed")
    return load_model(sys.stdin.buffer)


def _change(part: str) -> tuple[str, Any, int | None]:
    """Return a size, its new value, and in how many layers, from ``window=4096@24``."""
    name, _, text = (word.strip() for word in part.partition("="))
    text, at, count = (word.strip() for word in text.partition("@"))
    value = check.checked(name, _number(text)) if name in SYMBOLS else text
    return name, value, int(check.checked("n_layer", _number(count))) if at else None


def _number(text: str) -> Any:
    try:
        number = float(text)
    except ValueError:
        return text  # which the check quotes
    return int(number) if number % 1 == 0 else number


def cost(model: Model, setting: Setting) -> dict[str, Any]:
    """Return what a model costs in a setting: counts, bytes, FLOPs and seconds, by name."""
    own = dict(model.stored)
    if "weight_bytes" in setting.given:
        own = {name: size for name, size in own.items() if name == "state_bytes"}
    at = {**setting.symbols, **own}
    chips = at["n_chip"]
    parts = split_by_heads(model) if setting.attention == "heads" else math.inf
    copies = max(1.0, chips / parts)
    # Chips that share all but the cache evenly are one with the rates and the memory of all.
    all_chips = at | {name: chips * at[name] for name in OF_DEVICE}
    weights, cache = float(weights_size(model, at)), float(kv_cache_size(model, at))
    step = {
        "compute": float(decode_compute_time(model, all_chips)),
        "weights": float(decode_weights_time(model, all_chips)),
        "kv": copies * float(decode_kv_time(model, all_chips)),
    }
    together = OVERLAPS[setting.overlap]
    met = float(expected_weights_time(model, all_chips))
    step["bound"] = together(step["compute"], step["weights"], step["kv"])
    step["expected"] = together(step["compute"], met, step["kv"])
    room = float(largest_batch(model, all_chips)) / copies
    needed = float(memory_needed(model, at)) + (copies - 1) * cache
    # Each chip has a part of the cache beside its share of the weights.
    beside = at["memory_capacity"] - cache / parts
    enough = max(float(chips_needed(model, at)), weights / beside if beside > 0 else math.inf)
    return {
        "model": model.name,
        "parameters": model.n_params,
        "active_parameters": model.n_active_params,
        "weights_bytes": math.ceil(_count(weights)),
        "kv_cache_bytes": math.ceil(_count(cache)),
        "forward_flops": forward_flops(model, at),
        "kv_load_flop_equivalent": kv_load_flop_equivalent(model, at),
        "kv_to_compute_ratio": kv_to_compute_ratio(model, at),
        "step_time": step,
        "throughput": at["batch"] / step["bound"],
        "prefill_time": float(prefill_time(model, all_chips)),
        "memory": {
            "needed": math.ceil(_count(needed)),
            "cache_copies": copies,
            "chips_needed": math.ceil(enough) if enough < math.inf else None,
            "largest_batch": int(room),
        },
        "setting": {
            "hardware": setting.chip.name,
            "precision": setting.precision,
            "overlap": setting.overlap,
            "attention": setting.attention,
            **{name: at[name] for name in (*post.bindings, "n_chip")},
            "weight_bytes": _count(weights / model.n_params),
            **{name: at[name] for name in OF_DEVICE},
        },
        "taken_from": _taken_from(model, setting),
        "notes": [*filter(None, [model.left_out]), *([SHARED] if chips > 1 else [])],
    }


def _taken_from(model: Model, setting: Setting) -> dict[str, str]:
    """Return what the report counts with, each with where it was taken from, in words."""
    chip, given = setting.chip, setting.given
    published = f"; published in {model.format}" if model.format else ""
    if "weight_bytes" in given:
        weights = f"as given, for all of them{published}"
    elif "weight_bytes" in model.stored:
        where = model.source if model.source in FROM_FILE else "the model's row"
        weights = f"{model.format}, from {where}"
    else:
        weights = f"the post's{published}"
    precision = f"{setting.precision}, as given," if "precision" in given else setting.precision
    peak, capacity = chip.peak_flops[setting.precision], quantity(chip.memory_capacity, "byte")
    shown = f"; the driver shows {quantity(chip.memory_shown, 'byte')}" if chip.memory_shown else ""
    whose = "the vendor's" if chip.name in hardware else "the file's"
    taken = {
        "weights": weights,
        "cache": "as given" if "kv_bytes" in given else "the post's",
        "arithmetic": f"{precision} of {chip.name}, "
        + ("as given" if "device" in given else "the post's"),
        "memory": f"{whose} {capacity} of a chip{shown}",
    }
    if "peak_flops" in given:
        rate = quantity(peak, "FLOP/s")
        taken["arithmetic"] += f"; the peak of {setting.precision} is {rate}, as given"
    if "memory_capacity" in given:
        taken["memory"] = f"{capacity} of a chip, as given"
    if "memory_bandwidth" in given:
        taken["bandwidth"] = f"{quantity(chip.memory_bandwidth, 'byte/s')}, as given"
    return taken


def _count(value: float) -> float:
    """Return what counts bytes as a whole number where it is one, but for its last digits."""
    whole = round(value)
    return whole if abs(value - whole) <= abs(value) * _ROUNDING else value
