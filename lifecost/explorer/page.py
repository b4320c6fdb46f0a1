"""The explorer on a page without a kernel: the picture and the values at the opening setting."""

from __future__ import annotations

import html

from lifecost.explorer import Explorer


def readouts(explorer: Explorer, **state: object) -> str:
    """Return the outputs as the rows of a table."""
    values = explorer(**state)
    rows = []
    for (meaning, shown), (name, value) in zip(
        explorer.readouts(**state), values.items(), strict=True
    ):
        output = f'<output name="{name}" data-value="{value!r}">{html.escape(shown)}</output>'
        rows.append(f'<tr><th scope="row">{html.escape(meaning)}</th><td>{output}</td></tr>')
    return f'<table class="lifecost-readouts"><tbody>{"".join(rows)}</tbody></table>'


def markup(explorer: Explorer) -> str:
    """Return the explorer as HTML that needs nothing but a browser."""
    setting = ", ".join(f"{n} {v}" for n, v in explorer.opening.items())
    return (
        f'<lifecost-explorer data-name="{explorer.name}">\n'
        f'<p class="lifecost-title">{html.escape(explorer.title)}</p>\n'
        f"{explorer.figure()._repr_html_()}\n"
        f"{readouts(explorer)}\n"
        f'<p class="lifecost-setting">At {html.escape(setting)}. '
        "Run this notebook to move the sliders.</p>\n"
        "</lifecost-explorer>"
    )
