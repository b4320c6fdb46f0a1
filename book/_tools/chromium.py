"""Find a browser for the tests and the audit, or bring one: `make test` runs this first, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

NAMES = ("google-chrome", "google-chrome-stable", "chrome", "chromium", "chromium-browser")
# The sandbox needs rights that containers lack; a browser under test calls nobody on its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find() -> str | None:
    """Return the system's Chrome or Chromium."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def path() -> str:
    """Return the system's browser, or else where Playwright's own would stand."""
    with sync_playwright() as playwright:
        return find() or playwright.chromium.executable_path


def launch(playwright: Any, profile: str = "") -> Any:
    """Return the system's browser, started, or else Playwright's own.

    With a folder for its ``profile`` it is a context that keeps there what it caches.
    """
    how: dict[str, Any] = {"executable_path": find(), "args": FLAGS}
    if profile:
        return playwright.chromium.launch_persistent_context(profile, **how)
    return playwright.chromium.launch(**how)


def bring() -> None:
    """Install Debian's package where that is allowed, else let Playwright download its own."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ("update", "install --yes --no-install-recommends chromium"):
            subprocess.run(
                ["apt-get", "-qq", *command.split()], check=False, capture_output=True, env=quiet
            )
    if not find():
        command = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(command, check=False, capture_output=True, timeout=600)


def main() -> int:
    """Return 0 where there is a browser in the end; else say what to install."""
    if not Path(path()).exists():
        print("Bringing a browser (once) ...", flush=True)
        bring()
    if Path(path()).exists():
        return 0
    print("no browser: install Chrome or Chromium (Debian: apt install chromium)", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
