"""The scripts of a page: what all explorers share, and the formulas that its own need."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from lifebook.explorer.base import Declaration
from lifebook.explorer.words import kind_of
from lifecost import script
from lifecost.catalog import LEAST
from lifecost.config import script as config
from lifecost.stack import STACK, Stack
from lifecost.symbols import SYMBOLS
from lifecost.workload import script as workload

# What the reader of a config.json takes of the scripts before it.
READS = ("CATALOG", "FORMULAS", "FAMILIES", "KEPT", "NO_MODEL", "limitless", "node", "shown",
         "totalOf")  # fmt: skip


@functools.cache
def shared(kind: str) -> dict[str, dict[str, Any]]:
    """Return what the options of the catalog bind: of all ``"models"`` or all ``"devices"``."""
    return {name: dict(bound) for name, bound in _choice(kind).options.items()}


def _choice(kind: str) -> Any:
    from lifebook.explorer.declarations import controls  # they are made of explorers' parts

    return {"models": controls.MODEL, "devices": controls.SERVING_DEVICE}[kind]


def catalog() -> str:
    """Return the script with all models and devices, which explorers share on a page."""
    keys: dict[tuple[str, ...], int] = {}
    found: dict[str, list[Any]] = {}
    for kind in ("models", "devices"):
        found[kind] = _rows(_choice(kind), keys)
    found["keys"] = [*keys]
    words = {"peak_flops": "Peak", "memory_bandwidth": "Bandwidth", "memory_capacity": "Memory"}
    found["own"] = [
        {"name": name, "label": label, "kind": kind_of(SYMBOLS[name].unit), "low": LEAST,
         "high": SYMBOLS[name].high}
        for name, label in words.items()
    ]  # fmt: skip
    text = json.dumps(found, separators=(",", ":"), default=Stack.data, ensure_ascii=False)
    return (
        f"globalThis.LIFECOST = Object.assign(globalThis.LIFECOST ?? {{}}, {{ CATALOG: {text} }});"
    )


def _rows(choice: Any, keys: dict[tuple[str, ...], int]) -> list[Any]:
    """Return the options of a choice under their headings, each with the values that it binds.

    What they are the values of is one of ``keys``, by its place: most bind the same symbols.
    """
    groups: dict[str, list[Any]] = {}
    for name, bound in choice.options.items():
        place = keys.setdefault(tuple(bound), len(keys))
        row = [name, choice.title(name), choice.hints[name], place, *bound.values()]
        groups.setdefault(choice.groups[name], []).append(row)
    return [*groups.items()]


def runtime() -> str:
    """Return the script that draws explorers and answers."""
    return resources.files("lifebook").joinpath("explorer", "runtime.js").read_text("utf-8")


def reader() -> str:
    """Return the script that reads a config.json on the page."""
    folder = resources.files("lifebook")
    code = folder.joinpath("explorer", "model.js").read_text("utf-8")
    example = folder.joinpath("data", "example_config.json").read_text("utf-8")
    lines = [
        f"const {{ {', '.join(READS)} }} = globalThis.LIFECOST;",
        f"const EXAMPLE = {json.dumps(example)};", config.source(), code,
    ]  # fmt: skip
    return '(() => {\n"use strict";\n' + "\n".join(lines) + "\n})();"


def traces() -> str:
    """Return the script that reads a trace of requests on the page, and bills it."""
    code = resources.files("lifebook").joinpath("explorer", "trace_box.js").read_text("utf-8")
    shared = "const { FORMULAS, node, shown } = globalThis.LIFECOST;"
    return '(() => {\n"use strict";\n' + "\n".join([shared, workload.source(), code]) + "\n})();"


def formulas(
    explorers: Iterable[Declaration], needs: Iterable[str] = (), *, reader: bool = False
) -> str:
    """Return the script with the formulas of some explorers, and others that are needed.

    With ``reader``, also what the readers of a config.json and of a trace count with.
    """
    read = (*config.FORMULAS, *workload.FORMULAS) if reader else ()
    of_models, plain = {*needs, *read}, set[str]()
    for explorer in explorers:
        (of_models if _has_stacks(explorer) else plain).update(explorer.formulas)
    text = script.formulas(plain, of_models, reader=reader)
    table = "FORMULAS, FAMILIES" if of_models else "FORMULAS"
    table += ", limitless, totalOf" if reader else ""
    return (
        f'(() => {{\n"use strict";\n{text}\n'
        f"globalThis.LIFECOST = Object.assign(globalThis.LIFECOST ?? {{}}, {{ {table} }});\n}})();"
    )


def _has_stacks(explorer: Declaration) -> bool:
    """Return whether an explorer offers models that are no plain decoders."""
    options: list[Mapping[str, Any]] = [explorer.fixed]
    for panel in explorer.picture:
        if any(not points.measured for points in getattr(panel, "points", ())):
            return True  # all of the catalog
    for control in explorer.controls:
        options += [*getattr(control, "options", {}).values()]
    return any(bound.get(STACK) for bound in options)
