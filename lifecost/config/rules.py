"""The rules of ``data/config_rules/``, and a reader that follows them; the file says how."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from lifecost.config.expressions import Node, evaluate, names_in, parsed, truth
from lifecost.config.messages import (
    contradiction,
    is_not,
    is_one_of,
    lacks,
    not_counted,
    out_of_range,
    show,
    whole,
)
from lifecost.data import load_all
from lifecost.errors import InputError, nearest
from lifecost.stack import FAMILIES, Block, Part, Stack
from lifecost.symbols import SYMBOLS
from lifecost.values import AT_MOST, DIVIDES

_MERGED = ("default", "only", "let", "kinds", "alias", "require")
_OF_BLOCK = ("family", "layers", "count", "runs")
# What the library follows in a model of any type, though the type may know nothing of it.
_OF_ANY = ("sliding_window", "attention_chunk_size", "layer_types", "per_layer_config")


def rules_of(kind: Any) -> dict[str, Any]:
    """Return all that is said of a `model_type`, with what it takes over from others."""
    rules = _rules_of(kind)
    # A name that is said to be itself is the field again.
    rules["let"] = {name: one for name, one in rules.get("let", {}).items() if one != name}
    if "draft" in rules:
        known = rules["blocks"]
        rules["draft"] = {
            name: _sized(one, known) for name, one in rules["draft"].items()
            if "of" not in one or one["of"] in known
        }  # fmt: skip
    return rules


def _sized(block: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block with the family and the sizes of that of the layers, if it is one of these."""
    if "of" not in block:
        return dict(block)
    of = {key: text for key, text in known[block["of"]].items() if key != "layers"}
    return of | {key: text for key, text in block.items() if key != "of"}


def _rules_of(kind: Any) -> dict[str, Any]:
    known = load_all("config_rules")
    if not isinstance(kind, str) or kind not in known:
        near = nearest(kind, list(known)) if isinstance(kind, str) else []
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise InputError(
            f"unknown model_type {show(kind)}{hint}; {len(known)} types are known here, of models "
            "that decode text"
        )
    own = known[kind]
    rules = _rules_of(own["like"]) if "like" in own else {}
    for key, value in own.items():
        if key in _MERGED:
            rules[key] = {**rules.get(key, {}), **_from_toml(value)}
        elif key in ("blocks", "draft"):
            rules[key] = _blocks(rules.get(key, {}), value)
        else:
            rules[key] = value
    return rules


