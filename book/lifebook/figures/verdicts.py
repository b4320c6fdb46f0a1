"""The picture of the ledger: how many rows came to which verdict."""

from __future__ import annotations

from collections.abc import Mapping

from lifebook.figures import style
from lifebook.figures.style import GREY, Figure

# Verdicts have no color of their own meaning: shades of one grey, told apart by their labels.
_ALPHA = {"holds": 0.95, "rounding": 0.75, "conditional": 0.55, "fails": 0.95}


@style.apply
def verdicts(counts: Mapping[str, int]) -> Figure:
    """Return the counts of rows by verdict, as bars with their numbers beside them."""
    drawing, axes = style.canvas(7.2, 2.2)
    names = list(counts)[::-1]
    bars = axes.barh(names, [counts[n] for n in names], color=GREY)
    for bar, name in zip(bars, names, strict=True):
        bar.set_alpha(_ALPHA.get(name, 0.6))
    axes.bar_label(bars, padding=4)
    axes.set_xlabel("rows of the ledger")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    listed = ", ".join(f"{count} {name}" for name, count in counts.items())
    return Figure(
        "verdicts", drawing,
        alt=f"Bar chart of the ledger's rows by verdict: {listed}.",
        caption="Most of the post's numbers hold to the digits it prints. Most of what needs a "
        "condition is a claim in words.",
    )  # fmt: skip
