"""How long a chapter takes: by its words, equations, pictures, explorers and exercises.

The rates are those of a reader who follows: conventions, the same for every chapter, in one place.
"""

from __future__ import annotations

import math
import re
from typing import Any

from tools import prose

WORDS_A_MINUTE = 180
MINUTES = {
    "text/latex": 1 / 4,  # an equation
    "text/markdown": 1 / 3,  # a table
    "image/png": 1 / 2,  # a picture
    "explorer": 3,
    "code": 1 / 6,  # a cell, folded to a line
    "plain": 1,  # one to be read
    "Estimate": 2,
    "Compute": 3,
    "Find the mistake": 2,
    "Design": 4,
}
_SOLUTION = re.compile(r":::\{admonition\} Solution\n.*?^:::$", re.DOTALL | re.MULTILINE)
_LEVEL = re.compile(r"^\*\*\d+\.\*\* \*(.*?)\.\*", re.MULTILINE)
_DISPLAYED = re.compile(r"\$\$.*?\$\$", re.DOTALL)
_ROUND = 5  # minutes


def time(notebook: Any) -> str:
    """Return what a chapter says of the time that it takes."""
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    words = len(prose.plain(_SOLUTION.sub("", text)).split())
    reading = words / WORDS_A_MINUTE + len(_DISPLAYED.findall(text)) * MINUTES["text/latex"]
    reading += sum(map(_cell, (c for c in notebook.cells if c.cell_type == "code")))
    exercises = sum(MINUTES[level] for level in _LEVEL.findall(text))
    also = f", and {_rounded(exercises)} for the exercises" if exercises else ""
    return f"{_rounded(reading)} minutes{also}"


def _cell(cell: Any) -> float:
    tags = cell.metadata.get("tags", ())
    if "plain" in tags:
        return MINUTES["plain"]
    if "from lifebook.explorer" in cell.source:
        return MINUTES["explorer"]
    shown = {kind for output in cell.outputs for kind in output.get("data", {})}
    folded = 0 if "hide-cell" in tags else MINUTES["code"]
    return folded + sum(MINUTES.get(kind, 0) for kind in shown)


def _rounded(minutes: float) -> int:
    return _ROUND * math.ceil(minutes / _ROUND)
