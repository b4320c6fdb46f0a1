"""Each explorer once more, alone under its own address: `embed/NAME.html`, for a frame elsewhere.

The markup is what the chapter shows, so both are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes

from lifebook.explorer.gallery import EXPLORERS

OPENING = '<lifecost-explorer data-name="{}"'
# Its title is the page's.
TITLE = re.compile(r'<p (class="x-title" id="[\w-]+") role="heading" aria-level="2">(.*?)</p>')


def _keep(app: Any, doctree: nodes.document) -> None:
    """Keep the markup of a page's explorers, each after the box that feeds it, if one does."""
    shown = [raw.astext() for raw in doctree.findall(nodes.raw)]
    found = {}
    for name in EXPLORERS:
        forms = [html for html in shown if html.startswith(OPENING.format(name))]
        if forms:
            # The box for a reader's own model.
            box = f'<lifecost-model data-explorer="{name}">'
            boxes = [f"{box}</lifecost-model>" for html in shown if html.startswith(box)]
            found[name] = "\n".join([*boxes, *forms])
    app.env.metadata[app.env.docname]["explorers"] = found


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield name, context and template of each page."""
    for chapter in sorted(app.env.found_docs):
        for name, markup in app.env.metadata[chapter]["explorers"].items():
            context = {
                "name": name,
                "title": EXPLORERS[name].title,
                "body": TITLE.sub(r"<h1 \1>\2</h1>", markup),
                "chapter": chapter,
                "chapter_title": app.env.titles[chapter].astext(),
            }
            yield f"embed/{name}", context, "embed.html"


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("doctree-read", _keep)
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
