"""Find a browser for the tests and the audit, or bring one: `make test` runs this first, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

# Seconds for whatever a page is asked. None takes long: this only says when to give up on a busy
# machine.
PATIENCE = 180
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


def bring() -> list[str]:
    """Install Debian's package where that is allowed, else let Playwright download its own.

    Return what went wrong, a line for each command that failed.
    """
    apt = ["apt-get", "-qq"]
    debian = [[*apt, "update"], [*apt, "install", "--yes", "--no-install-recommends", "chromium"]]
    own = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    allowed = shutil.which("apt-get") and os.geteuid() == 0
    return [
        problem
        for commands in (debian if allowed else [], own)
        for command in commands
        if not find() and (problem := _problem(command))
    ]


def _problem(command: list[str]) -> str:
    """Run a command; return its name and the last thing that it said where it failed."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=quiet, timeout=600)
    except (OSError, subprocess.TimeoutExpired) as error:
        failed, said = True, str(error)
    else:
        failed, said = done.returncode != 0, done.stderr.strip() or done.stdout.strip()
    name = " ".join([Path(command[0]).name, *command[1:]])
    return f"{name}: {said.splitlines()[-1] if said else 'no message'}" if failed else ""


def main() -> int:
    """Return 0 where there is a browser in the end; else say in one line what went wrong."""
    problems = []
    if not Path(path()).exists():
        print("Bringing a browser (once) ...", flush=True)
        problems = bring()
    if Path(path()).exists():
        return 0
    hint = "no browser: install Chrome or Chromium (Debian: apt install chromium)"
    print("; ".join([hint, *problems]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
