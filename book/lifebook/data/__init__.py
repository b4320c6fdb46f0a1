"""The book's rows of data, each with its source; `load` knows the library's rows too."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from lifecost import data


@cache
def load(name: str) -> dict[str, Any]:
    """Return the contents of ``<name>.toml``, of the book's data or else of the library's."""
    path = resources.files("lifebook").joinpath("data", f"{name}.toml")
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else data.load(name)
