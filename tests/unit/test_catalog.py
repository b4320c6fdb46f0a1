"""The data: every row sourced and dated, every number recounted or checked against the facts."""

import os
import pickle
import re
import subprocess
import sys
from datetime import date
from importlib import resources
from itertools import chain, pairwise
from pathlib import Path

import pytest
from every import every
from units import dimension
from walk import Walk

from lifebook.data import load
from lifebook.evidence import ELEMENT_BYTES
from lifebook.mixtures import mixture_laws
from lifebook.shapes import shape_laws
from lifecost import (
    InputError,
    hardware,
    kv_to_compute_ratio,
    laws,
    models,
    parameter_count,
    post,
    power_laws,
    wider_laws,
)
from lifecost.catalog import LAW, Catalog, Hardware, Law, Model, PowerLaw
from lifecost.errors import nearest

ROOT = Path(__file__).parents[2]
PATHS = {
    path.stem: path
    for package in ("lifecost", "lifebook")
    for path in sorted(Path(str(resources.files(package))).glob("data/*.toml"))
}
REFERENCES = set(
    re.findall(r"^@\w+\{(\S+),", (ROOT / "lifecost/data/references.bib").read_text("utf-8"), re.M)
)


def sourced_rows():
    """Return every row that states a fact: tables by name, and lists of rows."""
    found = []
    for file in PATHS:
        # The post's own words, and choices that are no facts: each file says so. What stands behind
        # the thousands of published steps, test_steps.py asks.
        if file in ("post", "weight_formats", "gguf", "exercises", "ledger", "machine",
                    "published_steps", "formats", "predictions", "mixes", "symbols"):  # fmt: skip
            continue
        content = load(file)
        tables = ([t] if isinstance(t, dict) else t for t in content.values())
        rows = list(chain.from_iterable(tables))
        for index, row in enumerate(rows):
            found.append((f"{file}-{row.get('title', index)}", row))
    return found


@every("name, row", sourced_rows())
def test_row_has_a_source_and_a_date(name, row):
    assert row["source"].strip()
    checked = date.fromisoformat(row["checked"])
    assert date(2024, 1, 1) <= checked
    # One word is a key of the bibliography; anything else is a citation to be read as it stands.
    if re.fullmatch(r"\w+", row["source"]):
        assert row["source"] in REFERENCES
    else:
        assert len(row["source"].split()) > 1


def test_no_source_is_a_memory():
    for path in PATHS.values():
        assert "unverified" not in path.read_text("utf-8").lower()


# Counted by hand where only a rounded total is published: attention, feed-forward, norms, tables.
MAVERICK = 5120 * 128 * 2 * (40 + 8) + 2 * 5120
EXPERT = 3 * 5120 * 8192  # one more is shared
COUNTS = {
    "llama-4-scout": 48 * (MAVERICK + 16 * 5120 + 17 * EXPERT) + (2 * 202048 + 1) * 5120,
    "llama-4-maverick": 48 * MAVERICK
    + 24 * (3 * 5120 * 16384 + 128 * 5120 + 129 * EXPERT)
    + (2 * 202048 + 1) * 5120,
    "gpt-3-175b": 96 * (12 * 12288**2 + 13 * 12288) + (50257 + 2048 + 2) * 12288,
    "opt-175b": 96 * (12 * 12288**2 + 13 * 12288) + (50272 + 2050 + 2) * 12288,
    "palm-540b": 118 * (18432 * 256 * 2 * (48 + 1) + 3 * 18432 * 73728) + 256000 * 18432,
    "chinchilla-70b": 80 * (5 * 8192**2 + 2 * 8192 * 32768 + 2 * 8192) + 32001 * 8192,
    "gopher-280b": 80 * (5 * 16384**2 + 2 * 16384 * 65536 + 2 * 16384) + 32001 * 16384,
}
# Of these no total was found: their configurations say what they are made of.
CONFIGURED = {"qwen3-30b-a3b", "qwen3-32b", "minimax-m3", "gemma-4-31b", "gemma-4-26b-a4b",
              "gemma-3n-e4b", *(name for name in models if name.startswith("mpt-"))}  # fmt: skip
# As published, in billions: all, and active for a token. DeepSeek, Kimi and gpt-oss leave the
# input embedding out of the active ones. Gemma, Llama 4 and Qwen2.5 publish rounder names.
ROUNDED = {
    "mixtral-8x7b": (46.7, 12.9, False),
    "qwen3-235b-a22b": (235, 22, False),
    "deepseek-v2": (236, 21, True),
    "deepseek-v3": (671, 37, True),
    "kimi-k2": (1026, 32, True),  # "1T"
    "gpt-oss-20b": (20.9, 3.6, True),
    "gpt-oss-120b": (116.8, 5.1, True),
    "llama-4-maverick": (401, 17, False),  # "400B", with the vision tower
    "palm-540b": (540, 540, False),
    "gpt-3-175b": (175, 175, False),
    "opt-175b": (175, 175, False),
    "chinchilla-70b": (70, 70, False),
    "gopher-280b": (280, 280, False),
}
# KV load to compute at the post's setting, with exact counts: computed from the published shapes.
RATIOS = {
    "llama-2-7b": 95.6, "deepseek-v3": 2.3, "kimi-k2": 2.6, "gpt-oss-120b": 8.1,
    "qwen3-235b-a22b": 10.7, "gemma-3-27b": 6.2, "palm-540b": 0.27,
}  # fmt: skip


