"""The page's script: the runtime and the formulas that the explorers need, as one file."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources

from lifebook.explorer import Choice, Explorer, gallery
from lifecost import script
from lifecost.config import script as config
from lifecost.stack import STACK
from lifecost.symbols import PLURALS, PREFIXED


def bundle(explorers: Iterable[Explorer], more: str = "", needs: Iterable[str] = ()) -> str:
    """Return the script that brings explorers to life on a page.

    ``more`` is code that runs after it, and calls the formulas that ``needs`` names.
    """
    of_models, plain = {*needs}, set[str]()
    for explorer in explorers:
        (of_models if _has_stacks(explorer) else plain).update(_formulas(explorer))
    formulas = script.formulas(plain, of_models)
    runtime = resources.files("lifebook").joinpath("explorer", "runtime.js").read_text("utf-8")
    opening, closing = '"use strict";\n(() => {\n', "})();\n"
    before, found, after = runtime.partition(opening)
    if not found or not after.endswith(closing):
        raise ValueError("runtime.js must be a strict function")
    body = after.removesuffix(closing) + more
    return f"{before}{opening}{formulas}\n{units()}\n{body}{closing}"


def units() -> str:
    """Return the script's tables of units: their plurals, and those that take a prefix."""
    return f"const PLURALS = {json.dumps(PLURALS)};\nconst PREFIXED = {json.dumps(PREFIXED)};"


def my_model() -> str:
    """Return the script of the page that reads a ``config.json``."""
    text = resources.files("lifebook").joinpath("explorer", "model.js").read_text("utf-8")
    example = resources.files("lifebook").joinpath("data", "example_config.json").read_text("utf-8")
    more = "\n".join([config.source(), f"const EXAMPLE = {json.dumps(example)};", text])
    # A reader's own model may be any stack of blocks.
    needs = {*config.FORMULAS, "weights_size", *_formulas(gallery.my_model)}
    return bundle([gallery.my_model], more, needs)


def _formulas(explorer: Explorer) -> set[str]:
    """Return the names of the formulas that an explorer reads out or draws."""
    names = {name for mark in explorer.marks for name in mark.formulas()}
    return names | {formula.name for formula in explorer.outputs}


def _has_stacks(explorer: Explorer) -> bool:
    """Return whether an explorer offers models that are no plain decoders."""
    options = (
        bound for c in explorer.controls if isinstance(c, Choice) for bound in c.options.values()
    )
    marks = (mark.bind for mark in explorer.marks)
    return any(bound.get(STACK) for bound in (explorer.fixed, *options, *marks))
