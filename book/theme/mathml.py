"""Equations as MathML, written when the book is built.

Every current browser lays MathML out by itself, screen readers read it, and the page needs neither
MathJax nor its fonts. JupyterLab shows the same LaTeX in its own way.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

# Where the converter and TeX part ways.
_TOUCHES = [
    (re.compile(r' columnalign="left"'), ' style="text-align: left"'),  # not in MathML Core
    (re.compile(r"<mo>(max|min|log|ln|exp)</mo>"), r"<mi>\1</mi>"),  # else a gap before "("
    (re.compile(r"<mo>&#x0002F;</mo>"), '<mo lspace="0" rspace="0">/</mo>'),
    (re.compile(r"<mi>(?=&#x003[9A])"), '<mi mathvariant="normal">'),  # upright Greek capitals
    (re.compile(r"&#x0*([0-9A-F]{2,5});"), lambda match: _character(match[1])),
    (re.compile(r' xmlns="[^"]*"'), ""),  # HTML knows the element
    (re.compile(r' display="inline"'), ""),
]


def _character(code: str) -> str:
    character = chr(int(code, 16))
    return f"&#{ord(character)};" if character in "<>&" else character


def mathml(latex: str, *, display: bool) -> str:
    """Return LaTeX as a ``math`` element; ``ValueError`` if a command is unknown."""
    # Jupyter marks displayed LaTeX so; the element says it already.
    latex = latex.replace(r"\displaystyle", "").strip()
    markup = convert(latex, display="block" if display else "inline")
    for pattern, replacement in _TOUCHES:
        markup = pattern.sub(replacement, markup)
    if unknown := re.search(r"\\\w+", markup):
        raise ValueError(f"no MathML for {unknown[0]} in {latex}")
    return markup


def _render(node: nodes.Element, latex: str, *, display: bool) -> str:
    try:
        return mathml(latex, display=display)
    except Exception as error:
        logger.warning("equation: %r", error, location=node)
        return ""


def _visit_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(_render(node, node.astext(), display=False))
    raise nodes.SkipNode


def _visit_math_block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(translator.starttag(node, "div", CLASS="math"))
    if node["number"]:
        translator.body.append(f'<span class="eqno">({get_node_equation_number(translator, node)})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    for part in re.split(r"\n\s*\n", node.astext()):
        translator.body.append(_render(node, part, display=True))
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Register the renderer; ``html_math_renderer`` in _config.yml chooses it."""
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}
