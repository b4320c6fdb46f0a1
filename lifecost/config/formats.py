"""In how many bytes weights are stored, by a configuration and ``data/weight_formats.toml``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from lifecost.catalog import load, with_absent
from lifecost.config.messages import is_not, is_one_of, lacks, not_counted, show, whole
from lifecost.formulas.kv_cache import quantized_bytes
from lifecost.formulas.matrices import Row, table
from lifecost.formulas.transformer import parameter_count
from lifecost.lowered import Lowered
from lifecost.symbols import BITS_PER_BYTE, CONSTANTS, SYMBOLS, VARIANTS, Symbols, in_numbers

FIELD = "quantization_config"
# What stands elsewhere in a name: a decoder within another model, and the experts of MLX.
RENAMED = (
    ("language_model.lm_head", "lm_head"),
    ("model.language_model.", "model."),
    ("language_model.model.", "model."),
    ("switch_mlp", "experts.0"),
)
LONGEST_NAME, MOST_STARS = 200, 4  # a pattern beyond that might take forever
# Of regular expressions, what lists of modules use: no more than both languages read alike.
PATTERN = (
    r"\^?(?:[\w-]|\\\.|\.[*+]?|\\d[*+]?|\[\d-\d\][*+]?|\((?:\?:)?(?:[\w-]|\\\.|\\d|\.|\|)*\))*\$?"
)
# Of a file that does not name its method: a field by which it shows.
SIGNS = (
    ("quant_algo", "modelopt"),
    ("load_in_4bit", "bitsandbytes"),
    ("load_in_8bit", "bitsandbytes"),
    ("group_size", "mlx"),
)


def stored(config: Mapping[str, Any], fields: Mapping[str, Any], shape: Mapping[str, int],
           with_experts: list[int]) -> tuple[str, dict[str, float]]:  # fmt: skip
    """Return a format's name and the bytes of a weight by part; empty where the file says nothing.

    Parameters
    ----------
    config, fields
        The configuration, and the object in it that describes the decoder.
    shape
        Symbols of the model's shape.
    with_experts
        Indices of the layers that have experts.

    Raises
    ------
    InputError
        If a format is not known here, or a field of it is wrong.
    """
    dtype = _dtype(config, fields)
    quantization = _either("quantization", config, fields)
    quantization = _either(FIELD, config, fields) if quantization is None else quantization
    if quantization is None:
        return (dtype["format"], {"weight_bytes": _bytes(dtype["bits"])}) if dtype else ("", {})
    if not isinstance(quantization, Mapping):
        raise is_not(FIELD, quantization, "an object")
    plain = _bytes(dtype["bits"] if dtype else load("weight_formats")["usual_bits"])
    plan = _Plan(quantization, plain, bool(shape.get("tied_embeddings")))
    return plan.format, _by_part(plan, shape, with_experts)


def _dtype(config: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any] | None:
    known = load("weight_formats")["dtypes"]
    for name in ("dtype", "torch_dtype"):
        value = _either(name, config, fields)
        if value is not None and value != "auto":
            if not is_one_of(value, known):
                raise not_counted(f"{name} = {show(value)}", known)
            return dict(known[value])
    return None


def _either(name: str, config: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    value = config.get(name)
    return fields.get(name) if value is None else value


def _bytes(bits: float) -> float:
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
        except ValueError:
            raise is_not(field, entry, "a pattern that is read here") from None
        except re.error:
            raise is_not(field, entry, "a pattern that is read here") from None

    def name(self, names: Iterable[str]) -> bool:
        """Return whether one of a module's names is in the list."""
        return any(
            not self.parts.isdisjoint(_spans(name)) or any(p.match(name) for p in self.patterns)
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


def _spans(name: str) -> list[str]:
    parts = name.split(".")
    ends = range(1, len(parts) + 1)
    return [".".join(parts[i:j]) for i in range(len(parts)) for j in ends if i < j]


class _Group(NamedTuple):
    """What is stored alike: the modules, all where it is None, and the bytes of a weight."""

    targets: Names | None
    bytes: float


class _Plan:
    """A quantization, ready to be asked for the bytes of one module."""

    def __init__(self, given: Mapping[str, Any], plain: float, tied: bool) -> None:
        self.given, self.plain = given, plain
        method = _method(given)
        self.rule = rule = _chosen(given, load("weight_formats")["methods"][method])
        for field in rule.get("refuse", ()):
            if given.get(field) is not None:
                raise not_counted(f"{FIELD}.{field} = {show(given[field])}", [None])
        kept = [given[name] for name in rule.get("keep", ()) if given.get(name) is not None]
        fields = [name for name in rule.get("keep", ()) if given.get(name) is not None]
        self.kept = [Names(f"{FIELD}.{n}", k) for n, k in zip(fields, kept, strict=True)]
        self.format = rule.get("format", method)
        self.all = rule.get("parts") == "all"
        self.head = self.all or (not tied and _is_on(given, rule.get("head", False)))
        if method == "compressed-tensors":
            self.groups = list(self._groups())
        else:
            self.groups = [*self._overrides(), _Group(None, self._size(FIELD, given, rule))]
        lists = [*self.kept, *(g.targets for g in self.groups if g.targets)]
        self.numbered = any(names.numbered for names in lists)

    def _size(self, field: str, given: Mapping[str, Any], rule: Mapping[str, Any]) -> float:
        bits = rule["bits"]
        if isinstance(bits, str):
            bits = _width(f"{field}.{bits}", given.get(bits), rule["widths"])
        block = rule.get("block")
        block = _block(f"{field}.{block}", given.get(block)) if isinstance(block, str) else block
        if block is None:
            return _bytes(bits)
        zeros = bits if _is_on(given, rule.get("zeros", False)) else 0
        scale = _bytes(rule["scale_bits"] + zeros)
        return float(quantized_bytes(element_bits=bits, scale_bytes=scale, block_size=block))

    def _overrides(self) -> Iterable[_Group]:
        """Yield what MLX says of single modules: fields of their own, or false."""
        for name, given in self.given.items() if self.all else ():
            if isinstance(given, Mapping):
                rule = _chosen(given, load("weight_formats")["methods"]["mlx"])
                size = self._size(f"{FIELD}.{name}", given, rule)
                yield _Group(Names(FIELD, [name]), size)
            elif given is False:
                yield _Group(Names(FIELD, [name]), self.plain)

    def _groups(self) -> Iterable[_Group]:
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
            yield _Group(None if whole_model else Names(f"{field}.targets", names), size)
            width = int(weights["num_bits"])
            four_bits = "nvfp4" if is_one_of(weights.get("group_size"), [16]) else "mxfp4"
            label = four_bits if four else f"{'fp' if kind == 'float' else 'int'}{width}"
            formats += [label] if label not in formats else []
        self.format = " and ".join(formats) or self.format

    def module(self, row: str, names: list[str]) -> float:
        """Return the bytes of a weight of a module."""
        quantized = {
            "router": self.all, "embedding": self.all, "positions": False, "experts": True,
            "unembedding": self.head,
        }.get(row, self.rule.get("parts") != "experts")  # fmt: skip
        if quantized and not any(kept.name(names) for kept in self.kept):
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


def _by_part(plan: _Plan, shape: Mapping[str, int], with_experts: list[int]) -> dict[str, float]:
    experts = set(with_experts)
    layers = {
        "dense": [i for i in range(shape["n_layer"]) if i not in experts],
        "experts": with_experts,
        "all": list(range(shape["n_layer"])),
        "none": [-1],
    }
    parts: dict[str, list[tuple[float, float]]] = {}
    counted = 0
    for module in load("weight_formats")["modules"]:
        row, within = module["row"], layers[module.get("layers", "all")]
        if not (count := _count(row, shape)):
            continue
        counted += count
        within = within if plan.numbered else within[:1]
        found = [
            (1.0, plan.module(row, [_full(name, layer) for name in names]))
            for layer in within for names in module["names"] or [[]]
        ]  # fmt: skip
        parts.setdefault(part_of(row), []).append((count, _mean(found)))
    rest = int(parameter_count(shape)) - counted
    parts.setdefault("other_bytes", []).append((rest, plan.plain))
    means = {name: _mean(found) for name, found in parts.items()}
    base = means["weight_bytes"]
    return {n: m for n, m in means.items() if n == "weight_bytes" or m != base}


def _full(name: str, layer: int) -> str:
    return name if layer < 0 else f"model.layers.{layer}.{name}"


def _mean(found: list[tuple[float, float]]) -> float:
    """Return the mean of values by their weights; of equal ones their value, to the last digit."""
    sums: dict[float, float] = {}
    for weight, value in found:
        if weight:
            sums[value] = sums.get(value, 0) + weight
    if len(sums) == 1:
        return next(iter(sums))
    return sum(weight * value for value, weight in sums.items()) / sum(sums.values())


@cache
def _rows() -> dict[str, Row]:
    """Return the rows of weights, with every variant, by name."""
    return {row.name: row for row in table(Symbols(VARIANTS)) if row.operand == "weights"}


@cache
def elements(row: str) -> Lowered:
    """Return the number of elements of a row of weights, by the symbols of a shape."""
    return Lowered("elements", in_numbers(_rows()[row].sum_of("stored")))


def part_of(row: str) -> str:
    """Return the symbol of the bytes of a row of weights."""
    return str(_rows()[row].bytes or "weight_bytes")


def _count(row: str, shape: Mapping[str, int]) -> int:
    lowered = elements(row)
    bound = with_absent(shape, lowered.symbols)
    return int(lowered.checked({name: bound[name] for name in lowered.symbols}))
