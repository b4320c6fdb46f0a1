"""The command line as its users meet it: numbers, tables, and one line for what is wrong."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from configurations import CONFIGS

import lifecost
from lifecost import InputError, hardware, models, tables
from lifecost.__main__ import main
from lifecost.report import SHARED

# The post's case, written out: 8B, 128 sequences of 8,192 tokens, a byte an element.
KV = 2 * 32 * 8 * 128 * 8192 * 128
PARAMETERS = 8_030_261_248
MULTIPLIED = PARAMETERS - 128256 * 4096 - 65 * 4096
POST = ["--batch", "128", "--context", "8192", "--kv-bytes", "1", "--weight-bytes", "1"]


def printed(capsys, *arguments):
    assert main([*arguments, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return json.loads(out)


def test_cost_of_the_posts_case(capsys):
    found = printed(capsys, "cost", "llama-3-8b", *POST, "--hoi", "600")
    assert found["model"] == "llama-3-8b"
    assert found["parameters"] == found["active_parameters"] == PARAMETERS
    assert found["kv_cache_bytes"] == KV
    assert found["forward_flops"] == 2 * PARAMETERS * 128
    assert found["kv_load_flop_equivalent"] == 600 * KV
    assert found["kv_to_compute_ratio"] == pytest.approx(600 * KV / (256 * PARAMETERS), rel=1e-14)
    step = found["step_time"]
    attention = 4 * 32 * 4096 * 8192
    assert step["compute"] == pytest.approx(128 * (2 * MULTIPLIED + attention) / 1979e12, rel=1e-12)
    assert step["weights"] == pytest.approx(MULTIPLIED / 3.35e12, rel=1e-12)
    assert step["kv"] == pytest.approx(KV / 3.35e12, rel=1e-12)
    assert step["bound"] == pytest.approx(max(step["compute"], step["weights"] + step["kv"]))
    assert step["expected"] == step["bound"]  # without experts
    usual = printed(capsys, "cost", "llama-3-8b")  # the post's setting is the usual one
    said, taken = usual.pop("taken_from"), found.pop("taken_from")
    assert usual == found
    assert said["weights"] == "the post's; published in bf16"
    assert taken["weights"] == "as given, for all of them; published in bf16"


# What weights take by the file or the row of a quantized model, unless a size is given.
@pytest.mark.parametrize(("model", "options", "weights", "source"), [
    ("gpt-oss-120b", (), 65_248_815_744, "mxfp4, from the model's row"),
    ("gpt-oss-120b:window=inf", (), 65_248_815_744, "mxfp4, from the model's row"),
    ("gpt-oss-120b", ("--weight-bytes", "2"), 2 * 116_829_156_672,
     "as given, for all of them; published in mxfp4"),
    (str(CONFIGS["llama-3-70b"]), (), 2 * 70_553_706_496, "bf16, from its config.json"),
    (str(CONFIGS["gpt2"]), (), 124_439_808, "the post's"),
    ("gpt-3-175b", (), None, "the post's"),
])  # fmt: skip
def test_weights_are_counted_in_their_own_format(capsys, model, options, weights, source):
    found = printed(capsys, "cost", model, *options)
    assert found["taken_from"]["weights"] == source
    assert found["weights_bytes"] == weights or weights is None
    average = found["setting"]["weight_bytes"]
    assert average * found["parameters"] == pytest.approx(found["weights_bytes"], rel=1e-12)
    assert found["memory"]["needed"] == found["weights_bytes"] + found["kv_cache_bytes"]
    assert main(["cost", model, *options]) == 0
    assert source in " ".join(capsys.readouterr().out.split())


def test_a_quantized_model_fits_one_device(capsys):
    found = printed(capsys, "cost", "gpt-oss-120b", "--batch", "64")["memory"]
    assert found["chips_needed"] == 1
    assert found["largest_batch"] > 64


def test_what_is_left_out_is_said(capsys):
    found = printed(capsys, "compare", "gemma-3-27b", "llama-3-8b", str(CONFIGS["deepseek-v3"]))
    assert [len(one["notes"]) for one in found] == [1, 0, 0]
    assert main(["compare", "gemma-3-27b", "llama-3-8b"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "note: Text only: the vision tower is not counted. (gemma-3-27b)" in out


@pytest.mark.parametrize("command", ["cost", "compare"])
def test_chips_that_share_evenly_are_a_bound_and_it_is_said(capsys, command):
    for chips, said in ((1, False), (2, True)):
        asked = (command, "llama-3-8b", "--chips", str(chips))
        found = printed(capsys, *asked)
        (report,) = found if command == "compare" else [found]
        assert (SHARED in report["notes"]) == said
        assert main(list(asked)) == 0
        assert (f"note: {SHARED}" in " ".join(capsys.readouterr().out.split())) == said


def test_what_counts_bytes_is_whole(capsys):
    # Caches of a third of the layers, and entries of three tokens: a sum of fractions.
    shape = "llama-3-8b:n_layer=33,stride=3,own_cache=0@22"
    found = printed(capsys, "cost", shape, "--context", "99", "--batch", "7")
    assert found["kv_cache_bytes"] == 2 * 11 * 8 * 128 * 33 * 7
    assert isinstance(found["kv_cache_bytes"], int)


def test_the_capacity_is_the_vendors_and_the_drivers_is_said(capsys):
    for name, device in hardware.items():
        said = printed(capsys, "cost", "llama-3-8b", "--hardware", name)["taken_from"]["memory"]
        assert said.startswith("the vendor's ")
        assert ("the driver shows" in said) == (device.memory_shown is not None)
        if device.memory_shown:  # a GB is at most a GiB
            assert 0.95 < device.memory_shown / device.memory_capacity <= 2**30 / 1e9


def test_device_sets_the_intensity_unless_it_is_given(capsys):
    found = printed(capsys, "cost", "llama-3-8b", "--hardware", "a100-sxm-80gb")
    assert found["setting"]["precision"] == "bf16"  # it has no FP8
    hoi = hardware["a100-sxm-80gb"].at("bf16")["hoi"]
    assert found["kv_load_flop_equivalent"] == pytest.approx(hoi * KV, rel=1e-14)
    given = printed(capsys, "cost", "llama-3-8b", "--hardware", "a100-sxm-80gb", "--hoi", "100")
    assert given["kv_load_flop_equivalent"] == 100 * KV
    alone = printed(capsys, "cost", "llama-3-8b", "--precision", "bf16")
    both = printed(capsys, "cost", "llama-3-8b", "--precision", "bf16", "--hardware", "h100-sxm")
    assert {**alone, "taken_from": 0} == {**both, "taken_from": 0}
    assert alone["setting"]["hoi"] == pytest.approx(989.5e12 / 3.35e12, rel=1e-3)


@pytest.mark.parametrize("how", ["full", "serial"])
def test_experts_that_are_expected_stand_beside_the_bound(capsys, how):
    usual = ("cost", "mixtral-8x7b", "--batch", "16", "--overlap", how)
    step = printed(capsys, *usual)["step_time"]
    certain, every = (2 * 3 * 4096 * 14336 * 32 * n / 2 / 3.35e12 for n in (2, 8))
    rest = step["weights"] - certain
    met = 1 - (6 / 8) ** 16
    assert step["bound"] == pytest.approx(step["weights"] + step["kv"], rel=1e-12)
    assert step["expected"] == pytest.approx(rest + met * every + step["kv"], rel=1e-12)
    assert main([*usual]) == main(["cost", "llama-3-8b"]) == 0
    assert capsys.readouterr().out.count("if experts are chosen evenly") == 1


def test_chips_divide_the_time_and_add_their_memory(capsys):
    one = printed(capsys, "cost", "llama-3-405b")
    eight = printed(capsys, "cost", "llama-3-405b", "--chips", "8")
    assert one["memory"]["chips_needed"] == eight["memory"]["chips_needed"] == 9
    assert one["memory"]["largest_batch"] == 0
    free = 640e9 - models["llama-3-405b"].n_params
    assert eight["memory"]["largest_batch"] == free // (2 * 126 * 8 * 128 * 8192)
    for part, time in one["step_time"].items():
        assert eight["step_time"][part] == pytest.approx(time / 8, rel=1e-12)


# More chips than key-value heads hold parts of the cache several times; a latent is one part.
COPIES = [
    ("llama-3-70b", "h100-sxm", 32, 4, 463, 1854),
    ("llama-3-70b", "h100-sxm", 8, 1, 424, 424),
    ("deepseek-v3", "h200-sxm", 8, 8, 198, 1587),
]


@pytest.mark.parametrize(("model", "device", "chips", "copies", "heads", "sequences"), COPIES)
def test_chips_beyond_the_heads_hold_copies(capsys, model, device, chips, copies, heads, sequences):
    usual = ("cost", model, "--hardware", device, "--chips", str(chips), "--weight-bytes", "1")
    split = printed(capsys, *usual)
    shared = printed(capsys, *usual, "--attention", "sequences")
    assert split == printed(capsys, *usual, "--attention", "heads")  # the usual one
    assert (split["setting"]["attention"], shared["setting"]["attention"]) == ("heads", "sequences")
    assert (split["memory"]["cache_copies"], shared["memory"]["cache_copies"]) == (copies, 1)
    assert split["memory"]["largest_batch"] == heads
    assert shared["memory"]["largest_batch"] == sequences
    size = split["kv_cache_bytes"]
    assert size == shared["kv_cache_bytes"]  # what there is, not how often
    assert split["memory"]["needed"] - shared["memory"]["needed"] == (copies - 1) * size
    assert split["step_time"]["kv"] == pytest.approx(copies * shared["step_time"]["kv"], rel=1e-14)
    for part in ("compute", "weights"):
        assert split["step_time"][part] == shared["step_time"][part]


def test_chips_needed_hold_a_part_each(capsys):
    # 18.4 GB for each 64 sequences: with 1,024 of them, no chip holds the latents.
    usual = ("cost", "deepseek-v3", "--batch", "1024")
    assert printed(capsys, *usual)["memory"]["chips_needed"] is None
    assert printed(capsys, *usual, "--attention", "sequences")["memory"]["chips_needed"] == 13
    assert main([*usual]) == 0
    assert "no number is enough" in capsys.readouterr().out
    for batch in ("1", "64", "128", "200"):
        found = printed(capsys, "cost", "deepseek-v3", "--batch", batch)["memory"]["chips_needed"]
        for chips, fits in ((found, True), (found - 1, False)):
            one = printed(capsys, "cost", "deepseek-v3", "--batch", batch, "--chips", str(chips))
            assert (one["memory"]["largest_batch"] >= int(batch)) == fits


def test_the_table_says_how_chips_share_the_cache(capsys):
    for how, named in (("heads", "tensor"), ("sequences", "data")):
        assert main(["cost", "llama-3-8b", "--chips", "16", "--attention", how]) == 0
        text = " ".join(capsys.readouterr().out.split())
        assert f"the cache is split by {how} ({named} parallelism)" in text
    assert main(["cost", "llama-3-8b"]) == 0
    assert "is split by" not in capsys.readouterr().out  # one chip


def test_overlap_is_a_choice(capsys):
    usual = ("cost", "llama-3-8b", "--context", "64", "--batch", "4096")
    full = printed(capsys, *usual)["step_time"]
    serial = printed(capsys, *usual, "--overlap", "serial")["step_time"]
    assert full["bound"] == pytest.approx(max(full["compute"], full["weights"] + full["kv"]))
    assert serial["bound"] == pytest.approx(
        serial["kv"] + max(serial["compute"], serial["weights"])
    )
    assert serial["bound"] > full["bound"]


def test_compare_changes_symbols(capsys):
    found = printed(capsys, "compare", "llama-3-8b", "llama-3-8b:n_kv_head=32", "llama-3-70b")
    assert [one["model"] for one in found] == ["llama-3-8b", "llama-3-8b:n_kv_head=32",
                                               "llama-3-70b"]  # fmt: skip
    grouped, multi_head, _ = found
    assert multi_head["kv_cache_bytes"] == 4 * grouped["kv_cache_bytes"] == 256 * 2**30
    shared = printed(capsys, "cost", "llama-3-8b:own_cache=0@16")
    assert shared["kv_cache_bytes"] == KV / 2
    assert shared["kv_load_flop_equivalent"] == 600 * KV  # each layer still reads it


def test_changes_hold_in_all_layers_or_in_some(capsys):
    near = printed(capsys, "cost", "llama-3-8b:window=1024")
    assert near["kv_cache_bytes"] == KV / 8
    some = printed(capsys, "cost", "llama-3-8b:window=1024@24")
    assert some["kv_cache_bytes"] == KV / 4 + 3 * KV / 4 / 8
    gone = printed(capsys, "cost", "mistral-7b:window=inf")
    assert gone["kv_cache_bytes"] == KV
    narrow = printed(capsys, "cost", "llama-3-8b:d_head=64")  # its values too
    assert narrow["kv_cache_bytes"] == KV / 2


def test_tables_for_people(capsys):
    assert main(["compare", "llama-3-8b", "llama-3-405b"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for part in ("llama-3-405b", "68.7 GB", "271 GB", "8,030,261,248", "22.8 ms", "h100-sxm"):
        assert part in out
    assert main(["optimum", "--quality-of", "30e9", "--inference-tokens", "1e13"]) == 0
    out, _ = capsys.readouterr()
    for part in ("cheapest", "1.36×10¹⁰", "28 % of the FLOPs saved"):
        assert part in out


# Sardana et al. 2024, figure 1, section 2 and appendix B: size, share of FLOPs saved.
@pytest.mark.parametrize(
    ("quality", "tokens", "size", "data", "saving"),
    [
        (13e9, 2e12, 7e9, None, 0.17),
        (7e9, 1e11, 6e9, 1.18, None),
        (30e9, 1e13, 13.6e9, 2.84, 0.28),
        (70e9, 1e13, 41.6e9, 1.86, 0.12),
        (70e9, 2e12, None, None, 0.013),
    ],
)
def test_optimum_is_sardanas(capsys, quality, tokens, size, data, saving):
    found = printed(
        capsys, "optimum", "--law", "sardana", "--quality-of", f"{quality:g}",
        "--inference-tokens", f"{tokens:g}",
    )  # fmt: skip
    assert found["chinchilla"]["parameters"] == quality
    if size is not None:
        assert found["parameters"] == pytest.approx(size, rel=0.005)
    if data is not None:
        more = found["training_tokens"] / found["chinchilla"]["training_tokens"]
        assert more == pytest.approx(data, rel=0.005)
    if saving is not None:
        assert round(found["saving"], 3 if saving < 0.1 else 2) == saving
    by_hand = 6 * found["parameters"] * found["training_tokens"] + 2 * found["parameters"] * tokens
    assert found["flops"] == pytest.approx(by_hand, rel=1e-12)


CHIPS = """
[mine]
memory_bandwidth = 4e12
memory_capacity = 96e9
peak_flops = { bf16 = 4e14, fp8 = 1e15 }
"""
OTHER = CHIPS.replace("mine", "other").replace("4e12", "5e12").replace(", fp8 = 1e15", "")


def test_a_device_of_a_file(capsys, tmp_path):
    path = tmp_path / "my.toml"
    path.write_text(CHIPS)
    one = printed(capsys, "cost", "llama-3-8b", "--hardware", str(path))
    assert one["setting"]["hardware"] == f"{path}:mine"
    assert one["step_time"]["kv"] == pytest.approx(KV / 4e12, rel=1e-12)
    assert (one["setting"]["precision"], one["setting"]["hoi"]) == ("fp8", 250)
    assert one["setting"]["memory_capacity"] == 96e9
    assert one["taken_from"]["memory"] == "the file's 96.0 GB of a chip"
    path.write_text(CHIPS + OTHER)
    assert printed(capsys, "cost", "llama-3-8b", "--hardware", f"{path}:mine") == one
    found = printed(capsys, "cost", "llama-3-8b", "--hardware", f"{path}:other")["setting"]
    assert (found["precision"], found["memory_bandwidth"]) == ("bf16", 5e12)
    times = []  # a format that nothing is known of is taken for one of 16 bits
    for name in ("bf16", "fp32"):
        path.write_text(CHIPS.replace("bf16 = 4e14, fp8", name))
        served = printed(capsys, *SERVED[:3], str(path), *SERVED[4:])
        times.append(served["time_per_token"])
    assert times[0] == times[1]


def test_a_device_in_a_line(capsys):
    chip = ("--bandwidth", "4e12", "--peak", "1e15", "--memory", "96e9")
    alone = printed(capsys, "cost", "llama-3-8b", *chip)
    setting, taken = alone["setting"], alone["taken_from"]
    assert (setting["hardware"], setting["precision"], setting["hoi"]) == ("own device", "fp8", 250)
    assert taken["arithmetic"].endswith("; the peak of fp8 is 1.00 PFLOP/s, as given")
    assert taken["bandwidth"] == "4.00 TB/s, as given"
    assert taken["memory"] == "96.0 GB of a chip, as given"
    assert alone["step_time"]["kv"] == pytest.approx(KV / 4e12, rel=1e-12)
    free = 96e9 - PARAMETERS
    assert alone["memory"]["largest_batch"] == free * 128 // KV
    assert main(["cost", "llama-3-8b", *chip, "--precision", "fp4"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    for part in (
        "1 x own device in fp4",
        "bandwidth: 4.00 TB/s, as given",
        "peak of fp4 is 1.00 P",
    ):
        assert part in out


def test_a_device_with_a_change(capsys):
    usual = ("cost", "llama-3-8b", "--hardware", "h200-sxm", "--precision", "bf16")
    row, found = printed(capsys, *usual), printed(capsys, *usual, "--peak", "8e14")
    assert found["setting"].items() - {"peak_flops": 8e14, "hoi": 8e14 / 4.8e12}.items() == (
        row["setting"].items() - {"peak_flops": 989e12, "hoi": 989e12 / 4.8e12}.items()
    )
    assert found["step_time"]["kv"] == row["step_time"]["kv"]
    assert found["taken_from"]["memory"] == row["taken_from"]["memory"]
    # More memory is no other intensity: that stays the post's.
    larger = printed(capsys, "cost", "llama-3-8b", "--memory", "192e9")
    assert larger["setting"]["hoi"] == 600
    assert larger["memory"]["largest_batch"] > 128


def test_the_largest_setting_is_counted(capsys):
    found = printed(capsys, "compare", "llama-3-8b", "deepseek-v3", "--batch", "1e9",
                    "--context", "1e12", "--kv-bytes", "1")  # fmt: skip
    held = [one["kv_cache_bytes"] for one in found]
    assert held == pytest.approx([65536 * 10**21, 61 * 576 * 10**21], rel=1e-15)


def test_a_model_of_a_file(capsys, tmp_path):
    path, shape = tmp_path / "my.toml", models["llama-3-8b"].shape
    path.write_text("[mine]\n" + "".join(f"{name} = {value}\n" for name, value in shape.items()))
    found = printed(capsys, "compare", f"{path}", f"{path}:mine", f"{path}:n_kv_head=32",
                    f"{path}:mine:n_kv_head=32")  # fmt: skip
    assert [one["kv_cache_bytes"] for one in found] == [KV, KV, 4 * KV, 4 * KV]
    assert found[0]["model"] == found[1]["model"] == f"{path}:mine"
    path.write_text(path.read_text().replace("n_kv_head ", "n_kv_heads "))
    assert main(["cost", f"{path}"]) == 2
    assert "unknown key 'n_kv_heads'; did you mean 'n_kv_head'?" in capsys.readouterr().err


# A file, what is asked of it, and what is said.
WRONG_FILES = [
    (
        CHIPS.replace("bandwidth", "bandwidths"),
        "",
        "mine: unknown key 'memory_bandwidths'; did you me",
    ),
    (
        CHIPS.replace("memory_capacity = 96e9", ""),
        "",
        "mine: the row also needs memory_capacity (m",
    ),
    (CHIPS.replace("4e12", "4.0"), "", "mine: memory_bandwidth = 4 is out of range: peak bandwi"),
    (CHIPS + OTHER, "", "my.toml has 2 rows: mine, other; choose one as my.toml:NAME"),
    (CHIPS + OTHER, ":mime", "unknown row of my.toml 'mime'; known: mine, other"),
    ("", "", "my.toml has 0 rows"),
    ("[", "", "my.toml is no TOML: "),
    (None, "", "cannot read my.toml: No such file or directory"),
]


@pytest.mark.parametrize(("text", "name", "complaint"), WRONG_FILES)
def test_a_wrong_file_of_rows_is_one_line(capsys, tmp_path, monkeypatch, text, name, complaint):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("my.toml").write_text(text)
    assert main(["cost", "llama-3-8b", "--hardware", f"my.toml{name}"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert complaint in err
    if text is None:
        assert main(["cost", "my.toml"]) == 2
        assert complaint in capsys.readouterr().err


SERVED = ("serving", "llama-3-8b", "--hardware", "h100-sxm", "--chips", "1", "--concurrency", "8",
          "--prompt", "512", "--answer", "64")  # fmt: skip
COST, BEST = ("cost", "llama-3-8b"), ("optimum", "--quality-of", "1e9", "--inference-tokens")
WRONG = [
    ((), "required: COMMAND"),
    (("cost",), "required: MODEL"),
    (("cost", "llama-3-9b"), "did you mean 'llama-3-8b'? All "),
    (("cost", "no/such/config.json"), "no/such/config.json"),
    (("cost", "llama-3-8b:n_kv_head=7"), "n_kv_head = 7 does not divide n_head = 32"),
    (("cost", "llama-3-8b:heads=7"), "unknown size of this model's blocks 'heads'; did you"),
    (("cost", "llama-3-8b:n_active_params=5"), "unknown size of this model's blocks 'n_active_"),
    (("cost", "llama-3-8b:window=128@33"), "window = 128 in 33 layers: only 32 have it"),
    (("cost", "llama-3-8b:window=128@0"), "n_layer = 0 is out of range"),
    (("cost", "llama-3-8b:window=128@x"), "n_layer = 'x' is not a number"),
    (("cost", "llama-3-8b:window=0"), "window = 0 is out of range: tokens that a layer with a w"),
    (("cost", "llama-3-8b:n_expert=8"), "unknown size of this model's blocks 'n_expert'; known:"),
    (("cost", "llama-3-8b:own_cache=2"), "own_cache = 2 is out of range: 1 where a layer has a"),
    (("cost", "mixtral-8x7b:n_active_expert=9"), "n_active_expert = 9 is more than n_expert = 8"),
    (("cost", "deepseek-v3:n_layer=62"),
     "n_layer = 62: the layers of this model are not alike, so none can be added"),
    (("cost", "deepseek-v3:kv_rank=0"), "kv_rank = 0 is out of range: width of the latent of ke"),
    (("cost", "llama-3-8b:n_head="), "n_head = '' is not a number: query heads in a layer"),
    (("cost", "llama-3-8b:n_head=x"), "n_head = 'x' is not a number: query heads in a layer"),
    (("cost", "llama-3-8b:n_head=nan"), "n_head = nan is out of range"),
    (("cost", "llama-3-8b:n_head"), "n_head = '' is not a number"),
    (("cost", "llama-3-8b:"), "unknown size of this model's blocks ''"),
    (("cost", "llama-3-8b:n_head=16,n_head=8"), "n_head is changed twice in llama-3-8b:n_head=16"),
    (("cost", r"C:\m=1\config.json"), r"cannot read C:\m=1\config.json: No such file"),
    (("cost", "lr=3e-4:run/config.json"), "cannot read lr=3e-4:run/config.json: No such file"),
    (("cost", r"C:\m\config.json:n_head=8"), r"cannot read C:\m\config.json: No such file"),
    (("cost", "nope"), "more: list(lifecost.models); or give the path of a config.json"),
    ((*COST, "--batch", "0"), "--batch = 0 is out of range: sequences decoded together"),
    (("cost", "."), ". is a folder without a config.json"),
    ((*COST, "--batch", "many"), "--batch: 'many' is not a number"),
    ((*COST, "--context", "8k"), "--context: '8k' is not a number, such as 8192 or 8e3"),
    ((*COST, "--batch", "-7e1"), "--batch = -70 is out of range"),
    ((*COST, "--hardware", ""), "unknown device ''; known: "),
    ((*SERVED, "--weights", ""), "unknown format ''; known: "),
    ((*SERVED, "--cache", ""), "unknown format ''; known: "),
    ((*COST, "--batch", "1.5"), "batch = 1.5 is not a whole number: sequences decoded together"),
    ((*COST, "--context", "8192.5"), "context = 8192.5 is not a whole number: tokens in the cac"),
    ((*COST, "--chips", "1.5"), "--chips = 1.5 is out of range: chips that share the model, a who"),
    ((*COST, "--kv-bytes", "8"), "kv_bytes = 8 is out of range: bytes that store one element of "),
    ((*COST, "--weight-bytes", "16"), "store one weight, at most 4 bytes; 8 bits are 1 byte"),
    ((*COST, "--context", "inf"), "context = inf is out of range"),
    ((*COST, "--hoi", "nan"), "hoi = nan is out of range"),
    ((*COST, "--chips", "-1"), "--chips = -1 is out of range"),
    ((*COST, "--hardware", "h900"), "unknown device 'h900'; known: a100-pcie-80gb, "),
    ((*COST, "--hardware", "a100"), "did you mean 'a100-pcie-80gb', 'a100-sxm-40gb' or 'a1"),
    ((*COST, "--bandwidth", "3.35"), "memory_bandwidth = 3.35 is out of range: peak bandwidth of"),
    ((*COST, "--peak", "0"), "--peak = 0 is out of range: peak rate of dense arithmetic"),
    ((*COST, "--memory", "much"), "--memory: 'much' is not a number"),
    ((*COST, "--precision", "fp3"), "unknown precision of NVIDIA H100 SXM 'fp3'"),
    ((*COST, "--overlap", "none"), "unknown overlap 'none'"),
    ((*BEST, "-1"), "inference_tokens = -1 is out of range"),
    ((*BEST, "inf"), "inference_tokens = inf is out of range"),
    ((*BEST, "1e24"), "no cheapest model at quality_of = 1000000000 and inference_tokens = 1e+24:"),
    (("optimum", "--quality-of", "70", "--inference-tokens", "1e12"),
     "no cheapest model at quality_of = 70 and inference_tokens = 1000000000000: target_loss = 2"),
    (("optimum", "--quality-of", "0", "--inference-tokens", "1e12"), "quality_of = 0 is out of r"),
    ((*BEST, "1e12", "--law", "newton"), "unknown scaling law 'newton'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "complaint"), WRONG)
def test_wrong_input_is_one_line(capsys, arguments, complaint):
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("lifecost: ")
    assert complaint in err


def test_without_the_library_for_tables(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.table", None)
    assert main(["cost", "llama-3-8b"]) == 2
    assert "pip install 'lifecost[cli]'" in capsys.readouterr().err
    assert main(["cost", "llama-3-8b", "--json"]) == 0


def test_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "lifecost", "cost", "llama-3-8b"], capture_output=True, text=True,
        check=True, encoding="utf-8", env={"PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert "22.8 ms" in done.stdout
    assert done.stderr == ""


# What a device or a model is called elsewhere, and what it may be here: up to three names.
SUGGESTIONS = [
    ("a100", ["a100-sxm-40gb", "a100-sxm-80gb", "a100-pcie-80gb"]),
    ("A100-SXM4-80GB", ["a100-sxm-80gb"]),
    ("v100", ["v100-sxm2-32gb"]),
    ("h100", ["h100-sxm", "h100-pcie"]),
    ("h200", ["h200-sxm", "h200-nvl"]),
    ("H100-SXM5-80GB", ["h100-sxm"]),
    ("NVIDIA H100 80GB HBM3", ["h100-sxm"]),
    ("rtx-3090-ti", ["rtx-3090"]),
    ("m2-ultra", ["m1-ultra"]),
    ("tpu-v5", ["tpu-v5e", "tpu-v5p"]),
    ("b200-sxm", ["b200"]),
    ("a10", []),
    ("nope", []),
    ("", []),
    ("gpt2", ["gpt-oss-20b", "gpt-oss-120b", "gpt-3-175b"]),
    ("gpt-2", ["gpt-oss-20b", "gpt-oss-120b", "gpt-3-175b"]),
    ("llama2", ["llama-2-7b", "llama-2-13b", "llama-2-70b"]),
    ("llama3-8b", ["llama-3-8b"]),
    ("meta-llama/Llama-3.1-70B", ["llama-3-70b"]),
    ("deepseek-r1", ["deepseek-v2", "deepseek-v3"]),
    ("claude", []),
]


@pytest.mark.parametrize(("name", "near"), SUGGESTIONS)
def test_suggestions_are_sensible_or_none(name, near):
    catalog, title = (models, "models") if set(near) & set(models) else (hardware, "hardware")
    with pytest.raises(InputError) as caught:
        catalog[name]
    said = str(caught.value)
    found = {one for one in catalog if repr(one) in said}
    # The family may grow: then the others of it are suggested too, or instead.
    assert found >= set(near) or len(found) == 3
    assert {one.split("-")[0] for one in found} <= {one.split("-")[0] for one in near}
    assert ("did you mean" in said) == bool(near)
    assert said.endswith(f"list(lifecost.{title})")
    assert len(said) < 150


@pytest.mark.parametrize("name", ["config.txt", "NAME.JSON", "lr=3e-4:run.json", "m:n_head=1.json"])
def test_a_file_is_a_path_whatever_it_is_called(capsys, monkeypatch, tmp_path, name):
    config = Path(__file__).with_name("configs") / "llama-3-8b.json"
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(config.read_bytes())
    assert printed(capsys, "cost", name)["parameters"] == PARAMETERS
    assert printed(capsys, "cost", f"{name}:n_kv_head=32")["kv_cache_bytes"] == 4 * KV
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(config.read_bytes())))
    assert printed(capsys, "cost", "-")["parameters"] == PARAMETERS
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["cost", "-"]) == 2
    assert capsys.readouterr().err == "lifecost: the standard input is closed\n"


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lifecost {lifecost.__version__}\n"


@pytest.mark.parametrize("count", [1, 6, 40])
def test_a_table_in_a_pipe_is_whole(capsys, count):
    names = [f"llama-3-8b:n_kv_head=8,vocab_size={v}" for v in range(1000, 1000 + count)]
    assert main(["compare", *names]) == 0
    out = capsys.readouterr().out
    assert "\u2026" not in out
    for part in (*names, *(row[1] for row in tables.ROWS)):
        assert part in out
    assert out.count("68.7 GB") == count


COMMANDS = (
    ("cost", "llama-3-8b"),
    ("compare", "llama-3-8b", "llama-3-70b"),
    ("optimum", "--quality-of", "1e9", "--inference-tokens", "1e12"),
    ("ledger",),
)


class Broken(io.StringIO):
    """An output that fails as a pipe without reader or a full disk does."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def flush(self):
        if self.getvalue():
            raise self.error