@pytest.mark.parametrize(("name", "published"), ROUNDED.items())
def test_parameters_as_published(name, published):
    total, active, without_embedding = published
    model = models[name]
    table = model.vocab_size * model.d_model if without_embedding else 0
    digits = 0 if total == int(total) else 1
    assert round(model.n_params / 1e9, digits) == total
    serving = (model.n_active_params - table) / 1e9
    assert round(serving, 0 if active == int(active) else 1) == active


@every("name, ratio", RATIOS.items())
def test_kv_to_compute_at_the_posts_setting(name, ratio):
    assert kv_to_compute_ratio(models[name], post) == pytest.approx(ratio, rel=0.02)


@every("name", models)
def test_parameters_to_the_unit(name):
    # A published total is a fact of the row, read off the checkpoint: the shape comes to it.
    model = models[name]
    assert model.n_params == parameter_count(model.shape) == Walk(model).stored
    assert model.n_params == (model.published_params or COUNTS.get(name, model.n_params))
    assert model.bindings["n_params"] == model.n_params
    assert model.n_active_params == Walk(model).active


def test_what_is_counted_by_hand_has_no_published_total():
    # Only round numbers are published of these, or totals with a vision tower.
    without = {name for name, model in models.items() if model.published_params is None}
    announced = {name for name, model in models.items() if model.announced_params}
    assert without == {*COUNTS, *announced, *CONFIGURED}
    assert not announced & {*COUNTS, *CONFIGURED}


@every("name", [name for name, one in models.items() if one.announced_params])
def test_what_is_announced_is_near(name):
    # Names and reports round, and some leave the looked-up table out of the active parameters.
    model = models[name]
    assert model.n_params == pytest.approx(model.announced_params, rel=0.04)
    if model.announced_active_params:
        near = pytest.approx(model.announced_active_params, rel=0.04, abs=1e9)
        assert near in (
            model.n_active_params, model.n_active_params - model.vocab_size * model.d_model
        )  # fmt: skip


# What the metadata of published checkpoints count, with the heads that guess further tokens, as
# quoted by third parties: of DeepSeek-V3 without the scales of FP8. Some hold the model's tables a
# second time, for those heads.
CHECKPOINTS = {
    "deepseek-v3": (684_489_845_504, 2), "glm-4.5": (358_337_791_296, 2),
    "glm-4.5-air": (110_468_824_832, 2), "glm-5": (753_864_139_008, 0),
    "glm-5.2": (753_329_940_480, 0), "qwen3.8-2.4t-a95b": (2_446_182_725_504, 0),
}  # fmt: skip


@pytest.mark.parametrize(("name", "published"), CHECKPOINTS.items())
def test_a_checkpoint_holds_the_heads_that_guess(name, published):
    total, tables = published
    model = models[name]
    heads = model.draft.value("stored_params", {})
    assert model.n_params + heads + tables * model.vocab_size * model.d_model == total


# As DeepSeek's README_WEIGHTS.md and the README of MiMo-V2-Flash round the parameters of one head.
HEADS = {"deepseek-v3": (1, 11.5e9), "mimo-v2-flash": (3, 0.33e9)}


@pytest.mark.parametrize(("name", "published"), HEADS.items())
def test_a_head_that_guesses_is_as_large_as_published(name, published):
    heads, each = published
    assert models[name].draft.value("stored_params", {}) == pytest.approx(heads * each, rel=0.012)


