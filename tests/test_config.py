"""Configurations from elsewhere: exact counts, the library's defaults, one line for an error."""

import io
import json
import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lifecost import InputError, kv_to_compute_ratio, models, post
from lifecost.catalog import load
from lifecost.config import LARGEST_FILE, load_model, shape_of
from lifecost.symbols import SYMBOLS

CONFIGS = {path.stem: path for path in sorted(Path(__file__).with_name("configs").glob("*.json"))}
CORPUS = sorted(Path(__file__).with_name("config_corpus").glob("*.json"))
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
TYPES = {
    "llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma2", "gemma3",
    "gemma3_text", "deepseek_v2", "deepseek_v3", "kimi_k2", "gpt_oss", "olmo2", "gpt2", "opt",
}  # fmt: skip


def read(name):
    return json.loads(CONFIGS[name].read_text("utf-8"))


def test_the_types():
    assert set(load("config_rules")) == TYPES
    assert {read(name)["model_type"] for name in CONFIGS} == TYPES


@pytest.mark.parametrize("name", ELSEWHERE)
def test_parameters_to_the_unit(name):
    assert load_model(CONFIGS[name]).n_params == ELSEWHERE[name]


@pytest.mark.parametrize("name", sorted(set(CONFIGS) - set(ELSEWHERE)))
def test_agrees_with_the_catalog(name):
    found, known = load_model(CONFIGS[name]), models[name]
    assert found.n_params == known.n_params
    assert found.n_active_params == known.n_active_params
    assert found.variants == known.variants
    assert kv_to_compute_ratio(found, post) == kv_to_compute_ratio(known, post)


def test_every_model_of_the_catalog_that_has_a_type_is_here():
    # Those of labs that publish no such file, or of a type that is not read.
    others = {"gpt-3-175b", "palm-540b", "chinchilla-70b", "gopher-280b", "llama-4-scout",
              "llama-4-maverick"}  # fmt: skip
    assert set(models) - others <= set(CONFIGS)


def test_sources_of_every_kind():
    expected = load_model(CONFIGS["llama-3-8b"]).n_params
    content = CONFIGS["llama-3-8b"].read_bytes()
    marked = b"\xef\xbb\xbf" + content
    for source in (
        str(CONFIGS["llama-3-8b"]), read("llama-3-8b"), io.BytesIO(content),
        io.StringIO(content.decode()), io.BytesIO(marked),
    ):  # fmt: skip
        assert load_model(source).n_params == expected
    assert load_model(CONFIGS["llama-3-8b"]).name == "llama-3-8b"


# What transformers does where a field is missing or null: (model, changes, symbol, value).
REMOVED = object()
DEFAULTS = [
    ("llama-3-8b", {"num_key_value_heads": REMOVED}, "n_kv_head", 32),
    ("llama-3-8b", {"num_key_value_heads": None}, "n_kv_head", 32),
    ("llama-3-8b", {"head_dim": None}, "d_head", 128),
    ("llama-3-8b", {"head_dim": 96}, "d_head", 96),
    ("llama-3-8b", {"tie_word_embeddings": REMOVED}, "tied_embeddings", 0),
    ("llama-3-8b", {"attention_bias": True}, "output_bias", 1),
    ("llama-3-8b", {"mlp_bias": True}, "ff_bias", 1),
    ("llama-3-8b", {"hidden_size": 4096.0}, "d_model", 4096),
    ("mistral-7b", {"num_key_value_heads": REMOVED}, "n_kv_head", 8),
    ("mistral-7b", {"sliding_window": REMOVED}, "window", 4096),
    ("mistral-7b", {"sliding_window": None}, "window", None),
    ("qwen2.5-7b", {"use_sliding_window": True, "max_window_layers": 20}, "n_local_layer", 8),
    ("qwen3-8b", {"head_dim": REMOVED}, "d_head", 128),
    ("qwen3-235b-a22b", {"mlp_only_layers": [0, 1]}, "n_moe_layer", 92),
    ("gemma-2-9b", {"head_dim": REMOVED}, "d_head", 256),
    ("gemma-3-1b", {"sliding_window_pattern": REMOVED}, "n_local_layer", 22),
    ("gemma-3-1b", {"sliding_window_pattern": 2}, "n_local_layer", 13),
    ("gemma-3-1b", {"vocab_size": REMOVED}, "vocab_size", 262_208),
    ("deepseek-v2", {"q_lora_rank": None}, "query_rank", None),
    ("deepseek-v3", {"first_k_dense_replace": REMOVED}, "n_moe_layer", 58),
    ("gpt-oss-20b", {"layer_types": REMOVED}, "n_local_layer", 12),
    ("gpt2", {"n_inner": 1000}, "d_ff", 1000),
    ("opt-125m", {"max_position_embeddings": 100}, "n_position", 102),
]


@pytest.mark.parametrize(("name", "changes", "symbol", "value"), DEFAULTS)
def test_defaults_of_the_library(name, changes, symbol, value):
    config = {k: v for k, v in {**read(name), **changes}.items() if v is not REMOVED}
    assert shape_of(config).get(symbol) == value


