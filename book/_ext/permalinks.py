"""Links to a setting of an explorer.

A page links with `[text](inference.ipynb#kv-cache?batch=64)`: in JupyterLab that opens the chapter.
In the book it becomes the address that the explorer itself writes, which Sphinx would take for a
heading that it cannot find. A test holds each setting to the explorer's controls.
"""

from __future__ import annotations

import html
import json
import re
from typing import Any

PERMALINK = re.compile(r"\[([^\[\]]+)\]\(([\w-]+)\.ipynb#([\w-]+\?[^\s()]+)\)")
# The slides are no page of Sphinx, but a file of the site.
SLIDES = re.compile(r"\[([^\[\]]+)\]\(slides/lecture\.md\)")


def _address(match: re.Match[str]) -> str:
    text, page, state = match.groups()
    return f'<a class="reference" href="{page}.html#{html.escape(state)}">{text}</a>'


def _to_addresses(app: Any, docname: str, source: list[str]) -> None:
    in_json = str(app.env.doc2path(docname)).endswith(".ipynb")

    def written(address: str) -> str:
        return json.dumps(address, ensure_ascii=False)[1:-1] if in_json else address

    source[0] = PERMALINK.sub(lambda match: written(_address(match)), source[0])
    slides = r'<a class="reference" href="../slides/index.html">\1</a>'
    source[0] = SLIDES.sub(lambda match: written(match.expand(slides)), source[0])


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", _to_addresses)
    return {"parallel_read_safe": True, "version": "1"}
