"""What an instructor takes from the book: links to settings, times, and the lesson plans."""

import ast
import re
from html import unescape
from pathlib import Path

import nbformat
import pytest

from lifebook.explorer import Choice
from lifebook.explorer.gallery import EXPLORERS
from lifebook.figures.style import PAGE_HTML
from theme.links import PERMALINK

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"


def cells(path):
    return nbformat.read(path, as_version=4).cells


def prose(name):
    return "\n".join(c.source for c in cells(BOOK / f"{name}.ipynb") if c.cell_type == "markdown")


def state(query, explorer):
    """Return the setting that an address names, as the explorer takes it."""
    controls = {control.name: control for control in explorer.controls}
    given = dict(part.split("=") for part in query.split("&"))
    return {n: v if isinstance(controls[n], Choice) else float(v) for n, v in given.items()}


LINKS = [
    (path.stem, *match.groups()[1:])
    for path in sorted(BOOK.glob("*.ipynb"))
    for match in PERMALINK.finditer("\n".join(c.source for c in cells(path)))
]


def test_there_are_links():
    assert len([link for link in LINKS if link[0] == "for-instructors"]) >= 20


@pytest.mark.parametrize(("page", "chapter", "target"), LINKS)
def test_link_opens_an_explorer_of_that_chapter_at_a_setting_in_range(page, chapter, target):
    name, query = target.split("?")
    opened = f'data-name="{name}"'
    outputs = [o for c in cells(BOOK / f"{chapter}.ipynb") for o in c.get("outputs", ())]
    assert any(opened in o.get("data", {}).get(PAGE_HTML, "") for o in outputs)
    explorer = EXPLORERS[name]
    assert explorer(**state(query, explorer))


@pytest.mark.parametrize(("page", "chapter", "target"), LINKS)
def test_link_on_the_built_page(page, chapter, target):
    html = (ROOT / f"_build/html/book/{page}.html").read_text("utf-8")
    assert f'href="{chapter}.html#{target}"' in unescape(html)
    assert (ROOT / f"_build/html/book/{chapter}.html").exists()


def test_numbers_beside_links_are_those_of_the_setting():
    text = prose("for-instructors")
    linked = [(t.split("?")[0], state(t.split("?")[1], EXPLORERS[t.split("?")[0]]))
              for _, _, t in (m.groups() for m in PERMALINK.finditer(text))]  # fmt: skip
    computed = re.findall(r"explorer\['([\w-]+)'\]\(([^)]*)\)", text)
    assert len(computed) >= 10
    for name, arguments in computed:
        call = ast.parse(f"f({arguments})", mode="eval").body
        given = {k.arg: ast.literal_eval(k.value) for k in call.keywords}
        assert (name, given) in linked


def test_every_explorer_has_a_question():
    table = prose("for-instructors").partition("## Which explorer")[2].partition("## Questions")[0]
    assert all(f"[{name}]" in table for name in EXPLORERS)


@pytest.mark.parametrize("minutes", [60, 90])
def test_lesson_plan_fills_its_time(minutes):
    plan = re.search(
        rf"## One \w+ of {minutes} minutes\n(.*?)\n## ", prose("for-instructors"), re.S
    )
    steps = re.findall(r"^\| (\d+) to (\d+) \|", plan[1], re.M)
    ends = [int(end) for _, end in steps]
    assert [int(start) for start, _ in steps] == [0, *ends[:-1]]
    assert ends[-1] == minutes


def test_problem_set_is_an_exam():
    text = prose("problem-set")
    worth = re.findall(r">(\d+) points, (\d+) minutes<", text)
    assert len(worth) >= 8
    assert sum(int(minutes) for _, minutes in worth) <= 120
    assert re.search(r"\*\*Points\*\* <data[^>]*>(\d+)<", text)[1] == str(
        sum(int(p) for p, _ in worth)
    )
    assert re.search(r"\*\*Time\*\* <data[^>]*>(\d+)<", text)[1] == str(
        sum(int(m) for _, m in worth)
    )
    assert text.count(":::{admonition} Solution\n:class: dropdown") == len(worth)
