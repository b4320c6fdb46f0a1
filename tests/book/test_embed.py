"""Each explorer in a frame of somebody else's page, by the line that its Embed button copies."""

import http.server
import re
import threading
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect
from tabs import listen, whole
from test_explorers_on_page import CHAPTER, DRIVE, settings

from lifebook.explorer import page
from lifebook.explorer.gallery import EXPLORERS

SITE = Path(__file__).parents[2] / "_build/html"
PARENT = """<!DOCTYPE html><html lang="en"><head><title>A lecture</title>
<link rel="icon" href="data:,"></head>
<body><h1>A lecture</h1><div style="height: 300px"></div>{}<div style="height: 3000px"></div></body>
</html>"""


class Foreign(http.server.BaseHTTPRequestHandler):
    body = ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PARENT.format(self.server.body).encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def foreign():
    """Yield a server of another origin that shows its `body`."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        server.address = f"http://127.0.0.1:{server.server_port}/"
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def context(browser):
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        yield context


@pytest.fixture
def visit(context, server, foreign):
    """Return `visit(address)`, which opens a tab; at the end nothing may have gone wrong in any."""
    tabs = []

    def visit(address):
        tabs.append(listen(context.new_page()))
        tabs[-1].goto(address)
        return tabs[-1]

    yield visit
    known = (server, foreign.address, "data:", SITE.as_uri())
    for tab in tabs:
        tab.close()
        assert not [url for url in tab.requests if not url.startswith(known)]
        assert tab.complaints == []


@pytest.fixture(params=EXPLORERS)
def explorer(request):
    return EXPLORERS[request.param]


def values(frame, explorer, state=None):
    """Return what an explorer reads, in a tab or a frame, after a setting was made."""
    (shown,) = frame.evaluate(DRIVE, [explorer.name, [state or {}]])
    assert shown["problem"] == ""
    return dict(shown["values"])


def line(tab, frame, explorer):
    """Return what the Embed button copies: of a page or, in a tab, of a frame."""
    frame.locator(f"#{explorer.name} button", has_text="Embed").click()
    expect(frame.locator(f"#{explorer.name} .x-said", has_text="copied")).to_be_visible()
    return tab.evaluate("navigator.clipboard.readText()")


def framed(tab):
    """Return the frame on a page, once its explorer lives."""
    frame = tab.wait_for_selector("iframe").content_frame()
    frame.wait_for_selector(".x-tools")
    return frame


def test_the_copied_line_shows_the_same_elsewhere(visit, foreign, server, explorer):
    chapter = visit(f"{server}/book/{CHAPTER[explorer.name]}.html")
    *_, first, second = settings(explorer, 42, seed=4)
    expected = values(chapter, explorer, first)
    foreign.body = line(chapter, chapter, explorer)
    assert foreign.body.count("\n") == 0
    for name, value in (("width", "100%"), ("height", r"\d{3,4}"), ("loading", "lazy")):
        assert re.search(f' {name}="{value}"', foreign.body), foreign.body
    elsewhere = visit(foreign.address)
    frame = framed(elsewhere)
    assert frame.url.startswith(f"{server}/embed/{explorer.name}.html#{explorer.name}?")
    assert elsewhere.get_attribute("iframe", "title") == explorer.title
    assert values(frame, explorer) == pytest.approx(expected, rel=1e-12)
    assert elsewhere.evaluate("scrollY") == 0  # the lecture stays where it was
    assert line(elsewhere, frame, explorer).startswith("<iframe src=")
    expected = values(chapter, explorer, second)
    assert values(frame, explorer, second) == pytest.approx(expected, rel=1e-12)
    assert values(frame, explorer) == pytest.approx(explorer(**second), rel=1e-12)


def test_in_a_sandbox_all_but_the_clipboard_works(visit, foreign, server, explorer):
    *_, state = settings(explorer, 41, seed=5)
    foreign.body = (
        f'<iframe src="{server}/embed/{explorer.name}.html" sandbox="allow-scripts" width="700" '
        'height="600"></iframe>'
    )
    tab = visit(foreign.address)
    frame = framed(tab)
    assert values(frame, explorer, state) == pytest.approx(explorer(**state), rel=1e-12)
    text = frame.locator("textarea.x-hand")  # to be copied by hand
    for label, start in (
        ("Link", f"{server}/embed/{explorer.name}.html#"),
        ("Embed", f'<iframe src="{server}/embed/{explorer.name}.'),
        ("Python", "from lifebook.explorer.gallery import"),
    ):
        frame.locator(".x-tools button", has_text=label).click()
        assert start in text.input_value()
        expect(text).to_have_count(1)
    # A frame of no origin gets no font: letters of signs are then another's.
    tab.complaints = [said for said in tab.complaints if not re.search("woff2|ERR_FAILED", said)]


def test_from_disk_in_any_width(visit, explorer):
    *_, state = settings(explorer, 41, seed=6)
    query = "&".join(f"{name}={quote(str(value))}" for name, value in state.items())
    tab = visit(f"{(SITE / 'embed').as_uri()}/{explorer.name}.html#{explorer.name}?{query}")
    assert values(tab, explorer) == pytest.approx(explorer(**state), rel=1e-12)
    for width in (360, 700, 960, 1200):
        tab.set_viewport_size({"width": width, "height": 675})
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_markup_is_that_of_python_and_leads_back(explorer):
    html = (SITE / f"embed/{explorer.name}.html").read_text("utf-8")
    below = f'<p class="x-title" id="{explorer.name}-title" role="heading" aria-level="2">'
    head, _, rest = page.markup(explorer).partition(f"{below}{explorer.title}</p>")
    top = f'<h1 class="x-title" id="{explorer.name}-title">{explorer.title}</h1>'
    assert f"{head}{top}{rest}" in html
    (back,) = re.findall(r'<a href="([^"]+)" target="_blank" rel="noopener">', html)
    assert back == f"../book/{CHAPTER[explorer.name]}.html#{explorer.name}"


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("asked", ["", "light", "dark", "<b>"])
def test_colors_as_asked_or_as_the_system(browser, server, system, asked):
    with browser.new_page(color_scheme=system) as tab:
        tab.goto(f"{server}/embed/kv-cache.html?theme={asked}#kv-cache?batch=64")
        shown = tab.evaluate("document.documentElement.dataset.theme")
        assert shown == (asked if asked in ("light", "dark") else system)
        assert values(tab, EXPLORERS["kv-cache"])["kv_cache_size"] == pytest.approx(
            EXPLORERS["kv-cache"](batch=64)["kv_cache_size"]
        )


def test_a_readers_own_model_in_a_frame(visit, foreign, server):
    own = EXPLORERS["my-model"]
    foreign.body = f'<iframe src="{server}/embed/my-model.html" width="700" height="900"></iframe>'
    frame = framed(visit(foreign.address))
    before = values(frame, own)
    config = frame.locator("#model-config")
    config.fill(
        config.input_value().replace('"num_key_value_heads": 8', '"num_key_value_heads": 4')
    )
    whole(frame)
    assert values(frame, own)["kv_cache_size"] == before["kv_cache_size"] / 2
