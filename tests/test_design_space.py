"""The space of designs: each recomputed by hand, the front by definition, the box by search."""

import time

import numpy as np
import pytest

from lifecost import InputError, laws, loss, models, post
from lifecost.catalog import load
from lifecost.design import designs

LAW = laws["besiroglu"]
LEVERS = load("levers")


def base(size="8b", **setting):
    return {**models[f"llama-3-{size}"].bindings, **post.bindings, **setting}


def search(model=None, **more):
    given = {"prompt_ratio": 1.5, "kv_exponent": 0.35, "sizes": 30, **more}
    return designs(model or base(), LAW, **given)


def by_hand(model, bill, prompts, level):
    """Return the factors of a design from its bill, in plain steps, sharing no formula."""
    size, depth = bill["parameters over the baseline's"], bill["layers over the baseline's"]
    window = next(r for r in LEVERS["window"] if r["title"] == bill["window"])
    met = 1 - window["share"] + window["share"] * min(1, window["window"] / model["context"])
    share = met * model["n_head"] / model["n_kv_head"] / bill["query heads to a key-value head"]
    share *= bill["bits of the cache"] / 8 * depth * size**0.35
    layers, width = model["n_layer"], model["d_model"]
    cache = 2 * layers * model["n_kv_head"] * model["d_head"] * model["context"]
    read = model["hoi"] * cache * model["kv_bytes"]
    work, attention, weights = 2 * model["n_params"], 0, 0
    if level == "full":
        heads = width * (2 * width + 2 * model["n_kv_head"] * model["d_head"])
        matrices = layers * (heads + 3 * width * model["d_ff"]) + width * model["vocab_size"]
        work, weights = 2 * matrices, model["hoi"] * matrices / model["batch"]
        attention = 4 * layers * width * model["context"]
    less = met * size ** (2 / 3) * depth**0.5 * attention
    guesses, chance = bill["guesses"], LEVERS["guesses"]["acceptance_rate"]
    memory = read * share + weights * size
    cost = max((work * size + less) * (guesses + 1), memory)
    cost += guesses * LEVERS["guesses"]["draft_cost_ratio"] * max(work * size + less, memory)
    cost /= sum(chance**k for k in range(guesses + 1))
    before = (work + attention / 2) * prompts + max(work + attention, read + weights)
    after = (work * size + less / 2) * prompts + cost
    return size * bill["training tokens over the baseline's"], before / after


@pytest.mark.parametrize("level", ["post", "full"])
@pytest.mark.parametrize("evidence", [True, False])
def test_each_design_is_what_its_bill_says(level, evidence):
    model = base(context=20_000)
    found = search(model, level=level, evidence=evidence)
    for place in np.random.default_rng(0).integers(0, len(found), 60):
        bill = found.bill(place)
        assert (bill["training factor"], bill["inference factor"]) == pytest.approx(
            by_hand(model, bill, 1.5, level), rel=1e-12
        )


def test_each_design_makes_good_what_its_levers_cost():
    model = base()
    found = search(model)
    goal = loss(LAW, model)
    gaps = {row["group"]: row["loss_gap"] for row in LEVERS["heads"]}
    seen = set()
    for place in np.random.default_rng(1).integers(0, len(found), 60):
        bill = found.bill(place)
        if bill["layers over the baseline's"] < 1:
            continue
        gap = gaps[bill["query heads to a key-value head"]] - gaps[4]
        gap += 0 if bill["window"] == "none" else 0.0061
        size = bill["parameters over the baseline's"] * model["n_params"]
        tokens = bill["training tokens over the baseline's"] * model["train_tokens"]
        reached = loss(LAW, n_params=size, train_tokens=tokens) + gap
        assert reached == pytest.approx(goal, rel=1e-9)
        seen.add(round(gap, 4))
    assert len(seen) > 2


def test_shallower_shapes_cost_what_kaplans_pair_allows_at_most():
    # From 48 to 6 layers at most 3 %, the same for each e-fold of width: half of them cost a third.
    found = search(base(), evidence=True)
    whole = {d: found.training_factor[(found.options["depth"] == i)] for i, d in
             enumerate((1.0, 0.75, 0.5))}  # fmt: skip
    assert whole[1.0].min() < whole[0.75].min() < whole[0.5].min()


def test_no_design_beats_the_front():
    found = search(sizes=15)
    front = found.front()
    points = np.array([found.training_factor, found.inference_factor]).T
    for place in range(0, len(found), 7):
        beats = (points[:, 0] <= points[place, 0]) & (points[:, 1] > points[place, 1])
        if not beats.any():
            same = (points[front] == points[place]).all(axis=1)
            cheaper = (points[:, 0] < points[place, 0]) & (points[:, 1] >= points[place, 1])
            assert same.any() or cheaper.any()
    assert (np.diff(found.training_factor[front]) >= 0).all()
    assert (np.diff(found.inference_factor[front]) > 0).all()


def test_the_box():
    found = search(prompt_ratio=0, sizes=300)
    place = found.within(1.5, 10)
    inside = (found.training_factor <= 1.5) & (found.inference_factor >= 10)
    assert found.inference_factor[place] == found.inference_factor[inside].max()
    assert found.within(1.5, 1e9) is None
    assert search(base("70b"), prompt_ratio=0, sizes=300).within(1.5, 10) is None


def test_a_model_of_its_size_gains_no_more_than_its_ratio():
    found = search(prompt_ratio=0, evidence=False, sizes=301)
    same = np.isclose(found.size, 1, atol=0.01)
    assert same.any()
    assert found.inference_factor[same].max() <= 19.98 * 1.02 / 0.99  # 600 S KV / 2N = 19.98


def test_without_penalties_more_is_possible():
    some, more = search(), search(evidence=False)
    assert more.inference_factor.max() > some.inference_factor.max()
    assert len(more) > len(some)


@pytest.mark.parametrize("level", ["post", "full"])
def test_a_million_designs_in_seconds(level):
    search(level=level)  # lowers the formulas
    start = time.process_time()
    assert len(search(sizes=5000, level=level)) > 1e6
    assert time.process_time() - start < 10


def test_progress_is_told():
    told = []

    def watch(steps, count):
        for step in steps:
            told.append(count)
            yield step

    quiet, watched = search(), search(progress=watch)
    assert told == [told[0]] * told[0]
    np.testing.assert_array_equal(quiet.training_factor, watched.training_factor)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"level": "weights"}, "unknown level 'weights'"),
        ({"sizes": 0}, "sizes = 0 is out of range"),
        ({"sizes": 2.5}, r"sizes = 2\.5 is out of range"),
        ({"prompt_ratio": -1}, "prefill_tokens = -1 is out of range"),
    ],
)
def test_what_is_wrong_is_said(more, message):
    with pytest.raises(InputError, match=message):
        search(**more)
