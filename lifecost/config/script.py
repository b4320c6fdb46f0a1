"""The import in JavaScript: the rules of ``config_rules.toml`` before the reader of the page."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from lifecost.config import LARGEST_MODEL, formats, modules, quantization
from lifecost.config.files import LARGEST_FILE
from lifecost.config.messages import LARGEST_NUMBER, LONGEST
from lifecost.config.rules import KINDS_OF_LAYER, rules_of
from lifecost.data import load
from lifecost.printers import javascript
from lifecost.symbols import BITS_PER_BYTE, CONSTANTS, SYMBOLS, VARIANTS
from lifecost.values import AT_MOST, DIVIDES, PAIRS

# What the reader counts with.
FORMULAS = ("parameter_count", "active_parameters", "quantized_bytes")


def source() -> str:
    """Return the source of ``modelOf(config)`` and ``parsed(name, text)``.

    They expect a table ``FORMULAS`` of functions by name.
    """
    kinds = {kind: _merged(kind) for kind in load("config_rules")}
    read = {name for rules in kinds.values() for name, _ in rules["symbols"]}
    limits = {
        "symbols": {name: _limits(name) for name in sorted(read)},
        "divides": DIVIDES,
        "at_most": AT_MOST,
        "pairs": PAIRS,
        "kinds": KINDS_OF_LAYER,
        "longest": LONGEST,
        "number": LARGEST_NUMBER,
        "model": LARGEST_MODEL,
        "file": LARGEST_FILE,
    }
    folder = resources.files("lifecost").joinpath("config")
    code = [folder.joinpath(name).read_text("utf-8") for name in ("reader.js", "formats.js")]
    tables = {"RULES": kinds, "LIMITS": limits, "FORMATS": _formats()}
    lines = (f"const {name} = {json.dumps(table)};" for name, table in tables.items())
    return "\n".join([*lines, _elements(), *code])


def _formats() -> dict[str, Any]:
    """Return the rules of formats, with what the package adds to them."""
    parts = [
        {**module, "part": formats.part_of(module["row"])}
        for module in load("weight_formats")["modules"]
    ]
    return {
        **load("weight_formats"), "modules": parts, "signs": quantization.SIGNS,
        "renamed": modules.RENAMED, "pattern": modules.PATTERN,
        "longest_name": modules.LONGEST_NAME, "most_stars": modules.MOST_STARS,
        "largest_block": int(SYMBOLS["block_size"].high),
        "bits_per_byte": CONSTANTS[BITS_PER_BYTE][0],
    }  # fmt: skip


def _elements() -> str:
    """Return a table of functions of a shape: the elements of each row of weights."""
    functions = {
        row: javascript.source("elements", formats.elements(row).expr, VARIANTS)
        for row in (module["row"] for module in load("weight_formats")["modules"])
    }
    lines = ",\n".join(f"{json.dumps(row)}: {source}" for row, source in functions.items())
    return f"const ELEMENTS = {{\n{lines} }};"


def _merged(kind: str) -> dict[str, Any]:
    """Return all that is said of a type: its symbols as a list, since their order counts."""
    rules = rules_of(kind)
    symbols = [[name, rule] for name, rule in rules.items() if name in SYMBOLS]
    rest = {name: rule for name, rule in rules.items() if name not in SYMBOLS and name != "like"}
    return {**rest, "symbols": symbols}


def _limits(name: str) -> dict[str, Any]:
    quantity = SYMBOLS[name]
    found = {"low": quantity.low, "high": int(quantity.high), "meaning": quantity.meaning}
    return {**found, "absent": VARIANTS[name]} if name in VARIANTS else found
