"""The levels of the cost model, side by side: what each counts of one decode step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from lifecost import values as check
from lifecost.errors import InputError, check_known
from lifecost.formula import Formula
from lifecost.formulas.decode import (
    decode_step_cost,
    decode_step_cost_weights,
    forward_flops,
    kv_load_flop_equivalent,
    weight_load_flop_equivalent,
)
from lifecost.formulas.overheads import (
    step_kv_time,
    step_links_time,
    step_operations_time,
    step_time,
    step_weights_time,
)
from lifecost.formulas.time import (
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_weights_time,
    expected_step_time,
    expected_weights_time,
)
from lifecost.quantities import number, percent, quantity
from lifecost.symbols import SYMBOLS
from lifecost.table import Table

Row: TypeAlias = tuple[str, tuple[Formula, Formula | None, Formula, Formula], str]
_HEADS = (
    "level", "compute", "weights", "KV cache", "overheads", "step", "memory/compute", "kind"
)  # fmt: skip
_OVERHEADS = _HEADS.index("overheads")
# Name, what a step costs by parts and whole, and what that is. The first two levels take each
# parameter as multiplied and read, the looked-up embedding too: by that they may exceed the bound.
_IN_FLOPS: tuple[Row, ...] = (
    ("the post's", (forward_flops, None, kv_load_flop_equivalent, decode_step_cost),
     "leading terms"),
    ("with weights", (forward_flops, weight_load_flop_equivalent, kv_load_flop_equivalent,
                      decode_step_cost_weights), "leading terms"),
)  # fmt: skip
_IN_SECONDS: tuple[Row, ...] = (
    ("full", (decode_compute_time, decode_weights_time, decode_kv_time, decode_step_time), "bound"),
    ("full, experts chosen evenly",
     (decode_compute_time, expected_weights_time, decode_kv_time, expected_step_time),
     "expectation"),
)  # fmt: skip
# Bytes that are read in a second where no device is given: it cancels.
_ANY_RATE = 10**6


class Level(NamedTuple):
    """One decode step as a level counts it, in seconds or FLOP-equivalents.

    None is what a level leaves out; ``kind`` says what the numbers are. With overheads, arithmetic
    counts with what it waits for, the weights or the cache.
    """

    name: str
    compute: float | None
    weights: float | None
    kv: float
    overheads: float | None
    step: float
    kind: str

    @property
    def memory_to_compute(self) -> float | None:
        """Cost of what is read over the cost of the arithmetic, where these are apart."""
        return self.compute and ((self.weights or 0) + self.kv) / self.compute


class Levels(tuple[Level, ...]):
    """The levels of one step; printed, a table."""

    unit: str

    def __getnewargs__(self) -> tuple[tuple[Level, ...], str]:
        """Return what a pickle makes the levels of."""
        return tuple(self), self.unit

    def __new__(cls, rows: Iterable[Level], unit: str) -> Levels:
        """Return levels whose costs are in ``unit``: ``"s"`` or ``"FLOP"``."""
        made = super().__new__(cls, rows)
        made.unit = unit
        return made

    @property
    def _table(self) -> Table:
        def shown(row: Level) -> list[str]:
            costs = [
                "not counted" if cost is None else quantity(cost, self.unit) for cost in row[1:-1]
            ]
            ratio = row.memory_to_compute
            if ratio is None:
                costs[0] = "with both"
            return [row.name, *costs, "" if ratio is None else number(ratio), row.kind]

        heads, rows = list(_HEADS), list(map(shown, self))
        if all(row.overheads is None for row in self):
            for cells in (heads, *rows):
                del cells[_OVERHEADS]
        return Table(heads, rows)

    def __repr__(self) -> str:
        return repr(self._table)

    def _repr_markdown_(self) -> str:
        return self._table._repr_markdown_()


def levels(*objects: Any, error: float | None = None, **values: Any) -> Levels:
    """Return what each level of the cost model counts of one decode step.

    Where a device is bound (``peak_flops`` and ``memory_bandwidth``), costs are seconds on its
    chips; where only ``hoi`` is, FLOP-equivalents. Where `lifecost.serving.setting` binds what real
    chips reach, the level with overheads is there too.

    Parameters
    ----------
    objects, values
        One model, and what a step needs beside it: ``batch``, ``context``, ``kv_bytes``,
        ``weight_bytes``, and a device or ``hoi``; single numbers.
    error
        Of the level with overheads: the median error of such an estimate, as a fraction.

    Raises
    ------
    InputError
        If a value is missing, out of range, or an array.

    Examples
    --------
    >>> from lifecost import models, post
    >>> for level in levels(models["llama-3-405b"], post):
    ...     print(level.name, round(level.memory_to_compute, 2), level.kind)
    the post's 1.56 leading terms
    with weights 3.91 leading terms
    full 3.61 bound
    """
    if error is not None and not (check.is_real(error) and 0 <= error < math.inf):
        raise InputError(f"error = {check.show(error)} is out of range: a share, at least 0")
    bound = _bound(objects, values)
    on_chips = {"peak_flops", "memory_bandwidth"} <= bound.keys()
    shared = 1
    if on_chips:
        shared = math.prod(
            bound.get(f"{how}_parallel", 1) for how in ("tensor", "data", "pipeline")
        )
        bound["hoi"] = bound["peak_flops"] / bound["memory_bandwidth"]
    elif "hoi" in bound:
        rates = {"peak_flops": bound["hoi"] * _ANY_RATE, "memory_bandwidth": _ANY_RATE}
        bound = {**bound, **rates}
    else:
        raise check.missing("levels", ["hoi"])
    flops = bound["peak_flops"] * shared  # in a second
    unit, scales = ("s", (1 / flops, 1)) if on_chips else ("FLOP", (1, flops))
    found = [
        _level(row, bound, scale)
        for rows, scale in zip((_IN_FLOPS, _IN_SECONDS), scales, strict=True)
        for row in rows
    ]
    if found[-1].weights == found[-2].weights:
        found.pop()  # without experts nothing is expected that is not certain
    if "operation_time" in bound:
        kind = "estimate" + (f", median error {percent(error)}" if error is not None else "")
        found.append(_estimate(bound, kind))
    return Levels(found, unit)


def _bound(objects: tuple[Any, ...], values: check.Bindings) -> dict[str, Any]:
    """Return what objects and values bind; the intensity of a device is its own."""
    bound, conflicts = check.bound_by("levels", objects, {*values, "hoi"})
    for error in conflicts.values():
        raise error
    bound |= values
    for name in values:
        check_known("value for levels", name, SYMBOLS)
    return check.singles(bound)


def _level(row: Row, bound: check.Bindings, scale: float) -> Level:
    name, (compute, weights, kv, step), kind = row
    read = None if weights is None else scale * weights(bound)
    costs = scale * compute(bound), read, scale * kv(bound), None, scale * step(bound)
    return Level(name, *costs, kind)


def _estimate(bound: check.Bindings, kind: str) -> Level:
    beside = step_operations_time(bound) + step_links_time(bound)
    read = step_weights_time(bound), step_kv_time(bound)
    return Level("with overheads", None, *read, beside, step_time(bound), kind)
