"""Where configurations come from: the library's defaults, published files, and small additions."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .measure import CONFIG_MAPPING

# Fields that change no shape. Without them a record is short; it is measured without them too.
NO_SHAPE = re.compile(
    r"token_id|token_index|initializer|initial_range|_eps$|epsilon|dropout|pdrop|_act$|activation_f"
    r"|^rope_(theta|scaling|parameters|local|type|inter|percent)|partial_rotary|^rotary_(base|emb|pct)|theta$"
    r"|^use_cache$|dtype|transformers_version|aux_loss|z_loss|problem_type|softcap|pretraining_tp"
    r"|^output_(attentions|hidden|router|scores)|routed_scaling|scaling_factor|norm_topk|num_logits"
    r"|(embedding|residual|logits|attention|attn|lm_head|key|ssm|mlp|in|out)_multipliers?$|logit_scale"
    r"|time_step_(min|max|floor|limit|scale|init)|^summary_|id2label|label2id|return_dict|jitter"
    r"|quantization|auto_map|_name_or_path|torch_|unsloth|suppress|^rescale|scoring_func|topk_method"
    r"|^ep_size$|residual_in_fp32|use_mamba_kernels|attn_implementation|chunk_size_feed|_dtype$"
)
TEXT = ("text_config", "llm_config", "language_config", "thinker_config", "decoder")

# What a default lacks: fields without which the library builds nothing, or nothing with a cache.
DECODERS = (
    "bert", "bert-generation", "big_bird", "camembert", "data2vec-text", "electra", "ernie",
    "megatron-bert", "rembert", "roberta", "roberta-prelayernorm", "roc_bert", "roformer",
    "xlm-roberta", "xlm-roberta-xl", "xmod",
)  # fmt: skip
MROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [16, 24, 24]}
QUARTER = {"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}
LACKING: dict[str, dict[str, Any]] = {
    **{name: {"is_decoder": True} for name in DECODERS},
    "aya_vision": {
        "text_config": {"model_type": "cohere2"},
        "vision_config": {"hidden_size": 1152, "num_attention_heads": 16},
    },
    "bamba": {"attn_layer_indices": [9, 18, 27]},
    "chameleon": {"vocabulary_map": {"<image>": 8197, "a": 5}},
    "cohere_compass": {"text_config": {"rope_parameters": {"full_attention": MROPE}}},
    "cohere_compass_text": {
        "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10000.0}}
    },
    "dbrx": {
        "d_model": 6144, "n_heads": 48, "n_layers": 40, "vocab_size": 100352,
        "attn_config": {"kv_n_heads": 8, "rope_theta": 500000, "clip_qkv": 8},
        "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4},
    },
    "deepseek_ocr2": {"text_config": {
        "mlp_layer_types": ["dense"] + ["sparse"] * 11, "num_hidden_layers": 12,
        "n_routed_experts": 64, "n_shared_experts": 2, "num_experts_per_tok": 6,
        "hidden_size": 1280, "num_attention_heads": 10, "moe_intermediate_size": 896,
    }},
    "deepseek_v2": {"num_experts_per_tok": 6},
    "diffusion_gemma": {
        "text_config": {"num_experts": 8, "top_k_experts": 2, "moe_intermediate_size": 704}
    },
    "dots1": {"n_routed_experts": 128, "n_shared_experts": 2, "num_experts_per_tok": 6,
              "first_k_dense_replace": 1},
    "glm46v": {"text_config": {"rope_parameters": MROPE}},
    "glm4v_moe": {"text_config": {
        "head_dim": 128, "rope_parameters": {**MROPE, "mrope_section": [8, 12, 12]},
    }},
    "glm4v": {"text_config": {"rope_parameters": MROPE}},
    "glmga": {"text_config": {"rope_parameters": MROPE}},
    "granitemoehybrid": {
        "layer_types": (["linear_attention"] * 7 + ["full_attention"]) * 4,
    },
    "hunyuan_v1_dense": {"head_dim": 128, "num_key_value_heads": 8},
    "hunyuan_v1_moe": {"head_dim": 128, "num_key_value_heads": 8, "num_experts": 16, "moe_topk": 2},
    "hunyuan_vl": {"text_config": {
        "head_dim": 128, "num_key_value_heads": 8,
        "rope_parameters": {**MROPE, "mrope_section": [16, 16, 16, 16]},
    }},
    "lfm2_moe": {
        "num_hidden_layers": 24,
        "layer_types": (["conv"] * 2 + ["full_attention"] + ["conv"]) * 6,
    },
    "ministral": {"head_dim": 128},
    "nemotron": {"num_key_value_heads": 8},
    "qwen4_exp": {"text_config": {
        "indexer_n_heads": 4, "indexer_kv_heads": 1, "indexer_head_dim": 128,
        "indexer_budget": 2048, "indexer_compress_ratio": 16, "rope_parameters": QUARTER,
    }},
    "qwen4_exp_text": {
        "indexer_n_heads": 4, "indexer_kv_heads": 1, "indexer_head_dim": 128,
        "indexer_budget": 2048, "indexer_compress_ratio": 16, "rope_parameters": QUARTER,
    },
    "step3p7": {"text_config": {
        "sliding_window": 512,
        "layer_types": (["full_attention"] + ["sliding_attention"] * 3) * 11 + ["full_attention"],
    }},
    "reformer": {"is_decoder": True, "attn_layers": ["local", "lsh"] * 3},
}  # fmt: skip


def text_of(config: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a config.json that describes the text decoder."""
    for name in TEXT:
        if isinstance(inner := config.get(name), dict) and inner:
            return text_of(inner)
    return config


def pruned(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config.json without what changes no shape, and without what is no text."""
    kept = {}
    for name, value in config.items():
        if name == "model_type" or name in TEXT:
            kept[name] = pruned(value) if isinstance(value, dict) else value
        elif NO_SHAPE.search(name) or re.search(r"vision|audio|image|video|speech|vq_config", name):
            continue
        elif name != "architectures" or value:
            kept[name] = value
    return kept


def default(model_type: str) -> dict[str, Any]:
    """Return what the library saves for a type's defaults, with what those lack."""
    given = LACKING.get(model_type, {})
    saved = CONFIG_MAPPING[model_type].from_dict({"model_type": model_type, **given}).to_diff_dict()
    return plain({**saved, "model_type": model_type})


def plain(value: Any) -> Any:
    """Return a value as JSON gives it back."""
    return json.loads(json.dumps(value, default=str))


def published(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield names and configurations of the files of a folder."""
    for path in sorted(folder.glob("*.json")):
        config = json.loads(path.read_text())
        if isinstance(config, dict) and "model_type" in config:
            yield path.stem, config
