"""Pictures of "Does it hold?": predictions against what others measured, and against a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, Figure
from lifecost.quantities import number, percent


@style.apply
def shares(titles: Sequence[str], full: Sequence[float], light: Sequence[float | None]) -> Figure:
    """Return the share of its bound that each published run reaches.

    Parameters
    ----------
    titles
        What ran, best last.
    full
        Least time by the full level over the measured time.
    light
        The same without weights, as the post counts; None for prefill.
    """
    drawing, axes = style.canvas(7.2, 0.27 * len(titles) + 1.2)
    axes.axvline(1, color=GREY, linewidth=2.5)
    for row, (share, without) in enumerate(zip(full, light, strict=True)):
        look = {"color": COLORS["weights" if without is not None else "prefill"], "markersize": 7}
        axes.plot(share, row, "o", **look)
        style.note(
            axes, percent(share), (1, row), (6, 0), fontsize=8, va="center", annotation_clip=False
        )
        if without is not None:
            axes.plot(without, row, "o", markerfacecolor="none", markersize=7, color=COLORS["kv"])
    axes.set_xscale("log")
    axes.set_xlim(1e-3, 1)
    axes.xaxis.set_major_locator(LogLocator(numticks=9))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share, 1)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("least time over measured time")
    axes.set_yticks(range(len(titles)), titles, fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.6, len(titles) - 0.4)
    style.over(
        axes, "filled: every byte and FLOP counted, decode (purple) or prefill (light blue);\n"
        "ring: decode without the weights", 5,
    )  # fmt: skip
    return Figure(
        "bounds-and-reality", drawing,
        alt="A row for each published run, with a filled dot at the share of its bound that it "
        "reaches, on a logarithmic axis that ends at one hundred percent. All filled dots lie "
        "between a fifth and four fifths. Rings show the share when weights are left out: for "
        "single sequences they lie hundreds of times lower.",
        caption="No run beats its bound, and most reach a quarter to three quarters of it. For a "
        "single sequence a bound without the weights says next to nothing.",
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