# HOI by hand, in FLOPs per byte at one decimal: part, precision, value.
# A new part needs none: `test_hardware_row` asks whether its rates are plausible.
INTENSITIES = {
    ("v100-sxm2-32gb", "fp16"): 138.9,
    ("v100-sxm2-32gb", "int8"): 69.7,
    ("t4", "fp16"): 203.1,
    ("t4", "int8"): 406.2,
    ("a100-sxm-40gb", "bf16"): 200.6,
    ("a100-sxm-40gb", "int8"): 401.3,
    ("a100-sxm-80gb", "bf16"): 153.0,
    ("a100-sxm-80gb", "int8"): 306.0,
    ("l4", "bf16"): 403.3,
    ("l4", "fp8"): 806.7,
    ("l40s", "bf16"): 419.0,
    ("l40s", "fp8"): 848.4,
    ("h100-sxm", "bf16"): 295.2,
    ("h100-sxm", "fp8"): 590.7,
    ("h100-pcie", "bf16"): 378.0,
    ("h100-pcie", "fp8"): 756.5,
    ("h200-sxm", "bf16"): 206.0,
    ("h200-sxm", "fp8"): 412.3,
    # NVIDIA's tool: 7.7 TB/s for B200 and 7.75 TB/s for B300 on an HGX board.
    ("b200", "bf16"): 292.2,
    ("b200", "fp8"): 584.4,
    ("b200", "fp4"): 1168.8,
    ("gb200", "bf16"): 312.5,
    ("gb200", "fp4"): 1250.0,
    ("b300", "bf16"): 290.3,
    ("b300", "fp4"): 1806.5,
    ("b300", "int8"): 19.8,
    ("gb300", "int8"): 20.6,
    ("gb300", "fp8"): 625.0,
    ("gb300", "fp4"): 1875.0,
    ("rubin", "bf16"): 181.8,
    ("rubin", "fp8"): 795.5,
    ("rubin", "fp4"): 1590.9,
    ("rtx-4090", "bf16"): 163.9,
    ("rtx-4090", "fp8"): 327.7,
    # NVIDIA's paper: 209.5 and 1.792 TB/s (the facts derive 209.6 from the sparse rate).
    ("rtx-5090", "bf16"): 116.9,
    ("mi250x", "bf16"): 116.8,
    ("mi300x", "bf16"): 246.6,
    ("mi300x", "fp8"): 493.4,
    ("mi325x", "bf16"): 217.8,
    ("mi325x", "fp8"): 435.8,
    ("mi355x", "bf16"): 312.5,
    ("mi355x", "fp4"): 1262.5,
    ("mi455x", "bf16"): 214.6,
    ("mi455x", "fp4"): 858.4,
    ("tpu-v2", "bf16"): 75.0,
    ("tpu-v3", "bf16"): 136.7,
    ("tpu-v4", "bf16"): 229.2,
    # Google's page has 819 GB/s, which the source of the facts rounds to 810.
    ("tpu-v5e", "bf16"): 240.5,
    ("tpu-v5p", "bf16"): 166.0,
    ("tpu-v5p", "int8"): 332.0,
    ("tpu-v6e", "bf16"): 559.8,
    ("tpu-v7", "bf16"): 313.0,
    ("tpu-v7", "fp8"): 626.1,
    ("trainium2", "bf16"): 230.0,
    ("trainium2", "fp8"): 447.9,
    ("gaudi-2", "bf16"): 175.6,
    ("gaudi-2", "fp8"): 351.6,
    ("gaudi-3", "bf16"): 453.2,
    ("groq-lpu", "int8"): 9.4,
    ("a100-pcie-80gb", "bf16"): 161.2,
    # Step-3's report, table 4, prints 591, 74, 156 and 175 as the rooflines of these four.
    ("h800", "fp8"): 591.0,
    ("h20", "fp8"): 74.0,
    ("a800", "bf16"): 156.0,
    ("ascend-910b", "bf16"): 175.0,
    ("a40", "bf16"): 215.1,
    ("gh200", "bf16"): 247.2,
    ("gh200", "fp8"): 494.8,
    ("h200-nvl", "fp8"): 348.0,
    ("gb10", "fp4"): 1831.5,
    ("rtx-pro-6000", "fp8"): 522.1,
    ("rtx-pro-6000", "fp4"): 1044.2,
    ("rtx-6000-ada", "fp8"): 758.9,
    ("rtx-a6000", "bf16"): 201.6,
    ("rtx-a4000", "bf16"): 171.2,
    ("rtx-2080-ti", "fp16"): 87.3,
    ("rtx-3090", "bf16"): 75.9,
    ("rtx-4080", "bf16"): 136.0,
    ("mi250", "bf16"): 110.4,
    ("r9700", "fp8"): 598.4,
    ("rx-7900-xt", "fp16"): 128.8,
    ("trainium3", "bf16"): 136.9,
    ("trainium3", "fp8"): 513.7,
    ("max1550", "bf16"): 256.0,
    ("arc-pro-b60", "bf16"): 215.6,
    ("sn40l", "bf16"): 398.8,
    ("m1-7c", "fp16"): 33.6,
    ("m1-max", "fp16"): 26.6,
    ("m1-ultra", "fp16"): 26.5,
}


@every("part, precision", INTENSITIES)
def test_intensity(part, precision):
    rates = hardware[part].at(precision)
    assert rates["hoi"] == rates["peak_flops"] / rates["memory_bandwidth"]
    assert rates["hoi"] == pytest.approx(INTENSITIES[part, precision], abs=0.051)


# What vendors print with sparsity, in TFLOP/s: twice the dense rate, to the digits printed.
SPARSE = [
    ("l4", "fp8", 485), ("a40", "bf16", 299.4), ("a40", "int8", 598.6), ("h100-sxm", "bf16", 1979),
    ("h100-sxm", "fp8", 3958), ("h100-pcie", "bf16", 1513), ("h100-pcie", "fp8", 3026),
    ("h200-nvl", "bf16", 1671), ("h200-nvl", "fp8", 3341), ("b300", "bf16", 4500),
    ("b300", "fp8", 9000), ("gb10", "fp4", 1000), ("rtx-a6000", "bf16", 309.6),
    ("rtx-a4000", "bf16", 153.4), ("rtx-6000-ada", "fp8", 1457), ("rtx-5090", "fp4", 3352),
    ("r9700", "fp16", 383), ("r9700", "fp8", 766), ("r9700", "int8", 766),
]  # fmt: skip


@pytest.mark.parametrize(("part", "precision", "printed"), SPARSE)
def test_a_rate_is_half_of_what_is_printed_with_sparsity(part, precision, printed):
    assert 2 * hardware[part].peak_flops[precision] == pytest.approx(printed * 1e12, rel=0.003)


