"""Exercises: each answer right, each mistake recognized and told from the others, no traceback."""

import math
import re
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import nbformat
import numpy as np
import pytest
from every import every
from units import dimension

from lifebook.data import load
from lifebook.exercises import agrees, check, exercises
from lifecost import FORMULAS, number

BOOK = Path(__file__).parents[2] / "book"
ALL = exercises()
MISTAKES = [(name, mistake) for name, exercise in ALL.items() for mistake in exercise.mistakes]

# By hand, from the shapes and datasheets: no formula of the package has a part in these.
LLAMA = 2 * 32 * 8 * 128 * 8192  # bytes that one sequence of 8,192 tokens caches, at one byte
REFIT = (0.3478 * 482.01 / (0.3658 * 2085.43)) ** (1 / 0.7136)
ANSWERS = {
    "days-at-a-shorter-context":
        6 * 8030261248 * 15e12 / (600 * 2 * 32 * 8 * 128 * 4989) / 168e9,
    "ten-times-the-budget": REFIT * (5.76e24 / 6) ** (0.3658 / 0.7136) / 1e9,
    "sequences-that-fit": (80e9 - 8e9) // LLAMA,
    "group-that-equals-the-weights": 128 * 4 * LLAMA / 8e9,
    "break-even-in-bf16": 70e9 / (989e12 / 3.35e12 * 2 * 80 * 8 * 128),
    "limit-of-eight-chips": 8 * 3.35e12 / (2 * 80 * 8 * 128 * 8192),
    "context-of-an-answer": 4096 + 16384 / 2,
    "batch-for-many-experts": 600 / 2 * (0.2 + 0.8 * 32),
    "tokens-to-break-even": 6 * 70e9 * 15e12 / (600 * 2 * 80 * 8 * 128 * 8192) / 1e9,
    "an-eighth-of-the-cache":
        100 * (7 / 8) * 600 * 4 * LLAMA / (600 * 4 * LLAMA + 6 * 8e9 * 15),
    "half-of-the-limit": (8030261248 - 128256 * 4096 - 65 * 4096) / LLAMA,
    "four-guesses": (1 - 0.8**5) / 0.2 / 1.2,
    "budget-in-bf16": (295.22 * 2 * LLAMA - 2 * 8e9) / (4 * 32 * 32 * 128 * 8192),
    "the-indexers-share": 100 * 128 * 131_072 / (128 * 131_072 + 576 * 2048),
    "prompts-in-the-way": (3 + 600 * LLAMA / (2 * 8030261248)) / 4,
    "one-sequence-of-olmo": 2 * 40 * 40 * 128 * 4096 * 2 / 1e9,
    "two-chips-full": (2 * 141e9 - 72.7e9) // (2 * 80 * 8 * 128 * 32768),
    "a-reported-run": 6 * 68976648192 * 2e12,
    "a-size-for-a-budget": REFIT * (1e24 / 6) ** (0.3658 / 0.7136) / 1e9,
    "break-even-of-a-giant": 405.85e9 / (4500e12 / 7.7e12 * 126 * 8 * 128),
    "batch-for-the-weights": 989e12 / 3.35e12,
    "tokens-a-second":
        64 * 3.35e12 / (2 * (8030261248 - 128256 * 4096) + 64 * LLAMA),
    "a-long-life": 6 * 8e9 * 15e12 / (300 * 4 * LLAMA) / 1e9,
    "yield-of-guesses": 1 + sum(0.8 * 0.6**more for more in range(5)),
    "two-kinds-of-chip": (1.2 / 4e12) / (2 / 2e15),
    "price-of-a-quarter": 100 * (1 - 1 / (1 + 10 / 15 * (
        600 * 2 * 80 * 8 * 128 * 8192 * 0.75 / (6 * 70e9)))),
    "batch-for-experts": 600 / 2 * (0.25 + 0.75 * 16),
    "what-an-indexer-reads": 61 * (2048 * 576 + 32768 * 128) / 1e9,
}  # fmt: skip

