"""The picture of the introduction: a lifetime's bill, filling up day by day."""

from __future__ import annotations

from lifebook.figures import style
from lifebook.figures.style import COLORS, FILL, GREY, INK, Array, Figure


@style.apply
def lifetime_bill(days: Array, training: float, decode: Array, even: float, share: float) -> Figure:
    """Return the cost of training and of decoding against days of service.

    Parameters
    ----------
    days
        Days of service, ascending from 0.
    training
        Cost of training, FLOPs.
    decode
        Cost of all tokens decoded until each day, FLOP-equivalents.
    even
        Day on which decoding has cost as much as training.
    share
        Part of the decode cost that is arithmetic; the rest is waiting for the KV cache.
    """
    drawing, axes = style.canvas()
    scale = 1e24
    base = [training / scale] * len(days)
    axes.stackplot(
        days, base, decode * share / scale, decode * (1 - share) / scale,
        colors=[COLORS["training"], COLORS["compute"], COLORS["kv"]], alpha=FILL,
    )  # fmt: skip
    axes.plot([even, even], [0, 2 * training / scale], color=GREY, linewidth=1, linestyle="--")
    style.note(
        axes, f"day {even:.0f}: serving has cost\nas much as training",
        (even, 2 * training / scale), (-10, 14), fontsize=10, ha="right",
    )  # fmt: skip
    last = days[-1]
    axes.annotate("training", (last * 0.02, training / scale / 2), va="center")
    axes.annotate(
        "decode: waiting for the KV cache", (last * 0.97, training / scale * 1.5),
        ha="right", va="center",
    )  # fmt: skip
    style.note(
        axes, "decode: arithmetic", (last * 0.86, 1.02 * training / scale), (0, -22), fontsize=10,
        ha="right", arrowprops={"arrowstyle": "-", "color": INK},
    )  # fmt: skip
    axes.set(xlabel="days of service", ylabel=r"cost ($10^{24}$ FLOP-equivalents)")
    axes.set_xlim(0, last)
    axes.set_ylim(0)
    return Figure(
        "lifetime-bill", drawing,
        alt="Area chart of cumulative cost against days of service. The cost of training is a "
        "constant band; the cost of decoding grows on top of it day by day, almost all of it "
        "waiting for the KV cache, and equals training after about two weeks.",
        caption="The bill of one small model: trained once, then serving the daily volume that one "
        "provider published, in FLOP-equivalents, which count a FLOP of every format alike. Nearly "
        "all of what serving adds is time spent loading the KV cache.",
    )  # fmt: skip
