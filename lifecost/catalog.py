"""Models, devices, scaling laws and settings: rows of data, each with its source.

Each catalog is a read-only mapping from name to row; an unknown name is an `InputError` that
suggests the nearest. Rows bind symbols, so a formula takes them as they are. Rows of your own come
by `Catalog.register`, from a file by `Catalog.read`, or with a package that has an entry point.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from datetime import date
from functools import cache, cached_property
from importlib.metadata import entry_points
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np

from lifecost import values
from lifecost.blocks import plain
from lifecost.data import load
from lifecost.errors import InputError, check_known, unknown_name
from lifecost.formulas.hardware import operational_intensity
from lifecost.stack import FAMILIES, PLAIN, STACK, Fleet, Stack, layers
from lifecost.symbols import PARTS, SYMBOLS

# Of a row, what describes a model's blocks.
_DESCRIBES = (*PLAIN, "blocks", "config")
FROM_FILE = ("its config.json", "its GGUF file")  # sources of models beside the catalog
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
    _describes: ClassVar[tuple[str, ...]] = ()  # keys that are read before the row is made

    def __post_init__(self) -> None:
        """Check what the fields hold, and that symbols are in their range."""
        for one in fields(self):
            value = getattr(self, one.name)
            if value is None and one.default is None:
                continue
            form = re.findall(r"\w+", str(one.type))[0]
            if form not in _FORMS:  # made by the library
                continue
            kind, words = _FORMS[form]
            if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
                raise InputError(f"{one.name} = {values.show(value)} is not {words}")
            for key, number in value.items() if kind is Mapping else [(one.name, value)]:
                if key in SYMBOLS:
                    values.checked(key, number)

    @classmethod
    def _know(cls, keys: Iterable[str]) -> None:
        known = [one.name for one in fields(cls) if one.name != "name"]
        for key in keys:
            if key not in known:
                raise unknown_name("key", key, (*known, *cls._describes))

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Self:
        """Return the row that a table of a data file makes; a shape stands flat in it.

        Raises
        ------
        InputError
            If a key is not known or is missing, or a value is none that it may have.
        """
        needed = [one.name for one in fields(cls) if one.name != "name"
                  and one.default is MISSING and one.default_factory is MISSING]  # fmt: skip
        row = {"title": name, **table}
        try:
            cls._know(table)
            if absent := [key for key in needed if key not in row]:
                raise values.missing("the row", absent)
            return cls(name=name, **row)
        except InputError as error:
            raise InputError(f"{name}: {error}") from None


@dataclass(frozen=True, kw_only=True)
class Model(Row):
    """A model: a stack of blocks, and what is published of it.

    Attributes
    ----------
    stack
        Its blocks. A size on which all of them agree is an attribute of the model too.
    draft
        The blocks of heads that guess further tokens, where it has them; they count apart.
    format
        What its weights are published in, such as ``"bf16"``; empty where that is not known.
    stored
        Where its own format is to be counted with, `weight_bytes` and the bytes of parts that
        differ: of a quantized checkpoint, or of whatever a config.json says. It binds symbols, and
        a call that counts with it takes it beside the model.
    left_out
        What the published model has and the count leaves out.
    published_params, announced_params
        Its exact total, and the rounded one of its name or report, where there is one.
    announced_source
        That report, where it is not the row's own source.

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

    _describes = _DESCRIBES
    stack: Stack
    draft: Stack | None = None
    year: int = 0
    format: str = ""
    stored: Mapping[str, float] = field(default_factory=dict, hash=False)
    left_out: str = ""
    published_params: int | None = None
    published_active_params: int | None = None
    announced_params: float | None = None
    announced_active_params: float | None = None
    announced_source: str = ""
    train_tokens: float | None = None

    def __post_init__(self) -> None:
        """Check what its weights are stored in."""
        super().__post_init__()
        for name in self.stored:
            check_known(f"part of {self.name}", name, ("weight_bytes", "state_bytes", *PARTS))

    @classmethod
    def of(cls, name: str, table: Mapping[str, Any]) -> Self:
        """Return the model that a table of a data file makes.

        Its blocks come from the sizes of a plain decoder, from the fields of its ``config``, or
        from a list of ``blocks``, each with its family, how often it is there (``count``), and its
        sizes.
        """
        row = {key: value for key, value in table.items() if key not in _DESCRIBES}
        try:
            if "config" in table:
                from lifecost.config import read  # its rules are read when they are needed

                row = read(table["config"]).row | row
            elif "blocks" in table:
                row["stack"] = _listed(table)
            else:
                cls._know(row)
                if absent := [key for key in PLAIN if key not in table]:
                    raise values.missing("the row", absent)
                row["stack"] = plain({key: values.checked(key, table[key]) for key in PLAIN})
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        return super().of(name, row)

    @cached_property
    def n_params(self) -> int:
        """Parameters, summed over the model's blocks."""
        return int(self.stack.bindings["n_params"])

    @cached_property
    def n_active_params(self) -> int:
        """Parameters that serve each token, both embeddings among them."""
        return int(self.stack.bindings.get("n_active_params", self.n_params))

    @property
    def draft_length(self) -> int:
        """Tokens that its own heads guess, each head one: 0 of a model without them."""
        parts = self.draft.parts if self.draft else ()
        return sum(one.count * one.runs for one in parts if one.block.family == "shared_head")

    @property
    def sizes(self) -> dict[str, Any]:
        """The sizes on which all of its blocks agree that have them."""
        return self.stack.sizes

    def __getattr__(self, name: str) -> Any:
        """Return a size on which all blocks agree; any other is an error."""
        sizes = self.__dict__["stack"].sizes if "stack" in self.__dict__ else {}
        if name not in sizes:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return sizes[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.sizes]

    @property
    def is_plain(self) -> bool:
        """Whether it is a plain decoder, which a few sizes describe."""
        return self.stack.is_plain

    @property
    def shape(self) -> dict[str, Any]:
        """What binds its blocks: the sizes of a plain decoder, and the stack of any other."""
        return self.stack.shape

    @cached_property
    def bindings(self) -> dict[str, Any]:
        """What the model gives to a formula."""
        bound = dict(self.stack.bindings)
        if "state_bytes" in self.stored:  # a state is kept as it was trained, whatever is cached
            bound["state_bytes"] = self.stored["state_bytes"]
        if self.train_tokens is not None:
            bound["train_tokens"] = self.train_tokens
        return bound

    def but(self, layers: int | None = None, **sizes: Any) -> Model:
        """Return the model with other sizes, in all blocks that have them or in some layers.

        Parameters
        ----------
        layers
            In how many of its layers; in all of them, if it is not given.
        sizes
            Sizes of its blocks by name, such as ``n_active_expert`` of a mixture of experts, or the
            ``window`` of attention.

        Raises
        ------
        InputError
            If no block, or too few, have such a size, or a value is out of range.

        Examples
        --------
        >>> from lifecost import kv_cache_size, models
        >>> near = models["llama-3-8b"].but(window=1024, layers=24)
        >>> kv_cache_size(near, batch=1, context=8192, kv_bytes=2) / 2**20
        352.0
        """
        return replace(
            self, stack=self.stack.but(layers, **sizes), draft=None, published_params=None,
            published_active_params=None, announced_params=None, announced_active_params=None,
        )  # fmt: skip


