"""GGUF files against the config.json of the same model: the same blocks, and the bytes on disk.

What they hold was written by llama.cpp's own converter; see ``tests/oracle/convert.py``.
"""

import contextlib
import gzip
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from every import every

from lifecost import InputError, load_model, weights_size
from lifecost.__main__ import main
from lifecost.data import load

gguf = pytest.importorskip("gguf", reason="an extra, which the tests' requirements install")

RECORD = Path(__file__).with_name("gguf.jsonl.gz")
LINES = gzip.decompress(RECORD.read_bytes()).splitlines()
ROWS = {row["name"]: row for row in map(json.loads, LINES)}


def put(writer, name, types, value):
    kind, *of = (gguf.GGUFValueType[one] for one in types)
    writer.add_key_value(name, value, kind, *of)


def written(path, row, keys=None, type_of=lambda name, usual: usual, only=lambda name: True):
    """Write a file with the tensors of a row, all zero, and some keys changed; return its bytes."""
    kept = {**row["keys"], **(keys or {})}
    writer = gguf.GGUFWriter(path, kept["general.architecture"][1])
    for name, found in kept.items():
        if name != "general.architecture" and found is not None:
            put(writer, name, *found)
    sizes = 0
    for name, shape, usual in row["tensors"]:
        if only(name):
            kind = gguf.GGMLQuantizationType[type_of(name, usual)]
            block, size = gguf.GGML_QUANT_SIZES[kind]
            *outer, inner = reversed(shape)
            content = np.zeros((*outer, inner // block * size), np.uint8)
            writer.add_tensor(name, content, raw_dtype=kind)
            sizes += content.nbytes
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return sizes


@every("name", ROWS)
def test_the_same_model_as_its_config(name, tmp_path):
    row = ROWS[name]
    path = tmp_path / "small-Q8_0.gguf"
    sizes = written(path, row)
    found, expected = load_model(path), load_model(row["config"])
    assert found.stack == expected.stack
    assert found.name == "small-Q8_0"
    assert found.format == "Q8_0"
    rope = sum(4 * math.prod(shape) for one, shape, _ in row["tensors"] if "rope" in one)
    assert weights_size(found, found.stored) == pytest.approx(sizes - rope, rel=1e-12)


def test_every_architecture_is_held_to_a_file():
    there = {row["keys"]["general.architecture"][1] for row in ROWS.values()}
    assert there == {*load("gguf")["architectures"]}


def test_bytes_by_part(tmp_path):
    path = tmp_path / "m.gguf"
    kinds = {"exps": "Q4_0", "token_embd": "Q5_0", "norm": "F32", "ffn_gate_inp.": "F32"}

    def of(name, usual):
        return next((kind for part, kind in kinds.items() if part in name), "BF16")

    sizes = written(path, ROWS["qwen3_moe"], {"general.file_type": [["UINT32"], 15]}, of)
    found = load_model(path)
    assert found.format == "Q4_K_M"
    half = (22 / 32 + 2) / 2  # the table at the beginning, and the one at the end
    expected = {"weight_bytes": 2, "expert_bytes": 18 / 32, "embedding_bytes": half}
    assert found.stored == pytest.approx({**expected, "other_bytes": 4})
    assert weights_size(found, found.stored) == pytest.approx(sizes)


def test_a_model_in_several_files(tmp_path):
    row, files = ROWS["llama"], [tmp_path / f"m-0000{i}-of-00002.gguf" for i in (1, 2)]
    split = {"split.count": [["UINT16"], 2]}
    sizes = written(files[0], row, split, only=lambda name: "blk.0" not in name)
    bare = {**row, "keys": {"general.architecture": row["keys"]["general.architecture"], **split}}
    sizes += written(files[1], bare, only=lambda name: "blk.0" in name)
    for path in files:
        found = load_model(path)
        assert found.name == "m"
        assert weights_size(found, found.stored) == pytest.approx(sizes)
    files[1].unlink()
    with pytest.raises(InputError, match=r"cannot read .*2-of-00002.gguf: No such file"):
        load_model(files[0])
    files[0].rename(tmp_path / "alone.gguf")
    with pytest.raises(InputError, match="is one of 2 parts"):
        load_model(tmp_path / "alone.gguf")


def test_heads_that_guess_are_no_part_of_the_model(tmp_path):
    row, path = ROWS["glm4_moe"], tmp_path / "m.gguf"
    keys = {"nextn_predict_layers": 1, "block_count": 5}
    of_heads = [["blk.4.nextn.eh_proj.weight", [128, 64], "F16"]]
    written(path, {**row, "tensors": [*row["tensors"], *of_heads]},
            {f"glm4moe.{name}": [["UINT32"], value] for name, value in keys.items()})  # fmt: skip
    assert load_model(path).stack == load_model(row["config"]).stack


def test_latents_as_the_converter_wrote_them_at_first(tmp_path):
    row, path = ROWS["deepseek_v2"], tmp_path / "m.gguf"
    config = row["config"]
    heads, rank = config["num_attention_heads"], config["kv_lora_rank"]
    nope, rope, value = (config[f"{n}_head_dim"] for n in ("qk_nope", "qk_rope", "v"))
    keys = {
        "key_length_mla": None, "value_length_mla": None, "head_count_kv": [["UINT32"], heads],
        "key_length": [["UINT32"], nope + rope], "value_length": [["UINT32"], value],
    }  # fmt: skip
    tensors = [
        [name.replace("k_b.", "kv_b."), [rank, heads * (nope + value)], kind]
        if "attn_k_b" in name else [name, shape, kind]
        for name, shape, kind in row["tensors"] if "attn_v_b" not in name
    ]  # fmt: skip
    keys = {f"deepseek2.attention.{name}": found for name, found in keys.items()}
    written(path, {**row, "tensors": tensors}, keys)
    assert load_model(path).stack == load_model(config).stack


def test_a_tokenizer_is_passed_over(tmp_path):
    path, words = tmp_path / "m.gguf", [f"word {i}" for i in range(100_000)]
    kinds = {"tokens": (["STRING"], words), "scores": (["FLOAT32"], [0.0] * len(words))}
    keys = {f"tokenizer.ggml.{n}": [["ARRAY", *of], value] for n, (of, value) in kinds.items()}
    row = ROWS["llama"]
    written(path, {**row, "keys": {**row["keys"], **keys, "llama.z": [["BOOL"], True]}})
    assert load_model(path).stack == load_model(row["config"]).stack


def test_the_command(tmp_path, capsys):
    path = tmp_path / "m.gguf"
    written(path, ROWS["llama"])
    assert main(["cost", str(path)]) == 0
    assert "Q8_0, from its GGUF file" in " ".join(capsys.readouterr().out.split())


CHANGED = [
    ({"general.architecture": [["STRING"], "t5"]}, 'architecture = "t5" is not read here; give'),
    ({"general.type": [["STRING"], "adapter"]}, "is an adapter: give the model"),
    ({"llama.block_count": None}, "block_count = null is not a number"),
    ({"llama.block_count": [["STRING"], "4"]}, 'block_count = "4" is not a number'),
    (
        {"llama.block_count": [["UINT32"], 5]},
        "describe 215040 weights (weight_bytes), and its tensors hold 172032",
    ),
    ({"llama.attention.head_count": [["UINT32"], 3]}, "num_key_value_heads = 2 does not divide"),
    ({"llama.attention.head_count": [["ARRAY", "UINT32"], [4] * 4]}, "= [...] is not a number"),
    ({"llama.embedding_length": [["UINT32"], 0]}, "hidden_size = 0 is out of range"),
    ({"llama.expert_count": [["UINT32"], 8]}, "describe 98304 weights (weight_bytes)"),
    ({"split.count": [["STRING"], "x"]}, 'is one of "x" parts'),
]


@pytest.mark.parametrize(("keys", "complaint"), CHANGED, ids=range(len(CHANGED)))
def test_what_is_wrong_is_said_in_one_line(keys, complaint, tmp_path):
    path = tmp_path / "m.gguf"
    written(path, ROWS["llama"], keys)
    with pytest.raises(InputError) as caught:
        load_model(path)
    assert complaint in str(caught.value)
    assert str(caught.value).isprintable()


def test_files_that_are_broken(tmp_path):
    path, row = tmp_path / "m.gguf", ROWS["llama"]
    written(path, row)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for cut in (4, 8, 20, 100, 999, 3000, len(whole) - 1):
        path.write_bytes(whole[:cut])
        with pytest.raises(InputError, match="is no whole GGUF file"):
            load_model(path)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(InputError, match="is no GGUF file"):
        load_model(path)
    for _ in range(30):  # some bits of the metadata and of the list of tensors
        broken = bytearray(whole[:4000] + bytes(len(whole)))
        for at in rng.integers(24, 4000, 3):
            broken[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(broken)
        with contextlib.suppress(InputError):
            load_model(path)
    written(path, row, only=lambda name: False)
    with pytest.raises(InputError, match="holds no weights"):
        load_model(path)


def test_without_the_package(tmp_path, monkeypatch):
    path = tmp_path / "m.gguf"
    written(path, ROWS["llama"])
    monkeypatch.setitem(sys.modules, "gguf", None)
    with pytest.raises(InputError, match=r"pip install 'lifecost\[gguf\]'"):
        load_model(path)
