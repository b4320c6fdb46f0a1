"""The explorer on a page: markup that stands without a script, and the data that one needs."""

from __future__ import annotations

import html
import json
from typing import Any

from lifebook.explorer.base import Choice, Declaration, Range
from lifebook.figures.style import Figure
from lifecost.quantities import exactly, plural
from lifecost.stack import STACK, Stack
from lifecost.values import symbol


def readouts(explorer: Declaration, **state: object) -> str:
    """Return the outputs as the rows of a table."""
    values = explorer(**state)
    rows = []
    for (meaning, shown), (name, value) in zip(
        explorer.readouts(**state), values.items(), strict=True
    ):
        output = f'<output name="{name}" data-value="{value!r}">{html.escape(shown)}</output>'
        rows.append(f'<tr><th scope="row">{html.escape(meaning)}</th><td>{output}</td></tr>')
    return f'<table class="lifecost-readouts"><tbody>{"".join(rows)}</tbody></table>'


def markup(explorer: Declaration) -> str:
    """Return the explorer as HTML: complete as it stands, and brought to life by the script."""
    figure = explorer.figure()
    data = json.dumps(declared(explorer, figure), separators=(",", ":"), default=Stack.data)
    return (
        f'<lifecost-explorer data-name="{explorer.name}" id="{explorer.name}">\n'
        f'<p class="lifecost-title">{html.escape(explorer.title)}</p>\n'
        f'<p class="lifecost-setting">{html.escape(setting(explorer))}</p>\n'
        f"{figure.markup()}\n"
        f"{readouts(explorer)}\n"
        f'<p class="lifecost-equation">{html.escape(explorer.equation())}</p>\n'
        f'<script type="application/json">{data.replace("<", chr(92) + "u003c")}</script>\n'
        "</lifecost-explorer>"
    )


def setting(explorer: Declaration) -> str:
    """Return the opening setting in words."""
    words = []
    for control in explorer.controls:
        if isinstance(control, Choice):
            words.append(f"{control.label} {control.title(control.opening)}")
        else:
            words.append(f"{control.label} {exactly(control.opening)}")
    return "At " + ", ".join(words) + "."


def declared(explorer: Declaration, figure: Figure) -> dict[str, Any]:
    """Return all that the page's script needs to know of an explorer."""
    frames = figure.frames()
    return {
        "figure": figure.name,
        "controls": [_control(control) for control in explorer.controls],
        "fixed": dict(explorer.fixed),
        "outputs": [[f.name, f.unit] for f in explorer.outputs],
        "equation": explorer.outputs[0].text_expression,
        "beyond": (STACK, *explorer.outputs[0].optional),
        "marks": [{**m.declared(), **frames[m.name]} for m in explorer.marks],
    }


def _control(control: Range | Choice) -> dict[str, Any]:
    found: dict[str, Any] = {"name": control.name, "label": control.label}
    if isinstance(control, Choice):
        titles = {name: control.title(name) for name in control.options}
        options = {name: dict(bound) for name, bound in control.options.items()}
        found |= {"options": options, "titles": titles, "opening": control.opening}
        return {**found, "groups": dict(control.groups)} if control.groups else found
    unit = symbol(control.name).unit
    unit = "" if unit == "1" else plural(unit)
    return {
        **found, "meaning": control.meaning, "unit": unit, "low": control.low,
        "high": control.high, "opening": control.opening, "log": control.is_log,
        "whole": control.is_whole,
        "grid": 1 / control.steps_per_double if control.is_log else control.step,
    }  # fmt: skip
