"""How every formula answers to every one of its symbols, and what it tends to."""

import math

import numpy as np
import pytest
import sympy
from every import every
from settings import USUAL

from lifecost import FORMULAS, hardware, laws, models
from lifecost.algebra import Max, idle
from lifecost.formula import formula
from lifecost.stack import FAMILIES, Block
from lifecost.symbols import ANY, OPTIONAL, Symbols, symbol_of

# What a sign in `varies` says: the power with which a symbol enters, or never the other way.
POWERS = {"*": 1, "/": -1}
RISES, FALLS, TURN = "+", "-", "~"
MORE_CHIPS = [dict(tensor_parallel=1), dict(tensor_parallel=8, link_bandwidth=1e9)]
# A state weighs less than the cache of a long context, and more than that of a short one.
HEAVY = [dict(reach=1, state_size=1e4, context=1e6), dict(reach=1, state_size=1e8, context=10)]
# A draft of the model's own layers, where weights, cache or arithmetic is what it waits for.
SELF = [
    dict(), dict(context=30, kv_bytes=3), dict(context=300_000, n_layer=1),
    dict(context=20, hoi=100), dict(batch=1, hoi=10, n_head=256),
]  # fmt: skip
# For each formula that some symbol turns: settings, as changes of the usual one, among
# which it rises and falls with each such symbol.
TURNS = {
    "decode_memory_to_compute_ratio": [dict(), dict(batch=1, vocab_size=300_000)],
    "isoflop_loss": [dict(n_params=2e6), dict(n_params=1e13)],
    "matching_tokens": [dict(), dict(n_params=1000, data_scale=1)],
    "optimal_tokens_per_parameter": [dict(), dict(data_exponent=0.6)],
    "compute_overhead": [dict(param_exponent=0.6), dict(param_exponent=0.2)],
    "memory_bound_return": [dict(), dict(train_tokens=1e6)],
    "serial_slowdown": [dict(peak_flops=1e13), dict(peak_flops=2e14)],
    "relative_forward_cost": [dict(), dict(n_params=6e11), dict(n_params=1e9)],
    "relative_lifetime_cost": [
        dict(peer_params=3e10),
        dict(n_params=1e6, peer_params=5e6, context=3, data_exponent=0.2),
        dict(peer_params=1e8, param_exponent=0.2, param_scale=2000, data_exponent=0.2,
             data_scale=1000, kv_scale=90, hoi=10, prefill_tokens=4e7, decode_tokens=9e6),
    ],
    "mixture_loss": [
        dict(n_params=1e7), dict(param_scale=1, data_scale=36, train_tokens=1e8),
    ],
    "life_service_cost": [
        dict(), dict(prompt_length=100, answer_length=100_000), dict(hoi=1e6),
    ],
    "service_to_training_ratio": [
        dict(), dict(prompt_length=10, answer_length=10, batch=4096), dict(hoi=1e6),
        dict(prompt_length=100, answer_length=100_000),
        dict(prompt_length=500_000, answer_length=10),
    ],
    "walltime_speedup": [dict(), dict(acceptance_rate=0.1)],
    "speculative_speedup": [dict(), dict(hoi=4)],
    "speculative_speedup_full": [
        dict(), dict(hoi=60), dict(batch=6, hoi=100, n_head=256, vocab_size=400_000),
    ],
    "sparse_draft_speedup": SELF, "self_speculative_speedup": SELF,
    "speculative_lifetime_cost": [dict(), dict(hoi=1)],
    "split_token_cost": [dict(chip_ratio=0.01), dict(chip_ratio=1000)],
    "cost_optimal_kv_heads": [dict(), dict(context=1)],
    "free_interaction_full": [dict(hoi=2, d_model=200), dict(n_layer=1)],
    "design_token_cost": [dict(), dict(n_params=4e6)],
    "design_token_cost_full": [dict(), dict(kv_share=0.05)],
    "design_inference_factor": [
        dict(), dict(draft_length=1), dict(draft_length=12, acceptance_rate=0.1,
                                           draft_cost_ratio=0.5, hoi=1e4),
    ],
    "step_time": MORE_CHIPS, "prompt_work_time": MORE_CHIPS, "time_per_token": MORE_CHIPS,
    "time_to_first_token": MORE_CHIPS, "service_throughput": MORE_CHIPS, "user_rate": MORE_CHIPS,
    "speculated_step_time": [*MORE_CHIPS, dict(acceptance_rate=0.9), dict(draft_cost_ratio=0.9)],
    "width_factor": [dict(width_log=0.06), dict(width_inverse=0.004)],
    "ff_factor": [dict(), dict(ff_ratio=0.4)],
    "shape_factor": [dict(ff_ratio=0.3, width_inverse=0.01), dict(ff_log=0.01)],
    "shape_params": [
        dict(), dict(loss_ratio=0.9), dict(loss_ratio=0.9, n_params=1e6, param_exponent=0.2),
    ],
    "equal_size_factor": [dict(), dict(ff_ratio=0.7)],
    "equal_size_decode_cost": [
        dict(), dict(context=1), dict(context=1, batch=1, vocab_size=100, n_layer=200, n_body=1e5),
    ],
    "mix_bytes_read": HEAVY, "mix_bytes_held": HEAVY, "mix_read_time": HEAVY, "mix_saving": HEAVY,
}  # fmt: skip
SMALLEST = {
    "n_ff_matrix": 2,
    "tied_embeddings": 0,
    "aggregated": 0,
    "keeps_all": 0,
}  # of two values: the one below the other


