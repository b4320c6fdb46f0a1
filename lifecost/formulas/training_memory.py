"""Memory of training: weights, gradients, states of the optimizer, and activations.

The states are those of mixed precision: 2 bytes for a weight, 2 or 4 for its gradient, 12 for
Adam's, which are a weight in 32 bits and two moments. Activations are what the forward pass keeps
for the backward pass. Each is a lower bound: logits, buffers, what is gathered of other chips for a
layer and what no allocation can use come on top. Stages of a pipeline do not divide activations:
the first holds as many sequences as there are stages.
"""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import GPT_3, LLAMA_8B, MIXED
from lifecost.formulas.transformer import kv_elements_per_token
from lifecost.symbols import Expr, Symbols

_STATES = ("states are divided evenly, among all chips unless it is said among how many",)
_KEPT = (
    "no dropout, whose masks take a byte for each element; norms keep their input, a network "
    "what enters each of its matrices and what its nonlinearity sees",
)


@formula(
    r"M_\text{states}", "byte", source="rajbhandari2020zero", assumptions=_STATES,
    varies="* n_params / n_chip + weight_bytes gradient_bytes optimizer_bytes",
    example=(dict(MIXED, n_params=7.5e9, n_chip=64), 1.9e9,
             "Rajbhandari et al. 2020, figure 1: all states divided among 64", 0.02),
)  # fmt: skip
def training_states(s: Symbols) -> Expr:
    """Bytes of weights, gradients and optimizer states that each chip holds."""
    each = (
        s.weight_bytes / s.weight_shards
        + s.gradient_bytes / s.gradient_shards
        + s.optimizer_bytes / s.optimizer_shards
    )
    return s.n_params * each


@formula(
    r"e_\text{act}", "element/token", source="korthikanti2023reducing", assumptions=_KEPT,
    varies="* n_layer + d_model n_ff_matrix d_ff n_head n_kv_head d_head",
    example=(LLAMA_8B, 32 * (4 * 4096 + 2 * 40 * 128 + 3 * 14336), "counted by hand"),
)  # fmt: skip
def activation_elements(s: Symbols) -> Expr:
    """Elements that the forward pass keeps of each token, attention's scores aside.

    Queries, keys, values and their mixture; the inner width of the network as often as it has
    matrices: a gate, what it gates, and their product, or what a plain nonlinearity sees and gives.
    """
    # Two norms keep what enters them, and what they pass on is kept too.
    layer = 2 * 2 * s.d_model + 2 * s.n_head * s.d_head + s.n_ff_matrix * s.d_ff
    return s.n_layer * layer + kv_elements_per_token(s)


def _tokens(s: Symbols) -> Expr:
    """Return bytes for each element of a token that a chip keeps."""
    return s.activation_bytes * s.sequence_length * s.micro_batch / s.activation_shards


@formula(
    r"M_\text{act}", "byte", source="korthikanti2023reducing",
    assumptions=("scores are computed again, as flash attention does", *_KEPT),
    varies=(
        "* n_layer activation_bytes sequence_length micro_batch + d_model n_ff_matrix d_ff n_head "
        "n_kv_head d_head"
    ),
    example=(GPT_3, 32 * 2048 * 12288 * 96,
             "Korthikanti et al. 2023, equation 6: 34 s b h L, 2 of it masks of dropout"),
)  # fmt: skip
def activation_memory(s: Symbols) -> Expr:
    """Bytes of activations that one chip keeps where only the scores are computed again."""
    return activation_elements(s) * _tokens(s)


@formula(
    r"M_\text{scores}", "byte", source="korthikanti2023reducing",
    assumptions=("whole scores, without their mask; no dropout",),
    varies="* n_layer n_head activation_bytes micro_batch ^2 sequence_length",
    example=(GPT_3, 2 * 96 * 2048**2 * 96,
             "Korthikanti et al. 2023, section 4.1: the softmax's output, 2 a s^2 b a layer"),
)  # fmt: skip
def score_memory(s: Symbols) -> Expr:
    """Bytes that attention's scores take beside, where nothing is computed again."""
    # A score multiplies so many elements, and as many again for its share of the values.
    scores = s.but(context=s.sequence_length).cache_macs / (2 * s.d_head)
    return scores * _tokens(s)


@formula(
    r"M_\text{inputs}", "byte", source="korthikanti2023reducing",
    assumptions=("one layer at a time is computed again, whose activations come on top",),
    varies="* n_layer d_model activation_bytes sequence_length micro_batch",
    example=(GPT_3, 2 * 2048 * 12288 * 96, "Korthikanti et al. 2023, section 5: 2 s b h L"),
)  # fmt: skip
def checkpoint_memory(s: Symbols) -> Expr:
    """Bytes of the layers' inputs: all that is kept where every layer is computed again."""
    return s.n_layer * s.d_model * _tokens(s)


@formula(
    r"M_\text{train}", "byte", assumptions=(*_STATES, "scores are computed again", *_KEPT),
    varies=(
        "+ n_params weight_bytes gradient_bytes optimizer_bytes activation_bytes sequence_length "
        "micro_batch n_layer d_model n_ff_matrix d_ff n_head n_kv_head d_head - n_chip"
    ),
    example=(
        dict(MIXED | LLAMA_8B, n_chip=8, sequence_length=8192, micro_batch=1, activation_bytes=2),
        16e9 + 2 * 8192 * 32 * (4 * 4096 + 2 * 40 * 128 + 3 * 14336), "counted by hand",
    ),
)  # fmt: skip
def training_memory(s: Symbols) -> Expr:
    """Least bytes that each chip holds where only the scores are computed again."""
    return training_states(s) + activation_memory(s)


@formula(
    r"M_\text{train}^\text{again}", "byte",
    assumptions=(*_STATES, "one layer at a time is computed again, whose activations come on top"),
    varies=(
        "+ n_params weight_bytes gradient_bytes optimizer_bytes activation_bytes sequence_length "
        "micro_batch n_layer d_model - n_chip"
    ),
    example=(
        dict(MIXED, n_params=8e9, n_layer=32, d_model=4096, n_chip=8, sequence_length=8192,
             micro_batch=1, activation_bytes=2),
        16e9 + 2 * 8192 * 4096 * 32, "counted by hand",
    ),
)  # fmt: skip
def training_memory_recomputed(s: Symbols) -> Expr:
    """Least bytes that each chip holds where every layer is computed again, whatever it is."""
    return training_states(s) + checkpoint_memory(s)
