"""What training costs."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import ATTENTION_8B, LLAMA_8B, MATRICES_8B
from lifecost.formulas.transformer import matmul_flops, token_flops_estimate
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

# Backward: each matrix multiplication returns as two, one for the gradient of its input and one for
# the gradient of its weights (or of the keys and values). With the forward pass, three.
PASSES = 3
_STORED = (
    "scores are not computed again; flash attention does, 3.5 forward passes of attention, not 3",
)


@formula(
    r"C_\text{train}", "FLOP", source="kaplan2020scaling", level="post",
    assumptions=("forward and backward pass only; attention and recomputation are left out",),
    varies="* n_params train_tokens",
    example=(dict(n_params=540e9, train_tokens=780e9), 2.5272e24, "PaLM 540B, table 21"),
)  # fmt: skip
def training_flops(s: Symbols) -> Expr:
    """FLOPs to train a model: six for each token and each parameter that serves it."""
    return PASSES * token_flops_estimate(s) * s.train_tokens


@formula(
    r"\bar f_\text{attn}", "FLOP/token", level="full",
    assumptions=(
        "causal mask: a token attends to half of the sequence on average; the rest is skipped",
    ),
    varies="* n_layer n_head d_head sequence_length",
    example=(dict(LLAMA_8B, sequence_length=8192), 2 * 32 * 8192 * 4096,
             "Kaplan et al. 2020, table 1: 2 n_layer n_ctx d_attn"),
)  # fmt: skip
def training_attention_flops(s: Symbols) -> Expr:
    """Attention FLOPs for each token of a training sequence, forward pass."""
    return FLOP_PER_MAC * s.prompt_macs


@formula(
    r"C_\text{exact}", "FLOP", level="full",
    assumptions=("no recomputation of activations; optimizer and elementwise work not counted",
                 *_STORED),
    varies=(
        "* train_tokens + n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head "
        "sequence_length"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12),
             15e12 * 3 * (2 * MATRICES_8B + ATTENTION_8B / 2), "counted by hand"),
)  # fmt: skip
def training_flops_exact(s: Symbols) -> Expr:
    """FLOPs to train a model: every matrix multiplication, forward and backward."""
    forward = matmul_flops(s) + training_attention_flops(s)
    return PASSES * forward * s.train_tokens


@formula(
    r"C_\text{done}", "FLOP", level="full",
    assumptions=("optimizer and elementwise work not counted", *_STORED),
    varies=(
        "* train_tokens + n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head "
        "sequence_length recomputed"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12, recomputed=1),
             15e12 * 4 * (2 * MATRICES_8B + ATTENTION_8B / 2), "all again: four passes, not three"),
)  # fmt: skip
def training_flops_done(s: Symbols) -> Expr:
    """FLOPs that chips do to train a model, with what they compute again of the forward pass.

    Shares of a peak that count them are larger than those of `training_flops_exact`: "hardware"
    instead of "model" FLOPs.
    """
    forward = matmul_flops(s) + training_attention_flops(s)
    return (PASSES + s.recomputed) * forward * s.train_tokens


@formula(
    r"C_\text{adapter}", "FLOP", level="full",
    assumptions=("what the adapters multiply themselves is left out: little, at a small rank",
                 "no recomputation of activations", *_STORED),
    varies=(
        "* train_tokens + n_layer vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head "
        "sequence_length"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12),
             15e12 * (2 * 2 * MATRICES_8B + 3 * ATTENTION_8B / 2), "counted by hand"),
)  # fmt: skip
def adapter_training_flops(s: Symbols) -> Expr:
    """FLOPs to train adapters, as of LoRA, beside weights that stay as they are: at least.

    Frozen matrices need no gradient of their own: two of three passes. Attention has no weights,
    and keeps all three.
    """
    adapted = (PASSES - 1) * matmul_flops(s) + PASSES * training_attention_flops(s)
    return adapted * s.train_tokens


@formula(
    r"\phi_\text{bubble}", "1", source="narayanan2021efficient",
    assumptions=("stages take equally long, and pass on at once", "each has one run of layers: "
                 "with several in turn a stage waits less, and other schedules fill the wait"),
    varies="+ pipeline_parallel - n_micro_batch",
    example=(dict(pipeline_parallel=4, n_micro_batch=8), 3 / 11,
             "Narayanan et al. 2021, section 2.2: 3/8 of the time without waiting"),
)  # fmt: skip
def pipeline_bubble(s: Symbols) -> Expr:
    """Share of a training step in which a stage waits: while the pipeline fills and drains.

    Of the time without waiting it is (p - 1) / m, as the source counts it.
    """
    waits = s.pipeline_parallel - 1
    return waits / (s.n_micro_batch + waits)


@formula(
    r"t_\text{train}", "s", level="full",
    assumptions=("every chip runs at its peak, with no communication between them",),
    varies=(
        "* train_tokens / peak_flops n_chip + n_layer vocab_size d_model n_ff_matrix d_ff n_head "
        "n_kv_head d_head sequence_length recomputed"
    ),
    example=(
        dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12, recomputed=0, peak_flops=989.4e12,
             n_chip=1024),
        15e12 * 3 * (2 * MATRICES_8B + ATTENTION_8B / 2) / (1024 * 989.4e12), "counted by hand",
    ),
)  # fmt: skip
def training_time(s: Symbols) -> Expr:
    """Least time to train a model."""
    return training_flops_done(s) / (s.peak_flops * s.n_chip)


@formula(
    r"\hat t_\text{train}", "s", level="full",
    assumptions=(
        "the share counts no recomputation, and of attention the causal half: with all of it a "
        "published share is larger",
    ),
    varies=(
        "* train_tokens / peak_flops n_chip train_mfu + n_layer vocab_size d_model n_ff_matrix "
        "d_ff n_head n_kv_head d_head sequence_length"
    ),
    example=(
        dict(LLAMA_8B, sequence_length=8192, train_tokens=15e12, train_mfu=0.4, peak_flops=989.4e12,
             n_chip=1024),
        15e12 * 3 * (2 * MATRICES_8B + ATTENTION_8B / 2) / (0.4 * 1024 * 989.4e12), "by hand",
    ),
)  # fmt: skip
def estimated_training_time(s: Symbols) -> Expr:
    """Time to train a model at the share of the peak that training reaches: an estimate.

    It is as good as the share.
    """
    return training_flops_exact(s) / (s.peak_flops * s.n_chip * s.train_mfu)


@formula(
    r"\phi_\text{train}", "1", level="full", assumptions=_STORED,
    varies=(
        "+ n_layer n_head d_head sequence_length - vocab_size d_model n_ff_matrix d_ff n_kv_head"
    ),
    example=(dict(LLAMA_8B, sequence_length=8192),
             ATTENTION_8B / (2 * 2 * MATRICES_8B + ATTENTION_8B), "12.5 %, counted by hand"),
)  # fmt: skip
def training_attention_share(s: Symbols) -> Expr:
    """Share of the training FLOPs that attention takes: scores and mixture of values."""
    attention = training_attention_flops(s)
    return attention / (matmul_flops(s) + attention)


@formula(
    r"S_\text{half}", "token", level="full", unknown="sequence_length", assumptions=_STORED,
    varies="* d_model + vocab_size n_ff_matrix d_ff n_kv_head - n_layer n_head d_head",
    example=(LLAMA_8B, 2 * MATRICES_8B / (2 * 32 * 4096),
             "a token of sequence adds 2 x 32 x 4096 FLOPs to each token"),
)  # fmt: skip
def equal_attention_sequence(s: Symbols) -> Expr:
    """Length of training sequence at which attention takes as many FLOPs as all the weights."""
    return training_attention_flops(s), matmul_flops(s)


@formula(
    r"D_\text{bought}", "token", level="post", unknown="train_tokens",
    varies="* train_flops / n_params",
    example=(dict(train_flops=5.88e23, n_params=70e9), 1.4e12, "Chinchilla"),
)  # fmt: skip
def affordable_tokens(s: Symbols) -> Expr:
    """Tokens that a compute budget buys for a model of a given size."""
    return training_flops(s), s.train_flops
