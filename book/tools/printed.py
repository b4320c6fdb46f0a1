"""The book on paper: the pages of the built site in one document, in the order of the contents.

Text, equations and figures are the site's own. What only a screen can do becomes what paper can:
links say their page, solutions stand at the end, and code that is folded on a page is left out.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import jinja2
import matplotlib
import yaml
from bs4 import BeautifulSoup, Tag

import lifecost
from theme import address

ROOT = Path(__file__).resolve().parents[2]

HTML = ROOT / "_build/html"
TEMPLATE = Path(__file__).with_name("printed.html")
# Each machine has other fonts; these come with a pinned requirement.
FONTS = Path(matplotlib.get_data_path()) / "fonts/ttf"
# What is looked up at a machine, not on paper: the signatures, and what changed.
ON_SCREEN_ONLY = {"book/reference/api", "book/changes"}
# A table of more columns is set along the long side of the paper.
UPRIGHT_COLUMNS = 7
TITLE = "lifecost: what a language model costs over its life"
AUTHOR = "The lifecost contributors"
# What is longer is a list of names, which may break.
LONGEST_NUMBER = 30
LINE = '<span class="line">{}</span>'
HEADINGS = ["h1", "h2", "h3", "h4", "h5"]


class Page:
    """A page of the site, to become a chapter; in the book, its name leads every name in it.

    The pages below it, ``inner``, become sections of the chapter.
    """

    def __init__(self, path: str, number: int | None = None, inner: Sequence[Page] = ()) -> None:
        self.path = path
        self.number = number
        self.inner = inner
        self.name = path.removeprefix("book/").replace("/", "-")

    @cached_property
    def article(self) -> Tag:
        html = (HTML / f"{self.path}.html").read_text("utf-8")
        return _tag(html[html.index("<article") : html.index("</article>")] + "</article>")

    @property
    def text(self) -> Tag:
        return self.article.section

    @property
    def title(self) -> str:
        return self.text.find(HEADINGS).get_text()

    @property
    def sections(self) -> list[tuple[str, str]]:
        """Return the name and the heading of each section."""
        found = self.text.find_all("section", recursive=False)
        return [(section["id"], section.find(HEADINGS).get_text()) for section in found]

    def prepare(self) -> None:
        """Turn into paper what only a screen can show."""
        if self.number:
            self.article.h1.insert(0, f"{self.number} ")
        for listed in self.sections if self.inner else ():
            self.article.find(id=listed[0]).decompose()
        self._number_solutions()
        self._unfold()
        self._leave_out()
        self._mark_lines()
        self._mark_places()
        for image in self.article.find_all("img", src=True):
            image["src"] = f"../html/{self._resolve(image['src'])}"
        for tag in self.article.find_all(id=True):
            if not tag.find_parent("svg"):  # those are unique in the whole book already
                tag["id"] = f"{self.name}:{tag['id']}"

    def _number_solutions(self) -> None:
        """Let each exercise name the page of its solution, and each solution the other's."""
        folds = [fold for fold in self.article.find_all("details") if _title(fold) == "Solution"]
        for count, fold in enumerate(folds, 1):
            exercise = fold.find_previous(lambda tag: tag.name == "p" and _exercise(tag))
            here, there = f"exercise-{count}", f"solution-{count}"
            fold.insert_before(_turn(here, there, "Solution"))
            fold.summary.replace_with(_turn("", here, f"Exercise {_exercise(exercise) or count}"))
            fold.name, fold["class"], fold["id"] = "div", "solution", there

    def _unfold(self) -> None:
        for code in self.article.select("details.hide"):
            code.decompose()
        for code in self.article.select("details.code"):
            code.summary.decompose()
            code.unwrap()
        for fold in self.article.find_all("details"):
            python = fold.select_one(".highlight-python")
            if _title(fold) == "As code" and python:  # shown where the equation is too long
                fold.replace_with(python)
                python["class"].append("as-code")
            else:
                fold.name, fold.summary.name = "div", "p"

    def _leave_out(self) -> None:
        for screen_only in self.article.select(".headerlink, .screen-only, script"):
            screen_only.decompose()
        for empty in self.article.select("div.cell, thead"):
            if not empty.get_text(strip=True):
                empty.decompose()
        for last in self.article.find_all("p")[-1:]:
            if last.get_text().startswith("Next:"):  # paper has but one way on
                last.decompose()

    def _mark_lines(self) -> None:
        """Let a long line of code go on further in, and a list of names break."""
        for code in self.article.select(".highlight-python pre, .highlight-sh pre"):
            lines = code.decode_contents().rstrip("\n").split("\n")
            code.replace_with(_tag(f"<pre>{''.join(map(LINE.format, lines))}</pre>"))
        for data in self.article.find_all("data"):
            if len(data.get_text()) > LONGEST_NUMBER:
                data.unwrap()

    def _mark_places(self) -> None:
        """Set wide tables across the paper, and leave explorers' questions out of the outline.

        Their equations, with numbers as long as a line of the screen, stay there.
        """
        for question in self.article.find_all(class_="x-title"):
            del question["role"], question["aria-level"]
        for equation in self.article.find_all(class_="x-equation"):
            equation.decompose()
        for table in self.article.find_all("table"):
            if len(table.tr.find_all(["td", "th"])) > UPRIGHT_COLUMNS:
                table.parent["class"] = "wide"

    def lead(self, pages: dict[str, Page], names: set[str]) -> None:
        """Let links lead within the book, or to the published site if there is one."""
        for link in self.article.find_all("a", href=True):
            if re.match(r"\w+:", link["href"]):
                continue
            path, _, fragment = link["href"].partition("#")
            path = self._resolve(path) if path else f"{self.path}.html"
            other = pages.get(path.removesuffix(".html"))
            name = other and (f"{other.name}:{fragment}" if fragment else other.name)
            if name in names:
                link["href"] = f"#{name}"
            elif address.site():
                link["href"] = f"{address.site()}/{path}" + (fragment and f"#{fragment}")
            else:
                link.unwrap()

    def _resolve(self, target: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.path), target))

    def take_solutions(self) -> list[Tag]:
        return [solution.extract() for solution in self.article.find_all(class_="solution")]

    def take_in(self) -> None:
        """Take the inner pages in, as sections that bear the names of the pages."""
        for page in self.inner:
            page.lower_headings()
            page.text["id"] = page.name
            self.text.append(page.text.extract())

    def lower_headings(self) -> None:
        """Make room for a heading above."""
        for heading in self.article.find_all(HEADINGS):
            heading.name = f"h{int(heading.name[1]) + 1}"