def with_more(values, symbol):
    """Return settings, and the same with more of one symbol: doubled where it can be."""
    if symbol not in SMALLEST:
        return values, {**values, symbol: values[symbol] * 2}
    low = values[symbol] * 0 + SMALLEST[symbol]
    return {**values, symbol: low}, {**values, symbol: low + 1}


def random_settings(draw, name):
    formula = FORMULAS[name]
    names = sorted({*formula.varies, *formula.wide.symbols} - ({*OPTIONAL} - {*formula.varies}))
    return draw(names, 600)


def values_with_more(draw, name, symbol):
    """Return a formula's values in random settings, and with more of one symbol."""
    before, after = with_more(random_settings(draw, name), symbol)
    return FORMULAS[name](**before), FORMULAS[name](**after)


@every("formula", FORMULAS.values())
def test_no_symbol_is_missing(formula):
    assert {*formula.symbols} <= {*formula.varies} <= {*formula.symbols, *formula.wide.symbols}
    assert (TURN in formula.varies.values()) == (formula.name in TURNS)


@every(
    "name, symbol, sign",
    [(n, s, sign) for n, f in FORMULAS.items() for s, sign in f.varies.items() if sign != TURN],
)
def test_direction(draw, name, symbol, sign):
    low, high = values_with_more(draw, name, symbol)
    if sign in (RISES, FALLS):
        low, high = (low, high) if sign == RISES else (high, low)
        assert np.all(high >= low * (1 - 1e-12))
        assert np.any(high > low * (1 + 1e-6))
    else:
        power = POWERS.get(sign) or float(sign.removeprefix("^"))
        assert high == pytest.approx(low * 2.0**power, rel=1e-11)


@every(
    "name, symbol",
    [(n, s) for n in TURNS for s, sign in FORMULAS[n].varies.items() if sign == TURN],
)
def test_turn(name, symbol):
    formula = FORMULAS[name]
    found = []
    for change in TURNS[name]:
        values = {**USUAL, **change}
        before, after = with_more({name: values[name] for name in formula.varies}, symbol)
        found.append(formula(**after) / formula(**before))
    assert max(found) > 1 + 1e-6
    assert min(found) < 1 - 1e-6


MEMORY_OF_A_DESIGN = ("context", "d_head", "hoi", "kv_bytes", "n_kv_head", "n_layer", "n_params")


