"""Pictures of chapter 4: one currency for arithmetic and memory traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import NullFormatter, NullLocator

from lifecost.plots.style import (
    COLORS,
    DASHES,
    GREY,
    Figure,
    Points,
    bars,
    canvas,
    mark,
    plain_log,
    styled,
)

_COSTS = {"compute": "compute", "weights": "weights", "kv": "KV cache"}
_FORMATS = {2: ("16 bits", "o"), 1: ("8 bits", "s"), 0.5: ("4 bits", "^")}  # by bytes an element


@styled
def costs_and_break_even(
    costs: Mapping[str, Sequence[float]],
    context: Any,
    ratios: Mapping[str, Any],
    even: Mapping[str, float],
    opening: float,
) -> Figure:
    """Return the costs of one decode step, and KV over compute against the context.

    Parameters
    ----------
    costs
        By model: FLOPs of the forward pass, FLOP-equivalents of reading the weights and the cache.
    context
        Tokens in each sequence, ascending.
    ratios
        By model: cost of the KV cache over compute at each context.
    even
        By model: context at which the two are equal.
    opening
        Context of the upper panel, a reference line in the lower one.
    """
    drawing, (bars, lines) = canvas(7.2, 6.6, nrows=2, height_ratios=[1, 1.4])
    _grouped_bars(bars, costs)
    bars.set_title(f"One decode step at {opening:,.0f} tokens of context")
    for (title, ratio), dash in zip(ratios.items(), DASHES, strict=False):
        lines.plot(context, ratio, color=COLORS["kv"], linestyle=dash)
        lines.annotate(
            title, (context[-1], ratio[-1]), xytext=(5, -3), textcoords="offset points", fontsize=9,
            annotation_clip=False,
        )  # fmt: skip
        lines.plot(even[title], 1, "o", color=COLORS["kv"], markersize=7)
        lines.annotate(
            f"{even[title]:,.0f}", (even[title], 1), xytext=(-6, 4), textcoords="offset points",
            fontsize=9, ha="right",
        )  # fmt: skip
    lines.axhline(1, color=COLORS["compute"], linewidth=1.5, zorder=0)
    lines.annotate(
        "compute = 1", (context[-1], 1), xytext=(-2, 4), textcoords="offset points", fontsize=9,
        ha="right",
    )  # fmt: skip
    lines.axvline(opening, color=GREY, linewidth=1, linestyle="--", zorder=0)
    lines.set(xscale="log", yscale="log", xlabel="context (tokens)", ylabel="KV cache over compute")
    lines.set_xlim(context[0], context[-1])
    lines.set_ylim(0.02, 500)
    lines.set_xticks([context[0] * 4**step for step in range(6)])
    lines.xaxis.set_minor_locator(NullLocator())
    plain_log(lines.xaxis)
    plain_log(lines.yaxis)
    lines.set_title("Where the cache costs as much as the arithmetic, for any batch")
    return Figure(
        "costs-and-break-even", drawing,
        alt="Above, bars of compute, weights and KV cache in FLOP-equivalents for three models on "
        "a logarithmic axis: the cache leads for the two smaller models, the weights for the "
        "largest. Below, the ratio of KV cache to compute rises in proportion to the context; the "
        "three lines cross one at "
        + ", ".join(f"{tokens:,.0f}" for tokens in even.values())
        + f" tokens, all before {opening:,.0f}.",
        caption="In one currency, memory is the larger part of every step here. The cache passes "
        "the arithmetic at a context that depends on model and chip, not on the batch, and for all "
        f"three models it lies below {opening:,.0f} tokens. Weights, which the post's formula "
        "leaves out, cost the same multiple of compute in each.",
    )  # fmt: skip


def _grouped_bars(axes: Any, costs: Mapping[str, Sequence[float]]) -> None:
    low, ticks = 1e12, []
    for group, values in enumerate(costs.values()):
        ticks.append(4 * group + 1)
        for place, (cost, value) in enumerate(zip(_COSTS, values, strict=True)):
            axes.barh(4 * group + place, value - low, 0.86, left=low, color=COLORS[cost])
            name = f"{_COSTS[cost]}  " if group == 0 else ""
            axes.annotate(
                f"{name}{value:.2e}".replace("e+", "e"), (value, 4 * group + place), xytext=(5, 0),
                textcoords="offset points", va="center", fontsize=9,
            )  # fmt: skip
    axes.set_yticks(ticks, list(costs))
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(low, 1e15)
    axes.invert_yaxis()
    axes.set_xlabel("FLOP-equivalents in one step")


@styled
def intensity_by_year(points: Any, reference: float, refresh: Any) -> Figure:
    """Return the operational intensity of devices by year, per byte and per element.

    Parameters
    ----------
    points
        Rows of year, bytes of an element, FLOPs per byte, FLOPs per element.
    reference
        FLOPs per byte of the post's setting.
    refresh
        Two devices, (title, year, FLOPs per byte), of which the second is the first with faster
        memory.
    """
    drawing, panels = canvas(7.2, 4.2, ncols=2, sharey=True)
    points, ink = np.asarray(points), mpl.rcParams["text.color"]
    fills = dict(zip(_FORMATS, ("none", GREY, ink), strict=True))
    for axes, column, title in zip(panels, (2, 3), ("per byte", "per element"), strict=True):
        axes.axhline(reference, color=GREY, linewidth=1, linestyle="--", zorder=0)
        for place, (size, (label, sign)) in enumerate(_FORMATS.items()):
            chosen = points[points[:, 1] == size]
            years = chosen[:, 0] + 0.22 * (place - 1)  # side by side
            axes.scatter(
                years, chosen[:, column], s=26, marker=sign, facecolors=fills[size], edgecolors=ink,
                linewidths=0.8, label=label,
            )  # fmt: skip
        axes.set_yscale("log")
        axes.set_ylim(1.5, 3000)
        axes.set_xlim(2016.4, 2026.6)
        axes.set_xticks(range(2017, 2027, 3))
        axes.set_title(f"FLOPs {title}")
        axes.set_xlabel("year")
        plain_log(axes.yaxis)
    left, right = panels
    left.set_ylabel("operational intensity")
    left.legend(loc="lower right", handletextpad=0.2, borderaxespad=0)
    right.annotate(
        f"the post's {reference:,.0f}", (2016.6, reference), xytext=(0, 4),
        textcoords="offset points", fontsize=9,
    )  # fmt: skip
    (old, start, high), (new, end, low) = refresh
    left.annotate(
        "", (end, low), xytext=(start, high),
        arrowprops={"arrowstyle": "-|>", "color": ink, "lw": 1.6, "shrinkA": 3, "shrinkB": 4},
    )  # fmt: skip
    left.annotate(
        old.split()[1], (start, high), xytext=(-7, 8), textcoords="offset points", fontsize=9,
        ha="right",
    )  # fmt: skip
    slowest = points[points[:, 2].argmin()]
    right.annotate(
        "memory on the chip", (slowest[0], slowest[3]), xytext=(8, -2), textcoords="offset points",
        fontsize=9,
    )  # fmt: skip
    return Figure(
        "intensity-by-year", drawing,
        alt="Two scatter plots of operational intensity by year on a logarithmic axis. Per byte, "
        "marks fan out by number format, to more than 1,000 for 4 bits. Per element of that format "
        "they gather around the post's value from 2022 on. One part with memory on the chip lies "
        f"far below. An arrow from {old} down to {new} shows a memory refresh.",
        caption="Per byte, each narrower format lifts the intensity; per element, the formats "
        f"of a chip fall together. The arrow, {old} to {new}, is the same arithmetic with "
        "faster memory.",
    )  # fmt: skip


@styled
def balance(points: Points) -> Figure:
    """Return three bars of cost, and the ratio of KV cache to compute against the context."""
    drawing, (upper, axes) = canvas(7.2, 4.6, nrows=2, height_ratios=[1, 1.9])
    low, high = 1e8, 1e19
    names = {
        "compute": "compute-cost",
        "weights (full level)": "weights-cost",
        "KV cache": "kv-cost",
    }
    bars(upper, names, points, low, [COLORS[name] for name in _COSTS])
    upper.set_xscale("log")
    upper.set_xlim(low, high)
    upper.xaxis.set_minor_formatter(NullFormatter())
    upper.tick_params(axis="y", length=0)
    upper.invert_yaxis()
    upper.set_xlabel("FLOP-equivalents in one step")

    axes.axhline(1, color=COLORS["compute"], linewidth=1.5, zorder=0)
    axes.annotate("compute = 1", (13, 1), xytext=(0, 4), textcoords="offset points", fontsize=9)
    look = {"color": COLORS["kv"], "markersize": 8}
    mark(axes, "ratio-mark", points, color=COLORS["kv"])
    mark(axes, "break-even-mark", points, "o", markerfacecolor="none", **look)
    mark(axes, "setting-mark", points, "o", **look)
    axes.set(xscale="log", yscale="log", xlabel="context (tokens)", ylabel="KV cache over compute")
    axes.set_xlim(10, 2**21)
    axes.set_ylim(1e-4, 1e5)
    plain_log(axes.xaxis)
    plain_log(axes.yaxis)
    return Figure(
        "balance", drawing,
        alt="Above, bars of compute, weights and KV cache in FLOP-equivalents on a logarithmic "
        "axis. Below, the ratio of KV cache to compute against the context, a straight line, with "
        "a ring where it crosses one and a dot at the context that is set.",
        caption="The ring is the break-even context, the dot the context that is set: right of the "
        "ring, memory is the cost of a step.",
    )  # fmt: skip


@styled
def roofline(points: Points) -> Figure:
    """Return a device's roofline with prefill, decode and attention in decode under it."""
    drawing, axes = canvas(7.2, 3.8)
    ink = mpl.rcParams["text.color"]
    mark(axes, "roof", points, color=ink, linewidth=1.5)
    looks = {"prefill": ("s", "prefill"), "decode": ("D", "weights"), "attention": ("o", "kv")}
    labels = ("prefill: weights, once a prompt", "decode: weights, once a step", "decode: KV cache")
    for (name, (sign, color)), label in zip(looks.items(), labels, strict=True):
        mark(axes, name, points, sign, color=COLORS[color], markersize=9, label=label)
    axes.legend(loc="lower right")
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel="operational intensity (FLOP/byte)", ylabel="attainable rate (FLOP/s)")
    axes.set_xlim(2**-3, 2**22)
    axes.set_ylim(1e10, 1e17)
    plain_log(axes.xaxis)
    axes.yaxis.set_minor_formatter(NullFormatter())
    return Figure(
        "roofline", drawing,
        alt="A device's roofline on logarithmic axes: a slope, where memory bandwidth limits the "
        "rate of arithmetic, and a flat roof at the peak. Prefill stands on the roof; the weights "
        "and, far lower, the KV cache of a decode step stand on the slope.",
        caption="Left of the corner memory sets the pace. A larger batch moves the weights of a "
        "decode step to the right; nothing that the server does moves the KV cache.",
    )  # fmt: skip
