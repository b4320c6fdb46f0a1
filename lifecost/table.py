"""Results as a table: Markdown in notebooks and on pages, aligned columns in a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from lifecost.errors import InputError
from lifecost.quantities import number
from lifecost.values import show

_COUNTS = re.compile(r"[\d.,]+")  # in the first column, which else names the row
# What is set to the right, with the words that stand for a number that is not there.
_FIGURES = re.compile(r"[-−]?(\d|∞).*|not counted|with both|never|-?")


class Table:
    """A table with heads, for reading.

    A number in a cell is shown to three significant digits; whatever else is needed, such as a unit
    or more digits, comes as text. Text may hold mathematics between dollar signs.

    Parameters
    ----------
    heads
        The columns' heads, in words, with the unit where the cells have none.
    rows
        For each row as many cells: text or numbers.

    Raises
    ------
    InputError
        If a row has more or fewer cells than there are heads.

    Examples
    --------
    >>> from lifecost import Table, models
    >>> llamas = [models[name] for name in ("llama-3-8b", "llama-3-70b")]
    >>> Table(("model", "parameters"), ([m.title, m.n_params] for m in llamas))
    model        parameters
    Llama 3 8B     8.03×10⁹
    Llama 3 70B   7.06×10¹⁰
    """

    def __init__(self, heads: Sequence[str], rows: Iterable[Sequence[str | float]]) -> None:
        try:
            self.heads, rows = list(map(str, heads)), list(map(list, rows))
        except TypeError:
            given = f"{show(heads)} and {show(rows)}"
            raise InputError(f"a table takes heads and rows of cells, not {given}") from None
        self.rows = [[c if isinstance(c, str) else number(c) for c in row] for row in rows]
        for row in self.rows:
            if len(row) != len(self.heads):
                count = f"{len(row)} cells for {len(self.heads)} heads"
                raise InputError(f"A row of the table has {count}: {show(row)}.")

    @property
    def _aligned(self) -> list[str]:
        columns = zip(*self.rows, strict=True)
        forms = [_COUNTS, *[_FIGURES] * (len(self.heads) - 1)]
        found = [all(map(form.fullmatch, c)) for form, c in zip(forms, columns, strict=False)]
        return ["right" if figures else "left" for figures in found or [False] * len(self.heads)]

    def __repr__(self) -> str:
        rows = [self.heads, *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        put = {"left": str.ljust, "right": str.rjust}
        form = list(zip(widths, self._aligned, strict=True))
        lines = (
            "  ".join(put[side](cell, width) for cell, (width, side) in zip(row, form, strict=True))
            for row in rows
        )
        return "\n".join(map(str.rstrip, lines))

    def _repr_markdown_(self) -> str:
        rule = [{"left": ":--", "right": "--:"}[side] for side in self._aligned]
        rows = ([cell.replace("|", r"\|") for cell in row] for row in [self.heads, *self.rows])
        head, *body = ("| " + " | ".join(row) + " |" for row in rows)
        return "\n".join([head, "|" + "|".join(rule) + "|", *body]).replace(" %", "\u00a0%")
