"""In what a checkpoint's weights are stored: published sizes, lists of modules, wrong values."""

import pytest
from configurations import CONFIGS, QUANTIZATIONS, read

from lifecost import (
    InputError,
    chips_needed,
    kv_cache_size,
    largest_batch,
    load_model,
    models,
    post,
    weights_size,
)
from lifecost.symbols import PARTS

MLX4 = {"group_size": 64, "bits": 4}
AWQ, FP8 = QUANTIZATIONS["awq"], QUANTIZATIONS["fp8"]
QWEN3_32B = dict(hidden_size=5120, num_hidden_layers=64, intermediate_size=25600,
                 num_attention_heads=64)  # fmt: skip
QWEN3_30B = dict(hidden_size=2048, num_hidden_layers=48, moe_intermediate_size=768,
                 num_attention_heads=32)  # fmt: skip
LLAMA_1B = dict(hidden_size=2048, num_hidden_layers=16, intermediate_size=8192, head_dim=64,
                tie_word_embeddings=True)  # fmt: skip
LLAMA_3B = dict(hidden_size=3072, num_hidden_layers=28, intermediate_size=8192, head_dim=128,
                num_attention_heads=24, tie_word_embeddings=True)  # fmt: skip
SMOL = dict(hidden_size=576, num_hidden_layers=30, intermediate_size=1536, num_attention_heads=9,
            num_key_value_heads=3, vocab_size=49152, tie_word_embeddings=True)  # fmt: skip
# The routers of experts are in 8 bits there; so its file says, name by name.
ROUTERS = {f"model.layers.{i}.mlp.gate": {"group_size": 64, "bits": 8} for i in range(48)}
HEADER = "files, with their headers"

# Bytes of published checkpoints: `total_size` of model.safetensors.index.json, the tensors, or the
# files. All are quoted by third parties: (name, file that it is changed from, changes, bytes,
# tolerance, why there is any, who says so).
EXO = "exo-explore/exo, resources/inference_model_cards, its pinned snapshots"
LIST = "a public list of the files in the makers' repositories, by revision"
SIZES = [
    ("gpt-oss-20b", "gpt-oss-20b", {}, 13_761_264_768, 0, "", "its index, in public logs"),
    ("gpt-oss-120b", "gpt-oss-120b", {}, 65_248_815_744, 0, "", "its index, in public tests"),
    ("Llama 3.1 8B", "llama-3-8b", {}, 16_060_522_496, 0, "", "its index, in public notes"),
    ("Qwen3-8B", "qwen3-8b", {}, 16_381_470_720, 0, "", "its index, in public tests"),
    ("Qwen3-32B", "qwen3-8b", QWEN3_32B, 65_524_246_528, 0, "", "its index, in public code"),
    ("Llama 3.1 70B AWQ", "llama-3-70b", {"quantization_config": AWQ}, 39_767_785_472, 0, "",
     "its index, in public tests"),
    ("Qwen3-32B-AWQ", "qwen3-8b", {**QWEN3_32B, "quantization_config": AWQ}, 19_325_298_688, 0, "",
     "a public check of its headers; its index says 13 MB more"),
    ("Llama 3.1 8B, MLX 4 bits", "llama-3-8b", {"quantization": MLX4}, 4_517_404_672, 0, "", EXO),
    ("Llama 3.3 70B, MLX 4 bits", "llama-3-70b", {"quantization": MLX4}, 39_688_355_840, 0, "",
     EXO),
    ("Nemotron 70B, MLX 8 bits", "llama-3-70b", {"quantization": {**MLX4, "bits": 8}},
     74_964_549_632, 0, "", EXO),
    ("UltraLong 8B, MLX 6 bits", "llama-3-8b", {"quantization": {**MLX4, "bits": 6}},
     7_032_815_616, 0.08, "another vocabulary is possible", EXO),
    ("Llama 3.2 1B, MLX 4 bits", "llama-3-8b", {**LLAMA_1B, "quantization": MLX4}, 695_242_752, 0,
     "", EXO),
    ("Llama 3.2 3B, MLX 4 bits", "llama-3-8b", {**LLAMA_3B, "quantization": MLX4}, 1_807_423_488,
     0, "", EXO),
    ("SmolLM2 135M, MLX 8 bits", "llama-3-8b", {**SMOL, "quantization": {**MLX4, "bits": 8}},
     142_955_136, 0, "", EXO),
    ("Qwen3 Coder 30B-A3B, MLX 4 bits", "qwen3-235b-a22b",
     {**QWEN3_30B, "quantization": {**MLX4, **ROUTERS}}, 17_180_913_664, 0, "", EXO),
    ("Qwen3-30B-A3B", "qwen3-235b-a22b", QWEN3_30B, 61_066_575_648, 1e-4, HEADER, LIST),
    ("Qwen2.5-72B", "qwen2.5-72b", {}, 145_412_518_888, 1e-6, HEADER, LIST),
    ("Llama 3.1 8B FP8", "llama-3-8b", {"quantization_config": QUANTIZATIONS["modelopt fp8"]},
     9_081_280_648, 1e-5, HEADER, "public benchmarks' notes"),
    ("Kimi K2", "kimi-k2", {}, 1_029_190_981_272, 2e-5, HEADER, LIST),
    ("DeepSeek-V3", "deepseek-v3", {}, 688_586_727_753, 0.0225,
     "the module for multi-token prediction: a layer and two embeddings", LIST),
]  # fmt: skip


