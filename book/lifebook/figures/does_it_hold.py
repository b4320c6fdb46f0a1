"""Pictures of "Does it hold?": predictions against what others measured, and against a machine."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, INK, SERIES, Figure
from lifecost.quantities import number, percent, quantity


@style.apply
def by_regime(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Return how many times their bounds published runs took, by what kind of run they are.

    Parameters
    ----------
    rows
        A kind of run each, the first on top: ``title``, ``quantiles``, the multiples of the bound
        that 5, 25, 50, 75 and 95 % of its runs stay below, and ``even``, the median multiple of
        what even routing of experts would take.
    """
    drawing, axes = style.canvas(7.2, 0.26 * len(rows) + 1.2)
    axes.axvline(1, color=GREY, linewidth=2.5)
    names = {}
    for place, row in enumerate(rows):
        least, low, middle, high, most = row["quantiles"]
        axes.plot((least, most), (place, place), color=COLORS["decode"], linewidth=1.5)
        axes.plot((low, high), (place, place), color=COLORS["decode"], linewidth=5, alpha=0.6)
        (dot,) = axes.plot(middle, place, "o", color=INK, markersize=6)
        dot.set_gid(f"median-{place}")
        said = f"{row['title']}, {row['rows']} runs: median {number(middle)} times the bound"
        if row["even"] < 0.99 * middle:
            axes.plot(row["even"], place, "o", markerfacecolor="none", color=COLORS["weights"])
            said += f", {number(row['even'])} times what even routing takes"
        names[f"median-{place}"] = said
        style.note(axes, number(middle, 2), (1, place), (6, 0), xycoords=("axes fraction", "data"),
                   fontsize=8, va="center", annotation_clip=False)  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(0.9, 100)
    axes.set_xticks((1, 2, 5, 10, 20, 50, 100))
    style.plain_log(axes.xaxis)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("measured time over its bound")
    axes.set_yticks(range(len(rows)), [row["title"] for row in rows], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    style.over(
        axes,
        "dot: median, at the right in numbers; thick line: half of the runs; thin: nine of ten;\n"
        "ring: the median, if the experts that even routing meets are counted",
        5,
    )
    return Figure(
        "bounds-and-reality", drawing, names=names,
        alt="A row for each kind of run, with a dot at the median of measured time over bound and "
        "lines to either side, on a logarithmic axis that begins just below one. Nothing lies left "
        "of one. Medians of dense models lie between two and six. Those of experts lie far to the "
        "right, with rings between two and seven.",
        caption="No sound run beats its bound. Dense models take about two to six times as long at "
        "the median, and the more chips share the work, the longer. With experts, a bound that "
        "counts only the certain ones says little of a large batch. Rows that name nothing else "
        "are dense models on one machine of NVIDIA's chips.",
    )  # fmt: skip


@style.apply
def predicted(
    runs: Sequence[Mapping[str, Any]], sources: Sequence[str], legend: Sequence[str]
) -> Figure:
    """Return predicted against measured times of a token, a dot for each machine and model.

    Parameters
    ----------
    runs
        What ran (``title``), its ``source``, and seconds ``measured`` and ``estimated``.
    sources, legend
        Sources, each with a color and a shape of its own, and what they are called.
    """
    drawing, axes = style.canvas(6.0, 5.2)
    times = [run[name] for run in runs for name in ("measured", "estimated")]
    ends = 0.8 * min(times), 1.25 * max(times)
    axes.plot(ends, ends, color=GREY, linewidth=1.5)
    near = 0.75, 1.25
    close = sum(near[0] < run["estimated"] / run["measured"] < near[1] for run in runs) / len(runs)
    for share in near:
        axes.plot(ends, [share * end for end in ends], color=GREY, linewidth=1, linestyle=":")
    names = {}
    for at, run in enumerate(runs):
        group = sources.index(run["source"])
        (dot,) = axes.plot(run["measured"], run["estimated"], **_look(group), alpha=0.8)
        dot.set_gid(f"run-{at}")
        names[f"run-{at}"] = (
            f"{run['title']}: measured {quantity(run['measured'], 's')}, "
            f"predicted {quantity(run['estimated'], 's')}"
        )
    for group, name in enumerate(legend):
        axes.plot((), (), **_look(group), label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*ends)
    axes.set_ylim(*ends)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
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
        caption=f"{percent(close)} of the dots lie between the dotted lines, within a quarter of "
        "the measured time. Each is one model on one machine with one engine, predicted with a "
        "constant that its own source had no part in. Rest the pointer on it for its name.",
    )  # fmt: skip


