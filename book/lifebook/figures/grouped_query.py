"""Pictures of chapter 3: sharing heads."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.ticker import FixedLocator

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, SERIES, Figure
from lifecost.quantities import quantity


@style.apply
def table(models: Sequence[str], multi_head: Sequence[float], grouped: Sequence[float]) -> Figure:
    """Return the KV cache of each model with multi-head and with grouped-query attention.

    Parameters
    ----------
    models
        Names, smallest first.
    multi_head, grouped
        Bytes of the cache, one for each model.
    """
    drawing, axes = style.canvas(7.2, 2.6)
    for place, ends in enumerate(zip(grouped, multi_head, strict=True)):
        low, high = (size / 1e9 for size in ends)
        axes.plot([low, high], [place, place], color=COLORS["kv"], linewidth=1.5, zorder=1)
        looks = ((COLORS["kv"], "grouped-query", -10, "right"), ("white", "multi-head", 10, "left"))
        for size, (face, kind, shift, side) in zip(ends, looks, strict=True):
            axes.plot(size / 1e9, place, "o", markersize=9, markeredgecolor=COLORS["kv"],
                      markerfacecolor=face, markeredgewidth=1.5)  # fmt: skip
            text = f"{kind}: {quantity(size, 'byte', prefix='G')}"
            style.note(axes, text, (size / 1e9, place), (shift, 0), ha=side, va="center")
        style.note(
            axes, f"{high / low:.3g}×", ((low * high) ** 0.5, place), (0, 6), fontsize=10,
            ha="center", fontweight="bold",
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xlim(1, 1e5)
    axes.set_ylim(len(models) - 0.4, -0.6)
    style.plain_log(axes.xaxis)
    axes.set_xlabel("size of the KV cache (GB)")
    axes.set_yticks(range(len(models)), models)
    axes.tick_params(axis="y", length=0)
    return Figure(
        "gqa-table", drawing,
        alt="Pairs of dots on a logarithmic axis, one pair for each of "
        f"{', '.join(models)}: the KV cache with grouped-query attention, and to its right with "
        "multi-head attention. The right dots rise steeply with the model, the left ones little, "
        "and the factor between them doubles from model to model.",
        caption="With eight key-value heads in every size, the factor saved is the number of "
        "query heads over eight: it doubles from each model to the next.",
    )  # fmt: skip


@style.apply
def balance(
    models: Sequence[str],
    groups: Sequence[Sequence[float]],
    ratios: Sequence[Sequence[float]],
    chosen: Sequence[float],
) -> Figure:
    """Return cache over arithmetic by the number of query heads that share a key-value head.

    Parameters
    ----------
    models
        Names, smallest first.
    groups
        Group sizes of each model, from one query head to all of them.
    ratios
        The cost of reading the cache over that of the arithmetic, at each of them.
    chosen
        The group size that each model was published with.
    """
    drawing, axes = style.canvas(7.2, 3.8)
    for name, sizes, ratio, group, color, dash in zip(
        models, groups, ratios, chosen, SERIES, DASHES, strict=False
    ):
        axes.plot(sizes, ratio, color=color, linestyle=dash)
        axes.plot(sizes[-1], ratio[-1], "s", color=color, markersize=6)
        place = list(sizes).index(group)
        axes.plot(group, ratio[place], "o", color=color, markersize=9)
        style.note(
            axes, name, (sizes[-1], ratio[-1]), (9, 0), fontsize=10, va="center",
            annotation_clip=False,
        )  # fmt: skip
    axes.axhline(1, color=GREY, linewidth=1, linestyle="--")
    style.note(axes, "balance: KV load = compute", (1, 1), (6, 4))
    style.note(axes, "circle: as published\nsquare: one head for all (MQA)", (1, 0.11), (6, 2))
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set_xlim(1, 400)
    axes.set_ylim(0.1, 150)
    style.plain_log(axes.xaxis, axes.yaxis)
    axes.xaxis.set_major_locator(FixedLocator([2**power for power in range(8)]))
    axes.set_xlabel("query heads that share one key-value head")
    axes.set_ylabel("reading the cache over the arithmetic")
    return Figure(
        "gqa-balance", drawing,
        alt=f"Three falling lines on logarithmic axes, for {', '.join(models)}: cache over "
        "arithmetic against the number of query heads that share a key-value head. Each line ends "
        "at its model's number of query heads. The smallest model's line ends above the line of "
        "balance, the others end below it; all three published models stand above it.",
        caption="The smallest model runs out of query heads before its decode step balances; "
        "the larger ones could balance, but as published they stop short of it.",
    )  # fmt: skip


@style.apply
def quality(
    variants: Sequence[str],
    studies: Sequence[str],
    metrics: Sequence[str],
    differences: Sequence[float],
    matched: Sequence[bool],
) -> Figure:
    """Return published differences to multi-head attention, a row for each variant and study.

    Parameters
    ----------
    variants, studies, metrics
        What was compared, by whom, on which benchmark.
    differences
        Score minus that of multi-head attention, in points.
    matched
        Whether the two models are said to have the same number of parameters.
    """
    found: dict[tuple[str, str], list[tuple[float, str, bool]]] = {}
    dots_of = zip(differences, metrics, matched, strict=True)
    for variant, study, dot in zip(variants, studies, dots_of, strict=True):
        found.setdefault((variant, study), []).append(dot)
    kinds = ("MLA", "GQA", "MQA")
    order = sorted(
        found, key=lambda k: (kinds.index(k[0][:3]), -sum(d for d, *_ in found[k]) / len(found[k]))
    )
    drawing, axes = style.canvas(7.2, 5.0)
    axes.axvline(0, color=GREY, linewidth=1, linestyle="--")
    for place, key in enumerate(order):
        dots = sorted(found[key])
        for difference, _, same in dots:
            axes.plot(
                difference, place, "o", markersize=8, markeredgecolor=COLORS["kv"],
                markerfacecolor=COLORS["kv"] if same else "none", markeredgewidth=1.5, alpha=0.85,
            )  # fmt: skip
        ends = [(dots[0], -8, "right"), (dots[-1], 8, "left")]
        for (difference, metric, _), shift, side in ends[: len(dots)]:
            style.note(
                axes, metric, (difference, place), (shift, 0), fontsize=8, ha=side, va="center"
            )
    axes.set_yticks(range(len(order)), [f"{v}\n{s}" for v, s in order], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(order) - 0.4, -0.6)
    axes.set_xlim(-16, 7)
    axes.xaxis.set_major_locator(FixedLocator(range(-15, 6, 5)))
    axes.set_xlabel("score minus that of multi-head attention (points)")
    axes.annotate(
        "filled: parameters matched\nempty: not matched, or not said", (-15.2, 0.5), fontsize=9,
        va="center",
    )  # fmt: skip
    return Figure(
        "gqa-quality", drawing,
        alt="Dots in rows, one row for each attention variant and study, along an axis of "
        "difference to multi-head attention in points. Multi-head latent attention lies mostly to "
        "the right of zero. Grouped-query attention lies around zero in three studies and between "
        "one and five points below it in DeepSeek's. Multi-query attention reaches thirteen points "
        "below.",
        caption="Sharing heads costs little in three studies and several points in a fourth; "
        "compressing instead of sharing (MLA) mostly gains.",
    )  # fmt: skip
