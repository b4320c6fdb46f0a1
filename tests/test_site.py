"""The built pages as files: they load nothing from elsewhere, are light, and say what they are."""

import gzip
import re
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "_build/html"
CHAPTERS = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
PAGES = ["index", "search", *CHAPTERS]
# Gzipped, with every script, style and font that the page may load.
BUDGET = 450_000

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


@pytest.mark.parametrize("page", PAGES)
def test_no_script_of_the_theme(page):
    for trace in ("mathjax@", "MathJax", "thebe", "fontawesome", "fa-solid", "bootstrap.js"):
        assert trace not in read(page), trace


@pytest.mark.parametrize("page", PAGES)
def test_equations_are_in_the_page(page):
    article = re.sub(r"<(pre|code|script)\b.*?</\1>", "", read(page), flags=re.DOTALL)
    assert not re.search(r"\\[\[(]|\$\$|\\(?:text|frac|left)\b", article)


@pytest.mark.parametrize("page", PAGES)
def test_head_says_what_the_page_is(page):
    html = read(page)
    assert '<html lang="en"' in html
    assert len(re.findall(r"<title>[^<]{8,}</title>", html)) == 1
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
    assert weight <= BUDGET


def test_nothing_lies_about_unused():
    total = sum(path.stat().st_size for path in (SITE / "_static").rglob("*") if path.is_file())
    assert total < 500_000
