"""Stacks against what engines' logs and papers print of models of 2025 and 2026."""

import pytest

from lifecost import attention_flops, kv_bytes_read, kv_cache_size, load_model, models
from lifecost.blocks import (
    dense,
    experts,
    factorized,
    grouped,
    latent,
    shared_expert,
    tensor_product,
    tied,
)
from lifecost.speculation import draft_cost
from lifecost.stack import Stack, layers
from lifecost.symbols import ANY, Symbols

GIB = 2**30
# Bytes a token and layer. Zadouri et al. 2025 (arXiv 2505.21487), table 5, in 16 bits, on one
# chip and on each of two; Step-3 (arXiv 2507.19427), table 1, in 8 bits; TPA of 2 + 2 ranks; MLRA
# (arXiv 2603.02188): 4.5 heads' widths on one chip, and 1.5 on each of four, as its code has them.
HEADS = dict(n_head=16, d_head=128)
LOW = dict(n_head=16, d_rope=64, d_head=192, d_value=128, direct=1)
RELATIVES = {
    "MHA": (grouped(**HEADS, n_kv_head=16), 2, 8192),
    "GQA-4": (grouped(**HEADS, n_kv_head=4), 2, 2048),
    "GTA-4": (tied(**HEADS, n_kv_head=4, d_rope=64), 2, 1152),
    "GLA-2": (latent(**LOW, kv_rank=256, n_group=2), 2, 1152),
    "MLA": (latent(**LOW, kv_rank=512), 2, 1152),
    "GTA-4, half": (tied(n_head=8, n_kv_head=2, d_head=128, d_rope=64), 2, 640),
    "GLA-2, half": (latent(**{**LOW, "n_head": 8}, kv_rank=256, n_group=1), 2, 640),
    "MLRA-4": (latent(**LOW, kv_rank=512), 2, 4.5 * 128 * 2),
    "MLRA-4, a quarter": (latent(**LOW, kv_rank=128), 2, 1.5 * 128 * 2),
    "MLRA-2, a quarter": (latent(**{**LOW, "n_head": 8}, kv_rank=128), 2, 1.5 * 128 * 2),
    "MFA": (factorized(n_head=64, d_head=256, query_rank=2048), 1, 512),
    "TPA": (tensor_product(**HEADS, query_rank=6, key_rank=2, value_rank=2), 2, 2 * 4 * (16 + 128)),
}


@pytest.mark.parametrize(("block", "size", "printed"), RELATIVES.values(), ids=RELATIVES)
def test_a_token_of_relatives_of_attention(block, size, printed):
    assert Stack(2048, 1, layers(1, block)).value("cache_held", {"context": 1}) * size == printed


# What one sequence holds: the post of vLLM on DeepSeek-V4, 2026-04-24, in 16 bits.
HELD = {"deepseek-v4-pro": (2**20, 9.62), "deepseek-v3.2": (2**20, 83.9)}


@pytest.mark.parametrize(("name", "context", "printed"), [(n, *row) for n, row in HELD.items()])
def test_a_million_tokens(name, context, printed):
    held = kv_cache_size(models[name], batch=1, context=context, kv_bytes=2) / GIB
    assert held == pytest.approx(printed, abs=0.05 if printed > 10 else 0.005)


# Step-3 (arXiv 2507.19427), tables 2 and 3: bytes of cache and state, and FLOPs of attention, for
# each token at 8K and at 32K; FLOPs of its projections and of the feed-forward layers at both.
STEP3 = {
    "deepseek-v3": ((2.88e8, 1.47e11), (1.15e9, 5.89e11), (2.28e10, 4.84e10)),
    "kimi-k2": ((2.88e8, 7.37e10), (1.15e9, 2.95e11), (1.23e10, 4.84e10)),
    "qwen3-235b-a22b": ((7.89e8, 2.52e10), (3.15e9, 1.01e11), (1.34e10, 2.84e10)),
    "qwen3-32b": ((1.07e9, 1.72e10), (4.29e9, 6.87e10), (1.21e10, 5.03e10)),
    "llama-4-maverick": ((1.01e9, 8.05e9), (2.21e9, 1.41e10), (6.04e9, 2.42e10)),
    "minimax-m1": ((9.23e8, 3.42e9), (1.93e9, 1.15e10), (3.75e10, 5.44e10)),
    "ernie-4.5-300b-a47b": ((9.06e8, 1.45e10), (3.62e9, 5.80e10), (1.63e10, 7.61e10)),
    "pangu-pro-moe": ((8.05e8, 8.05e9), (3.22e9, 3.22e10), (6.04e9, 2.38e10)),
    "step-3": ((2.56e8, 3.27e10), (1.02e9, 1.31e11), (2.07e10, 5.33e10)),
}
# What it counts beyond, in bytes or FLOPs at a context.
BEYOND = {
    # The mixture over the rotary part of a latent too, which is no value.
    ("deepseek-v3", 1): lambda context: 2 * 61 * 128 * 64 * context,
    ("kimi-k2", 1): lambda context: 2 * 61 * 64 * 64 * context,
    # A second byte of keys and values in the twelve layers that see everything.
    ("llama-4-maverick", 0): lambda context: 12 * 2 * 8 * 128 * context,
    # Ten operations with each element of a state, where two products and two sums are four.
    ("minimax-m1", 1): lambda context: 6 * 70 * 64 * 128**2,
}
# In what its cache and its states are: one byte an element, but for MiniMax-M1.
WIDE = {"minimax-m1": dict(kv_bytes=2, state_bytes=4)}


