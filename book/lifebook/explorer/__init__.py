"""The interactive figure: one declaration, several forms.

An `Explorer` names its controls by symbol, its outputs by formula and one picture. Where a kernel
runs it is sliders (ipywidgets); on a page without one the page's own script moves the same marks by
the same formulas; elsewhere it is the picture at its opening setting, in a terminal text.
"""

from __future__ import annotations

from typing import Any

from lifebook.explorer import page, widgets
from lifebook.explorer.base import Choice, Declaration, Range
from lifebook.explorer.marks import Mark
from lifebook.figures.style import PAGE_HTML, Points


class Explorer(Declaration):
    """An interactive figure: a declaration that shows itself in each place.

    Attributes
    ----------
    name
        Identifier, in addresses too.
    title
        The question that it answers.
    controls
        At most five; later ones may rebind what earlier ones bound.
    outputs
        Formulas whose values are read out; the first one's equation is shown with its numbers.
    marks
        The parts of the figure that move.
    draw
        Makes the figure of the points of each mark, by the mark's name.
    fixed
        Symbols that no control sets.
    """

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle = {
            "text/plain": repr(self),
            PAGE_HTML: page.markup(self),
            "image/png": self.figure().png(),
        }
        return widgets.view(self) | bundle  # the text form is ours, not that of a box of widgets


__all__ = ["Choice", "Explorer", "Mark", "Points", "Range"]