def model_of(name, changes):
    return load_model({**read(name), **changes})


@pytest.mark.parametrize(("name", "base", "changes", "size", "tolerance", "why", "source"), SIZES,
                         ids=[row[0] for row in SIZES])  # fmt: skip
def test_published_sizes(name, base, changes, size, tolerance, why, source):
    model = model_of(base, changes)
    found = weights_size(model, model.stored)
    assert found == pytest.approx(size, rel=tolerance, abs=0.5)
    assert bool(tolerance) == bool(why)
    assert source


def test_what_deepseeks_files_have_beyond():
    # A layer with experts, its own copies of both embeddings, and a matrix that joins two streams.
    v3 = model_of("deepseek-v3", {})
    one_more = load_model({**read("deepseek-v3"), "num_hidden_layers": 62})
    layer = weights_size(one_more, one_more.stored) - weights_size(v3, v3.stored)
    embeddings, join = 2 * 2 * 129_280 * 7168, 2 * 2 * 7168**2
    whole = weights_size(v3, v3.stored) + layer + embeddings + join
    assert whole == pytest.approx(688_586_727_753, rel=1e-4)


def test_a_quantized_model_fits_where_it_does():
    model = models["gpt-oss-120b"]
    at = {**post.bindings, "memory_capacity": 80e9, **model.stored}
    assert chips_needed(model, at, batch=1) < 1
    free, cache = 80e9 - 65_248_815_744, kv_cache_size(model, post) / 128
    assert largest_batch(model, at) == pytest.approx(free / cache, rel=1e-9)


@pytest.mark.parametrize("name", [name for name, model in models.items() if name in CONFIGS])
def test_the_catalog_says_the_format_of_the_file(name):
    found, known = load_model(CONFIGS[name]), models[name]
    assert found.format == known.format
    if known.stored:
        assert found.stored == known.stored
    else:
        assert "quantization_config" not in read(name)


