"""Models, devices, scaling laws and settings: rows of data, each with its source.

Each catalog is a read-only mapping from name to row; an unknown name is an `InputError` that
suggests the nearest. Rows bind symbols, so a formula takes them as they are.
"""

from __future__ import annotations

import inspect
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from typing import Any, Generic, TypeVar

import numpy as np

from lifecost import values
from lifecost.errors import unknown_name
from lifecost.formulas.hardware import operational_intensity
from lifecost.formulas.transformer import active_parameters, parameter_count
from lifecost.symbols import PARTS, SYMBOLS, VARIANTS

SHAPE = (
    "n_layer", "d_model", "n_ff_matrix", "d_ff", "n_head", "n_kv_head", "d_head", "vocab_size",
    "tied_embeddings",
)  # fmt: skip
# What a shape may have beyond that; active parameters are counted from it.
_NO_SHAPE = ("n_active_params", "cache_parts", *PARTS)
SHAPE_VARIANTS = tuple(name for name in VARIANTS if name not in _NO_SHAPE)
LAW = ("loss_floor", "param_scale", "data_scale", "param_exponent", "data_exponent")
FROM_FILE = "its config.json"  # the source of a model that is not of the catalog
POWER_LAW = ("power_law_scale", "power_law_exponent", "compute_unit")


