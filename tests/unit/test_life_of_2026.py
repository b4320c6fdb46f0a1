"""Growing answers, reinforcement learning, mixtures, and laws beyond size and tokens."""

import numpy as np
import pytest
import sympy

from lifebook.evidence import kv_family
from lifebook.life_checks import life_checks
from lifebook.mixtures import cheapest_mixture, law_of_experts, mixture_laws
from lifecost import (
    FORMULAS,
    InputError,
    compute_optimal_loss,
    laws,
    loss,
    matching_tokens,
    models,
    post,
    wider_laws,
)
from lifecost.optimum import optimum
from lifecost.workload import bill, read_trace

EIGHT = {**models["llama-3-8b"].bindings, **post.bindings}
JOINT = mixture_laws["ludziejewski"]
LIFE = dict(
    hoi=600, batch=256, weight_bytes=1, kv_bytes=1, context=8192, kv_scale=22, kv_exponent=0.35,
    routed_share=2 / 3, prefill_tokens=1e12, decode_tokens=1e13,
)  # fmt: skip


def at(name, *objects, **values):
    return FORMULAS[name](*objects, **values)


# ---- answers


def test_a_long_answer_reads_the_square_of_it():
    long, short = (
        at("answer_tokens_read", prompt_length=1000, answer_length=n) for n in (32_000, 1000)
    )
    assert round(long / short) == 363


@pytest.mark.parametrize("prompt", [1, 100, 5000])
@pytest.mark.parametrize("answer", [100, 3000, 30_000])
def test_the_closed_form_is_the_sum_over_all_tokens(prompt, answer):
    middles = prompt + np.arange(answer) + 1 / 2  # of each token's own stretch of context
    steps = at("decode_token_cost", EIGHT, context=middles)
    whole = at("growing_answer_cost", EIGHT, prompt_length=prompt, answer_length=answer)
    assert whole == pytest.approx(float(np.sum(steps)), rel=1e-5)


def test_the_closed_form_is_the_integral():
    first, last, even, load = sympy.symbols("first last even load", positive=True)
    x = sympy.Symbol("x", positive=True)
    integral = sympy.integrate(load * even, (x, first, even))  # a forward pass, up to break-even
    integral += sympy.integrate(load * x, (x, even, last))
    long = last - even
    form = load * even * (even - first) + load * long * (last - long / 2)
    assert sympy.expand(integral - form) == 0


# ---- requests


@pytest.mark.parametrize("name", ["llama-3-70b", "deepseek-v3", "qwen3-235b-a22b"])
@pytest.mark.parametrize(("prompt", "cached", "answer"), [(1000, 0, 500), (40_000, 36_000, 400)])
def test_a_life_by_its_requests_is_the_bill_of_a_trace(name, prompt, cached, answer):
    # Where each layer reads the whole context, the middle of an answer stands for all of it.
    trace = read_trace({"input": [prompt], "cached": [cached], "output": [answer]})
    setting = dict(hoi=600, batch=64, kv_bytes=1, weight_bytes=1)
    billed = bill(trace, models[name], setting)
    request = dict(setting, prompt_length=prompt, answer_length=answer,
                   cached_share=cached / prompt, decode_tokens=answer)  # fmt: skip
    parts = {"prefill": "life_prompt_flops", "cached": "life_cache_cost"}
    parts["decode"] = "life_answer_cost"
    for phase, formula in parts.items():
        found = at(formula, models[name], request)
        assert found == pytest.approx(getattr(billed, phase).flop_equivalents, rel=1e-9), phase
    service = at("life_service_cost", models[name], request)
    assert service == pytest.approx(billed.flop_equivalents, rel=1e-9)


# ---- reinforcement learning


def rl(**changes):
    return {**EIGHT, "train_tokens": 1e12, "rl_tokens": 1e11, "trained_share": 0.5,
            "rollout_context": 8192, "rollout_batch": 128} | changes  # fmt: skip


