"""Pictures of the chapter on query-key interactions: arithmetic for each cached byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, Array, Figure


def _as_roof(axes: Axes) -> None:
    axes.set(xscale="log", yscale="log")
    axes.set(xlabel="FLOPs for each byte of the cache", ylabel="share of the peak rate")
    style.plain_log(axes.xaxis)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.12g} %"))
    axes.yaxis.set_minor_formatter(NullFormatter())


@style.apply
def kinds_under_the_roof(kinds: Mapping[str, float], hoi: float, device: str) -> Figure:
    """Return the roofline of a device with decode attention of several kinds under it.

    Parameters
    ----------
    kinds
        Operational intensity of attention in decode by kind, FLOP/byte.
    hoi
        Operational intensity of the device, FLOP/byte.
    device
        Its name and format.
    """
    drawing, axes = style.canvas(7.2, 4)
    axis = np.array([1, hoi, 4 * hoi])
    roof = np.minimum(1, axis / hoi)
    axes.fill_between(axis[:2], roof[:2], 1, color=COLORS["compute"], alpha=0.12, linewidth=0)
    axes.plot(axis, roof, color=INK, linewidth=1.5)
    for title, intensity in kinds.items():
        share = min(1, intensity / hoi)
        axes.plot(
            [intensity] * 2, [share, 1], color=COLORS["compute"], linewidth=1.5, linestyle=":"
        )
        axes.plot(intensity, share, "o", color=COLORS["kv"], markersize=9)
        style.note(axes, title, (intensity, share), (9, -6))
        style.note(axes, f"×{hoi / intensity:,.3g}", (intensity, 1), (0, 5), ha="center")
    axes.annotate("arithmetic that\nstands idle", (9.2, 0.35), fontsize=9)
    _as_roof(axes)
    axes.set_xlim(1, 4 * hoi)
    axes.set_ylim(1 / hoi, 2)
    return Figure(
        "kinds-under-the-roof", drawing,
        alt=f"The roofline of {device} on logarithmic axes. Attention in decode stands on its "
        "slope: "
        + "; ".join(f"{title}, {hoi / value:,.3g} times below the roof"
                    for title, value in kinds.items())
        + ".",
        caption="The more query heads share a cached byte, the less arithmetic is free beside it. "
        "A dot is attention in a decode step, all else left out; the number above it says how many "
        "times its arithmetic would fit into the time that its cache takes to read. "
        f"Roof of {device}, one byte an element.",
    )  # fmt: skip


@style.apply
def budgets(
    names: Sequence[str], rows: Mapping[str, Sequence[float]], costs: Mapping[str, float]
) -> Figure:
    """Return how rich an interaction each model can afford, by who pays.

    Parameters
    ----------
    names
        The models.
    rows
        Multiples of today's attention arithmetic, for each model: what decode hides at the post's
        level, what it hides at the full level, what the training budget buys.
    costs
        Multiples that known interactions take, by name: reference lines.
    """
    drawing, axes = style.canvas(7.2, 3.6)
    looks = [(COLORS["decode"], 0.45), (COLORS["decode"], 1), (COLORS["training"], 1)]
    for place, ((label, values), (color, alpha)) in enumerate(
        zip(rows.items(), looks, strict=True)
    ):
        heights = [4 * group + place for group in range(len(names))]
        axes.plot(values, heights, "o", markersize=8, color=color, alpha=alpha, label=label)
        for height, value in zip(heights, values, strict=True):
            style.note(axes, f"{value:.3g}", (value, height), (8, 0), va="center")
    for title, multiple in costs.items():
        axes.axvline(multiple, color=GREY, linewidth=1, linestyle="--", zorder=0)
        style.note(axes, title, (multiple, 4 * len(names) - 1.2), (5, 0))
    axes.set_yticks([4 * group + 1 for group in range(len(names))], names)
    axes.tick_params(axis="y", length=0)
    axes.set_xscale("log")
    axes.set_xlim(1, 300)
    axes.set_ylim(4 * len(names) - 0.6, -0.8)
    axes.set_xlabel("arithmetic of an interaction, as a multiple of today's attention")
    style.plain_log(axes.xaxis)
    axes.legend(loc="lower center", bbox_to_anchor=(0.42, 1), ncols=3, fontsize=9)
    return Figure(
        "interaction-budgets", drawing,
        alt="For each model three dots on a logarithmic axis: "
        + "; ".join(
            f"{name}: " + ", ".join(f"{label} {values[place]:.3g}"
                                    for label, values in rows.items())
            for place, name in enumerate(names)
        )
        + ".",
        caption="Decode hides a far richer interaction in the small model than training could pay "
        "for. In the largest, the levels of the cost model disagree about which of the two is "
        "the limit.",
    )  # fmt: skip


@style.apply
def needed_savings(
    prompts: Array, savings: Mapping[str, Array], cases: Mapping[str, tuple[float, float]]
) -> Figure:
    """Return the share of the cache that must be saved, against the prompts that are read.

    Parameters
    ----------
    prompts
        Prompt tokens for each decoded token, ascending.
    savings
        By interaction: share of the cache to be saved at each of them.
    cases
        By workload: prompt tokens for each decoded token, and the share that it asks for.
    """
    drawing, axes = style.canvas(7.2, 4)
    axes.axhspan(1, 100, color=GREY, alpha=0.15, linewidth=0)
    style.note(axes, "more than there is to save", (prompts[0], 1), (6, 26))
    for (title, values), dash in zip(savings.items(), DASHES, strict=False):
        axes.plot(prompts, values, color=COLORS["kv"], linestyle=dash)
        style.note(axes, title, (prompts[-1], values[-1]), (5, -3), annotation_clip=False)
    for title, (asked, share) in cases.items():
        axes.plot(asked, share, "o", color=INK, markersize=6)
        style.note(axes, title, (asked, share), (-8, 3), ha="right")
    axes.set(xscale="log", yscale="log", ylabel="share of the cache to be saved")
    axes.set_xlabel("prompt tokens read for each token decoded")
    axes.set_xlim(prompts[0], prompts[-1])
    axes.set_ylim(0.005, 5)
    style.plain_log(axes.xaxis)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.12g} %"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    return Figure(
        "needed-savings", drawing,
        alt="The share of the cache that an interaction must save, against prompt tokens for each "
        "decoded token, rising lines for "
        + ", ".join(savings)
        + "; workloads as dots: "
        + ", ".join(f"{title} {share:.2g}" for title, (_, share) in cases.items())
        + ".",
        caption="What is free in decode is paid for in training and in prefill. The more prompt "
        "is read for each token of answer, the more of the cache a richer interaction must make "
        "needless to be repaid. Lines at the context of training; dots are published workloads, "
        "each at its own.",
    )  # fmt: skip
