"""Pictures of chapter 2: what a token costs."""

from __future__ import annotations

from lifebook.figures import style
from lifebook.figures.style import COLORS, GREY, Array, Figure


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
    style.note(axes, f"memory of one\n{device}", (batch[0], capacity * gigabytes), (6, 4))
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
        "own. With multi-head attention a batch of a few dozen fills the chip.",
    )  # fmt: skip
