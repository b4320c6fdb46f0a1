"""Measure how fast the explorers answer: part of `make audit`.

On the built page: from an input event to the changed page, for each explorer, plain and with the
processor slowed four times. A notebook's view runs the same script.
"""

from __future__ import annotations

import random
import statistics
from pathlib import Path

from playwright.sync_api import sync_playwright

from lifebook.explorer import Choice
from lifebook.explorer.gallery import EXPLORERS
from tools import chromium, host

ROOT = Path(__file__).resolve().parent.parent.parent
EVENTS = 400
MEASURE = """
([name, control, values]) => {
  const field = document.querySelector(`#${name} .slide input[name="${control}"]`);
  return values.map((value) => {
    field.value = value;
    const start = performance.now();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return performance.now() - start;
  });
}
"""


def chapter(name: str) -> str:
    """Return the address of the page that an explorer stands on."""
    pages = (ROOT / "_build/html/book").glob("*.html")
    return next(p.name for p in pages if f'data-name="{name}"' in p.read_text("utf-8"))


def summary(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered):8.2f} {ordered[int(0.95 * len(ordered))]:8.2f} "


def main() -> None:
    heads = f"{'page':>8}{'p95':>9}{'at 1/4':>9}{'p95':>9}"
    print(f"{'milliseconds':<16}{heads}")
    with sync_playwright() as playwright, host.serve(ROOT / "_build/html") as server:
        browser = chromium.launch(playwright)
        for name, explorer in EXPLORERS.items():
            page = browser.new_page()
            page.goto(f"{server.url}/book/{chapter(name)}")
            page.locator(f"#{name}").scroll_into_view_if_needed()
            control = next(c for c in explorer.controls if not isinstance(c, Choice))
            draw = random.Random(0)
            values = [control.low * (control.high / control.low) ** draw.random()
                      for _ in range(EVENTS)]  # fmt: skip
            page.evaluate(MEASURE, [name, control.name, values])  # warm
            plain = page.evaluate(MEASURE, [name, control.name, values])
            session = page.context.new_cdp_session(page)
            session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
            slowed = page.evaluate(MEASURE, [name, control.name, values])
            print(f"{name:<16}{summary(plain)}{summary(slowed)}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
