"""Serving: what fits in a layout, the times in it, the best of them, and the command."""

import json
import math
import re

import numpy as np
import pytest
from every import every

from lifecost import FORMULAS, InputError, hardware, models
from lifecost.__main__ import main
from lifecost.data import load
from lifecost.report import split_by_heads
from lifecost.serving import (
    Layout,
    fewest_chips,
    frontier,
    layouts,
    overheads,
    price_of,
    regime,
    serve,
    setting,
)

ALONE = Layout()
# What a chip reaches where nothing is lost.
IDEAL = dict.fromkeys(
    ("bandwidth_share", "flops_share", "expert_flops_share", "attention_peak_share", "link_share"),
    1,
) | dict(operation_time=0, collective_time=0)
POST = dict(kv_bytes=1, state_bytes=1, weight_bytes=1, expert_bytes=1, embedding_bytes=1,
            other_bytes=1, memory_reserve=0, context=8192)  # fmt: skip


def at(model, device, layout, batch=64, prompt=4096, answer=512, **more):
    formats = {name: more.pop(name) for name in ("weights",) if name in more}
    return {**setting(model, device, layout, batch, prompt, answer, **formats), **more}


# What fits

KV_70B = 2 * 80 * 8 * 128  # keys and values of a token
PARAMETERS_70B, NORMS_70B = 70_553_706_496, 161 * 8192
PROJECTIONS_70B = 80 * 2 * 8192 * 8 * 128  # of keys and values
# DeepSeek-V3: a latent and a rotary key; what projects to the latents; its parts.
LATENT = 61 * (512 + 64)
EXPERTS, TO_LATENTS = 58 * 256 * 3 * 7168 * 2048, 61 * 7168 * (1536 + 576)
ROUTERS, PARAMETERS_V3 = 58 * 7168 * 256, 671_026_419_200
VECTORS_V3 = PARAMETERS_V3 - 671_024_332_800 + 58 * 256


@pytest.mark.parametrize(
    ("model", "device", "capacity", "layout", "weights", "cache"),
    [
        # Eight heads on 32 chips: each is on four of them, and what makes it too. (Divided by 32,
        # the cache would leave room for 1,854 sequences instead of 463.)
        ("llama-3-70b", "h100-sxm", 80e9, Layout(32),
         (PARAMETERS_70B - NORMS_70B - PROJECTIONS_70B) / 32 + PROJECTIONS_70B / 8 + NORMS_70B,
         KV_70B / 8),
        # Every chip holds the whole latent.
        ("deepseek-v3", "h200-sxm", 141e9, Layout(8), None, LATENT),
        # Every chip holds that of its own sequences, and all but the experts.
        ("deepseek-v3", "h200-sxm", 141e9, Layout(1, 8, 8),
         EXPERTS / 8 + PARAMETERS_V3 - EXPERTS, LATENT),
    ],
)  # fmt: skip
def test_sequences_that_fit(model, device, capacity, layout, weights, cache):
    given = at(model, device, layout, memory_capacity=capacity, **POST)
    held = FORMULAS["chip_weights_size"](given)
    if weights is not None:
        assert held == pytest.approx(weights, rel=1e-6)
    else:  # all but what projects to latents, routers and vectors is divided
        copied = TO_LATENTS + ROUTERS
        assert held == pytest.approx((PARAMETERS_V3 - copied) / 8 + copied, rel=1e-4)
    expected = (capacity - held) / (cache * 8192) * layout.data_parallel
    assert FORMULAS["largest_batch"](given) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("model", "device", "layout", "room", "where_divided"),
    [
        ("llama-3-70b", "h100-sxm", Layout(32), 463, 1854),
        ("deepseek-v3", "h200-sxm", Layout(8), 198, 1587),
    ],
)  # fmt: skip
def test_a_cache_is_not_divided_by_all_chips(model, device, layout, room, where_divided):
    # The numbers at evenly divided weights; copies of weights and the reserve take a little more.
    found = serve(model, device, layout.n_chip, 1, 8191, 1, layout=layout, weights="fp8",
                  cache="fp8").largest_batch  # fmt: skip
    assert 0.85 * room < found < room < where_divided / 3


