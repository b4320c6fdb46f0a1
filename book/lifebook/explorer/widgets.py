"""The explorer where a kernel runs: ipywidgets."""

from __future__ import annotations

import math
from typing import Any

from lifebook.explorer.base import Choice, Declaration, Range
from lifebook.explorer.page import readouts

_STYLE = {"description_width": "12em"}


def view(explorer: Declaration) -> dict[str, Any]:
    """Return the MIME bundle of the explorer's widgets; empty where ipywidgets is missing."""
    try:
        return dict(build(explorer)._repr_mimebundle_())
    except ImportError:
        return {}


def build(explorer: Declaration) -> Any:
    """Return a box of controls, readouts and the picture, wired together."""
    import ipywidgets

    controls = {c.name: _control(c) for c in explorer.controls}
    values, picture = ipywidgets.HTML(), ipywidgets.HTML()

    def update(_: Any = None) -> None:
        state = {c.name: _state(c, controls[c.name].value) for c in explorer.controls}
        values.value = readouts(explorer, **state) + explorer.equation(**state)
        picture.value = explorer.figure(**state).markup()

    for control in controls.values():
        control.observe(update, names="value")
    update()
    return ipywidgets.VBox([*controls.values(), values, picture])


def _state(control: Range | Choice, value: Any) -> Any:
    if isinstance(control, Choice):
        return value
    # The end of a logarithmic slider may lie beyond the range by a rounding error.
    value = min(max(value, control.low), control.high)
    return round(value) if control.is_whole else value


def _control(control: Range | Choice) -> Any:
    import ipywidgets

    layout = {"width": "min(100%, 40em)"}
    if isinstance(control, Choice):
        options = [(control.title(name), name) for name in control.options]
        return ipywidgets.Dropdown(
            options=options, value=control.opening, description=control.label, style=_STYLE,
            layout=layout,
        )  # fmt: skip
    shared = {
        "description": control.label, "tooltip": control.meaning, "style": _STYLE,
        "layout": layout, "value": control.opening,
        "readout_format": ".3g" if control.high > 1e9 else ",.0f" if control.low >= 1 else ".2f",
    }  # fmt: skip
    if control.is_log:
        # Powers of two, whose logarithms are exact: the slider stops on round numbers.
        return ipywidgets.FloatLogSlider(
            base=2, min=math.log2(control.low), max=math.log2(control.high),
            step=1 / control.steps_per_double, **shared,
        )  # fmt: skip
    return ipywidgets.FloatSlider(min=control.low, max=control.high, step=control.step, **shared)
