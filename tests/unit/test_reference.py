"""The generated pages are what the package gives."""

from pathlib import Path

import pytest

from lifecost import FORMULAS, hardware, models
from lifecost.symbols import SYMBOLS
from tools import reference

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", reference.GENERATED)
def test_file_is_up_to_date(name):
    committed = (ROOT / "book" / name).read_text("utf-8")
    assert committed == reference.GENERATED[name](), "run make generate"


@pytest.mark.parametrize(
    ("page", "names"),
    [("notation", SYMBOLS), ("formulas", FORMULAS), ("models", models), ("hardware", hardware)],
)
def test_nothing_is_missing(page, names):
    text = reference.GENERATED[f"reference/{page}.md"]()
    assert [name for name in names if f"`{name}`" not in text] == []
