"""The reference pages say what the package knows, and who uses it."""

import functools
import re
from pathlib import Path

import pytest
from every import every

from lifebook.ledger import ledger
from lifecost import FORMULAS, hardware, models
from lifecost.symbols import SYMBOLS
from tools import reference

pages = functools.cache(reference.pages)


@functools.cache
def cards():
    """Return the page of each formula and what it says there."""
    return {
        name: (page, card)
        for page, text in pages().items()
        for name, card in re.findall(r"^## `(\w+)`\n(.+?)(?=^## |\Z)", text, re.S | re.M)
    }


@pytest.mark.parametrize(
    ("page", "names"),
    [("notation", SYMBOLS), ("formulas", FORMULAS), ("models", models), ("hardware", hardware)],
)
def test_nothing_is_missing(page, names):
    assert [name for name in names if f"`{name}`" not in pages()[f"{page}.md"]] == []


def test_every_formula_has_a_card_on_the_page_of_its_module():
    assert {name: page for name, (page, _) in cards().items()} == {
        name: f"formulas/{formula.module}.md" for name, formula in FORMULAS.items()
    }


def test_links_lead_to_cards():
    found = [
        ((Path(page).parent / target).as_posix(), name)
        for page, text in pages().items()
        for target, name in re.findall(r"\]\(([\w/]+\.md)#(\w+)\)", text)
    ]
    assert len(found) > 500
    assert [link for link in found if cards()[link[1]][0] != link[0]] == []


@every("entry", ledger())
def test_what_a_row_of_the_ledger_computes_says_so(entry):
    if name := entry.row.get("formula"):
        assert "(../../ledger.ipynb)" in cards()[name][1]


@every("name", FORMULAS)
def test_a_card_says_what_the_formula_is_made_of(name):
    def linked(row, of):
        (line,) = re.findall(rf"^\| \*\*{row}\*\* \|(.*)$", cards()[of][1], re.M) or [""]
        return set(re.findall(r"\[`(\w+)`\]", line))

    direct = linked("Made of", name)
    assert all(name in linked("Part of", part) for part in direct)
    # From each to what it is made of, and so on: all that the formula uses, and nothing else.
    assert direct.union(*({f.name for f in FORMULAS[part].uses} for part in direct)) == {
        used.name for used in FORMULAS[name].uses
    }


def test_equal_trees_give_equal_bytes(tmp_path):
    reference.write(tmp_path, pages())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")}
    reference.write(tmp_path, reference.pages())
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")} == before
