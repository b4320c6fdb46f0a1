"""The bill of a life in a family of models, whose KV cache grows with their size.

A family says how many cache elements a token has in a model of N parameters: a power of N, whose
exponent follows from the shape. With it the cost of a life is a function of size and tokens alone.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, solve
from lifecost.formula import formula
from lifecost.formulas._settings import KV_FAMILY, SARDANA
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


@formula(
    r"e_\text{kv}(N)", "element/token", dense=True, assumptions=_FAMILY[:1],
    varies="* kv_scale + n_params kv_exponent",
    example=(dict(kv_scale=20, kv_exponent=0.5, n_params=1e10), 2e6, "twenty times a square root"),
)  # fmt: skip
def family_kv_elements(s: Symbols) -> Expr:
    """Cache elements of a token in a model of a family, by its size."""
    return s.kv_scale * s.n_params**s.kv_exponent


@formula(
    r"c_\text{kv}(N)", "FLOP/token", level="post", dense=True, assumptions=_FAMILY,
    varies="* hoi kv_bytes context kv_scale + n_params kv_exponent",
    example=(dict(KV_FAMILY, n_params=1e10), 600 * 8192 * 2e6, "by hand"),
)  # fmt: skip
def family_kv_cost(s: Symbols) -> Expr:
    """Cost of reading the cache for one decoded token in FLOP-equivalents, by model size."""
    return s.hoi * s.kv_bytes * s.context * family_kv_elements(s)


@formula(
    r"C_\text{life}(N)", "FLOP", level="post", dense=True, assumptions=_FAMILY,
    varies=(
        "+ hoi n_params kv_bytes context train_tokens kv_scale kv_exponent prefill_tokens "
        "decode_tokens"
    ),
    example=(
        dict(KV_FAMILY, n_params=1e10, train_tokens=1e12, prefill_tokens=1e12, decode_tokens=1e10),
        6e22 + 2e22 + 1e10 * 600 * 8192 * 2e6, "reading",
    ),
)  # fmt: skip
def family_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a whole life in FLOP-equivalents, for a model of a family."""
    decode = Max(token_flops_estimate(s), family_kv_cost(s)) * s.decode_tokens
    return training_flops(s) + prefill_flops(s) + decode


@formula(
    r"N_\text{kink}", "parameter", level="post", dense=True, assumptions=_FAMILY,
    varies="+ hoi kv_bytes context kv_scale kv_exponent",
    example=(KV_FAMILY, (600 * 8192 * 20 / 2) ** 2, "2N = 600 S 20 sqrt N"),
)  # fmt: skip
def balanced_params(s: Symbols) -> Expr:
    """Model size at which reading the cache costs as much as the forward pass.

    Smaller models of the family wait for their cache, larger ones for their arithmetic, where the
    cache grows more slowly than the model.
    """
    ratio = family_kv_cost(s) / token_flops_estimate(s)
    return sympy.powsimp(ratio * s.n_params ** (1 - s.kv_exponent)) ** (1 / (1 - s.kv_exponent))


@formula(
    r"(\lambda_N / \lambda_D)_\text{kv}", "1", level="post", dense=True,
    assumptions=(*FIT, *_FAMILY),
    varies=(
        "* param_scale / data_scale + train_tokens data_exponent - hoi kv_bytes context "
        "param_exponent kv_scale kv_exponent prefill_tokens decode_tokens ~ n_params"
    ),
    example=(
        dict(KV_FAMILY | SARDANA, n_params=1e10, train_tokens=1e12, prefill_tokens=1e12,
             decode_tokens=1e10),
        (0.336 * 406.4 / 1e10**0.336) / (0.283 * 410.7 / 1e12**0.283)
        / (1 + (2e22 + 0.5 * 1e10 * 600 * 8192 * 2e6) / 6e22),
        "the condition by hand",
    ),
)  # fmt: skip
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


@formula(
    r"C_\text{life}(N) / C_\text{life}(N_\text{peer})", "1", level="post", dense=True,
    assumptions=(*FIT, *_FAMILY),
    varies=(
        "~ hoi n_params kv_bytes context param_scale data_scale param_exponent data_exponent "
        "kv_scale kv_exponent peer_params prefill_tokens decode_tokens"
    ),
    example=(
        dict(KV_FAMILY | SARDANA, n_params=9e9, peer_params=13e9, prefill_tokens=1e12,
             decode_tokens=1e10),
        0.865307, "in plain steps", 1e-6,
    ),
)  # fmt: skip
def relative_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a life over that of the compute-optimal model of the same loss.

    Infinite where so small a model reaches that loss on no number of tokens.
    """
    return _relative(s, family_lifetime_cost(s))


@formula(
    r"C_\text{forward}(N) / C_\text{forward}(N_\text{peer})", "1", source="sardana2024beyond",
    level="post", dense=True, assumptions=FIT,
    varies=(
        "~ n_params param_scale data_scale param_exponent data_exponent peer_params "
        "prefill_tokens decode_tokens"
    ),
    example=(dict(SARDANA, n_params=7e9, peer_params=13e9, prefill_tokens=0, decode_tokens=2e12),
             0.83, "Sardana et al. 2024, figure 1: 17 % saved", 0.01),
)  # fmt: skip
def relative_forward_cost(s: Symbols) -> Expr:
    """As the cost of a life over its peer's, where a decoded token is a forward pass, no more."""
    served = token_flops_estimate(s) * s.decode_tokens
    return _relative(s, training_flops(s) + prefill_flops(s) + served)
