"""Pictures of "1.5x to train, 10x cheaper to serve?": models that tried, and mixes of layers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, SERIES, Array, Figure

_KINDS = {
    "latent": ("o", "a latent"),
    "sparse": ("D", "chosen tokens"),
    "linear": ("^", "a fixed state"),
    "windows": ("s", "windows"),
    "full": ("X", "all tokens"),
}
_LETTER = 0.042  # height of a label, in decades


@style.apply
def plane(tried: Sequence[Any], training: float, inference: float) -> Figure:
    """Return the models that tried, on the plane of training cost against inference cost.

    Parameters
    ----------
    tried
        What stands on the plane; those whose training is not known stand beside it.
    training, inference
        The corner of the box: the most that training may cost, the least that inference is cheaper.
    """
    drawing, (axes, beside) = style.canvas(7.2, 5.4, ncols=2, sharey=True, width_ratios=(3, 1.5))
    box = Rectangle((0.01, inference), training - 0.01, 1e4, color=COLORS["training"])
    box.set(alpha=0.18, linewidth=0)
    axes.add_patch(box)
    for panel in (axes, beside):
        panel.axhline(1, color=GREY, linewidth=1)
    axes.axvline(1, color=GREY, linewidth=1)
    known = [one for one in tried if one.training is not None]
    others = [one for one in tried if one.training is None]
    for panel, group in ((axes, known), (beside, others)):
        heights = _apart({one.title: (one.training or 1, one.shown) for one in group})
        for one in group:
            _stand(panel, one, heights[one.title])
    axes.set(xscale="log", yscale="log", xlim=(0.03, 14), ylim=(0.12, 40))
    axes.set(xlabel="training cost", ylabel="inference is cheaper by")
    beside.set(xlim=(0.97, 1.4), xticks=[], xlabel="training tokens\nnot published")
    style.plain_log(axes.xaxis, axes.yaxis)
    for shape, name in _KINDS.values():
        axes.plot([], [], shape, color=GREY, label=name, markersize=6)
    axes.plot([], [], "o", color=GREY, markerfacecolor="none", label="not published: our bound")
    axes.legend(loc="lower left", fontsize=8, ncols=2)
    inside = [one.title for one in known if one.verdict in ("holds", "conditional")]
    return Figure(
        "plane", drawing,
        alt="Scatter of models, training cost against the factor by which inference is cheaper, "
        f"each against the model before it. {len(known)} stand on the plane and {len(others)} "
        "beside it, since their training tokens are not published. In the box of one and a half "
        f"times the training and a tenth of the cost, by some number: {', '.join(inside)}.",
        caption="Filled: the factor that the makers publish for their context, chips and batch. "
        "Open: our bound, where they publish none. The line leads from one to the other. The box "
        "is the post's claim. Most stand left of 1: they paid less for training, not more.",
        names={
            f"model-{one.row['id']}": f"{one.title} against {one.row['baseline_title']}: "
            f"{one.row['change']}; {one.row['context']:,} tokens"
            for one in tried
        },
    )  # fmt: skip


def _stand(axes: Axes, one: Any, height: float) -> None:
    """Draw a model on the plane: what is published, what we count, and its name."""
    cost, (shape, _) = one.training or 1, _KINDS[one.row["kind"]]
    color = SERIES[list(_KINDS).index(one.row["kind"])]
    bound = one.factors["bound"]
    axes.plot([cost, cost], [bound, one.shown], color=color, linewidth=1, alpha=0.6)
    face = color if "published" in one.factors else "none"
    (mark,) = axes.plot(cost, one.shown, shape, color=color, markerfacecolor=face, markersize=7)
    mark.set_gid(f"model-{one.row['id']}")
    axes.plot([cost * 1.04, cost * 1.11], [one.shown, height], color=GREY, linewidth=0.6)
    axes.text(cost * 1.13, height, one.title, fontsize=8, va="center")


def _apart(places: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """Return heights for labels, near their points, so that none stands on another."""
    at: dict[str, float] = {}
    for name, (x, y) in sorted(places.items(), key=lambda one: one[1][1]):
        height = math.log10(y)
        near = [at[n] for n in at if abs(math.log10(places[n][0] / x)) < 1.2]
        at[name] = max([height, *(one + _LETTER * 1.6 for one in near if one > height - 1)])
        if all(abs(height - one) > _LETTER * 1.6 for one in near):
            at[name] = height
    return {name: 10**height for name, height in at.items()}


@style.apply
def contexts(lines: Mapping[str, tuple[Array, Array]], inference: float) -> Figure:
    """Return how much cheaper the best mix of layers is, over the context.

    Parameters
    ----------
    lines
        By name: contexts and factors. What stands behind a comma has a dash of its own.
    inference
        The factor of the claim.
    """
    drawing, axes = style.canvas(7.2, 3.8)
    axes.axhline(inference, color=COLORS["training"], linestyle="--")
    axes.axhline(1, color=GREY, linewidth=1)
    first, kinds = ([*dict.fromkeys(n.partition(", ")[i] for n in lines)] for i in (0, 2))
    for name, (x, y) in lines.items():
        device, _, kind = name.partition(", ")
        axes.plot(
            x, y, color=SERIES[first.index(device)], linestyle=DASHES[kinds.index(kind)], label=name
        )
    axes.set(xscale="log", yscale="log", xlabel="context in tokens")
    axes.set_ylabel("cheaper than full attention by")
    style.plain_log(axes.xaxis, axes.yaxis)
    axes.legend(loc="upper left", fontsize=8)
    crossed = {name: next((a for a, b in zip(x, y, strict=True) if b >= inference), None)
               for name, (x, y) in lines.items()}  # fmt: skip
    return Figure(
        "mixes", drawing,
        alt="Lines that rise with the context: the factor by which the best mix of layers is "
        "cheaper than full attention. Ten times is reached " + "; ".join(
            f"by {name} {f'at {place:,.0f} tokens' if place else 'nowhere'}"
            for name, place in crossed.items()
        ) + ".",
        caption="The dashed green line is the post's ten. A chip with little arithmetic for its "
        "bandwidth gets there last: what these layers save in bytes they partly spend in FLOPs.",
    )  # fmt: skip
