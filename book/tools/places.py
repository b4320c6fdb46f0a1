"""Run the chapters where readers run them, in JupyterLab and in the browser alone, and compare.

`make places` prints one table of times and transferred sizes. The tests use the same functions.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from playwright.sync_api import Error, TimeoutError, sync_playwright

from lifebook.figures.style import PAGE_HTML
from tools import chromium, host
from tools.chromium import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
BOOK, SITE = ROOT / "book", ROOT / "_build/site"
CHAPTERS = sorted(path.stem for path in BOOK.glob("*.ipynb"))
LITE = "/lite/lab/index.html"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")
# Where Jupyter keeps what is its reader's own, which so stays out of this, and whole.
OWN = [
    "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR",
]  # fmt: skip
SETTINGS = {"apputils-extension/notification": {"fetchNews": "false"}}  # nobody asks whether to
# Each step begins when JupyterLab itself says that the last is done. `kernel.info` comes from the
# kernel: it listens by then. What "Run All Cells" returns is whether all of them succeeded.
OPEN = """
async (path) => {
  const { restored, commands } = window.jupyterapp;
  await restored;
  const { context, sessionContext } = await commands.execute("docmanager:open", { path });
  await context.ready;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
  return true;
}
"""
RUN = """
async (path) => {
  const { commands } = window.jupyterapp;
  const succeeded = await commands.execute("notebook:run-all-cells");
  const { context } = await commands.execute("docmanager:open", { path });
  return { succeeded, notebook: context.model.toJSON() };
}
"""
# Cells far from the window are not drawn before they come near.
SCROLL_TO = """
async (text) => {
  const { content } = window.jupyterapp.shell.currentWidget;
  const index = content.widgets.findIndex(({ model }) =>
    model.type === "code" && JSON.stringify(model.toJSON()).includes(text));
  if (index >= 0) await content.scrollToItem(index);
  return index >= 0;
}
"""
WIDGET = "application/vnd.jupyter.widget-view+json"


@contextmanager
def lab(python: str = sys.executable) -> Iterator[str]:
    """Yield the address of a JupyterLab of an environment that serves copies of the chapters.

    The name of a workspace is left open in it: JupyterLab keeps there which tabs are open, on the
    server, and opens them again for whoever comes next.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        own = {variable: str(folder / "own" / variable) for variable in OWN}
        for plugin, setting in SETTINGS.items():
            path = Path(own["JUPYTERLAB_SETTINGS_DIR"], f"@jupyterlab/{plugin}.jupyterlab-settings")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(setting))
        (folder / "book").mkdir()
        for path in BOOK.glob("*.ipynb"):
            shutil.copy(path, folder / "book")
        command = [
            python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
            "--ServerApp.port=0", f"--ServerApp.root_dir={folder / 'book'}",
            "--LabApp.expose_app_in_browser=True", "--LabApp.extension_manager=readonly",
            # Should this be killed, so that nobody stops it, it ends by itself; not while a slow
            # machine is busy with the other places.
            "--MappingKernelManager.cull_idle_timeout=300",
            "--MappingKernelManager.cull_interval=60",
            f"--ServerApp.shutdown_no_activity_timeout={10 * PATIENCE}",
        ]  # fmt: skip
        log = folder / "log"
        with log.open("w") as out:
            server = subprocess.Popen(
                command, env={**os.environ, **own}, stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            yield _address(server, Path(own["JUPYTER_RUNTIME_DIR"]), log)
        finally:
            _stop(server)


def _address(server: Any, runtime: Path, log: Path) -> str:
    """Return where the server listens, as it notes itself, once it does."""
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        try:
            (note,) = runtime.glob("jpserver-*.json")
            at = json.loads(note.read_text())
            socket.create_connection(("127.0.0.1", at["port"]), timeout=5).close()
        except (ValueError, OSError):  # no note yet, half a note, or nobody there
            time.sleep(0.1)
        else:
            return f"{at['url']}lab/workspaces/{{workspace}}?token={at['token']}"
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


def _stop(server: Any) -> None:
    """End the server, which ends its kernels; a kernel whose server was killed ends by itself."""
    server.terminate()
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def show(page: Any, url: str, name: str) -> None:
    """Open an address, with a workspace of its own where it names one, and a chapter there."""
    page.goto(url.format(workspace=uuid.uuid4().hex))
    page.wait_for_function("window.jupyterapp")
    page.wait_for_function(OPEN, arg=f"{name}.ipynb")


def run(page: Any, name: str) -> Any:
    """Run all cells of an open chapter; return its notebook with the outputs."""
    # A chapter is many questions at once.
    done = page.wait_for_function(RUN, arg=f"{name}.ipynb", timeout=5000 * PATIENCE).json_value()
    if not done["succeeded"]:
        raise RuntimeError(f"{name}: a cell failed")
    return done["notebook"]


def scroll_to(page: Any, text: str) -> bool:
    """Bring the first cell whose code or output has a text into view; return whether one has."""
    return bool(page.evaluate(SCROLL_TO, text))


def move(page: Any) -> bool:
    """Move the first slider of a chapter that was run; return whether what it shows followed."""
    if not scroll_to(page, WIDGET):
        raise RuntimeError("the chapter shows no widget")
    explorer = page.locator(".lifecost-live").first
    shown = explorer.locator(".x-big")
    before = shown.text_content()
    explorer.locator("input[type=range]").first.press("PageUp")
    try:
        page.wait_for_function("([node, before]) => node.textContent !== before",
                               arg=[shown.element_handle(), before])  # fmt: skip
    except TimeoutError:
        return False
    return True


def outputs(notebook: Any) -> list[tuple[str, str]]:
    """Return what each cell says: its code and its text, without what only looks different.

    Where the letters of a drawing stand depends on the version of matplotlib; what they say does
    not. Cells that measure the machine say something else each time.
    """
    found = []
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or "nbval-ignore-output" in cell["metadata"].get("tags", ()):
            continue
        # What is printed is one text, however the kernel cut the stream.
        said = ["".join("".join(output.get("text", "")) for output in cell["outputs"])]
        for output in (output for output in cell["outputs"] if "data" in output):
            shown = {kind: "".join(form) for kind, form in output["data"].items()}
            said += [shown.get("text/plain", ""), shown.get("text/latex", "")]
            said += re.findall(r'data-value="([^"]*)"', shown.get(PAGE_HTML, ""))
        found.append(("".join(cell["source"]), "\n".join(said)))
    return found


def differences(one: Any, other: Any) -> list[tuple[str, str, str]]:
    """Return where two runs of a chapter say something else, with the code of the cell.

    Numbers count as equal up to the last places, which another processor's libraries may round
    another way.
    """
    return [
        (code, a, b)
        for (code, a), (_, b) in zip(outputs(one), outputs(other), strict=True)
        if NUMBER.sub("#", a) != NUMBER.sub("#", b)
        or not all(map(_close, NUMBER.findall(a), NUMBER.findall(b)))
    ]


def _close(one: str, other: str) -> bool:
    return one == other or math.isclose(float(one), float(other), rel_tol=1e-12)


def fresh(_page: Any, _url: str, name: str) -> Any:
    """Run a chapter in an environment's own kernel, without a browser."""
    notebook = nbformat.read(BOOK / f"{name}.ipynb", as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(BOOK)}}).execute()
    return notebook