def _title(fold: Tag) -> str:
    return fold.summary.get_text(strip=True)


def _exercise(paragraph: Tag | None) -> str | None:
    """Return the number that a paragraph opens with, in bold and with a stop."""
    bold = paragraph and paragraph.find("strong", recursive=False)
    found = re.fullmatch(r"(\d+)\.", bold.get_text()) if bold else None
    return found[1] if found else None


def _turn(name: str, target: str, text: str) -> Tag:
    """Return a line that leads to another page and says which."""
    name = name and f' id="{name}"'
    return _tag(f'<p class="turn"{name}><a class="paged" href="#{target}">{text}</a></p>')


def _tag(markup: str) -> Tag:
    return BeautifulSoup(markup, "html.parser").find().extract()


def contents() -> list[tuple[str, list[Page]]]:
    """Return the parts of the book with their pages; those that are notebooks have a number."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    parts, number = [("", [Page(toc["root"])])], 0
    for part in toc["parts"]:
        pages = []
        for chapter in part["chapters"]:
            path = chapter["file"]
            notebook = (ROOT / f"{path}.ipynb").exists()
            number += notebook
            if path not in ON_SCREEN_ONLY:
                inner = [Page(section["file"]) for section in chapter.get("sections", ())]
                pages.append(Page(path, number if notebook else None, inner))
        parts.append((part["caption"], pages))
    return parts


def document() -> str:
    """Return the book as one HTML document, for a folder beside the site's."""
    parts = contents()
    chapters = [page for _, found in parts for page in found]
    pages = {page.path: page for chapter in chapters for page in (chapter, *chapter.inner)}
    for page in pages.values():
        page.prepare()
    names = {tag["id"] for page in pages.values() for tag in page.article.find_all(id=True)}
    names |= {page.name for page in pages.values()}
    for page in pages.values():
        page.lead(pages, names)
    for chapter in chapters:
        chapter.take_in()
    solutions = [(page, page.take_solutions()) for page in chapters]
    for caption, found in parts:
        for page in found if caption else ():
            page.lower_headings()
    return jinja2.Template(TEMPLATE.read_text("utf-8"), autoescape=True).render(
        parts=parts,
        pages=chapters,
        solutions=[(page, found) for page, found in solutions if found],
        version=lifecost.__version__,
        site=address.site(),
        logo=(ROOT / "book/theme/logo.svg").read_text("utf-8"),
        fonts=FONTS.as_uri(),
        style=TEMPLATE.with_suffix(".css").as_uri(),
    )
