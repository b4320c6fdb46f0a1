"""What the formulas' examples are taken at: settings and laws as published, and counts by hand.

Written out apart from the catalog: an example tests the catalog's rows too, and needs none of them.
"""

from __future__ import annotations

# Of how a value varies: the sizes of a plain decoder, and what its cache is made of.
MODEL = "n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head"
CACHE = "n_layer n_kv_head d_head kv_bytes context"

# Llama 3 (Grattafiori et al. 2024, table 3), with sizes as the post rounds them.
LLAMA_8B: dict[str, float] = dict(
    n_params=8e9, n_layer=32, d_model=4096, n_ff_matrix=3, d_ff=14336, n_head=32, n_kv_head=8,
    d_head=128, vocab_size=128256, tied_embeddings=0,
)  # fmt: skip
LLAMA_405B: dict[str, float] = dict(
    n_params=405e9, n_layer=126, d_model=16384, n_ff_matrix=3, d_ff=53248, n_head=128, n_kv_head=8,
    d_head=128, vocab_size=128256, tied_embeddings=0,
)  # fmt: skip
POST: dict[str, float] = dict(batch=128, context=8192, kv_bytes=1, weight_bytes=1, hoi=600)
LAYOUT: dict[str, float] = dict(
    tensor_parallel=2, data_parallel=2, expert_parallel=1, pipeline_parallel=2
)
H100: dict[str, float] = dict(
    peak_flops=1979e12, memory_bandwidth=3.35e12, memory_capacity=80e9, attention_peak=989e12,
    link_bandwidth=450e9, chip_hour_price=2, memory_reserve=0,
)  # fmt: skip
REACHED: dict[str, float] = dict(
    bandwidth_share=0.8, flops_share=0.5, expert_flops_share=0.6, attention_peak_share=0.75,
    link_share=0.75, operation_time=1e-5, collective_time=5e-6, activation_bytes=2,
)  # fmt: skip
TWO_H100: dict[str, float] = dict(peak_flops=1979e12, memory_bandwidth=3.35e12, tensor_parallel=2)
# A day of ten steps, at the efficiencies of each phase.
SERVED_DAY: dict[str, float] = dict(
    LLAMA_8B | POST, tokens_per_day=1280, prompt_ratio=2, peak_flops=1e15, prefill_mfu=0.25,
    decode_efficiency=0.5,
)  # fmt: skip

# The 8B model: all parameters and those that are multiplied, to the unit; FLOPs of a token with
# its context (a key and a value, twice each); bytes of cache of the batch; a step's arithmetic and
# its memory traffic at 600 FLOPs a byte.
PARAMETERS_8B = 8_030_261_248
MATRICES_8B = 7_504_658_432
ATTENTION_8B = 4 * 32 * 32 * 128 * 8192
KV_8B = 2 * 32 * 8 * 128 * 8192 * 128
STEP_8B = 128 * (2 * MATRICES_8B + ATTENTION_8B)
READ_8B = 600 * (MATRICES_8B + KV_8B)
KV_405B = 2 * 126 * 8 * 128 * 8192 * 128

# Laws of the loss: Hoffmann et al. 2022, Besiroglu et al. 2024, Sardana et al. 2024.
HOFFMANN: dict[str, float] = dict(
    loss_floor=1.69, param_scale=406.4, data_scale=410.7, param_exponent=0.34, data_exponent=0.28
)
BESIROGLU: dict[str, float] = dict(
    loss_floor=1.8172, param_scale=482.01, data_scale=2085.43, param_exponent=0.3478,
    data_exponent=0.3658,
)  # fmt: skip
SARDANA: dict[str, float] = dict(HOFFMANN, param_exponent=0.336, data_exponent=0.283)
GOPHER = 5.76e23  # FLOPs of its training, Hoffmann et al. 2022, table 3
# Sardana et al., appendix B, table 2: 70e9 parameters on 4.26e12 tokens.
LOSS_70B = 1.69 + 406.4 / 70e9**0.336 + 410.7 / 4.26e12**0.283

# Training with Adam in mixed precision (Rajbhandari et al. 2020), and GPT-3 as Korthikanti et al.
# (2023, table 3) train it: a plain network four times as wide as the stream, no grouping.
MIXED: dict[str, float] = dict(weight_bytes=2, gradient_bytes=2, optimizer_bytes=12)
GPT_3: dict[str, float] = dict(
    n_layer=96, d_model=12288, n_ff_matrix=2, d_ff=4 * 12288, n_head=96, n_kv_head=96, d_head=128,
    sequence_length=2048, micro_batch=1, activation_bytes=2,
)  # fmt: skip

# A family whose cache grows as a power of its size: twenty elements times the root.
KV_FAMILY: dict[str, float] = dict(hoi=600, kv_bytes=1, context=8192, kv_scale=20, kv_exponent=0.5)

