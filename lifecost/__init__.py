"""What a language model costs over its whole life: training, prefill and decode.

Every quantity is one symbolic formula with a name, a unit and a source. Call it with numbers,
arrays, or rows of the catalogs.

Examples
--------
>>> from lifecost import kv_cache_size, models
>>> kv_cache_size(models["llama-3-8b"], batch=128, context=8192, kv_bytes=1)
68719476736
"""

from lifecost.catalog import (
    Hardware,
    Law,
    Model,
    PowerLaw,
    columns,
    hardware,
    laws,
    models,
    post,
    power_laws,
)
from lifecost.errors import InputError
from lifecost.formula import FORMULAS, Formula
from lifecost.formulas.compression import (
    break_even_params_penalty,
    break_even_tokens_penalty,
    compressed_decode_cost,
    compressed_lifetime_cost,
    equal_loss_params_penalty,
    equal_loss_tokens_penalty,
    params_penalty,
    tokens_penalty,
)
from lifecost.formulas.decode import (
    balancing_batch,
    balancing_group_size,
    break_even_context,
    decode_flops,
    decode_memory_flop_equivalent,
    decode_memory_to_compute_ratio,
    decode_step_cost,
    decode_step_cost_full,
    decode_utilization,
    forward_flops,
    kv_load_flop_equivalent,
    kv_to_compute_ratio,
    memory_to_compute_ratio,
    weight_balancing_batch,
    weight_load_flop_equivalent,
    weights_to_compute_ratio,
)
from lifecost.formulas.design import (
    design_inference_factor,
    design_prompt_cost_full,
    design_token_cost,
    design_token_cost_full,
)
from lifecost.formulas.equal_loss import (
    compute_optimal_loss,
    equal_loss_params,
    equal_loss_tokens,
    forward_lifetime_flops,
    size_to_data_return,
)
from lifecost.formulas.hardware import (
    operational_intensity,
    operational_intensity_per_element,
)
from lifecost.formulas.interactions import (
    affordable_interaction,
    attainable_share,
    cache_saving_needed,
    free_interaction,
    free_interaction_full,
    interaction_intensity,
    interaction_lifetime_cost,
    interaction_step_cost,
    interaction_step_cost_full,
    interaction_training_factor,
    interaction_training_flops,
    interaction_utilization,
    pair_network_multiplier,
    talking_heads_multiplier,
)
from lifecost.formulas.kv_cache import (
    kv_bytes_per_token,
    kv_bytes_read,
    kv_cache_reduction,
    kv_cache_size,
    kv_to_weights_ratio,
    quantized_bytes,
    weights_size,
)
from lifecost.formulas.kv_family import (
    balanced_params,
    family_kv_cost,
    family_kv_elements,
    family_lifetime_cost,
    memory_bound_return,
    relative_forward_cost,
    relative_lifetime_cost,
)
from lifecost.formulas.lifetime import (
    break_even_days,
    break_even_decode_tokens,
    decode_cost,
    decode_token_cost,
    lifetime_chip_hours,
    lifetime_cost,
    lifetime_price,
    size_slope_at_optimum,
)
from lifecost.formulas.prefill import (
    prefill_flops,
    prompt_flops,
)
from lifecost.formulas.roofline import (
    attainable_flops,
    attention_intensity,
    attention_rate,
    decode_intensity,
    decode_rate,
    prefill_intensity,
    prefill_rate,
)
from lifecost.formulas.scaling_law import (
    compute_overhead,
    isoflop_loss,
    loss,
    matching_tokens,
    optimal_loss,
    optimal_params,
    optimal_tokens,
    optimal_tokens_per_parameter,
    power_law,
)
from lifecost.formulas.shape import (
    decode_utilization_limit,
    equal_size_decode_cost,
    equal_size_factor,
    ff_factor,
    half_utilization_batch,
    non_embedding_params,
    optimal_ff_ratio,
    optimal_relative_width,
    shape_factor,
    shape_ff_ratio,
    shape_ff_width,
    shape_layers,
    shape_params,
    shape_relative_width,
    shape_width,
    split_intensity,
    width_factor,
)
from lifecost.formulas.speculative import (
    expected_tokens,
    self_speculative_speedup,
    speculative_speedup,
    speculative_speedup_full,
    verification_cost,
    verification_cost_full,
    walltime_speedup,
)
from lifecost.formulas.time import (
    chips_needed,
    decode_compute_time,
    decode_kv_time,
    decode_step_time,
    decode_step_time_serial,
    decode_throughput,
    decode_throughput_serial,
    decode_weights_time,
    largest_batch,
    memory_needed,
    prefill_time,
)
from lifecost.formulas.training import (
    affordable_tokens,
    equal_attention_sequence,
    training_attention_flops,
    training_attention_share,
    training_flops,
    training_flops_exact,
)
from lifecost.formulas.transformer import (
    active_parameters,
    attention_flops,
    attention_to_estimate,
    kv_elements_per_token,
    lookup_to_estimate,
    matmul_flops,
    multiplied_parameters,
    parameter_count,
    parameters_saved,
    read_parameters,
    token_flops,
    token_flops_estimate,
)
from lifecost.quantities import number, percent, quantity

