"""Rehearse Binder without Docker: install what it would, then run the chapters as its readers do.

An image of Binder is a clean environment, `pip install -r binder/requirements.txt` and postBuild in
the clone. Here the same happens in `_build/binder`, and a real browser opens each chapter in that
JupyterLab, runs all its cells and moves its first slider.

    rehearse.py [chapter ...]
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import chromium
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "_build/binder"
ENVIRONMENT = PLACE / "env"
CLONE = PLACE / "clone"
ADDRESS = "http://127.0.0.1:18888/lab/tree/book"
PATIENCE = 120_000
RUN = """
async (path) => {
  const { restored, commands } = window.jupyterapp;
  await restored;
  const { context, sessionContext } = await commands.execute("docmanager:open", { path });
  await context.ready;
  await sessionContext.ready;
  await sessionContext.session.kernel.info;
  return await commands.execute("notebook:run-all-cells");
}
"""


def run(*command: str) -> float:
    """Run a command in the clone, in the environment, and return its seconds."""
    start = time.monotonic()
    subprocess.run(command, cwd=CLONE, env=environment(), check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def environment() -> dict[str, str]:
    """Return the variables of a reader on Binder: his own home, and no path to this tree."""
    own = {"HOME": str(PLACE / "home"), "PATH": f"{ENVIRONMENT}/bin:{os.environ['PATH']}"}
    return {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **own}


def install() -> None:
    """Clone what is committed, and install as repo2docker's Dockerfile says."""
    (PLACE / "home").mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(CLONE)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = run("pip", "install", "-qq", "--no-cache-dir", "-r", "binder/requirements.txt")
    built = run("./binder/postBuild")
    size = sum(p.stat().st_size for p in ENVIRONMENT.rglob("*") if p.is_file()) / 1e6
    print(f"installed in {pip:.0f} s, postBuild in {built:.0f} s, {size:.0f} MB")


def visit(browser: Any, chapter: str) -> str:
    """Run a chapter and move its first slider; return what came."""
    start, tab = time.monotonic(), browser.new_page(viewport={"width": 1300, "height": 1000})
    tab.set_default_timeout(PATIENCE)
    tab.goto(f"{ADDRESS}/{chapter}.ipynb?token=rehearsal")
    tab.wait_for_function("window.jupyterapp")
    if not tab.evaluate(RUN, f"book/{chapter}.ipynb"):
        return "a cell failed"
    said = f"ran in {time.monotonic() - start:.0f} s"
    handle = tab.locator(".widget-slider .noUi-handle").first
    if handle.count():
        shown = tab.locator(".widget-html-content").first
        before = shown.inner_text()
        handle.press("ArrowRight")
        tab.wait_for_function(
            "([node, before]) => node.innerText !== before", arg=[shown.element_handle(), before]
        )
        said += ", the slider moves the readout"
    tab.close()
    return said


def main(chapters: list[str]) -> int:
    """Rehearse, and return 1 if a chapter failed."""
    if not PLACE.exists():
        install()
    lab = ["jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=18888"]
    lab += ["--IdentityProvider.token=rehearsal", "--LabApp.expose_app_in_browser=True"]
    with (PLACE / "log").open("w") as log:
        server = subprocess.Popen(lab, cwd=CLONE, env=environment(), stdout=log, stderr=log)
    try:
        until = time.monotonic() + PATIENCE / 1000
        while "is running at" not in (PLACE / "log").read_text():
            if server.poll() is not None or time.monotonic() > until:
                sys.exit(f"JupyterLab did not start: see {PLACE / 'log'}")
            time.sleep(0.2)
        failed = 0
        with sync_playwright() as playwright:
            browser = chromium.launch(playwright)
            for chapter in chapters or sorted(path.stem for path in CLONE.glob("book/*.ipynb")):
                came = visit(browser, chapter)
                failed += "failed" in came
                print(f"{chapter}: {came}", flush=True)
            browser.close()
        return 1 if failed else 0
    finally:
        server.terminate()
        server.wait(20)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
