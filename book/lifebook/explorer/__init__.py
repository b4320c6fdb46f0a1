"""The interactive figure: one declaration, several forms.

An `Explorer` says what is asked, what may be changed, what is read out and what there is to see. On
a page the script draws it and answers; in print it is the picture at its opening setting, in a
terminal text.
Where a kernel runs, that sees and sets what the script shows: see `live`.

How one is written, in `declarations/`, with `balance` as the example:

1. ``title`` is a question. ``controls`` are at most five: those of `declarations.controls`
   (``MODEL`` or ``PLAIN_MODEL``, ``DEVICE``, ``BATCH``, ``CONTEXT``, ``KV_BYTES``, ``CHIPS``), or a
   `Range` of a symbol or a `Choice` of your own. Later ones may rebind what earlier ones bound.
2. ``outputs`` are formulas, each an `Output` with words of the field. The first is the answer and
   stands large. Those that are parts of lanes become the legend; the others stand beside the
   controls, so few are better.
3. ``answer`` is a list of `Case`: the first that holds says in words what the number means.
4. ``picture`` is one panel or two. `Lanes` are for parts of a whole and for what runs at the same
   time, on a linear axis; `Plot` is for curves, with a `Dot` that drags the control it stands for.
   Every place is a term: a symbol, a formula, or a number.
5. ``fixed`` are symbols that no control sets.

``python -m tools.explorer NAME FILE``, from ``book/``, writes it alone to a page to look at.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from lifebook.explorer import live
from lifebook.explorer.base import Case, Choice, Declaration, Output, Range
from lifebook.explorer.drawing import drawing
from lifebook.explorer.picture import Axis, Curve, Dot, Lane, Lanes, Part, Plot, Points
from lifebook.figures.style import PAGE_HTML, Figure


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
        Formulas that are read out; the first is the answer.
    answer
        What the answer means, in words, by cases.
    picture
        One panel or two.
    fixed
        Symbols that no control sets.
    """

    def figure(self, **state: object) -> Figure:
        """Return the picture at a setting, as matplotlib draws it."""
        return drawing(self, **state)

    @functools.cached_property
    def _live(self) -> live.Live:
        return live.Live(self)

    @property
    def values(self) -> dict[str, float]:
        """The value of each output, in base units, at the setting in which it stands."""
        return self(**self._live.setting)

    def set(self, **state: object) -> None:
        """Change its setting, in every cell that shows it.

        Parameters
        ----------
        state
            Controls by name; the others stay as they are.

        Raises
        ------
        InputError
            For no control of it, or no value that it takes; the setting then stays as it is.

        Examples
        --------
        >>> from lifebook.explorer.gallery import kv_cache
        >>> kv_cache.set(batch=64)
        >>> kv_cache.values == kv_cache(batch=64)
        True
        >>> kv_cache.set(**kv_cache.opening)
        """
        self._live.set(state)

    def observe(self, follow: Callable[[dict[str, float]], object]) -> None:
        """Call a function with ``values`` whenever the setting changes, by hand or by ``set``."""
        self._live.followers.append(follow)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return self._live.bundle() | {
            "text/plain": repr(self),
            PAGE_HTML: self._live.markup,
            "image/png": self.figure().png(),
        }


__all__ = [
    "Axis", "Case", "Choice", "Curve", "Dot", "Explorer", "Lane", "Lanes", "Output", "Part",
    "Plot", "Points", "Range",
]  # fmt: skip
