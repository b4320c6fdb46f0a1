"""The import in JavaScript: the rules of ``data/config_rules`` before the reader of the page."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Mapping
from importlib import resources
from typing import Any

from lifecost.config import LARGEST_MODEL, PARAMS, quantization
from lifecost.config.files import HOLDS_WEIGHTS, LARGEST_FILE, OTHERS, TOKENIZERS, WEIGHTS
from lifecost.config.messages import LARGEST_NUMBER, LONGEST
from lifecost.config.rules import ALIKE, trees_of
from lifecost.data import load, load_all
from lifecost.stack import FAMILIES, PLAIN
from lifecost.symbols import ANY, BITS_PER_BYTE, CONSTANTS, SYMBOLS, Symbols
from lifecost.values import AT_MOST, DIVIDES

_KEPT = ("family", "sizes")
FORMULAS = ("quantized_bytes",)  # what the reader counts with


def source() -> str:
    """Return the source of ``modelOf(config)`` and ``parsed(name, text)``.

    They expect what `stacks` prints: the table ``FORMULAS``, and the families of blocks.
    """
    sizes = {name for family in FAMILIES.values() for name in family.sizes}
    limits = {
        "symbols": {name: _limits(name) for name in sorted({*sizes, "n_layer", "d_model"})},
        "plain": PLAIN,
        "divides": DIVIDES,
        "at_most": AT_MOST,
        "alike": ALIKE,
        "params": PARAMS,
        "others": OTHERS,
        "tokenizers": TOKENIZERS,
        "weights": [*WEIGHTS, ".gguf"],
        "holds_weights": HOLDS_WEIGHTS,
        "longest": LONGEST,
        "number": LARGEST_NUMBER,
        "model": LARGEST_MODEL,
        "chips": SYMBOLS["tensor_parallel"].high,
        "file": LARGEST_FILE,
    }
    folder = resources.files("lifebook.explorer.readers")
    code = [folder.joinpath(name).read_text("utf-8") for name in ("reader.js", "formats.js")]
    trees: dict[str, int] = {}
    whole = {kind: _packed(trees_of(kind), trees) for kind in load_all("config_rules")}
    own = load_all("config_rules")
    rules = {kind: _beyond(whole.get(own[kind].get("like"), {}), whole[kind]) for kind in whole}
    for kind, beyond in rules.items():
        beyond["like"] = own[kind].get("like", "")
    sizes_of = {
        family: {name: _default(one.default) for name, one in known.sizes.items()}
        for family, known in FAMILIES.items()
    }
    tables = {
        "SIZES": sizes_of,
        "TREES": [_sent(json.loads(tree)) for tree in trees],
        "RULES": rules,
        "LIMITS": limits,
        "FORMATS": _formats(),
    }
    lines = (
        f"const {name} = {json.dumps(table, separators=(',', ':'))};"
        for name, table in tables.items()
    )
    return "\n".join([*lines, *code])


def _default(value: Any) -> Any:
    """Return a size's default as JSON has it: null for infinity, and false where it is needed."""
    if value is inspect.Parameter.empty:
        return False
    return None if value == math.inf else value


def _formats() -> dict[str, Any]:
    """Return the rules of formats, with what the package adds to them."""
    s = Symbols(ANY, optional=True)
    rows = {name: [row.name for row in one.block.rows(s)] for name, one in FAMILIES.items()}
    return {
        **load("weight_formats"), "rows": rows, "signs": quantization.SIGNS,
        "renamed": quantization.RENAMED, "pattern": quantization.PATTERN,
        "longest_name": quantization.LONGEST_NAME, "most_stars": quantization.MOST_STARS,
        "largest_block": int(SYMBOLS["block_size"].high),
        "bits_per_byte": CONSTANTS[BITS_PER_BYTE][0],
    }  # fmt: skip


def _beyond(known: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return what rules say beyond those of another type; false takes back what it says."""
    found: dict[str, Any] = {}
    for name, rule in rules.items():
        before = known.get(name)
        if isinstance(rule, dict) and isinstance(before, dict) and _in_order(before, rule):
            if more := _beyond(before, rule):
                found[name] = more
        elif name not in known or rule != before:
            found[name] = [rule]
    found |= {name: False for name in known if name not in rules}
    return found


def _in_order(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether additions to a table leave its entries in their order, which errors follow."""
    return [*after] == [*(name for name in before if name in after),
                        *(name for name in after if name not in before)]  # fmt: skip


def _sent(tree: Any) -> Any:
    """Return a tree in fewer letters: a name as itself, a value as its text and itself."""
    kind, said, *parts = tree
    if kind == "name":
        return said
    if kind == "value":
        return [said, *parts]
    own = 1 if kind in ("math", "compare", "call") else 0
    return [kind, said, *parts[:own], *map(_sent, parts[own:])]


def _packed(rules: Any, trees: dict[str, int]) -> Any:
    """Return rules in which each expression is its place among all trees, which many share."""

    def place(tree: Any) -> int:
        return trees.setdefault(json.dumps(tree), len(trees))

    def block(one: Mapping[str, Any]) -> dict[str, Any]:
        placed = {name: place(value) for name, value in one.items() if name not in _KEPT}
        sizes = {name: place(tree) for name, tree in one["sizes"]}
        return {"family": one["family"], **placed, "sizes": sizes}

    found = dict(rules)
    for name in ("n_layer", "d_model"):
        if name in found:
            found[name] = place(found[name])
    found["let"] = {name: place(tree) for name, tree in rules["let"].items()}
    found["require"] = [[place(tree), why] for tree, why in rules["require"]]
    for where in ("blocks", "draft"):
        found[where] = {str(i): block(one) for i, one in enumerate(rules[where])}
    return found


def _limits(name: str) -> dict[str, Any]:
    quantity = SYMBOLS[name]
    found = {
        "low": quantity.low,
        "high": int(min(quantity.high, 1e12)),
        "meaning": quantity.meaning,
    }
    return {**found, "endless": True} if quantity.high == math.inf else found
