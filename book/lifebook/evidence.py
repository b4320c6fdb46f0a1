"""Claims that no formula settles: measures taken over the data files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from lifebook.data import load
from lifebook.designs import Designs, designs
from lifecost.catalog import Hardware, Model, hardware, laws, models, post
from lifecost.errors import unknown_name
from lifecost.formulas.compression import (
    equal_loss_params_penalty,
    equal_loss_tokens_penalty,
    params_penalty,
    tokens_penalty,
)
from lifecost.formulas.shape import optimal_ff_ratio, shape_ff_ratio
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.shape import shape_laws

ELEMENT_BYTES = {"bf16": 2, "fp16": 2, "fp8": 1, "int8": 1, "fp4": 0.5}


def rows(file: str, **wanted: Any) -> list[dict[str, Any]]:
    """Return the rows of ``data/<file>.toml`` whose fields have the wanted values.

    Examples
    --------
    >>> [row["layers_per_cache"] for row in rows("kv_penalties", title="MQA")]
    [1]
    """
    found: list[dict[str, Any]] = load(file)["row"]
    return [row for row in found if all(row.get(k) == v for k, v in wanted.items())]


def quality_points(variant: str, **wanted: Any) -> list[float]:
    """Return the differences to multi-head attention in points, where parameters match.

    Of the studies of a ``variant`` of attention whose fields have the ``wanted`` values.
    """
    return [
        row["value"] - row["baseline"]
        for row in rows("attention_quality", higher_is_better=True, **wanted)
        if row["variant"].startswith(variant) and "parameters matched" in row["setting"]
    ]


def data_center_parts(since: int = 2017) -> list[Hardware]:
    """Return the shipping parts with high-bandwidth memory, oldest first.

    Those that were announced in the year ``since`` or later.
    """
    parts = [h for h in hardware.values() if h.memory == "HBM" and not h.announced]
    return sorted((h for h in parts if h.year >= since), key=lambda h: (h.year, h.name))


def intensities(part: Hardware) -> Iterator[tuple[str, float, float]]:
    """Yield precision, FLOPs per byte, and FLOPs per element of that precision.

    For each precision in which the ``part`` has a peak rate.
    """
    for precision in part.peak_flops:
        per_byte = part.at(precision)["hoi"]
        yield precision, per_byte, per_byte * ELEMENT_BYTES[precision]


def utilizations(phase: str, source: str = "") -> list[float]:
    """Return the published utilizations of a phase, lowest first.

    Each is a share of the peak; of the ``phase`` training, prefill, decode or matmul, and of one
    ``source`` where its key is given.

    Raises
    ------
    InputError
        If there is no such phase.

    Examples
    --------
    >>> utilizations("decode")
    [0.069, 0.14, 0.33]
    """
    found = rows("utilization", phase=phase)
    if not found:
        raise unknown_name("phase", phase, {row["phase"] for row in rows("utilization")})
    return sorted(r["utilization"] for r in found if source in ("", r["source"]))


def cached_fraction(name: str) -> float | None:
    """Return the share of a workload's prompt tokens that hit a cache; None if none is published.

    The workload ``name`` is a row of ``data/workloads.toml``.

    Examples
    --------
    >>> cached_fraction("deepseek-day"), cached_fraction("lmsys-chat")
    (0.5625, None)
    """
    known = load("workloads")
    if name not in known:
        raise unknown_name("workload", name, known)
    row = known[name]
    if "cached_input_tokens_per_day" in row:
        return float(row["cached_input_tokens_per_day"] / row["input_tokens_per_day"])
    return float(row["cached_input_fraction"]) if "cached_input_fraction" in row else None


def workload(name: str, decode_tokens: Any) -> dict[str, Any]:
    """Return what a published workload binds for a number of decoded tokens.

    These are ``prefill_tokens`` and ``decode_tokens`` in the proportion of the workload ``name``,
    and ``context``, the mean over the tokens of the answers. Prompt tokens that hit a cache are not
    read again: they are left out wherever the source counts them (`cached_fraction`).
    """
    hits, row = cached_fraction(name) or 0, load("workloads")[name]
    if "mean_context" in row:
        asked, written = row["input_tokens_per_day"], row["output_tokens_per_day"]
        context = row["mean_context"]
    else:
        asked, written = row["mean_input_tokens"], row["mean_output_tokens"]
        context = asked + written / 2
    read = asked * (1 - hits) / written * decode_tokens
    return {"prefill_tokens": read, "decode_tokens": decode_tokens, "context": context}


def kv_family(family: Iterable[Model]) -> dict[str, float]:
    """Return the power of model size that the caches of some models follow, by least squares.

    The cache of a token has ``kv_scale`` elements times the parameters to the power
    ``kv_exponent``, over the models of the ``family``.

    Examples
    --------
    >>> from lifecost import models
    >>> llamas = [models[f"llama-3-{size}"] for size in ("8b", "70b", "405b")]
    >>> round(kv_family(llamas)["kv_exponent"], 2)
    0.35
    """
    known = list(family)
    sizes = np.log([model.n_params for model in known])
    elements = np.log([float(kv_elements_per_token(model)) for model in known])
    exponent, log_scale = np.polyfit(sizes, elements, 1)
    return {"kv_scale": float(np.exp(log_scale)), "kv_exponent": float(exponent)}


def cache_penalties(law: Any, model: Any) -> list[dict[str, Any]]:
    """Return the measured variants of a cache: what each holds, reads, and costs in quality.

    ``held_share`` and ``read_share`` are of multi-head attention's cache; ``loss_gap`` is in nats a
    token. What the gap is worth by ``law`` stands there in two readings, since it was measured on
    small models and briefly trained ones. If the *share* carries over, it is `params_penalty` or
    `tokens_penalty`, at the study's own size and tokens. If the *nats* do, it is
    `equal_loss_params_penalty` or `equal_loss_tokens_penalty` for the ``model``, which binds
    ``n_params`` and ``train_tokens``.

    Examples
    --------
    >>> from lifecost import laws, models
    >>> found = cache_penalties(laws["besiroglu"], models["llama-3-8b"])
    >>> mqa = next(row for row in found if row["title"] == "MQA")
    >>> [round(mqa[f"{kind}params_penalty"], 2) for kind in ("", "equal_loss_")]
    [0.21, 0.41]
    """
    found, (full, *_) = [], rows("kv_penalties")
    for row in rows("kv_penalties"):
        gap = {"loss_gap": float(np.log(row["perplexity"] / row["baseline_perplexity"]))}
        study = {name: row[name] for name in ("n_params", "train_tokens")}
        shares = {f.name: float(f(law, study, gap)) for f in (params_penalty, tokens_penalty)}
        shares |= {
            f.name: float(f(law, model, gap))
            for f in (equal_loss_params_penalty, equal_loss_tokens_penalty)
        }
        held = row["held_bytes"] / full["held_bytes"]
        read = held * row["layers_per_cache"]
        found.append({"title": row["title"], "held_share": held, "read_share": read} | gap | shares)
    return found


def law_samples(name: str, count: int) -> dict[str, Any]:
    """Return constants of a loss law drawn from their standard errors, each an array.

    The errors are taken to be independent, since no covariance is published: a scale and its
    exponent err together, so the draws spread more than the fit is uncertain. The draws, ``count``
    of the law ``name``, are the same each time. Only ``besiroglu`` has published errors.

    Raises
    ------
    InputError
        If the law has no published errors.
    """
    known = {law: row for law, row in laws.items() if row.errors}
    if name not in known:
        raise unknown_name("law with published errors", name, known)
    row, random = known[name], np.random.default_rng(0)
    return {
        field: random.normal(value, row.errors[field], count).clip(value / 10)
        for field, value in row.bindings.items()
    }


def kaplan_law() -> dict[str, float]:
    """Return a loss law whose curves of equal loss are those of Kaplan et al.'s L(N, D).

    That loss is a power of (N_c / N)^(a_N / a_D) + D_c / D: a sum of a term of size and one of
    data, whose exponent is one. Equal sums are equal losses; here they are scaled to stay small.
    """
    law = load("law_fits")["kaplan-loss"]
    exponent = law["size_exponent"] / law["data_exponent"]
    scale = 1e-6  # sums are only compared
    return {
        "loss_floor": 0,
        "param_scale": scale * law["critical_params"] ** exponent,
        "param_exponent": exponent,
        "data_scale": scale * law["critical_tokens"],
        "data_exponent": 1,
    }


def _fastest(part: Hardware) -> tuple[str, float, float]:
    """Return a part's intensities in the format that it computes fastest in."""
    return max(intensities(part), key=lambda found: (found[1], -ELEMENT_BYTES[found[0]]))