@style.apply
def left_out(medians: Mapping[str, Sequence[float]], sources: Sequence[str]) -> Figure:
    """Return how the median error grows where the estimate leaves out one of its overheads.

    Parameters
    ----------
    medians
        By what is left out, the median error for each source, as a share; ``"nothing"`` is one.
    sources
        What the sources are called.
    """
    whole = medians["nothing"]
    rows = sorted(set(medians) - {"nothing"}, key=lambda row: -sum(medians[row]))
    drawing, axes = style.canvas(7.2, 4.6)
    step, names = len(sources) + 1, {}
    for row, overhead in enumerate(rows):
        for group, source in enumerate(sources):
            before, after = 100 * whole[group], 100 * medians[overhead][group]
            place, said = step * row + group, percent(medians[overhead][group])
            axes.plot((before, after), (place, place), color=SERIES[group], linewidth=4, alpha=0.5,
                      solid_capstyle="butt")  # fmt: skip
            axes.plot(before, place, "|", color=INK, markersize=7)
            (dot,) = axes.plot(after, place, **_look(group), label=None if row else source)
            dot.set_gid(mark := f"without-{row}-{group}")
            names[mark] = f"{source} without {overhead}: {said}, with all {percent(whole[group])}"
            style.note(axes, said, (max(before, after), place), (6, 0), fontsize=7.5, va="center")
    axes.set_yticks([step * row + (step - 2) / 2 for row in range(len(rows))],
                    [textwrap.fill(row, 16) for row in rows])  # fmt: skip
    _errors(axes, step * len(rows) - 1.5)
    # At the left, where no error is: on a phone the right end has to be scrolled to.
    axes.legend(loc="upper left", fontsize=7.5, handlelength=1, handletextpad=0.3, borderaxespad=0)
    style.over(axes, "upright: the whole estimate; symbol: without the overhead at the left")
    return Figure(
        "left-out", drawing, names=names,
        alt="Five groups, one for each overhead, of four lines, one for each source, on a linear "
        "axis of the median error in per cent. Each line begins where the whole estimate is, "
        "between 10 and 15 percent. Lines without the time of an operation are the longest and "
        "end between 18 and 33; one without prompts ends at 28; most others are short.",
        caption="Leave out the time of an operation, and the estimate is off by about twice as "
        "much, whoever measured. Each other overhead matters to some sources, and little to the "
        "rest.",
    )  # fmt: skip


@style.apply
def errors(scores: Sequence[Mapping[str, Any]], sources: Sequence[str]) -> Figure:
    """Return how far off predictions are, by source.

    Parameters
    ----------
    scores
        A source each, the first on top, and all of them at last: ``rows``, and as shares the
        ``median`` error, the interval from ``low`` to ``high`` that holds it with 95 %, and
        ``ninety``, what nine of ten errors lie below.
    sources
        What they are called.
    """
    drawing, axes = style.canvas(7.2, 0.34 * len(scores) + 1.1)
    names = {}
    for place, (source, one) in enumerate(zip(sources, scores, strict=True)):
        low, middle, high, most = (100 * one[name] for name in ("low", "median", "high", "ninety"))
        axes.plot((middle, most), (place, place), "|-", color=COLORS["decode"], linewidth=1.5,
                  markevery=[1], markersize=8)  # fmt: skip
        axes.plot((low, high), (place, place), color=COLORS["decode"], linewidth=6, alpha=0.6,
                  solid_capstyle="butt")  # fmt: skip
        (dot,) = axes.plot(middle, place, "o", color=INK, markersize=6)
        dot.set_gid(f"error-{place}")
        half, ten = percent(one["median"]), percent(one["ninety"])
        names[f"error-{place}"] = (
            f"{source}, {number(one['rows'], 4)} runs: median error {half}, "
            f"with 95 % from {percent(one['low'])} to {percent(one['high'])}; "
            f"nine of ten below {ten}"
        )
        style.note(axes, half, (middle, place), (0, 6), fontsize=8, ha="center")
        style.note(axes, ten, (most, place), (5, 0), fontsize=8, va="center")
    axes.set_yticks(range(len(scores)), sources)
    _errors(axes, len(scores) - 0.5)
    style.over(
        axes, "dot: median; thick line: where it lies with 95 %; thin line: nine of ten errors"
    )
    return Figure(
        "errors", drawing, names=names,
        alt="A row for each of four sources and one for all, on a linear axis of the error in per "
        "cent of the measured time. Dots for the median lie between 10 and 15, thick lines around "
        "them between 8 and 19, and thin lines end between 20 and 42.",
        caption=f"Plan with an error of {half}, and be ready for {ten}: half of all errors are "
        "smaller than the first, and one in ten is larger than the second.",
    )  # fmt: skip


@style.apply
def machine(parts: Mapping[str, Mapping[str, float]]) -> Figure:
    """Return the parts of one decode step, in seconds, by variant of attention."""
    drawing, axes = style.canvas(7.2, 2.4)
    rest = {"color": "none", "edgecolor": GREY, "hatch": "///", "linewidth": 0}
    looks: Sequence[dict[str, Any]] = ({"color": COLORS["kv"]}, {"color": COLORS["weights"]}, rest)
    for row, name in enumerate(parts):
        start = 0.0
        for (part, seconds), look in zip(parts[name].items(), looks, strict=True):
            axes.barh(row, 1e3 * seconds, 0.6, 1e3 * start, label=None if row else part, **look)
            start += seconds
        style.note(axes, quantity(start, "s"), (1e3 * start, row), (4, 0), va="center")
    axes.set_yticks(range(len(parts)), list(parts))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(parts) - 0.4, -0.6)
    axes.set_xlim(0, 1.2e3 * max(sum(part.values()) for part in parts.values()))
    axes.set_xlabel("one decode step (ms)")
    axes.legend(loc="lower right")
    return Figure(
        "this-machine", drawing,
        alt="A bar for each of multi-head, grouped-query and multi-query attention: what reading "
        "the cache and the matrices take at least, and hatched behind them the rest of the "
        "measured time of one decode step on the machine that ran this notebook.",
        caption="One core of the machine that ran this notebook: fewer key-value heads shorten the "
        "part of the cache, and the rest is what a bound leaves out.",
    )  # fmt: skip


def _look(source: int) -> dict[str, Any]:
    """Return the color and the shape that one of the sources has in every picture."""
    return {"color": SERIES[source], "marker": "osD^"[source], "markersize": 5, "linestyle": "none"}


def _errors(axes: Any, end: float) -> None:
    """Give a picture of errors its axes: per cent from none on, and rows from the top to an end."""
    axes.set_xlim(left=0)
    axes.set_ylim(end, -0.8)
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("error of the predicted time (% of the measured time)")
    axes.tick_params(axis="y", length=0)


def _seconds(value: float, _: Any) -> str:
    return quantity(value, "s", 1) if value < 1 else f"{value:,.0f} s"
