"""Measure how fast the explorers answer: part of `make bench`.

From an input event to the changed page, in milliseconds, for each explorer alone on a page: by its
slider, with the processor slowed four times, with the model of most kinds of blocks, and by a drag
in its picture (slowed, too). Then how long a kernel takes to draw the same picture again. Last, one
in JupyterLab, which runs the same script and tells the kernel of each change.
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from lifebook.explorer import Choice, Explorer
from lifebook.explorer.gallery import EXPLORERS
from lifecost.errors import unknown_name
from lifecost.stack import STACK
from tools import chromium, places
from tools.explorer import alone

CHAPTER, SHOWN = "inference", "kv-cache"  # what is measured in JupyterLab
EVENTS = 400
REDRAWN = 5
MEASURE = """
([name, control, places]) => {
  const box = document.querySelector(`#${name} input[name="${control}"]`);
  const field = box.parentNode.querySelector("[type=range]");
  return places.map((share) => {
    field.value = +field.min + (field.max - field.min) * share;
    const start = performance.now();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return performance.now() - start;
  });
}
"""
DRAG = """
([name, places]) => {
  const handle = document.querySelector(`#${name} .handle`);
  if (!handle) return [];
  const box = handle.ownerSVGElement.getBoundingClientRect();
  handle.setPointerCapture = () => {};
  const at = (type, share) => handle.dispatchEvent(new PointerEvent(type, {
    bubbles: true, clientX: box.left + box.width * share,
    clientY: box.top + box.height * (1 - share) }));
  at("pointerdown", 0.5);
  const found = places.map((share) => {
    const start = performance.now();
    at("pointermove", share);
    return performance.now() - start;
  });
  at("pointerup", 0.5);
  return found;
}
"""


def largest(explorer: Explorer) -> str | None:
    """Return the model of most parts that an explorer offers, if it offers stacks."""
    for control in explorer.controls:
        if isinstance(control, Choice) and control.catalog == "models":
            stacks = {n: b[STACK] for n, b in control.options.items() if b.get(STACK)}
            return max(stacks, key=lambda n: len(stacks[n].data()["parts"]), default=None)
    return None


def measured(page: Any, explorer: Explorer) -> dict[str, list[float]]:
    """Return the times of inputs, by how they were measured."""
    draw = random.Random(0)
    shares = [draw.random() for _ in range(EVENTS)]
    control = next(c.name for c in explorer.controls if not isinstance(c, Choice))
    session = page.context.new_cdp_session(page)

    def slide() -> Any:
        return page.evaluate(MEASURE, [explorer.name, control, shares])

    def slowed(rate: int) -> None:
        session.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    slide()  # warm
    found = {"slide": slide()}
    slowed(4)
    found |= {"slowed": slide(), "drag": page.evaluate(DRAG, [explorer.name, shares])}
    slowed(1)
    if name := largest(explorer):
        page.evaluate("([n, m]) => document.getElementById(n).change({ model: m })",
                      [explorer.name, name])  # fmt: skip
        slide()
        found["model"] = slide()
        slowed(4)
        found["model slowed"] = slide()
    return found


def redrawn(explorer: Explorer) -> float:
    """Return the milliseconds in which a kernel draws the picture again, as PNG."""
    times = []
    for _ in range(REDRAWN):
        start = time.perf_counter()
        explorer.figure().png()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def summary(times: list[float]) -> str:
    if not times:
        return f"{'':15}"
    ordered = sorted(times)
    return f"{statistics.median(ordered):7.2f} {ordered[int(0.95 * len(ordered))]:7.2f}"


def in_lab(playwright: Any) -> dict[str, list[float]]:
    """Return the times of inputs to an explorer in JupyterLab."""
    with places.lab() as address, places.profile(playwright) as context:
        page = context.new_page()
        places.in_tab(page, address, CHAPTER)
        places.scroll_to(page, places.WIDGET)
        page.locator(f"#{SHOWN} input[type=range]").first.wait_for()
        return measured(page, EXPLORERS[SHOWN])


WAYS = ("slide", "slowed", "drag", "model", "model slowed")


def report(name: str, times: Mapping[str, list[float]], again: float) -> None:
    """Print the median and the 95th percentile of each way, and how long a kernel takes."""
    columns = "".join(summary(times.get(way, [])) for way in WAYS)
    ratio = again / statistics.median(times["slide"])
    print(f"{name:<16}{columns}{again:8.0f}{ratio:7.0f}", flush=True)


def main(names: list[str]) -> None:
    """Measure the explorers of these names; all of them, and JupyterLab, where none is given."""
    for name in names:
        if name not in EXPLORERS:
            raise unknown_name("explorer", name, EXPLORERS)
    heads = "".join(f"{way:>15}" for way in WAYS)
    print(f"{'ms: median, p95':<16}{heads}{'kernel':>8}{'ratio':>7}")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = chromium.launch(playwright)
        for name in names or EXPLORERS:
            file = Path(folder) / "one.html"
            file.write_text(alone(name), "utf-8")
            page = browser.new_page()
            page.goto(file.as_uri())
            report(name, measured(page, EXPLORERS[name]), redrawn(EXPLORERS[name]))
            page.close()
        browser.close()
        if not names:
            report("in JupyterLab", in_lab(playwright), redrawn(EXPLORERS[SHOWN]))


if __name__ == "__main__":
    main(sys.argv[1:])
