"""The rules of ``data/config_rules.toml``, and a reader that follows them; the file says how."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lifecost.catalog import load
from lifecost.config.messages import (
    LARGEST_NUMBER,
    contradiction,
    is_not,
    is_one_of,
    lacks,
    not_counted,
    out_of_range,
    show,
    whole,
)
from lifecost.errors import InputError
from lifecost.symbols import SYMBOLS, VARIANTS
from lifecost.values import AT_MOST, DIVIDES, PAIRS

KINDS_OF_LAYER = ("sliding_attention", "full_attention")
_MERGED = ("default", "only", "same")


def rules_of(kind: Any) -> dict[str, Any]:
    """Return all that is said of a `model_type`, with what it takes over from others."""
    known = load("config_rules")
    if not isinstance(kind, str) or kind not in known:
        raise InputError(f"unknown model_type {show(kind)}; known: {', '.join(sorted(known))}")
    own = known[kind]
    rules = rules_of(own["like"]) if "like" in own else {}
    for key, value in own.items():
        rules[key] = {**rules.get(key, {}), **_from_toml(value)} if key in _MERGED else value
    return rules


def _from_toml(value: Any) -> Any:
    """Return a value as JSON has it: TOML has no null."""
    if isinstance(value, dict):
        return {key: _from_toml(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_from_toml(one) for one in value]
    return None if value == "null" else value


def completed(config: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as the library sees them, with aliases resolved and defaults filled in."""
    _check_architecture(config.get("architectures"), rules["architecture"])
    within = rules.get("within", "")
    inner = config.get(within) if within else config
    if inner is None:
        raise lacks(within)
    if not isinstance(inner, Mapping):
        raise is_not(within, inner, "an object")
    fields = dict(inner)
    for other, name in rules.get("alias", {}).items():
        if other in fields and name in fields:
            _agree(other, fields[other], name, fields[name])
        elif other in fields:
            fields[name] = fields[other]
    for name, usual in rules["default"].items():
        fields.setdefault(name, usual)
        if within and name in config:
            _agree(name, config[name], f"{within}.{name}", fields[name])
    for name, usual in rules.get("outside", {}).items():
        if name not in config:
            _agree(name, usual, f"{within}.{name}", fields[name])
    return fields


def _agree(first: str, value: Any, second: str, other: Any) -> None:
    if not is_one_of(value, [other]):
        raise contradiction(first, value, second, other)


def _check_architecture(names: Any, endings: list[str]) -> None:
    if names is None or names == []:
        return
    first = names[0] if isinstance(names, list) else names
    if not (isinstance(first, str) and first.endswith(tuple(endings))):
        raise not_counted(f"architectures = {show(first)}", [f"...{end}" for end in endings])


