"""Compressing the cache: how much quality a smaller cache may cost, and how much it does cost."""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import BESIROGLU, CACHE, DECODE_8B, LIFE_8B, LLAMA_8B, POST
from lifecost.formulas.decode import forward_flops, kv_load_flop_equivalent
from lifecost.formulas.lifetime import decode_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import FIT, terms
from lifecost.formulas.training import training_flops
from lifecost.symbols import Expr, Symbols

_POST = ("every decoded token sees the same context; weights are amortized over the batch",)


@formula(
    r"C_\text{decode}^\text{small}", "FLOP", level="post", assumptions=_POST,
    varies="* decode_tokens + hoi n_params n_layer n_kv_head d_head kv_bytes context kv_share",
    example=(dict(LLAMA_8B | POST, decode_tokens=1e12, kv_share=0.25), DECODE_8B / 4,
             "a quarter of the load"),
)  # fmt: skip
def compressed_decode_cost(s: Symbols) -> Expr:
    """Cost of all decoded tokens when each reads only a share of the cache."""
    costs = forward_flops(s), kv_load_flop_equivalent(s) * s.kv_share
    return Max(*(cost / s.batch for cost in costs)) * s.decode_tokens


@formula(
    r"C_\text{life}^\text{small}", "FLOP", level="post", assumptions=_POST,
    varies=f"+ hoi n_params {CACHE} train_tokens kv_share prefill_tokens decode_tokens",
    example=(dict(LIFE_8B, kv_share=0.25), 48e21 + 16e21 + DECODE_8B / 4, "by hand"),
)  # fmt: skip
def compressed_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a whole life when each decoded token reads only a share of the cache."""
    fixed = training_flops(s) + prefill_flops(s)
    return fixed + compressed_decode_cost(s)


@formula(
    r"\varepsilon_N^\text{even}", "1", level="post",
    assumptions=(*_POST,
                 "the model is enlarged until it is as good, and its cache grows in proportion"),
    varies=f"+ hoi {CACHE} decode_tokens - n_params train_tokens kv_share prefill_tokens",
    example=(dict(LIFE_8B, kv_share=0.25), 1 - (64e21 + DECODE_8B / 4) / (64e21 + DECODE_8B),
             "by hand"),
)  # fmt: skip
def break_even_params_penalty(s: Symbols) -> Expr:
    """Share of its effective parameters that a variant may lose and still cost no more.

    A model that has lost a share must be larger by the inverse of what is left, and with it every
    cost of its life.
    """
    whole = training_flops(s) + prefill_flops(s) + decode_cost(s)
    return 1 - compressed_lifetime_cost(s) / whole


@formula(
    r"\varepsilon_D^\text{even}", "1", level="post",
    assumptions=(*_POST, "the model is trained longer until it is as good, at its size",),
    varies=f"+ hoi {CACHE} decode_tokens - n_params train_tokens kv_share",
    example=(dict(LIFE_8B, kv_share=0.25),
             (DECODE_8B - DECODE_8B / 4) / (48e21 + DECODE_8B - DECODE_8B / 4), "by hand"),
)  # fmt: skip
def break_even_tokens_penalty(s: Symbols) -> Expr:
    """Share of its effective training tokens that a variant may lose and still cost no more.

    What it saves in decoding pays for training it longer.
    """
    saved = decode_cost(s) - compressed_decode_cost(s)
    return saved / (training_flops(s) + saved)


def _penalty(s: Symbols, term: Expr, exponent: Expr) -> Expr:
    """Return the share by which a variable shrinks for its term of the loss to grow by the gap."""
    return 1 - (1 + s.loss_gap / term) ** (-1 / exponent)


@formula(
    r"\varepsilon_N", "1", dense=True, assumptions=FIT,
    varies="+ n_params param_exponent loss_gap - param_scale",
    example=(dict(BESIROGLU, n_params=1.1e9, loss_gap=0.0292),
             1 - (1 + 0.0292 * 1.1e9**0.3478 / 482.01) ** (-1 / 0.3478),
             "Brandon et al. 2024, table 1, MQA; 22 % to first order"),
)  # fmt: skip
def params_penalty(s: Symbols) -> Expr:
    """Share of its parameters that a model would have to lose for its loss to grow by a gap.

    The gap is measured at one size, and so is the share.
    """
    size, _ = terms(s)
    return sympy.powsimp(_penalty(s, size, s.param_exponent))


@formula(
    r"\varepsilon_D", "1", dense=True, assumptions=FIT,
    varies="+ train_tokens data_exponent loss_gap - data_scale",
    example=(dict(BESIROGLU, train_tokens=3e10, loss_gap=0.0292),
             1 - (1 + 0.0292 * 3e10**0.3658 / 2085.43) ** (-1 / 0.3658),
             "Brandon et al. 2024, table 1, MQA; 23 % to first order"),
)  # fmt: skip
def tokens_penalty(s: Symbols) -> Expr:
    """Share of its training tokens that a model would have to lose for its loss to grow by a gap.

    The gap is measured at one size and one number of tokens, and so is the share.
    """
    _, data = terms(s)
    return sympy.powsimp(_penalty(s, data, s.data_exponent))


def _equal_loss_penalty(s: Symbols, term: Expr, exponent: Expr) -> Expr:
    """Return the share that was added to a variable for its term to shrink by the gap."""
    return 1 - Max(1 - s.loss_gap / term, 0) ** (1 / exponent)


@formula(
    r"\varepsilon_N^\text{gap}", "1", dense=True, assumptions=FIT,
    varies="+ n_params param_exponent loss_gap - param_scale",
    example=(dict(BESIROGLU, n_params=8e9, loss_gap=0.0292),
             1 - (1 - 0.0292 * 8e9**0.3478 / 482.01) ** (1 / 0.3478), "by hand"),
)  # fmt: skip
def equal_loss_params_penalty(s: Symbols) -> Expr:
    """Share of its parameters that a variant with a gap in loss spends on making the gap good.

    The variant is as good as a plain model of the given size, and larger by the inverse of what is
    left. Where the share is one, no size makes the gap good.
    """
    size, _ = terms(s)
    return sympy.powsimp(_equal_loss_penalty(s, size, s.param_exponent))


@formula(
    r"\varepsilon_D^\text{gap}", "1", dense=True, assumptions=FIT,
    varies="+ train_tokens data_exponent loss_gap - data_scale",
    example=(dict(BESIROGLU, train_tokens=15e12, loss_gap=0.0158),
             1 - (1 - 0.0158 * 15e12**0.3658 / 2085.43) ** (1 / 0.3658), "by hand"),
)  # fmt: skip
def equal_loss_tokens_penalty(s: Symbols) -> Expr:
    """Share of its training tokens that a variant with a gap in loss spends on making the gap good.

    The variant is as good as a plain model trained on the given tokens. Where the share is one, no
    number of tokens makes the gap good.
    """
    _, data = terms(s)
    return sympy.powsimp(_equal_loss_penalty(s, data, s.data_exponent))
