"""Models, devices, scaling laws and settings: rows of data, each with its source.

Each catalog is a read-only mapping from name to row; an unknown name is an `InputError` that
suggests the nearest. Rows bind symbols, so a formula takes them as they are. Rows of your own come
by `Catalog.register`, from a file by `Catalog.read`, or with a package that has an entry point.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, cached_property
from importlib import resources
from importlib.metadata import entry_points
from typing import Any, Generic, Self, TypeVar

import numpy as np

from lifecost import values
from lifecost.errors import InputError, unknown_name
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
FROM_FILE = "its config.json"  # the source of a model that is not of the catalog
LEAST = 1e6  # of a device's rates and sizes: less was meant in other units
MOST_POWER = 1e5  # of a device, in watts: more is a machine's, or was meant in milliwatts
# What a field may hold, by the first word of its type.
_FORMS: dict[str, tuple[Any, str]] = {
    "str": (str, "text"),
    "bool": (bool, "true or false"),
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "Mapping": (Mapping, "a table of numbers by name"),
}


@cache
def load(name: str) -> dict[str, Any]:
    """Return the contents of ``data/<name>.toml``."""
    text = resources.files("lifecost").joinpath("data", f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _of_packages() -> Any:
    """Return what all installed packages offer; to look takes some hundredths of a second."""
    return entry_points()


@dataclass(frozen=True)
class Row:
    """What every row says of itself; ``source`` is a bib key or a short citation."""

    name: str
    title: str
    source: str = ""
    checked: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        """Check what the fields hold, and that symbols are in their range."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value is None and one.default is None:
                continue
            kind, words = _FORMS[re.findall(r"\w+", str(one.type))[0]]
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise InputError(f"{one.name} = {values.show(value)} is not {words}")
            for key, number in value.items() if kind is Mapping else [(one.name, value)]:
                if key in SYMBOLS:
                    values.checked(key, number)

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Self:
        """Return the row that a table of a data file makes; a shape stands flat in it.

        Raises
        ------
        InputError
            If a key is not known or is missing, or a value is none that it may have.
        """
        known = {one.name: one for one in fields(cls) if one.name != "name"}
        shape = SHAPE if known.pop("shape", None) else ()
        flat = (*shape, *SHAPE_VARIANTS) if shape else ()
        needed = [key for key, one in known.items()
                  if one.default is MISSING and one.default_factory is MISSING]  # fmt: skip
        row = {"title": name, **{key: table[key] for key in table if key in known}}
        if shape:
            row["shape"] = {key: table[key] for key in flat if key in table}
        try:
            for key in table:
                if key not in known and key not in flat:
                    raise unknown_name("key", key, [*known, *flat])
            if absent := [key for key in (*needed, *shape) if key not in {"title", *table}]:
                raise values.missing("the row", absent)
            return cls(name=name, **row)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None


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

    shape: Mapping[str, int] = field(hash=False)
    year: int = 0
    format: str = ""
    stored: Mapping[str, float] = field(default_factory=dict, hash=False)
    left_out: str = ""
    published_params: int | None = None
    published_active_params: int | None = None
    train_tokens: float | None = None

    def __post_init__(self) -> None:
        """Check the shape."""
        shape_symbols, parts = (*SHAPE, *SHAPE_VARIANTS), ("weight_bytes", *PARTS)
        for name in self.shape:
            if name not in shape_symbols:
                raise unknown_name(f"symbol of a model's shape in {self.name}", name, shape_symbols)
        if absent := [name for name in SHAPE if name not in self.shape]:
            raise values.missing(self.name, absent)
        for name in self.stored:
            if name not in parts:
                raise unknown_name(f"part of {self.name}", name, parts)
        super().__post_init__()
        values.check_together(self.shape)

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

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.shape]

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
    """A device: dense peak rates by precision (FLOP/s), memory (byte/s, byte), links, power.

    Attributes
    ----------
    memory_shown
        What the driver's tool shows of the capacity, in bytes, which is no vendor's number.
    link_bandwidth
        What one chip sends to all its peers together over the links within a machine or pod, one
        way, in byte/s; None where no source says it.
    tdp
        Power that it is designed for, in watts.
    announced
        Whether it was not shipping, or not known to ship, when the row was checked.
    export
        Whether it was cut down to be sold where its model may not be.

    Examples
    --------
    >>> from lifecost import hardware
    >>> round(hardware["h100-sxm"].at("fp8")["hoi"], 1)
    590.7
    """

    memory_bandwidth: float
    memory_capacity: float
    peak_flops: Mapping[str, float] = field(hash=False)
    vendor: str = ""
    year: int = 0
    memory: str = ""
    memory_shown: float | None = None
    link_bandwidth: float | None = None
    tdp: float | None = None
    announced: bool = False
    export: bool = False

    def __post_init__(self) -> None:
        """Check the rates and sizes, which are in base units."""
        super().__post_init__()
        rates = {f"peak_flops.{name}": rate for name, rate in self.peak_flops.items()}
        if not rates:
            raise InputError("peak_flops = {} has no rate")
        names = ("memory_bandwidth", "memory_capacity", "link_bandwidth")
        sizes = {name: size for name in names if (size := getattr(self, name)) is not None}
        for called, value in {**sizes, **rates}.items():
            name = called.partition(".")[0]
            if values.checked(name, value, called) < LEAST:
                quantity = SYMBOLS[name]
                raise InputError(
                    f"{called} = {value:g} is out of range: {quantity.meaning}, at least "
                    f"{LEAST:g} {quantity.unit}; tera is 1e12"
                )
        if self.tdp is not None and not 0 < self.tdp <= MOST_POWER:
            given = f"tdp = {self.tdp:g} is out of range"
            raise InputError(f"{given}: power of one chip, above 0 and at most {MOST_POWER:g} W")

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
        links = {} if self.link_bandwidth is None else {"link_bandwidth": self.link_bandwidth}
        return {**rates, **memory, **links, "hoi": operational_intensity(rates)}


