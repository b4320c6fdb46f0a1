"""The random settings cover every symbol of a plain model and keep to the package's ranges."""

import numpy as np

from lifecost import FORMULAS
from lifecost.symbols import SYMBOLS
from lifecost.values import check_together, checked

# What formulas of a plain decoder need, and what they are solved for.
NAMES = {n for f in FORMULAS.values() for n in (*f.symbols, f.unknown) if n}


def test_random_settings_are_complete_and_in_range(draw):
    values = draw(NAMES, 200)
    assert set(values) == NAMES
    for name, value in values.items():
        checked(name, value)
        checked(name, np.minimum(value * 2, SYMBOLS[name].high))
    check_together(values)
    check_together({**values, "n_kv_head": 2 * values["n_kv_head"]})


def test_a_symbol_moves_no_other(draw):
    names = sorted(NAMES)
    together = draw(names, 5)
    for name in names:
        np.testing.assert_array_equal(draw([name], 5)[name], together[name])
    assert len({tuple(draw(["batch"], 5, seed)["batch"]) for seed in range(4)}) == 4
