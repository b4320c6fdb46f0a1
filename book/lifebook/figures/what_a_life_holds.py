"""Picture of "What a life holds": bills by phase."""

from __future__ import annotations

from collections.abc import Mapping

from lifebook.figures import style
from lifebook.figures.style import COLORS, Figure
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
        caption="Each life writes as many tokens. What comes with them decides: agents read far "
        "more tokens than they write, at contexts of tens of thousands.",
    )  # fmt: skip
