"""Marks that move: where a bar, a dot or a line of a figure stands at a setting.

A mark names its coordinates by symbol or formula. The kernel computes them in Python, the page in
JavaScript, from the same declaration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lifecost.formula import FORMULAS

Term = str | float


@dataclass(frozen=True)
class Mark:
    """One moving part of a figure.

    Attributes
    ----------
    name
        The ``gid`` of the artist in the drawing.
    kind
        ``"bar"`` (its end stands at ``x``), ``"dot"`` or ``"line"``.
    x, y
        Identifier of a symbol or a formula, or a constant in the units of the axis.
    over
        For a line: the symbol that runs along it, and its values.
    bind
        Symbols that this mark sets for itself, whatever the controls say.
    """

    name: str
    kind: str
    x: Term
    y: Term = 0
    over: tuple[str, Sequence[float]] | None = None
    bind: Mapping[str, float] = field(default_factory=dict)

    def points(self, bound: Mapping[str, float]) -> tuple[list[float], list[float]]:
        """Return the coordinates of the mark's points, in the units of the axes."""
        states = [{**bound, **self.bind}]
        if self.over:
            name, values = self.over
            states = [{**states[0], name: value} for value in values]
        return [_value(self.x, s) for s in states], [_value(self.y, s) for s in states]

    def formulas(self) -> list[str]:
        """Return the identifiers of the formulas that the mark needs."""
        return [term for term in (self.x, self.y) if isinstance(term, str) and term in FORMULAS]

    def declared(self) -> dict[str, Any]:
        """Return the mark as data for the page's script."""
        found: dict[str, Any] = {"name": self.name, "kind": self.kind, "at": [self.x, self.y]}
        if self.over:
            found["over"] = [self.over[0], list(self.over[1])]
        if self.bind:
            found["bind"] = dict(self.bind)
        return found


def _value(term: Term, bound: Mapping[str, float]) -> float:
    if not isinstance(term, str):
        return float(term)
    return float(FORMULAS[term](bound) if term in FORMULAS else bound[term])