def _blocks(known: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return blocks by name: of one that both have, the sizes of both; of another family, anew."""
    found = dict(known)
    for name, block in own.items():
        before = found.get(name, {})
        if not block:
            found.pop(name, None)
        elif before and block.get("family", before.get("family")) == before.get("family"):
            found[name] = {**before, **block}
        else:
            found[name] = dict(block)
    return found


def _from_toml(value: Any) -> Any:
    """Return a value as JSON has it: TOML has no null."""
    if isinstance(value, dict):
        return {key: _from_toml(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_from_toml(one) for one in value]
    return None if value == "null" else value


def completed(config: Mapping[str, Any], rules: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields as the library sees them, with aliases resolved and defaults filled in."""
    _check_architecture(config.get("architectures"), rules.get("architecture", [""]))
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
    for name, usual in rules.get("default", {}).items():
        fields.setdefault(name, usual)
        if within and name in config:
            _agree(name, config[name], f"{within}.{name}", fields[name])
    for name, usual in rules.get("outside", {}).items():
        if name not in config:
            _agree(name, usual, f"{within}.{name}", fields[name])
    return fields


def _agree(first: str, value: Any, second: str, other: Any) -> None:
    if isinstance(value, (list, dict)) or isinstance(other, (list, dict)):
        if value != other:
            raise contradiction(first, value, second, other)
    elif not is_one_of(value, [other]):
        raise contradiction(first, value, second, other)


def _check_architecture(names: Any, endings: list[str]) -> None:
    if names is None or names == []:
        return
    first = names[0] if isinstance(names, list) else names
    if not (isinstance(first, str) and first.endswith(tuple(endings))):
        raise not_counted(f"architectures = {show(first)}", [f"...{end}" for end in endings])


class Placed(NamedTuple):
    """A block, in which layers it stands (none: at an end), and how often it runs in a step."""

    name: str
    block: Block
    layers: list[int]
    count: int
    runs: int


class Reader:
    """A completed configuration, read by the rules of its type."""

    def __init__(self, fields: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        self.fields, self.rules = fields, rules
        self.let = {name: parsed(str(text)) for name, text in rules.get("let", {}).items()}
        self._known: dict[tuple[str, int], Any] = {}
        self._sizes: dict[tuple[str, str, int], Any] = {}
        self._by_layer: dict[str, bool] = {}
        known = {name for node in self._nodes() for name in names_in(node)}
        pinned = {field: [None] for field in _OF_ANY if field not in known}
        for field, allowed in {**pinned, **rules.get("only", {})}.items():
            if field in fields and allowed != "any" and not is_one_of(fields[field], allowed):
                raise not_counted(f"{field} = {show(fields[field])}", allowed)
        self.n_layer = self._size("n_layer", rules["n_layer"], -1)
        self.d_model = self._size("d_model", rules["d_model"], -1)
        for field, kinds in rules.get("kinds", {}).items():
            self._check_kinds(field, kinds)
        for text, why in rules.get("require", {}).items():
            if why:
                self._check_required(parsed(text))

    def _nodes(self) -> Iterator[Node]:
        """Yield the expressions of the rules."""
        yield from self.let.values()
        for where in ("blocks", "draft"):
            for block in self.rules.get(where, {}).values():
                yield from (parsed(str(v)) for key, v in block.items() if key != "family")

    @cached_property
    def placed(self) -> list[Placed]:
        """The blocks of the model, each kind once."""
        return [one for name in self.rules["blocks"] for one in self._placed(name, "blocks")]

    @property
    def stack(self) -> Stack:
        """The model."""
        return self._stack(self.placed)

    @property
    def draft(self) -> Stack | None:
        """The heads that guess further tokens, if there are any."""
        names = self.rules.get("draft", {})
        placed = [one for name in names for one in self._placed(name, "draft")]
        return self._stack(placed) if placed else None

    def _stack(self, placed: list[Placed]) -> Stack:
        parts = [Part(one.count, one.block, one.runs) for one in placed]
        return Stack(self.d_model, self.n_layer, parts)

    def _placed(self, name: str, where: str) -> list[Placed]:
        rule = self.rules[where][name]
        sizes = {key: parsed(str(text)) for key, text in rule.items() if key not in _OF_BLOCK}
        once = "count" in rule
        count = self._size("n_layer", rule["count"], -1, 0) if once else 0
        if once and not count:
            return []
        here = parsed(str(rule.get("layers", "True")))
        found: dict[Any, list[int]] = {}
        steps = [-1] if once else range(self.n_layer)
        for i in steps:
            if self._truth(here, i):
                block = self._block(rule["family"], sizes, i)
                found.setdefault(block, []).append(i)
        runs = self._size("n_layer", rule["runs"], -1, 0) if "runs" in rule else 1
        return [
            Placed(name, block, [] if once else at, count if once else len(at), runs)
            for block, at in found.items()
        ]

    def _block(self, family: str, sizes: Mapping[str, Node], i: int) -> Block:
        found = {name: self._size_of_block(name, node, i) for name, node in sizes.items()}
        found = {name: value for name, value in found.items() if value is not None}
        label = {name: self._label(name, node) for name, node in sizes.items()}
        _check_together(found, label)
        return FAMILIES[family](**found)

    def _size_of_block(self, name: str, node: Node, i: int) -> Any:
        """Return a size, None where its family's own is meant."""
        key = name, node[1], i if self._depends(node) else -1
        if key not in self._sizes:
            value, label = self._value(node, i), self._label(name, node)
            if isinstance(value, bool) and _is_flag(name):
                value = int(value)
            elif label != name and _is_flag(name):
                raise is_not(label, value, "true or false")
            if value is not None and value != math.inf:
                value = whole(label, value)
                self._check_range(name, label, value)
            self._sizes[key] = value
        return self._sizes[key]

    # ---- values

    def _scope(self, i: int) -> Any:
        def scope(name: str) -> Any:
            if name == "i":
                return i
            if name == "n_layer" and "n_layer" in self.__dict__:
                return self.n_layer
            if name == "inf":
                return math.inf
            if name in self.let:
                key = name, i if self._depends(self.let[name]) else -1
                if key not in self._known:
                    self._known[key] = evaluate(self.let[name], scope)
                return self._known[key]
            if name not in self.fields:
                raise lacks(name)
            return self.fields[name]

        return scope

    def _value(self, node: Node, i: int) -> Any:
        return evaluate(node, self._scope(i))

    def _truth(self, node: Node, i: int) -> bool:
        return truth(node, self._scope(i))

    def _depends(self, node: Node) -> bool:
        """Whether an expression may differ from layer to layer."""
        names = names_in(node)
        for name in names & self.let.keys():
            if name not in self._by_layer:
                self._by_layer[name] = False
                self._by_layer[name] = self._depends(self.let[name])
        return "i" in names or any(self._by_layer.get(name) for name in names)

    def _size(self, name: str, text: Any, i: int, low: float | None = None) -> int:
        node = parsed(str(text))
        label = self._label(name, node)
        value = whole(label, self._value(node, i))
        self._check_range(name, label, value, low)
        return value

    def _label(self, name: str, node: Node) -> str:
        """Return what a message calls a size: its field, where it is no more than that."""
        while node[0] == "name" and node[2] in self.let:
            node = self.let[node[2]]
        if node[0] == "or":
            return self._label(name, node[2])
        return str(node[1]) if node[0] == "name" else name

    # ---- checks

    @staticmethod
    def _check_range(name: str, label: str, value: int, low: float | None = None) -> None:
        quantity = SYMBOLS[name]
        low = quantity.low if low is None else low
        high = min(quantity.high, 1e12)
        if not low <= value <= high:
            raise out_of_range(label, value, low, high, f"{quantity.meaning}, ")

    def _check_kinds(self, field: str, kinds: list[Any]) -> None:
        if (found := self._scope(-1)(field)) is None:
            return
        if not isinstance(found, (list, str)):
            raise is_not(field, found, "a list")
        if len(found) != self.n_layer:
            raise InputError(f"{field} lists {len(found)} layers, and the model has {self.n_layer}")
        for position, kind in enumerate(found):
            if kinds == ["whole"]:
                whole(f"{field}[{position}]", kind)
            elif not is_one_of(kind, kinds):
                raise not_counted(f"{show(kind)} in {field}", kinds)

    def _check_required(self, node: Node) -> None:
        if self._truth(node, -1):
            return
        if node[0] == "or":  # where a field is there: the last is what is required
            node = node[3]
        _, _, operator, left, right = node
        values = [show(self._value(one, -1)) for one in (left, right)]
        if operator == "==":
            raise InputError(f"{left[1]} = {values[0]} contradicts {right[1]} = {values[1]}")
        raise InputError(f"{left[1]} = {values[0]} is not {operator} {right[1]} = {values[1]}")


def _is_flag(name: str) -> bool:
    return SYMBOLS[name].low == 0 and SYMBOLS[name].high == 1


def _check_together(found: Mapping[str, Any], label: Mapping[str, str]) -> None:
    """Raise `InputError` where sizes are fine one by one and impossible together."""
    for divisor, dividend, why in DIVIDES:
        if {divisor, dividend} <= found.keys() and found[dividend] % found[divisor]:
            raise _together(found, label, divisor, "does not divide", dividend, why)
    for smaller, larger, why in AT_MOST:
        if {smaller, larger} <= found.keys() and found[smaller] > found[larger]:
            raise _together(found, label, smaller, "is more than", larger, why)


def _together(
    found: Mapping[str, Any], label: Mapping[str, str], first: str, relation: str, second: str,
    why: str,
) -> InputError:  # fmt: skip
    left, right = (f"{label[name]} = {found[name]}" for name in (first, second))
    return InputError(f"{left} {relation} {right}: {why}")