@pytest.mark.parametrize("symbol", MEMORY_OF_A_DESIGN)
def test_a_design_that_reads_less_gains_from_more_to_read(draw, symbol):
    # Where what it reads for guesses and drafts, a token, is more than the whole cache, it loses.
    at = random_settings(draw, "design_inference_factor")
    drafts = 1 + at["draft_length"] * at["draft_cost_ratio"]
    guesses = {name: at[name] for name in ("acceptance_rate", "draft_length")}
    reads_less = at["kv_share"] * drafts <= FORMULAS["expected_tokens"](**guesses)
    assert 0.5 < reads_less.mean() < 1
    low, high = values_with_more(draw, "design_inference_factor", symbol)
    if symbol == "n_params":  # the more there is to do, the less there is to save
        low, high = high, low
    assert np.all((high >= low * (1 - 1e-12))[reads_less])
    assert np.any((high > low * (1 + 1e-6))[reads_less])


def test_matching_tokens_fall_with_their_exponent_beyond_a_few_tokens(draw):
    # Their logarithm is log(c x) / x in the exponent x, which falls from c x = e.
    at = random_settings(draw, "matching_tokens")
    power = FORMULAS["matching_tokens"](**at) ** at["data_exponent"]  # c x
    low, high = values_with_more(draw, "matching_tokens", "data_exponent")
    assert np.all((high < low)[power >= math.e])
    few = {**at, "data_scale": at["data_scale"] / power}  # c x = 1
    more = {**few, "data_exponent": at["data_exponent"] * math.e}
    assert np.all(FORMULAS["matching_tokens"](**more) > FORMULAS["matching_tokens"](**few))


def test_more_feed_forward_is_cheaper_unless_normalizations_outweigh_the_vocabulary(draw):
    # At equal size the width falls. Tables and attention fall with it, and so do the gains that
    # count as parameters and are not multiplied, of which the rest then has more.
    at = random_settings(draw, "equal_size_decode_cost")
    entries = at["vocab_size"] > 2 * at["n_layer"] + 1
    assert 0.5 < entries.mean() < 1
    low, high = values_with_more(draw, "equal_size_decode_cost", "ff_ratio")
    assert np.all((high <= low * (1 + 1e-12))[entries])
    reading = {**at, "batch": at["batch"] * 0 + 1, "hoi": at["hoi"] * 0 + 1e6, "kv_bytes": 1 / 64}
    reading |= {"context": at["context"] * 0 + 1, "vocab_size": 2 * at["n_layer"]}
    more = {**reading, "ff_ratio": reading["ff_ratio"] * 2}
    cost = FORMULAS["equal_size_decode_cost"]
    assert np.all(cost(**more) > cost(**reading))


b, x, y, z = sympy.symbols("b x y z", positive=True)


@pytest.mark.parametrize(
    ("expr", "cancelled"),
    [
        (sympy.Max(b * x, b * y) / b, ["b"]),
        (sympy.Max(b * x, b * sympy.Min(y, z)) / b, ["b"]),
        (sympy.Max(0, 1 - b * x / (b * y + b * z)), ["b"]),
        ((b * x + b * y) / (z * x + z * y), ["x", "y"]),
        (sympy.log(b * x) - sympy.log(b) + y, ["b"]),
        (sympy.Piecewise((b * x / (b * y + b * z), x > y), (x, True)), ["b"]),
        (sympy.Piecewise((x, x > b), (sympy.oo, True)), []),
        (sympy.Max(x, y / 10**15), []),  # it matters in few places
        (sympy.Max(x, y) ** (z / x), []),
        ((b * x + b * y + z) / (x + y), []),
    ],
    ids=str,
)
def test_a_symbol_that_cancels_is_found(expr, cancelled):
    assert idle(expr) == cancelled


def test_a_formula_with_a_symbol_that_cancels_is_refused():
    def busy(s):
        """Share of a step that a sum over the batch hides."""
        return Max(s.batch * s.hoi, s.batch * s.intensity) / s.batch

    try:
        made = formula("x", "FLOP/byte")(busy)
        for call in (lambda: made(Symbols()), lambda: made(batch=1, hoi=1, intensity=2)):
            message = r"^busy does not depend on batch, which cancels: .* s\.but\(batch=1\)$"
            with pytest.raises(ValueError, match=message):
                call()
    finally:
        FORMULAS.pop("busy")


LLAMA = models["llama-3-405b"].bindings
POST = dict(batch=128, context=8192, kv_bytes=1, weight_bytes=1, hoi=600)
BESIROGLU = laws["besiroglu"].bindings


