"""What the data files say beside the formulas: measures taken over their rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from lifebook.data import load
from lifecost.catalog import Hardware, Model, hardware, laws
from lifecost.errors import unknown_name
from lifecost.formulas.compression import (
    equal_loss_params_penalty,
    equal_loss_tokens_penalty,
    params_penalty,
    tokens_penalty,
)
from lifecost.formulas.scaling_law import optimal_loss
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.values import Value

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
    """Return the shipping parts with high-bandwidth memory, oldest first; none cut down for export.

    Those that were announced in the year ``since`` or later.
    """
    parts = [h for h in hardware.values() if h.memory == "HBM" and not (h.announced or h.export)]
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


def workload(name: str, decode_tokens: Value) -> dict[str, Value]:
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


def training_saved(dense: Any, mixture: Any, train_flops: Value) -> Value:
    """Return how many times the training of a mixture a dense model as good as it takes.

    Each is compute-optimal by its own law.

    Parameters
    ----------
    dense, mixture
        What bind the constants of a law, in parameters that serve a token.
    train_flops
        FLOPs of the mixture's training.

    Examples
    --------
    >>> from lifecost import wider_laws
    >>> names = ("krajewski-dense", "krajewski-experts")
    >>> round(training_saved(*(wider_laws[name] for name in names), 1e22))
    26
    """
    bound = getattr(dense, "bindings", dense)
    above = optimal_loss(mixture, train_flops=train_flops) - bound["loss_floor"]
    exponents = bound["param_exponent"], bound["data_exponent"]
    scales = bound["param_scale"], bound["data_scale"]
    # At its optimum each term, times its exponent, is the same.
    needed = (
        (scale * sum(exponents) / above / other) ** (1 / own)
        for scale, own, other in zip(scales, exponents, exponents[::-1], strict=True)
    )
    return float(training_flops(n_params=next(needed), train_tokens=next(needed))) / train_flops


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


def law_samples(name: str, count: int) -> dict[str, Value]:
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
