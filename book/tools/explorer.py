"""Write one explorer alone to a page, to look at it without a build of the book.

python -m tools.explorer balance balance.html
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

from lifebook.explorer import page, script

STYLES = Path(__file__).parents[1] / "theme" / "styles"
HEAD = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>{}</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
)


def alone(name: str) -> str:
    """Return a page with one explorer, its style and its scripts in it."""
    module = import_module(f"lifebook.explorer.declarations.{name.replace('-', '_')}")
    explorer = getattr(module, name.replace("-", "_"))
    parts = ("colors", "text", "explorer", "tools", "embed", "print")
    style = "\n".join((STYLES / f"{part}.css").read_text("utf-8") for part in parts)
    code = script.whole([explorer]).replace("</script", "<\\/script")
    return "\n".join([
        HEAD.format(name), f"<style>{style}</style>", '<body class="embed"><main>',
        page.markup(explorer), f"</main><script>{code}</script></body></html>",
    ])  # fmt: skip


if __name__ == "__main__":
    _, given, file = sys.argv
    Path(file).write_text(alone(given), "utf-8")
