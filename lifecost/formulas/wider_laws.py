"""What loss laws of size and tokens leave out: repeated data, fewer bits."""

from __future__ import annotations

import math

import sympy

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.symbols import Expr, Symbols

MUENNIGHOFF: dict[str, float] = dict(
    loss_floor=1.869, param_scale=521, data_scale=1488, param_exponent=0.3526596,
    data_exponent=0.3526596, repeat_decay=15.387756,
)  # fmt: skip
KUMAR: dict[str, float] = dict(precision_decay=2.6745, precision_offset=0.3037)  # of weights


@formula(
    r"D_\text{worth}", "token", source="muennighoff2023scaling",
    assumptions=("a repeated token is worth less than the one before, by the same factor",),
    varies="+ train_tokens unique_tokens repeat_decay",
    example=(dict(MUENNIGHOFF, unique_tokens=1e9, train_tokens=4e9),
             1e9 * (1 + 15.387756 * (1 - math.exp(-3 / 15.387756))),
             "four epochs, by hand"),
)  # fmt: skip
def worth_of_repeated_tokens(s: Symbols) -> Expr:
    """Tokens, all of them new, that are worth as much as training tokens that repeat."""
    repeats = Max(0, s.train_tokens / s.unique_tokens - 1)
    worth = s.repeat_decay * (1 - sympy.exp(-repeats / s.repeat_decay))
    return Min(s.train_tokens, s.unique_tokens) + s.unique_tokens * worth


@formula(
    r"f_b", "1", source="kumar2025precision",
    assumptions=("integer formats of 3 to 12 bits, trained in, forward pass only",),
    varies="+ element_bits - precision_decay precision_offset",
    example=(dict(KUMAR, element_bits=4), 1 - math.exp(0.3037 - 4 / 2.6745),
             "Kumar et al. 2025, table 2, at 4 bits"),
)  # fmt: skip
def precision_share(s: Symbols) -> Expr:
    """Share of the parameters that count in the loss, when they are trained in few bits."""
    return Max(0, 1 - sympy.exp(s.precision_offset - s.element_bits / s.precision_decay))
