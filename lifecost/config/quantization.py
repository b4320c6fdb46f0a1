"""A ``quantization_config``: the bytes of a weight in each module that it speaks of.

It lists modules by name, by a part of it, or by a pattern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from lifecost.config.messages import is_not, is_one_of, lacks, not_counted, show, whole
from lifecost.data import load
from lifecost.errors import InputError
from lifecost.formulas.kv_cache import quantized_bytes
from lifecost.symbols import BITS_PER_BYTE, CONSTANTS, SYMBOLS

FIELD = "quantization_config"
# Of a file that does not name its method: a field by which it shows.
SIGNS = (
    ("quant_algo", "modelopt"),
    ("load_in_4bit", "bitsandbytes"),
    ("load_in_8bit", "bitsandbytes"),
    ("group_size", "mlx"),
)

# What stands elsewhere in a name: a decoder within another model, or in one of NVIDIA's, and the
# experts of MLX.
RENAMED = (
    ("language_model.lm_head", "lm_head"),
    ("model.language_model.", "model."),
    ("language_model.model.", "model."),
    ("backbone.layers.", "model.layers."),
    ("switch_mlp", "experts.0"),
)
LONGEST_NAME, MOST_STARS = 200, 4  # a pattern beyond that might take forever
# Of regular expressions, what lists of modules use: no more than both languages read alike.
PATTERN = (
    r"\^?(?:[\w-]|\\\.|\.[*+]?|\\d[*+]?|\[\d-\d\][*+]?|\((?:\?:)?(?:[\w-]|\\\.|\\d|\.|\|)*\))*\$?"
)


def in_bytes(bits: float) -> float:
    """Return bits as bytes."""
    return bits / CONSTANTS[BITS_PER_BYTE][0]


class Names:
    """A list of modules: by name or by a part of it, by ``*``, or by a pattern after ``re:``."""

    def __init__(self, field: str, entries: Any) -> None:
        if not isinstance(entries, list):
            raise is_not(field, entries, "a list")
        self.parts: set[str] = set()
        self.patterns: list[re.Pattern[str]] = []
        self.numbered = False  # one layer may differ from another
        for i, entry in enumerate(entries):
            self._add(f"{field}[{i}]", entry)

    def _add(self, field: str, entry: Any) -> None:
        if not isinstance(entry, str):
            raise is_not(field, entry, "the name of a module")
        for name, other in RENAMED:
            entry = entry.replace(name, other)
        self.numbered = self.numbered or bool(re.search("[0-9]", entry))
        if not entry.startswith("re:") and "*" not in entry:
            self.parts.add(entry.strip("."))
            return
        try:
            self.patterns.append(re.compile(_pattern(entry)))
        except (ValueError, re.error):
            raise is_not(field, entry, "a pattern that is read here") from None

    def name(self, names: Iterable[str]) -> bool:
        """Return whether one of a module's names is in the list."""
        return any(
            not self.parts.isdisjoint(spans(name)) or any(p.match(name) for p in self.patterns)
            for name in names
        )


def _pattern(entry: str) -> str:
    if len(entry) > LONGEST_NAME or len(re.findall("[*+]", entry)) > MOST_STARS:
        raise ValueError
    if not entry.startswith("re:"):
        escaped = (re.sub(r"([^A-Za-z0-9_])", r"\\\1", part) for part in entry.split("*"))
        return rf"^(?:.*\.)?{'.*'.join(escaped)}(?:\..*)?$"
    if not re.fullmatch(PATTERN, entry[3:], re.ASCII):
        raise ValueError
    return rf"^(?:{entry[3:]})"


def spans(name: str) -> list[str]:
    """Return a name's parts: all that stands between two dots of it."""
    parts = name.split(".")
    ends = range(1, len(parts) + 1)
    return [".".join(parts[i:j]) for i in range(len(parts)) for j in ends if i < j]


class Group(NamedTuple):
    """What is stored alike: the modules, all where it is None, and the bytes of a weight."""

    targets: Names | None
    bytes: float


