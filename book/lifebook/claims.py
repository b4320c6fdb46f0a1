"""What the ledger compares with where no formula settles a claim of the post.

A row names its measure (``evidence``): a function under its own name, or one of the cases of a
function, as they stand above it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import numpy as np

from lifebook.data import load
from lifebook.designs import Designs, designs
from lifebook.evidence import (
    ELEMENT_BYTES,
    cache_penalties,
    data_center_parts,
    intensities,
    kv_family,
    quality_points,
    rows,
    utilizations,
    window_loss_bound,
)
from lifebook.experiments import experiment
from lifebook.measure.efficiency import trained
from lifebook.shapes import real_shape, shape_laws
from lifecost.catalog import Hardware, hardware, laws, models, post
from lifecost.formulas.kv_cache import kv_cache_size
from lifecost.formulas.shape import (
    decode_utilization_limit,
    equal_size_decode_cost,
    half_utilization_batch,
    non_embedding_params,
    optimal_ff_ratio,
    shape_ff_ratio,
)
from lifecost.formulas.transformer import attention_flops, matmul_flops

_Function = TypeVar("_Function", bound=Callable[..., float])
_LONG = 2**17  # tokens of a long context


class Claim(NamedTuple):
    """A measure behind a claim: the function, what it is given, and the unit of what it returns."""

    function: Callable[..., float]
    given: Mapping[str, Any]
    unit: str

    def value(self) -> float:
        """Return the measure, in base units."""
        return self.function(**self.given)


CLAIMS: dict[str, Claim] = {}


def claim(unit: str, **cases: Mapping[str, Any]) -> Callable[[_Function], _Function]:
    """Register a function that measures in a ``unit``, under its name or the names of its cases."""

    def register(function: _Function) -> _Function:
        for name, given in (cases or {function.__name__: {}}).items():
            CLAIMS[name] = Claim(function, given, unit)
        return function

    return register


@claim(
    "1",
    best_training_utilization={"phase": "training"},
    best_benchmark_utilization={"phase": "benchmark"},
    best_pope_decode_utilization={"phase": "decode", "source": "pope2023efficiently"},
)
def best_utilization(phase: str, source: str = "") -> float:
    """Return the highest published share of the peak, of a phase and perhaps of one source."""
    return utilizations(phase, source)[-1]


@claim(
    "1",
    worst_benchmark_utilization={"phase": "benchmark"},
    worst_pope_decode_utilization={"phase": "decode", "source": "pope2023efficiently"},
    deepseek_decode_utilization={"phase": "decode", "source": "deepseek2025inference"},
)
def worst_utilization(phase: str, source: str = "") -> float:
    """Return the lowest published share of the peak, of a phase and perhaps of one source."""
    return utilizations(phase, source)[0]


@claim("1")
def worst_run_utilization() -> float:
    """Return the lowest utilization of a whole run: as published, or from its chip-hours."""
    counted = (trained(row["model"]).share for row in rows("training_hours"))
    return min(utilizations("training")[0], *counted)


@claim("1")
def bf16_matmul_utilization() -> float:
    """Return the share of the peak that the best matrix multiplication of an H100 reaches."""
    title = "Best matrix multiplication, H100, bf16"
    return float(rows("utilization", title=title)[0]["utilization"])


@claim(
    "1",
    deepseek_attention_utilization={"attention": "fp8"},
    deepseek_bf16_utilization={"attention": "bf16"},
)
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


@claim(
    "token/parameter",
    approach_1_tokens_per_parameter={"approach": "hoffmann-approach-1"},
    approach_2_tokens_per_parameter={"approach": "hoffmann-approach-2"},
)
def tokens_per_parameter(approach: str) -> float:
    """Return the best ratio for Gopher's budget by an approach of the paper on Chinchilla."""
    # The row of the model size that the paper derives from that budget.
    row = next(r for r in load("law_fits")[approach]["rows"] if r["n_params"] == 67e9)
    return float(row["train_tokens"] / row["n_params"])


@claim("point")
def best_gqa_points() -> float:
    """Return the greatest gain of grouped-query over multi-head attention, in points."""
    return max(quality_points("GQA"))


@claim(
    "point",
    worst_gqa_points={},
    deepseek_gqa_mmlu_points={"metric": "MMLU", "source": "deepseekv2"},
)
def worst_gqa(**wanted: str) -> float:
    """Return the least of those gains, or the greatest loss, of the studies that are wanted."""
    return min(quality_points("GQA", **wanted))


