"""Pictures of "The lifetime bill": the cheapest size of a quality, and where it walks."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from lifebook.figures import style
from lifebook.figures.style import DASHES, GREY, SERIES, Array, Figure
from lifecost.quantities import number


def _sizes(axes: Axes, low: float, high: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(lambda size, _: f"{number(size / 1e9, 1)}B")
    axes.set_xlabel("parameters")


@style.apply
def valleys(
    sizes: Array, costs: Mapping[str, tuple[Array, Array]], lowest: Mapping[str, Array], peer: float
) -> Figure:
    """Return the cost of a life by model size at equal loss, for several demands.

    Parameters
    ----------
    sizes
        Parameters, ascending.
    costs
        By demand: cost over the compute-optimal model's where a token is a forward pass, and where
        it may wait for its cache.
    lowest
        By demand: the cheapest size and its cost, twice as in ``costs``.
    peer
        Parameters of the compute-optimal model.
    """
    drawing, axes = style.canvas(7.2, 4.2)
    axes.axhline(1, color=GREY, linewidth=1)
    for (demand, (forward, full)), color in zip(costs.items(), SERIES, strict=False):
        axes.plot(sizes, forward, linestyle=":", color=color)
        axes.plot(sizes, full, color=color, label=demand)
        looks = (("none", "center", 0), (color, "right", -4))
        for (size, cost), (face, side, shift) in zip(lowest[demand], looks, strict=True):
            axes.plot(size, cost, "o", markersize=8, color=color, markerfacecolor=face)
            height = -16 if cost < 0.95 else 8  # below the highest valley lie the next one's walls
            style.note(axes, f"{number(size / 1e9, 2)}B", (size, cost), (shift, height), ha=side)
    axes.plot(peer, 1, "s", color=GREY, markersize=8)
    style.note(axes, "compute-optimal", (peer, 1), (8, -4), va="top")
    _sizes(axes, sizes[0], sizes[-1])
    axes.set_ylim(0.4, 1.7)
    axes.set_ylabel("cost of the whole life, same loss")
    axes.legend(title="tokens decoded", loc="lower left")
    style.over(axes, "dotted: a token is a forward pass;  solid: it may wait for its cache")
    return Figure(
        "lifetime-valleys", drawing,
        alt="Curves of lifetime cost against model size at equal loss, relative to the "
        "compute-optimal model. With growing demand the valley moves to smaller models. Solid "
        "curves, which count the reading of the cache, have their lowest point further left than "
        "the dotted ones: a little lower at the smaller demands, higher at the largest.",
        caption="The more a model is to serve, the smaller is the cheapest model of its quality. "
        "Counting the cache moves that size further down. It also makes the right choice save "
        "more, until demand is huge; then the choice saves less.",
    )  # fmt: skip


@style.apply
def walk(
    demand: Array, paths: Mapping[str, Array], bands: Mapping[str, tuple[Array, Array]]
) -> Figure:
    """Return the cheapest size over the compute-optimal one, by demand, law by law.

    Parameters
    ----------
    demand
        Decoded tokens, ascending.
    paths
        By law: cheapest size over the compute-optimal size.
    bands
        By what spreads them: the lowest and the highest of the same.
    """
    drawing, axes = style.canvas(7.2, 4.6)
    for (spread, (low, high)), alpha in zip(bands.items(), (0.25, 0.55), strict=False):
        axes.fill_between(demand, low, high, color=GREY, alpha=alpha, linewidth=0, label=spread)
    for (law, path), color, dash in zip(paths.items(), SERIES, DASHES, strict=False):
        axes.plot(demand, path, color=color, linestyle=dash, label=law)
    axes.set_xscale("log")
    axes.set_xlim(demand[0], demand[-1])
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("tokens decoded over the lifetime")
    axes.set_ylabel("cheapest over compute-optimal size")
    drawing.legend(loc="outside lower center", ncols=2, fontsize=9)
    return Figure(
        "lifetime-walk", drawing,
        alt="The cheapest size as a fraction of the compute-optimal size against the tokens "
        "decoded over the lifetime: one falling line for each law, a wide band around one of "
        "them, and below the lines a second band that falls faster.",
        caption="All laws say smaller, and they disagree on how much. The wide band is what the "
        "standard errors of one law's constants allow; the low one holds four fits to small "
        "models, with and without the longest runs.",
    )  # fmt: skip
