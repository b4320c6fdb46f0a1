"""The explorer on a page: markup that stands without a script, and the data that one needs."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from lifebook.explorer.base import Case, Choice, Declaration, Output, Range
from lifebook.explorer.drawing import drawing
from lifebook.explorer.mathml import source as mathml
from lifebook.explorer.picture import Lanes, declared
from lifecost.formula import FORMULAS
from lifecost.stack import STACK, Stack


def markup(explorer: Declaration) -> str:
    """Return the explorer as HTML: complete as it stands, and brought to life by the script."""
    data = json.dumps(data_of(explorer), separators=(",", ":"), default=Stack.data)
    name, title, (head, text) = explorer.name, html.escape(explorer.title), explorer.verdict()
    shown = dict(zip(explorer.outputs, explorer.readouts(), strict=True))
    exact = explorer()

    def output(one: Output, **more: str) -> str:
        (_, words), value = shown[one], exact[one.formula.name]
        own = "".join(f' {key}="{text}"' for key, text in more.items())
        return (
            f'<output name="{one.formula.name}" data-value="{float(value)!r}"{own}>'
            f"{html.escape(words)}</output>"
        )

    def row(one: Output, color: str = "") -> str:
        style = f' style="--c:var(--lc-{color})"' if color else ""
        return f"<div{style}><dt>{html.escape(one.words)}</dt><dd>{output(one)}</dd></div>"

    answer, *rest = explorer.outputs
    legend = _legend(explorer)
    parts = [row(one, legend[one.formula.name]) for one in rest if one.formula.name in legend]
    facts = [row(one) for one in rest if one.formula.name not in legend]
    return f"""<lifecost-explorer data-name="{name}" id="{name}">
<section class="x" aria-labelledby="{name}-title">
<p class="x-title" id="{name}-title" role="heading" aria-level="2">{title}</p>
<div class="x-side">
<form class="x-controls" aria-label="Setting of {name}" autocomplete="off">
{_written(explorer)}</form>
<dl class="x-facts">{"".join(facts)}</dl>
</div>
<div class="x-stage">
<div class="x-main">{output(answer, **{"class": "x-big"})}
<p class="x-verdict"><b>{html.escape(head)}</b> <span>{html.escape(text)}</span></p></div>
<dl class="x-legend">{"".join(parts)}</dl>
<div class="x-picture">{drawing(explorer).markup()}</div>
</div>
<div class="x-foot">
<details class="x-equation"><summary>The equation with these numbers</summary>
{_equation(explorer)}</details>
</div>
</section>
<script type="application/json">{data.replace("<", chr(92) + "u003c")}</script>
</lifecost-explorer>"""


def _equation(explorer: Declaration) -> str:
    """Return the first output as an equation with the numbers of the opening setting in it."""
    output, numbers = explorer.outputs[0], explorer.numbers()
    places = re.compile(r'(?<=<mn data-of=")(\w+)(">)')
    inner = places.sub(
        lambda found: found[0] + numbers.get(found[1], ""), mathml(output.formula.expr)
    )
    hidden = "" if numbers else " hidden"
    value = html.escape(explorer.readouts()[0][1])
    equation = f"<span{hidden}><math>{inner}</math> = </span><span>{value}</span>"
    return f'<p tabindex="0">{html.escape(output.words)} = {equation}</p>'


def _legend(explorer: Declaration) -> dict[str, str]:
    """Return the color of each output that is a part of a lane."""
    lanes = (panel for panel in explorer.picture if isinstance(panel, Lanes))
    parts = (part for panel in lanes for lane in panel.lanes for part in lane.parts)
    return {str(part.at): part.color for part in parts}


def _written(explorer: Declaration) -> str:
    """Return the opening setting in words: what stands where a script puts the controls."""
    return "".join(
        f'<p class="x-row">{html.escape(c.label)}: <b>{html.escape(c.title(c.opening))}</b></p>'
        for c in explorer.controls
    )


def data_of(explorer: Declaration) -> dict[str, Any]:
    """Return all that the page's script needs to know of an explorer."""
    first = explorer.outputs[0].formula
    kinds = {term: explorer.kind(term) for term in sorted(explorer.terms()) if term != STACK}
    return {
        "controls": [_control(control) for control in explorer.controls],
        "fixed": dict(explorer.fixed),
        "outputs": [_output(output) for output in explorer.outputs],
        "kinds": kinds,
        "answer": [_case(case) for case in explorer.answer],
        "picture": [declared(panel) for panel in explorer.picture],
        "beyond": (STACK, *first.optional),
        **({"dense": True} if _is_for_dense(explorer) else {}),
    }


def _is_for_dense(explorer: Declaration) -> bool:
    """Return whether it takes a reader's own model, and no model with experts."""
    takes = any(isinstance(c, Choice) and c.catalog == "models" for c in explorer.controls)
    return takes and any(FORMULAS[name].dense for name in explorer.formulas)


def _output(output: Output) -> dict[str, Any]:
    found: dict[str, Any] = {"name": output.formula.name, "words": output.words}
    return found if output.of is None else {**found, "of": output.of}


def _case(case: Case) -> list[Any]:
    return [case.head, case.text, *case.at_least, *([case.unless] if case.unless else [])]


def _control(control: Range | Choice) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": control.name, "label": control.label, "opening": control.opening,
    }  # fmt: skip
    if isinstance(control, Range):
        return found | {
            "sign": control.sign, "unit": control.unit, "meaning": control.meaning,
            "kind": control.kind_of_number, "low": control.low, "high": control.high,
            "whole": control.is_whole, "step": control.step, "per": control.per_double,
        }  # fmt: skip
    options = dict(control.options)
    if control.catalog:
        from lifebook.explorer.script import shared

        known = shared(control.catalog)
        found |= {"catalog": control.catalog}
        if control.catalog == "models" and not any(b.get(STACK) for b in options.values()):
            found |= {"only": "plain"}
            known = {name: bound for name, bound in known.items() if not bound.get(STACK)}
        if left := [name for name in known if name not in options]:
            found |= {"without": left}
        options = {n: bound for n, bound in options.items() if n not in known}
    found["options"] = [
        [name, control.title(name), control.groups.get(name, ""), control.hints.get(name, ""),
         dict(bound)]
        for name, bound in options.items()
    ]  # fmt: skip
    for name in ("leaves", "implied"):
        if getattr(control, name):
            found[name] = getattr(control, name)
    return {**found, "plain": True} if control.of_plain else found
