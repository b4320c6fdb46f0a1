"""Citations that read well everywhere.

Chapters cite with plain links, `([Pope et al., 2023](bibliography.md#pope2023efficiently))`: that
is what JupyterLab and Binder show. In the book each becomes a citation proper, checked by
sphinxcontrib-bibtex. `make notebooks` writes the text of the links from the bibliography.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from pybtex.database import Person, parse_file

CITATION = re.compile(r"\(\[[^\[\]]*\]\(bibliography\.md#([\w-]+)\)\)")


@cache
def _entries() -> Any:
    return parse_file(str(Path(__file__).parent.parent / "references.bib")).entries


def label(key: str) -> str:
    """Return author and year, as the book prints them."""
    entry = _entries()[key]
    names = [_surname(person) for person in entry.persons["author"]]
    authors = {1: names[0], 2: " and ".join(names)}.get(len(names), f"{names[0]} et al.")
    year = entry.fields.get("year")
    return f"{authors}, {year}" if year else authors


def _surname(person: Person) -> str:
    names = " ".join([*person.prelast_names, *person.last_names])
    return re.sub(r"[{}]", "", names)


def link(match: re.Match[str]) -> str:
    """Return the link of a citation, its text written anew."""
    return f"([{label(match[1])}](bibliography.md#{match[1]}))"


def _to_roles(_app: Any, _docname: str, source: list[str]) -> None:
    source[0] = CITATION.sub(r"{cite}`\1`", source[0])


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", _to_roles)
    return {"parallel_read_safe": True, "version": "1"}
