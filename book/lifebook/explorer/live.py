"""The explorer where a kernel runs: the page's own form, whose setting the kernel sees and sets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from lifebook.explorer import page, script
from lifebook.explorer.base import Declaration

VIEW = "application/vnd.jupyter.widget-view+json"
# A notebook's own shortcuts leave the keys in it alone.
RENDER = """
const settingOf = ({ state, own }) => Object.fromEntries([...state].map(([name, value]) =>
  [name, value === "own" ? own[name].bindings : value]));
function render({ model, el }) {
  el.dataset.lmSuppressShortcuts = "true";
  el.className = "lifecost-live";
  el.innerHTML = model.get("_markup");
  const explorer = el.firstElementChild;
  let taking = false;
  const take = () => {
    if (!explorer.data) return;
    taking = true;
    explorer.set(model.get("setting"));
    taking = false;
  };
  const give = () => {
    if (taking) return;
    model.set("setting", settingOf(explorer));
    model.save_changes();
  };
  requestAnimationFrame(() => { take(); explorer.addEventListener("update", give); });
  model.on("change:setting", take);
  return () => model.off("change:setting", take);
}
export default { render };
"""
# A notebook has a look of its own for lists of terms and none for what folds, and says its theme on
# an element.
HOST = r"""
.lifecost-live .x :is(dl, dt, dd) {
  float: none; margin: 0; overflow: visible; padding: 0; width: auto;
}
.lifecost-live .x-equation summary { display: block; }
.lifecost-live .x-equation summary::before { content: "▸\2002"; }
.lifecost-live .x-equation[open] summary::before { content: "▾\2002"; }
[data-jp-theme-light="true"] lifecost-explorer { color-scheme: light; }
[data-jp-theme-light="false"] lifecost-explorer { color-scheme: dark; }
"""


class Live:
    """The setting of an explorer in this kernel, and who follows it."""

    def __init__(self, explorer: Declaration) -> None:
        self.explorer = explorer
        self.setting = dict(explorer.opening)
        self.followers: list[Callable[[dict[str, float]], object]] = []

    def set(self, setting: Mapping[str, Any]) -> None:
        """Change what a setting names, on every view of it too."""
        new = {**self.setting, **setting}
        self.explorer.bind(**new)
        if new == self.setting:
            return
        self.setting = new
        if "widget" in vars(self):
            self.widget.setting = new
        for follow in self.followers:
            follow(self.explorer(**new))

    @functools.cached_property
    def markup(self) -> str:
        """The explorer as it opens, drawn once for the page and for the widget."""
        return page.markup(self.explorer)

    @functools.cached_property
    def widget(self) -> Any:
        """The widget; an `ImportError` where anywidget is missing."""
        made = _widget(self.explorer)(_markup=self.markup, setting=self.setting)
        made.observe(lambda change: self.set(change["new"]), "setting")
        return made

    def bundle(self) -> dict[str, Any]:
        """Return the MIME bundle of the widget; empty where anywidget is missing."""
        try:
            data, _ = self.widget._repr_mimebundle_()
        except ImportError:
            return {}
        return {VIEW: data[VIEW]}


def _widget(explorer: Declaration) -> Any:
    """Return the class of its widget, which holds all that it needs and asks no host for it."""
    import anywidget
    import traitlets

    class ExplorerView(anywidget.AnyWidget):  # type: ignore[misc]  # without types
        _esm = module(explorer)
        _css = style()
        _markup = traitlets.Unicode().tag(sync=True)
        setting = traitlets.Dict().tag(sync=True)

    return ExplorerView


def module(explorer: Declaration) -> str:
    """Return the page's scripts as one module, with the formulas of one explorer.

    To derive those of all takes seconds. A notebook's explorers gather theirs, each for any model.
    """
    return "\n".join(
        [
            "const known = globalThis.LIFECOST?.FORMULAS;",
            script.formulas([], explorer.formulas),
            "if (known) LIFECOST.FORMULAS = Object.assign(known, LIFECOST.FORMULAS);",
            'if (!customElements.get("lifecost-explorer")) {',
            script.runtime(),
            f"}}\n{RENDER}",
        ]
    )


def style() -> str:
    """Return the style of explorers, which touches nothing else of a notebook."""
    colors, _, _ = _styles("colors").partition("}")
    return "\n".join(
        [
            f"{colors.replace(':root', 'lifecost-explorer')}}}",
            _styles("explorer"),
            _styles("tools"),
            HOST,
        ]
    )


def _styles(part: str) -> str:
    packed = resources.files("lifebook").joinpath("explorer", "styles")
    folder = packed if packed.is_dir() else Path(__file__).parents[2] / "theme" / "styles"
    return folder.joinpath(f"{part}.css").read_text("utf-8")
