"""One service: the best layout for it, the times that its users see, its energy and its price.

Bounds are of the chips alone; an estimate counts what real chips reach, and carries the error that
such estimates had on measurements that no constant was fitted on.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.catalog import Hardware, Model
from lifecost.data import load
from lifecost.errors import InputError, check_known
from lifecost.formulas.energy import energy_per_token
from lifecost.formulas.layout import layout_prompt_time
from lifecost.formulas.overheads import prompt_work_time, step_time, time_to_first_token
from lifecost.formulas.service import (
    cached_input_price,
    input_price,
    output_price,
)
from lifecost.formulas.speculative import expected_tokens
from lifecost.formulas.time import decode_step_time, decode_throughput, largest_batch
from lifecost.quantities import quantity
from lifecost.serving.cases import (
    Layout,
    bound_by,
    cases_of,
    check_names,
    device_of,
    format_of,
    model_of,
    overheads,
    regime,
    usual_format,
)
from lifecost.serving.speculation import decode_time, guesses, throughput, token_time

MILLION = 10**6  # tokens that a price is of
PRICES = {"input": input_price, "cached_input": cached_input_price, "output": output_price}
_CACHED = "; a cached token of input is one whose entries are in memory, read once"
_HEADS = ("n_head", "n_value_head")  # what tensor parallelism splits


@dataclass(frozen=True)
class Time:
    """A time in seconds: its bound and its estimate, and the error that such estimates have had.

    Attributes
    ----------
    bound
        The least that it can be.
    estimate
        What it is expected to be; None where something is not known that it takes.
    tested
        Whether such estimates were held against measurements and are within their error.
    error
        The median of how far they were off, as a share; None where nothing was measured.
    """

    bound: float
    estimate: float | None
    tested: bool
    error: float | None


@dataclass(frozen=True)
class Service:
    """What serving a model takes, on chips in a layout: `serve` returns it.

    Attributes
    ----------
    layout
        The degrees of parallelism.
    fits, largest_batch
        Whether all sequences find room, and how many would: in whole blocks, beside the weights and
        the reserve that engines leave.
    batch
        Sequences that are decoded together: those that find room. The times are for these.
    time_per_token, time_to_first_token
        Seconds; None where nothing fits.
    throughput
        Tokens of answers a second, of all chips: at most, and expected.
    energy_per_token
        Joules for a token of an answer, at the power that the chips are designed for, those that
        read the prompts included.
    price
        US dollars for a million tokens of input, cached input and output, of the chips alone.
    prompt_chips
        How many more chips read the prompts, where these do not: at the expected throughput.
    regime
        Which row of ``data/regimes.toml`` says how far estimates were off.
    speculation
        Length, acceptance and cost of the draft, by symbol; None where nothing is guessed.
    """

    model: Model
    device: Hardware
    layout: Layout
    concurrency: float
    prompt: float
    answer: float
    weights: str
    cache: str
    engine: str
    fits: bool
    largest_batch: int
    batch: float
    time_per_token: Time | None
    time_to_first_token: Time | None
    throughput: dict[str, float | None] | None
    energy_per_token: float | None
    price: dict[str, float] | None
    prompt_chips: float | None
    regime: str
    taken_from: dict[str, str]
    speculation: dict[str, float] | None
    notes: list[str]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        given = ("concurrency", "prompt", "answer", "batch", "weights", "cache", "engine")
        return {
            "model": self.model.name,
            "hardware": self.device.name,
            "chips": self.layout.n_chip,
            "layout": self.layout._asdict(),
            **{name: getattr(self, name) for name in given},
            "fits": self.fits,
            "largest_batch": self.largest_batch,
            "time_per_token": self.time_per_token and asdict(self.time_per_token),
            "time_to_first_token": self.time_to_first_token and asdict(self.time_to_first_token),
            "throughput": self.throughput,
            "energy_per_token": self.energy_per_token,
            "price": self.price,
            "prompt_chips": self.prompt_chips,
            "regime": self.regime,
            "taken_from": self.taken_from,
            "speculation": self.speculation,
            "notes": self.notes,
        }


def serve(
    model: str | Model,
    device: str | Hardware,
    chips: int,
    concurrency: float,
    prompt: float,
    answer: float,
    *,
    layout: Layout | Mapping[str, int] | None = None,
    weights: str | None = None,
    cache: str | None = None,
    engine: str = "aggregated",
    speculated: int = 0,
    acceptance: float | None = None,
    draft_cost: float | None = None,
) -> Service:
    """Return what it takes to serve a model to so many users at a time.

    Parameters
    ----------
    model, device, chips
        What is served, and on how many chips of which kind.
    concurrency, prompt, answer
        Requests at a time, tokens of each prompt, and of each answer: means, where they differ.
    layout
        All degrees of parallelism, or some of them. What is not given is chosen: of the layouts in
        which all find room, without pipeline stages if there are such, the one with the shortest
        expected time between two tokens.
    weights, cache
        Formats, such as ``"fp8"``: else weights as the model is published, a cache of 16 bits.
    engine
        ``"aggregated"`` where the same chips read prompts; ``"disaggregated"`` where others do,
        which are not among ``chips``.
    speculated, acceptance, draft_cost
        Tokens that a draft guesses before each step, the share of guesses that are right, and what
        one costs, as a share of a step; without a cost, the model's own heads guess.

    Raises
    ------
    InputError
        If a name is unknown, a value is out of range, or no layout has the degrees that are given.

    Examples
    --------
    >>> found = serve("llama-3-70b", "h100-sxm", 8, concurrency=64, prompt=8192, answer=512)
    >>> found.layout.tensor_parallel, found.fits, found.regime
    (4, True, 'experts-apart')
    """
    model, device = model_of(model), device_of(device)
    for name, value, called in (
        ("batch", concurrency, "concurrency"), ("prompt_length", prompt, "prompt"),
        ("answer_length", answer, "answer"),
    ):  # fmt: skip
        check.single(name, value, called)
    check_names(weights=weights, cache=cache, engine=engine)
    options = layouts(model, chips, layout)
    cases = cases_of(model, device, weights, cache, engine)
    at = bound_by(cases, options, concurrency, prompt, answer)
    room = room_in(at, options)
    batch = np.minimum(concurrency, np.maximum(room, 1))
    at = {**at, "batch": batch}
    at |= guesses(model, at, speculated, acceptance, draft_cost)
    linked = device.link_bandwidth is not None
    known = linked | (options.tensor_parallel * options.expert_parallel == 1)
    slow = np.where(known, token_time(at), decode_step_time(at))
    fits = room >= concurrency
    # What stages send each other, and wait for each other, is not counted: they come last.
    best = np.lexsort((slow, options.pipeline_parallel > 1, -room * ~fits, ~fits))[0]
    chosen = Layout(*(int(degree[best]) for degree in options))
    at = {**at, **chosen.bindings, "batch": float(batch[best])}
    guessed = guesses(model, at, speculated, acceptance, draft_cost)
    at |= guessed
    most = float(expected_tokens(at)) if guessed else 1.0
    fastest = float(decode_throughput(at)) * most
    price, priced = price_of(device)
    at |= {"chip_hour_price": price} if price else {}
    row = regime(device, at)
    possible = bool(room[best] >= 1)
    is_known = bool(known[best])
    known_errors = load("regimes")
    # Of other chips no first token was held against a measurement.
    is_tested = overheads[device.generation].tested
    first = known_errors["first-token"] if is_tested else {"tested": False}
    told = {"tested": False} if guessed else known_errors[row]
    step = _time(at, lambda at: decode_step_time(at) / most, token_time, is_known, told)
    begin = _time(at, layout_prompt_time, time_to_first_token, is_known, first)
    rate = float(throughput(at)) if is_known else None
    readers = None
    if engine == "disaggregated" and rate is not None and possible:
        readers = rate / answer * float(prompt_work_time(at)) * chosen.tensor_parallel
    energy = None
    if device.tdp is not None and rate is not None:
        energy = float(energy_per_token(chip_power=device.tdp, n_chip=chips, token_rate=rate))
        energy *= 1 + (readers or 0) / chips
    prices = {
        name: float(formula(at)) * MILLION
        for name, formula in PRICES.items() if price and is_known
    }  # fmt: skip
    if "output" in prices:
        prices["output"] *= float(decode_time(at) / step_time(at))
    told_of = {name: float(value) for name, value in guessed.items()} or None
    notes = []
    if guessed:
        notes.append("no published run says that it guesses: estimates with guesses are untested")
    if not possible:
        notes.append("the weights leave no room for a sequence")
    elif room[best] < concurrency:
        notes.append(f"{int(room[best])} find room at a time: the others wait")
    if not is_known:
        notes.append(f"no source says the bandwidth of the links of {device.name}: no estimate")
    stages, n_layer = chosen.pipeline_parallel, model.stack.n_layer
    if n_layer % stages:
        notes.append(
            f"the fullest of {stages} stages has {-(-n_layer // stages)} of {n_layer} layers, "
            f"{fullest(n_layer, stages) - 1:.1%} more than even: the room is its, the times are of "
            "even ones"
        )
    if model.left_out:
        notes.append(model.left_out)
    return Service(
        model=model, device=device, layout=chosen, concurrency=concurrency, prompt=prompt,
        answer=answer, weights=weights or format_of(model), cache=cache or usual_format(),
        engine=engine, fits=bool(fits[best]), largest_batch=int(room[best]),
        batch=float(min(concurrency, room[best])),
        time_per_token=step if possible else None, time_to_first_token=begin if possible else None,
        throughput={"bound": fastest, "estimate": rate} if possible else None,
        energy_per_token=energy if possible else None,
        price=prices or None if possible else None, prompt_chips=readers, regime=row,
        taken_from=_taken(device, row, priced + _CACHED * bool(price)),
        speculation=told_of, notes=notes,
    )  # fmt: skip


def _time(at: Mapping[str, Any], bound: Any, estimate: Any, known: bool, row: Any) -> Time:
    expected = float(estimate(at)) if known else None
    return Time(float(bound(at)), expected, known and row["tested"], row.get("error"))


def fullest(n_layer: Any, stages: Any) -> Any:
    """Return how many layers the fullest of some stages has, over an even share."""
    return np.ceil(n_layer / stages) * stages / n_layer


def room_in(at: dict[str, Any], layout: Layout) -> Any:
    """Return how many sequences fit at their full length, in whole blocks, on ranks alike.

    The fullest stage has the least room.
    """
    block = load("engines")["vllm"]["block"]
    whole = math.ceil((at["prompt_length"] + at["answer_length"]) / block) * block
    each = largest_batch({**at, "context": whole}) / layout.data_parallel
    each = each / fullest(at["n_layer"], layout.pipeline_parallel)
    return np.floor(each) * layout.data_parallel


def price_of(device: str | Hardware) -> tuple[float | None, str]:
    """Return the price of a chip for an hour, in US dollars, and whose it is, in words.

    It is the middle one of those that are asked; of those that somebody reckons with, if none is.

    Parameters
    ----------
    device
        A name or a row of the catalog.

    Returns
    -------
    tuple
        The price in USD/h, or None where no source says one, and what it is.

    Examples
    --------
    >>> price_of("b200")
    (6.69, '6.69 dollars for a chip and an hour; asked: 6.69, until 2026-09-20')
    """
    name = device_of(device).name
    rows = [row for row in load("prices")["row"] if row["hardware"] == name]
    asked = [row for row in rows if not row.get("reckoned")]
    found = [row["chip_hour_price"] for row in asked or rows]
    if not found:
        return None, "no source says what such a chip costs"
    ends = f"{min(found):.2f} to {max(found):.2f}" if len(found) > 1 else f"{found[0]:.2f}"
    how = "asked" if asked else "reckoned with"
    last = max(row["date"] for row in asked or rows)
    middle = median(found)
    return middle, f"{middle:.2f} dollars for a chip and an hour; {how}: {ends}, until {last}"


def _taken(device: Hardware, row: str, priced: str) -> dict[str, str]:
    """Return what was counted with, each with where it is from."""
    chips, engine = overheads[device.generation], load("engines")["vllm"]
    shown = device.memory_shown or device.memory_capacity
    left = f"{1 - engine['memory_reserve']:.0%} of {quantity(shown, 'byte')}"
    told = "that the driver shows" if device.memory_shown else "of the vendor"
    return {
        "overheads": f"{chips.title}; fitted end to end: {', '.join(chips.fitted)}",
        "error": load("regimes")[row]["conditions"],
        "memory": f"{left} {told}, in blocks of {engine['block']} tokens, as {engine['title']}",
        "price": priced,
    }


def _degrees(layout: Layout | Mapping[str, int] | None) -> dict[str, int]:
    """Return the degrees that are given."""
    given = layout._asdict() if isinstance(layout, Layout) else layout
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(f"layout = {check.show(layout)} is no `Layout`, and no degrees by name")
    for name, degree in given.items():
        check_known("degree of parallelism", name, Layout._fields)
        check.single(name, degree)
    return {name: int(degree) for name, degree in given.items()}


def layouts(
    model: str | Model, chips: int, given: Layout | Mapping[str, int] | None = None
) -> Layout:
    """Return all layouts of a model on so many chips, as arrays of degrees.

    Heads are split evenly, and so are experts: over all chips of a stage, where ranks share them.

    Raises
    ------
    InputError
        If there is none with the degrees that are given.

    Examples
    --------
    >>> from lifecost import models
    >>> layouts(models["llama-3-8b"], 2).tensor_parallel
    array([1, 1, 2])
    """
    model, chips = model_of(model), int(check.single("n_chip", chips, "chips"))
    given = _degrees(given)
    sizes = [dict(part.block.sizes) for part in model.stack.parts]
    heads = math.gcd(*(size[name] for size in sizes for name in _HEADS if name in size))
    experts = math.gcd(*(size["n_expert"] for size in sizes if "n_expert" in size))
    _refuse(model, chips, heads, experts, given)
    found = []
    for tensor, stages in itertools.product(_divisors(chips), repeat=2):
        if chips % (tensor * stages) or heads % tensor or stages > model.stack.n_layer:
            continue
        ranks = chips // (tensor * stages)
        shared = [e for e in _divisors(tensor * ranks) if experts and experts % e == 0] or [1]
        if "expert_parallel" not in given:
            shared = [shared[-1]] if ranks > 1 else sorted({1, shared[-1]})
        found += [Layout(tensor, ranks, expert, stages) for expert in shared]
    found = [one for one in found if all(getattr(one, n) == v for n, v in given.items())]
    if not found:
        words = ", ".join(f"{name} = {degree}" for name, degree in given.items())
        raise InputError(
            f"no layout of {chips} chips for {model.name} has {words}: tensor, data and pipeline "
            "degrees multiply to the chips"
        )
    return Layout(*(np.array(degrees) for degrees in zip(*found, strict=True)))


def _refuse(model: Model, chips: int, heads: int, experts: int, given: Mapping[str, int]) -> None:
    """Raise `InputError` where one of the degrees alone cannot be."""
    for name, degree in given.items():
        why = ""
        if name != "expert_parallel" and chips % degree:
            why = f"does not divide the {chips} chips"
        elif name == "tensor_parallel" and heads % degree:
            why = f"does not divide the {heads} heads of {model.name}"
        elif name == "pipeline_parallel" and degree > model.stack.n_layer:
            why = f"is more than the {model.stack.n_layer} layers of {model.name}"
        elif name == "expert_parallel" and degree > 1 and not experts:
            why = f"splits experts, and {model.name} has none"
        elif name == "expert_parallel" and experts and experts % degree:
            why = f"does not divide the {experts} experts of {model.name}"
        if why:
            raise InputError(f"{name} = {degree} {why}")


def _divisors(number: int) -> list[int]:
    small = [n for n in range(1, math.isqrt(number) + 1) if number % n == 0]
    return sorted({*small, *(number // n for n in small)})
