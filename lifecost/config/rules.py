"""The rules of ``data/config_rules/``, and a reader that follows them; the file says how."""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping
from functools import cache
from operator import eq
from typing import Any, NamedTuple

from lifecost.config.expressions import Node, evaluate, names_in, ordered_names, parsed, truth
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
from lifecost.errors import InputError
from lifecost.stack import FAMILIES, Block, Part, Stack
from lifecost.symbols import SYMBOLS
from lifecost.values import check_together

_MERGED = ("default", "only", "let", "kinds", "alias", "require")
ALIKE = 3  # letters
_PLACING = ("layers", "count", "runs")
_OF_BLOCK = ("family", *_PLACING)
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
        near = _alike(kind, sorted(known)) if isinstance(kind, str) else []
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise InputError(
            f"unknown model_type {show(kind)}{hint}; {len(known)} types are known here, of models "
            "that decode text"
        )
    own = known[kind]
    rules = _rules_of(own["like"]) if "like" in own else {}
    rules.pop("nested", None)
    for key, value in own.items():
        if key in _MERGED:
            rules[key] = {**rules.get(key, {}), **_from_toml(value)}
        elif key in ("blocks", "draft"):
            rules[key] = _blocks(rules.get(key, {}), value)
        else:
            rules[key] = value
    return rules


@cache
def trees_of(kind: str) -> dict[str, Any]:
    """Return all that is said of a `model_type`, its expressions as trees: the reader's rules.

    A name for a mere field is that field, so that messages speak of what the file has.
    """
    rules = {name: rule for name, rule in rules_of(kind).items() if name != "like"}
    let = {name: parsed(str(text)) for name, text in rules.pop("let", {}).items()}
    meant = {name: tree[2] for name, tree in let.items() if tree[0] == "name"}
    for name in meant:
        while meant[name] in meant:
            meant[name] = meant[meant[name]]

    def tree(text: Any) -> Node:
        return parsed(str(text), meant)

    def block(rule: Mapping[str, Any]) -> dict[str, Any]:
        placing = {name: tree(rule[name]) for name in _PLACING if name in rule}
        sizes = [[name, tree(text)] for name, text in rule.items() if name not in _OF_BLOCK]
        return {"family": rule["family"], **placing, "sizes": sizes}

    rules["let"] = {name: tree(one[1]) for name, one in let.items() if name not in meant}
    for name in ("n_layer", "d_model"):
        if name in rules:
            rules[name] = tree(rules[name])
    required = rules.get("require", {}).items()
    rules["require"] = [[tree(text), why] for text, why in required if why]
    for where in ("blocks", "draft"):
        rules[where] = [block(one) for one in rules.get(where, {}).values()]
    blocks = (*rules["blocks"], *rules["draft"])
    nodes = [*rules["let"].values()]
    nodes += [one[key] for one in blocks for key in _PLACING if key in one]
    nodes += [node for one in blocks for _, node in one["sizes"]]
    read = {name for node in nodes for name in names_in(node)}
    only = {field: [None] for field in _OF_ANY if field not in read} | rules.get("only", {})
    rules["only"] = {field: allowed for field, allowed in only.items() if allowed != "any"}
    return rules


def _alike(kind: str, known: list[str]) -> list[str]:
    """Return up to three types that begin as a wrong one does, for as long as any."""
    length = {name: [*map(eq, kind, name), False].index(False) for name in known}
    most = max(length.values())
    return [name for name in known if length[name] == most][:3] if most >= ALIKE else []


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
    check_architecture(config.get("architectures"), rules.get("architecture", [""]))
    within = rules.get("within", "")
    inner = config.get(within) if within else config
    if inner is None:
        raise lacks(within)
    if not isinstance(inner, Mapping):
        raise is_not(within, inner, "an object")
    fields = dict(inner)
    for other, name in rules.get("alias", {}).items():
        if other in fields and name in fields:
            agree(other, fields[other], name, fields[name])
        elif other in fields:
            fields[name] = fields[other]
    for name, usual in rules.get("default", {}).items():
        fields.setdefault(name, usual)
        if within and name in config:
            agree(name, config[name], f"{within}.{name}", fields[name])
    check_outside(config, rules, within, fields)
    return fields


def check_outside(
    config: Mapping[str, Any], rules: Mapping[str, Any], within: str, fields: Mapping[str, Any]
) -> None:
    """Raise `InputError` where a field within an object differs from the one outside."""
    for name, usual in rules.get("outside", {}).items():
        found = fields.get(name)
        if name in config:
            agree(name, config[name], f"{within}.{name}", found)
        elif usual != "null" and not is_one_of(found, [usual]):
            raise lacks(f"{name}, which newer releases of the library read outside {within}")


def agree(first: str, value: Any, second: str, other: Any) -> None:
    """Raise `InputError` where two fields that mean one thing differ."""
    if isinstance(value, (list, dict)) or isinstance(other, (list, dict)):
        if value != other:
            raise contradiction(first, value, second, other)
    elif not is_one_of(value, [other]):
        raise contradiction(first, value, second, other)


def check_architecture(names: Any, endings: list[str]) -> None:
    """Raise `InputError` where the first of the architectures ends in none of these."""
    if names is None or names == []:
        return
    first = names[0] if isinstance(names, list) else names
    if not (isinstance(first, str) and first.endswith(tuple(endings))):
        raise not_counted(f"architectures = {show(first)}", [f"...{end}" for end in endings])


