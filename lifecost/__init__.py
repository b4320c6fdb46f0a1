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
    hardware,
    laws,
    models,
    post,
    power_laws,
)
from lifecost.errors import InputError
from lifecost.formula import FORMULAS, Formula
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
from lifecost.formulas.hardware import (
    operational_intensity,
    operational_intensity_per_element,
)
from lifecost.formulas.kv_cache import (
    kv_bytes_per_token,
    kv_cache_reduction,
    kv_cache_size,
    kv_to_weights_ratio,
    weights_size,
)
from lifecost.formulas.lifetime import (
    break_even_days,
    break_even_decode_tokens,
    decode_cost,
    decode_token_cost,
    lifetime_cost,
    size_slope_at_optimum,
)
from lifecost.formulas.prefill import (
    prefill_flops,
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
from lifecost.formulas.training import (
    affordable_tokens,
    equal_attention_sequence,
    training_attention_flops,
    training_attention_share,
    training_flops,
    training_flops_exact,
)
from lifecost.formulas.transformer import (
    attention_flops,
    attention_to_estimate,
    kv_elements_per_token,
    lookup_to_estimate,
    matmul_flops,
    multiplied_parameters,
    parameter_count,
    parameters_saved,
    token_flops,
    token_flops_estimate,
)
from lifecost.quantities import number, percent, quantity

__version__ = "0.1.0"

__all__ = [
    "FORMULAS",
    "Formula",
    "Hardware",
    "InputError",
    "Law",
    "Model",
    "PowerLaw",
    "__version__",
    "affordable_tokens",
    "attainable_flops",
    "attention_flops",
    "attention_intensity",
    "attention_rate",
    "attention_to_estimate",
    "balancing_batch",
    "balancing_group_size",
    "break_even_context",
    "break_even_days",
    "break_even_decode_tokens",
    "compute_overhead",
    "decode_cost",
    "decode_flops",
    "decode_intensity",
    "decode_memory_flop_equivalent",
    "decode_memory_to_compute_ratio",
    "decode_rate",
    "decode_step_cost",
    "decode_step_cost_full",
    "decode_token_cost",
    "decode_utilization",
    "equal_attention_sequence",
    "forward_flops",
    "hardware",
    "isoflop_loss",
    "kv_bytes_per_token",
    "kv_cache_reduction",
    "kv_cache_size",
    "kv_elements_per_token",
    "kv_load_flop_equivalent",
    "kv_to_compute_ratio",
    "kv_to_weights_ratio",
    "laws",
    "lifetime_cost",
    "lookup_to_estimate",
    "loss",
    "matching_tokens",
    "matmul_flops",
    "memory_to_compute_ratio",
    "models",
    "multiplied_parameters",
    "number",
    "operational_intensity",
    "operational_intensity_per_element",
    "optimal_loss",
    "optimal_params",
    "optimal_tokens",
    "optimal_tokens_per_parameter",
    "parameter_count",
    "parameters_saved",
    "percent",
    "post",
    "power_law",
    "power_laws",
    "prefill_flops",
    "prefill_intensity",
    "prefill_rate",
    "quantity",
    "size_slope_at_optimum",
    "token_flops",
    "token_flops_estimate",
    "training_attention_flops",
    "training_attention_share",
    "training_flops",
    "training_flops_exact",
    "weight_balancing_batch",
    "weight_load_flop_equivalent",
    "weights_size",
    "weights_to_compute_ratio",
]