# The 8B model decodes 1e12 tokens after 1e12 of training, and reads 1e12: FLOP-equivalents of its
# decoding with the whole cache.
LIFE_8B: dict[str, float] = dict(
    LLAMA_8B | POST, train_tokens=1e12, prefill_tokens=1e12, decode_tokens=1e12
)
DECODE_8B = 600 * KV_8B / 128 * 1e12

# Four guesses, and the tokens that their verification yields.
GUESS: dict[str, float] = dict(draft_length=4, acceptance_rate=0.8, draft_cost_ratio=0.05)
YIELD = 1 + 0.8 + 0.8**2 + 0.8**3 + 0.8**4
# SPIRe (Neelam et al. 2025): two of eight layers draft, and see a window of 64 and a sink. Tables
# are left out. Four guesses, each right 80.6 % of the time, yield the 3.401 tokens measured.
SPIRE: dict[str, float] = dict(
    n_layer=8, d_model=512, n_ff_matrix=3, d_ff=4096, n_head=8, n_kv_head=8, d_head=128,
    vocab_size=1, batch=64, context=512, kv_bytes=1, weight_bytes=1, hoi=600, draft_share=1 / 4,
    draft_context=65, draft_length=4, acceptance_rate=0.80596,
)  # fmt: skip
# An eighth of the cache; half of the weights and a quarter of attention's arithmetic besides.
EIGHTH: dict[str, float] = dict(LLAMA_8B | POST | GUESS, kv_share=1 / 8)
HALF: dict[str, float] = dict(EIGHTH, size_ratio=1 / 2, attention_share=1 / 4)

# Laws of the shape: Bian et al. 2026, both fits, and the shape of LLaMA-3.2-1B that they train.
BIAN_SMALL: dict[str, float] = dict(
    width_constant=2.697, width_log=0.0974, width_inverse=0.0078, ff_constant=0.3870,
    ff_log=0.0063, ff_inverse=0.0065,
)  # fmt: skip
BIAN_1B: dict[str, float] = dict(
    width_constant=2.319, width_log=0.238, width_inverse=0.0176, ff_constant=0.5104,
    ff_log=0.0051, ff_inverse=0.0062,
)  # fmt: skip
LLAMA_1B: dict[str, float] = dict(
    n_layer=16, d_model=2048, n_ff_matrix=3, d_ff=8192, n_head=32, n_kv_head=8, d_head=64
)
BODY_1B = 16 * (2 * 2048 * (2048 + 512) + 3 * 2048 * 8192 + 2 * 2048) + 2048
BODY_8B = PARAMETERS_8B - 2 * 128256 * 4096
# The line of equal size through the 8B model: 4.2 is 3 x 14336 over 2 x (4096 + 1024).
LINE_8B: dict[str, float] = dict(n_body=BODY_8B, n_layer=32, ff_ratio=4.2, n_kv_head=8, d_head=128)

# The 8B model on eight H100s: two share a layer, in two stages, of which there are two ranks. A
# chip holds half of the matrices of its stage, and all norms; it works on 32 of 128 sequences at a
# time. By hand: bytes of its weights, seconds of a step (its cache, weights, an operation for each
# of 162 matrices and 32 sequences, 64 collectives) and of a prompt of 8,192 tokens.
SERVED: dict[str, float] = {
    **LLAMA_8B, **POST, **LAYOUT, **H100, **REACHED, "aggregated": 1, "prompt_length": 8192,
    "answer_length": 256,
}  # fmt: skip
CHIP_8B = ((PARAMETERS_8B - 65 * 4096) / 2 + 65 * 4096) / 2
STEP_KV = KV_8B / 4 / 2 / (0.8 * 3.35e12) + 32 * ATTENTION_8B / 2 / (0.75 * 989e12)
READ_WEIGHTS = MATRICES_8B / 2 / (0.8 * 3.35e12)
STEP_WEIGHTS = READ_WEIGHTS + 32 * MATRICES_8B / (0.5 * 1979e12)
STEP_OPERATIONS = (162 + 32) * 1e-5
STEP_LINKS = 64 * 5e-6 + 64 * 32 * 4096 * 2 / (0.75 * 450e9)
STEP = STEP_KV + STEP_WEIGHTS + STEP_OPERATIONS + STEP_LINKS
WORK = 8192 * (MATRICES_8B / (0.5 * 1979e12) + ATTENTION_8B / 4 / (0.75 * 989e12))
WORK += 8192 * 64 * 4096 * 2 / (0.75 * 450e9)
FIRST = 32**0.5 * (WORK + READ_WEIGHTS + 162e-5 + 64 * 5e-6) + STEP / 2
# A step of the served 8B model that verifies five tokens of each sequence.
VERIFY = KV_8B / 4 / 2 / (0.8 * 3.35e12) + 5 * 32 * ATTENTION_8B / 2 / (0.75 * 989e12)
VERIFY += READ_WEIGHTS + 5 * 32 * MATRICES_8B / (0.5 * 1979e12) + STEP_OPERATIONS
VERIFY += 64 * 5e-6 + 5 * 64 * 32 * 4096 * 2 / (0.75 * 450e9)
DOLLARS = 2 / 3600  # of a chip and a second