@claim(
    "1",
    mqa_share_of_params={"penalty": "params_penalty"},
    mqa_nats_in_params={"penalty": "equal_loss_params_penalty"},
)
def mqa_penalty(penalty: str) -> float:
    """Return what multi-query attention costs the post's 8B model, trained as Llama 3 was."""
    model = {**post.model("llama-3-8b"), "train_tokens": models["llama-3-8b"].train_tokens}
    found = cache_penalties(laws["besiroglu"], model)
    return next(float(row[penalty]) for row in found if row["title"] == "MQA")


@claim("1")
def mqa_nats_in_tokens() -> float:
    """Return the tokens over the 8B model's that make up for the loss of multi-query attention."""
    return 1 / (1 - mqa_penalty("equal_loss_tokens_penalty"))


@claim("byte")
def rounded_mha_cache() -> float:
    """Return four times the cache of the 8B model, rounded first: what 280 GB comes from."""
    model = models["llama-3-8b"]
    rounded = float(f"{kv_cache_size(model, post):.1e}")
    return float(rounded * model.n_head / model.n_kv_head)


def _fastest(part: Hardware) -> tuple[str, float, float]:
    """Return a part's intensities in the format that it computes fastest in."""
    return max(intensities(part), key=lambda found: (found[1], -ELEMENT_BYTES[found[0]]))


def _per_byte() -> list[float]:
    return sorted(_fastest(part)[1] for part in data_center_parts())


def _spread(ascending: list[float]) -> float:
    return ascending[-1] / ascending[0]


@claim("FLOP/byte")
def lowest_intensity_per_byte() -> float:
    """Return the lowest intensity of a data-center part, each in its fastest format.

    Examples
    --------
    >>> lowest_intensity_per_byte()
    75.0
    """
    return _per_byte()[0]


@claim("FLOP/byte")
def highest_intensity_per_byte() -> float:
    """Return the highest of these intensities.

    Examples
    --------
    >>> highest_intensity_per_byte()
    1875.0
    """
    return _per_byte()[-1]


@claim("1")
def intensity_spread_per_byte() -> float:
    """Return the highest of these intensities over the lowest."""
    return _spread(_per_byte())


@claim("1")
def intensity_spread_per_element() -> float:
    """Return the same for FLOPs to an element of the fastest format, of parts since 2022.

    Examples
    --------
    >>> round(intensity_spread_per_element(), 2)
    4.36
    """
    return _spread(sorted(_fastest(part)[2] for part in data_center_parts(since=2022)))


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
    2.17
    """
    parts = [part for part in data_center_parts(since) if vendor in ("", part.vendor)]
    found = [row for part in parts for row in intensities(part) if not row[0].startswith("int")]
    return sorted(byte for form, byte, _ in found if ELEMENT_BYTES[form] == width)


@claim(
    "1",
    intensity_spread_fp8={"width": 1},
    intensity_spread_16_bit={"width": 2, "since": 2022},
    intensity_spread_16_bit_2017={"width": 2},
    intensity_spread_nvidia={"width": 2, "vendor": "NVIDIA"},
)
def format_spread(width: float, since: int = 2017, vendor: str = "") -> float:
    """Return the highest over the lowest of the `format_intensities`."""
    return _spread(format_intensities(width, since, vendor))


@claim("1")
def intensity_growth_beyond_formats() -> float:
    """Return the growth of the intensity from the lowest part to the highest, per element."""
    ends = [max(intensities(part), key=lambda row: row[1]) for part in data_center_parts()]
    low, high = (pick(ends, key=lambda row: row[1]) for pick in (min, max))
    return float(high[2] / low[2])


@claim("FLOP/byte")
def highest_intensity_16_bit() -> float:
    """Return the intensity in 16 bits of the part that has the highest in any format.

    Examples
    --------
    >>> highest_intensity_16_bit()
    312.5
    """
    top = max(data_center_parts(), key=lambda part: max(row[1] for row in intensities(part)))
    return max(byte for form, byte, _ in intensities(top) if ELEMENT_BYTES[form] == 2)


@claim("1")
def best_ff_ratio() -> float:
    """Return the feed-forward share that the law fitted at a billion parameters calls best."""
    return float(optimal_ff_ratio(shape_laws["bian-1b"]))


@claim("1")
def llama_ff_ratio() -> float:
    """Return the feed-forward share of the 8B model."""
    return float(shape_ff_ratio(models["llama-3-8b"].shape))


@claim(
    "1",
    half_depth_cost={"size": "8b", "depth": 1 / 2},
    half_depth_cost_405b={"size": "405b", "depth": 1 / 2},
    double_ff_cost={"size": "8b", "ff": 2},
)
def shape_cost(size: str, depth: float = 1, ff: float = 1) -> float:
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


@claim("1")
def half_depth_batch() -> float:
    """Return the batch at which half the depth is as busy, over the post's."""
    batch = post.bindings["batch"]
    (high, low), (half, other) = (
        [formula(shape) for shape in _half_as_deep()]
        for formula in (decode_utilization_limit, half_utilization_batch)
    )
    busy = high * batch / (batch + half)
    return float(busy * other / (low - busy) / batch)