def test_latents_split_by_data_leave_room_for_more():
    split, copied = (
        serve("deepseek-v3", "h200-sxm", 8, 1, 8191, 1, layout=layout).largest_batch
        for layout in ({"data_parallel": 8}, {"tensor_parallel": 8})
    )
    assert 5 < split / copied < 8  # the weights of attention are copied instead


def test_a_sequence_takes_whole_blocks():
    block = load("engines")["vllm"]["block"]
    room = [serve("llama-3-8b", "h100-sxm", 1, 1, n, 1).largest_batch
            for n in (2 * block - 1, 2 * block, 3 * block - 1, 3 * block)]  # fmt: skip
    assert room[0] > room[1] == room[2] > room[3]


# Limits


@every("name", models)
@every("batch", [1, 300])
def test_one_chip_has_all_of_the_model(name, batch):
    given = at(name, "h100-sxm", ALONE, batch, 5000, 2, memory_reserve=0)
    whole = {name: FORMULAS[name](given) for name in ("decode_flops", "kv_bytes_read",
                                                      "weights_size", "kv_cache_size")}  # fmt: skip
    for part, cost in (
        ("compute", whole["decode_flops"] / given["peak_flops"]),
        ("kv", whole["kv_bytes_read"] / given["memory_bandwidth"]),
    ):
        assert FORMULAS[f"decode_{part}_time"](given) == pytest.approx(cost, rel=1e-12)
    room = (given["memory_capacity"] - whole["weights_size"]) / whole["kv_cache_size"] * batch
    assert FORMULAS["largest_batch"](given) == pytest.approx(max(0, room), rel=1e-9)
    # Nothing overlaps in the estimate: between the longer of the two and both one after the other.
    ideal = {**given, **IDEAL, "attention_peak": given["peak_flops"]}
    expected = FORMULAS["expected_step_time"](given)
    assert expected * (1 - 1e-9) <= FORMULAS["step_time"](ideal) <= 2 * expected


@pytest.mark.parametrize("model", ["llama-3-70b", "qwen3-8b", "gemma-3-27b"])
def test_ranks_of_a_dense_model_are_machines_of_their_own(model):
    one = at(model, "h100-sxm", Layout(2), 24)
    four = at(model, "h100-sxm", Layout(2, 4), 96)
    for name in ("step_time", "decode_step_time"):
        assert FORMULAS[name](four) == pytest.approx(FORMULAS[name](one), rel=1e-12)
    for name in ("decode_throughput", "largest_batch"):
        assert FORMULAS[name](four) == pytest.approx(4 * FORMULAS[name](one), rel=1e-12)


@pytest.mark.parametrize("model", ["llama-3-70b", "deepseek-v3", "qwen3.5-397b-a17b"])
def test_stages_divide_memory_and_no_token_is_faster(model):
    one = at(model, "b200", Layout(4), 24)
    three = at(model, "b200", Layout(4, pipeline_parallel=3), 72)
    for name in ("step_time", "decode_step_time"):
        assert FORMULAS[name](three) == pytest.approx(FORMULAS[name](one), rel=1e-12)
    for name in ("chip_weights_size", "chip_cache_size"):
        assert 3 * FORMULAS[name](three) == pytest.approx(FORMULAS[name](one), rel=1e-12)
    rate = FORMULAS["decode_throughput"]
    assert rate(three) == pytest.approx(3 * rate(one), rel=1e-12)
    assert rate(three, batch=1) == pytest.approx(rate(one, batch=1), rel=1e-12)


@pytest.mark.parametrize(
    ("stages", "layers", "told"),
    [(2, 40, []), (3, 27, ["27 of 80 layers, 1.2% more"]), (32, 3, ["3 of 80 layers, 20.0% more"])],
)
def test_the_fullest_stage_limits_the_room(stages, layers, told):
    found = serve("llama-3-70b", "h100-sxm", stages, 8, 8191, 1, cache="fp8",
                  layout=Layout(pipeline_parallel=stages))  # fmt: skip
    free = 0.92 * hardware["h100-sxm"].memory_shown - 2 * PARAMETERS_70B / stages
    assert found.largest_batch == int(free / (layers / 80 * KV_70B * 8192))
    assert len(found.notes) == len(told)
    assert all(text in note for note, text in zip(found.notes, told, strict=True))


