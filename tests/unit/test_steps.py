"""Thousands of published times: read strictly, and none of a sound run below its bound."""

import csv
import gzip
import io
from collections import Counter
from importlib import resources

import numpy as np
import pytest

from lifebook.data import load
from lifebook.measure.steps import COLUMNS, FILE, bounds, published_steps, read
from lifecost import InputError, hardware, models

TEXT = gzip.decompress(
    resources.files("lifebook").joinpath("data", f"{FILE}.csv.gz").read_bytes()
).decode()
HEAD, FIRST = TEXT.splitlines()[:2]
ABOUT = load(FILE)


def changed(**values):
    row = dict(zip(COLUMNS, next(csv.reader([FIRST])), strict=True)) | values
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(row.values())
    return f"{HEAD}\n{text.getvalue()}"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "nobody"}, "unknown source 'nobody'"),
        ({"model": "llama-2-77b"}, "unknown model 'llama-2-77b'; did you mean"),
        ({"device": "h100"}, "unknown device 'h100'"),
        ({"weights": "fp6"}, "unknown weights 'fp6'"),
        ({"measure": "tokens"}, "unknown measure 'tokens'"),
        ({"mode": "batched"}, "unknown mode 'batched'"),
        ({"fault": "slow"}, "unknown fault 'slow'"),
        ({"batch": ""}, "batch = '' is not a number"),
        ({"value": "nan"}, "value = nan is not a number above 0"),
        ({"value": "0"}, "value = 0 is not a number above 0"),
        ({"value": "1 s"}, "value = '1 s' is not a number"),
        ({"prompt": "inf"}, "prompt = inf is not a number above 0"),
        ({"tensor": "1.5"}, "tensor = 1.5 is not a whole number above 0"),
        ({"tensor": "64"}, "chips of which 64 share the work"),
    ],
)
def test_a_wrong_row_is_one_line_that_names_its_place(values, message):
    with pytest.raises(InputError, match=r"^line 2: ") as error:
        read(changed(**values))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_row_that_is_right_is_read():
    steps = read(changed(first_token="0.5"))
    assert len(steps) == 1
    assert steps["first_token"] == [0.5]


def test_a_short_row_and_other_columns_are_refused():
    with pytest.raises(InputError, match=r"line 3: 3 values where there are 19 columns"):
        read(f"{HEAD}\n{FIRST}\na,b,c")
    with pytest.raises(InputError, match="line 1"):
        read(FIRST)


def test_every_source_says_its_licence_and_how_many_of_its_rows_are_here():
    found = Counter(published_steps()["source"])
    assert found == {name: row["rows"] for name, row in ABOUT["source"].items()}
    for row in ABOUT["source"].values():
        assert row["licence"] in ("Apache-2.0", "BSD-3-Clause", "MIT")
        assert row["url"]
        assert row["checked"]
        assert all(count > 0 for count in row.get("left_out", {}).values())


def test_no_row_is_there_twice():
    # The same setting may be measured again; the same time to six digits is the same row.
    lines = TEXT.splitlines()[1:]
    measured = [line for line in lines if not line.startswith(("argonne", "megatron", "tensorrt"))]
    assert len(set(measured)) == len(measured)


def test_no_sound_row_beats_its_bound():
    steps = published_steps()
    found = steps.seconds / bounds(steps)
    assert np.isfinite(found).all()
    assert (found[steps["fault"] == ""] > 1).all()
    assert (found[steps["fault"] != ""] < 1).all()  # the named ones, and no others


def test_a_faulty_row_is_contradicted_by_another_run():
    # The same setting takes more than ten times as long in another row.
    steps = published_steps()
    faulty = steps.where(steps["fault"] != "")
    assert len(faulty) == 17
    for i in range(len(faulty)):
        alike = steps["fault"] == ""
        for name in ("model", "device", "chips", "batch", "prompt", "answer", "mode"):
            alike = alike & (steps[name] == faulty[name][i])
        assert steps["value"][alike].min() > 10 * faulty["value"][i]


def test_bounds_by_hand():
    # Llama 2 7B on one GH200, one sequence, 2,048 tokens read and as many written: 13.2 GB of
    # matrices and half a MB of cache a token.
    steps = published_steps()
    chosen = (steps["model"] == "llama-2-7b") & (steps["device"] == "gh200") & (steps["batch"] == 1)
    rows = steps.where(chosen & (steps["answer"] == 2048) & (steps["prompt"] == 2048))
    model, chip = models["llama-2-7b"], hardware["gh200"]
    matrices = model.n_params - model.vocab_size * model.d_model - 65 * model.d_model
    step = 2 * (matrices + 2 * 32 * 4096 * 3072) / chip.memory_bandwidth
    prompt = 2 * 2048 * (matrices + 32 * 4096 * 2048) / chip.peak_flops["bf16"]
    np.testing.assert_allclose(bounds(rows), 2047 * step + prompt, rtol=1e-3)


def test_training_stays_below_the_peak():
    steps = published_steps()
    training = steps.where(steps["mode"] == "training")
    share = bounds(training) / training.seconds
    assert len(training) == 300
    assert 0.04 < share.min() < share.max() < 0.65


def test_a_source_counts_attention_over_all_pairs_and_we_the_causal_half():
    # llm-foundry: MPT 7B, 65,536 tokens, 46.97 % of the peak of A100s, positions counted too.
    steps = published_steps()
    row = steps.where((steps["model"] == "mpt-7b") & (steps["value"] == 1013))
    chip, pairs = hardware["a100-sxm-80gb"], 32 * 2 * 4096 * 65536
    counted = 6 * (6_918_905_856 + pairs) * 1013 / chip.peak_flops["bf16"]
    assert counted == pytest.approx(0.4697, rel=1e-3)
    multiplied = 32 * 12 * 4096**2 + 50368 * 4096 + pairs / 2
    share = counted * multiplied / (6_918_905_856 + pairs)
    assert bounds(row) / row.seconds == pytest.approx(share, rel=1e-9)
