"""The bill of a life: what a trace of requests costs to serve, on real chips, beside training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lifecost import values as check
from lifecost.catalog import Hardware, Model, post
from lifecost.data import load
from lifecost.errors import InputError
from lifecost.formulas.hardware import operational_intensity
from lifecost.formulas.overheads import prompt_work_time, step_time
from lifecost.formulas.service import cached_prompt_time
from lifecost.formulas.training import training_flops
from lifecost.serving import Layout, Service, fewest_chips, price_of, serve
from lifecost.serving.cases import bound_by, cases_of, device_of, model_of
from lifecost.symbols import CONSTANTS, SECONDS_PER_DAY, SECONDS_PER_HOUR
from lifecost.workload.bill import SHARES, Bill, Grown, answers, bill, knots_of, total
from lifecost.workload.reading import read_trace
from lifecost.workload.trace import COLUMNS, Trace

_HOUR, _DAY = (CONSTANTS[one][0] for one in (SECONDS_PER_HOUR, SECONDS_PER_DAY))
PHASES = ("prefill", "cached", "decode")
NOT_CACHED = "the trace does not say what was cached: nothing is counted as cached"
_ATTENTION = "training is six FLOPs for each token and parameter that serves it, attention aside"


@dataclass(frozen=True)
class Life:
    """The bill of a life: `life` returns it.

    Attributes
    ----------
    bill
        What the requests of the trace cost, as a bound.
    estimate
        Chip-seconds of each phase with overheads, of all chips; None where nothing is known of the
        device's links that would be needed.
    error, tested
        Median error of such estimates of decode, and whether one was measured; of reading prompts
        none was.
    price
        US dollars: the bound and the estimate; None where no price of the chip is known.
    training
        Tokens, FLOPs and how many such traces cost as much; None where no tokens are known.
    days, days_until_equal
        Days that the trace takes, and until service has cost as much as training; None where
        nothing says how long it takes.
    """

    model: Model
    device: Hardware
    trace: Trace
    service: Service
    intensity: float
    bill: Bill
    estimate: dict[str, float] | None
    error: float | None
    tested: bool
    price: dict[str, float | None] | None
    training: dict[str, float] | None
    days: float | None
    days_until_equal: float | None
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        costs = self.bill.as_dict()
        phases = {name: costs[name] for name in PHASES}
        phases["total"] = {
            "flops": sum(phases[name]["flops"] for name in PHASES),
            "bytes": sum(phases[name]["bytes"] for name in PHASES),
            "flop_equivalents": costs["flop_equivalents"],
            "chip_seconds": costs["chip_seconds"],
        }
        known = self.estimate or {}
        for name, phase in phases.items():
            bound = phase["chip_seconds"]
            phase["chip_seconds"] = {"bound": bound, "estimate": known.get(name)}
        service, trace = self.service, self.trace
        return {
            "model": self.model.name,
            "hardware": self.device.name,
            "trace": {
                "form": trace.form,
                "requests": trace.requests,
                "seconds": trace.seconds,
                "hit_share": trace.hit_share,
                **{name: _lengths(trace, name) for name in COLUMNS},
            },
            **phases,
            "error": self.error,
            "tested": self.tested,
            "price": self.price,
            "request": {
                **self.bill.request,
                "drawn": self.bill.drawn,
                "rank_error": self.bill.rank_error,
            },
            "training": self.training,
            "days": self.days,
            "days_until_equal": self.days_until_equal,
            "setting": {
                "chips": service.layout.n_chip,
                "layout": service.layout._asdict(),
                "batch": service.batch,
                "weights": service.weights,
                "cache": service.cache,
                "hoi": self.intensity,
            },
            "taken_from": service.taken_from,
            "notes": self.notes,
        }


def _lengths(trace: Trace, name: str) -> dict[str, float]:
    counts = getattr(trace, name)
    found = {share: counts.percentile(value) for share, value in SHARES.items()}
    return {"total": counts.total, "mean": counts.total / trace.requests, **found}


def life(
    model: str | Model,
    device: str | Hardware,
    trace: Any,
    *,
    chips: int | None = None,
    concurrency: float | None = None,
    layout: Layout | Mapping[str, int] | None = None,
    weights: str | None = None,
    cache: str | None = None,
    train_tokens: float | None = None,
    days: float | None = None,
    tokens_per_day: float | None = None,
    chip_hour_price: float | None = None,
) -> Life:
    """Return the bill of a life: what a trace of requests costs to serve, beside training.

    Parameters
    ----------
    model, device
        What is served, and on which chips.
    trace
        A `Trace`, or what `read_trace` takes: a path, a DataFrame, a mapping of columns.
    chips, concurrency
        On how many of them; the fewest that have room, if not given. Requests at a time: those of
        the post, if not given.
    layout, weights, cache
        As of `lifecost.serving.serve`.
    train_tokens
        What the model was trained on; the catalog's, if not given.
    days, tokens_per_day
        How long the trace took, or how many tokens of answers a day has; else as long as its own
        clock says.
    chip_hour_price
        US dollars; what others ask, if not given.

    Raises
    ------
    InputError
        If the trace cannot be read, a name is unknown, or a value is out of range.

    Examples
    --------
    >>> lengths = {"input": [4000, 12_000], "cached": [0, 9000], "output": [500, 800]}
    >>> found = life("llama-3-8b", "h100-sxm", lengths, days=1e-6)
    >>> round(found.trace.hit_share, 4), found.bill.request["p50"] < found.bill.request["p90"]
    (0.5625, True)
    >>> found.bill.chip_seconds < found.estimate["total"]
    True
    """
    model, device = model_of(model), device_of(device)
    trace = trace if isinstance(trace, Trace) else read_trace(trace)
    prompt, answer = (
        max(1.0, getattr(trace, name).total / trace.requests) for name in ("input", "output")
    )
    users = post.bindings["batch"] if concurrency is None else concurrency
    more: dict[str, Any] = {"layout": layout, "weights": weights, "cache": cache}
    if chips is None:
        service = fewest_chips(model, device, users, prompt, answer, **more)
    else:
        service = serve(model, device, chips, users, prompt, answer, **more)
    if not service.batch:
        raise InputError(f"the weights of {model.name} leave no room on {chips} x {device.name}")
    cases = cases_of(model, device, weights, cache, service.engine)
    at = bound_by(cases, service.layout, service.batch, prompt, answer)
    at = {**model.bindings, **at, "hoi": operational_intensity(at)}
    costs = bill(trace, model, at)
    if not costs.flop_equivalents:
        raise InputError("the trace costs nothing: none of its requests reads or writes a token")
    known = service.throughput is not None and service.throughput["estimate"] is not None
    estimate = _estimate(trace, model, service.layout, at) if known else None
    days = _days(trace, days, tokens_per_day)
    row = load("regimes")[service.regime]
    price, priced = price_of(device)
    if chip_hour_price is not None:
        price = check.single("chip_hour_price", chip_hour_price)
        priced = f"{price} dollars for a chip and an hour, as given"
    service.taken_from["price"] = priced
    tokens = model.train_tokens if train_tokens is None else train_tokens
    training = None
    if tokens is not None:
        tokens = check.single("train_tokens", tokens)
        flops = float(training_flops(model, train_tokens=tokens))
        training = {
            "tokens": tokens, "flops": flops, "traces_until_equal": flops / costs.flop_equivalents,
        }  # fmt: skip
    notes = [*service.notes, *([] if trace.says_cached else [NOT_CACHED])]
    notes += [_ATTENTION] if training else ["no source says what the model was trained on"]
    return Life(
        model=model, device=device, trace=trace, service=service, intensity=at["hoi"], bill=costs,
        estimate=estimate, error=row.get("error"), tested=known and row["tested"],
        price=None if price is None else {
            "bound": _dollars(costs.chip_seconds, price),
            "estimate": _dollars(estimate["total"] if estimate else None, price),
            "chip_hour": price,
        },
        training=training, days=days,
        days_until_equal=training["traces_until_equal"] * days if training and days else None,
        notes=notes,
    )  # fmt: skip


def _estimate(
    trace: Trace, model: Model, layout: Layout, at: Mapping[str, Any]
) -> dict[str, float]:
    """Return chip-seconds of each phase with overheads, of all chips."""

    def work(length: Any) -> Any:
        return prompt_work_time({**at, "prompt_length": length})

    def read(length: Any) -> Any:
        return cached_prompt_time({**at, "prompt_length": length})

    def step(context: Any) -> Any:
        return step_time({**at, "context": context})

    anew = total(trace.input, work) - total(trace.cached, work)
    found = {
        "prefill": layout.tensor_parallel * anew,
        "cached": total(trace.cached, read),
        "decode": answers(trace, Grown(step, knots_of(model))) * layout.n_chip / at["batch"],
    }
    return {**found, "total": sum(found.values())}


def _days(trace: Trace, days: float | None, tokens_per_day: float | None) -> float | None:
    if days is not None and tokens_per_day is not None:
        raise InputError("days and tokens_per_day say the same: give one of them")
    if days is not None:
        if not check.single("service_days", days, "days"):
            raise InputError("days = 0 is out of range: a number above 0")
        return float(days)
    if tokens_per_day is not None:
        rate = check.single("tokens_per_day", tokens_per_day)
        return trace.output.total / float(rate)
    return None if trace.seconds is None else trace.seconds / _DAY


def _dollars(seconds: float | None, price: float) -> float | None:
    return None if seconds is None else seconds * price / _HOUR
