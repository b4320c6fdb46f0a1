"""Prompts that are kept, and prices read backwards."""

import math

import pytest
import sympy

from lifecost import (
    InputError,
    Symbols,
    decode_step_cost_full,
    hardware,
    kv_bytes_read,
    kv_cache_size,
    longest_keep_time,
    models,
    post,
    prefill_time,
    prefix_load_time,
    prefix_recompute_price,
    prefix_recompute_time,
    prefix_storage_price,
    recompute_bandwidth,
    shared_kv_bytes_read,
    shared_step_cost,
)
from lifecost.data import load
from lifecost.formulas.prefix import KEPT
from lifecost.workload import kept, memories, price_ratios

NAMES = ("llama-3-8b", "gemma-3-27b", "deepseek-v3", "qwen3-next-80b-a3b", "deepseek-v3.2")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("changed", [{"batch": 1, "prefix_length": 4000}, {"prefix_length": 0}])
def test_without_sharing_a_step_is_the_dense_chapters(name, changed):
    at = {**post.bindings, **changed}
    assert shared_kv_bytes_read(models[name], at) == kv_bytes_read(models[name], at)
    assert shared_step_cost(models[name], at) == decode_step_cost_full(models[name], at)


def test_what_all_share_is_read_once():
    whole = shared_kv_bytes_read(models["llama-3-70b"], post, prefix_length=8192)
    assert whole == kv_bytes_read(models["llama-3-70b"], post, batch=1)


def test_computing_again_is_the_prompts_prefill():
    at = {"prefix_length": 5000, "prefill_mfu": 1, "peak_flops": 1e15}
    least = prefill_time(
        models["llama-3-8b"], batch=1, context=5000, n_chip=1, peak_flops=1e15, weight_bytes=1,
        memory_bandwidth=1e20,
    )  # fmt: skip
    assert prefix_recompute_time(models["llama-3-8b"], at) == pytest.approx(least, rel=1e-12)


def test_break_evens_are_where_both_cost_the_same():
    bandwidth = recompute_bandwidth(KEPT)
    even = {**KEPT, "load_bandwidth": bandwidth}
    assert prefix_load_time(even) == pytest.approx(prefix_recompute_time(even), rel=1e-12)
    hours = longest_keep_time(KEPT)
    assert hours * prefix_storage_price(KEPT) == pytest.approx(prefix_recompute_price(KEPT))
    # In symbols too.
    s = Symbols()
    left = prefix_load_time(s).subs(s.load_bandwidth, recompute_bandwidth(s))
    assert sympy.simplify(left / prefix_recompute_time(s)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_beyond_the_shortest_prefix_loading_is_quicker(name):
    for row in kept(name, "h100-sxm", 8192):
        assert row.shortest < math.inf
        for length in (row.shortest / 2, row.shortest * 2) if row.shortest else (1, 1e6):
            if length < 1:
                continue
            place = row.memory.name if row.memory else None
            one = {r.memory.name if r.memory else None: r for r in kept(name, "h100-sxm", length)}
            quicker = one[place].load_time < one[place].recompute_time
            assert quicker == (not row.shortest or length > row.shortest)


def test_what_is_kept():
    chip, host, *others = kept("llama-3-70b", "h100-sxm", 8192)
    size = kv_cache_size(models["llama-3-70b"], batch=1, context=8192, kv_bytes=2)
    assert chip.load_time == pytest.approx(size / hardware["h100-sxm"].memory_bandwidth)
    assert host.load_time == pytest.approx(size / memories["host"].load_bandwidth)
    # The slower a memory, the cheaper, and the longer what is in it may wait.
    assert chip.keep_time < host.keep_time < others[-1].keep_time
    assert host.keep_time == pytest.approx(600, rel=0.1)  # minutes, as providers keep prompts
    assert kept("llama-3-70b", "h200-sxm", 8192)[1].keep_time is None  # no price of the chip
    with pytest.raises(InputError, match=r"^prefix = 0 is out of range"):
        kept("llama-3-70b", "h100-sxm", 0)


def test_rows_have_sources():
    for row in [*load("token_prices")["row"], *load("memories").values()]:
        assert {"source", "checked"} <= row.keys()
    for row in load("token_prices")["row"]:
        assert row.get("cached", 0) < row["input"] < row["output"]
        assert row.get("model", "llama-3-8b") in models


def test_prices_read_backwards():
    rows = {row.title: row for row in price_ratios()}
    assert len(rows) == len(load("token_prices")["row"])
    assert rows["Claude Opus 4.6"].predicted is None
    # What DeepSeek asked in 2025-02 is what the chips' time says; after the switch to sparse
    # attention it is not, at such a prompt.
    old, new = rows["DeepSeek-V3"], rows["DeepSeek-V3.2-Exp"]
    assert old.predicted[0] == pytest.approx(old.asked[0], rel=0.1)
    assert new.predicted[0] > 2 * new.asked[0]
    # Where prompts are long, sparse attention makes answers cheaper by more than prompts.
    wide = dict(chips=128, concurrency=1024)
    short, long = (
        {row.title: row.predicted for row in price_ratios(prompt=prompt, **wide)}
        for prompt in (4096, 65_536)
    )
    before, after = ("DeepSeek-V3.1", "DeepSeek-V3.2-Exp")
    assert long[after][0] / short[after][0] < long[before][0] / short[before][0]
    # Cached input that is asked a tenth pays for half an hour on SSDs, not for one in the memory.
    assert 60 < new.kept["host"] * 2 < new.kept["ssd"] < 3600
