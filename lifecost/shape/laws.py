"""Laws of shape: published ones, and one drawn through a pair of measured shapes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lifecost import values as check
from lifecost.catalog import Catalog, Fit
from lifecost.errors import InputError


@dataclass(frozen=True, kw_only=True)
class ShapeLaw(Fit):
    """A law of shape: two factors of the loss, one of relative width, one of feed-forward share."""

    width_constant: float
    width_log: float
    width_inverse: float
    ff_constant: float
    ff_log: float
    ff_inverse: float


SHAPE_LAW = ShapeLaw.constants()
shape_laws = Catalog("shape law", "shape_laws", ShapeLaw)


def law_through(first: float, second: float, *, loss_ratio: float) -> dict[str, float]:
    """Return a law of width alone in which one pair of shapes has a given ratio of losses.

    It adds the same for each e-fold of width, and has no optimum: two points say no more.

    Parameters
    ----------
    first, second
        Relative widths of the two shapes.
    loss_ratio
        Loss of the second as a multiple of that of the first.

    Raises
    ------
    InputError
        If a value is out of range, or both widths are the same.

    Examples
    --------
    >>> from lifecost.shape import law_through
    >>> found = law_through(1 / 24, 1 / 72**0.5, loss_ratio=1.03)
    >>> f"{found['width_log']:.4f}"
    '0.0264'
    """
    widths = [float(np.log(check.checked("relative_width", width))) for width in (first, second)]
    ratio = check.checked("loss_ratio", loss_ratio)
    if widths[1] == widths[0]:
        raise InputError(f"relative_width = {first} and {second} give no slope to a law")
    slope = (ratio - 1) / (widths[1] - ratio * widths[0])
    return {"width_constant": 1.0, "width_log": slope, "width_inverse": 0.0}
