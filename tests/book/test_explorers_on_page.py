"""The explorers of the built page, in a browser, against Python.

`browser` and `server` (the address of the built book) are fixtures of tests/conftest.py.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import random
import re
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
from tabs import listen

from lifebook.explorer import Choice
from lifebook.explorer.gallery import EXPLORERS

ROOT = Path(__file__).parents[2]
CHAPTER = {
    explorer: path.stem
    for path in (ROOT / "book").glob("*.ipynb")
    for explorer in EXPLORERS
    if f'data-name=\\"{explorer}\\"' in path.read_text("utf-8")
}
SETTINGS = 200
SVG, USE = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/2000/svg}use"

# Sets the controls as a reader does, one input event each, and reads back all that is shown.
DRIVE = """
([name, states]) => {
  const explorer = document.querySelector(`lifecost-explorer[data-name="${name}"]`);
  return states.map((state) => {
    for (const [control, value] of Object.entries(state)) {
      const field = explorer.querySelector(`[name="${control}"]`);
      field.value = value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    const outputs = [...explorer.querySelectorAll("output")];
    return {
      values: Object.fromEntries(outputs.map((o) => [o.name, o.dataset.value])),
      texts: outputs.map((o) => o.textContent),
      equation: explorer.querySelector(".lifecost-equation").textContent,
      problem: explorer.querySelector(".lifecost-problem").textContent,
      marks: Object.fromEntries(explorer.data.marks.map(({ name, kind, node }) => [name,
        kind === "dot" ? [node.getAttribute("x"), node.getAttribute("y")].join(" ")
          : node.getAttribute("d")])),
    };
  });
}
"""

# Leads to a setting on the same page; done when the page, which listened before, has heard of it.
FOLLOW = """
async (place) => {
  const before = location.href;
  const heard = new Promise((done) => addEventListener("hashchange", done, { once: true }));
  location.hash = place;
  if (location.href !== before) await heard;
}
"""


def settings(explorer, count, seed=0):
    """Yield the extremes of each control, then random settings between them."""
    draw = random.Random(seed)
    ends = [
        list(c.options) if isinstance(c, Choice) else [c.low, c.opening, c.high]
        for c in explorer.controls
    ]
    for k in range(count):
        state = {}
        for control, corners in zip(explorer.controls, ends, strict=True):
            if k < 30 or isinstance(control, Choice):
                state[control.name] = draw.choice(corners)
            else:
                low, high = control.low, control.high
                value = low * (high / low) ** draw.random()
                value = min(high, max(low, float(f"{value:.6g}")))
                state[control.name] = round(value) if control.is_whole else value
        yield state


@pytest.fixture(params=EXPLORERS, scope="module")
def explorer(request):
    return EXPLORERS[request.param]


@pytest.fixture(scope="module")
def chapter(browser, server, explorer):
    """Yield the explorer's page; at the end nothing may have gone wrong on it."""
    with browser.new_page() as page:
        listen(page).goto(f"{server}/book/{CHAPTER[explorer.name]}.html")
        yield page
        assert page.complaints == []


@pytest.fixture
def page(chapter, explorer):
    chapter.locator(f"#{explorer.name} button", has_text="Reset").click()
    return chapter


def drawn(explorer, state):
    """Return the size of the SVG that matplotlib draws of a setting, and where its marks are.

    Read from the drawing itself, which knows nothing of what the page is told of its axes.
    """
    figure = explorer.figure(**state)
    tree = ElementTree.fromstring(figure.svg())
    groups = {group.get("id"): group for group in tree.iter(f"{SVG}g")}
    found = {}
    for mark in explorer.marks:
        group = groups[f"{figure.name}-{mark.name}"]
        if mark.kind == "dot":
            found[mark.name] = [(float(u.get("x")), float(u.get("y"))) for u in group.iter(USE)]
        else:
            paths = [path for path in group.iter(f"{SVG}path") if path.get("style")]
            found[mark.name] = points(paths[-1].get("d")) if paths else []
    _, _, width, height = map(float, tree.get("viewBox").split())
    return (width, height), found


def points(path):
    """Return the corners of a path of lines."""
    numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def distance(point, line):
    """Return how far a point is from a line through corners."""
    p, corners = np.array(point), np.array(line)
    starts, steps = corners[:-1], np.diff(corners, axis=0)
    lengths = np.maximum((steps**2).sum(axis=1), 1e-12)
    along = np.clip(((p - starts) * steps).sum(axis=1) / lengths, 0, 1)
    return np.sqrt(((starts + along[:, None] * steps - p) ** 2).sum(axis=1)).min()


def test_every_explorer_stands_on_a_page():
    assert set(CHAPTER) == set(EXPLORERS)


def test_values_texts_and_marks_are_those_of_python(page, explorer):
    states = list(settings(explorer, SETTINGS))
    kinds = {mark.name: mark.kind for mark in explorer.marks}
    for state, shown in zip(states, page.evaluate(DRIVE, [explorer.name, states]), strict=True):
        assert shown["problem"] == ""
        expected = explorer(**state)
        assert {k: float(v) for k, v in shown["values"].items()} == pytest.approx(
            expected, rel=1e-9
        )
        assert shown["texts"] == [text for _, text in explorer.readouts(**state)]
        assert shown["equation"] == explorer.equation(**state)
    compared = set()
    # Drawing in matplotlib takes a while: every tenth setting, the extremes among them.
    for state in states[::10]:
        (shown,) = page.evaluate(DRIVE, [explorer.name, [state]])
        size, marks = drawn(explorer, state)
        for name, wanted in marks.items():
            text = shown["marks"][name]
            if kinds[name] == "bar":  # from the same base, to the same end
                (left, _), (right, _), *_ = points(text)
                (base, _), (end, _), *_ = wanted
                assert left == pytest.approx(base, abs=0.02)
                assert right == pytest.approx(max(base, end), abs=0.02)  # never less than nothing
            elif kinds[name] == "dot":
                (got,) = points(text)
                # Matplotlib leaves out what is outside of the figure.
                assert got == pytest.approx(wanted[0], abs=0.02) if wanted else outside(got, size)
            else:  # it also cuts lines at the figure's edge, and leaves out corners that are none
                inside = [point for point in points(text) if not outside(point, size)]
                assert all(distance(point, wanted) < 0.15 for point in inside)
                compared.update([name] if inside else [])
    lines = {name for name, kind in kinds.items() if kind == "line"}
    assert compared == lines


def outside(point, size):
    """Return whether a point lies beyond the edge of the figure."""
    return not all(0 <= at <= end for at, end in zip(point, size, strict=True))


def test_a_link_restores_the_setting(page, explorer, server):
    address = f"{server}/book/{CHAPTER[explorer.name]}.html"
    for k, state in enumerate(settings(explorer, 35, seed=1)):
        query = "&".join(f"{name}={quote(str(value))}" for name, value in state.items())
        if k % 15 == 0:  # a fresh page now and then; otherwise the open one hears of the link
            page.goto("about:blank")
            page.goto(f"{address}#{explorer.name}?{query}")
        page.evaluate(FOLLOW, f"{explorer.name}?{query}")
        (shown,) = page.evaluate(DRIVE, [explorer.name, [{}]])
        assert {k: float(v) for k, v in shown["values"].items()} == pytest.approx(
            explorer(**state), rel=1e-9
        )


def test_copy_link_and_copy_as_python_give_the_same_numbers(page, explorer):
    *_, state = settings(explorer, 40, seed=2)
    page.evaluate(DRIVE, [explorer.name, [state]])
    code = page.evaluate(f'document.querySelector("#{explorer.name}").python()')
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, {})
    printed = eval(output.getvalue(), {"inf": math.inf})
    (shown,) = page.evaluate(DRIVE, [explorer.name, [{}]])
    assert {k: float(v) for k, v in shown["values"].items()} == pytest.approx(printed, rel=1e-9)
    page.locator(f"#{explorer.name} button", has_text="Copy link").click()
    assert page.url.partition("#")[2].startswith(f"{explorer.name}?")
    page.evaluate(DRIVE, [explorer.name, [explorer.opening]])
    page.reload()
    (again,) = page.evaluate(DRIVE, [explorer.name, [{}]])
    assert again["values"] == shown["values"]


