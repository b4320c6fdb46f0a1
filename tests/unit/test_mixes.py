"""Mixes of layers: each stack as the same model counted alone, factors by their definition."""

import numpy as np
import pytest

from lifebook.data import load
from lifebook.mixes import sweep
from lifecost import InputError, hardware, models
from lifecost.formulas.time import expected_step_time
from lifecost.stack import Stack, layers

KNOWN = load("mixes")
SETTING = KNOWN["sweep"]


@pytest.fixture(scope="module")
def small():
    return sweep(units=2)


def alone(mix, context, batch, device, precision):
    """Return the chip-seconds of a token in one stack, made anew from blocks of the catalog."""
    frame = models[KNOWN["frame"]["model"]].stack
    parts = [p for p in frame.parts if p.block.family in KNOWN["frame"]["families"]]
    for (kind, row), count in zip(KNOWN["kinds"].items(), mix, strict=True):
        for part in models[row["model"]].stack.parts:
            chosen = part.block.family == "indexer" and kind == "sparse"
            if count and (part.block.family == row["family"] or chosen):
                sizes = dict(part.block.sizes)
                if "d_in" in sizes:
                    sizes["d_in"] = frame.d_model
                sizes |= {"window": row["window"]} if "window" in row else {}
                parts += layers(int(count), part.block.but(**sizes))
    stack = Stack(frame.d_model, KNOWN["frame"]["layers"], parts)
    at = {
        **stack.bindings, **hardware[device].at(precision, SETTING["chips"]),
        "context": context, "batch": batch,
        **{name: SETTING[name] for name in ("kv_bytes", "weight_bytes", "state_bytes")},
    }  # fmt: skip
    return expected_step_time(at) * SETTING["chips"] / batch


def test_each_stack_is_the_model_counted_alone(small):
    random = np.random.default_rng(0)
    for _ in range(12):
        place = tuple(random.integers(n) for n in small.seconds.shape)
        i, j, k, m = place
        found = alone(
            small.mixes[i], small.contexts[j], small.batches[k], *SETTING["devices"][m]
        )  # fmt: skip
        assert small.seconds[place] == pytest.approx(found, rel=1e-12)


def test_all_divisions_are_there_once(small):
    assert len({tuple(mix) for mix in small.mixes}) == len(small.mixes) == 15  # C(6, 4)
    assert (small.mixes.sum(axis=1) == KNOWN["frame"]["layers"]).all()


def test_a_million_stacks():
    assert len(sweep()) >= 10**6


def test_factors_are_against_full_attention_at_the_best_batch(small):
    least, factor = small.cheapest(), small.cheaper()
    full = next(i for i, mix in enumerate(small.mixes) if mix[small.kinds.index("full")] == 60)
    assert np.nanmax(abs(factor[full] - 1)) == 0
    i, j, m = 3, 7, 1
    fits = small.fits[i, j, :, m]
    assert least[i, j, m] == small.seconds[i, j, fits, m].min()
    assert factor[i, j, m] == least[full, j, m] / least[i, j, m]


def test_what_holds_more_fits_less(small):
    full, linear = (small.kinds.index(kind) for kind in ("full", "linear"))
    most = {
        kind: small.fits[np.flatnonzero(small.mixes[:, kind] == 60)[0]].sum()
        for kind in (full, linear)
    }
    assert most[full] < most[linear]


def test_progress_wraps_the_groups():
    seen = []
    sweep(units=2, progress=lambda steps, count: (seen.append(count) or s for s in steps))
    assert seen == [1]


@pytest.mark.parametrize("units", [0, 7, 1.5, True, 61])
def test_units_divide_the_layers(units):
    with pytest.raises(InputError, match="units"):
        sweep(units=units)