def test_no_reinforcement_learning_costs_nothing():
    assert at("rl_cost", rl(rl_tokens=0)) == 0
    assert at("affordable_rl_tokens", rl(rl_share=0)) == 0


def test_rollouts_are_decode_at_their_own_context_and_batch():
    setting = rl(rollout_context=3000, rollout_batch=64)
    step = at("decode_step_cost_weights", {**EIGHT, "context": 3000, "batch": 64})
    assert at("rollout_cost", setting) == pytest.approx(step / 64 * 1e11, rel=1e-14)
    found = at("affordable_rl_tokens", setting, rl_share=0.2)
    paid = at("rl_cost", setting, rl_tokens=found)
    assert paid == pytest.approx(0.2 * at("training_flops", setting), rel=1e-12)


def test_where_decoding_waits_for_arithmetic_it_is_two_to_eight_flops():
    free = rl(rollout_batch=10**8, kv_bytes=1 / 64, rollout_context=1)
    unit = EIGHT["n_params"] * 1e11
    for share, flops in ((1e-6, 2), (1, 8)):
        assert at("rl_cost", free, trained_share=share) == pytest.approx(flops * unit, rel=1e-5)


# ---- equal shares


def test_no_rule_of_halves():
    # At the optimum service over training is what the weighted terms of the loss leave over one.
    for served in (1e11, 1e13, 1e15):
        found = optimum(laws["sardana"], 70e9, served)
        law = laws["sardana"].bindings
        terms = [
            law[f"{kind}_exponent"] * law[f"{kind}_scale"] / size ** law[f"{kind}_exponent"]
            for kind, size in (("param", found.parameters), ("data", found.training_tokens))
        ]
        ratio = served / (3 * found.training_tokens)
        assert ratio == pytest.approx(terms[0] / terms[1] - 1, rel=1e-6)


# ---- mixtures


def test_a_mixture_of_one_expert_is_the_dense_model():
    forward = {**LIFE, "decode_tokens": 0, "prefill_tokens": 1e13}
    dense = optimum(law_of_experts(JOINT, 1), 70e9, 1e13)
    found = cheapest_mixture(JOINT, 70e9, forward, 1)
    assert found.held == found.parameters
    assert found.flops == pytest.approx(dense.flops, rel=1e-14)
    assert found.parameters == pytest.approx(dense.parameters, rel=1e-6)


@pytest.mark.parametrize("name", laws)
def test_under_a_law_without_experts_it_is_the_dense_chapter(name):
    flat = {"param_scale_power": 0, "param_exponent_slope": 0, "data_scale_power": 0,
            "data_exponent_slope": 0, "least_experts": 2, "most_experts": 300}  # fmt: skip
    law = {**laws[name].bindings, **flat}
    # One expert, and so many sequences that nobody waits for the weights.
    shared = {**LIFE, "batch": 10**9, "weight_bytes": 1 / 64}
    step = {k: LIFE[k] for k in ("hoi", "context", "kv_bytes", "kv_scale", "kv_exponent")}
    dense = optimum(law, 70e9, 1e12, {**step, "decode_tokens": 1e13})
    found = cheapest_mixture(law, 70e9, shared, 1)
    assert found.flops == pytest.approx(dense.flops, rel=1e-8)


def on_a_grid(quality_of, life, experts):
    """Return the cheapest size and its cost on a fine grid: an implementation of its own."""
    law = {k: float(v) for k, v in law_of_experts(JOINT, experts).items()}
    dense = law_of_experts(JOINT, 1)
    goal = loss(
        dense, n_params=quality_of, train_tokens=matching_tokens(dense, n_params=quality_of)
    )
    sizes = np.exp(np.linspace(np.log(quality_of / 1e4), np.log(quality_of * 2), 400_001))
    left = goal - law["loss_floor"] - law["param_scale"] / sizes ** law["param_exponent"]
    sizes, left = sizes[left > 0], left[left > 0]
    tokens = (law["data_scale"] / left) ** (1 / law["data_exponent"])
    share, batch = life["routed_share"], life["batch"]
    met = 1 - share + share * experts * (1 - (1 - 1 / experts) ** batch)
    cache = life["kv_bytes"] * life["context"] * life["kv_scale"] * sizes ** life["kv_exponent"]
    read = life["hoi"] * (life["weight_bytes"] * sizes * met / batch + cache)
    costs = 6 * sizes * tokens + 2 * sizes * life["prefill_tokens"]
    costs += life["decode_tokens"] * np.maximum(2 * sizes, read)
    return sizes[costs.argmin()], costs.min()


