"""Pictures of chapter 1: what training costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, SERIES, Array, Figure
from lifecost.quantities import number, quantity

_GREEN = COLORS["training"]
_MARKS = ("o", "s", "^")


@style.apply
def isoflop_valleys(
    n_params: Array,
    valleys: Mapping[float, Array],
    path: tuple[Array, Array],
    published: Sequence[tuple[str, float, float]],
    floor: float,
) -> Figure:
    """Return loss against model size, one valley for each compute budget.

    Parameters
    ----------
    n_params
        Parameters, ascending.
    valleys
        By budget in FLOPs, ascending: loss of a model of each size that spends it.
    path
        Sizes and losses of the compute-optimal models, from small budgets to large.
    published
        Models to mark: title, parameters, loss.
    floor
        Loss that no model can remove; the axis is logarithmic above it.
    """
    drawing, axes = style.canvas(7.2, 4.4)
    low, top = 1.867, 3.3
    axes.plot(*path, color=GREY, linewidth=1.5, linestyle="--", zorder=1)
    for budget, losses in valleys.items():
        axes.plot(n_params, losses, color=_GREEN)
        last = int(np.flatnonzero(np.asarray(losses) < top)[-1])
        beyond = last == len(n_params) - 1
        style.note(
            axes, f"{number(budget)} FLOPs", (n_params[last], losses[last]),
            (4, -4) if beyond else (6, -12), annotation_clip=False,
        )  # fmt: skip
    (start, end), (high, deep) = path[0][:2], path[1][:2] - floor
    style.note(
        axes, "lowest loss\nfor each budget", ((start * end) ** 0.5, floor + (high * deep) ** 0.5),
        (8, -4),
    )  # fmt: skip
    places = ((10, -11, "left"), (44, -30, "left"), (-8, -11, "right"), (-6, -15, "right"))
    leader = {"arrowstyle": "-", "color": INK, "linewidth": 0.8, "shrinkB": 4}
    for (title, size, loss), (x, y, side) in zip(published, places, strict=True):
        axes.plot(size, loss, "o", color=INK, markersize=6)
        style.note(
            axes, title, (size, loss), (x, y), ha=side, arrowprops=leader if abs(x) > 20 else None
        )
    axes.set(xscale="log", xlabel="parameters", ylabel="loss (nats per token, log above floor)")
    axes.set_xlim(n_params[0], n_params[-1])
    axes.set_yscale(
        "function",
        functions=(
            lambda loss: np.log(np.maximum(loss - floor, 1e-9)),
            lambda height: floor + np.exp(height),
        ),
    )
    axes.set_ylim(low, top)
    axes.set_yticks([1.9, 2.0, 2.2, 2.5, 3.0])
    return Figure(
        "isoflop-valleys", drawing,
        alt="Loss against model size, both on logarithmic axes. Each compute budget gives a "
        "valley: too few parameters on its left side, too few tokens on its right. A dashed line "
        "runs through the bottoms, straight down to the right. Gopher lies on the right side of "
        "the valley of its budget, Chinchilla at the bottom, Llama 3 8B far up the left side; "
        "Llama 3 405B lies near the bottom of a deeper valley.",
        caption="A budget fixes the product of size and tokens, not the split: each line spends "
        "one budget on models of every size. Gopher was too large for its budget, Chinchilla is "
        "about right, Llama 3 8B is too small, on purpose. The losses are what the law of "
        "Besiroglu et al. gives, not measured.",
    )  # fmt: skip


@style.apply
def published_laws(
    flops: Array,
    sizes: Mapping[str, Array],
    tokens_per_parameter: Mapping[str, Array],
    tables: Mapping[str, Sequence[Mapping[str, float]]],
    budget: float,
) -> Figure:
    """Return compute-optimal size, and tokens per parameter, by published law.

    Parameters
    ----------
    flops
        Compute budgets, ascending.
    sizes, tokens_per_parameter
        By law: parameters, and tokens for each of them, at each budget.
    tables
        By published table: rows of ``train_flops``, ``n_params`` and ``train_tokens``.
    budget
        A reference line.
    """
    drawing, (upper, lower) = style.canvas(7.2, 7.0, nrows=2, sharex=True, height_ratios=[1, 1.15])
    names: dict[str, str] = {}
    for axes, values in ((upper, sizes), (lower, tokens_per_parameter)):
        for line, color, dash in zip(values.values(), SERIES, DASHES, strict=False):
            axes.plot(flops, line, color=color, linestyle=dash)
        axes.axvline(budget, color=GREY, linewidth=1, linestyle="--", zorder=0)
        axes.set(xscale="log", yscale="log")
        axes.set_xlim(flops[0], flops[-1])
    for (title, rows), sign in zip(tables.items(), _MARKS, strict=True):
        columns = ("train_flops", "n_params", "train_tokens")
        spent, n_params, tokens = (np.array([row[name] for row in rows]) for name in columns)
        look = {"marker": sign, "markersize": 5, "markerfacecolor": "none", "color": INK}
        for axes, heights in ((upper, n_params), (lower, tokens / n_params)):
            for x, at in zip(spent, heights, strict=True):
                (dot,) = axes.plot(x, at, linestyle="none", zorder=3, **look)
                dot.set_gid(f"row-{len(names)}")
                names[dot.get_gid()] = f"{title}, {quantity(x, 'FLOP')}: {at:,.3g}"
            dot.set_label(title)
    upper.legend(loc="upper left", handletextpad=0.2, borderaxespad=0)
    upper.set_ylim(3e7, 2e14)
    upper.set_ylabel("compute-optimal parameters")
    style.note(upper, "Gopher's budget", (budget, 3e7), (5, 6))
    lower.axhline(20, color=GREY, linewidth=1, zorder=0)
    lower.set_ylim(0.1, 1000)
    lower.set(xlabel="compute budget (FLOPs)", ylabel="tokens for each parameter")
    lower.set_yticks([0.1, 1, 10, 20, 100, 1000])
    style.plain_log(lower.yaxis)
    for axes, values, apart in ((upper, sizes, 2.8), (lower, tokens_per_parameter, 1.7)):
        bottom, top = axes.get_ylim()
        ends = {title: float(line[-1]) for title, line in values.items()}
        for (title, y), color in zip(_spread(ends, apart).items(), SERIES, strict=False):
            line = np.asarray(values[title])
            last = int(np.flatnonzero((bottom < line) & (line < top))[-1])
            beyond = last == len(flops) - 1  # or else it leaves the panel below or above
            style.note(
                axes, title, (flops[last], y if beyond else line[last]),
                (6, 0 if beyond else 10 * np.sign(line[0] - line[-1])),
                va="center", annotation_clip=False, color=color,
            )  # fmt: skip
    return Figure(
        "published-laws", drawing, names=names,
        alt="Above, compute-optimal size against budget, by five published laws and three "
        "published tables; Kaplan's line is the steepest. Below, tokens for each parameter: "
        "Besiroglu's refit stays near 20, with the tables of Approaches 1 and 2; the "
        "constants of Approach 3 rise with the budget to over 100, printed above unrounded, and "
        "its table lies on the unrounded line; Kaplan's line falls steeply.",
        caption="Seen as sizes, the fits of the same experiments look alike; seen as tokens for "
        "each parameter, they do not. The printed constants leave the group first.",
    )  # fmt: skip


def _spread(ends: Mapping[str, float], factor: float) -> dict[str, float]:
    """Return heights for labels, in the order given and at least a factor apart."""
    placed: dict[str, float] = {}
    for title in sorted(ends, key=lambda name: -ends[name]):
        ceiling = min(placed.values(), default=np.inf) / factor
        placed[title] = float(min(ends[title], ceiling))
    return {title: placed[title] for title in ends}
