"""The models that ran the post's experiment: what each cost to train, and what it costs to serve.

Each stands against the one that it follows, at its own context, batch and chips.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from lifebook.data import load
from lifecost.catalog import Model, hardware, models
from lifecost.errors import unknown_name
from lifecost.formulas.decode import decode_flops
from lifecost.formulas.kv_cache import kv_bytes_read, kv_cache_size
from lifecost.formulas.time import expected_step_time, largest_batch
from lifecost.formulas.training import training_flops_exact
from lifecost.serving import serve

# The post's last sentence.
TRAINING, INFERENCE = 1.5, 10
VERDICTS = {
    "holds": "at most 1.5 times the training and a tenth of the cost, in every number",
    "conditional": "so by one of its numbers, and not by another",
    "fails": "not so by any of its numbers",
    "open": "ten times cheaper by one of its numbers, and what training cost is not published",
}
CLAIMS = {
    "as claimed": "our number is within 10 % of the claim, or above it where it says at least",
    "near": "within a factor of one and a half",
    "differs": "further off: the row says why",
    "": "no factor is claimed",
}
MEASURES = ("throughput", "cost", "arithmetic", "cache")
# More than find room anywhere.
_ALL = 10**5


@dataclass(frozen=True)
class Experiment:
    """One model against the one before it.

    Attributes
    ----------
    row
        What ``data/experiments.toml`` says of it.
    """

    row: Mapping[str, Any]

    @property
    def title(self) -> str:
        """Name of the model."""
        return str(self.row["title"])

    @cached_property
    def pair(self) -> tuple[Model, Model]:
        """The model that it is compared with, and itself."""
        found = self.row["baseline"]
        if isinstance(found, Mapping):
            before = Model.of(self.row["baseline_title"], {**found, "source": self.row["source"]})
        else:
            before = models[found]
        if "baseline_but" in self.row:
            before = before.but(**self.row["baseline_but"])
        return before, models[self.row["model"]]

    def at(self, new: bool, context: float | None = None) -> dict[str, Any]:
        """Return what binds a decode step of one of the two, the ``new`` one or the other.

        Parameters
        ----------
        new
            Whether of the model itself, and not of the one that it is compared with.
        context
            Tokens of context; its own, if it is not given.
        """
        row = self.row
        own = {"precision": row["precision"], **row["at"]}
        if not new:
            own |= row.get("baseline_at", {})
        bound = {
            **self.pair[new].bindings,
            **hardware[row["device"]].at(own.pop("precision"), row["chips"]),
            **own,
            "context": context or row["context"],
        }
        batch = row.get("batch")
        return {**bound, "batch": batch or max(1, int(largest_batch(bound)))}

    # ---- training

    @cached_property
    def training(self) -> float | None:
        """Cost of its training over the other's, in FLOPs; None if tokens are not published."""
        if "trained" not in self.row:
            return None
        before, after = (
            sum(_trained(model, run) for run in self.row[runs])
            for model, runs in zip(self.pair, ("baseline_trained", "trained"), strict=True)
        )
        return float(after / before)

    @property
    def hours(self) -> float | None:
        """Published chip-hours of its training over the other's; None if there are none."""
        found = self.row.get("hours")
        return found[0] / found[1] if found else None

    # ---- serving

    @property
    def claimed(self) -> float | None:
        """The factor that its source prints."""
        found = self.row.get("claim", {}).get("factor")
        return None if found is None else float(found)

    @property
    def measure(self) -> str:
        """What that factor is of: one of `MEASURES`, or nothing."""
        return str(self.row.get("claim", {}).get("measure", ""))

    def cheaper(self, context: float | None = None) -> float:
        """Return the factor by which a decoded token takes less chip time, all at its bound.

        Of experts, those that tokens meet if they choose evenly.

        Parameters
        ----------
        context
            Tokens of context; its own, if it is not given.
        """
        before, after = (
            float(expected_step_time(at) / at["batch"])
            for at in (self.at(False, context), self.at(True, context))
        )
        return before / after

    @cached_property
    def counted(self) -> float:
        """Our number for what it claims: in arithmetic, in cache, or in chip time."""
        if self.measure == "arithmetic":
            return self.arithmetic
        if self.measure == "cache":
            before, after = (float(kv_cache_size(self.at(new), batch=1)) for new in (False, True))
            return before / after
        return self.estimate or self.cheaper()

    @cached_property
    def arithmetic(self) -> float:
        """The factor in FLOPs of a decoded token."""
        before, after = (float(decode_flops(self.at(new), batch=1)) for new in (False, True))
        return before / after

    @cached_property
    def reads(self) -> float:
        """The factor in bytes of cache and state that a decoded token reads."""
        before, after = (float(kv_bytes_read(self.at(new), batch=1)) for new in (False, True))
        return before / after

    @cached_property
    def estimate(self) -> float | None:
        """The factor in throughput with overheads; None where the setting allows none."""
        given = self.row.get("estimate")
        if given is None:
            return None
        weights = given.get("weights")
        formats = (given.get("baseline_weights", weights) or None, weights)
        before, after = (
            serve(
                model, self.row["device"], self.row["chips"], _ALL, given["prompt"],
                given["answer"], weights=name, cache=given.get("cache"), engine=given["engine"],
            ).throughput
            for model, name in zip(self.pair, formats, strict=True)
        )  # fmt: skip
        return after["estimate"] / before["estimate"]  # type: ignore[index, operator]

    # ---- verdicts

    @property
    def factors(self) -> dict[str, float]:
        """What is known of how much cheaper it is to serve: published, at the bound, estimated."""
        served = self.measure in ("throughput", "cost")
        found = {
            "published": self.claimed if served else None,
            "bound": self.cheaper(),
            "estimate": self.estimate,
        }
        return {name: value for name, value in found.items() if value is not None}

    @property
    def shown(self) -> float:
        """The published factor of serving; our bound where there is none."""
        return self.factors.get("published", self.factors["bound"])

    @cached_property
    def agreement(self) -> str:
        """Whether our number is what its source claims: one of `CLAIMS`."""
        if self.claimed is None:
            return ""
        ratio = self.counted / self.claimed
        if abs(ratio - 1) <= 0.1 or (ratio > 1 and self.row["claim"].get("at_least")):
            return "as claimed"
        return "near" if max(ratio, 1 / ratio) <= TRAINING else "differs"

    @cached_property
    def verdict(self) -> str:
        """Whether the post's sentence is true of it: one of `VERDICTS`."""
        reached = [factor >= INFERENCE for factor in self.factors.values()]
        if self.training is None and any(reached):
            return "open"
        paid = [cost <= TRAINING for cost in (self.training, self.hours) if cost is not None]
        kept = [ten and price for ten in reached for price in paid or [False]]
        return "holds" if all(kept) else "conditional" if any(kept) else "fails"


def _trained(model: Model, run: Mapping[str, Any]) -> float:
    """Return the FLOPs of one run: of the model, or of another that it names."""
    given = {name: run[name] for name in ("train_tokens", "sequence_length")}
    trained = models[run["model"]] if "model" in run else model
    return float(training_flops_exact({**trained.bindings, **given}))


@cache
def experiments() -> tuple[Experiment, ...]:
    """Return the models that tried, as `data/experiments.toml` lists them.

    Examples
    --------
    >>> [one.title for one in experiments() if one.verdict == "holds"]
    ['DeepSeek-V4-Flash', 'Llama 4 Maverick']
    """
    return tuple(Experiment(row) for row in load("experiments")["row"])


def experiment(name: str) -> Experiment:
    """Return one experiment by its ``name``, the ``id`` of its row.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    known = {str(one.row["id"]): one for one in experiments()}
    if name not in known:
        raise unknown_name("experiment", name, known)
    return known[name]


def counts(tried: Iterable[Experiment]) -> dict[str, int]:
    """Return how many of the experiments ``tried`` came to each verdict."""
    found = [one.verdict for one in tried]
    return {verdict: found.count(verdict) for verdict in VERDICTS}
