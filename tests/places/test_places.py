"""The chapters where readers run them: in JupyterLab, and in a browser with no server behind it.

One chapter in each place, for half a minute; all of them where LIFECOST_PLACES is `all`.
"""

import os
import re

import nbformat
import pytest
from playwright.sync_api import expect

from tools import host, places

NAMES = places.CHAPTERS if os.environ.get("LIFECOST_PLACES") == "all" else ["inference"]
EXPLORED = [
    name
    for name in NAMES
    if "<lifecost-explorer" in (places.BOOK / f"{name}.ipynb").read_text("utf-8")
]
# A notebook that was made elsewhere is not trusted: JupyterLab sanitizes what it shows.
TRUSTED = """
() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .filter((cell) => cell.type === "code" && cell.trusted && cell.outputs.length)
  .map((cell) => cell.sharedModel.source)
"""
DRAWN = """
(data) => [...document.querySelectorAll(".jp-OutputArea-output img")]
  .some((image) => image.src.endsWith(data) && image.naturalWidth > 800)
"""


def committed(name):
    return nbformat.read(places.BOOK / f"{name}.ipynb", as_version=4)


@pytest.fixture(scope="module")
def address():
    with places.lab() as address:
        yield address


@pytest.fixture(scope="module")
def server():
    assert (places.SITE / "lite").is_dir(), "not built: run make site"
    with host.serve(places.SITE) as server:
        yield server


@pytest.fixture
def context(playwright):
    with places.profile(playwright) as context:
        yield context


@pytest.fixture
def tab(context):
    page = context.new_page()
    page.set_viewport_size({"width": 1300, "height": 1400})
    yield page
    page.close()


# Classes, so that two workers can share them out.
class TestJupyterLab:
    """As on Binder, on a JupyterHub or at home: a real server and a real browser."""

    @pytest.mark.parametrize("name", NAMES)
    def test_a_chapter_runs_to_the_same_numbers_and_its_figure_follows(self, tab, address, name):
        found = places.in_tab(tab, address, name)
        assert places.differences(found, committed(name)) == []
        assert name not in EXPLORED or places.move(tab)

    @pytest.mark.parametrize("name", [*NAMES, "ledger"])
    def test_a_downloaded_chapter_keeps_its_pictures_and_tables(self, tab, address, name):
        places.show(tab, address, name)
        assert tab.evaluate(TRUSTED) == []
        for output in (o for c in committed(name).cells for o in c.get("outputs", ())):
            if picture := output.get("data", {}).get("image/png"):
                assert places.scroll_to(tab, picture[-60:])
                tab.wait_for_function(DRAWN, arg=picture[-60:])
            elif "<table" in (text := output.get("data", {}).get("text/html", "")):
                first = re.search(r'<tr id="([^"]+)"', text)[1]
                assert places.scroll_to(tab, first)
                table = tab.locator("table", has=tab.locator(f"[data-jupyter-id='{first}']"))
                expect(table.locator("tr")).to_have_count(text.count("<tr"))

    def test_an_exercise_answers(self, tab, address):
        places.in_tab(tab, address, "inference")
        assert places.scroll_to(tab, "sequences-that-fit")
        cell = tab.locator(".jp-CodeCell", has_text='check("sequences-that-fit"')
        reply = cell.locator(".jp-OutputArea-output")
        expect(reply).to_contain_text("Your turn.")
        cell.locator(".cm-line").last.click()
        for key in ("Control+End", "ArrowLeft"):  # before the closing bracket
            tab.keyboard.press(key)
        tab.keyboard.type(", 149")
        tab.keyboard.press("Control+Enter")
        expect(reply).to_have_text(re.compile(r"Not yet\. Where are the weights\?"))
        cell.locator(".cm-line").last.click()
        for key in ("Control+End", "ArrowLeft", *["Backspace"] * 2):
            tab.keyboard.press(key)
        tab.keyboard.type("34")
        tab.keyboard.press("Control+Enter")
        expect(reply).to_have_text(re.compile(r"Right\. It is 134 sequences"))
        assert not cell.locator("[data-mime-type*=error]").count()


class TestBrowserAlone:
    """JupyterLite as it is published, with Python from the site itself."""

    @pytest.mark.parametrize("name", NAMES)
    def test_a_chapter_runs_to_the_same_numbers_and_its_figure_follows(self, tab, server, name):
        asked = []
        tab.context.on("request", lambda request: asked.append(request.url))
        found = places.in_tab(tab, server.url + places.LITE, name)
        assert places.differences(found, committed(name)) == []
        assert name not in EXPLORED or places.move(tab)
        assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []

    def test_the_button_of_a_chapter_opens_it_and_says_how_far_it_is(self, playwright, server):
        with places.profile(playwright) as newcomer:
            tab = newcomer.new_page()
            tab.goto(f"{server.url}/book/inference.html")
            tab.click("#site-lite")
            progress = tab.locator("#lifecost-progress")
            progress.get_by_text("MB").or_(progress.get_by_text("starts")).wait_for()
            tab.get_by_role("heading", name="What a token costs").first.wait_for()
            progress.wait_for(state="detached")
            tab.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
