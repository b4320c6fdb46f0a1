"""The picture of "Your model": one model among those of the catalog."""

from __future__ import annotations

from collections.abc import Mapping

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, Figure, Points


@style.apply
def among(titles: Mapping[str, str], points: Points) -> Figure:
    """Return a row for each model: what reading its cache costs, as a multiple of its arithmetic.

    Parameters
    ----------
    titles
        Titles of the models by name, in the order of the rows.
    points
        For each model a mark of its name, and ``yours`` in the row above them.
    """
    drawing, axes = style.canvas(7.2, len(titles) / 9)  # inches
    axes.axvline(1, color=COLORS["compute"], linewidth=1.5, zorder=0)
    style.note(axes, "cache = arithmetic", (1, -1.6), (4, 2), annotation_clip=False)
    for name in titles:
        style.mark(axes, name, points, "o", color=GREY, markersize=5)
    style.mark(axes, "yours", points, "D", color=COLORS["kv"], markersize=8)
    axes.set_xscale("log")
    axes.set_xlim(1e-3, 1e5)
    style.plain_log(axes.xaxis)
    axes.grid(visible=True, axis="both")
    axes.set_xlabel("reading the KV cache over arithmetic, one decode step")
    axes.set_yticks(range(-1, len(titles)), ["your model", *titles.values()], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(titles) - 0.4, -1.6)
    return Figure(
        "my-model-among", drawing,
        alt="A row for each model of the catalog, with a dot at the cost of reading its KV cache "
        "as a multiple of the cost of its arithmetic, on a logarithmic axis from a thousandth to "
        "a hundred thousand. Your model is the diamond in the first row.",
        caption="To the right of the line a decode step waits for the cache, to its left for the "
        "arithmetic. The diamond is your model.",
    )  # fmt: skip
