"""The levels of the cost model in one table."""

import math
import pickle

import pytest

from lifecost import FORMULAS, InputError, hardware, levels, models, post
from lifecost.serving import Layout, setting

H100 = hardware["h100-sxm"].at("fp8")
SETTING = {**post.bindings, **H100, "tensor_parallel": 8}
NAMES = ["the post's", "with weights", "full"]
EVEN = "full, experts chosen evenly"


def value(name, *objects):
    return FORMULAS[name](*objects)


@pytest.mark.parametrize("name", ["llama-3-8b", "gemma-3-27b", "mixtral-8x7b", "deepseek-v3"])
def test_each_level_is_its_formulas(name):
    model, found = models[name], levels(models[name], SETTING)
    flops = 8 * H100["peak_flops"]
    mixture = model.n_active_params < model.n_params
    assert [row.name for row in found] == NAMES + [EVEN] * mixture
    posts, with_weights, full, *even = found
    at = {**SETTING, "hoi": H100["hoi"], **model.bindings}
    # (what stands in the table, the formula, what a second of the formula's unit is)
    cells = [
        (posts.compute, "forward_flops", flops), (posts.kv, "kv_load_flop_equivalent", flops),
        (posts.step, "decode_step_cost", flops),
        (with_weights.weights, "weight_load_flop_equivalent", flops),
        (with_weights.step, "decode_step_cost_weights", flops),
        (full.compute, "decode_compute_time", 1), (full.weights, "decode_weights_time", 1),
        (full.kv, "decode_kv_time", 1), (full.step, "decode_step_time", 1),
        *[(row.weights, "expected_weights_time", 1) for row in even],
        *[(row.step, "expected_step_time", 1) for row in even],
    ]  # fmt: skip
    for cell, formula, unit in cells:
        assert cell == pytest.approx(FORMULAS[formula](at) / unit, rel=1e-12), formula
    assert posts.weights is None
    for row in found:
        assert row.step == pytest.approx(max(row.compute, (row.weights or 0) + row.kv), rel=1e-12)
    assert [row.kind for row in found][2:] == ["bound"] + ["expectation"] * mixture


@pytest.mark.parametrize("name", ["llama-3-8b", "deepseek-v3"])
def test_in_flop_equivalents_it_is_the_same_table(name):
    # Of a device with the same intensity: seconds at its peak.
    in_flops = levels(models[name], post.bindings, hoi=H100["hoi"])
    in_seconds = levels(models[name], {**SETTING, "tensor_parallel": 1})
    assert (in_flops.unit, in_seconds.unit) == ("FLOP", "s")
    for flops, seconds in zip(in_flops, in_seconds, strict=True):
        assert flops.step == pytest.approx(seconds.step * H100["peak_flops"], rel=1e-12)
        assert flops.memory_to_compute == pytest.approx(seconds.memory_to_compute, rel=1e-12)


def test_ratios_are_those_of_the_chapter():
    model = models["llama-3-405b"]
    names = "kv_to_compute_ratio", "memory_to_compute_ratio", "decode_memory_to_compute_ratio"
    for row, name in zip(levels(model, post), names, strict=True):
        assert row.memory_to_compute == pytest.approx(value(name, model, post), rel=1e-12)


@pytest.mark.parametrize(("name", "device", "degrees"), [
    ("llama-3-70b", "h100-sxm", (4, 1, 1, 1)), ("deepseek-v3", "h200-sxm", (8, 1, 1, 1)),
])  # fmt: skip
def test_the_level_with_overheads_is_there_where_a_service_is_set(name, device, degrees):
    at = setting(name, device, Layout(*degrees), 64, 1024, 1024)
    *bounds, last = levels(models[name], at, error=0.15)
    assert [row.name for row in bounds][:3] == NAMES
    parts = last.weights, last.kv, last.overheads
    assert last.step == pytest.approx(sum(parts), rel=1e-12)
    assert last.step == pytest.approx(value("step_time", at), rel=1e-12)
    assert last.step > bounds[2].step
    assert bounds[2].step == value("decode_step_time", models[name], at)
    assert (last.kind, last.memory_to_compute) == ("estimate, median error 15 %", None)
    assert [row.overheads for row in bounds] == [None] * len(bounds)
    assert "overheads" in repr(levels(models[name], at)).splitlines()[0]


def test_it_prints_as_a_table():
    found = levels(models["mixtral-8x7b"], SETTING)
    text, page = repr(found), found._repr_markdown_()
    assert len(text.splitlines()) == 1 + len(found)
    for row in found:
        assert f"| {row.name} |" in page
        assert row.name in text
        assert row.kind in page
    assert page.count("not counted") == text.count("not counted") == 1
    again = pickle.loads(pickle.dumps(found))
    assert (repr(again), again.unit) == (text, "s")


@pytest.mark.parametrize(("objects", "values", "message"), [
    ((models["llama-3-8b"],), {}, "levels also needs hoi"),
    ((models["llama-3-8b"], {"hoi": 600}), {"batch": 1}, "also needs context"),
    ((3,), {}, "levels takes what binds symbols"),
    ((models["llama-3-8b"], post), {"batch": [1, 2]}, "batch = [1, 2] is not one number: seq"),
    ((models["llama-3-8b"], models["llama-3-70b"], post), {}, "choose with"),
    ((models["llama-3-8b"], post), {"context": -1}, "context = -1 is out of range"),
    ((models["llama-3-8b"], post), {"hoi": math.nan}, "hoi = nan is out of range"),
])  # fmt: skip
def test_what_is_no_step_is_refused(objects, values, message):
    with pytest.raises(InputError, match=message.replace("[", r"\[")):
        levels(*objects, **values)
