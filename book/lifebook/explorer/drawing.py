"""The picture of any explorer at a setting, drawn by matplotlib from the declaration.

It is what print, a notebook's viewer and a page without a script show; the script draws the same
declaration in its place.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullFormatter
from matplotlib.transforms import Bbox

from lifebook.explorer.base import Declaration
from lifebook.explorer.picture import Axis, Lanes, Plot, value
from lifebook.explorer.script import shared
from lifebook.explorer.words import shown
from lifebook.figures.style import COLORS, GREY, INK, Figure, apply, canvas
from lifecost.stack import STACK

WIDTH, LANE, PLOT = 7.2, 0.42, 3.0  # inches
OF_A_MODEL = (STACK, "n_active_params", "state_bytes")  # which not every model binds
_TICKS = 7  # at most, of a logarithmic axis


@apply
def drawing(explorer: Declaration, **state: object) -> Figure:
    """Return the picture of an explorer at a setting."""
    bound = explorer.bind(**state)
    heights = [
        0.5 + LANE * len(panel.lanes) if isinstance(panel, Lanes) else PLOT
        for panel in explorer.picture
    ]
    drawn, axes = canvas(
        WIDTH, sum(heights), nrows=len(heights), squeeze=False, height_ratios=heights
    )
    for panel, (place,) in zip(explorer.picture, axes, strict=True):
        if isinstance(panel, Lanes):
            _lanes(place, panel, bound, explorer)
        else:
            _plot(place, panel, bound, explorer)
    head, text = explorer.verdict(**state)
    alt = f"{explorer.title} {head} {text} At {explorer.setting(**state)}."
    return Figure(explorer.name, drawn, alt, f"{head} {text}")


def _color(name: str) -> str:
    return COLORS.get(name, GREY if name == "muted" else INK)


def _lanes(axes: Axes, panel: Lanes, bound: Mapping[str, Any], explorer: Declaration) -> None:
    lengths = panel.lengths(bound)
    longest = max(map(sum, lengths))
    for row, (lane, parts) in enumerate(zip(panel.lanes, lengths, strict=True)):
        start = 0.0
        for part, length in zip(lane.parts, parts, strict=True):
            axes.barh(row, length, left=start, height=0.7, color=_color(part.color))
            if length > 0.12 * longest:
                text = axes.text(start + length / 2, row, part.name, ha="center", va="center")
                text.set(color="white", fontweight="bold", fontsize=9)
            start += length
        if panel.together and start < longest:
            axes.plot([start, longest], [row, row], ":", color=GREY, linewidth=1)
    if panel.limit:
        at = value(panel.limit[0], bound)
        end = 1.04 * max(longest, at)
        axes.axvspan(at, end, facecolor="none", edgecolor=GREY, hatch="//", linewidth=0)
        axes.axvline(at, color=INK, linewidth=1)
        axes.set_xlim(0, end)
        axes.set_title(explorer.filled(panel.limit[1], bound), fontsize=9, loc="right")
    axes.set_yticks(range(len(panel.lanes)), [lane.name for lane in panel.lanes])
    axes.invert_yaxis()
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: shown(float(x), panel.kind) if x else "0")
    )


def _plot(axes: Axes, panel: Plot, bound: Mapping[str, Any], explorer: Declaration) -> None:
    for axis, one in ((axes.xaxis, panel.x), (axes.yaxis, panel.y)):
        if one.log:
            getattr(axes, f"set_{axis.axis_name}scale")("log")
            axis.set_major_locator(FixedLocator(ticks(one)))
            axis.set_minor_formatter(NullFormatter())
            axis.minorticks_off()
        axis.set_major_formatter(FuncFormatter(lambda x, _, kind=one.kind: shown(x, kind)))
    axes.set(xlim=(panel.x.low, panel.x.high), ylim=(panel.y.low, panel.y.high))
    axes.set(xlabel=panel.x.label, ylabel=panel.y.label)
    axes.grid(axis="y")
    if panel.split:
        level, above, below = panel.split
        axes.axhspan(panel.y.low, level, color=COLORS["compute"], alpha=0.08, linewidth=0)
        axes.annotate(above, (0, 1), (6, -12), xycoords="axes fraction",
                      textcoords="offset points", fontsize=9, color=GREY)  # fmt: skip
        axes.annotate(below, (1, 0), (-6, 6), xycoords="axes fraction", ha="right",
                      textcoords="offset points", fontsize=9, color=GREY)  # fmt: skip
    if panel.holds:
        name = str(panel.x.at)
        needed, has = panel.holds
        over = [x for x in panel.x.grid()
                if value(needed, {**bound, name: x}) > value(has, {**bound, name: x})]  # fmt: skip
        if over:
            axes.axvspan(over[0], panel.x.high, facecolor="none", edgecolor=GREY, hatch="//",
                         linewidth=0, alpha=0.6)  # fmt: skip
    named: list[tuple[float, float]] = []
    for curve in panel.curves:
        xs, ys = panel.along(curve, bound)
        axes.plot(xs, ys, "--" if curve.dashed else "-", color=_color(curve.color))
        inside = [(x, y) for x, y in zip(xs, ys, strict=True) if panel.y.low < y < panel.y.high]
        for share in (1, 0.75, 0.5, 0.25):  # the first place that no other name has
            if not curve.name or not inside:
                break
            at = inside[round(share * (len(inside) - 1))]
            px, py = axes.transData.transform(at)
            if all(abs(px - a) > 150 or abs(py - b) > 18 for a, b in named):
                named.append((px, py))
                axes.annotate(curve.name, at, (-6, 5), textcoords="offset points", ha="right",
                              fontsize=9)  # fmt: skip
                break
    for points in panel.points:
        if not points.measured:
            spots = [(value(points.x, s), value(points.y, s)) for s in everyone(bound)]
            axes.plot(*zip(*spots, strict=True), "o", color=_color(points.color), markersize=4)
        places = [(x, y) for _, x, y in points.measured]
        if places:
            axes.plot(*zip(*places, strict=True), "o", color=_color(points.color), markersize=4)
    dots = [(value(dot.x, bound), value(dot.y, bound)) for dot in panel.dots]
    for dot, (x, y) in zip(panel.dots, dots, strict=True):
        # At an end it is whole; far beyond it would take the room of the axes.
        out = not (panel.x.low <= x <= panel.x.high and panel.y.low <= y <= panel.y.high)
        look: dict[str, Any] = {"markerfacecolor": "white"} if dot.ring else {}
        axes.plot([x], [y], "o", color=_color(dot.color), clip_on=out, zorder=5, **look)
        if dot.name:
            axes.annotate(explorer.filled(dot.name, bound), (x, y), (8, -12),
                          textcoords="offset points", fontsize=9, annotation_clip=True)  # fmt: skip
    _name(axes, [one for points in panel.points for one in points.measured], dots)


def _name(
    axes: Axes, points: Sequence[tuple[str, float, float]], dots: Sequence[tuple[float, float]]
) -> None:
    """Write each point's name where it stands on no point and on no other name, nearby first."""
    if not points:
        return
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]  # the layout moves the axes
    places = [(x, y) for _, x, y in points]
    drawn = axes.transData.transform([*places, *dots])
    taken = [Bbox.from_extents(x - 5, y - 5, x + 5, y + 5) for x, y in drawn]
    taken += [text.get_window_extent() for text in axes.texts]
    spots = [(side * 6, up) for up in (3, -9, 12, -18, 21, -27, 30, -36) for side in (1, -1)]
    line = {"arrowstyle": "-", "color": GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}
    for (name, *_), at in zip(points, places, strict=True):
        text = axes.annotate(name, at, spots[0], fontsize=7, textcoords="offset points")
        for across, up in spots:
            text.set_position((across, up))
            text.set_horizontalalignment("left" if across > 0 else "right")
            box = text.get_window_extent()
            if axes.bbox.x0 <= box.x0 and box.x1 <= axes.bbox.x1 and not box.count_overlaps(taken):
                break
        taken.append(box)
        if abs(up) > 9:  # too far to be read as its own
            axes.annotate("", at, (across, up + 2), textcoords="offset points", arrowprops=line)


def everyone(bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a setting with each model of the catalog in the place of its own."""
    rest = {name: given for name, given in bound.items() if name not in OF_A_MODEL}
    return [{**rest, **model} for model in shared("models").values()]


def ticks(axis: Axis) -> list[float]:
    """Return where a logarithmic axis is labeled: powers of ten, or of two for a context."""
    base, step = 2.0 if axis.kind == "context" else 10.0, 1
    low = math.ceil(math.log(axis.low, base) - 1e-9)
    high = math.floor(math.log(axis.high, base) + 1e-9)
    while (high - low) // step >= _TICKS:
        step += 1
    return [base**power for power in range(low, high + 1, step)]