# What a careful reader gets who has only the numbers on the pages, as they are rounded there.
FROM_PRINTED_NUMBERS = {
    "days-at-a-shorter-context": [
        6 * 8e9 * 15e12 / (600 * 65.54e3 * 4989) / 168e9,  # "8B" and the 65.54 kB of the question
        6 * 8.03e9 * 15e12 / (600 * 65.54e3 * 4989) / 168e9,
        21.85,
    ],
    "prompts-in-the-way": [(3 + 20.1) / 4, (3 + 600 * LLAMA / 16e9) / 4],  # 20.1: One currency
    "group-that-equals-the-weights": [68.7e9 * 4 / 8e9, 68.7e9 * 4 / 8.03e9],
    "break-even-in-bf16": [70e9 / (295 * 2 * 80 * 8 * 128), 70.6e9 / (295 * 2 * 80 * 8 * 128)],
    "tokens-to-break-even": [6 * 70.6e9 * 15e12 / (600 * 2 * 80 * 8 * 128 * 8192) / 1e9],
    "budget-in-bf16": [(295 * 2 * LLAMA - 2 * 8e9) / (4 * 32 * 32 * 128 * 8192)],
    "sequences-that-fit": [math.floor((80e9 - 8.03e9) / 537e6)],
    "break-even-of-a-giant": [406e9 / (584 * 126 * 8 * 128)],
    "two-chips-full": [math.floor((2 * 141e9 - 72.7e9) / 5.37e9)],
    "batch-for-the-weights": [295],
}


def test_every_answer_is_checked_by_hand():
    assert set(ANSWERS) == set(ALL)


@pytest.mark.parametrize("name", ALL)
def test_answer(name):
    reply = check(name, ANSWERS[name])
    assert reply.right, (reply, ANSWERS[name], ALL[name].value())
    assert ALL[name].shown in reply.text


@pytest.mark.parametrize("name", ALL)
def test_rounded_answer(name):
    exercise = ALL[name]
    rounded = float(f"{exercise.value():.{exercise.digits - 1}e}")
    assert check(name, exercise.value() if exercise.row.get("round_down") else rounded).right
    for wrong in (1.5 * rounded, 0.8 * rounded, -rounded, 0):
        assert not check(name, wrong).right


@pytest.mark.parametrize("name", FROM_PRINTED_NUMBERS)
def test_an_answer_from_the_printed_numbers_is_right(name):
    exercise = ALL[name]
    for answer in FROM_PRINTED_NUMBERS[name]:
        rounded = answer
        if not exercise.row.get("round_down"):
            rounded = float(f"{answer:.{exercise.digits - 1}e}")
        for given in (answer, rounded):
            assert check(name, given).right, (given, exercise.range)


@pytest.mark.parametrize("name", [name for name, e in ALL.items() if "printed" in e.row])
def test_what_is_printed_is_a_rounding_of_what_is_meant(name):
    exercise, bound = ALL[name], ALL[name].setting()
    for symbol, value in exercise.row["printed"].items():
        assert value == pytest.approx(bound[symbol], rel=0.01), symbol
    low, high = exercise.range
    assert low <= exercise.value() <= high
    assert high / low < 1.02  # a spread of roundings, and no wider
    for mistake, change in exercise.mistakes.items():
        assert not exercise.accepts(exercise.value(change)), mistake


@every("name, mistake", MISTAKES)
def test_mistake_is_met_with_its_hint(name, mistake):
    exercise = ALL[name]
    reply = check(name, exercise.value(exercise.mistakes[mistake]))
    assert reply.right is False
    assert reply.text == f"Not yet. {exercise.hint(mistake)}"


@pytest.mark.parametrize("name", ALL)
def test_mistakes_are_told_apart(name):
    exercise = ALL[name]
    values = {m: exercise.value(change) for m, change in exercise.mistakes.items()}
    for first, second in combinations(values, 2):
        assert not agrees(values[first], values[second], exercise.digits), (first, second)


@every("name, mistake", MISTAKES)
def test_hint_speaks_of_what_is_in_play(name, mistake):
    exercise = ALL[name]
    change, formula = exercise.mistakes[mistake], FORMULAS[exercise.row["formula"]]
    changed = [s for kind in ("bind", "scale", "add") for s in change.get(kind, {})]
    assert set(changed) <= {*formula.symbols, *formula.optional}
    spoken = re.findall(r"{(\w+)}", change["hint"])
    assert all(s == "unit" or s in exercise.setting() for s in spoken)
    if mistake == "forward-alone":  # a third is the forward pass where training is a factor
        tripled = {"scale": {"train_tokens": 3}}
        assert exercise.value(tripled) == pytest.approx(3 * exercise.value())
    if mistake == "batch-twice":  # it cancels
        assert "batch" not in formula.symbols


