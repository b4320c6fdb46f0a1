"""Small models of the library as the converter of llama.cpp writes them: what the files hold.

``python -m oracle.convert FOLDER NAME...``, where the folder is llama.cpp's, such as the one in the
archive of llama-cpp-python's sources; without names, all of them.
"""

from __future__ import annotations

import gzip
import json
import logging
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

LLAMA_CPP = Path(sys.argv[1])
sys.path[:0] = [str(LLAMA_CPP), str(LLAMA_CPP / "gguf-py")]

import gguf
import torch
from conversion import get_model_class
from conversion.base import ModelBase, ModelType, get_model_architecture
from transformers import AutoConfig, AutoModelForCausalLM

RECORD = Path(__file__).parents[1] / "unit" / "gguf.jsonl.gz"
CASES = json.loads(Path(__file__).with_name("convert.json").read_text("utf-8"))
VOCABULARY = {f"t{i}": i for i in range(CASES["small"]["vocab_size"])}


def built(kind: str, changes: dict[str, Any], folder: Path) -> int:
    """Save a small model of a type, and return its parameters."""
    known = AutoConfig.for_model(kind).to_dict()
    known = {name for name in known if name != "sliding_window" or known[name] is not None}
    small = {name: size for name, size in CASES["small"].items() if name in known}
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **{**small, **changes}))
    model.save_pretrained(folder)
    return sum(parameter.numel() for parameter in model.parameters())


def converted(folder: Path, said: dict[str, Any]) -> tuple[dict[str, Any], Path]:
    """Return the configuration, with what published files say besides, and the file."""
    path, file = folder / "config.json", folder / "model.gguf"
    config = {**json.loads(path.read_text("utf-8")), **said}
    path.write_text(json.dumps(config))
    tokens = {"added_tokens": [], "model": {"vocab": VOCABULARY}}
    (folder / "tokenizer.json").write_text(json.dumps(tokens))
    hparams = ModelBase.load_hparams(folder, False)
    kind = get_model_class(get_model_architecture(hparams, ModelType.TEXT))
    kind.no_mtp = True
    model = kind(folder, gguf.LlamaFileType.MOSTLY_Q8_0, file)
    getattr(model, "impl", model).set_vocab = lambda: None
    model.write()
    return config, file


def record(name: str) -> dict[str, Any]:
    """Return what the file of a case holds, its tokenizer apart."""
    kind, changes, said = CASES["cases"][name]
    with tempfile.TemporaryDirectory() as folder:
        count = built(kind, changes, Path(folder))
        config, file = converted(Path(folder), said)
        read = gguf.GGUFReader(file)
        keys = {
            field.name: [[one.name for one in field.types], field.contents()]
            for field in read.fields.values()
            if not field.name.startswith(("GGUF.", "tokenizer.", "general.name"))
        }
        tensors = [[t.name, t.shape.tolist(), t.tensor_type.name] for t in read.tensors]
    print(name, count, sum(math.prod(shape) for _, shape, _ in tensors), flush=True)
    return {"name": name, "config": config, "keys": keys, "tensors": tensors}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    rows = [record(name) for name in sys.argv[2:] or CASES["cases"]]
    content = "".join(f"{json.dumps(row, separators=(',', ':'))}\n" for row in rows)
    RECORD.write_bytes(gzip.compress(content.encode(), mtime=0))
