"""Bounds and estimates against published times: by regime, out of sample, and what each term is for.

A row's error is the distance of the predicted time from the measured one, as a share of the latter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lifebook.data import load
from lifebook.measure.steps import FILE, Array, Steps, bounds, published_steps
from lifecost.catalog import hardware, models

# Sources whose rows say what ran, on chips of the three generations that the constants are about.
SOURCES = ("inferencex", "nvidia-aic", "argonne", "gpt-fast")
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_DRAWS = 400  # of a bootstrap: its interval moves by a few thousandths between as many others


@dataclass(frozen=True)
class Regime:
    """A kind of row: its title, and which rows are of that kind."""

    title: str
    holds: Callable[[Steps], Array]


def _families(steps: Steps, *names: str) -> Array:
    """Return which rows are of models that have a block of one of these families."""
    of = {
        name: any(part.block.family in names for part in models[name].stack.parts)
        for name in dict.fromkeys(steps["model"])
    }
    return np.array([of[name] for name in steps["model"]], bool)


def _experts(steps: Steps) -> Array:
    return _families(steps, "experts")


def _latent(steps: Steps) -> Array:
    return _families(steps, "latent")


def _batch(low: float, high: float = np.inf) -> Callable[[Steps], Array]:
    def holds(steps: Steps) -> Array:
        batch = np.where(steps["mode"] == "single", 1, steps["batch"])
        return (batch >= low) & (batch < high)

    return holds


def _decodes(steps: Steps) -> Array:
    return np.isin(steps["mode"], ("aggregated", "static", "single"))


def _dense(chips: int) -> Callable[[Steps], Array]:
    return lambda steps: _decodes(steps) & ~_experts(steps) & (steps["tensor"] == chips)


def _on(*names: str) -> Callable[[Steps], Array]:
    return lambda steps: _decodes(steps) & np.isin(steps["device"], names)


def generation(steps: Steps) -> Array:
    """Return the generation of each row's device."""
    return np.array([hardware[name].generation for name in steps["device"]])


def _of(name: str) -> Callable[[Steps], Array]:
    return lambda steps: _decodes(steps) & (generation(steps) == name)


REGIMES = (
    Regime("one sequence, one chip", lambda s: _decodes(s) & _batch(1, 2)(s) & (s["chips"] == 1)),
    Regime("one sequence, 2 to 8 chips",
           lambda s: _decodes(s) & _batch(1, 2)(s) & (s["chips"] > 1)),
    Regime("2 to 8 sequences", lambda s: _decodes(s) & _batch(2, 9)(s)),
    Regime("9 to 31 sequences", lambda s: _decodes(s) & _batch(9, 32)(s)),
    Regime("32 to 95 sequences", lambda s: _decodes(s) & _batch(32, 96)(s)),
    Regime("96 to 383 sequences", lambda s: _decodes(s) & _batch(96, 384)(s)),
    Regime("384 sequences and more", lambda s: _decodes(s) & _batch(384)(s)),
    Regime("prompt 7 times the answer", lambda s: _decodes(s) & (s["prompt"] >= 7 * s["answer"])),
    Regime("answer 7 times the prompt", lambda s: _decodes(s) & (s["answer"] >= 7 * s["prompt"])),
    Regime("dense, one chip", _dense(1)),
    Regime("dense, tensor-parallel 2", _dense(2)),
    Regime("dense, tensor-parallel 4", _dense(4)),
    Regime("dense, tensor-parallel 8", _dense(8)),
    Regime("experts, grouped attention", lambda s: _decodes(s) & _experts(s) & ~_latent(s)),
    Regime("experts, latent attention", lambda s: _decodes(s) & _latent(s)),
    Regime("NVIDIA Ampere", _of("ampere")),
    Regime("NVIDIA Hopper", _of("hopper")),
    Regime("NVIDIA Blackwell", _of("blackwell")),
    Regime("AMD MI300X, 2024", _on("mi300x")),
    Regime("Intel Gaudi 2", _on("gaudi-2")),
    Regime("Intel Max 1550", _on("max1550")),
    Regime("disaggregated, up to 8 ranks",
           lambda s: (s["mode"] == "disaggregated") & (s["expert"] <= 8)),
    Regime("disaggregated, 16 ranks and more",
           lambda s: (s["mode"] == "disaggregated") & (s["expert"] > 8)),
    Regime("saturated, dense", lambda s: (s["mode"] == "saturated") & ~_experts(s)),
    Regime("saturated, experts", lambda s: (s["mode"] == "saturated") & _experts(s)),
)  # fmt: skip


def sound(steps: Steps) -> Steps:
    """Return the rows whose measurement is not known to be at fault."""
    return steps.where(steps["fault"] == "")


def ratios(steps: Steps) -> Array:
    """Return measured times over their bounds."""
    return steps.seconds / bounds(steps)
