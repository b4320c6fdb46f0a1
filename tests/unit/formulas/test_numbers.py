"""Every formula against a number from elsewhere: published, or counted here in plain integers."""

import math
from typing import NamedTuple

import numpy as np
import pytest

from lifecost import FORMULAS

# Shapes as published (Llama 3 paper, table 3), written out again: the catalog is under test too.
LLAMA_8B = dict(
    n_layer=32, d_model=4096, n_ff_matrix=3, d_ff=14336, n_head=32, n_kv_head=8, d_head=128,
    vocab_size=128256, tied_embeddings=0,
)  # fmt: skip
LLAMA_405B = dict(
    n_layer=126, d_model=16384, n_ff_matrix=3, d_ff=53248, n_head=128, n_kv_head=8, d_head=128,
    vocab_size=128256, tied_embeddings=0,
)  # fmt: skip
# A shape in which no two sizes are equal, so that none can stand in for another.
ODD = dict(
    n_layer=3, d_model=40, n_ff_matrix=2, d_ff=110, n_head=6, n_kv_head=2, d_head=7, vocab_size=501,
    tied_embeddings=1,
)  # fmt: skip

POST = dict(batch=128, context=8192, kv_bytes=1, weight_bytes=1, hoi=600)
KV_8B = 2 * 32 * 8 * 128 * 8192 * 128  # bytes: keys and values, layers, heads, width, tokens, batch
KV_405B = 2 * 126 * 8 * 128 * 8192 * 128

HOFFMANN = dict(
    loss_floor=1.69, param_scale=406.4, data_scale=410.7, param_exponent=0.34, data_exponent=0.28
)
UNROUNDED = dict(
    loss_floor=1.6934, param_scale=406.401, data_scale=410.7228, param_exponent=0.33917084,
    data_exponent=0.2849083,
)  # fmt: skip
BESIROGLU = dict(
    loss_floor=1.8172, param_scale=482.01, data_scale=2085.43, param_exponent=0.3478,
    data_exponent=0.3658,
)  # fmt: skip
SARDANA = dict(
    loss_floor=1.69, param_scale=406.4, data_scale=410.7, param_exponent=0.336, data_exponent=0.283
)
GOPHER = 5.76e23  # FLOPs of Gopher's training, Hoffmann et al. 2022, table 3


class Counts(NamedTuple):
    parameters: int
    multiplied: int
    weight_flops: int
    attention_flops: int
    cache: int


def count(shape, context):
    """Walk through a decoder layer by layer, matrix by matrix, and count what is there.

    An implementation of its own: it shares no table and no formula with the package.
    """
    s = shape
    query, key = s["n_head"] * s["d_head"], s["n_kv_head"] * s["d_head"]
    empty = np.broadcast_to  # a matrix by shape alone, without memory
    multiplied, elementwise, cache, attention = [], [], [], 0
    for _ in range(s["n_layer"]):
        multiplied += [empty(0, (s["d_model"], width)) for width in (query, key, key)]
        multiplied += [empty(0, (query, s["d_model"]))]
        gates = [empty(0, (s["d_model"], s["d_ff"]))] * (s["n_ff_matrix"] - 1)
        multiplied += [*gates, empty(0, (s["d_ff"], s["d_model"]))]
        elementwise += [empty(0, s["d_model"])] * 2
        cache += [empty(0, (context, s["n_kv_head"], s["d_head"]))] * 2
        for _ in range(s["n_head"]):
            attention += 2 * s["d_head"] * context  # one query with every key
            attention += 2 * context * s["d_head"]  # the mixture of every value
    elementwise += [empty(0, s["d_model"])]
    multiplied += [empty(0, (s["d_model"], s["vocab_size"]))]
    embedding = [] if s["tied_embeddings"] else [empty(0, (s["vocab_size"], s["d_model"]))]
    used = sum(matrix.size for matrix in multiplied)
    return Counts(
        parameters=used + sum(m.size for m in (*elementwise, *embedding)),
        multiplied=used,
        weight_flops=sum(2 * rows * columns for rows, columns in (m.shape for m in multiplied)),
        attention_flops=attention,
        cache=sum(m.size for m in cache),
    )


SMALL, LARGE, SMALLEST = count(LLAMA_8B, 8192), count(LLAMA_405B, 8192), count(ODD, 50)
STEP_8B = 128 * (SMALL.weight_flops + SMALL.attention_flops)
READ_8B = 600 * (SMALL.multiplied + KV_8B)


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


# Llama 3 8B on H100s, FP8: 4.1 PFLOP/s and 6.7 TB/s of two.
TWO_H100 = dict(peak_flops=1979e12, memory_bandwidth=3.35e12, n_chip=2)
WORK_8B, LOAD_8B = STEP_8B / 3958e12, (SMALL.multiplied + KV_8B) / 6.7e12
# A prompt of 8,192 tokens: each meets half of it on average.
PROMPT_8B = 8192 * (SMALL.weight_flops + SMALL.attention_flops / 2)

KV_FAMILY = dict(hoi=600, kv_bytes=1, context=8192, kv_scale=20, kv_exponent=0.5)
LOSS_LAW = {name: value for name, value in SARDANA.items() if name != "loss_floor"}


def relative_life(size, peer, served, load_per_answer, answers):
    """Return a life's cost over its peer's at equal loss under Sardana's law, in plain steps."""
    peer_tokens = (410.7 * 0.283 / (406.4 * 0.336) * peer**0.336) ** (1 / 0.283)
    left = sardana_loss(peer, peer_tokens) - 1.69 - 406.4 / size**0.336
    costs = [
        6 * n * tokens + 2 * n * served + max(2 * n, load_per_answer(n)) * answers
        for n, tokens in ((size, (410.7 / left) ** (1 / 0.283)), (peer, peer_tokens))
    ]
    return costs[0] / costs[1]


# Llama 3 8B decodes 1e12 tokens after 1e12 of training, reads 1e12, at the post's setting.
LIFE_8B = {**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 1e12, "prefill_tokens": 1e12,
           "decode_tokens": 1e12}  # fmt: skip
FULL_8B, QUARTER_8B = 600 * KV_8B / 128 * 1e12, 600 * KV_8B / 512 * 1e12
SIZE_LAW = {k: BESIROGLU[k] for k in ("param_scale", "param_exponent")}
DATA_LAW = {k: BESIROGLU[k] for k in ("data_scale", "data_exponent")}
SIZE_LEFT = 482.01 / 1.1e9**0.3478