def at(name, **values):
    """Return a formula's value for the 405B model at the post's setting, except for some."""
    known = LLAMA | POST | BESIROGLU | values
    formula = FORMULAS[name]
    return formula(**{symbol: known[symbol] for symbol in formula.symbols})


# (a ratio, the symbol at which it balances, the formula that says where, the ratio there)
BALANCES = [
    ("kv_to_compute_ratio", "context", "break_even_context", 1),
    ("decode_utilization", "context", "break_even_context", 1),
    ("weights_to_compute_ratio", "batch", "weight_balancing_batch", 1),
    ("training_attention_share", "sequence_length", "equal_attention_sequence", 0.5),
]


@pytest.mark.parametrize(("ratio", "symbol", "where", "there"), BALANCES)
def test_balance(ratio, symbol, where, there):
    point = at(where)
    assert at(ratio, **{symbol: point}) == pytest.approx(there, rel=1e-12)
    assert at(ratio, **{symbol: point * 1.5}) != pytest.approx(there, rel=1e-3)


def test_batch_balances_below_the_break_even_context_and_never_beyond():
    edge = at("break_even_context")
    for context in (1, 1000, edge * 0.99):
        found = at("balancing_batch", context=context)
        ratio = at("memory_to_compute_ratio", context=context, batch=found)
        assert ratio == pytest.approx(1, rel=1e-10)
    assert at("balancing_batch", context=edge * 1.01) == math.inf
    # Without a cache only the weights are left to balance.
    tiny = at("balancing_batch", context=1, kv_bytes=1 / 64)
    assert tiny == pytest.approx(at("weight_balancing_batch"), rel=1e-4)


def test_group_that_balances_brings_the_load_to_the_compute():
    group = at("balancing_group_size")
    ungrouped = at("kv_to_compute_ratio", n_kv_head=LLAMA["n_head"])
    assert ungrouped / group == pytest.approx(1, rel=1e-12)


def test_decoding_the_break_even_tokens_costs_as_much_as_training():
    tokens = at("break_even_decode_tokens")
    assert at("decode_cost", decode_tokens=tokens) == pytest.approx(at("training_flops"), rel=1e-12)
    days = at("break_even_days", tokens_per_day=tokens / 30)
    assert days == pytest.approx(30, rel=1e-12)


@pytest.mark.parametrize("context", [100, 8192, 10**6])
@pytest.mark.parametrize("prompt_ratio", [0, 3, 50])
def test_a_day_is_the_sum_of_its_parts_and_outweighs_training_after_as_many(context, prompt_ratio):
    day = {"context": context, "tokens_per_day": 168e9, "prompt_ratio": prompt_ratio}
    decode = at("daily_decode_flops", **day) + at("daily_kv_wait", **day)
    assert at("daily_decode_cost", **day) == pytest.approx(decode, rel=1e-14)
    parts = decode + at("daily_prefill_flops", **day)
    assert at("daily_cost", **day) == pytest.approx(parts, rel=1e-14)
    days = at("break_even_days_with_prompts", **day)
    assert at("answers_cost", **day, service_days=days) == pytest.approx(at("training_flops"))
    # Decoding alone waits longest, and hours at one peak are FLOPs.
    assert (days == at("break_even_days", **day)) == (prompt_ratio == 0)
    best = {"train_mfu": 1, "prefill_mfu": 1, "decode_efficiency": 1, "peak_flops": 2e15}
    hours = [
        at("break_even_days_in_hours", **day, **best, train_peak_flops=p) for p in (2e15, 1e15)
    ]
    assert hours == pytest.approx([days, 2 * days], rel=1e-12)
    whole = at("training_chip_hours", **best, train_peak_flops=1e15)
    money = at("training_price", **best, train_peak_flops=1e15, chip_hour_price=3) / whole
    assert (
        money
        == pytest.approx(
            at("daily_price", **day, **best, chip_hour_price=3)
            / at("daily_chip_hours", **day, **best)
        )
        == pytest.approx(3)
    )