def _per_byte() -> list[float]:
    return sorted(_fastest(part)[1] for part in data_center_parts())


def _per_element() -> list[float]:
    return sorted(_fastest(part)[2] for part in data_center_parts(since=2022))


def _tokens_per_parameter(approach: str) -> float:
    # The row of the model size that the paper derives from Gopher's budget.
    row = next(r for r in load("law_fits")[approach]["rows"] if r["n_params"] == 67e9)
    return float(row["train_tokens"] / row["n_params"])


def _matmul_bf16() -> float:
    title = "Best matrix multiplication, H100, bf16"
    return float(rows("utilization", title=title)[0]["utilization"])


def window_loss_bound() -> float:
    """Return the most that windows may cost by the one study of them in perplexity, in nats.

    It found no difference to full attention beyond its fluctuations, at a context of 4,096 tokens.

    Examples
    --------
    >>> round(window_loss_bound(), 4)
    0.003
    """
    row = load("levers")["window_loss"]
    return float(np.log(row["perplexity"] / row["baseline_perplexity"]) + np.log1p(row["spread"]))


@cache
def _every_design(
    size: str, context: int, windows: bool, level: str, without: tuple[str, ...] = ()
) -> Designs:
    """Return the designs of one of the post's models, for answers, with known losses or bounds."""
    known = [models[f"llama-3-{name}"] for name in ("8b", "70b", "405b")]
    base = {**models[f"llama-3-{size}"].bindings, **post.bindings, "context": context}
    return designs(
        base, laws["besiroglu"], prompt_ratio=0, kv_exponent=kv_family(known)["kv_exponent"],
        window_gap=window_loss_bound() if windows else None, level=level, without=without,
    )  # fmt: skip


