"""Exams of other numbers: the same seed the same exam, each answer right, nothing told."""

import nbformat
import pytest

from lifebook.exercises import check, exercises
from tools import execute, problems

SEEDS = range(20)
VARYING = [name for name, e in exercises().items() if "vary" in e.row]


@pytest.fixture(scope="module")
def notebook():
    return nbformat.read(execute.BOOK / "problem-set.ipynb", as_version=4)


@pytest.fixture(scope="module")
def solved(notebook):
    return problems.varied(notebook, seed=17)


@pytest.fixture(scope="module")
def asked(solved):
    return problems.assignment(solved, seed=17)


@pytest.mark.parametrize("name", VARYING)
def test_a_variant_has_an_answer_of_its_own_and_sees_mistakes(name):
    found = [exercises(seed)[name] for seed in SEEDS]
    assert len({each.value() for each in found}) == len({str(e.row["values"]) for e in found}) > 1
    for seed, each in zip(SEEDS, found, strict=True):
        assert each.value() > 0
        assert exercises(seed)[name].row == each.row
        assert check(name, each.value(), seed=seed).right
        for mistake, change in each.mistakes.items():
            reply = check(name, each.value(change), seed=seed)
            assert not reply.right, (mistake, each.row)


@pytest.mark.parametrize("name", VARYING)
def test_what_varies_is_a_value_of_the_row_and_the_page_has_one_of_the_choices(name):
    row = exercises()[name].row
    for symbol, choices in row["vary"].items():
        assert row["values"][symbol] in choices
        assert len(set(choices)) == len(choices) > 1


def test_the_text_says_the_numbers_of_the_seed(solved):
    text = "\n".join(cell.source for cell in solved.cells if cell.cell_type == "markdown")
    for name in VARYING:
        assert f">{exercises(17)[name].shown}<" in text or name == "a-long-life"
    assert "Traceback" not in text


def test_an_assignment_tells_no_answer_and_asks_for_every_point(asked):
    nbformat.validate(asked)
    text = "\n".join(cell.source for cell in asked.cells if cell.cell_type == "markdown")
    assert "Solution" not in text
    assert "<data" not in text
    marks = [cell.metadata["nbgrader"] for cell in asked.cells if "nbgrader" in cell.metadata]
    assert len({mark["grade_id"] for mark in marks}) == len(marks)
    known = [e for e in exercises().values() if e.row["page"] == "problem-set"]
    assert sum(m["points"] for m in marks if m["grade"]) == sum(e.row["points"] for e in known)
    # What nbgrader takes out of a release is all that tells.
    for cell in asked.cells:
        if cell.cell_type == "code":
            kept = cell.source.partition("### BEGIN")[0] + cell.source.rpartition("### END")[2]
            assert "check" not in kept
            assert "answer =" not in kept


def test_its_tests_accept_the_solution_and_nothing_else(asked):
    scope = {}
    for cell in asked.cells:
        if cell.cell_type == "code":
            exec(cell.source, scope)
            if cell.source.startswith("### BEGIN HIDDEN"):
                scope["answer"] = -1
                with pytest.raises(AssertionError):
                    exec(cell.source, scope)


def test_the_seed_of_the_page_is_none(notebook):
    assert "seed=None" in "\n".join(cell.source for cell in notebook.cells)
