"""The larger and the smaller of two costs, as expressions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import sympy


class _Plain:
    """An extremum as it is written; sympy's own takes long to try to prove which argument it is."""

    @classmethod
    def _new_args_filter(cls, args: Iterable[Any]) -> Iterator[Any]:
        for arg in args:
            yield from arg.args if arg.func == cls else (arg,)

    @classmethod
    def _is_connected(cls, *_: Any) -> bool:
        return False


class Max(_Plain, sympy.Max):  # type: ignore[misc]
    """The largest of several costs."""


class Min(_Plain, sympy.Min):  # type: ignore[misc]
    """The smallest of several costs."""
