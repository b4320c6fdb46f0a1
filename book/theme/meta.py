"""What others are told of the site: canonical links, cards, sitemap, and a page for lost readers.

All of it needs the site's own address, and is left out where that is not known.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import address

URL = "<url><loc>{}</loc></url>\n"
SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{}</urlset>
"""


def _set_address(_app: Any, config: Any) -> None:
    """Tell Sphinx, which then gives each page its `pageurl`."""
    site = address.site()
    if site:
        config.html_baseurl = f"{site}/"


def _not_found(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page that a host such as GitHub Pages shows for an address without one."""
    base = app.config.html_baseurl
    if base:
        yield "404", {"base": urlsplit(base).path}, "404.html"


def _set_context(
    app: Any, pagename: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    base = app.config.html_baseurl
    if base and pagename in app.env.found_docs:
        context["card"] = f"{base}cards/{pagename}.png"


def _finish(app: Any, exception: Exception | None) -> None:
    base = app.config.html_baseurl
    if exception or app.builder.name != "html" or not base:
        return
    from . import cards  # and with it matplotlib, only where a card is drawn

    site, env, names = Path(app.outdir), app.env, sorted(app.env.found_docs)
    locations = (html.escape(base + app.builder.get_target_uri(name)) for name in names)
    (site / "sitemap.xml").write_text(SITEMAP.format("".join(map(URL.format, locations))), "utf-8")
    (site / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n")
    for name in names:
        card = site / f"cards/{name}.png"
        card.parent.mkdir(parents=True, exist_ok=True)
        title, path = env.titles[name].astext(), Path(env.doc2path(name))
        card.write_bytes(cards.draw(title, env.metadata[name]["description"], path))


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("config-inited", _set_address)
    app.connect("html-collect-pages", _not_found)
    app.connect("html-page-context", _set_context)
    app.connect("build-finished", _finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
