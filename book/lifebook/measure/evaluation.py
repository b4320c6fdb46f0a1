"""Estimates against published times: by regime, out of sample, and what each term is for.

A row's error is the distance of the predicted time from the measured one, as a share of the latter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from lifebook.data import load
from lifebook.measure.regimes import REGIMES, decodes, runs_on
from lifebook.measure.steps import (
    FILE,
    Array,
    Steps,
    bounds,
    caches,
    expectations,
    published_steps,
)
from lifecost.catalog import hardware, models
from lifecost.formulas.overheads import (
    prompt_work_time,
    step_time,
    time_per_token,
    time_to_first_token,
)
from lifecost.formulas.service import service_throughput
from lifecost.formulas.time import decode_step_time, largest_batch
from lifecost.serving import Layout, regime, setting
from lifecost.symbols import SYMBOLS

# Sources whose rows say what ran, on chips of the three generations that the constants are about.
SOURCES = ("inferencex", "nvidia-aic", "argonne", "gpt-fast")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_DRAWS = 400  # of a bootstrap: its interval moves by a few thousandths between as many others


def sound(steps: Steps) -> Steps:
    """Return those of some ``steps`` whose measurement is not known to be at fault."""
    return steps.where(steps["fault"] == "")


def ratios(steps: Steps) -> Array:
    """Return the measured times of ``steps`` over their bounds."""
    return steps.seconds / bounds(steps)


def spread(steps: Steps) -> Array:
    """Return how far apart the times are that different engines take for the same setting.

    For each setting that several engines ran, among the rows of ``steps``, the longest over the
    shortest time.
    """
    same = ("model", "device", "chips", "tensor", "data", "expert", "mode", "weights", "batch",
            "prompt", "answer")  # fmt: skip
    engines = np.array([name.split()[0] for name in steps["engine"]])
    found = []
    for places, rows in steps.groups(*same):
        best = [rows.seconds[engines[places] == name].min() for name in set(engines[places])]
        if len(best) > 1:
            found.append(max(best) / min(best))
    return np.array(found)


def estimates(steps: Steps, **constants: Any) -> Any:
    """Return the seconds of each row with overheads, by constants that may be changed.

    Parameters
    ----------
    steps
        Rows of decoding, none of training.
    **constants
        Symbols to take in place of what chips reach, such as ``operation_time``.
    """
    return timed(steps, symbols(steps), **constants)


@cache
def symbols(steps: Steps) -> dict[str, Any]:
    """Return what an estimate of each row takes: see `lifecost.serving.setting`.

    Where the batch is not published it is the largest that fits, and that engines allow.
    """
    about = load(FILE)
    at = setting(
        list(steps["model"]), list(steps["device"]),
        Layout(*(steps[name] for name in ("tensor", "data", "expert", "pipeline"))),
        np.where(np.isnan(steps["batch"]), 1, steps["batch"]), steps["prompt"], steps["answer"],
        weights=[about["format"][name]["served"] for name in steps["weights"]], cache=caches(steps),
        engine=np.where(
            np.isin(steps["mode"], ("aggregated", "saturated")), "aggregated", "disaggregated"
        ).tolist(),
    )  # fmt: skip
    open_ = steps["mode"] == "saturated"
    if open_.any():
        most = about["saturated"]["largest_batch"] * steps["data"]
        room = np.clip(np.floor(largest_batch(at)), 1, most)
        at["batch"] = np.where(open_, room, at["batch"])
    return at


def timed(steps: Steps, at: dict[str, Any], **constants: Any) -> Any:
    """Return the seconds of each row, whose `symbols` are known."""
    at = at | {name: np.full(len(steps), value) for name, value in constants.items()}
    token, static = time_per_token(at), steps["mode"] == "static"
    # The prompts of a whole batch are read one by one before its answers are written.
    whole = at["batch"] * prompt_work_time(at) + (steps["answer"] - 1) * step_time(at)
    of_all = 1 / service_throughput(at)
    return np.where(static, whole, np.where(steps["mode"] == "saturated", of_all, token))


class Trial:
    """Estimates of some rows by constants, with the time of an operation still open.

    Each estimate is a straight line in that time, so two of its values say all.

    Parameters
    ----------
    steps
        Rows of decoding.
    **constants
        Symbols to take in place of what chips reach.
    """

    def __init__(self, steps: Steps, **constants: Any) -> None:
        self.steps, at = steps, symbols(steps)
        self.none = timed(steps, at, **constants, operation_time=0)
        self.each = timed(steps, at, **constants, operation_time=1) - self.none

    def ratios(self, operation_time: Any) -> Any:
        """Return predicted over measured times."""
        return (self.none + self.each * operation_time) / self.steps.seconds

    def errors(self, operation_time: Any) -> Any:
        """Return the distances of the predicted from the measured times, as shares of these."""
        return np.abs(self.ratios(operation_time) - 1)

    def fit(self, sources: Collection[str] = SOURCES) -> float:
        """Return the time of an operation with the least median error, sources counting alike."""
        chosen = [self.steps["source"] == name for name in sources]
        tried = load(FILE)["fit"]
        times = np.arange(0, tried["most"], tried["step"])
        found = [sum(np.median(self.errors(time)[rows]) for rows in chosen) for time in times]
        return float(times[np.argmin(found)])

    @cached_property
    def blind(self) -> Array:
        """For each row the time of an operation that was fitted without its source."""
        own = {name: self.fit([n for n in SOURCES if n != name]) for name in SOURCES}
        whole = self.fit()
        return np.array([own.get(name, whole) for name in self.steps["source"]])


def interval(steps: Steps, errors: Array) -> tuple[float, float]:
    """Return the middle 95 % of the median error, by a bootstrap over what ran.

    Rows of one model, device, number of chips and engine are drawn together: they err alike.
    """
    kinds = steps.groups("model", "device", "chips", "engine")
    groups, random = [errors[places] for places, _ in kinds], np.random.default_rng(0)
    draws = random.integers(len(groups), size=(_DRAWS, len(groups)))
    medians = [np.median(np.concatenate([groups[i] for i in draw])) for draw in draws]
    low, high = np.quantile(medians, (0.025, 0.975))
    return float(low), float(high)


# Symbols as if there were none of an overhead. The time of an operation is fitted anew each time,
# so that it takes over what it can.
WITHOUT: Mapping[str, Mapping[str, float]] = {
    "nothing": {},
    "prompts between the steps": {"aggregated": 0},
    "arithmetic below its peak": {
        "flops_share": 1, "expert_flops_share": 1, "attention_peak_share": 1,
    },
    "bandwidth below its peak": {"bandwidth_share": 1},
    "messages between chips": {
        "collective_time": 0, "link_bandwidth": SYMBOLS["link_bandwidth"].high,
    },
}  # fmt: skip


@cache
def core() -> Steps:
    """Return the rows that the fourth level is held to: sound ones of `SOURCES`, on one node.

    Their batch is known, the chips are NVIDIA's for data centers, and no stage is a pipeline's.
    """
    steps = sound(published_steps())
    steps = steps.where(np.isin(steps["source"], SOURCES) & (steps["pipeline"] == 1))
    return steps.where(decodes(steps))


@cache
def trial() -> Trial:
    """Return the estimates of the `core` rows."""
    return Trial(core())


@dataclass(frozen=True)
class Score:
    """How far off the estimates of some rows are.

    Attributes
    ----------
    title
        What the rows are.
    rows
        How many.
    operation_time
        What was fitted without their source, in seconds.
    median, low, high
        The median error, and the interval that holds it with 95 %.
    ninety
        The error that nine of ten rows stay below.
    bias
        The median of predicted over measured time.
    """

    title: str
    rows: int
    operation_time: float
    median: float
    low: float
    high: float
    ninety: float
    bias: float


def score(title: str, made: Trial, chosen: Array) -> Score:
    """Return how far off the estimates of some rows are, blind to their source."""
    times = made.blind[chosen]
    steps, errors = made.steps.where(chosen), made.errors(made.blind)[chosen]
    return Score(
        title, len(steps), float(np.median(times)), float(np.median(errors)),
        *interval(steps, errors), float(np.quantile(errors, 0.9)),
        float(np.median(made.ratios(made.blind)[chosen])),
    )  # fmt: skip


def out_of_sample() -> list[Score]:
    """Return the errors of each source that the constant was not fitted on, and of all."""
    made = trial()
    found = [score(name, made, made.steps["source"] == name) for name in SOURCES]
    return [*found, score("all four", made, np.ones(len(made.steps), bool))]


def left_out() -> Iterator[tuple[str, float, list[float]]]:
    """Yield what is left out, the time of an operation then, and the median errors by source."""
    for title, constants in WITHOUT.items():
        made = Trial(core(), **constants)
        yield title, made.fit(), _by_source(made.errors(made.blind))
    yield "the time of an operation", 0.0, _by_source(trial().errors(0))


def _by_source(errors: Array) -> list[float]:
    return [float(np.median(errors[core()["source"] == name])) for name in SOURCES]


def predicted() -> Steps:
    """Return the sound rows for which there is an estimate, of whatever regime.

    Those of training have none, nor those of several chips whose links no source describes.
    """
    steps = sound(published_steps())
    linked = np.array([bool(hardware[name].link_bandwidth) for name in steps["device"]])
    steps = steps.where((steps["mode"] != "training") & (linked | (steps["chips"] == 1)))
    return steps.where(~runs_on(steps, "llama.cpp", "DeepSpeed-MII"))


def errors_by_regime() -> dict[str, float]:
    """Return the median error of each of `REGIMES` that has estimates, blind to its source."""
    made = Trial(predicted())
    errors, found = made.errors(made.blind), {}
    for kind in REGIMES:
        held = kind.holds(made.steps)
        if held.any():
            found[kind.title] = float(np.median(errors[held]))
    return found


def served() -> Steps:
    """Return the `core` rows of services, which several engines run in the same settings."""
    return core().where(core()["measure"] == "token")


def regime_errors() -> Iterator[tuple[str, float, int]]:
    """Yield each regime of ``data/regimes.toml`` with its median error, and the rows it is of."""
    made = Trial(predicted())
    names = regime(list(made.steps["device"]), symbols(made.steps))
    errors = made.errors(made.blind)
    for name in dict.fromkeys(names):
        yield str(name), float(np.median(errors[names == name])), int((names == name).sum())
    known = made.steps.where(np.isfinite(made.steps["first_token"]))
    first = np.abs(time_to_first_token(symbols(known)) / known["first_token"] - 1)
    yield "first-token", float(np.median(first)), len(known)


def table() -> list[dict[str, Any]]:
    """Return for each regime its rows, and how many times their bounds they take.

    ``quantiles`` are those of `QUANTILES`; ``even`` is the median over what even routing expects.
    """
    steps = sound(published_steps())
    found, even, rows = ratios(steps), steps.seconds / expectations(steps), []
    for kind in REGIMES:
        held = kind.holds(steps)
        rows.append({
            "title": kind.title, "rows": int(held.sum()), "even": float(np.median(even[held])),
            "quantiles": np.quantile(found[held], QUANTILES).tolist(),
        })  # fmt: skip
    return rows


def machines() -> list[dict[str, Any]]:
    """Return times of a token, measured and predicted blind, by model, machine and engine."""
    made, steps = trial(), core()
    each = np.where(steps["measure"] == "batch", steps["answer"], 1)
    times = steps.seconds / each, made.ratios(made.blind) * steps.seconds / each
    found = []
    for places, rows in steps.groups("source", "model", "device", "chips", "engine"):
        if len(places) < 2:
            continue
        measured, estimated = (float(np.exp(np.log(t[places]).mean())) for t in times)
        title = (
            f"{models[rows['model'][0]].title}, {int(rows['chips'][0])} x "
            f"{hardware[rows['device'][0]].title}, {rows['engine'][0]}"
        )
        found.append({
            "title": title, "source": str(rows["source"][0]), "rows": len(places),
            "measured": measured, "estimated": estimated,
        })  # fmt: skip
    return found


def lines() -> list[dict[str, Any]]:
    """Return published straight lines of a step's time in the context, bounded and predicted.

    ``slope`` and ``intercept`` are each measured, bound and estimate, in seconds.
    """
    found = []
    for row in load("decode_lines")["row"]:
        at = setting(
            row["model"], row["hardware"], Layout(), 1, np.array([1, 2**17]), 1,
            weights=row["weights"], cache=row["cache"],
        )  # fmt: skip
        ends = [(step(at), at["context"]) for step in (decode_step_time, step_time)]
        slopes = [float((time[1] - time[0]) / (at[1] - at[0])) for time, at in ends]
        starts = [float(time[0] - k * at[0]) for k, (time, at) in zip(slopes, ends, strict=True)]
        found.append({
            "title": row["title"],
            "slope": (row["slope"], *slopes), "intercept": (row["intercept"], *starts),
        })  # fmt: skip
    return found
