"""Stacks against what engines' logs and papers print of models of 2025 and 2026."""

import pytest

from lifecost import kv_cache_size, models
from lifecost.blocks import factorized, grouped, latent, tensor_product, tied
from lifecost.serving import draft_cost
from lifecost.stack import Stack, layers

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
