"""A Hugging Face `config.json`, or a GGUF file, read as a stack of blocks.

Which field feeds which size of which block is data: ``data/config_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from lifecost.config import files, formats, gguf
from lifecost.config.messages import is_not, lacks
from lifecost.config.rules import (
    Reader,
    check_architecture,
    check_outside,
    completed,
    rules_of,
    trees_of,
)
from lifecost.data import load_all
from lifecost.errors import InputError

__all__ = ["Described", "read"]

PARAMS = ("dim", "n_layers", "n_heads")  # by which a params.json is known, which names no type
LARGEST_MODEL = 10**15  # parameters: such whole numbers are exact, in JavaScript too


class Described(NamedTuple):
    """What a configuration says of a model."""

    name: str
    source: str
    row: dict[str, Any]  # of a model, by the names of its fields


def read(source: Any) -> Described:
    """Return what a `config.json`, or a GGUF file, describes: see `lifecost.load_model`."""
    held = gguf.held(source)
    name, config = (held.name, held.config) if held else files.read(source)
    reader = reader_of(files.plain(config))
    stack = reader.stack
    if stack.value("stored_params", {}) > LARGEST_MODEL:
        raise InputError("more than 10^15 parameters: no such model is counted here")
    if held:
        format_ = held.format
        stored = held.stored(reader.placed, reader.d_model, reader.n_layer)
    else:
        format_, stored = formats.stored(config, reader.fields, reader.placed, reader.d_model)
    if stack.value("state_held", {}):
        stored |= formats.of_state(reader.rules.get("state_dtype", ""), config, reader.fields)
    row = {"stack": stack, "draft": reader.draft, "format": format_, "stored": stored,
           "left_out": reader.rules.get("note", "")}  # fmt: skip
    return Described(name, "GGUF file" if held else "config.json", row)


def reader_of(config: Mapping[str, Any]) -> Reader:
    """Return a reader of a configuration by the rules of its type, or of the text model within it.

    Raises
    ------
    InputError
        As `read` does.
    """
    if "model_type" not in config and not config.keys() >= {*PARAMS}:
        raise lacks("model_type")
    kind = config.get("model_type", "params.json")
    rules = trees_of(kind) if isinstance(kind, str) else rules_of(kind)
    if "text" in rules:
        return _text_of(config, rules)
    return Reader(completed(config, rules), rules)


def _text_of(config: Mapping[str, Any], rules: Mapping[str, Any]) -> Reader:
    """Return a reader of the model for text inside another, by the rules of its own type."""
    check_architecture(config.get("architectures"), rules.get("architecture", [""]))
    within = rules["text"]
    inner = config.get(within)
    if inner is None and rules.get("flat"):
        inner = {
            name: v for name, v in config.items() if name not in ("model_type", "architectures")
        }
    if inner is None:
        raise lacks(within)
    if not isinstance(inner, Mapping):
        raise is_not(within, inner, "an object")
    kind = inner.get("model_type", rules.get("usual", "llama"))
    known = load_all("config_rules").get(kind, {}) if isinstance(kind, str) else {}
    nested = {**known.get("nested", {}), **rules.get("nested", {})}
    # Only releases that read outside write that embeddings are tied there: it holds within too.
    outside = {name: config[name] for name in rules.get("outside", {}) if name in config}
    tied = {name: one for name, one in outside.items() if one is True}
    silent = {name: one for name, one in outside.items() if rules["outside"][name] != "null"}
    inner = {**nested, **silent, **inner, **tied, "model_type": kind}
    reader = reader_of(inner)
    reader.rules = {**reader.rules, "note": rules.get("note", "")}
    check_outside(config, rules, within, reader.fields)
    return reader
