"""What to choose: between the speed of one and the throughput of all, and how many chips."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from lifecost import values as check
from lifecost.catalog import Hardware, Model
from lifecost.errors import InputError
from lifecost.serving.cases import Layout, check_names, device_of, model_of, setting
from lifecost.serving.service import Service, layouts, room_in, serve
from lifecost.serving.speculation import guesses, throughput, token_time

MOST = 14  # doublings of chips, and of users, beyond which nothing is tried


class Point(NamedTuple):
    """A way to run: no other has both a shorter time between two tokens and more throughput."""

    layout: Layout
    concurrency: int
    time_per_token: float
    throughput: float


def frontier(
    model: str | Model,
    device: str | Hardware,
    chips: int,
    prompt: float,
    answer: float,
    *,
    speculated: int = 0,
    acceptance: float | None = None,
    draft_cost: float | None = None,
    **formats: Any,
) -> list[Point]:
    """Return the ways to run so many chips that no other beats, the fastest for a user first.

    Parameters
    ----------
    model, device, chips, prompt, answer
        As of `serve`; the numbers of users that are tried double.
    speculated, acceptance, draft_cost
        As of `serve`.
    formats
        ``weights``, ``cache`` and ``engine``, as of `serve`.

    Returns
    -------
    list
        Points, whose times are seconds and whose throughput is tokens a second of all chips, both
        estimates.

    Examples
    --------
    >>> points = frontier("llama-3-70b", "h100-sxm", 8, 2048, 256, weights="fp8")
    >>> points[0].concurrency, points[0].layout.tensor_parallel
    (1, 8)
    >>> points[-1].throughput > 10 * points[0].throughput
    True
    """
    model, device = model_of(model), device_of(device)
    for name, value in (("prompt_length", prompt), ("answer_length", answer)):
        check.single(name, value, name.partition("_")[0])
    check_names(**formats)
    options = layouts(model, chips)
    users = 2.0 ** np.arange(MOST)[:, None]
    at = setting(model, device, options, users, prompt, answer, **formats)
    fits = room_in(at, options) >= users
    flat = fits & (options.pipeline_parallel == 1)
    fits = flat if flat.any() else fits  # as of `serve`: stages come last
    at |= guesses(model, at, speculated, acceptance, draft_cost)
    times, rates = token_time(at), throughput(at)
    points: list[Point] = []
    for i, j in sorted(zip(*np.nonzero(fits), strict=True), key=lambda at: times[at]):
        if not points or rates[i, j] > points[-1].throughput:
            layout = Layout(*(int(degree[j]) for degree in options))
            points.append(Point(layout, 2 ** int(i), float(times[i, j]), float(rates[i, j])))
    return points


def fewest_chips(
    model: str | Model,
    device: str | Hardware,
    concurrency: float,
    prompt: float,
    answer: float,
    *,
    time_per_token: float | None = None,
    **more: Any,
) -> Service:
    """Return the service on the fewest chips, of numbers that double, that has room for all users.

    Parameters
    ----------
    model, device, concurrency, prompt, answer
        As of `serve`.
    time_per_token
        The most that the expected time between two tokens may be, in seconds; any, if not given.
    more
        What else `serve` takes.

    Raises
    ------
    InputError
        If no number of chips is enough.

    Examples
    --------
    >>> fewest_chips("llama-3-70b", "h100-sxm", 64, 2048, 256).layout.n_chip
    4
    """
    target = np.inf if time_per_token is None else time_per_token
    if not check.is_real(target) or not target > 0:
        raise InputError(f"time_per_token = {check.show(target)} is out of range: above 0 s")
    for doublings in range(MOST):
        found = serve(model, device, 2**doublings, concurrency, prompt, answer, **more)
        step = found.time_per_token
        quick = target == np.inf or (step and (step.estimate or np.inf) <= target)
        if found.fits and quick:
            return found
    words = "" if time_per_token is None else f" in {time_per_token:g} s a token"
    raise InputError(
        f"no number of chips up to {2 ** (MOST - 1):,} serves {concurrency:,} requests{words}"
    )
