"""The explorers of the built site, in a browser, against Python.

`browser` and `server` (the address of the built book) are fixtures of tests/conftest.py. An
explorer is opened once, alone on its own page; what a chapter adds is asked of the chapter.
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

import pytest
from tabs import listen

from lifebook.explorer import Choice, Lanes, Plot
from lifebook.explorer.gallery import EXPLORERS
from lifebook.explorer.words import shown
from lifecost.stack import STACK

ROOT = Path(__file__).parents[2]
CHAPTER = {
    explorer: path.stem
    for path in (ROOT / "book").glob("*.ipynb")
    for explorer in EXPLORERS
    if f'data-name=\\"{explorer}\\"' in path.read_text("utf-8")
}
SETTINGS, TYPED = 200, 50
EXACT = 1e-12
VIEWS = {"laptop": (1280, 720), "phone": (390, 844)}

# Sets the controls as a reader does, one entry each, or as a link does; reads back what is shown.
DRIVE = """
async ([name, states]) => {
  const explorer = document.querySelector(`lifecost-explorer[data-name="${name}"]`);
  await Promise.all(["families", "lanes", "plot", "tools"].map(LIFECOST.part));
  if (!explorer.svg) explorer.scrollIntoView();
  while (!explorer.svg) await new Promise(requestAnimationFrame);
  explorer.querySelector(".x-equation").open = true;
  return states.map((state) => {
    if (typeof state === "string") {
      // The event by hand: browsers throttle hundreds of navigations in a row.
      history.replaceState(null, "", `#${name}?${state}`);
      dispatchEvent(new HashChangeEvent("hashchange"));
    } else for (const [control, value] of Object.entries(state)) {
      const field = explorer.querySelector(`[name="${control}"]`);
      field.focus();
      field.value = value;
      for (const event of ["input", "change"]) {
        field.dispatchEvent(new Event(event, { bubbles: true }));
      }
    }
    const outputs = [...explorer.querySelectorAll("output")];
    return {
      values: Object.fromEntries(outputs.map((o) => [o.name, Number(o.dataset.value)])),
      texts: Object.fromEntries(outputs.map((o) => [o.name, o.textContent])),
      verdict: [...explorer.querySelector(".x-verdict").children].map((n) => n.textContent),
      numbers: Object.fromEntries([...explorer.querySelectorAll("span:not([hidden]) [data-of]")]
        .map((n) => [n.dataset.of, n.textContent])),
      problem: [...explorer.querySelectorAll(".x-error")].map((n) => n.textContent).join(""),
      picture: explorer.svg.outerHTML,
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
                at = draw.random()
                value = low * (high / low) ** at if low > 0 else low + (high - low) * at
                value = min(high, max(low, float(f"{value:.6g}")))
                state[control.name] = round(value) if control.is_whole else value
        yield state


def read(page, explorer, state=None):
    """Return all that an explorer shows, after a setting was made."""
    (found,) = page.evaluate(DRIVE, [explorer.name, [state or {}]])
    return found


def query(state):
    return "&".join(f"{name}={quote(str(value))}" for name, value in state.items())


@pytest.fixture(params=EXPLORERS, scope="module")
def explorer(request):
    return EXPLORERS[request.param]


@pytest.fixture(scope="module")
def alone(browser, server, explorer):
    """Yield the explorer's own page; at the end nothing may have gone wrong on it."""
    with browser.new_page(viewport={"width": 1280, "height": 720}) as page:
        listen(page).goto(f"{server}/embed/{explorer.name}.html")
        yield page
        assert page.complaints == []
        assert not [url for url in page.requests if not url.startswith((server, "data:", "blob:"))]


@pytest.fixture
def page(alone, explorer):
    alone.set_viewport_size(dict(zip(("width", "height"), VIEWS["laptop"], strict=True)))
    alone.locator(f"#{explorer.name} button", has_text="Reset").click()
    alone.evaluate("document.querySelector('.x-equation').open = false")
    return alone


def test_every_explorer_stands_on_a_page():
    assert set(CHAPTER) == set(EXPLORERS)


# ---- the same as in Python


def test_values_and_words_are_those_of_python(page, explorer):
    states = list(settings(explorer, SETTINGS))
    kinds = set()
    names = [output.formula.name for output in explorer.outputs]
    given = [*states[:TYPED], *map(query, states[TYPED:])]
    for state, found in zip(states, page.evaluate(DRIVE, [explorer.name, given]), strict=True):
        assert found["problem"] == ""
        assert found["values"] == pytest.approx(explorer(**state), rel=EXACT), state
        texts = [found["texts"][name] for name in names]
        assert texts == [text for _, text in explorer.readouts(**state)], state
        assert found["verdict"] == list(explorer.verdict(**state)), state
        assert found["numbers"] == explorer.numbers(**state), state
        assert "NaN" not in found["picture"]
        assert "undefined" not in found["picture"]
        kinds.add(bool(explorer.bind(**state).get(STACK)))
    offered = (c.options for c in explorer.controls if isinstance(c, Choice))
    assert kinds >= {True} or not any(b.get(STACK) for each in offered for b in each.values())


def test_a_link_restores_the_setting(page, explorer, server):
    for k, state in enumerate(settings(explorer, 6, seed=1)):
        if k % 3 == 0:  # a fresh page now and then; otherwise the open one hears of the link
            page.goto("about:blank")
            page.goto(f"{server}/embed/{explorer.name}.html#{explorer.name}?{query(state)}")
        page.evaluate(FOLLOW, f"{explorer.name}?{query(state)}")
        assert read(page, explorer)["values"] == pytest.approx(explorer(**state), rel=EXACT)


def test_link_and_python_give_the_same_numbers(page, explorer):
    *_, state = settings(explorer, 40, seed=2)
    before = read(page, explorer, state)["values"]
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(page.evaluate(f'document.querySelector("#{explorer.name}").python()'), {})
    assert eval(output.getvalue(), {"inf": math.inf}) == pytest.approx(before, rel=EXACT)
    page.locator(f"#{explorer.name} button", has_text="Link").click()
    assert page.url.partition("#")[2].startswith(f"{explorer.name}?")
    page.reload()
    assert read(page, explorer)["values"] == before


def test_reset_returns_to_the_opening(page, explorer):
    before = read(page, explorer)
    page.evaluate(DRIVE, [explorer.name, list(settings(explorer, 3, seed=3))])
    page.locator(f"#{explorer.name} button", has_text="Reset").click()
    found = read(page, explorer)
    assert found["values"] == before["values"] == pytest.approx(explorer(), rel=EXACT)
    assert found["texts"] == before["texts"]


# ---- what goes wrong


def ranges(explorer):
    return [c for c in explorer.controls if not isinstance(c, Choice)]


def test_a_wrong_entry_stays_is_explained_and_changes_nothing(page, explorer):
    before = read(page, explorer)["values"]
    for control in ranges(explorer):
        high = shown(control.high, control.kind_of_number)
        wrong = {text: "is not a number here. Write for example" for text in ("nope", "-1", "0x10")}
        wrong |= {"": "Nothing typed.", "1e99": f"goes from .* to {re.escape(high)}"}
        if control.is_whole:
            wrong |= {f"{control.low}.5": "is not whole"}
        for text, said in wrong.items():
            found = read(page, explorer, {control.name: text})
            assert found["values"] == before
            assert re.search(said, found["problem"]), (control.name, text, found["problem"])
            field = page.locator(f"#{explorer.name} input[name={control.name}]")
            assert field.input_value() == text
            assert field.get_attribute("aria-invalid") == "true"
        page.locator(f"#{explorer.name} button", has_text="Reset").click()
        assert read(page, explorer)["problem"] == ""


def test_a_number_is_typed_as_people_write_it(page, explorer):
    for control in ranges(explorer):
        value = (control.low * control.high) ** 0.5 if control.low > 0 else control.high
        value = float(f"{value:.3g}")
        text = shown(round(value) if control.is_whole else value, control.kind_of_number)
        found = read(page, explorer, {control.name: text})
        assert found["problem"] == "", text
        field = page.locator(f"#{explorer.name} input[name={control.name}]")
        assert field.input_value() == text


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "1e400", "-1e400", "NaN",
    "Infinity", "__proto__", "constructor", "toString", "hasOwnProperty", "javascript:alert(1)",
    "%00", "%E0%A4%A", "' OR 1=1", "9" * 5000, "1;2", "[]", "{}", "null",
    '{"title":"<b>x</b>","bindings":{"__proto__":1}}', '{"bindings":{"n_params":1,"stack":{}}}',
]  # fmt: skip


def test_hostile_links_change_nothing(page, explorer):
    before = read(page, explorer)
    nodes = page.evaluate("document.querySelectorAll('*').length")
    names = [c.name for c in explorer.controls] + ["own", "__proto__", "constructor", "data"]
    links = [f"{name}={text}" for text in HOSTILE for name in names]
    page.evaluate(DRIVE, [explorer.name, links])
    for link in ("?" * 5000, f"{explorer.name}?{'x' * 1_000_000}"):
        page.evaluate(FOLLOW, link)
    assert read(page, explorer)["values"] == before["values"]
    assert page.evaluate("document.querySelectorAll('*').length") == nodes


# ---- by keyboard and pointer


def test_sliders_and_dots_move_by_keyboard(page, explorer):
    sliders = page.locator(f"#{explorer.name} input[type=range], #{explorer.name} [role=slider]")
    assert sliders.count() >= len(ranges(explorer))
    for slider in sliders.all():
        if not slider.is_visible():
            continue
        slider.focus()
        page.keyboard.press("Home")
        low = slider.get_attribute("aria-valuetext")
        page.keyboard.press("PageUp")
        assert slider.get_attribute("aria-valuetext") != low
        page.keyboard.press("End")
        page.keyboard.press("Home")
        assert slider.get_attribute("aria-valuetext").split(":")[0] == low.split(":")[0]


def test_points_are_walked_by_keys_from_the_left(page, explorer):
    panels = [p for p in explorer.picture if getattr(p, "points", ())]
    marks = page.locator(f"#{explorer.name} path.points")
    assert marks.count() == sum(len(panel.points) for panel in panels)
    for number, panel in enumerate(panels):
        mark = marks.nth(number)
        mark.focus()
        page.keyboard.press("Home")
        count = int(mark.get_attribute("aria-valuemax"))
        said = []
        for _ in range(count):
            said.append(mark.get_attribute("aria-valuetext"))
            page.keyboard.press("ArrowRight")
        measured = {name for points in panel.points for name, *_ in points.measured}
        assert count > 5
        assert len({*said}) == count
        assert all(f"{panel.x.label} " in text and f"{panel.y.label} " in text for text in said)
        assert not measured or {text.split(":")[0] for text in said} <= measured
        reading = page.locator(f"#{explorer.name} .hover.on text").text_content()
        assert said[-1].startswith(reading.split(":")[0])


def test_a_model_is_found_by_typing(page, explorer):
    box = page.locator(f"#{explorer.name} input[role=combobox]").first
    if not box.count():
        assert not any(getattr(c, "catalog", "") for c in explorer.controls)
        return
    box.click()
    assert page.locator(f"#{explorer.name} [role=option]:visible").count() > 1
    box.press("Escape")
    assert page.locator(f"#{explorer.name} [role=option]:visible").count() == 0
    control = next(c for c in explorer.controls if getattr(c, "catalog", ""))
    name = [*control.options][-1]
    box.click()
    box.fill(control.title(name))
    box.press("Enter")
    assert page.locator(f"#{explorer.name} select[name={control.name}]").input_value() == name


def test_a_dot_is_dragged(page, explorer):
    state = f"[...document.querySelector('#{explorer.name}').state]"
    dots = [dot for panel in explorer.picture for dot in getattr(panel, "dots", ()) if dot.drag]
    handles = page.locator(f"#{explorer.name} svg .handle[role=slider]")
    assert handles.count() == len(dots)
    for number, dot in enumerate(dots):
        if not handles.nth(number).is_visible():
            continue  # a landmark may lie beyond the axes
        before = page.evaluate(state)
        box = handles.nth(number).bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        after = before
        for by in (50, -50):  # at an end, one way leads nowhere
            across, down = (by, 0) if "x" in dot.drag.values() else (0, by)
            page.mouse.move(x + across, y + down, steps=3)
            if after == before:
                after = page.evaluate(state)
        page.mouse.up()
        changed = {name for (name, was), (_, now) in zip(before, after, strict=True) if was != now}
        assert changed, dot
        assert changed <= {name for other in dots for name in other.drag}


# ---- tools


def test_compare_keeps_a_ghost_and_says_the_ratio(page, explorer):
    pin = page.locator(f"#{explorer.name} button", has_text="Compare")
    pin.click()
    assert pin.get_attribute("aria-pressed") == "true"
    name = explorer.outputs[0].formula.name
    was = explorer()[name]
    for state in settings(explorer, 8, seed=7):
        now = explorer(**state)[name]
        if not (math.isfinite(now / was) and now != was):
            continue
        expected = f"now {shown(now / was, 'times')} that."
        assert expected in read(page, explorer, state)["verdict"][1]
    pin.click()
    assert pin.get_attribute("aria-pressed") == "false"


def test_what_is_saved(page, explorer, tmp_path):
    page.evaluate(DRIVE, [explorer.name, list(settings(explorer, 1, seed=9))])
    for label, start in (("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b"")):
        page.locator(f"#{explorer.name} .x-save summary").click()
        with page.expect_download() as caught:
            page.locator(f"#{explorer.name} .x-menu button", has_text=label).press("Enter")
        path = tmp_path / label
        caught.value.save_as(path)
        content = path.read_bytes()
        assert content.startswith(start)
        assert caught.value.suggested_filename == f"{explorer.name}.{label.lower()}"
        if label == "CSV":
            head, *rows = content.decode().splitlines()
            assert rows
            assert {row.count(",") for row in rows} == {head.count(",")}
            assert "NaN" not in content.decode()


# ---- what is seen

# Texts that stand on one another, or are cut: of the picture, and of the parts beside it.
FAULTS = """
(name) => {
  const explorer = document.getElementById(name), faults = [];
  const box = (n) => n.getBoundingClientRect();
  const how = { visibilityProperty: true, opacityProperty: true };
  const seen = (n) => n.checkVisibility(how) && n.textContent.trim() && !n.closest(".hover");
  const texts = [...explorer.svg.querySelectorAll("text")].filter(seen)
    .map((n) => [n, box(n)]).filter(([, b]) => b.width);
  const { left, right, top, bottom } = box(explorer.svg);
  for (const [n, b] of texts) {
    const inside = b.left >= left - 2 && b.right <= right + 2 && b.top >= top - 2;
    if (!inside || b.bottom > bottom + 2) faults.push(`cut: ${n.textContent}`);
  }
  texts.forEach(([n, a], i) => texts.slice(i + 1).forEach(([m, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 2 && high > 5) faults.push(`overlap: ${n.textContent} / ${m.textContent}`);
  }));
  const words = ".x-big, .x-verdict, dt, dd, .x-label, .x-tool, .x-num, .x-combo, summary";
  for (const n of explorer.querySelectorAll(words)) {
    const fits = n.scrollWidth <= n.clientWidth + 1 || getComputedStyle(n).display === "inline";
    if (n.checkVisibility() && !fits) faults.push(`cut: ${n.textContent || n.value}`);
  }
  const parts = [...explorer.querySelectorAll(".x-equation summary, .x-tool")].map(box);
  parts.forEach((a, i) => parts.slice(i + 1).forEach((b) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    if (wide > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1) faults.push("foot");
  }));
  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
  return faults;
}
"""


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_and_no_text_stands_on_another(page, explorer, view):
    width, height = VIEWS[view]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    for state in [{}, *settings(explorer, 12, seed=11)]:
        read(page, explorer, state)
        assert page.evaluate(FAULTS, explorer.name) == [], state


@pytest.mark.parametrize("view", VIEWS)
def test_controls_answer_and_picture_are_in_one_view(page, explorer, view):
    width, height = VIEWS[view]
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    for slider in page.locator(f"#{explorer.name} input[type=range]").all():
        # Side by side, the whole is in view; one below the other, the picture stays above.
        seen = page.locator(f"#{explorer.name} .x") if view == "laptop" else slider
        # Once the picture and all above it are drawn anew for this size, nothing moves any more.
        seen.evaluate("""async (part) => {
          const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
          const place = () => `${part.getBoundingClientRect().top} ${part.offsetHeight}`;
          await document.fonts.ready;
          for (let stood = 0, last = ""; stood < 3; last = place(), await frame()) {
            stood = place() === last ? stood + 1 : 0;
            part.scrollIntoView({ block: 'end', behavior: 'instant' });
          }
        }""")
        for part in (".x-big", ".x-picture svg"):
            box = page.locator(f"#{explorer.name} {part}").first.bounding_box()
            assert box["y"] >= -1
            assert box["y"] + box["height"] <= height + 1
        box = slider.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height + 1
        # Nothing lies on the slider.
        assert slider.evaluate("""(slider) => {
          const box = slider.getBoundingClientRect();
          const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
          return document.elementFromPoint(x, y) === slider;
        }""")


def test_the_picture_has_what_is_declared(page, explorer):
    for panel in explorer.picture:
        if isinstance(panel, Lanes):
            lanes = page.locator(f"#{explorer.name} svg rect.seg")
            assert lanes.count() >= sum(len(lane.parts) for lane in panel.lanes)
        if isinstance(panel, Plot):
            assert page.locator(f"#{explorer.name} svg path.curve").count() >= len(panel.curves)


def test_without_a_script_values_and_figure_stand(browser, server, explorer):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{server}/embed/{explorer.name}.html")
        found = page.locator(f"lifecost-explorer[data-name={explorer.name}]")
        for name, value in explorer().items():
            exact = found.locator(f"output[name={name}]").get_attribute("data-value")
            assert json.loads(exact) == pytest.approx(value, rel=EXACT)
        assert found.locator("svg").is_visible()