# NVIDIA's page that compares them: cores, boost clock in GHz, bits of the bus, and the AI TOPS that
# it prints since the 40 series; the Gbit/s of a pin are of the memory.
GEFORCE = {
    "rtx-3060": (3584, 1.78, 192, 15, None), "rtx-3070": (5888, 1.73, 256, 14, None),
    "rtx-3080": (8704, 1.71, 320, 19, None), "rtx-3080-ti": (10240, 1.67, 384, 19, None),
    "rtx-3090": (10496, 1.70, 384, 19.5, None), "rtx-4070": (5888, 2.48, 192, 21, 466),
    "rtx-4070-ti": (7680, 2.61, 192, 21, 641), "rtx-4070-ti-super": (8448, 2.61, 256, 21, 706),
    "rtx-4080": (9728, 2.51, 256, 22.4, 780), "rtx-4090": (16384, 2.52, 384, 21, 1321),
    "rtx-5090": (21760, 2.41, 512, 28, 3352),
}  # fmt: skip


def test_every_geforce_card_is_counted():
    titles = {name for name, part in hardware.items() if "GeForce" in part.title}
    assert set(GEFORCE) == titles - {"rtx-2080-ti"}  # its paper prints all


@pytest.mark.parametrize("name", GEFORCE)
def test_a_geforce_card_by_its_cores_and_its_bus(name):
    cores, clock, bits, rate, tops = GEFORCE[name]
    part = hardware[name]
    # Four FLOPs a core and cycle, the clock printed to three digits.
    assert part.peak_flops["bf16"] == pytest.approx(4 * cores * clock * 1e9, rel=0.007)
    assert part.memory_bandwidth == pytest.approx(bits / 8 * rate * 1e9, rel=1e-12)
    if tops:  # with sparsity, in the narrowest format, accumulated in 16 bits
        narrow = part.peak_flops.get("fp4", part.peak_flops["int8"])
        assert 2 * narrow == pytest.approx(tops * 1e12, rel=0.001)
        assert part.peak_flops["bf16"] == pytest.approx(part.peak_flops["fp8"] / 2, rel=0.001)


# What is printed for both directions of all links of a chip, in GB/s.
BOTH_WAYS = {
    "v100-sxm2-32gb": 300, "a100-sxm-80gb": 600, "a800": 400, "h100-sxm": 900, "h800": 400,
    "h200-nvl": 900, "b200": 1800, "b300": 1800, "a40": 112.5, "rtx-3090": 112.5,
    "mi300x": 7 * 128, "tpu-v5e": 400, "tpu-v5p": 1200, "gaudi-3": 1200,
}  # fmt: skip


@pytest.mark.parametrize(("name", "printed"), BOTH_WAYS.items())
def test_a_link_is_one_way(name, printed):
    assert 2 * hardware[name].link_bandwidth == printed * 1e9
    for precision in hardware[name].peak_flops:
        assert hardware[name].at(precision)["link_bandwidth"] == hardware[name].link_bandwidth


def test_a_device_without_a_known_link_binds_none():
    assert "link_bandwidth" not in hardware["groq-lpu"].at("int8")


@every("part", hardware.values())
def test_hardware_row(part):
    assert part.memory in ("HBM", "GDDR", "LPDDR", "SRAM")
    assert 2015 <= part.year <= 2027
    assert part.tdp is None or 0 < part.tdp < 5000
    assert 1e8 < part.memory_capacity < 1e12
    assert 6e10 < part.memory_bandwidth < 1e14
    assert part.link_bandwidth is None or 2e10 < part.link_bandwidth < part.memory_bandwidth
    assert part.peak_flops
    assert set(part.peak_flops) <= set(ELEMENT_BYTES)
    assert all(2e12 < rate < 1e17 for rate in part.peak_flops.values())
    # A slip of a thousand in one of the two leaves this range, whose lower end is memory on a chip.
    least = 2 if part.memory == "SRAM" else 19
    assert all(least < part.at(precision)["hoi"] < 2000 for precision in part.peak_flops)
    # A narrower floating-point format is never slower; a sparse rate taken for a dense one would
    # be four times the next wider format instead of about twice. Announced parts may surprise, and
    # consumer parts halve the rate of the wider formats when they accumulate in 32 bits.
    # AWS prints MXFP8 at 3.75 times bf16, both dense.
    odd = part.announced or "accumulation" in part.note or part.name == "trainium3"
    widths = {name: rate for name, rate in part.peak_flops.items() if name != "int8"}
    ordered = [widths[n] for n in sorted(widths, key=ELEMENT_BYTES.__getitem__, reverse=True)]
    for wide, narrow in pairwise(ordered):
        assert 1 <= narrow / wide < (5 if odd else 3.5)


@pytest.mark.parametrize("law", [*laws.values()], ids=laws)
def test_loss_law(law):
    assert set(law.bindings) == set(LAW)
    assert 1 < law.loss_floor < 2.5
    assert 0.2 < law.param_exponent < 0.5
    assert 0.2 < law.data_exponent < 0.5