def in_tab(page: Any, url: str, name: str) -> Any:
    """Open a chapter at an address, and run it there."""
    show(page, url, name)
    return run(page, name)


def main(arguments: list[str]) -> int:
    """Print what each chapter takes in each place, and what its reader has to fetch.

    Return 1 where one fails, or comes to something else than what is committed.
    """
    parser = argparse.ArgumentParser(description=main.__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable, help="the one that runs JupyterLab")
    parser.add_argument("chapters", nargs="*", default=CHAPTERS)
    given, wrong = parser.parse_args(arguments), False
    print("| chapter | kernel alone | JupyterLab | browser, first | browser, again |")
    with sync_playwright() as playwright, lab(given.python) as jupyter, host.serve(SITE) as server:
        for name in given.chapters:
            places = (fresh, ""), (in_tab, jupyter), *[(in_tab, server.url + LITE)] * 2
            with profile(playwright) as context:
                cells = [_measured(context, server, *place, name) for place in places]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)
            wrong |= any("differ" in cell or "failed" in cell for cell in cells)
    return int(wrong)


@contextmanager
def profile(playwright: Any) -> Iterator[Any]:
    """Yield a browser with a new profile on disk: without one, its cache takes no large file."""
    with tempfile.TemporaryDirectory() as folder:
        context = chromium.launch(playwright, folder)
        yield context
        context.close()


def _measured(context: Any, server: Any, place: Any, url: str, name: str) -> str:
    page, start, before = context.new_page(), time.monotonic(), server.sent
    try:
        found = place(page, url, name)
    except (CellControlSignal, Error, RuntimeError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return f"failed after {time.monotonic() - start:.0f} s"
    finally:
        page.close()
    said = [f"{time.monotonic() - start:.0f} s"]
    if url.endswith(LITE):
        said.append(f"{(server.sent - before) / 1e6:.1f} MB")
    different = differences(found, nbformat.read(BOOK / f"{name}.ipynb", as_version=4))
    return ", ".join([*said, f"{len(different)} cells differ"] if different else said)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
