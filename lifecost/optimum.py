"""The cheapest model of a quality: what has no closed form, solved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.catalog import LAW
from lifecost.errors import InputError
from lifecost.formula import Formula
from lifecost.formulas.equal_loss import (
    compute_optimal_loss,
    equal_loss_params,
    equal_loss_tokens,
    forward_lifetime_flops,
    size_to_data_return,
)
from lifecost.formulas.kv_family import (
    balanced_params,
    family_kv_cost,
    family_lifetime_cost,
    memory_bound_return,
)
from lifecost.formulas.scaling_law import matching_tokens
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import SYMBOLS
from lifecost.values import Bindings, Value

DECODE = ("decode_tokens", "hoi", "context", "kv_bytes", "kv_scale", "kv_exponent")


@dataclass(frozen=True)
class Life:
    """One model's life: its size, its training tokens and what it costs (numbers or arrays)."""

    parameters: Value
    training_tokens: Value
    flops: Value


@dataclass(frozen=True)
class Optimum(Life):
    """The cheapest life, the compute-optimal model's beside it, and the share that it saves."""

    chinchilla: Life

    @property
    def saving(self) -> Value:
        """Share of the compute-optimal model's lifetime cost that is saved."""
        return 1 - self.flops / self.chinchilla.flops

    def as_dict(self) -> dict[str, Any]:
        """Return the content for programs."""
        other = self.chinchilla
        return {
            "parameters": self.parameters,
            "training_tokens": self.training_tokens,
            "flops": self.flops,
            "saving": self.saving,
            "chinchilla": {
                "parameters": other.parameters,
                "training_tokens": other.training_tokens,
                "flops": other.flops,
            },
        }


def optimum(
    law: Any,
    quality_of: Value,
    inference_tokens: Value,
    decode: Bindings | None = None,
) -> Optimum:
    """Return the cheapest model as good as a compute-optimal one, for training and service.

    Cost is 6 N D in training and 2 N for each token served. With ``decode``, a decoded token costs
    2 N or the reading of its cache, whichever is dearer, and the cache grows with N as in a family.
    Arrays broadcast.

    Parameters
    ----------
    law
        What binds the constants of a scaling law (numbers or arrays).
    quality_of
        Size of the compute-optimal model whose loss has to be reached, parameters.
    inference_tokens
        Tokens served over the lifetime by a forward pass each: prompts, and answers too where
        ``decode`` does not count them.
    decode
        What binds ``decode_tokens``, ``hoi``, ``context``, ``kv_bytes`` and a family's ``kv_scale``
        and ``kv_exponent``.

    Raises
    ------
    InputError
        If a value is out of range, or scipy is not installed.

    References
    ----------
    sardana2024beyond

    Examples
    --------
    >>> from lifecost import laws
    >>> from lifecost.optimum import optimum
    >>> found = optimum(laws["sardana"], quality_of=30e9, inference_tokens=1e13)
    >>> f"{found.parameters / 1e9:.1f}B, {found.saving:.0%} saved"
    '13.6B, 28% saved'
    """
    bound, _ = check.bound_by("optimum", [law], ())
    if decode is not None:
        decode, _ = check.bound_by("decode of optimum", [decode], ())
    for what, needed, given in (("a law", LAW, bound), ("decode", DECODE, decode)):
        if given is not None and (absent := [name for name in needed if name not in given]):
            raise check.missing(f"{what} of an optimum", absent)
    constants = {name: bound[name] for name in LAW}
    size = check.checked("n_params", quality_of, "quality_of")
    served = check.checked("prefill_tokens", inference_tokens, "inference_tokens")
    solver()
    try:
        return _optimum(constants, size, served, decode)
    except InputError as error:  # which speaks of what was computed on the way
        setting = f"quality_of = {check.show(size)} and inference_tokens = {check.show(served)}"
        raise InputError(f"no cheapest model at {setting}: {error}") from None


