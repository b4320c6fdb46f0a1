"""The library's rows of data, each with its source."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """Return the contents of ``data/<name>.toml``."""
    text = resources.files("lifecost.data").joinpath(f"{name}.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def load_all(folder: str) -> dict[str, Any]:
    """Return the contents of all TOML files of a folder of ``data/``, as if they were one."""
    found: dict[str, Any] = {}
    for file in sorted(resources.files("lifecost.data").joinpath(folder).iterdir(), key=str):
        if file.name.endswith(".toml"):
            more = tomllib.loads(file.read_text("utf-8"))
            if twice := sorted(found.keys() & more.keys()):
                raise ValueError(f"{file.name} says again what {twice[0]} is")
            found |= more
    return found
