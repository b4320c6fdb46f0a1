"""Pictures of "Not every token": what kinds of layers read, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, SERIES, Array, Figure
from lifecost.quantities import quantity


def _contexts(axes: Axes, contexts: Array) -> None:
    axes.set_xscale("log", base=2)
    axes.set_xlim(contexts[0], contexts[-1])
    marks = [c for c in 2.0 ** np.arange(10, 21, 2) if contexts[0] <= c <= contexts[-1]]
    axes.set_xticks(marks, [f"{c / 2**10:,.0f}K" if c < 2**20 else "1M" for c in marks])
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("context (tokens)")


def _apart(ends: Mapping[str, float], least: float = 1.6) -> dict[str, float]:
    """Return the ends of lines, moved up until each is by a factor above the next lower one."""
    found: dict[str, float] = {}
    below = 0.0
    for title, at in sorted(ends.items(), key=lambda end: end[1]):
        found[title] = below = max(at, below * least)
    return found


@style.apply
def read_by_context(contexts: Array, lines: Mapping[str, Array]) -> Figure:
    """Return what a decode step reads of each sequence, by model.

    Parameters
    ----------
    contexts
        Tokens, ascending.
    lines
        By model: bytes of cache and state that are moved for one token.
    """
    drawing, axes = style.canvas(7.2, 4.6)
    for place, values in enumerate(lines.values()):
        color, dash = SERIES[place % len(SERIES)], DASHES[place % len(DASHES)]
        axes.plot(contexts, values, color=color, linestyle=dash, linewidth=1.6)
    axes.set_yscale("log")
    for title, at in _apart({title: values[-1] for title, values in lines.items()}).items():
        style.note(axes, title, (contexts[-1], at), (5, -3), fontsize=8, annotation_clip=False)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda size, _: quantity(size, "byte", 1)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("moved for each decoded token")
    _contexts(axes, contexts)
    ends = [values[-1] for values in lines.values()]
    spread = max(ends) / min(ends)
    return Figure(
        "read-by-context", drawing,
        alt="Bytes that a decode step moves for one token against the context, on logarithmic "
        "axes, for "
        + "; ".join(
            f"{title} from {quantity(values[0], 'byte')} to {quantity(values[-1], 'byte')}"
            for title, values in lines.items()
        )
        + ".",
        caption="What full layers read rises in proportion to the context. A state that is read "
        "and written sets a floor, until the layers that do look outgrow it. Windows and "
        "choices bend the line; what is still read of every token bends it back. At the right end "
        f"the lines are a factor of {spread:,.3g} apart. Cache in 16 bits, states as stored.",
    )  # fmt: skip


@style.apply
def where_it_saves(
    contexts: Array, kinds: Mapping[str, Array], even: Mapping[str, float]
) -> Figure:
    """Return what a layer of each kind moves as a share of a full one's.

    Parameters
    ----------
    contexts
        Tokens, ascending.
    kinds
        By kind of layer: what it moves over what full attention of the same width would read.
    even
        By kind: the context at which the two are equal, where there is one.
    """
    drawing, axes = style.canvas(7.2, 4.2)
    axes.axhline(1, color=GREY, linewidth=1)
    axes.axhspan(1, 32, color=GREY, alpha=0.12, linewidth=0)
    style.note(axes, "reads more than full attention", (contexts[0], 20), (6, 0), fontsize=8)
    for (title, values), color, dash in zip(kinds.items(), SERIES, DASHES, strict=False):
        axes.plot(contexts, values, color=color, linestyle=dash)
        style.note(axes, title, (contexts[-1], values[-1]), (5, -3), fontsize=8,
                   annotation_clip=False)  # fmt: skip
        if title in even:
            axes.plot(even[title], 1, "o", color=color, markersize=6)
            side = {"ha": "right"} if even[title] == min(even.values()) else {"ha": "left"}
            style.note(axes, f"{even[title]:,.0f}", (even[title], 1), (0, 6), fontsize=8, **side)
    axes.set_yscale("log")
    axes.set_ylim(1e-4, 32)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share:.12g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_ylabel("moved, full attention = 1")
    _contexts(axes, contexts)
    return Figure(
        "where-it-saves", drawing,
        alt="What one layer moves as a multiple of a full layer's reading, against the context, "
        "both logarithmic; falling lines for "
        + "; ".join(kinds)
        + ". They cross one at "
        + ", ".join(f"{at:,.0f} tokens for {title}" for title, at in even.items())
        + ".",
        caption="A state and a choice have a context below which they save nothing, marked in "
        "tokens; a window saves once it is full. States and windows go on saving as the context "
        "grows; a choice ends at what its indexer must read of every token.",
    )  # fmt: skip


@style.apply
def dollars_by_position(
    published: Sequence[Mapping[str, Any]], ours: Mapping[str, tuple[Array, Array]]
) -> Figure:
    """Return what a decoded token costs by its position: as published, and the least that we get.

    Parameters
    ----------
    published
        Rows with positions (tokens) and dollars for a million tokens.
    ours
        By title: positions and dollars of a bound.
    """
    drawing, axes = style.canvas(7.2, 4)
    for row, color in zip(published, (COLORS["kv"], COLORS["decode"]), strict=True):
        axes.plot(row["positions"], row["dollars"], color=color, linewidth=2)
        style.note(axes, row["title"], (row["positions"][-1], row["dollars"][-1]), (5, -3),
                   fontsize=8, annotation_clip=False)  # fmt: skip
    for (title, (positions, dollars)), dash in zip(ours.items(), ("--", ":"), strict=True):
        axes.plot(positions, dollars, color=INK, linestyle=dash, linewidth=1.4)
        style.note(axes, title, (positions[-1], dollars[-1]), (5, -3), fontsize=8,
                   annotation_clip=False)  # fmt: skip
    axes.set_xlim(0, 2**17)
    axes.set_ylim(0, None)
    axes.set_xticks(2.0**15 * np.arange(5), ["0", "32K", "64K", "96K", "128K"])
    axes.set_xlabel("position of the token")
    axes.set_ylabel("USD for a million tokens")
    ends = "; ".join(f"{row['title']} {row['dollars'][-1]:.2f} USD" for row in published)
    return Figure(
        "dollars-by-position", drawing,
        alt=f"Published cost of a million decoded tokens against position: at 128K {ends}. Below "
        "them, dashed, the least that the full level gives for either model.",
        caption="What the vendor measured, solid, above what the arithmetic alone would cost at "
        "the chip's peak in 8 bits, dashed. Both fall by nearly the same factor.",
    )  # fmt: skip
