"""Pictures of "What a life holds": bills by phase, experts by batch, and laws that disagree."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lifebook.figures import style
from lifebook.figures.style import COLORS, DASHES, GREY, INK, SERIES, Array, Figure
from lifecost.quantities import number, percent

# A phase's color; reinforcement learning is training, hatched.
_LOOKS: dict[str, dict[str, str]] = {
    "training": {"color": COLORS["training"]},
    "RL": {"color": COLORS["training"], "hatch": "////", "edgecolor": "white"},
    "prefill": {"color": COLORS["prefill"]},
    "cached": {"color": COLORS["kv"]},
    "decode": {"color": COLORS["decode"]},
}
_UNIT = 1e24


@style.apply
def lives(bills: Mapping[tuple[str, str], Mapping[str, float]]) -> Figure:
    """Return what each phase of some lives costs some models, as bars on one linear axis.

    Parameters
    ----------
    bills
        By life and model: FLOP-equivalents of each phase.
    """
    drawing, axes = style.canvas(7.2, 0.36 * len(bills) + 1.4)
    names: dict[str, str] = {}
    labels: list[tuple[float, str]] = []
    place, before = -1.0, ""
    for (life, model), bill in bills.items():
        place += 1 if life == before else 1.6
        left, total = 0.0, sum(bill.values())
        for phase, cost in bill.items():
            (bar,) = axes.barh(place, cost / _UNIT, left=left, height=0.8, **_LOOKS[phase])
            bar.set_gid(f"life-{len(names)}")
            said = f"{life}, {model}: {phase} {percent(cost / total, 2)} of the bill"
            names[f"life-{len(names)}"] = said
            left += cost / _UNIT
        style.note(axes, number(left), (left, place), (4, 0), va="center")
        labels.append((place, f"{life}, {model}" if life != before else model))
        before = life
    axes.set_yticks([place for place, _ in labels], [label for _, label in labels])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(place + 0.7, -0.2)
    axes.set_xlim(0, 1.12 * max(sum(bill.values()) for bill in bills.values()) / _UNIT)
    axes.set_xlabel(r"cost of the life ($10^{24}$ FLOP-equivalents)")
    handles = [axes.barh(0, 0, **look, label=phase) for phase, look in _LOOKS.items()]
    axes.legend(handles=handles, loc="upper right")
    return Figure(
        "three-lives", drawing, names=names,
        alt="Nine stacked bars on a linear axis, three models for each of three lives. The lives "
        "of agents are the longest by far for the dense model and for the mixture. There training "
        "is a thin slice, and reinforcement learning a thinner one, in every bar.",
        caption="Each life writes as many tokens. What comes with them decides: agents read 131 "
        "tokens for each that they write, at contexts of tens of thousands.",
    )  # fmt: skip


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
