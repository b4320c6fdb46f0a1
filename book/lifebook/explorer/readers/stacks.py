"""The page's script: formulas, and the blocks that a model may be made of."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterable
from importlib import resources
from typing import Any

import sympy

from lifecost.formula import FORMULAS
from lifecost.printers import javascript
from lifecost.stack import (
    COLUMNS,
    FAMILIES,
    IN_BYTES,
    OF_CHIP,
    OF_ROLE,
    ONCE,
    WEIGHED,
    Family,
    Row,
)  # fmt: skip
from lifecost.symbols import ANY, OPTIONAL, PARTS, SUMS, Symbols, in_numbers

_BYTES = ("weight_bytes", *PARTS)
_OF_MODELS = """\
const ofModels = (plain, general, unknown) => (s) => (
  s.stack ? ofStack(s, general, unknown) : plain(s));"""
# What a row is, in one letter: weights, routed or not, and a capital where they are a matrix.
_LETTERS = {"cache": "c", "state": "s", "activations": "a", "choices": "h"}
# A row as it is printed: that, the bytes of its weights, its elements, among how many chips they
# are divided where they are kept and where they are multiplied, and the copies: those that are
# missing at its end are as the last.
_KEPT, _WORK = 3, 4
_COPIES = {"written": 5, "stored": 6, "active": 7, "macs": 8, "read": 9}


def formulas(plain: Iterable[str], of_models: Iterable[str] = ()) -> str:
    """Return the functions of formulas by name, for plain decoders and for any model.

    Those of any model ask ``ofStack``, which `families` prints, where the model is no plain one.
    What is but one over another, or a symbol over it, is printed as that.
    """
    of_models = sorted(of_models)
    over = _quotients(of_models)
    lines = [FORMULAS[name].javascript_source for name in sorted({*plain} - {*of_models})]
    lines += [_of_any(name) for name in of_models if name not in over]
    lines += [f"const {name} = (s) => {top} / {of}(s);" for name, (top, of) in over.items()]
    table = ", ".join(sorted({*plain, *of_models}))
    return "\n".join([_OF_MODELS, *lines, f"const FORMULAS = {{ {table} }};"])


@functools.cache
def _of_any(name: str) -> str:
    """Return a formula's function for any model, or its plain one where that is the same."""
    formula = FORMULAS[name]
    plain = formula.javascript_source
    if not formula.of_any_model or not (formula.general.sums or formula.general.unknown):
        return plain
    general = javascript.arrow(formula.general.expr, OPTIONAL, formula.general.sums)
    unknown = f', "{formula.general.unknown}"' if formula.general.unknown else ""
    return f"const {name} = ofModels({plain}, {general}{unknown});"


def _quotients(names: list[str]) -> dict[str, tuple[str, str]]:
    """Return what stands over which other formula, for those that are no more than that."""
    found: dict[str, tuple[str, str]] = {}
    of_any = [FORMULAS[name] for name in names if FORMULAS[name].of_any_model]
    of_any.sort(key=lambda formula: len(_of_any(formula.name)))
    for of, one in itertools.combinations(of_any, 2):
        top = one.expr * of.expr
        if (top != 1 and not top.is_Symbol) or {of.name, one.name} & {*found}:
            continue
        if top == one.general.expr * of.general.expr:
            found[one.name] = "1" if top == 1 else f"s.{top}", of.name
    return found


def families() -> str:
    """Return the families of blocks, and what adds up their rows, for formulas of any model."""
    text = ",\n".join(f"{name}: {_family(one)}" for name, one in FAMILIES.items())
    sums = {name: _sum(name) for name in SUMS}
    runtime = resources.files("lifebook.explorer.readers").joinpath("stack.js").read_text("utf-8")
    tables = {"SUMS": sums, "BYTES": _BYTES}
    lines = (f"const {name} = {json.dumps(table)};" for name, table in tables.items())
    return "\n".join([f"const FAMILIES = {{\n{text}\n}};", *lines, runtime])


def _sum(name: str) -> list[Any]:
    """Return what a sum depends on, of which rows it adds up which copies, and how."""
    whole = OF_CHIP.get(name, name)
    column, operands = COLUMNS.get(IN_BYTES.get(whole, whole), ("stored", ("weights",)))
    letters = "".join(_LETTERS.get(one, "WwRr") for one in operands)
    if name == "operations" or name in OF_ROLE:
        letters = "WR"
    if name in ("chip_weight_macs", "chip_routed_macs"):
        letters = "Rr" if name == "chip_routed_macs" else "Ww"
    copies = 0 if name == "operations" else _COPIES[column]
    chips = (_WORK if column == "macs" else _KEPT) if name in OF_CHIP else 0
    return [
        SUMS[name].of, letters, copies, chips, int(name in WEIGHED), int(name in ONCE),
        OF_ROLE.get(name, ""),
    ]  # fmt: skip


def _letter(row: Row) -> str:
    letter = "r" if row.routed else "w"
    return _LETTERS.get(row.operand, letter.upper() if row.is_matrix else letter)


def _family(family: Family) -> str:
    """Return the role of a family's blocks, and their rows as a function of sizes and setting."""
    s = Symbols(ANY, optional=True)
    table: list[list[Any]] = []
    for row in family.block.rows(s):
        elements = row.rows * row.columns
        copies = [row.sum_of(column) / elements for column in _COPIES]
        while len(copies) > 2 and copies[-2] == copies[-1]:
            copies.pop()
        numbers = [elements, row.among("stored", s), row.among("macs", s), *copies]
        exact = [in_numbers(sympy.sympify(number)) for number in numbers]
        table.append([_letter(row), _BYTES.index(row.bytes), *exact])
    return f"{{ role: {json.dumps(family.role)}, rows: {javascript.rows(table)} }}"
