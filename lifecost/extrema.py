"""The larger and the smaller of two costs, as expressions."""

from __future__ import annotations

from typing import Any

import sympy


class Max(sympy.Max):  # type: ignore[misc]
    """The largest of several; sympy's own takes long to try to prove which one that is."""

    @classmethod
    def _is_connected(cls, *_: Any) -> bool:
        return False


class Min(sympy.Min):  # type: ignore[misc]
    """The smallest of several, as `Max`."""

    @classmethod
    def _is_connected(cls, *_: Any) -> bool:
        return False
