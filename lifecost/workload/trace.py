"""Traces of requests: how many tokens each brought, found in a cache, and was answered with.

A trace is kept as what it adds up to: how often each length occurs, which is all that bills and
percentiles of lengths need, and some of its requests, drawn evenly. So a file may be longer than
memory, and the parts of a divided one are read apart and added.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

SAMPLE = 2**16  # requests that are kept, at most
COLUMNS = ("input", "cached", "output")
Ints: TypeAlias = NDArray[np.int64]


class Counts(NamedTuple):
    """How often each value occurs: the values rise."""

    values: Ints
    counts: Ints

    @classmethod
    def of(cls, values: Any, counts: Any = None) -> Counts:
        """Return how often each of some values occurs, or with others' counts how often in all."""
        if counts is None:
            return cls(*np.unique(np.asarray(values, np.int64), return_counts=True))
        found, place = np.unique(values, return_inverse=True)
        sums = np.zeros(len(found), np.int64)
        np.add.at(sums, place, counts)
        return cls(found, sums)

    @classmethod
    def merged(cls, several: Sequence[Counts]) -> Counts:
        """Return the counts of all together."""
        if len(several) == 1:
            return several[0]
        return cls.of(*(np.concatenate(parts) for parts in zip(*several, strict=True)))

    @property
    def total(self) -> int:
        """The sum of all values."""
        return int(self.values @ self.counts)

    def percentile(self, share: float) -> int:
        """Return the least value that so large a share of all does not exceed."""
        below = np.cumsum(self.counts)
        return int(self.values[np.searchsorted(below, math.ceil(share * below[-1]))])


@dataclass(frozen=True)
class Trace:
    """What a trace of requests adds up to; traces are added with ``+``.

    Attributes
    ----------
    form
        Which row of ``data/traces.toml`` it has.
    requests
        How many there are.
    input, cached, output, reach
        How often each number of tokens occurs: of prompts, of that part of them that a cache holds,
        of answers, and of both together, which is the context that an answer ends with.
    sample
        Tokens of some requests, a row each: input, cached, output. All of them, or after so many
        ``halvings`` one in so many powers of two, drawn by their place in the trace.
    first, last
        When the first and the last request came, in seconds of the trace's own clock; None where it
        does not say.
    says_cached
        Whether the trace says what was cached; if not, nothing is counted as cached.
    """

    form: str
    requests: int
    input: Counts
    cached: Counts
    output: Counts
    reach: Counts
    sample: Ints = field(repr=False)
    halvings: int = 0
    first: float | None = None
    last: float | None = None
    says_cached: bool = True

    @property
    def seconds(self) -> float | None:
        """Seconds from the first request to the last; None where no two of them are known."""
        if self.first is None or self.last is None or self.last <= self.first:
            return None
        return self.last - self.first

    @property
    def hit_share(self) -> float:
        """Share of all input tokens that a cache held."""
        return self.cached.total / self.input.total if self.input.total else 0.0

    def __add__(self, other: Trace) -> Trace:
        """Return the trace of both: what one saw before does not count as cached in the other."""
        clocks = [t for t in (self, other) if t.first is not None]
        merged = {
            name: Counts.merged([getattr(self, name), getattr(other, name)])
            for name in (*COLUMNS, "reach")
        }
        halvings = max(self.halvings, other.halvings)
        samples = [_thinned(one.sample, halvings - one.halvings) for one in (self, other)]
        sample = np.concatenate(samples)
        while len(sample) > SAMPLE:
            sample, halvings = _thinned(sample, 1), halvings + 1
        return Trace(
            form=self.form if self.form == other.form else "mixed",
            requests=self.requests + other.requests, **merged, sample=sample, halvings=halvings,
            first=min((t.first for t in clocks), default=None),  # type: ignore[type-var]
            last=max((t.last for t in clocks), default=None),  # type: ignore[type-var]
            says_cached=self.says_cached and other.says_cached,
        )  # fmt: skip


def _thinned(sample: Ints, halvings: int) -> Ints:
    """Return every other row, so many times."""
    return sample[:: 2**halvings]


class Builder:
    """Counts requests as they come."""

    def __init__(self, form: str, says_cached: bool) -> None:
        self.form, self.says_cached = form, says_cached
        self.requests = self.halvings = 0
        self.counts: dict[str, Counts] = {}
        self.kept: list[Ints] = []
        self.times: list[float] = []  # the first, and the last

    def add(self, table: Ints, times: Any = None) -> None:
        """Count requests, a row each: input, cached, output."""
        columns = (*table.T, table[:, 0] + table[:, 2])
        for name, column in zip((*COLUMNS, "reach"), columns, strict=True):
            found = [Counts.of(column)]
            if name in self.counts:
                found.append(self.counts[name])
            self.counts[name] = Counts.merged(found)
        self._draw(table)
        self.requests += len(table)
        if times is not None:
            ends = [*self.times, float(np.min(times)), float(np.max(times))]
            self.times = [min(ends), max(ends)]

    def _draw(self, table: Ints) -> None:
        places = np.arange(self.requests, self.requests + len(table))
        self.kept.append(np.column_stack([drawn(places), table]))
        if sum(map(len, self.kept)) > 2 * SAMPLE:
            self._thin()

    def _thin(self) -> None:
        rows = np.concatenate(self.kept)
        rows = rows[rows[:, 0] % 2**self.halvings == 0]
        while len(rows) > SAMPLE:
            self.halvings += 1
            rows = rows[rows[:, 0] % 2**self.halvings == 0]
        self.kept = [rows]

    def done(self) -> Trace:
        """Return what they add up to."""
        self._thin()
        return Trace(
            form=self.form, requests=self.requests, **self.counts, sample=self.kept[0][:, 1:],
            halvings=self.halvings, first=self.times[0] if self.times else None,
            last=self.times[1] if self.times else None, says_cached=self.says_cached,
        )  # fmt: skip


def drawn(places: Ints) -> Ints:
    """Return numbers of 32 bits that look drawn, each from a place: MurmurHash3's finalizer."""
    h = places.astype(np.uint32)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    return (h ^ (h >> np.uint32(16))).astype(np.int64)
