"""Mixes of layers: what they read is what their stacks read; the break-evens by search."""

import numpy as np
import pytest
from every import every

from lifebook.data import load
from lifebook.hybrids import NONE, arithmetic_dollars, attention_costs, mix
from lifecost import (
    attention_flops,
    attention_intensity,
    compute_bound_context,
    full_bytes_read,
    hardware,
    index_bytes_read,
    index_half_context,
    index_share,
    kv_bytes_read,
    kv_cache_size,
    mix_bytes_held,
    mix_bytes_read,
    mix_saving,
    mix_saving_limit,
    models,
    other_layers_read,
    sparse_break_even,
    state_break_even,
    state_bytes_moved,
    state_in_tokens,
)
from lifecost.errors import InputError
from lifecost.formulas.decode import decode_memory_flop_equivalent
from lifecost.formulas.transformer import matmul_flops

# What else a model's windows differ in than their reach, or layers of more than two kinds.
NO_MIX = {
    "deepseek-v4-flash", "deepseek-v4-pro", "mimo-v2-flash", "gemma-4-31b", "gemma-4-26b-a4b",
    "decilm-7b", "inkling",
}  # fmt: skip


def is_mix(model):
    """Return whether a model is one."""
    try:
        return bool(mix(model))
    except InputError:
        return False


MIXES = [name for name in models if is_mix(models[name])]
CACHE = {"kv_bytes": 2}


@every("name", MIXES)
def test_a_mix_reads_what_its_stack_reads(name):
    at = {"batch": 3, "context": np.array([100, 3000, 2**17, 2**20]), "kv_bytes": 2}
    own = {k: v for k, v in models[name].stored.items() if k == "state_bytes"}
    assert mix_bytes_read(mix(models[name]), at) == pytest.approx(
        kv_bytes_read(models[name], at, own), rel=1e-12
    )


@every("name", MIXES)
def test_a_mix_holds_what_its_stack_holds(name):
    at = {"batch": 3, "context": 2**17, "kv_bytes": 2}
    own = {k: v for k, v in models[name].stored.items() if k == "state_bytes"}
    held = mix_bytes_held(mix(models[name]), at) / kv_cache_size(models[name], at, own)
    if name == "gemma-3n-e4b":
        assert held > 1.5  # some of its layers read the cache of another
    else:  # of a convolution, less is written than read
        assert held == pytest.approx(1, rel=4e-3)


@pytest.mark.parametrize("name", sorted(NO_MIX))
def test_what_is_no_mix_is_refused(name):
    assert len(MIXES) > 60
    with pytest.raises(InputError, match="no mix"):
        mix(models[name])


def crossing(low, high, less):
    """Return where a comparison turns from false to true, by bisection."""
    assert not less(low)
    assert less(high)
    for _ in range(80):
        middle = np.sqrt(low * high)
        low, high = (low, middle) if less(middle) else (middle, high)
    return high


@pytest.mark.parametrize("every", [2, 4, 12])
@pytest.mark.parametrize("bytes_", [1, 2])
def test_a_state_saves_from_its_break_even_whatever_the_ratio(every, bytes_):
    at = {**mix(models["kimi-k3"]), "full_every": every, "kv_bytes": bytes_}
    found = crossing(10, 1e7, lambda context: mix_saving(at, context=context) > 1)
    assert state_break_even(at) == pytest.approx(found, rel=1e-9)


@pytest.mark.parametrize("name", ["deepseek-v3.2", "glm-5.2", "minimax-m3"])
def test_a_choice_saves_from_its_break_even(name):
    at = {**mix(models[name]), "batch": 1, "kv_bytes": 1}
    found = crossing(
        100, 1e7,
        lambda context: mix_bytes_read(at, context=context) < full_bytes_read(at, context=context),
    )  # fmt: skip
    assert sparse_break_even(at) == pytest.approx(found, rel=1e-9)
    half = crossing(
        at["reach"], 1e9,
        lambda context: index_bytes_read(at, context=context)
        > other_layers_read(at, context=context),
    )  # fmt: skip
    assert index_half_context(at) == pytest.approx(half, rel=1e-9)
    assert index_share(at, context=half) == pytest.approx(1 / 2)
    assert mix_saving(at, context=1e12) == pytest.approx(mix_saving_limit(at), rel=1e-6)


def test_an_index_as_wide_as_what_it_chooses_among_never_saves():
    wide = {"kv_width": 128, "index_width": 128, "reach": 2048}
    assert sparse_break_even(wide) == np.inf
    assert index_half_context(wide, index_width=0) == np.inf


def test_states_weigh_so_many_tokens_of_the_cache():
    at = {**mix(models["nemotron-3-ultra-550b-a55b"]), **CACHE, "batch": 1}
    tokens = state_in_tokens(at)
    cache = mix_bytes_held(at, context=tokens, state_size=0)
    assert state_bytes_moved(at) / 2 == pytest.approx(cache)


def test_the_step_waits_for_arithmetic_from_its_context():
    model, chip = models["deepseek-v3"], hardware["h20"].at("fp8")
    own = attention_intensity(model, context=1, kv_bytes=1)
    at = {**chip, **model.stored, "batch": 128, "kv_bytes": 1}
    found = compute_bound_context(model, at, intensity=own)

    def waits(context):
        work = (matmul_flops(model) + attention_flops(model, context=context)) * at["batch"]
        return work > decode_memory_flop_equivalent(model, at, context=context)

    assert found == pytest.approx(crossing(10, 1e7, waits), rel=1e-9)
    assert compute_bound_context(model, at, intensity=at["hoi"]) == np.inf
    assert compute_bound_context(model, at, intensity=own, batch=1e8) == 0


def test_what_step_3s_report_counts_and_what_not():
    for row in load("layer_mixes")["attention_cost"]:
        found = {chip: ours / printed for chip, ours, printed in attention_costs(row)}
        # Mixtures over 576 elements, where latent attention has 512.
        wide = 2 * 576 / (576 + 512) if row["model"] in ("deepseek-v3", "kimi-k2") else 1
        flops = attention_flops(models[row["model"]], context=row["context"])
        assert row["attention_flops"] == pytest.approx(flops * wide, rel=5e-3)
        assert found["h800"] == pytest.approx(1, abs=8e-3)
        assert found["h20"] == pytest.approx(1, abs=8e-3 if wide == 1 else 6e-2)


def test_no_measured_cost_is_below_its_arithmetic():
    rows = load("layer_mixes")
    chip = hardware[rows["sparse_service"]["hardware"]].at("fp8")
    chip |= {"chip_hour_price": rows["sparse_service"]["chip_hour_price"]}
    for row, name in zip(rows["sparse_cost"], ("deepseek-v3", "deepseek-v3.2"), strict=True):
        at = np.maximum(row["positions"], 1)
        assert np.all(np.array(row["dollars"]) > arithmetic_dollars(models[name], chip, context=at))


def test_a_model_without_full_layers_has_none():
    assert mix(models["deepseek-v3.2"])["full_every"] == NONE
