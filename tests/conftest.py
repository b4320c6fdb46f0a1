"""What the tests share: random settings, a browser, and the built site served to it."""

from __future__ import annotations

import functools
import http.server
import sys
import threading
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect, sync_playwright

from lifecost.symbols import SYMBOLS
from tools import chromium

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/unit")]

# Tests wait for what a page shows, and give up only where a busy machine could not explain it.
expect.set_options(timeout=1000 * chromium.PATIENCE)

# Narrower than what the package allows: there a power may leave the floating-point range (which is
# an error of its own), here every formula has a value.
RANGES = {
    "peak_flops": (1e12, 1e17),
    "memory_bandwidth": (1e11, 1e14),
    "hoi": (1, 1e4),
    "intensity": (1e-2, 1e6),
    "memory_capacity": (1e9, 1e13),
    "n_chip": (1, 10_000),
    "chip_hour_price": (0.1, 100),
    "n_params": (1e6, 1e13),
    "n_layer": (1, 200),
    "vocab_size": (100, 500_000),
    "d_model": (64, 50_000),
    "n_ff_matrix": (2, 3),
    "d_ff": (64, 200_000),
    "n_kv_head": (1, 128),
    "d_head": (16, 512),
    "group_size": (1, 128),
    "tied_embeddings": (0, 1),
    "kv_bytes": (0.25, 4),
    "weight_bytes": (0.25, 4),
    "batch": (1, 4096),
    "context": (1, 1e7),
    "element_bits": (1, 32),
    "scale_bytes": (0.5, 8),
    "block_size": (1, 4096),
    "train_tokens": (1e6, 1e15),
    "train_flops": (1e20, 1e28),
    "sequence_length": (1, 1e7),
    "interaction_multiplier": (1.1, 1000),
    "training_factor": (1.1, 10),
    "loss_floor": (0.1, 4),
    "param_scale": (100, 3000),
    "data_scale": (100, 3000),
    "param_exponent": (0.2, 0.6),
    "data_exponent": (0.2, 0.6),
    "target_loss": (20, 40),
    "power_law_scale": (0.1, 1e10),
    "power_law_exponent": (0.1, 1),
    "compute_unit": (1, 1e19),
    "kv_scale": (10, 1000),
    "kv_exponent": (0.1, 0.45),
    "peer_params": (1e6, 1e13),
    "kv_share": (0.01, 0.45),
    "draft_length": (1, 12),
    "acceptance_rate": (0.05, 0.49),
    "draft_cost_ratio": (0.001, 0.5),
    "draft_context": (1, 1e4),
    "loss_gap": (0.001, 1),
    "prefill_tokens": (1e6, 1e16),
    "decode_tokens": (1e6, 1e16),
    "tokens_per_day": (1e6, 1e14),
    "train_mfu": (0.01, 0.4),
    "prefill_mfu": (0.01, 0.4),
    "decode_efficiency": (0.01, 0.4),
    "n_body": (1e6, 1e13),
    "relative_width": (0.01, 0.3),
    "ff_ratio": (0.3, 20),
    "width_constant": (2, 4),
    "width_log": (0.03, 0.2),
    "width_inverse": (0.003, 0.02),
    "ff_constant": (0.3, 0.6),
    "ff_log": (0.003, 0.01),
    "ff_inverse": (0.003, 0.01),
    "loss_ratio": (0.9, 1.1),
    "attention_share": (0.01, 0.45),
    "size_ratio": (0.1, 5),
}


@pytest.fixture(scope="session")
def draw() -> Callable[..., dict[str, np.ndarray]]:
    """Return ``draw(names, count)``: arrays of random values by symbol, log-uniform."""

    def one(name: str, count: int, random: np.random.Generator) -> np.ndarray:
        low, high = RANGES[name]
        if low < 1 or SYMBOLS[name].integer is False:
            values = np.exp(random.uniform(np.log(max(low, 1e-9)), np.log(high), count))
            return values.round() if SYMBOLS[name].integer else values
        return np.floor(np.exp(random.uniform(np.log(low), np.log(high + 1), count)))

    def draw(names: Iterable[str], count: int, seed: int = 1) -> dict[str, np.ndarray]:
        def values(name: str) -> np.ndarray:
            # A stream for each name: a symbol more or less moves no other.
            random = np.random.default_rng([seed, zlib.crc32(name.encode())])
            if name == "n_head":  # each group is whole, and still whole with twice the heads
                return values("n_kv_head") * 2 ** random.integers(1, 5, count)
            return one(name, count, random)

        return {name: values(name) for name in names}

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
def playwright():
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright):
    browser = chromium.launch(playwright)
    for name in ("new_context", "new_page"):
        setattr(browser, name, _patient(getattr(browser, name)))
    yield browser
    browser.close()


def _patient(new: Callable[..., Any]) -> Callable[..., Any]:
    """Return what makes a page or a context, such that it waits as long as everything else."""

    @functools.wraps(new)
    def made(**options: Any) -> Any:
        found = new(**options)
        found.set_default_timeout(1000 * chromium.PATIENCE)
        return found

    return made


@pytest.fixture(scope="session")
def server():
    assert (SITE / "index.html").exists(), "not built: run make book"
    # A level above the site, which so stands at a sub-path, as on a project's public pages.
    handler = functools.partial(Handler, directory=SITE.parent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/html"
        server.shutdown()
