"""The transformer, described once: a table of the matrices that a token meets.

Parameters, FLOPs, cache and traffic are sums over this table, and the rules of thumb (``2 N`` FLOPs
a token, ``6 N D`` for training) are its leading terms.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy

from lifecost.formula import formula
from lifecost.symbols import (
    FLOP_PER_MAC,
    context,
    d_ff,
    d_head,
    d_model,
    n_ff_matrix,
    n_head,
    n_kv_head,
    n_layer,
    n_params,
    tied_embeddings,
    vocab_size,
)


class Row(NamedTuple):
    """One kind of matrix: ``rows`` x ``columns`` elements.

    ``stored`` copies are kept and ``used`` copies are multiplied by a vector for each token; a
    matrix that is stored but not used is looked up or applied elementwise.
    """

    name: str
    operand: str  # "weights", or "cache" of one sequence
    rows: Any
    columns: Any
    stored: Any
    used: Any

    @property
    def elements(self) -> Any:
        """Elements stored."""
        return self.stored * self.rows * self.columns

    @property
    def macs(self) -> Any:
        """Multiply-accumulates for each token."""
        return self.used * self.rows * self.columns


TABLE = (
    Row("query", "weights", d_model, n_head * d_head, n_layer, n_layer),
    Row("key", "weights", d_model, n_kv_head * d_head, n_layer, n_layer),
    Row("value", "weights", d_model, n_kv_head * d_head, n_layer, n_layer),
    Row("scores", "cache", d_head, context, n_layer * n_kv_head, n_layer * n_head),
    Row("mixture", "cache", context, d_head, n_layer * n_kv_head, n_layer * n_head),
    Row("output", "weights", n_head * d_head, d_model, n_layer, n_layer),
    Row("feed-forward", "weights", d_model, d_ff, n_layer * n_ff_matrix, n_layer * n_ff_matrix),
    Row("norms", "weights", 1, d_model, 2 * n_layer + 1, 0),
    Row("embedding", "weights", vocab_size, d_model, 1 - tied_embeddings, 0),
    Row("unembedding", "weights", d_model, vocab_size, 1, 1),
)


def total(column: str, operand: str, used_only: bool = False) -> Any:
    """Return the sum of a column (``"elements"`` or ``"macs"``) over one kind of operand."""
    rows = [r for r in TABLE if r.operand == operand and (r.used != 0 or not used_only)]
    elements = sympy.expand(sum(getattr(row, column) for row in rows))
    return sympy.collect(elements, n_layer, sympy.factor_terms)


_DENSE = ("dense decoder with pre-normalization, no biases, every layer alike",)


@formula(r"N_\text{exact}", "parameter", assumptions=_DENSE)
def parameter_count() -> Any:
    """Parameters of the model, to the unit."""
    return total("elements", "weights")


@formula(r"\Delta N", "parameter", assumptions=_DENSE)
def parameters_saved() -> Any:
    """Parameters that sharing heads saves against multi-head attention.

    The projections to keys and values shrink with the number of their heads.
    """
    grouped = parameter_count.definition
    return sympy.factor(grouped.subs(n_kv_head, n_head) - grouped)


@formula(r"N_\text{mat}", "parameter", assumptions=_DENSE)
def multiplied_parameters() -> Any:
    """Parameters that are multiplied for each token: all but input embedding and norms.

    They are also the weights that a decode step has to read: of the input embedding it reads one
    row a token.
    """
    return total("elements", "weights", used_only=True)


@formula(r"f_\text{matmul}", "FLOP/token", level="full", assumptions=_DENSE)
def matmul_flops() -> Any:
    """FLOPs for each token in the matrix multiplications with weights, forward pass."""
    return FLOP_PER_MAC * total("macs", "weights")


@formula(r"f_\text{attn}", "FLOP/token", level="full", assumptions=(
    "the token attends to the whole context; softmax and rotary embedding not counted",
))  # fmt: skip
def attention_flops() -> Any:
    """FLOPs for each token in the scores and the mixture of values, forward pass."""
    return FLOP_PER_MAC * total("macs", "cache")


@formula(r"f_\text{exact}", "FLOP/token", level="full", assumptions=_DENSE)
def token_flops() -> Any:
    """FLOPs for each token, forward pass: every row of the table at the given context."""
    return matmul_flops.definition + attention_flops.definition


@formula(r"f", "FLOP/token", source="kaplan2020scaling", level="post", assumptions=(
    "leading term: attention is left out, and the input embedding counts as if it were multiplied",
))  # fmt: skip
def token_flops_estimate() -> Any:
    """FLOPs for each token, forward pass: twice the parameters."""
    return FLOP_PER_MAC * n_params


@formula(r"\phi_\text{attn}", "1", level="full")
def attention_to_estimate() -> Any:
    """Attention FLOPs as a fraction of the estimate of twice the parameters."""
    return attention_flops.definition / token_flops_estimate.definition


@formula(r"\phi_\text{emb}", "1", level="full")
def lookup_to_estimate() -> Any:
    """Part of the estimate that is not arithmetic: the looked-up embedding and the norms."""
    idle = sympy.expand(parameter_count.definition - multiplied_parameters.definition)
    return sympy.factor(idle) / n_params


@formula(r"e_\text{kv}", "element/token", source="pope2023efficiently")
def kv_elements_per_token() -> Any:
    """Elements that one token of one sequence adds to the KV cache."""
    return total("elements", "cache") / context
