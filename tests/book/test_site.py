"""The built pages as files: they load nothing from elsewhere, are light, and say what they are."""

import gzip
import json
import re
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from lifebook.explorer.gallery import EXPLORERS
from lifebook.explorer.script import PARTS
from theme.text import last_statement

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
CHAPTERS = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
EMBEDS = [f"embed/{name}" for name in EXPLORERS]
PAGES = ["index", "search", *CHAPTERS, *EMBEDS]
# Gzipped, with every script, style and font that the page may load.
BUDGET = 450_000
EMBED_BUDGET = 150_000

LOADS = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|object|use)\b[^>]*?\s"
    r'(?:src|data|href|xlink:href)="([^"]*)"|<link\b[^>]*?rel="(?:stylesheet|icon|preload)"'
    r'[^>]*?href="([^"]*)"'
)


def loads(html):
    return [unescape(one or other) for one, other in LOADS.findall(html)]


def read(page):
    path = SITE / f"{page}.html"
    assert path.exists(), "not built: run make book"
    return path.read_text("utf-8")


@pytest.mark.parametrize("page", PAGES)
def test_loads_only_files_beside_it(page):
    for address in loads(read(page)):
        if address.startswith(("#", "data:")):
            continue
        # Relative, so that the site works from a sub-path and from disk.
        assert re.match(r"(?!//)(?!\w+:)(?!/)", address), address
        assert ((SITE / page).parent / address.split("?")[0]).resolve().is_file(), address


@pytest.mark.parametrize("page", PAGES)
def test_links_within_the_site_are_relative(page):
    for address in re.findall(r'\b(?:href|action)="([^"]*)"', read(page)):
        assert not address.startswith("/"), address
        assert "localhost" not in address


def test_styles_and_scripts_name_no_other_host():
    for path in [*SITE.glob("_static/*.css"), *SITE.glob("_static/site.js")]:
        text = path.read_text("utf-8")
        # Names of XML languages look like addresses and are never loaded.
        hosts = re.findall(r"(?:https?:)?//(?!www\.w3\.org)[\w.-]+\.\w+", text)
        assert not hosts, (path.name, hosts)
        assert "@import" not in text


@pytest.mark.parametrize("page", PAGES)
def test_no_inline_script(page):
    # What a strict Content-Security-Policy forbids.
    html = read(page)
    assert not re.findall(r"<script(?![^>]*\ssrc=)(?![^>]*application/(?:ld\+)?json)[^>]*>", html)
    assert not re.findall(r"<[^>]*\son\w+=", html)
    assert "javascript:" not in html


@pytest.mark.parametrize("page", [*CHAPTERS, "search"])
def test_contents_mark_the_page_and_list_its_sections(page):
    html = BeautifulSoup(read(page), "html.parser")
    here = html.select('#site-nav [aria-current="page"]')
    assert len(here) == (page in CHAPTERS)
    for link in here:
        sections = html.article.section.find_all("section", recursive=False)
        listed = [inner["href"] for inner in link.parent.select(":scope > ul a")]
        assert listed == [f"#{section['id']}" for section in sections]


@pytest.mark.parametrize("page", [p for p in CHAPTERS if (ROOT / f"{p}.ipynb").exists()])
def test_code_folds_to_one_line(page):
    cells = nbformat.read(ROOT / f"{page}.ipynb", as_version=4).cells
    code = [(c.source.strip(), c.metadata.get("tags", [])) for c in cells if c.cell_type == "code"]
    folded = [s for s, tags in code if "\n" in s or {"hide-cell", "hide-input"} & set(tags)]
    folds = BeautifulSoup(read(page), "html.parser").select("details.code")
    assert [fold.select_one("pre").get_text().strip() for fold in folds] == folded
    for fold in folds:
        assert "open" not in fold.attrs
        assert len(fold.summary.get_text(strip=True)) > 0
        assert "\n" not in fold.summary.get_text().strip()


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("import a\n\na.f(1)", "a.f(1)"),
        ("a = 1\nfor x in y:\n    print(x)\n", "for x in y: print(x)"),
        ("a = 1\n%timeit f(a)\n", "%timeit f(a)"),
    ],
)
def test_a_fold_says_what_its_code_ends_with(code, shown):
    assert last_statement(code) == shown


