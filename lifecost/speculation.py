"""How many tokens to guess: the draft length of the largest speed-up."""

from __future__ import annotations

from typing import Any

import numpy as np

from lifecost.catalog import Model
from lifecost.errors import InputError
from lifecost.formula import Formula
from lifecost.formulas.decode import decode_step_cost_full
from lifecost.values import Value


def best_draft_length(
    speedup: Formula, *objects: Any, longest: int = 32, **values: Value
) -> tuple[Value, Value]:
    """Return the draft length of the largest speed-up, and that speed-up.

    Every length from none to the longest is tried: none gives a speed-up of one.

    Parameters
    ----------
    speedup
        A formula of a speed-up, such as `speculative_speedup_full`.
    objects, values
        What it needs but ``draft_length``: numbers, or arrays that broadcast.
    longest
        The longest draft to be tried, tokens.

    Returns
    -------
    tuple
        Draft lengths (tokens) and speed-ups, numbers or arrays.

    Raises
    ------
    InputError
        If a value is missing or out of range, or ``longest`` is not a whole number from 1 to 1024.

    References
    ----------
    leviathan2023fast

    Examples
    --------
    >>> from lifecost import walltime_speedup
    >>> best_draft_length(walltime_speedup, acceptance_rate=0.8, draft_cost_ratio=0.05)
    (8, 3.0920795428571433)
    """
    if longest.__class__ is not int or not 1 <= longest <= 1024:
        raise InputError(f"longest = {longest!r} is out of range: tokens, from 1 to 1024")
    found = [
        np.asarray(speedup(*objects, draft_length=length, **values))
        for length in range(longest + 1)
    ]
    speedups = np.stack(np.broadcast_arrays(*found))
    lengths, best = speedups.argmax(0), speedups.max(0)
    return (int(lengths), float(best)) if np.ndim(best) == 0 else (lengths, best)


def draft_cost(model: Model, *objects: Any, **values: Value) -> Value:
    """Return what one guess by a model's own heads costs, as a share of a step of the model.

    It is a `draft_cost_ratio`, at the full level: each counts its weights, cache and arithmetic.
    Of several heads each guesses a token in its turn (`Model.draft_length`), and all cost alike.

    Parameters
    ----------
    model
        A model that has such heads, as `load_model` reads them.
    objects, values
        What `decode_step_cost_full` needs beside a model: numbers, or arrays that broadcast.

    Raises
    ------
    InputError
        If the model has no such heads, or a value is missing or out of range.

    Examples
    --------
    >>> from lifecost import models, post
    >>> round(float(draft_cost(models["glm-5"], post)), 3)
    0.015
    """
    if model.draft is None:
        raise InputError(f"{model.name} has no heads that guess further tokens")
    heads: Value = decode_step_cost_full(model.draft, *objects, **values)
    whole: Value = decode_step_cost_full(model, *objects, **values)
    return heads / model.draft_length / whole
