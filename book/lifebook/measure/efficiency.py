"""How much of a chip each phase of a life gets, as published, and the hours that it then takes.

A share is of one peak: that of one chip in one format. Training and decode compute in different
formats, so each share carries its own, and hours are counted at the peak that belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lifebook.evidence import rows
from lifebook.measure.published import runs
from lifecost.catalog import hardware, models
from lifecost.errors import InputError, unknown_name
from lifecost.formulas.lifetime import break_even_days, lifetime_chip_hours

_UNSERVED = {"prefill_tokens": 0, "decode_tokens": 0, "context": 1, "kv_bytes": 1}


@dataclass(frozen=True)
class Efficiency:
    """A share of what a chip can do at best.

    Attributes
    ----------
    title
        What ran.
    share
        Of the peak rate of arithmetic; for decode, of the bound on a step: least time over time.
    chip, precision
        The device and the format in which it computes, both as in ``data/hardware.toml``.
    source
        A key of the bibliography; empty for a chip at its best.
    """

    title: str
    share: float
    chip: str
    precision: str
    source: str = ""

    @property
    def rate(self) -> float:
        """FLOP/s that one chip reaches."""
        return self.share * hardware[self.chip].at(self.precision)["peak_flops"]


def at_best(chip: str, precision: str) -> Efficiency:
    """Return the efficiency of a ``chip`` that runs at its peak in a ``precision``.

    Examples
    --------
    >>> at_best("h100-sxm", "bf16").rate
    989000000000000.0
    """
    hardware[chip].at(precision)  # refuses a chip or a format that it does not have
    return Efficiency("at best", 1, chip, precision)


def efficiencies(phase: str, chip: str, precision: str) -> list[Efficiency]:
    """Return what was published of a phase on one chip in one format, lowest share first.

    Parameters
    ----------
    phase
        ``training``, ``prefill``, ``decode``, or ``matmul``: the best product of two matrices,
        which no phase exceeds.
    chip, precision
        As in ``data/hardware.toml``.

    Examples
    --------
    >>> [round(found.share, 2) for found in efficiencies("training", "h100-sxm", "bf16")]
    [0.16, 0.28, 0.38, 0.41, 0.43]
    """
    best = at_best(chip, precision)
    found = [
        replace(best, title=title, share=share, source=source)
        for title, share, source, *where in _published(phase)
        if where == [chip, precision]
    ]
    return sorted(found, key=lambda one: one.share)


def trained(model: str) -> Efficiency:
    """Return the efficiency at which a ``model`` was trained, from its published chip-hours.

    Examples
    --------
    >>> llama = trained("llama-3-8b")
    >>> llama.precision, round(llama.share, 3)
    ('bf16', 0.156)
    """
    known = {row["model"]: row for row in rows("training_hours")}
    if model not in known:
        raise unknown_name("model with published hours", model, known)
    row, full = known[model], at_best(known[model]["hardware"], known[model]["precision"])
    least = chip_hours(models[model], _UNSERVED, training=full, prefill=full, decode=full)
    share, title = least / row["chip_hours"], f"{models[model].title}, whole run"
    return replace(full, title=title, share=share, source=row["source"])


def chip_hours(*setting: Any, **phases: Efficiency) -> float:
    """Return the chip-hours of a model's life, each phase at its own efficiency.

    Parameters
    ----------
    *setting
        What `lifetime_chip_hours` takes: a model and symbols, but for the chip's.
    **phases
        ``training``, ``prefill`` and ``decode``, all on one chip.

    Examples
    --------
    >>> from lifecost import models
    >>> best = {"training": at_best("h100-sxm", "bf16"), "prefill": at_best("h100-sxm", "fp8")}
    >>> unserved = {"prefill_tokens": 0, "decode_tokens": 0, "context": 1, "kv_bytes": 1}
    >>> hours = chip_hours(models["llama-3-8b"], unserved, **best, decode=best["prefill"])
    >>> f"{hours:,.0f} h"
    '202,989 h'
    """
    chip = _chip(phases)
    return float(lifetime_chip_hours(
        *setting, **chip, train_mfu=phases["training"].rate / chip["peak_flops"],
        prefill_mfu=phases["prefill"].rate / chip["peak_flops"],
        decode_efficiency=phases["decode"].share,
    ))  # fmt: skip


def days_to_break_even(*setting: Any, **phases: Efficiency) -> float:
    """Return the days of service after which decoding has taken as many chip-hours as training.

    `break_even_days` counts every FLOP alike. This counts the time that a FLOP takes, in the format
    and at the efficiency of its phase.

    Parameters
    ----------
    *setting
        What `break_even_days` takes: a model and symbols, but for the chip's.
    **phases
        ``training`` and ``decode``, both on one chip.

    Examples
    --------
    >>> from lifecost import models, post
    >>> best = {"training": at_best("h100-sxm", "bf16"), "decode": at_best("h100-sxm", "fp8")}
    >>> pace = {**post.bindings, "tokens_per_day": 168e9}
    >>> round(days_to_break_even(models["llama-3-8b"], pace, **best), 1)
    27.1
    """
    alike = break_even_days(*setting, hoi=_chip(phases)["hoi"])
    return float(alike * phases["decode"].rate / phases["training"].rate)


def _published(phase: str) -> Iterator[tuple[str, float, str, str, str]]:
    """Yield title, share, source, chip and format of what is published of a phase."""
    if phase == "decode":
        for row, run in zip(rows("measurements", phase=phase), runs(phase), strict=True):
            yield run.title, 1 / run.ratio, run.source, row["hardware"], row["precision"]
        return
    for row in rows("utilization", phase=phase):
        yield row["title"], row["utilization"], row["source"], row["chip"], row["precision"]
    for row in rows("training_hours") if phase == "training" else ():
        told = trained(row["model"])
        yield told.title, told.share, told.source, told.chip, told.precision


def _chip(phases: Mapping[str, Efficiency]) -> dict[str, float]:
    """Return the intensity and the peak rate of the one chip of all phases, where it decodes."""
    names = {each.chip for each in phases.values()}
    if len(names) > 1:
        raise InputError(f"efficiencies of different chips: {', '.join(sorted(names))}")
    decode = phases["decode"]
    part = hardware[decode.chip].at(decode.precision)
    return {name: part[name] for name in ("hoi", "peak_flops")}
