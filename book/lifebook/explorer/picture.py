"""What an explorer's picture shows, as data: lanes on one linear axis, curves with dots on them.

Every place is a term: the identifier of a symbol or of a formula, or a number. The kernel evaluates
terms in Python and the page in JavaScript, and both draw the same declaration.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeAlias

import numpy as np

from lifecost.formula import FORMULAS
from lifecost.symbols import SYMBOLS

Term: TypeAlias = str | float
POINTS = 61  # of a curve


def value(term: Term, bound: Mapping[str, Any]) -> float:
    """Return what a term is at a setting."""
    if not isinstance(term, str):
        return float(term)
    return float(FORMULAS[term](bound) if term in FORMULAS else bound[term])


@dataclass(frozen=True)
class Part:
    """One part of a lane: how long it is, its word, and its color (a key of ``COLORS``)."""

    at: Term
    name: str
    color: str


@dataclass(frozen=True)
class Lane:
    """A bar of parts, one after the other."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Lanes:
    """Bars on one linear axis, which grows with them.

    Attributes
    ----------
    kind
        The kind of number that they show: see `lifebook.explorer.words`.
    limit
        A term and its word: a line, and hatching beyond it.
    together
        Whether all lanes run at the same time: what waits for the longest is dashed.
    """

    kind: str
    lanes: tuple[Lane, ...]
    limit: tuple[Term, str] | None = None
    together: bool = False

    def terms(self) -> Iterator[Term]:
        """Yield the terms that it is made of."""
        yield from (part.at for lane in self.lanes for part in lane.parts)
        yield from self.limit[:1] if self.limit else ()

    def lengths(self, bound: Mapping[str, Any]) -> list[list[float]]:
        """Return how long each part of each lane is."""
        return [[value(part.at, bound) for part in lane.parts] for lane in self.lanes]


@dataclass(frozen=True)
class Axis:
    """An axis: the term along it (of ``x``, a symbol), words with the unit, ends, kind of number.

    It stands still; a dot beyond an end moves that end to the next power of ten.
    """

    at: Term
    label: str
    low: float
    high: float
    kind: str = "number"
    log: bool = True

    def grid(self, count: int = POINTS) -> list[float]:
        """Return values from end to end, even on the axis; whole ones of a symbol that is whole."""
        spaced = np.geomspace if self.log else np.linspace
        found = spaced(self.low, self.high, count)
        whole = self.at in SYMBOLS and SYMBOLS[str(self.at)].integer
        return [float(x) for x in (np.unique(found.round()) if whole else found)]


@dataclass(frozen=True)
class Curve:
    """A term as the symbol of the x axis runs, named in place; a number is a level line.

    With ``x`` and ``over`` (a symbol, its least and its greatest value) both places run, as far as
    the term ``until``.
    """

    at: Term
    name: str
    color: str = "ink"
    x: Term | None = None
    over: tuple[str, float, float] | None = None
    dashed: bool = False
    until: Term | None = None


@dataclass(frozen=True)
class Dot:
    """A point of the setting.

    Attributes
    ----------
    x, y
        Its place.
    name
        What stands beside it; ``{term}`` is its value.
    drag
        The controls that follow it, each with the axis that it moves along: ``{"context": "x"}``.
    ring
        Whether it is hollow, as a landmark is.
    """

    x: Term
    y: Term
    name: str = ""
    color: str = "ink"
    drag: Mapping[str, str] = field(default_factory=dict)
    ring: bool = False


@dataclass(frozen=True)
class Points:
    """Fixed points, each with a name that shows on hover, focus and tap.

    Either ``measured``, each a name with its x and y, or all models of the catalog at the terms
    ``x`` and ``y``.
    """

    name: str
    x: Term = 0
    y: Term = 0
    measured: Sequence[tuple[str, float, float]] = ()
    color: str = "muted"


@dataclass(frozen=True)
class Plot:
    """Curves and dots between two axes.

    Attributes
    ----------
    curves, dots, points
        What it shows; the first curve is read at the pointer, and is the ghost's.
    holds
        Two terms: hatched where the first, along x, is more than the second.
    over
        The word for that, such as ``"over 80 GB"``; ``{term}`` is its value.
    split
        A level of y, the word above it and the word below, which is tinted.
    """

    x: Axis
    y: Axis
    curves: tuple[Curve, ...] = ()
    dots: tuple[Dot, ...] = ()
    points: tuple[Points, ...] = ()
    holds: tuple[Term, Term] | None = None
    over: str = ""
    split: tuple[float, str, str] | None = None

    def terms(self) -> Iterator[Term]:
        """Yield the terms that it is made of."""
        yield from (self.x.at, self.y.at, *(self.holds or ()))
        for curve in self.curves:
            yield from (curve.at, *(t for t in (curve.x, curve.until) if t is not None))
        for dot in self.dots:
            yield from (dot.x, dot.y)
        for points in self.points:
            yield from (points.x, points.y)

    def along(self, curve: Curve, bound: Mapping[str, Any]) -> tuple[list[float], list[float]]:
        """Return the points of a curve at a setting."""
        name, low, high = curve.over or (str(self.x.at), self.x.low, self.x.high)
        if curve.until is not None:
            high = min(high, value(curve.until, bound))
        if not high > low:
            return [], []
        along = Axis(name, "", low, high, log=low > 0 and self.x.log).grid()
        states = [{**bound, name: x} for x in along]
        across = [value(name if curve.x is None else curve.x, s) for s in states]
        return across, [value(curve.at, s) for s in states]


Panel: TypeAlias = Lanes | Plot


def declared(panel: Panel) -> dict[str, Any]:
    """Return a panel as data for the script, without what is empty."""
    return {"type": type(panel).__name__.lower(), **_lean(asdict(panel))}


def _lean(data: Any) -> Any:
    if isinstance(data, Mapping):
        kept = {k: _lean(v) for k, v in data.items()}
        empty: tuple[Any, ...] = ("", [], {})  # a zero is a place
        return {
            k: v for k, v in kept.items() if v not in empty and v is not None and v is not False
        }
    if isinstance(data, (list, tuple)):
        return [_lean(one) for one in data]
    return data
