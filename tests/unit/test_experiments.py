"""The models that tried: counted anew in plain steps, verdicts by definition, sources named."""

import pytest

from lifebook.data import load
from lifebook.experiments import (
    CLAIMS,
    INFERENCE,
    MEASURES,
    TRAINING,
    VERDICTS,
    Experiment,
    experiment,
    experiments,
)
from lifecost import InputError, hardware
from lifecost.citations import bibliography
from lifecost.formulas.decode import decode_flops

ROWS = load("experiments")["row"]
BASE = next(row for row in ROWS if row["id"] == "deepseek-v3.2")


def test_as_many_models_as_the_chapter_promises_each_with_its_source():
    assert len({row["id"] for row in ROWS}) == len(ROWS) >= 10
    for row in ROWS:
        assert row["source"] in bibliography(), row["id"]
        assert all(row[name] for name in ("where", "checked", "note"))
        assert row.get("claim", {}).get("measure", MEASURES[0]) in MEASURES


def test_where_we_differ_the_row_says_why():
    for one in experiments():
        assert (one.agreement == "differs") == ("why" in one.row), one.title


def test_sparse_attention_by_hand():
    # DeepSeek-V3 reads a latent of 576 for each token and layer, of 61. V3.2 reads 2,048 of these,
    # and an index key of 128 for each token. Each latent meets 128 heads, in 576 + 512 elements.
    one, context = experiment("deepseek-v3.2"), 131072
    before = 2 * 61 * 576 * context  # 16 bits
    after = 61 * (576 * 2048 + 128 * context)  # 8 bits
    assert one.reads == pytest.approx(before / after)
    # Beside attention, which alone grows with the context, both do the same but for the indexer.
    near = one.at(False)
    longer = {**near, "context": 2 * context}
    grown = decode_flops(longer, batch=1) - decode_flops(near, batch=1)
    assert grown == pytest.approx(2 * 61 * 128 * 1088 * context)
    near = one.at(True)
    longer = {**near, "context": 2 * context}
    grown = decode_flops(longer, batch=1) - decode_flops(near, batch=1)
    assert grown == pytest.approx(2 * 61 * 64 * 128 * context)


@pytest.mark.parametrize("one", experiments(), ids=lambda one: one.row["id"])
def test_a_step_by_its_parts(one):
    for new in (False, True):
        at = one.at(new)
        part = hardware[one.row["device"]]
        assert at["memory_bandwidth"] == one.row["chips"] * part.memory_bandwidth
        assert at["batch"] >= 1
    assert min(one.cheaper(), one.arithmetic, one.reads) > 0
    assert one.agreement in CLAIMS
    assert one.verdict in VERDICTS


def row_of(**changed):
    return Experiment({**BASE, **changed})


@pytest.mark.parametrize(
    ("training", "hours", "factors", "verdict"),
    [
        (1.5, None, [10, 12], "holds"),
        (1.51, None, [10, 12], "fails"),
        (1.0, 2.0, [10, 12], "conditional"),
        (1.0, None, [9.99, 12], "conditional"),
        (1.0, None, [9.99, 2], "fails"),
        (None, None, [9.99, 12], "open"),
        (None, None, [9.99, 2], "fails"),
    ],
)
def test_the_verdict_follows_from_the_numbers(monkeypatch, training, hours, factors, verdict):
    found = dict(enumerate(factors))
    for name, value in {"training": training, "hours": hours, "factors": found}.items():
        monkeypatch.setattr(Experiment, name, value)
    assert row_of().verdict == verdict


@pytest.mark.parametrize(
    ("claim", "counted", "agreement"),
    [
        ({"factor": 10}, 9.1, "as claimed"),
        ({"factor": 10}, 12, "near"),
        ({"factor": 10, "at_least": True}, 12, "as claimed"),
        ({"factor": 10}, 6.8, "near"),
        ({"factor": 10}, 6.6, "differs"),
        (None, 6.6, ""),
    ],
)
def test_a_claim_is_held_to_our_number(monkeypatch, claim, counted, agreement):
    monkeypatch.setattr(Experiment, "counted", counted)
    row = {key: value for key, value in BASE.items() if key != "claim"}
    one = Experiment(row if claim is None else {**row, "claim": {"measure": "cost", **claim}})
    assert one.agreement == agreement


def test_training_counts_every_run():
    # The longer sequences of the added runs cost more a token than the tokens alone would say.
    one = experiment("deepseek-v3.2")
    tokens = (943.7e9 + 2.1e9) / 14.8e12
    assert 1 + tokens < one.training < 1 + 3 * tokens
    hours = experiment("deepseek-v2").hours
    assert hours == pytest.approx(172.8 * 8.1 / (300.6 * 2.0))


def test_the_corner_is_the_posts():
    assert (TRAINING, INFERENCE) == (1.5, 10)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(InputError, match="unknown experiment"):
        experiment("deepseek-v32")
