"""Buttons that start a chapter: on Binder where the repository is known, and in the browser.

The button for the browser is written as a comment, since a page alone has no kernel to offer: the
published site brings one and shows the button (book/_tools/complete.py).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import address


def _say_what_is_left_out(_app: Any) -> None:
    if not address.repository():
        # Not a warning, which would end the build, nor a status message, which a quiet one hides.
        print(
            "No Binder buttons: neither LIFECOST_REPOSITORY nor the git remote names a repository.",
            file=sys.stderr,
        )


def _set_context(
    _app: Any, _pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    source = context.get("sourcename") or ""
    context["lite"] = context["binder"] = ""
    if source.endswith(".ipynb"):
        context["lite"] = f"lite/lab/index.html?path={Path(source).name}"
        context["binder"] = address.binder(source) or ""


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _say_what_is_left_out)
    app.connect("html-page-context", _set_context)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
