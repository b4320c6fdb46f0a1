"""How to cite: the book and each chapter, from CITATION.cff, as the directive ``cite-book``.

What the file does not say (a DOI, an address, a day) is left out of every form, and stands in all
of them once it is there. The address of the site may also come from where the book is built.
"""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from . import address

ROOT = Path(__file__).resolve().parents[2]


@cache
def metadata() -> dict[str, Any]:
    """Return what CITATION.cff says."""
    return yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def chapters() -> list[tuple[str, str]]:
    """Return the chapters' paths and titles, in the order of the contents."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    files = [chapter["file"] for part in contents["parts"] for chapter in part["chapters"]]
    notebooks = [ROOT / f"{name}.ipynb" for name in [contents["root"], *files]]
    return [(path.stem, _title(path)) for path in notebooks if path.exists()]


def _title(path: Path) -> str:
    text = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
    return next(line[2:] for line in text.splitlines() if line.startswith("# "))


def _authors() -> list[str]:
    return [
        author.get("name") or f"{author['family-names']}, {author['given-names']}"
        for author in metadata()["authors"]
    ]


def _place(page: str = "") -> dict[str, str]:
    """Return where to find it: the archive, else the published page, else nothing."""
    cff, site = metadata(), metadata().get("url") or address.site()
    found = {"doi": str(cff.get("doi", "")), "url": f"{site}/{page}" if site else ""}
    return {key: value for key, value in found.items() if value}


def _year(copyright_year: str) -> int:
    """Return the year of the release, or until there is one, of the copyright."""
    released = metadata().get("date-released")
    return date.fromisoformat(str(released)).year if released else int(copyright_year)


def text(year: int, chapter: tuple[str, str] | None = None) -> str:
    """Return the citation of the book or of a chapter as Markdown."""
    cff = metadata()
    place = _place(f"book/{chapter[0]}.html" if chapter else "")
    where = f"https://doi.org/{place['doi']}" if "doi" in place else place.get("url", "")
    title = f"*{cff['title']}* (version {cff['version']})."
    part = ""
    if chapter:
        name = f"{chapter[1]}{'' if chapter[1][-1] in '?!' else '.'}"
        part, title = f"“{name}” ", f"In {title}"
    return f"{'; '.join(_authors())} ({year}). {part}{title}{f' <{where}>' if where else ''}"


def bibtex(year: int, chapter: tuple[str, str] | None = None) -> str:
    """Return the citation of the book or of a chapter as BibTeX."""
    cff = metadata()
    author = " and ".join(f"{{{name}}}" if "," not in name else name for name in _authors())
    book = {"booktitle" if chapter else "title": f"{{{cff['title']}}}"}
    fields = {
        "author": author,
        **({"title": f"{{{chapter[1]}}}"} if chapter else {}),
        **book,
        "year": str(year),
        "edition": f"Version {cff['version']}",
        **_place(f"book/{chapter[0]}.html" if chapter else ""),
    }
    kind, key = ("incollection", f"lifecost:{chapter[0]}") if chapter else ("book", "lifecost")
    lines = ",\n".join(f"  {name:9} = {{{value}}}" for name, value in fields.items())
    return f"@{kind}{{{key},\n{lines}\n}}"


class CiteBook(SphinxDirective):
    """Write the citation of the book, or with ``chapters`` that of each chapter."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        year = _year(self.config.copyright)
        whole: list[Any] = chapters() if self.arguments == ["chapters"] else [None]
        lines: list[str] = []
        for chapter in whole:
            entry = ["```bibtex", *bibtex(year, chapter).splitlines(), "```"]
            fold = (
                [f":::{{admonition}} BibTeX of {chapter[1]}", ":class: dropdown", *entry, ":::"]
                if chapter
                else entry
            )
            lines += [f"> {text(year, chapter)}", "", *fold, ""]
        place = nodes.container()
        self.state.nested_parse(StringList(lines), self.content_offset, place)
        return place.children


def setup(app: Any) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("cite-book", CiteBook)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
