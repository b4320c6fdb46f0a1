"""The book on paper: complete, in order, with pages that say where things are."""

import re
from html import unescape
from itertools import pairwise
from pathlib import Path

import pypdf
import pytest

import lifecost

ROOT = Path(__file__).parents[2]
PDF = ROOT / "_build/lifecost.pdf"
SITE = ROOT / "_build/html"
# Left out of the printed book: looked up at a machine.
ON_SCREEN_ONLY = {"book/reference/api", "book/changes"}
TOC = (ROOT / "_toc.yml").read_text()
PAGES = re.findall(r"^ {0,6}(?:root|- file): (\S+)", TOC, re.M)  # sections are inside of theirs
CHAPTERS = [page for page in PAGES if page not in ON_SCREEN_ONLY]
PARTS = re.findall(r"caption: (.+)", TOC)
# A4 in points, upright or turned.
PAPER = {(595, 842), (842, 595)}


def site(page):
    html = (SITE / f"{page}.html").read_text("utf-8")
    return html[html.index("<article") : html.index("</article>")]


def title(page):
    heading = re.search(r"<h1>(.*?)</h1>", site(page))[1]
    return plain(unescape(re.sub(r"<a.*|<[^>]+>", "", heading)))


def plain(text):
    """Return the text as it is read: ligatures taken apart, lines joined."""
    for ligature, letters in {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}.items():
        text = text.replace(ligature, letters)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def book():
    assert PDF.exists(), "not built: run make pdf"
    return pypdf.PdfReader(PDF)


@pytest.fixture(scope="module")
def texts(book):
    """Return the text of each page; the first page is number 1."""
    return ["", *(plain(page.extract_text()) for page in book.pages)]


@pytest.fixture(scope="module")
def bookmarks(book):
    """Return (level, title, page) of each bookmark, in order."""

    def walk(entries, level):
        for entry in entries:
            if isinstance(entry, list):
                yield from walk(entry, level + 1)
            else:
                yield level, plain(entry.title), book.get_destination_page_number(entry) + 1

    return list(walk(book.outline, 1))


@pytest.fixture(scope="module")
def openings(bookmarks):
    """Return (title, page) of the parts and of the chapters in them, in order."""
    found, part = [], ""
    for level, name, page in bookmarks:
        part = name if level == 1 else part
        if level == 1 or (level == 2 and part in PARTS):
            found.append((name, page))
    return found


class TestPdf:
    """One class, so that one worker reads the file, once."""

    def test_says_what_it_is_and_not_when_it_was_made(self, book, texts):
        assert dict(book.metadata) == {
            "/Title": "lifecost: what a language model costs over its life",
            "/Author": "The lifecost contributors",
        }
        assert book.root_object["/Lang"] == "en"
        assert book.root_object["/MarkInfo"]["/Marked"]
        for line in (f"Version {lifecost.__version__}", "Creative Commons", "MIT"):
            assert line in texts[1]

    def test_pages_are_paper(self, book):
        assert 100 < len(book.pages) < 450
        sizes = {tuple(round(side) for side in page.mediabox[2:]) for page in book.pages}
        assert sizes == PAPER

    def test_every_page_says_something_and_its_number(self, texts, openings):
        parts = {page for name, page in openings if name in PARTS}
        for number, text in enumerate(texts[1:], 1):
            assert len(text) > 20, number
            # Below the name of the chapter, or at the end.
            if number not in {1, *parts}:
                assert re.search(rf"\b{number}\b", text), number

    def test_text_has_the_size_that_was_asked_for(self, book):
        # Chromium shrinks the whole book if anything is wider than its page.
        sizes = {}

        def note(text, cm, tm, _font, size):
            height = round(size * abs(tm[3] * cm[3]), 1)
            sizes[height] = sizes.get(height, 0) + len(text)

        for page in book.pages[9:20]:  # of a chapter, figures and all
            page.extract_text(visitor_text=note)
        assert max(sizes, key=sizes.get) == 10.5

    def test_bookmarks_name_parts_and_chapters_in_order(self, texts, bookmarks, openings):
        expected, number = ["Contents", title(CHAPTERS[0])], 0
        for kind, value in re.findall(r"^ {2,6}- (caption|file): (.+)", TOC, re.M):
            number += (ROOT / f"{value}.ipynb").exists()
            if kind == "caption":
                expected.append(value)
            elif value in CHAPTERS:
                numbered = (ROOT / f"{value}.ipynb").exists()
                expected.append(f"{number} {title(value)}" if numbered else title(value))
        assert [name for name, _ in openings] == [*expected, "Solutions"]
        for _, name, page in bookmarks:
            assert name in texts[page]
        assert all(one[2] <= other[2] for one, other in pairwise(bookmarks))

    def test_contents_tell_the_page_of_each_chapter(self, texts, openings):
        contents = " ".join(texts[openings[0][1] : openings[1][1]])
        for name, page in openings[1:]:
            if name not in PARTS:
                assert f"{name} {page} " in f"{contents} ", name

    def test_nothing_is_unresolved(self, texts):
        # Equations are held to it where code can be told from text: on the pages of the site.
        for number, text in enumerate(texts):
            for trace in ("??", "[?]", "page 000", "undefined", "page null", "Traceback"):
                assert trace not in text, (number, trace)

    def test_links_lead_somewhere(self, book):
        inside = 0
        for page in book.pages:
            for note in page.get("/Annots") or ():
                link = note.get_object()
                if "/Dest" in link:
                    assert link["/Dest"].removeprefix("/") in {
                        name.removeprefix("/") for name in book.named_destinations
                    }
                    inside += 1
                else:
                    assert re.match(r"https?://", link["/A"]["/URI"])
        assert inside > 500

    def test_fonts_are_in_the_file_and_outlines(self, book):
        for page in book.pages:
            for font in page["/Resources"].get("/Font", {}).values():
                font = font.get_object()
                assert font["/Subtype"] == "/Type0", font
                inner = font["/DescendantFonts"][0].get_object()
                assert "/FontFile2" in inner["/FontDescriptor"]

    def test_solutions_and_exercises_name_each_others_page(self, texts, openings):
        start = dict(openings)["Solutions"]
        count = sum(site(page).count("<span>Solution</span>") for page in CHAPTERS)
        there, here = [], []
        for number, text in enumerate(texts):
            there += [(number, int(page)) for page in re.findall(r"Solution, page (\d+)", text)]
            if number >= start:
                found = re.findall(r"Exercise \d+, page (\d+)", text)
                here += [(int(page), number) for page in found]
        assert len(there) == count > 20
        assert there == here

    def test_no_solution_stands_beside_its_exercise(self, texts, openings):
        start = dict(openings)["Solutions"]
        solution = site("book/training").rsplit("<span>Solution</span>", 1)[1]
        words = plain(unescape(re.sub(r"<[^>]+>", "", solution.split("</details>")[0])))[-60:]
        assert not any(words in text for text in texts[:start])
        assert any(words in text for text in texts[start:])
