"""Pictures of "Laws beyond size and tokens": experts by batch, and laws that disagree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lifebook.figures import style
from lifebook.figures.style import DASHES, GREY, INK, SERIES, Array, Figure
from lifecost.quantities import number, percent


@style.apply
def experts(ratios: Array, costs: Mapping[str, Array]) -> Figure:
    """Return the cheapest life of a mixture over that of a dense model as good, by its experts.

    Parameters
    ----------
    ratios
        Routed experts for each one that serves a token, ascending from one.
    costs
        By what is said of the curve: the cost of the life over that of one expert.
    """
    drawing, axes = style.canvas(7.2, 3.8)
    axes.axhline(1, color=GREY, linewidth=1)
    for (said, cost), color, dash in zip(costs.items(), SERIES, DASHES, strict=False):
        axes.plot(ratios, cost, color=color, linestyle=dash, label=said)
        least = int(np.argmin(cost))
        axes.plot(ratios[least], cost[least], "o", color=color, markersize=8)
    axes.set_xscale("log", base=2)
    axes.set_xticks(ratios)
    style.plain_log(axes.xaxis)
    axes.set_xlabel("experts for each one that serves a token")
    axes.set_ylabel("cost of the life, same loss")
    axes.set_ylim(0, None)
    axes.legend(loc="upper left", fontsize=9)
    style.over(axes, "dot: the cheapest number of experts;  1: a dense model")
    return Figure(
        "experts-by-batch", drawing,
        alt="Curves of lifetime cost against the number of experts, relative to one expert. The "
        "curve of training alone falls throughout. With service, the curve of the smallest batch "
        "rises from the start, that of a middling one has its lowest point between, and those of "
        "large batches fall almost as far as training does.",
        caption="Experts make training cheaper at any number of them. Whether they make a life "
        "cheaper depends on the batch that shares the reading of their weights.",
    )  # fmt: skip


@style.apply
def sizes_by_law(found: Mapping[str, tuple[float, float]]) -> Figure:
    """Return the cheapest size over the compute-optimal one, law by law.

    Parameters
    ----------
    found
        By law: the cheapest size over the compute-optimal one, and tokens for each parameter there.
    """
    drawing, axes = style.canvas(7.2, 0.3 * len(found) + 1.1)
    names = {}
    for place, (law, (share, ratio)) in enumerate(found.items()):
        (dot,) = axes.plot(share, place, "o", color=INK, markersize=7)
        dot.set_gid(f"law-{place}")
        names[f"law-{place}"] = f"{law}: {percent(share, 2)} of the compute-optimal size"
        style.note(axes, f"{number(ratio, 2)} tokens a parameter", (share, place), (8, 0),
                   va="center", fontsize=8)  # fmt: skip
    axes.set_xlim(0, 0.8)
    axes.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f} %")
    axes.grid(visible=True, axis="x")
    axes.set_xlabel("cheapest over compute-optimal size")
    axes.set_yticks(range(len(found)), list(found), fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(found) - 0.5, -0.5)
    return Figure(
        "sizes-by-law", drawing, names=names,
        alt="A dot for each law on a linear axis from nothing to three quarters. They lie between "
        "a tenth and a half; those of laws fitted to long training lie furthest left.",
        caption="The same life under each published law. All say smaller; they are a factor of "
        "several apart on how much, so the answer is a band.",
    )  # fmt: skip
