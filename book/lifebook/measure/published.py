"""Times that others published, beside the bounds that the formulas give for the same setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lifebook.evidence import rows
from lifecost.catalog import hardware, models
from lifecost.formulas.time import (
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    prefill_time,
)
from lifecost.formulas.transformer import attention_flops, token_flops


@dataclass(frozen=True)
class Run:
    """One published time.

    Attributes
    ----------
    title, phase, source
        What ran, ``"prefill"``, ``"decode"`` or ``"table"``, and a key of the bibliography.
    measured
        Seconds of one step of the whole batch.
    bound
        Least seconds by the full level; for a table, that of its own convention.
    without_weights
        Seconds by what the post counts, arithmetic and cache; None for prefill.
    """

    title: str
    phase: str
    source: str
    measured: float
    bound: float
    without_weights: float | None

    @property
    def ratio(self) -> float:
        """Measured time as a multiple of the bound: how far reality falls short."""
        return self.measured / self.bound


def runs(*phases: str) -> list[Run]:
    """Return the published times of some phases, or all.

    Parameters
    ----------
    *phases
        ``prefill``, ``decode``, or ``table`` for the times of a table whose source adds them up.

    Examples
    --------
    >>> min(run.ratio for run in runs("prefill", "decode")) > 1
    True
    """
    return [_run(row) for row in rows("measurements") if not phases or row["phase"] in phases]


def setting_of(row: Mapping[str, Any]) -> tuple[Any, dict[str, float]]:
    """Return the model of a row and the symbols of its setting.

    The ``row`` is one of ``data/measurements.toml``. Where attention computes in a format of its
    own, ``peak_flops`` is the rate that the two formats reach together.

    Examples
    --------
    >>> model, setting = setting_of(rows("measurements")[0])
    >>> model.name, setting["batch"]
    ('palm-540b', 512)
    """
    part, model = hardware[row["hardware"]], models[row["model"]]
    setting = {**part.at(row["precision"], row["chips"]), **row["setting"]}
    if "attention_precision" in row:
        share = float(attention_flops(model, setting) / token_flops(model, setting))
        slow = part.at(row["attention_precision"])["peak_flops"]
        setting["peak_flops"] = 1 / (
            (1 - share) / setting["peak_flops"] + share / (row["chips"] * slow)
        )
    return model, setting


def _run(row: Mapping[str, Any]) -> Run:
    setting, phase = setting_of(row), row["phase"]
    if "tokens_per_second" in row:
        measured = row["setting"]["batch"] / row["tokens_per_second"]
    else:
        measured = row["seconds"] / row["steps"]
    bounds = {
        "prefill": prefill_time,
        "decode": decode_step_time,
        "table": decode_step_time_serial,
    }
    light = None
    if phase != "prefill":
        light = float(max(decode_compute_time(*setting), decode_kv_time(*setting)))
    return Run(row["title"], phase, row["source"], measured, float(bounds[phase](*setting)), light)
