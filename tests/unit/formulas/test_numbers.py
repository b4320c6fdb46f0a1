"""Every formula against a number from elsewhere: published, or counted here in plain integers."""

import math

import numpy as np
import pytest
from every import every
from walk import Walk

from lifecost import FORMULAS
from lifecost.formulas._settings import (
    ATTENTION_8B,
    BESIROGLU,
    BIAN_1B,
    BIAN_SMALL,
    BODY_8B,
    EIGHTH,
    GOPHER,
    GPT_3,
    HALF,
    HOFFMANN,
    KV_8B,
    KV_405B,
    KV_FAMILY,
    LIFE_8B,
    LINE_8B,
    LLAMA_8B,
    LLAMA_405B,
    MATRICES_8B,
    MIXED,
    PARAMETERS_8B,
    POST,
    READ_8B,
    SARDANA,
    STEP_8B,
    TWO_H100,
)

# A shape in which no two sizes are equal, so that none can stand in for another.
ODD = dict(
    n_layer=3, d_model=40, n_ff_matrix=2, d_ff=110, n_head=6, n_kv_head=2, d_head=7, vocab_size=501,
    tied_embeddings=1,
)  # fmt: skip

UNROUNDED = dict(
    loss_floor=1.6934, param_scale=406.401, data_scale=410.7228, param_exponent=0.33917084,
    data_exponent=0.2849083,
)  # fmt: skip


SMALL, LARGE = Walk(LLAMA_8B, context=8192), Walk(LLAMA_405B, context=8192)
SMALLEST = Walk(ODD, context=50)


def sardana_loss(n_params, train_tokens):
    return 1.69 + 406.4 / n_params**0.336 + 410.7 / train_tokens**0.283


def least_budget(loss):
    """Return the least budget that reaches a loss under Sardana's constants, by search alone."""

    def best_loss(budget):
        sizes = np.exp(np.linspace(math.log(1e6), math.log(1e14), 400_001))
        return sardana_loss(sizes, budget / (6 * sizes)).min()

    low, high = 1e18, 1e30
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if best_loss(middle) > loss else (low, middle)
    return high


def relative_life(size, peer, served, load_per_answer, answers):
    """Return a life's cost over its peer's at equal loss under Sardana's law, in plain steps."""
    peer_tokens = (410.7 * 0.283 / (406.4 * 0.336) * peer**0.336) ** (1 / 0.283)
    left = sardana_loss(peer, peer_tokens) - 1.69 - 406.4 / size**0.336
    costs = [
        6 * n * tokens + 2 * n * served + max(2 * n, load_per_answer(n)) * answers
        for n, tokens in ((size, (410.7 / left) ** (1 / 0.283)), (peer, peer_tokens))
    ]
    return costs[0] / costs[1]


LINE_405B = dict(
    n_body=LARGE.stored - 2 * 128256 * 16384, n_layer=126, n_kv_head=8, d_head=128,
    ff_ratio=3 * 53248 / (2 * (16384 + 1024)),
)  # fmt: skip


def shape_factor(law, width, share):
    a, b = list(law.values())[:3], list(law.values())[3:]
    of_width = a[0] + a[1] * np.log(width) + a[2] / width
    return of_width * (b[0] + b[1] * np.log(share) + b[2] / share)


LLAMA_70B = dict(LLAMA_8B, n_layer=80, d_model=8192, d_ff=28672, n_head=64)

# A quarter of attention's arithmetic, of half the weights, at 64 tokens.
WORK_SHORT = SMALL.macs + SMALL.cache_macs / 2 * 64 / 8192

# Training as Rajbhandari et al. (2020) and Korthikanti et al. (2023, table 3) count it. The latter
# take whole scores: those of 2,048 tokens are the causal half of twice as many.
ZERO = dict(MIXED, n_params=7.5e9)
MT_NLG = dict(GPT_3, n_layer=105, d_model=20480, d_ff=4 * 20480, n_head=128, n_kv_head=128,
              d_head=160)  # fmt: skip
