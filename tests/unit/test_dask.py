"""Arrays of another library: a sweep that outgrows this machine's memory stays lazy and bounded."""

import json
import re
import subprocess
import sys

import dask.array as da
import numpy as np
import pytest
from every import every

from lifecost import FORMULAS, InputError, balancing_batch, decode_step_cost, kv_cache_size

POINTS = 10**8
LIMIT = 600e6  # bytes; one float64 array of the sweep alone would take 800e6
LLAMA = dict(n_layer=32, n_kv_head=8, d_head=128)

# A process of its own, whose peak is nobody else's: where Linux tells, of its memory alone, since
# getrusage counts what the process that started it held. Lines as a reader would write them.
SWEEP = f"""
import dask, dask.array as da, json, pathlib, re, resource, sys
from lifecost import decode_step_cost

with dask.config.set(scheduler="threads", num_workers=2):
    context = da.arange(1, {POINTS} + 1, chunks=10**6)
    cost = decode_step_cost(
        n_layer=32, n_kv_head=8, d_head=128, kv_bytes=1, batch=128, hoi=600, n_params=8 * 10**9,
        context=context,
    )
    lazy = isinstance(cost, da.Array)
    total, largest = dask.compute(cost.sum(), cost.max())
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024  # bytes there, kibibytes elsewhere
if (status := pathlib.Path("/proc/self/status")).exists():
    peak = 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
print(json.dumps([lazy, float(total), float(largest), peak]))
"""


def test_sweep_of_a_hundred_million_points_in_bounded_memory():
    done = subprocess.run(
        [sys.executable, "-c", SWEEP], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lazy, total, largest, peak = json.loads(done.stdout)
    assert lazy
    # The sum in plain integers: arithmetic up to the last context at which it is dearer, then the
    # cache, which grows by the same number of FLOP-equivalents with each token.
    work = 2 * 8 * 10**9 * 128
    token = 600 * 2 * 32 * 8 * 128 * 128
    last = work // token
    loads = POINTS * (POINTS + 1) // 2 - last * (last + 1) // 2
    assert total == pytest.approx(work * last + token * loads, rel=1e-12)
    assert largest == token * POINTS
    assert peak < LIMIT


def test_result_is_lazy_and_agrees_with_numpy():
    batch, context = np.arange(1.0, 7.0)[:, None], np.arange(1.0, 2001.0)
    setting = dict(**LLAMA, kv_bytes=1, hoi=600, n_params=8e9)
    expected = decode_step_cost(**setting, batch=batch, context=context)
    lazy = decode_step_cost(
        **setting, batch=da.from_array(batch), context=da.from_array(context, chunks=100)
    )
    assert isinstance(lazy, da.Array)
    assert lazy.chunks == ((6,), (100,) * 20)
    assert np.array_equal(lazy.compute(), expected)
    # A NumPy array beside it: the result is still lazy.
    mixed = decode_step_cost(**setting, batch=batch, context=da.from_array(context))
    assert isinstance(mixed, da.Array)
    assert np.array_equal(mixed.compute(), expected)


# Of formulas that call the same functions of NumPy, the longest.
KINDS = {
    frozenset(re.findall(r"numpy\.\w+", formula.numpy_source)): formula
    for formula in sorted(FORMULAS.values(), key=lambda formula: len(formula.numpy_source))
}


@every("formula", KINDS.values())
def test_every_kind_of_formula_follows(draw, formula):
    columns = draw(formula.symbols, 20)
    lazy = formula(**{n: da.from_array(c, chunks=7) for n, c in columns.items()})
    assert isinstance(lazy, da.Array)
    # The case of a limit that is not taken may divide by zero, here too.
    with np.errstate(divide="ignore"):
        found = lazy.compute(scheduler="synchronous")
        np.testing.assert_allclose(found, formula(**columns), rtol=1e-14)


def test_integers_do_not_wrap_around():
    tokens = da.from_array(np.array([10**18, 10**17]), chunks=1)
    found = FORMULAS["training_flops"](n_params=tokens, train_tokens=tokens)
    np.testing.assert_allclose(found.compute(), [6e36, 6e34])


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        (da.arange(-1, 10), "batch = -1.0 is out of range: sequences decoded together"),
        (da.from_array([1.0, np.nan]), "batch = nan is out of range: "),
        (da.from_array([1.0, np.inf]), "batch = inf is out of range: "),
        (da.from_array([True, False]), "is not a number: sequences decoded together"),
        (da.from_array(["1", "2"]), "is not a number: sequences decoded together"),
    ],
    ids=["negative", "nan", "inf", "bool", "text"],
)
def test_wrong_values_are_refused_before_the_sweep(batch, message):
    with pytest.raises(InputError) as caught:
        kv_cache_size(**LLAMA, batch=batch, context=1, kv_bytes=1)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_heads_that_do_not_divide():
    with pytest.raises(InputError, match="does not divide n_head"):
        FORMULAS["kv_cache_reduction"](n_head=32, n_kv_head=da.from_array([8, 5]))


def test_wrong_fractions_of_whole_things():
    with pytest.raises(InputError, match=r"n_layer = 1\.5 is out of range"):
        kv_cache_size(
            **{**LLAMA, "n_layer": da.from_array([1, 1.5])}, batch=1, context=1, kv_bytes=1
        )


def test_infinite_limit():
    found = balancing_batch(
        **LLAMA, kv_bytes=1, weight_bytes=1, hoi=600, n_params=8e9, context=da.from_array([1, 1e6])
    )
    assert np.isinf(found.compute()).tolist() == [False, True]