# Hoffmann et al. 2022, equation 10; its TeX source by way of Besiroglu et al. 2024, whose own fit
# follows; Sardana et al. 2024, appendix A, footnote 2.
LAWS = {
    "hoffmann": (1.69, 406.4, 410.7, 0.34, 0.28),
    "hoffmann-unrounded": (1.6934, 406.401, 410.7228, 0.33917084, 0.2849083),
    "besiroglu": (1.8172, 482.01, 2085.43, 0.3478, 0.3658),
    "sardana": (1.69, 406.4, 410.7, 0.336, 0.283),
}
POWERS = {  # Kaplan et al. 2020, table 6, in PF-days; Llama 3 paper, section 3.2.1
    "kaplan-params": (1.3e9, 0.73, 8.64e19),
    "kaplan-tokens": (2e10, 0.27, 8.64e19),
    "llama-3-tokens": (0.29, 0.53, 1),
    "llama-3-tokens-legend": (0.299, 0.537, 1),
}


# Muennighoff et al., README of their repository; Kumar et al., table 2; Gadre et al., their code,
# run with their data.
WIDER = {
    "muennighoff": (1.869, 521, 1488, 0.3526596, 0.3526596),
    **dict.fromkeys(
        ("kumar-weights", "kumar-activations", "kumar-cache"), (2.7648, 4299, 18060, 0.4965, 0.4965)
    ),
    "gadre-c4": (1.508, 113.7, 152.5, 0.2425, 0.2425),
    "gadre-redpajama": (1.837, 166.2, 287.2, 0.2728, 0.2728),
    "gadre-refinedweb": (1.734, 125.1, 196, 0.2544, 0.2544),
    "krajewski-dense": (0.47, 16.3, 26.7, 0.126, 0.127),
    "krajewski-experts": (
        0.47,
        pytest.approx((18.1 + 2.1 / 16**0.58) / 43**0.115, rel=1e-4),
        30.8,
        0.115,
        0.147,
    ),
}


def test_constants_of_the_laws():
    assert {name: tuple(law.bindings[s] for s in LAW) for name, law in laws.items()} == LAWS
    wider = {name: tuple(law.bindings[s] for s in LAW) for name, law in wider_laws.items()}
    assert wider == WIDER
    powers = {
        name: tuple(law.bindings[s] for s in PowerLaw.constants())
        for name, law in power_laws.items()
    }
    assert powers == POWERS


@pytest.mark.parametrize("approach", ["hoffmann-approach-1", "hoffmann-approach-2"])
def test_tabulated_optima_are_on_their_budgets(approach):
    # C = 6 N D within the rounding of the printed rows (two digits in most).
    for row in load("law_fits")[approach]["rows"]:
        spent = 6 * row["n_params"] * row["train_tokens"]
        assert spent == pytest.approx(row["train_flops"], rel=0.06)


def test_training_runs_are_near_6nd():
    # Attention, recomputation and rounding: no published count is further than a third from the
    # rule; a slip of a factor of two or ten would be.
    for name, run in load("training_runs").items():
        spent = 6 * run["n_params"] * run["train_tokens"]
        assert run["train_flops"] == pytest.approx(spent, rel=1 / 3), name


@every("row", load("utilization")["row"])
def test_utilization_is_a_fraction_and_follows_from_its_inputs(row):
    assert 0 < row["utilization"] < 1
    if row.get("derived"):
        inputs = row["inputs"]
        computed = inputs["tokens_per_second"] * (1 - inputs.get("cached_fraction", 0))
        flops = computed * 2 * inputs["n_params_active"]
        share = flops / (inputs["n_device"] * inputs["peak_flops"])
        assert row["utilization"] == pytest.approx(share, abs=0.0005)
    if row["phase"] == "benchmark":  # printed rates are whole TFLOP/s
        inputs, half = row["inputs"], 0.5e12
        share = inputs["achieved_flops"] / inputs["peak_flops"]
        assert row["utilization"] == pytest.approx(share, abs=half / inputs["peak_flops"])


@every(
    "row", load("utilization")["row"] + load("training_hours")["row"] + load("measurements")["row"]
)
def test_a_share_says_of_which_chip_and_format_it_is(row):
    chip = row.get("chip", row["hardware"])
    if chip == "unnamed":  # by its source; then it is of no use beside another peak
        assert row["precision"] == "unnamed"
    else:
        for field in ("precision", "attention_precision"):
            assert row.get(field, row["precision"]) in hardware[chip].peak_flops
    # Where the free text names the format of the peak, the field agrees with it.
    for words, precision in ((", FP8", "fp8"), (", bf16", "bf16"), ("of dense bf16", "bf16")):
        if words in f"{row.get('title')} {row.get('note')}" and row.get("phase") != "decode":
            assert row["precision"] == precision


def test_the_post():
    assert post.bindings == dict(batch=128, context=8192, kv_bytes=1, weight_bytes=1, hoi=600)
    rounded = {name: post.model(name)["n_params"] for name in load("post")["n_params"]}
    assert rounded == {"llama-3-8b": 8e9, "llama-3-70b": 70e9, "llama-3-405b": 405e9}
    for name, value in rounded.items():
        assert value == pytest.approx(models[name].n_params, rel=0.01)
        assert post.model(name) == {**models[name].bindings, "n_params": value}
    assert repr(post).startswith("<the post's setting: batch=128, context=8192")