# One verification for five tokens: four guesses and one.
GUESS = dict(draft_length=4, acceptance_rate=0.8, draft_cost_ratio=0.05)
YIELD = 1 + 0.8 + 0.8**2 + 0.8**3 + 0.8**4
STEP_POST = max(16e9 * 128, 600 * KV_8B)
VERIFY_FULL = max(5 * STEP_8B, READ_8B)
NEAR = count(LLAMA_8B, 512)
NEAR_WORK = 128 * (NEAR.weight_flops + NEAR.attention_flops)
DRAFT_8B = max(NEAR_WORK, 600 * (NEAR.multiplied + KV_8B / 16))

# Bian et al. 2026: coefficients of both fits, and the shape of LLaMA-3.2-1B that they train.
BIAN_SMALL = dict(
    width_constant=2.697, width_log=0.0974, width_inverse=0.0078, ff_constant=0.3870,
    ff_log=0.0063, ff_inverse=0.0065,
)  # fmt: skip
BIAN_1B = dict(
    width_constant=2.319, width_log=0.238, width_inverse=0.0176, ff_constant=0.5104,
    ff_log=0.0051, ff_inverse=0.0062,
)  # fmt: skip
LLAMA_1B = dict(
    n_layer=16, d_model=2048, n_ff_matrix=3, d_ff=8192, n_head=32, n_kv_head=8, d_head=64
)
BODY_1B = 16 * (2 * 2048 * (2048 + 512) + 3 * 2048 * 8192 + 2 * 2048) + 2048
BODY_8B = SMALL.parameters - 2 * 128256 * 4096
LINE_8B = dict(n_body=BODY_8B, n_layer=32, ff_ratio=4.2, n_kv_head=8, d_head=128)
LINE_405B = dict(
    n_body=LARGE.parameters - 2 * 128256 * 16384, n_layer=126, n_kv_head=8, d_head=128,
    ff_ratio=3 * 53248 / (2 * (16384 + 1024)),
)  # fmt: skip


def shape_factor(law, width, share):
    a, b = list(law.values())[:3], list(law.values())[3:]
    of_width = a[0] + a[1] * np.log(width) + a[2] / width
    return of_width * (b[0] + b[1] * np.log(share) + b[2] / share)


# An eighth of the 8B model's cache, and four guesses for each verification.
EIGHTH = {**LLAMA_8B, **POST, **GUESS, "n_params": 8e9, "kv_share": 1 / 8}
LOAD_EIGHTH = 600 * KV_8B / 128 / 8  # FLOP-equivalents a sequence
# Half of the weights, an eighth of the cache, a quarter of attention's arithmetic.
HALF = {**LLAMA_8B, **POST, **GUESS, "size_ratio": 1 / 2, "kv_share": 1 / 8,
        "attention_share": 1 / 4}  # fmt: skip
WORK_SHORT = SMALL.weight_flops / 2 + SMALL.attention_flops / 4 * 64 / 8192
READ_HALF = (READ_8B - 600 * KV_8B) / 128 / 2 + LOAD_EIGHTH

