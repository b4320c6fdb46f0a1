"""What a case of serving binds: a model in a format, a chip and what it reaches, a layout, lengths.

A setting is one case or arrays of many. `regime` says how far estimates for it were off.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import NoneType
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from lifecost import values as check
from lifecost.catalog import Catalog, Hardware, Model, Row, hardware, models
from lifecost.data import load
from lifecost.errors import InputError, check_known
from lifecost.stack import STACK, Fleet
from lifecost.symbols import PARTS, SYMBOLS

ENGINES = {"aggregated": 1, "disaggregated": 0}
Text: TypeAlias = str | Sequence[str]
Numbers: TypeAlias = Any  # a number, or an array of them


@dataclass(frozen=True, kw_only=True)
class Overheads(Row):
    """What the chips of a generation reach: shares by what is done, seconds, and what was fitted.

    Attributes
    ----------
    flops_share
        The share of its peak that multiplications by weights reach, by the bits that are
        multiplied.
    fitted, fitted_on
        The constants that were fitted end to end, and on what; others are of single kernels.
    tested
        Whether estimates with them were held against measurements.
    """

    bandwidth_share: float
    flops_share: Mapping[str, float] = field(hash=False)
    expert_flops_share: float
    attention_peak_share: float
    link_share: float
    collective_time: float
    operation_time: float
    activation_bytes: float
    fitted: list[str] = field(default_factory=list, hash=False)
    fitted_on: str = ""
    tested: bool = True

    def at(self, device: Hardware, arithmetic: Iterable[str]) -> dict[str, float]:
        """Return what a device of this generation binds, with the formats that it may compute in.

        The peak is that of its fastest format; the share is of that peak, whatever format reaches
        most.
        """
        known = [name for name in arithmetic if name in device.peak_flops]
        known = known or list(device.peak_flops)
        peak = max(device.peak_flops[name] for name in known)
        reached = [
            share * device.peak_flops[name]
            for name in known
            if (share := self.flops_share.get(str(load("formats")["bits"].get(name))))
        ]
        usual = [n for n in of_format(usual_format())["arithmetic"] if n in device.peak_flops]
        attention = device.peak_flops[usual[0]] if usual else min(device.peak_flops.values())
        names = (
            "bandwidth_share", "expert_flops_share", "attention_peak_share", "link_share",
            "collective_time", "operation_time", "activation_bytes",
        )  # fmt: skip
        return {
            "peak_flops": peak,
            "flops_share": max(reached, default=self.flops_share["16"] * peak) / peak,
            "attention_peak": attention,
            "memory_bandwidth": device.memory_bandwidth,
            "memory_capacity": device.memory_shown or device.memory_capacity,
            **({"link_bandwidth": device.link_bandwidth} if device.link_bandwidth else {}),
            **{name: getattr(self, name) for name in names},
        }


overheads = Catalog("generation", "overheads", Overheads)


class Layout(NamedTuple):
    """How chips share a model: the degrees of tensor, data, expert and pipeline parallelism."""

    tensor_parallel: Any = 1
    data_parallel: Any = 1
    expert_parallel: Any = 1
    pipeline_parallel: Any = 1

    @property
    def n_chip(self) -> Any:
        """How many chips it takes."""
        return self.tensor_parallel * self.data_parallel * self.pipeline_parallel

    @property
    def bindings(self) -> dict[str, Any]:
        """What it gives to a formula."""
        return self._asdict()


def usual_format() -> str:
    """Return the format that counts where nothing else is said."""
    return str(load("formats")["usual"]["format"])


def of_format(name: str) -> Mapping[str, Any]:
    """Return a format's bytes and what arithmetic is done in."""
    known = load("formats")["formats"]
    check_known("format", name, known)
    found: Mapping[str, Any] = known[name]
    return found


def format_of(model: Model) -> str:
    """Return the format that a model is served in where nothing else is said: its own, or 16 bits.

    One of more bits is served in 16.
    """
    known = load("formats")["formats"]
    wide = model.format in known and known[model.format]["bytes"] > known[usual_format()]["bytes"]
    return usual_format() if wide or not model.format else model.format