@pytest.mark.parametrize("experts", [1, 4, 32])
@pytest.mark.parametrize("batch", [32, 1024])
@pytest.mark.parametrize("demand", [1e10, 1e13])
def test_the_cheapest_mixture_against_a_fine_grid(experts, batch, demand):
    life = {**LIFE, "batch": batch, "decode_tokens": demand}
    found = cheapest_mixture(JOINT, 70e9, life, experts)
    size, cost = on_a_grid(70e9, life, experts)
    assert found.flops == pytest.approx(cost, rel=1e-7)
    assert found.flops <= cost * (1 + 1e-12)
    assert found.parameters == pytest.approx(size, rel=1e-3)
    goal = compute_optimal_loss(law_of_experts(JOINT, 1), n_params=70e9)
    reached = at("mixture_loss", JOINT, expert_ratio=experts, n_params=found.parameters,
                 train_tokens=found.training_tokens)  # fmt: skip
    assert reached == pytest.approx(goal, rel=1e-12)


def test_the_first_order_condition_of_a_mixture():
    # Decoding waits for memory here. What a share more of size costs in service against training is
    # what the weighted terms of the loss leave over one.
    life = {**LIFE, "batch": 64}
    for experts in (1, 8):
        found = cheapest_mixture(JOINT, 70e9, life, experts)
        own = law_of_experts(JOINT, experts)
        size, tokens = found.parameters, found.training_tokens
        terms = (
            own["param_exponent"] * own["param_scale"] / size ** own["param_exponent"],
            own["data_exponent"] * own["data_scale"] / tokens ** own["data_exponent"],
        )
        met = at("mixture_read_params", life, n_params=size, expert_ratio=experts)
        cache = at("family_kv_cost", life, n_params=size)
        grows = 2 * size * life["prefill_tokens"] + life["decode_tokens"] * (
            600 * met / 64 + life["kv_exponent"] * cache
        )
        assert terms[0] / terms[1] == pytest.approx(1 + grows / (6 * size * tokens), rel=1e-5)


def test_many_experts_pay_in_large_batches_only():
    experts = np.array([1, 2, 4, 8, 16, 32.0])
    best = [
        experts[cheapest_mixture(JOINT, 70e9, {**LIFE, "batch": batch}, experts).flops.argmin()]
        for batch in (32, 256, 4096)
    ]
    assert best == sorted(best)
    assert best[0] == 1
    assert best[-1] == 32


# Ludziejewski et al. 2025, table 4: scale and exponent of size, scale and exponent of data.
TABLE_4 = {
    1: (30.364, 0.1817, 53.984, 0.1965), 2: (27.798, 0.1780, 66.840, 0.2065),
    4: (24.846, 0.1731, 87.702, 0.2192), 8: (21.833, 0.1676, 119.91, 0.2338),
    16: (19.016, 0.1617, 167.51, 0.2494), 32: (16.542, 0.1557, 234.67, 0.2652),
}  # fmt: skip


@pytest.mark.parametrize("experts", TABLE_4)
def test_the_law_of_mixtures_as_printed(experts):
    own = law_of_experts(JOINT, experts)
    names = ("param_scale", "param_exponent", "data_scale", "data_exponent")
    to_three_digits = pytest.approx(TABLE_4[experts], rel=3e-3)
    assert [own[name] for name in names] == to_three_digits


