"""Draw the README's picture: what one decode step spends on arithmetic and on the KV cache.

Run as ``python -m tools.picture``. It is kept in git, where a forge shows it: text as text, on no
ground of its own, in one form for light pages and one for dark ones.
"""

from __future__ import annotations

from html import escape
from pathlib import Path

from lifebook.figures.style import COLORS
from lifecost import (
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
    models,
    number,
    post,
)

PLACE = Path(__file__).parents[1]
INKS = {"readme.svg": "#1b2027", "readme-dark.svg": "#e9ebee"}  # of the letters, as in the book
WIDTH = 760
TERA = 1e12

MODEL = models["llama-3-8b"]
arithmetic = float(forward_flops(MODEL, post))
loading = float(kv_load_flop_equivalent(MODEL, post))
ratio = number(float(kv_to_compute_ratio(MODEL, post)), 2)
batch, context, hoi = (number(int(post.bindings[name])) for name in ("batch", "context", "hoi"))
TITLE = f"One decode step of {MODEL.title}: {batch} sequences of {context} tokens"
ARITHMETIC = f"arithmetic: {number(arithmetic / TERA, 1)} TFLOPs"
LOADING = f"reading the KV cache: as long as {number(loading / TERA, 2)} TFLOPs would take"
SUM = f"{ratio} to 1, on a chip that does {hoi} FLOPs while it reads a byte"
ALT = f"{TITLE}. Two bars, to scale. The short one, {ARITHMETIC}. The long one, {LOADING}. {SUM}."


def draw(ink: str) -> str:
    """Return the picture as SVG, with letters of a color."""
    short = WIDTH * arithmetic / loading
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} 172" width="{WIDTH}" height="172" \
role="img" aria-label="{escape(ALT)}" font-family="system-ui, sans-serif" font-size="20" \
font-weight="600" fill="{ink}">
  <text y="22">{escape(TITLE)}</text>
  <rect y="42" width="{short:.1f}" height="40" fill="{COLORS["compute"]}"/>
  <text x="{short + 12:.1f}" y="69">{escape(ARITHMETIC)}</text>
  <rect y="90" width="{WIDTH}" height="40" fill="{COLORS["kv"]}"/>
  <text x="12" y="117" fill="#fff">{escape(LOADING)}</text>
  <text y="162">{escape(SUM)}</text>
</svg>
"""


if __name__ == "__main__":
    for name, color in INKS.items():
        (PLACE / name).write_text(draw(color), "utf-8")
