"""The picture beside a link to a page: its title, its question and its opening figure."""

from __future__ import annotations

import ast
import io
import textwrap
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.patches import Rectangle
from PIL import Image

from lifebook.explorer import Explorer
from lifebook.figures.style import COLORS, GREY, Figure

WIDTH, HEIGHT = 1200, 630  # what social networks ask for, in pixels
MARGIN = 60
PICTURE = 720, 510  # at most
DPI = 72  # a point is a pixel


def draw(title: str, question: str, page: Path) -> bytes:
    """Return the card of a page as PNG."""
    picture = opening_picture(page) if page.suffix == ".ipynb" else None
    # Its own style, whatever the notebook set.
    with mpl.rc_context({"figure.facecolor": "white", "font.family": "DejaVu Sans"}):
        drawing = Drawing(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
        FigureCanvasAgg(drawing)
        _write(drawing, title, question, narrow=picture is not None)
        drawing.canvas.draw()
    card = Image.fromarray(np.asarray(drawing.canvas.buffer_rgba())).convert("RGB")
    if picture:
        image = _drawn(picture)
        card.paste(image, (WIDTH - 30 - image.width, (HEIGHT - image.height) // 2))
    buffer = io.BytesIO()
    # A few colors are enough for a drawing, and make the file half as large.
    card.quantize(64).save(buffer, format="png", optimize=True)
    return buffer.getvalue()


def opening_picture(notebook: Path) -> Figure | None:
    """Return the first figure of a chapter, by the code that stands in it."""
    scope: dict[str, Any] = {}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type != "code":
            continue
        shown = _run(cell.source, scope)
        if isinstance(shown, Explorer):
            return shown.figure()
        if isinstance(shown, Figure):
            return shown
    return None


def _run(code: str, scope: dict[str, Any]) -> Any:
    """Run a cell and return what it shows: the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), scope)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), scope) if last else None


def _write(drawing: Drawing, title: str, question: str, narrow: bool) -> None:
    def text(words: str, line: int, top: float, size: int, **look: Any) -> float:
        # Each line by itself: together, their distance would follow their letters.
        for row in textwrap.wrap(words, line):
            top += 1.25 * size
            drawing.text(MARGIN / WIDTH, 1 - top / HEIGHT, row, fontsize=size, parse_math=False,
                         **look)  # fmt: skip
        return top

    # The first sentence is the question; with a picture there is no room for more.
    question = question.partition("? ")[0] + "?" if "? " in question else question
    top = text(title, 15 if narrow else 40, MARGIN - 10, 40, weight="bold")
    text(question, 24 if narrow else 66, top + 24, 24)
    for left, height, name in ((0, 9, "training"), (9.5, 16, "compute"), (19, 26, "kv")):
        place = (MARGIN + left) / WIDTH, MARGIN / HEIGHT
        drawing.add_artist(Rectangle(place, 7 / WIDTH, height / HEIGHT, color=COLORS[name]))
    drawing.text((MARGIN + 40) / WIDTH, MARGIN / HEIGHT, "lifecost", fontsize=26, weight="bold",
                 color=GREY, va="baseline")  # fmt: skip


def _drawn(picture: Figure) -> Image.Image:
    """Return the picture in pixels, as large as fits."""
    width, height = picture.drawing.get_size_inches()
    buffer = io.BytesIO()
    scale = min(PICTURE[0] / width, PICTURE[1] / height)
    picture.drawing.savefig(buffer, format="png", dpi=scale, facecolor="white")
    return Image.open(buffer).convert("RGB")