def _listed(table: Mapping[str, Any]) -> Stack:
    """Return the stack of a row that lists its blocks."""
    parts = []
    for i, one in enumerate(table["blocks"]):
        sizes = {key: math.inf if v == "inf" else v for key, v in one.items() if key != "family"}
        count, name = sizes.pop("count", 1), one.get("family", "")
        if name not in FAMILIES:
            raise unknown_name(f"family of blocks[{i}]", name, FAMILIES)
        parts += layers(values.checked("n_layer", count), FAMILIES[name](**sizes))
    if absent := [key for key in ("d_model", "n_layer") if key not in table]:
        raise values.missing("the row", absent)
    known = (values.checked(key, table[key]) for key in ("d_model", "n_layer"))
    return Stack(*known, parts)


@dataclass(frozen=True, kw_only=True)
class Hardware(Row):
    """A device: dense peak rates by precision (FLOP/s), memory (byte/s, byte), links, power.

    Attributes
    ----------
    generation
        The row of `lifecost.serving.overheads` that says what it reaches.
    memory_shown
        What the driver's tool shows of the capacity, in bytes, which is no vendor's number.
    link_bandwidth
        What one chip sends to all its peers together over the links within a machine or pod, one
        way, in byte/s; None where no source says it.
    tdp
        Power that it is designed for, in watts; None where no source says it.
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
    generation: str = "usual"
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
            if values.single(name, value, called) < LEAST:
                quantity = SYMBOLS[name]
                raise InputError(
                    f"{called} = {value:g} is out of range: {quantity.meaning}, at least "
                    f"{LEAST:g} {quantity.unit}; tera is 1e12"
                )
        if self.tdp is not None and not 0 < self.tdp <= MOST_POWER:
            given = f"tdp = {values.show(self.tdp)} is out of range"
            raise InputError(f"{given}: power of one chip, above 0 and at most {MOST_POWER:g} W")

    def at(self, precision: str, chips: float = 1) -> dict[str, float]:
        """Return the symbols that the device binds at a precision such as ``"fp8"``.

        So many ``chips`` that share all evenly are one with the memory, rates and power of all: no
        layout does better.

        Raises
        ------
        InputError
            If the device has no such rate.
        """
        check_known(f"precision of {self.title}", precision, self.peak_flops)
        chips = values.single("n_chip", chips, "chips")
        rates = {
            "peak_flops": chips * self.peak_flops[precision],
            "memory_bandwidth": chips * self.memory_bandwidth,
        }
        memory = {"memory_capacity": chips * self.memory_capacity}
        links = {} if self.link_bandwidth is None else {"link_bandwidth": self.link_bandwidth}
        power = {} if self.tdp is None else {"chip_power": chips * self.tdp}
        return {**rates, **memory, **links, **power, "hoi": operational_intensity(rates)}


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
class WiderLaw(Law):
    """A loss law that also says what repeated data, or parameters in few bits, are worth."""

    repeat_decay: float | None = None
    precision_decay: float | None = None
    precision_offset: float | None = None

    @cached_property
    def bindings(self) -> dict[str, float]:
        """What the law gives to a formula: of its constants those that it has."""
        return {name: getattr(self, name) for name in self.constants() if self.has(name)}

    def has(self, name: str) -> bool:
        """Say whether the law has a constant."""
        check_known("constant of a law", name, self.constants())
        return getattr(self, name) is not None


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
    ``lifecost.wider_laws`` names a mapping from names to rows, as a TOML file gives it.
    """

    def __init__(
        self, kind: str, file: str, row: type[_Row], load: Callable[[str], Any] = load
    ) -> None:
        self._kind, self._file, self._row, self._load = kind, file, row, load

    @cached_property
    def _rows(self) -> dict[str, Any]:
        # The library's own rows are made when they are asked for: some take milliseconds.
        rows: dict[str, Any] = dict(self._load(self._file))
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

    def _add(self, new: Mapping[str, _Row], rows: dict[str, Any]) -> None:
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
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(f"{values.show(path)} is no path of a file")
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
        check_known(self._kind, name, self._rows, f"lifecost.{self._file}")
        row = self._rows[name]
        found: _Row = row if isinstance(row, self._row) else self._row.of(name, row)
        self._rows[name] = found
        return found

    def get(self, name: object, default: Any = None) -> Any:
        """Return a row by name, or the default."""
        return self[name] if isinstance(name, str) and name in self._rows else default

    def __contains__(self, name: object) -> bool:
        """Say whether there is a row of that name; an unknown one raises nothing here."""
        return isinstance(name, str) and name in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<{len(self)} {self._kind}s: {', '.join(self)}>"


