"""Shares of a peak: each is held to its own chip and format, and hours are counted at that."""

import re
from pathlib import Path

import pytest

from lifebook.data import load
from lifebook.evidence import rows, workload
from lifebook.measure.efficiency import (
    at_best,
    chip_hours,
    days_to_break_even,
    efficiencies,
    trained,
)
from lifecost import InputError, hardware, models, training_flops

BOOK = Path(__file__).parents[2] / "book"
PHASES = ("training", "prefill", "matmul", "decode")
LLAMA = models["llama-3-8b"]
KV = 2 * 32 * 8 * 128  # bytes that a token caches, at one byte
N, TOKENS, PACE = 8030261248, 15e12, 168e9
POSTS = {"context": 8192, "kv_bytes": 1, "tokens_per_day": PACE}
BF16, FP8 = at_best("h100-sxm", "bf16"), at_best("h100-sxm", "fp8")


def of(phase, title, precision):
    (found,) = (e for e in efficiencies(phase, "h100-sxm", precision) if e.title == title)
    return found


PUBLISHED = trained("llama-3-8b")
DAY = of("decode", "DeepSeek-V3/R1, a day of production", "fp8")
BEST = of("decode", "Llama 7B, 2048 in, 2048 out", "fp8")


@pytest.mark.parametrize("phase", PHASES)
def test_a_share_is_of_the_chip_and_the_format_that_were_asked_for(phase):
    told = [
        (row["title"], row["chip"], row["precision"]) for row in rows("utilization", phase=phase)
    ]
    told += [(row["title"], row["hardware"], row["precision"]) for row in rows("measurements")]
    told += [
        (f"{models[row['model']].title}, whole run", row["hardware"], row["precision"])
        for row in rows("training_hours")
    ]
    for chip in hardware:
        for precision in hardware[chip].peak_flops:
            found = efficiencies(phase, chip, precision)
            assert [e.share for e in found] == sorted(e.share for e in found)
            for each in found:
                assert (each.title, chip, precision) in told
                assert 0 < each.share < 1
                peak = hardware[chip].peak_flops[precision]
                assert each.rate == pytest.approx(each.share * peak, rel=1e-15)


def test_every_share_of_a_known_chip_is_found_once():
    for phase in PHASES:
        found = [
            each
            for chip in hardware
            for precision in hardware[chip].peak_flops
            for each in efficiencies(phase, chip, precision)
        ]
        if phase == "decode":
            wanted = len(rows("measurements", phase="decode"))
        else:
            wanted = sum(row["chip"] != "unnamed" for row in rows("utilization", phase=phase))
            wanted += len(rows("training_hours")) if phase == "training" else 0
        assert len(found) == wanted


@pytest.mark.parametrize("row", load("training_hours")["row"], ids=lambda row: row["model"])
def test_published_hours_are_a_share_of_the_peak_that_the_run_had(row):
    model = models[row["model"]]
    found = of("training", f"{model.title}, whole run", row["precision"])
    assert found == trained(row["model"])
    peak = hardware[row["hardware"]].peak_flops[row["precision"]]
    share = training_flops(model) / (row["chip_hours"] * 3600 * peak)
    assert found.share == pytest.approx(share, rel=1e-12)


def test_days_until_service_has_taken_the_hours_of_training():
    at_peaks = (6 * N * TOKENS / 989e12) / (PACE * KV * 8192 / 3.35e12)
    found = days_to_break_even(LLAMA, POSTS, training=BF16, decode=FP8)
    assert found == pytest.approx(at_peaks, rel=1e-12)
    assert found == pytest.approx(27.1, abs=0.05)
    a_day = PACE * KV * 8192 / 3.35e12 / 3600  # hours that decode takes at full bandwidth
    for decode, share in ((FP8, 1), (BEST, 1 / 1.297), (DAY, 1 / 4.405)):
        found = days_to_break_even(LLAMA, POSTS, training=PUBLISHED, decode=decode)
        assert found == pytest.approx(1.3e6 / (a_day / share), rel=1e-3)


def test_hours_of_a_life():
    served = {**workload("deepseek-day", 100 * PACE), "kv_bytes": 1}
    ours = chip_hours(LLAMA, served, training=PUBLISHED, prefill=FP8, decode=DAY)
    prefill = 2 * N * 100 * 266e9 / 1979e12 / 3600
    decode = 100 * PACE * KV * 4989 / 3.35e12 / 3600
    assert ours == pytest.approx(1.3e6 + prefill + 4.405 * decode, rel=1e-3)


def test_an_hour_is_counted_at_the_peak_of_its_own_format():
    # The same share of the slower format takes as much longer, whatever the format of the others.
    half = 1979 / 989
    alike = days_to_break_even(LLAMA, POSTS, training=FP8, decode=FP8)
    slower = days_to_break_even(LLAMA, POSTS, training=BF16, decode=FP8)
    assert slower == pytest.approx(half * alike, rel=1e-12)


def test_chapters_count_hours_by_efficiencies():
    # A bare share beside a peak of one's own choice is how formats get mixed.
    for page in [*BOOK.glob("*.ipynb"), *BOOK.glob("slides/*.md")]:
        # An explorer's own data say that both phases are at their peak; cells and prose may not.
        text = re.sub(r'^ *"<script type=.*$', "", page.read_text("utf-8"), flags=re.MULTILINE)
        share = r'\b(train_mfu|prefill_mfu|decode_efficiency)[\\"]*\s*[=:]'
        assert not re.search(share, text), page


def test_a_share_of_another_chip_is_refused():
    pope = efficiencies("prefill", "tpu-v4", "bf16")[-1]
    served = {**workload("deepseek-day", PACE), "kv_bytes": 1}
    with pytest.raises(InputError, match="efficiencies of different chips: h100-sxm, tpu-v4"):
        chip_hours(LLAMA, served, training=BF16, prefill=pope, decode=FP8)
    with pytest.raises(InputError, match="different chips"):
        days_to_break_even(LLAMA, POSTS, training=at_best("tpu-v4", "bf16"), decode=FP8)
    with pytest.raises(InputError, match="unknown device"):
        efficiencies("training", "h100", "bf16")
    with pytest.raises(InputError, match="unknown model with published hours 'llama-3-9b'; did"):
        trained("llama-3-9b")
    with pytest.raises(InputError, match="unknown precision"):
        at_best("a100-sxm-80gb", "fp8")
