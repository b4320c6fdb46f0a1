"""Measures behind single claims of the post: what its ledger compares with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifebook.data import load
from lifebook.evidence import ELEMENT_BYTES, data_center_parts, intensities, rows, utilizations
from lifebook.measure.efficiency import trained
from lifecost.catalog import hardware, models, post
from lifecost.formulas.kv_cache import kv_cache_size
from lifecost.formulas.shape import (
    decode_utilization_limit,
    equal_size_decode_cost,
    half_utilization_batch,
    non_embedding_params,
    shape_ff_ratio,
)
from lifecost.formulas.transformer import attention_flops, matmul_flops
from lifecost.shape import real_shape


def format_intensities(width: float, since: int = 2017, vendor: str = "") -> list[float]:
    """Return the FLOPs per byte of data-center parts in one floating-point format, lowest first.

    Parameters
    ----------
    width
        Bytes of the format.
    since
        Year of the oldest parts.
    vendor
        Parts of this vendor only, where it is named.

    Examples
    --------
    >>> found = format_intensities(1)
    >>> round(found[-1] / found[0], 2)
    2.15
    """
    parts = [part for part in data_center_parts(since) if vendor in ("", part.vendor)]
    found = [row for part in parts for row in intensities(part) if not row[0].startswith("int")]
    return sorted(byte for form, byte, _ in found if ELEMENT_BYTES[form] == width)


def deepseek_utilization(attention: str = "") -> float:
    """Return the share of the FP8 peak that DeepSeek's decode computes on, over a day.

    Parameters
    ----------
    attention
        Precision of attention's arithmetic, which is then counted at the mean context, by the time
        that it takes at the peak of that precision. Without it, two FLOPs for each active
        parameter, and no attention.

    Examples
    --------
    >>> [round(deepseek_utilization(precision), 3) for precision in ("", "fp8", "bf16")]
    [0.069, 0.148, 0.227]
    """
    (row,) = rows("utilization", phase="decode", source="deepseek2025inference")
    if not attention:
        return float(row["utilization"])
    given, peak = row["inputs"], hardware["h100-sxm"].peak_flops  # an H800's arithmetic is the same
    day = load("workloads")["deepseek-day"]
    setting = {**models["deepseek-v3"].bindings, "context": day["mean_context"]}
    seconds = matmul_flops(setting) / peak["fp8"] + attention_flops(setting) / peak[attention]
    return float(given["tokens_per_second"] * seconds / given["n_device"])


def _spread(found: list[float]) -> float:
    return found[-1] / found[0]


def _beyond_formats() -> float:
    """Return the growth of the intensity from the lowest part to the highest, per element."""
    ends = [max(intensities(part), key=lambda row: row[1]) for part in data_center_parts()]
    low, high = (pick(ends, key=lambda row: row[1]) for pick in (min, max))
    return float(high[2] / low[2])


def _highest_16_bit() -> float:
    """Return the intensity in 16 bits of the part that has the highest in any format."""
    top = max(data_center_parts(), key=lambda part: max(row[1] for row in intensities(part)))
    return max(byte for form, byte, _ in intensities(top) if ELEMENT_BYTES[form] == 2)


def _worst_run() -> float:
    """Return the lowest utilization of a whole run: as published, or from its chip-hours."""
    counted = (trained(row["model"]).share for row in rows("training_hours"))
    return min(utilizations("training")[0], *counted)


def _rounded_cache() -> float:
    """Return four times the cache of the 8B model, rounded first: what 280 GB comes from."""
    model = models["llama-3-8b"]
    rounded = float(f"{kv_cache_size(model, post):.1e}")
    return float(rounded * model.n_head / model.n_kv_head)


def _shape_cost(size: str, depth: float = 1, ff: float = 1) -> float:
    """Return the cost of a decoded token in another shape of the same size, over the model's."""
    model = models[f"llama-3-{size}"]
    old = {**model.bindings, **post.bindings, "n_body": non_embedding_params(model)}
    old["ff_ratio"] = shape_ff_ratio(model)
    new = {**old, "n_layer": depth * old["n_layer"], "ff_ratio": ff * old["ff_ratio"]}
    return float(equal_size_decode_cost(new) / equal_size_decode_cost(old))


def _half_as_deep() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the 8B model and one of half its layers, in whole sizes, at the post's setting."""
    model = models["llama-3-8b"]
    deep, shallow = (
        {**real_shape(model, n_layer=n, ff_ratio=shape_ff_ratio(model)), **post.bindings}
        for n in (model.n_layer, model.n_layer // 2)
    )
    return deep, shallow


def _half_depth_batch() -> float:
    """Return the batch at which half the depth is as busy, over the post's."""
    batch = post.bindings["batch"]
    (high, low), (half, other) = (
        [formula(shape) for shape in _half_as_deep()]
        for formula in (decode_utilization_limit, half_utilization_batch)
    )
    busy = high * batch / (batch + half)
    return float(busy * other / (low - busy) / batch)


def _half_depth_cache() -> float:
    """Return the cache of that batch at half the depth, over the model's at the post's."""
    deep, shallow = _half_as_deep()
    batch = _half_depth_batch() * deep["batch"]
    return float(kv_cache_size({**shallow, "batch": batch}) / kv_cache_size(deep))


def _half_depth_half_limit() -> float:
    """Return the batch at which half the depth reaches half of its own limit, over the model's."""
    deep, shallow = map(half_utilization_batch, _half_as_deep())
    return float(shallow / deep)


CLAIMS: dict[str, tuple[Callable[[], float], str]] = {
    "best_benchmark_utilization": (lambda: utilizations("benchmark")[-1], "1"),
    "worst_benchmark_utilization": (lambda: utilizations("benchmark")[0], "1"),
    "deepseek_attention_utilization": (lambda: deepseek_utilization("fp8"), "1"),
    "deepseek_bf16_utilization": (lambda: deepseek_utilization("bf16"), "1"),
    "rounded_mha_cache": (_rounded_cache, "byte"),
    "intensity_spread_fp8": (lambda: _spread(format_intensities(1)), "1"),
    "intensity_spread_16_bit": (lambda: _spread(format_intensities(2, 2022)), "1"),
    "intensity_spread_16_bit_2017": (lambda: _spread(format_intensities(2)), "1"),
    "intensity_spread_nvidia": (lambda: _spread(format_intensities(2, vendor="NVIDIA")), "1"),
    "intensity_growth_beyond_formats": (_beyond_formats, "1"),
    "highest_intensity_16_bit": (_highest_16_bit, "FLOP/byte"),
    "worst_run_utilization": (_worst_run, "1"),
    "half_depth_cost": (lambda: _shape_cost("8b", depth=1 / 2), "1"),
    "half_depth_cost_405b": (lambda: _shape_cost("405b", depth=1 / 2), "1"),
    "double_ff_cost": (lambda: _shape_cost("8b", ff=2), "1"),
    "half_depth_batch": (_half_depth_batch, "1"),
    "half_depth_cache": (_half_depth_cache, "1"),
    "half_depth_half_limit": (_half_depth_half_limit, "1"),
}
