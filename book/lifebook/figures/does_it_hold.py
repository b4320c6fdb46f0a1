"""Pictures of "Does it hold?": predictions against what others measured, and against a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, INK, SERIES, Figure, Points
from lifecost.quantities import number, quantity


@style.apply
def by_regime(titles: Sequence[str], quantiles: Sequence[Sequence[float]]) -> Figure:
    """Return how many times their bounds published runs took, by what kind of run they are.

    Parameters
    ----------
    titles
        Kinds of runs, first on top.
    quantiles
        Of each, five multiples of the bound: what 5, 25, 50, 75 and 95 % of the runs stay below.
    """
    drawing, axes = style.canvas(7.2, 0.27 * len(titles) + 1.2)
    axes.axvline(1, color=GREY, linewidth=2.5)
    names = {}
    for row, (title, (least, low, middle, high, most)) in enumerate(
        zip(titles, quantiles, strict=True)
    ):
        axes.plot((least, most), (row, row), color=COLORS["decode"], linewidth=1.5)
        axes.plot((low, high), (row, row), color=COLORS["decode"], linewidth=5, alpha=0.6)
        (dot,) = axes.plot(middle, row, "o", color=INK, markersize=6)
        mark = f"median-{row}"
        dot.set_gid(mark)
        names[mark] = f"{title}: half of the runs stay below {number(middle)} times the bound"
        style.note(axes, number(middle, 2), (1, row), (6, 0), xycoords=("axes fraction", "data"),
                   fontsize=8, va="center", annotation_clip=False)  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(0.9, 50)
    axes.set_xticks((1, 2, 5, 10, 20, 50))
    style.plain_log(axes.xaxis)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("measured time over its bound")
    axes.set_yticks(range(len(titles)), titles, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(titles) - 0.4, -0.6)
    style.over(axes, "dot: median, at the right in numbers; thick: half of the runs; thin: nine of ten")
    return Figure(
        "bounds-and-reality", drawing, names=names,
        alt="A row for each kind of run, with a dot at the median of measured time over bound and "
        "lines to either side, on a logarithmic axis that begins just below one. Nothing lies left "
        "of one. Most medians lie between two and five, and the lines reach to ten and more.",
        caption="No sound run beats its bound. Half of them take two to five times as long.",
    )  # fmt: skip


@style.apply
def predicted(
    titles: Sequence[str], groups: Sequence[int], measured: Sequence[float],
    estimated: Sequence[float], legend: Sequence[str],
) -> Figure:  # fmt: skip
    """Return predicted against measured times of a token, a dot for each machine and model.

    Parameters
    ----------
    titles
        What each dot is.
    groups
        Which of the ``legend`` it belongs to.
    measured, estimated
        Seconds.
    legend
        Sources, each with a color and a shape of its own.
    """
    drawing, axes = style.canvas(6.0, 5.2)
    ends = 0.8 * min(*measured, *estimated), 1.25 * max(*measured, *estimated)
    axes.plot(ends, ends, color=GREY, linewidth=1.5)
    for share in (0.75, 1.25):
        axes.plot(ends, [share * end for end in ends], color=GREY, linewidth=1, linestyle=":")
    names = {}
    for at, (title, group) in enumerate(zip(titles, groups, strict=True)):
        look = {"color": SERIES[group], "marker": "osD^"[group], "markersize": 5, "alpha": 0.8}
        (dot,) = axes.plot(measured[at], estimated[at], linestyle="none", **look)
        dot.set_gid(f"run-{at}")
        names[f"run-{at}"] = title
    for group, name in enumerate(legend):
        axes.plot((), (), "osD^"[group], color=SERIES[group], label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_seconds))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True)
    axes.set_xlabel("measured time of a token")
    axes.set_ylabel("predicted")
    axes.legend(loc="upper left", fontsize=8)
    return Figure(
        "predicted-measured", drawing, names=names,
        alt="Dots on logarithmic axes of measured and predicted time, from two milliseconds to a "
        "fifth of a second, in four colors and shapes, one for each source. They lie along the "
        "diagonal, most of them between two dotted lines 25 percent above and below it.",
        caption="Each dot is one model on one machine with one engine, predicted with a constant "
        "that its own source had no part in. Rest the pointer on it for its name.",
    )  # fmt: skip


@style.apply
def machine(predicted: Mapping[str, float], measured: Mapping[str, float]) -> Figure:
    """Return predicted and measured times of one decode step, in seconds, by variant."""
    drawing, axes = style.canvas(7.2, 2.4)
    for row, name in enumerate(predicted):
        least, found = predicted[name], measured[name]
        axes.barh(row - 0.2, 1e3 * least, 0.36, color=GREY, label="predicted" if not row else None)
        axes.barh(
            row + 0.2, 1e3 * found, 0.36, color=COLORS["kv"], label="measured" if not row else None
        )
        style.note(
            axes, f"{number(found / least)} times", (1e3 * found, row + 0.2), (4, 0), va="center"
        )
    axes.set_yticks(range(len(predicted)), list(predicted))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(predicted) - 0.4, -0.6)
    axes.set_xlim(0, 1.2e3 * max(*predicted.values(), *measured.values()))
    axes.set_xlabel("one decode step (ms)")
    axes.legend(loc="lower right")
    return Figure(
        "this-machine", drawing,
        alt="Pairs of bars for multi-head, grouped-query and multi-query attention: the predicted "
        "and the measured time of one decode step on the machine that ran this notebook.",
        caption="One core of the machine that ran this notebook: fewer key-value heads make the "
        "step shorter in the predicted proportion.",
    )  # fmt: skip


@style.apply
def overlap(points: Points) -> Figure:
    """Return the parts of a decode step and its time under both conventions, in seconds."""
    drawing, axes = style.canvas(7.2, 2.6)
    names = {
        "arithmetic": "compute-time",
        "weights": "weights-time",
        "KV cache": "kv-time",
        "step, all overlaps": "overlapped-time",
        "step, cache waits": "serial-time",
    }
    for name, part in zip(
        names.values(), ("compute", "weights", "kv", "decode", "decode"), strict=True
    ):
        style.mark(axes, name, points, "o", color=COLORS[part], markersize=11)
    axes.set_yticks(range(len(names)), list(names))
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xscale("log")
    axes.set_xlim(1e-6, 1e3)
    axes.xaxis.set_major_locator(LogLocator(numticks=10))
    axes.xaxis.set_major_formatter(FuncFormatter(_seconds))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("time of one decode step")
    return Figure(
        "step-parts", drawing,
        alt="Five dots on a logarithmic axis of time: arithmetic, reading the weights, reading the "
        "KV cache, and the whole step under two conventions of what overlaps.",
        caption="The two conventions differ by less than a factor of two, and by nothing where "
        "reading takes all of the time.",
    )  # fmt: skip


def _seconds(value: float, _: Any) -> str:
    return quantity(value, "s", 1) if value < 1 else f"{value:,.0f} s"
