"""The markup of the text: pictures for a page, tables that scroll, folds that need no script."""

from __future__ import annotations

import ast
import html
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pygments.formatters import HtmlFormatter
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, Text
from sphinx.highlighting import PygmentsBridge
from sphinx.locale import admonitionlabels
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from lifebook.figures.style import PAGE_HTML


def page_outputs(_app: Any, _docname: str, source: list[str]) -> None:
    """Take, of each picture in a notebook, the form that is for pages."""
    source[0] = source[0].replace(f'"{PAGE_HTML}": [', '"text/html": [')


class Translator(HTML5Translator):
    """Sphinx's HTML, with what it lacks on a phone and for those who listen."""

    def visit_table(self, node: nodes.Element) -> None:
        self.body.append('<div class="scroll">')
        super().visit_table(node)

    def depart_table(self, node: nodes.Element) -> None:
        super().depart_table(node)
        self.body.append("</div>\n")

    def visit_thead(self, node: nodes.Element) -> None:
        if not node.astext():  # Markdown knows no table without a head
            raise nodes.SkipNode
        super().visit_thead(node)

    def visit_entry(self, node: nodes.Element) -> None:
        super().visit_entry(node)
        if not node.astext():  # a table's corner heads no column
            self.body[-1], self.context[-1] = "<td>", "</td>\n"

    def starttag(self, node: nodes.Element, tagname: str, *args: Any, **attributes: Any) -> str:
        # Docutils gives a list entries that are, by their role, no list items.
        if attributes.get("role") == "doc-biblioentry":
            attributes["role"] = "listitem"
        return super().starttag(node, tagname, *args, **attributes)


class Code(HtmlFormatter):
    """Code in which only words of another color are marked, by the color: fewer elements."""

    colors = {
        Keyword: Keyword, Operator.Word: Keyword, Name.Tag: Keyword, String: String,
        Number: Number, Comment: Comment, Generic: Comment,
    }  # fmt: skip

    @classmethod
    def color(cls, kind: Any) -> Any:
        """Return the kind that stands for a kind's color."""
        return next((color for of, color in cls.colors.items() if kind in of), Text)

    def format(self, tokensource: Iterator[tuple[Any, str]], outfile: Any) -> None:
        """Write the words, each as the kind that has its color."""
        colored = ((self.color(kind), word) for kind, word in tokensource)
        super().format(colored, outfile)


class FoldCode(SphinxPostTransform):
    """Fold the code of a cell to one line, its last statement; a tag may hide the output too."""

    default_priority = 190  # before MyST-NB does it in its own way
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        for cell in list(self.document.findall(nodes.container)):
            typed = cell.get("nb_element") == "cell_code" and cell.children[0]
            if not typed or typed.get("nb_element") != "cell_code_source":
                continue
            hidden = cell.attributes.pop("hide_mode", None)
            code = typed.next_node(nodes.literal_block).astext()
            if hidden or "\n" in code.strip():
                summary = _raw(f"<code>{html.escape(last_statement(code))}</code>")
                inside = cell.children if hidden == "all" else [typed]
                rest = cell.children[len(inside) :]
                cell.children = [*fold(f"code {'hide' * bool(hidden)}", summary, inside), *rest]


class FoldAdmonitions(SphinxPostTransform):
    """Fold admonitions of class ``dropdown`` to their titles."""

    default_priority = 900
    formats = ("html",)

    def run(self, **_kwargs: Any) -> None:
        for node in list(self.document.findall(nodes.Admonition)):
            if "dropdown" not in node["classes"]:
                continue
            body = node.children
            title = nodes.inline("", admonitionlabels.get(node.tagname, ""))
            if isinstance(node, nodes.admonition):
                title, body = nodes.inline("", "", *body[0].children), body[1:]
            place = node.parent.index(node)
            # Not replace_self(): that gives the first part the classes, and so a box of its own.
            node.parent[place : place + 1] = fold("dropdown", title, body, *node["ids"][:1])


def fold(classes: str, summary: nodes.Node, body: list[nodes.Node], name: str = "") -> list:
    """Return nodes that write a ``details`` element."""
    name = name and f' id="{name}"'
    opening = f'<details class="{classes.strip()}"{name}>\n<summary>'
    return [_raw(opening), summary, _raw("</summary>\n"), *body, _raw("</details>\n")]


def last_statement(code: str) -> str:
    """Return the last statement of a cell as one line."""
    try:
        last = ast.get_source_segment(code, ast.parse(code).body[-1])
    except SyntaxError:  # not Python: a command of the notebook
        last = code.strip().splitlines()[-1]
    return " ".join(last.split())


def _raw(markup: str) -> nodes.raw:
    return nodes.raw("", markup, format="html")


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", page_outputs)
    app.set_translator("html", Translator)
    PygmentsBridge.html_formatter = Code
    app.add_post_transform(FoldCode)
    app.add_post_transform(FoldAdmonitions)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
