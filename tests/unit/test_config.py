"""Configurations from elsewhere: exact counts, the library's defaults, one line for an error."""

import io
import json
import math
import os
import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
from configurations import (
    ALIASES,
    CONFIGS,
    CORPUS,
    FULL,
    LATENT,
    LIBRARY,
    REMOVED,
    SLIDING,
    configurations,
    read,
)
from every import every
from hypothesis import HealthCheck, example, given, settings
from walk import Walk

from lifecost import InputError, kv_to_compute_ratio, load_model, models, post
from lifecost.config import LARGEST_MODEL
from lifecost.config.files import LARGEST_FILE
from lifecost.config.messages import show
from lifecost.config.rules import rules_of
from lifecost.data import load, load_all
from lifecost.stack import FAMILIES
from lifecost.symbols import SYMBOLS

# What is not in the catalog: totals as the checkpoints' own metadata give them.
ELSEWHERE = {
    "gpt2": 124_439_808,
    "gpt2-xl": 1_557_611_200,
    "opt-125m": 125_239_296,
    "gemma-3-1b": 999_885_952,
    "qwen2.5-0.5b": 494_032_768,
    "qwen3-0.6b": 596_049_920,
    "deepseek-v2-lite": 15_706_484_224,
}


def changed(name, changes):
    """Return a configuration with some fields replaced or `REMOVED`; "a.b" is nested."""
    config = read(name)
    for field, value in changes.items():
        *outer, last = field.split(".")
        inner = config[outer[0]] if outer else config
        if value is REMOVED:
            inner.pop(last, None)
        else:
            inner[last] = value
    return config


# A reading that shares no rule with the package: as modeling_*.py of transformers builds a model,
# from the completed fields; what then stands there is counted by the walk.
def fields_of(config):
    kind = config["model_type"]
    inner = config["text_config"] if kind == "gemma3" else config
    renamed = {ALIASES.get(kind, {}).get(field, field): value for field, value in inner.items()}
    return kind, {**LIBRARY[kind], **renamed}


