"""The explorer on a page without a kernel: the picture and the values at the opening setting."""

from __future__ import annotations

import html

from lifecost.explorer import Explorer


def readout_rows(explorer: Explorer, **state: object) -> str:
    """Return the outputs as the rows of a description list."""
    values = explorer(**state)
    rows = []
    for (meaning, shown), (name, value) in zip(
        explorer.readouts(**state), values.items(), strict=True
    ):
        output = f'<output name="{name}" data-value="{value!r}">{html.escape(shown)}</output>'
        rows.append(f"<div><dt>{html.escape(meaning)}</dt><dd>{output}</dd></div>")
    return "".join(rows)


def markup(explorer: Explorer) -> str:
    """Return the explorer as HTML that needs nothing but a browser."""
    setting = ", ".join(f"{n} {v}" for n, v in explorer.opening.items())
    return (
        f'<lifecost-explorer data-name="{explorer.name}">\n'
        f'<p class="lifecost-title">{html.escape(explorer.title)}</p>\n'
        f"{explorer.figure()._repr_html_()}\n"
        f'<dl class="lifecost-readouts">{readout_rows(explorer)}</dl>\n'
        f'<p class="lifecost-setting">At {html.escape(setting)}. '
        "Run this notebook to move the sliders.</p>\n"
        "</lifecost-explorer>"
    )
