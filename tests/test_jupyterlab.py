"""A chapter in JupyterLab: a real server, a real browser, a slider that is really moved."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parent.parent
CHAPTER = "inference.ipynb"
# Milliseconds for each step. None takes long: this only says when to give up on a busy machine.
PATIENCE = 60_000
# Where Jupyter keeps what is its reader's own, which so stays out of the test, and whole.
OWN = [
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR",
]  # fmt: skip
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight are drawn too
    "apputils-extension/notification": {"fetchNews": "false"},  # and nobody asks whether to
}
# Each step begins when JupyterLab itself says that the last is done. `kernel.info` comes from the
# kernel: it listens by then. What "Run All Cells" returns is whether all of them succeeded.
RUN = """
async (path) => {
  const { restored, commands } = window.jupyterapp;
  await restored;
  const { context, sessionContext } = await commands.execute("docmanager:open", { path });
  await context.ready;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
  return { succeeded: await commands.execute("notebook:run-all-cells") };
}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Yield the address of a JupyterLab that serves a copy of one chapter."""
    folder = tmp_path_factory.mktemp("lab")
    own = {name: str(folder / "own" / name) for name in OWN}
    for plugin, setting in SETTINGS.items():
        path = Path(own["JUPYTERLAB_SETTINGS_DIR"], f"@jupyterlab/{plugin}.jupyterlab-settings")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(setting))
    root = folder / "book"
    root.mkdir()
    shutil.copy(ROOT / "book" / CHAPTER, root)
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
        "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={root}",
        "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
        # Should the tests be killed, so that nobody stops it, it ends by itself.
        "--MappingKernelManager.cull_idle_timeout=300", "--MappingKernelManager.cull_interval=60",
        "--ServerApp.shutdown_no_activity_timeout=300",
    ]  # fmt: skip
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command, env={**os.environ, **own}, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield address(server, Path(own["JUPYTER_RUNTIME_DIR"]), log)
    finally:
        stop(server)


def address(server, runtime, log):
    """Return where the server listens, as it notes itself, once it does."""
    until = time.monotonic() + PATIENCE / 1000
    while server.poll() is None and time.monotonic() < until:
        try:
            (note,) = runtime.glob("jpserver-*.json")
            at = json.loads(note.read_text())
            socket.create_connection(("127.0.0.1", at["port"]), timeout=5).close()
        except (ValueError, OSError):  # no note yet, half a note, or nobody there
            time.sleep(0.1)
        else:
            return f"{at['url']}lab?token={at['token']}"
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def stop(server):
    """End the server, which ends its kernels; a kernel whose server was killed ends by itself."""
    server.terminate()
    try:
        server.wait(PATIENCE / 1000)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


@pytest.fixture
def page(browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1400})
    page.set_default_timeout(PATIENCE)
    yield page
    page.close()


def test_readout_and_figure_follow_the_slider(page, lab):
    page.goto(lab)
    page.wait_for_function("window.jupyterapp")
    assert page.wait_for_function(RUN, arg=CHAPTER).json_value() == {"succeeded": True}
    # Inside the widgets: the page's own form of the explorer is gone once the cell has run.
    readout = page.locator(".widget-html output[name=kv_cache_size]")
    bar = page.locator(".widget-html [id=kv-against-weights-kv-cache-size] path")
    expect(readout).to_have_text("275 GB", timeout=PATIENCE)
    before = bar.get_attribute("d")
    page.locator(".widget-slider .noUi-handle").first.press("ArrowRight")  # the batch, doubled
    expect(readout).to_have_text("550 GB", timeout=PATIENCE)
    expect(bar).not_to_have_attribute("d", before, timeout=PATIENCE)


def test_an_exercise_answers(page, lab):
    page.goto(lab)
    page.wait_for_function("window.jupyterapp")
    assert page.wait_for_function(RUN, arg=CHAPTER).json_value() == {"succeeded": True}
    cell = page.locator(".jp-CodeCell", has_text='check("sequences-that-fit"')
    reply = cell.locator(".jp-OutputArea-output")
    expect(reply).to_contain_text("Your turn.", timeout=PATIENCE)
    cell.locator(".cm-line").last.click()
    for key in ("Control+End", "ArrowLeft"):  # before the closing bracket
        page.keyboard.press(key)
    page.keyboard.type(", 149")
    page.keyboard.press("Control+Enter")
    expect(reply).to_have_text(re.compile(r"Not yet\. Where are the weights\?"), timeout=PATIENCE)
    cell.locator(".cm-line").last.click()
    for key in ("Control+End", "ArrowLeft", *["Backspace"] * 2):
        page.keyboard.press(key)
    page.keyboard.type("34")
    page.keyboard.press("Control+Enter")
    expect(reply).to_have_text(re.compile(r"Right\. It is 134 sequences"), timeout=PATIENCE)
    assert not cell.locator("[data-mime-type*=error]").count()
