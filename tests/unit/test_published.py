"""Every printed number that is computed again: its verdict, row by row."""

import csv
import io
from collections import Counter

import pytest
from every import every

from lifebook.data import load
from lifebook.evidence import rows
from lifebook.published import (
    HEAD,
    MARKS,
    VERDICTS,
    Number,
    number_of,
    published,
    reading,
    readings,
    sources,
)
from lifecost import FORMULAS, InputError
from tools.reference import published_csv

NUMBERS = published()
# Groups whose every row rounds to the printed digits.
EXACT = {
    ("stepfun2025step3", "table 2"): 36,
    ("stepfun2025step3", "table 3"): 36,
    ("stepfun2025step3", "table 6"): 108,
    ("stepfun2025step3", "table 7"): 4,
    ("brandon2024reducing", "table 1"): 15,
    ("zadouri2025hardware", "table 5"): 10,
    ("yuan2025native", "table 4"): 8,
}


@pytest.mark.parametrize("place", EXACT, ids=" ".join)
def test_a_whole_table_agrees(place):
    verdicts = [n.verdict for n in NUMBERS if (n.source, n.where) == place]
    assert verdicts == ["agrees"] * EXACT[place]


@every("number", NUMBERS)
def test_row(number):
    assert all((number.source, number.where, number.claim, number.unit, number.quantity))
    assert number.verdict in VERDICTS
    if number.verdict in ("differs", "not computed"):
        assert len(number.note) > 20
    if number.value is not None:
        assert number.formula
        assert 0.3 < number.ratio < 3


def test_parameters_of_checkpoints_are_exact():
    counts = [n for n in NUMBERS if "KerasHub" in n.source or "checkpoints" in n.source]
    assert len(counts) >= 20
    assert {n.verdict for n in counts} == {"agrees"}


def test_there_are_enough():
    assert len(NUMBERS) >= 300
    assert sources() >= 40
    assert {number.verdict for number in NUMBERS} == set(VERDICTS)
    assert sum(n.formula in FORMULAS for n in NUMBERS) > len(NUMBERS) / 3
    twice = [claim for claim, n in Counter(n.claim for n in NUMBERS).items() if n > 1]
    assert not twice


def test_every_number_says_how_it_was_read_and_nothing_else_does(monkeypatch):
    others = [(row["source"], row["where"]) for row in load("experiments")["row"]]
    found = {(n.source, n.where) for n in NUMBERS} | set(others)
    found |= {(source, "") for source, _ in found}
    assert set(readings()) <= found
    assert all(reading(*place) for place in others)
    assert {n.reading.mark for n in NUMBERS} == set(MARKS)
    places = [len(row.get("where", [""])) for row in rows("published_readings")]
    assert len(readings()) == sum(places)  # none is said twice
    # A place comes before its source: one sentence of a paper that was else opened.
    one = next(n for n in NUMBERS if n.where == "section 5.4.3")
    assert one.reading != readings()["deepseekv3", ""]
    with pytest.raises(InputError, match="unheard of, table 1: no row says how it was read"):
        reading("unheard of", "table 1")
    row = {"source": "one", "mark": "yes", "form": "the page", "checked": "2026-11-26"}
    monkeypatch.setattr("lifebook.published.rows", lambda name: [row])
    with pytest.raises(InputError, match="unknown mark 'yes'"):
        readings.__wrapped__()


def test_the_file_has_every_row():
    table = list(csv.DictReader(io.StringIO(published_csv())))
    assert [row["claim"] for row in table] == [n.claim for n in NUMBERS]
    assert [row["verdict"] for row in table] == [n.verdict for n in NUMBERS]


ROW = dict(
    source="pope2023efficiently", where="table 1", quantity="KV cache", claim="one", unit="1",
    printed="2.0", expression="1 + 1", note="",
)  # fmt: skip


def test_a_row_of_the_data_is_a_number():
    assert tuple(ROW) == HEAD
    assert number_of(ROW).verdict == "agrees"
    assert number_of({**ROW, "expression": ""}).verdict == "not computed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": ""}, "published number one: no source"),
        ({"where": ""}, "published number one: no where"),
        ({"expression": "float('nan')"}, "is nan"),
    ],
)
def test_what_is_no_number_is_refused(change, said):
    with pytest.raises(InputError, match=said):
        number_of({**ROW, **change})


@pytest.mark.parametrize(
    ("value", "printed", "verdict"),
    [
        (6.97e9, "7E+9", "agrees"), (6.4e9, "7E+9", "differs"),
        (2.25, "2.25", "agrees"), (2.2549, "2.25", "agrees"), (2.256, "2.25", "within 2 %"),
        (0.933, "0.9", "agrees"), (1.0199, "1.000", "within 2 %"), (1.0201, "1.000", "differs"),
        (131_072, "131072", "agrees"), (131_073, "131072", "within 2 %"), (2, "1", "differs"),
        (None, "1", "not computed"),
    ],
)  # fmt: skip
def test_a_verdict_goes_by_the_printed_digits(value, printed, verdict):
    assert Number("", "", "", "", "", value, printed).verdict == verdict
