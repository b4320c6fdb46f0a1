"""What the site tells others of itself where its address is known: a build that knows one.

The comparison with the plain build also holds that two builds of one tree give the same bytes.
"""

import functools
import http.server
import os
import re
import struct
import subprocess
import sys
import threading
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from theme import address, cards

ROOT = Path(__file__).parents[2]
PLAIN = ROOT / "_build/html"
CHAPTERS = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
ADDRESS = "https://example.org/lifecost"  # a name that is kept for examples
CARD = 60_000
# How to cite names the address, and the search finds it there.
SAYS_IT = {"book/how-to-cite.html", "searchindex.js"}
ONLY_THERE = {"404.html", "robots.txt", "sitemap.xml", *(f"cards/{page}.png" for page in CHAPTERS)}
# As a search engine or a social network sees them.
META = re.compile(r'<(?:link rel="(canonical)"|meta (?:property|name)="((?:og|twitter):[\w:]+)")'
                  r' (?:href|content)="([^"]*)">\n?')  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of a site that knows its address."""
    out = tmp_path_factory.mktemp("known")
    jupyter_book = Path(sys.executable).with_name("jupyter-book")
    command = [jupyter_book, "build", "--all", "--quiet", "--nitpick", "--warningiserror",
               "--path-output", out, ROOT]  # fmt: skip
    known = {**os.environ, "LIFECOST_SITE": ADDRESS}
    done = subprocess.run(command, capture_output=True, text=True, env=known)
    assert done.returncode == 0, done.stderr
    built = out / "_build/html"
    (built / ".buildinfo").unlink()  # as make does
    return built


def meta(path):
    return {a or b: unescape(value) for a, b, value in META.findall(path.read_text("utf-8"))}


def files(folder):
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def test_the_address_adds_and_else_changes_no_byte(site):
    known = files(site)
    # The slides are written after the pages, by make.
    plain = {name: path for name, path in files(PLAIN).items() if not name.startswith("slides/")}
    assert set(known) - ONLY_THERE == set(plain) - ONLY_THERE
    assert set(known) >= ONLY_THERE
    for name in set(plain) - ONLY_THERE - SAYS_IT:
        one, other = known[name].read_bytes(), plain[name].read_bytes()
        if name.endswith(".html"):
            one, other = (META.sub("", text.decode()) for text in (one, other))
        assert one == other, name


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_link_to_a_page_shows_what_it_is(site, page):
    path = site / f"{page}.html"
    found, html = meta(path), path.read_text("utf-8")
    assert found["canonical"] == found["og:url"] == f"{ADDRESS}/{page}.html"
    assert f"<title>{found['og:title']} — " in unescape(html)
    described = re.search(r'<meta name="description" content="([^"]*)">', html)[1]
    assert found["og:description"] == unescape(described)
    assert found["twitter:card"] == "summary_large_image"
    assert found["og:image"] == f"{ADDRESS}/cards/{page}.png"
    image = (site / f"cards/{page}.png").read_bytes()
    assert len(image) < CARD
    size = struct.unpack(">II", image[16:24])  # where PNG says it
    assert size == (int(found["og:image:width"]), int(found["og:image:height"])) == (1200, 630)


def test_cards_differ_and_are_drawn_the_same_again(site):
    images = [(site / f"cards/{page}.png").read_bytes() for page in CHAPTERS]
    assert len(set(images)) == len(images)
    page = "book/inference"
    found = meta(site / f"{page}.html")
    title, question = found["og:title"], found["og:description"]
    assert cards.draw(title, question, ROOT / f"{page}.ipynb") == images[CHAPTERS.index(page)]


def test_search_engines_are_given_every_chapter_and_nothing_else(site):
    tree = ElementTree.parse(site / "sitemap.xml")
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
    assert sorted(loc.text for loc in tree.iter(name)) == sorted(
        f"{ADDRESS}/{page}.html" for page in CHAPTERS
    )
    assert f"Sitemap: {ADDRESS}/sitemap.xml" in (site / "robots.txt").read_text()
    hidden = [path for path in site.rglob("*.html") if 'content="noindex"' in path.read_text()]
    names = {path.relative_to(site).as_posix().partition("/")[0] for path in hidden}
    assert names == {"404.html", "search.html", "embed"}


class Host(http.server.SimpleHTTPRequestHandler):
    """The site at its path and, at any other, its page for lost readers: as on GitHub Pages."""

    def translate_path(self, path):
        return super().translate_path(path.removeprefix("/lifecost"))

    def send_error(self, code, *_):
        body = (Path(self.directory) / "404.html").read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def host(site):
    handler = functools.partial(Host, directory=site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("lost", ["nowhere", "book/nowhere.html", "a/b/c/d/?q=1#top", "book/x/"])
def test_a_lost_reader_is_led_back_from_any_depth(browser, host, lost):
    with browser.new_page(viewport={"width": 1400, "height": 900}) as tab:
        missed = []
        tab.on("response", lambda r: missed.append(r.url) if r.status != 200 else None)
        tab.goto(f"{host}/lifecost/{lost}")
        assert missed == [f"{host}/lifecost/{lost}".partition("#")[0]]  # and all it loads is there
        assert tab.locator("h1").inner_text() == "Page not found"
        links = tab.evaluate("[...document.links].map((link) => link.href)")
        inner = [page for page in CHAPTERS if "/formulas/" in page]  # shown where one is read
        assert len(links) > len(CHAPTERS) - len(inner)
        for link in {link for link in links if link.startswith(host)}:
            assert tab.request.get(link).status == 200, link
        tab.fill("main input[type=search]", "prefill")
        tab.keyboard.press("Enter")
        tab.wait_for_selector("#search-results li a")
        assert tab.url == f"{host}/lifecost/search.html?q=prefill"


def test_without_an_address_nothing_points_to_one():
    # Where the clone knows its address, the build does too.
    if not address.site():
        assert not ONLY_THERE & set(files(PLAIN))
        assert not any(meta(path) for path in PLAIN.rglob("book/**/*.html"))