@pytest.mark.parametrize(
    ("look", "message"),
    [
        (lambda: models["llama-3-7b"], "unknown model 'llama-3-7b'; did you mean 'llama-3-70b'?"),
        (lambda: models["Llama-3-8B"], "unknown model 'Llama-3-8B'; did you mean 'llama-3-8b'?"),
        (lambda: hardware["h100"], "unknown device 'h100'; did you mean 'h100-pcie' or 'h1"),
        (lambda: laws["chinchilla"], "unknown scaling law 'chinchilla'; known: besiroglu, hof"),
        (lambda: laws["hofman"], "unknown scaling law 'hofman'; did you mean 'hoffmann'?"),
        (lambda: hardware["h100-sxm"].at("fp16"), "unknown precision of NVIDIA H100 SXM 'fp16'; "),
        (lambda: post.model("llama-2-7b"), "unknown model of the post 'llama-2-7b'; did you mean"),
        (lambda: models[3], "unknown model 3; known: "),
    ],
)
def test_unknown_name_suggests_the_nearest(look, message):
    with pytest.raises(InputError) as caught:
        look()
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_names_without_a_word_are_near_to_nothing():
    assert nearest("llama", ["--", "...", "llama-x"]) == ["llama-x"]
    assert nearest("?", ["--", "llama-x"]) == nearest("", ["a"]) == []


def test_a_catalog_is_a_mapping():
    assert "llama-3-8b" in models
    assert "nope" not in models
    assert models.get("nope") is None
    assert models.get("nope", 3) == 3
    assert models.get("llama-3-8b") is models["llama-3-8b"]
    assert len(models) == len(list(models)) == len(load("models"))
    assert repr(models).startswith(f"<{len(models)} models: llama-2-7b, ")


SIZES = dict(
    n_layer=32, d_model=4096, n_ff_matrix=3, d_ff=14336, n_head=32, n_kv_head=8, d_head=128,
    vocab_size=128256, tied_embeddings=0,
)  # fmt: skip
ROW = dict(title="Mine", source="here", checked="2026-11-22", year=2026)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (dict(n_kv_head=5), "n_kv_head = 5 does not divide n_head = 32"),
        (dict(n_layer=0), "n_layer = 0 is out of range"),
        (dict(d_ff=1.5), "d_ff = 1.5 is out of range"),
        (dict(vocab_size="128256"), "vocab_size = '128256' is not a number"),
        (dict(n_ff_matrix=4), "n_ff_matrix = 4 is out of range"),
        (dict(tied_embeddings=2), "tied_embeddings = 2 is out of range"),
        (dict(n_heads=3), "unknown key 'n_heads'; did you mean 'n_head'"),
        (dict(n_active_params=9), "unknown key 'n_active_params'"),
    ],
)
def test_a_model_checks_its_sizes(wrong, message):
    assert Model.of("mine", {**ROW, **SIZES}).n_params == 8_030_261_248
    with pytest.raises(InputError, match=re.escape(message)):
        Model.of("mine", {**ROW, **SIZES, **wrong})


# A model told by its blocks, and what is wrong with them.
BLOCKS = dict(d_model=64, n_layer=2, blocks=[
    dict(family="grouped", count=2, n_head=8, n_kv_head=2, d_head=8, window=4),
    dict(family="dense", d_ff=100), dict(family="experts", n_expert=4, n_active_expert=2,
    d_expert=10), dict(family="embedding", vocab_size=50)])  # fmt: skip


@pytest.mark.parametrize(("at", "wrong", "message"), [
    (0, dict(family="ungrouped"), "unknown family of blocks[0] 'ungrouped'; did you mean"),
    (0, dict(heads=3), "unknown size of grouped 'heads'; did you mean 'd_head' or 'n_head'"),
    (0, dict(n_kv_head=3), "n_kv_head = 3 does not divide n_head = 8"),
    (0, dict(count=0), "n_layer = 0 is out of range"),
    (0, dict(window=0), "window = 0 is out of range"),
    (2, dict(n_active_expert=5), "n_active_expert = 5 is more than n_expert = 4"),
    (3, dict(vocab_size=None), "embedding also needs vocab_size"),
])  # fmt: skip
def test_a_row_of_blocks(at, wrong, message):
    model = Model.of("mine", BLOCKS)
    attention, network, experts = 2 * (2 * 8 + 2 * 2) * 8 * 64, 3 * 64 * 100, 4 * 3 * 64 * 10
    norms = (2 + 1 + 1 + 1) * 64
    assert model.n_params == attention + network + experts + 4 * 64 + 2 * 50 * 64 + norms
    block = {**BLOCKS["blocks"][at], **wrong}
    blocks = [*BLOCKS["blocks"]]
    blocks[at] = {name: value for name, value in block.items() if value is not None}
    with pytest.raises(InputError, match=re.escape(message)):
        Model.of("mine", {**BLOCKS, "blocks": blocks})