def test_code_marks_only_what_has_a_color():
    style = (SITE / "_static/book.css").read_text("utf-8")
    pages = (read(page) for page in CHAPTERS if not page.startswith("book/reference/"))
    marks = {mark for page in pages for mark in re.findall(r'<span class="(\w\w?)">', page)}
    assert marks == set(re.findall(r"\.highlight \.(\w+)\{color", style))


@pytest.mark.parametrize("page", PAGES)
def test_equations_are_in_the_page(page):
    article = re.sub(r"<(pre|code|script)\b.*?</\1>", "", read(page), flags=re.DOTALL)
    assert not re.search(r"\\[\[(]|\$\$|\\(?:text|frac|left)\b", article)


@pytest.mark.parametrize("page", PAGES)
def test_head_says_what_the_page_is(page):
    html = read(page)
    assert '<html lang="en"' in html
    assert len(re.findall(r"<title>[^<]{8,}</title>", html.partition("<body")[0])) == 1
    descriptions = re.findall(r'<meta name="description" content="([^"]*)">', html)
    assert len(descriptions) == 1
    assert 40 <= len(unescape(descriptions[0])) <= 175
    assert html.count("<h1") == 1


def test_descriptions_differ():
    pages = [read(page) for page in CHAPTERS]
    found = [re.search(r'name="description" content="([^"]*)"', page)[1] for page in pages]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique(page):
    ids = re.findall(r'<[^>]*\sid="([^"]*)"', read(page))
    assert len(ids) == len(set(ids)), {name for name in ids if ids.count(name) > 1}


@pytest.mark.parametrize("page", PAGES)
def test_weight(page):
    html = read(page)
    files = {(SITE / page).parent / address.split("?")[0] for address in loads(html)}
    files |= set(SITE.glob("_static/*.woff2"))
    weight = len(gzip.compress(html.encode()))
    weight += sum(len(gzip.compress(path.read_bytes())) for path in files if path.is_file())
    assert weight <= (EMBED_BUDGET if page in EMBEDS else BUDGET)


class Page(HTMLParser):
    """The names on a page, and what it points at: addresses, and ids within it."""

    POINTS = ("for", "popovertarget", "aria-labelledby", "aria-describedby", "aria-controls")

    def __init__(self, html):
        super().__init__()
        self.ids, self.names, self.addresses = set(), set(), set()
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        self.ids |= {given["id"]} if "id" in given else set()
        for name in self.POINTS:
            self.names |= set(given.get(name, "").split())
        for value in given.values():
            self.names |= set(re.findall(r"url\(#([^)]+)\)", value))
        # What names the page itself elsewhere, and its place before that is known, is no link.
        if tag not in ("base", "meta") and given.get("rel") != "canonical":
            found = (given.get(name) for name in ("href", "xlink:href", "src", "action", "data"))
            self.addresses |= {address for address in found if address}


@cache
def parsed(path):
    return Page(path.read_text("utf-8"))


HTML = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html"))


def targets(page):
    """Yield each address within the site that a page names: as is, as a file, and its fragment."""
    for address in parsed(SITE / page).addresses:
        parts = urlsplit(address)
        if not parts.scheme and not parts.netloc:
            # The page for lost readers starts its links at the root, wherever it is shown.
            file = (SITE / page).parent / unquote(parts.path) if parts.path else SITE / page
            # A setting of an explorer follows its name.
            yield address, file.resolve(), unquote(parts.fragment).partition("?")[0]