def test_reset_returns_to_the_opening(page, explorer):
    before = page.evaluate(DRIVE, [explorer.name, [{}]])
    page.evaluate(DRIVE, [explorer.name, list(settings(explorer, 3, seed=3))])
    page.locator(f"#{explorer.name} button", has_text="Reset").click()
    assert page.evaluate(DRIVE, [explorer.name, [{}]]) == before


def test_sliders_move_by_keyboard(page, explorer):
    slider = page.locator(f"#{explorer.name} input[type=range]").first
    field = page.locator(f"#{explorer.name} input[type=number]").first
    before = float(field.input_value())
    slider.focus()
    for _ in range(40):
        page.keyboard.press("ArrowRight")
    assert float(field.input_value()) > before
    assert slider.get_attribute("aria-valuetext")


@pytest.mark.parametrize("text", ["", "-1", "nope", "1e999", "NaN", "0x10", "1e30"])
def test_an_impossible_number_is_named_and_changes_nothing(page, explorer, text):
    before = page.evaluate(DRIVE, [explorer.name, [{}]])[0]
    control = next(c for c in explorer.controls if not isinstance(c, Choice))
    (shown,) = page.evaluate(DRIVE, [explorer.name, [{control.name: text}]])
    assert shown["values"] == before["values"]
    assert control.name in shown["problem"]


