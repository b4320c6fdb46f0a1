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


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield name, context and template of each page."""
    for chapter in sorted(app.env.found_docs):
        shown = [raw.astext() for raw in app.env.get_doctree(chapter).findall(nodes.raw)]
        for name, explorer in EXPLORERS.items():
            found = [html for html in shown if html.startswith(OPENING.format(name))]
            if found:
                # What feeds an explorer goes with it: the box for a reader's own model.
                box = f'<lifecost-model data-explorer="{name}">'
                boxes = [f"{box}</lifecost-model>" for html in shown if html.startswith(box)]
                context = {
                    "name": name,
                    "title": explorer.title,
                    "body": TITLE.sub(r"<h1 \1>\2</h1>", "\n".join([*boxes, *found])),
                    "chapter": chapter,
                    "chapter_title": app.env.titles[chapter].astext(),
                }
                yield f"embed/{name}", context, "embed.html"


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
