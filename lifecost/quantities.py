"""Numbers as people read them: significant digits, prefixes and units, in this one place."""

from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal

from lifecost.errors import InputError, check_known, show
from lifecost.symbols import PLURALS, PREFIXED

_PREFIXES = dict(zip(range(-9, 27, 3), ["n", "µ", "m", "", *"kMGTPEZY"], strict=True))
_POWERS = {prefix: 10**power for power, prefix in _PREFIXES.items()}
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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
    ('34.4', '5,232', '2.0×10¹²', '32')
    """
    try:
        if math.isnan(value):
            return "NaN"  # seen, not hidden behind a number
    except (TypeError, OverflowError):
        raise InputError(f"{show(value)} is no number that can be written") from None
    if digits.__class__ is not int or not 0 < digits < 100:
        raise InputError(f"digits = {show(digits)} is out of range: a whole number from 1 to 99")
    if hasattr(value, "__index__") and abs(value) < 10**6:
        return f"{value:,}"
    if value == 0 or math.isinf(value):
        return {math.inf: "∞", -math.inf: "-∞"}.get(value, "0")
    rounded = _rounded(value, digits)
    exponent = rounded.adjusted()
    if not -4 <= exponent < max(6, digits):
        return powers(f"{rounded.scaleb(-exponent):.{digits - 1}f}e{exponent}")
    return f"{rounded:,.{max(0, digits - 1 - exponent)}f}"


def _rounded(value: float, digits: int) -> Decimal:
    # Halves go up, as readers and JavaScript round them, not to even as Python does.
    return Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(Decimal(float(value)))


def three(value: float) -> str:
    """Return a number to three significant digits, or to fewer where these say it exactly.

    Examples
    --------
    >>> three(80), three(79.96), three(8e9)
    ('80', '80.0', '8×10⁹')
    """
    fewer = (n for n in (1, 2) if math.isclose(float(f"{value:.{n - 1}e}"), value, rel_tol=1e-12))
    return number(float(value), next(fewer, 3))


def powers(text: str) -> str:
    """Return a text whose numbers in e-notation are written with powers of ten.

    Examples
    --------
    >>> powers("6.31e8 PFLOP"), powers("1e-6 to 1e+24")
    ('6.31×10⁸ PFLOP', '10⁻⁶ to 10²⁴')
    """
    return re.sub(r"(?<![\w.])([\d.,]*\d)[eE]([-+]?\d+)\b", _power, text)


def _power(found: re.Match[str]) -> str:
    mantissa = "" if found[1] == "1" else f"{found[1]}×"
    return f"{mantissa}10{str(int(found[2])).translate(_RAISED)}"


def plain(text: str) -> str:
    """Return a text in e-notation again, as wide as it was, for who cannot read raised digits.

    Examples
    --------
    >>> plain("2.06×10¹² FLOP"), plain("10⁻⁶ to 1")
    ('  2.06e12 FLOP', '1e-6 to 1')
    """
    return re.sub(r"([\d.,]+×)?10([⁻⁰¹²³⁴-⁹]+)", _plain, text)


def _plain(found: re.Match[str]) -> str:
    exponent = found[2].translate({new: old for old, new in _RAISED.items()})
    return f"{(found[1] or '1×')[:-1]}e{exponent}".rjust(len(found[0]))


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
    number(value)  # a text a hundred times is a text
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
    ('68.7 GB', '2.06×10¹² FLOP', '20.1')
    >>> quantity(0.0205, "s"), quantity(3, "USD/h"), quantity(2, "chip")
    ('20.5 ms', '3 USD/h', '2 chips')
    """
    written = number(value, digits)  # refuses what is no number
    if not isinstance(unit, str):
        raise InputError(f"unit = {show(unit)} is no text, such as 'byte' or 'FLOP/s'")
    check_known("prefix", prefix, _POWERS)
    if unit == "1":
        return written
    if prefix:
        return f"{number(value / _POWERS[prefix], digits)} {prefix}{PREFIXED.get(unit, unit)}"
    low, high = (1e-9, 1) if unit == "s" else (1e3, 1e27)  # a day is no kilosecond
    if unit not in PREFIXED or not low <= abs(value) < high:
        return f"{written} {plural(unit, value)}"
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
