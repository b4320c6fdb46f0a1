"""Print the book to a PDF: `make pdf`. Chromium sets it, so pages and paper have one rendering.

The same site gives the same bytes: no date and no random name goes into the file.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import chromium
import pikepdf
import printed
from playwright.sync_api import sync_playwright

WORK = printed.ROOT / "_build/pdf"
# Of the text on upright paper, in CSS pixels; the margins are in printed.css.
WIDTH = round((210 - 2 * 28) / 25.4 * 96)
# In the same pixels: a smaller equation is not read, and its formula stands as code instead.
LEGIBLE = 8
# Paper does not scroll: what is wider than its place is set as much smaller.
FIT = """
(legible) => {
  for (const box of document.querySelectorAll("div.math, pre, table")) {
    const place = box.matches("table") ? box.parentElement : box;
    const ratio = place.clientWidth / box.scrollWidth;
    if (ratio >= 1) continue;
    const size = parseFloat(getComputedStyle(box).fontSize) * ratio * 0.99;
    const code = box.parentElement.querySelector(":scope > .as-code");
    if (size >= legible || !code) {
      box.style.fontSize = `${size}px`;
    } else {
      code.classList.remove("as-code");
      box.replaceWith(code);
    }
  }
  for (const code of document.querySelectorAll(".as-code")) code.remove();
  const edge = document.body.getBoundingClientRect().right + 1;
  return [...document.querySelectorAll("body *:not(.wide, .wide *, svg *, math *)")]
    .filter((box) => box.getBoundingClientRect().right > edge)
    .map((box) => `${box.closest("[id]").id}: ${box.textContent.trim().slice(0, 60)}`);
}
"""
# Which page a link leads to is known when the book is set; saying it may set it anew.
NUMBER = """
(pages) => {
  for (const link of document.querySelectorAll("a.paged")) {
    link.dataset.page = pages[link.hash.slice(1)] ?? "000";
  }
}
"""


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
        tab.evaluate("() => document.fonts.ready.then(() => null)")
        if too_wide := tab.evaluate(FIT, LEGIBLE):
            raise SystemExit("too wide for paper:\n" + "\n".join(too_wide))
        tab.evaluate(NUMBER, {})
        pages = pages_of(tab.pdf(**options))
        for _ in range(3):
            tab.evaluate(NUMBER, pages)
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
        packed = pikepdf.ObjectStreamMode.generate
        book.save(target, object_stream_mode=packed, deterministic_id=True)


def main() -> int:
    WORK.mkdir(parents=True, exist_ok=True)
    page = WORK / "book.html"
    page.write_text(printed.document(), "utf-8")
    finish(printed_by_chromium(page), Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
