"""Explorer: the compute-optimal model for a budget."""

from __future__ import annotations

from lifebook.data import load
from lifebook.explorer import Choice, Explorer, Mark, Range
from lifebook.figures import training
from lifecost.catalog import laws
from lifecost.formulas.scaling_law import (
    compute_overhead,
    isoflop_loss,
    optimal_loss,
    optimal_params,
    optimal_tokens,
    optimal_tokens_per_parameter,
)
from lifecost.formulas.training import affordable_tokens

GOPHER = load("training_runs")["gopher-280b"]
SCALING_LAW = Choice(
    "law",
    "scaling law",
    {name: law.bindings for name, law in laws.items()},
    "hoffmann",
    {name: law.title for name, law in laws.items()},
)
BUDGET = Range("train_flops", 1e18, 1e27, GOPHER["train_flops"], steps_per_double=2)
SIZE = Range("n_params", 1e7, 1e13, GOPHER["n_params"], steps_per_double=4)

compute_optimal = Explorer(
    name="compute-optimal",
    title="How big should the model be for my budget?",
    controls=(SCALING_LAW, BUDGET, SIZE),
    outputs=(
        optimal_params, optimal_tokens, optimal_tokens_per_parameter, optimal_loss,
        affordable_tokens, isoflop_loss, compute_overhead,
    ),
    marks=(
        Mark("path-mark", "line", "optimal_params", "optimal_loss",
             ("train_flops", BUDGET.grid(28))),
        Mark("valley-mark", "line", "n_params", "isoflop_loss",
             ("n_params", SIZE.grid(73))),
        Mark("optimum-mark", "dot", x="optimal_params", y="optimal_loss"),
        Mark("chosen-mark", "dot", x="n_params", y="isoflop_loss"),
    ),
    draw=training.isoflop,
)  # fmt: skip
