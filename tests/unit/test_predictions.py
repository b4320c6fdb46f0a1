"""Bounds against times that others measured: a bound is never beaten."""

import pytest

from lifebook.evidence import rows
from lifebook.measure.published import runs, setting_of
from lifecost import decode_kv_time, decode_step_time, kv_cache_size, token_flops

MEASURED = runs("prefill", "decode")
# Measured time over the bound; and over the bound without weights, where there is one.
EXPECTED = {
    ("PaLM 540B, high throughput", "decode"): (2.95, 2.95),
    ("PaLM 540B, low latency", "decode"): (3.92, 7.16),
    ("PaLM 540B, high throughput", "prefill"): (1.32, None),
    ("PaLM 540B, low latency", "prefill"): (2.29, None),
    ("Llama 7B, 128 in, 128 out", "decode"): (2.89, 3.38),
    ("Llama 7B, 128 in, 2048 out", "decode"): (1.36, 1.63),
    ("Llama 7B, 2048 in, 128 out", "decode"): (2.35, 2.70),
    ("Llama 7B, 2048 in, 2048 out", "decode"): (1.30, 1.52),
    ("Llama 70B on two GPUs, 2048 in, 2048 out", "decode"): (3.88, 12.2),
    ("Llama 2 7B, one sequence, 1 GPU", "decode"): (1.47, 225),
    ("Llama 2 7B, one sequence, 2 GPUs", "decode"): (1.83, 280),
    ("Llama 2 7B, one sequence, 4 GPUs", "decode"): (2.43, 372),
    ("Llama 2 7B, one sequence, 8 GPUs", "decode"): (3.76, 575),
    ("Llama 2 70B, one sequence, 2 GPUs", "decode"): (1.39, 213),
    ("Llama 2 70B, one sequence, 4 GPUs", "decode"): (1.56, 239),
    ("Llama 2 70B, one sequence, 8 GPUs", "decode"): (1.90, 291),
    ("Llama 2 7B, one sequence, 8-bit weights", "decode"): (1.98, 152),
    ("DeepSeek-V3/R1, a day of production", "decode"): (4.40, 4.40),
}
# Pope et al. 2022, table 2: model FLOPs utilization of prefill. Attention is in neither estimate's
# 2N; it is in ours, 3 % here.
UTILIZATION = {"PaLM 540B, high throughput": 0.76, "PaLM 540B, low latency": 0.43}


@pytest.mark.parametrize("run", MEASURED, ids=lambda run: f"{run.phase}-{run.title}")
def test_no_bound_is_beaten(run):
    assert run.ratio > 1
    assert run.without_weights is None or run.without_weights <= run.bound


def test_by_how_much():
    found = {}
    for run in MEASURED:
        light = run.without_weights and run.measured / run.without_weights
        found[run.title, run.phase] = (run.ratio, light)
    assert set(found) == set(EXPECTED)
    for name, (ratio, light) in EXPECTED.items():
        assert found[name][0] == pytest.approx(ratio, rel=0.01), name
        assert found[name][1] == (light and pytest.approx(light, rel=0.01)), name


@pytest.mark.parametrize("run", runs("prefill"), ids=lambda run: run.title)
def test_utilization_of_prefill_is_the_published_one(run):
    assert 1 / run.ratio == pytest.approx(UTILIZATION[run.title], abs=0.01)


@pytest.mark.parametrize("run", runs("table"), ids=lambda run: run.title)
def test_the_scaling_books_table(run):
    # Within the roundings of its inputs: parameters 1.2 %, cache 0.2 %, bandwidth 0.1 %.
    assert run.ratio == pytest.approx(1, rel=0.012)


def test_attention_in_its_own_format():
    # DeepSeek-V3 by hand: absorbed latent attention of 128 heads over 576 and 512 elements in bf16,
    # every other matrix in FP8. Arithmetic sets the bound, with a cache of one byte or of two.
    (row,) = rows("measurements", source="deepseek2025inference")
    model, setting = setting_of(row)
    attention = 2 * 61 * 128 * (576 + 512) * 4989
    matrices = token_flops(model, setting) - attention
    least = matrices / (8 * 1979e12) + attention / (8 * 989e12)
    assert least == pytest.approx(15.3e-6, rel=0.005)
    for kv_bytes in (1, 2):
        step = decode_step_time(model, {**setting, "kv_bytes": kv_bytes})
        assert step / setting["batch"] == pytest.approx(least, rel=1e-6)
    # What one format for all would give, and what the two FLOPs a parameter alone give.
    alike = token_flops(model, setting) / (8 * 1979e12)
    assert 14800 * alike == pytest.approx(0.148, rel=0.01)
    by_size = 2 * 37e9 / (8 * 1979e12)
    assert 14800 * by_size == pytest.approx(0.069, rel=0.01)


def test_a_format_of_attention_changes_nothing_where_it_is_the_same():
    (row,) = rows("measurements", source="deepseek2025inference")
    plain = {name: value for name, value in row.items() if name != "attention_precision"}
    same = setting_of({**row, "attention_precision": row["precision"]})[1]["peak_flops"]
    assert same == pytest.approx(setting_of(plain)[1]["peak_flops"], rel=1e-12)
    assert setting_of(row)[1]["peak_flops"] < same


def test_a_cache_of_16_bits_would_fit_neither_the_time_nor_the_memory():
    # The page's build line says FP8; two subtractions say the same.
    title = "Llama 7B, 2048 in, 2048 out"
    (run,) = (r for r in MEASURED if r.title == title)
    model, setting = setting_of(rows("measurements", title=title)[0])
    assert run.measured < decode_kv_time(model, {**setting, "kv_bytes": 2})
    whole = kv_cache_size(model, {**setting, "kv_bytes": 2, "context": 4096})  # of whole answers
    assert whole == 48 * 4096 * 2 * 32 * 4096 * 2
    assert whole > setting["memory_capacity"]


def test_a_single_sequence_reads_the_bandwidth_that_its_source_reports():
    # gpt-fast prints 1397 GB/s for 104.9 tokens a second; it counts a little beside the weights.
    (run,) = (r for r in MEASURED if r.title == "Llama 2 7B, one sequence, 1 GPU")
    model, setting = setting_of(rows("measurements", title=run.title)[0])
    multiplied = model.n_params - model.vocab_size * model.d_model - 65 * model.d_model
    assert 2 * multiplied / run.measured == pytest.approx(1397.31e9, rel=0.01)
    assert run.bound == pytest.approx(2 * multiplied / setting["memory_bandwidth"], rel=1e-3)
