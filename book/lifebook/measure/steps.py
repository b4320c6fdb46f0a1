"""Thousands of published times, read strictly, each with the least time that it could take."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lifebook.data import load
from lifecost.catalog import Model, hardware, models
from lifecost.errors import InputError, unknown_name
from lifecost.formula import Formula
from lifecost.formulas.prefill import prompt_flops
from lifecost.formulas.time import (
    decode_compute_time,
    decode_step_time,
    expected_step_time,
    largest_batch,
    prefill_time,
)
from lifecost.formulas.training import training_flops_exact

Array: TypeAlias = NDArray[Any]
FILE = "published_steps"

# The columns of the file, in their order, and what each may hold.
_WORDS = ("source", "model", "device", "engine", "mode", "weights", "cache", "measure", "fault")
_DEGREES = ("tensor", "data", "expert", "pipeline")
COLUMNS = (
    "source", "model", "device", "chips", *_DEGREES, "engine", "mode", "weights", "cache", "batch",
    "prompt", "answer", "measure", "value", "first_token", "fault",
)  # fmt: skip
_MODES = ("aggregated", "disaggregated", "static", "single", "saturated", "training")
# What each kind of measure must say beside its value.
_NEEDED = {
    "token": (*_DEGREES, "batch", "prompt", "answer"),
    "batch": (*_DEGREES, "batch", "prompt", "answer"),
    "rate": (*_DEGREES, "prompt", "answer"),
    "training": ("prompt",),
}


class Steps:
    """Published measurements, one a row: ``steps["batch"]`` is a column, an array.

    Numbers that a row does not say are NaN. The file's head, ``data/published_steps.toml``, says
    what the columns mean and where the rows are from.

    Examples
    --------
    >>> steps = published_steps()
    >>> len(steps) > 5000, len(steps.where(steps["model"] == "llama-3-70b")) > 400
    (True, True)
    """

    def __init__(self, columns: Mapping[str, Array]) -> None:
        self.columns = dict(columns)

    def __getitem__(self, name: str) -> Array:
        """Return a column."""
        if name not in self.columns:
            raise unknown_name("column", name, self.columns)
        return self.columns[name]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns["value"])

    def where(self, chosen: Array) -> Steps:
        """Return the rows for which an array of the same length is true."""
        return Steps({name: column[chosen] for name, column in self.columns.items()})

    def groups(self, *names: str) -> Iterator[tuple[Array, Steps]]:
        """Yield the rows that agree in some columns, each group with its places."""
        keys = list(zip(*(self[name] for name in names), strict=True))
        for key in dict.fromkeys(keys):
            places = np.array([place for place, other in enumerate(keys) if other == key])
            yield places, self.where(places)

    @property
    def seconds(self) -> Array:
        """What was measured, as a time: of a token, of a whole batch, or of one token of all."""
        rate = np.isin(self["measure"], ("rate", "training"))
        return np.where(rate, 1 / self["value"], self["value"])

    @property
    def context(self) -> Array:
        """Tokens in the cache, the mean over an answer."""
        return self["prompt"] + self["answer"] / 2


@cache
def published_steps() -> Steps:
    """Return the rows of ``data/published_steps.csv.gz``.

    The lengths of a benchmark that draws them are the mean of what it draws.

    Raises
    ------
    InputError
        If a row of the file has a value that it may not have; the message names its line.
    """
    path = resources.files("lifebook").joinpath("data", f"{FILE}.csv.gz")
    return read(gzip.decompress(path.read_bytes()).decode())


def read(text: str) -> Steps:
    """Return the rows of a table, a ``text`` in the form of the data file.

    Examples
    --------
    >>> try:
    ...     read("source,model")
    ... except InputError as error:
    ...     print(error)
    line 1: the columns are not those of published_steps.toml
    """
    lines = csv.reader(io.StringIO(text))
    if tuple(next(lines, ())) != COLUMNS:
        raise InputError(f"line 1: the columns are not those of {FILE}.toml")
    rows = []
    for number, line in enumerate(lines, 2):
        try:
            rows.append(_row(line))
        except InputError as error:
            raise InputError(f"line {number}: {error}") from None
    known = load(FILE)["source"]
    columns = {name: np.array([row[name] for row in rows]) for name in COLUMNS}
    share = np.array([known[name].get("length_share", 1.0) for name in columns["source"]])
    for name in ("prompt", "answer"):
        columns[name] = columns[name] * share
    return Steps(columns)


def _row(line: list[str]) -> dict[str, Any]:
    if len(line) != len(COLUMNS):
        raise InputError(f"{len(line)} values where there are {len(COLUMNS)} columns")
    row: dict[str, Any] = dict(zip(COLUMNS, line, strict=True))
    about = load(FILE)
    for name, known in (
        ("source", about["source"]), ("model", models), ("device", hardware), ("mode", _MODES),
        ("weights", about["format"]), ("cache", about["format"]), ("measure", _NEEDED),
        ("fault", about["fault"]),
    ):  # fmt: skip
        if row[name] not in known and (row[name] or name not in ("cache", "fault")):
            raise unknown_name(name, row[name], known)
    for name in COLUMNS:
        if name in _WORDS:
            continue
        needed = name in ("chips", "value", *_NEEDED[row["measure"]])
        row[name] = _number(name, row[name], needed, whole=name in ("chips", *_DEGREES))
    degrees = row["tensor"] * row["data"] * row["pipeline"]
    if degrees != row["chips"] and not np.isnan(degrees):
        raise InputError(f"{row['chips']:g} chips of which {degrees:g} share the work")
    return row


def _number(name: str, text: str, needed: bool, whole: bool) -> float:
    if not text and not needed:
        return float("nan")
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{name} = {text!r} is not a number") from None
    if not 0 < value < float("inf") or (whole and value % 1):
        raise InputError(f"{name} = {text} is not a {'whole ' if whole else ''}number above 0")
    return value


def setting(steps: Steps) -> dict[str, Array]:
    """Return the symbols of decode steps, as a bound takes them.

    Where the format of the cache is not published, it is taken to be as narrow as it may be.
    ``batch`` is the number of sequences that decode at a time. It is
    less than the number of requests where a time to the first token is known, for some requests
    are still being read: Little's law.
    """
    formats = load(FILE)["format"]
    writing, waiting = steps["answer"] * steps["value"], np.nan_to_num(steps["first_token"])
    return {
        "batch": np.maximum(steps["batch"] * writing / (writing + waiting), 1),
        "context": steps.context,
        "weight_bytes": np.array([formats[name]["weight_bytes"] for name in steps["weights"]]),
        "kv_bytes": np.array([formats[name]["weight_bytes"] for name in caches(steps)]),
        **_chips(steps),
    }


def caches(steps: Steps) -> list[str]:
    """Return the format of each cache, where none is published the narrowest that is likely."""
    formats = load(FILE)["format"]
    both = zip(steps["cache"], steps["weights"], strict=True)
    return [str(cache) or formats[weights]["cache"] for cache, weights in both]


def _chips(steps: Steps) -> dict[str, Array]:
    """Return the symbols of chips that share all evenly, at the fastest rate for the format."""
    formats, parts = load(FILE)["format"], [hardware[name] for name in steps["device"]]
    rates = [formats[name]["rates"] for name in steps["weights"]]
    peaks = [
        next(part.peak_flops[rate] for rate in known if rate in part.peak_flops)
        for part, known in zip(parts, rates, strict=True)
    ]
    return {
        "peak_flops": steps["chips"] * np.array(peaks),
        "memory_bandwidth": steps["chips"] * np.array([part.memory_bandwidth for part in parts]),
        "memory_capacity": steps["chips"] * np.array([part.memory_capacity for part in parts]),
    }


def bounds(steps: Steps) -> Array:
    """Return the least seconds of ``steps``, by the full level: peaks, full overlap, no messages.

    Of the experts of a mixture a bound counts those that one token needs.
    """
    return _least(steps, decode_step_time)


def expectations(steps: Steps) -> Array:
    """Return the same of ``steps``, with the experts that a batch meets if tokens choose evenly."""
    return _least(steps, expected_step_time)


def _least(steps: Steps, step: Formula) -> Array:
    found = np.empty(len(steps))
    for places, rows in steps.groups("model", "mode"):
        found[places] = _BOUNDS[rows["mode"][0]](models[rows["model"][0]], rows, step)
    return found


def _of_tokens(model: Model, rows: Steps, step: Formula) -> Any:
    """Return the least time of a decode step."""
    return step(model, setting(rows))


def _of_one(model: Model, rows: Steps, step: Formula) -> Any:
    return step(model, setting(rows) | {"batch": np.ones(len(rows))})


def _of_batches(model: Model, rows: Steps, step: Formula) -> Any:
    """Return the least time to read the prompts of a batch and then to write its answers."""
    at = setting(rows) | {"batch": rows["batch"]}
    reading = prefill_time(model, at | {"context": rows["prompt"]})
    return reading + (rows["answer"] - 1) * step(model, at)


def _of_rates(model: Model, rows: Steps, step: Formula) -> Any:
    """Return the least time of one token of all, at the largest batch that fits.

    Prompts are read while others decode, and traffic overlaps with arithmetic.
    """
    one = np.ones(len(rows))
    at = setting(rows) | {"batch": one}
    at["batch"] = np.maximum(np.floor(largest_batch(model, at)), 1)
    read = prompt_flops(model, at | {"batch": one, "context": rows["prompt"]})
    reading = read / (at["peak_flops"] * rows["answer"])
    writing = decode_compute_time(model, at) / at["batch"]
    return np.maximum(step(model, at) / at["batch"], reading + writing)


def _of_training(model: Model, rows: Steps, _: Formula) -> Any:
    """Return the least time in which one chip trains on one token."""
    flops = training_flops_exact(model, train_tokens=1, sequence_length=rows["prompt"])
    return flops * rows["chips"] / _chips(rows)["peak_flops"]


_BOUNDS = {
    "aggregated": _of_tokens,
    "disaggregated": _of_tokens,
    "single": _of_one,
    "static": _of_batches,
    "saturated": _of_rates,
    "training": _of_training,
}


def training_shares(source: str, weights: str) -> Array:
    """Return the shares of their peak that training steps of a ``source`` reach, sorted.

    Those whose ``weights`` are in one format. What counts is the work of the model: no
    recomputation, and of attention the causal half.

    Raises
    ------
    InputError
        If the source has no such steps.

    Examples
    --------
    >>> shares = training_shares("megatron-bridge", "bf16")
    >>> bool(0.1 < shares[0] < shares[-1] < 0.3)
    True
    """
    steps = published_steps()
    chosen = (steps["mode"] == "training") & (steps["source"] == source)
    found = steps.where(chosen & (steps["weights"] == weights))
    if not len(found):
        raise InputError(f"no training in {weights} is published by {source}")
    return np.sort(bounds(found) / found.seconds)
