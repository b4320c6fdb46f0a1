"""The shape whose life is the cheapest at equal loss: it has no closed form, and is searched."""

from __future__ import annotations

from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.errors import InputError
from lifecost.shape.life import Shape, evaluate, gather, lifetime_of_shape
from lifecost.values import Bindings

# Each round looks at so many values on either side of the best, and then nearer to it.
_SIDE, _ROUNDS, _NEARER = 12, 30, 0.5


def cheapest_shape(
    model: Any,
    law: Any,
    shape_law: Any,
    life: Bindings,
    *,
    relative_width: tuple[float, float],
    ff_ratio: tuple[float, float],
    level: str = "full",
) -> Shape:
    """Return the shape whose life is the cheapest at the loss of a published model.

    Searched inside the two ranges, since a law of shape knows nothing beyond what it was fitted to:
    an optimum at the end of a range says that the range decides. Arrays in ``life`` broadcast.

    Parameters
    ----------
    model, law, shape_law, life, level
        As for `lifetime_of_shape`.
    relative_width, ff_ratio
        Lowest and highest value that is looked at.

    Raises
    ------
    InputError
        As `lifetime_of_shape`; or if a range is empty, or no shape in it reaches the loss.

    References
    ----------
    bian2026architecture

    Examples
    --------
    >>> from lifecost import laws, models, post
    >>> from lifecost.shape import cheapest_shape, shape_laws
    >>> life = {**post.bindings, "prefill_tokens": 0, "decode_tokens": 0, "sequence_length": 8192}
    >>> found = cheapest_shape(models["llama-3-8b"], laws["besiroglu"], shape_laws["bian-1b"], life,
    ...                        relative_width=(0.03, 0.3), ff_ratio=(0.5, 5), level="post")
    >>> f"{found.relative_width:.3f}, {found.ff_ratio:.2f}"
    '0.069, 1.22'
    """
    given = gather(model, law, shape_law, life, level)
    ranges = [_range("relative_width", relative_width), _range("ff_ratio", ff_ratio)]
    size = np.broadcast(*(given[n] for n in given if np.ndim(given[n])), np.empty(())).shape
    # Every setting is searched at once, each around its own best: the grid lies in the last axes.
    given = {n: np.asarray(v)[..., None, None] if np.ndim(v) else v for n, v in given.items()}
    best = [np.broadcast_to((low + high) / 2, size) for low, high in ranges]
    steps = np.linspace(-1, 1, 2 * _SIDE + 1)
    for turn in range(_ROUNDS):
        axes = [
            np.clip(near[..., None] + steps * (high - low) / 2 * _NEARER**turn, low, high)
            for near, (low, high) in zip(best, ranges, strict=True)
        ]
        width, share = np.exp(axes[0][..., :, None]), np.exp(axes[1][..., None, :])
        cost = np.reshape(evaluate(given, width, share, level)["flops"], (*size, -1))
        places = np.divmod(cost.argmin(axis=-1), len(steps))
        best = [
            np.take_along_axis(axis, place[..., None], -1)[..., 0]
            for axis, place in zip(axes, places, strict=True)
        ]
    if not np.isfinite(cost.min(axis=-1)).all():
        raise InputError("no shape in these ranges reaches the model's loss on its tokens")
    found = {"relative_width": np.exp(best[0]), "ff_ratio": np.exp(best[1])}
    return lifetime_of_shape(model, law, shape_law, life, **found, level=level)


def _range(name: str, ends: tuple[float, float]) -> tuple[float, float]:
    """Return the logarithms of the ends of a range."""
    low, high = (check.checked(name, end) for end in ends)
    if np.ndim(low) or np.ndim(high) or not low < high:
        raise InputError(f"{name} = {check.show(ends)} is no range: the lower end, then the higher")
    return float(np.log(low)), float(np.log(high))
