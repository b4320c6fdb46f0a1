"""The page's script: the runtime and the formulas that the explorers need, as one file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources

from lifebook.explorer import Choice, Explorer, gallery
from lifecost.config import script as config
from lifecost.formula import FORMULAS
from lifecost.symbols import PLURALS, PREFIXED, VARIANTS


def bundle(explorers: Iterable[Explorer], more: str = "", needs: Iterable[str] = ()) -> str:
    """Return the script that brings explorers to life on a page.

    ``more`` is code that runs after it, and calls the formulas that ``needs`` names.
    """
    needed = {name: set(VARIANTS) for name in needs}
    for explorer in explorers:
        for name in _formulas(explorer):
            needed.setdefault(name, set()).update(_variants(explorer))
    formulas = "\n".join(FORMULAS[name].javascript_with(needed[name]) for name in sorted(needed))
    runtime = resources.files("lifebook").joinpath("explorer", "runtime.js").read_text("utf-8")
    opening, closing = '"use strict";\n(() => {\n', "})();\n"
    before, found, after = runtime.partition(opening)
    if not found or not after.endswith(closing):
        raise ValueError("runtime.js must be a strict function")
    table = f"const FORMULAS = {{ {', '.join(sorted(needed))} }};\n{units()}"
    body = after.removesuffix(closing) + more
    return f"{before}{opening}{formulas}\n{table}\n{body}{closing}"


def units() -> str:
    """Return the script's tables of units: their plurals, and those that take a prefix."""
    return f"const PLURALS = {json.dumps(PLURALS)};\nconst PREFIXED = {json.dumps(PREFIXED)};"


def my_model() -> str:
    """Return the script of the page that reads a ``config.json``."""
    text = resources.files("lifebook").joinpath("explorer", "model.js").read_text("utf-8")
    example = resources.files("lifebook").joinpath("data", "example_config.json").read_text("utf-8")
    more = "\n".join([config.source(), f"const EXAMPLE = {json.dumps(example)};", text])
    # A reader's own model may have any variant, and parts of its weights any bytes.
    needs = {*config.FORMULAS, "weights_size", *_formulas(gallery.my_model)}
    return bundle([gallery.my_model], more, needs)


def _formulas(explorer: Explorer) -> set[str]:
    """Return the names of the formulas that an explorer reads out or draws."""
    names = {name for mark in explorer.marks for name in mark.formulas()}
    return names | {formula.name for formula in explorer.outputs}


def _variants(explorer: Explorer) -> set[str]:
    """Return the variants that an explorer binds."""
    options = (
        bound for c in explorer.controls if isinstance(c, Choice) for bound in c.options.values()
    )
    bound = [explorer.fixed, *options, *(mark.bind for mark in explorer.marks)]
    return VARIANTS.keys() & {c.name for c in explorer.controls}.union(*bound)
