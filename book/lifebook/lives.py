"""Three lives, and what each phase of them costs a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lifebook.data import load
from lifebook.evidence import cached_fraction, rows
from lifecost.catalog import Model, models, post
from lifecost.errors import unknown_name
from lifecost.formulas.requests import (
    life_answer_cost,
    life_cache_cost,
    life_prompt_flops,
    life_rl_cost,
)
from lifecost.formulas.training import training_flops_exact

# Each phase of a life, and the formula that bills it.
PHASES = {
    "training": training_flops_exact,
    "RL": life_rl_cost,
    "prefill": life_prompt_flops,
    "cached": life_cache_cost,
    "decode": life_answer_cost,
}


def life(name: str) -> dict[str, float]:
    """Return what a life binds: its requests, its share of reinforcement learning, its answers.

    Parameters
    ----------
    name
        A life of ``data/lives.toml``: chat, reasoning or agents.

    Raises
    ------
    InputError
        If there is no such life.

    Examples
    --------
    >>> life("agents")["cached_share"]
    0.942
    """
    known = load("lives")
    if name not in known["life"]:
        raise unknown_name("life", name, known["life"])
    row = known["life"][name]
    asked = load("workloads")[row["workload"]]
    return {
        "prompt_length": asked["mean_input_tokens"],
        "answer_length": asked["mean_output_tokens"],
        "cached_share": cached_fraction(row["workload"]) or 0.0,
        "rl_share": rows("reinforcement", model=row["rl"])[0]["share"],
        "decode_tokens": known["served"]["decode_tokens"],
    }


def lived(kind: str) -> dict[str, Any]:
    """Return what a model of the three lives binds, at the post's intensity and bytes.

    Parameters
    ----------
    kind
        A model of ``data/lives.toml``: dense, mixture or hybrid.

    Examples
    --------
    >>> lived("dense")["train_tokens"]
    15000000000000.0
    """
    known = load("lives")
    if kind not in known["model"]:
        raise unknown_name("model of the lives", kind, known["model"])
    row, served = known["model"][kind], known["served"]
    model: Model = models[row["model"]]
    setting = {name: post.bindings[name] for name in ("hoi", "kv_bytes", "weight_bytes")}
    own = {name: served[name] for name in ("batch", "sequence_length")}
    return {**model.bindings, **setting, **own, "train_tokens": row["train_tokens"]}


def phases(model: Mapping[str, Any], **setting: Any) -> dict[str, float]:
    """Return what each phase of a life costs a model, in FLOP-equivalents.

    Parameters
    ----------
    model
        What binds the model and its setting, such as `lived`.
    setting
        What binds the life, such as `life`; it may change the model's setting.

    Examples
    --------
    >>> bill = phases(lived("dense"), **life("chat"))
    >>> max(bill, key=bill.get)
    'prefill'
    """
    at = {**model, **setting}
    return {name: float(formula(at)) for name, formula in PHASES.items()}