class Plan:
    """A quantization, ready to be asked for the bytes of one module."""

    def __init__(
        self, given: Mapping[str, Any], plain: float, tied: bool, experts: Any = None
    ) -> None:
        self.given, self.plain = given, plain
        method = _method(given)
        self.rule = rule = _chosen(given, load("weight_formats")["methods"][method])
        for field in rule.get("refuse", ()):
            if given.get(field) is not None:
                raise not_counted(f"{FIELD}.{field} = {show(given[field])}", [None])
        kept = [name for name in rule.get("keep", ()) if given.get(name) is not None]
        self.kept = [Names(f"{FIELD}.{name}", given[name]) for name in kept]
        self.format = rule.get("format", method)
        self.all = rule.get("parts") == "all"
        self.head = self.all or (not tied and _is_on(given, rule.get("head", False)))
        self.listed: set[str] = set()
        self.asked: set[str] = set()  # the names that modules have, where the file lists some
        if method == "compressed-tensors":
            self.groups = list(self._groups())
        elif "listed" in rule:
            self.groups = list(self._listed(rule["listed"]))
        else:
            self.groups = [*self._overrides(), Group(None, self._size(FIELD, given, rule))]
        lists = [*self.kept, *(g.targets for g in self.groups if g.targets)]
        self.numbered = any(names.numbered for names in lists)
        own = given.get("expert_dtype")
        experts = experts if own is None else own
        self.experts = self._experts(experts) if method == "fp8" and experts is not None else None

    def _experts(self, dtype: Any) -> float | None:
        """Return the bytes of a weight of the routed experts, where it differs from the rest's."""
        known = load("weight_formats")["expert_dtypes"]
        if not is_one_of(dtype, known):
            raise not_counted(f"expert_dtype = {show(dtype)}", known)
        if not (rule := known[dtype]):
            return None
        if not is_one_of(scale := self.given.get("scale_fmt"), ["ue8m0"]):
            raise not_counted(f"{FIELD}.scale_fmt = {show(scale)}", ["ue8m0"])
        return self._size("expert_dtype", self.given, rule)

    def _size(self, field: str, given: Mapping[str, Any], rule: Mapping[str, Any]) -> float:
        bits = rule["bits"]
        if isinstance(bits, str):
            bits = _width(f"{field}.{bits}", given.get(bits), rule["widths"])
        block = rule.get("block")
        block = _block(f"{field}.{block}", given.get(block)) if isinstance(block, str) else block
        if block is None:
            return in_bytes(bits)
        zeros = bits if _is_on(given, rule.get("zeros", False)) else 0
        scale = in_bytes(rule["scale_bits"] + zeros)
        return float(quantized_bytes(element_bits=bits, scale_bytes=scale, block_size=block))

    def _overrides(self) -> Iterable[Group]:
        """Yield what MLX says of single modules: fields of their own, or false."""
        for name, given in self.given.items() if self.all else ():
            if isinstance(given, Mapping):
                rule = _chosen(given, load("weight_formats")["methods"]["mlx"])
                size = self._size(f"{FIELD}.{name}", given, rule)
                yield Group(Names(FIELD, [name]), size)
            elif given is False:
                yield Group(Names(FIELD, [name]), self.plain)

    def _listed(self, name: str) -> Iterable[Group]:
        """Yield the formats of a list of modules, and name the whole after them."""
        field, known = f"{FIELD}.{name}", load("weight_formats")["listed_formats"]
        found = self.given.get(name)
        if not isinstance(found, Mapping):
            raise is_not(field, found, "an object")
        names: dict[str, list[str]] = {}
        for module, said in found.items():
            if not isinstance(said, Mapping):
                raise is_not(f"{show(module)} in {field}", said, "an object")
            algorithm = said.get("quant_algo")
            if not is_one_of(algorithm, known):
                raise not_counted(f"quant_algo = {show(algorithm)} in {field}", known)
            block, size = known[algorithm].get("block"), said.get("group_size")
            if not is_one_of(size, [None, block]):
                raise not_counted(f"group_size = {show(size)} in {field}", [block])
            if re.search("experts[.][0-9]|[*]|^re:", module):
                raise not_counted(f"{show(module)} in {field}", ["experts"])
            names.setdefault(str(algorithm), []).append(module)
        formats = [known[algorithm]["format"] for algorithm in names]
        self.format = " and ".join(dict.fromkeys(formats)) or self.format
        for algorithm, modules in names.items():
            targets = Names(field, modules)
            self.listed |= targets.parts
            yield Group(targets, self._size(field, self.given, known[algorithm]))

    def check_listed(self) -> None:
        """Raise `InputError` where the file lists a module that no part of the model is."""
        for name in sorted(self.listed - self.asked):
            field = f"{FIELD}.{self.rule['listed']}"
            raise InputError(f"{field} lists {show(name)}, which is not counted here")

    def _groups(self) -> Iterable[Group]:
        """Yield the groups of compressed-tensors, and name the format after them."""
        sparse = self.given.get("sparsity_config")
        kind = sparse.get("format") if isinstance(sparse, Mapping) else sparse
        if kind not in (None, "dense"):
            raise not_counted(f"{FIELD}.sparsity_config.format = {show(kind)}", ["dense"])
        found = self.given.get("config_groups")
        if not isinstance(found, Mapping):
            raise is_not(f"{FIELD}.config_groups", found, "an object")
        formats = []
        for name, group in found.items():
            field = f"{FIELD}.config_groups.{name}"
            if not isinstance(group, Mapping):
                raise is_not(field, group, "an object")
            if (weights := group.get("weights")) is None:
                continue  # of activations only
            if not isinstance(weights, Mapping):
                raise is_not(f"{field}.weights", weights, "an object")
            kind = weights.get("type", "int")
            if kind not in ("int", "float"):
                raise not_counted(f"{field}.weights.type = {show(kind)}", ["int", "float"])
            four = kind == "float" and is_one_of(weights.get("num_bits"), [4])
            block = weights.get("block_structure")
            given = weights if block is None else {**weights, "group_size": block}
            rule = {**self.rule, "scale_bits": 8} if four else dict(self.rule)
            if is_one_of(weights.get("symmetric"), [False]):
                rule["zeros"] = True
            size = self._size(f"{field}.weights", given, rule)
            names = group.get("targets")
            whole_model = names is None or (isinstance(names, list) and "Linear" in names)
            yield Group(None if whole_model else Names(f"{field}.targets", names), size)
            width = int(weights["num_bits"])
            four_bits = "nvfp4" if is_one_of(weights.get("group_size"), [16]) else "mxfp4"
            label = four_bits if four else f"{'fp' if kind == 'float' else 'int'}{width}"
            formats += [label] if label not in formats else []
        self.format = " and ".join(formats) or self.format

    def module(self, row: str, names: list[str]) -> float:
        """Return the bytes of a weight of a module."""
        named = "listed" in self.rule
        quantized = {
            "router": self.all or named, "embedding": self.all or named, "positions": False,
            "experts": True, "unembedding": self.head,
        }.get(row, self.rule.get("parts") != "experts")  # fmt: skip
        if named and quantized:
            self.asked.update(span for name in names for span in spans(name))
        if quantized and not any(kept.name(names) for kept in self.kept):
            if row == "experts" and self.experts is not None:
                return self.experts
            for group in self.groups:
                if group.targets is None or group.targets.name(names):
                    return group.bytes
        return self.plain


