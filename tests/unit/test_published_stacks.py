"""Stacks against what engines' logs and papers print of models of 2025 and 2026."""

import pytest

from lifecost import attention_flops, kv_bytes_read, kv_cache_size, load_model, models
from lifecost.blocks import factorized, grouped, latent, tensor_product, tied
from lifecost.speculation import draft_cost
from lifecost.stack import FAMILIES, Stack, layers

GIB = 2**30
# Bytes a token and layer. Zadouri et al. 2025 (arXiv 2505.21487), table 5, in 16 bits, on one
# chip and on each of two; Step-3 (arXiv 2507.19427), table 1, in 8 bits; TPA of 2 + 2 ranks.
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


# Step-3, table 2, at a context of 8,192: bytes of cache, and FLOPs of attention, of its projections
# and of the feed-forward layers, for each token; caches in 8 bits.
STEP3 = {
    "deepseek-v3": (2.88e8, 1.47e11, 2.28e10, 4.84e10),
    "kimi-k2": (2.88e8, 7.37e10, 1.23e10, 4.84e10),
    "qwen3-235b-a22b": (7.89e8, 2.52e10, 1.34e10, 2.84e10),
    "qwen3-32b": (1.07e9, 1.72e10, 1.21e10, 5.03e10),
    "llama-4-maverick": (1.01e9, 8.05e9, 6.04e9, 2.42e10),
}
OTHERWISE = {
    # It takes the mixture over the rotary part of a latent too, which is no value.
    ("deepseek-v3", 1): (576 + 576) / (576 + 512),
    ("kimi-k2", 1): (576 + 576) / (576 + 512),
    # A quarter more than keys and values of 48 layers; why, it does not say.
    ("llama-4-maverick", 0): 1.25,
}


@pytest.mark.parametrize("name", STEP3)
def test_bytes_and_flops_that_step3_prints(name):
    model = models[name]
    feed_forward = sum(
        part.count
        * term(*({**dict(part.block.sizes), "d_model": model.d_model}[n] for n in term.names))
        for part in model.stack.parts
        if (family := FAMILIES[part.block.family]).role == "feed_forward"
        and (term := family.lowered.get("weight_macs"))
    )
    found = (
        kv_bytes_read(model, batch=1, context=8192, kv_bytes=1),
        attention_flops(model, context=8192),
        2 * model.stack.value("attention_params", {}),
        2 * feed_forward,
    )
    for i, (value, printed) in enumerate(zip(found, STEP3[name], strict=True)):
        assert value * OTHERWISE.get((name, i), 1) == pytest.approx(printed, rel=0.007), i


# MiniMax-M1 in the same table: a cache in 16 bits, and states in 32 that are read and written.
M1 = dict(
    model_type="minimax_m1", hidden_size=6144, num_hidden_layers=80, num_attention_heads=64,
    num_key_value_heads=8, head_dim=128, intermediate_size=9216, num_local_experts=32,
    num_experts_per_tok=2, vocab_size=200064, tie_word_embeddings=False,
    attn_type_list=[int(i % 8 == 7) for i in range(80)],
)  # fmt: skip


def test_a_state_is_read_and_written():
    at = dict(batch=1, context=8192, kv_bytes=2, state_bytes=4)
    model = load_model(M1)
    assert kv_bytes_read(model, **at) == pytest.approx(9.23e8, rel=1e-3)


def test_heads_that_guess_cost_a_part_of_the_model():
    at = dict(batch=1, context=4096, hoi=590, kv_bytes=1, weight_bytes=1)
    shares = {
        n: draft_cost(models[n], **at) for n in ("deepseek-v3.2", "qwen3.5-397b-a17b", "glm-5")
    }
    assert all(0.005 < share < 0.2 for share in shares.values()), shares
