"""Pictures of "Compressing the cache": what may be lost, and what was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lifecost.plots.style import (
    COLORS,
    DASHES,
    GREY,
    Figure,
    Points,
    canvas,
    mark,
    styled,
)
from lifecost.quantities import percent


def _axes(axes: Any) -> None:
    axes.set_xscale("log")
    axes.set_xlim(0.01, 1.1)
    axes.set_ylim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: percent(share, 1))
    axes.yaxis.set_major_formatter(lambda share, _: percent(share, 1))
    axes.set_xlabel("cache that is read, as a share of multi-head attention's")
    axes.set_ylabel("loss in effective tokens")


@styled
def penalties(
    shares: Any,
    curves: Mapping[str, Any],
    read: Sequence[float],
    held: Sequence[float],
    lost: Sequence[float],
    named: Mapping[str, int],
) -> Figure:
    """Return the penalty that may be paid at most, by share of the cache, and measured ones.

    Parameters
    ----------
    shares
        Shares of the cache, ascending.
    curves
        By demand: the break-even penalty at each share.
    read, held, lost
        By variant: share of the cache that is read and that is held, and the measured penalty.
    named
        Variants to be named, by their place in the lists.
    """
    drawing, axes = canvas(7.2, 4.2)
    for (demand, allowed), dash in zip(curves.items(), DASHES, strict=False):
        axes.plot(shares, allowed, color=COLORS["decode"], linestyle=dash)
        axes.annotate(
            f"breaks even at {demand} tokens decoded", (shares[0], allowed[0]), xytext=(4, -11),
            textcoords="offset points", fontsize=8,
        )  # fmt: skip
    for at, was, penalty in zip(read, held, lost, strict=True):
        axes.plot([was, at], [penalty, penalty], color=GREY, linewidth=1)
        axes.plot(was, penalty, "o", color=COLORS["kv"], markerfacecolor="none", markersize=6)
        axes.plot(at, penalty, "o", color=COLORS["kv"], markersize=6)
    for name, place in named.items():
        crowded = any(0 < other - lost[place] < 0.05 for at, other in zip(read, lost, strict=True)
                      if at == read[place])  # fmt: skip
        axes.annotate(
            name, (read[place], lost[place]), xytext=(-6, -3) if crowded else (0, 8),
            textcoords="offset points", ha="right" if crowded else "center", fontsize=8,
        )  # fmt: skip
    _axes(axes)
    axes.annotate(
        "dots: measured, at the share that is read;  rings: at the share that is held", (0, 1),
        xytext=(0, 6), xycoords="axes fraction", textcoords="offset points", fontsize=9,
    )  # fmt: skip
    return Figure(
        "penalty-allowed", drawing,
        alt="Falling curves of the largest penalty that pays, against the share of the cache that "
        "is read, one for each demand, and dots for measured variants. At a trillion decoded "
        "tokens and more, all dots lie far below the curve; at a hundred billion most lie above.",
        caption="Below a curve a variant is cheaper over the whole life at the same quality. For a "
        "large demand every measured variant pays many times over.",
    )  # fmt: skip


@styled
def compression(points: Points, shares: Sequence[float], lost: Sequence[float]) -> Figure:
    """Return the curve and the dot of the explorer over measured variants."""
    drawing, axes = canvas(7.2, 3.6)
    axes.plot(shares, lost, "o", color=COLORS["kv"], markersize=6, linestyle="none")
    mark(axes, "allowed", points, color=COLORS["decode"])
    mark(axes, "here", points, "D", color=COLORS["decode"], markersize=9)
    _axes(axes)
    return Figure(
        "penalty-explorer", drawing,
        alt="The break-even penalty as a curve over the share of the cache that is read, with a "
        "diamond at the chosen share, and dots of measured penalties.",
        caption="A dot below the curve is a variant that pays at these settings.",
    )  # fmt: skip