def weights_of(model: Model, weights: str | None) -> tuple[dict[str, float], list[str]]:
    """Return the bytes of a model's weights by part, and the formats to compute in.

    In its own format they are as the model is published. In another of less than 16 bits the
    tables at both ends, norms and routers stay in 16.
    """
    name = format_of(model) if weights is None else weights
    usual = of_format(usual_format())
    if name == model.format and "weight_bytes" in model.stored:
        each = model.stored["weight_bytes"]
        parts = {part: model.stored.get(part, each) for part in PARTS}
        known = load("formats")["formats"].get(name, usual)
        return {"weight_bytes": each, **parts}, known["arithmetic"]
    found = of_format(name)
    each = found["bytes"]
    wide = max(each, usual["bytes"])
    parts = {"expert_bytes": each, "embedding_bytes": wide, "other_bytes": wide}
    return {"weight_bytes": each, **parts}, found["arithmetic"]


@cache
def _of_row(
    model: Model, device: Hardware, weights: str | None, cache_format: str | None
) -> dict[str, Any]:
    """Return what a model and a device bind in formats."""
    parts, arithmetic = weights_of(model, weights)
    engine, bits = load("engines")["vllm"], load("formats")["bits"]
    known = [bits[name] for name in arithmetic if name in device.peak_flops]
    # Of 4 bits where 16 are multiplied: there they are unpacked first.
    unpacked = 2 * 8 * parts["expert_bytes"] < min(known, default=bits[usual_format()])
    kv = of_format(usual_format() if cache_format is None else cache_format)["bytes"]
    return {
        **overheads[device.generation].at(device, arithmetic),
        **parts,
        "kv_bytes": kv,
        "state_bytes": model.stored.get("state_bytes", kv),
        "memory_reserve": engine["memory_reserve"],
        "expert_tile": engine["tile"] if unpacked else 1,
        "n_params": model.n_params,
        "n_layer": model.stack.n_layer,
        "d_model": model.stack.d_model,
    }


def setting(
    model: Any,
    device: Any,
    layout: Layout,
    concurrency: Numbers,
    prompt: Numbers,
    answer: Numbers,
    *,
    weights: Any = None,
    cache: Any = None,
    engine: Any = "aggregated",
) -> dict[str, Any]:
    """Return what formulas of the fourth level need, for one case or for many.

    Parameters
    ----------
    model, device
        Names of the catalogs, or their rows; a sequence of them makes an array of cases.
    layout
        Degrees of parallelism, each a number or an array.
    concurrency, prompt, answer
        Sequences decoded together, tokens of each prompt, and of each answer: the mean, where they
        differ.
    weights, cache
        Formats, such as ``"fp8"``: else weights as the model is published, a cache of 16 bits.
    engine
        ``"aggregated"`` where the chips that decode read prompts too, else ``"disaggregated"``.

    Raises
    ------
    InputError
        If a name is unknown, or the links of a device are that would be needed.

    Examples
    --------
    >>> from lifecost import time_per_token
    >>> at = setting("llama-3-70b", "h100-sxm", Layout(8), 64, 8192, 512)
    >>> round(time_per_token(at), 4)
    0.0616
    >>> names = ["llama-3-8b", "deepseek-v3"]
    >>> at = setting(names, "h200-sxm", Layout(np.array([1, 8])), 16, 2048, 256, weights="fp8")
    >>> time_per_token(at).round(4)
    array([0.0069, 0.0195])
    """
    if not isinstance(layout, Layout):
        raise InputError(f"layout = {check.show(layout)} is no `Layout`")
    cases = cases_of(model, device, weights, cache, engine)
    across = np.asarray(layout.tensor_parallel) * np.asarray(layout.expert_parallel) > 1
    unknown = np.array([key[1].link_bandwidth is None for key in cases.keys])[cases.index]
    if np.any(across & unknown):
        names = sorted({key[1].name for key in cases.keys if key[1].link_bandwidth is None})
        raise InputError(f"no source says the bandwidth of the links of {', '.join(names)}")
    return bound_by(cases, layout, concurrency, prompt, answer)


