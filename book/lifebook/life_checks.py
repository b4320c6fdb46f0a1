"""What was published of whole lives, beside the number that the formulas give."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any

from lifebook.asked import asked, ways
from lifebook.data import load
from lifebook.evidence import rows
from lifebook.lives import deepseek_day, lived
from lifecost.catalog import hardware, models
from lifecost.formulas.decode import decode_step_cost_full
from lifecost.formulas.reinforcement import rollout_to_update_ratio
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import matmul_flops
from lifecost.symbols import CONSTANTS, SECONDS_PER_HOUR

_HOUR = float(CONSTANTS[SECONDS_PER_HOUR][0])


@dataclass(frozen=True)
class Check:
    """A published number, and ours.

    Attributes
    ----------
    title, unit, source, why
        What it is, and why the two differ, in words; a key of the bibliography.
    kind
        Of ours: a ``"bound"``, which nothing real may beat, or an ``"estimate"``.
    third
        Whether a third party says it.
    """

    title: str
    unit: str
    kind: str
    published: float
    ours: float
    why: str
    source: str
    third: bool

    @property
    def ratio(self) -> float:
        """The published number over ours."""
        return self.published / self.ours


def life_checks() -> dict[str, Check]:
    """Return what was published of training and of service, each beside the number of a formula.

    Examples
    --------
    >>> round(life_checks()["day-decode"].ratio, 1)
    6.8
    """
    found = _numbers()
    return {
        name: Check(row["title"], row["unit"], row["kind"], *found[name], row["why"], row["source"],
                    row.get("third", False))
        for name, row in load("life_checks").items()
    }  # fmt: skip


def _numbers() -> dict[str, tuple[float, float]]:
    """Return the published number and ours, by the name of the row."""
    known = load("life_checks")
    v3, h800 = models["deepseek-v3"], hardware["h800"].at("fp8")
    r1 = next(row for row in rows("reinforcement") if "chip_hours" in row)
    (llama,) = rows("training_hours", model="llama-3-70b")
    h100 = hardware[llama["hardware"]].at(llama["precision"])
    trained = {
        name: float(training_flops(lived(kind), train_tokens=lived(kind)["train_tokens"]))
        for name, kind in (("v3", "mixture"), ("llama", "dense"))
    }
    found = {
        "v3-hours": (r1["pretraining_hours"], trained["v3"] / h800["peak_flops"] / _HOUR),
        "llama-hours": (llama["chip_hours"], trained["llama"] / h100["peak_flops"] / _HOUR),
        "v3-flops": (known["v3-flops"]["published"], trained["v3"]),
        "llama-flops": (known["llama-flops"]["published"], trained["llama"]),
        "r1-flops": (known["r1-flops"]["published"], r1["share"] * trained["v3"]),
        "olmo-machines": _olmo(load("reinforcement")["rollouts"], known["olmo-machines"]),
        "v3-price": _price(v3.name),
    }
    for name in ("v3-rate", "step-3-rate"):
        row = known[name]
        least = ways(row["model"], row["context"], 1, weights="fp8", cache="fp8").least["h800"]
        found[name] = row["published"], 1 / least[1] / _HOUR
    day = deepseek_day()
    at = dict(
        hoi=h800["hoi"], batch=day["batch"], kv_bytes=1, weight_bytes=1, context=day["context"]
    )
    bill = {
        "decode": float(decode_step_cost_full(v3, at)) / day["batch"] * day["written"],
        "prefill": float(matmul_flops(v3)) * day["missed"],
    }
    for phase, flops in bill.items():
        found[f"day-{phase}"] = day[phase], flops / h800["peak_flops"] / day["seconds"]
    return found


def _olmo(run: dict[str, Any], row: dict[str, Any]) -> tuple[float, float]:
    hoi = hardware[run["device"]].at(run["precision"])["hoi"]
    ratio = rollout_to_update_ratio(
        models[run["model"]], hoi=hoi, kv_bytes=2, weight_bytes=2, trained_share=1,
        rollout_batch=row["rollout_batch"], rollout_context=run["answer"] / 2,
    )  # fmt: skip
    return run["decoding_nodes"] / run["training_nodes"], float(ratio)


def _price(model: str) -> tuple[float, float]:
    first = next(row for row in asked() if row.model == model)
    assert first.ways is not None
    return first.output_over_input, median(first.ways.output_over_input.cheapest.values())
