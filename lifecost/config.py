"""Models from the `config.json` of a Hugging Face checkpoint.

Which field feeds which symbol is data: ``data/config_rules.toml``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from lifecost import values as check
from lifecost.catalog import Model, load
from lifecost.errors import InputError, unknown_name
from lifecost.symbols import VARIANTS

LARGEST_FILE = 10**6  # characters; real ones have some thousands
_EMPTY = (None, False, 0)


def load_model(source: Any) -> Model:
    """Return the model that a `config.json` describes.

    Parameters
    ----------
    source
        A path, a mapping, or an open file, of text or bytes.

    Raises
    ------
    InputError
        If it cannot be read, is no JSON object, is of a type that is not known here, or lacks or
        contradicts what the counts need.

    Examples
    --------
    >>> gpt2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12}
    >>> load_model(gpt2).n_params
    124439808
    """
    name, config = _read(source)
    shape = shape_of(config)
    title = re.sub(r"[^\w .:+/-]", "", name)[-80:] or "config"
    return Model(
        name=title, title=title, source="its config.json", checked=date.today().isoformat(),
        year=date.today().year, shape=shape,
    )  # fmt: skip


def shape_of(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the symbols of a model's shape, variants included, from its configuration.

    Raises
    ------
    InputError
        As `load_model` does.
    """
    rules = load("config_rules")
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in rules:
        raise unknown_name("model_type", kind if isinstance(kind, str) else check.show(kind), rules)
    text = config.get("text_config")
    if text is not None:
        if not isinstance(text, Mapping):
            raise InputError(f"text_config = {check.show(text)} is not an object")
        config = {**config, **text}
    reader = _Reader(config)
    symbols = dict(_rules(kind))
    reader.require(symbols.pop("must", {}))
    for name, rule in symbols.items():
        reader.read(name, rule)
    shape = {n: v for n, v in reader.shape.items() if n not in VARIANTS or v != VARIANTS[n]}
    for name, value in shape.items():
        check.checked(name, value)
    check.check_together(shape)
    return shape


def _rules(kind: str) -> dict[str, Any]:
    own = dict(load("config_rules")[kind])
    parent = own.pop("like", None)
    return {**_rules(parent), **own} if parent else own


