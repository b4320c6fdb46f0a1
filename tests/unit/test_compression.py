"""Compressing the cache: the penalties, against their definition and against what is printed."""

import math

import pytest

from lifebook.data import load
from lifebook.evidence import cache_penalties
from lifebook.ledger import ledger
from lifecost import (
    break_even_params_penalty,
    break_even_tokens_penalty,
    compressed_lifetime_cost,
    decode_step_cost,
    decode_step_cost_full,
    equal_loss_params,
    equal_loss_params_penalty,
    equal_loss_tokens,
    equal_loss_tokens_penalty,
    kv_bytes_read,
    kv_cache_size,
    kv_elements_per_token,
    laws,
    lifetime_cost,
    loss,
    models,
    parameters_saved,
    params_penalty,
    post,
    tokens_penalty,
)
from lifecost.blocks import grouped
from lifecost.stack import Stack, layers

BESIROGLU = laws["besiroglu"]
LIFE = {**post.model("llama-3-8b"), **post.bindings, "train_tokens": 15e12, "prefill_tokens": 3e12,
        "decode_tokens": 2e12}  # fmt: skip


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 1])
def test_at_the_break_even_penalty_a_life_costs_the_same(share):
    before = lifetime_cost(LIFE)
    lost = break_even_tokens_penalty(LIFE, kv_share=share)
    longer = {**LIFE, "train_tokens": 15e12 / (1 - lost)}
    assert compressed_lifetime_cost(longer, kv_share=share) == pytest.approx(before, rel=1e-12)
    lost = break_even_params_penalty(LIFE, kv_share=share)
    # A larger model, its cache in proportion: as many more layers.
    larger = {**LIFE, "n_params": 8e9 / (1 - lost)}
    larger["kv_bytes"] = LIFE["kv_bytes"] / (1 - lost)
    assert compressed_lifetime_cost(larger, kv_share=share) == pytest.approx(before, rel=1e-12)


def test_a_cache_that_no_longer_limits_is_worth_no_more():
    tiny = break_even_tokens_penalty(LIFE, kv_share=1e-3)
    assert tiny == break_even_tokens_penalty(LIFE, kv_share=0)
    assert tiny < 1
    assert break_even_tokens_penalty(LIFE, kv_share=1) == 0


# Facts read off the paper's table, in nats; and the first-order penalties in percent for them.
FIRST_ORDER = {"GQA-4": (0.0158, 12, 13), "GQA-2": (0.0277, 21, 22), "MQA": (0.0292, 22, 23),
               "MQA, head 64": (0.0490, 34, 35), "MQA, head 32": (0.0887, 52, 55),
               "MQA + CLA2": (0.0336, 24, 26), "MQA + CLA2, head 64": (0.0547, 37, 39),
               "GQA-4 + CLA2": (0.0248, 19, 20)}  # fmt: skip


def test_measured_penalties():
    found = {row["title"]: row for row in cache_penalties(BESIROGLU, LIFE)}
    assert len(found) == 15
    for title, (gap, params, tokens) in FIRST_ORDER.items():
        row = found[title]
        assert row["loss_gap"] == pytest.approx(gap, abs=0.0002)
        # 1 - exp(-first order) is above the exact share, by less than a tenth of it.
        assert 0.9 * params / 100 < row["params_penalty"] < (params + 0.5) / 100
        assert 0.9 * tokens / 100 < row["tokens_penalty"] < (tokens + 0.5) / 100
        at = dict(n_params=1.1e9, train_tokens=3e10)
        smaller = {**at, "n_params": 1.1e9 * (1 - row["params_penalty"])}
        fewer = {**at, "train_tokens": 3e10 * (1 - row["tokens_penalty"])}
        for worse in (smaller, fewer):
            assert loss(BESIROGLU, worse) - loss(BESIROGLU, at) == pytest.approx(
                row["loss_gap"], rel=1e-9
            )


