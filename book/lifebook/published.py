"""Numbers that others printed, computed again: each with its source, its formula and a verdict.

Those of ``data/published_numbers.csv`` are an expression each. Others stand in data that a chapter
uses too, and come from there.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

import lifecost
from lifebook.data import load
from lifebook.evidence import rows
from lifebook.experiments import experiments
from lifebook.measure.published import runs, setting_of
from lifebook.shapes import shape_laws
from lifebook.step3 import step3, unit_price
from lifecost.catalog import laws, models
from lifecost.errors import InputError, unknown_name
from lifecost.formula import FORMULAS, Formula
from lifecost.formulas.decode import forward_flops
from lifecost.formulas.kv_cache import kv_bytes_per_token, kv_cache_size, weights_size
from lifecost.formulas.scaling_law import optimal_params
from lifecost.formulas.shape import optimal_ff_ratio, optimal_relative_width
from lifecost.formulas.speculative import walltime_speedup
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import kv_elements_per_token, parameter_count
from lifecost.optimum import optimum
from lifecost.quantities import number
from lifecost.values import Value

VERDICTS = {
    "agrees": "rounds to the printed digits",
    "within 2 %": "differs by at most two percent",
    "differs": "differs by more: the note says why",
    "not computed": "cannot be computed from what is published: the note says what is missing",
}
MARKS = {
    "own text": "we opened the source and compared the number with its text",
    "copy": "we have a copy of the passage or table, in another's text or in our notes",
    "third party": "others tell it in their own words",
}
HEAD = ("source", "where", "quantity", "claim", "unit", "printed", "expression", "note")


@dataclass(frozen=True)
class Reading:
    """How a number was read: one of `MARKS`, from what text, and the day of comparison."""

    mark: str
    form: str
    checked: str


@cache
def readings() -> dict[tuple[str, str], Reading]:
    """Return how each source was read, by source and place; no place stands for all others in it.

    Raises
    ------
    InputError
        If a mark is none of `MARKS`.
    """
    found = {}
    for row in rows("published_readings"):
        one = Reading(row["mark"], row["form"], row["checked"])
        if one.mark not in MARKS:
            raise unknown_name("mark", one.mark, MARKS)
        for where in row.get("where", [""]):
            found[row["source"], where] = one
    return found


def reading(source: str, where: str) -> Reading:
    """Return how a ``source`` was read: the place ``where`` in it, if that has a row of its own.

    Raises
    ------
    InputError
        If no row says how: there is no default.

    Examples
    --------
    >>> reading("gptfast2023", "README.md").mark
    'own text'
    """
    for key in ((source, where), (source, "")):
        if key in readings():
            return readings()[key]
    raise InputError(f"{source}, {where}: no row says how it was read")


@dataclass(frozen=True)
class Number:
    """One printed number: what it is of, who printed it, and what computes it here.

    Attributes
    ----------
    source, where, claim
        A key of the bibliography or a citation; the place in it; what the number is.
    formula, unit
        Name of the formula, or the expression, that computes it; and the unit.
    value, printed
        The value computed, if it can be, and the number as it is printed, in the same unit.
    note
        Why they differ, where they do.
    quantity
        What kind of number it is.
    """

    source: str
    where: str
    claim: str
    formula: str
    unit: str
    value: float | None
    printed: str
    note: str = ""
    quantity: str = ""

    @property
    def reading(self) -> Reading:
        """How it was read in its source."""
        return reading(self.source, self.where)

    @property
    def ratio(self) -> float | None:
        """The value computed over the number printed."""
        return None if self.value is None else self.value / float(self.printed)

    @property
    def verdict(self) -> str:
        """One of `VERDICTS`."""
        if self.value is None:
            return "not computed"
        printed = Decimal(self.printed)
        step = Decimal(1).scaleb(int(printed.as_tuple().exponent))
        # Half a unit of the last printed digit, and a little for values that lie on the half.
        if abs(Decimal(self.value) - printed) <= step * Decimal("0.5000001"):
            return "agrees"
        return "within 2 %" if abs(self.value / float(printed) - 1) <= 0.02 else "differs"


@cache
def published() -> tuple[Number, ...]:
    """Return every printed number that is computed again.

    Examples
    --------
    >>> len(published()) >= 300
    True
    """
    return tuple(
        replace(n, quantity=n.quantity or quantity) for quantity, group in _GROUPS for n in group()
    )


def sources() -> int:
    """Return how many sources the numbers have."""
    return len({number.source for number in published()})


def number_of(row: Mapping[str, str]) -> Number:
    """Return the number that a row of ``data/published_numbers.csv`` is.

    Raises
    ------
    InputError
        If a field is missing that every row has, or the expression gives no number.
    """
    for name in ("source", "where", "quantity", "claim", "unit", "printed"):
        if not row[name]:
            raise InputError(f"published number {row['claim'] or row}: no {name}")
    expression, value = row["expression"], None
    if expression:
        value = float(eval(expression, dict(_scope())))
        if not math.isfinite(value):
            raise InputError(f"published number {row['claim']}: {expression} is {value}")
    named = [name for name in re.findall(r"\w+", expression) if name in FORMULAS]
    return Number(
        row["source"], row["where"], row["claim"], named[0] if named else expression, row["unit"],
        value, row["printed"], row["note"], row["quantity"],
    )  # fmt: skip


@cache
def _scope() -> dict[str, Any]:
    """Return what expressions see: what the package gives, and Step-3's tables."""
    given = {"step3": step3, "unit_price": unit_price, "log": math.log}
    return vars(lifecost) | given


