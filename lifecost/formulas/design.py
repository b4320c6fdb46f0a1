"""The cost of a decoded token for a design: a size, a share of the cache, and guesses."""

from __future__ import annotations

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas.decode import kv_load_flop_equivalent
from lifecost.formulas.lifetime import decode_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.speculative import expected_tokens
from lifecost.formulas.transformer import (
    attention_flops,
    bytes_read,
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


@formula(r"c_\text{design}", "FLOP/token", level="post", assumptions=_BOUND)
def design_token_cost(s: Symbols) -> Expr:
    """Cost of one decoded token that reads a share of the cache, with guesses."""
    return _token_cost(s, token_flops_estimate(s), weights=0)


@formula(r"c_\text{design}^\text{full}", "FLOP/token", level="full", dense=True,
         assumptions=_BOUND)  # fmt: skip
def design_token_cost_full(s: Symbols) -> Expr:
    """Cost of one decoded token of a design with guesses, counting weights and attention."""
    work = matmul_flops(s) * s.size_ratio + attention_flops(s) * s.attention_share
    weights = s.hoi * bytes_read(s) * s.size_ratio
    return _token_cost(s, work, weights)


@formula(r"c_\text{prompt}^\text{full}", "FLOP/token", level="full", dense=True, assumptions=(
    "prompts are as long as the context; in layers with a window, too, attention is halved",
))  # fmt: skip
def design_prompt_cost_full(s: Symbols) -> Expr:
    """Cost of one prompt token of a design: every matrix multiplication, causal attention."""
    attention = attention_flops(s) * s.attention_share / _CAUSAL
    return matmul_flops(s) * s.size_ratio + attention


@formula(r"F_\text{inference}", "1", level="post", assumptions=_BOUND)
def design_inference_factor(s: Symbols) -> Expr:
    """Factor by which a share of the cache and guesses make prompts and answers cheaper.

    Prompts cost what they did, and an answer is never cheaper than its forward pass.
    """
    prompts = prefill_flops(s)
    before = prompts + decode_cost(s)
    return before / (prompts + design_token_cost(s) * s.decode_tokens)
