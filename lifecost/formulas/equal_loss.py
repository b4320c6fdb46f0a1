"""Models of equal loss: which sizes and tokens reach it, and where their life is cheapest."""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, solve
from lifecost.formula import formula
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, loss, matching_tokens, terms
from lifecost.formulas.training import training_flops
from lifecost.symbols import Expr, Symbols

_FORWARD = (*FIT, "service is forward passes only, for prompt and answer alike")


@formula(r"\ell_\text{match}", "nat/token", source="hoffmann2022training", assumptions=FIT,
         dense=True)  # fmt: skip
def compute_optimal_loss(s: Symbols) -> Expr:
    """Loss that a model size reaches when it is trained compute-optimally.

    There the term of data is that of size, times the ratio of their exponents.
    """
    found = loss(s.but(train_tokens=matching_tokens(s)))
    return sympy.powdenest(found, force=True)


def _reaching(s: Symbols, term: Expr, rest: Expr, unknown: Expr) -> Expr:
    """Return the unknown whose term is what the rest leaves of the loss; infinite if nothing."""
    left = s.target_loss - s.loss_floor - rest
    # Arrays compute the branch that is not taken as well: a negative base would have no power.
    found = solve(term, Max(left, 0), unknown)
    return sympy.Piecewise((found, left > 0), (sympy.oo, True))


@formula(r"N_\ell", "parameter", assumptions=FIT, dense=True)
def equal_loss_params(s: Symbols) -> Expr:
    """Model size that reaches a loss on a given number of training tokens.

    Infinite where no size reaches it on so few tokens.
    """
    size, data = terms(s)
    return _reaching(s, size, data, s.n_params)


@formula(r"D_\ell", "token", assumptions=FIT, dense=True)
def equal_loss_tokens(s: Symbols) -> Expr:
    """Training tokens on which a model size reaches a loss.

    Infinite where so small a model reaches it on no number of tokens.
    """
    size, data = terms(s)
    return _reaching(s, data, size, s.train_tokens)


@formula(r"C_\text{forward}", "FLOP", source="sardana2024beyond", level="post",
         assumptions=_FORWARD)  # fmt: skip
def forward_lifetime_flops(s: Symbols) -> Expr:
    """FLOPs of a life whose service is forward passes only: training and every token served."""
    return training_flops(s) + prefill_flops(s)


@formula(r"\lambda_N / \lambda_D", "1", source="sardana2024beyond", level="post", dense=True,
         assumptions=_FORWARD)  # fmt: skip
def size_to_data_return(s: Symbols) -> Expr:
    """Loss that the last FLOP buys through size, as a multiple of what it buys through data.

    The Lagrange multipliers of size and tokens: where they are equal, the model is the cheapest of
    its loss. Above one it should be larger, below one trained longer.
    """
    cost = forward_lifetime_flops(s)
    by_size, by_tokens = (
        sympy.diff(loss(s), v) / sympy.diff(cost, v) for v in (s.n_params, s.train_tokens)
    )
    return sympy.simplify(by_size / by_tokens)
