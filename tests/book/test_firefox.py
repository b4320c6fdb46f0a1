"""Each explorer in Firefox: it answers as Python does, and is dragged."""

import pytest
from foxes import Firefox
from test_explorers_on_page import DRIVE, EXACT, settings

from lifebook.explorer.gallery import EXPLORERS
from tools import firefox

PLACES = """
(name) => {
  const boxes = [...document.querySelectorAll(`#${name} .handle`)].map((n) =>
    n.getBoundingClientRect());
  return boxes.map((box) => [box.x + box.width / 2, box.y + box.height / 2]);
}
"""
STATE = "(name) => Object.fromEntries(document.getElementById(name).state)"


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    if not firefox.find():
        pytest.skip("no Firefox is installed (Debian: apt install firefox-esr)")
    one = Firefox(tmp_path_factory.mktemp("profile"))
    yield one
    one.close()


@pytest.mark.parametrize("name", EXPLORERS)
def test_an_explorer_answers_and_is_dragged(fox, server, name):
    explorer = EXPLORERS[name]
    fox.open(f"{server}/embed/{name}.html")
    states = [{}, *settings(explorer, 40)]
    for state, found in zip(states, fox.evaluate(DRIVE, [name, states]), strict=True):
        assert found["problem"] == ""
        values = {n: float(value) for n, value in found["values"].items()}
        assert values == pytest.approx(explorer(**state), rel=EXACT), state
    fox.open(f"{server}/embed/{name}.html")
    dots = [dot for panel in explorer.picture for dot in getattr(panel, "dots", ()) if dot.drag]
    places = fox.evaluate(PLACES, name)
    assert len(places) == len(dots)
    before = fox.evaluate(STATE, name)
    for (x, y), dot in zip(places, dots, strict=True):
        across, down = (50, 0) if "x" in dot.drag.values() else (0, 50)
        after = [before]
        for by in (1, -1):  # at an end, one way leads nowhere
            fox.drag((x, y), (x + by * across, y + by * down))
            after.append(fox.evaluate(STATE, name))
            fox.evaluate("(name) => document.getElementById(name).reset()", name)
        changed = {n for one in after for n in one if one[n] != before[n]}
        assert changed, dot
        assert changed <= {n for other in dots for n in other.drag}
    assert fox.complaints == []