def _optimum(constants: Bindings, size: Value, served: Value, decode: Bindings | None) -> Optimum:
    tokens = matching_tokens(constants, n_params=size)
    loss = compute_optimal_loss(constants, n_params=size)
    at = {**constants, "target_loss": loss, "prefill_tokens": served, **(decode or {})}
    best = _cheapest_tokens(at, tokens, decode)
    found = equal_loss_params(constants, target_loss=loss, train_tokens=best)
    return Optimum(
        found, best, _cost(found, best, served, decode),
        chinchilla=Life(size, tokens, _cost(size, tokens, served, decode)),
    )  # fmt: skip


def solver() -> Any:
    """Return scipy's solver of many equations at once; raise `InputError` if there is none."""
    try:
        from scipy.optimize import elementwise
    except ImportError:
        raise InputError("the optimum needs scipy: pip install 'lifecost[optimum]'") from None
    return elementwise


def _cost(size: Value, tokens: Value, served: Value, decode: Bindings | None) -> Value:
    life = {"n_params": size, "train_tokens": tokens, "prefill_tokens": served}
    if decode is None:
        cost: Value = forward_lifetime_flops(life)
    else:
        cost = family_lifetime_cost(life, decode)
    return cost


def _cheapest_tokens(at: Bindings, tokens: Value, decode: Bindings | None) -> Value:
    """Return the training tokens of the cheapest life on the curve of equal loss.

    Along the curve the cost of training is convex in log N, and so is whatever grows as a power of
    N; a decoded token costs the greater of two such powers. So the cost has one minimum: where the
    branch that is dearer there is flat, or at the kink where the branches cross.
    """
    if decode is None:
        return _balance(size_to_data_return, at, tokens, at["prefill_tokens"])
    answers = check.checked("decode_tokens", decode["decode_tokens"])
    passes = {**at, "prefill_tokens": at["prefill_tokens"] + answers}
    computing = _balance(size_to_data_return, passes, tokens, passes["prefill_tokens"])
    # The cache of the smallest model as good, per forward pass of it, is the most that it weighs.
    most = SYMBOLS["train_tokens"].high
    least = equal_loss_params(_of(equal_loss_params, at), train_tokens=most)
    weight = family_kv_cost(decode, n_params=least) / token_flops_estimate(n_params=least)
    reading = _balance(
        memory_bound_return, at, tokens, at["prefill_tokens"] + answers * np.maximum(weight, 1)
    )
    known = SYMBOLS["n_params"]
    kink = np.clip(balanced_params(decode), known.low, known.high)
    sizes = [
        equal_loss_params(_of(equal_loss_params, at), train_tokens=found)
        for found in (reading, computing)
    ]
    at_kink = equal_loss_tokens(_of(equal_loss_tokens, at), n_params=kink)
    found = np.where(sizes[0] <= kink, reading, np.where(sizes[1] >= kink, computing, at_kink))
    return float(found) if np.ndim(found) == 0 else found


def _of(formula: Formula, at: Bindings) -> dict[str, Value]:
    return {name: at[name] for name in formula.symbols if name in at}


def _balance(returns: Formula, at: Bindings, tokens: Value, served: Value) -> Value:
    """Return the training tokens at which size and data return the same for the last FLOP.

    Beyond the compute-optimal tokens the return on size rises against that on data, faster than
    (D / D_opt)^beta, and service holds it down by at most 1 + D_served / 3 D: so the two cross
    between D_opt and a third more, in loss, than whichever is larger.
    """
    names = sorted({*_of(returns, at), *_of(equal_loss_params, at)})
    exponent = check.checked("data_exponent", at["data_exponent"])

    def above(log_tokens: Value, *values: Value) -> Value:
        now = {**dict(zip(names, values, strict=True)), "train_tokens": np.exp(log_tokens)}
        now["n_params"] = equal_loss_params(_of(equal_loss_params, now))
        value: Value = np.log(returns(_of(returns, now)))
        return value

    least = np.log(tokens)
    most = np.log(np.maximum(served, tokens)) + 2 * np.log(4 / 3) / exponent
    values = [check.checked(name, at[name]) for name in names]
    low, most, *values = np.broadcast_arrays(least - 1e-9, most, *values)
    result = solver().find_root(above, (low, most), args=tuple(values), tolerances={"xrtol": 1e-15})
    if not np.all(result.success):
        raise InputError("the search did not end")
    found: Value = np.exp(result.x)
    return float(found) if np.ndim(found) == 0 else found
