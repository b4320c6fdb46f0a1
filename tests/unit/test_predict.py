"""Guesses before answers: what a row of the data and a cell make of them."""

import html
import json
import re

import pytest

from lifebook.data import load
from lifebook.explorer import Plot
from lifebook.explorer.gallery import EXPLORERS
from lifebook.figures.style import PAGE_HTML
from lifebook.predict import Prediction, predict
from lifecost.errors import InputError

ROWS = load("predictions")
NUMBER = {
    "question": "How many days?",
    "unit": "days",
    "range": [1, 1000],
    "replies": {"close": "It is {truth}.", "low": "More: {why}.", "high": "Fewer <b>."},
}
CHOICES = {
    "question": "How large?",
    "values": [0.1, 1, 10],
    "choices": {"a tenth": "No.", "the same": "No, {truth} times.", "ten times": "Yes, {truth}."},
}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr("lifebook.predict.load", lambda _: ROWS | {"n": NUMBER, "c": CHOICES})


@pytest.mark.parametrize("name", ROWS)
def test_a_row_asks_one_question_and_answers_every_guess(name):
    row = ROWS[name]
    known = {"question", "covers", "axis", "unit", "range", "replies", "choices", "values"}
    assert set(row) <= known
    assert row["question"].count("?") == 1
    assert row["question"].endswith("?")
    assert row.get("covers", next(iter(EXPLORERS))) in EXPLORERS
    if "axis" in row:
        panels = (p for p in EXPLORERS[row["covers"]].picture if isinstance(p, Plot))
        assert set(row["axis"]) < {axis.at for panel in panels for axis in (panel.x, panel.y)}
    if "choices" in row:
        assert not {"unit", "range", "replies"} & set(row)
        assert 2 <= len(row["choices"]) <= 5
        assert len(row.get("values", row["choices"])) == len(row["choices"])
    else:
        low, high = row["range"]
        assert 0 <= low < high
        assert list(row["replies"]) == ["close", "low", "high"]
        assert row["unit"] in row["question"]


def test_replies_name_the_truth_and_what_the_cell_says():
    found = predict("n", 13.36, why="all of it")
    assert found.replies == {
        "close": "It is 13.4.", "low": "More: all of it.", "high": "Fewer <b>.",
    }  # fmt: skip
    assert (found.answer, found.truth, found.choices) == ("It is 13.4 days.", 13.36, [])


@pytest.mark.parametrize(
    ("truth", "place"), [(0.02, 0), (0.3, 0), (0.4, 1), (3, 1), (4, 2), (500, 2), ("the same", 1)]
)
def test_the_choice_is_the_nearest(truth, place):
    row = CHOICES | {"choices": {name: "" for name in CHOICES["choices"]}}
    load_one = {"c": row}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lifebook.predict.load", lambda _: load_one)
        assert predict("c", truth).truth == place


@pytest.mark.parametrize(
    ("name", "truth", "said"),
    [
        ("days", 3, "unknown prediction 'days'; did you mean 'days-of-service'"),
        ("n", 2000, "truth = 2000 of n is not within 1 to 1000"),
        ("n", float("nan"), "truth = nan of n"),
        ("n", "the same", "truth = 'the same' of n"),
        ("c", "the sam", "unknown choice of c 'the sam'; did you mean 'the same'"),
        ("c", 0, "truth = 0 of c is near none of the values"),
        ("c", float("inf"), "truth = inf of c"),
    ],
)
def test_a_wrong_truth_is_refused(name, truth, said):
    with pytest.raises(InputError, match=re.escape(said)):
        predict(name, truth, why="")


@pytest.mark.parametrize(("name", "truth"), [("n", 13.36), ("c", 8.5)])
def test_every_form_asks_before_it_answers(name, truth):
    found = predict(name, truth, why="all <of> it")
    forms = found._repr_mimebundle_()
    # A picture would be shown in place of the words.
    assert set(forms) == {"text/plain", "text/markdown", PAGE_HTML}
    page = html.unescape(re.sub("<script.*?</script>", "", forms[PAGE_HTML]))
    for text in (repr(found), forms["text/markdown"], page):
        parts = [found.question, *found.choices, found.answer, found.explanation]
        places = [text.index(part) for part in parts]
        assert places == sorted(places)
        assert len(set(places)) == len(places)
    for text in (forms["text/markdown"], forms[PAGE_HTML]):
        assert text.index("<details") < text.index(found.answer)


def test_what_the_script_reads_cannot_end_the_script():
    found = Prediction("x", "?", "</script><b>", 0, {"</script>": "<!--", "b": ""})
    page = found.markup()
    assert page.count("</script>") == 1
    data = json.loads(re.search(r"json\">(.*?)</script>", page)[1])
    assert data["answer"] == "</script><b>"
    assert list(data["replies"]) == found.choices
