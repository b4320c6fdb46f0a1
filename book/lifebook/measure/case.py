"""The running case: one model, its users, one latency, these chips, as served and as measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lifebook.data import load
from lifebook.measure.evaluation import sound
from lifebook.measure.steps import published_steps
from lifecost.errors import InputError
from lifecost.serving import Service, serve
from lifecost.serving import setting as setting_of
from lifecost.serving.service import MILLION

FILE = "running_case"
_CASE = ("model", "device", "concurrency", "prompt", "answer", "weights")


def case() -> dict[str, Any]:
    """Return what `lifecost.serving.serve` takes of the case, but for the chips."""
    return {name: load(FILE)["case"][name] for name in _CASE}


def served(chips: int | None = None, **changes: Any) -> Service:
    """Return the service of the case.

    Parameters
    ----------
    chips
        How many, where they are not those of the case.
    changes
        What is otherwise than in the case, as `lifecost.serving.serve` takes it.

    Examples
    --------
    >>> served(concurrency=8).fits
    True
    """
    return serve(**{**case(), "chips": chips or load(FILE)["case"]["chips"], **changes})


def bindings(**changes: Any) -> dict[str, Any]:
    """Return what formulas of every level take of the case, by symbol, in base units.

    Parameters
    ----------
    changes
        What is otherwise than in the case, as `lifecost.serving.serve` takes it.

    Examples
    --------
    >>> from lifecost import kv_cache_size, quantity
    >>> quantity(kv_cache_size(bindings()), "byte")
    '28.0 GB'
    """
    one = served(**changes)
    lengths = (one.concurrency, one.prompt, one.answer)
    formats = {name: getattr(one, name) for name in ("weights", "cache", "engine")}
    at = setting_of(one.model, one.device, one.layout, *lengths, **formats)
    hoi = at["peak_flops"] / at["memory_bandwidth"]
    return {**one.model.bindings, **at, "hoi": hoi, "n_chip": one.layout.n_chip}


def most_users(margin: float, **changes: Any) -> int:
    """Return how many users a service of the case may have and still keep what it promises.

    Parameters
    ----------
    margin
        How many times the estimate a token may take, and must still be in time.
    changes
        What is otherwise than in the case, as `lifecost.serving.serve` takes it.

    Raises
    ------
    InputError
        If it cannot be kept for a single user.

    Examples
    --------
    >>> most_users(1.2) < most_users(1)
    True
    """
    promise = 1 / load(FILE)["case"]["rate"]

    def kept(users: int) -> bool:
        found = served(**{**changes, "concurrency": users})
        time = found.time_per_token if found.fits else None
        return time is not None and (time.estimate or np.inf) * margin <= promise

    low, high = 0, 1
    while kept(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if kept(middle) else (low, middle)
    if not low:
        raise InputError(f"{served(**changes).layout.n_chip} chips do not keep the case's promise")
    return low


def measured(concurrency: float) -> float:
    """Return the time between two tokens, in seconds, that runs of the case took.

    The median of those in the layout and on the engine that the data name.

    Parameters
    ----------
    concurrency
        Users at a time.

    Raises
    ------
    InputError
        If no run has so many users.

    Examples
    --------
    >>> round(measured(64), 4)
    0.0301
    """
    runs, one = sound(published_steps()), case()
    wanted: Mapping[str, Any] = {
        **{name: one[name] for name in ("model", "device", "weights", "prompt", "answer")},
        **{name: load(FILE)["measured"][name] for name in ("tensor", "data", "expert", "engine")},
        "pipeline": 1,
        "measure": "token",
        "batch": concurrency,
    }
    same = np.all([runs[name] == value for name, value in wanted.items()], axis=0)
    if not same.any():
        raise InputError(f"no run of the case has {concurrency:,} users")
    return float(np.median(runs.seconds[same]))


def price_of_request(
    price: Mapping[str, float], cached_share: float = 0.0, **lengths: float
) -> float:
    """Return the price of a request of the case, in US dollars.

    Parameters
    ----------
    price
        US dollars for a million tokens of ``input`` and ``output``, and of ``cached_input`` where
        some is cached.
    cached_share
        Share of the prompt whose cache is there already.
    lengths
        ``prompt`` and ``answer`` in tokens, where they are not those of the case.

    Examples
    --------
    >>> round(price_of_request(load(FILE)["price"]), 4)
    0.0077
    """
    one = {**case(), **lengths}
    cached = price["cached_input"] * cached_share if cached_share else 0.0
    read = one["prompt"] * (price["input"] * (1 - cached_share) + cached)
    return float(read + one["answer"] * price["output"]) / MILLION
