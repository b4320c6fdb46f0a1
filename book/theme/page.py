"""What the layout shows around the text: contents, sections, description, buttons, scripts."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes

from . import address

# Sphinx copies them, and no page loads them: the theme has one style sheet, and no pictures.
NEEDLESS = ("basic.css", "pygments.css", "mystnb.*.css", "file.png", "minus.png", "plus.png")
SHORTEST, LONGEST = 40, 160  # of a description, as search engines show it


class Page(NamedTuple):
    """A page in the contents, with those below it; a notebook has a number, as on paper."""

    name: str
    title: str
    number: int | None
    inner: tuple[Page, ...] = ()


def contents(env: Any) -> list[tuple[str, list[Page]]]:
    """Return the captions of the parts, each with its pages."""
    parts, count = [], 0
    for part in env.tocs[env.config.root_doc].findall(addnodes.toctree):
        pages = []
        for _, name in part["entries"]:
            notebook = env.doc2path(name).endswith(".ipynb")
            count += notebook
            below = (e for t in env.tocs[name].findall(addnodes.toctree) for e in t["entries"])
            inner = tuple(Page(other, env.titles[other].astext(), None) for _, other in below)
            pages.append(Page(name, env.titles[name].astext(), count if notebook else None, inner))
        parts.append((part["caption"], pages))
    return parts


def sections(env: Any, name: str) -> list[tuple[str, str]]:
    """Return the anchors and titles of a page's sections."""
    _, *below = env.tocs[name].children[0].children if name in env.tocs else [None]
    items = [item for found in below for item in found if isinstance(item, nodes.list_item)]
    links = [item.next_node(nodes.reference) for item in items]
    return [(link["anchorname"], link.astext()) for link in links]


def _describe(app: Any, doctree: nodes.document) -> None:
    """Keep a page's first plain sentences, at most what a search engine shows."""
    env, text = app.env, ""
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section) and not list(paragraph.findall(nodes.math)):
            text = " ".join(paragraph.astext().split())
            break
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    if len(text) < SHORTEST:
        text = f"{env.titles[env.docname].astext()}. {env.config.html_title}"
    env.metadata[env.docname]["description"] = text


# What a page has, and what that asks for beside the style sheet and the script of all pages. A
# guess comes before the explorer that it covers is drawn.
ASKS = {
    "<lifecost-predict": ("predict.css", "predict.js"),
    "<lifecost-explorer": ("explorer.css", "catalog.js", "explorers/{}.js", "lifecost.js"),
    "<lifecost-model": ("boxes.css", "boxes.js"),
    r'<table class="[^"]*\bfiltered\b': ("filter.js",),
    "sortable": ("sort.js",),
    r'sortable|class="(citation|lifecost-ledger|py |search)': ("reference.css",),
}


def files(body: str) -> list[str]:
    """Return styles and scripts of a page: each goes only where it has something to do."""
    explorers = dict.fromkeys(re.findall(r'<lifecost-explorer data-name="([\w-]+)"', body))
    asked = (names for mark, names in ASKS.items() if re.search(mark, body))
    return [name.format("+".join(explorers)) for names in asked for name in names]


def _set_context(
    app: Any, name: str, _template: str, context: dict[str, Any], _doctree: Any
) -> None:
    env, file = app.env, context.get("sourcename") or ""
    parts = contents(env)
    numbers = {page.name: page.number for _, pages in parts for page in pages}
    root = Page(app.config.root_doc, env.titles[app.config.root_doc].astext(), None)
    context |= {
        "parts": [("", [root]), *parts],
        "number": numbers.get(name),
        "sections": sections(env, name),
        "author": app.config.author,
        "page_files": files(context.get("body", '<ul class="search">' if name == "search" else "")),
    }
    if name in env.found_docs:
        context["description"] = env.metadata[name]["description"]
    if file.endswith(".ipynb"):
        # A page alone has no kernel to offer: the published site brings one and shows the button
        # (book/tools/complete.py).
        context["notebook"] = f"_sources/{file}"
        context["lite"] = f"lite/lab/index.html?path={Path(file).name}"
        context["binder"], context["colab"] = address.binder(file), address.colab(file)
    else:
        context["sourcename"] = ""  # else Sphinx copies a text that nothing links to


def _name_repository(_app: Any, _name: str, source: list[str]) -> None:
    source[0] = address.named(source[0])


def _root(app: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the page at the site's own address, which leads to the first."""
    root = app.config.root_doc
    context = {"title": app.config.html_title, "description": app.env.metadata[root]["description"]}
    yield "index", context, "root.html"


def _say_what_is_left_out(_app: Any) -> None:
    if not address.repository():
        # Not a warning, which would end the build, nor a status message, which a quiet one hides.
        print(
            "No Binder or Colab buttons: neither LIFECOST_REPOSITORY nor the git remote names a "
            "repository.",
            file=sys.stderr,
        )


def _clear(app: Any, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in [path for name in NEEDLESS for path in static.glob(name)]:
        path.unlink()


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("builder-inited", _say_what_is_left_out)
    app.connect("source-read", _name_repository)
    app.connect("doctree-read", _describe)
    app.connect("html-page-context", _set_context)
    app.connect("html-collect-pages", _root)
    app.connect("build-finished", _clear)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
