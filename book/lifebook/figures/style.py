"""One look for all figures: colors that mean something, ink that follows the page."""

from __future__ import annotations

import functools
import html
import io
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeAlias

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure as MplFigure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray
from PIL import Image

_Given = ParamSpec("_Given")
# Only the book's own pages show this form. Whoever else opens a notebook (JupyterLab before it is
# trusted, a forge, an editor) strips SVG from HTML or takes no HTML, and shows the PNG beside it.
PAGE_HTML = "text/vnd.lifecost+html"
Array: TypeAlias = NDArray[np.float64]

# Colors carry a meaning and never change; the page's style sheet holds the same ones.
COLORS = {
    "compute": "#0072B2",
    "weights": "#AA3377",
    "kv": "#D55E00",
    "training": "#009E73",
    "prefill": "#56B4E9",
    "decode": "#E69F00",
}
# Colors for what has no meaning of its own, such as four published laws; told apart by dashes too.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#AA3377", "#E69F00", "#56B4E9")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)))
GREY = "#808080"  # reference lines: legible on white and on the dark page

FILL = 0.55  # opacity of an area with words in it: the page's text color reads on it, either theme

INK = "#010203"  # stands for the page's own text color: replaced in the SVG
_STYLE: dict[Any, Any] = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "figure.constrained_layout.use": True,
    "figure.facecolor": "none",
    "font.size": 10,
    "grid.alpha": 0.25,
    "grid.color": GREY,
    "legend.frameon": False,
    "lines.linewidth": 2,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class Figure:
    """A drawing that shows itself: on the book's pages as SVG in their colors, elsewhere as PNG.

    Attributes
    ----------
    name
        Identifier; also the prefix of every id inside the SVG, so that many share a page.
    drawing
        The matplotlib figure.
    alt
        What there is to see, for readers who do not see it.
    caption
        The takeaway, in a sentence.
    names
        What a browser says of an artist when the pointer rests on it, by its gid.
    """

    name: str
    drawing: MplFigure
    alt: str
    caption: str
    names: Mapping[str, str] = field(default_factory=dict)

    @functools.cached_property
    def svg(self) -> str:
        """The figure as inline SVG, the same text for the same figure."""
        buffer = io.StringIO()
        with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": self.name}):
            self.drawing.savefig(buffer, format="svg", metadata={"Date": None})
        self.drawing.set_layout_engine("none")  # laid out once: again would move it by a hair
        text = _lean(buffer.getvalue(), self.names)
        for mark, name in self.names.items():
            opened = f'<g id="{mark}">'
            text = text.replace(opened, f"{opened}\n<title>{html.escape(name)}</title>", 1)
        text = re.sub(r"(\bid=\"|xlink:href=\"#|url\(#)", rf"\g<1>{self.name}-", text)
        label = html.escape(self.alt, quote=True)
        return text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)

    def png(self) -> bytes:
        """Return the figure with its caption as PNG, in black on white: legible on any page."""
        _ = self.svg  # the axes take their places as it is drawn, and not before
        width, height = self.drawing.get_size_inches()
        lines = textwrap.fill(self.caption, int(13 * width))  # letters to the inch, at this size
        whole = self.drawing.transFigure
        for legend in self.drawing.legends:  # or it would go down to the edge, below the caption
            legend.set_bbox_to_anchor((0, 0, 1, 1), whole)
        below = min(0, self.drawing.get_tightbbox().y0) - 0.1
        caption = self.drawing.text(0.01, below / height, lines, va="top", color=INK, size=10)
        buffer = io.BytesIO()
        self.drawing.savefig(
            buffer, format="png", dpi=144, facecolor="white", bbox_inches="tight", pad_inches=0.1
        )
        caption.remove()
        # A third of the bytes, and no color changes so that one sees it.
        colors = Image.open(buffer).convert("RGB").quantize(
            64, Image.Quantize.MAXCOVERAGE, kmeans=4, dither=Image.Dither.NONE
        )  # fmt: skip
        colors.save(buffer := io.BytesIO(), "png", optimize=True)
        return buffer.getvalue()

    def markup(self) -> str:
        """Return the figure as HTML for the book's pages: the SVG over its caption."""
        caption = html.escape(self.caption)
        return (
            f'<figure class="lifecost-figure" id="figure-{self.name}">\n'
            f'<div class="lifecost-drawing" tabindex="0" role="group">{self.svg}</div>\n'
            f"<figcaption>{caption}</figcaption>\n</figure>"
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {"text/plain": repr(self), PAGE_HTML: self.markup(), "image/png": self.png()}

    def __repr__(self) -> str:
        return f"Figure: {self.caption}"


def apply(draw: Callable[_Given, Figure]) -> Callable[_Given, Figure]:
    """Return a drawing function that draws in the book's style."""

    @functools.wraps(draw)
    def drawn(*args: _Given.args, **kwargs: _Given.kwargs) -> Figure:
        with mpl.rc_context(_STYLE):
            return draw(*args, **kwargs)

    return drawn


def canvas(width: float = 7.2, height: float = 3.6, **subplots: Any) -> tuple[MplFigure, Any]:
    """Return an empty drawing (inches; further arguments as for ``subplots``) and its axes."""
    drawing = MplFigure(figsize=(width, height))
    return drawing, drawing.subplots(**subplots)


def plain_log(*axes: Axis) -> None:
    """Label logarithmic axes with plain numbers instead of powers of ten."""
    for axis in axes:
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.12g}"))
        axis.set_minor_formatter(NullFormatter())


