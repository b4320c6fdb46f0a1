"""Pictures of chapter 2: what a token costs."""

from __future__ import annotations

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, Array, Figure, Points


@style.apply
def bytes_moved(
    batch: Array, weights: float, kv_cache: Array, capacity: float, device: str
) -> Figure:
    """Return the bytes that one decode step reads, by batch.

    Parameters
    ----------
    batch
        Batch sizes, ascending.
    weights
        Bytes of the weights.
    kv_cache
        Bytes of the KV cache at each batch.
    capacity
        Bytes of memory on one device, a reference line.
    device
        Name of that device.
    """
    drawing, axes = style.canvas()
    gigabytes = 1 / 1e9
    axes.stackplot(
        batch, [weights * gigabytes] * len(batch), kv_cache * gigabytes,
        colors=[COLORS["weights"], COLORS["kv"]], alpha=0.85, labels=["weights", "KV cache"],
    )  # fmt: skip
    axes.axhline(capacity * gigabytes, color=GREY, linewidth=1, linestyle="--")
    style.note(axes, f"memory of one {device}", (batch[0], capacity * gigabytes), (6, 4))
    axes.set(xlabel="batch (sequences)", ylabel="read in one decode step (GB)")
    axes.set_xlim(batch[0], batch[-1])
    axes.set_ylim(0)
    axes.legend(loc="upper left", bbox_to_anchor=(0.0, 0.86), reverse=True)
    return Figure(
        "bytes-moved", drawing,
        alt="Area chart of the bytes read in one decode step against the batch. A thin constant "
        "band of weights lies under a wedge of KV cache that grows in proportion to the batch and "
        f"soon passes the memory of one {device}.",
        caption="Weights are read once for the whole batch; every sequence brings a cache of its "
        "own. A larger batch spreads the cost of the weights; that of the caches grows with it.",
    )  # fmt: skip


@style.apply
def kv_against_weights(points: Points, capacity: float, device: str) -> Figure:
    """Return two bars, weights and cache in bytes, with a device's memory for scale."""
    drawing, axes = style.canvas(7.2, 1.9)
    low, high = 1e8, 1e14
    style.bars(axes, {"weights": "weights-size", "KV cache": "kv-cache-size"}, points, low,
         [COLORS["weights"], COLORS["kv"]])  # fmt: skip
    axes.axvline(capacity, color=GREY, linewidth=1, linestyle="--")
    style.note(axes, f"one {device}", (capacity, 1.45), (4, 0), annotation_clip=False)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    style.byte_log(axes.xaxis)
    axes.set_xlabel("size (bytes)")
    return Figure(
        "kv-against-weights", drawing,
        alt="Two bars on a logarithmic axis: the size of the weights and of the KV cache, beside "
        f"the memory of one {device}.",
        caption="The weights are there once, for all. The cache grows with the batch and with the "
        "context, until it outgrows both the weights and the device.",
    )  # fmt: skip
