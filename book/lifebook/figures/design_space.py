"""Pictures of "1.5x to train, 10x cheaper to serve?": fronts and the box."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.patches import Rectangle

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, SERIES, Array, Figure


@style.apply
def fronts(
    panels: Mapping[str, Mapping[str, tuple[Array, Array]]], training: float, inference: float
) -> Figure:
    """Return fronts of training factor against inference factor, and the box of the claim.

    Parameters
    ----------
    panels
        By title of a panel, then by name of a line: training and inference factors, ascending.
        Lines of a name have its color; what stands behind a comma has a dash of its own.
    training, inference
        The corner of the box: the most that training may cost, the least that inference is cheaper.
    """
    drawing, grid = style.canvas(7.2, 3.9, ncols=len(panels), sharey=True)
    for axes, (title, lines) in zip(grid, panels.items(), strict=True):
        corner = Rectangle((0.01, inference), training - 0.01, 1e4, color=COLORS["training"])
        corner.set(alpha=0.18, linewidth=0)
        axes.add_patch(corner)
        axes.axhline(1, color=GREY, linewidth=1)
        models, kinds = ([*dict.fromkeys(n.partition(", ")[i] for n in lines)] for i in (0, 2))
        for name, (x, y) in lines.items():
            model, _, kind = name.partition(", ")
            axes.plot(
                x, y, color=SERIES[models.index(model)], linestyle=DASHES[kinds.index(kind)],
                drawstyle="steps-post", label=name,
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlim=(0.1, 10), ylim=(0.5, 300), title=title)
        axes.set_xlabel("training cost")
        style.plain_log(axes.xaxis, axes.yaxis)
    grid[0].set_ylabel("inference is cheaper by")
    drawing.legend(*grid[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    reached = {
        title: [
            name for name, (x, y) in lines.items()
            if any(a <= training and b >= inference for a, b in zip(x, y, strict=True))
        ]
        for title, lines in panels.items()
    }  # fmt: skip
    return Figure(
        "design-fronts", drawing,
        alt="Panels with stepped lines that rise from left to right: the largest factor by which "
        "inference can get cheaper, for each training cost. A shaded box marks training of at most "
        "one and a half times and inference at least ten times cheaper. " + " ".join(
            f"At a {title} the lines that reach it are: {'; '.join(names) or 'none'}."
            for title, names in reached.items()
        ),
        caption="Two things decide whether the box can be reached: the context, and what windows "
        "cost. Where reading the cache costs less than ten forward passes, no design of that size "
        "makes inference ten times cheaper.",
    )  # fmt: skip
