"""Every number and quantitative claim of the post against its formula."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lifecost.catalog import hardware, laws, load, models, post
from lifecost.evidence import EVIDENCE
from lifecost.formula import FORMULAS
from lifecost.quantities import percent, quantity

VERDICTS = {
    "holds": "the number or the claim stands",
    "rounding": "it differs by how the printed number was rounded",
    "conditional": "it stands under a condition that the post does not state",
    "fails": "it does not stand",
}
_EXACT = 1e-9  # relative; values in the data are written to ten digits or more


def bindings(term: dict[str, Any]) -> dict[str, Any]:
    """Return the symbols that a row binds: the post's setting, what it names, and its values.

    A value may be the identifier of another symbol, which it then equals.
    """
    inputs: dict[str, Any] = dict(post.bindings)
    if "model" in term:
        exact = term.get("exact_params", False)
        inputs |= models[term["model"]].bindings if exact else post.model(term["model"])
    if "device" in term:
        inputs |= hardware[term["device"]].at(term["precision"])
    if "law" in term:
        inputs |= laws[term["law"]].bindings
    for name, value in term.get("values", {}).items():
        inputs[name] = inputs[value] if isinstance(value, str) else value
    return inputs


def evaluate(term: dict[str, Any]) -> tuple[float, str]:
    """Return the value and the unit of a row, or of one of the further values that it shows."""
    if "evidence" in term:
        measure, unit = EVIDENCE[term["evidence"]]
        return measure(), unit
    inputs = bindings(term)
    formula = FORMULAS[term["formula"]]
    if "over" in term:
        return formula(inputs) / FORMULAS[term["over"]](inputs), "1"
    return formula(inputs), formula.unit


def _shown(term: dict[str, Any], digits: int = 3) -> str:
    value, unit = evaluate(term)
    if term.get("percent"):
        return percent(value, term.get("digits", 2))
    unit = "1" if term.get("plain") else unit
    return quantity(value, unit, term.get("digits", digits), term.get("prefix", ""))


@dataclass(frozen=True)
class Entry:
    """One row of the ledger."""

    row: dict[str, Any]

    @property
    def id(self) -> str:
        """Identifier of the row."""
        return str(self.row["id"])

    @cached_property
    def value(self) -> float:
        """Exact value, in base units."""
        return evaluate(self.row)[0]

    @property
    def shown(self) -> str:
        """The value to four digits, with its unit."""
        shorter = {k: v for k, v in self.row.items() if k != "digits"}
        return _shown(shorter, digits=4)

    @property
    def why(self) -> str:
        """The reason for the verdict, with its further values filled in."""
        also = self.row.get("also", {})
        parts = {name: _shown(term) for name, term in also.items()}
        parts["value"] = _shown({k: v for k, v in self.row.items() if k != "digits"})
        return str(self.row["why"]).format(**parts)

    @property
    def claim_stands(self) -> bool:
        """Whether the value rounds to what is printed, or keeps to the bound."""
        if "printed" in self.row:
            rounded = float(f"{self.value:.{self.row['digits'] - 1}e}")
            return bool(rounded == self.row["printed"])
        low, high = self.row.get("above", -math.inf), self.row.get("below", math.inf)
        return bool(low < self.value < high)

    @property
    def holds(self) -> bool:
        """Whether value and verdict are still what the row says."""
        close = abs(self.value - self.row["exact"]) <= _EXACT * abs(self.row["exact"])
        needed = {"holds": (True,), "conditional": (True, False)}.get(self.row["verdict"], (False,))
        return close and self.claim_stands in needed

    def as_dict(self) -> dict[str, Any]:
        """Return the row for programs."""
        return {
            "id": self.id,
            "section": self.row["section"],
            "claim": self.row["claim"],
            "quote": self.row["quote"],
            "formula": self.row.get("formula", self.row.get("evidence", "")),
            "value": self.value,
            "printed": self.row.get("printed"),
            "verdict": self.row["verdict"],
            "why": self.why,
            "holds": self.holds,
        }


class Ledger(list[Entry]):
    """The rows, as a table in notebooks and as text elsewhere."""

    def counts(self) -> dict[str, int]:
        """Return the number of rows by verdict."""
        return {v: sum(e.row["verdict"] == v for e in self) for v in VERDICTS}

    def text(self) -> str:
        """Return the ledger for a terminal, one row a paragraph."""
        lines = [
            f"{e.row['verdict']:<12} {e.id}: {e.row['claim']}\n"
            f"{'':12} post {e.row['quote']} | here {e.shown}"
            f"{'' if e.holds else '  NO LONGER HOLDS'}\n"
            f"{'':12} {e.why}"
            for e in self
        ]
        return "\n".join([*lines, "", str(self)])

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {v}" for v, n in self.counts().items())
        return f"{len(self)} rows: {counts}"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        body = "\n".join(_table_row(entry) for entry in self)
        heads = ("The post", "Here", "Verdict", "Claim, and why")
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        return (
            '<div class="lifecost-scroll" tabindex="0" role="region" aria-label="The ledger">'
            f'<table class="lifecost"><thead><tr>{head}</tr></thead>'
            f"<tbody>\n{body}\n</tbody></table></div>"
        )


def _table_row(entry: Entry) -> str:
    row = entry.row
    cells = [html.escape(cell) for cell in (row["quote"], entry.shown, row["verdict"])]
    cells.append(f"<strong>{html.escape(row['claim'])}.</strong> {html.escape(entry.why)}")
    # Left-aligned here and not in a style sheet, since JupyterLab aligns tables to the right.
    text = "".join(f'<td style="text-align: left">{cell}</td>' for cell in cells)
    return f'<tr id="{entry.id}">{text}</tr>'.replace(" %", "&nbsp;%")


def ledger(section: str = "") -> Ledger:
    """Return the ledger, whole or of one section.

    Parameters
    ----------
    section
        Training, Prefill, Decode, FLOP-equivalents, Lifetime or Agenda; the whole unless given.

    Examples
    --------
    >>> all(entry.holds for entry in ledger("Decode"))
    True
    """
    rows = load("post")["row"]
    return Ledger(Entry(row) for row in rows if section in ("", row["section"]))
