"""Prefill: reading the prompt."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import ATTENTION_8B, LLAMA_8B, MATRICES_8B, POST
from lifecost.formulas.training import training_attention_flops
from lifecost.formulas.transformer import matmul_flops, token_flops_estimate
from lifecost.symbols import Expr, Symbols


@formula(
    r"C_\text{prefill}", "FLOP", source="matx_lifetime_llm_cost", level="post",
    assumptions=(
        "compute-bound: the weights are read once for many tokens; attention is left out",
    ),
    varies="* n_params prefill_tokens",
    example=(dict(n_params=8e9, prefill_tokens=8192), 131_072_000_000_000, "2ND"),
)  # fmt: skip
def prefill_flops(s: Symbols) -> Expr:
    """FLOPs to read the prompts: a forward pass for each of their tokens."""
    return token_flops_estimate(s) * s.prefill_tokens


@formula(
    r"C_\text{prompt}", "FLOP", level="full",
    assumptions=(
        "one prompt for each sequence of the batch, as long as the context; causal attention",
    ),
    varies="* batch + n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head context",
    example=(dict(LLAMA_8B | POST, batch=3), 3 * 8192 * (2 * MATRICES_8B + ATTENTION_8B / 2),
             "counted by hand"),
)  # fmt: skip
def prompt_flops(s: Symbols) -> Expr:
    """FLOPs to read the prompts of one batch: every matrix multiplication."""
    attention = training_attention_flops(s.but(sequence_length=s.context))
    return (matmul_flops(s) + attention) * s.context * s.batch
