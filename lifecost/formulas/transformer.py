"""The transformer: its parameters, its FLOPs, its cache, as sums over the table of matrices.

The rules of thumb (``2 N`` FLOPs a token, ``6 N D`` for training) are their leading terms.
"""

from __future__ import annotations

import sympy

from lifecost.formula import formula
from lifecost.formulas._settings import ATTENTION_8B, LLAMA_8B, MATRICES_8B, PARAMETERS_8B, POST
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_DECODER = ("a decoder whose layers are alike, but for the variants that are given",)
# What each formula assumes that counts the experts which a batch is expected to meet.
EVEN_EXPERTS = (
    "tokens choose their experts independently and evenly: an expectation, for tokens that are "
    "alike meet fewer",
)


@formula(
    r"N_\text{exact}", "parameter", assumptions=_DECODER,
    varies=(
        "* d_model + n_layer vocab_size n_ff_matrix d_ff n_head n_kv_head d_head - "
        "tied_embeddings"
    ),
    example=(LLAMA_8B, PARAMETERS_8B, "Llama 3 8B, from its configuration (litgpt 0.5.13)"),
)  # fmt: skip
def parameter_count(s: Symbols) -> Expr:
    """Parameters of the model, to the unit."""
    return s.stored_params


@formula(
    r"N_\text{active}", "parameter", assumptions=_DECODER,
    varies=(
        "* d_model + n_layer vocab_size n_ff_matrix d_ff n_head n_kv_head d_head - "
        "tied_embeddings"
    ),
    example=(LLAMA_8B, PARAMETERS_8B, "a dense model: all"),
)  # fmt: skip
def active_parameters(s: Symbols) -> Expr:
    """Parameters that serve each token: all but the experts that it is not routed to.

    Both embeddings count, as they do in the total.
    """
    return s.active_params


@formula(
    r"\Delta N", "parameter", assumptions=_DECODER,
    varies="* n_layer d_model d_head + n_head - n_kv_head",
    example=(dict(n_layer=20, d_model=2048, n_head=16, n_kv_head=1, d_head=128), 157_286_400,
             "Brandon et al. 2024, the 1B models with one head: 2 x 2048 x 15 x 128 x 20"),
)  # fmt: skip
def parameters_saved(s: Symbols) -> Expr:
    """Parameters that sharing heads saves against multi-head attention.

    The projections to keys and values shrink with the number of their heads.
    """
    grouped = parameter_count(s)
    return sympy.factor(sympy.expand(grouped.subs(s.n_kv_head, s.n_head) - grouped))


@formula(
    r"N_\text{mat}", "parameter", assumptions=_DECODER,
    varies="* d_model + n_layer vocab_size n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_8B, MATRICES_8B, "counted by hand"),
)  # fmt: skip
def multiplied_parameters(s: Symbols) -> Expr:
    """Parameters that are multiplied for each token: all but input embedding and norms."""
    return s.weight_macs


@formula(
    r"N_\text{read}", "parameter",
    assumptions=("each weight is read once a step", *EVEN_EXPERTS),
    varies="* d_model + n_layer vocab_size n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_8B, MATRICES_8B, "counted by hand"),
)  # fmt: skip
def read_parameters(s: Symbols) -> Expr:
    """Weights that a decode step of the whole batch reads; of routed experts, those expected.

    Of the input embedding it reads one row a token, which is left out. Of the experts it reads
    those that at least one token of the batch is routed to: for certain those of one token, as with
    ``batch=1``; how many more is an expectation.
    """
    return s.read_params


@formula(
    r"f_\text{matmul}", "FLOP/token", level="full", assumptions=_DECODER,
    varies="* d_model + n_layer vocab_size n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_8B, 2 * MATRICES_8B, "counted by hand"),
)  # fmt: skip
def matmul_flops(s: Symbols) -> Expr:
    """FLOPs for each token in the matrix multiplications with weights, forward pass."""
    return FLOP_PER_MAC * s.weight_macs


@formula(
    r"f_\text{attn}", "FLOP/token", level="full",
    assumptions=(
        "the token attends to the whole context; softmax and rotary embedding not counted",
    ),
    varies="* n_layer n_head d_head context",
    example=(dict(LLAMA_8B, context=8192), ATTENTION_8B, "counted by hand"),
)  # fmt: skip
def attention_flops(s: Symbols) -> Expr:
    """FLOPs for each token in the scores and the mixture of values, forward pass."""
    return FLOP_PER_MAC * s.cache_macs


@formula(
    r"f_\text{exact}", "FLOP/token", level="full", assumptions=_DECODER,
    varies="+ n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head context",
    example=(LLAMA_8B | POST, 2 * MATRICES_8B + ATTENTION_8B, "counted by hand"),
)  # fmt: skip
def token_flops(s: Symbols) -> Expr:
    """FLOPs for each token, forward pass: every row of the table at the given context."""
    return matmul_flops(s) + attention_flops(s)


@formula(
    r"f", "FLOP/token", source="kaplan2020scaling", level="post",
    assumptions=(
        "leading term: attention is left out, and the input embedding counts as if it were "
        "multiplied",
    ),
    varies="* n_params",
    example=(dict(n_params=70e9), 140e9, "2N, Kaplan et al. 2020, table 1"),
)  # fmt: skip
def token_flops_estimate(s: Symbols) -> Expr:
    """FLOPs for each token, forward pass: twice the parameters that serve it."""
    return FLOP_PER_MAC * s.n_active_params


@formula(
    r"\phi_\text{attn}", "1", level="full",
    varies="* n_layer n_head d_head context / n_params",
    example=(dict(LLAMA_8B, context=8192, n_params=PARAMETERS_8B),
             4 * 32 * 4096 * 8192 / (2 * PARAMETERS_8B), "26.7 % for the 8B model at 8k"),
)  # fmt: skip
def attention_to_estimate(s: Symbols) -> Expr:
    """Attention FLOPs as a fraction of the estimate of twice the parameters."""
    return attention_flops(s) / token_flops_estimate(s)


@formula(
    r"\phi_\text{emb}", "1", level="full",
    varies="* d_model / n_params + n_layer vocab_size - tied_embeddings",
    example=(dict(LLAMA_8B, n_params=PARAMETERS_8B), (PARAMETERS_8B - MATRICES_8B) / PARAMETERS_8B,
             "counted by hand: 6.5 %"),
)  # fmt: skip
def lookup_to_estimate(s: Symbols) -> Expr:
    """Part of the estimate that is not arithmetic: the looked-up embedding and the norms."""
    idle = active_parameters(s) - multiplied_parameters(s)
    return sympy.factor_terms(sympy.expand(idle)) / s.n_active_params


@formula(
    r"e_\text{kv}", "element/token", source="pope2023efficiently",
    varies="* n_layer n_kv_head d_head",
    example=(LLAMA_8B, 65_536, "2 x 32 x 8 x 128"),
)  # fmt: skip
def kv_elements_per_token(s: Symbols) -> Expr:
    """Elements that the KV cache of one sequence holds for each token of context."""
    return sympy.expand(s.cache_held / s.context)
