"""Designs: every combination of the levers, at equal loss, in training and in inference."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lifebook.data import load
from lifebook.shapes import law_through
from lifecost.errors import InputError, unknown_name
from lifecost.formulas.compression import params_penalty
from lifecost.formulas.design import (
    design_prompt_cost_full,
    design_token_cost,
    design_token_cost_full,
)
from lifecost.formulas.equal_loss import equal_loss_tokens
from lifecost.formulas.scaling_law import loss
from lifecost.formulas.shape import shape_relative_width, width_factor
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.values import checked

# What a prompt token costs, and what a decoded one does.
LEVELS = {
    "post": (token_flops_estimate, design_token_cost),
    "full": (design_prompt_cost_full, design_token_cost_full),
}
LEVERS = ("heads", "window", "bits", "depth")
READINGS = ("nats", "share")
Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Designs:
    """Designs of the baseline's loss: arrays with one entry each, unreachable ones left out.

    Attributes
    ----------
    training_factor
        Cost of training over the baseline's.
    inference_factor
        The baseline's cost of inference, prompts and answers, over the design's.
    size, tokens
        Parameters and training tokens over the baseline's.
    options
        By lever, the place of the chosen option in ``data/levers.toml``; and ``draft_length``.
    """

    training_factor: Array
    inference_factor: Array
    size: Array
    tokens: Array
    options: Mapping[str, NDArray[np.int_]]

    def __len__(self) -> int:
        return len(self.size)

    def front(self) -> NDArray[np.int_]:
        """Return the places of the designs that none beats in both, cheapest to train first.

        Each is cheaper in inference than every design that costs no more to train.
        """
        order = np.lexsort((-self.inference_factor, self.training_factor))
        best = np.maximum.accumulate(self.inference_factor[order])
        rises = np.concatenate([[True], best[1:] > best[:-1]])
        places: NDArray[np.int_] = order[rises]
        return places

    def within(self, training: float, inference: float) -> int | None:
        """Return the place of the design in the box that is cheapest in inference; None if none is.

        Parameters
        ----------
        training
            The most that training may cost, over the baseline's.
        inference
            The least by which inference must be cheaper.
        """
        inside = (self.training_factor <= training) & (self.inference_factor >= inference)
        if not inside.any():
            return None
        return int(np.where(inside, self.inference_factor, 0).argmax())

    def bill(self, place: int) -> dict[str, Any]:
        """Return the levers of one design, in words and factors."""
        levers, chosen = load("levers"), {k: int(v[place]) for k, v in self.options.items()}
        rows = {lever: levers[lever][chosen[lever]] for lever in LEVERS}
        return {
            "query heads to a key-value head": rows["heads"]["group"],
            "window": rows["window"]["title"],
            "bits of the cache": rows["bits"]["bits"],
            "layers over the baseline's": rows["depth"]["depth"],
            "guesses": chosen["draft_length"],
            "parameters over the baseline's": float(self.size[place]),
            "training tokens over the baseline's": float(self.tokens[place]),
            "training factor": float(self.training_factor[place]),
            "inference factor": float(self.inference_factor[place]),
        }


def designs(
    model: Mapping[str, float],
    law: Any,
    *,
    prompt_ratio: float,
    kv_exponent: float,
    evidence: bool = True,
    window_gap: float | None = None,
    reading: str = "nats",
    without: Collection[str] = (),
    level: str = "post",
    sizes: int = 800,
    progress: Callable[[Iterator[Any], int], Iterator[Any]] | None = None,
) -> Designs:
    """Return every combination of the levers, each trained until it is as good as the baseline.

    Parameters
    ----------
    model
        What binds the baseline: its shape, ``n_params``, ``train_tokens``, and the setting of a
        decode step (``batch``, ``context``, ``hoi``, ``kv_bytes``, ``weight_bytes``).
    law
        What binds the constants of a scaling law.
    prompt_ratio
        Prompt tokens to a decoded token.
    kv_exponent
        Power with which the cache grows with model size.
    evidence
        Whether levers cost the loss that was measured, or the most that is known of it; else none
        does, and all are on the table.
    window_gap
        Loss that windows are taken to cost, in nats a token. No study measures it at such contexts,
        so that without it none are on the table.
    reading
        How the measured loss of shared heads carries over from the study's small models: as
        ``"nats"``, or as a ``"share"`` of the parameters.
    without
        Levers that stay at the baseline's, of ``LEVERS``.
    level
        ``"post"``, or ``"full"`` where reading the weights and attention's arithmetic count too.
    sizes
        Sizes to be tried, from a tenth of the baseline's to five times it, evenly in logarithm.
    progress
        Wraps the iteration over combinations, given their number: a progress bar.

    Raises
    ------
    InputError
        If a value is out of range, a level, reading or lever unknown, or a value is missing.

    Examples
    --------
    >>> from lifecost import laws, models, post
    >>> base = {**models["llama-3-8b"].bindings, **post.bindings}
    >>> found = designs(base, laws["besiroglu"], prompt_ratio=0, kv_exponent=0.35, sizes=50)
    >>> found.bill(found.front()[-1])["bits of the cache"]
    4.35
    """
    if level not in LEVELS:
        raise unknown_name("level", level, LEVELS)
    if reading not in READINGS:
        raise unknown_name("reading", reading, READINGS)
    for lever in without:
        if lever not in LEVERS:
            raise unknown_name("lever", lever, LEVERS)
    if window_gap is not None:
        window_gap = checked("loss_gap", window_gap)
    if sizes.__class__ is not int or not 1 <= sizes <= 10**6:
        raise InputError(f"sizes = {sizes!r} is out of range: sizes to be tried, from 1 to 1000000")
    prompts = checked("prefill_tokens", prompt_ratio)
    constants = getattr(law, "bindings", law)
    goal = float(loss(constants, model))
    prompt_cost, token_cost = LEVELS[level]
    no_lever = {"size_ratio": 1, "kv_share": 1, "attention_share": 1, "draft_length": 0}
    guesses = load("levers")["guesses"]
    model = {**model, **{name: guesses[name] for name in _GUESS}}
    base = prompt_cost(model, no_lever) * prompts + token_cost(model, no_lever)
    size = np.geomspace(0.1, 5, sizes)
    params = size * model["n_params"]
    lengths = np.arange(guesses["longest"] + 1)[:, None]
    at = {**model, "n_params": params, "size_ratio": size, "draft_length": lengths}
    table = _on_the_table(model, evidence, window_gap is not None, without)
    losses = _losses(model, constants, goal, reading, window_gap or 0) if evidence else _no_loss
    combinations = list(_combinations(model, table, losses))
    found: list[tuple[Any, ...]] = []
    steps = iter(combinations)
    for places, read, met, (gap, left) in progress(steps, len(combinations)) if progress else steps:
        tokens = equal_loss_tokens(constants, n_params=params * left, target_loss=goal - gap)
        training = size * tokens / model["train_tokens"]
        at["kv_share"], at["attention_share"] = read * size**kv_exponent, met * size**_ATTENTION
        inference = base / (prompt_cost(at) * prompts + token_cost(at))
        reached = np.isfinite(training)
        rows = np.broadcast_arrays(
            training, inference, size, tokens / model["train_tokens"], lengths
        )
        kept = [row[:, reached].ravel() for row in rows]
        found.append((*kept, *(np.full(kept[0].size, place, np.int8) for place in places)))
    training, inference, sized, data, length, *chosen = map(
        np.concatenate, zip(*found, strict=True)
    )
    options = dict(zip(LEVERS, chosen, strict=True)) | {"draft_length": length}
    return Designs(training, inference, sized, data, options)


_GUESS = ("acceptance_rate", "draft_cost_ratio")
# Attention's arithmetic goes as depth times width: with their ratio fixed, as this power of size.
_ATTENTION = 2 / 3


def _on_the_table(
    model: Mapping[str, float], evidence: bool, windows: bool, without: Collection[str]
) -> list[list[tuple[int, dict[str, Any]]]]:
    """Return for each lever the options that are on the table, with their places in the file."""
    known, table, group = load("levers"), [], model["n_head"] // model["n_kv_head"]
    baseline = {"group": group, "share": 0, "bits": 8 * model["kv_bytes"], "depth": 1}
    for lever, field in zip(LEVERS, baseline, strict=True):
        table.append([
            (place, row) for place, row in enumerate(known[lever])
            if (lever not in without or row[field] == baseline[field])
            and (row["evidence"] != "none" or not evidence or (lever == "window" and windows))
            and (lever != "heads" or group <= row["group"] <= model["n_head"])
        ])  # fmt: skip
    return table


def _combinations(
    model: Mapping[str, float], table: Any, losses: Callable[..., tuple[float, float]]
) -> Iterator[tuple[tuple[int, ...], float, float, tuple[float, float]]]:
    """Yield for each combination its places, and the cost of it at the baseline's size.

    That is the share of the cache that it reads, the share of attention's arithmetic that it does,
    and its losses.
    """
    group = model["n_head"] // model["n_kv_head"]
    for picks in itertools.product(*table):
        places, (heads, window, bits, depth) = zip(*picks, strict=True)
        near = min(1, window["window"] / model["context"])
        met = 1 - window["share"] * (1 - near)
        read = met * group / heads["group"] * bits["bits"] / 8 / model["kv_bytes"] * depth["depth"]
        # At one size, fewer layers are wider: depth times width goes as the root of depth.
        yield places, read, met * depth["depth"] ** 0.5, losses(heads, window, bits, depth)


def _no_loss(*_: Any) -> tuple[float, float]:
    return 0.0, 1.0


def _losses(
    model: Mapping[str, float], law: Any, goal: float, reading: str, window_gap: float
) -> Callable[..., tuple[float, float]]:
    """Return what gives a combination's loss in nats, and the share of parameters left to it."""
    group = model["n_head"] // model["n_kv_head"]
    measured = {row["group"]: row for row in load("levers")["heads"]}
    own = measured.get(group, measured[1])
    shape = {row["depth"]: _shape_loss(model, row["depth"]) for row in load("levers")["depth"]}

    def losses(heads: Any, window: Any, bits: Any, depth: Any) -> tuple[float, float]:
        gap = bits["loss_gap"] + goal * (shape[depth["depth"]] - 1)
        gap += window_gap if window["share"] else 0
        if reading == "nats":
            return gap + heads["loss_gap"] - own["loss_gap"], 1.0
        left, before = (1 - float(params_penalty(law, row)) for row in (heads, own))
        return gap, left / before

    return losses


def _shape_loss(model: Mapping[str, float], depth: float) -> float:
    """Return the loss of fewer, wider layers over the baseline's: at most, by Kaplan's pair."""
    known = load("shape_studies")
    pair = [float(shape_relative_width(known[f"kaplan-{kind}"])) for kind in ("deep", "shallow")]
    law = law_through(*pair, loss_ratio=known["kaplan-shallow"]["loss_ratio_limit"])
    shape = {name: model[name] for name in shape_relative_width.symbols}
    width = float(shape_relative_width(shape))
    return float(
        width_factor(law, relative_width=width / depth**0.5)
        / width_factor(law, relative_width=width)
    )
