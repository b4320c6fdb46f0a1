"""The import in JavaScript: the rules of ``config_rules.toml`` before the reader of the page."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from lifecost.catalog import load
from lifecost.config import LARGEST_MODEL
from lifecost.config.files import LARGEST_FILE
from lifecost.config.messages import LARGEST_NUMBER, LONGEST
from lifecost.config.rules import KINDS_OF_LAYER, rules_of
from lifecost.symbols import SYMBOLS, VARIANTS
from lifecost.values import AT_MOST, DIVIDES, PAIRS

FORMULAS = ("parameter_count", "active_parameters")  # what the reader counts with


def source() -> str:
    """Return the source of ``shapeOf(config)``, ``modelOf(config)`` and ``parsed(name, text)``.

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
    reader = resources.files("lifecost").joinpath("config", "reader.js").read_text("utf-8")
    tables = {"RULES": kinds, "LIMITS": limits}
    lines = (f"const {name} = {json.dumps(table)};" for name, table in tables.items())
    return "\n".join([*lines, reader])


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