@every("name", load("exercises")["mistake"])
def test_a_hint_types_no_number(name):
    # FP8 and bf16 are names. A hint of its own would be true of one exercise only.
    assert not re.findall(
        r"\d+", re.sub(r"FP8|bf16", "", load("exercises")["mistake"][name]["hint"])
    )
    assert any(name in exercise.mistakes for exercise in ALL.values())


@pytest.mark.parametrize("name", ALL)
def test_nothing_gives_the_answer_away(name):
    exercise = ALL[name]
    answer = number(exercise.value(), exercise.digits)
    said = [check(name).text, *map(exercise.hint, exercise.mistakes)]
    said += [check(name, wrong).text for wrong in (1e-3, 1e30, "x", [1, 2])]
    assert not [
        text for text in said if re.search(rf"(?<![\d.,]){re.escape(answer)}(?![\d,])", text)
    ]
    assert exercise.shown in check(name, reveal=True).text


@pytest.mark.parametrize("name", ALL)
def test_unit_is_the_formulas(name):
    exercise = ALL[name]
    unit = load("exercises")["unit"].get(exercise.unit, {"of": "1"})
    assert dimension(unit["of"]) == dimension(FORMULAS[exercise.row["formula"]].unit)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("134", "without quotes"),
        ("134 sequences", "without a unit, in sequences"),
        ([134, 135], "one number"),
        (np.array([134.0]), "one number"),
        (True, "one number"),
        (134j, "one number"),
        ({"batch": 134}, "one number"),
        (check, "one number"),
        (math.nan, "finite"),
        (-math.inf, "finite"),
        (10**400, "finite"),
        (133, "close"),
        (4000000, "too large, by more than a factor of ten"),
        (90, "too small."),
        (1e-300, "too small, by more"),
        (-134, "larger than zero"),
        (0, "larger than zero"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value))[:40],
)  # fmt: skip
def test_what_is_no_answer(answer, said):
    reply = check("sequences-that-fit", answer)
    assert reply.right is False
    assert said in reply.text
    assert "\n" not in reply.text


@pytest.mark.parametrize(
    "answer", [134, 134.0, np.int64(134), np.float32(134), np.array(134), Fraction(134)]
)
def test_every_kind_of_number(answer):
    assert check("sequences-that-fit", answer).right


def test_an_unknown_exercise_is_no_traceback():
    assert "did you mean 'sequences-that-fit'" in check("sequence-that-fits", 3).text


def test_markup_is_escaped():
    assert "&lt;b&gt;" in check("<b>")._repr_html_()


# ---- in the book


@pytest.mark.parametrize("name", ALL)
def test_stands_on_its_page_with_no_answer_given(name):
    notebook = nbformat.read(BOOK / f"{ALL[name].row['page']}.ipynb", as_version=4)
    source = f'check("{name}")'
    (at,) = (
        i for i, c in enumerate(notebook.cells) if c.cell_type == "code" and source in c.source
    )
    cell, solution = notebook.cells[at], notebook.cells[at + 1].source
    assert cell.source.splitlines()[-1] == source
    assert cell.outputs[0]["data"]["text/plain"] == check(name).text
    # The solution that follows is folded, and comes to the same number.
    assert solution.startswith(":::{admonition} Solution\n:class: dropdown")
    shown = re.findall(
        r'<data value="[^"]+">([^<]*)</data>', solution.split("\n:::\n")[0] + "\n:::"
    )
    assert any(number(ALL[name].value(), ALL[name].digits) in text for text in shown), shown


def test_every_chapter_has_one():
    contents = (BOOK.parent / "_toc.yml").read_text()
    chapters = set(re.findall(r"book/([\w-]+)$", contents.partition("Try it")[0], re.M))
    assert {e.row["page"] for e in ALL.values()} >= chapters - {"ledger", "your-model"}