def test_links_are_for_several_chips():
    links = FORMULAS["step_links_time"]
    assert links(at("llama-3-8b", "h100-sxm", ALONE)) == 0
    assert links(at("llama-3-8b", "h100-sxm", Layout(1, 8))) == 0
    assert links(at("llama-3-8b", "h100-sxm", Layout(2))) > 0
    assert links(at("deepseek-v3", "h100-sxm", Layout(1, 8, 8))) > 0
    assert links(at("deepseek-v3", "h100-sxm", Layout(1, 8))) > 0
    # All chips of a rank have the token: whole experts on each change no message.
    whole, parts = (at("deepseek-v3", "h100-sxm", Layout(8, 1, e)) for e in (8, 1))
    assert links(whole) == links(parts)


@pytest.mark.parametrize(
    ("weights", "device", "batch", "layout", "more"),
    [
        # Mixtral: two of eight experts, each of them for seven tokens that are not there.
        ("int4", "h100-sxm", 1, Layout(2), 7 * 2),
        # In two groups 16 sequences meet 8 (1 - (3/4)^16) experts and choose 32 times.
        ("int4", "h100-sxm", 16, Layout(2, 2), 8 * 8 * (1 - 0.75**16) - 32),
        ("int4", "h100-sxm", 200, Layout(2), 0),
        ("nvfp4", "h100-sxm", 1, Layout(2), 7 * 2), ("nvfp4", "b200", 1, Layout(2), 0),
        ("fp8", "h100-sxm", 1, Layout(2), 0), ("int8", "a100-sxm-80gb", 1, Layout(2), 0),
    ],
)  # fmt: skip
def test_experts_unpacked_from_4_bits_multiply_whole_tiles(weights, device, batch, layout, more):
    given = at("mixtral-8x7b", device, layout, batch, weights=weights)
    time = FORMULAS["step_weights_time"]
    rate = given["peak_flops"] * given["flops_share"] * given["expert_flops_share"]
    expected = 2 * more * 32 * 3 * 4096 * 14336 / layout.n_chip / rate
    assert time(given) - time(given, expert_tile=1) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_prompts_between_steps_are_those_of_others():
    alone, many = (at("llama-3-8b", "h100-sxm", ALONE, batch) for batch in (1, 33))
    step, token, work = (FORMULAS[n] for n in ("step_time", "time_per_token", "prompt_work_time"))
    assert token(alone) == pytest.approx(step(alone), rel=1e-12)
    assert token(many) - step(many) == pytest.approx(32 * work(many) / 512, rel=1e-9)
    assert token(many, aggregated=0) == pytest.approx(step(many), rel=1e-12)
    # All time of all chips is in the prices of what they read and write.
    hour = many | {"chip_hour_price": 2}
    paid = 512 * FORMULAS["output_price"](hour) + 4096 * FORMULAS["input_price"](hour)
    seconds = 512 / FORMULAS["service_throughput"](hour)
    assert paid == pytest.approx(seconds * 2 / 3600, rel=1e-12)


# Arrays


def test_rows_are_what_they_are_alone():
    draw = np.random.default_rng(1)
    names, chips = (
        ["llama-3-8b", "mixtral-8x7b", "deepseek-v3", "gemma-3-27b"],
        ["a100-sxm-80gb", "b200"],
    )
    rows = 40
    model, device = (list(draw.choice(some, rows)) for some in (names, chips))
    weights = [str(one) for one in draw.choice(["bf16", "fp8", "int8"], rows)]
    engine = [str(one) for one in draw.choice(["aggregated", "disaggregated"], rows)]
    degrees = Layout(*(2 ** draw.integers(0, 4, rows) for _ in range(4)))
    batch, prompt, answer = (draw.integers(1, 900, rows) for _ in range(3))
    many = setting(model, device, degrees, batch, prompt, answer, weights=weights, engine=engine)
    kinds = regime(device, many)
    for name in ("time_per_token", "decode_step_time", "time_to_first_token", "service_throughput",
                 "largest_batch"):  # fmt: skip
        found = FORMULAS[name](many)
        for i in range(rows):
            layout = Layout(*(int(degree[i]) for degree in degrees))
            one = setting(
                str(model[i]), str(device[i]), layout, int(batch[i]), int(prompt[i]),
                int(answer[i]), weights=weights[i], engine=engine[i],
            )  # fmt: skip
            assert found[i] == pytest.approx(FORMULAS[name](one), rel=1e-12)
            assert kinds[i] == regime(str(device[i]), one)


