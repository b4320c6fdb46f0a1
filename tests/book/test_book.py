"""The built site: every page is there, says something, and has no dead widget."""

import re
from pathlib import Path

import pytest

from lifecost import FORMULAS

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())


@pytest.fixture(scope="module", params=PAGES)
def html(request):
    path = SITE / f"{request.param}.html"
    assert path.exists(), "not built: run make book"
    return path.read_text("utf-8")


def article(html):
    return html[html.index("<article") : html.index("</article>")]


def test_the_contents_name_pages():
    # Version 2 of Jupyter Book ignores _config.yml and publishes empty pages with a green light.
    assert len(PAGES) >= 15


def test_page_is_not_trivial(html):
    words = re.sub(r"<[^>]+>", " ", article(html)).split()
    assert len(words) > 80
    assert "<h1>" in html


def test_no_dead_widgets(html):
    for trace in ("widget-view+json", "html-manager", "require.min.js", "Loading widgets"):
        assert trace not in html


def test_no_error_was_published(html):
    for trace in (
        "Traceback",
        "nbsp;[error",
        "problematic",
        "system-message",
        "&lt;data",
        "&lt;svg",
    ):
        assert trace not in article(html)


def test_every_image_says_what_it_shows(html):
    for tag in re.findall(r"<img[^>]*>", article(html)):
        assert re.search(r'alt="[^"]{10,}"', tag), tag
    for tag in re.findall(r"<svg[^>]*>", article(html)):
        assert re.search(r'role="img" aria-label="[^"]{30,}"', tag), tag


def test_equations_are_typeset():
    pages = "".join(p.read_text("utf-8") for p in SITE.glob("book/reference/formulas/*.html"))
    assert pages.count('<math display="block">') >= len(FORMULAS)


def test_addresses_of_formulas_before_they_had_pages_of_their_own_still_lead_to_them():
    text = (SITE / "book/reference/formulas.html").read_text("utf-8")
    for formula in FORMULAS.values():
        name = formula.name.replace("_", "-")
        place = f"formulas/{formula.module}.html"
        assert re.search(rf'<span id="{name}"></span><a [^>]*href="{place}#{name}"', text)
        assert f'id="{name}"' in (SITE / f"book/reference/{place}").read_text("utf-8")


def test_citations_resolve():
    text = (SITE / "book/training.html").read_text("utf-8")
    assert "Kaplan" in text
    assert "[?]" not in text
