"""Run the chapters and keep their outputs: `make notebooks`, or name the notebooks.

A number in prose is written `<data value="expression">shown</data>`. The expression sees what the
code cells above it define; what it comes to is written between the tags. The page, JupyterLab and
the notebook's own text so show the same number, and a test compares it.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import nbformat

from theme.links import CITATION, link
from tools import reading

BOOK = Path(__file__).resolve().parent.parent

# What a chapter takes; written anew too, from its words, outputs and exercises.
TIME = re.compile(r"(?<=\*\*Time\*\* )\d+ minutes(?:, and \d+ for the exercises)?")
NUMBER = re.compile(r'<data value="([^"]+)">([^<]*)</data>')
# Live views and random identifiers: without a kernel they show nothing, and they change every time.
FLEETING = ("application/vnd.jupyter.widget-view+json",)


def fill(notebook: Any) -> list[tuple[str, str, str]]:
    """Write the numbers and citations in the prose anew; return (expression, was, is) for each."""
    numbers: list[tuple[str, str, str]] = []
    scope: dict[str, Any] = {}

    def replace(match: re.Match[str]) -> str:
        expression, was = match.groups()
        value = eval(expression, scope)
        if not isinstance(value, str):
            raise TypeError(
                f"{expression} is {value!r}: format it with number, percent or quantity"
            )
        numbers.append((expression, was, value))
        return f'<data value="{expression}">{value}</data>'

    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                exec(cell.source, scope)
        else:
            cell.source = CITATION.sub(link, NUMBER.sub(replace, cell.source))
    return numbers


def strip(notebook: Any) -> None:
    """Remove what differs from run to run."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("tags", "mystnb")}
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).clear()
            for kind in FLEETING:
                output.get("data", {}).pop(kind, None)


def _fleeting(notebook: Any) -> list[Any]:
    """Return the cells that measure the machine: one run stays, as long as its code is the same."""
    return [c for c in notebook.cells if "nbval-ignore-output" in c.metadata.get("tags", ())]


def execute(path: Path) -> None:
    """Fill, run and strip one notebook in place."""
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    numbers = fill(notebook)
    before = {cell.source: cell.outputs for cell in _fleeting(notebook) if cell.outputs}
    # nbclient runs a notebook where it stands, as a reader would.
    # However the kernel cuts what a cell prints, it is one text.
    where = {"metadata": {"path": str(BOOK)}}
    NotebookClient(notebook, timeout=120, resources=where, coalesce_streams=True).execute()
    strip(notebook)
    for cell in _fleeting(notebook):
        cell.outputs = before.get(cell.source, cell.outputs)
    for cell in notebook.cells:
        cell.source = TIME.sub(reading.time(notebook), cell.source)
    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8")
    print(f"{path.relative_to(BOOK.parent)}: {len(numbers)} numbers in prose")


if __name__ == "__main__":
    for chapter in map(Path, sys.argv[1:] or sorted(BOOK.glob("*.ipynb"))):
        execute(chapter.resolve())