# name: [(inputs, expected, relative tolerance, where the number is from)]. A tolerance is the
# rounding of a printed number; what is counted or exact has none beyond floating point.
EXACT = 1e-12
CASES = {
    # Hardware
    "operational_intensity": [
        (dict(peak_flops=1979e12, memory_bandwidth=3.35e12), 590.7, 1e-4, "H100 SXM, FP8, dense"),
        (dict(peak_flops=9000e12, memory_bandwidth=8e12), 1125, EXACT, "B200, FP4, dense"),
    ],
    "operational_intensity_per_element": [
        (dict(hoi=1125, kv_bytes=0.5), 562.5, EXACT, "B200: FP4 is half a byte"),
    ],
    # Roofline
    "attainable_flops": [
        (dict(peak_flops=1979e12, memory_bandwidth=3.35e12, intensity=8), 26.8e12, EXACT, "slope"),
        (dict(peak_flops=1979e12, memory_bandwidth=3.35e12, intensity=591), 1979e12, 0, "roof"),
    ],
    # Two FLOPs a multiply-accumulate: twice the group over the bytes of an element, whatever else.
    "attention_intensity": [
        (dict(n_head=32, n_kv_head=8, kv_bytes=1), 8, 0, "Llama 3 8B, one byte"),
        (dict(n_head=32, n_kv_head=32, kv_bytes=2), 1, 0, "multi-head, two bytes"),
    ],
    # A matrix of weights meets as many tokens as there are, twice each, once loaded.
    "decode_intensity": [(dict(batch=240, weight_bytes=2), 240, 0, "scaling-book: batch, in bf16")],
    "prefill_intensity": [(dict(context=8192, weight_bytes=1), 16384, 0, "written out")],
    "attention_rate": [
        (dict(peak_flops=1e15, memory_bandwidth=1e12, n_head=64, n_kv_head=8, kv_bytes=2), 8e12,
         EXACT, "written out"),
    ],
    "decode_rate": [
        (dict(peak_flops=1e15, memory_bandwidth=1e12, batch=100, weight_bytes=1), 2e14, EXACT,
         "written out"),
    ],
    "prefill_rate": [
        (dict(peak_flops=1e15, memory_bandwidth=1e12, context=8192, weight_bytes=1), 1e15, 0,
         "written out"),
    ],
    # Transformer
    "parameter_count": [
        (LLAMA_8B, 8_030_261_248, 0, "Llama 3 8B, from its configuration (litgpt 0.5.13)"),
        (LLAMA_405B, 405_853_388_800, 0, "Llama 3.1 405B, from its configuration"),
        (ODD, SMALLEST.parameters, 0, "counted here"),
    ],
    "parameters_saved": [
        # Brandon et al. 2024: the 1B models; 2 x 2048 x 15 x 128 x 20.
        (dict(n_layer=20, d_model=2048, n_head=16, n_kv_head=1, d_head=128), 157_286_400, 0, "MQA"),
        (LLAMA_8B, count({**LLAMA_8B, "n_kv_head": 32}, 1).parameters - SMALL.parameters, 0,
         "counted here, with and without grouping"),
    ],
    "active_parameters": [
        (LLAMA_8B, 8_030_261_248, 0, "a dense model: all"),
        (ODD, SMALLEST.parameters, 0, "counted here"),
    ],
    "read_parameters": [
        (LLAMA_8B, SMALL.multiplied, 0, "counted here"),
        (ODD, SMALLEST.multiplied, 0, "counted here"),
    ],
    "multiplied_parameters": [
        (LLAMA_8B, SMALL.multiplied, 0, "counted here"),
        (ODD, SMALLEST.multiplied, 0, "counted here"),
    ],
    "matmul_flops": [
        (LLAMA_8B, SMALL.weight_flops, 0, "counted here"),
        (ODD, SMALLEST.weight_flops, 0, "counted here"),
    ],
    "attention_flops": [
        ({**LLAMA_8B, "context": 8192}, SMALL.attention_flops, 0, "counted here"),
        ({**ODD, "context": 50}, SMALLEST.attention_flops, 0, "counted here"),
    ],
    "token_flops": [
        ({**LLAMA_405B, "context": 8192}, LARGE.weight_flops + LARGE.attention_flops, 0,
         "counted here"),
        ({**ODD, "context": 50}, SMALLEST.weight_flops + SMALLEST.attention_flops, 0,
         "counted here"),
    ],
    "token_flops_estimate": [(dict(n_params=70e9), 140e9, 0, "2N, Kaplan et al. 2020, table 1")],
    "attention_to_estimate": [
        ({**LLAMA_8B, "context": 8192, "n_params": 8_030_261_248},
         4 * 32 * 4096 * 8192 / (2 * 8_030_261_248), EXACT, "26.7 % for the 8B model at 8k"),
        ({**LLAMA_405B, "context": 8192, "n_params": 405_853_388_800}, 0.083, 5e-3, "8.3 %"),
    ],
    "lookup_to_estimate": [
        ({**LLAMA_8B, "n_params": 8_030_261_248},
         (SMALL.parameters - SMALL.multiplied) / SMALL.parameters, EXACT, "counted here: 6.5 %"),
        ({**ODD, "n_params": 1000}, (SMALLEST.parameters - SMALLEST.multiplied) / 1000, EXACT,
         "counted here"),
    ],
    "kv_elements_per_token": [
        (LLAMA_8B, 65_536, 0, "2 x 32 x 8 x 128"),
        (dict(n_layer=118, n_kv_head=1, d_head=256), 60_416, 0, "PaLM 540B, multi-query"),
        (ODD, SMALLEST.cache // 50, 0, "counted here"),
    ],
    # KV cache
    "kv_bytes_per_token": [
        # Brandon et al. 2024, table 1, in 16-bit: H128-MHA and H128-GQA4.
        (dict(n_layer=20, n_kv_head=16, d_head=128, kv_bytes=2), 163_840, 0, "table 1"),
        (dict(n_layer=20, n_kv_head=4, d_head=128, kv_bytes=2), 40_960, 0, "table 1"),
    ],
    "kv_cache_size": [
        ({**LLAMA_8B, **POST, "n_kv_head": 32}, 256 * 2**30, 0, "the post's 280 GB"),
        ({**LLAMA_8B, **POST}, 64 * 2**30, 0, "the post's 69 GB"),
        ({**LLAMA_405B, **POST}, KV_405B, 0, "the post's 270 GB"),
        ({**ODD, "batch": 5, "context": 50, "kv_bytes": 2}, 5 * 2 * SMALLEST.cache, 0, "counted"),
    ],
    "kv_bytes_read": [
        ({**LLAMA_8B, **POST}, KV_8B, 0, "all that is held, once"),
        ({**ODD, "batch": 5, "context": 50, "kv_bytes": 2}, 5 * 2 * SMALLEST.cache, 0, "counted"),
    ],
    "quantized_bytes": [
        # llama.cpp's q8_0 and q4_0: 32 elements and one 16-bit scale, 34 and 18 bytes a block.
        (dict(element_bits=8, scale_bytes=2, block_size=32), 34 / 32, 0, "8-bit, block of 32"),
        (dict(element_bits=4, scale_bytes=2, block_size=32), 18 / 32, 0, "4-bit, block of 32"),
    ],
    "kv_cache_reduction": [
        (dict(n_head=32, n_kv_head=8), 4, 0, "Llama 3 8B"),
        (dict(n_head=128, n_kv_head=8), 16, 0, "Llama 3 405B"),
    ],
    "weights_size": [(dict(n_params=70e9, weight_bytes=2), 140e9, 0, "70B in bf16")],
    "kv_to_weights_ratio": [
        ({**LLAMA_8B, **POST, "n_kv_head": 32, "n_params": 8e9}, 34.359738368, EXACT,
         "the post's 30 times"),
    ],
    # Decode, the post's level
    "forward_flops": [(dict(n_params=8e9, batch=128), 2_048_000_000_000, 0, "the post's 2 TFLOPs")],
    "kv_load_flop_equivalent": [({**LLAMA_8B, **POST}, 600 * KV_8B, 0, "the post's 41 TFLOPs")],
    "kv_to_compute_ratio": [
        ({**LLAMA_8B, **POST, "n_params": 8e9}, 600 * KV_8B / 2.048e12, EXACT, "the post's 20"),
        ({**LLAMA_405B, **POST, "n_params": 405_853_388_800}, 1.563, 3e-4, "the post's 1.5"),
    ],
    "decode_step_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9}, 600 * KV_8B, 0, "memory-bound"),
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 2.048e12, 0, "compute-bound"),
    ],
    "decode_utilization": [
        ({**LLAMA_8B, **POST, "n_params": 8e9}, 2.048e12 / (600 * KV_8B), EXACT, "5 %"),
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 1, 0, "compute-bound"),
    ],
    "break_even_context": [
        ({**LLAMA_8B, **POST, "n_params": 8e9}, 407, 1e-3, "8192 / 20.13"),
        ({**LLAMA_405B, **POST, "n_params": 405e9}, 5232, 1e-4, "8192 / 1.566"),
    ],
    "balancing_group_size": [
        # 32 heads without sharing load 4 x 20.13 as much as the arithmetic; so many must share.
        ({**LLAMA_8B, **POST, "n_params": 8e9}, 4 * 600 * KV_8B / 2.048e12, EXACT, "80.5"),
    ],
    # Decode, the full level
    "weight_load_flop_equivalent": [
        (dict(n_params=405_853_388_800, hoi=600, weight_bytes=1), 2.435e14, 1e-4, "405B"),
    ],
    "weights_to_compute_ratio": [(POST, 2.34375, 0, "600 / 256, for every dense model")],
    "weight_balancing_batch": [(POST, 300, 0, "half the intensity, at one byte")],
    "memory_to_compute_ratio": [
        ({**LLAMA_405B, **POST, "n_params": 405e9}, 2.34375 + 600 * KV_405B / (2 * 405e9 * 128),
         EXACT, "the 405B model's 3.9"),
    ],
    "balancing_batch": [
        # Per sequence 2N of work less 600 x 2 x 126 x 8 x 128 x 4096 of cache, against 600 N.
        ({**LLAMA_405B, **POST, "context": 4096, "n_params": 405e9},
         600 * 405e9 / (2 * 405e9 - 600 * 2 * 126 * 8 * 128 * 4096), EXACT, "below 5,232 tokens"),
        ({**LLAMA_405B, **POST, "n_params": 405e9}, math.inf, 0, "beyond: no batch is enough"),
    ],
    "decode_flops": [
        ({**LLAMA_8B, **POST}, STEP_8B, 0, "counted here"),
    ],
    "decode_memory_flop_equivalent": [({**LLAMA_8B, **POST}, READ_8B, 0, "counted here")],
    "decode_memory_to_compute_ratio": [({**LLAMA_8B, **POST}, READ_8B / STEP_8B, EXACT, "counted")],
    "decode_step_cost_full": [
        ({**LLAMA_8B, **POST}, READ_8B, 0, "memory-bound"),
        # Two heads in 32 at a short context: arithmetic is dearer at a batch of 4,096.
        ({**LLAMA_8B, **POST, "context": 1, "batch": 4096},
         4096 * (SMALL.weight_flops + SMALL.attention_flops // 8192), 0, "compute-bound"),
    ],
    # Prefill and training
    "prefill_flops": [(dict(n_params=8e9, prefill_tokens=8192), 131_072_000_000_000, 0, "2ND")],
    "prompt_flops": [
        ({**LLAMA_8B, **POST, "batch": 3}, 3 * PROMPT_8B, EXACT, "counted here"),
        ({**ODD, "context": 50, "batch": 1},
         50 * (SMALLEST.weight_flops + SMALLEST.attention_flops / 2), EXACT, "counted here"),
    ],
    # Time
    "decode_compute_time": [({**LLAMA_8B, **POST, **TWO_H100}, WORK_8B, EXACT, "counted here")],
    "decode_weights_time": [
        ({**LLAMA_8B, **POST, **TWO_H100}, SMALL.multiplied / 6.7e12, EXACT, "counted here"),
        ({**LLAMA_8B, **POST, **TWO_H100, "weight_bytes": 2}, 2 * SMALL.multiplied / 6.7e12, EXACT,
         "bf16"),
    ],
    "decode_kv_time": [({**LLAMA_8B, **POST, **TWO_H100}, KV_8B / 6.7e12, EXACT, "counted here")],
    "decode_step_time": [
        ({**LLAMA_8B, **POST, **TWO_H100}, LOAD_8B, EXACT, "memory-bound"),
        ({**LLAMA_8B, **POST, **TWO_H100, "peak_flops": 1e12}, STEP_8B / 2e12, EXACT,
         "compute-bound"),
    ],
    "decode_step_time_serial": [
        ({**LLAMA_8B, **POST, **TWO_H100}, LOAD_8B, EXACT, "memory-bound: the same"),
        ({**LLAMA_8B, **POST, **TWO_H100, "peak_flops": 1e12}, STEP_8B / 2e12 + KV_8B / 6.7e12,
         EXACT, "one after the other"),
        # The scaling-book's table, 13B on 8 TPU v5e in bf16, from 13e9 parameters and 6.7e9 bytes
        # of cache a sequence, which are rounded.
        (dict(n_layer=40, d_model=5120, n_ff_matrix=3, d_ff=13824, n_head=40, n_kv_head=40,
              d_head=128, vocab_size=32000, batch=64, context=8192, kv_bytes=2, weight_bytes=2,
              peak_flops=197e12, memory_bandwidth=8.2e11, n_chip=8), 69.33e-3, 2e-3,
         "scaling-book, batch 64"),
    ],
    "decode_throughput": [({**LLAMA_8B, **POST, **TWO_H100}, 128 / LOAD_8B, EXACT, "by hand")],
    "decode_throughput_serial": [
        ({**LLAMA_8B, **POST, **TWO_H100, "peak_flops": 1e12},
         128 / (STEP_8B / 2e12 + KV_8B / 6.7e12), EXACT, "by hand"),
    ],
    "prefill_time": [
        ({**LLAMA_8B, **POST, **TWO_H100, "batch": 3}, 3 * PROMPT_8B / 3958e12, EXACT, "compute"),
        ({**LLAMA_8B, **POST, **TWO_H100, "batch": 1, "context": 1}, SMALL.multiplied / 6.7e12,
         EXACT, "one token: the weights"),
    ],
    "memory_needed": [
        ({**LLAMA_8B, **POST, "n_params": 8_030_261_248}, 76.7e9, 1e-3, "just fits one of 80 GB"),
    ],
    "chips_needed": [
        ({**LLAMA_8B, **POST, "n_params": 8_030_261_248, "memory_capacity": 80e9}, 0.959, 1e-3,
         "one chip"),
        ({**LLAMA_8B, **POST, "n_kv_head": 32, "n_params": 8_030_261_248, "memory_capacity": 80e9},
         (8_030_261_248 + 4 * KV_8B) / 80e9, EXACT, "multi-head: four chips"),
    ],
    "largest_batch": [
        ({**LLAMA_8B, **POST, "n_params": 8_030_261_248, "memory_capacity": 80e9, "n_chip": 1},
         (80e9 - 8_030_261_248) / (KV_8B / 128), EXACT, "134 sequences"),
        ({**LLAMA_8B, **POST, "n_params": 81e9, "memory_capacity": 80e9, "n_chip": 1}, 0, 0,
         "the weights do not fit"),
    ],
    "training_flops": [
        (dict(n_params=540e9, train_tokens=780e9), 2.5272e24, EXACT, "PaLM 540B, table 21"),
        (dict(n_params=174.6e9, train_tokens=300e9), 3.14e23, 2e-3, "GPT-3 175B, table D.1"),
    ],
    "training_attention_flops": [
        # Kaplan et al. 2020, table 1: 2 n_layer n_ctx d_attn, the average over a causal context.
        ({**LLAMA_8B, "sequence_length": 8192}, 2 * 32 * 8192 * 4096, 0, "Kaplan, table 1"),
    ],
    "training_flops_exact": [
        ({**LLAMA_8B, "sequence_length": 8192, "train_tokens": 15e12},
         15e12 * 3 * (SMALL.weight_flops + SMALL.attention_flops / 2), EXACT, "counted here"),
        # PaLM 540B: 3.28e12 per token with attention (table 22). That count takes the whole
        # square of scores; an equivalent causal one is twice as long.
        (dict(n_layer=118, d_model=18432, n_ff_matrix=3, d_ff=73728, n_head=48, n_kv_head=1,
              d_head=256, vocab_size=256000, sequence_length=2 * 2048, train_tokens=1),
         3.28e12, 1.5e-3, "PaLM, table 22"),
    ],
    "training_attention_share": [
        ({**LLAMA_8B, "sequence_length": 8192},
         SMALL.attention_flops / (2 * SMALL.weight_flops + SMALL.attention_flops), EXACT,
         "12.5 %, counted here"),
    ],
    "equal_attention_sequence": [
        # The attention of one token grows by 2 x 32 x 4096 FLOPs with each token of sequence.
        (LLAMA_8B, SMALL.weight_flops / (2 * 32 * 4096), EXACT, "counted here"),
    ],
    "affordable_tokens": [(dict(train_flops=5.88e23, n_params=70e9), 1.4e12, EXACT, "Chinchilla")],
    # Scaling laws
    "loss": [
        ({**HOFFMANN, "n_params": 1, "train_tokens": 1}, 1.69 + 406.4 + 410.7, EXACT, "by hand"),
        ({**SARDANA, "n_params": 30e9, "train_tokens": 1.54e12}, 1.96, 3e-3,
         "Sardana et al. 2024, section 2: about 1.96 at 30B"),
    ],
    "isoflop_loss": [
        ({**SARDANA, "n_params": 13e9, "train_flops": 6 * 13e9 * 4e11}, sardana_loss(13e9, 4e11),
         EXACT, "by hand, on 4e11 tokens"),
    ],
    "matching_tokens": [
        ({**SARDANA, "n_params": 70e9}, 4.26e12, 2e-3, "Sardana et al. 2024, appendix B, table 2"),
    ],
    "optimal_params": [
        # Hoffmann et al. 2022, equation 4: G (C/6)^a, G = (alpha A / beta B)^(1/(alpha + beta)).
        ({**HOFFMANN, "train_flops": GOPHER},
         (0.34 * 406.4 / (0.28 * 410.7)) ** (1 / 0.62) * (GOPHER / 6) ** (0.28 / 0.62), EXACT,
         "equation 4"),
        ({**HOFFMANN, "train_flops": GOPHER}, 32e9, 1e-2, "printed constants: 32B"),
        ({**UNROUNDED, "train_flops": GOPHER}, 40e9, 1e-2, "unrounded constants: 40B"),
        ({**BESIROGLU, "train_flops": GOPHER}, 72e9, 1e-2, "the refit: 72B"),
    ],
    "optimal_tokens": [
        ({**HOFFMANN, "train_flops": GOPHER},
         (0.34 * 406.4 / (0.28 * 410.7)) ** (-1 / 0.62) * (GOPHER / 6) ** (0.34 / 0.62), EXACT,
         "equation 4"),
    ],
    "optimal_loss": [
        ({**SARDANA, "train_flops": 6 * 30e9 * 1.54e12}, 1.96, 3e-3, "as for the loss at 30B"),
    ],
    "optimal_tokens_per_parameter": [
        ({**HOFFMANN, "train_flops": GOPHER}, 93, 5e-3, "printed constants"),
        ({**UNROUNDED, "train_flops": GOPHER}, 59, 1e-2, "unrounded constants"),
        ({**BESIROGLU, "train_flops": GOPHER}, 18.4, 5e-3, "the refit"),
    ],
    "compute_overhead": [
        ({**SARDANA, "n_params": 10e9, "train_flops": 1e23},
         1e23 / least_budget(sardana_loss(10e9, 1e23 / 60e9)), 1e-5, "found by search"),
    ],
    "power_law": [
        # Kaplan et al. 2020, table 6: 1.3e9 parameters at one PF-day.
        (dict(power_law_scale=1.3e9, power_law_exponent=0.73, compute_unit=8.64e19,
              train_flops=8.64e19), 1.3e9, 0, "table 6"),
        (dict(power_law_scale=0.29, power_law_exponent=0.53, compute_unit=1, train_flops=3.8e25),
         1.05e13, 5e-3, "Llama 3's printed constants"),
    ],
    # Lifetime
    "decode_token_cost": [({**LLAMA_8B, **POST, "n_params": 8e9}, 600 * KV_8B // 128, 0, "above")],
    "decode_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "decode_tokens": 1280}, 10 * 600 * KV_8B, 0,
         "ten steps of the batch"),
    ],
    "lifetime_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 1e12, "prefill_tokens": 1e12,
          "decode_tokens": 1280}, 48e21 + 16e21 + 10 * 600 * KV_8B, EXACT, "by hand"),
    ],
    "lifetime_chip_hours": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 1e12, "prefill_tokens": 1e12,
          "decode_tokens": 1280, "peak_flops": 1e15, "train_mfu": 0.4, "prefill_mfu": 0.5,
          "decode_efficiency": 0.8},
         (48e21 / 0.4 + 16e21 / 0.5 + 10 * 600 * KV_8B / 0.8) / 3.6e18, EXACT, "by hand"),
    ],
    "lifetime_price": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 1e12, "prefill_tokens": 0,
          "decode_tokens": 0, "peak_flops": 1e15, "train_mfu": 0.5, "prefill_mfu": 1,
          "decode_efficiency": 1, "chip_hour_price": 2}, 2 * 96e21 / 3.6e18, EXACT, "by hand"),
    ],
    "break_even_decode_tokens": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 15e12},
         6 * 8e9 * 15e12 / (600 * KV_8B / 128), EXACT, "by hand"),
    ],
    "break_even_days": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "train_tokens": 15e12, "tokens_per_day": 168e9},
         6 * 8e9 * 15e12 / (600 * KV_8B / 128) / 168e9, EXACT, "by hand"),
    ],
    # Models of equal loss
    "compute_optimal_loss": [
        ({**SARDANA, "n_params": 30e9}, 1.96, 3e-3, "Sardana et al. 2024, section 2"),
        ({**SARDANA, "n_params": 70e9}, sardana_loss(70e9, 4.26e12), 5e-5,
         "appendix B, table 2: 4.26T is rounded"),
    ],
    "equal_loss_params": [
        ({**SARDANA, "train_tokens": 7.92e12, "target_loss": sardana_loss(70e9, 4.26e12)}, 41.6e9,
         5e-3, "Sardana et al. 2024, appendix B, table 2"),
    ],
    "equal_loss_tokens": [
        ({**SARDANA, "n_params": 41.6e9, "target_loss": sardana_loss(70e9, 4.26e12)}, 7.92e12,
         5e-3, "Sardana et al. 2024, appendix B, table 2"),
    ],
    "forward_lifetime_flops": [
        (dict(n_params=7e9, train_tokens=1e12, prefill_tokens=2e12), 70e21, EXACT, "6ND + 2ND"),
    ],
    "size_to_data_return": [
        # alpha A N^-alpha / (beta B D^-beta) over 1 + D_served / 3 D.
        ({**SARDANA, "n_params": 7e9, "train_tokens": 6e11, "prefill_tokens": 2e12},
         (0.336 * 406.4 / 7e9**0.336) / (0.283 * 410.7 / 6e11**0.283) / (1 + 2e12 / 1.8e12),
         EXACT, "the first-order condition by hand"),
        ({**SARDANA, "n_params": 41.55e9, "train_tokens": 7.923e12, "prefill_tokens": 1e13}, 1,
         1e-4, "balanced at Sardana's optimum"),
    ],
    "family_kv_elements": [(dict(kv_scale=20, kv_exponent=0.5, n_params=1e10), 2e6, EXACT,
                            "twenty times a square root")],
    "family_kv_cost": [({**KV_FAMILY, "n_params": 1e10}, 600 * 8192 * 2e6, EXACT, "by hand")],
    "family_lifetime_cost": [
        ({**KV_FAMILY, "n_params": 1e10, "train_tokens": 1e12, "prefill_tokens": 1e12,
          "decode_tokens": 1e10}, 6e22 + 2e22 + 1e10 * 600 * 8192 * 2e6, EXACT, "reading"),
        ({**KV_FAMILY, "context": 1, "n_params": 1e10, "train_tokens": 1e12,
          "prefill_tokens": 1e12, "decode_tokens": 1e12}, 6e22 + 2e22 + 2e22, EXACT, "computing"),
    ],
    "balanced_params": [(KV_FAMILY, (600 * 8192 * 20 / 2) ** 2, EXACT, "2N = 600 S 20 sqrt N")],
    "memory_bound_return": [
        ({**KV_FAMILY, **LOSS_LAW, "n_params": 1e10, "train_tokens": 1e12, "prefill_tokens": 1e12,
          "decode_tokens": 1e10},
         (0.336 * 406.4 / 1e10**0.336) / (0.283 * 410.7 / 1e12**0.283)
         / (1 + (2e22 + 0.5 * 1e10 * 600 * 8192 * 2e6) / 6e22), EXACT, "the condition by hand"),
    ],
    "relative_forward_cost": [
        ({**LOSS_LAW, "n_params": 7e9, "peer_params": 13e9, "prefill_tokens": 0,
          "decode_tokens": 2e12}, 0.83, 0.01, "Sardana et al. 2024, figure 1: 17 % saved"),
        ({**LOSS_LAW, "n_params": 1e8, "peer_params": 13e9, "prefill_tokens": 0,
          "decode_tokens": 2e12}, math.inf, 0, "too small for that loss"),
    ],
    "relative_lifetime_cost": [
        ({**KV_FAMILY, **LOSS_LAW, "n_params": 9e9, "peer_params": 13e9, "prefill_tokens": 1e12,
          "decode_tokens": 1e10},
         relative_life(9e9, 13e9, 1e12, lambda n: 600 * 8192 * 20 * n**0.5, 1e10), 1e-11,
         "in plain steps"),
    ],
    "compressed_decode_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "decode_tokens": 1e12, "kv_share": 0.25}, QUARTER_8B,
         EXACT, "a quarter of the load"),
        ({**LLAMA_8B, **POST, "n_params": 8e9, "decode_tokens": 1e12, "kv_share": 0.01}, 16e21,
         EXACT, "arithmetic is what is left"),
    ],
    "compressed_lifetime_cost": [
        ({**LIFE_8B, "kv_share": 0.25}, 48e21 + 16e21 + QUARTER_8B, EXACT, "by hand"),
    ],
    "break_even_params_penalty": [
        ({**LIFE_8B, "kv_share": 0.25}, 1 - (64e21 + QUARTER_8B) / (64e21 + FULL_8B), EXACT,
         "by hand"),
        ({**LIFE_8B, "kv_share": 1}, 0, EXACT, "nothing saved, nothing to lose"),
    ],
    "break_even_tokens_penalty": [
        ({**LIFE_8B, "kv_share": 0.25},
         (FULL_8B - QUARTER_8B) / (48e21 + FULL_8B - QUARTER_8B), EXACT, "by hand"),
    ],
    "params_penalty": [
        ({**SIZE_LAW, "n_params": 1.1e9, "loss_gap": 0.0292},
         1 - (SIZE_LEFT / (SIZE_LEFT + 0.0292)) ** (1 / 0.3478), EXACT,
         "Brandon et al. 2024, table 1, MQA; 22 % to first order"),
    ],
    "tokens_penalty": [
        ({**DATA_LAW, "train_tokens": 3e10, "loss_gap": 0.0292},
         1 - (1 + 0.0292 * 3e10**0.3658 / 2085.43) ** (-1 / 0.3658), EXACT,
         "Brandon et al. 2024, table 1, MQA; 23 % to first order"),
    ],
    "equal_loss_params_penalty": [
        # What size leaves of the loss at 8e9 parameters is 0.1733 nats by this law.
        ({**SIZE_LAW, "n_params": 8e9, "loss_gap": 0.0292},
         1 - (1 - 0.0292 * 8e9**0.3478 / 482.01) ** (1 / 0.3478), EXACT, "by hand"),
        ({**SIZE_LAW, "n_params": 8e9, "loss_gap": 0.1733}, 1, 1e-9, "no size makes it good"),
    ],
    "equal_loss_tokens_penalty": [
        # What data leaves at 15e12 tokens is 0.0316 nats.
        ({**DATA_LAW, "train_tokens": 15e12, "loss_gap": 0.0158},
         1 - (1 - 0.0158 * 15e12**0.3658 / 2085.43) ** (1 / 0.3658), EXACT, "by hand"),
        ({**DATA_LAW, "train_tokens": 15e12, "loss_gap": 0.0316}, 1, EXACT,
         "no number of tokens makes it good"),
    ],
    "expected_tokens": [
        (dict(draft_length=4, acceptance_rate=0.8), YIELD, EXACT, "the series, term by term"),
        (dict(draft_length=7, acceptance_rate=0), 1, EXACT, "no guess is right"),
        (dict(draft_length=0, acceptance_rate=0.8), 1, EXACT, "no guess is made"),
    ],
    "walltime_speedup": [
        # Leviathan et al. 2023, table 2: T5-XXL 11B with a draft of 77M, English to German.
        (dict(draft_length=7, acceptance_rate=0.75, draft_cost_ratio=77e6 / 11e9), 3.4, 0.02,
         "Leviathan et al. 2023, table 2: 3.4"),
    ],
    "verification_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "draft_length": 4}, 600 * KV_8B, EXACT, "reading"),
        ({**LLAMA_8B, **POST, "n_params": 8e9, "draft_length": 40}, 41 * 16e9 * 128, EXACT,
         "computing"),
    ],
    "verification_cost_full": [
        ({**LLAMA_8B, **POST, "draft_length": 4}, VERIFY_FULL, EXACT, "counted by hand"),
        ({**LLAMA_8B, **POST, "draft_length": 0}, max(STEP_8B, READ_8B), EXACT, "a decode step"),
    ],
    "speculative_speedup": [
        ({**LLAMA_8B, **POST, **GUESS, "n_params": 8e9},
         YIELD * STEP_POST / (STEP_POST + 4 * 0.05 * STEP_POST), EXACT, "reading, by hand"),
    ],
    "speculative_speedup_full": [
        ({**LLAMA_8B, **POST, **GUESS},
         YIELD * READ_8B / (VERIFY_FULL + 4 * 0.05 * READ_8B), EXACT, "by hand"),
    ],
    "self_speculative_speedup": [
        ({**LLAMA_8B, **POST, "draft_length": 4, "acceptance_rate": 0.8, "draft_context": 512},
         YIELD * READ_8B / (VERIFY_FULL + 4 * DRAFT_8B), EXACT, "by hand"),
    ],
    # Query-key interactions
    "interaction_step_cost": [
        ({**LLAMA_8B, **POST, "n_params": 8e9, "interaction_multiplier": 71}, 600 * KV_8B, 0,
         "71 times the attention of the 8B model hides behind its cache"),
        ({**LLAMA_8B, **POST, "n_params": 8e9, "interaction_multiplier": 72},
         2.048e12 + 72 * 128 * SMALL.attention_flops, EXACT, "72 times does not"),
    ],
    "free_interaction": [
        ({**LLAMA_8B, **POST, "n_params": 8e9},
         (600 * KV_8B - 2.048e12) / (128 * SMALL.attention_flops), EXACT, "71, counted here"),
        ({**LLAMA_8B, **POST, "context": 100, "n_params": 8e9}, 0, 0, "compute-bound"),
    ],
    "interaction_step_cost_full": [
        ({**LLAMA_8B, **POST, "interaction_multiplier": 79}, READ_8B, 0, "memory-bound"),
        ({**LLAMA_8B, **POST, "interaction_multiplier": 80},
         128 * (SMALL.weight_flops + 80 * SMALL.attention_flops), EXACT, "compute-bound"),
    ],
    "free_interaction_full": [
        ({**LLAMA_8B, **POST},
         (READ_8B - 128 * SMALL.weight_flops) / (128 * SMALL.attention_flops), EXACT,
         "79.7, counted here"),
        ({**LLAMA_8B, **POST, "context": 1, "batch": 4096}, 0, 0, "compute-bound"),
    ],
    "interaction_intensity": [
        (dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=3), 24, 0, "3 x 8"),
    ],
    "attainable_share": [
        (dict(hoi=600, intensity=150), 0.25, 0, "slope"),
        (dict(hoi=600, intensity=601), 1, 0, "roof"),
    ],
    "interaction_utilization": [
        (dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=15, hoi=600), 0.2, EXACT,
         "15 x 8 / 600"),
        (dict(n_head=32, n_kv_head=8, kv_bytes=1, interaction_multiplier=75, hoi=600), 1, 0,
         "the roof"),
    ],
    "interaction_training_flops": [
        ({**LLAMA_8B, "sequence_length": 8192, "train_tokens": 15e12, "interaction_multiplier": 5},
         15e12 * 3 * (SMALL.weight_flops + 5 * SMALL.attention_flops / 2), EXACT, "counted here"),
    ],
    "interaction_training_factor": [
        ({**LLAMA_8B, "sequence_length": 8192, "interaction_multiplier": 5},
         (2 * SMALL.weight_flops + 5 * SMALL.attention_flops)
         / (2 * SMALL.weight_flops + SMALL.attention_flops), EXACT, "1.5, counted here"),
    ],
    "affordable_interaction": [
        ({**LLAMA_8B, "sequence_length": 8192, "training_factor": 1.5},
         1 + 0.5 * (2 * SMALL.weight_flops + SMALL.attention_flops) / SMALL.attention_flops, EXACT,
         "5.0, counted here"),
    ],
    "interaction_lifetime_cost": [
        ({**LLAMA_8B, **POST, "sequence_length": 8192, "train_tokens": 1e12,
          "prefill_tokens": 2e12, "decode_tokens": 3e12, "interaction_multiplier": 5},
         5e12 * (SMALL.weight_flops + 5 * SMALL.attention_flops / 2) + 3e12 / 128 * READ_8B, EXACT,
         "by hand: three passes and two, memory-bound decode"),
        ({**LLAMA_8B, **POST, "sequence_length": 8192, "train_tokens": 1e12,
          "prefill_tokens": 0, "decode_tokens": 3e12, "interaction_multiplier": 100},
         3e12 * (SMALL.weight_flops + 50 * SMALL.attention_flops)
         + 3e12 * (SMALL.weight_flops + 100 * SMALL.attention_flops), EXACT,
         "by hand: compute-bound decode"),
    ],
    "cache_saving_needed": [
        ({**LLAMA_8B, **POST, "sequence_length": 4096, "train_tokens": 1e12,
          "prefill_tokens": 2e12, "decode_tokens": 3e12, "interaction_multiplier": 5},
         4 * (3e12 * SMALL.attention_flops / 4 + 2e12 * SMALL.attention_flops / 2)
         / (3e12 * 600 * KV_8B / 128), EXACT, "by hand"),
        ({**LLAMA_8B, **POST, "sequence_length": 4096, "train_tokens": 1e12,
          "prefill_tokens": 2e12, "decode_tokens": 0, "interaction_multiplier": 5}, math.inf, 0,
         "nothing decoded"),
    ],
    # Shazeer et al. 2020: heads mixed before and behind the softmax, counted for each pair.
    "talking_heads_multiplier": [
        (dict(n_head=32, d_head=128), (2 * 32 * 128 + 2 * 32 * 32) / (2 * 32 * 128), 0, "8B"),
        (dict(n_head=128, d_head=128), 2, 0, "as many heads as they are wide"),
    ],
    "pair_network_multiplier": [
        (dict(d_head=128), (128 * 128 + 128 + 128) / (128 + 128), 0, "65, counted"),
    ],
    # Shape
    "non_embedding_params": [
        (LLAMA_8B, 6_979_588_096, 0, "8,030,261,248 less two tables of 128256 x 4096"),
        ({k: v for k, v in ODD.items() if k not in ("vocab_size", "tied_embeddings")},
         SMALLEST.parameters - 501 * 40, 0, "counted"),
    ],
    "shape_ff_ratio": [
        ({k: LLAMA_1B[k] for k in ("n_ff_matrix", "d_ff", "n_head", "n_kv_head", "d_head")}, 4.8,
         EXACT, "Bian et al. 2026, table 1: LLaMA-3.2-1B"),
        (dict(n_ff_matrix=3, d_ff=4096, n_head=72, n_kv_head=18, d_head=64), 1.07, 5e-3,
         "the same: Panda-1B"),
    ],
    "shape_relative_width": [(LLAMA_1B, 2048 / math.sqrt(BODY_1B), EXACT, "counted")],
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
    "optimal_relative_width": [
        (dict(width_log=0.0974, width_inverse=0.0078), 0.08, 5e-3, "Bian et al. 2026, as printed"),
    ],
    "optimal_ff_ratio": [
        (dict(ff_log=0.0063, ff_inverse=0.0065), 1.032, 5e-4, "Bian et al. 2026, as printed"),
    ],
    "shape_factor": [
        # At the optimum the product of the factors is one: shape costs nothing there.
        ({**BIAN_SMALL, "relative_width": 0.08, "ff_ratio": 1.032}, 1, 5e-3, "a fit's best shape"),
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
        (LINE_8B, 4096, EXACT, "Llama 3 8B"), (LINE_405B, 16384, EXACT, "Llama 3 405B"),
    ],
    "shape_ff_width": [
        ({**LINE_8B, "n_ff_matrix": 3}, 14336, EXACT, "Llama 3 8B"),
        ({**LINE_405B, "n_ff_matrix": 3}, 53248, EXACT, "Llama 3 405B"),
    ],
    "equal_size_factor": [
        ({**LINE_8B, **law}, float(shape_factor(law, 4096 / math.sqrt(BODY_8B), 4.2)), EXACT,
         "written out at the published shape")
        for law in (BIAN_SMALL, BIAN_1B)
    ],
    "equal_size_decode_cost": [
        ({**POST, **LINE_8B, "vocab_size": 128256}, READ_8B / 128, EXACT, "bound by memory"),
        ({**POST, **LINE_8B, "vocab_size": 128256, "hoi": 1}, STEP_8B / 128, EXACT,
         "bound by arithmetic"),
    ],
    "decode_utilization_limit": [
        ({**{k: v for k, v in LLAMA_8B.items() if k != "tied_embeddings"}, "context": 8192,
          "kv_bytes": 1, "hoi": hoi}, expected, EXACT, "counted")
        for hoi, expected in ((600, STEP_8B / (600 * KV_8B)), (1, 1))
    ],
    "half_utilization_batch": [
        ({**{k: v for k, v in LLAMA_8B.items() if k != "tied_embeddings"}, "n_head": 32,
          "context": 8192, "kv_bytes": 1, "weight_bytes": 1}, SMALL.multiplied / KV_8B * 128,
         EXACT, "counted"),
    ],
    "split_intensity": [
        ({**{k: v for k, v in LLAMA_8B.items() if k != "tied_embeddings"}, "n_chip": 8},
         SMALL.weight_flops / 8 / (2 * 2 * 32 * 4096), EXACT,
         "counted: an all-reduce after attention, one after the feed-forward network"),
    ],
    "design_token_cost": [
        (EIGHTH, (5 * 16e9 + 4 * 0.05 * LOAD_EIGHTH) / YIELD, EXACT, "by hand: computing"),
        ({**EIGHTH, "kv_share": 1, "draft_length": 0}, 600 * KV_8B / 128, EXACT, "no lever"),
    ],
    "design_token_cost_full": [
        (HALF, 1.2 * READ_HALF / YIELD, EXACT, "by hand: reading, four drafts at a twentieth"),
        ({**HALF, "draft_length": 1, "context": 64, "batch": 1024},
         2.05 * WORK_SHORT / 1.8, EXACT, "by hand: computing"),
        ({**HALF, "draft_length": 0}, READ_HALF, EXACT, "by hand: reading, no guess"),
        ({**HALF, "draft_length": 0, "kv_share": 1, "size_ratio": 1}, READ_8B / 128, EXACT,
         "no lever"),
    ],
    "design_prompt_cost_full": [
        (HALF, SMALL.weight_flops / 2 + SMALL.attention_flops / 8, EXACT, "counted here"),
    ],
    "design_inference_factor": [
        ({**EIGHTH, "draft_length": 0, "prefill_tokens": 2e12, "decode_tokens": 1e12},
         (32e21 + 600 * KV_8B / 128 * 1e12) / (32e21 + LOAD_EIGHTH * 1e12), EXACT, "by hand"),
        ({**EIGHTH, "kv_share": 0, "draft_length": 0, "prefill_tokens": 0, "decode_tokens": 1e12},
         600 * KV_8B / 128 / 16e9, EXACT, "what is left is a forward pass: 20"),
    ],
    "size_slope_at_optimum": [(dict(prefill_tokens=1e12), 2e12, 0, "two FLOPs for each token")],
}  # fmt: skip


def test_no_formula_is_missing():
    assert set(CASES) == set(FORMULAS)


@pytest.mark.parametrize(
    ("name", "inputs", "expected", "tolerance"),
    [
        pytest.param(name, inputs, expected, tolerance, id=f"{name}-{source}")
        for name, cases in CASES.items()
        for inputs, expected, tolerance, source in cases
    ],
)
def test_number(name, inputs, expected, tolerance):
    value = FORMULAS[name](inputs)
    assert value == pytest.approx(expected, rel=tolerance, abs=0)


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
