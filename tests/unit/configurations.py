"""Configurations for the tests: those of real models, and some that are changed at random."""

import json
from pathlib import Path

from hypothesis import strategies as st

from lifecost.config.rules import rules_of
from lifecost.data import load_all

REMOVED = object()
_LINEAR = {"targets": ["Linear"], "input_activations": None}
# One of each kind, as published files have them; what is not read is shortened.
QUANTIZATIONS = {
    "awq": {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True,
            "version": "gemm", "modules_to_not_convert": None},
    "gptq": {"quant_method": "gptq", "bits": 4, "group_size": 128, "sym": True, "desc_act": False},
    "fp8": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128],
            "activation_scheme": "dynamic"},
    "static fp8": {"quant_method": "fp8", "activation_scheme": "static"},
    "fbgemm": {"quant_method": "fbgemm_fp8", "modules_to_not_convert": ["lm_head"]},
    "mxfp4": {"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn"]},
    "modelopt fp8": {"quant_algo": "FP8", "ignore": ["lm_head"], "kv_cache_scheme": "FP8"},
    "nvfp4": {"quant_method": "modelopt", "quant_algo": "NVFP4", "ignore": ["lm_head"]},
    "int8": {"quant_method": "bitsandbytes", "load_in_8bit": True},
    "nf4": {"load_in_4bit": True, "bnb_4bit_use_double_quant": False},
    "nf4 twice": {"load_in_4bit": True, "bnb_4bit_use_double_quant": True},
    "MLX": {"group_size": 64, "bits": 4},
    "compressed int4": {
        "quant_method": "compressed-tensors", "ignore": ["lm_head"], "format": "pack-quantized",
        "config_groups": {"group_0": {**_LINEAR, "weights": {
            "num_bits": 4, "type": "int", "strategy": "group", "group_size": 32,
            "symmetric": True}}}},
    "compressed fp8": {
        "quant_method": "compressed-tensors", "ignore": ["re:.*lm_head"], "sparsity_config": {},
        "config_groups": {"group_0": {**_LINEAR, "weights": {
            "num_bits": 8, "type": "float", "strategy": "channel", "group_size": None}}}},
    "compressed nvfp4": {
        "quant_method": "compressed-tensors", "ignore": ["lm_head"],
        "config_groups": {"group_0": {**_LINEAR, "weights": {
            "num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16}}}},
}  # fmt: skip
CONFIGS = {path.stem: path for path in sorted(Path(__file__).with_name("configs").glob("*.json"))}
CORPUS = Path(__file__).with_name("config_corpus.jsonl").read_text("utf-8").splitlines()
SLIDING, FULL = "sliding_attention", "full_attention"
# Read off transformers 4.57.1, the signatures in configuration_*.py, and equal in 5.23.0; sizes
# that every file holds left out.
_USUAL = {"tie_word_embeddings": False, "attention_bias": False}
_NONE = {"num_key_value_heads": None, "head_dim": None}
_SLIDING = {"use_sliding_window": False, "sliding_window": 4096, "max_window_layers": 28,
            "layer_types": None}  # fmt: skip
_QWEN = {**_USUAL, **_SLIDING, "num_key_value_heads": 32, "head_dim": None}
_EXPERTS = {"num_experts": 128, "num_experts_per_tok": 8, "moe_intermediate_size": 768,
            "decoder_sparse_step": 1, "mlp_only_layers": None}  # fmt: skip
_GEMMA = {**_USUAL, "tie_word_embeddings": True, "num_key_value_heads": 4, "head_dim": 256,
          "sliding_window": 4096, "layer_types": None}  # fmt: skip
_GEMMA3 = {**_GEMMA, "vocab_size": 262_208, "num_attention_heads": 8, "sliding_window_pattern": 6}
_DEEPSEEK = {**_USUAL, "q_lora_rank": 1536, "qk_rope_head_dim": 64, "first_k_dense_replace": 0,
             "use_mla": True}  # fmt: skip
LIBRARY = {
    "llama": {**_USUAL, **_NONE, "mlp_bias": False},
    "mistral": {**_USUAL, "num_key_value_heads": 8, "head_dim": None, "sliding_window": 4096},
    "mixtral": {**_USUAL, "num_key_value_heads": 8, "head_dim": None, "sliding_window": None,
                "num_local_experts": 8, "num_experts_per_tok": 2},
    "qwen2": _QWEN,
    "qwen3": {**_QWEN, "head_dim": 128},
    "qwen3_moe": {**_QWEN, **_EXPERTS, "num_key_value_heads": 4},
    "gemma2": _GEMMA,
    "gemma3_text": _GEMMA3,
    "gemma3": {**_GEMMA3, "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26},
    "olmo2": {**_USUAL, **_NONE},
    "deepseek_v2": _DEEPSEEK,
    "deepseek_v3": {**_DEEPSEEK, "first_k_dense_replace": 3},
    "kimi_k2": {**_DEEPSEEK, "first_k_dense_replace": 3},
    "gpt_oss": {**_USUAL, "attention_bias": True, "num_key_value_heads": 8, "head_dim": 64,
                "sliding_window": 128, "layer_types": None, "num_local_experts": 128,
                "num_experts_per_tok": 4},
    "gpt2": {"n_layer": 12, "n_embd": 768, "n_head": 12, "n_inner": None, "vocab_size": 50257,
             "n_positions": 1024, "tie_word_embeddings": True},
    "opt": {"max_position_embeddings": 2048, "tie_word_embeddings": True, "enable_bias": True},
}  # fmt: skip
LATENT = ("deepseek_v2", "deepseek_v3", "kimi_k2")  # attention on a latent
ALIASES = {
    "mixtral": {"num_experts": "num_local_experts"},
    "gpt_oss": {"num_experts": "num_local_experts"},
    "qwen3_moe": {"num_local_experts": "num_experts"},
    "gpt2": {"hidden_size": "n_embd", "num_hidden_layers": "n_layer",
             "num_attention_heads": "n_head", "max_position_embeddings": "n_positions"},
    "deepseek_v2": {"num_experts": "n_routed_experts"},
    "deepseek_v3": {"num_local_experts": "n_routed_experts"},
    "kimi_k2": {"num_local_experts": "n_routed_experts"},
}  # fmt: skip


def read(name):
    return json.loads(CONFIGS[name].read_text("utf-8"))


FIELDS = {name: sorted({*read(name), *read(name).get("text_config", ())}) for name in CONFIGS}
REAL = [value for name in CONFIGS for value in read(name).values() if not isinstance(value, dict)]
READ = {field for kind in LIBRARY.values() for field in kind}
for rules in map(rules_of, load_all("config_rules")):
    READ |= {*rules.get("only", ()), *rules.get("alias", ()), *rules.get("default", ())}
junk = st.one_of(
    st.just(REMOVED), st.sampled_from(REAL), st.integers(-2, 300), st.none(), st.booleans(),
    st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), st.integers().map(float),
    st.lists(st.integers(-3, 99), max_size=4), st.just(10**400),
    st.sampled_from([24, 26, 28, 32, 42]).flatmap(lambda n: st.lists(
        st.sampled_from([SLIDING, FULL]), min_size=n, max_size=n)),
    st.lists(st.one_of(st.sampled_from([SLIDING, FULL]), st.text(max_size=3)), max_size=4),
    st.dictionaries(st.sampled_from(sorted(READ)), st.integers(-2, 300), max_size=3),
)  # fmt: skip


MODULES = ["lm_head", "self_attn", "model.layers.0*", "re:.*mlp.*", "gate", "*.experts.*", "re:(x",
           "model.layers.1.mlp", "re:.*layers\\.[0-2]\\..*",
           "language_model.model.layers.2.mlp"]  # fmt: skip


@st.composite
def quantizations(draw):
    """Draw what a file may say of its format, with some of it changed."""
    found = dict(draw(st.sampled_from(sorted(QUANTIZATIONS.values(), key=str))))
    lists = st.lists(st.sampled_from(MODULES) | st.text("a.*re:0(|)", max_size=6), max_size=4)
    groups = st.dictionaries(st.sampled_from(["a", "b"]), st.fixed_dictionaries(
        {"weights": st.fixed_dictionaries({}, optional={
            "num_bits": st.sampled_from([4, 8, 5]), "type": st.sampled_from(["int", "float", 3]),
            "group_size": st.sampled_from([16, 32, -1, None, 0]), "symmetric": st.booleans()})},
        optional={"targets": lists | st.just(["Linear"])},
    ), max_size=2)  # fmt: skip
    for field in draw(st.lists(st.sampled_from(
        ["bits", "group_size", "modules_to_not_convert", "ignore", "config_groups", "quant_method",
         "weight_block_size", "load_in_4bit", "quant_algo", "lm_head", "zero_point", "mode",
         "model.layers.0.mlp.down_proj"]), max_size=3)):  # fmt: skip
        found[field] = draw(lists | groups | junk.filter(lambda value: value is not REMOVED)
                            | st.sampled_from([2, 4, 8, -1, [128, 64], {"bits": 8}]))  # fmt: skip
    return found


@st.composite
def configurations(draw):
    """Draw a configuration of a real model with some of its fields changed."""
    name = draw(st.sampled_from(sorted(CONFIGS)))
    config = read(name)
    fields = st.sampled_from(FIELDS[name]) | st.sampled_from(sorted(READ))
    for field, value in draw(st.dictionaries(fields, junk, min_size=1, max_size=4)).items():
        nested = isinstance(config.get("text_config"), dict) and field != "text_config"
        inner = config["text_config"] if nested and draw(st.booleans()) else config
        if value is REMOVED:
            inner.pop(field, None)
        else:
            inner[field] = value
    if draw(st.booleans()):
        config["quantization_config"] = draw(quantizations())
    return config