# Bytes of a quantized weight, computed by hand from the tensors that each library writes.
BYTES = {
    "awq": 4 / 8 + (16 + 4) / 8 / 128, "gptq": 4 / 8 + (16 + 4) / 8 / 128,
    "fp8": 1 + 4 / 128**2, "modelopt fp8": 1, "nvfp4": 4.5 / 8, "int8": 1,
    "nf4": (4 + 32 / 64) / 8, "nf4 twice": (4 + 8 / 64 + 32 / 64 / 256) / 8, "MLX": 4.5 / 8,
    "compressed int4": (4 + 16 / 32) / 8, "compressed fp8": 1, "compressed nvfp4": 4.5 / 8,
    "fbgemm": 1, "static fp8": 1,
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_bytes_of_a_quantized_weight(name):
    model = model_of("llama-3-8b", {"quantization_config": QUANTIZATIONS[name]})
    assert model.stored["weight_bytes"] == BYTES[name]
    quantized = name == "MLX"
    for part in ("embedding_bytes", "other_bytes"):
        expected = BYTES[name] if quantized and part == "embedding_bytes" else 2
        assert model.stored.get(part, BYTES[name]) == expected
    assert weights_size(model, model.stored) < 2 * model.n_params


def test_the_methods_are_all_here():
    said = {q.get("quant_method") for q in QUANTIZATIONS.values()}
    with pytest.raises(InputError) as caught:
        model_of("llama-3-8b", {"quantization_config": {"quant_method": "aqlm"}})
    known = str(caught.value).partition("only ")[2].replace('"', "").split(" or ")
    assert said - {None} == set(known)


def compressed(*groups, **more):
    named = {f"group_{i}": group for i, group in enumerate(groups)}
    return {"quant_method": "compressed-tensors", "config_groups": named, **more}


INT4 = {"num_bits": 4, "type": "int", "strategy": "group", "group_size": 32, "symmetric": True}
FLOAT8 = {"num_bits": 8, "type": "float", "strategy": "channel"}
FOUR = 0.5625


# Kimi K2.5 and MiniMax-M2.5 say it so, and NVIDIA's files: (file, quantization, part, bytes).
def listed(modules):
    """Return what NVIDIA's tool writes where it quantizes each module as it likes."""
    return {
        "quant_method": "modelopt",
        "quant_algo": "MIXED_PRECISION",
        "quantized_layers": modules,
    }


# As of Qwen3.6-27B-NVFP4 and Qwen3.6-35B-A3B-NVFP4: attention in 8 bits, the rest in 4.
NV4, NV8 = {"quant_algo": "W4A16_NVFP4", "group_size": 16}, {"quant_algo": "FP8"}
MIXED = {
    "lm_head": NV4,
    **{f"model.language_model.layers.{i}.self_attn.{one}_proj": NV8
       for i in range(94) for one in "qkvo"},
    **{f"model.language_model.layers.{i}.mlp.experts": NV4 for i in range(94)},
}  # fmt: skip


LISTS = [
    ("kimi-k2", compressed({"targets": ["Linear"], "weights": INT4}, ignore=[
        "lm_head", "re:.*self_attn.*", "re:.*shared_experts.*",
        r"re:.*mlp\.(gate|up|gate_up|down)_proj.*",
    ]), {"weight_bytes": 2, "expert_bytes": FOUR}),
    ("kimi-k2", {**QUANTIZATIONS["nvfp4"], "ignore": [
        "language_model.lm_head",
        *(f"language_model.model.layers.{i}.self_attn*" for i in range(61)),
        "language_model.model.layers.0*", "*.shared_experts.*",
    ]}, {"weight_bytes": 2, "expert_bytes": FOUR}),
    ("mixtral-8x7b", {**AWQ, "modules_to_not_convert": ["gate"]},
     {"weight_bytes": BYTES["awq"], "embedding_bytes": 2, "other_bytes": 2}),
    ("qwen3-235b-a22b", {**FP8, "modules_to_not_convert": ["lm_head", *(
        f"model.layers.{i}.{m}" for i in range(94) for m in ("mlp.gate", "input_layernorm"))]},
     {"weight_bytes": BYTES["fp8"], "embedding_bytes": 2, "other_bytes": 2}),
    ("llama-3-8b", compressed({"targets": ["Linear"], "weights": FLOAT8}, ignore=[]),
     {"weight_bytes": 1, "embedding_bytes": 1.5, "other_bytes": 2}),
    ("llama-3-8b", compressed(
        {"targets": ["re:.*self_attn.*"], "weights": FLOAT8},
        {"targets": ["re:.*mlp.*"], "weights": INT4},
     ), {"weight_bytes": None, "embedding_bytes": 2, "other_bytes": 2}),
    ("gpt-oss-20b", {"quant_method": "mxfp4"}, {"weight_bytes": 2, "expert_bytes": 4.25 / 8}),
    ("deepseek-v3", {**FP8, "modules_to_not_convert": ["self_attn.kv_b_proj", "lm_head"]},
     {"weight_bytes": None, "expert_bytes": BYTES["fp8"], "embedding_bytes": 2, "other_bytes": 2}),
    ("qwen3-235b-a22b", listed(MIXED), {
        "weight_bytes": 1, "expert_bytes": 4.5 / 8, "embedding_bytes": (2 + 4.5 / 8) / 2,
        "other_bytes": 2}),
    ("llama-3-8b", listed({f"model.layers.{i}.mlp.{one}_proj": NV4
                           for i in range(16) for one in ("gate", "up", "down")}),
     {"weight_bytes": None, "embedding_bytes": 2, "other_bytes": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "quantization", "expected"), LISTS, ids=range(len(LISTS)))
def test_lists_of_modules(name, quantization, expected):
    stored = model_of(name, {"quantization_config": quantization}).stored
    assert set(stored) == set(expected)
    for part, size in expected.items():
        assert size is None or stored[part] == size


def test_parts_are_averaged_over_their_weights():
    attention, ff = 32 * (2 * 4096**2 + 2 * 4096 * 1024), 32 * 3 * 4096 * 14336
    half = model_of("llama-3-8b", {"quantization_config": LISTS[-1][1]}).stored["weight_bytes"]
    expected = (2 * attention + (2 + 4.5 / 8) * ff / 2) / (attention + ff)
    assert half == pytest.approx(expected)
    stored = model_of("llama-3-8b", {"quantization_config": LISTS[5][1]}).stored
    assert stored["weight_bytes"] == pytest.approx((attention + FOUR * ff) / (attention + ff))
    # Of 32 layers two stay as they are.
    some = {**FP8, "modules_to_not_convert": ["model.layers.0", "model.layers.31"]}
    stored = model_of("llama-3-8b", {"quantization_config": some}).stored
    assert stored["weight_bytes"] == pytest.approx((2 * 2 + 30 * BYTES["fp8"]) / 32, rel=1e-14)


@pytest.mark.parametrize(("changes", "expected"), [
    ({"dtype": "bfloat16", "torch_dtype": None}, {"weight_bytes": 2}),
    ({"dtype": "float32"}, {"weight_bytes": 4}),
    ({"torch_dtype": None}, {}),
    ({"torch_dtype": "auto"}, {}),
    ({"quantization_config": None}, {"weight_bytes": 2}),
])  # fmt: skip
def test_a_type_of_elements(changes, expected):
    assert model_of("llama-3-8b", changes).stored == expected


def test_nested_files_say_it_within_or_outside():
    config = read("gemma-3-27b")
    assert load_model(config).stored == {"weight_bytes": 2}
    inner = {**config["text_config"], "torch_dtype": config.pop("torch_dtype")}
    assert load_model({**config, "text_config": inner}).stored == {"weight_bytes": 2}


Q = "quantization_config"
WRONG = [
    ({"torch_dtype": "int3"}, 'torch_dtype = "int3" is not counted here, only "float32" or'),
    ({"dtype": 16}, "dtype = 16 is not counted here"),
    ({Q: []}, f"{Q} = [...] is not an object"),
    ({Q: {}}, f"the configuration lacks {Q}.quant_method"),
    ({Q: {"quant_method": "aqlm"}}, f'{Q}.quant_method = "aqlm" is not counted here, only "awq"'),
    ({Q: {**AWQ, "bits": 5}}, f"{Q}.bits = 5 is not counted here, only 4"),
    ({Q: {"quant_method": "awq"}}, f"the configuration lacks {Q}.bits"),
    ({Q: {**AWQ, "group_size": 0}}, f"{Q}.group_size = 0 is not a size of blocks"),
    ({Q: {**AWQ, "group_size": "x"}}, f'{Q}.group_size = "x" is not a whole number'),
    ({Q: {**AWQ, "zero_point": 1}}, f"{Q}.zero_point = 1 is not true or false"),
    ({Q: {**AWQ, "modules_to_not_convert": "lm_head"}}, "convert = \"lm_head\" is not a list"),
    ({Q: {**AWQ, "modules_to_not_convert": [3]}}, "convert[0] = 3 is not the name of a module"),
    ({Q: {**AWQ, "modules_to_not_convert": ["re:(a*)*b"]}}, "is not a pattern that is read here"),
    ({Q: {**AWQ, "modules_to_not_convert": ["*a*b*c*d*e"]}}, "is not a pattern that is read here"),
    ({Q: {"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION"}},
     f"{Q}.quantized_layers = null is not an object"),
    ({Q: {"quant_method": "modelopt", "quant_algo": "INT3"}},
     f'{Q}.quant_algo = "INT3" is not counted here, only "FP8" or "NVFP4" or "MIXED_PRECISION"'),
    ({Q: listed({"lm_head": {"quant_algo": "INT4_AWQ"}})},
     f'quant_algo = "INT4_AWQ" in {Q}.quantized_layers is not counted here, only "FP8" or'),
    ({Q: listed({"lm_head": {"quant_algo": "NVFP4", "group_size": 32}})},
     f"group_size = 32 in {Q}.quantized_layers is not counted here, only 16"),
    ({Q: listed({"lm_head": "FP8"})}, f'"lm_head" in {Q}.quantized_layers = "FP8" is not an obj'),
    ({Q: listed({"layers.0.ffn.up": {"quant_algo": "FP8"}})},
     f'{Q}.quantized_layers lists "layers.0.ffn.up", which is not counted here'),
    ({Q: listed({"model.layers.0.mlp.experts.7.up_proj": {"quant_algo": "NVFP4"}})},
     f'"model.layers.0.mlp.experts.7.up_proj" in {Q}.quantized_layers is not counted here'),
    ({Q: listed({"lm_head": {"quant_algo": "FP8"}}), "tie_word_embeddings": True},
     f'{Q}.quantized_layers lists "lm_head", which is not counted here'),
    ({Q: {"quant_method": "bitsandbytes"}}, f"{Q}.load_in_4bit = false is not counted here"),
    ({Q: {**QUANTIZATIONS["gptq"], "dynamic": {"-:x": {}}}}, f"{Q}.dynamic = {{...}} is not"),
    ({Q: {**compressed(), "config_groups": 3}}, f"{Q}.config_groups = 3 is not an object"),
    ({Q: compressed({"weights": {**INT4, "type": "x"}})}, 'weights.type = "x" is not counted'),
    ({Q: compressed({"weights": INT4}, sparsity_config={"format": "sparse-24-bitmask"})},
     f'{Q}.sparsity_config.format = "sparse-24-bitmask" is not counted here, only "dense"'),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=range(len(WRONG)))
def test_wrong_values_are_one_line(changes, message):
    with pytest.raises(InputError) as caught:
        model_of("llama-3-8b", changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_only_parts_of_a_model_can_be_stored_apart():
    from dataclasses import replace

    with pytest.raises(InputError, match="unknown part of gpt-oss-20b 'norm_bytes'"):
        replace(models["gpt-oss-20b"], stored={"norm_bytes": 2})
    assert set(PARTS) == {"expert_bytes", "embedding_bytes", "other_bytes"}