__version__ = "0.1.0"

__all__ = [
    "FORMULAS", "Formula", "Hardware", "InputError", "Law", "Model", "PowerLaw", "__version__",
    "active_parameters", "affordable_interaction", "affordable_tokens", "attainable_flops",
    "attainable_share", "attention_flops", "attention_intensity", "attention_rate",
    "attention_to_estimate", "balanced_params", "balancing_batch", "balancing_group_size",
    "break_even_context", "break_even_days", "break_even_decode_tokens",
    "break_even_params_penalty", "break_even_tokens_penalty", "cache_saving_needed",
    "chips_needed", "columns", "compressed_decode_cost", "compressed_lifetime_cost",
    "compute_optimal_loss", "compute_overhead", "decode_compute_time", "decode_cost",
    "decode_flops", "decode_intensity", "decode_kv_time", "decode_memory_flop_equivalent",
    "decode_memory_to_compute_ratio", "decode_rate", "decode_step_cost",
    "decode_step_cost_full", "decode_step_time", "decode_step_time_serial", "decode_throughput",
    "decode_throughput_serial", "decode_token_cost", "decode_utilization",
    "decode_utilization_limit", "decode_weights_time", "design_inference_factor",
    "design_prompt_cost_full", "design_token_cost", "design_token_cost_full",
    "equal_attention_sequence",
    "equal_loss_params", "equal_loss_params_penalty", "equal_loss_tokens",
    "equal_loss_tokens_penalty", "equal_size_decode_cost", "equal_size_factor",
    "expected_tokens", "family_kv_cost", "family_kv_elements", "family_lifetime_cost",
    "ff_factor", "forward_flops", "forward_lifetime_flops", "free_interaction",
    "free_interaction_full", "half_utilization_batch", "hardware", "interaction_intensity",
    "interaction_lifetime_cost", "interaction_step_cost", "interaction_step_cost_full",
    "interaction_training_factor", "interaction_training_flops", "interaction_utilization",
    "isoflop_loss", "kv_bytes_per_token", "kv_bytes_read", "kv_cache_reduction",
    "kv_cache_size", "kv_elements_per_token", "kv_load_flop_equivalent", "kv_to_compute_ratio",
    "kv_to_weights_ratio", "largest_batch", "laws", "lifetime_chip_hours", "lifetime_cost",
    "lifetime_price", "lookup_to_estimate", "loss", "matching_tokens", "matmul_flops",
    "memory_bound_return", "memory_needed", "memory_to_compute_ratio", "models",
    "multiplied_parameters", "non_embedding_params", "number", "operational_intensity",
    "operational_intensity_per_element", "optimal_ff_ratio", "optimal_loss", "optimal_params",
    "optimal_relative_width", "optimal_tokens", "optimal_tokens_per_parameter",
    "pair_network_multiplier", "parameter_count", "parameters_saved", "params_penalty",
    "percent", "post", "power_law", "power_laws", "prefill_flops", "prefill_intensity",
    "prefill_rate", "prefill_time", "prompt_flops", "quantity", "quantized_bytes",
    "read_parameters", "relative_forward_cost", "relative_lifetime_cost",
    "self_speculative_speedup", "shape_factor", "shape_ff_ratio", "shape_ff_width",
    "shape_layers", "shape_params", "shape_relative_width", "shape_width",
    "size_slope_at_optimum", "size_to_data_return", "speculative_speedup",
    "speculative_speedup_full", "split_intensity", "talking_heads_multiplier", "token_flops",
    "token_flops_estimate", "tokens_penalty", "training_attention_flops",
    "training_attention_share", "training_flops", "training_flops_exact", "verification_cost",
    "verification_cost_full", "walltime_speedup", "weight_balancing_batch",
    "weight_load_flop_equivalent", "weights_size", "weights_to_compute_ratio", "width_factor",
]  # fmt: skip