LLAMA = read("llama-3-8b")
WRONG = [
    ({"model_type": "bert"}, "unknown model_type 'bert'"),
    ({"model_type": 3}, "unknown model_type '3'"),
    ({"model_type": None}, "unknown model_type 'None'"),
    ({"hidden_size": REMOVED}, "the configuration lacks hidden_size"),
    ({"hidden_size": "4096"}, "hidden_size = '4096' is not a whole number"),
    ({"hidden_size": True}, "hidden_size = True is not a whole number"),
    ({"hidden_size": 4096.5}, "hidden_size = 4096.5 is not a whole number"),
    ({"hidden_size": math.nan}, "hidden_size = nan is not a whole number"),
    ({"hidden_size": math.inf}, "hidden_size = inf is not a whole number"),
    ({"hidden_size": [4096]}, "hidden_size = [4096] is not a whole number"),
    ({"hidden_size": -4096}, "hidden_size = -4096 is out of range"),
    ({"hidden_size": 10**400}, "hidden_size = an integer of 1329 bits is out of range"),
    ({"hidden_size": 0, "head_dim": 128}, "d_model = 0 is out of range"),
    ({"hidden_size": 4095}, "hidden_size = 4095 is not divisible by num_attention_heads = 32"),
    ({"num_attention_heads": 0}, "is not divisible by num_attention_heads = 0"),
    ({"num_key_value_heads": 5}, "n_kv_head = 5 does not divide n_head = 32"),
    ({"num_key_value_heads": 0}, "n_kv_head = 0 is out of range"),
    ({"num_hidden_layers": 10**9}, "n_layer = 1000000000 is out of range"),
    ({"tie_word_embeddings": "no"}, "tie_word_embeddings = 'no' is not true or false"),
    ({"text_config": 3}, "text_config = 3 is not an object"),
]
CONTRADICTIONS = [
    ("gpt-oss-20b", {"num_hidden_layers": 25}, "layer_types lists 24 layers, and the model has 25"),
    ("gpt-oss-20b", {"layer_types": ["linear"] * 24}, "unknown kind of layer in layer_types"),
    ("gpt-oss-20b", {"layer_types": "sliding"}, "is not a list of str"),
    ("gpt-oss-20b", {"num_experts_per_tok": 33}, "n_active_expert = 33 is more than n_expert = 32"),
    ("deepseek-v3", {"moe_layer_freq": 2}, "moe_layer_freq = 2 is not counted here, only 1"),
    ("deepseek-v3", {"qk_rope_head_dim": REMOVED}, "the configuration lacks qk_rope_head_dim"),
    ("qwen3-235b-a22b", {"decoder_sparse_step": 2}, "decoder_sparse_step = 2 is not counted here"),
    ("opt-125m", {"word_embed_proj_dim": 512}, "word_embed_proj_dim = 512 is not counted here"),
    ("opt-125m", {"do_layer_norm_before": False}, "do_layer_norm_before = False is not counted"),
    ("gpt2", {"n_head": 7}, "d_model = 768 is not divisible by n_head = 7"),
    ("gpt2", {"add_cross_attention": True}, "add_cross_attention = True is not counted here"),
    ("gemma-3-1b", {"sliding_window_pattern": 0}, "sliding_window_pattern = 0 is not a number of"),
]
WRONG = [("llama-3-8b", changes, message) for changes, message in WRONG] + CONTRADICTIONS


@pytest.mark.parametrize(("name", "changes", "message"), WRONG)
def test_what_is_wrong_is_said_in_one_line(name, changes, message):
    config = {k: v for k, v in {**read(name), **changes}.items() if v is not REMOVED}
    with pytest.raises(InputError) as caught:
        load_model(config)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


FILES = [
    (b"", "is not JSON"),
    (b"{", "is not JSON"),
    (b"\xff\xfe\x00", "not text in UTF-8"),
    (b"[]", "not a JSON object"),
    (b"3", "not a JSON object"),
    (b"[" * 100_000, "nested too deeply"),
    (b'{"model_type": "llama", "hidden_size": NaN}', "NaN is no number of JSON"),
    (b" " * (LARGEST_FILE + 1), "are no config.json"),
    (b"\x7fELF" + bytes(200), "is not JSON"),
]


@pytest.mark.parametrize(("content", "message"), FILES, ids=[m for _, m in FILES])
def test_files_that_are_none(content, message, tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    for source in (path, io.BytesIO(content)):
        with pytest.raises(InputError, match=message):
            load_model(source)


def test_paths_that_are_none(tmp_path):
    for path in (tmp_path / "no.json", tmp_path, "\0.json"):
        with pytest.raises(InputError) as caught:
            load_model(path)
        assert "\n" not in str(caught.value)


# Fuzzing: a real configuration with a few fields changed, removed or taken from another model.
junk = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.integers(-2, 300), st.floats(),
    st.text(max_size=8), st.lists(st.integers(-3, 99), max_size=4),
    st.lists(st.sampled_from(["sliding_attention", "full_attention", "x"]), max_size=4),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), st.just(REMOVED),
)  # fmt: skip
FIELDS = sorted({field for name in CONFIGS for field in read(name)})


def outcome(config):
    """Return the shape, or the line that says what is wrong; nothing else may happen."""
    try:
        model = load_model(config)
    except InputError as error:
        line = str(error)
        assert "\n" not in line
        assert len(line) < 2000
        return line
    for name, value in model.shape.items():
        assert SYMBOLS[name].low <= value <= SYMBOLS[name].high
    assert 0 < model.n_active_params <= model.n_params
    return dict(model.shape)


@settings(max_examples=300, deadline=None, derandomize=True, database=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(
    name=st.sampled_from(sorted(CONFIGS)),
    changes=st.dictionaries(st.sampled_from(FIELDS), junk, min_size=1, max_size=4),
)
def test_whatever_comes_is_a_model_or_a_line(name, changes):
    config = {k: v for k, v in {**read(name), **changes}.items() if v is not REMOVED}
    outcome(config)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_corpus(path):
    case = json.loads(path.read_text("utf-8"))
    found = outcome(case["config"])
    assert found == case["outcome"]


def test_the_corpus_is_here():
    assert len(CORPUS) >= 20