def _method(given: Mapping[str, Any]) -> str:
    method = given.get("quant_method")
    if method is None:
        for sign, meant in SIGNS:
            if sign in given:
                return meant
        raise lacks(f"{FIELD}.quant_method")
    known = [name for name in load("weight_formats")["methods"] if name != "mlx"]
    if not is_one_of(method, known):
        raise not_counted(f"{FIELD}.quant_method = {show(method)}", known)
    return str(method)


def _chosen(given: Mapping[str, Any], rule: Mapping[str, Any]) -> Mapping[str, Any]:
    while "choice" in rule:
        field = rule["choice"]
        options = {_from_key(name): table for name, table in rule.items() if name not in _CHOOSING}
        value: Any = _flag(given, field) if {True, False} & options.keys() else given.get(field)
        value = rule.get("usual") if value is None else value
        if not is_one_of(value, options):
            raise not_counted(f"{FIELD}.{field} = {show(value)}", options)
        rule = options[value]
    return rule


_CHOOSING = ("choice", "usual")


def _from_key(name: str) -> str | bool:
    return {"true": True, "false": False}.get(name, name)


def _flag(given: Mapping[str, Any], field: str) -> bool:
    value = given.get(field)
    if not isinstance(value, bool | None):
        raise is_not(f"{FIELD}.{field}", value, "true or false")
    return bool(value)


def _is_on(given: Mapping[str, Any], flag: bool | str) -> bool:
    """Return a flag of the rules, or the value of the field that it names."""
    return _flag(given, flag) if isinstance(flag, str) else flag


def _width(field: str, value: Any, widths: list[int]) -> int:
    if value is None:
        raise lacks(field)
    if not is_one_of(value, widths):
        raise not_counted(f"{field} = {show(value)}", widths)
    return int(value)


def _block(field: str, value: Any) -> int | None:
    if value is None or is_one_of(value, [-1]):
        return None
    sides = value if isinstance(value, list) else [value]
    size = 1
    for side in sides:
        size *= whole(field, side)
    if not 1 <= size <= SYMBOLS["block_size"].high:
        raise is_not(field, value, "a size of blocks")
    return size