def _table() -> Iterator[Number]:
    path = resources.files("lifebook").joinpath("data", "published_numbers.csv")
    lines = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    table = csv.DictReader(lines)
    if tuple(table.fieldnames or ()) != HEAD:
        raise InputError(f"published_numbers.csv: the head is {', '.join(HEAD)}")
    return map(number_of, table)


def _of(formula: Formula, value: Value) -> dict[str, Any]:
    return {"formula": formula.name, "unit": formula.unit, "value": float(value)}


def _text(value: float) -> str:
    """Return a number of the data files with the digits that it has there."""
    return str(Decimal(repr(value)).normalize())


def _counts() -> Iterator[Number]:
    for model in models.values():
        if model.published_params:
            hub = "keras-team/keras-hub" in model.note
            yield Number(
                "KerasHub, github.com/keras-team/keras-hub" if hub else
                "Metadata of published checkpoints, huggingface.co",
                "presets" if hub else model.title, f"{model.title}: parameters",
                **_of(parameter_count, parameter_count(model.shape)),
                printed=str(model.published_params),
            )  # fmt: skip


def _training() -> Iterator[Number]:
    for row in load("training_runs").values():
        if "train_flops" in row and "train_tokens" in row:
            yield Number(
                row["source"], "training run", f"{row['title']}: training FLOPs",
                **_of(training_flops, training_flops(row)), printed=_text(row["train_flops"]),
                note=row["note"],
            )  # fmt: skip
    law, budgets = laws["besiroglu"], np.array([1e21, 1e24])
    small, large = np.log(optimal_params(law, train_flops=budgets))
    exponent = (large - small) / np.log(budgets[1] / budgets[0])
    yield Number(
        "besiroglu2024chinchilla", "data_analysis.ipynb", "power of the budget in the optimal size",
        optimal_params.name, "1", float(exponent), "0.513",
        note="The law's constants are printed to four digits.",
    )  # fmt: skip


def _training_memory() -> Iterator[Number]:
    for row in rows("printed_training"):
        given = row["inputs"]
        asked = {n: FORMULAS[v](given) for n, v in given.items() if isinstance(v, str)}
        given = {**given, **asked}
        formula = FORMULAS[row["formula"]]
        found = _of(formula, formula(given))
        if "over" in row:
            found |= {"unit": "1", "value": found["value"] / FORMULAS[row["over"]](given) - 1}
        yield Number(
            row["source"], row["where"], row["title"], **found, printed=row["printed"],
            note=row.get("note", ""),
        )  # fmt: skip


