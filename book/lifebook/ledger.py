"""Every number and quantitative claim of the post against its formula."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from functools import cached_property
from textwrap import indent
from typing import Any

from lifebook.claims import CLAIMS
from lifebook.data import load
from lifecost.catalog import hardware, laws, models, post
from lifecost.errors import unknown_name
from lifecost.formula import FORMULAS
from lifecost.quantities import percent, quantity

VERDICTS = {
    "holds": "the value rounds to the printed number, or keeps to the claim, in every case tried",
    "rounding": "it does not round to the printed number, but would from inputs rounded first",
    "conditional": "it does so in some of the cases tried and not in others: a condition decides",
    "fails": "it does so in none of the cases tried",
}
GROUPS = {
    "central": "What the argument rests on",
    "conditional": "What holds on a condition",
    "agenda": "What the agenda supposes",
    "others": "All others",
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
    """Return the value and the unit of a row, or of one of the further values that it shows.

    A term may stand ``over`` another: a formula at the same inputs, or a term with its own.
    """
    if "evidence" in term:
        claim = CLAIMS[term["evidence"]]
        return claim.value(), claim.unit
    formula = FORMULAS[term["formula"]]
    value = formula(bindings(term))
    if "over" in term:
        over = term["over"]
        same = {**term, "formula": over}
        del same["over"]
        return value / evaluate(same if isinstance(over, str) else over)[0], "1"
    return value, formula.unit


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
    def group(self) -> str:
        """Which of ``GROUPS`` the row is read in."""
        if self.row.get("central"):
            return "central"
        if self.row["section"] == "Agenda":
            return "agenda"
        return "conditional" if self.row["verdict"] == "conditional" else "others"

    @property
    def shown(self) -> str:
        """The value to four digits, with its unit; what compares two of a kind is so many times."""
        shorter = {k: v for k, v in self.row.items() if k != "digits"}
        times = evaluate(self.row)[1] == "1" and not self.row.get("percent")
        return _shown(shorter, digits=4) + " times" * times

    @property
    def why(self) -> str:
        """The reason for the verdict, with its further values filled in."""
        also = self.row.get("also", {})
        parts = {name: _shown(term) for name, term in also.items()}
        parts["value"] = _shown({k: v for k, v in self.row.items() if k != "digits"})
        return str(self.row["why"]).format(**parts)

    def keeps(self, value: float) -> bool:
        """Return whether a value rounds to what is printed, or keeps to the bound."""
        if "printed" in self.row:
            rounded = float(f"{value:.{self.row['digits'] - 1}e}")
            return bool(rounded == self.row["printed"])
        low, high = self.row.get("above", -math.inf), self.row.get("below", math.inf)
        return bool(low < value < high)

    @cached_property
    def cases(self) -> dict[str, float]:
        """The values that the claim is tried on, by name: the row's own, and those it lists."""
        also = {name: self.row["also"][name] for name in self.row.get("cases", ())}
        return {"value": self.value} | {name: evaluate(term)[0] for name, term in also.items()}

    @cached_property
    def verdict(self) -> str:
        """The verdict that follows from the cases, by the definitions in ``VERDICTS``."""
        kept = [self.keeps(value) for value in self.cases.values()]
        if all(kept):
            return "holds"
        if any(kept):
            return "conditional"
        rounded = self.row.get("also", {}).get(self.row.get("rounded"))
        return "rounding" if rounded and self.keeps(evaluate(rounded)[0]) else "fails"

    @property
    def tried(self) -> str:
        """How many cases the claim stands in, of how many; empty where it is tried on one."""
        kept = sum(self.keeps(value) for value in self.cases.values())
        return f"{kept} of {len(self.cases)}" if len(self.cases) > 1 else ""

    @property
    def holds(self) -> bool:
        """Whether the value is still what the row says, and the verdict what follows from it."""
        close = abs(self.value - self.row["exact"]) <= _EXACT * abs(self.row["exact"])
        return bool(close and self.row["verdict"] == self.verdict)

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
            "cases": {n: {"value": v, "stands": self.keeps(v)} for n, v in self.cases.items()},
            "why": self.why,
            "holds": self.holds,
        }


