"""Pictures of "Compressing the cache": what may be lost, and what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, Array, Figure
from lifecost.quantities import percent


def _axes(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xlim(0.01, 1.1)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: percent(share, 1))
    axes.yaxis.set_major_formatter(lambda share, _: percent(share, 1))
    axes.set_xlabel("cache that is read, as a share of multi-head attention's")
    axes.set_ylabel("loss in effective parameters")


@style.apply
def penalties(
    shares: Array, curves: Mapping[str, Array], measured: Sequence[Mapping[str, Any]]
) -> Figure:
    """Return the penalty that may be paid at most, by share of the cache, and measured ones.

    Parameters
    ----------
    shares
        Shares of the cache, ascending.
    curves
        By demand: the break-even penalty in parameters at each share.
    measured
        Variants: what each reads, and its penalty in both readings.
    """
    drawing, axes = style.canvas(7.2, 4.2)
    for (demand, allowed), dash in zip(curves.items(), DASHES, strict=False):
        axes.plot(shares, allowed, color=COLORS["decode"], linestyle=dash)
        style.note(axes, f"{demand} decoded", (shares[0], allowed[0]), (4, 4), fontsize=8)
    for row in measured:
        x = row["read_share"]
        low, high = row["params_penalty"], row["equal_loss_params_penalty"]
        axes.plot([x, x], [low, high], color=COLORS["kv"], linewidth=1)
        axes.plot(x, low, "o", color=COLORS["kv"], markerfacecolor="none", markersize=6)
        axes.plot(x, high, "o", color=COLORS["kv"], markersize=6)
        style.note(axes, row["title"], (x, high), (5, 3), fontsize=8)
    _axes(axes)
    style.over(
        axes, "curves: break-even;  measured, carried over as nats: dots,  as a share: rings", 8
    )
    return Figure(
        "penalty-allowed", drawing,
        alt="Falling curves of the largest penalty in parameters that pays, against the share of "
        "the cache that is read, one for each demand. A vertical bar for each measured variant "
        "runs from what it costs if shares carry over up to what it costs if nats do.",
        caption="One curve for each demand. Below it a variant is cheaper over the whole life at "
        "the same quality. A bar is what we do not know: how a loss that was measured on a small "
        "model carries over to a large one.",
    )  # fmt: skip