def _caches() -> Iterator[Number]:
    for row in rows("kv_penalties"):
        shape = {name: row[name] for name in ("n_kv_head", "d_head")}
        shape["n_layer"] = row["n_layer"] // row["layers_per_cache"]  # of those that have a cache
        yield Number(
            row["source"], "table 1", f"{row['title']}: cache of a token in 16 bits",
            **_of(kv_bytes_per_token, kv_bytes_per_token(shape, {"kv_bytes": 2})),
            printed=str(row["held_bytes"]),
        )  # fmt: skip
    for row in rows("published_kv_caches"):
        size = kv_cache_size(models[row["model"]], row, batch=1) / row["unit_bytes"]
        yield Number(
            row["source"], "table", f"{models[row['model']].title}: cache of 128,000 tokens, GiB",
            kv_cache_size.name, "1", float(size), str(row["printed"]), note=row["note"],
        )  # fmt: skip
    row = load("cache_reductions")["deepseek-v2"]
    before, after = (
        float(kv_elements_per_token(m, context=1))
        for m in (row["before"], models[row["after_model"]])
    )
    left = after * row["after_bits"] / (before * row["before_bits"])
    yield Number(
        row["source"], "abstract", "reduction of the cache, storage included",
        kv_elements_per_token.name, "1", 1 - left, str(row["printed"]),
    )  # fmt: skip
    one = models[row["after_model"]]
    heads = float(kv_elements_per_token(one, context=1)) / (
        2 * one.n_layer * (one.d_head - one.d_rope)
    )
    yield Number(
        row["source"], "table 1", "latent attention's cache, in key-value heads of GQA",
        kv_elements_per_token.name, "1", heads, "2.25",
    )  # fmt: skip


def _served() -> Iterator[Number]:
    for run in runs("table"):
        yield Number(
            run.source, "table", f"{run.title}: time of a decode step", "decode_step_time_serial",
            "s", run.bound, _text(run.measured), note="Its inputs are rounded.",
        )  # fmt: skip
    for row in rows("measurements", source="pope2023efficiently"):
        model, setting = setting_of(row)
        tokens = setting["context"] if row["phase"] == "prefill" else row["steps"]
        work = forward_flops(model, setting) * tokens
        share = work / (row["seconds"] * setting["peak_flops"])
        yield Number(
            row["source"], "table 2", f"{row['title']}, {row['phase']}: share of the peak",
            forward_flops.name, "1", float(share), str(row["utilization"]),
        )  # fmt: skip
    for row in rows("measurements", source="gptfast2023"):
        model, setting = setting_of(row)
        whole = float(weights_size(model, setting)) / row["chips"]
        embedding = model.vocab_size * model.d_model * setting["weight_bytes"] / row["chips"]
        read = (whole - embedding) * row["tokens_per_second"]
        yield Number(
            row["source"], "README.md", f"{row['title']}: bytes read a second and GPU",
            weights_size.name, "byte/s", read, _text(row["bandwidth"]),
            note="It counts what is left on a GPU that other parts of the model are not split to.",
        )  # fmt: skip


def _designs() -> Iterator[Number]:
    for row in rows("speculative", study="leviathan"):
        given = {name: row[name] for name in ("draft_length", "acceptance_rate")}
        share = row["draft_params"] / row["target_params"]
        yield Number(
            row["source"], "table 2", f"{row['title']}: speed-up",
            **_of(walltime_speedup, walltime_speedup(given, draft_cost_ratio=share)),
            printed=str(row["speedup"]),
            note="A measurement. A draft costs at least its share of parameters, so ours may be "
            "too high; where acceptance varies from token to token it is too low.",
        )  # fmt: skip
    law = shape_laws["bian-small"]
    for formula, printed in ((optimal_relative_width, "0.08"), (optimal_ff_ratio, "1.032")):
        yield Number(
            law.source, "section 5.1", f"shape law: {formula.meaning.lower().rstrip('.')}",
            **_of(formula, formula(law)), printed=printed,
        )  # fmt: skip