def bound_by(
    cases: Cases, layout: Layout, concurrency: Numbers, prompt: Numbers, answer: Numbers
) -> dict[str, Any]:
    """Return a setting, in which links are without limit where no source says it."""
    most = SYMBOLS["link_bandwidth"].high
    rows = [{"link_bandwidth": most, **_of_row(*key[:4])} for key in cases.keys]
    engines = [ENGINES[key[4]] for key in cases.keys]
    stacks = [key[0].stack for key in cases.keys]
    own: dict[str, Any]
    if cases.index.ndim:
        own = {name: np.array([row[name] for row in rows])[cases.index] for name in rows[0]}
        own[STACK] = Fleet(stacks, cases.index)
        own["aggregated"] = np.array(engines)[cases.index]
    else:
        own = {**rows[0], STACK: stacks[0], "aggregated": engines[0]}
    lengths = ("prompt_length", prompt), ("answer_length", answer)
    prompt, answer = (check.checked(name, value) for name, value in lengths)
    return {
        **own,
        **layout.bindings,
        "batch": check.checked("batch", concurrency, "concurrency"),
        "context": prompt + answer / 2,
        "prompt_length": prompt,
        "answer_length": answer,
    }


_COLUMNS = ("model", "device", "weights", "cache", "engine")
_ONE = (str, Model, Hardware, NoneType)


class Cases(NamedTuple):
    """Different models, devices, formats and engines, and which of these each row is."""

    keys: list[tuple[Any, ...]]
    index: Any  # without an axis, where there is but one


def check_names(**given: Any) -> None:
    """Raise `InputError` where a format or an engine is no name, or several."""
    for called, name in given.items():
        if not isinstance(name, (str, NoneType)):
            known = ENGINES if called == "engine" else load("formats")["formats"]
            wrong = f"{called} = {check.show(name)} is not one name"
            raise InputError(f"{wrong}; known: {', '.join(known)}")


def cases_of(*columns: Any) -> Cases:
    """Return the different cases of models, devices, formats of weights and cache, and engines."""
    several = {}
    for name, column in zip(_COLUMNS, columns, strict=True):
        if isinstance(column, _ONE):
            continue
        several[name] = list(column) if isinstance(column, Iterable) else []
        if not several[name] or not all(isinstance(one, _ONE) for one in several[name]):
            raise InputError(f"{name} = {check.show(column)} is neither a name nor a list of names")
    lengths = {len(column) for column in several.values()}
    if len(lengths) > 1:
        raise InputError(f"these columns differ in length: {', '.join(map(str, sorted(lengths)))}")
    count = lengths.pop() if lengths else None
    spread = [
        several.get(name) or itertools.repeat(column, count or 1)
        for name, column in zip(_COLUMNS, columns, strict=True)
    ]
    places: dict[tuple[Any, ...], int] = {}
    index = [places.setdefault(key, len(places)) for key in zip(*spread, strict=True)]
    keys = [(model_of(key[0]), device_of(key[1]), *key[2:]) for key in places]
    for key in keys:
        check_known("engine", key[4], ENGINES)
    return Cases(keys, np.array(index) if count is not None else np.array(0))


def model_of(named: Any) -> Model:
    """Return a model by name, or as it is."""
    return named if isinstance(named, Model) else models[named]


def device_of(named: Any) -> Hardware:
    """Return a device by name, or as it is."""
    return named if isinstance(named, Hardware) else hardware[named]


def regime(device: Any, at: Any) -> Any:
    """Return the name of the regime that a setting is in, or an array of names.

    Parameters
    ----------
    device
        Whose constants are used: a name or row of the catalog, or a sequence of them.
    at
        A setting, as `setting` returns it.

    Examples
    --------
    >>> regime("h100-sxm", setting("llama-3-70b", "h100-sxm", Layout(8), 64, 8192, 512))
    'middle'
    """
    degrees = "tensor_parallel", "data_parallel", "pipeline_parallel"
    if not isinstance(at, Mapping) or not {*degrees} <= at.keys():
        raise InputError(f"regime takes what `setting` returns, not {check.show(at)}")
    chips = math.prod(at[name] for name in degrees)
    known = {**at, "n_chip": chips}
    one = isinstance(device, (str, Hardware)) or not isinstance(device, Iterable) or not [*device]
    tested = [overheads[device_of(d).generation].tested for d in ([device] if one else device)]
    other = ~np.asarray(tested[0] if one else tested)
    names, applies = [], []
    for name, row in load("regimes").items():
        if name == "first-token":
            continue
        inside = other if row.get("other_chip") else np.asarray(True)
        for symbol, least in row.get("at_least", {}).items():
            inside = inside & (np.asarray(known[symbol]) >= least)
        names.append(name)
        applies.append(inside)
    found = np.select(np.broadcast_arrays(*applies), names, "")
    return found if found.ndim else str(found)
