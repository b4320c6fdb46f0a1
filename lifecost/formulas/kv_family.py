"""The bill of a life in a family of models, whose KV cache grows with their size.

A family says how many cache elements a token has in a model of N parameters: a power of N, whose
exponent follows from the shape. With it the cost of a life is a function of size and tokens alone.
"""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Max
from lifecost.formula import formula
from lifecost.formulas.equal_loss import compute_optimal_loss
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, loss, matching_tokens, terms
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.solve import solve
from lifecost.symbols import (
    context,
    decode_tokens,
    hoi,
    kv_bytes,
    kv_exponent,
    kv_scale,
    loss_floor,
    n_params,
    peer_params,
    train_tokens,
)

_FAMILY = (
    "the cache grows as a power of model size, as in the family that it was fitted to",
    "every decoded token sees the same context; weights are amortized over the batch",
)


@formula(r"e_\text{kv}(N)", "element/token", dense=True, assumptions=_FAMILY[:1])
def family_kv_elements() -> Any:
    """Cache elements of a token in a model of a family, by its size."""
    return kv_scale * n_params**kv_exponent


@formula(r"c_\text{kv}(N)", "FLOP/token", level="post", dense=True, assumptions=_FAMILY)
def family_kv_cost() -> Any:
    """Cost of reading the cache for one decoded token in FLOP-equivalents, by model size."""
    return hoi * kv_bytes * context * family_kv_elements.definition


@formula(r"C_\text{life}(N)", "FLOP", level="post", dense=True, assumptions=_FAMILY)
def family_lifetime_cost() -> Any:
    """Cost of a whole life in FLOP-equivalents, for a model of a family."""
    decode = Max(token_flops_estimate.definition, family_kv_cost.definition) * decode_tokens
    return training_flops.definition + prefill_flops.definition + decode


@formula(r"N_\text{kink}", "parameter", level="post", dense=True, assumptions=_FAMILY)
def balanced_params() -> Any:
    """Model size at which reading the cache costs as much as the forward pass.

    Smaller models of the family wait for their cache, larger ones for their arithmetic, where the
    cache grows more slowly than the model.
    """
    ratio = family_kv_cost.definition / token_flops_estimate.definition
    return sympy.powsimp(ratio * n_params ** (1 - kv_exponent)) ** (1 / (1 - kv_exponent))


@formula(r"(\lambda_N / \lambda_D)_\text{kv}", "1", level="post", dense=True,
         assumptions=(*FIT, *_FAMILY))  # fmt: skip
def memory_bound_return() -> Any:
    """Loss that the last FLOP buys through size over what it buys through data, with KV load.

    As `size_to_data_return`, where decoding waits for the cache: the cost of a decoded token then
    grows with size as slowly as the cache does.
    """
    cost = training_flops.definition + prefill_flops.definition
    cost += family_kv_cost.definition * decode_tokens
    by_size, by_tokens = (
        sympy.diff(loss.definition, v) / sympy.diff(cost, v) for v in (n_params, train_tokens)
    )
    return sympy.simplify(by_size / by_tokens)


def _relative(cost: Any) -> Any:
    """Return a cost at equal loss over that of the compute-optimal model of the loss."""
    quality = compute_optimal_loss.definition.subs(n_params, peer_params)
    size, data = terms()
    left = quality - loss_floor - size
    # Arrays compute the branch that is not taken as well: a negative base would have no power.
    tokens = solve(data, Max(left, 0), train_tokens)
    peer = {train_tokens: matching_tokens.definition.subs(n_params, peer_params)}
    at_peer = cost.subs(peer).subs(n_params, peer_params)
    here = cost.subs(train_tokens, tokens)
    return sympy.Piecewise((here / at_peer, left > 0), (sympy.oo, True))


@formula(r"C_\text{life}(N) / C_\text{life}(N_\text{peer})", "1", level="post", dense=True,
         assumptions=(*FIT, *_FAMILY))  # fmt: skip
def relative_lifetime_cost() -> Any:
    """Cost of a life over that of the compute-optimal model of the same loss.

    Infinite where so small a model reaches that loss on no number of tokens.
    """
    return _relative(family_lifetime_cost.definition)


@formula(r"C_\text{forward}(N) / C_\text{forward}(N_\text{peer})", "1",
         source="sardana2024beyond", level="post", dense=True, assumptions=FIT)  # fmt: skip
def relative_forward_cost() -> Any:
    """As the cost of a life over its peer's, where a decoded token is a forward pass, no more."""
    served = token_flops_estimate.definition * decode_tokens
    return _relative(training_flops.definition + prefill_flops.definition + served)
