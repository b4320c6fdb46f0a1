"""The transformer: its parameters, its FLOPs, its cache, as sums over the table of matrices.

The rules of thumb (``2 N`` FLOPs a token, ``6 N D`` for training) are their leading terms.
"""

from __future__ import annotations

import sympy

from lifecost.formula import formula
from lifecost.formulas.matrices import bytes_of, total
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_DECODER = ("a decoder whose layers are alike, but for the variants that are given",)


@formula(r"N_\text{exact}", "parameter", assumptions=_DECODER)
def parameter_count(s: Symbols) -> Expr:
    """Parameters of the model, to the unit."""
    return total(s, "stored", "weights")


@formula(r"N_\text{active}", "parameter", assumptions=_DECODER)
def active_parameters(s: Symbols) -> Expr:
    """Parameters that serve each token: all but the experts that it is not routed to.

    Both embeddings count, as they do in the total.
    """
    return total(s, "active", "weights")


@formula(r"\Delta N", "parameter", assumptions=_DECODER)
def parameters_saved(s: Symbols) -> Expr:
    """Parameters that sharing heads saves against multi-head attention.

    The projections to keys and values shrink with the number of their heads.
    """
    grouped = parameter_count(s)
    return sympy.factor(sympy.expand(grouped.subs(s.n_kv_head, s.n_head) - grouped))


@formula(r"N_\text{mat}", "parameter", assumptions=_DECODER)
def multiplied_parameters(s: Symbols) -> Expr:
    """Parameters that are multiplied for each token: all but input embedding and norms."""
    return total(s, "macs", "weights")


@formula(r"N_\text{read}", "parameter", assumptions=(
    "each weight is read once a step; tokens choose their experts independently and evenly",
))  # fmt: skip
def read_parameters(s: Symbols) -> Expr:
    """Weights that a decode step of the whole batch reads.

    Of the input embedding it reads one row a token, which is left out. Of the experts it reads
    those that at least one token of the batch is routed to.
    """
    return total(s, "read", "weights")


def bytes_read(s: Symbols) -> Expr:
    """Return the bytes of the weights that a decode step of the whole batch reads."""
    return bytes_of(s, read_parameters(s), "read")


@formula(r"f_\text{matmul}", "FLOP/token", level="full", assumptions=_DECODER)
def matmul_flops(s: Symbols) -> Expr:
    """FLOPs for each token in the matrix multiplications with weights, forward pass."""
    return FLOP_PER_MAC * total(s, "macs", "weights")


@formula(r"f_\text{attn}", "FLOP/token", level="full", assumptions=(
    "the token attends to the whole context; softmax and rotary embedding not counted",
))  # fmt: skip
def attention_flops(s: Symbols) -> Expr:
    """FLOPs for each token in the scores and the mixture of values, forward pass."""
    return FLOP_PER_MAC * total(s, "macs", "cache")


@formula(r"f_\text{exact}", "FLOP/token", level="full", assumptions=_DECODER)
def token_flops(s: Symbols) -> Expr:
    """FLOPs for each token, forward pass: every row of the table at the given context."""
    return matmul_flops(s) + attention_flops(s)


@formula(r"f", "FLOP/token", source="kaplan2020scaling", level="post", assumptions=(
    "leading term: attention is left out, and the input embedding counts as if it were multiplied",
))  # fmt: skip
def token_flops_estimate(s: Symbols) -> Expr:
    """FLOPs for each token, forward pass: twice the parameters that serve it."""
    return FLOP_PER_MAC * s.n_active_params


@formula(r"\phi_\text{attn}", "1", level="full")
def attention_to_estimate(s: Symbols) -> Expr:
    """Attention FLOPs as a fraction of the estimate of twice the parameters."""
    return attention_flops(s) / token_flops_estimate(s)


@formula(r"\phi_\text{emb}", "1", level="full")
def lookup_to_estimate(s: Symbols) -> Expr:
    """Part of the estimate that is not arithmetic: the looked-up embedding and the norms."""
    idle = active_parameters(s) - multiplied_parameters(s)
    return sympy.factor_terms(sympy.expand(idle)) / s.n_active_params


@formula(r"e_\text{kv}", "element/token", source="pope2023efficiently")
def kv_elements_per_token(s: Symbols) -> Expr:
    """Elements that the KV cache of one sequence holds for each token of context."""
    return sympy.expand(total(s, "stored", "cache") / s.context)