class _Reader:
    """One configuration, read rule by rule; `shape` gathers the symbols."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self.shape: dict[str, int] = {}

    def require(self, fields: Mapping[str, Any]) -> None:
        for field, only in fields.items():
            value = self.config.get(field)
            expected = self.config.get(only) if isinstance(only, str) else only
            if value is not None and value != expected:
                raise InputError(
                    f"{field} = {check.show(value)} is not counted here, only {expected!r}"
                )

    def read(self, name: str, rule: Mapping[str, Any]) -> None:
        if "if" in rule:
            given = self.config.get(rule["if"], rule.get("missing"))
            if given in _EMPTY and given is not True:
                return
        self.shape[name] = self.value(rule)

    def value(self, rule: Mapping[str, Any]) -> int:
        if "value" in rule:
            return self.term(rule["value"])
        if "flag" in rule:
            return int(self.flag(rule["flag"], rule["else"]))
        if "sum" in rule:
            return sum(self.number(field) for field in rule["sum"])
        if "field" in rule:
            return self.number(rule["field"], rule) + int(rule.get("plus", 0))
        return self.layers(rule)

    def layers(self, rule: Mapping[str, Any]) -> int:
        """Return how many layers a rule speaks of."""
        every = self.shape["n_layer"]
        if "after" in rule:
            return max(0, every - self.number(rule["after"], rule))
        if "except" in rule:
            listed = self.listed(rule["except"], int) or []
            return every - len({layer for layer in listed if 0 <= layer < every})
        if "count" in rule:
            return self.counted(rule, every)
        return every

    def counted(self, rule: Mapping[str, Any], every: int) -> int:
        listed = self.listed(rule["count"], str)
        if listed is None:
            step = self.number(rule["every"], rule) if "every" in rule else rule["else"]
            if step < 1:
                raise InputError(f"{rule['every']} = {step} is not a number of layers")
            return every - every // int(step)
        if len(listed) != every:
            raise InputError(
                f"{rule['count']} lists {len(listed)} layers, and the model has {every}"
            )
        for kind in listed:
            if kind not in rule["among"]:
                raise unknown_name(f"kind of layer in {rule['count']}", kind, rule["among"])
        return listed.count(rule["of"])

    def listed(self, field: str, kind: type) -> list[Any] | None:
        found = self.config.get(field)
        if found is None:
            return None
        if not isinstance(found, list) or any(type(item) is not kind for item in found):
            raise InputError(f"{field} = {check.show(found)} is not a list of {kind.__name__}")
        return found

    def flag(self, field: str, usual: bool) -> bool:
        found = self.config.get(field)
        if found is None:
            return usual
        if not isinstance(found, bool):
            raise InputError(f"{field} = {check.show(found)} is not true or false")
        return found

    def number(self, field: str, rule: Mapping[str, Any] | None = None) -> int:
        """Return the whole number in a field, or what stands for it where it is missing."""
        rule = rule or {}
        found = self.config.get(field)
        if found is None:
            usual = rule.get("else")
            if field in self.config and "null" in rule:
                usual = rule["null"]
            if usual is None:
                raise InputError(f"the configuration lacks {field}")
            return self.term(usual)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or found % 1 != 0:
            raise InputError(f"{field} = {check.show(found)} is not a whole number")
        if not 0 <= found <= 10**12:
            raise InputError(f"{field} = {check.show(found)} is out of range: from 0 to 1e+12")
        return int(found)

    def term(self, text: Any) -> int:
        """Return a number, a field or symbol, or two of them with an operator between."""
        if not isinstance(text, str):
            return int(text)
        left, *rest = text.split()
        first = self.operand(left)
        if not rest:
            return first
        operator, right = rest
        second = self.operand(right)
        if operator == "*":
            return first * second
        if second == 0 or first % second:
            raise InputError(f"{left} = {first} is not divisible by {right} = {second}")
        return first // second

    def operand(self, name: str) -> int:
        if name.isdigit():
            return int(name)
        return self.shape[name] if name in self.shape else self.number(name)


def _read(source: Any) -> tuple[str, Mapping[str, Any]]:
    """Return a name for the model, and its configuration."""
    if isinstance(source, Mapping):
        return str(source.get("_name_or_path") or source.get("model_type")), source
    if hasattr(source, "read"):
        name, text = str(getattr(source, "name", "config")), _text(source.read)
    else:
        path = Path(source)
        name = path.parent.name if path.stem == "config" else path.stem
        text = _text(lambda: path.read_bytes() if _is_small(path) else b"")
    if len(text) > LARGEST_FILE:
        raise InputError(f"{name}: more than {LARGEST_FILE} characters are no config.json")
    try:
        config = json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise InputError(f"{name}: nested too deeply for a config.json") from None
    except ValueError as error:
        raise InputError(f"{name} is not JSON: {' '.join(str(error).split())[:120]}") from None
    if not isinstance(config, dict):
        raise InputError(f"{name}: not a JSON object but {check.show(config)}")
    return name, config


def _is_small(path: Path) -> bool:
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path}: more than {LARGEST_FILE} bytes are no config.json")
    return True


def _text(read: Any) -> str:
    try:
        content = read()
        return content.decode("utf-8-sig") if isinstance(content, bytes) else str(content)
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise InputError(f"cannot read {error.filename or 'the configuration'}: {what}") from None
    except UnicodeDecodeError:
        raise InputError("the configuration is not text in UTF-8") from None
    except ValueError as error:  # a path that no file can have
        raise InputError(f"cannot read the configuration: {error}") from None


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")