class Reader:
    """A completed configuration, read rule by rule; `shape` gathers the symbols."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.fields = fields
        self.shape: dict[str, int] = {}
        self.values: dict[str, int] = {}  # those of variants that the model does not have too
        self.label: dict[str, str] = {}  # where a symbol came from, for messages
        self.layers: dict[str, list[int]] = {}  # those that a symbol counts

    def refuse_uncounted(self, only: Mapping[str, list[Any]]) -> None:
        """Raise `InputError` where a field asks for what the counts do not know."""
        for field, allowed in only.items():
            if field in self.fields and not is_one_of(self.fields[field], allowed):
                raise not_counted(f"{field} = {show(self.fields[field])}", allowed)

    def read(self, name: str, rule: Mapping[str, Any]) -> None:
        """Read one symbol; raise `InputError` if it is out of range."""
        if "with" in rule and rule["with"] not in self.shape:
            return
        self.label[name] = rule.get("field") or " + ".join(rule.get("sum", [name]))
        if "layers" in rule:
            self.layers[name] = self._layers(rule)
        self.values[name] = value = self._value(name, rule)
        if not SYMBOLS[name].low <= value <= SYMBOLS[name].high:
            raise self._out_of_range(name, SYMBOLS[name].low)
        absent = VARIANTS.get(name)
        if value != (self.values.get(absent) if isinstance(absent, str) else absent):
            self.shape[name] = value

    def check_together(self, same: Mapping[str, str]) -> None:
        """Raise `InputError` where values are fine one by one and impossible together."""
        for name, field in same.items():
            if self.fields.get(field) is not None and self._number(field) != self.values[name]:
                raise not_counted(f"{field} = {self._number(field)}", [self.values[name]])
        for divisor, dividend, why in DIVIDES:
            if self.values.get(dividend, 0) % self.values.get(divisor, 1):
                raise self._together([divisor], "does not divide", dividend, f": {why}")
        for parts, larger, why in AT_MOST:
            names = [name for name in parts if self.values.get(name)]
            if sum(self.values[name] for name in names) > self.values.get(larger, math.inf):
                relation = "is more than" if len(names) == 1 else "are together more than"
                raise self._together(names, relation, larger, f": {why}")
        for layers, size in PAIRS:
            if self.values.get(layers) and self.values.get(size) == 0:
                raise self._out_of_range(size, 1)

    def _value(self, name: str, rule: Mapping[str, Any]) -> int:
        if "value" in rule:
            return self._term(rule["value"])
        if "flag" in rule:
            return int(self._flag(rule["flag"]))
        if "sum" in rule:
            return sum(map(self._number, rule["sum"]))
        if "layers" in rule:
            return len(self.layers[name])
        if "null" in rule and self._field(rule["field"]) is None:
            return self._term(rule["null"])
        return self._number(rule["field"]) + int(rule.get("plus", 0))

    def _layers(self, rule: Mapping[str, Any]) -> list[int]:
        kinds = self._kinds(rule["listed"]) if "listed" in rule else None
        if switch := self._switched_off(rule):
            if kinds and rule["kind"] in kinds:
                raise contradiction(rule["listed"], rule["kind"], switch, self.fields[switch])
            return []
        if kinds is not None:
            return [i for i, kind in enumerate(kinds) if kind == rule["kind"]]
        start, step = self._operand(rule, "from", 0), self._operand(rule, "every", 1)
        gap = self._operand(rule, "but_every", 1) if "but_every" in rule else math.inf
        left_out = self._indices(rule["except"]) if "except" in rule else set()
        return [
            i
            for i in range(start, self.shape["n_layer"])
            if (i + 1) % step == 0 and (i + 1) % gap != 0 and i not in left_out
        ]

    def _switched_off(self, rule: Mapping[str, Any]) -> str:
        if "when" in rule and not self._flag(rule["when"]):
            return str(rule["when"])
        return str(rule["given"]) if "given" in rule and self._field(rule["given"]) is None else ""

    def _operand(self, rule: Mapping[str, Any], key: str, low: int) -> int:
        given = rule.get(key, low)
        if not isinstance(given, str):
            return int(given)
        if (value := self._number(given)) < low:
            raise out_of_range(given, value, low, LARGEST_NUMBER)
        return value

    def _kinds(self, field: str) -> list[str] | None:
        found, every = self._field(field), self.shape["n_layer"]
        if found is None:
            return None
        if not isinstance(found, list):
            raise is_not(field, found, "a list")
        if len(found) != every:
            raise InputError(f"{field} lists {len(found)} layers, and the model has {every}")
        for kind in found:
            if kind not in KINDS_OF_LAYER:
                raise not_counted(f"{show(kind)} in {field}", KINDS_OF_LAYER)
        return found

    def _indices(self, field: str) -> set[int]:
        found = self._field(field)
        if not isinstance(found, list | None):
            raise is_not(field, found, "a list")
        return {whole(f"{field}[{i}]", index) for i, index in enumerate(found or [])}

    def _field(self, name: str) -> Any:
        if name not in self.fields:
            raise lacks(name)
        return self.fields[name]

    def _flag(self, name: str) -> bool:
        found = self._field(name)
        if not isinstance(found, bool):
            raise is_not(name, found, "true or false")
        return found

    def _number(self, name: str) -> int:
        return whole(name, self._field(name))

    def _term(self, text: int | str) -> int:
        """Return a number, a symbol's value, or two of them with an operator between."""
        if not isinstance(text, str):
            return text
        left, *rest = text.split()
        first = int(left) if left.isdigit() else self.values[left]
        if not rest:
            return first
        operator, right = rest
        if operator == "*":
            return first * self.values[right]
        if first % self.values[right]:
            raise self._together([left], "is not divisible by", right)
        return first // self.values[right]

    def _together(self, first: list[str], relation: str, second: str, why: str = "") -> InputError:
        *left, right = (f"{self.label[name]} = {self.values[name]}" for name in (*first, second))
        return InputError(f"{' and '.join(left)} {relation} {right}{why}")

    def _out_of_range(self, name: str, low: float) -> InputError:
        label, high = self.label[name], SYMBOLS[name].high
        return out_of_range(label, self.values[name], low, high, f"{SYMBOLS[name].meaning}, ")
