"""Wrong input: one line that names the symbol, the value, what is allowed and the unit."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from every import every

from lifecost import (
    FORMULAS,
    InputError,
    Symbols,
    Table,
    columns,
    hardware,
    kv_cache_size,
    kv_elements_per_token,
    laws,
    levels,
    models,
    number,
    percent,
    post,
    quantity,
    walltime_speedup,
)
from lifecost.optimum import optimum
from lifecost.serving import (
    Layout,
    best_draft_length,
    draft_cost,
    fewest_chips,
    frontier,
    layouts,
    price_of,
    regime,
    serve,
    setting,
)
from lifecost.symbols import SYMBOLS
from lifecost.values import checked
from lifecost.workload import bill, life, read_trace

LLAMA = models["llama-3-8b"]
STEP = dict(batch=128, context=8192, kv_bytes=1)
GROUP = "each key-value head serves a whole group of query heads"


def message_of(call):
    with pytest.raises(InputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text  # the command line prints it as it stands
    assert len(text) < 300
    return text


# A value of each kind, and how the message quotes it.
WRONG = [
    (-8, "-8"),
    (0, "0"),
    (0.0, "0.0"),
    (1e300, "1e+300"),
    (10**40, "an integer of 133 bits"),
    (10**5000, "an integer of 16610 bits"),  # Python refuses to print so many digits
    (Fraction(10**400), "Fraction(1000"),
    (math.nan, "nan"),
    (math.inf, "inf"),
    (-math.inf, "-inf"),
    (np.float64("nan"), "nan"),
    (np.float32(-1), "-1.0"),
    (np.longdouble(-1), "-1.0"),
    (np.array(-1), "-1"),
    ([8, -1], "-1.0"),
    ([8, math.nan], "nan"),
    (np.array([[1.0, 2.0], [math.inf, 3.0]]), "inf"),
    ([10**400, 1], "[1000"),
]
NO_NUMBER = [
    (True, "True"),
    (np.True_, "True"),
    ("8", "'8'"),
    (b"8", "b'8'"),
    (None, "None"),
    (1j, "1j"),
    ({}, "{}"),
    ([[1], [2, 3]], "[[1], [2, 3]]"),
    ([None, 1], "[None, 1]"),
    (["8"], "['8']"),
    ([True, False], "[True, False]"),
    (np.array([1j]), "array([0.+1.j])"),
    (np.array([1, "8"], dtype=object), "array([1, '8'], dtype=object)"),
    (np.datetime64("2026-01-01"), "datetime.date(2026, 1, 1)"),
    (range, "<class 'range'>"),
]


@every("name", ["batch", "n_kv_head", "vocab_size", "kv_bytes"])
@every("value, quoted", WRONG)
def test_out_of_range(name, value, quoted):
    text = message_of(lambda: checked(name, value))
    assert text.startswith(f"{name} = {quoted}")
    assert " is out of range: " in text
    quantity = SYMBOLS[name]
    assert quantity.meaning in text
    assert text.endswith(f"from {quantity.low:g} to {quantity.high:g} {quantity.unit}")


@pytest.mark.parametrize(("value", "quoted"), NO_NUMBER, ids=str)
def test_not_a_number(value, quoted):
    text = message_of(lambda: checked("batch", value))
    assert text == (
        f"batch = {quoted} is not a number: sequences decoded together, a number from 1 to 1e+09 "
        "sequence"
    )


@pytest.mark.parametrize("value", [8.5, 99999.9999999, Fraction(17, 2), [8, 8.5]])
def test_whole_things_have_no_fraction(value):
    text = message_of(lambda: checked("n_head", value))
    # In full: rounded to six digits the second would read "100000 is out of range ... to 100000".
    assert text.startswith(f"n_head = {8.5 if value != 99999.9999999 else value} is out of range")
    assert "a whole number from 1 to 100000 head" in text


@every("formula", FORMULAS.values())
def test_every_formula_refuses_every_wrong_value(draw, formula):
    # The checks of single numbers stand in generated code of their own.
    row = {name: column[0].item() for name, column in draw(formula.symbols, 1).items()}
    formula(**row)
    for name in formula.symbols:
        quantity = SYMBOLS[name]
        beyond = [quantity.high * 2, quantity.low / 2 if quantity.low else -1, -1, math.nan]
        beyond += [math.inf, -math.inf, True, "8", None, 1j]
        beyond += [quantity.low + 0.5] if quantity.integer else []
        for value in beyond:
            text = message_of(lambda: formula(**{**row, name: value}))  # noqa: B023
            assert text.startswith(f"{name} = {value!r} is ")
            assert quantity.meaning in text
            for array in ([value], np.array([value])) if isinstance(value, float) else ():
                assert message_of(
                    lambda: formula(**{**row, name: array})  # noqa: B023
                ).startswith(f"{name} = {value!r} is out of range")


@every("formula", FORMULAS.values())
def test_the_edges_of_a_range_belong_to_it(formula):
    for name in formula.symbols:
        quantity = SYMBOLS[name]
        for edge in (quantity.low, quantity.high):
            assert checked(name, edge) == edge


@pytest.mark.parametrize(
    ("heads", "message"),
    [
        (5, f"n_kv_head = 5 does not divide n_head = 32: {GROUP}"),
        (64, f"n_kv_head = 64 does not divide n_head = 32: {GROUP}"),
        ([8, 5], f"n_kv_head = array([8., 5.]) does not divide n_head = 32: {GROUP}"),
        (0, "n_kv_head = 0 is out of range: "),
        (-8, "n_kv_head = -8 is out of range: "),
        (8.5, "n_kv_head = 8.5 is out of range: "),
        (math.nan, "n_kv_head = nan is out of range: "),
        (True, "n_kv_head = True is not a number: "),
        ("8", "n_kv_head = '8' is not a number: "),
        (None, "n_kv_head = None is not a number: "),
        (1j, "n_kv_head = 1j is not a number: "),
        ([[1], [2, 3]], "n_kv_head = [[1], [2, 3]] is not a number: "),
    ],
    ids=str,
)
def test_heads_given_beside_a_model(heads, message):
    # The formula needs the key-value heads alone, and still the model's query heads must fit.
    assert message_of(lambda: kv_cache_size(LLAMA, n_kv_head=heads, **STEP)).startswith(message)
    assert message_of(lambda: kv_elements_per_token(LLAMA, n_kv_head=heads)).startswith(message)


@pytest.mark.parametrize("name", ["parameters_saved", "kv_cache_reduction"])
@pytest.mark.parametrize("as_array", [False, True])
def test_heads_given_as_keywords(draw, name, as_array):
    row = {n: c[0].item() for n, c in draw(FORMULAS[name].symbols, 1).items()}
    row |= {"n_head": 32, "n_kv_head": [5] if as_array else 5}
    assert " does not divide n_head = 32: " in message_of(lambda: FORMULAS[name](**row))


def test_heads_of_two_mappings():
    with pytest.raises(InputError, match="n_kv_head = 5 does not divide n_head = 32"):
        kv_elements_per_token({"n_head": 32}, {"n_kv_head": 5}, n_layer=1, d_head=1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (128, 128),
        (128.0, 128.0),
        (np.int64(128), 128),
        (np.int8(127), 127),
        (np.float32(0.25) * 512, 128.0),
        (np.float16(128), 128.0),
        (np.longdouble(128), 128.0),
        (np.array(128), 128),
        (Fraction(257, 2), 128.5),
    ],
    ids=repr,
)
def test_numbers_become_plain(value, expected):
    found = checked("batch", value)
    assert type(found) in (int, float)
    assert found == expected


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1, 2),
        range(1, 3),
        np.array([1, 2], dtype=np.uint8),
        np.array([1, 2], dtype=np.float32),
        np.array([1, 2], dtype=object),
        [Fraction(1), Fraction(2)],
        [np.float64(1), 2],
    ],
    ids=repr,
)
def test_sequences_become_arrays_of_floats(value):
    found = checked("batch", value)
    assert type(found) is np.ndarray
    assert found.dtype == float
    assert found.tolist() == [1, 2]


def test_integers_beyond_64_bits_in_a_list():
    # NumPy makes an array of objects of them; budgets are such numbers.
    assert checked("train_flops", [10**23, 10**24]).tolist() == [1e23, 1e24]


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_matrix_is_an_array_of_numbers():
    # Its own product is the matrix product: a cache size that is wrong without a word.
    grid = np.matrix([[1, 2], [3, 4]])
    found = kv_cache_size(LLAMA, batch=grid, context=grid, kv_bytes=1)
    assert found.tolist() == [[65536 * n**2 for n in row] for row in [[1, 2], [3, 4]]]


def test_a_masked_array_stays_one():
    found = kv_cache_size(LLAMA, **{**STEP, "batch": np.ma.masked_array([1, 2], [False, True])})
    assert found.mask.tolist() == [False, True]
    assert found[0] == 65536 * 8192


def test_shapes_that_do_not_broadcast():
    text = message_of(lambda: kv_cache_size(LLAMA, batch=[1, 2], context=[1, 2, 3], kv_bytes=1))
    assert text == "these shapes do not broadcast: batch (2,), context (3,)"


# What is no value of a symbol: a call that is right but for one of these answers, or says what is
# wrong with it, and never fails further in.
CHIP = hardware["h100-sxm"]
OF_SERVICE = dict(model=LLAMA, device=CHIP, concurrency=8, prompt=1000, answer=100)
FORMATS = dict(weights=None, cache=None, engine="aggregated")
GUESSES = dict(speculated=2, acceptance=0.5, draft_cost=0.1)
LENGTHS = {"input": [1000], "output": [20]}
CALLS = [
    (serve, OF_SERVICE | FORMATS | GUESSES | dict(chips=2, layout=None)),
    (frontier, dict(model=LLAMA, device=CHIP, chips=1, prompt=1000, answer=100) | FORMATS),
    (fewest_chips, OF_SERVICE | dict(time_per_token=1)),
    (setting, OF_SERVICE | FORMATS | dict(layout=Layout(2))),
    (regime, dict(device=CHIP, at=setting(LLAMA, CHIP, Layout(2), 8, 1000, 100))),
    (layouts, dict(model=LLAMA, chips=2, given=None)),
    (price_of, dict(device=CHIP)),
    (best_draft_length, dict(speedup=walltime_speedup, longest=2, acceptance_rate=0.8,
                             draft_cost_ratio=0.05)),
    (draft_cost, dict(model=models["glm-5"], **post.bindings)),
    (optimum, dict(law=laws["sardana"], quality_of=3e10, inference_tokens=1e13, decode=None)),
    (levels, LLAMA.bindings | post.bindings | dict(error=0.1)),
    (life, dict(model=LLAMA, device=CHIP, trace=LENGTHS, chips=1, concurrency=4, layout=None,
                weights=None, cache=None, train_tokens=1e12, days=1, chip_hour_price=2)),
    (life, dict(model=LLAMA, device=CHIP, trace=LENGTHS, tokens_per_day=1e6)),
    (bill, dict(trace=LENGTHS, model=LLAMA, **post.bindings)),
    (read_trace, dict(source=LENGTHS)),
    (columns, dict(rows=[LLAMA])),
    (lambda batch: columns([{"batch": batch}, {"batch": 1}]), dict(batch=1)),
    (Table, dict(heads=["a"], rows=[[1]])),
    (number, dict(value=1.5, digits=3)),
    (percent, dict(value=0.5, digits=3)),
    (quantity, dict(value=1e9, unit="byte", digits=3, prefix="G")),
    (Symbols, dict(stack=None)),
    (Symbols().but, dict(context=1)),
    (LLAMA.but, dict(layers=2, n_kv_head=4)),
    (CHIP.at, dict(precision="fp8", chips=2)),
    (lambda name: models[name], dict(name="llama-3-8b")),
    (models.read, dict(path="")),
]  # fmt: skip
OF_NO_KIND = [None, "", {}, [], [1, 2], math.nan, -1, 10**400, object()]


@every("call, given", CALLS)
def test_what_is_of_no_kind_is_refused_in_one_line(call, given):
    said = []
    for name, value in itertools.product(given, OF_NO_KIND):
        try:
            call(**given | {name: value})
        except InputError as error:
            said.append(str(error))
    assert said
    assert not any("\n" in line for line in said)
