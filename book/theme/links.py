"""Links that read well everywhere: in JupyterLab as they are written, and in the book.

Chapters cite with plain links, `([Pope et al., 2023](bibliography.md#pope2023efficiently))`. In the
book each becomes a citation proper, checked by sphinxcontrib-bibtex; `make notebooks` writes the
text of the links from the bibliography.

A page links to a setting of an explorer with `[text](inference.ipynb#kv-cache?batch=64)`, which in
JupyterLab opens the chapter. In the book it becomes the address that the explorer itself writes,
which Sphinx would take for a heading that it cannot find. A test holds each to the controls.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from pybtex.backends import plaintext
from pybtex.database import Person, parse_file
from pybtex.plugin import register_plugin

CITATION = re.compile(r"\(\[[^\[\]]*\]\(bibliography\.md#([\w-]+)\)\)")
PERMALINK = re.compile(r"\[([^\[\]]+)\]\(([\w-]+)\.ipynb#([\w-]+\?[^\s()]+)\)")
# Slides are no page of Sphinx, but a file of the site.
SLIDES = re.compile(r"\[([^\[\]]+)\]\(slides/(\w+)\.md\)")


@cache
def _entries() -> Any:
    return parse_file(str(Path(__file__).parents[2] / "lifecost/data/references.bib")).entries


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


def _rewrite(app: Any, docname: str, source: list[str]) -> None:
    in_json = str(app.env.doc2path(docname)).endswith(".ipynb")

    def anchor(match: re.Match[str], address: str) -> str:
        markup = f'<a class="reference" href="{html.escape(address)}">{match[1]}</a>'
        return json.dumps(markup, ensure_ascii=False)[1:-1] if in_json else markup

    text = CITATION.sub(r"{cite}`\1`", source[0])
    text = PERMALINK.sub(lambda match: anchor(match, f"{match[2]}.html#{match[3]}"), text)
    source[0] = SLIDES.sub(lambda match: anchor(match, f"../slides/{match[2]}.html"), text)


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", _rewrite)
    # What is not registered is looked up among all that is installed, at every citation.
    register_plugin("pybtex.backends", "plaintext", plaintext.Backend, force=True)
    return {"parallel_read_safe": True, "version": "1"}
