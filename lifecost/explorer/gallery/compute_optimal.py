"""Explorer: the compute-optimal model for a budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lifecost.catalog import laws, load
from lifecost.explorer import Choice, Explorer, Range
from lifecost.formulas.scaling_law import (
    compute_overhead,
    isoflop_loss,
    optimal_loss,
    optimal_params,
    optimal_tokens,
    optimal_tokens_per_parameter,
)
from lifecost.formulas.training import affordable_tokens
from lifecost.plots import training

GOPHER = load("training_runs")["gopher-280b"]
LAW = Choice(
    "law",
    "scaling law",
    {name: law.bindings for name, law in laws.items()},
    "hoffmann",
    {name: law.title for name, law in laws.items()},
)
BUDGET = Range("train_flops", 1e18, 1e27, GOPHER["train_flops"], steps_per_double=2)
SIZE = Range("n_params", 1e7, 1e13, GOPHER["n_params"], steps_per_double=4)


def _draw(bound: Mapping[str, Any], values: Mapping[str, float]) -> Any:
    sizes = np.geomspace(SIZE.low, SIZE.high, 121)
    budgets = np.geomspace(BUDGET.low, BUDGET.high, 31)
    return training.isoflop(
        sizes,
        isoflop_loss(bound, n_params=sizes),
        (optimal_params(bound, train_flops=budgets), optimal_loss(bound, train_flops=budgets)),
        (values["optimal_params"], values["optimal_loss"]),
        (bound["n_params"], values["isoflop_loss"]),
    )


compute_optimal = Explorer(
    name="compute-optimal",
    title="How big should the model be for my budget?",
    controls=(LAW, BUDGET, SIZE),
    outputs=(
        optimal_params, optimal_tokens, optimal_tokens_per_parameter, optimal_loss,
        affordable_tokens, isoflop_loss, compute_overhead,
    ),
    draw=_draw,
)  # fmt: skip
