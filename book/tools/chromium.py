"""Find a browser for the tests and the audit, or bring one: `make test` runs this first, once."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

# Seconds for whatever a page is asked. None takes long: this only says when to give up on a busy
# machine.
PATIENCE = 600
# The first is Debian's without a window, which draws none: pages take a third less time in it.
SHELL = "chromium-headless-shell"
NAMES = (SHELL, "google-chrome", "google-chrome-stable", "chrome", "chromium", "chromium-browser")
# The sandbox needs rights that containers lack; a browser under test calls nobody on its own.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Without a window, letters would be fitted to pixels, and on paper words come apart.
    "--font-render-hinting=none",
]


def find() -> str | None:
    """Return the system's Chrome or Chromium."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def path() -> str:
    """Return the system's browser, or else where Playwright's own would stand."""
    with sync_playwright() as playwright:
        return find() or playwright.chromium.executable_path


def how() -> dict[str, Any]:
    """Return how Playwright is to start it: the starting, too, takes as long as it takes."""
    return {"executable_path": find(), "args": FLAGS, "timeout": 1000 * PATIENCE}


def launch(playwright: Any, profile: str = "") -> Any:
    """Return the system's browser, started, or else Playwright's own.

    With a folder for its ``profile`` it is a context that keeps there what it caches.
    """
    if profile:
        context = playwright.chromium.launch_persistent_context(profile, **how())
        context.set_default_timeout(1000 * PATIENCE)
        return context
    return patient(playwright.chromium.launch(**how()))


def patient(browser: Any) -> Any:
    """Let whatever a browser opens wait as long as everything else; return the browser."""

    def such(new: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(new)
        def made(**options: Any) -> Any:
            found = new(**options)
            found.set_default_timeout(1000 * PATIENCE)
            return found

        return made

    browser.new_context, browser.new_page = such(browser.new_context), such(browser.new_page)
    return browser


def bring() -> list[str]:
    """Install a package of Debian's where that is allowed, else let Playwright download its own.

    Return what went wrong, a line for each command that failed.
    """
    problems = debian(SHELL)
    if not find():
        problems += debian("chromium")
    own = [sys.executable, "-m", "playwright", "install", "chromium"]
    if not find() and (problem := _problem(own)):
        problems.append(problem)
    return problems


def debian(package: str) -> list[str]:
    """Install a package of Debian or Ubuntu where that is allowed; return what went wrong."""
    if not _may_install():
        return []
    apt = ["apt-get", "-qq"]
    steps = [[*apt, "update"], [*apt, "install", "--yes", "--no-install-recommends", package]]
    return [problem for command in steps if (problem := _problem(command))]


def _may_install() -> bool:
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


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
    if not Path(path()).exists() or (_may_install() and not shutil.which(SHELL)):
        print("Bringing a browser (once) ...", flush=True)
        problems = bring()
    if Path(path()).exists():
        return 0
    hint = "no browser: install Chrome or Chromium (Debian: apt install chromium)"
    print("; ".join([hint, *problems]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