def test_life_is_the_sum_of_its_parts():
    life = at("lifetime_cost", prefill_tokens=2e12, decode_tokens=3e12)
    parts = (
        at("training_flops"),
        at("prefill_flops", prefill_tokens=2e12),
        at("decode_cost", decode_tokens=3e12),
    )
    assert life == pytest.approx(sum(parts), rel=1e-14)
    untouched = at("lifetime_cost", prefill_tokens=0, decode_tokens=0)
    assert untouched == at("training_flops")


def test_a_step_costs_what_is_dearer():
    for context in (100, 5000, 6000, 10**6):
        work, load = at("forward_flops"), at("kv_load_flop_equivalent", context=context)
        assert at("decode_step_cost", context=context) == max(work, load)
        assert at("decode_token_cost", context=context) == max(work, load) / POST["batch"]
        full = (
            at("decode_flops", context=context),
            at("decode_memory_flop_equivalent", context=context),
        )
        assert at("decode_step_cost_full", context=context) == max(full)
        ratio = at("decode_memory_to_compute_ratio", context=context)
        assert ratio == pytest.approx(full[1] / full[0], rel=1e-14)


def test_decode_ratio_tends_to_that_of_attention():
    # Weights drop out: an element of cache is loaded once and serves 2 n_head / n_kv_head FLOPs.
    ratio = at("decode_memory_to_compute_ratio", context=1e12)
    assert ratio == pytest.approx(600 * 8 / (2 * 128), rel=1e-4)


def test_shares_tend_to_zero_and_one():
    assert at("training_attention_share", sequence_length=1) < 1e-5
    assert at("training_attention_share", sequence_length=1e12) > 1 - 1e-5
    assert at("decode_utilization", context=1) == 1
    assert at("decode_utilization", context=1e12) < 1e-6


def test_no_grouping_saves_nothing():
    assert at("parameters_saved", n_kv_head=128) == 0
    assert at("kv_cache_reduction", n_kv_head=128) == 1
    grown = at("parameter_count", n_kv_head=128) - at("parameter_count")
    assert grown == at("parameters_saved")


def test_tying_removes_one_table():
    table = at("parameter_count") - at("parameter_count", tied_embeddings=1)
    assert table == LLAMA["vocab_size"] * LLAMA["d_model"]


def test_loss_tends_to_its_floor():
    far = at("loss", n_params=1e18, train_tokens=1e24)
    assert BESIROGLU["loss_floor"] < far < BESIROGLU["loss_floor"] + 1e-3
    small = at("isoflop_loss", n_params=1e6, train_flops=1e23)
    best = at("optimal_loss", train_flops=1e23)
    large = at("isoflop_loss", n_params=1e15, train_flops=1e23)
    assert best < min(small, large)


def test_overhead_is_one_at_the_optimum_and_more_beside_it():
    size = at("optimal_params", train_flops=1e24)
    overhead = [
        at("compute_overhead", n_params=size * factor, train_flops=1e24)
        for factor in np.geomspace(0.1, 10, 21).tolist()
    ]
    assert overhead[10] == pytest.approx(1, rel=1e-12)
    assert all(np.diff(overhead[:11]) < 0)
    assert all(np.diff(overhead[10:]) > 0)


def test_equal_exponents_make_a_constant_ratio():
    # Then N and D both grow as the square root of the budget: the rule of twenty to one.
    even = dict(param_exponent=0.35, data_exponent=0.35, param_scale=400, data_scale=1600)
    ratio = FORMULAS["optimal_tokens_per_parameter"](even, train_flops=[1e20, 1e26])
    assert ratio[0] == pytest.approx(ratio[1], rel=1e-10)
    assert ratio[0] == pytest.approx(4 ** (1 / 0.35), rel=1e-10)


def test_power_law_at_its_unit_is_its_scale():
    assert at(
        "power_law", power_law_scale=7, power_law_exponent=0.3, compute_unit=1e20, train_flops=1e20
    ) == pytest.approx(7, rel=1e-15)


@every("family", FAMILIES.values())
def test_rows_of_a_family(family):
    # Every row is of a known kind, none is there twice; only a state is written anew.
    block = Block(family.name, tuple((name, symbol_of(name)) for name in family.sizes))
    rows = block.rows(Symbols(ANY, optional=True))
    assert {row.operand for row in rows} <= {"weights", "cache", "state", "activations", "choices"}
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.written == 0 or row.operand == "state"
        if row.operand == "activations":
            assert row.stored == 0


