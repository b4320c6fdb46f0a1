"""The scripts of a page: what all explorers share, and the formulas that its own need."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from lifebook.explorer.base import Declaration
from lifebook.explorer.readers import config, stacks, workload
from lifebook.explorer.words import kind_of
from lifecost.catalog import LEAST, load_model
from lifecost.stack import FAMILIES, STACK, Stack
from lifecost.symbols import SYMBOLS

# What shares a page's first script, and comes when it is needed; the families of blocks do so too.
PARTS = ("lanes", "plot", "tools")


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
    found: dict[str, Any] = {}
    for kind in ("models", "devices"):
        found[kind] = _rows(_choice(kind), keys)
    found["keys"] = [*keys]
    found["sizes"] = {name: [*family.sizes] for name, family in FAMILIES.items()}
    words = {"peak_flops": "Peak", "memory_bandwidth": "Bandwidth", "memory_capacity": "Memory"}
    found["own"] = [
        {"name": name, "label": label, "kind": kind_of(SYMBOLS[name].unit), "low": LEAST,
         "high": SYMBOLS[name].high}
        for name, label in words.items()
    ]  # fmt: skip
    text = json.dumps(found, separators=(",", ":"), default=_packed, ensure_ascii=False)
    return (
        f"globalThis.LIFECOST = Object.assign(globalThis.LIFECOST ?? {{}}, {{ CATALOG: {text} }});"
    )


def _packed(stack: Stack) -> dict[str, Any]:
    """Return a stack as `Stack.data` does, with the sizes of a block in the order of its family."""
    data = stack.data()
    parts = ([*part, *sizes.values()] for *part, sizes in data["parts"])
    return {**data, "parts": [*parts]}


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


def source(name: str) -> str:
    """Return a script of this folder: ``runtime``, which answers, or one of `PARTS`."""
    return resources.files("lifebook").joinpath("explorer", f"{name}.js").read_text("utf-8")


def families() -> str:
    """Return the script with the blocks that models are made of: no plain decoder needs it."""
    gives = ("BYTES", "FAMILIES", "limitless", "ofStack", "totalOf")
    return _alone(stacks.families(), families=gives)


def boxes() -> str:
    """Return the script of the boxes for a reader's own config.json and trace."""
    text = resources.files("lifebook").joinpath("data", "example_config.json").read_text("utf-8")
    config = json.loads(text)
    model = load_model(config)
    example = {"text": text, "called": config.get("_name_or_path") or config["model_type"],
               "note": model.left_out, "format": model.format}  # fmt: skip
    takes = "const { CATALOG, KEPT, NO_MODEL, node, part, shown } = LIFECOST;"
    return _alone(
        takes, f"const EXAMPLE = {json.dumps(example)};", source("model"), source("trace_box")
    )


def reader() -> str:
    """Return the script that reads a config.json on the page."""
    takes = "const { BYTES, FAMILIES, limitless, totalOf } = LIFECOST.families;"
    gives = ("InputError", "LIMITS", "checkName", "modelOf", "parsed")
    return _alone(takes, config.source(), reader=gives)


def traces() -> str:
    """Return the script that reads a trace of requests on the page, and bills it."""
    gives = ("FORMS", "TRACE", "TraceError", "billOf", "readTrace")
    return _alone(workload.source(), traces=gives)


def _alone(*texts: str, **gives: Iterable[str]) -> str:
    """Return scripts in a scope of their own, and what other scripts take of it."""
    head = "const { LIFECOST } = globalThis, { FORMULAS } = LIFECOST;"
    given = (f"LIFECOST.{name} = {{ {', '.join(names)} }};" for name, names in gives.items())
    return "\n".join(["(() => {", '"use strict";', head, *texts, *given, "})();"])


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
    of_stack = "const ofStack = (...given) => LIFECOST.families.ofStack(...given);"
    given = "globalThis.LIFECOST = Object.assign(globalThis.LIFECOST ?? {}, { FORMULAS });"
    lines = [of_stack, stacks.formulas(plain, of_models), given]
    return "\n".join(["(() => {", '"use strict";', *lines, "})();"])


def whole(explorers: Iterable[Declaration]) -> str:
    """Return all scripts of some explorers as one."""
    return "\n".join([formulas(explorers), runtime()])


def runtime() -> str:
    """Return what explorers of any formulas share, as one script to run after these."""
    return "\n".join([catalog(), families(), *map(source, ("runtime", *PARTS))])


def _has_stacks(explorer: Declaration) -> bool:
    """Return whether an explorer offers models that are no plain decoders."""
    options: list[Mapping[str, Any]] = [explorer.fixed]
    for panel in explorer.picture:
        if any(not points.measured for points in getattr(panel, "points", ())):
            return True  # all of the catalog
    for control in explorer.controls:
        options += [*getattr(control, "options", {}).values()]
    return any(bound.get(STACK) for bound in options)
