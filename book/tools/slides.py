"""Write the slides of each part into the built site: `make book` runs this last.

A deck in `book/slides/` is Markdown, cut into slides by rules. Its first block of code defines what
the numbers see, `<data value="expression"></data>` as in the chapters; and a line that is an image
brings a figure of a chapter, the table of a cell, a formula, a chapter's takeaway, or an explorer,
which is alive where the site holds it as a page of its own.
"""

from __future__ import annotations

import html
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin

from lifebook.explorer.gallery import EXPLORERS
from lifebook.figures.style import PAGE_HTML
from lifecost import FORMULAS
from theme.mathml import mathml
from tools.execute import NUMBER

BOOK = Path(__file__).resolve().parent.parent
SOURCE = BOOK / "slides"
DECKS = sorted(SOURCE.glob("*.md"))
LINE = re.compile(r"^!\[([^\]]*)\]\(([^)]+)\)$", re.M)
MARKDOWN = MarkdownIt("commonmark").enable("table")
MARKDOWN.use(dollarmath_plugin, renderer=lambda latex, _: mathml(latex, display=False))
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="Slides, with the book's own figures, formulas and numbers: {title}">
<title>{title}: slides</title>
<link rel="icon" href="../_static/favicon.svg">
<link rel="stylesheet" href="slides.css">
<script src="slides.js" defer></script>
</head>
<body>
<main>
{slides}
</main>
</body>
</html>
"""  # noqa: E501


def deck(path: Path, site: Path) -> str:
    """Return a page of slides, for a site that may hold the explorers as pages of their own."""
    _, setup, text = re.split(r"```(?:python)?\n", path.read_text("utf-8"), maxsplit=2)
    scope: dict[str, Any] = {}
    exec(setup, scope)
    text = NUMBER.sub(lambda m: f'<data value="{m[1]}">{eval(m[1], scope)}</data>', text)
    slides = [slide(part, site) for part in re.split(r"\n---\n", text)]
    numbered = [f'<section id="{n}">\n{part}</section>' for n, part in enumerate(slides, 1)]
    title = re.search(r"^# (.+)$", text, re.M)
    assert title, f"{path.name} has no title"
    return PAGE.format(title=title[1], slides="\n".join(numbered))


def slide(text: str, site: Path) -> str:
    """Return one slide: its Markdown, and what its images bring."""
    first, *rest = LINE.split(text)
    written = [MARKDOWN.render(first)]
    for title, target, after in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        written += [brought(title, target, site), MARKDOWN.render(after)]
    # Numbers line up on the right; a style attribute is for whoever writes the style sheet.
    return "".join(written).replace('style="text-align:right"', 'class="num"')


def brought(title: str, target: str, site: Path) -> str:
    """Return what the target of an image names, as HTML."""
    kind, _, name = target.partition(":")
    if kind == "formula":
        return f"{mathml(FORMULAS[name].latex_equation, display=True)}\n"
    if kind == "takeaway":
        found = re.search(r"\{admonition\} Takeaway\n:class: tip\n\n(.+?)\n:::", _prose(name), re.S)
        assert found, f"{name} has no takeaway"
        return MARKDOWN.render(found[1])
    if kind == "explorer":
        still = EXPLORERS[name].figure().markup() + "\n"
        if not (site / "embed" / f"{name}.html").exists():
            return still
        live = f'<iframe src="../embed/{name}.html" title="{html.escape(title)}" loading="lazy">'
        return f"{live}</iframe>\n{still}"
    chapter, _, name = target.partition(".ipynb#")
    for cell in _cells(chapter):
        for output in cell.get("outputs", ()):
            shown = output.get("data", {})
            markup = shown.get(PAGE_HTML, "")
            if markup.startswith(f'<figure class="lifecost-figure" id="{name}"'):
                return markup + "\n"
            if cell.id == name and "text/markdown" in shown:
                return MARKDOWN.render(shown["text/markdown"])
    raise LookupError(f"no figure or table {target}")


def _cells(chapter: str) -> list[Any]:
    cells: list[Any] = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4).cells
    return cells


def _prose(chapter: str) -> str:
    return "\n".join(cell.source for cell in _cells(chapter) if cell.cell_type == "markdown")


def main(site: Path) -> None:
    """Write the slides, and what they load, into a folder of the site."""
    folder = site / "slides"
    folder.mkdir(exist_ok=True)
    for path in DECKS:
        (folder / f"{path.stem}.html").write_text(deck(path, site), "utf-8")
    for name in ("slides.css", "slides.js"):
        shutil.copyfile(SOURCE / name, folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