WHOLE_SCORES = 105 * 4 * 2048 * 20480
FORWARD = 105 * 24 * 20480**2 + WHOLE_SCORES + 2 * 20480 * 51200

# Beyond the example of each formula: what else is published, the other side of a maximum, a shape
# like no other. name: [(inputs, expected, relative tolerance, where the number is from)]. A
# tolerance is the rounding of a printed number; what is counted has none beyond floating point.
EXACT = 1e-12
MORE = {
    "operational_intensity": [
        (dict(peak_flops=9000e12, memory_bandwidth=8e12), 1125, EXACT, "B200, FP4, dense"),
    ],
    "attainable_flops": [
        (dict(peak_flops=1979e12, memory_bandwidth=3.35e12, intensity=591), 1979e12, 0, "roof"),
    ],
    "attention_intensity": [
        (dict(n_head=32, n_kv_head=32, kv_bytes=2), 1, 0, "multi-head, two bytes"),
    ],
    "parameter_count": [
        (LLAMA_405B, 405_853_388_800, 0, "Llama 3.1 405B, from its configuration"),
        (ODD, SMALLEST.stored, 0, "counted here"),
    ],
    "parameters_saved": [
        (LLAMA_8B, Walk({**LLAMA_8B, "n_kv_head": 32}).stored - SMALL.stored, 0,
         "counted here, with and without grouping"),
    ],
    "active_parameters": [
        (ODD, SMALLEST.stored, 0, "counted here"),
    ],
    "training_states": [
        (dict(ZERO, n_chip=1), 120e9, EXACT, "Rajbhandari et al. 2020, figure 1: nothing divided"),
        (dict(ZERO, n_chip=64, weight_shards=1, gradient_shards=1), 31.4e9, 1e-3,
         "figure 1: the optimizer's states divided"),
        (dict(ZERO, n_chip=64, weight_shards=1), 16.6e9, 3e-3, "figure 1: gradients too"),
        (dict(ZERO, n_params=1.5e9, n_chip=1), 24e9, EXACT, "section 3.1: GPT-2"),
        (dict(ZERO, n_params=1, n_chip=1, gradient_bytes=4), 18, EXACT,
         "Megatron-LM at 00caa53, theoretical_memory_usage.py: gradients in 32 bits"),
        (dict(ZERO, n_params=1, n_chip=8, weight_shards=1, gradient_shards=1, gradient_bytes=4),
         6 + 12 / 8, EXACT, "the same with its distributed optimizer"),
    ],
    "activation_memory": [
        (dict(MT_NLG, activation_shards=8), 32 * 2048 * 20480 * 105 / 8, EXACT,
         "Korthikanti et al. 2023, equation 6: 34 s b h L / t, 2 of it masks of dropout"),
        (dict(LLAMA_8B, sequence_length=2**14, micro_batch=1, activation_bytes=2),
         32 * 2**14 * (13 * 4096 + 6 * 14336), EXACT,
         "grouped and gated: 13 s b h and 6 s b d_ff a layer, counted here"),
    ],
    "score_memory": [
        (MT_NLG, 2 * 128 * 2048**2 * 105, EXACT, "Korthikanti et al. 2023, section 4.1"),
    ],
    "training_flops_done": [
        (dict(MT_NLG, vocab_size=51200, tied_embeddings=1, train_tokens=1, sequence_length=4096,
              recomputed=WHOLE_SCORES / FORWARD), 3 * FORWARD + WHOLE_SCORES, EXACT,
         "Korthikanti et al. 2023, appendix A, in words: scores and mixture once more"),
    ],
    "adapter_training_flops": [
        (dict(LLAMA_70B, train_tokens=1, sequence_length=n), 6 * share * (
            Walk(LLAMA_70B).macs + 80 * 8192 * n), 5e-5 / share, f"{share} of all FLOPs: {origin}")
        for n, share, origin in (
            (256, 0.6675, "NVIDIA-NeMo/Automodel, pull request 786"),
            (512, 0.6683, "counted here"), (1024, 0.6699, "here"), (8192, 0.6906, "here"),
        )
    ],
    "pipeline_bubble": [
        (dict(pipeline_parallel=p, n_micro_batch=4 * p), (p - 1) / (5 * p - 1), EXACT,
         "Huang et al. 2019, section 2.3: (K - 1) / (M + K - 1)") for p in (1, 8, 64)
    ],
    "read_parameters": [
        (ODD, SMALLEST.macs, 0, "counted here"),
    ],
    "multiplied_parameters": [
        (ODD, SMALLEST.macs, 0, "counted here"),
    ],
    "matmul_flops": [
        (ODD, 2 * SMALLEST.macs, 0, "counted here"),
    ],
    "attention_flops": [
        ({**ODD, "context": 50}, 2 * SMALLEST.cache_macs, 0, "counted here"),
    ],
    "token_flops": [
        ({**LLAMA_405B, "context": 8192}, 2 * LARGE.macs + 2 * LARGE.cache_macs, 0,
         "counted here"),
        ({**ODD, "context": 50}, 2 * SMALLEST.macs + 2 * SMALLEST.cache_macs, 0,
         "counted here"),
    ],
    "attention_to_estimate": [
        ({**LLAMA_405B, "context": 8192, "n_params": 405_853_388_800}, 0.083, 5e-3, "8.3 %"),
    ],
    "lookup_to_estimate": [
        ({**ODD, "n_params": 1000}, (SMALLEST.stored - SMALLEST.macs) / 1000, EXACT,
         "counted here"),
    ],
    "kv_elements_per_token": [
        (dict(n_layer=118, n_kv_head=1, d_head=256), 60_416, 0, "PaLM 540B, multi-query"),
        (ODD, SMALLEST.held // 50, 0, "counted here"),
    ],
    "kv_bytes_per_token": [
        (dict(n_layer=20, n_kv_head=4, d_head=128, kv_bytes=2), 40_960, 0, "table 1"),
    ],
    "kv_cache_size": [
        ({**LLAMA_8B, **POST}, 64 * 2**30, 0, "the post's 69 GB"),
        ({**LLAMA_405B, **POST}, KV_405B, 0, "the post's 270 GB"),
        ({**ODD, "batch": 5, "context": 50, "kv_bytes": 2}, 5 * 2 * SMALLEST.held, 0, "counted"),
    ],
    "kv_bytes_read": [
        ({**ODD, "batch": 5, "context": 50, "kv_bytes": 2}, 5 * 2 * SMALLEST.held, 0, "counted"),
    ],
    "quantized_bytes": [
        (dict(element_bits=4, scale_bytes=2, block_size=32), 18 / 32, 0, "4-bit, block of 32"),
    ],
    "kv_cache_reduction": [
        (dict(n_head=128, n_kv_head=8), 16, 0, "Llama 3 405B"),
    ],
    "kv_to_compute_ratio": [
        ({**LLAMA_405B, **POST, "n_params": 405_853_388_800}, 1.563, 3e-4, "the post's 1.5"),
    ],
    "decode_step_cost": [
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 2.048e12, 0, "compute-bound"),
    ],
    "decode_utilization": [
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 1, 0, "compute-bound"),
    ],
    "break_even_context": [
        ({**LLAMA_405B, **POST, "n_params": 405e9}, 5232, 1e-4, "8192 / 1.566"),
    ],
    "balancing_batch": [
        ({**LLAMA_405B, **POST, "n_params": 405e9}, math.inf, 0, "beyond: no batch is enough"),
    ],
    "decode_step_cost_full": [
        # Two heads in 32 at a short context: arithmetic is dearer at a batch of 4,096.
        ({**LLAMA_8B, **POST, "context": 1, "batch": 4096},
         4096 * (2 * SMALL.macs + 2 * SMALL.cache_macs // 8192), 0, "compute-bound"),
    ],
    "prompt_flops": [
        ({**ODD, "context": 50, "batch": 1},
         50 * (2 * SMALLEST.macs + SMALLEST.cache_macs), EXACT, "counted here"),
    ],
    "decode_weights_time": [
        ({**LLAMA_8B, **POST, **TWO_H100, "weight_bytes": 2}, 2 * SMALL.macs / 6.7e12, EXACT,
         "bf16"),
    ],
    "decode_step_time": [
        ({**LLAMA_8B, **POST, **TWO_H100, "peak_flops": 1e12}, STEP_8B / 2e12, EXACT,
         "compute-bound"),
    ],
    "decode_step_time_serial": [
        ({**LLAMA_8B, **POST, **TWO_H100, "peak_flops": 1e12}, STEP_8B / 2e12 + KV_8B / 6.7e12,
         EXACT, "one after the other"),
        # The scaling-book's table, 13B on 8 TPU v5e in bf16, from 13e9 parameters and 6.7e9 bytes
        # of cache a sequence, which are rounded.
        (dict(n_layer=40, d_model=5120, n_ff_matrix=3, d_ff=13824, n_head=40, n_kv_head=40,
              d_head=128, vocab_size=32000, batch=64, context=8192, kv_bytes=2, weight_bytes=2,
              peak_flops=197e12, memory_bandwidth=8.2e11, tensor_parallel=8), 69.33e-3, 2e-3,
         "scaling-book, batch 64"),
    ],
    "prefill_time": [
        ({**LLAMA_8B, **POST, **TWO_H100, "batch": 1, "context": 1}, SMALL.macs / 6.7e12,
         EXACT, "one token: the weights"),
    ],
    "chips_needed": [
        ({**LLAMA_8B, **POST, "n_kv_head": 32, "n_params": 8_030_261_248, "memory_capacity": 80e9},
         (8_030_261_248 + 4 * KV_8B) / 80e9, EXACT, "multi-head: four chips"),
    ],
    "largest_batch": [
        ({**LLAMA_8B, **POST, "n_params": 81e9, "memory_capacity": 80e9}, 0, 0,
         "the weights do not fit"),
    ],
    "training_flops": [
        (dict(n_params=174.6e9, train_tokens=300e9), 3.14e23, 2e-3, "GPT-3 175B, table D.1"),
    ],
    "training_flops_exact": [
        # PaLM 540B: 3.28e12 per token with attention (table 22). That count takes the whole
        # square of scores; an equivalent causal one is twice as long.
        (dict(n_layer=118, d_model=18432, n_ff_matrix=3, d_ff=73728, n_head=48, n_kv_head=1,
              d_head=256, vocab_size=256000, sequence_length=2 * 2048, train_tokens=1),
         3.28e12, 1.5e-3, "PaLM, table 22"),
    ],
    "loss": [
        ({**SARDANA, "n_params": 30e9, "train_tokens": 1.54e12}, 1.96, 3e-3,
         "Sardana et al. 2024, section 2: about 1.96 at 30B"),
    ],
    "isoflop_loss": [
        ({**SARDANA, "n_params": 13e9, "train_flops": 6 * 13e9 * 4e11}, sardana_loss(13e9, 4e11),
         EXACT, "by hand, on 4e11 tokens"),
    ],
    "optimal_params": [
        ({**HOFFMANN, "train_flops": GOPHER}, 32e9, 1e-2, "printed constants: 32B"),
        ({**UNROUNDED, "train_flops": GOPHER}, 40e9, 1e-2, "unrounded constants: 40B"),
        ({**BESIROGLU, "train_flops": GOPHER}, 72e9, 1e-2, "the refit: 72B"),
    ],
    "optimal_tokens_per_parameter": [
        ({**UNROUNDED, "train_flops": GOPHER}, 59, 1e-2, "unrounded constants"),
        ({**BESIROGLU, "train_flops": GOPHER}, 18.4, 5e-3, "the refit"),
    ],
    "compute_overhead": [
        ({**SARDANA, "n_params": 10e9, "train_flops": 1e23},
         1e23 / least_budget(sardana_loss(10e9, 1e23 / 60e9)), 1e-5, "found by search"),
    ],
    "power_law": [
        (dict(power_law_scale=0.29, power_law_exponent=0.53, compute_unit=1, train_flops=3.8e25),
         1.05e13, 5e-3, "Llama 3's printed constants"),
    ],
    "compute_optimal_loss": [
        ({**SARDANA, "n_params": 70e9}, sardana_loss(70e9, 4.26e12), 5e-5,
         "appendix B, table 2: 4.26T is rounded"),
    ],
    "size_to_data_return": [
        ({**SARDANA, "n_params": 41.55e9, "train_tokens": 7.923e12, "prefill_tokens": 1e13}, 1,
         1e-4, "balanced at Sardana's optimum"),
    ],
    "family_lifetime_cost": [
        ({**KV_FAMILY, "context": 1, "n_params": 1e10, "train_tokens": 1e12,
          "prefill_tokens": 1e12, "decode_tokens": 1e12}, 6e22 + 2e22 + 2e22, EXACT, "computing"),
    ],
    "relative_forward_cost": [
        ({**SARDANA, "n_params": 1e8, "peer_params": 13e9, "prefill_tokens": 0,
          "decode_tokens": 2e12}, math.inf, 0, "too small for that loss"),
    ],
    "relative_lifetime_cost": [
        ({**KV_FAMILY, **SARDANA, "n_params": 9e9, "peer_params": 13e9, "prefill_tokens": 1e12,
          "decode_tokens": 1e10},
         relative_life(9e9, 13e9, 1e12, lambda n: 600 * 8192 * 20 * n**0.5, 1e10), 1e-11,
         "in plain steps"),
    ],
    "compressed_decode_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "decode_tokens": 1e12, "kv_share": 0.01}, 16e21,
         EXACT, "arithmetic is what is left"),
    ],
    "break_even_params_penalty": [
        ({**LIFE_8B, "kv_share": 1}, 0, EXACT, "nothing saved, nothing to lose"),
    ],
    "equal_loss_params_penalty": [
        ({**BESIROGLU, "n_params": 8e9, "loss_gap": 0.1733}, 1, 1e-9, "no size makes it good"),
    ],
    "equal_loss_tokens_penalty": [
        ({**BESIROGLU, "train_tokens": 15e12, "loss_gap": 0.0316}, 1, EXACT,
         "no number of tokens makes it good"),
    ],
    "expected_tokens": [
        (dict(draft_length=7, acceptance_rate=0), 1, EXACT, "no guess is right"),
        (dict(draft_length=0, acceptance_rate=0.8), 1, EXACT, "no guess is made"),
    ],
    "verification_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "draft_length": 40}, 41 * 16e9 * 128, EXACT,
         "computing"),
    ],
    "verification_cost_full": [
        ({**LLAMA_8B, **POST, "draft_length": 0}, max(STEP_8B, READ_8B), EXACT, "a decode step"),
    ],
    "interaction_step_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "interaction_multiplier": 72},
         2.048e12 + 72 * 128 * 2 * SMALL.cache_macs, EXACT, "72 times does not"),
    ],
    "free_interaction": [
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 0, 0, "compute-bound"),
    ],
    "interaction_step_cost_full": [
        ({**LLAMA_8B, **POST, "interaction_multiplier": 80},
         128 * (2 * SMALL.macs + 80 * 2 * SMALL.cache_macs), EXACT, "compute-bound"),
    ],
    "free_interaction_full": [
        ({**LLAMA_8B, **POST, "context": 1, "batch": 4096}, 0, 0, "compute-bound"),
    ],
    "attainable_share": [
        (dict(hoi=600, intensity=601), 1, 0, "roof"),
    ],
    "interaction_utilization": [
        (dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=75, hoi=600), 1, 0,
         "the roof"),
    ],
    "interaction_lifetime_cost": [
        ({**LLAMA_8B, **POST, "sequence_length": 8192, "train_tokens": 1e12,
          "prefill_tokens": 0, "decode_tokens": 3e12, "interaction_multiplier": 100},
         3e12 * (2 * SMALL.macs + 50 * 2 * SMALL.cache_macs)
         + 3e12 * (2 * SMALL.macs + 100 * 2 * SMALL.cache_macs), EXACT,
         "by hand: compute-bound decode"),
    ],
    "cache_saving_needed": [
        ({**LLAMA_8B, **POST, "sequence_length": 4096, "train_tokens": 1e12,
          "prefill_tokens": 2e12, "decode_tokens": 0, "interaction_multiplier": 5}, math.inf, 0,
         "nothing decoded"),
    ],
    "talking_heads_multiplier": [
        (dict(n_head=128, d_head=128), 2, 0, "as many heads as they are wide"),
    ],
    "non_embedding_params": [
        ({k: v for k, v in ODD.items() if k not in ("vocab_size", "tied_embeddings")},
         SMALLEST.stored - 501 * 40, 0, "counted"),
    ],
    "shape_ff_ratio": [
        (dict(n_ff_matrix=3, d_ff=4096, n_head=72, n_kv_head=18, d_head=64), 1.07, 5e-3,
         "the same: Panda-1B"),
    ],
    "width_factor": [
        ({**{k: v for k, v in BIAN_SMALL.items() if "width" in k}, "relative_width": 0.08},
         2.697 + 0.0974 * math.log(0.08) + 0.0078 / 0.08, EXACT, "written out"),
        (dict(relative_width=0.01, width_constant=1, width_log=1, width_inverse=0), 0, 0,
         "no loss below zero"),
    ],
    "ff_factor": [
        ({**{k: v for k, v in BIAN_1B.items() if "ff" in k}, "ff_ratio": 4.8},
         0.5104 + 0.0051 * math.log(4.8) + 0.0062 / 4.8, EXACT, "written out"),
    ],
    "shape_factor": [
        ({**BIAN_1B, "relative_width": 0.05, "ff_ratio": 4.2},
         float(shape_factor(BIAN_1B, 0.05, 4.2)), EXACT, "written out"),
    ],
    "shape_params": [
        ({**SARDANA, "n_params": 8e9, "train_tokens": 15e12, "loss_ratio": 1.01},
         (406.4 / (sardana_loss(8e9, 15e12) / 1.01 - 1.69 - 410.7 / 15e12**0.283)) ** (1 / 0.336),
         EXACT, "the law, solved by hand"),
        ({**SARDANA, "n_params": 8e9, "train_tokens": 15e12, "loss_ratio": 2}, math.inf, 0,
         "below the floor"),
    ],
    "shape_layers": [
        ({**{k: v for k, v in line.items() if k != "n_layer"}, "relative_width": width}, layers,
         EXACT, "published")
        for line, width, layers in (
            (LINE_8B, 4096 / math.sqrt(BODY_8B), 32),
            (LINE_405B, 16384 / math.sqrt(LINE_405B["n_body"]), 126),
        )
    ],
    "shape_width": [
        (LINE_405B, 16384, EXACT, "Llama 3 405B"),
    ],
    "shape_ff_width": [
        ({**LINE_405B, "n_ff_matrix": 3}, 53248, EXACT, "Llama 3 405B"),
    ],
    "equal_size_factor": [
        ({**LINE_8B, **law}, float(shape_factor(law, 4096 / math.sqrt(BODY_8B), 4.2)), EXACT,
         "written out at the published shape")
        for law in (BIAN_SMALL, BIAN_1B)
    ],
    "equal_size_decode_cost": [
        ({**POST, **LINE_8B, "vocab_size": 128256, "hoi": 1}, STEP_8B / 128, EXACT,
         "bound by arithmetic"),
    ],
    "decode_utilization_limit": [
        ({**{k: v for k, v in LLAMA_8B.items() if k != "tied_embeddings"}, "context": 8192,
          "kv_bytes": 1, "hoi": hoi}, expected, EXACT, "counted")
        for hoi, expected in ((600, STEP_8B / (600 * KV_8B)), (1, 1))
    ],
    "design_token_cost": [
        ({**EIGHTH, "kv_share": 1, "draft_length": 0}, 600 * KV_8B / 128, EXACT, "no lever"),
    ],
    "design_token_cost_full": [
        ({**HALF, "draft_length": 1, "context": 64, "batch": 1024},
         2.05 * WORK_SHORT / 1.8, EXACT, "by hand: computing"),
        ({**HALF, "draft_length": 0}, (300 * MATRICES_8B + 75 * KV_8B) / 128, EXACT,
         "by hand: reading, no guess"),
        ({**HALF, "draft_length": 0, "kv_share": 1, "size_ratio": 1}, READ_8B / 128, EXACT,
         "no lever"),
    ],
    "design_inference_factor": [
        ({**EIGHTH, "kv_share": 0, "draft_length": 0, "prefill_tokens": 0, "decode_tokens": 1e12},
         600 * KV_8B / 128 / 16e9, EXACT, "what is left is a forward pass: 20"),
    ],
}  # fmt: skip