# The same paper, table 1: a budget of 1e22 FLOPs, and the size that serves a token.
@pytest.mark.parametrize(("experts", "size", "tokens"), [
    (1, 18.8e9, 88.6e9), (8, 14.4e9, 115.8e9), (32, 12.2e9, 136.9e9),
])  # fmt: skip
def test_its_compute_optimal_mixtures(experts, size, tokens):
    own = law_of_experts(JOINT, experts)
    assert at("optimal_params", own, train_flops=1e22) == pytest.approx(size, rel=0.02)
    assert at("optimal_tokens", own, train_flops=1e22) == pytest.approx(tokens, rel=0.02)


@pytest.mark.parametrize(("change", "message"), [
    ({"batch": 0}, "batch = 0 is out of range"), ({"routed_share": 2}, "routed_share = 2 is out"),
])  # fmt: skip
def test_a_bad_life_of_a_mixture(change, message):
    with pytest.raises(InputError, match=message):
        cheapest_mixture(JOINT, 70e9, {**LIFE, **change}, 8)


def test_a_life_of_a_mixture_that_lacks_something():
    with pytest.raises(InputError, match=r"the life of a mixture also needs batch \("):
        cheapest_mixture(JOINT, 70e9, {k: v for k, v in LIFE.items() if k != "batch"}, 8)
    with pytest.raises(InputError, match=r"a law of mixtures also needs param_scale_power"):
        cheapest_mixture(laws["sardana"], 70e9, LIFE, 8)
    with pytest.raises(InputError, match=r"expert_ratio = 0\.5 is out of range"):
        cheapest_mixture(JOINT, 70e9, LIFE, 0.5)


# ---- laws beyond size and tokens


@pytest.mark.parametrize(
    ("epochs", "worth"), [(2, 0.98), (4, 0.93), (8, 0.83), (16, 0.66), (40, 0.38)]
)
def test_what_repeated_data_are_worth(epochs, worth):
    law = wider_laws["muennighoff"]
    found = at("worth_of_repeated_tokens", law, unique_tokens=1e10, train_tokens=epochs * 1e10)
    assert found / (epochs * 1e10) == pytest.approx(worth, abs=6e-3)
    new = at("worth_of_repeated_tokens", law, unique_tokens=1e10, train_tokens=5e9)
    assert new == 5e9


def test_the_best_precision_is_seven_bits():
    # Kumar et al., equation 7: 7 to 8 bits, whatever the budget, where training costs in proportion
    # to N D P, all parts have the same bits, and size and tokens are free. The exponents are equal,
    # so what the loss depends on is the share that counts, for the bits that it takes.
    bits = np.linspace(3, 16, 1301)
    counted = [
        at("precision_share", wider_laws[f"kumar-{part}"], element_bits=bits)
        for part in ("weights", "activations", "cache")
    ]
    assert bits[(np.prod(counted, axis=0) / bits).argmax()] == pytest.approx(7, abs=0.1)


def test_laws_take_the_tokens_and_parameters_that_count():
    law = wider_laws["muennighoff"]
    worth = at("worth_of_repeated_tokens", law, unique_tokens=1e11, train_tokens=4e11)
    assert loss(law, n_params=1e10, train_tokens=4e11) < loss(
        law, n_params=1e10, train_tokens=worth
    )


def test_the_family_is_that_of_the_dense_chapter():
    llamas = kv_family(models[f"llama-3-{size}"] for size in ("8b", "70b", "405b"))
    assert at("mixture_token_cost", {**LIFE, **llamas, "batch": 10**9, "weight_bytes": 1 / 64},
              n_params=7e10, expert_ratio=1) == pytest.approx(
        max(14e10, at("family_kv_cost", {**LIFE, **llamas}, n_params=7e10)), rel=1e-6)  # fmt: skip


# ---- what others published


def test_nothing_real_beats_a_bound():
    checks = life_checks().values()
    assert {check.kind for check in checks} == {"bound", "estimate"}
    assert all(check.published > check.ours for check in checks if check.kind == "bound")
    assert all(check.third for check in checks if "Epoch" in check.title)
