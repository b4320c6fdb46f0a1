"""Models from the `config.json` of a Hugging Face checkpoint.

Which field feeds which symbol is data: ``data/config_rules.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from lifecost.catalog import FROM_FILE, Model
from lifecost.config import files, formats
from lifecost.config.messages import lacks
from lifecost.config.rules import Reader, completed, rules_of
from lifecost.errors import InputError
from lifecost.symbols import SYMBOLS

__all__ = ["load_model", "shape_of"]

LARGEST_MODEL = 10**15  # parameters: such whole numbers are exact, in JavaScript too


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
    >>> load_model({**gpt2, "dtype": "float16"}).stored
    {'weight_bytes': 2.0}
    """
    name, config = files.read(source)
    reader = _reader(config)
    format_, stored = formats.stored(
        config, reader.fields, reader.shape, reader.layers.get("n_moe_layer", [])
    )
    name = re.sub(r"[^\w .:+/-]", "", name)[-80:].strip() or "config"  # it is printed as it stands
    today = date.today()
    model = Model(
        name=name, title=name, source=FROM_FILE, checked=today.isoformat(),
        year=today.year, shape=reader.shape,
        format=format_, stored=stored, left_out=rules_of(config["model_type"]).get("note", ""),
    )  # fmt: skip
    if model.n_params > LARGEST_MODEL:
        raise InputError("more than 10^15 parameters: no such model is counted here")
    return model


def shape_of(config: Mapping[str, Any]) -> dict[str, int]:
    """Return the symbols of a model's shape, variants included, from its configuration.

    Raises
    ------
    InputError
        As `load_model` does.
    """
    return _reader(config).shape


def _reader(config: Mapping[str, Any]) -> Reader:
    config = files.plain(config)
    if "model_type" not in config:
        raise lacks("model_type")
    rules = rules_of(config["model_type"])
    reader = Reader(completed(config, rules))
    reader.refuse_uncounted(rules["only"])
    for name, rule in rules.items():
        if name in SYMBOLS:
            reader.read(name, rule)
    reader.check_together(rules.get("same", {}))
    return reader
