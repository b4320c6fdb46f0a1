"""The page's script: formulas, and the blocks that a model may be made of."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Iterable
from importlib import resources
from typing import Any

from lifecost.formula import FORMULAS
from lifecost.printers import javascript
from lifecost.stack import FAMILIES, ONCE
from lifecost.symbols import OPTIONAL, PARTS, SUMS

# Sums that whatever reads a model on the page asks for, formulas aside; the reader of a config.json
# asks for each weight too.
READ = ("stored_params", "active_params", "cache_held", "chip_cache_held", "state_held")


def formulas(plain: Iterable[str], of_models: Iterable[str] = (), *, reader: bool = False) -> str:
    """Return the functions of formulas by name, for plain decoders and for any model.

    Where there are any of the latter, the families of blocks come before them, with the sums that
    these formulas ask for; for the reader of a config.json, with what it counts as well.
    """
    of_models = sorted(of_models)
    lines = [FORMULAS[name].javascript_source for name in sorted({*plain} - {*of_models})]
    lines += [FORMULAS[name].javascript_of_models for name in of_models]
    if of_models:
        asked = {sum_ for name in of_models for sum_ in _sums(name)} | {*(READ if reader else ())}
        lines = [_stacks(asked, reader), *lines]
    table = ", ".join(sorted({*plain, *of_models}))
    return "\n".join([*lines, f"const FORMULAS = {{ {table} }};"])


def _sums(name: str) -> tuple[str, ...]:
    """Return the sums over blocks that a formula asks for."""
    return FORMULAS[name].general.sums if FORMULAS[name].of_any_model else ()


def _stacks(asked: set[str], reader: bool) -> str:
    families = {name: _family(name, asked, reader) for name in FAMILIES}
    text = ",\n".join(f"{name}: {{ {source} }}" for name, source in families.items())
    sums = {name: list(one.of) for name, one in SUMS.items() if name in asked}
    runtime = resources.files("lifecost").joinpath("stack.js").read_text("utf-8")
    return "\n".join(
        [
            f"const FAMILIES = {{\n{text}\n}};",
            f"const SUMS = {json.dumps(sums)};",
            f"const ONCE = {json.dumps(ONCE)};",
            f"const BYTES = {json.dumps(['weight_bytes', *PARTS])};",
            runtime,
        ]
    )


def _family(name: str, asked: set[str], reader: bool) -> str:
    family = FAMILIES[name]
    sizes = json.dumps({name: _default(one.default) for name, one in family.sizes.items()})
    sums = (
        f"{s}: {javascript.arrow(t.expr, OPTIONAL)}"
        for s, t in family.lowered.items() if s in asked
    )  # fmt: skip
    text = f"sizes: {sizes}, sums: {{ {', '.join(sums)} }}"
    if not reader:
        return text
    weights = (
        f"{json.dumps(row)}: [{javascript.arrow(term.expr, {})}, {json.dumps(part)}]"
        for row, (term, part) in family.weights.items()
    )
    return f"{text}, weights: {{ {', '.join(weights)} }}"


def _default(value: Any) -> Any:
    """Return a size's default as JSON has it: null for infinity, and false where it is needed."""
    if value is inspect.Parameter.empty:
        return False
    return None if value == math.inf else value
