"""The peaks of one core of the machine, and decode steps on it, in a process of its own."""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lifebook.data import load
from lifecost.errors import InputError
from lifecost.formulas.hardware import operational_intensity
from lifecost.formulas.time import decode_kv_time, decode_step_time_serial
from lifecost.quantities import number, percent, quantity

# The libraries that NumPy multiplies with each read one of these when they are loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


@dataclass(frozen=True)
class Measured:
    """What one core of this machine does.

    Attributes
    ----------
    peak_flops, memory_bandwidth
        The best of several products of matrices (FLOP/s) and of reads of a long vector (byte/s).
    steps
        Median seconds of a decode step, by variant of attention: MHA, GQA, MQA.
    """

    peak_flops: float
    memory_bandwidth: float
    steps: Mapping[str, float]

    @property
    def bindings(self) -> dict[str, float]:
        """What the machine gives to a formula."""
        rates = {"peak_flops": self.peak_flops, "memory_bandwidth": self.memory_bandwidth}
        return {**rates, "hoi": operational_intensity(rates)}

    @property
    def predicted(self) -> dict[str, float]:
        """Seconds of each variant's step by `decode_step_time_serial` at the measured peaks.

        NumPy finishes one operation before it begins the next, so reading the cache waits for
        nothing and nothing is done meanwhile: the serial convention.
        """
        chosen = load("machine")
        return {
            name: float(decode_step_time_serial(_shape(heads), chosen["setting"], self.bindings))
            for name, heads in chosen["variants"].items()
        }

    @property
    def parts(self) -> dict[str, dict[str, float]]:
        """Seconds of each variant's step: what cache and matrices take at least, and the rest.

        The rest is what a bound does not count: kernels below the peaks, softmax, and the start of
        each operation.
        """
        chosen, found = load("machine"), {}
        for name, whole in self.predicted.items():
            at = (_shape(chosen["variants"][name]), chosen["setting"], self.bindings)
            cache = float(decode_kv_time(*at))
            rest = self.steps[name] - whole
            found[name] = {"KV cache": cache, "matrices": whole - cache, "the rest": rest}
        return found

    def ratios(self) -> dict[str, tuple[float, float]]:
        """Return multi-head attention's time over each variant's: predicted and measured."""
        predicted, measured = self.predicted, self.steps
        return {
            name: (predicted["MHA"] / predicted[name], measured["MHA"] / measured[name])
            for name in measured
            if name != "MHA"
        }

    def __repr__(self) -> str:
        at = self.bindings
        lines = [
            f"one core: {quantity(self.peak_flops, 'FLOP/s')}, "
            f"{quantity(self.memory_bandwidth, 'byte/s')}, HOI {number(at['hoi'])} FLOP/byte"
        ]
        for name, seconds in self.predicted.items():
            measured = self.steps[name]
            lines.append(
                f"{name}: bound {quantity(seconds, 's')}, measured {quantity(measured, 's')}, "
                f"{number(measured / seconds)} times the bound"
            )
        for name, parts in self.parts.items():
            shares = (f"{part} {percent(t / self.steps[name])}" for part, t in parts.items())
            lines.append(f"{name}: {', '.join(shares)}")
        for name, (predicted, measured) in self.ratios().items():
            lines.append(
                f"MHA over {name}: {number(predicted)} predicted, {number(measured)} measured"
            )
        return "\n".join(lines)


def measure() -> Measured:
    """Return what one core of this machine does; it takes about ten seconds.

    Raises
    ------
    InputError
        If the process that measures ends before it has.

    Examples
    --------
    >>> sorted(measure().steps)
    ['GQA', 'MHA', 'MQA']
    """
    if sys.platform == "emscripten":  # a browser has one process
        return Measured(**_measured())
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    done = subprocess.run(
        [sys.executable, "-m", __name__], env=environment, capture_output=True, text=True
    )
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise InputError(f"the machine could not be measured: {last[0]}")
    return Measured(**json.loads(done.stdout))


def _shape(n_kv_head: int) -> dict[str, int]:
    return {**load("machine")["decoder"], "n_kv_head": n_kv_head}


def _seconds(*works: Callable[[], Any]) -> list[list[float]]:
    """Return the times of several works, done in turn: whatever slows a machine slows each."""
    found: list[list[float]] = [[] for _ in works]
    chosen = load("machine")["peaks"]
    for work in works:
        work()  # once for whatever is done only once
    until = time.perf_counter() + chosen["patience"]
    for turn in range(chosen["repeats"]):
        if turn >= chosen["least"] and time.perf_counter() > until:
            break  # a slow place, such as a browser, without the processor's own instructions
        for work, times in zip(works, found, strict=True):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return found


def _measured() -> dict[str, Any]:
    from lifebook.measure.decoder import Decoder

    chosen = load("machine")
    peaks, setting = chosen["peaks"], chosen["setting"]
    square = np.ones((peaks["matrix"], peaks["matrix"]), np.float32)
    vector = np.ones(peaks["vector"], np.float32)
    product, read = map(min, _seconds(lambda: square @ square, lambda: vector @ vector))
    decoders = [
        Decoder(_shape(heads), setting["batch"], setting["context"])
        for heads in chosen["variants"].values()
    ]
    hidden = np.ones((setting["batch"], chosen["decoder"]["d_model"]), np.float32)
    steps = _seconds(*(functools.partial(decoder.step, hidden) for decoder in decoders))
    return {
        "peak_flops": 2 * len(square) ** 3 / product,
        "memory_bandwidth": vector.nbytes / read,
        "steps": dict(zip(chosen["variants"], map(statistics.median, steps), strict=True)),
    }


if __name__ == "__main__":
    print(json.dumps(_measured()))
