"""Calling a formula: what it takes, what it gives, what it says when it cannot."""

import inspect
import math
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
from every import every
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sympy.core.function import AppliedUndef

from lifecost import (
    FORMULAS,
    InputError,
    balancing_batch,
    decode_throughput,
    forward_flops,
    hardware,
    kv_cache_size,
    kv_to_compute_ratio,
    lifetime_cost,
    models,
    optimal_params,
    parameter_count,
    post,
    power_law,
    token_flops,
    training_flops,
)
from lifecost.blocks import grouped
from lifecost.stack import FAMILIES, Stack, layers, smaller
from lifecost.symbols import ANY, OPTIONAL, SYMBOLS, PlainOnly, Symbols

LLAMA, WINDOWED = models["llama-3-8b"], models["gemma-2-9b"]
STEP = dict(batch=128, context=8192, kv_bytes=1)


def message_of(call):
    with pytest.raises(InputError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


# What it takes


def test_keywords_objects_and_mappings_are_the_same():
    bound = {**LLAMA.bindings, **STEP}
    expected = 64 * 2**30
    assert kv_cache_size(n_layer=32, n_kv_head=8, d_head=128, **STEP) == expected
    assert kv_cache_size(LLAMA, **STEP) == expected
    assert kv_cache_size(LLAMA.bindings, STEP) == expected
    assert kv_cache_size(bound) == expected
    assert kv_cache_size(LLAMA, post) == expected


def test_keywords_win():
    assert kv_cache_size(LLAMA, post, context=4096) == 32 * 2**30
    assert kv_cache_size(LLAMA, post, n_kv_head=32) == 256 * 2**30
    # Also over two objects that disagree.
    device = hardware["h100-sxm"].at("fp8")
    assert kv_to_compute_ratio(LLAMA, post, device, hoi=600) == kv_to_compute_ratio(LLAMA, post)


def test_two_objects_that_agree():
    assert kv_cache_size(LLAMA, LLAMA, post, {"batch": 128.0}) == 64 * 2**30


def test_two_objects_that_disagree():
    text = message_of(lambda: kv_to_compute_ratio(LLAMA, post, hardware["h100-sxm"].at("fp8")))
    assert text == (
        "two of the objects given to kv_to_compute_ratio bind hoi (hardware operational intensity, "
        "FLOP/byte): 600 and 590.7462686567164; choose with hoi=..."
    )
    # The first in the order in which the model binds them, not whichever a set yields.
    text = message_of(lambda: kv_cache_size(LLAMA, models["llama-3-70b"], **STEP))
    assert "bind n_layer (transformer layers, layer): 32 and 80" in text


def test_two_arrays_that_disagree():
    one, other = {"batch": np.array([1, 2])}, {"batch": np.array([1, 3])}
    assert "bind batch" in message_of(lambda: forward_flops(one, other, n_params=1e9))
    assert forward_flops(one, dict(one), n_params=1e9).tolist() == [2e9, 4e9]


@pytest.mark.parametrize("thing", ["llama-3-8b", None, 8e9, [1], hardware["h100-sxm"], models])
def test_an_object_that_binds_nothing(thing):
    if thing is models:  # a mapping, of other things
        assert "also needs" in message_of(lambda: kv_cache_size(thing, **STEP))
        return
    text = message_of(lambda: kv_cache_size(thing, **STEP))
    assert text.startswith("kv_cache_size takes what binds symbols (a model, a device at a prec")
    assert len(text) < 150


def test_missing_symbols_are_listed_with_meaning_and_unit():
    assert message_of(lambda: kv_cache_size(LLAMA, batch=1)) == (
        "kv_cache_size also needs context (tokens in the cache of each sequence, token); "
        "kv_bytes (bytes that store one element of the KV cache, byte/element)"
    )


@pytest.mark.parametrize(
    ("wrong", "near"), [("batc", "batch"), ("Context", "context"), ("kvbytes", "kv_bytes")]
)
def test_unknown_symbol_suggests_the_nearest(wrong, near):
    text = message_of(lambda: kv_cache_size(LLAMA, **STEP, **{wrong: 1}))
    assert text == f"unknown value for kv_cache_size {wrong!r}; did you mean {near!r}?"


def test_a_symbol_that_the_formula_does_not_know_is_an_error_as_a_keyword_alone():
    assert "unknown value for kv_cache_size 'hoi'" in message_of(
        lambda: kv_cache_size(LLAMA, **STEP, hoi=600)
    )
    kv_cache_size(LLAMA, STEP, {"hoi": 600})  # an object binds more than one formula needs


CHIP = hardware["h100-sxm"].at("fp8")


@every("formula", FORMULAS.values())
def test_a_conflict_matters_where_its_symbol_does(draw, formula):
    # A device and the post's setting have different intensities, and most formulas need none.
    row = {name: column[0].item() for name, column in draw(formula.symbols, 1).items()}
    one, other = {**row, "hoi": 590.7}, {**row, "hoi": 600}
    chosen = formula(one, other, hoi=600)
    assert chosen == formula(other)
    if "hoi" in formula.symbols:
        text = message_of(lambda: formula(one, other))
        assert text.endswith(": 590.7 and 600; choose with hoi=...")
    else:
        assert formula(one, other) == chosen
        assert "hoi = -1 is out of range" in message_of(lambda: formula(one, hoi=-1))


def test_a_device_beside_the_post():
    rate = decode_throughput(LLAMA, CHIP, post)
    assert rate == decode_throughput(LLAMA, post, CHIP, hoi=600)
    assert rate == pytest.approx(128 / 0.022753, rel=1e-4)


@pytest.mark.parametrize(
    ("model", "wrong", "complaint"),
    [
        (LLAMA, dict(window=16), "unknown value for kv_cache_size 'window'; known: batch, cont"),
        (LLAMA, dict(hoi=600), "unknown value for kv_cache_size 'hoi'; known: batch, context, "),
        (WINDOWED, dict(n_kv_head=4), "n_kv_head = 4 changes nothing in a stack of blocks: change"),
    ],
)
def test_a_keyword_that_changes_nothing(model, wrong, complaint):
    assert complaint in message_of(lambda: kv_cache_size(model.shape, STEP, **wrong))


# What it gives


@every("formula", FORMULAS.values())
def test_description(formula):
    assert formula.meaning.endswith(".")
    assert "\n" not in formula.meaning
    assert formula.level in ("", "post", "weights", "full", "overheads")
    assert formula.symbols == tuple(sorted(formula.symbols))
    assert set(formula.symbols) <= set(SYMBOLS)
    assert repr(formula) == (
        f"<Formula {formula.name}({', '.join(formula.symbols)}) in {formula.unit}>"
    )
    assert FORMULAS[formula.name] is formula


def test_integers_stay_exact():
    # Tokens and parameters make a product beyond 64 bits, where NumPy integers wrap around.
    assert training_flops(n_params=10**18, train_tokens=10**23) == 6 * 10**41
    assert type(parameter_count(LLAMA.shape)) is int


def test_integer_arrays_do_not_wrap_around():
    sizes = np.array([10**17, 10**18], dtype=np.int64)
    tokens = np.array([10**18], dtype=np.int64)
    found = training_flops(n_params=sizes, train_tokens=tokens)
    np.testing.assert_allclose(found, [6e35, 6e36], rtol=1e-15)
    narrow = np.array([200, 100], dtype=np.uint8)
    assert forward_flops(n_params=narrow, batch=narrow).tolist() == [80_000, 20_000]


@pytest.mark.parametrize(
    ("batch", "shape"),
    [
        ([], (0,)),
        (np.empty((0, 3)), (0, 3)),
        ([1], (1,)),
        (np.ones((2, 1, 3)), (2, 1, 3)),
        (np.ones((2, 3)).T, (3, 2)),
        (np.ones(8)[::-2], (4,)),
        (np.broadcast_to(1.0, (4, 5)), (4, 5)),
    ],
)
def test_shape_of_the_result(batch, shape):
    found = forward_flops(n_params=1e9, batch=batch)
    assert found.shape == shape
    assert found.dtype == float
    assert (found == 2e9).all()
    found[...] = 0  # a new array, which the caller may write to


def test_input_arrays_are_left_alone():
    batch = np.arange(1, 100_001)
    kept = batch.copy()
    forward_flops(n_params=1e9, batch=batch)
    assert batch.dtype == kept.dtype
    assert (batch == kept).all()


def test_arrays_longer_than_a_block():
    # The array is worked through in blocks; the last one is short.
    batch = np.arange(1.0, 100_002.0)
    context = np.arange(1.0, 4.0)[:, None]
    found = kv_cache_size(
        n_layer=1, n_kv_head=1, d_head=1, kv_bytes=1, batch=batch, context=context
    )
    assert (found == 2 * batch * context).all()


def test_zero_dimensions_and_numpy_scalars_give_a_number():
    for one in (np.array(128), np.int64(128), np.float64(128), np.longdouble(128)):
        assert type(forward_flops(n_params=8e9, batch=one)) is float
        assert forward_flops(n_params=8e9, batch=one) == 2.048e12


def test_a_result_too_large_is_an_error():
    too_far = dict(power_law_scale=1e30, power_law_exponent=10, compute_unit=1)
    told = "power_law leaves the range of floating-point numbers at these values"
    assert message_of(lambda: power_law(train_flops=1e36, **too_far)) == told
    assert message_of(lambda: power_law(train_flops=[1, 1e36], **too_far)) == told
    law = dict(param_scale=1e15, data_scale=1e-9, param_exponent=1e-3, data_exponent=1e-3)
    for budget in (1e23, [1e23]):
        assert "floating-point" in message_of(lambda: optimal_params(law, train_flops=budget))  # noqa: B023


def test_the_documented_infinity_is_the_same_for_numbers_and_arrays():
    setting = dict(hoi=600, kv_bytes=1, weight_bytes=1)
    contexts = [1.0, 408.0, 409.0, 1e6]
    found = [balancing_batch(LLAMA, context=s, **setting) for s in contexts]
    assert [math.isinf(value) for value in found] == [False, False, True, True]
    np.testing.assert_allclose(balancing_batch(LLAMA, context=contexts, **setting), found)
    # Exactly at the balance the case that is not taken divides by zero.
    even = dict(n_layer=1, n_kv_head=1, d_head=1, kv_bytes=1, hoi=1, n_params=8, weight_bytes=1)
    assert balancing_batch(even, context=8) == math.inf
    assert balancing_batch(even, context=[8.0, 4.0]).tolist() == [math.inf, 1.0]


# A plain function


def test_a_formula_is_a_function_of_the_symbols():
    s = Symbols()
    assert kv_cache_size(s) == kv_cache_size.expr
    assert kv_cache_size(s.but(n_kv_head=s.n_head)) == kv_cache_size.expr.subs(
        s.n_kv_head, s.n_head
    )
    # What is optional is what it equals where nothing binds it.
    assert s.state_bytes == s.kv_bytes
    assert Symbols(optional=True).state_bytes != s.kv_bytes


def test_of_any_model_sums_stay_and_sizes_are_refused():
    s = Symbols(ANY)
    assert {one.func.__name__ for one in kv_cache_size(s).atoms(AppliedUndef)} == {
        "cache_held", "state_held",
    }  # fmt: skip
    with pytest.raises(PlainOnly, match="n_head"):
        _ = s.cache_held * s.n_head
    with pytest.raises(PlainOnly, match="n_kv_head"):
        s.but(n_kv_head=1)


def test_sums_of_a_stack_are_written_out_in_its_sizes():
    s = Symbols()
    near = grouped(n_head=s.n_head, n_kv_head=s.n_kv_head, d_head=s.d_head, window=s.window)
    windowed = Symbols(Stack(s.d_model, s.n_layer, layers(s.n_layer, near)))
    assert kv_cache_size(windowed) == kv_cache_size(s.but(context=smaller(s.context, s.window)))


@every("formula", FORMULAS.values())
def test_a_formula_is_found_documented_and_pickled_as_a_function(formula):
    assert pickle.loads(pickle.dumps(formula)) is formula
    names = [p.name for p in inspect.signature(formula).parameters.values()]
    assert names == ["objects", *formula.symbols]
    assert inspect.getdoc(formula).startswith(formula.meaning)


def test_a_process_pool_runs_a_formula():
    with ProcessPoolExecutor(1) as pool:
        assert pool.submit(kv_cache_size, LLAMA, post).result() == kv_cache_size(LLAMA, post)


def test_symbols_know_their_names():
    assert {"batch", "window", "n_layer"} <= set(dir(Symbols()))
    with pytest.raises(AttributeError, match="there is no symbol 'batchh'"):
        _ = Symbols().batchh


# Properties, over everything that the package allows


@st.composite
def settings_of(pick, *formulas):
    """Draw a value for every symbol of the formulas."""
    row = {}
    for name in dict.fromkeys(name for formula in formulas for name in formula.symbols):
        q = SYMBOLS[name]
        row[name] = pick(
            st.integers(int(q.low), int(q.high))
            if q.integer
            else st.floats(q.low, q.high, allow_subnormal=False)
        )
    if "n_kv_head" in row:  # whole groups, within the range
        row["n_kv_head"] = pick(st.integers(1, 300))
        row |= {"n_head": row["n_kv_head"] * pick(st.integers(1, 300))} if "n_head" in row else {}
    return row


# No batch balances beyond the break-even context, not every loss is within reach, and where nothing
# is decoded no cache can be saved.
UNBOUNDED = (
    "balancing_batch", "cache_saving_needed", "equal_loss_params", "equal_loss_tokens",
    "relative_forward_cost", "relative_lifetime_cost", "shape_params", "sparse_break_even",
    "index_half_context", "compute_bound_context", "simplicial_balancing_window",
    "adaptive_draft_length",
)  # fmt: skip
# A design that is dearer than the one before must gain where others may lose.
# No law holds far beyond its fit.
SIGNED = "break_even_params_penalty", "break_even_tokens_penalty", "mixture_param_exponent"
# Only powers leave the range, and what has no value where next to nothing is served.
QUOTIENTS = ("cache_saving_needed", "design_inference_factor", "index_share", "tree_guesses")
# One minus a power near one, in which Python and NumPy may differ by its last digit, times these.
SHARES = {
    "equal_loss_params_penalty": (), "equal_loss_tokens_penalty": (),
    "params_penalty": (), "tokens_penalty": (),
    "worth_of_repeated_tokens": ("repeat_decay", "unique_tokens"),
}  # fmt: skip


def outcome(formula, row):
    try:
        return formula(**row)
    except InputError as error:
        return str(error)


@settings(
    max_examples=25, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],  # not to shrink
)  # fmt: skip
@given(world=settings_of(*FORMULAS.values()))
@every("formula", FORMULAS.values())
def test_in_range_there_is_a_number_or_an_error_and_never_nan(formula, world):
    row = {name: world[name] for name in formula.symbols}
    value = outcome(formula, row)
    array = outcome(formula, {name: [x] for name, x in row.items()})
    if isinstance(value, str):
        told = f"{formula.name} leaves the range of floating-point numbers at these values"
        assert value == array == told
        assert formula.name in QUOTIENTS or "exponent" in " ".join(formula.symbols)
        return
    assert type(value) in (int, float)
    assert value >= 0 or (formula.name in SIGNED and value < 0)  # false for NaN
    assert value < math.inf or formula.name in UNBOUNDED
    times = SHARES.get(formula.name)
    rounding = 1e-300 if times is None else 1e-15 * math.prod(row[name] for name in times)
    assert array[0] == pytest.approx(value, rel=1e-11, abs=rounding)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(row=settings_of(kv_cache_size), factor=st.floats(1, 8))