# Data


def test_each_device_has_a_generation():
    assert {device.generation for device in hardware.values()} == {*overheads}
    tested = {d.name for d in hardware.values() if overheads[d.generation].tested}
    assert {"a100-sxm-80gb", "h100-sxm", "h200-sxm", "b200", "gb300"} <= tested
    assert not {"mi300x", "tpu-v5e", "rtx-4090", "gaudi-2"} & tested


@pytest.mark.parametrize("row", overheads.values(), ids=lambda row: row.name)
def test_overheads_are_shares_and_short_times(row):
    shares = [row.bandwidth_share, row.link_share, *row.flops_share.values()]
    assert all(0 < share <= 1 for share in shares)
    assert "16" in row.flops_share
    assert 0 < row.operation_time < 1e-4
    assert 0 < row.collective_time < 1e-4
    assert {*row.fitted} <= {*vars(row)}
    assert len(row.fitted) <= 1  # no more was fitted end to end


@pytest.mark.parametrize("name", [name for name in load("regimes") if name != "first-token"])
def test_every_regime_is_met(name):
    row = load("regimes")[name]
    least = {symbol: 1 for symbol in ("tensor_parallel", "data_parallel", "pipeline_parallel")}
    least |= {"batch": 1, **row.get("at_least", {})}
    least["tensor_parallel"] = math.ceil(least.pop("n_chip", 1) / least["data_parallel"])
    assert regime("mi300x" if row.get("other_chip") else "h100-sxm", least) == name
    assert not row["tested"] or row["error"] < 0.3


def test_a_price_is_the_middle_one_of_those_that_are_asked():
    asked = [r["chip_hour_price"] for r in load("prices")["row"]
             if r["hardware"] == "h100-sxm" and not r.get("reckoned")]  # fmt: skip
    price, words = price_of(hardware["h100-sxm"])
    assert price == np.median(asked)
    assert "asked" in words
    assert "reckoned" in price_of(hardware["h800"])[1]
    assert price_of(hardware["sn40l"])[0] is None


# The best layout


@pytest.mark.parametrize(
    ("model", "chips"), [("llama-3-8b", 6), ("qwen2.5-7b", 8), ("deepseek-v3", 32),
                         ("mixtral-8x7b", 16), ("nemotron-h-56b", 8)],
)  # fmt: skip
def test_layouts_use_all_chips_and_split_evenly(model, chips):
    found = layouts(models[model], chips)
    assert np.all(found.n_chip == chips)
    rows = {tuple(int(d) for d in row) for row in zip(*found, strict=True)}
    assert len(rows) == len(found.tensor_parallel)
    sizes = models[model].sizes
    if "n_head" in sizes:
        assert np.all(sizes["n_head"] % found.tensor_parallel == 0)
    experts = sizes.get("n_expert")
    assert np.all((experts % found.expert_parallel if experts else found.expert_parallel - 1) == 0)


@pytest.mark.parametrize("model", ["llama-3-70b", "mixtral-8x7b", "deepseek-v3"])
@pytest.mark.parametrize("users", [1, 64, 700])
@pytest.mark.parametrize("engine", ["aggregated", "disaggregated"])
def test_no_other_layout_is_better(model, users, engine):
    job = dict(concurrency=users, prompt=2000, answer=200, weights="fp8", engine=engine)
    best = serve(model, "h200-sxm", 16, **job)
    for row in zip(*layouts(models[model], 16), strict=True):
        other = serve(model, "h200-sxm", 16, **job, layout=Layout(*map(int, row)))
        assert other.fits <= best.fits
        staged = other.layout.pipeline_parallel > 1
        if other.fits:
            assert best.layout.pipeline_parallel == 1 or staged
        if other.fits and staged == (best.layout.pipeline_parallel > 1):
            assert best.time_per_token.estimate <= other.time_per_token.estimate
        assert best.fits or other.largest_batch <= best.largest_batch