@pytest.mark.parametrize("page", HTML)
def test_every_link_and_image_leads_somewhere(page):
    for address, file, fragment in targets(page):
        assert file.is_file(), address
        if fragment:
            assert fragment in parsed(file).ids, address
    assert parsed(SITE / page).names <= parsed(SITE / page).ids


def test_what_the_search_finds_is_there():
    text = (SITE / "searchindex.js").read_text("utf-8")
    index = json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))
    files = [SITE / f"{name}.html" for name in index["docnames"]]
    for places in [*index["alltitles"].values(), *index["indexentries"].values()]:
        for number, anchor, *_ in places:
            assert not anchor or anchor in parsed(files[number]).ids, (files[number], anchor)
    assert {path.relative_to(SITE).with_suffix("").as_posix() for path in files} == set(CHAPTERS)


def test_what_the_style_loads_is_there():
    sheet = SITE / "_static/book.css"
    for address in re.findall(r"url\([\"']?([^)\"']+)", sheet.read_text("utf-8")):
        assert address.startswith("data:") or (sheet.parent / address).is_file(), address


# Asked for by other programs: the contents of the API page for Sphinx sites that link to it, what
# search engines and the host ask for, a license that goes with its font, and files of scripts.
ASKED_FOR = {"index.html", "objects.inv", "404.html", "robots.txt", "sitemap.xml"}
ASKED_FOR |= {"_static/stix-two-math.LICENSE.txt", "_static/stix-two-math.woff2"}
# Parts of the explorers' script, which come when they are first used.
ASKED_FOR |= {f"_static/{part}.js" for part in ("families", "reader", "traces", *PARTS)}
ASKED_FOR |= {"_static/tools.css"}


def test_every_file_is_needed():
    linked = {file for page in HTML for _, file, _ in targets(page)}
    files = {path for path in SITE.rglob("*") if path.is_file()}
    needless = {path.relative_to(SITE).as_posix() for path in files - linked} - ASKED_FOR
    # An explorer's button leads to its page, and a link elsewhere shows the page's card.
    assert {name for name in needless if not name.startswith(("embed/", "cards/"))} == set()


def test_embed_pages_are_those_of_the_explorers():
    assert sorted(EMBEDS) == [p.removesuffix(".html") for p in HTML if p.startswith("embed/")]


def test_nothing_lies_about_unused():
    # The rules of some hundred types of config.json, and what reads traces, are of one page.
    own = {SITE / "_static/reader.js": 70_000, SITE / "_static/traces.js": 8_000}
    formulas = SITE / "_static/explorers"
    files = {path for path in (SITE / "_static").rglob("*") if path.is_file()}
    shared = {path for path in files if path not in own and path.parent != formulas}
    assert sum(path.stat().st_size for path in shared) < 210_000
    for path, most in own.items():
        assert len(gzip.compress(path.read_bytes())) < most


EXPLORING = [
    page for page in HTML
    if page.startswith("book/") and "<lifecost-explorer" in (SITE / page).read_text("utf-8")
]  # fmt: skip


@pytest.mark.parametrize("page", EXPLORING)
def test_a_page_with_explorers_weighs_little(page):
    html = (SITE / page).read_text("utf-8")
    loaded = set(re.findall(r'(?:src|href)="\.\./_static/([^"]+\.(?:js|css|woff2))"', html))
    files = {name: (SITE / "_static" / name).read_bytes() for name in loaded}
    # What the catalog says of models and chips is data.
    assert sum(len(code) for name, code in files.items() if name != "catalog.js") < 60_000
    # With what comes as it is read: pictures, the blocks of models, the font of equations.
    come = "lanes.js", "plot.js", "families.js", "stix-two-math.woff2"
    files |= {name: (SITE / "_static" / name).read_bytes() for name in come}
    sent = [len(gzip.compress(code)) for code in (*files.values(), html.encode())]
    assert sum(sent) < 150_000