class Ledger(list[Entry]):
    """The rows, as a table in notebooks and as text elsewhere."""

    def counts(self) -> dict[str, int]:
        """Return the number of rows by verdict."""
        return {v: sum(e.row["verdict"] == v for e in self) for v in VERDICTS}

    def groups(self) -> dict[str, Ledger]:
        """Return the rows by ``GROUPS``, in the order in which to read them."""
        return {name: Ledger(entry for entry in self if entry.group == name) for name in GROUPS}

    def text(self) -> str:
        """Return the ledger for a terminal, one row a paragraph."""
        lines = []
        for name, entries in self.groups().items():
            lines += [f"{GROUPS[name]}\n", *map(_paragraph, entries), ""]
        return "\n".join([*lines, str(self)])

    def __repr__(self) -> str:
        counts = ", ".join(f"{n} {v}" for v, n in self.counts().items())
        return f"{len(self)} rows: {counts}"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        body = "\n".join(_table_row(entry) for entry in self)
        head = "".join(f'<th role="columnheader" scope="col">{text}</th>' for text in _HEADS)
        groups = {entry.group for entry in self}
        title = GROUPS[groups.pop()] if len(groups) == 1 else "The ledger"
        # With roles, since a style that stacks the cells on a phone takes their meaning away.
        return (
            f'<div class="lifecost-scroll" tabindex="0" role="group" aria-label="{title}">'
            '<table class="lifecost-ledger" role="table"><thead role="rowgroup">'
            f'<tr role="row">{head}</tr></thead><tbody role="rowgroup">\n{body}\n</tbody>'
            "</table></div>"
        )


_SHORT = 12  # letters
_HEADS = ("Claim, and why", "The post", "Here", "Verdict")


def _paragraph(entry: Entry) -> str:
    row = entry.row
    return (
        f"{row['verdict']:<12} {entry.id}: {row['claim']}\n"
        f"{'':12} post {row['quote']} | here {entry.shown}"
        f"{f' | stands in {entry.tried}' if entry.tried else ''}"
        f"{'' if entry.holds else '  NO LONGER HOLDS'}\n" + indent(entry.why, f"{'':13}")
    )


def _table_row(entry: Entry) -> str:
    row = entry.row
    verdict = ", ".join(filter(None, (row["verdict"], _whole(entry.tried))))
    first, *more = html.escape(entry.why).split("\n")
    cells = [f"<strong>{html.escape(row['claim'])}.</strong> {first}"]
    cells[0] += "".join(f"<p>{paragraph}</p>" for paragraph in more)
    cells += [_whole(html.escape(cell)) for cell in (row["quote"], entry.shown)] + [verdict]
    # Left-aligned here and not in a style sheet, since JupyterLab aligns tables to the right.
    text = "".join(
        f'<td role="cell" data-head="{head}" style="text-align: left">{cell}</td>'
        for head, cell in zip(_HEADS, cells, strict=True)
    )
    return f'<tr id="{entry.id}" role="row">{text}</tr>'.replace(" %", "&nbsp;%")


def _whole(text: str) -> str:
    """Return the text of a cell so that it does not break, if it is short enough for a phone."""
    return text.replace(" ", "&nbsp;") if len(text) <= _SHORT else text


def ledger(section: str = "") -> Ledger:
    """Return the ledger, whole or of one section.

    Parameters
    ----------
    section
        Training, Prefill, Decode, FLOP-equivalents, Lifetime or Agenda; the whole unless given.

    Raises
    ------
    InputError
        If there is no such section.

    Examples
    --------
    >>> all(entry.holds for entry in ledger("Decode"))
    True
    """
    rows = load("ledger")["row"]
    if section and section not in (known := dict.fromkeys(row["section"] for row in rows)):
        raise unknown_name("section of the ledger", section, known)
    return Ledger(Entry(row) for row in rows if section in ("", row["section"]))
