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
from lifecost.stack import STACK, Stack
from lifecost.symbols import SYMBOLS


@functools.cache
def shared(kind: str) -> dict[str, dict[str, Any]]:
    """Return what the options of the catalog bind: of all ``"models"`` or all ``"devices"``."""
    return {name: dict(bound) for name, bound in _choice(kind).options.items()}


def _choice(kind: str) -> Any:
    from lifebook.explorer.declarations import controls  # they are made of explorers' parts

    return {"models": controls.MODEL, "devices": controls.DEVICE}[kind]


def catalog() -> str:
    """Return the script with all models and devices, which explorers share on a page."""
    found: dict[str, list[Any]] = {}
    for kind in ("models", "devices"):
        choice = _choice(kind)
        found[kind] = [
            [name, choice.title(name), choice.groups[name], choice.hints[name], bound]
            for name, bound in choice.options.items()
        ]
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


def runtime() -> str:
    """Return the script that draws explorers and answers."""
    return resources.files("lifebook").joinpath("explorer", "runtime.js").read_text("utf-8")


def formulas(explorers: Iterable[Declaration], needs: Iterable[str] = ()) -> str:
    """Return the script with the formulas of some explorers, and others that are needed."""
    of_models, plain = {*needs}, set[str]()
    for explorer in explorers:
        (of_models if _has_stacks(explorer) else plain).update(explorer.formulas)
    text = script.formulas(plain, of_models)
    table = "FORMULAS, FAMILIES" if of_models else "FORMULAS"
    return (
        f'(() => {{\n"use strict";\n{text}\n'
        f"globalThis.LIFECOST = Object.assign(globalThis.LIFECOST ?? {{}}, {{ {table} }});\n}})();"
    )


def _has_stacks(explorer: Declaration) -> bool:
    """Return whether an explorer offers models that are no plain decoders."""
    options: list[Mapping[str, Any]] = [explorer.fixed]
    for control in explorer.controls:
        options += [*getattr(control, "options", {}).values()]
    return any(bound.get(STACK) for bound in options)
