"""Models of equal loss: which sizes and tokens reach it, and where their life is cheapest."""

from __future__ import annotations

import sympy

from lifecost.algebra import Max, solve
from lifecost.formula import formula
from lifecost.formulas._settings import LOSS_70B, SARDANA
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, loss, matching_tokens, terms
from lifecost.formulas.training import training_flops
from lifecost.symbols import Expr, Symbols

_FORWARD = (*FIT, "service is forward passes only, for prompt and answer alike")


@formula(
    r"\ell_\text{match}", "nat/token", source="hoffmann2022training", dense=True, assumptions=FIT,
    varies="+ loss_floor param_scale - n_params param_exponent data_exponent",
    example=(dict(SARDANA, n_params=30e9), 1.96, "Sardana et al. 2024, section 2", 3e-3),
)  # fmt: skip
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


@formula(
    r"N_\ell", "parameter", dense=True, assumptions=FIT,
    varies=(
        "+ loss_floor param_scale data_scale - train_tokens param_exponent data_exponent "
        "target_loss"
    ),
    example=(dict(SARDANA, train_tokens=7.92e12, target_loss=LOSS_70B), 41.6e9,
             "Sardana et al. 2024, appendix B, table 2", 5e-3),
)  # fmt: skip
def equal_loss_params(s: Symbols) -> Expr:
    """Model size that reaches a loss on a given number of training tokens.

    Infinite where no size reaches it on so few tokens.
    """
    size, data = terms(s)
    return _reaching(s, size, data, s.n_params)


@formula(
    r"D_\ell", "token", dense=True, assumptions=FIT,
    varies=(
        "+ loss_floor param_scale data_scale - n_params param_exponent data_exponent target_loss"
    ),
    example=(dict(SARDANA, n_params=41.6e9, target_loss=LOSS_70B), 7.92e12,
             "Sardana et al. 2024, appendix B, table 2", 5e-3),
)  # fmt: skip
def equal_loss_tokens(s: Symbols) -> Expr:
    """Training tokens on which a model size reaches a loss.

    Infinite where so small a model reaches it on no number of tokens.
    """
    size, data = terms(s)
    return _reaching(s, data, size, s.train_tokens)


@formula(
    r"C_\text{forward}", "FLOP", source="sardana2024beyond", level="post", assumptions=_FORWARD,
    varies="* n_params + train_tokens prefill_tokens",
    example=(dict(n_params=7e9, train_tokens=1e12, prefill_tokens=2e12), 70e21, "6ND + 2ND"),
)  # fmt: skip
def forward_lifetime_flops(s: Symbols) -> Expr:
    """FLOPs of a life whose service is forward passes only: training and every token served."""
    return training_flops(s) + prefill_flops(s)


@formula(
    r"\lambda_N / \lambda_D", "1", source="sardana2024beyond", level="post", dense=True,
    assumptions=_FORWARD,
    varies=(
        "* param_scale / data_scale + train_tokens data_exponent - n_params param_exponent "
        "prefill_tokens"
    ),
    example=(dict(SARDANA, n_params=7e9, train_tokens=6e11, prefill_tokens=2e12),
             (0.336 * 406.4 / 7e9**0.336) / (0.283 * 410.7 / 6e11**0.283) / (1 + 2e12 / 1.8e12),
             "the first-order condition by hand"),
)  # fmt: skip
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
