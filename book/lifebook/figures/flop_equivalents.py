"""Pictures of chapter 4: one currency for arithmetic and memory traffic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, Array, Figure
from lifecost.quantities import number

_FORMATS = {2: ("16 bits", "o"), 1: ("8 bits", "s"), 0.5: ("4 bits", "^")}  # by bytes an element


@style.apply
def costs_and_break_even(
    costs: Mapping[str, Sequence[float]],
    context: Array,
    ratios: Mapping[str, Array],
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
    drawing, (lanes, lines) = style.canvas(7.2, 6.6, nrows=2, height_ratios=[1, 1.4])
    shares = {model: [cost / values[0] for cost in values] for model, values in costs.items()}
    _lanes(lanes, shares)
    lanes.set_title(f"One decode step at {opening:,.0f} tokens of context")
    for (title, ratio), dash in zip(ratios.items(), DASHES, strict=False):
        lines.plot(context, ratio, color=COLORS["kv"], linestyle=dash)
        style.note(lines, title, (context[-1], ratio[-1]), (5, -3), annotation_clip=False)
        lines.plot(even[title], 1, "o", color=COLORS["kv"], markersize=7)
        style.note(lines, f"{even[title]:,.0f}", (even[title], 1), (-6, 4), ha="right")
    lines.axhline(1, color=COLORS["compute"], linewidth=1.5, zorder=0)
    style.note(lines, "compute = 1", (context[-1], 1), (-2, 4), ha="right")
    lines.axvline(opening, color=GREY, linewidth=1, linestyle="--", zorder=0)
    lines.set(xscale="log", yscale="log", xlabel="context (tokens)", ylabel="KV cache over compute")
    lines.set_xlim(context[0], context[-1])
    lines.set_ylim(0.02, 500)
    lines.set_xticks([context[0] * 4**step for step in range(6)])
    lines.xaxis.set_minor_locator(NullLocator())
    style.plain_log(lines.xaxis, lines.yaxis)
    lines.set_title("Where the cache costs as much as the arithmetic, for any batch")
    return Figure(
        "costs-and-break-even", drawing,
        alt="Above, two lanes for each of three models, in multiples of the forward pass: "
        "arithmetic, which is one, and memory, weights and KV cache end to end: "
        + ", ".join(f"{w:.3g} and {kv:.3g} for {model}" for model, (_, w, kv) in shares.items())
        + ". Below, the ratio of KV cache to compute rises in proportion to the context; the "
        "three lines cross one at "
        + ", ".join(f"{tokens:,.0f}" for tokens in even.values())
        + f" tokens, all before {opening:,.0f}.",
        caption="In one currency, memory takes longer than arithmetic in every step here. The "
        "cache passes the arithmetic at a context that depends on model and chip, not on the "
        f"batch, and for all three models it lies below {opening:,.0f} tokens. Weights, which the "
        "post's formula leaves out, cost the same multiple of compute in each.",
    )  # fmt: skip


def _lanes(axes: Axes, shares: Mapping[str, Sequence[float]]) -> None:
    """Draw arithmetic and memory side by side, since they happen at the same time."""
    ticks = []
    for group, (compute, weights, cache) in enumerate(shares.values()):
        top, low = 3 * group, 3 * group + 1
        ticks.append((top + low) / 2)
        axes.barh(top, compute, 0.86, color=COLORS["compute"])
        axes.barh(low, weights, 0.86, color=COLORS["weights"])
        axes.barh(low, cache, 0.86, left=weights, color=COLORS["kv"])
        names = ("arithmetic  ", "weights  ", "KV cache  ") if group == 0 else ("", "", "")
        style.note(axes, f"{names[0]}{compute:.3g}", (compute, top), (5, 0), va="center")
        text = f"{names[1]}{weights:.3g} + {names[2]}{cache:.3g}"
        style.note(axes, text, (weights + cache, low), (5, 0), va="center")
    axes.set_yticks(ticks, list(shares))
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1.5 * max(sum(values[1:]) for values in shares.values()))
    axes.invert_yaxis()
    axes.set_xlabel("multiples of the forward pass")


@style.apply
def intensity_by_year(
    points: Sequence[tuple[str, int, str, float, float]],
    bands: Mapping[float, tuple[float, float]],
    reference: float,
    refresh: Sequence[tuple[str, int, float]],
) -> Figure:
    """Return the operational intensity of devices by year: all formats, and one at a time.

    Parameters
    ----------
    points
        Rows of title, year, precision, bytes of an element, FLOPs per byte.
    bands
        By bytes of an element: lowest and highest intensity of recent data-center parts.
    reference
        FLOPs per byte of the post's setting.
    refresh
        Two devices, (title, year, FLOPs per byte), of which the second is the first with faster
        memory.
    """
    drawing, panels = style.canvas(7.2, 4.2, ncols=3, sharey=True)
    fills = dict(zip(_FORMATS, ("none", GREY, INK), strict=True))
    titles = ("every format", *(f"{_FORMATS[size][0]} only" for size in bands))
    names: dict[str, str] = {}
    for axes, only, head in zip(panels, (None, *bands), titles, strict=True):
        axes.axhline(reference, color=GREY, linewidth=1, linestyle="--", zorder=0)
        for place, (size, (bits, sign)) in enumerate(_FORMATS.items()):
            chosen = [row for row in points if row[3] == size and only in (None, size)]
            shift = 0.22 * (place - 1) if only is None else 0  # side by side
            for whole in (False, True):  # whole numbers are small crosses
                look = {"marker": "x", "markersize": 3.8} if whole else {
                    "marker": sign, "markersize": 5.1, "markerfacecolor": fills[size],
                }  # fmt: skip
                label = "8 bits, integer" if whole and size == 1 else bits
                rows = [row for row in chosen if row[2].startswith("int") is whole]
                for title, year, form, _, intensity in rows:
                    (dot,) = axes.plot(year + shift, intensity, label=label, color=INK, **look)
                    dot.set(gid=f"part-{len(names)}", linestyle="none", markeredgewidth=0.8)
                    names[dot.get_gid()] = f"{title}, {form}: {number(intensity)} FLOP/byte"
                    label = ""
        axes.set_yscale("log")
        axes.set_ylim(1.5, 3000)
        axes.set_xlim(2016.4, 2026.6)
        axes.set_xticks([2017, 2020, 2023, 2026])
        axes.set_title(head)
        axes.set_xlabel("year")
        style.plain_log(axes.yaxis)
    for axes, (low, high) in zip(panels[1:], bands.values(), strict=True):
        axes.fill_between([2021.5, 2025.5], low, high, color=GREY, alpha=0.2, linewidth=0, zorder=0)
        axes.annotate(
            f"data-center parts\nsince 2022 (shaded):\na factor of {high / low:.3g}", (2016.6, 4.7),
            fontsize=9, va="center",
        )  # fmt: skip
    left = panels[0]
    left.set_ylabel("operational intensity (FLOP/byte)")
    left.legend(loc="lower right", fontsize=9, handlelength=1, borderaxespad=0)
    style.note(left, f"the post's {reference:,.0f}", (2016.6, reference), (0, 4))
    (old, start, high), (new, end, low) = refresh
    panels[2].annotate(
        "", (end, low), xytext=(start, high),
        arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.6, "shrinkA": 3, "shrinkB": 4},
    )  # fmt: skip
    style.note(panels[2], old.split()[1], (start, high), (-7, 8), ha="right")
    slowest = min((row for row in points if row[3] == next(iter(bands))), key=lambda row: row[4])
    style.note(panels[1], "memory on the chip", (slowest[1], slowest[4]), (8, -2))
    spreads = " and ".join(f"{high / low:.3g}" for low, high in bands.values())
    return Figure(
        "intensity-by-year", drawing, names=names,
        alt="Three scatter plots of operational intensity by year on a logarithmic axis. With "
        "every format in one plot the marks fan out, to more than 1,000 for 4 bits. In 16 bits "
        "alone and in 8 bits alone, data-center parts since 2022 lie in bands, highest over lowest "
        f"{spreads}. One part with memory on the chip lies far below. An arrow from {old} down to "
        f"{new} shows a memory refresh.",
        caption="Narrower formats lift the intensity; within one format, recent data-center parts "
        f"lie close together (shaded). The arrow, {old} to {new}, is the same arithmetic with "
        "faster memory.",
    )  # fmt: skip