@pytest.mark.parametrize("json_too", [(), ("--json",)])
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("error", "status", "complaint"),
    [
        (BrokenPipeError(), 0, ""),
        (OSError(28, "No space left on device"), 2, "lifecost: cannot write: No space left on d"),
        (KeyboardInterrupt(), 130, ""),
        (None, 2, "lifecost: the standard output is closed\n"),
    ],
    ids=["reader gone", "disk full", "interrupted", "closed"],
)
def test_every_command_ends_alike(capsys, monkeypatch, command, json_too, error, status, complaint):
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Broken(error) if error else None)
        assert main([*command, *json_too]) == status
    assert capsys.readouterr().err.startswith(complaint)
    assert complaint or not capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_an_output_that_cannot_show_a_name(monkeypatch, tmp_path, encoding):
    folder = tmp_path / "\u043c\u043e\u0434\u0435\u043b\u044c"
    folder.mkdir()
    config = Path(__file__).with_name("configs") / "llama-3-8b.json"
    (folder / "config.json").write_bytes(config.read_bytes())
    content = io.BytesIO()
    output = io.TextIOWrapper(content, encoding)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", output)
        assert main(["cost", str(folder / "config.json")]) == 0
    shown = content.getvalue().decode(encoding)
    assert r"\u043c\u043e\u0434" in shown
    assert "68.7 GB" in shown
    assert "2.06e12 FLOP" in shown


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a POSIX system")
@pytest.mark.parametrize(
    ("shell", "status", "complaint"),
    [
        ("{} cost llama-3-8b >&-", 2, "lifecost: the standard output is closed\n"),
        ("{} cost llama-3-8b >/dev/full", 2, "lifecost: cannot write: No space left on device\n"),
        ("{} --version >/dev/full", 2, "lifecost: cannot write: No space left on device\n"),
        ("({} ledger; echo $? >&2) | true", 0, "0\n"),
    ],
)
def test_in_a_shell(shell, status, complaint):
    done = subprocess.run(
        shell.format(f"'{sys.executable}' -m lifecost"), shell=True, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (status, complaint)


def test_the_ledger_without_the_book_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("lifecost.__main__.entry_points", lambda **_: ())
    assert main(["ledger"]) == 2
    assert capsys.readouterr().err == (
        "lifecost: the ledger belongs to the book: install its package, pip install ./book\n"
    )
