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
from lifecost.symbols import CONSTANTS, SECONDS_PER_DAY

# Each phase of a life, and the formula that bills it.
PHASES = {
    "training": training_flops_exact,
    "RL": life_rl_cost,
    "prefill": life_prompt_flops,
    "cached": life_cache_cost,
    "decode": life_answer_cost,
}


def titles(what: str) -> list[str]:
    """Return what the lives are called, or with ``"model"`` the models that live them.

    Examples
    --------
    >>> titles("life")
    ['chat', 'reasoning', 'agents']
    """
    return [row["title"] for row in load("lives")[what]]


def _row(what: str, title: str) -> dict[str, Any]:
    found = {row["title"]: row for row in load("lives")[what]}
    if title not in found:
        raise unknown_name(f"{what} of the three", title, found)
    row: dict[str, Any] = found[title]
    return row


def request(name: str) -> dict[str, float]:
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
    >>> request("agents")["cached_share"]
    0.942
    """
    row = _row("life", name)
    asked = load("workloads")[row["workload"]]
    return {
        "prompt_length": asked["mean_input_tokens"],
        "answer_length": asked["mean_output_tokens"],
        "cached_share": cached_fraction(row["workload"]) or 0.0,
        "rl_share": rows("reinforcement", model=row["rl"])[0]["share"],
        "decode_tokens": load("lives")["served"][0]["decode_tokens"],
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
    row, served = _row("model", kind), load("lives")["served"][0]
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
        What binds the life, such as `request`; it may change the model's setting.

    Examples
    --------
    >>> bill = phases(lived("dense"), **request("chat"))
    >>> max(bill, key=bill.get)
    'prefill'
    """
    at = {**model, **setting}
    return {name: float(formula(at)) for name, formula in PHASES.items()}


def deepseek_day() -> dict[str, float]:
    """Return DeepSeek's published day as chips by phase, and what they did.

    ``decode`` and ``prefill`` are chips that the day's tokens take at the rates of a machine;
    ``written`` and ``missed`` the tokens of answers, and of prompts that no cache held; ``batch``
    the sequences of a unit that decodes, at the speed that users saw; ``seconds`` a day.

    Examples
    --------
    >>> day = deepseek_day()
    >>> round(day["decode"] / (day["decode"] + day["prefill"]), 2)
    0.58
    """
    known, asked = load("lives")["day"][0], load("workloads")["deepseek-day"]
    seconds = float(CONSTANTS[SECONDS_PER_DAY][0])
    written, read = asked["output_tokens_per_day"], asked["input_tokens_per_day"]
    chips = known["chips_of_a_machine"] / seconds
    return {
        "seconds": seconds,
        "written": written,
        "missed": read - asked["cached_input_tokens_per_day"],
        "context": asked["mean_context"],
        "decode": written / known["written_by_a_machine"] * chips,
        "prefill": read / known["read_by_a_machine"] * chips,
        "batch": known["machines_of_a_unit"] * known["written_by_a_machine"] / known["user_rate"],
    }