models = Catalog("model", "models", Model)
hardware = Catalog("device", "hardware", Hardware)
laws = Catalog("scaling law", "laws", Law)
wider_laws = Catalog("wider law", "wider_laws", WiderLaw)
power_laws = Catalog("power law", "power_laws", PowerLaw)


def columns(rows: Iterable[Any]) -> dict[str, Any]:
    """Return what several rows bind, by symbol: an array with one value for each row.

    What is optional and only some of the models have is absent in the others. What else only some
    bind is left out. Models that are no plain decoders bind their stacks of blocks.

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
    if not isinstance(rows, Iterable):
        raise InputError(f"columns takes several rows, not {values.show(rows)}")
    bound = [values.bound_by("columns", [row], ())[0] for row in rows]
    if any(STACK in row for row in bound):
        for row in bound:
            row.setdefault(STACK, plain(row) if row.keys() >= {*PLAIN} else None)
            if row[STACK] is not None and not row[STACK].value("state_held", {}):
                row.setdefault("state_bytes", 1)  # of nothing: any number would do
    names = {name for row in bound for name in row}
    bound = [values.with_absent(row, names) for row in bound]
    shared = sorted(name for name in names if all(name in row for row in bound))
    found = dict[str, Any]()
    for name in shared:
        if name != STACK:
            try:
                found[name] = np.array([row[name] for row in bound], float)
            except (TypeError, ValueError, OverflowError):
                raise InputError(f"{name} is not a number in every one of the rows") from None
    if STACK in shared:
        found[STACK] = Fleet(row[STACK] for row in bound)
    return found


def load_model(source: Any) -> Model:
    """Return the model that a Hugging Face `config.json`, or a GGUF file, describes.

    A GGUF file needs the package `gguf`, and says in how many bytes each part of the weights is.

    Parameters
    ----------
    source
        A path, a mapping, or an open file, of text or bytes; of a GGUF file its path.

    Raises
    ------
    InputError
        If it cannot be read, is no JSON object, is of a type that is not known here, or lacks or
        contradicts what the counts need; of a GGUF file, if its tensors are not what it describes.

    Examples
    --------
    >>> gpt2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12}
    >>> load_model(gpt2).n_params
    124439808
    >>> load_model({**gpt2, "dtype": "float16"}).stored
    {'weight_bytes': 2.0}
    """
    from lifecost.config import read  # its rules are read when they are needed

    found = read(source)
    name = re.sub(r"[^\w .:+/-]", "", found.name)[-80:].strip() or "config"  # printed as it stands
    today = date.today()
    return Model(
        name=name, title=name, source=f"its {found.source}", checked=today.isoformat(),
        year=today.year, **found.row,
    )  # fmt: skip


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
        check_known("model of the post", name, rounded)
        return {**models[name].bindings, "n_params": rounded[name]}

    def __repr__(self) -> str:
        return (
            "<the post's setting: " + ", ".join(f"{k}={v}" for k, v in self.bindings.items()) + ">"
        )


post = Post()
