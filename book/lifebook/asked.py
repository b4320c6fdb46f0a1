"""Prices read backwards: what providers ask for tokens, and the span of what their chips cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from lifebook.data import load
from lifecost.catalog import hardware
from lifecost.errors import InputError
from lifecost.formulas.service import cached_input_price, input_price, output_price
from lifecost.serving import Layout, layouts, overheads, setting
from lifecost.serving.cases import model_of
from lifecost.serving.service import room_in
from lifecost.serving.speculation import token_time


class Span(NamedTuple):
    """A ratio of two prices over all ways to serve a model, and where a request costs the least.

    Attributes
    ----------
    least, most
        Of all ways.
    cheapest
        By device, of the way in which a request costs the least.
    """

    least: float
    most: float
    cheapest: dict[str, float]

    def words(self) -> str:
        """Return what the cheapest ways have, from device to device: "2.6 to 4.0"."""
        return f"{min(self.cheapest.values()):.1f} to {max(self.cheapest.values()):.1f}"


@dataclass(frozen=True)
class Ways:
    """All ways to serve a model that keep the promise: `ways` returns them.

    Attributes
    ----------
    output_over_input, input_over_cached
        Spans of a token's price over another's.
    least
        By device, the least price of a token of input and of one of output, in chip-hours.
    """

    output_over_input: Span
    input_over_cached: Span
    least: dict[str, tuple[float, float]]


def request_of_the_day() -> tuple[float, float]:
    """Return tokens of a prompt and of an answer, such that both have the means of DeepSeek's day.

    Examples
    --------
    >>> prompt, answer = request_of_the_day()
    >>> round(prompt + answer / 2), round(prompt / answer, 2)
    (4989, 3.62)
    """
    day = load("workloads")["deepseek-day"]
    ratio = day["input_tokens_per_day"] / day["output_tokens_per_day"]
    answer = day["mean_context"] / (ratio + 1 / 2)
    return ratio * answer, answer


@cache
def ways(
    model: str, prompt: float | None = None, answer: float | None = None, **formats: str
) -> Ways:
    """Return what tokens cost in all ways to serve a model that keep the promise, as estimates.

    On each device with known links whose estimates were held against measurements: every number of
    chips and of users, in powers of two, and every layout without stages that has room for them and
    keeps the rate of ``data/token_prices.toml``. Prompts may be read elsewhere, in the same layout.
    The price of a chip cancels in the ratios; nothing counts idle hours.

    Parameters
    ----------
    model
        A row of the catalog.
    prompt, answer
        Tokens of each; those of `request_of_the_day`, if not given.
    formats
        ``weights`` and ``cache``, as of `lifecost.serving.serve`.

    Raises
    ------
    InputError
        If there is no such model, or no way keeps the promise.

    Examples
    --------
    >>> found = ways("deepseek-v3").output_over_input
    >>> found.least < min(found.cheapest.values()) < found.most
    True
    """
    usual = request_of_the_day()
    prompt, answer = usual[0] if prompt is None else prompt, usual[1] if answer is None else answer
    promise, row = load("token_prices")["promise"], model_of(model)
    doublings = int(np.log2(promise["most_chips"])) + 1
    options = [layouts(row, 2**n, {"pipeline_parallel": 1}) for n in range(doublings)]
    layout = Layout(*(np.concatenate(degrees) for degrees in zip(*options, strict=True)))
    users = 2.0 ** np.arange(int(np.log2(promise["most_users"])) + 1)[:, None]
    ratios: list[Any] = []
    cheapest: dict[str, tuple[float, float]] = {}
    least: dict[str, tuple[float, float]] = {}
    for device in hardware.values():
        known = overheads.get(device.generation)
        if device.link_bandwidth is None or known is None or not known.tested:
            continue
        at = setting(row, device, layout, users, prompt, answer, engine="disaggregated", **formats)
        at["chip_hour_price"] = 1.0
        kept = (room_in(at, layout) >= users) & (token_time(at) <= 1 / promise["user_rate"])
        if not kept.any():
            continue
        prices = (output_price(at), input_price(at), cached_input_price(at))
        out, new, held = (np.broadcast_to(price, kept.shape)[kept] for price in prices)
        both = np.stack([out / new, new / held])
        best = int(np.argmin(prompt * new + answer * out))
        ratios.append(both)
        cheapest[device.name] = (float(both[0, best]), float(both[1, best]))
        least[device.name] = (float(new.min()), float(out.min()))
    if not ratios:
        raise InputError(f"no way to serve {model} keeps {promise['user_rate']} tokens a second")
    low, high = (getattr(np.hstack(ratios), end)(axis=1).tolist() for end in ("min", "max"))
    output, cached = (
        Span(low[i], high[i], {name: ratio[i] for name, ratio in cheapest.items()}) for i in (0, 1)
    )
    return Ways(output, cached, least)


@dataclass(frozen=True)
class Asked:
    """What a provider asks for tokens, beside what the formulas say that they cost.

    Attributes
    ----------
    title, date
        What is priced, and when.
    model
        A row of the catalog; None where the architecture is not published.
    output_over_input, input_over_cached
        Ratios of what is asked; the latter is None where cached input has no price of its own.
    ways
        What `ways` returns; None without a model.
    """

    title: str
    date: str
    model: str | None
    output_over_input: float
    input_over_cached: float | None
    ways: Ways | None

    def verdict(self) -> str:
        """Return where the asked ratio of output to input lies, in words."""
        if self.ways is None:
            return "not known"
        span, ratio = self.ways.output_over_input, self.output_over_input
        if not span.least <= ratio <= span.most:
            return "outside: too low" if ratio < span.least else "outside: too high"
        if ratio < min(span.cheapest.values()):
            return "below the cheapest"
        return "above" if ratio > max(span.cheapest.values()) else "as the cheapest"


def asked() -> list[Asked]:
    """Return what providers ask, each beside the ways to serve its model.

    Examples
    --------
    >>> rows = {row.title: row for row in asked()}
    >>> rows["DeepSeek-V3.2-Exp"].verdict()
    'outside: too low'
    """
    return [
        Asked(
            title=row["title"], date=row["date"], model=row.get("model"),
            output_over_input=row["output"] / row["input"],
            input_over_cached=row["input"] / row["cached"] if "cached" in row else None,
            ways=ways(row["model"]) if "model" in row else None,
        )
        for row in load("token_prices")["row"]
    ]  # fmt: skip
