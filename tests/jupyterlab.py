"""A chapter in JupyterLab: a real server, a real browser, a slider that is really moved.

Part of `make audit`: on a busy machine it has not been reliable enough to gate every change.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Inside the widgets: the page's own form of the explorer is gone once the cell has run.
READOUT = """(text) => document.querySelector(
  ".widget-html output[name=kv_cache_size]")?.textContent === text"""
BAR = """document.querySelector(
  ".widget-html [id=kv-against-weights-kv-cache-size] path")?.getAttribute("d")"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Yield the address of a JupyterLab that serves a copy of one chapter."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "book/inference.ipynb", folder)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", "--allow-root",
        "--ServerApp.token=", "--ServerApp.password=", f"--ServerApp.root_dir={folder}",
    ]  # fmt: skip
    # The settings of whoever runs the tests stay out of it.
    own = {**os.environ, "JUPYTER_CONFIG_DIR": str(folder / ".jupyter")}
    with subprocess.Popen(
        command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address
        server.terminate()


def wait_for(address, seconds=60):
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            return
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < until, "JupyterLab did not start"
            time.sleep(0.3)


def appears(page, locator, seconds=40):
    """Scroll through the notebook until something is drawn: cells out of sight are not."""
    scroller = page.locator(".jp-WindowedPanel-outer").first
    for _ in range(2 * seconds):
        if locator.count():
            return True
        page.wait_for_timeout(500)
        scroller.evaluate("(e) => { e.scrollTop = (e.scrollTop + 500) % e.scrollHeight; }")
    return False


def test_readout_and_figure_follow_the_slider(browser, lab):
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.goto(f"{lab}/lab/tree/inference.ipynb?reset")
    idle = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
    page.wait_for_selector(idle, timeout=90_000)  # "run all" before the kernel is ready is lost
    slider = page.locator(".widget-slider .noUi-handle").first
    for _ in range(4):  # on a busy machine a kernel may say that it is idle before it listens
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        if appears(page, slider):
            break
    slider.scroll_into_view_if_needed()
    page.wait_for_function(READOUT, arg="275 GB", timeout=20_000)
    before = page.wait_for_function(BAR).json_value()
    slider.focus()
    page.keyboard.press("ArrowRight")  # one doubling of the batch
    page.wait_for_function(READOUT, arg="550 GB", timeout=20_000)
    page.wait_for_function(f"(before) => {BAR} !== before", arg=before)
    page.close()
