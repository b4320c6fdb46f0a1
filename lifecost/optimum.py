"""The cheapest model of a quality: what has no closed form, solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lifecost import values as check
from lifecost.errors import InputError
from lifecost.formulas.equal_loss import (
    compute_optimal_loss,
    equal_loss_params,
    forward_lifetime_flops,
    size_to_data_return,
)
from lifecost.formulas.scaling_law import matching_tokens


@dataclass(frozen=True)
class Life:
    """One model's life: its size, its training tokens and what it costs (numbers or arrays)."""

    parameters: Any
    training_tokens: Any
    flops: Any


@dataclass(frozen=True)
class Optimum(Life):
    """The cheapest life, the compute-optimal model's beside it, and the share that it saves."""

    chinchilla: Life

    @property
    def saving(self) -> Any:
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


def optimum(law: Any, quality_of: Any, inference_tokens: Any) -> Optimum:
    """Return the cheapest model as good as a compute-optimal one, for training and service.

    Cost is 6 N D in training and 2 N for each token served. Arrays broadcast.

    Parameters
    ----------
    law
        What binds the constants of a scaling law.
    quality_of
        Size of the compute-optimal model whose loss has to be reached, parameters.
    inference_tokens
        Tokens served over the lifetime, prompt and answer alike.

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
    constants: Mapping[str, Any] = getattr(law, "bindings", law)
    size = check.checked("n_params", quality_of)
    served = check.checked("prefill_tokens", inference_tokens)
    tokens = matching_tokens(constants, n_params=size)
    loss = compute_optimal_loss(constants, n_params=size)
    best = _balance(constants, loss, tokens, served)
    found = equal_loss_params(constants, target_loss=loss, train_tokens=best)
    return Optimum(
        found, best, _cost(found, best, served),
        chinchilla=Life(size, tokens, _cost(size, tokens, served)),
    )  # fmt: skip


def _cost(size: Any, tokens: Any, served: Any) -> Any:
    return forward_lifetime_flops(n_params=size, train_tokens=tokens, prefill_tokens=served)


def _balance(constants: Mapping[str, Any], loss: Any, tokens: Any, served: Any) -> Any:
    """Return the training tokens at which size and data return the same for the last FLOP.

    Beyond the compute-optimal tokens the return on size rises against that on data, faster than
    (D / D_opt)^beta, and service holds it down by at most 1 + D_served / 3 D: so the two cross
    between D_opt and a third more, in loss, than whichever is larger.
    """
    try:
        from scipy.optimize import elementwise
    except ImportError:
        raise InputError("the optimum needs scipy: pip install 'lifecost[optimum]'") from None
    exponent = check.checked("data_exponent", constants["data_exponent"])

    def above(log_tokens: Any, loss: Any, served: Any) -> Any:
        train = np.exp(log_tokens)
        size = equal_loss_params(constants, target_loss=loss, train_tokens=train)
        found = size_to_data_return(
            constants, n_params=size, train_tokens=train, prefill_tokens=served
        )
        return np.log(found)

    least = np.log(tokens)
    most = np.log(np.maximum(served, tokens)) + 2 * np.log(4 / 3) / exponent
    low = np.broadcast_to(least - 1e-9, np.broadcast(least, most).shape)
    result = elementwise.find_root(
        above, (low, most), args=(loss, served), tolerances={"xrtol": 1e-15}
    )
    if not np.all(result.success):
        raise InputError("no cheapest model was found at these values: the search did not end")
    found = np.exp(result.x)
    return float(found) if np.ndim(found) == 0 else found
