"""Each explorer once more, alone under its own address: `embed/NAME.html`, for a frame elsewhere.

The markup is that of the chapter as it was just written, so both show the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

EXPLORER = re.compile(
    r'<lifecost-explorer data-name="(?P<name>[\w-]+)".*?'
    r'<p class="lifecost-title">(?P<title>.*?)</p>.*?</lifecost-explorer>',
    re.DOTALL,
)
# What feeds an explorer goes with it: the box for a reader's own model.
BOX = '<lifecost-model data-explorer="{name}">.*?</lifecost-model>'


def _pages(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield name, context and template of each page; the chapters are all written by now."""
    for chapter in sorted(app.env.found_docs):
        html = Path(app.builder.get_outfilename(chapter)).read_text("utf-8")
        for found in EXPLORER.finditer(html):
            name, title = found["name"], found["title"]
            explorer = found[0].replace(
                f'<p class="lifecost-title">{title}</p>', f'<h1 class="lifecost-title">{title}</h1>'
            )
            box = re.search(BOX.format(name=name), html, re.DOTALL)
            context = {
                "name": name,
                "title": title,
                "body": f"{box[0]}\n{explorer}" if box else explorer,
                "chapter": chapter,
                "chapter_title": app.env.titles[chapter].astext(),
            }
            yield f"embed/{name}", context, "embed.html"


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("html-collect-pages", _pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
