"""The symbols: legal names everywhere, one meaning each."""

import keyword
import re
from collections import Counter

from every import every
from units import dimension

from lifecost.symbols import CONSTANTS, SYMBOLS

# ECMAScript 2024, section 12.7.2, with the words reserved in strict mode and in modules.
JAVASCRIPT_RESERVED = (
    "arguments await break case catch class const continue debugger default delete do else enum "
    "eval export extends false finally for function if implements import in instanceof interface "
    "let new null package private protected public return static super switch this throw true try "
    "typeof var void while with yield Infinity NaN undefined Math Number"
)


@every("name", SYMBOLS)
def test_identifier_is_legal_in_python_and_javascript(name):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert not keyword.iskeyword(name)
    assert not keyword.issoftkeyword(name)
    assert name not in JAVASCRIPT_RESERVED.split()
    # cse names its shared parts x0, x1, ...: a symbol of that name would be shadowed.
    assert not re.fullmatch(r"x\d+", name)


def test_latex_is_unique():
    signs = Counter(quantity.latex for quantity in SYMBOLS.values())
    assert [sign for sign, count in signs.items() if count > 1] == []


def test_meaning_is_unique():
    assert len({quantity.meaning for quantity in SYMBOLS.values()}) == len(SYMBOLS)


@every("quantity", SYMBOLS.values())
def test_quantity_is_complete(quantity):
    assert quantity.meaning
    assert quantity.low < quantity.high
    dimension(quantity.unit)  # raises for a unit that nobody knows
    if quantity.integer:
        assert quantity.low == int(quantity.low)
        assert quantity.high == int(quantity.high)


def test_flop_per_mac_is_two():
    # A multiplication and an addition: the convention of Kaplan et al. 2020, section 2.1.
    assert [value for value, unit in CONSTANTS.values() if unit == "FLOP"] == [2]
