"""Kinds of published runs: by batch, by layout, by what the model is made of, by chip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lifebook.measure.steps import Array, Steps
from lifecost.catalog import hardware, models

# Those whose constants come from kernels, measured alone: see data/overheads.toml.
GENERATIONS = ("ampere", "hopper", "blackwell")


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


def has_experts(steps: Steps) -> Array:
    """Return which rows of ``steps`` are of mixtures of experts."""
    return _families(steps, "experts")


def _latent(steps: Steps) -> Array:
    return _families(steps, "latent")


def _batch(low: float, high: float = np.inf) -> Callable[[Steps], Array]:
    def holds(steps: Steps) -> Array:
        batch = np.where(steps["mode"] == "single", 1, steps["batch"])
        return (batch >= low) & (batch < high)

    return holds


def decodes(steps: Steps) -> Array:
    """Return the rows on one node of NVIDIA's data-center GPUs, in an engine that serves."""
    ours = np.isin(generation(steps), GENERATIONS) & ~runs_on(steps, "llama.cpp", "DeepSpeed-MII")
    return ours & np.isin(steps["mode"], ("aggregated", "static", "single"))


def runs_on(steps: Steps, *names: str) -> Array:
    """Return which rows are of an engine of one of these names."""
    return np.array([name.split()[0] in names for name in steps["engine"]])


def _dense(held: Callable[[Steps], Array]) -> Callable[[Steps], Array]:
    return lambda steps: decodes(steps) & ~has_experts(steps) & held(steps)


def _mixed(held: Callable[[Steps], Array]) -> Callable[[Steps], Array]:
    return lambda steps: decodes(steps) & has_experts(steps) & held(steps)


def _on(name: str) -> Callable[[Steps], Array]:
    return lambda steps: (steps["device"] == name) & ~runs_on(steps, "llama.cpp")


def generation(steps: Steps) -> Array:
    """Return the generation of each row's device."""
    return np.array([hardware[name].generation for name in steps["device"]])


def _of(name: str) -> Callable[[Steps], Array]:
    return _dense(lambda steps: generation(steps) == name)


# Where nothing else is said, on one node of NVIDIA's GPUs for data centers.
REGIMES = (
    Regime("one sequence, one chip", _dense(lambda s: _batch(1, 2)(s) & (s["chips"] == 1))),
    Regime("one sequence, 2 to 8 chips", _dense(lambda s: _batch(1, 2)(s) & (s["chips"] > 1))),
    Regime("2 to 8 sequences", _dense(_batch(2, 9))),
    Regime("9 to 31 sequences", _dense(_batch(9, 32))),
    Regime("32 to 95 sequences", _dense(_batch(32, 96))),
    Regime("96 sequences and more", _dense(_batch(96))),
    Regime("one chip", _dense(lambda s: s["tensor"] == 1)),
    Regime("tensor-parallel 2", _dense(lambda s: s["tensor"] == 2)),
    Regime("tensor-parallel 4", _dense(lambda s: s["tensor"] == 4)),
    Regime("tensor-parallel 8", _dense(lambda s: s["tensor"] == 8)),
    Regime("prompt 7 times the answer", _dense(lambda s: s["prompt"] >= 7 * s["answer"])),
    Regime("answer 7 times the prompt", _dense(lambda s: s["answer"] >= 7 * s["prompt"])),
    Regime("Ampere", _of("ampere")),
    Regime("Hopper", _of("hopper")),
    Regime("Blackwell", _of("blackwell")),
    Regime("saturated", lambda s: (s["mode"] == "saturated") & ~has_experts(s)),
    Regime("experts, up to 8 sequences", _mixed(_batch(1, 9))),
    Regime("experts, 9 to 95 sequences", _mixed(_batch(9, 96))),
    Regime("experts, 96 and more", _mixed(_batch(96))),
    Regime("experts, latent attention", _mixed(_latent)),
    Regime("experts, disaggregated",
           lambda s: (s["mode"] == "disaggregated") & (s["expert"] <= 8)),
    Regime("experts on 16 ranks and more",
           lambda s: (s["mode"] == "disaggregated") & (s["expert"] > 8)),
    Regime("experts, saturated", lambda s: (s["mode"] == "saturated") & has_experts(s)),
    Regime("DeepSpeed-MII, 2024", lambda s: runs_on(s, "DeepSpeed-MII")),
    Regime("llama.cpp, one sequence", lambda s: runs_on(s, "llama.cpp")),
    Regime("AMD MI300X, 2024", _on("mi300x")),
    Regime("Intel Gaudi 2", _on("gaudi-2")),
    Regime("Intel Max 1550", _on("max1550")),
)  # fmt: skip