WAYS = [
    (equal_loss_params_penalty, params_penalty, "n_params", equal_loss_params, "train_tokens"),
    (equal_loss_tokens_penalty, tokens_penalty, "train_tokens", equal_loss_tokens, "n_params"),
]


@pytest.mark.parametrize(("owed", "lost", "grown", "needed", "other"), WAYS, ids=("size", "data"))
def test_the_two_readings_of_a_loss(owed, lost, grown, needed, other):
    study = {"n_params": 1.1e9, "train_tokens": 3e10}
    for gap in (1e-3, 0.01, 0.05):
        share = owed(BESIROGLU, study, loss_gap=gap)
        # Grown so, a model that is worse by the gap is as good as the plain one.
        larger = {**study, grown: study[grown] / (1 - share)}
        assert loss(BESIROGLU, larger) + gap == pytest.approx(loss(BESIROGLU, study), rel=1e-12)
        goal = loss(BESIROGLU, study) - gap
        assert larger[grown] == pytest.approx(
            needed(BESIROGLU, {other: study[other]}, target_loss=goal), rel=1e-9
        )
        # It is the share that the grown model would lose; at one size it is above the share there.
        assert share == pytest.approx(lost(BESIROGLU, larger, loss_gap=gap), rel=1e-9)
        assert share > lost(BESIROGLU, study, loss_gap=gap)
        # In nats a gap is worth more the less is left to win.
        assert owed(BESIROGLU, {**study, grown: 10 * study[grown]}, loss_gap=gap) > share
    # For a small gap at the study's own size, both are the same.
    assert owed(BESIROGLU, study, loss_gap=1e-6) == pytest.approx(
        lost(BESIROGLU, study, loss_gap=1e-6), 1e-4
    )
    assert owed(BESIROGLU, study, loss_gap=1) == 1 > lost(BESIROGLU, study, loss_gap=1)


# By hand, with 482.01 / N^0.3478 and 2085.43 / D^0.3658 and the printed perplexities: how many
# times larger and longer the 8B model must be if nats carry over, trained on 15e12 tokens.
IN_NATS = {"GQA-4": (1.317, 6.71), "GQA-2": (1.652, 320), "MQA": (1.701, 1214),
           "MQA, head 64": (2.599, math.inf), "MQA, head 32": (7.868, math.inf)}  # fmt: skip


def test_what_a_loss_costs_the_posts_model_in_nats():
    found = {row["title"]: row for row in cache_penalties(BESIROGLU, LIFE)}
    for title, factors in IN_NATS.items():
        row = found[title]
        shares = row["equal_loss_params_penalty"], row["equal_loss_tokens_penalty"]
        times = tuple(1 / (1 - share) if share < 1 else math.inf for share in shares)
        assert times == pytest.approx(factors, rel=2e-3)


def test_missing_parameters_and_what_was_measured_without_them_make_up_the_gap():
    (mqa,) = (row for row in load("kv_penalties")["row"] if row["title"] == "MQA")
    missing = parameters_saved(mqa, d_model=2048)
    assert missing == 20 * 2 * 2048 * 15 * 128
    study = {"n_params": 1.1e9, "train_tokens": 3e10}
    by_size = loss(BESIROGLU, study, n_params=1.1e9 - missing) - loss(BESIROGLU, study)
    matched = math.log(30.2 / 29.9)  # Shazeer 2019, table 3
    assert by_size == pytest.approx(0.0190, abs=5e-5)
    assert by_size + matched == pytest.approx(math.log(13.54 / 13.15), abs=5e-4)


