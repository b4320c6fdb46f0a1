"""A light page: the theme's look without its scripts, icon font and unused style.

The theme writes 860 kB of scripts, fonts and style around each page. This extension takes the text
as the theme styles it, puts it into the book's own layout (book/_templates), and leaves one style
sheet and one small script.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import purge
from docutils import nodes
from sphinx.locale import admonitionlabels
from sphinx.transforms.post_transforms import SphinxPostTransform

# The theme's style, in the order in which the theme loads it; the book's own comes after.
THEME_STYLES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "mystnb.*.css",
)
NOTICE = (
    "/* Contains rules of Sphinx (BSD-2-Clause), pydata-sphinx-theme, sphinx-book-theme and MyST-NB"
    " (BSD-3-Clause) and Bootstrap (MIT); the rest is this book's (MIT). */\n"
)
# What Sphinx's search page loads.
SEARCH_SCRIPTS = (
    "documentation_options.js",
    "doctools.js",
    "sphinx_highlight.js",
    "language_data.js",
    "searchtools.js",
)

ROOT_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{description}">
<meta http-equiv="refresh" content="0; url={target}">
<link rel="canonical" href="{target}">
<link rel="icon" href="_static/favicon.svg">
<title>{title}</title>
</head>
<body><main><h1>{title}</h1><p><a href="{target}">Open the book</a></p></main></body>
</html>
"""


class FoldAdmonitions(SphinxPostTransform):
    """Write admonitions of class ``dropdown`` as ``details``: they fold without a script."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        for node in list(self.document.findall(nodes.Admonition)):
            if "dropdown" not in node["classes"]:
                continue
            if isinstance(node, nodes.admonition):
                title, *body = node.children
                title = nodes.inline("", "", *title.children)
            else:
                title = nodes.inline("", admonitionlabels[node.tagname])
                body = node.children
            classes = " ".join(dict.fromkeys(["admonition", node.tagname, *node["classes"]]))
            names = "".join(f' id="{name}"' for name in node["ids"][:1])
            # Not replace_self(): that gives the first part the classes, and so a box of its own.
            place = node.parent.index(node)
            node.parent[place : place + 1] = [
                _raw(f'<details class="{classes}"{names}>\n<summary class="admonition-title">'),
                title,
                _raw("</summary>\n"),
                *body,
                _raw("</details>\n"),
            ]


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def description(doctree: nodes.document | None, title: str, project: str) -> str:
    """Return the page's first plain sentences, at most what a search engine shows."""
    text = ""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        if isinstance(paragraph.parent, nodes.section) and not list(paragraph.findall(nodes.math)):
            text = " ".join(paragraph.astext().split())
            break
    if len(text) > 160:
        text = text[:159].rsplit(" ", 1)[0].rstrip(",;:") + "…"
    return text if len(text) >= 40 else f"{title}. {project}"


# What the text's own markup lacks for those who listen to it.
_MENDS = [
    # Left over from a kernel that this site does not have.
    (re.compile(r'<script type="text/x-thebe-config">.*?</script>', re.DOTALL), ""),
    (re.compile(r"<script>kernelName = '[^']*'</script>"), ""),
    # The name of a fold is what it says, not what MyST-NB calls it.
    (re.compile(' aria-label="Toggle hidden content"'), ""),
    # A table's corner heads no column.
    (re.compile(r'<th class="head[^>]*>(?:<p></p>)?</th>'), "<td></td>"),
    # Docutils gives a list entries that are, by their role, no list items.
    (re.compile(' role="doc-biblioentry"'), ' role="listitem"'),
    # Parts of one table under one name: groups, of which a page may have many.
    (re.compile('role="region" aria-label="The ledger"'), 'role="group" aria-label="The ledger"'),
]


def _mended(body: str) -> str:
    for pattern, replacement in _MENDS:
        body = pattern.sub(replacement, body)
    return body


def _set_context(
    app: Any, pagename: str, _template: str, context: dict[str, Any], doctree: Any
) -> None:
    title = re.sub(r"<[^>]+>", "", context.get("title") or "Search")
    context["description"] = description(doctree, title, context["docstitle"])
    context["author"] = app.config.author
    source = context.get("sourcename") or ""
    context["notebook"] = f"_sources/{source}" if source.endswith(".ipynb") else ""
    if not context["notebook"]:
        context["sourcename"] = ""  # else Sphinx copies a text that nothing links to
    context["body"] = _mended(context.get("body", ""))
    context["page_scripts"] = _scripts(context["body"])


def _scripts(body: str) -> list[str]:
    """Return the scripts of a page: each goes only where it has something to do."""
    found = []
    if "<lifecost-model" in body:
        found = ["my-model.js"]  # it brings what explorers need
    elif "<lifecost-explorer" in body:
        found = ["lifecost.js"]
    return [*found, "sort.js"] if "sortable" in body else found


def _finish(app: Any, exception: Exception | None) -> None:
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    pages = [path.read_text("utf-8") for path in sorted(site.glob("**/*.html"))]
    scripts = [path.read_text("utf-8") for path in sorted(static.glob("*.js"))]
    theme = [next(static.glob(name)).read_text("utf-8") for name in THEME_STYLES]
    own = [(static / name).read_text("utf-8") for name in _own_styles(app)]
    used = purge.used_names(_tags(page) for page in pages) | purge.used_names(
        script for script in scripts if "site" in script
    )
    css = purge.without_pictures(purge.purged("".join(theme), used)) + purge.minified("".join(own))
    css = purge.without_unused_variables(css, *pages, *scripts)
    (static / "book.css").write_text(NOTICE + css + "\n", "utf-8")
    _clear(app, static)
    _write_root(app, site)


def _tags(page: str) -> str:
    """Return the page's tags without its text, whose words are no names."""
    return " ".join(re.findall(r"<[A-Za-z][^>]*>", page))


def _own_styles(app: Any) -> list[str]:
    return [name for name, _ in app.config.html_css_files if not name.startswith("mystnb")]


def _clear(app: Any, static: Path) -> None:
    """Remove what no page loads: 5 MB of scripts, fonts, maps and translations."""
    kept = {"book.css", *SEARCH_SCRIPTS}
    kept |= {path.name for path in (Path(app.srcdir) / "book/_static").iterdir()}
    kept -= set(_own_styles(app))
    for path in static.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _write_root(app: Any, site: Path) -> None:
    target = f"{app.config.root_doc}.html"
    page = (site / target).read_text("utf-8")
    described = re.search(r'<meta name="description" content="([^"]*)">', page)
    root = ROOT_PAGE.format(
        title=app.config.html_title, target=target, description=described[1] if described else ""
    )
    (site / "index.html").write_text(root, "utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_post_transform(FoldAdmonitions)
    # After the theme, whose functions the layout calls.
    app.connect("html-page-context", _set_context, priority=900)
    # After the table of contents, which writes a bare root page.
    app.connect("build-finished", _finish, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
