"""The bill of a life in a family of models, whose KV cache grows with their size.

A family says how many cache elements a token has in a model of N parameters: a power of N, whose
exponent follows from the shape. With it the cost of a life is a function of size and tokens alone.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, solve
from lifecost.formula import formula
from lifecost.formulas.equal_loss import compute_optimal_loss
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, loss, matching_tokens, terms
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import Expr, Symbols

_FAMILY = (
    "the cache grows as a power of model size, as in the family that it was fitted to",
    "every decoded token sees the same context; weights are amortized over the batch",
)


@formula(r"e_\text{kv}(N)", "element/token", dense=True, assumptions=_FAMILY[:1])
def family_kv_elements(s: Symbols) -> Expr:
    """Cache elements of a token in a model of a family, by its size."""
    return s.kv_scale * s.n_params**s.kv_exponent


@formula(r"c_\text{kv}(N)", "FLOP/token", level="post", dense=True, assumptions=_FAMILY)
def family_kv_cost(s: Symbols) -> Expr:
    """Cost of reading the cache for one decoded token in FLOP-equivalents, by model size."""
    return s.hoi * s.kv_bytes * s.context * family_kv_elements(s)


@formula(r"C_\text{life}(N)", "FLOP", level="post", dense=True, assumptions=_FAMILY)
def family_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a whole life in FLOP-equivalents, for a model of a family."""
    decode = Max(token_flops_estimate(s), family_kv_cost(s)) * s.decode_tokens
    return training_flops(s) + prefill_flops(s) + decode


@formula(r"N_\text{kink}", "parameter", level="post", dense=True, assumptions=_FAMILY)
def balanced_params(s: Symbols) -> Expr:
    """Model size at which reading the cache costs as much as the forward pass.

    Smaller models of the family wait for their cache, larger ones for their arithmetic, where the
    cache grows more slowly than the model.
    """
    ratio = family_kv_cost(s) / token_flops_estimate(s)
    return sympy.powsimp(ratio * s.n_params ** (1 - s.kv_exponent)) ** (1 / (1 - s.kv_exponent))


@formula(r"(\lambda_N / \lambda_D)_\text{kv}", "1", level="post", dense=True,
         assumptions=(*FIT, *_FAMILY))  # fmt: skip
def memory_bound_return(s: Symbols) -> Expr:
    """Loss that the last FLOP buys through size over what it buys through data, with KV load.

    As `size_to_data_return`, where decoding waits for the cache: the cost of a decoded token then
    grows with size as slowly as the cache does.
    """
    cost = training_flops(s) + prefill_flops(s)
    cost += family_kv_cost(s) * s.decode_tokens
    by_size, by_tokens = (
        sympy.diff(loss(s), v) / sympy.diff(cost, v) for v in (s.n_params, s.train_tokens)
    )
    return sympy.simplify(by_size / by_tokens)


def _relative(s: Symbols, cost: Expr) -> Expr:
    """Return a cost at equal loss over that of the compute-optimal model of the loss."""
    quality = compute_optimal_loss(s.but(n_params=s.peer_params))
    size, data = terms(s)
    left = quality - s.loss_floor - size
    # Arrays compute the branch that is not taken as well: a negative base would have no power.
    tokens = solve(data, Max(left, 0), s.train_tokens)
    peer = {s.train_tokens: matching_tokens(s.but(n_params=s.peer_params))}
    at_peer = cost.subs(peer).subs(s.n_params, s.peer_params)
    here = cost.subs(s.train_tokens, tokens)
    return sympy.Piecewise((here / at_peer, left > 0), (sympy.oo, True))


@formula(r"C_\text{life}(N) / C_\text{life}(N_\text{peer})", "1", level="post", dense=True,
         assumptions=(*FIT, *_FAMILY))  # fmt: skip
def relative_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a life over that of the compute-optimal model of the same loss.

    Infinite where so small a model reaches that loss on no number of tokens.
    """
    return _relative(s, family_lifetime_cost(s))


@formula(r"C_\text{forward}(N) / C_\text{forward}(N_\text{peer})", "1",
         source="sardana2024beyond", level="post", dense=True, assumptions=FIT)  # fmt: skip
def relative_forward_cost(s: Symbols) -> Expr:
    """As the cost of a life over its peer's, where a decoded token is a forward pass, no more."""
    served = token_flops_estimate(s) * s.decode_tokens
    return _relative(s, training_flops(s) + prefill_flops(s) + served)
