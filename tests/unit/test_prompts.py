"""Prompts that are kept, and prices read backwards."""

import math

import pytest

from lifebook.asked import asked, request_of_the_day, ways
from lifebook.data import load
from lifebook.prompts import kept, memories
from lifecost import (
    InputError,
    decode_step_cost_full,
    hardware,
    kv_bytes_read,
    kv_cache_size,
    longest_keep_time,
    models,
    post,
    prefill_time,
    prefix_recompute_price,
    prefix_recompute_time,
    prefix_storage_price,
    shared_kv_bytes_read,
    shared_step_cost,
)
from lifecost.formulas.prefix import KEPT
from lifecost.serving import serve

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
        models["llama-3-8b"], batch=1, context=5000, peak_flops=1e15, weight_bytes=1,
        memory_bandwidth=1e20,
    )  # fmt: skip
    assert prefix_recompute_time(models["llama-3-8b"], at) == pytest.approx(least, rel=1e-12)


def test_a_prefix_is_kept_until_computing_it_again_costs_the_same():
    hours = longest_keep_time(KEPT)
    assert hours * prefix_storage_price(KEPT) == pytest.approx(prefix_recompute_price(KEPT))


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
    prices = load("token_prices")
    for row in [*prices["row"], prices["promise"], *load("memories").values()]:
        assert {"source", "checked"} <= row.keys()
    for row in prices["row"]:
        assert row.get("cached", 0) < row["input"] < row["output"]
        assert row.get("model", "llama-3-8b") in models


def test_prices_read_backwards():
    rows = {row.title: row for row in asked()}
    assert rows["Claude Opus 4.6"].ways is None
    known = [row for row in rows.values() if row.ways]
    for row in known:
        for span in (row.ways.output_over_input, row.ways.input_over_cached):
            at = span.cheapest.values()
            assert span.least <= min(at) <= max(at) <= span.most
        # Nobody asks as little for a cached token as reading it costs: the rest is its keeping.
        assert (row.input_over_cached or 0) < row.ways.input_over_cached.least
    verdicts = {row.title for row in known if row.verdict().startswith("outside")}
    assert verdicts == {"DeepSeek-V3.2-Exp"}


@pytest.mark.parametrize("model", ["deepseek-v3", "qwen3-32b"])
def test_spans_are_those_of_the_service(model):
    """One way, chosen anew by `serve` with its layout given, has the ratios of the span."""
    prompt, answer = request_of_the_day()
    span = ways(model).output_over_input
    one = serve(model, "b200", 8, 64, prompt, answer, engine="disaggregated")
    assert one.time_per_token.estimate < 1 / load("token_prices")["promise"]["user_rate"]
    assert span.least < one.price["output"] / one.price["input"] < span.most


def test_the_move_to_sparse_attention():
    """At the prompts of DeepSeek's day no input gets cheaper; far longer ones halve."""
    prompt, answer = request_of_the_day()
    for longer, low, high in ((1, 0.99, 1.01), (32, 0.4, 0.5)):
        old, new = (ways(f"deepseek-{v}", prompt * longer, answer) for v in ("v3", "v3.2"))
        for device in ("h800", "h200-sxm"):
            assert low < new.least[device][0] / old.least[device][0] < high
