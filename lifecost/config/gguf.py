"""A GGUF file: its metadata as the fields of a `config.json`, and its tensors in bytes by part.

Which key is which field is data: ``data/gguf.toml``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from lifecost.config import gguf_file
from lifecost.config.expressions import Node, evaluate, parsed
from lifecost.config.files import meant, printable, title
from lifecost.config.formats import weights_of
from lifecost.config.gguf_file import MAGIC, Tensor
from lifecost.config.messages import show
from lifecost.config.rules import Placed
from lifecost.data import load
from lifecost.errors import InputError

SHARD = re.compile(r"-\d{5}-of-(\d{5})(?=\.gguf$)")
LAYER = re.compile(r"^blk\.(\d+)\.")
# What a list of true and false says of the layers, by its key.
LAYERS = {
    "attention_sliding_window_pattern": ("layer_types", "sliding_attention", "full_attention"),
    "attention_recurrent_layers": ("layer_types", "linear_attention", "full_attention"),
    "attention_indexer_types": ("indexer_types", "full", "shared"),
}


class Held(NamedTuple):
    """What a GGUF file holds."""

    name: str
    config: dict[str, Any]
    format: str
    tensors: dict[str, Tensor]

    def stored(self, placed: Sequence[Placed], d_model: int, n_layer: int) -> dict[str, float]:
        """Return the bytes of a weight by part.

        Parameters
        ----------
        placed
            The blocks that the metadata describe.
        d_model
            Width of the residual stream.
        n_layer
            Layers of the model: what is numbered above them belongs to heads that guess tokens.

        Raises
        ------
        InputError
            If the tensors are not the weights of these blocks.
        """
        described: dict[str, float] = {}
        for _, part, count, _ in weights_of(placed, d_model):
            described[part] = described.get(part, 0) + count
        elements, sizes = dict.fromkeys(described, 0), dict.fromkeys(described, 0)
        for name, tensor in self.tensors.items():
            if (part := _part_of(name, tensor, n_layer)) in described:
                elements[part] += tensor.elements
                sizes[part] += tensor.bytes
            elif part:
                raise InputError(f"{self.name}: no weights of the model are like {name}")
        for part, count in described.items():
            if elements[part] != count:
                raise InputError(
                    f"{self.name}: its metadata describe {int(count)} weights ({part}), and its "
                    f"tensors hold {elements[part]} of them"
                )
        means = {part: sizes[part] / count for part, count in described.items() if count}
        base = means["weight_bytes"]
        return {n: m for n, m in means.items() if n == "weight_bytes" or m != base}


def held(source: Any) -> Held | None:
    """Return what a GGUF file holds, or None where the path is of none.

    Raises
    ------
    InputError
        If the package that reads it is not installed, the file is broken or one of several that are
        not all there, or its architecture is not known here.
    """
    if not isinstance(source, (str, os.PathLike)):
        return None
    path = meant(os.fsdecode(source))
    if not _is_one(path):
        if path.lower().endswith(".gguf") and os.path.isfile(path):
            raise InputError(f"{printable(path)} is no GGUF file: it does not begin as one")
        return None
    keys, tensors = _content(path)
    architecture = keys.pop("general.architecture", None)
    if keys.get("general.type") == "adapter":
        raise InputError(f"{printable(path)} is an adapter: give the model that it is for")
    known = load("gguf")["architectures"]
    if not isinstance(architecture, str) or architecture not in known:
        said = f"general.architecture = {show(architecture)} is not read here"
        raise InputError(f"{printable(path)}: {said}; give the config.json of the model")
    if "token_embd.weight" not in tensors:
        raise InputError(f"{printable(path)} holds no weights of a model")
    own = {k.removeprefix(f"{architecture}."): v for k, v in keys.items()}
    config = _fields(architecture, own, tensors)
    kind = keys.get("general.file_type")
    return Held(title(SHARD.sub("", path)), config, gguf_file.format_of(kind), tensors)


def _is_one(path: str) -> bool:
    try:
        if not os.path.isfile(path):  # such as a pipe, which can be read but once
            return False
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):  # which reading it as a config.json will say
        return False


def _content(path: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the metadata of the first part, and the tensors of all."""
    keys: dict[str, Any] = {}
    tensors: dict[str, Tensor] = {}
    for part in _shards(path):
        try:
            own, more = gguf_file.read(part)
        except OSError as error:
            raise InputError(f"cannot read {printable(part)}: {error.strerror}") from None
        except ValueError as error:
            said = printable(" ".join(str(error).split()))
            raise InputError(f"{printable(part)} is no whole GGUF file: {said}") from None
        keys, tensors = {**own, **keys}, {**tensors, **more}
    if keys.get("split.count", 1) not in (0, len(_shards(path))):
        count = show(keys["split.count"])
        raise InputError(f"{printable(path)} is one of {count} parts: name them as they were")
    return keys, tensors


def _shards(path: str) -> list[str]:
    """Return the files of a model that is split, the first one first."""
    found = SHARD.search(path)
    if not found:
        return [path]
    of = found[1]
    return [SHARD.sub(f"-{i:05d}-of-{of}", path) for i in range(1, int(of) + 1)]


@cache
def _rules_of(architecture: str) -> dict[str, Node]:
    own = load("gguf")["architectures"][architecture]
    before = _rules_of(own["like"]) if "like" in own else {}
    fields = {**({} if before else load("gguf")["fields"]), **own}
    return {**before, **{name: parsed(text) for name, text in fields.items() if name != "like"}}


def _fields(
    architecture: str, keys: Mapping[str, Any], tensors: Mapping[str, Tensor]
) -> dict[str, Any]:
    """Return the fields of a config.json; what the file does not say is left to its type."""
    known = {name.replace(".", "_"): value for name, value in keys.items()}
    for key, (field, yes, no) in LAYERS.items():
        if isinstance(flags := known.get(key), list) and all(isinstance(f, bool) for f in flags):
            known[field] = [yes if flag else no for flag in flags]
    if isinstance(heads := known.get("attention_head_count_kv"), list):
        known["attention_layers"] = [i for i, count in enumerate(heads) if count]
        if len(counts := {*heads} - {0}) == 1:
            known["attention_head_count_kv"] = counts.pop()
    known["tensors"] = {LAYER.sub("", name): tensor.shape for name, tensor in tensors.items()}
    found = {name: evaluate(node, known.get) for name, node in _rules_of(architecture).items()}
    said = {name: value for name, value in found.items() if value is not None}
    for field in ("layer_types", "indexer_types"):  # which may go on with the heads that guess
        if isinstance(listed := said.get(field), list) and type(found["num_hidden_layers"]) is int:
            said[field] = listed[: found["num_hidden_layers"]]
    return {name: None if value == "null" else value for name, value in said.items()}


def _part_of(name: str, tensor: Tensor, n_layer: int) -> str:
    """Return the symbol of what stores a weight of a tensor; empty where it is none of the model's.

    Factors of positions are made from the configuration, and scales belong to other tensors.
    """
    layer = LAYER.match(name)
    if layer and int(layer[1]) >= n_layer:
        return ""
    return next(part for pattern, part in _parts() if re.search(pattern, name))


@cache
def _parts() -> list[tuple[str, str]]:
    return [(pattern, part) for part, patterns in load("gguf")["parts"] for pattern in patterns]
