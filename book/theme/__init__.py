"""The page: a Sphinx theme of its own on `basic`, and the extensions that write for it.

The templates beside this file are the page around the text, `styles/` become its one style sheet,
`static/` goes to the site as it is. Each module is an extension: `text` writes the text's markup,
`page` gives the layout what it shows, `mathml` sets equations, `links` makes citations and
permalinks, `citing` says how to cite, `embed` writes an explorer alone, `meta` what others are
told of the site.
"""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

EXTENSIONS = ("citing", "embed", "links", "mathml", "meta", "page", "text")


def setup(app: Any) -> dict[str, Any]:
    """Register the theme and its extensions; `html_theme` in _config.yml chooses it."""
    # Most of what a build makes lives to its end; to look for garbage in it took a quarter of the
    # time.
    gc.disable()
    app.add_html_theme("lifecost", str(Path(__file__).parent))
    # Jupyter Book sets it, for an extension that _config.yml leaves out.
    app.add_config_value("comments_config", {}, "html")
    for name in EXTENSIONS:
        app.setup_extension(f"theme.{name}")
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
