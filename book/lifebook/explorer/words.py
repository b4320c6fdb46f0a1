"""Numbers and signs as an explorer shows them; its script has the same rules.

A number has a kind: ``times`` (22.1×), ``percent``, ``number``, ``count`` (70B, by 1,000),
``context`` (8k is 8,192 tokens; what is no short number of 1,024s or their squares has no letter),
``whole`` (of what comes in whole pieces, rounded up), ``seconds``, ``width`` (of one element, in
bytes), ``1 UNIT`` without a prefix, or the unit that takes one, such as ``B`` or ``FLOP/s``.
"""

from __future__ import annotations

import html
import math
import re

from lifecost.quantities import number, plural, three

_KINDS = {
    "1": "number", "byte": "B", "byte/s": "B/s", "byte/token": "B/token", "FLOP": "FLOP",
    "FLOP/s": "FLOP/s", "FLOP/token": "FLOP/token", "s": "seconds", "byte/element": "width",
    "byte/parameter": "width", "FLOP/byte": "1 FLOP/B", "USD": "1 USD", "USD/h": "1 USD/h",
    "nat/token": "number",
}  # fmt: skip
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "phi": "φ", "rho": "ρ", "Delta": "Δ", "ell": "ℓ",
}  # fmt: skip


def kind_of(unit: str) -> str:
    """Return the kind of number that a unit has, if nothing else is said."""
    return _KINDS.get(unit, "count")


def shown(value: float, kind: str) -> str:
    """Return a number as people write it.

    Parameters
    ----------
    value
        In the base unit.
    kind
        The kind of number.

    Examples
    --------
    >>> shown(70e9, "count"), shown(8192, "context"), shown(0.0205, "seconds"), shown(0.5, "width")
    ('70B', '8k', '20.5 ms', '0.5 B')
    >>> shown(4e6, "context"), shown(3909.5, "context"), shown(0.96, "whole")
    ('4,000,000', '3,910', '1')
    >>> shown(80e9, "B"), shown(1979e12, "FLOP/s"), shown(0.955, "percent"), shown(22.06, "times")
    ('80 GB', '1.98 PFLOP/s', '95.5 %', '22.1×')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "-∞" if value < 0 else "NaN"
    match kind:
        case "number":
            return three(value)
        case "times":
            return f"{three(value)}×"
        case "percent":
            return f"{three(100.0 * value)} %"
        case "width":
            return f"{three(value)} B"
        case "count":
            return _count(value)
        case "context":
            return _context(value)
        case "whole":
            return exactly(math.ceil(value))
        case "seconds":
            return _seconds(value)
    if kind.startswith("1 "):
        return f"{exactly(value)} {kind[2:]}"
    return _scaled(value, ["", *"kMGTPEZYRQ"], " ") + kind


def exactly(value: float) -> str:
    """Return a number as an equation has it: below a million to the unit, beyond with a letter.

    Examples
    --------
    >>> exactly(65536.0), exactly(0.25), exactly(70e9), exactly(5.76e23)
    ('65,536', '0.25', '70B', '5.76×10²³')
    """
    if abs(value) < 1e6:
        return number(int(value)) if value == int(value) else three(value)
    return _count(value)


def _scaled(value: float, prefixes: list[str], gap: str) -> str:
    """Return three digits and a decimal prefix."""
    power = 0
    while abs(value) / float(f"1e{3 * power}") >= 999.5 and power < len(prefixes) - 1:
        power += 1
    return f"{three(value / float(f'1e{3 * power}'))}{gap}{prefixes[power]}"


def _count(value: float) -> str:
    if abs(value) < 1e4:
        return exactly(value)
    if abs(value) >= 999.5e12:  # beyond the letters
        return three(value)
    return _scaled(value, ["", "k", "M", "B", "T"], "")


def _context(value: float) -> str:
    if value < 1:
        return "the first token"
    for size, letter in ((2**20, "M"), (1024, "k")):
        if value >= size and value % 1000 and float(f"{value / size:.2e}") == value / size:
            return f"{three(value / size)}{letter}"
    if value < 1e3 or value >= 1e9:
        return exactly(value)
    return f"{value if value == int(value) else float(f'{value:.2e}'):,.0f}"


def _seconds(value: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{three(value / size)} {unit}"
    for power, unit in ((0, "s"), (-3, "ms"), (-6, "µs")):
        if value >= float(f"1e{power}"):
            return f"{three(value / float(f'1e{power}'))} {unit}"
    return f"{three(value / 1e-9)} ns"


def sign(latex: str) -> str:
    r"""Return a symbol's sign as HTML.

    Examples
    --------
    >>> sign(r"b_\text{kv}"), sign(r"\text{HOI}")
    ('<i>b</i><sub>kv</sub>', 'HOI')
    """
    base, _, low = latex.replace(r"\mathcal", "").partition("_")
    found = "".join(map(_letter, re.findall(r"\\text\{[^}]*\}|\\\w+|[^\\{}\s]", base)))
    low = re.sub(r"\\text\{([^}]*)\}", r"\1", low).strip("{}")
    low = re.sub(r"\\(\w+)", lambda m: _GREEK.get(m[1], m[1]), low)
    return found + (f"<sub>{html.escape(low)}</sub>" if low else "")


def _letter(token: str) -> str:
    if token.startswith(r"\text"):
        return html.escape(token[6:-1])
    return f"<i>{html.escape(_GREEK.get(token[1:], token.lstrip(chr(92))))}</i>"


def unit_words(unit: str) -> str:
    """Return a unit as it stands beside a label: sequences, tokens."""
    return "" if kind_of(unit) != "count" else plural(unit)
