"""The page's script: the runtime and the formulas that the explorers need, as one file."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

from lifecost.explorer import Explorer
from lifecost.formula import FORMULAS


def source(explorers: Iterable[Explorer]) -> str:
    """Return the script that brings explorers to life on a page."""
    needed = {
        name
        for explorer in explorers
        for name in (
            *(formula.name for formula in explorer.outputs),
            *(name for mark in explorer.marks for name in mark.formulas()),
        )
    }
    formulas = "\n".join(FORMULAS[name].javascript_source for name in sorted(needed))
    runtime = resources.files("lifecost").joinpath("explorer", "runtime.js").read_text("utf-8")
    opening = '"use strict";\n(() => {\n'
    before, found, after = runtime.partition(opening)
    if not found:
        raise ValueError("runtime.js must open with a strict function")
    table = f"const FORMULAS = {{ {', '.join(sorted(needed))} }};"
    return f"{before}{opening}{formulas}\n{table}\n{after}"