def test_a_fraction_of_a_whole_number_is_named_and_changes_nothing(page, explorer):
    before = page.evaluate(DRIVE, [explorer.name, [{}]])[0]
    for control in explorer.controls:
        if not isinstance(control, Choice) and control.is_whole:
            (shown,) = page.evaluate(DRIVE, [explorer.name, [{control.name: "2.5"}]])
            assert shown["values"] == before["values"]
            assert f"{control.name} = 2.5: give a whole number from" in shown["problem"]


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "1e400", "-1e400", "NaN",
    "Infinity", "__proto__", "constructor", "toString", "hasOwnProperty", "javascript:alert(1)",
    "%00", "%E0%A4%A", "' OR 1=1", "9" * 5000, "1;2", "[]", "{}", "null",
]  # fmt: skip


def test_hostile_links_change_nothing(page, explorer):
    before = page.evaluate(DRIVE, [explorer.name, [{}]])[0]
    nodes = page.evaluate("document.querySelectorAll('*').length")
    names = [c.name for c in explorer.controls] + ["__proto__", "constructor", "data", "state"]
    # The event by hand: browsers throttle hundreds of navigations in a row.
    links = [f"{explorer.name}?{name}={text}" for text in HOSTILE for name in names]
    page.evaluate(
        """(links) => links.forEach((link) => {
      history.replaceState(null, "", "#" + link);
      dispatchEvent(new HashChangeEvent("hashchange"));
    })""",
        links,
    )
    for link in ("?" * 5000, f"{explorer.name}?{'x' * 1_000_000}"):
        page.evaluate(FOLLOW, link)
    assert page.evaluate(DRIVE, [explorer.name, [{}]])[0] == before
    assert page.evaluate("document.querySelectorAll('*').length") == nodes


def test_without_a_script_values_and_figure_stand(browser, server, explorer):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server}/book/{CHAPTER[explorer.name]}.html")
    found = page.locator(f"lifecost-explorer[data-name={explorer.name}]")
    for name, value in explorer().items():
        shown = found.locator(f"output[name={name}]").get_attribute("data-value")
        assert json.loads(shown) == pytest.approx(value, rel=1e-12)
    assert found.locator("svg").is_visible()
    context.close()
