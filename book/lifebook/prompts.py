"""Prompts that are kept: in which memory, and for how long keeping is cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lifebook.data import load
from lifecost import values as check
from lifecost.catalog import Catalog, Hardware, Model, Row
from lifecost.formula import root
from lifecost.formulas.prefix import (
    longest_keep_time,
    longest_keep_time_on_chip,
    prefix_load_time,
    prefix_recompute_time,
)
from lifecost.serving import price_of
from lifecost.serving.cases import (
    device_of,
    format_of,
    model_of,
    of_format,
    overheads,
    usual_format,
)
from lifecost.symbols import CONSTANTS, SECONDS_PER_HOUR


@dataclass(frozen=True, kw_only=True)
class Memory(Row):
    """A memory in which caches may be kept: bandwidth to one chip, and price of a byte and hour."""

    load_bandwidth: float
    memory_price: float | None = None

    @property
    def bindings(self) -> dict[str, float]:
        """What it gives to a formula."""
        bound = {"load_bandwidth": self.load_bandwidth, "memory_price": self.memory_price}
        return {name: value for name, value in bound.items() if value is not None}


memories = Catalog("memory", "memories", Memory, load)


@dataclass(frozen=True)
class Kept:
    """A prefix kept in one memory, and computed again.

    Attributes
    ----------
    memory
        A row of ``data/memories.toml``, or None for the chip's own.
    load_time, recompute_time
        Seconds of one chip.
    shortest
        Tokens of prefix from which on loading is quicker: 0 where it always is, and infinity where
        it never is.
    keep_time
        Seconds until the next use up to which keeping is cheaper; None where a price is not known.
    """

    memory: Memory | None
    load_time: float
    recompute_time: float
    shortest: float
    keep_time: float | None


def kept(
    model: str | Model,
    device: str | Hardware,
    prefix: float,
    *,
    weights: str | None = None,
    cache: str | None = None,
) -> list[Kept]:
    """Return what keeping the cache of a prefix costs in each memory, the chip's own first.

    Parameters
    ----------
    model, device
        What is served, and on which chips; the share of its peak that reading a prompt reaches is
        that of multiplications in such a format.
    prefix
        Tokens of the prefix.
    weights, cache
        Formats, as of `lifecost.serving.serve`.

    Examples
    --------
    >>> rows = kept("llama-3-70b", "h100-sxm", 8192)
    >>> [row.memory.name if row.memory else "chip" for row in rows]
    ['chip', 'host', 'network', 'ssd']
    >>> rows[1].load_time < rows[1].recompute_time
    True
    """
    model, device = model_of(model), device_of(device)
    check.checked("prompt_length", prefix, "prefix")
    arithmetic = of_format(weights or format_of(model))["arithmetic"]
    rates = overheads[device.generation].at(device, arithmetic)
    kv = of_format(cache or usual_format())["bytes"]
    price, _ = price_of(device)
    at: dict[str, Any] = {
        **model.bindings, "state_bytes": model.stored.get("state_bytes", kv),
        "kv_bytes": kv, "prefix_length": prefix, "peak_flops": rates["peak_flops"],
        "prefill_mfu": rates["flops_share"], "memory_capacity": rates["memory_capacity"],
        **({"chip_hour_price": price} if price else {}),
    }  # fmt: skip
    again = float(prefix_recompute_time(at))
    own = {**at, "load_bandwidth": device.memory_bandwidth}
    found = [
        Kept(None, float(prefix_load_time(own)), again, _shortest(own),
             float(longest_keep_time_on_chip(own)))
    ]  # fmt: skip
    for memory in memories.values():
        here = {**at, **memory.bindings}
        keep = None
        if price and memory.memory_price:
            keep = float(longest_keep_time(here)) * CONSTANTS[SECONDS_PER_HOUR][0]
        found.append(Kept(memory, float(prefix_load_time(here)), again, _shortest(here), keep))
    return found


def _shortest(at: dict[str, Any]) -> float:
    """Return the prefix from which on loading is quicker than computing again."""

    def gain(length: Any) -> Any:
        here = {**at, "prefix_length": np.clip(length, 1.0, 1e12)}
        return prefix_recompute_time(here) / prefix_load_time(here)

    return 0.0 if gain(1.0) >= 1 else float(root(gain))