# What the catalog lacks. Step-3's attention is that of its table 1. No file of Pangu Pro was read,
# nor of the widths of Step-3's experts: these sizes are those with which the columns come out.
OTHERS = {
    "minimax-m1": dict(
        model_type="minimax_m1", hidden_size=6144, num_hidden_layers=80, num_attention_heads=64,
        num_key_value_heads=8, head_dim=128, intermediate_size=9216, num_local_experts=32,
        num_experts_per_tok=2, vocab_size=200064, tie_word_embeddings=False,
        attn_type_list=[int(i % 8 == 7) for i in range(80)],
    ),
    "ernie-4.5-300b-a47b": dict(
        model_type="ernie4_5_moe", hidden_size=8192, num_hidden_layers=54, num_attention_heads=64,
        num_key_value_heads=8, intermediate_size=28672, moe_intermediate_size=3584,
        moe_num_experts=64, moe_k=8, moe_num_shared_experts=0, moe_layer_start_index=3,
        moe_layer_end_index=53, vocab_size=103424, tie_word_embeddings=False,
    ),
}  # fmt: skip
STACKS = {
    "pangu-pro-moe": Stack(
        5120, 48,
        layers(48, grouped(n_head=40, n_kv_head=8, d_head=128),
               experts(n_expert=64, n_active_expert=8, d_expert=1344),
               shared_expert(d_ff=4 * 1344)),
    ),
    "step-3": Stack(
        7168, 61, layers(61, factorized(n_head=64, d_head=256, query_rank=2048)),
        layers(5, dense(d_ff=18432)),
        layers(56, experts(n_expert=48, n_active_expert=3, d_expert=5120),
               shared_expert(d_ff=5120)),
    ),
}  # fmt: skip


def step3_counts(name, context):
    """Return what the tables count, of it the routers and what is `BEYOND` apart."""
    stack = STACKS.get(name) or (load_model(OTHERS[name]) if name in OTHERS else models[name]).stack
    s = Symbols(ANY, optional=True).but(d_model=stack.d_model)
    networks = sum(
        part.count * row.sum_of("macs")
        for part in stack.parts
        for row in part.block.rows(s)
        if row.name in ("feed-forward", "experts", "shared experts")
    )
    return (
        kv_bytes_read(stack, batch=1, context=context, **WIDE.get(name, dict(kv_bytes=1))),
        attention_flops(stack, context=context),
        2 * stack.value("attention_params", {}),
        2 * networks,
    )


@pytest.mark.parametrize("name", STEP3)
def test_bytes_and_flops_that_step3_prints(name):
    *of_context, always = STEP3[name]
    for context, printed in zip((2**13, 2**15), of_context, strict=True):
        found = step3_counts(name, context)
        for i, (value, digits) in enumerate(zip(found, (*printed, *always), strict=True)):
            beyond = BEYOND.get((name, i), lambda context: 0)(context)
            assert f"{float(value + beyond):.2e}" == f"{digits:.2e}", (context, i)


CONVOLVED = [name for name, one in models.items() if "conv_width" in one.sizes and one.stored]


@pytest.mark.parametrize("name", CONVOLVED)
def test_vllm_keeps_fewer_inputs_of_a_convolution(name):
    # mamba_utils.py at 02d7108: one fewer than it is wide, in 16 bits; the state itself in 32.
    model = models[name]
    held, anew = (model.stack.value(f"state_{verb}", {}) for verb in ("held", "written"))
    channels = (held - anew) / (model.conv_width - 1)
    there = 4 * (held - channels * model.conv_width) + 2 * channels * (model.conv_width - 1)
    assert 1.01 < model.stored["state_bytes"] * held / there < 1.06


def test_heads_that_guess_cost_a_part_of_the_model():
    at = dict(batch=1, context=4096, hoi=590, kv_bytes=1, weight_bytes=1)
    shares = {name: draft_cost(one, **at) for name, one in models.items() if one.draft}
    assert len(shares) >= 10
    assert all(0.005 < share < 0.2 for share in shares.values()), shares


def test_a_guess_is_one_heads():
    # A large batch waits for arithmetic: DeepSeek's README_WEIGHTS has 1.5B and 36.6B parameters
    # at work, the projection to one vector, 0.1B, not among them.
    at = dict(batch=10**6, context=1, hoi=1, kv_bytes=1, weight_bytes=1)
    assert draft_cost(models["deepseek-v3"], **at) == pytest.approx(1.6 / 36.6, rel=0.02)
    # Three heads, each a dense layer: README of MiMo-V2-Flash, and the table of the vocabulary.
    assert [models[n].draft_length for n in ("llama-3-8b", "glm-5", "mimo-v2-flash")] == [0, 1, 3]
    each = 0.33e9 + 152_576 * 4096
    assert draft_cost(models["mimo-v2-flash"], **at) == pytest.approx(each / 15e9, rel=0.03)