def test_the_ledgers_row_by_hand():
    (entry,) = (row for row in ledger("Agenda") if row.id == "kv-compression")
    training, token = 6 * 8e9 * 15e12, 600 * 2 * 32 * 32 * 128 * 8192
    may = 1 - (training + token / 32 * 1e12) / (training + token * 1e12)
    gap = math.log(13.54 / 13.15)
    share = 1 - (1 + gap * 1.1e9**0.3478 / 482.01) ** (-1 / 0.3478)
    nats = 1 - (1 - gap * 8e9**0.3478 / 482.01) ** (1 / 0.3478)
    assert entry.value == pytest.approx(may, rel=1e-9)
    # The bound of the row is the harsher reading, and both stand in its words.
    assert entry.row["above"] == pytest.approx(nats, abs=1e-4)
    assert share < nats < may
    for value in (may, share, nats):
        assert f"{100 * value:.0f} %" in entry.why
    tokens = (1 - gap * 15e12**0.3658 / 2085.43) ** (-1 / 0.3658)
    assert f"{tokens:,.0f}"[:3] in entry.why


# Read off the tables by hand: what each loses, in nats.
CAREFUL = {"MQA, parameters matched": 0.0100, "1B, rates tuned: MQA + CLA2": 0.0032,
           "1B, rates tuned: MQA, head 64": 0.0279, "3B: MQA + CLA2": -0.0191,
           "3B: MQA, head 64": -0.0042, "3B, Wikitext: MQA + CLA2, head 64": 0.0039,
           "3B, Wikitext: MQA, head 32": 0.0304}  # fmt: skip


def test_penalties_measured_with_more_care():
    found = {
        row["title"]: math.log(row["perplexity"] / row["baseline_perplexity"])
        for row in load("kv_penalties")["careful"]
    }
    assert found == {title: pytest.approx(gap, abs=5e-5) for title, gap in CAREFUL.items()}


@pytest.mark.parametrize("context", [512, 8192, 131072])
def test_at_the_full_level_the_break_even_is_no_smaller(context):
    # The chapter: weights are read by both, and drop out of what a smaller cache saves.
    model, setting = models["llama-3-8b"], {**post.bindings, "context": context}
    for heads in (1, 2, 4):
        saved = decode_step_cost_full(model, setting)
        saved -= decode_step_cost_full(model, setting, n_kv_head=heads)
        less = decode_step_cost(model, setting)
        less -= decode_step_cost(model, setting, n_kv_head=heads)
        assert saved > 0.999 * less


def test_the_printed_caches_are_those_of_the_shapes():
    for row in load("kv_penalties")["row"]:
        shape = {name: row[name] for name in ("n_layer", "n_kv_head", "d_head")}
        held = kv_elements_per_token(shape) * 2 / row["layers_per_cache"]
        assert held == row["held_bytes"]


def test_deepseeks_reduction_is_architecture_and_storage():
    row = load("cache_reductions")["deepseek-v2"]
    before, after = (
        kv_elements_per_token(m, {"context": 8192}) for m in (row["before"], models["deepseek-v2"])
    )
    assert (before, after) == (194_560, 34_560)
    assert round(1 - after / before, 3) == 0.822
    whole = 1 - after * row["after_bits"] / before / row["before_bits"]
    assert round(whole, 3) == row["printed"] == 0.933


def test_character_ais_factors():
    # Against eight heads in 16 bits, two layers a cache: at 8,192 tokens the window leaves 3.7.
    row = load("cache_reductions")["character-ai"]
    setting = dict(batch=1, context=8192)
    before = dict(n_layer=60, n_head=32, d_head=128, n_kv_head=8, kv_bytes=2, **setting)

    def of_theirs(count, **more):
        return layers(count, grouped(n_head=32, n_kv_head=1, d_head=128, **more))

    tied, near = dict(own_cache=0), dict(window=row["window"])
    model = Stack(4096, 60, of_theirs(25, **near), of_theirs(25, **near, **tied), of_theirs(5),
                  of_theirs(5, **tied))  # fmt: skip
    after = {"stack": model, "kv_bytes": 1, **setting}
    window = 8192 / (8192 / 6 + 1024 * 5 / 6)
    held = kv_cache_size(before) / kv_cache_size(after)
    assert held == pytest.approx(8 * 2 * 2 * window)
    assert held > row["printed"]
    read = kv_bytes_read(before) / kv_bytes_read(after)
    assert read == pytest.approx(held / 2)
    assert math.isclose(window, 3.69, abs_tol=0.01)
