"""Speculation: how many tokens to guess, and what a draft changes of a service's times."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.catalog import Model
from lifecost.errors import InputError
from lifecost.formula import Formula
from lifecost.formulas.decode import decode_step_cost_full
from lifecost.formulas.overheads import step_time, time_per_token
from lifecost.formulas.service import service_throughput
from lifecost.formulas.speculative import speculated_step_time
from lifecost.serving.cases import model_of
from lifecost.values import Value


def guesses(
    model: Model,
    at: Mapping[str, Any],
    speculated: int,
    acceptance: float | None,
    cost: Any,
) -> dict[str, Any]:
    """Return what a setting binds beside, where tokens are guessed: nothing, if none are.

    Without a ``cost`` of the draft, the model's own heads guess.
    """
    length = check.single("draft_length", speculated, "speculated")
    if not length:
        if acceptance is not None or cost is not None:
            raise InputError("acceptance and draft cost say nothing where no token is speculated")
        return {}
    if acceptance is None:
        raise InputError(
            f"speculated = {length} needs an acceptance: which share of the guesses is right"
        )
    if cost is None:
        if model.draft is None:
            raise InputError(
                f"{model.name} has no heads that guess further tokens: give the cost of a draft"
            )
        given = {name: at[name] for name in ("batch", "context", "kv_bytes", "weight_bytes")}
        cost = draft_cost(model, given, hoi=at["peak_flops"] / at["memory_bandwidth"])
    else:
        check.single("draft_cost_ratio", cost, "draft_cost")
    right = check.single("acceptance_rate", acceptance, "acceptance")
    return {
        "draft_length": length,
        # Where all are right, the series has a case of its own: taken row by row, as the rest is.
        "acceptance_rate": np.full(np.shape(at["batch"]), right) if np.ndim(at["batch"]) else right,
        "draft_cost_ratio": check.checked("draft_cost_ratio", cost, "draft_cost"),
    }


def decode_time(at: Mapping[str, Any]) -> Any:
    """Return the time of a token in decode, with guesses where the setting has some."""
    return speculated_step_time(at) if "draft_length" in at else step_time(at)


def token_time(at: Mapping[str, Any]) -> Any:
    """Return the time between two tokens: in decode, and of the prompts that are read meanwhile."""
    return time_per_token(at) + decode_time(at) - step_time(at)


def throughput(at: Mapping[str, Any]) -> Any:
    """Return the tokens of answers in a second, of all chips."""
    plain = at["batch"] / service_throughput(at)
    return at["batch"] / (plain + decode_time(at) - step_time(at))


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
    if not isinstance(speedup, Formula):
        raise InputError(f"speedup = {check.show(speedup)} is no formula of the package")
    if longest.__class__ is not int or not 1 <= longest <= 1024:
        raise InputError(f"longest = {check.show(longest)} is out of range: tokens, from 1 to 1024")
    found = [
        np.asarray(speedup(*objects, draft_length=length, **values))
        for length in range(longest + 1)
    ]
    speedups = np.stack(np.broadcast_arrays(*found))
    lengths, best = speedups.argmax(0), speedups.max(0)
    return (int(lengths), float(best)) if np.ndim(best) == 0 else (lengths, best)


def draft_cost(model: str | Model, *objects: Any, **values: Value) -> Value:
    """Return what one guess by a model's own heads costs, as a share of a step of the model.

    It is a `draft_cost_ratio`, at the full level: each counts its weights, cache and arithmetic.
    Of several heads each guesses a token in its turn (`Model.draft_length`), and all cost alike.

    Parameters
    ----------
    model
        A model that has such heads, as `load_model` reads them, or its name.
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
    model = model_of(model)
    if model.draft is None:
        raise InputError(f"{model.name} has no heads that guess further tokens")
    heads: Value = decode_step_cost_full(model.draft, *objects, **values)
    whole: Value = decode_step_cost_full(model, *objects, **values)
    return heads / model.draft_length / whole