def test_cache_is_proportional(row, factor):
    # Exact for powers of two; elsewhere to rounding.
    row["batch"], row["context"] = min(row["batch"], 1e8), min(row["context"], 1e11)
    once = kv_cache_size(**row)
    for name in ("batch", "context"):
        assert kv_cache_size(**{**row, name: 2 * row[name]}) == 2 * once
        more = kv_cache_size(**{**row, name: factor * row[name]})
        assert more == pytest.approx(factor * once, rel=1e-13)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(row=settings_of(lifetime_cost))
def test_a_longer_life_costs_more(row):
    row["decode_tokens"] = min(row["decode_tokens"], 1e23)
    longer = {**row, "decode_tokens": row["decode_tokens"] * 2 + 1}
    assert lifetime_cost(**longer) >= lifetime_cost(**row)


IN_FORMULAS = {n for f in FORMULAS.values() for n in (*f.symbols, *f.optional)}
SIZES = {size for family in FAMILIES.values() for size in family.sizes} - IN_FORMULAS


def size_outcome(name, value):
    family = next(one for one in FAMILIES.values() if name in one.sizes)
    sizes = {n: 64 if SYMBOLS[n].high > 64 else SYMBOLS[n].high for n in family.sizes}
    try:
        return dict(family(**{**sizes, name: value}).sizes)[name]
    except InputError as error:
        return str(error)


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(
    name=st.sampled_from(sorted(IN_FORMULAS | SIZES)),
    value=st.one_of(
        st.floats(allow_nan=True, allow_infinity=True),
        st.integers(),
        st.text(max_size=5),
        st.booleans(),
        st.none(),
        st.complex_numbers(),
        st.lists(st.floats(), max_size=3),
    ),
)
def test_any_value_is_taken_or_refused_in_one_line(name, value):
    quantity = SYMBOLS[name]
    if name in SIZES:  # of a block
        found = size_outcome(name, value)
    else:
        formula = next(f for f in FORMULAS.values() if name in (*f.symbols, *f.optional))
        needed = formula.wide.symbols if name in OPTIONAL else formula.symbols
        row = {n: SYMBOLS[n].low or 1 for n in needed} | {"n_head": value, name: value}
        found = outcome(formula, {n: row[n] for n in needed})
    if isinstance(found, str):
        assert "\n" not in found
    else:
        inside = np.asarray(value, float)
        assert np.all((inside >= quantity.low) & (inside <= quantity.high))
        assert not np.any(np.isnan(found))


def test_every_symbol_is_used():
    unknowns = {formula.unknown for formula in FORMULAS.values() if formula.unknown}
    # A link's bandwidth is what a device gives to a formula of one's own.
    given = {n for part in hardware.values() for form in part.peak_flops for n in part.at(form)}
    of_stacks = {n for f in FORMULAS.values() if f.of_any_model for n in f.general.asks}
    assert IN_FORMULAS | SIZES | unknowns | given | of_stacks == set(SYMBOLS)


def test_numpy_function_is_cached_by_which_symbols_are_arrays():
    assert token_flops.numpy("context") is token_flops.numpy("context")
    assert token_flops.numpy("context") is not token_flops.numpy()
