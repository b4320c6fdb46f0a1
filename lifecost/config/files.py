"""Reading a `config.json` from a path, a mapping or an open file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lifecost.config.messages import show
from lifecost.errors import InputError

LARGEST_FILE = 10**6  # bytes; real ones have some thousands
NAME = "config.json"
WEIGHTS = (".safetensors", ".safetensors.index.json", ".bin", ".pt", ".pth")
HOLDS_WEIGHTS = f"holds weights: give the {NAME} of the model"
# Other files of a checkpoint, by a field that only they have, and what to give instead.
BESIDE = f"give the {NAME} beside it"
OTHERS = {
    "peft_type": f"describes an adapter: give the {NAME} of the model that it is for",
    **dict.fromkeys(
        ("tokenizer_class", "pre_tokenizer", "eos_token"), f"describes a tokenizer: {BESIDE}"
    ),
    **dict.fromkeys(
        ("_from_model_config", "do_sample"), f"describes how text is generated: {BESIDE}"
    ),
    **dict.fromkeys(
        ("processor_class", "image_processor_type", "feature_extractor_type"),
        f"describes how images or sounds are prepared: {BESIDE}",
    ),
    "weight_map": f"lists weights: {BESIDE}",
}
# Those that are large, or no JSON, by their names.
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "tekken.json")


def read(source: Any) -> tuple[str, Mapping[str, Any]]:
    """Return a name for the model, and its configuration.

    Raises
    ------
    InputError
        If there is no JSON object to be read.
    """
    if isinstance(source, Mapping):
        return str(source.get("_name_or_path") or source.get("model_type")), source
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        name = name if isinstance(name, str) else "config"
        return title(name), _parsed(name, _content(source.read, name))
    if not isinstance(source, (str, os.PathLike)):
        what = type(source).__name__
        raise InputError(f"a configuration is a path, a mapping or an open file, and no {what}")
    name = meant(os.fsdecode(source))
    return title(name), _parsed(name, _content(lambda size: _start_of(name, size), name))


def plain(value: Any) -> Any:
    """Return a mapping's content as JSON would have it: numbers of NumPy are numbers."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def meant(name: str) -> str:
    """Return the path of the file that a folder, or another file of a checkpoint, stands for."""
    path = Path(name)
    try:
        if path.is_dir():
            # As it is, or as the Hub's cache has it: of several snapshots the newest.
            kept = sorted(path.glob(f"snapshots/*/{NAME}"), key=os.path.getmtime, reverse=True)
            near = [path / NAME, *kept]
            lacking = f"{printable(name)} is a folder without a {NAME}"
        elif name.lower().endswith(WEIGHTS):
            near = [path.with_name(NAME)]
            lacking = f"{printable(name)} {HOLDS_WEIGHTS}"
        elif path.name.lower() in TOKENIZERS and path.exists():
            near = []
            lacking = f"{printable(name)} {OTHERS['tokenizer_class']}"
        elif re.fullmatch(r"[\w-]+/[\w.-]+", name) and not path.suffix and not path.exists():
            near = []
            lacking = (
                f"cannot read {name}: No such file or directory; of a model on the Hub, give the "
                f"path of its {NAME}"
            )
        else:
            return name
        found = next((one for one in near if one.is_file()), None)
    except (OSError, ValueError):  # no path at all, which reading it will say
        return name
    if found is None:
        raise InputError(lacking)
    return str(found)


def title(name: str) -> str:
    """Return what a model is called by the path of its file."""
    path = Path(name)  # the Hub calls each file config.json: its folder says which
    if path.name != NAME:
        return path.stem
    folder = path.absolute().parent
    kept = folder.parent.parent.name if folder.parent.name == "snapshots" else ""
    return kept.removeprefix("models--").replace("--", "/") or folder.name


def _start_of(path: str, size: int) -> bytes:
    with open(path, "rb") as file:
        return file.read(size)


def _content(read_some: Callable[[int], Any], name: str) -> str:
    """Return the text of a file that is small enough."""
    try:
        content = read_some(LARGEST_FILE + 1)
        text = content if isinstance(content, str) else content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{printable(name)} is not text in UTF-8") from None
    except OSError as error:
        what = error.strerror or type(error).__name__
        raise InputError(f"cannot read {printable(name)}: {what}") from None
    except (AttributeError, TypeError, ValueError) as error:  # no such path, a closed file
        raise InputError(f"cannot read {printable(name)}: {printable(str(error))}") from None
    if len(content) > LARGEST_FILE:
        raise InputError(f"{printable(name)} is no config.json: over {LARGEST_FILE} bytes")
    return text.removeprefix("\ufeff")


def _parsed(name: str, text: str) -> Mapping[str, Any]:
    name = printable(name)
    try:
        config = json.loads(
            text, parse_constant=_constant, parse_int=_integer, object_pairs_hook=_object
        )
    except RecursionError:
        raise InputError(f"{name} is no config.json: nested too deeply") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{name} is not JSON: {error.msg} ({where})") from None
    except ValueError as error:
        raise InputError(f"{name} is not JSON: {error}") from None
    if not isinstance(config, dict):
        raise InputError(f"{name} is no config.json: not an object but {show(config)}")
    for field, what in OTHERS.items() if "model_type" not in config else ():
        if field in config:
            raise InputError(f"{name} {what}")
    return config


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {show(key)} stands twice")
        found[key] = value
    return found


def _integer(digits: str) -> float:
    # Longer ones as JavaScript reads them; Python would refuse thousands of digits.
    return int(digits) if len(digits) < 16 else float(digits)


def _constant(name: str) -> float:
    if name == "NaN":
        raise ValueError(f"{name} is no number of JSON")
    return float(name)  # an infinity, which the library writes for a limit that is none


def printable(text: str) -> str:
    """Return the end of a text, such as a path, with a question mark for what prints nothing."""
    return "".join(c if c.isprintable() else "?" for c in text)[-200:]
