"""Mixtures of experts: their loss, what they hold and read, and the bill of their life.

A dense model is a mixture of one expert: every formula here then is that of the dense chapters.
Parameters are those that serve a token; how many the model holds follows from the share of them
that are in routed experts.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import KV_FAMILY
from lifecost.formulas.kv_family import family_kv_cost
from lifecost.formulas.prefill import prefill_flops
from lifecost.formulas.scaling_law import loss
from lifecost.formulas.training import training_flops
from lifecost.formulas.transformer import EVEN_EXPERTS, token_flops_estimate
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_LAW = (
    "as good as the fit, inside the range of models that it was made on: one expert of up to 32 "
    "serves a token",
)
_SHARE = ("routed experts have the same share of the parameters that serve a token at any size",)
# Ludziejewski et al. 2025, table 3, and the scale and exponent that table 4 prints for 8 experts.
JOINT: dict[str, float] = dict(
    param_scale=35.91, param_scale_power=0.2285, param_exponent=0.1889, param_exponent_slope=0.0098,
    data_scale=35.98, data_scale_power=0.5529, data_exponent=0.1775, data_exponent_slope=0.0259,
    loss_floor=1.3637, least_experts=2.0732, most_experts=290.4521,
)  # fmt: skip
EIGHT: dict[str, float] = dict(KV_FAMILY, expert_ratio=8, routed_share=0.5, n_params=1e10,
                               batch=64, weight_bytes=1)  # fmt: skip
_MET = 8 * (1 - (7 / 8) ** 64)  # of 8 experts, by 64 tokens
_TOKEN = 600 * (1e10 * (0.5 + 0.5 * _MET) / 64 + 8192 * 2e6)


@formula(
    r"\hat\varepsilon", "1", source="ludziejewski2025joint", dense=True, assumptions=_LAW,
    varies="+ expert_ratio least_experts most_experts",
    example=(dict(JOINT, expert_ratio=1), 2.0732, "of a dense model the least"),
)  # fmt: skip
def effective_experts(s: Symbols) -> Expr:
    """Effective number of experts: what further ones add falls off, up to a limit."""
    first = 1 / (1 / s.least_experts - 1 / s.most_experts)
    return 1 / (1 / (s.expert_ratio - 1 + first) + 1 / s.most_experts)


@formula(
    r"A_N(\varepsilon)", "nat/token", source="ludziejewski2025joint", dense=True, assumptions=_LAW,
    varies="* param_scale - expert_ratio param_scale_power least_experts most_experts",
    example=(dict(JOINT, expert_ratio=8), 21.833, "Ludziejewski et al. 2025, table 4", 1e-3),
)  # fmt: skip
def mixture_param_scale(s: Symbols) -> Expr:
    """Scale of the size term for a number of experts."""
    return s.param_scale / effective_experts(s) ** s.param_scale_power


@formula(
    r"\alpha(\varepsilon)", "1", source="ludziejewski2025joint", dense=True, assumptions=_LAW,
    varies="+ param_exponent - expert_ratio param_exponent_slope least_experts most_experts",
    example=(dict(JOINT, expert_ratio=8), 0.1676, "Ludziejewski et al. 2025, table 4", 2e-3),
)  # fmt: skip
def mixture_param_exponent(s: Symbols) -> Expr:
    """Exponent of model size for a number of experts."""
    return s.param_exponent - s.param_exponent_slope * sympy.log(effective_experts(s))


@formula(
    r"A_D(\varepsilon)", "nat/token", source="ludziejewski2025joint", dense=True, assumptions=_LAW,
    varies="* data_scale + expert_ratio data_scale_power least_experts most_experts",
    example=(dict(JOINT, expert_ratio=8), 119.91, "Ludziejewski et al. 2025, table 4", 1e-3),
)  # fmt: skip
def mixture_data_scale(s: Symbols) -> Expr:
    """Scale of the data term for a number of experts."""
    return s.data_scale * effective_experts(s) ** s.data_scale_power


@formula(
    r"\beta(\varepsilon)", "1", source="ludziejewski2025joint", dense=True, assumptions=_LAW,
    varies="+ data_exponent expert_ratio data_exponent_slope least_experts most_experts",
    example=(dict(JOINT, expert_ratio=8), 0.2338, "Ludziejewski et al. 2025, table 4", 2e-3),
)  # fmt: skip
def mixture_data_exponent(s: Symbols) -> Expr:
    """Exponent of training tokens for a number of experts."""
    return s.data_exponent + s.data_exponent_slope * sympy.log(effective_experts(s))


@formula(
    r"\mathcal{L}(\varepsilon)", "nat/token", source="ludziejewski2025joint", dense=True,
    assumptions=_LAW,
    varies=(
        "+ loss_floor param_scale data_scale data_scale_power param_exponent_slope - n_params "
        "train_tokens param_exponent data_exponent param_scale_power data_exponent_slope ~ "
        "expert_ratio least_experts most_experts"
    ),
    example=(
        dict(JOINT, expert_ratio=8, n_params=1e9, train_tokens=2e10),
        1.3637 + 21.833 / 1e9**0.1676 + 119.91 / 2e10**0.2338, "with table 4's constants", 3e-3,
    ),
)  # fmt: skip
def mixture_loss(s: Symbols) -> Expr:
    """Loss of a mixture, by the parameters that serve a token, its tokens and its experts."""
    return loss(
        s.but(
            param_scale=mixture_param_scale(s),
            param_exponent=mixture_param_exponent(s),
            data_scale=mixture_data_scale(s),
            data_exponent=mixture_data_exponent(s),
        )
    )


@formula(
    r"N_\text{held}", "parameter", dense=True, assumptions=_SHARE,
    varies="* n_params + expert_ratio routed_share",
    example=(EIGHT, 1e10 * 4.5, "half stays, half is there eight times"),
)  # fmt: skip
def mixture_params(s: Symbols) -> Expr:
    """Parameters that a mixture holds, by those that serve a token."""
    return s.n_params * (1 + s.routed_share * (s.expert_ratio - 1))


@formula(
    r"N_\text{met}", "parameter", dense=True, assumptions=(*_SHARE, *EVEN_EXPERTS),
    varies="* n_params + expert_ratio routed_share batch",
    example=(EIGHT, 1e10 * (0.5 + 0.5 * _MET), "of eight experts those that 64 tokens meet"),
)  # fmt: skip
def mixture_read_params(s: Symbols) -> Expr:
    """Weights of a mixture that a decode step of the whole batch reads: an expectation."""
    missed = (1 - 1 / s.expert_ratio) ** s.batch
    return s.n_params * (1 - s.routed_share + s.routed_share * s.expert_ratio * (1 - missed))


@formula(
    r"c_\text{mix}", "FLOP/token", level="weights", dense=True,
    assumptions=(*_SHARE, *EVEN_EXPERTS,
                 "the cache grows with the parameters that serve a token, as in a dense family"),
    varies=(
        "+ hoi n_params expert_ratio routed_share weight_bytes kv_bytes context kv_scale "
        "kv_exponent - batch"
    ),
    example=(EIGHT, _TOKEN, "reading, by hand"),
)  # fmt: skip
def mixture_token_cost(s: Symbols) -> Expr:
    """Cost of one decoded token of a mixture in FLOP-equivalents, weights and cache counted."""
    weights = s.hoi * s.weight_bytes * mixture_read_params(s) / s.batch
    return Max(token_flops_estimate(s), weights + family_kv_cost(s))


@formula(
    r"C_\text{life}(\varepsilon)", "FLOP", level="weights", dense=True,
    assumptions=(*_SHARE, *EVEN_EXPERTS),
    varies=(
        "+ hoi n_params expert_ratio routed_share weight_bytes kv_bytes context kv_scale "
        "kv_exponent train_tokens prefill_tokens decode_tokens - batch"
    ),
    example=(
        dict(EIGHT, train_tokens=1e12, prefill_tokens=1e12, decode_tokens=1e10),
        6e22 + 2e22 + 1e10 * _TOKEN, "by hand",
    ),
)  # fmt: skip
def mixture_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a mixture's whole life in FLOP-equivalents: training, prefill and decode."""
    return training_flops(s) + prefill_flops(s) + mixture_token_cost(s) * s.decode_tokens


@formula(
    r"B_\text{mix}", "sequence", source="stepfun2025step3", level="weights", dense=True,
    assumptions=(*_SHARE, "the batch is so large that it meets every expert; no cache is read"),
    varies="* hoi weight_bytes + expert_ratio routed_share",
    example=(dict(hoi=600, weight_bytes=1, expert_ratio=8, routed_share=1), 2400,
             "eight times the dense 300"),
)  # fmt: skip
def mixture_balancing_batch(s: Symbols) -> Expr:
    """Batch at which reading all of a mixture's weights costs as much as its arithmetic.

    That of a dense model, times the parameters held for each that serves a token.
    """
    return s.hoi * s.weight_bytes / FLOP_PER_MAC * mixture_params(s.but(n_params=1))
