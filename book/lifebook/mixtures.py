"""The cheapest mixture of experts of a quality: its size, its tokens and its experts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lifebook.data import load
from lifecost import values as check
from lifecost.catalog import Catalog, Fit
from lifecost.formulas.equal_loss import compute_optimal_loss, equal_loss_params, equal_loss_tokens
from lifecost.formulas.mixture import (
    mixture_data_exponent,
    mixture_data_scale,
    mixture_lifetime_cost,
    mixture_param_exponent,
    mixture_param_scale,
    mixture_params,
)
from lifecost.optimum import Life
from lifecost.symbols import SYMBOLS
from lifecost.values import Bindings, Value

_NARROW = 100  # golden sections: far below what a minimum lets one tell apart


@dataclass(frozen=True, kw_only=True)
class MixtureLaw(Fit):
    """A loss law of mixtures: that of a dense model, whose constants move with the experts."""

    param_scale: float
    param_scale_power: float
    param_exponent: float
    param_exponent_slope: float
    data_scale: float
    data_scale_power: float
    data_exponent: float
    data_exponent_slope: float
    loss_floor: float
    least_experts: float
    most_experts: float


MIXTURE_LAW = MixtureLaw.constants()
mixture_laws = Catalog("mixture law", "mixture_laws", MixtureLaw, load)


@dataclass(frozen=True)
class Mixture(Life):
    """A mixture's life; ``parameters`` are those that serve a token, ``held`` all of them."""

    experts: Value
    held: Value


def law_of_experts(law: Any, expert_ratio: Value) -> dict[str, Value]:
    """Return the loss law of mixtures with a number of experts, in the form of a dense one.

    Parameters
    ----------
    law
        What binds the constants of a law of mixtures.
    expert_ratio
        Routed experts for each one that serves a token; arrays give arrays.

    References
    ----------
    ludziejewski2025joint

    Examples
    --------
    >>> from lifebook.mixtures import law_of_experts, mixture_laws
    >>> found = law_of_experts(mixture_laws["ludziejewski"], 8)
    >>> f"{found['param_scale']:.1f} {found['param_exponent']:.4f}"
    '21.8 0.1676'
    """
    bound = getattr(law, "bindings", law)
    if absent := [name for name in MIXTURE_LAW if name not in bound]:
        raise check.missing("a law of mixtures", absent)
    at = {"expert_ratio": expert_ratio}
    return {
        "loss_floor": bound["loss_floor"],
        "param_scale": mixture_param_scale(bound, at),
        "param_exponent": mixture_param_exponent(bound, at),
        "data_scale": mixture_data_scale(bound, at),
        "data_exponent": mixture_data_exponent(bound, at),
    }


def cheapest_mixture(law: Any, quality_of: Value, life: Bindings, expert_ratio: Value) -> Mixture:
    """Return the cheapest life of a mixture as good as a dense compute-optimal model.

    For each number of experts that is given; arrays broadcast. The best of them is the cheapest.

    Parameters
    ----------
    law
        What binds the constants of a law of mixtures.
    quality_of
        Size of the dense compute-optimal model whose loss has to be reached, parameters.
    life
        What `mixture_lifetime_cost` needs beside size, tokens and experts.
    expert_ratio
        Routed experts for each one that serves a token.

    Raises
    ------
    InputError
        If a value is missing or out of range, or no number of tokens reaches the loss.

    References
    ----------
    ludziejewski2025joint, sardana2024beyond

    Examples
    --------
    >>> from lifebook.mixtures import cheapest_mixture, mixture_laws
    >>> life = dict(hoi=600, batch=256, weight_bytes=1, kv_bytes=1, context=8192, kv_scale=22,
    ...             kv_exponent=0.35, routed_share=2 / 3, prefill_tokens=0, decode_tokens=1e13)
    >>> dense, mixed = (
    ...     cheapest_mixture(mixture_laws["ludziejewski"], 30e9, life, n) for n in (1, 8)
    ... )
    >>> mixed.parameters < dense.parameters < mixed.held
    True
    """
    needed = {*mixture_lifetime_cost.symbols} - {"n_params", "train_tokens", "expert_ratio"}
    if absent := sorted(needed - life.keys()):
        raise check.missing("the life of a mixture", absent)
    at = {name: check.checked(name, life[name]) for name in needed}
    experts = check.checked("expert_ratio", expert_ratio)
    size = check.checked("n_params", quality_of, "quality_of")
    goal = compute_optimal_loss(law_of_experts(law, 1), n_params=size)
    own = {**law_of_experts(law, experts), "target_loss": goal}
    least = equal_loss_params(own, train_tokens=SYMBOLS["train_tokens"].high)
    # Training alone is cheapest where the terms, each with its exponent, are equal. Whatever serves
    # grows with size, and can only make a smaller model the cheapest.
    exponents = own["param_exponent"] + own["data_exponent"]
    term = (goal - own["loss_floor"]) * own["data_exponent"] / exponents
    most = (own["param_scale"] / term) ** (1 / own["param_exponent"])

    def cost(log_size: Value) -> Value:
        size = np.exp(log_size)
        tokens = equal_loss_tokens(own, n_params=size)
        found: Value = mixture_lifetime_cost(
            at, n_params=size, train_tokens=tokens, expert_ratio=experts
        )
        return found

    edges = np.broadcast_arrays(*(np.log(edge) for edge in (least, most)), *at.values(), experts)
    found = np.exp(_lowest(cost, edges[0] + 1e-12, edges[1]))
    tokens = equal_loss_tokens(own, n_params=found)
    held = mixture_params(at_size := {"n_params": found, "expert_ratio": experts},
                          routed_share=at["routed_share"])  # fmt: skip
    flops = mixture_lifetime_cost(at, at_size, train_tokens=tokens)
    return Mixture(_plain(found), tokens, flops, _plain(experts + 0 * found), held)


def _lowest(cost: Callable[[Value], Value], low: Value, high: Value) -> Value:
    """Return where a cost with one minimum is lowest, by golden sections."""
    golden = (5**0.5 - 1) / 2
    for _ in range(_NARROW):
        left, right = high - golden * (high - low), low + golden * (high - low)
        falls = cost(left) > cost(right)
        low, high = np.where(falls, left, low), np.where(falls, high, right)
    return (low + high) / 2


def _plain(value: Value) -> Value:
    return float(value) if np.ndim(value) == 0 else value