@claim("1")
def half_depth_cache() -> float:
    """Return the cache of that batch at half the depth, over the model's at the post's."""
    deep, shallow = _half_as_deep()
    batch = half_depth_batch() * deep["batch"]
    return float(kv_cache_size({**shallow, "batch": batch}) / kv_cache_size(deep))


@claim("1")
def half_depth_half_limit() -> float:
    """Return the batch at which half the depth reaches half of its own limit, over the model's."""
    deep, shallow = map(half_utilization_batch, _half_as_deep())
    return float(shallow / deep)


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


@claim(
    "1",
    cheapest_service_8b={"size": "8b"},
    cheapest_service_full_8b={"size": "8b", "level": "full"},
    cheapest_service_70b={"size": "70b"},
    cheapest_service_405b={"size": "405b"},
    cheapest_long_service_8b={"size": "8b", "context": _LONG},
    cheapest_long_service_70b={"size": "70b", "context": _LONG},
    cheapest_long_service_405b={"size": "405b", "context": _LONG},
    cheapest_long_deep_8b={"size": "8b", "context": _LONG, "without": ("depth",)},
    cheapest_long_deep_70b={"size": "70b", "context": _LONG, "without": ("depth",)},
    cheapest_windows_8b={"size": "8b", "windows": True},
    cheapest_windows_70b={"size": "70b", "windows": True},
    cheapest_windows_405b={"size": "405b", "windows": True},
    cheapest_long_windows_8b={"size": "8b", "context": _LONG, "windows": True},
    cheapest_long_windows_70b={"size": "70b", "context": _LONG, "windows": True},
    cheapest_long_windows_405b={"size": "405b", "context": _LONG, "windows": True},
)
def cheapest_service(
    size: str,
    context: int = 0,
    windows: bool = False,
    level: str = "post",
    without: tuple[str, ...] = (),
) -> float:
    """Return the largest factor on inference for one and a half times the training."""
    found = _every_design(size, context or int(post.bindings["context"]), windows, level, without)
    return float(found.inference_factor[found.training_factor <= 3 / 2].max())


@claim(
    "1",
    training_for_ten_8b={"size": "8b"},
    training_for_ten_full_8b={"size": "8b", "level": "full"},
    training_for_ten_long_70b={"size": "70b", "context": _LONG},
)
def cheapest_training(size: str, context: int = 0, level: str = "post") -> float:
    """Return the least factor on training for inference ten times cheaper; infinite if none is."""
    found = _every_design(size, context or int(post.bindings["context"]), False, level)
    return float(found.training_factor[found.inference_factor >= 10].min(initial=np.inf))


@claim(
    "1",
    training_of_sparse_attention={"name": "deepseek-v3.2"},
    training_of_v4_pro={"name": "deepseek-v4-pro"},
)
def training_since(name: str) -> float:
    """Return what a model that ran the post's experiment took in training, over the one before."""
    found = experiment(name).training
    return math.nan if found is None else found


@claim(
    "1",
    published_sparse_decoding={"name": "deepseek-v3.2", "number": "published"},
    bound_of_v4_flash={"name": "deepseek-v4-flash", "number": "bound"},
    bound_of_maverick={"name": "llama-4-maverick", "number": "bound"},
)
def cheaper_since(name: str, number: str) -> float:
    """Return by how much such a model is cheaper to serve: as published, or at the bound."""
    return experiment(name).factors[number]