# What is usually as another size goes along with it, unless it is given itself.
@pytest.mark.parametrize(("changes", "sizes"), [
    (dict(d_head=64), dict(d_head=64)),
    (dict(d_model=2048, d_ff=100), dict(d_model=2048, d_ff=100)),
    (dict(n_layer=7, n_kv_head=32), dict(n_layer=7, n_kv_head=32)),
    (dict(d_head=64, d_value=64), dict(d_head=64)),
    (dict(d_value=128, d_head=64), None),
])  # fmt: skip
def test_sizes_that_are_as_others_go_along(changes, sizes):
    found = models["llama-3-8b"].but(**changes)
    if sizes is None:
        assert (found.d_head, found.d_value, found.is_plain) == (64, 128, False)
    else:
        assert found.shape == {**models["llama-3-8b"].shape, **sizes}
    assert found.n_params == Walk(found).stored


MINE = dict(memory_bandwidth=4e12, memory_capacity=96e9, peak_flops={"bf16": 4e14, "fp8": 1e15})
# A row that is wrong, and what is said of it: the row, the key, what is allowed.
BAD_DEVICES = [
    (
        dict(memory_bandwith=4e12),
        "mine: unknown key 'memory_bandwith'; did you mean 'memory_bandwi",
    ),
    (dict(bindings={}), "mine: unknown key 'bindings'; known: "),
    (
        dict(memory_capacity=None),
        "mine: the row also needs memory_capacity (memory of one chip, by",
    ),
    (
        dict(peak_flops=1e15),
        "mine: peak_flops = 1000000000000000.0 is not a table of numbers by na",
    ),
    (dict(peak_flops={}), "mine: peak_flops = {} has no rate"),
    (dict(peak_flops={"fp8": "1e15"}), "mine: peak_flops.fp8 = '1e15' is not a number: peak rate"),
    (
        dict(peak_flops={"fp8": 1000}),
        "mine: peak_flops.fp8 = 1000 is out of range: peak rate of dens",
    ),
    (
        dict(memory_bandwidth=3.35),
        "mine: memory_bandwidth = 3.35 is out of range: peak bandwidth of ",
    ),
    (dict(memory_capacity=80), "of one chip, at least 1e+06 byte; tera is 1e12"),
    (dict(link_bandwidth=450), "mine: link_bandwidth = 450 is out of range: bandwidth with which "),
    (dict(link_bandwidth="450e9"), "mine: link_bandwidth = '450e9' is not a number"),
    (dict(tdp=-700), "mine: tdp = -700 is out of range: power of one chip, above 0 and at most"),
    (dict(tdp=float("nan")), "mine: tdp = nan is out of range: power of one chip"),
    (dict(export="yes"), "mine: export = 'yes' is not true or false"),
    (
        dict(memory_capacity=float("nan")),
        "mine: memory_capacity = nan is out of range: memory of one",
    ),
    (dict(year="2026"), "mine: year = '2026' is not a whole number"),
    (dict(year=True), "mine: year = True is not a whole number"),
    (dict(announced="no"), "mine: announced = 'no' is not true or false"),
    (dict(tdp="hot"), "mine: tdp = 'hot' is not a number"),
    (dict(title=3), "mine: title = 3 is not text"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD_DEVICES)
def test_a_wrong_row_says_which_key(wrong, message):
    row = {key: value for key, value in {**MINE, **wrong}.items() if value is not None}
    with pytest.raises(InputError) as caught:
        Hardware.of("mine", row)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


BAD_MODELS = [
    (dict(n_kv_heads=8), "mine: unknown key 'n_kv_heads'; did you mean 'n_kv_head'?"),
    (dict(shape={}), "mine: unknown key 'shape'"),
    (dict(config={}), "mine: the configuration lacks model_type"),
    (dict(d_ff=None), "mine: the row also needs d_ff (width inside the feed-forward network, e"),
    (dict(n_kv_head=5), "mine: n_kv_head = 5 does not divide n_head = 32"),
    (
        dict(stored={"weights": 1}),
        "mine: unknown part of mine 'weights'; did you mean 'weight_byte",
    ),
    (dict(train_tokens="15T"), "mine: train_tokens = '15T' is not a number"),
    (dict(published_params=8.0), "mine: published_params = 8.0 is not a whole number"),
]


@pytest.mark.parametrize(("wrong", "message"), BAD_MODELS)
def test_a_wrong_model_says_which_key(wrong, message):
    row = {key: value for key, value in {**SIZES, **wrong}.items() if value is not None}
    with pytest.raises(InputError) as caught:
        Model.of("mine", row)
    assert message in str(caught.value)


def test_a_law_is_constants_and_their_errors():
    assert set(laws["besiroglu"].errors) == set(LAW)
    row = laws["sardana"].bindings
    for wrong, message in (({"loss_flor": 1}, "did you mean 'loss_floor'?"),
                           ({"loss_floor": -1}, "loss_floor = -1 is out of range"),
                           ({"errors": {"loss_flor": 1}}, "did you mean 'loss_floor'?"),
                           ({"n_opt_exponent": 0.5}, "unknown key 'n_opt_exponent'")):  # fmt: skip
        with pytest.raises(InputError, match=re.escape(message)):
            Law.of("mine", {**row, **wrong})


CATALOGS = {"models": models, "hardware": hardware, "laws": laws, "power_laws": power_laws,
            "shape_laws": shape_laws,
            "wider_laws": wider_laws, "mixture_laws": mixture_laws}  # fmt: skip


@pytest.mark.parametrize("catalog", CATALOGS.values(), ids=CATALOGS)
def test_rows_hash_travel_and_complete(catalog):
    for row in catalog.values():
        assert pickle.loads(pickle.dumps(row)) == row
        assert {row: 1}[row] == 1
        binds = row.sizes if isinstance(row, Model) else getattr(row, "bindings", {})
        assert set(binds) <= set(dir(row))


def own():
    """Return a catalog of devices as the library has one, in which a test may register."""
    return Catalog("device", "hardware", Hardware)


def test_a_row_of_ones_own():
    catalog = own()
    made = catalog.register("mine", **MINE)
    assert made is catalog["mine"]
    assert (made.title, made.source, len(catalog)) == ("mine", "", len(hardware) + 1)
    assert made.at("fp8")["hoi"] == 250
    for name in ("mine", "h100-sxm"):
        with pytest.raises(InputError, match=f"there is a device '{name}' already; choose another"):
            catalog.register(name, **MINE)
    with pytest.raises(InputError, match="other: unknown key 'vendr'; did you mean 'vendor'"):
        catalog.register("other", **MINE, vendr="Us")
    assert "other" not in catalog
    shapes = Catalog("model", "models", Model)
    small = shapes.register("small", **models["llama-3-8b"].shape | {"n_layer": 16}, format="bf16")
    assert small.n_params == models["llama-3-8b"].n_params // 2 + (2 * 128256 + 1) * 4096 // 2


FILE = """
[mine]
memory_bandwidth = 4e12
memory_capacity = 96e9
peak_flops = { fp8 = 1e15 }
[h100-sxm]
memory_bandwidth = 3e12
memory_capacity = 64e9
[h100-sxm.peak_flops]
bf16 = 9e14
"""


def test_rows_of_a_file(tmp_path):
    path, catalog = tmp_path / "my.toml", own()
    path.write_text(FILE)
    rows = catalog.read(path)
    assert [*rows] == ["mine", "h100-sxm"]
    assert rows["mine"] == Hardware.of("mine", {**MINE, "peak_flops": {"fp8": 1e15}})
    assert "mine" not in catalog
    with pytest.raises(InputError, match="there is a device 'h100-sxm' already"):
        catalog.read(path, register=True)
    assert "mine" not in catalog  # all rows of a file or none
    path.write_text(FILE.replace("[h100-sxm", "[h100-cut"))
    catalog.read(str(path), register=True)
    assert catalog["mine"].memory_capacity == 96e9
    assert catalog["h100-cut"].at("bf16")["hoi"] == 300


@pytest.mark.parametrize(("text", "message"), [
    ("x = ", "is no TOML: Invalid value (at end of document)"),
    (b"\xff", "is no TOML: 'utf-8' codec"),
    ("memory_bandwidth = 3e12", "memory_bandwidth = 3000000000000.0 belongs to no row: a row b"),
    ("[mine]\nmemory_bandwith = 4e12", "mine: unknown key 'memory_bandwith'; did you mean 'mem"),
    (None, "No such file or directory"),
])  # fmt: skip
def test_a_wrong_file_is_one_line(tmp_path, text, message):
    path = tmp_path / "my.toml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError) as caught:
        hardware.read(path)
    assert message in str(caught.value)
    assert "my.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


# What another package's module says under ROWS, and what the catalog then answers.
@pytest.mark.parametrize(("rows", "answer"), [
    (f"ROWS = {{'mine': {MINE}}}", "250.0"),
    (f"ROWS = {{'h100-sxm': {MINE}}}",
     "entry point own_chips:ROWS of lifecost.hardware: there is a device 'h100-sxm' already; ch"),
    ("ROWS = {'mine': {'memory': 3}}", "entry point own_chips:ROWS of lifecost.hardware: mine: "),
    ("ROWS = 3", "entry point own_chips:ROWS of lifecost.hardware: 3 is no mapping from"),
    ("OTHER = 3", "entry point own_chips:ROWS of lifecost.hardware: module 'own_chips' has no a"),
], ids=["good", "taken", "wrong row", "no mapping", "missing"])  # fmt: skip
def test_another_package_adds_rows(tmp_path, rows, answer):
    (tmp_path / "own_chips.py").write_text(rows)
    info = tmp_path / "own_chips-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-chips\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lifecost.hardware]\nchips = own_chips:ROWS\n")
    ask = (
        "from lifecost import InputError, hardware\n"
        "try:\n    print(hardware['mine'].at('fp8')['hoi'])\n"
        "except InputError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
    )  # fmt: skip
    assert done.stdout.startswith(answer)


def test_units_of_the_base():
    assert dimension("byte/s") / dimension("FLOP/s") == 1 / dimension("FLOP/byte")


@pytest.mark.parametrize("row", load("prices")["row"], ids=lambda row: row["hardware"])
def test_a_price_is_of_a_device_a_day_and_terms(row):
    assert row["hardware"] in hardware
    assert 0.5 <= row["chip_hour_price"] <= 10  # dollars an hour; a whole machine costs more
    assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", row["date"])
    assert row["date"] <= row["checked"]
    assert row["terms"]
    assert ("reckon" in row["terms"]) == row.get("reckoned", False)
    assert row["source"]
