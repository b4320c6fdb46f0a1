"""Lists of modules in a configuration: by name, by a part of it, or by a pattern."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from lifecost.config.messages import is_not

# What stands elsewhere in a name: a decoder within another model, or in one of NVIDIA's, and the
# experts of MLX.
RENAMED = (
    ("language_model.lm_head", "lm_head"),
    ("model.language_model.", "model."),
    ("language_model.model.", "model."),
    ("backbone.layers.", "model.layers."),
    ("switch_mlp", "experts.0"),
)
LONGEST_NAME, MOST_STARS = 200, 4  # a pattern beyond that might take forever
# Of regular expressions, what lists of modules use: no more than both languages read alike.
PATTERN = (
    r"\^?(?:[\w-]|\\\.|\.[*+]?|\\d[*+]?|\[\d-\d\][*+]?|\((?:\?:)?(?:[\w-]|\\\.|\\d|\.|\|)*\))*\$?"
)


class Names:
    """A list of modules: by name or by a part of it, by ``*``, or by a pattern after ``re:``."""

    def __init__(self, field: str, entries: Any) -> None:
        if not isinstance(entries, list):
            raise is_not(field, entries, "a list")
        self.parts: set[str] = set()
        self.patterns: list[re.Pattern[str]] = []
        self.numbered = False  # one layer may differ from another
        for i, entry in enumerate(entries):
            self._add(f"{field}[{i}]", entry)

    def _add(self, field: str, entry: Any) -> None:
        if not isinstance(entry, str):
            raise is_not(field, entry, "the name of a module")
        for name, other in RENAMED:
            entry = entry.replace(name, other)
        self.numbered = self.numbered or bool(re.search("[0-9]", entry))
        if not entry.startswith("re:") and "*" not in entry:
            self.parts.add(entry.strip("."))
            return
        try:
            self.patterns.append(re.compile(_pattern(entry)))
        except (ValueError, re.error):
            raise is_not(field, entry, "a pattern that is read here") from None

    def name(self, names: Iterable[str]) -> bool:
        """Return whether one of a module's names is in the list."""
        return any(
            not self.parts.isdisjoint(spans(name)) or any(p.match(name) for p in self.patterns)
            for name in names
        )


def _pattern(entry: str) -> str:
    if len(entry) > LONGEST_NAME or len(re.findall("[*+]", entry)) > MOST_STARS:
        raise ValueError
    if not entry.startswith("re:"):
        escaped = (re.sub(r"([^A-Za-z0-9_])", r"\\\1", part) for part in entry.split("*"))
        return rf"^(?:.*\.)?{'.*'.join(escaped)}(?:\..*)?$"
    if not re.fullmatch(PATTERN, entry[3:], re.ASCII):
        raise ValueError
    return rf"^(?:{entry[3:]})"


def spans(name: str) -> list[str]:
    """Return a name's parts: all that stands between two dots of it."""
    parts = name.split(".")
    ends = range(1, len(parts) + 1)
    return [".".join(parts[i:j]) for i in range(len(parts)) for j in ends if i < j]
