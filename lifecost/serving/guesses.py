"""Speculation in a service: what a draft that guesses tokens changes of times and throughput."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.catalog import Model
from lifecost.errors import InputError
from lifecost.formulas.overheads import step_time, time_per_token
from lifecost.formulas.service import service_throughput
from lifecost.formulas.speculative import speculated_step_time
from lifecost.speculation import draft_cost as cost_of_heads


def guesses(
    model: Model,
    at: Mapping[str, Any],
    speculated: int,
    acceptance: float | None,
    draft_cost: float | None,
) -> dict[str, Any]:
    """Return what a setting binds beside, where tokens are guessed: nothing, if none are.

    Without a cost of the draft, the model's own heads guess.
    """
    if not speculated:
        if acceptance is not None or draft_cost is not None:
            raise InputError("acceptance and draft cost say nothing where no token is speculated")
        return {}
    if acceptance is None:
        raise InputError(
            f"speculated = {check.show(speculated)} needs an acceptance: which share of the "
            "guesses is right"
        )
    cost: Any = draft_cost
    if cost is None:
        if model.draft is None:
            raise InputError(
                f"{model.name} has no heads that guess further tokens: give the cost of a draft"
            )
        given = {name: at[name] for name in ("batch", "context", "kv_bytes", "weight_bytes")}
        cost = cost_of_heads(model, given, hoi=at["peak_flops"] / at["memory_bandwidth"])
    right = check.checked("acceptance_rate", acceptance, "acceptance")
    return {
        "draft_length": check.checked("draft_length", speculated, "speculated"),
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