class Fit(Row):
    """A row whose numbers are the constants of a published fit, each a symbol."""

    @classmethod
    def constants(cls) -> tuple[str, ...]:
        """Return the symbols that every fit of this form has."""
        return tuple(one.name for one in fields(cls) if one.name in SYMBOLS)

    @cached_property
    def bindings(self) -> dict[str, float]:
        """What the law gives to a formula."""
        return {name: getattr(self, name) for name in self.constants()}


@dataclass(frozen=True, kw_only=True)
class Law(Fit):
    """A loss law: a floor, a term that falls with size and one that falls with data.

    Attributes
    ----------
    errors
        The standard error of each constant, where they are published.
    """

    loss_floor: float
    param_scale: float
    data_scale: float
    param_exponent: float
    data_exponent: float
    errors: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Check the constants and whose errors are given."""
        super().__post_init__()
        for name in self.errors:
            if name not in self.constants():
                raise unknown_name("constant of errors", name, self.constants())


LAW = Law.constants()


@dataclass(frozen=True, kw_only=True)
class PowerLaw(Fit):
    """Compute-optimal size or tokens as a power of the compute budget."""

    power_law_scale: float
    power_law_exponent: float
    compute_unit: float


_Row = TypeVar("_Row", bound=Row)


class Catalog(Mapping[str, _Row], Generic[_Row]):
    """Rows of one kind by name, read when it is first asked: a read-only mapping.

    They come from the library's own file and from installed packages: an entry point of the group
    ``lifecost.models``, ``lifecost.hardware``, ``lifecost.laws``, ``lifecost.power_laws`` or
    ``lifecost.shape_laws`` names a mapping from names to rows, as a TOML file gives it.
    """

    def __init__(self, kind: str, file: str, row: type[_Row]) -> None:
        self._kind, self._file, self._row = kind, file, row

    @cached_property
    def _rows(self) -> dict[str, _Row]:
        rows = self._made(load(self._file))
        for point in _of_packages().select(group=f"lifecost.{self._file}"):
            try:
                self._add(self._made(point.load()), rows)
            except Exception as error:  # whatever another package does wrong
                said = " ".join(str(error).split())
                raise InputError(f"entry point {point.value} of {point.group}: {said}") from error
        return rows

    def _made(self, tables: Any) -> dict[str, _Row]:
        """Return the rows that tables by name make."""
        if not isinstance(tables, Mapping):
            raise InputError(f"{values.show(tables)} is no mapping from names to rows")
        for name, table in tables.items():
            if not isinstance(table, Mapping):
                given = f"{name} = {values.show(table)}"
                raise InputError(f"{given} belongs to no row: a row begins with its [name]")
        return {name: self._row.of(name, table) for name, table in tables.items()}

    def _add(self, new: Mapping[str, _Row], rows: dict[str, _Row]) -> None:
        for name in new:
            if name in rows:
                raise InputError(f"there is a {self._kind} {name!r} already; choose another name")
        rows.update(new)

    def register(self, name: str, **row: Any) -> _Row:
        """Add a row under a new name, and return it.

        Parameters
        ----------
        name
            What it is called from now on, in this process.
        row
            Its keys, as in a file of the library's data.

        Raises
        ------
        InputError
            If the name is taken, a key is not known or is missing, or a value is out of range.

        Examples
        --------
        >>> from lifecost.catalog import Catalog, Hardware
        >>> hardware = Catalog("device", "hardware", Hardware)  # as lifecost.hardware is
        >>> mine = hardware.register(
        ...     "my-chip", memory_bandwidth=4e12, memory_capacity=96e9, peak_flops={"fp8": 1e15}
        ... )
        >>> mine.at("fp8")["hoi"], "my-chip" in hardware
        (250.0, True)
        """
        made = self._row.of(name, row)
        self._add({name: made}, self._rows)
        return made

    def read(self, path: str | os.PathLike[str], *, register: bool = False) -> dict[str, _Row]:
        """Return the rows of a TOML file, by name; it has the form of the library's data.

        Parameters
        ----------
        path
            The file: a table for each row, under its name.
        register
            Whether to add them to the catalog as well. Else a name may be one of the catalog's.

        Raises
        ------
        InputError
            If the file cannot be read, or a row is wrong.
        """
        called = "".join(one if one.isprintable() else "?" for one in os.fsdecode(path))
        try:
            with open(path, "rb") as file:
                rows = self._made(tomllib.load(file))
        except OSError as error:
            raise InputError(f"cannot read {called}: {error.strerror}") from None
        except InputError as error:
            raise InputError(f"{called}: {error}") from None
        except ValueError as error:  # of TOML, or of its text
            raise InputError(f"{called} is no TOML: {' '.join(str(error).split())}") from None
        if register:
            self._add(rows, self._rows)
        return rows

    def __getitem__(self, name: str) -> _Row:
        """Return a row by name."""
        if name not in self._rows:
            raise unknown_name(self._kind, name, self._rows, f"lifecost.{self._file}")
        return self._rows[name]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a row by name, or the default."""
        return self._rows.get(name, default)

    def __contains__(self, name: object) -> bool:
        """Say whether there is a row of that name; an unknown one raises nothing here."""
        return name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<{len(self)} {self._kind}s: {', '.join(self)}>"


models = Catalog("model", "models", Model)
hardware = Catalog("device", "hardware", Hardware)
laws = Catalog("scaling law", "laws", Law)
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
