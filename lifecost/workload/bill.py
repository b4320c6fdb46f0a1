"""What the requests of a trace cost: sums over how often each length occurs.

An answer grows the context with each of its tokens, so its cost is a sum over them, and no product
with a mean. What a token costs is piecewise linear in its context: a window, or a choice of tokens,
is full from some context on. Its integral is therefore exact from a few values, for any model.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.catalog import Model
from lifecost.formulas.decode import decode_flops, decode_memory_flop_equivalent
from lifecost.formulas.kv_cache import kv_bytes_read, kv_cache_size
from lifecost.formulas.prefill import prompt_flops
from lifecost.formulas.time import decode_weights_time
from lifecost.serving.cases import model_of
from lifecost.stack import Stack
from lifecost.workload.reading import read_trace
from lifecost.workload.trace import Counts, Trace

SHARES = {"p50": 0.50, "p90": 0.90, "p99": 0.99}
LIMITS = ("window", "chosen")  # sizes that say from which context on a token costs no more


@dataclass(frozen=True)
class Phase:
    """What one phase of all requests does.

    Attributes
    ----------
    flops, bytes
        Arithmetic, and bytes that are read of weights, cache and states, or written of states.
    flop_equivalents
        FLOPs, or those that the device could do while it moves the bytes: whatever is more.
    chip_seconds
        The least time of a chip at its peaks; None where the setting binds no device.
    """

    flops: float
    bytes: float
    flop_equivalents: float
    chip_seconds: float | None


@dataclass(frozen=True)
class Bill:
    """What a trace costs in one setting: `bill` returns it.

    Attributes
    ----------
    prefill
        Reading what no cache held of the prompts: compute-bound, so that no bytes are counted.
    cached
        Reading the entries of what a cache held, once.
    decode
        Answers, at the context that grows; weights are shared by the batch. Bytes count the experts
        that a batch is expected to meet, and the chip-seconds those that are certain.
    flop_equivalents
        All three together.
    request
        Mean and percentiles of a request's own FLOP-equivalents, which add up to all of them; the
        percentiles are those of ``drawn`` requests.
    rank_error
        By how much such a percentile's rank is off: one standard error at the most, that of the
        median, as a share of all requests. It is 0 where all were drawn.
    """

    prefill: Phase
    cached: Phase
    decode: Phase
    flop_equivalents: float
    chip_seconds: float | None
    request: dict[str, float]
    drawn: int
    rank_error: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class Grown:
    """The integral, from one token on, of what is linear between knots."""

    def __init__(self, cost: Callable[[Any], Any], knots: Iterable[float]) -> None:
        self.cost = cost
        self.knots = np.unique([1.0, *knots])
        at = self._cost(self.knots)
        self.values = at
        parts = (at[1:] + at[:-1]) / 2 * np.diff(self.knots)
        self.sums = np.concatenate([[0.0], np.cumsum(parts)])

    def _cost(self, context: Any) -> Any:
        return np.broadcast_to(np.asarray(self.cost(context), float), context.shape)

    def __call__(self, context: Any) -> Any:
        """Return it at contexts; below one token a context counts as one."""
        context = np.asarray(context, float)
        place = np.maximum(np.searchsorted(self.knots, context, "right") - 1, 0)
        mean = (self.values[place] + self._cost(np.maximum(context, 1.0))) / 2
        return self.sums[place] + (context - self.knots[place]) * mean


def knots_of(model: Model | Stack) -> set[float]:
    """Return the contexts from which on a token of a model may cost otherwise than before."""
    stack = model if isinstance(model, Stack) else model.stack
    found = set[float]()
    for part in stack.parts:
        sizes = dict(part.block.sizes)
        for limit in (sizes[name] for name in LIMITS if name in sizes):
            found |= {limit, limit * sizes.get("stride", 1)}
    return {float(limit) for limit in found if 1 < limit < math.inf}


def total(counts: Counts, cost: Callable[[Any], Any]) -> float:
    """Return the sum of a cost over all values, as often as each occurs; 0 costs nothing."""
    some = counts.values > 0
    if not some.any():
        return 0.0
    values = counts.values[some].astype(float)
    costs = np.broadcast_to(np.asarray(cost(values), float), values.shape)
    return math.fsum(costs * counts.counts[some])


def answers(trace: Trace, grown: Callable[[Any], Any]) -> float:
    """Return the sum of a cost over all tokens of all answers, given its integral."""
    ends, starts = (
        math.fsum(grown(counts.values) * counts.counts) for counts in (trace.reach, trace.input)
    )
    return ends - starts if trace.output.total else 0.0


def bill(trace: Any, model: str | Model, *setting: Any, **values: Any) -> Bill:
    """Return what the requests of a trace cost, each answer at the context that it has grown to.

    Parameters
    ----------
    trace
        A `Trace`, or what `read_trace` takes.
    model
        A name or a row of the catalog, or what `load_model` returns.
    setting, values
        As a formula takes them: ``batch``, ``hoi``, ``kv_bytes`` and ``weight_bytes``; with
        ``peak_flops`` and ``memory_bandwidth`` there are chip-seconds too.

    Examples
    --------
    An answer of 32,000 tokens after a prompt of 1,000 reads the cache at 17,000 on average:

    >>> from lifecost import decode_flops, models, post
    >>> trace, model = {"input": [1000], "output": [32_000]}, models["llama-3-8b"]
    >>> bill(trace, model, post).decode.flops / 32_000 == decode_flops(
    ...     model, batch=1, context=17_000)
    True
    """
    trace = trace if isinstance(trace, Trace) else read_trace(trace)
    model = model_of(model)
    at, _ = check.bound_by("bill", [model, *setting, values], ())
    costs = _Costs(model, at)
    prefill = costs.prefill(total(trace.input, costs.prompt) - total(trace.cached, costs.prompt))
    cached = costs.loaded(total(trace.cached, costs.held))
    decode = costs.decode(
        answers(trace, costs.flops_to), answers(trace, costs.read_to), trace.output.total
    )
    phases = (prefill, cached, decode)
    summed = math.fsum(phase.flop_equivalents for phase in phases)
    seconds = [phase.chip_seconds for phase in phases if phase.chip_seconds is not None]
    kept = np.sort(costs.each(trace.sample, decode))
    request = {"mean": summed / trace.requests}
    for name, share in SHARES.items():
        request[name] = float(kept[max(0, math.ceil(share * len(kept)) - 1)])
    return Bill(
        prefill, cached, decode, flop_equivalents=summed,
        chip_seconds=math.fsum(seconds) if seconds else None, request=request, drawn=len(kept),
        rank_error=0.0 if len(kept) == trace.requests else 1 / (2 * math.sqrt(len(kept))),
    )  # fmt: skip


class _Costs:
    """What prompts and tokens of a model cost in a setting."""

    def __init__(self, model: Model, at: Mapping[str, Any]) -> None:
        self.at = at = check.singles(at)
        self.one = {**self.at, "batch": 1}
        if absent := [name for name in ("hoi", "batch") if name not in at]:
            raise check.missing("bill", absent)
        self.hoi, batch = float(at["hoi"]), float(at["batch"])
        here = {**self.at, "context": 1}
        cache = kv_bytes_read(here)
        self.weights = (decode_memory_flop_equivalent(here) / self.hoi - cache) / batch
        knots = knots_of(model)
        self.flops_to = Grown(lambda context: decode_flops({**self.one, "context": context}), knots)
        self.read_to = Grown(lambda context: kv_bytes_read({**self.one, "context": context}), knots)
        self.rates: tuple[float, float] | None = None
        self.certain = 0.0
        if "peak_flops" in at and "memory_bandwidth" in at:
            self.rates = float(at["peak_flops"]), float(at["memory_bandwidth"])
            self.certain = float(decode_weights_time(here)) * self.rates[1] / batch

    def prompt(self, length: Any) -> Any:
        return prompt_flops({**self.one, "context": length})

    def held(self, length: Any) -> Any:
        return kv_cache_size({**self.one, "context": length})

    def prefill(self, flops: float) -> Phase:
        return Phase(flops, 0.0, flops, self._seconds(flops, 0.0))

    def loaded(self, size: float) -> Phase:
        return Phase(0.0, size, self.hoi * size, self._seconds(0.0, size))

    def decode(self, flops: float, cache: float, tokens: int) -> Phase:
        moved = self.weights * tokens + cache
        seconds = self._seconds(flops, self.certain * tokens + cache)
        return Phase(flops, moved, max(flops, self.hoi * moved), seconds)

    def _seconds(self, flops: float, size: float) -> float | None:
        return max(flops / self.rates[0], size / self.rates[1]) if self.rates else None

    def each(self, sample: Any, decode: Phase) -> Any:
        """Return the FLOP-equivalents of requests, each with its share of what binds decode."""
        input_, cached, output = sample.T.astype(float)
        reach = input_ + output
        cost = self.of(self.prompt, input_) - self.of(self.prompt, cached)
        cost += self.hoi * self.of(self.held, cached)
        if decode.flop_equivalents == decode.flops:
            return cost + self.flops_to(reach) - self.flops_to(input_)
        moved = self.weights * output + self.read_to(reach) - self.read_to(input_)
        return cost + self.hoi * moved

    @staticmethod
    def of(cost: Callable[[Any], Any], lengths: Any) -> Any:
        """Return a cost of each length; that of none is none."""
        return np.where(lengths > 0, cost(np.maximum(lengths, 1.0)), 0.0)
