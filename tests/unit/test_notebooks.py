"""The committed notebooks: executed, filled in, and lean. nbval runs them and compares."""

import re
from pathlib import Path

import nbformat
import pytest
from every import every

from lifebook.figures.style import PAGE_HTML
from lifecost import FORMULAS
from lifecost.symbols import SYMBOLS
from tools import execute, reading

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "book").glob("*.ipynb"))
PAGES = ("intro", "ledger", "your-model", "for-instructors", "problem-set")
CHAPTERS = [p for p in NOTEBOOKS if p.stem not in PAGES]


def read(path):
    return nbformat.read(path, as_version=4)


def plain(cell):
    """Return whether a cell stands alone, numbers and all; `test_by_hand` holds it."""
    return "plain" in cell.metadata.get("tags", ())


def code(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def prose(path):
    return "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def notebook(request):
    return request.param


@pytest.fixture(params=CHAPTERS, ids=lambda p: p.stem)
def chapter(request):
    return request.param


def test_every_notebook_of_the_contents_is_here():
    contents = re.findall(r"book/([\w-]+)$", (ROOT / "_toc.yml").read_text(), re.M)
    pages = {p.stem for p in NOTEBOOKS} | {p.stem for p in (ROOT / "book").glob("*.md")}
    assert set(contents) == pages


def test_executed_from_top_to_bottom(notebook):
    # nbval runs a cell without an execution count and compares nothing.
    assert [cell.execution_count for cell in code(notebook)] == list(
        range(1, len(code(notebook)) + 1)
    )


def test_no_cell_failed_or_warned(notebook):
    for cell in code(notebook):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"


def test_numbers_in_prose_are_there(notebook):
    assert len(execute.NUMBER.findall(prose(notebook))) >= 5


def test_nothing_fleeting_is_committed(notebook):
    found = read(notebook)
    assert set(found.metadata) == {"kernelspec", "language_info"}
    assert set(found.metadata.language_info) == {"name"}
    for cell in code(notebook):
        assert set(cell.metadata) <= {"tags", "mystnb"}
        for output in cell.outputs:
            assert not any("widget" in kind for kind in output.get("data", {}))


def test_no_word_of_a_figure_is_black_on_a_dark_page(notebook):
    outputs = [output.get("data", {}) for cell in code(notebook) for output in cell.outputs]
    drawn = "\n".join(data.get(PAGE_HTML, "") for data in outputs)
    for svg in re.findall(r"<svg.*?</svg>", drawn, re.S):
        words = re.findall(r"<text([^>]*)>\s*[^<\s]", svg)
        # Without a fill it would be; the map of speculation is opaque, its words in white boxes.
        assert words
        assert all("fill: " in look for look in words) or 'id="speculation-map-' in svg


def test_cells_are_short_and_define_nothing(notebook):
    for cell in code(notebook):
        if plain(cell):
            continue
        lines = [s for s in cell.source.splitlines() if s and not s.startswith(("from", "import"))]
        # The code of the opening picture is folded away on the page.
        limit = 9 if "hide-input" in cell.metadata.get("tags", ()) else 7
        assert len(lines) <= limit, cell.source
        assert len(cell.source.splitlines()) <= 12, cell.source
        assert not re.search(r"^\s*(def|class)\s", cell.source, re.M), cell.source


def test_no_constant_with_a_unit(notebook):
    # Settings come from the data. What may stand in a cell are small counts and powers of ten
    # that only place a grid or scale an axis.
    for cell in code(notebook):
        if plain(cell):
            continue
        source = re.sub(r"\"[^\"]*\"|'[^']*'", "", cell.source)
        for number in re.findall(r"(?<![\w.])\d[\d_.]*(?:e[+-]?\d+)?", source):
            value = float(number.replace("_", "").rstrip("."))
            is_power_of_ten = re.fullmatch(r"10*|1e[+-]?\d+", number) is not None
            assert value <= 200 or is_power_of_ten, cell.source


def test_the_time_that_a_page_takes_is_that_of_its_parts(notebook):
    said = execute.TIME.findall(prose(notebook))
    untimed = {"intro", "for-instructors", "problem-set"}  # the last adds up its problems
    assert said == ([] if notebook.stem in untimed else [reading.time(read(notebook))])


def test_each_exercise_has_a_level_and_each_level_an_exercise(chapter):
    exercises = prose(chapter).partition("## Exercises")[2]
    levels = re.findall(r"^\*\*\d+\.\*\* \*([\w ]+)\.\* ", exercises, re.M)
    assert set(levels) == {"Estimate", "Compute", "Find the mistake", "Design"}
    assert re.findall(r"^\*\*(\d+)\.\*\*", exercises, re.M) == [
        str(place) for place in range(1, len(levels) + 1)
    ]


def test_figures_have_a_name_and_a_caption(notebook):
    found = []
    for cell in code(notebook):
        for output in cell.outputs:
            html = output.get("data", {}).get(PAGE_HTML, "")
            # What there is to see, for those who do not see it; and, in a sentence, what of it.
            seen = re.findall(r'<svg role="img" aria-label="([^"]{80,}\.)"', html)
            said = re.findall(r"<figcaption>([^<]{50,}\.)</figcaption>", html)
            assert html.count("<svg") == len(seen) == len(said)
            found += zip(seen, said, strict=True)
    assert all(alt != caption for alt, caption in found)
    assert len({caption for _, caption in found}) == len(found)


def test_opens_with_objectives_time_needs_and_symbols(chapter):
    (at,) = (i for i, c in enumerate(read(chapter).cells) if "**Time**" in c.source)
    assert at <= 5  # below the opening picture
    block = read(chapter).cells[at].source
    goals = block.partition("\n\n**Time**")[0].splitlines()
    assert goals[:2] == ["After this chapter you can", ""]
    assert 2 <= len(goals[2:]) <= 4
    assert all(re.fullmatch(r"- .+[;.]", goal) for goal in goals[2:])
    # Nothing that it teaches or shows can be measured by "understand" or "know".
    assert not re.search(r"^- (understand|know|learn|appreciate)", block, re.M)
    needs = (
        r"\*\*Time\*\* \d\d minutes, and \d\d for the exercises\. "
        r"\*\*You need\*\* [^\n]+\.\n\*\*New symbols\*\* [^\n]+"
    )
    assert re.search(needs, block)


def test_few_new_symbols_and_each_in_the_notation(chapter):
    line = re.search(r"\*\*New symbols\*\* (.+)", prose(chapter))[1]
    assert "([notation](reference/notation.md)). " in f"{line} "
    new, _, constants = line.partition(" **Constants of a law** ")
    found = [re.findall(r"[^,]+", m) for m in re.findall(r"\$([^$]+)\$", new)]
    assert sum(map(len, found)) <= 7
    known = {s.latex for s in SYMBOLS.values()} | {f.latex for f in FORMULAS.values()}
    symbols = [s for m in re.findall(r"\$([^$]+)\$", new + constants) for s in re.split(r", ?", m)]
    assert not set(symbols) - known


@every("part", ["## Predict", "## Explore", "## Derive",
             "## Worked example", "## What it leaves out", "## Check against the world",
             "## Exercises", ":class: dropdown", "Takeaway"])  # fmt: skip
def test_rhythm(chapter, part):
    assert part in prose(chapter)


def test_the_running_case_takes_a_step(chapter):
    _, *sections = re.split(r"^## ", prose(chapter), flags=re.M)
    (case,) = (s for s in sections if "running case" in s.partition("\n")[0])
    assert "**The step.** " in case or "**The decision.** " in case
    assert any("from lifebook.measure.case import" in cell.source for cell in code(chapter))


def test_at_least_two_exercises_with_folded_solutions(chapter):
    text = prose(chapter)
    assert text.count(":::{admonition} Solution\n:class: dropdown") >= 2
    assert text.index("## Exercises") < text.index(":::{admonition} Solution")


def test_a_guess_is_asked_before_any_picture_tells(chapter):
    outputs = (output.get("data", {}) for cell in code(chapter) for output in cell.outputs)
    shown = (data[PAGE_HTML] for data in outputs if PAGE_HTML in data)
    assert "<lifecost-predict" in next(shown)


@pytest.mark.parametrize("text", ["book/jose-checklist.md", "paper/paper.md"])
def test_the_paper_and_its_checklist_say_what_chapters_take(text):
    said = " ".join((ROOT / text).read_text().split())
    lines = [re.search(r"\*\*Time\*\* (\d+) minutes, and (\d+)", prose(c)) for c in CHAPTERS]
    times = [tuple(map(int, line.groups())) for line in lines]
    reading_times = [minutes for minutes, _ in times]
    least, most = map(int, re.search(r"(\d+) to (\d+) minutes", said).groups())
    assert (least, most) == (min(reading_times), max(reading_times))
    hours = tuple(round(sum(minutes) / 60) for minutes in zip(*times, strict=True))
    assert hours == tuple(map(int, re.search(r"about (\d) hours.*? (\d) ", said).groups()))
