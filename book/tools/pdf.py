"""Print the book to a PDF: `make pdf`. Chromium sets it, so pages and paper have one rendering.

The same site gives the same bytes: no date and no random name goes into the file.
"""

from __future__ import annotations

import gc
import io
import sys
from pathlib import Path

import pikepdf
from playwright.sync_api import sync_playwright

from tools import chromium, printed

WORK = printed.ROOT / "_build/pdf"
# Of the text on upright paper, in CSS pixels; the margins are in printed.css.
WIDTH = round((210 - 2 * 28) / 25.4 * 96)
# In the same pixels: a smaller equation is not read, and its formula stands as code instead.
LEGIBLE = 8


def pages_of(pdf: bytes) -> dict[str, int]:
    """Return the page on which each target of a link stands."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        numbers = {page.objgen: number for number, page in enumerate(book.pages, 1)}
        return {name[1:]: numbers[place[0].objgen] for name, place in book.Root.Dests.items()}


def printed_by_chromium(page: Path) -> bytes:
    """Return the page as a PDF with bookmarks, in which links say where they lead."""
    options = {"prefer_css_page_size": True, "print_background": True}
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        tab = browser.new_page(viewport={"width": WIDTH, "height": 1000})
        tab.emulate_media(media="print", color_scheme="light")
        tab.goto(page.as_uri())
        tab.add_script_tag(path=Path(__file__).with_name("printed.js"))
        if too_wide := tab.evaluate("fit", LEGIBLE):
            raise SystemExit("too wide for paper:\n" + "\n".join(too_wide))
        tab.evaluate("sayPages", {})
        pages = pages_of(tab.pdf(**options))
        for _ in range(3):
            tab.evaluate("sayPages", pages)
            pdf: bytes = tab.pdf(**options, outline=True, tagged=True)
            said, pages = pages, pages_of(pdf)
            if said == pages:
                break
        browser.close()
    return pdf


def finish(pdf: bytes, target: Path) -> None:
    """Say what the file is, and nothing about when it was made."""
    with pikepdf.open(io.BytesIO(pdf)) as book:
        book.docinfo = book.make_indirect(
            pikepdf.Dictionary(Title=printed.TITLE, Author=printed.AUTHOR)
        )
        with book.open_outline() as outline:
            for item in outline.root:
                mend(item)
        packed = pikepdf.ObjectStreamMode.generate
        book.save(target, object_stream_mode=packed, deterministic_id=True)


def mend(bookmark: pikepdf.OutlineItem) -> None:
    """Say once what Chromium says twice of a heading that it moved to the next page."""
    half = len(bookmark.title) // 2
    if bookmark.title[:half] == bookmark.title[half:]:
        bookmark.title = bookmark.title[:half]
    for child in bookmark.children:
        mend(child)


def main() -> int:
    gc.disable()  # all elements of the document live until it is written
    WORK.mkdir(parents=True, exist_ok=True)
    page = WORK / "book.html"
    page.write_text(printed.document(), "utf-8")
    finish(printed_by_chromium(page), Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
