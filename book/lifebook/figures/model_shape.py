"""Pictures of chapter 7: the shape of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, SERIES, Array, Figure

_TICKS = (4, 8, 16, 32, 64, 128)
# Published laws have no color of their own meaning; green is taken, and so is vermilion.
_LAWS = (SERIES[0], SERIES[3], GREY)
_LOOK = {
    "KV cache": (COLORS["kv"], "-"),
    "decode": (COLORS["decode"], "-"),
    "chips": (GREY, "--"),
}


@style.apply
def equal_size(
    layers: Array,
    published: int,
    costs: Mapping[str, Array],
    prices: Mapping[str, tuple[Array, Array]],
    title: str,
) -> Figure:
    """Return what the line of equal size saves, above, and what it costs in loss, below.

    Parameters
    ----------
    layers
        Layers, ascending.
    published
        Layers of the published model.
    costs
        ``"KV cache"`` in bytes a token, ``"decode"`` in FLOP-equivalents a token, ``"chips"``.
    prices
        By law: layers, and the loss in a unit of the law's own.
    title
        Name of the published model.
    """
    drawing, (upper, lower) = style.canvas(7.2, 5.6, nrows=2, sharex=True, height_ratios=[1.1, 1])
    labels = {"KV cache": "KV cache a token", "decode": "a decoded token, full level",
              "chips": "memory of weights and cache, or chips"}  # fmt: skip
    for name, values in costs.items():
        color, dash = _LOOK[name]
        upper.plot(
            layers,
            values / values[layers == published],
            color=color,
            linestyle=dash,
            label=labels[name],
        )
    upper.legend(loc="upper left")
    upper.set(xscale="log", yscale="log", ylabel=f"times that of {title}")
    upper.set_yticks([0.125, 0.25, 0.5, 1, 2, 4])
    style.plain_log(upper.yaxis)
    for (name, (at, loss)), hue, line in zip(prices.items(), _LAWS, DASHES, strict=False):
        lower.plot(
            at, 100 * (loss / loss[at == published] - 1), color=hue, linestyle=line, label=name
        )
    lower.legend(loc="upper center", fontsize=9)
    lower.set_ylim(-2, 6)
    lower.axhline(0, color=GREY, linewidth=1, zorder=0)
    for axes in (upper, lower):
        axes.axvline(published, color=GREY, linewidth=1, linestyle=":", zorder=0)
    style.note(lower, f"{title}, as published", (published, -2), (-5, 6), ha="right")
    lower.set_xlabel("layers (fewer layers are wider: the size is the same)")
    lower.set_ylabel("loss (% against published)")
    lower.set_xticks([tick for tick in _TICKS if tick <= layers[-1]])
    lower.set_xlim(layers[0], layers[-1])
    style.plain_log(lower.xaxis)
    return Figure(
        "equal-size", drawing,
        alt=f"Two panels over the number of layers, from 4 to 64, at the size of {title}. Above, "
        "the KV cache a token is proportional to the layers; the cost of a decoded token and the "
        "memory fall with it toward a floor that the weights set. Below, the loss by three "
        "readings: two fits of Bian et al. have a flat valley left of the published model, a bound "
        "by Kaplan et al. rises to the left.",
        caption="At one size, half the layers hold half the cache, and decode costs nearly half. "
        "Whether that is paid in loss depends on whom you ask: two fits see a gain at first, an "
        "older bound allows a loss.",
    )  # fmt: skip


@style.apply
def optimal_shapes(
    paths: Mapping[str, tuple[Array, Array]],
    published: tuple[float, float],
    edges: tuple[tuple[float, float], tuple[float, float]],
    labels: Sequence[str],
    title: str,
) -> Figure:
    """Return where the cheapest shape lies, by law, as the model serves more.

    Parameters
    ----------
    paths
        By law: layers and feed-forward ratios of the cheapest shape, one for each workload.
    published
        Layers and feed-forward ratio of the published model.
    edges
        Ranges of layers and of ratio that were looked at; only the ratio's are drawn.
    labels
        Workloads, by which the points are numbered.
    title
        Name of the published model.
    """
    drawing, axes = style.canvas(7.2, 4.0)
    (left, right), (low, high) = edges
    for edge in (low, high):
        axes.axhline(edge, color=GREY, linewidth=1, linestyle=":", zorder=0)
    for (name, (layers, ratios)), color, dash, sign in zip(
        paths.items(), _LAWS, DASHES, ("o", "s", "^"), strict=False
    ):
        axes.plot(layers, ratios, color=color, linestyle=dash, marker=sign, label=name, zorder=2)
    layers, ratios = next(iter(paths.values()))
    for label, x, y in zip(labels, layers, ratios, strict=True):
        style.note(axes, label, (x, y), (7, 5))
    axes.plot(*published, "*", color=INK, markersize=13, zorder=3)
    style.note(axes, title, published, (8, 8))
    axes.set(xscale="log", yscale="log", xlabel="layers")
    axes.set_ylabel("feed-forward parameters\nfor each of attention")
    axes.set_xlim(left, right)
    axes.set_ylim(low * 0.85, high * 1.35)
    axes.set_xticks([tick for tick in _TICKS if left <= tick <= right])
    axes.set_yticks([1, 2, 3, 4, 5])
    style.plain_log(axes.xaxis, axes.yaxis)
    axes.legend(loc="lower left", fontsize=9)
    return Figure(
        "optimal-shapes", drawing,
        alt=f"Layers against feed-forward ratio. {title} is a star at 32 layers and a ratio of "
        "4.2. For each of three readings of the loss a path starts without service and runs to the "
        "left and upward as more tokens are decoded, until it ends at the edge of what was "
        "searched.",
        caption="The more a model serves, the fewer layers and the more feed-forward it should "
        "have: all three readings agree on the direction, and not on where to start.",
    )  # fmt: skip