class Placed(NamedTuple):
    """A block, in which layers it stands (none: at an end), and how often it runs in a step."""

    block: Block
    layers: list[int]
    copies: int
    runs: int


class Reader:
    """A completed configuration, read by the rules of its type."""

    def __init__(self, fields: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
        self.fields, self.rules = fields, rules
        self._known: dict[tuple[str, int], Any] = {}
        self._sizes: dict[tuple[str, str, int], Any] = {}
        self._by_layer: dict[str, bool] = {}
        for field, allowed in rules["only"].items():
            if field in fields and not is_one_of(fields[field], allowed):
                raise not_counted(f"{field} = {show(fields[field])}", allowed)
        self.n_layer = self._size("n_layer", rules["n_layer"])
        self.d_model = self._size("d_model", rules["d_model"])
        for field, kinds in rules.get("kinds", {}).items():
            self._check_kinds(field, kinds)
        for node, why in rules["require"]:
            self._check_required(node, why)
        #: The blocks of the model, each kind once.
        self.placed = [one for block in rules["blocks"] for one in self._placed(block)]
        self._drafts = [one for block in rules["draft"] for one in self._placed(block)]

    @property
    def stack(self) -> Stack:
        """The model."""
        return self._stack(self.placed)

    @property
    def draft(self) -> Stack | None:
        """The heads that guess further tokens, if there are any."""
        return self._stack(self._drafts) if self._drafts else None

    def _stack(self, placed: list[Placed]) -> Stack:
        parts = [Part(one.copies, one.block, one.runs) for one in placed]
        return Stack(self.d_model, self.n_layer, parts)

    def _placed(self, rule: Mapping[str, Any]) -> list[Placed]:
        once = "count" in rule
        count = self._size("n_layer", rule["count"], 0) if once else 0
        if once and not count:
            return []
        found: dict[Block, list[int]] = {}
        varies, block = any(self._depends(node) for _, node in rule["sizes"]), None
        for i in [-1] if once else range(self.n_layer):
            if "layers" not in rule or truth(rule["layers"], self._scope(i)):
                if varies or block is None:  # most models have the same sizes in every layer
                    block = self._block(rule["family"], rule["sizes"], i)
                found.setdefault(block, []).append(i)
        runs = self._size("n_layer", rule["runs"], 0) if "runs" in rule else 1
        return [
            Placed(block, [] if once else at, count if once else len(at), runs)
            for block, at in found.items()
        ]

    def _block(self, family: str, sizes: list[tuple[str, Node]], i: int) -> Block:
        found, label = dict[str, Any](), {name: self._label(name, node) for name, node in sizes}
        for name, node in sizes:
            value = self._size_of_block(name, node, i)
            if value is not None:  # else as the family has it
                found[name] = value
            elif FAMILIES[family].sizes[name].default is inspect.Parameter.empty:
                raise is_not(label[name], value, "a whole number")
        check_together(found, label)
        return FAMILIES[family](**found)

    def _size_of_block(self, name: str, node: Node, i: int) -> Any:
        """Return a size, None where its family's own is meant."""
        key = name, node[1], i if self._depends(node) else -1
        if key not in self._sizes:
            value, label = evaluate(node, self._scope(i)), self._label(name, node)
            if isinstance(value, bool) and _is_flag(name):
                value = int(value)
            elif label != name and _is_flag(name):
                raise is_not(label, value, "true or false")
            if value is not None and not (value == math.inf == SYMBOLS[name].high):
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
            if name in self.rules["let"]:
                node = self.rules["let"][name]
                key = name, i if self._depends(node) else -1
                if key not in self._known:
                    self._known[key] = evaluate(node, scope)
                return self._known[key]
            if name not in self.fields:
                raise lacks(name)
            return self.fields[name]

        return scope

    def _depends(self, node: Node) -> bool:
        """Whether an expression may differ from layer to layer."""
        names, let = names_in(node), self.rules["let"]
        for name in names & let.keys():
            if name not in self._by_layer:
                self._by_layer[name] = False
                self._by_layer[name] = self._depends(let[name])
        return "i" in names or any(self._by_layer.get(name) for name in names)

    def _size(self, name: str, node: Node, low: float | None = None) -> int:
        label = self._label(name, node)
        value = whole(label, evaluate(node, self._scope(-1)))
        self._check_range(name, label, value, low)
        return value

    def _label(self, name: str, node: Node) -> str:
        """Return what a message calls a size: its field, where it is no more than that."""
        if node[0] == "name" and node[2] in self.rules["let"]:
            return self._label(name, self.rules["let"][node[2]])
        if node[0] == "or" or (node[0] == "if" and node[3][0] == "name"):
            return self._label(name, node[2] if node[0] == "or" else node[3])
        return str(node[2]) if node[0] == "name" else name

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
        if len(found) != self.n_layer and kinds != ["index"]:
            raise InputError(f"{field} lists {len(found)} layers, and the model has {self.n_layer}")
        for position, kind in enumerate(found):
            if kinds in (["whole"], ["index"]):
                whole(f"{field}[{position}]", kind)
            elif not is_one_of(kind, kinds):
                raise not_counted(f"{show(kind)} in {field}", kinds)

    def _check_required(self, node: Node, why: str) -> None:
        scope = self._scope(-1)
        if not truth(node, scope):
            names = [name for name in ordered_names(node) if name in self.fields]
            given = ", ".join(f"{name} = {show(scope(name))}" for name in names)
            raise InputError(f"{given}: {why}")


def _is_flag(name: str) -> bool:
    return SYMBOLS[name].low == 0 and SYMBOLS[name].high == 1