def _cheapest_service(
    size: str,
    context: int = 0,
    windows: bool = False,
    level: str = "post",
    without: tuple[str, ...] = (),
) -> float:
    """Return the largest factor on inference for one and a half times the training."""
    found = _every_design(size, context or int(post.bindings["context"]), windows, level, without)
    return float(found.inference_factor[found.training_factor <= 3 / 2].max())


def _cheapest_training(size: str, context: int = 0, level: str = "post") -> float:
    """Return the least factor on training for inference ten times cheaper; infinite if none is."""
    found = _every_design(size, context or int(post.bindings["context"]), False, level)
    return float(found.training_factor[found.inference_factor >= 10].min(initial=np.inf))


def _mqa(penalty: str) -> float:
    """Return what multi-query attention costs the post's 8B model, trained as Llama 3 was."""
    model = {**post.model("llama-3-8b"), "train_tokens": models["llama-3-8b"].train_tokens}
    found = cache_penalties(laws["besiroglu"], model)
    return next(float(row[penalty]) for row in found if row["title"] == "MQA")


EVIDENCE: dict[str, tuple[Callable[[], float], str]] = {
    "best_training_utilization": (lambda: utilizations("training")[-1], "1"),
    "bf16_matmul_utilization": (_matmul_bf16, "1"),
    "deepseek_decode_utilization": (
        lambda: utilizations("decode", "deepseek2025inference")[0], "1",
    ),
    "worst_pope_decode_utilization": (
        lambda: utilizations("decode", "pope2023efficiently")[0], "1",
    ),
    "best_pope_decode_utilization": (
        lambda: utilizations("decode", "pope2023efficiently")[-1], "1",
    ),
    "approach_1_tokens_per_parameter": (
        lambda: _tokens_per_parameter("hoffmann-approach-1"), "token/parameter",
    ),
    "approach_2_tokens_per_parameter": (
        lambda: _tokens_per_parameter("hoffmann-approach-2"), "token/parameter",
    ),
    "worst_gqa_points": (lambda: min(quality_points("GQA")), "1"),
    "best_gqa_points": (lambda: max(quality_points("GQA")), "1"),
    "deepseek_gqa_mmlu_points": (
        lambda: min(quality_points("GQA", metric="MMLU", source="deepseekv2")), "1",
    ),
    "mqa_share_of_params": (lambda: _mqa("params_penalty"), "1"),
    "mqa_nats_in_params": (lambda: _mqa("equal_loss_params_penalty"), "1"),
    "mqa_nats_in_tokens": (lambda: 1 / (1 - _mqa("equal_loss_tokens_penalty")), "1"),
    "best_ff_ratio": (lambda: float(optimal_ff_ratio(shape_laws["bian-1b"])), "1"),
    "llama_ff_ratio": (lambda: float(shape_ff_ratio(models["llama-3-8b"].shape)), "1"),
    "training_for_ten_8b": (lambda: _cheapest_training("8b"), "1"),
    "training_for_ten_full_8b": (lambda: _cheapest_training("8b", level="full"), "1"),
    "training_for_ten_long_70b": (lambda: _cheapest_training("70b", 2**17), "1"),
    "cheapest_service_8b": (lambda: _cheapest_service("8b"), "1"),
    "cheapest_service_full_8b": (lambda: _cheapest_service("8b", level="full"), "1"),
    "cheapest_service_70b": (lambda: _cheapest_service("70b"), "1"),
    "cheapest_service_405b": (lambda: _cheapest_service("405b"), "1"),
    "cheapest_long_service_8b": (lambda: _cheapest_service("8b", 2**17), "1"),
    "cheapest_long_service_70b": (lambda: _cheapest_service("70b", 2**17), "1"),
    "cheapest_long_service_405b": (lambda: _cheapest_service("405b", 2**17), "1"),
    "cheapest_long_deep_8b": (lambda: _cheapest_service("8b", 2**17, without=("depth",)), "1"),
    "cheapest_long_deep_70b": (lambda: _cheapest_service("70b", 2**17, without=("depth",)), "1"),
    "cheapest_windows_8b": (lambda: _cheapest_service("8b", windows=True), "1"),
    "cheapest_windows_70b": (lambda: _cheapest_service("70b", windows=True), "1"),
    "cheapest_windows_405b": (lambda: _cheapest_service("405b", windows=True), "1"),
    "cheapest_long_windows_8b": (lambda: _cheapest_service("8b", 2**17, windows=True), "1"),
    "cheapest_long_windows_70b": (lambda: _cheapest_service("70b", 2**17, windows=True), "1"),
    "cheapest_long_windows_405b": (lambda: _cheapest_service("405b", 2**17, windows=True), "1"),
    "lowest_intensity_per_byte": (lambda: _per_byte()[0], "FLOP/byte"),
    "highest_intensity_per_byte": (lambda: _per_byte()[-1], "FLOP/byte"),
    "intensity_spread_per_byte": (lambda: _per_byte()[-1] / _per_byte()[0], "1"),
    "intensity_spread_per_element": (lambda: _per_element()[-1] / _per_element()[0], "1"),
}  # fmt: skip
