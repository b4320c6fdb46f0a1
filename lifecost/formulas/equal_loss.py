"""Models of equal loss: which sizes and tokens reach it, and where their life is cheapest."""

from __future__ import annotations

from typing import Any

import sympy

from lifecost.extrema import Max
from lifecost.formula import formula
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, loss, matching_tokens, terms
from lifecost.formulas.training import training_flops
from lifecost.solve import solve
from lifecost.symbols import loss_floor, n_params, target_loss, train_tokens

_FORWARD = (*FIT, "service is forward passes only, for prompt and answer alike")


@formula(r"\ell_\text{match}", "nat/token", source="hoffmann2022training", assumptions=FIT,
         dense=True)  # fmt: skip
def compute_optimal_loss() -> Any:
    """Loss that a model size reaches when it is trained compute-optimally.

    There the term of data is that of size, times the ratio of their exponents.
    """
    found = loss.definition.subs(train_tokens, matching_tokens.definition)
    return sympy.powdenest(found, force=True)


def _reaching(term: Any, rest: Any, unknown: Any) -> Any:
    """Return the unknown whose term is what the rest leaves of the loss; infinite if nothing."""
    left = target_loss - loss_floor - rest
    # Arrays compute the branch that is not taken as well: a negative base would have no power.
    found = solve(term, Max(left, 0), unknown)
    return sympy.Piecewise((found, left > 0), (sympy.oo, True))


@formula(r"N_\ell", "parameter", assumptions=FIT, dense=True)
def equal_loss_params() -> Any:
    """Model size that reaches a loss on a given number of training tokens.

    Infinite where no size reaches it on so few tokens.
    """
    size, data = terms()
    return _reaching(size, data, n_params)


@formula(r"D_\ell", "token", assumptions=FIT, dense=True)
def equal_loss_tokens() -> Any:
    """Training tokens on which a model size reaches a loss.

    Infinite where so small a model reaches it on no number of tokens.
    """
    size, data = terms()
    return _reaching(data, size, train_tokens)


@formula(r"C_\text{forward}", "FLOP", source="sardana2024beyond", level="post",
         assumptions=_FORWARD)  # fmt: skip
def forward_lifetime_flops() -> Any:
    """FLOPs of a life whose service is forward passes only: training and every token served."""
    return training_flops.definition + prefill_flops.definition


@formula(r"\lambda_N / \lambda_D", "1", source="sardana2024beyond", level="post", dense=True,
         assumptions=_FORWARD)  # fmt: skip
def size_to_data_return() -> Any:
    """Loss that the last FLOP buys through size, as a multiple of what it buys through data.

    The Lagrange multipliers of size and tokens: where they are equal, the model is the cheapest of
    its loss. Above one it should be larger, below one trained longer.
    """
    cost = forward_lifetime_flops.definition
    by_size, by_tokens = (
        sympy.diff(loss.definition, v) / sympy.diff(cost, v) for v in (n_params, train_tokens)
    )
    return sympy.simplify(by_size / by_tokens)