@cache
def load(name: str) -> dict[str, Any]:
    """Return the contents of ``data/<name>.toml``."""
    text = resources.files("lifecost").joinpath("data", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@dataclass(frozen=True)
class Row:
    """What every row says of itself; ``source`` is a bib key or a short citation."""

    name: str
    title: str
    source: str
    checked: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Model(Row):
    """A transformer, by its shape: the symbols that describe it, variants included.

    Attributes
    ----------
    shape
        Its symbols; each is an attribute too.
    format
        What its weights are published in, such as ``"bf16"``; empty where that is not known.
    stored
        Where its own format is to be counted with, `weight_bytes` and the bytes of parts that
        differ: of a quantized checkpoint, or of whatever a config.json says. It binds symbols, and
        a call that counts with it takes it beside the model.
    left_out
        What the published model has and the count leaves out.

    Examples
    --------
    >>> from lifecost import models
    >>> models["llama-3-8b"].n_params
    8030261248
    >>> models["llama-3-8b"].n_kv_head
    8
    >>> from lifecost import weights_size
    >>> weights_size(models["gpt-oss-120b"], models["gpt-oss-120b"].stored)
    65248815744.0
    """

    year: int
    shape: Mapping[str, int]
    format: str = ""
    stored: Mapping[str, float] = field(default_factory=dict)
    left_out: str = ""
    published_params: int | None = None
    published_active_params: int | None = None
    train_tokens: float | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        for name, value in self.shape.items():
            if name not in (*SHAPE, *SHAPE_VARIANTS):
                kind = f"symbol of a model's shape in {self.name}"
                raise unknown_name(kind, name, [*SHAPE, *SHAPE_VARIANTS])
            values.checked(name, value)
        if absent := [name for name in SHAPE if name not in self.shape]:
            raise values.missing(self.name, absent)
        values.check_together(self.shape)
        for name, size in self.stored.items():
            if name not in ("weight_bytes", *PARTS):
                raise unknown_name("part of a model", name, ["weight_bytes", *PARTS])
            values.checked(name, size)

    @cached_property
    def n_params(self) -> int:
        """Parameters, summed over the model's matrices."""
        return int(parameter_count(self.shape))

    @cached_property
    def n_active_params(self) -> int:
        """Parameters that serve each token, both embeddings among them."""
        return int(active_parameters(self.shape))

    def __getattr__(self, name: str) -> Any:
        """Return a symbol of the shape; a variant that the model does not have is an error."""
        shape = self.__dict__.get("shape", {})
        if name not in shape:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return shape[name]

    @property
    def variants(self) -> dict[str, int]:
        """What the model has beyond a plain dense decoder, by symbol."""
        return {name: value for name, value in self.shape.items() if name in VARIANTS}

    @cached_property
    def bindings(self) -> dict[str, float]:
        """What the model gives to a formula."""
        bound: dict[str, float] = {**self.shape, "n_params": self.n_params}
        if self.n_active_params != self.n_params:
            bound["n_active_params"] = self.n_active_params
        if self.train_tokens is not None:
            bound["train_tokens"] = self.train_tokens
        return bound


@dataclass(frozen=True, kw_only=True)
class Hardware(Row):
    """A device: dense peak rates by precision (FLOP/s), memory (byte/s, byte).

    Examples
    --------
    >>> from lifecost import hardware
    >>> round(hardware["h100-sxm"].at("fp8")["hoi"], 1)
    590.7
    """

    vendor: str
    year: int
    memory_bandwidth: float
    memory_capacity: float
    peak_flops: Mapping[str, float]
    memory: str = ""
    memory_shown: float | None = None  # what the driver's tool shows, which is no vendor's number
    tdp: float | None = None
    announced: bool = False

    def at(self, precision: str) -> dict[str, float]:
        """Return the symbols that the device binds at a precision such as ``"fp8"``.

        Raises
        ------
        InputError
            If the device has no such rate.
        """
        if precision not in self.peak_flops:
            raise unknown_name(f"precision of {self.title}", precision, self.peak_flops)
        rates = {
            "peak_flops": self.peak_flops[precision],
            "memory_bandwidth": self.memory_bandwidth,
        }
        memory = {"memory_capacity": self.memory_capacity}
        return {**rates, **memory, "hoi": operational_intensity(rates)}


@dataclass(frozen=True, kw_only=True)
class Law(Row):
    """A loss law: a floor, a term that falls with size and one that falls with data."""

    loss_floor: float
    param_scale: float
    data_scale: float
    param_exponent: float
    data_exponent: float

    @cached_property
    def bindings(self) -> dict[str, float]:
        """What the law gives to a formula."""
        return {name: getattr(self, name) for name in LAW}


@dataclass(frozen=True, kw_only=True)
class PowerLaw(Row):
    """Compute-optimal size or tokens as a power of the compute budget."""

    power_law_scale: float
    power_law_exponent: float
    compute_unit: float

    @cached_property
    def bindings(self) -> dict[str, float]:
        """What the law gives to a formula."""
        return {name: getattr(self, name) for name in POWER_LAW}


_Entry = TypeVar("_Entry")


class Catalog(Mapping[str, _Entry], Generic[_Entry]):
    """A file of data as a mapping, read when it is first asked."""

    def __init__(self, kind: str, file: str, entry: Callable[..., _Entry], needs: str = "") -> None:
        self._kind, self._file, self._entry, self._needs = kind, file, entry, needs

    @cached_property
    def _entries(self) -> dict[str, _Entry]:
        rows = load(self._file).items()
        return {name: self._make(name, row) for name, row in rows if self._needs in ("", *row)}

    def _make(self, name: str, row: dict[str, Any]) -> _Entry:
        known = inspect.signature(self._entry).parameters
        given = {k: v for k, v in row.items() if k in known}
        if "shape" in known:  # stands flat in its row
            given["shape"] = {k: row[k] for k in (*SHAPE, *SHAPE_VARIANTS) if k in row}
        return self._entry(name=name, **given)

    def __getitem__(self, name: str) -> _Entry:
        """Return a row by name."""
        if name not in self._entries:
            raise unknown_name(self._kind, name, self._entries)
        return self._entries[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a row by name, or the default."""
        return self._entries.get(name, default)

    def __contains__(self, name: object) -> bool:
        """Say whether there is a row of that name; an unknown one raises nothing here."""
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<{len(self)} {self._kind}s: {', '.join(self)}>"


models = Catalog("model", "models", Model)
hardware = Catalog("device", "hardware", Hardware)
laws = Catalog("scaling law", "scaling_laws", Law, needs="loss_floor")
power_laws = Catalog("power law", "power_laws", PowerLaw)


def columns(rows: Iterable[Any]) -> dict[str, Any]:
    """Return what several rows bind, by symbol: an array with one value for each row.

    A variant that only some of the models have is absent in the others. What else only some bind
    is left out.

    Parameters
    ----------
    rows
        Models, mappings of symbols, or anything else that binds symbols.

    Examples
    --------
    >>> from lifecost import columns, kv_cache_size, models
    >>> shapes = columns([models["llama-3-8b"], models["llama-3-70b"]])
    >>> kv_cache_size(shapes, batch=[[1], [2]], context=1, kv_bytes=1)
    array([[ 65536., 163840.],
           [131072., 327680.]])
    """
    bound = [dict(getattr(row, "bindings", row)) for row in rows]
    names = {name for row in bound for name in row}
    bound = [with_absent(row, names) for row in bound]
    return {name: np.array([row[name] for row in bound], float)
            for name in sorted(names) if all(name in row for row in bound)}  # fmt: skip


def with_absent(bound: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return bound symbols and, of the named variants, the value of each that is absent."""
    found = dict(bound)
    for name in set(names) & VARIANTS.keys() - found.keys():
        absent = VARIANTS[name]
        if name in PARTS and absent not in found:
            continue  # nobody says in how many bytes
        # No window is one that no context fills.
        found[name] = found.get(absent, SYMBOLS[name].high) if isinstance(absent, str) else absent
    return found


class Post:
    """The setting of the post: 128 sequences of 8,192 tokens, one byte an element, HOI 600."""

    name, source = "post", "matx_lifetime_llm_cost"

    @property
    def bindings(self) -> dict[str, float]:
        """What the setting gives to a formula."""
        return dict(load("post")["setting"])

    def model(self, name: str) -> dict[str, float]:
        """Return a model's symbols with the round parameter count that the post works with.

        Raises
        ------
        InputError
            If the post does not speak of that model.
        """
        rounded = load("post")["n_params"]
        if name not in rounded:
            raise unknown_name("model of the post", name, rounded)
        return {**models[name].bindings, "n_params": rounded[name]}

    def __repr__(self) -> str:
        return (
            "<the post's setting: " + ", ".join(f"{k}={v}" for k, v in self.bindings.items()) + ">"
        )


post = Post()
