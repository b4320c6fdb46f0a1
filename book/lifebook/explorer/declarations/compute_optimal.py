"""Explorer: the compute-optimal model for a budget."""

from __future__ import annotations

from lifebook.data import load
from lifebook.explorer import Axis, Case, Choice, Curve, Dot, Explorer, Output, Plot, Points, Range
from lifecost.catalog import laws, models
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
    "Law",
    {name: law.bindings for name, law in laws.items()},
    "hoffmann",
    {name: law.title.replace(" et al.", "") for name, law in laws.items()},
)
BUDGET = Range("train_flops", 1e18, 1e27, GOPHER["train_flops"], "Budget", per_double=2)
SIZE = Range("n_params", 1e7, 1e13, GOPHER["n_params"], "Size", per_double=4)
BEST = ("train_flops", BUDGET.low, BUDGET.high)
# The laws are of dense models.
RUNS = tuple(
    (model.title, float(model.n_params), float(model.bindings["train_tokens"]))
    for model in models.values()
    if "train_tokens" in model.bindings and model.n_params == model.n_active_params
)
_PARAMETERS = Axis("n_params", "parameters", SIZE.low, SIZE.high, "count")

compute_optimal = Explorer(
    name="compute-optimal",
    title="How big should the model be for my budget?",
    controls=(SCALING_LAW, BUDGET, SIZE),
    outputs=(
        Output(optimal_params, "best size"),
        Output(optimal_tokens, "its tokens"),
        Output(optimal_tokens_per_parameter, "tokens per parameter", "number"),
        Output(optimal_loss, "its loss"),
        Output(affordable_tokens, "tokens at your size"),
        Output(isoflop_loss, "loss at your size"),
        Output(compute_overhead, "your budget ÷ the least", "times"),
    ),
    answer=(
        Case(
            "Your size is as good as the best.",
            "{n_params} on {affordable_tokens} tokens reaches a loss of {isoflop_loss}.",
            (1.01, "compute_overhead"),
        ),
        Case(
            "Your size is too large for it.",
            "At {n_params} the budget lasts for {affordable_tokens} tokens: it is "
            "{compute_overhead} what that loss takes.",
            ("n_params", "optimal_params"),
        ),
        Case(
            "Your size is smaller than the best.",
            "{n_params} on {affordable_tokens} tokens: the budget is {compute_overhead} what that "
            "loss takes.",
        ),
    ),
    picture=(
        Plot(
            _PARAMETERS,
            Axis("isoflop_loss", "loss (nats per token)", 1.6, 4.2, "number", log=False),
            curves=(
                Curve("isoflop_loss", "this budget", "training"),
                Curve("optimal_loss", "best of each budget", "muted", "optimal_params", BEST,
                      dashed=True),
            ),
            dots=(
                Dot("optimal_params", "optimal_loss", "", "training", {"train_flops": "x"},
                    ring=True),
                Dot("n_params", "isoflop_loss", "", "ink", {"n_params": "x"}),
            ),
        ),
        Plot(
            _PARAMETERS,
            Axis("affordable_tokens", "training tokens", 1e8, 1e15, "count"),
            curves=(
                Curve("affordable_tokens", "this budget", "training"),
                Curve("optimal_tokens", "best of each budget", "muted", "optimal_params", BEST,
                      dashed=True),
            ),
            dots=(
                Dot("optimal_params", "optimal_tokens", "", "training", ring=True),
                Dot("n_params", "affordable_tokens", "you: {affordable_tokens}", "ink",
                    {"n_params": "x", "train_flops": "y"}),
            ),
            points=(Points("published models", measured=RUNS),),
        ),
    ),
)  # fmt: skip
