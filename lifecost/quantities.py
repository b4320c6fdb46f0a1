"""Numbers as people read them: significant digits, prefixes and units, in this one place."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context, Decimal

from lifecost.symbols import PLURALS, PREFIXED

_PREFIXES = dict(zip(range(-9, 27, 3), ["n", "µ", "m", "", *"kMGTPEZY"], strict=True))
_POWERS = {prefix: 10**power for power, prefix in _PREFIXES.items()}


def number(value: float, digits: int = 3) -> str:
    """Return a number to significant digits; whole numbers below a million are counts, and exact.

    Parameters
    ----------
    value
        A number without unit.
    digits
        Significant digits.

    Examples
    --------
    >>> number(34.359738), number(5231.58, 4), number(2.048e12, 2), number(32)
    ('34.4', '5,232', '2.0e12', '32')
    """
    if hasattr(value, "__index__") and abs(value) < 10**6:
        return f"{value:,}"
    if math.isnan(value):
        return "NaN"  # seen, not hidden behind a number
    if value == 0 or math.isinf(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "0")
    rounded = _rounded(value, digits)
    exponent = rounded.adjusted()
    if not -4 <= exponent < max(6, digits):
        return f"{rounded.scaleb(-exponent):.{digits - 1}f}e{exponent}"
    return f"{rounded:,.{max(0, digits - 1 - exponent)}f}"


def _rounded(value: float, digits: int) -> Decimal:
    # Halves go up, as readers and JavaScript round them, not to even as Python does.
    return Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(float(value)))


def exactly(value: float) -> str:
    """Return a whole number below a million exactly, any other to three significant digits.

    Examples
    --------
    >>> exactly(8192.0), exactly(1.6e25), exactly(0.34)
    ('8,192', '1.60e25', '0.340')
    """
    return number(int(value) if abs(value) < 10**6 and value == int(value) else value)


def percent(value: float, digits: int = 2) -> str:
    """Return a fraction as a percentage.

    Parameters
    ----------
    value
        The fraction: 1 is 100 %.
    digits
        Significant digits.

    Examples
    --------
    >>> percent(0.0498)
    '5.0 %'
    """
    return f"{number(100 * value, digits)} %"


def quantity(value: float, unit: str, digits: int = 3, prefix: str = "") -> str:
    """Return a value with its unit, with a decimal prefix where the unit takes one or one is given.

    Parameters
    ----------
    value
        In the base unit: bytes, FLOPs, seconds.
    unit
        ``"byte"``, ``"FLOP/s"``, ``"token"``, ``"1"`` for none, and the like.
    digits
        Significant digits.
    prefix
        Of the scale, such as ``"T"``; chosen by the value unless given.

    Examples
    --------
    >>> quantity(68719476736, "byte"), quantity(2.0557e12, "FLOP"), quantity(20.057, "1")
    ('68.7 GB', '2.06e12 FLOP', '20.1')
    >>> quantity(0.0205, "s"), quantity(3, "USD/h"), quantity(2, "chip")
    ('20.5 ms', '3 USD/h', '2 chips')
    """
    if unit == "1":
        return number(value, digits)
    if prefix:
        return f"{number(value / _POWERS[prefix], digits)} {prefix}{PREFIXED.get(unit, unit)}"
    low, high = (1e-9, 1) if unit == "s" else (1e3, 1e27)  # a day is no kilosecond
    if unit not in PREFIXED or not low <= abs(value) < high:
        return f"{number(value, digits)} {plural(unit, value)}"
    power = min(24, 3 * (_rounded(value, digits).adjusted() // 3))
    return f"{number(value / 10.0**power, digits)} {_PREFIXES[power]}{PREFIXED[unit]}"


def plural(unit: str, value: float = 0) -> str:
    """Return a unit as it stands after a value: tokens, tokens/parameter, FLOP.

    Examples
    --------
    >>> plural("token"), plural("token", 1), plural("byte/element"), plural("FLOP/s")
    ('tokens', 'token', 'bytes/element', 'FLOP/s')
    """
    if value == 1:
        return unit
    head, slash, rest = unit.partition("/")
    return PLURALS.get(head, f"{head}s") + slash + rest
