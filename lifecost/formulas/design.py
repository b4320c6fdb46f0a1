"""The cost of a decoded token for a design: a size, a share of the cache, and guesses."""

from __future__ import annotations

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    CACHE,
    EIGHTH,
    HALF,
    KV_8B,
    MATRICES_8B,
    MODEL,
    YIELD,
)
from lifecost.formulas.decode import kv_load_flop_equivalent
from lifecost.formulas.lifetime import decode_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.speculative import expected_tokens
from lifecost.formulas.transformer import (
    attention_flops,
    matmul_flops,
    token_flops_estimate,
)
from lifecost.symbols import Expr, Symbols

_BOUND = (
    "arithmetic and memory traffic overlap perfectly: the slower one is the cost",
    "each guess is accepted with the same probability, whatever came before",
)
# Meeting one key after the other, a token of a prompt meets half of them on average.
_CAUSAL = 2


def _token_cost(s: Symbols, work: Expr, weights: Expr) -> Expr:
    """Return the cost of a token that comes from guesses and their verification."""
    memory = (weights + kv_load_flop_equivalent(s) * s.kv_share) / s.batch
    verification = Max(work * (s.draft_length + 1), memory)
    drafts = s.draft_length * s.draft_cost_ratio * Max(work, memory)
    return (verification + drafts) / expected_tokens(s)


@formula(
    r"c_\text{design}", "FLOP/token", level="post", assumptions=_BOUND,
    varies=f"+ hoi n_params {CACHE} draft_cost_ratio kv_share - acceptance_rate ~ draft_length",
    example=(EIGHTH, (5 * 16e9 + 4 * 0.05 * 600 * KV_8B / 128 / 8) / YIELD, "by hand: computing"),
)  # fmt: skip
def design_token_cost(s: Symbols) -> Expr:
    """Cost of one decoded token that reads a share of the cache, with guesses."""
    return _token_cost(s, token_flops_estimate(s), weights=0)


@formula(
    r"c_\text{design}^\text{full}", "FLOP/token", level="full", dense=True, assumptions=_BOUND,
    varies=(
        f"+ hoi {MODEL} kv_bytes weight_bytes context draft_cost_ratio kv_share attention_share "
        "size_ratio - batch acceptance_rate ~ draft_length"
    ),
    example=(HALF, 1.2 * (600 * MATRICES_8B / 128 / 2 + 600 * KV_8B / 128 / 8) / YIELD,
             "reading, four drafts at a twentieth"),
)  # fmt: skip
def design_token_cost_full(s: Symbols) -> Expr:
    """Cost of one decoded token of a design with guesses, counting weights and attention."""
    work = matmul_flops(s) * s.size_ratio + attention_flops(s) * s.attention_share
    weights = s.hoi * s.read_bytes * s.size_ratio
    return _token_cost(s, work, weights)


@formula(
    r"c_\text{prompt}^\text{full}", "FLOP/token", level="full", dense=True,
    assumptions=(
        "prompts are as long as the context; in layers with a window, too, attention is halved",
    ),
    varies=f"+ {MODEL} context attention_share size_ratio",
    example=(HALF, 2 * MATRICES_8B / 2 + ATTENTION_8B / 8, "counted by hand"),
)  # fmt: skip
def design_prompt_cost_full(s: Symbols) -> Expr:
    """Cost of one prompt token of a design: every matrix multiplication, causal attention."""
    attention = attention_flops(s) * s.attention_share / _CAUSAL
    return matmul_flops(s) * s.size_ratio + attention


@formula(
    r"F_\text{inference}", "1", level="post", assumptions=_BOUND,
    varies=(
        "+ acceptance_rate - draft_cost_ratio kv_share ~ hoi n_params n_layer n_kv_head d_head "
        "kv_bytes context draft_length prefill_tokens decode_tokens"
    ),
    example=(
        dict(EIGHTH, draft_length=0, prefill_tokens=2e12, decode_tokens=1e12),
        (32e21 + 600 * KV_8B / 128 * 1e12) / (32e21 + 600 * KV_8B / 128 / 8 * 1e12), "by hand",
    ),
)  # fmt: skip
def design_inference_factor(s: Symbols) -> Expr:
    """Factor by which a share of the cache and guesses make prompts and answers cheaper.

    Prompts cost what they did, and an answer is never cheaper than its forward pass.
    """
    prompts = prefill_flops(s)
    before = prompts + decode_cost(s)
    return before / (prompts + design_token_cost(s) * s.decode_tokens)