def note(
    axes: Axes,
    text: str,
    at: tuple[float | str, float | str],
    shift: tuple[float, float],
    **look: Any,
) -> None:
    """Write small text beside a point of the axes, so many points of the page from it."""
    look = {"fontsize": 9} | look
    axes.annotate(text, at, xytext=shift, textcoords="offset points", **look)


def over(axes: Axes, text: str, height: float = 6) -> None:
    """Write small text over the upper left corner of the axes, which says how to read them."""
    note(axes, text, (0, 1), (0, height), xycoords="axes fraction")


def _lean(text: str, marks: Iterable[str]) -> str:
    """Return matplotlib's SVG without what differs by machine or repeats the page's style.

    Nor does it keep what shows nothing, half of its elements: background, comments, ids that
    nothing points to, and groups that are left without a word.
    """
    text = text[text.index("<svg") :].replace(INK, "currentColor")
    text = re.sub(r"\s*<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r" (?:width|height)=\"[\d.]+pt\"", "", text, count=2)
    text = re.sub(r" font-family: [^;\"]*;", "", text)
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r"\s*\n\s*", "\n", text)
    # Positions to a hundredth of a point: processors differ in digits that no eye sees, and the
    # names that matplotlib derives from them would differ altogether.
    places = r'( (?:d|x|y|transform|points|width|height)=")([^"]*)'
    text = re.sub(places, lambda m: m[1] + re.sub(r"-?\d+\.\d{3,}", _hundredth, m[2]), text)
    for number, name in enumerate(dict.fromkeys(re.findall(r'id="([mp][0-9a-f]{10})"', text))):
        text = text.replace(name, f"{name[0]}{number}")
    text = re.sub(r"<!--.*?-->\n|<path [^>]*style=\"fill: none\"/>\n", "", text, flags=re.S)
    asked = {*marks, *re.findall(r"(?:href=\"|url\()#([^\")]+)", text)}
    text = re.sub(r' id="([^"]*)"', lambda m: m[0] if m[1] in asked else "", text)
    groups: list[bool] = []  # around a place: whether each is kept

    def opened_or_closed(tag: re.Match[str]) -> str:
        if tag[0] != "</g>\n":
            groups.append(tag[0] != "<g>\n")
            return tag[0] * groups[-1]
        return tag[0] * groups.pop()

    return re.sub(r"<g(?: [^>]*)?>\n|</g>\n", opened_or_closed, text)


def _hundredth(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}"
