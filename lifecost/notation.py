"""What a symbol is: its identifier, LaTeX, unit, meaning and allowed range.

`lifecost.symbols` makes them. Definitions that carry a unit, such as two FLOPs for each
multiply-accumulate, stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy


@dataclass(frozen=True)
class Quantity:
    """What one symbol stands for."""

    name: str
    latex: str
    unit: str
    meaning: str
    low: float
    high: float
    integer: bool = False
    absent: float | str | None = None  # a number, or the symbol that it then equals


SYMBOLS: dict[str, Quantity] = {}
_MADE: dict[str, Any] = {}

# Definitions rather than measurements; they carry their unit, so that "2 N" has the dimension of
# FLOPs: two, a multiplication and an addition, for each multiply-accumulate.
FLOP_PER_MAC = sympy.Symbol("flop_per_mac", positive=True)
BITS_PER_BYTE = sympy.Symbol("bits_per_byte", positive=True)
SECONDS_PER_HOUR = sympy.Symbol("seconds_per_hour", positive=True)
CONSTANTS: dict[Any, tuple[int, str]] = {
    FLOP_PER_MAC: (2, "FLOP"),
    BITS_PER_BYTE: (8, "bit/byte"),
    SECONDS_PER_HOUR: (3600, "s/h"),
}


def in_numbers(expr: Any) -> Any:
    """Return an expression with its constants replaced by their values."""
    return expr.xreplace({s: sympy.Integer(value) for s, (value, _) in CONSTANTS.items()})


def without(variants: Any, expr: Any) -> Any:
    """Return an expression, or a tuple of them, in which the named variants are absent."""
    if isinstance(expr, tuple):
        return tuple(without(variants, part) for part in expr)
    absent = {}
    for found in getattr(expr, "free_symbols", ()):
        if found.name in variants:
            value = SYMBOLS[found.name].absent
            absent[found] = _MADE[value] if isinstance(value, str) else sympy.Integer(value)
    return expr.xreplace(absent) if absent else expr


def symbol(
    name: str,
    latex: str,
    unit: str,
    meaning: str,
    low: float,
    high: float,
    integer: bool = False,
    absent: float | str | None = None,
) -> Any:
    """Return the sympy symbol of a new quantity, and keep it in `SYMBOLS`."""
    SYMBOLS[name] = Quantity(name, latex, unit, meaning, low, high, integer, absent)
    # A symbol that may be zero is only nonnegative: sympy must not divide by it.
    sign = {"positive": True} if low > 0 else {"nonnegative": True}
    _MADE[name] = made = sympy.Symbol(name, **sign)
    return made


def count(name: str, latex: str, unit: str, meaning: str, absent: float | str = 0) -> Any:
    """Return the symbol of a whole number that is ``absent`` in a plain decoder."""
    low = absent if isinstance(absent, (int, float)) else 1
    return symbol(name, latex, unit, meaning, low, 1e8, True, absent)


def flag(name: str, latex: str, meaning: str) -> Any:
    """Return the symbol of what a plain decoder does not have, 1 where it is there."""
    return symbol(name, latex, "1", f"1 where {meaning}, else 0", 0, 1, True, 0)