def _lives() -> Iterator[Number]:
    law, r = laws["sardana"], load("sardana")["reckoning"]
    work = r["input_tokens"] / r["prefill_mfu"] + r["output_tokens"] / r["decode_mfu"]
    request = work * r["train_mfu"] * r["inference_price"] / r["train_price"] / 2
    for row in rows("sardana"):
        tokens = row.get("inference_tokens", row.get("requests", 0) * request)
        found = optimum(law, row["quality_of"], tokens)
        values = {
            "n_params": ("parameters", found.parameters),
            "train_tokens": ("training tokens", found.training_tokens),
            "data_factor": (
                "training tokens over the compute-optimal",
                found.training_tokens / found.chinchilla.training_tokens,
            ),
            "saving": ("share saved", found.saving),
            "overhead": (
                "overhead of the compute-optimal",
                found.chinchilla.flops / found.flops - 1,
            ),
        }
        for name, (what, value) in values.items():
            if name not in row:
                continue
            yield Number(
                row["source"], row["note"].partition(":")[0].rstrip("."),
                f"{row['title']}: {what}", "optimum", "1", float(value), _text(row[name]),
                note="Dollar rows follow from a ratio of prices of 0.33, not of 0.37."
                if "requests" in row
                else "",
            )  # fmt: skip


def _announced() -> Iterator[Number]:
    for model in models.values():
        sizes = {
            "parameters": (model.announced_params, model.n_params),
            "active parameters": (model.announced_active_params, model.n_active_params),
        }
        tables = (1 if model.tied_embeddings else 2) * model.vocab_size * model.d_model
        for what, (announced, counted) in sizes.items():
            if announced:
                unit, power = (1e12, 12) if announced >= 1e12 else (1e9, 9)
                without = f"{number(counted - tables, 4)} without the tables of the vocabulary"
                named = f"{announced / unit:g}{'T' if power == 12 else 'B'}" in model.title
                yield Number(
                    "Names of the models" if named else model.announced_source or model.source,
                    "name" if named else "announcement", f"{model.title}: announced {what}",
                    parameter_count.name, "parameter", float(counted),
                    f"{announced / unit:g}E+{power}", note=f"A rounded size; ours is {without}.",
                )  # fmt: skip


def _utilizations() -> Iterator[Number]:
    for row in rows("utilization"):
        given = row.get("inputs", {})
        if given.keys() == {"achieved_flops", "peak_flops"}:
            yield Number(
                row["source"], row["note"].partition(",")[0], f"{row['title']}, {row['hardware']}, "
                f"{row['setting']}: share of the peak", "achieved_flops / peak_flops", "1",
                given["achieved_flops"] / given["peak_flops"], str(row["utilization"]),
            )  # fmt: skip


def _experiments() -> Iterator[Number]:
    for one in experiments():
        if one.claimed is not None:
            yield Number(
                one.row["source"], one.row["where"],
                f"{one.title} against the model before it: {one.measure}, times better",
                "serve" if one.estimate else "kv_bytes_read", "1", float(one.counted),
                f"{one.claimed:.3g}",
                note=one.row.get("note") or "Their measurement against our bound or estimate.",
            )  # fmt: skip


_GROUPS: tuple[tuple[str, Callable[[], Iterator[Number]]], ...] = (
    ("parameters", _counts),
    ("parameters", _announced),
    ("training", _training),
    ("memory of training", _training_memory),
    ("KV cache", _caches),
    ("utilization", _utilizations),
    ("serving", _served),
    ("design", _designs),
    ("design", _experiments),
    ("lifetime", _lives),
    ("", _table),
)
