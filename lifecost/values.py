"""Checking the values that readers give: one clear error, never a silent NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from lifecost.errors import InputError, unknown_name
from lifecost.symbols import SYMBOLS, Quantity

# One symbol must divide another: (divisor, dividend, why).
DIVIDES = (("n_kv_head", "n_head", "each key-value head serves a whole group of query heads"),)


def checked(name: str, value: Any) -> Any:
    """Return a value as a plain number or an array of floats.

    Parameters
    ----------
    name
        Identifier of a symbol.
    value
        A number, a sequence of numbers, or an array of any library that follows NumPy's protocols.

    Raises
    ------
    InputError
        If the value is not a number, is NaN or infinite, lies outside the symbol's range, or has a
        fraction where the symbol counts whole things.
    """
    quantity = SYMBOLS[name]
    value = _number_or_array(quantity, value)
    inside = (value >= quantity.low) & (value <= quantity.high)
    if quantity.integer:
        inside = inside & (value % 1 == 0)
    if isinstance(inside, bool):
        if not inside:
            raise _out_of_range(quantity, value)
    elif not bool(inside.all()):
        raise _out_of_range(quantity, _first(value, inside))
    return value


def check_together(values: Mapping[str, Any]) -> None:
    """Raise `InputError` where values are fine one by one and impossible together."""
    for divisor, dividend, why in DIVIDES:
        if divisor in values and dividend in values:
            rest = values[dividend] % values[divisor]
            if not np.all(rest == 0):
                raise InputError(
                    f"{divisor} = {_show(values[divisor])} does not divide "
                    f"{dividend} = {_show(values[dividend])}: {why}"
                )


def missing(formula: str, names: list[str]) -> InputError:
    """Return the error for symbols that a call leaves without a value."""
    lines = (f"{n} ({SYMBOLS[n].meaning}, {SYMBOLS[n].unit})" for n in names)
    return InputError(f"{formula} also needs {'; '.join(lines)}")


def symbol(name: str) -> Quantity:
    """Return a symbol by its identifier; raise `InputError` that suggests the nearest name."""
    if name not in SYMBOLS:
        raise unknown_name("symbol", name, SYMBOLS)
    return SYMBOLS[name]


def _number_or_array(quantity: Quantity, value: Any) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if type(value) is int or type(value) is float:
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return float(value)
    if hasattr(type(value), "__array_ufunc__") and type(value) is not np.ndarray:
        return value.astype(float)  # an array of another library stays one
    try:
        array = np.asarray(value)
    except ValueError:  # ragged
        array = np.asarray(None)
    if array.dtype.kind not in "iuf":
        raise InputError(f"{quantity.name} = {_show(value)} is not a number: {_allowed(quantity)}")
    return array.astype(float)  # 64-bit integers would overflow in products of tokens and sizes


def _first(value: Any, inside: Any) -> Any:
    value, inside = np.broadcast_arrays(np.asarray(value), np.asarray(inside))
    return value[~inside].flat[0].item()


def _out_of_range(quantity: Quantity, value: Any) -> InputError:
    return InputError(f"{quantity.name} = {_show(value)} is out of range: {_allowed(quantity)}")


def _allowed(quantity: Quantity) -> str:
    kind = "a whole number" if quantity.integer else "a number"
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    return f"{quantity.meaning}, {kind} from {quantity.low:g} to {quantity.high:g}{unit}"


def _show(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) and math.isfinite(value) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:37] + "..."