def plain(layers, d, ff, heads, vocabulary, positions, tied, bias):
    """GPT-2 and OPT: two matrices, biases, layer norms with gain and bias, learned positions."""
    attention = dict(n_head=heads, n_kv_head=heads, d_head=d // heads)
    return d, [
        (int(layers), "grouped", dict(**attention, norms=2, bias=4 * d * bias)),
        (int(layers), "dense", dict(d_ff=ff, n_ff_matrix=2, norms=2, bias=(ff + d) * bias)),
        (1, "embedding", dict(
            vocab_size=vocabulary, n_position=positions, tied_embeddings=tied, norms=2)),
    ]  # fmt: skip


def attention_of(kind, c, width):
    heads, norms = int(c["num_attention_heads"]), 2 if kind.startswith("gemma") else 1
    if kind in LATENT and not c["use_mla"]:
        d, bias = c["hidden_size"], 4 * c["hidden_size"] * c["attention_bias"]
        return "grouped", dict(n_head=heads, n_kv_head=heads, d_head=d // heads, bias=bias)
    if kind in LATENT:
        nope, rope, rank = c["qk_nope_head_dim"], c["qk_rope_head_dim"], c["q_lora_rank"]
        queries = dict(direct=1) if rank is None else dict(query_rank=rank)
        return "latent", dict(
            n_head=heads, d_head=nope + rope, d_rope=rope, d_value=c["v_head_dim"],
            kv_rank=c["kv_lora_rank"], **queries,
            bias=((rank or 0) + c["kv_lora_rank"] + rope + c["hidden_size"]) * c["attention_bias"],
        )  # fmt: skip
    d = c["hidden_size"]
    groups = heads if c["num_key_value_heads"] is None else c["num_key_value_heads"]
    size = d // heads if c["head_dim"] is None else c["head_dim"]
    bias = kind not in ("mistral", "mixtral", "qwen2") and c["attention_bias"]
    vectors = [
        (heads + 2 * groups) * size * (bias or kind == "qwen2"),
        d * bias,
        2 * size * (kind in ("qwen3", "qwen3_moe", "gemma3", "gemma3_text")),  # norms of heads
        (heads + groups) * size * (kind == "olmo2"),  # norms of all heads at once
        heads * (kind == "gpt_oss"),  # a sink
    ]
    return "grouped", dict(
        n_head=heads, n_kv_head=groups, d_head=size, norms=norms, bias=sum(vectors),
        window=math.inf if width is None else width,
    )  # fmt: skip


def networks_of(kind, c, i):
    """Return the networks of a layer: one, or routed experts and those that serve every token."""
    ff, d = c["intermediate_size"], c["hidden_size"]
    norms = 2 if kind.startswith("gemma") else 1
    bias = 2 * ff + d if kind == "llama" and c["mlp_bias"] else 0
    dense = [("dense", dict(d_ff=ff, norms=norms, bias=bias))]
    top = dict(n_active_expert=c["num_experts_per_tok"]) if "num_experts_per_tok" in c else {}
    if kind in ("mixtral", "gpt_oss"):
        n, biased = c["num_local_experts"], kind == "gpt_oss"
        own = (2 * ff + d) * biased
        return [("experts", dict(n_expert=n, d_expert=ff, bias=n * biased, expert_bias=own, **top))]
    if kind == "qwen3_moe":
        if i in (c["mlp_only_layers"] or []) or (i + 1) % c["decoder_sparse_step"]:
            return dense
        n, shared = c["num_experts"], 0
    elif kind in LATENT:
        if i < c["first_k_dense_replace"]:
            return dense
        n, shared = c["n_routed_experts"], c["n_shared_experts"] or 0
    else:
        return dense
    width, corrected = c["moe_intermediate_size"], kind in ("deepseek_v3", "kimi_k2")
    routed = dict(n_expert=n, d_expert=width, bias=n * corrected, **top)
    beside = [("shared_expert", dict(d_ff=shared * width))] if shared else []
    return [("experts", routed), *beside]


def standing(config):
    """Return (width, [(count, family, sizes)]) of what the library builds."""
    kind, c = fields_of(config)
    tied = c["tie_word_embeddings"]
    if kind == "gpt2":
        ff = 4 * c["n_embd"] if c["n_inner"] is None else c["n_inner"]
        return plain(c["n_layer"], c["n_embd"], ff, c["n_head"], c["vocab_size"], c["n_positions"],
                     tied, True)  # fmt: skip
    if kind == "opt":
        return plain(c["num_hidden_layers"], c["hidden_size"], c["ffn_dim"],
                     c["num_attention_heads"], c["vocab_size"], c["max_position_embeddings"] + 2,
                     tied, c["enable_bias"])  # fmt: skip
    found = [(1, "embedding", dict(vocab_size=c["vocab_size"], tied_embeddings=tied))]
    for i, width in enumerate(windows(config)):
        found += [(1, *one) for one in (attention_of(kind, c, width), *networks_of(kind, c, i))]
    return c["hidden_size"], found


def windows(config):
    """Return the window of each layer, None where there is none, as modeling_*.py has it."""
    kind, c = fields_of(config)
    layers, width = range(int(c["num_hidden_layers"])), c.get("sliding_window")
    if kind in ("qwen2", "qwen3", "qwen3_moe"):
        width = width if c["use_sliding_window"] else None
    if kind in ("mistral", "mixtral", "qwen3_moe"):
        return [width for _ in layers]
    types = ("qwen2", "qwen3", "gemma2", "gemma3", "gemma3_text", "gpt_oss")
    if kind not in types or width is None:
        return [None for _ in layers]
    if c["layer_types"] is not None:
        return [width if one == "sliding_attention" else None for one in c["layer_types"]]
    if kind.startswith("qwen"):
        return [width if i >= c["max_window_layers"] else None for i in layers]
    pattern = c["sliding_window_pattern"] if kind.startswith("gemma3") else 2
    return [width if (i + 1) % pattern else None for i in layers]


CONTEXTS = (1, 100, 10**6)


@cache
def walked(width, family, sizes, context):
    walk = Walk((width, [(1, 1, family, dict(sizes))]), context=context)
    return walk.stored, walk.active, walk.macs, walk.held


def counts_of(config, context):
    """Return parameters, active ones, multiplications and the elements of a cache, by the walk."""
    width, blocks = standing(config)
    alike = Counter()
    for count, family, sizes in blocks:
        alike[family, tuple(sizes.items())] += count
    each = [
        [count * part for part in walked(width, *block, context)] for block, count in alike.items()
    ]
    return [sum(column) for column in zip(*each, strict=True)]


def check_counts(config, model):
    for context in CONTEXTS:
        stored, active, macs, held = counts_of(config, context)
        assert model.n_params == stored
        assert model.n_active_params == active
        assert model.stack.value("weight_macs", {}) == macs
        assert model.stack.value("cache_held", {"context": context}) == held


def test_the_types():
    assert set(LIBRARY) <= set(load_all("config_rules"))
    assert {read(name)["model_type"] for name in CONFIGS} == set(LIBRARY)


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_to_the_unit(name):
    model = load_model(CONFIGS[name])
    assert model.name == name
    if name in ELSEWHERE:
        assert model.n_params == ELSEWHERE[name]
    check_counts(read(name), model)


@pytest.mark.parametrize("name", sorted(set(CONFIGS) - set(ELSEWHERE)))
def test_agrees_with_the_catalog(name):
    found, known = load_model(CONFIGS[name]), models[name]
    assert found.n_params == known.n_params
    assert found.n_active_params == known.n_active_params
    assert kv_to_compute_ratio(found, post) == kv_to_compute_ratio(known, post)
    assert found.stack == known.stack


def test_every_model_of_the_catalog_that_has_a_type_is_here():
    # Those of labs that publish no such file, or of a type that is not read.
    others = {"gpt-3-175b", "palm-540b", "chinchilla-70b", "gopher-280b", "llama-4-scout",
              "llama-4-maverick"}  # fmt: skip
    others |= {name for name, row in load("models").items() if "config" in row}
    assert set(models) - others <= set(CONFIGS)


def test_a_checkpoint_with_a_padded_vocabulary():
    # The Hub's file leaves the vocabulary of Gemma 3 to the library. Its checkpoint, 27,432,406,640
    # parameters by its metadata, has a vision tower too (modeling_siglip.py, modeling_gemma3.py):
    # patches of 14, a grid of 64, 27 layers, and a norm and a matrix that lead to the decoder.
    wide, ff, width = 1152, 4304, 5376
    layer = 4 * (wide + 1) * wide + (wide + 1) * ff + (ff + 1) * wide + 2 * 2 * wide
    tower = (3 * 14**2 + 1) * wide + 64**2 * wide + 27 * layer + 2 * wide
    found = load_model(changed("gemma-3-27b", {"text_config.vocab_size": REMOVED}))
    assert found.n_params + tower + wide + wide * width == 27_432_406_640
    assert found.n_params - models["gemma-3-27b"].n_params == (262_208 - 262_144) * width


def test_sources_of_every_kind():
    expected = load_model(CONFIGS["llama-3-8b"]).n_params
    content = CONFIGS["llama-3-8b"].read_bytes()
    marked = b"\xef\xbb\xbf" + content
    for source in (
        str(CONFIGS["llama-3-8b"]), read("llama-3-8b"), io.BytesIO(content),
        io.StringIO(content.decode()), io.BytesIO(marked), io.StringIO(marked.decode()),
    ):  # fmt: skip
        assert load_model(source).n_params == expected
    with CONFIGS["llama-3-8b"].open(encoding="utf-8") as file:
        assert load_model(file).name == "llama-3-8b"


def test_the_name_is_the_folder_where_the_file_is_called_config(tmp_path):
    path = tmp_path / "my-model" / "config.json"
    path.parent.mkdir()
    path.write_bytes(CONFIGS["gpt2"].read_bytes())
    assert load_model(path).title == "my-model"
    strange = {**read("gpt2"), "_name_or_path": "<b>org/x\x1b[31m\n" + "y" * 200}
    assert load_model(strange).title == "y" * 80
    assert load_model({**strange, "_name_or_path": "<b>org/x\x1b[31m\n"}).title == "borg/x31m"


def test_what_is_left_out_is_said():
    assert "vision" in load_model(CONFIGS["gemma-3-27b"]).left_out
    assert load_model(CONFIGS["llama-3-8b"]).left_out == ""


def size_of(model, name):
    """Return a size of a model's blocks, in how many of them where they differ; or their number."""
    if name in ("n_layer", "d_model"):
        return getattr(model.stack, name)
    if name in FAMILIES:
        return sum(part.count for part in model.stack.parts if part.block.family == name)
    found = Counter()
    for part in model.stack.parts:
        if name in dict(part.block.sizes):
            found[dict(part.block.sizes)[name]] += part.count
    return next(iter(found)) if len(found) == 1 else dict(found)


# What transformers does where a field is missing, null or unusual: (model, changes, size, value).
WINDOWED = {"use_sliding_window": True, "sliding_window": 4096}
DEFAULTS = [
    ("llama-3-8b", {"num_key_value_heads": REMOVED}, "n_kv_head", 32),
    ("llama-3-8b", {"num_key_value_heads": None}, "n_kv_head", 32),
    ("llama-3-8b", {"head_dim": None}, "d_head", 128),
    ("llama-3-8b", {"head_dim": 96}, "d_head", 96),
    ("llama-3-8b", {"tie_word_embeddings": REMOVED}, "tied_embeddings", 0),
    ("llama-3-8b", {"tie_word_embeddings": True}, "tied_embeddings", 1),
    ("llama-3-8b", {"attention_bias": True}, "bias", {6144 + 4096: 32, 0: 32}),
    ("llama-3-8b", {"mlp_bias": True}, "bias", {0: 32, 2 * 14336 + 4096: 32}),
    ("llama-3-8b", {"hidden_size": 4096.0}, "d_model", 4096),
    ("llama-3-8b", {"architectures": None}, "d_model", 4096),
    ("llama-3-8b", {"architectures": []}, "d_model", 4096),
    ("llama-3-8b", {"architectures": ["LLaMAForCausalLM"]}, "d_model", 4096),
    ("llama-3-8b", {"qk_norm": True}, "bias", 0),
    ("mistral-7b", {"num_key_value_heads": REMOVED}, "n_kv_head", 8),
    ("mistral-7b", {"num_key_value_heads": None}, "n_kv_head", 32),
    ("mistral-7b", {"attention_bias": True}, "bias", 0),
    ("mistral-7b", {"sliding_window": REMOVED}, "window", 4096),
    ("mistral-7b", {"sliding_window": None}, "window", math.inf),
    ("mixtral-8x7b", {"sliding_window": REMOVED}, "window", math.inf),
    ("mixtral-8x7b", {"sliding_window": 4096}, "window", 4096),
    ("mixtral-8x7b", {"num_local_experts": REMOVED, "num_experts": 16}, "n_expert", 16),
    ("mixtral-8x7b", {"num_local_experts": REMOVED}, "n_expert", 8),
    ("mixtral-8x7b", {"num_experts_per_tok": REMOVED}, "n_active_expert", 2),
    ("qwen2.5-7b", {"num_key_value_heads": None}, "n_kv_head", 28),
    ("qwen2.5-7b", {"sliding_window": 4096}, "window", math.inf),
    ("qwen2.5-7b", {**WINDOWED, "max_window_layers": 20}, "window", {4096: 8, math.inf: 20}),
    ("qwen2.5-7b", {**WINDOWED, "max_window_layers": 28}, "window", math.inf),
    ("qwen2.5-7b", {**WINDOWED, "sliding_window": None}, "window", math.inf),
    (
        "qwen2.5-7b",
        {**WINDOWED, "layer_types": [SLIDING] * 3 + [FULL] * 25},
        "window",
        {4096: 3, math.inf: 25},
    ),
    ("qwen2.5-7b", {"layer_types": [FULL] * 28}, "window", math.inf),
    ("qwen3-8b", {"head_dim": REMOVED}, "d_head", 128),
    ("qwen3-8b", {"attention_bias": True}, "bias", {6144 + 4096 + 2 * 128: 36, 0: 36}),
    ("qwen3-235b-a22b", {"head_dim": REMOVED}, "d_head", 64),
    ("qwen3-235b-a22b", {"mlp_only_layers": [0, 1, 1]}, "experts", 92),
    ("qwen3-235b-a22b", {"mlp_only_layers": REMOVED}, "experts", 94),
    ("qwen3-235b-a22b", {"decoder_sparse_step": 2}, "experts", 47),
    ("qwen3-235b-a22b", {"decoder_sparse_step": 95}, "experts", 0),
    ("qwen3-235b-a22b", {"num_experts": REMOVED, "num_local_experts": 64}, "n_expert", 64),
    # In the modeling code max_window_layers has no effect on this type.
    ("qwen3-235b-a22b", {**WINDOWED, "max_window_layers": 90}, "window", 4096),
    ("gemma-2-9b", {"head_dim": REMOVED}, "d_head", 256),
    ("gemma-2-9b", {"num_key_value_heads": REMOVED}, "n_kv_head", 4),
    ("gemma-2-9b", {"tie_word_embeddings": False}, "tied_embeddings", 0),
    ("gemma-2-9b", {"num_hidden_layers": 41}, "window", {4096: 21, math.inf: 20}),
    ("gemma-2-9b", {"sliding_window": None}, "window", math.inf),
    ("gemma-3-1b", {"sliding_window_pattern": REMOVED}, "window", {512: 22, math.inf: 4}),
    ("gemma-3-1b", {"sliding_window_pattern": 2}, "window", {512: 13, math.inf: 13}),
    ("gemma-3-1b", {"sliding_window_pattern": 1}, "window", math.inf),
    ("gemma-3-1b", {"layer_types": [FULL] * 25 + [SLIDING]}, "window", {math.inf: 25, 512: 1}),
    ("gemma-3-1b", {"vocab_size": REMOVED}, "vocab_size", 262_208),
    # As the Hub has it: nested, saved without what is default.
    ("gemma-3-27b", {"text_config.vocab_size": REMOVED}, "vocab_size", 262_208),
    ("gemma-3-27b", {"text_config.head_dim": REMOVED}, "d_head", 256),
    ("gemma-3-27b", {"text_config.hidden_size": REMOVED}, "d_model", 2304),
    ("gemma-3-27b", {"tie_word_embeddings": True}, "tied_embeddings", 1),
    ("gemma-3-27b", {"text_config.model_type": REMOVED}, "n_layer", 62),
    ("olmo-2-7b", {"num_key_value_heads": 8}, "bias", {(32 + 8) * 128: 32, 0: 32}),
    ("deepseek-v2", {"q_lora_rank": None}, "direct", 1),
    ("deepseek-v2", {"q_lora_rank": REMOVED}, "query_rank", 1536),
    ("deepseek-v2", {"first_k_dense_replace": REMOVED}, "experts", 60),
    ("deepseek-v2", {"n_shared_experts": None}, "shared_expert", 0),
    ("deepseek-v3", {"first_k_dense_replace": REMOVED}, "experts", 58),
    ("deepseek-v3", {"first_k_dense_replace": 99}, "experts", 0),
    ("deepseek-v3", {"num_nextn_predict_layers": 3}, "n_layer", 61),
    ("deepseek-v3", {"n_routed_experts": REMOVED, "num_local_experts": 64}, "n_expert", 64),
    ("deepseek-v2", {"n_routed_experts": REMOVED, "num_experts": 64}, "n_expert", 64),
    ("deepseek-v3", {"num_key_value_heads": None}, "n_head", 128),
    ("gpt-oss-20b", {"layer_types": REMOVED}, "window", {128: 12, math.inf: 12}),
    ("gpt-oss-20b", {"head_dim": None}, "d_head", 45),
    ("gpt-oss-20b", {"num_key_value_heads": None}, "n_kv_head", 64),
    ("gpt-oss-20b", {"attention_bias": False}, "bias", {64: 24, 32: 24}),
    ("gpt2", {"n_inner": 1000}, "d_ff", 1000),
    ("gpt2", {"n_embd": REMOVED, "hidden_size": 1200}, "d_model", 1200),
    ("gpt2", {"hidden_size": 768.0}, "d_model", 768),
    ("opt-125m", {"max_position_embeddings": 100}, "n_position", 102),
    ("opt-125m", {"enable_bias": False}, "bias", 0),
    ("opt-125m", {"word_embed_proj_dim": None}, "d_model", 768),
    ("opt-125m", {"word_embed_proj_dim": REMOVED}, "d_model", 768),
    ("deepseek-v2", {"attention_bias": True}, "bias", {1536 + 512 + 64 + 5120: 60, 0: 1 + 59 + 59}),
    ("deepseek-v2", {"attention_bias": True, "q_lora_rank": None}, "direct", 1),
    ("deepseek-v2", {"attention_bias": True, "use_mla": False}, "d_head", 40),
    ("deepseek-v3", {"qk_rope_head_dim": REMOVED}, "d_rope", 64),
]


@every("name, changes, symbol, value", DEFAULTS)
def test_what_the_library_makes_of_it(name, changes, symbol, value):
    config = changed(name, changes)
    model = load_model(config)
    assert size_of(model, symbol) == value
    check_counts(config, model)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_default_at_once(name):
    config = read(name)
    kind = config["model_type"]
    inner = config.get("text_config", config)
    for field in {*LIBRARY[kind], *rules_of(kind).get("default", {})}:
        inner.pop(field, None)
    try:
        model = load_model(config)
    except InputError as error:  # 8 groups, say, do not go with 14 heads
        line = str(error)
    else:
        line = "does not divide"
        check_counts(config, model)
    assert "does not divide" in line or "is not divisible by" in line


WRONG = [
    ("llama-3-8b", {"model_type": "bert"}, 'unknown model_type "bert"; '),
    ("llama-3-8b", {"model_type": 3}, "unknown model_type 3;"),
    ("llama-3-8b", {"model_type": None}, "unknown model_type null;"),
    ("llama-3-8b", {"model_type": ["llama"]}, "unknown model_type [...];"),
    ("llama-3-8b", {"model_type": REMOVED}, "the configuration lacks model_type"),
    ("llama-3-8b", {"hidden_size": REMOVED}, "the configuration lacks hidden_size"),
    ("llama-3-8b", {"hidden_size": None}, "hidden_size = null is not a whole number"),
    ("llama-3-8b", {"hidden_size": "4096"}, 'hidden_size = "4096" is not a whole number'),
    ("llama-3-8b", {"hidden_size": True}, "hidden_size = true is not a whole number"),
    ("llama-3-8b", {"num_key_value_heads": False}, "false is not of the kind of 32"),
    ("llama-3-8b", {"hidden_size": 4096.5}, "hidden_size = 4096.5 is not a whole number"),
    ("llama-3-8b", {"hidden_size": 1e-7}, "hidden_size = nearly 0 is not a whole number"),
    ("llama-3-8b", {"hidden_size": math.nan}, "hidden_size = NaN is not a whole number"),
    ("llama-3-8b", {"hidden_size": math.inf}, "hidden_size = over 10^15 is out of range"),
    ("llama-3-8b", {"hidden_size": [4096]}, "hidden_size = [...] is not a whole number"),
    ("llama-3-8b", {"hidden_size": {"a": 1}}, "hidden_size = {...} is not a whole number"),
    ("llama-3-8b", {"hidden_size": -4096}, "hidden_size = -4096 is out of range: from 0 to 1"),
    ("llama-3-8b", {"hidden_size": 10**400}, "hidden_size = over 10^15 is out of range"),
    ("llama-3-8b", {"hidden_size": -(10**400)}, "hidden_size = below -10^15 is out of range"),
    ("llama-3-8b", {"hidden_size": 0, "head_dim": 128},
     "hidden_size = 0 is out of range: width of the residual stream, from 1 to 10000000"),
    ("llama-3-8b", {"hidden_size": 4095},
     "hidden_size = 4095 is not divisible by num_attention_heads = 32"),
    ("llama-3-8b", {"num_attention_heads": 0}, "num_attention_heads = 0 is out of range"),
    ("llama-3-8b", {"num_key_value_heads": 5},
     "num_key_value_heads = 5 does not divide num_attention_heads = 32: each key-value head"),
    ("llama-3-8b", {"num_key_value_heads": 0}, "num_key_value_heads = 0 is out of range"),
    ("llama-3-8b", {"num_key_value_heads": 64}, "num_key_value_heads = 64 does not divide"),
    ("llama-3-8b", {"num_hidden_layers": 10**9}, "num_hidden_layers = 1000000000 is out of range"),
    ("llama-3-8b", {"tie_word_embeddings": "no"}, 'tie_word_embeddings = "no" is not true or fa'),
    ("llama-3-8b", {"tie_word_embeddings": 1}, "tie_word_embeddings = 1 is not true or false"),
    ("llama-3-8b", {"attention_bias": None}, "attention_bias = null is not true or false"),
    ("llama-3-8b", {"text_config": {}}, "text_config = {...} is not counted here, only null"),
    ("llama-3-8b", {"architectures": ["LlamaForSequenceClassification"]},
     'architectures = "LlamaForSequenceClassification" is not counted here, only "...ForCausalLM"'),
    ("llama-3-8b", {"architectures": ["LlamaModel"]}, 'architectures = "LlamaModel" is not count'),
    ("llama-3-8b", {"architectures": 3}, "architectures = 3 is not counted here"),
    ("llama-3-8b", {"hidden_size": "4\n09\u20286\x1b[31m" + "x" * 99},
     f'hidden_size = "4?09?6?[31m{"x" * 26}..." is not a whole number'),
    ("llama-3-8b", {"hidden_size": 10**7, "intermediate_size": 10**8, "num_hidden_layers": 10**5,
                    "head_dim": 128}, "more than 10^15 parameters"),
    ("mistral-7b", {"layer_types": [SLIDING] * 32}, "layer_types = [...] is not counted here"),
    ("mistral-7b", {"sliding_window": 0}, "sliding_window = 0 is out of range: tokens that a la"),
    ("mistral-7b", {"sliding_window": False}, "sliding_window = false is not a whole number"),
    ("mixtral-8x7b", {"num_experts_per_tok": 9},
     "num_experts_per_tok = 9 is more than num_local_experts = 8: a token is served by some"),
    ("mixtral-8x7b", {"num_experts_per_tok": 0}, "num_experts_per_tok = 0 is out of range"),
    ("mixtral-8x7b", {"num_experts": 9}, "num_experts = 9 contradicts num_local_experts = 8"),
    ("qwen2.5-7b", {"layer_types": [SLIDING] * 28},
     "layer_types = [...], use_sliding_window = false: windows are named, and switched off"),
    ("qwen2.5-7b", {**WINDOWED, "layer_types": [SLIDING] * 28, "sliding_window": None},
     "layer_types = [...], sliding_window = null: windows are named that have no width"),
    ("qwen2.5-7b", {"use_sliding_window": "yes"}, 'use_sliding_window = "yes" is not true or'),
    ("qwen2.5-7b", {**WINDOWED, "max_window_layers": None}, "max_window_layers = null is not a"),
    ("qwen3-8b", {"head_dim": None}, "head_dim = null is not a whole number"),
    ("qwen3-235b-a22b", {"decoder_sparse_step": 0}, "decoder_sparse_step = 0 is out of range: fr"),
    ("qwen3-235b-a22b", {"mlp_only_layers": [0, "1"]}, 'mlp_only_layers[1] = "1" is not a whole'),
    ("qwen3-235b-a22b", {"mlp_only_layers": 0}, "mlp_only_layers = 0 is not a list"),
    ("qwen3-235b-a22b", {"num_experts": 0}, "num_experts = 0 is out of range"),
    ("gemma-2-9b", {"num_key_value_heads": None}, "num_key_value_heads = null is not a whole"),
    ("gemma-3-1b", {"sliding_window_pattern": 0}, "sliding_window_pattern = 0 is out of range"),
    ("gemma-3-1b", {"use_bidirectional_attention": True},
     "use_bidirectional_attention = true is not counted here, only false or null"),
    ("gemma-3-27b", {"text_config": REMOVED}, "the configuration lacks text_config"),
    ("gemma-3-27b", {"text_config": 3}, "text_config = 3 is not an object"),
    ("gemma-3-27b", {"text_config.model_type": "llama"}, 'model_type = "llama" is not counted'),
    ("gemma-3-27b", {"tie_word_embeddings": False},
     "tie_word_embeddings = false contradicts text_config.tie_word_embeddings = true"),
    ("deepseek-v3", {"use_mla": False}, "use_mla = false is not counted here, only true"),
    ("deepseek-v2", {"use_mla": None}, "use_mla = null is not true or false"),
    ("deepseek-v2", {"attention_bias": 0}, "attention_bias = 0 is not true or false"),
    ("deepseek-v2", {"num_key_value_heads": 16},
     "num_key_value_heads = 16, num_attention_heads = 128: all heads share one latent"),
    ("deepseek-v2", {"qk_nope_head_dim": 10**5},
     "d_head = 100064 is out of range: width of one attention head"),
    ("deepseek-v2", {"n_shared_experts": REMOVED}, "the configuration lacks n_shared_experts"),
    ("deepseek-v2", {"q_lora_rank": 0}, "q_lora_rank = 0 is out of range: width of the latent of"),
    ("deepseek-v2", {"kv_lora_rank": 0}, "kv_lora_rank = 0 is out of range: width of the latent o"),
    ("deepseek-v2", {"moe_intermediate_size": 0},
     "moe_intermediate_size = 0 is out of range: width inside one expert, from 1 to 100000000"),
    ("deepseek-v2", {"q_lora_rank": False}, "q_lora_rank = false is not a whole number"),
    ("deepseek-v3", {"moe_layer_freq": 2}, "moe_layer_freq = 2 is not counted here, only 1"),
    ("deepseek-v3", {"moe_layer_freq": True}, "moe_layer_freq = true is not counted here, only 1"),
    ("deepseek-v3", {"topk_method": "greedy"},
     'topk_method = "greedy" is not counted here, only "noaux_tc" or null'),
    ("deepseek-v3", {"qk_nope_head_dim": REMOVED}, "the configuration lacks qk_nope_head_dim"),
    ("deepseek-v3", {"num_experts": 3}, "num_experts = 3 contradicts n_routed_experts = 256"),
    ("deepseek-v3", {"num_experts_per_tok": 257}, "is more than n_routed_experts = 256"),
    ("gpt-oss-20b", {"num_hidden_layers": 25}, "layer_types lists 24 layers, and the model has 25"),
    ("gpt-oss-20b", {"layer_types": ["linear"] * 24},
     '"linear" in layer_types is not counted here, only "full_attention" or "sliding_attention"'),
    ("gpt-oss-20b", {"layer_types": "sliding"}, "layer_types lists 7 layers"),
    ("gpt-oss-20b", {"num_experts_per_tok": 33}, "= 33 is more than num_local_experts = 32"),
    ("gpt2", {"n_head": 7}, "n_embd = 768 is not divisible by n_head = 7"),
    ("gpt2", {"n_embd": REMOVED, "hidden_size": [768]}, "n_embd = [...] is not a whole number"),
    ("gpt2", {"hidden_size": 1024}, "hidden_size = 1024 contradicts n_embd = 768"),
    ("gpt2", {"add_cross_attention": True}, "add_cross_attention = true is not counted here"),
    ("gpt2", {"architectures": ["GPT2DoubleHeadsModel"]}, "is not counted here"),
    ("opt-125m", {"word_embed_proj_dim": 512},
     "word_embed_proj_dim = 512, hidden_size = 768: the embedding is as wide as the residual"),
    ("opt-125m", {"do_layer_norm_before": False}, "do_layer_norm_before = false is not counted"),
    ("opt-125m", {"do_layer_norm_before": None}, "do_layer_norm_before = null is not counted"),
]  # fmt: skip


def is_a_line(text):
    return text.isprintable() and 0 < len(text) < 500


@every("name, changes, message", WRONG)
def test_what_is_wrong_is_said_in_one_line(name, changes, message):
    with pytest.raises(InputError) as caught:
        load_model(changed(name, changes))
    assert message in str(caught.value)
    assert is_a_line(str(caught.value))


FILES = [
    (b"", r"is not JSON: Expecting value \(line 1, column 1\)"),
    (b"{", "is not JSON"),
    (b"\xff\xfe\x00", "is not text in UTF-8"),
    (b"[]", r"not an object but \[\.\.\.\]"),
    (b"3", "not an object but 3"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"a":' * 100_000, "nested too deeply"),
    (b'{"model_type": "llama", "hidden_size": NaN}', "NaN is no number of JSON"),
    (b'{"model_type": -Infinity}', r"unknown model_type below -10\^15;"),
    (b'{"model_type": Infinity}', r"unknown model_type over 10\^15;"),
    (b" " * (LARGEST_FILE + 1), "is no config.json: over 1000000 bytes"),
    (b"\x7fELF" + bytes(200), "is not JSON"),
    (b'{"model_type": ' + b"9" * 9999 + b"}", r"unknown model_type over 10\^15;"),
    (b'{"model_type": "llama", "a": 1, "b": {"a": 1, "a": 2}}', 'the key "a" stands twice'),
    (b'{"model_type": -1e999}', r"unknown model_type below -10\^15;"),
]


def test_numbers_of_numpy_are_numbers():
    config = read("llama-3-8b")
    config |= {"hidden_size": np.int64(4096), "intermediate_size": np.float32(14336),
               "tie_word_embeddings": np.bool_(False)}  # fmt: skip
    assert load_model(config).n_params == 8_030_261_248
    assert load_model(config).shape == load_model(read("llama-3-8b")).shape


@pytest.mark.parametrize(("content", "message"), FILES, ids=range(len(FILES)))
def test_files_that_are_none(content, message, tmp_path):
    path = tmp_path / "config\n.json"
    path.write_bytes(content)
    for source in (path, io.BytesIO(content)):
        with pytest.raises(InputError, match=message) as caught:
            load_model(source)
        assert is_a_line(str(caught.value))


@pytest.mark.parametrize("source", [
    None, 3, b"x.json", ["x"], "no.json", ".", "\0.json", "\udc80.json", "no\n.json", "x" * 9999,
])  # fmt: skip
def test_sources_that_are_none(source):
    with pytest.raises(InputError) as caught:
        load_model(source)
    assert is_a_line(str(caught.value))


# What of a checkpoint may be given for its config.json: files, what is given, what is said.
OTHERS = [
    (["config.json"], "", None),
    (["config.json", "model.safetensors.index.json"], "model.safetensors.index.json", None),
    (["config.json"], "model-00001-of-00002.safetensors", None),
    (["snapshots/a1b2/config.json"], "", None),
    (["tokenizer.json"], "", "is a folder without a config.json"),
    (["model.gguf"], "model.gguf", "is no GGUF file: it does not begin as one"),
    (["model.bin"], "model.bin", "holds weights: give the config.json of the model"),
    ([], "Qwen/Qwen3", "of a model on the Hub, give the path of its config.json"),
    ({"adapter_config.json": {"peft_type": "LORA"}}, "adapter_config.json", "an adapter: give the"),
    ({"tokenizer_config.json": {"tokenizer_class": "A"}}, "tokenizer_config.json", "a tokenizer:"),
    ({"generation_config.json": {"_from_model_config": True}}, "generation_config.json", "text is"),
    (
        {"generation_config.json": {"do_sample": True}},
        "generation_config.json",
        "text is generated",
    ),
    ({"tokenizer.json": {"model": {}}}, "tokenizer.json", "a tokenizer: give the config.json bes"),
    ({"special_tokens_map.json": {"eos_token": "<s>"}}, "special_tokens_map.json", "a tokenizer:"),
    (
        {"preprocessor_config.json": {"processor_class": "A"}},
        "preprocessor_config.json",
        "images or",
    ),
    ({"my.index.json": {"weight_map": {}}}, "my.index.json", "lists weights: give the config.json"),
    ({"params.json": {"dim": 4096, "n_layers": 32}}, "params.json", "lacks model_type"),
]


@pytest.mark.parametrize(("files", "given", "complaint"), OTHERS, ids=range(len(OTHERS)))
def test_other_files_of_a_checkpoint(tmp_path, monkeypatch, files, given, complaint):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models--org--name"
    folder.mkdir()
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = files[name] if isinstance(files, dict) else read("gpt2")
        path.write_text(json.dumps(content))
    source = folder / given if files else given
    if complaint is None:
        found = load_model(source)
        assert found.n_params == ELSEWHERE["gpt2"]
        assert found.name == ("org/name" if "snapshots" in files[0] else "models--org--name")
        return
    with pytest.raises(InputError, match=complaint) as caught:
        load_model(source)
    assert is_a_line(str(caught.value))


def test_files_without_an_end_or_a_beginning(tmp_path):
    closed = io.StringIO("{}")
    closed.close()
    for source in (closed, type("", (), {"read": lambda self, size: 3})()):
        with pytest.raises(InputError, match="cannot read config"):
            load_model(source)
    if os.path.exists("/dev/fd"):  # as of <(...) in a shell, which can be read but once
        ours, theirs = os.pipe()
        os.write(theirs, json.dumps(read("gpt2")).encode())
        os.close(theirs)
        assert load_model(f"/dev/fd/{ours}").n_params == ELSEWHERE["gpt2"]
        os.close(ours)
    if os.path.exists("/dev/zero"):
        with pytest.raises(InputError, match="over 1000000 bytes"):
            load_model("/dev/zero")


def test_the_largest_model_is_within_what_both_languages_count():
    assert LARGEST_MODEL < 2**53


@pytest.mark.parametrize(("value", "text"), [
    (0.1, "0.1"), (-0.0, "0"), (123456.789, "123456.789"), (999999999999999.0, "999999999999999"),
    (1e15, "over 10^15"), (0.0009, "nearly 0"), ("\"o\u00e9\U0001f600", '"?o??"'),
    ("a" * 41, '"' + "a" * 37 + '..."'), ("a" * 40, '"' + "a" * 40 + '"'),
])  # fmt: skip
def test_values_are_shown_as_javascript_would(value, text):
    assert show(value) == text


# Fuzzing: a real configuration with a few fields changed, removed or taken from another model.
def outcome(config):
    """Return the shape, or the line that says what is wrong; nothing else may happen."""
    try:
        model = load_model(config)
    except InputError as error:
        return re.sub(r"\d+ types are known", "N types are known", str(error))
    for part in model.stack.parts:
        for name, value in part.block.sizes:
            assert value == math.inf or type(value) is int
            assert SYMBOLS[name].low <= value <= SYMBOLS[name].high
    assert 0 < model.n_active_params <= model.n_params <= LARGEST_MODEL
    check_counts(config, model)
    return {
        "n_params": model.n_params, "n_active_params": model.n_active_params,
        "cache": [int(model.stack.value("cache_held", {"context": c})) for c in CONTEXTS],
    }  # fmt: skip


@settings(max_examples=int(os.environ.get("LIFECOST_FUZZ", "250")), deadline=None, database=None,
          derandomize="LIFECOST_FUZZ" not in os.environ,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(config=configurations())
@example(config={})
def test_whatever_comes_is_a_model_or_a_line(config):
    found = outcome(config)
    assert isinstance(found, dict) or is_a_line(found)


def test_corpus():
    cases = [json.loads(line) for line in CORPUS]
    assert len(cases) == 215
    for number, case in enumerate(cases, 1):
        assert outcome(case["config"]) == case["outcome"], f"line {number}, from {case['from']}"


# What two releases of the library read in two ways, or what is no model of its own: (file, changes,
# complaint).
REFUSED = [
    ("gemma-3-27b", {"text_config.tie_word_embeddings": False},
     "the configuration lacks tie_word_embeddings, which newer releases of the library read outs"),
    ("qwen3-235b-a22b", {**WINDOWED, "layer_types": [FULL] * 94},
     "layer_types = [...] is not counted here, only null"),
    ("llama-3-8b", {"sliding_window": 5}, "sliding_window = 5 is not counted here, only null"),
    ("llama-3-8b", {"layer_types": 3}, "layer_types = 3 is not counted here, only null"),
    ("llama-3-8b", {"draft_vocab_size": 32_000}, "draft_vocab_size = 32000 is not counted here"),
    ("mistral-7b", {"draft_vocab_size": 32_000}, "draft_vocab_size = 32000 is not counted here"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "changes", "complaint"), REFUSED, ids=range(len(REFUSED)))
def test_what_has_no_one_reading_is_refused(name, changes, complaint):
    with pytest.raises(InputError) as caught:
        load_model(changed(name, changes))
    assert complaint in str(caught.value)


def test_the_tie_may_be_said_in_both_places():
    both = {"text_config.tie_word_embeddings": False, "tie_word_embeddings": False}
    assert load_model(changed("gemma-3-27b", both)).tied_embeddings == 0


def test_a_limit_that_is_none_is_read():
    text = json.dumps({**read("llama-3-8b"), "time_step_limit": [0.0, math.inf]})
    assert "Infinity" in text
    assert load_model(io.StringIO(text)).shape == load_model(read("llama-3-8b")).shape


# What Meta and Mistral publish beside their own weights; totals as their config.json give them.
PARAMS = [
    (dict(dim=4096, n_layers=32, n_heads=32, n_kv_heads=8, vocab_size=128256, multiple_of=1024,
          ffn_dim_multiplier=1.3, norm_eps=1e-5, rope_theta=5e5), 8_030_261_248),
    (dict(dim=8192, n_layers=80, n_heads=64, n_kv_heads=8, vocab_size=32000, multiple_of=4096,
          ffn_dim_multiplier=1.3, norm_eps=1e-5), 68_976_648_192),
    (dict(dim=4096, n_layers=32, n_heads=32, vocab_size=32000, multiple_of=256), 6_738_415_616),
    (dict(dim=4096, n_layers=32, head_dim=128, hidden_dim=14336, n_heads=32, n_kv_heads=8,
          vocab_size=32000, moe=dict(num_experts_per_tok=2, num_experts=8)), 46_702_792_704),
    (dict(dim=4096, n_layers=32, head_dim=128, hidden_dim=14336, n_heads=32, n_kv_heads=8,
          vocab_size=32000, sliding_window=4096), 7_241_732_096),
]  # fmt: skip


@pytest.mark.parametrize(("params", "expected"), PARAMS)
def test_the_makers_own_file_is_read(params, expected):
    assert load_model(params).n_params == expected


@pytest.mark.parametrize(("changes", "complaint"), [
    (dict(vocab_size=-1), "vocab_size = -1 is out of range"),
    (dict(kv_lora_rank=512), "kv_lora_rank = 512 is not counted here"),
    (dict(n_kv_heads=5), "n_kv_heads = 5 does not divide n_heads = 32"),
    (dict(moe=dict(num_experts=8)), "the configuration lacks moe.num_experts_per_tok"),
])  # fmt: skip
def test_a_makers_own_file_that_is_not_counted(changes, complaint):
    with pytest.raises(InputError) as refusal:
        load_model({**PARAMS[0][0], **changes})
    assert complaint in str(refusal.value)