# The command

ASKED = "llama-3-70b --hardware h100-sxm --chips 8 --concurrency 64 --prompt 4096 --answer 512"
KEYS = {"layout", "fits", "largest_batch", "time_per_token", "time_to_first_token", "throughput",
        "energy_per_token", "price"}  # fmt: skip


def run(words):
    return main(["serving", *words.split()])


def test_json_has_what_programs_rely_on(capsys):
    assert run(f"{ASKED} --tensor-parallel 8 --weights fp8 --cache fp8 --json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() >= KEYS
    assert found["layout"] == dict(
        tensor_parallel=8, data_parallel=1, expert_parallel=1, pipeline_parallel=1
    )
    assert found["fits"] is True
    assert type(found["largest_batch"]) is int
    for name in ("time_per_token", "time_to_first_token"):
        assert found[name].keys() == {"bound", "estimate", "tested", "error"}
        assert 0 < found[name]["bound"] < found[name]["estimate"]
    assert found["time_per_token"]["tested"] is True
    assert 0 < found["time_per_token"]["error"] < 0.3
    assert found["throughput"]["bound"] > found["throughput"]["estimate"] > 0
    power = 8 * hardware["h100-sxm"].tdp
    assert found["energy_per_token"] == pytest.approx(power / found["throughput"]["estimate"])
    assert found["price"].keys() == {"input", "cached_input", "output"}
    assert 0 < found["price"]["cached_input"] < found["price"]["input"] < found["price"]["output"]
    again = serve("llama-3-70b", "h100-sxm", 8, 64, 4096, 512, layout=Layout(8), weights="fp8",
                  cache="fp8")  # fmt: skip
    assert json.loads(json.dumps(again.as_dict())) == found


DRAFT = dict(speculated=4, acceptance=0.8, draft_cost=0.05)


def test_guesses_pay_by_what_they_cost_and_how_many_are_right():
    def rate(concurrency=8, **changes):
        found = serve("llama-3-70b", "h100-sxm", 8, concurrency, 4096, 512, layout=Layout(8),
                      weights="fp8", engine="disaggregated", **changes)  # fmt: skip
        tokens = found.throughput["estimate"]
        # Where other chips read the prompts, all time of these goes into answers.
        dollars = price_of(found.device)[0] * 8 / 3600
        assert found.price["output"] == pytest.approx(1e6 * dollars / tokens)
        assert tokens == pytest.approx(found.batch / found.time_per_token.estimate)
        assert found.time_per_token.bound <= found.time_per_token.estimate
        assert tokens <= found.throughput["bound"]
        return tokens

    plain = rate()
    # A step for five tokens takes longer than for one, so they are less than five times as fast.
    assert 1 < rate(speculated=4, acceptance=1, draft_cost=0) / plain < 5
    assert rate(**DRAFT | dict(acceptance=0, draft_cost=0)) < plain
    assert rate(**DRAFT) > rate(**DRAFT | dict(acceptance=0.6)) > plain
    assert rate(**DRAFT) > rate(**DRAFT | dict(draft_cost=0.2))
    assert rate(**DRAFT) / plain > rate(256, **DRAFT) / rate(256)


def test_guesses_are_told_and_untested():
    found = serve("deepseek-v3", "h200-sxm", 8, 8, 2048, 512, speculated=1, acceptance=0.85)
    assert found.speculation.keys() == {"draft_length", "acceptance_rate", "draft_cost_ratio"}
    assert 0 < found.speculation["draft_cost_ratio"] < 0.1  # one layer of sixty-one, and a table
    assert not found.time_per_token.tested
    assert found.time_per_token.error is None
    assert any("untested" in note for note in found.notes)
    assert serve("deepseek-v3", "h200-sxm", 8, 8, 2048, 512).speculation is None
    plain, guessed = (
        frontier("llama-3-70b", "h100-sxm", 8, 2048, 256, weights="fp8", **draft)
        for draft in ({}, DRAFT)
    )
    assert guessed[0].time_per_token < plain[0].time_per_token


@pytest.mark.parametrize(
    ("draft", "message"),
    [
        (dict(speculated=4), "needs an acceptance"),
        (dict(acceptance=0.8), "say nothing where no token is speculated"),
        (dict(draft_cost=0.1), "say nothing where no token is speculated"),
        (dict(speculated=4, acceptance=0.8), "llama-3-70b has no heads that guess"),
        (DRAFT | dict(speculated=2.5), "speculated = 2.5"),
        (DRAFT | dict(acceptance=1.5), "acceptance = 1.5"),
        (DRAFT | dict(draft_cost=-1), "draft_cost = -1"),
    ],
)
def test_guesses_that_cannot_be(draft, message):
    with pytest.raises(InputError, match=re.escape(message)):
        serve("llama-3-70b", "h100-sxm", 8, 8, 2048, 512, **draft)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (f"{ASKED} --speculated 4 --acceptance 0.8 --draft-cost 0.05", "guesses are untested"),
        (ASKED, "llama-3-70b on 8 x h100-sxm: "),
        (ASKED.replace("--chips 8", "--chips 1"), "note: the weights leave no room for a sequence"),
        (ASKED.replace("64", "9000"), "find room at a time: the others wait"),
        (ASKED.replace("h100-sxm", "rtx-4090"), "note: no source says the bandwidth of the links"),
        (ASKED.replace("h100-sxm", "mi300x"), "(untested)"),
    ],
)
def test_a_table_for_people(words, line, capsys):
    assert run(words) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert line in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (ASKED.replace("70b", "71b"), "unknown model 'llama-3-71b'"),
        (ASKED.replace("h100-sxm", "h1000"), "unknown device 'h1000'"),
        (ASKED.replace("--chips 8", "--chips 0"), "--chips = 0 is out of range"),
        (ASKED.replace("--chips 8", "--chips 1.5"), "--chips = 1.5 is out of range"),
        (ASKED.replace("64", "-1"), "--concurrency = -1 is out of range"),
        (ASKED.replace("4096", "nan"), "--prompt = nan is out of range"),
        (ASKED.replace("512", "many"), "'many' is not a number"),
        (ASKED.replace("--answer 512", ""), "required: --answer"),
        (ASKED.replace("4096", "1e10"), "--prompt = 10000000000 is out of range"),
        (f"{ASKED} --tensor-parallel 3", "tensor_parallel = 3 does not divide the 8 chips"),
        (f"{ASKED} --data-parallel 3", "data_parallel = 3 does not divide the 8 chips"),
        (f"{ASKED} --tensor-parallel 4 --data-parallel 4", "no layout of 8 chips"),
        (f"{ASKED} --expert-parallel 2", "expert_parallel = 2 splits experts, and llama-3-70b has"),
        (f"{ASKED} --weights fp9", "unknown format 'fp9'"),
        (f"{ASKED} --cache q5", "unknown format 'q5'"),
        (f"{ASKED} --engine both", "unknown engine 'both'"),
        (ASKED.replace("--chips 8", "--chips 162 --pipeline-parallel 81"),
         "pipeline_parallel = 81 is more than the 80 layers"),
        (ASKED.replace("--chips 8", "--chips 6 --tensor-parallel 6"),
         "tensor_parallel = 6 does not divide the 64 heads"),
        (ASKED.replace("llama-3-70b", "mixtral-8x7b") + " --tensor-parallel 8 --expert-parallel 3",
         "expert_parallel = 3 does not divide the 8 experts"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_line(words, complaint, capsys):
    assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert complaint in err


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda: setting("llama-3-8b", "rtx-4090", Layout(2), 1, 1, 1), "links of rtx-4090"),
        (lambda: setting(["llama-3-8b"], ["b200", "b200"], ALONE, 1, 1, 1), "differ in length"),
        (lambda: setting("llama-3-8b", "b200", ALONE, 1, 0, 1), "prompt_length = 0 is out of"),
        (lambda: setting("llama-3-8b", "b200", ALONE, 1, 1, 1, engine=["x"]), "engine 'x'"),
        (lambda: serve("llama-3-8b", "b200", 8, 1, 1, 1, weights=3), "weights = 3 is not one name"),
        (lambda: serve({}, "b200", 8, 1, 1, 1), "unknown model {}"),
        (lambda: serve("llama-3-8b", "b200", 8, 1, 1, 1, layout={"tensor": 8}),
         "unknown degree of parallelism 'tensor'"),
        (lambda: serve("llama-3-8b", "b200", 8, 1, 1, 1, layout={"data_parallel": 0}),
         "data_parallel = 0 is out of range"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(call, complaint):
    with pytest.raises(InputError, match=complaint):
        call()


# What to choose


def test_nothing_beats_the_frontier():
    points = frontier("mixtral-8x7b", "h100-sxm", 8, 2048, 256, weights="fp8")
    assert len(points) > 3
    times, rates = ([getattr(p, name) for p in points] for name in ("time_per_token", "throughput"))
    assert times == sorted(set(times))
    assert rates == sorted(set(rates))
    for users in (1, 8, 256, 1024):
        for row in zip(*layouts(models["mixtral-8x7b"], 8), strict=True):
            other = serve("mixtral-8x7b", "h100-sxm", 8, users, 2048, 256, weights="fp8",
                          layout=Layout(*map(int, row)))  # fmt: skip
            if other.fits and other.layout.pipeline_parallel == 1:
                step, rate = other.time_per_token.estimate, other.throughput["estimate"]
                assert any(t <= step * (1 + 1e-12) and r >= rate * (1 - 1e-12)
                           for t, r in zip(times, rates, strict=True))  # fmt: skip


def test_fewer_chips_are_not_enough():
    job = dict(concurrency=100, prompt=4000, answer=400)
    room = fewest_chips("llama-3-70b", "h100-sxm", **job)
    assert room.fits
    assert not serve("llama-3-70b", "h100-sxm", room.layout.n_chip // 2, **job).fits
    target = 0.8 * room.time_per_token.estimate
    quick = fewest_chips("llama-3-70b", "h100-sxm", **job, time_per_token=target)
    assert quick.time_per_token.estimate <= target
    half = serve("llama-3-70b", "h100-sxm", quick.layout.n_chip // 2, **job)
    assert not half.fits or half.time_per_token.estimate > target
    with pytest.raises(
        InputError, match="no number of chips up to 8,192 serves 100 requests in 1e"
    ):
        fewest_chips("llama-3-70b", "h100-sxm", **job, time_per_token=1e-6)


def test_prompts_that_others_read_take_chips_too():
    found = serve("llama-3-70b", "h100-sxm", 8, 64, 4096, 512, engine="disaggregated")
    arriving = found.throughput["estimate"] / 512 * 4096  # tokens of prompts in a second
    hours = found.price["input"] / 1e6 / price_of(hardware["h100-sxm"])[0]
    assert found.prompt_chips == pytest.approx(arriving * hours * 3600, rel=1e-9)
    watts = (8 + found.prompt_chips) * hardware["h100-sxm"].tdp
    assert found.energy_per_token == pytest.approx(watts / found.throughput["estimate"])
    assert serve("llama-3-70b", "h100-sxm", 8, 64, 4096, 512).prompt_chips is None


def test_layers_that_split_differently():
    # Gemma 4 31B: 50 layers of 16 heads of 256, whose values are theirs, and 10 of 4 heads of 512.
    held = 2 * (50 * 16 * 256 + 10 * 4 * 512)
    each = 2 * (50 * 256 + 10 * 512)
    assert split_by_heads(models["gemma-4-31b"]) == pytest.approx(held / each)
    # On so many chips as heads and more, the report's copies are what the layout holds.
    for name in ("gemma-4-31b", "deepseek-v3.2", "llama-3-70b"):
        at = setting(name, "h100-sxm", Layout(64), 1, 1, 1) | {"context": 1}
        copies = 64 * FORMULAS["chip_cache_size"](at) / FORMULAS["kv_cache_size"](at)
        assert copies == pytest.approx(64 / split_by_heads(models[name]), rel=1e-9)
