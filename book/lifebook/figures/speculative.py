"""Pictures of "Guess and verify": where speculation pays, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, SERIES, Array, Figure

_LEVELS = (1.0, 1.1, 1.5, 2.0, 2.5, 3.0)
_NODE = 8  # chips that commonly stand in one machine


@style.apply
def maps(
    batch: Array,
    context: Array,
    speedups: Mapping[str, Array],
    chips: Mapping[str, Array],
    chip: str,
) -> Figure:
    """Return maps of the best speed-up over batch and context, one for each model.

    Parameters
    ----------
    batch, context
        Sequences and tokens, ascending.
    speedups
        By model: the best speed-up, rows of context and columns of batch.
    chips
        By model: the chips whose memory holds weights and cache, in the same rows and columns.
    chip
        What one of them is called.
    """
    drawing, panels = style.canvas(7.2, 3.9, ncols=len(speedups), sharey=True)
    for axes, (title, best) in zip(panels, speedups.items(), strict=True):
        filled = axes.contourf(batch, context, best, levels=[*_LEVELS, 9], cmap="cividis")
        lines = axes.contour(batch, context, best, levels=_LEVELS[1:], colors="white", linewidths=1)
        axes.clabel(lines, fmt="%g", fontsize=8)
        beyond = axes.contourf(
            batch, context, chips[title], levels=[_NODE, np.inf], colors="none", hatches=["///"],
        )  # fmt: skip
        memory = axes.contour(
            batch, context, chips[title], levels=[1, _NODE], colors="black", linewidths=1.5,
        )  # fmt: skip
        for most, name in ((1, "1 chip"), (_NODE, f"{_NODE} chips")):
            style.note(
                axes, name, (np.interp(most, chips[title][-1], batch), context[-1]), (14, -11),
                fontsize=8, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
                color="black",
            )  # fmt: skip
        axes.set(xscale="log", yscale="log", xlabel="batch (sequences)", title=title)
        style.plain_log(axes.xaxis, axes.yaxis)
        for layer in (filled, lines, beyond, memory):
            layer.set_rasterized(False)
    panels[0].set_ylabel("context (tokens)")
    return Figure(
        "speculation-map", drawing,
        alt="Two maps over batch and context, darker where speculation brings nothing. Both are "
        "bright at a batch of one and dark for large batches with short contexts. With long "
        "contexts the bright area reaches to large batches, further up for multi-head attention, "
        "which needs less context for it, than for grouped-query attention. Two lines fall from "
        "the upper left to the lower right: left of the first, weights and cache fit into one "
        f"chip; right of the second not even into {_NODE}; that part is hatched. It "
        "begins at a quarter of the batch for multi-head attention.",
        caption="Numbers are the best speed-up. At a batch of one the weights make guesses free; "
        "at a large batch the cache does, if the context is long enough. Black lines: what "
        f"weights and cache need, in chips of the size of one {chip}; hatched, more than {_NODE}.",
    )  # fmt: skip


@style.apply
def measured(names: Sequence[str], predicted: Sequence[float], found: Sequence[float]) -> Figure:
    """Return predicted bounds on the speed-up, and what was found, row by row.

    The rows bear the ``names`` of their settings.
    """
    drawing, axes = style.canvas(7.2, 0.27 * len(names) + 1)
    for row, (most, was) in enumerate(zip(predicted, found, strict=True)):
        axes.plot([was, most], [row, row], color=GREY, linewidth=1)
        axes.plot(most, row, "|", color=GREY, markersize=12, markeredgewidth=2)
        axes.plot(was, row, "o", color=COLORS["decode"], markersize=7)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(1, 4)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("speed-up (dot: measured, bar: predicted)")
    return Figure(
        "speculation-measured", drawing,
        alt="A row for each setting of a published table, with a dot at the measured speed-up and "
        "a bar at the predicted one. For the largest draft models the measured speed-up falls "
        "short, in translation by half; for the smallest it meets the prediction or exceeds it.",
        caption="The rule comes within a fifth for small drafts. For large ones it promises too "
        "much: a draft's cost is more than its share of parameters.",
    )  # fmt: skip


@style.apply
def by_batch(
    batch: Array, speedups: Mapping[str, Array], chips: Mapping[str, Array], chip: str
) -> Figure:
    """Return the best speed-up against the batch, a line for each context.

    Parameters
    ----------
    batch
        Sequences, ascending.
    speedups, chips
        By context: the best speed-up, and the chips whose memory holds weights and cache.
    chip
        What one of them is called.
    """
    drawing, axes = style.canvas(7.2, 3.4)
    for (name, best), color, dash in zip(speedups.items(), SERIES, DASHES, strict=False):
        fits = chips[name] <= _NODE
        axes.plot(batch[fits], best[fits], color=color, linestyle=dash, label=name)
        axes.plot(batch, best, color=color, linestyle=dash, alpha=0.3)
    axes.axhline(1, color=GREY, linewidth=1)
    axes.set_xscale("log")
    style.plain_log(axes.xaxis)
    axes.set_xlim(batch[0], batch[-1])
    axes.set_xlabel("batch (sequences)")
    axes.set_ylabel("best speed-up")
    axes.legend(title="context", fontsize=9)
    return Figure(
        "speculation-by-batch", drawing,
        alt="Best speed-up against the batch, one line for each context, rising with the batch: "
        "hardly above one for a thousand tokens, above two from four thousand tokens on. At one "
        "sequence only the longest contexts are above one, and by little. The lines of long "
        "contexts turn pale at batches that do not fit into memory, the longest at a few dozen.",
        caption="A model that drafts for itself with a short cache gains little for one sequence, "
        "and more the larger the batch, once the context is some thousands of tokens. Pale: "
        f"weights and cache need the memory of more than {_NODE} chips, each one {chip}.",
    )  # fmt: skip
