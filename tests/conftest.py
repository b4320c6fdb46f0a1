"""What the tests share: random settings, a browser, and the built site served to it."""

from __future__ import annotations

import functools
import http.server
import threading
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from settings import RANGES

from lifecost.symbols import SYMBOLS
from tools import chromium

ROOT = Path(__file__).parents[1]

# What takes longest begins first, or one worker ends long after the other. (Left to itself, xdist
# begins with the file that has the most tests, and these are the short ones.)
LONGEST_FIRST = (
    "tests/places",
    "tests/book/test_meta.py",  # builds the book again
    "tests/book/test_pdf.py",
    "tests/book/test_browser.py",
    "tests/book/test_explorers_on_page.py",
    "tests/book",
    "book/does-it-hold.ipynb",  # measures the machine
    "book/",
    "tests/unit/test_explorer.py",
    "tests/unit/formulas/test_stacks.py",
    "tests/unit/test_dask.py",
    "tests/unit/test_properties.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the files by what they take; within one, tests stay as they stand."""

    def place(item: pytest.Item) -> int:
        at = enumerate(LONGEST_FIRST)
        return next((i for i, name in at if item.nodeid.startswith(name)), len(LONGEST_FIRST))

    items.sort(key=place)


# Tests wait for what a page shows, and give up only where a busy machine could not explain it.
expect.set_options(timeout=1000 * chromium.PATIENCE)


@pytest.fixture(scope="session")
def draw() -> Callable[..., dict[str, np.ndarray]]:
    """Return ``draw(names, count)``: arrays of random values by symbol, log-uniform."""

    def one(name: str, count: int, random: np.random.Generator) -> np.ndarray:
        low, high = RANGES[name]
        if low < 1 or SYMBOLS[name].integer is False:
            values = np.exp(random.uniform(np.log(max(low, 1e-9)), np.log(high), count))
            return values.round() if SYMBOLS[name].integer else values
        return np.floor(np.exp(random.uniform(np.log(low), np.log(high + 1), count)))

    @functools.cache
    def values(name: str, count: int, seed: int) -> np.ndarray:
        # A stream for each name: a symbol more or less moves no other.
        random = np.random.default_rng([seed, zlib.crc32(name.encode())])
        if name == "n_head":  # each group is whole, and still whole with twice the heads
            found = values("n_kv_head", count, seed) * 2 ** random.integers(1, 5, count)
        else:
            found = one(name, count, random)
        found.flags.writeable = False
        return found

    def draw(names: Iterable[str], count: int, seed: int = 1) -> dict[str, np.ndarray]:
        return {name: values(name, count, seed) for name in names}

    return draw


SITE = ROOT / "_build/html"
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


class Handler(http.server.SimpleHTTPRequestHandler):
    def end_headers(self):
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return browser_type_launch_args | chromium.how()


@pytest.fixture(scope="session")
def browser(browser):
    return chromium.patient(browser)


@pytest.fixture(scope="session")
def server():
    assert (SITE / "index.html").exists(), "not built: run make book"
    # A level above the site, which so stands at a sub-path, as on a project's public pages.
    handler = functools.partial(Handler, directory=SITE.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/html"
        server.shutdown()
