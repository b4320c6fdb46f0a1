"""Mixes of layers: every stack of them, in every context, batch and device, at the bound."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lifebook.data import load
from lifecost.catalog import hardware, models
from lifecost.errors import InputError
from lifecost.formulas.time import expected_step_time, memory_needed
from lifecost.stack import STACK, Block, Part, Stack

Array: TypeAlias = NDArray[np.float64]
_GRAIN = 64  # mixes that are counted together: a step of the progress bar


@dataclass(frozen=True)
class Sweep:
    """Chip time of a decoded token for every mix, context, batch and device, in this order.

    Attributes
    ----------
    kinds
        The kinds of layer, as ``data/mixes.toml`` names them.
    mixes
        For each mix, how many layers it has of each kind.
    contexts, batches, devices
        What the other axes are.
    seconds
        Chip-seconds for a token, an array of four axes.
    fits
        Whether weights and cache find room, as an array of that shape.
    """

    kinds: tuple[str, ...]
    mixes: NDArray[np.int_]
    contexts: NDArray[np.int_]
    batches: NDArray[np.int_]
    devices: tuple[str, ...]
    seconds: Array
    fits: NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.seconds.size)

    def cheapest(self) -> Array:
        """Return the least chip time of each mix, context and device, at its best batch that fits.

        Infinite where none fits.
        """
        least: Array = np.where(self.fits, self.seconds, np.inf).min(axis=2)
        return least

    def cheaper(self) -> Array:
        """Return by how much each mix is cheaper than full attention in all layers.

        For each mix, context and device, both at their best batch; not a number where one has none.
        """
        least = self.cheapest()
        whole = self.mixes[:, self.kinds.index("full")] == self.mixes.sum(axis=1)
        with np.errstate(invalid="ignore"):
            factor: Array = least[whole] / least
        factor[~np.isfinite(factor)] = np.nan
        return factor

    def attending(self) -> Array:
        """Return the share of each mix's layers that can look at any token of the context."""
        far = [kind in ("full", "latent", "sparse") for kind in self.kinds]
        share: Array = self.mixes[:, far].sum(axis=1) / self.mixes.sum(axis=1)
        return share

    def __repr__(self) -> str:
        named = zip(("mixes", "contexts", "batches", "devices"), self.seconds.shape, strict=True)
        return f"{len(self):,} stacks: " + " x ".join(f"{count:,} {name}" for name, count in named)


def sweep(
    units: int | None = None,
    progress: Callable[[Iterator[Any], int], Iterator[Any]] | None = None,
) -> Sweep:
    """Return what a decoded token costs in every mix of layers, context, batch and device.

    The layers of one model are divided among the kinds in all ways; all else of it stays.

    Parameters
    ----------
    units
        Into how many equal parts the layers are divided: a million stacks with the 12 of
        ``data/mixes.toml``, which they are unless it is given.
    progress
        Wraps the iteration over groups of mixes, given their number: a progress bar.

    Raises
    ------
    InputError
        If the layers cannot be divided into so many parts.

    Examples
    --------
    >>> sweep(units=2)
    8,250 stacks: 15 mixes x 11 contexts x 10 batches x 5 devices
    """
    known = load("mixes")
    given, layers = known["sweep"], known["frame"]["layers"]
    units = given["units"] if units is None else units
    if units.__class__ is not int or not 1 <= units <= layers or layers % units:
        raise InputError(f"units = {units!r} is out of range: a divisor of {layers} layers")
    kinds = tuple(known["kinds"])
    mixes = np.array(list(_divisions(units, len(kinds)))) * (layers // units)
    contexts, batches = (np.array(given[name]) for name in ("contexts", "batches"))
    chips = given["chips"]
    rates = [hardware[name].at(precision, chips) for name, precision in given["devices"]]
    # Axes: mix, context, batch, device.
    setting = {
        name: np.array([rate[name] for rate in rates])
        for name in ("peak_flops", "memory_bandwidth")
    } | {
        "context": contexts[:, None, None].astype(float), "batch": batches[:, None].astype(float),
        "kv_bytes": given["kv_bytes"], "weight_bytes": given["weight_bytes"],
        "state_bytes": given["state_bytes"],
    }  # fmt: skip
    capacity = np.array([rate["memory_capacity"] for rate in rates])
    groups = [mixes[i : i + _GRAIN] for i in range(0, len(mixes), _GRAIN)]
    seconds, fits = [], []
    steps = iter(groups)
    for group in progress(steps, len(groups)) if progress else steps:
        counts = group.T[..., None, None, None].astype(float)  # a browser's whole numbers end early
        stack = _stack(kinds, counts)
        at = {STACK: stack, "n_params": stack.value("stored_params", {}), **setting}
        shape = np.broadcast_shapes(*(np.shape(axis) for axis in (counts[0], *setting.values())))
        time = expected_step_time(at) * chips / setting["batch"]
        fit = memory_needed(at) <= capacity
        seconds.append(np.broadcast_to(time, shape))
        fits.append(np.broadcast_to(fit, shape))
    names = tuple(hardware[name].title for name, _ in given["devices"])
    return Sweep(
        kinds, mixes, contexts, batches, names, np.concatenate(seconds), np.concatenate(fits)
    )


def _divisions(units: int, kinds: int) -> Iterator[tuple[int, ...]]:
    """Yield all ways to divide so many units among the kinds."""
    for bars in itertools.combinations(range(units + kinds - 1), kinds - 1):
        edges = (-1, *bars, units + kinds - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(edges))


def _stack(kinds: tuple[str, ...], counts: Any) -> Stack:
    """Return the frame with so many layers of each kind, where counts may be arrays."""
    known = load("mixes")
    frame = models[known["frame"]["model"]].stack
    parts = [p for p in frame.parts if p.block.family in known["frame"]["families"]]
    for kind, count in zip(kinds, counts, strict=True):
        parts += [Part(count, block) for block in _blocks(known["kinds"][kind], frame.d_model)]
    return Stack(frame.d_model, known["frame"]["layers"], parts)


def _blocks(row: Any, width: int) -> list[Block]:
    """Return the blocks of one layer of a kind, in a residual stream of such a width."""
    wanted = [row["family"], *(["indexer"] if row.get("indexer") else [])]
    found = [p.block for p in models[row["model"]].stack.parts if p.block.family in wanted]
    own = {"d_in": width, "window": row.get("window")}
    return [
        block.but(**{k: v for k, v in own.items() if v and k in dict(block.sizes)})
        for block in found
    ]
