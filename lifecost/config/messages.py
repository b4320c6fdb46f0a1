"""What a configuration's values are called in messages, and the errors that quote them.

The page's script says the same in JavaScript: numbers, strings and ranges are written as both
languages write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lifecost.errors import InputError

LARGEST_NUMBER = 10**12
LONGEST = 10**15  # digits are exact up to here, in JavaScript too


def show(value: Any) -> str:
    """Return a value of JSON as a message quotes it: short, and printable anywhere."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _show_number(value)
    if isinstance(value, str):
        text = re.sub(r"[^ !#-~]", "?", value)
        return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'
    return "[...]" if isinstance(value, list) else "{...}"


def _show_number(value: float) -> str:
    if value != value:
        return "NaN"
    if abs(value) >= LONGEST:
        return "over 10^15" if value > 0 else "below -10^15"
    if value % 1 == 0:
        return str(int(value))
    return repr(float(value)) if abs(value) >= 0.001 else "nearly 0"


def is_one_of(value: Any, allowed: Iterable[Any]) -> bool:
    """Return whether a value is one of others, as ``===`` has it: 1 is 1.0, and it is not true."""
    return any(
        value == one and isinstance(value, bool) == isinstance(one, bool)
        for one in allowed
        if not isinstance(value, (list, Mapping))
    )


def whole(name: str, value: Any) -> int:
    """Return a whole number that is written as such, or as 4096.0; else raise `InputError`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise is_not(name, value, "a whole number")
    if not 0 <= value <= LARGEST_NUMBER:
        raise out_of_range(name, value, 0, LARGEST_NUMBER)
    if value % 1:
        raise is_not(name, value, "a whole number")
    return int(value)


def lacks(field: str) -> InputError:
    """Return the error for a field that is not there."""
    return InputError(f"the configuration lacks {field}")


def is_not(field: str, value: Any, what: str) -> InputError:
    """Return the error for a value of the wrong type."""
    return InputError(f"{field} = {show(value)} is not {what}")


def out_of_range(
    field: str, value: float, low: float, high: float, meaning: str = ""
) -> InputError:
    """Return the error for a number that is too small or too large."""
    limits = f"{meaning}from {int(low)} to {int(high)}"
    return InputError(f"{field} = {show(value)} is out of range: {limits}")


def not_counted(what: str, allowed: Iterable[Any]) -> InputError:
    """Return the error for a value that is fine, and that no rule counts."""
    return InputError(f"{what} is not counted here, only {' or '.join(map(show, allowed))}")


def contradiction(first: str, value: Any, second: str, other: Any) -> InputError:
    """Return the error for two fields that say different things."""
    return InputError(f"{first} = {show(value)} contradicts {second} = {show(other)}")
