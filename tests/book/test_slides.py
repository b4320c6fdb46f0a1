"""The slides: written from the book's own sources, offline, by keyboard, and one sheet each."""

import re
from html import unescape
from pathlib import Path

import pytest
from tabs import listen

from tools import slides

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"


@pytest.fixture(scope="module", params=slides.DECKS, ids=lambda path: path.stem)
def deck(request):
    return request.param


@pytest.fixture(scope="module")
def html(deck):
    return (SITE / f"slides/{deck.stem}.html").read_text("utf-8")


def test_site_has_what_the_sources_give(deck, html):
    assert html == slides.deck(deck, SITE)
    for name in ("slides.css", "slides.js"):
        assert (SITE / "slides" / name).read_bytes() == (slides.SOURCE / name).read_bytes()


def test_every_number_is_computed(deck, html):
    typed = re.sub(r"(?s:```.*?```)|<data[^>]*>|^!\[.*", "", deck.read_text("utf-8"), flags=re.M)
    # Names, dates, and the factor that the slide explains.
    names = r"Llama 3( \d+B)?|8B model|DeepSeek-V3|Step-3|2-simplicial|[HB]\d00|H20|bf16|FP8"
    typed = re.sub(rf"{names}|from 2026|CC BY 4\.0|^- 2:", "", typed, flags=re.M)
    assert not re.findall(r".*\d.*", typed)
    shown = re.findall(r"<data[^>]*>([^<]*)</data>", html)
    assert len(shown) >= 25
    assert all(shown)


def test_each_slide_has_a_heading_and_each_drawing_a_name(html):
    sections = html.split("<section ")[1:]
    assert 15 <= len(sections) <= 30
    assert all(re.search(r"<h[12]>", section) for section in sections)
    assert html.count("<h1>") == 1
    assert (
        html.count("<svg") == len(re.findall(r'<svg role="img" aria-label="[^"]{30,}', html)) >= 5
    )
    ids = re.findall(r'\sid="([^"]*)"', html)
    assert len(ids) == len(set(ids))


def test_equations_are_typeset(html):
    assert html.count("<math") >= 8
    assert not re.search(r"\$[^ ]|\\(?:text|frac)", re.sub(r"<svg.*?</svg>", "", html, flags=re.S))


def test_links_and_files_resolve(html):
    found = re.findall(r'\b(?:href|src)="([^"#]+)"', html)
    assert len(found) >= 5
    for address in map(unescape, found):
        assert not re.match(r"\w+:|/", address), address
        assert (SITE / "slides" / address).resolve().is_file(), address
    style = (SITE / "slides/slides.css").read_text("utf-8")
    for address in re.findall(r'url\("([^"]+)"\)', style):
        assert (SITE / "slides" / address).resolve().is_file(), address


def test_explorer_is_alive_where_it_has_a_page_of_its_own(tmp_path):
    asked = "Question?", "explorer:kv-cache"
    still = slides.brought(*asked, tmp_path)
    assert still.startswith('<figure class="lifecost-figure"')
    (tmp_path / "embed").mkdir()
    (tmp_path / "embed/kv-cache.html").touch()
    live = slides.brought(*asked, tmp_path)
    assert live.startswith('<iframe src="../embed/kv-cache.html" title="Question?"')
    assert live.endswith(still)  # for print


@pytest.mark.parametrize("target", ["inference.ipynb#figure-none", "takeaway:intro", "formula:no"])
def test_what_is_not_there_is_an_error(target):
    with pytest.raises((LookupError, AssertionError)):
        slides.brought("", target, SITE)


@pytest.fixture
def page(browser):
    with browser.new_page() as page:
        yield listen(page)


THERE = "(id) => Math.abs(document.getElementById(id).getBoundingClientRect().y) < 2"


def test_keys_turn_slides_and_nothing_is_asked_of_another_host(page, server, deck):
    page.goto(f"{server}/slides/{deck.stem}.html")
    count = page.locator("section").count()
    for key, at in [("ArrowRight", 2), (" ", 3), ("PageDown", 4), ("ArrowUp", 3), ("End", count),
                    ("ArrowRight", count), ("Home", 1), ("ArrowLeft", 1)]:  # fmt: skip
        page.keyboard.press(key)
        page.wait_for_url(f"**#{at}")
        page.wait_for_function(THERE, arg=str(at))
    cut = (
        "[...document.querySelectorAll('section')].filter(s => s.scrollHeight > s.clientHeight + 1)"
    )
    assert page.evaluate(f"{cut}.map(s => s.id)") == []
    assert all(url.startswith(server) for url in page.requests)
    assert page.complaints == []


def test_one_sheet_for_each_slide(page, server, deck):
    page.goto(f"{server}/slides/{deck.stem}.html")
    pdf = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/Type\s*/Page\b", pdf)
    assert len(sheets) == page.locator("section").count()