@every("formula", FORMULAS.values())
def test_example(formula):
    given, value, origin, rounding = formula.example
    assert origin
    assert formula(given) == pytest.approx(value, rel=rounding, abs=0)


def test_what_the_examples_count_is_counted():
    assert SMALL.stored == PARAMETERS_8B
    assert SMALL.macs == MATRICES_8B
    assert 2 * SMALL.cache_macs == ATTENTION_8B
    assert 128 * SMALL.held == KV_8B
    assert 128 * LARGE.held == KV_405B


@pytest.mark.parametrize(
    ("name", "inputs", "expected", "tolerance"),
    [
        pytest.param(name, inputs, expected, tolerance, id=f"{name}-{source}")
        for name, cases in MORE.items()
        for inputs, expected, tolerance, source in cases
    ],
)
def test_number(name, inputs, expected, tolerance):
    assert FORMULAS[name](inputs) == pytest.approx(expected, rel=tolerance, abs=0)


@pytest.mark.parametrize("constants", [HOFFMANN, UNROUNDED, BESIROGLU, SARDANA])
def test_exponents_of_the_optimum(constants):
    # Hoffmann et al. 2022, equation 4: a = beta / (alpha + beta), b = alpha / (alpha + beta).
    # Table 2 prints 0.46 and 0.54 for Approach 3; Besiroglu et al. 2024 print a = 0.513.
    alpha, beta = constants["param_exponent"], constants["data_exponent"]
    for name, exponent in (("optimal_params", beta), ("optimal_tokens", alpha)):
        low, high = FORMULAS[name](constants, train_flops=[1e22, 1e24])
        measured = math.log(high / low) / math.log(100)
        assert measured == pytest.approx(exponent / (alpha + beta), rel=1e-9)


@pytest.mark.parametrize(
    ("constants", "printed", "digits"), [(UNROUNDED, 0.46, 2), (BESIROGLU, 0.513, 3)]
)
def test_printed_exponent(constants, printed, digits):
    low, high = FORMULAS["optimal_params"](constants, train_flops=[1e22, 1e24])
    assert round(math.log(high / low) / math.log(100), digits) == printed