def test_a_plain_decoder_keeps_one_copy_of_a_matrix_for_each_use():
    s = Symbols()
    assert (s.stored_params - s.active_params).expand() == 0
    assert (s.read_params - s.weight_macs).expand() == 0
    assert (s.stored_params - s.weight_macs).expand() != 0  # tables, and gains


def test_a_step_takes_what_its_parts_take():
    chip = hardware["h100-sxm"].at("fp8", 8)
    for context in (10, 10**4, 10**6):
        setting = {**POST, **chip, "context": context}
        work, weights, cache = (
            at(f"decode_{part}_time", **setting) for part in ("compute", "weights", "kv")
        )
        step = at("decode_step_time", **setting)
        assert step == pytest.approx(max(work, weights + cache), rel=1e-14)
        serial = at("decode_step_time_serial", **setting)
        assert serial == pytest.approx(cache + max(work, weights), rel=1e-14)
        assert step <= serial <= 2 * step
        rate = at("decode_throughput", **setting)
        assert rate == pytest.approx(POST["batch"] / step, rel=1e-14)
        # The same in the post's currency: what the device could do meanwhile.
        cost = at("decode_step_cost_full", **setting)
        assert cost / chip["peak_flops"] == pytest.approx(step, rel=1e-12)


def test_energy_of_a_token_is_power_over_rate():
    # As many joules a second as the chips draw, whatever the number of chips that share a step.
    chip = hardware["h100-sxm"].at("bf16")
    for chips in (1, 8):
        setting = {**POST, **chip, "kv_bytes": 2, "weight_bytes": 2}
        rate = chips * at("decode_throughput", **setting)
        each = at("energy_per_token", **chip, n_chip=chips, token_rate=rate)
        assert at("decode_energy", **setting) == pytest.approx(each, rel=1e-12)
        assert each * rate == pytest.approx(700 * chips, rel=1e-12)


# Watts that one chip draws on average, and tokens in and out that it does in a second: the least
# and the most power of 24 runs on each, batches of 1 to 64 of models of 7 and 8 billion parameters
# (Argonne's LLM-Inference-Bench at 1411ecc, docs/data/Power/All_results.csv).
DRAWN = [
    ("a100-sxm-40gb", 191.65, 1 * 2048 / 17.3703), ("a100-sxm-40gb", 341.03, 1571.77),
    ("h100-sxm", 338.32, 2923.80), ("h100-sxm", 598.29, 3930.31),
]  # fmt: skip


@pytest.mark.parametrize(("device", "watts", "rate"), DRAWN)
def test_measured_energy_is_below_the_bound_and_above_two_fifths_of_it(device, watts, rate):
    chip = {"chip_power": hardware[device].tdp, "n_chip": 1}
    most = FORMULAS["energy_per_token"](chip, token_rate=rate)
    assert 0.4 * most < watts / rate < 0.9 * most


def test_what_fits_fits():
    setting = dict(memory_capacity=640e9, context=8192)
    assert at("largest_batch", **setting) == pytest.approx(
        (640e9 - LLAMA["n_params"]) / (8192 * 2 * 126 * 8 * 128), rel=1e-12
    )
    full = at("largest_batch", **setting)
    assert at("memory_needed", **setting, batch=full) == pytest.approx(640e9, rel=1e-12)
    assert at("chips_needed", **setting, batch=full) == pytest.approx(1, rel=1e-12)
    assert at("largest_batch", memory_capacity=400e9) == 0


@pytest.mark.parametrize("capacity", [75e9, 80e9, 141e9])
def test_what_fits_in_a_layout_fits(capacity):
    # Beyond eight heads each further chip holds a part that is there already.
    setting = {**LLAMA, **POST, "memory_capacity": capacity}
    least = math.ceil(FORMULAS["chips_needed"](setting))
    for chips in (1, 2, 4, 8, 16, 64):
        room, held = (
            FORMULAS[name](setting, tensor_parallel=chips)
            for name in ("largest_batch", "memory_needed")
        )
        assert (room >= 128) == (held <= capacity)
        assert chips >= least or held > capacity
