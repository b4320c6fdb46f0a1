"""Usual values of every symbol: a range, and one value, of Llama 3 8B, the post's setting, an H100.

A symbol that has none here is in the middle of its usual range.
"""

from lifebook.shapes import shape_laws
from lifecost import hardware, laws, models, post, power_laws
from lifecost.symbols import SYMBOLS

# Narrower than what the package allows, where a power may overflow. Heads come in whole groups.
RANGES = {
    name: quantity.usual or (quantity.low, quantity.high)
    for name, quantity in SYMBOLS.items()
    if (quantity.absent is None or quantity.usual) and name != "n_head"
}
MIDDLES = {name: (q.usual[0] * q.usual[1]) ** 0.5 for name, q in SYMBOLS.items() if q.usual}

USUAL = {
    **{name: round(x) if SYMBOLS[name].integer else x for name, x in MIDDLES.items()},
    **models["llama-3-8b"].bindings, **post.bindings, **laws["sardana"].bindings,
    **power_laws["kaplan-params"].bindings, **hardware["h100-sxm"].at("fp8"), "hoi": 600,
    "train_flops": 1e23, "sequence_length": 8192, "prefill_tokens": 1e12, "decode_tokens": 1e12,
    "tokens_per_day": 1e9, "intensity": 100, "n_chip": 8, "tensor_parallel": 8, "data_parallel": 2,
    "expert_parallel": 1, "pipeline_parallel": 1, "memory_reserve": 0.1, "bandwidth_share": 0.8,
    "flops_share": 0.5, "expert_flops_share": 0.4, "attention_peak": 989e12,
    "attention_peak_share": 0.77, "link_share": 0.75, "operation_time": 1e-5,
    "collective_time": 5e-6, "activation_bytes": 2, "prompt_length": 4096, "answer_length": 512,
    "aggregated": 1, "chip_hour_price": 2, "element_bits": 8,
    "scale_bytes": 2, "block_size": 32, "target_loss": 2.5, "train_mfu": 0.4, "prefill_mfu": 0.5,
    "decode_efficiency": 0.5, "kv_scale": 20, "kv_exponent": 0.35, "peer_params": 1e10,
    "kv_share": 0.25, "loss_gap": 0.01, "draft_length": 4, "acceptance_rate": 0.8,
    "draft_cost_ratio": 0.05, "draft_context": 512, "draft_share": 0.25,
    "interaction_multiplier": 10,
    "training_factor": 1.5, **shape_laws["bian-1b"].bindings, "n_body": 6_979_588_096,
    "relative_width": 0.05, "ff_ratio": 4.2, "loss_ratio": 1.01, "group_size": 4,
    "attention_share": 0.5, "size_ratio": 0.5,
    "kv_width": 1024, "full_every": 4, "reach": 2048, "keeps_all": 0, "index_width": 128,
    "state_size": 4_194_304,
}  # fmt: skip
