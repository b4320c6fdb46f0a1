"""Explorer: the bill of a life, and the day on which answering has cost as much as training."""

from __future__ import annotations

from dataclasses import replace

from lifebook.data import load
from lifebook.explorer import (
    Axis,
    Case,
    Choice,
    Curve,
    Dot,
    Explorer,
    Lane,
    Lanes,
    Output,
    Part,
    Plot,
    Range,
)
from lifebook.explorer.declarations.controls import CONTEXT, MODEL, POST, POST_DEVICE, only
from lifebook.measure.efficiency import efficiencies
from lifecost.catalog import hardware
from lifecost.formulas.lifetime import (
    break_even_days_in_hours,
    break_even_days_with_prompts,
    daily_decode_flops,
    daily_kv_wait,
    daily_prefill_flops,
    daily_price,
    training_price,
)
from lifecost.formulas.training import training_flops
from lifecost.quantities import number
from lifecost.serving import price_of

# Those that say how many tokens they were trained on.
TRAINED = only(MODEL, *(name for name, bound in MODEL.options.items() if "train_tokens" in bound))


def _priced() -> Choice:
    """Return the chips that somebody names a price of, each training in 16 bits."""
    options = {}
    for name, bound in POST_DEVICE.options.items():
        device = hardware["h100-sxm" if name == "post" else name.rpartition("-")[0]]
        price, _ = price_of(device)
        if price is not None:
            options[name] = {
                **{one: bound[one] for one in ("hoi", "peak_flops")},
                "train_peak_flops": device.at("bf16")["peak_flops"],
                "chip_hour_price": price,
            }
    return replace(POST_DEVICE, options=options, catalog="")


# Decode's share of its bound over training's share of its peak, as published for one kind of chip.
SERVED = [one.share for one in efficiencies("decode", "h100-sxm", "fp8")]
RUNS = [one.share for one in efficiencies("training", "h100-sxm", "bf16")]
SPREAD = [number(a / b, 2) for a, b in ((SERVED[0], RUNS[-1]), (SERVED[-1], RUNS[0]))]
TEXT = (
    "{break_even_days_in_hours} in chip-hours and in money, both at their peak; "
    f"at the shares of peak published for H100s, {SPREAD[0]} to {SPREAD[1]} times that."
)

DAY = load("workloads")["deepseek-day"]
PACE = Range("tokens_per_day", 1e8, 1e13, DAY["output_tokens_per_day"], "Answers", per_double=8)
PROMPTS = Range("prompt_ratio", 0, 50, 0, "Prompt ÷ answer", step=0.5)

bill = Explorer(
    name="bill",
    title="After how many days of service has answering cost as much as training?",
    controls=(TRAINED, _priced(), PACE, CONTEXT, PROMPTS),
    outputs=(
        Output(break_even_days_with_prompts, "answering costs as much after", "1 days"),
        Output(break_even_days_in_hours, "in chip-hours, at peak", "1 days"),
        Output(training_price, "dollars to train, at least", "count"),
        Output(daily_price, "dollars a day, at least"),
        Output(training_flops, "training"),
        Output(daily_prefill_flops, "prompts", "FLOP"),
        Output(daily_decode_flops, "arithmetic", "FLOP"),
        Output(daily_kv_wait, "KV cache", "FLOP"),
    ),
    answer=(
        Case("Reading prompts decides.", TEXT, ("daily_prefill_flops", "daily_decode_cost")),
        Case("Waiting for the cache decides.", TEXT, ("daily_kv_wait", "daily_decode_flops")),
        Case("The arithmetic of decoding decides.", TEXT),
    ),
    picture=(
        Lanes(
            "FLOP",
            (
                Lane("Training", (Part("training_flops", "training", "training"),)),
                Lane(
                    "A day",
                    (
                        Part("daily_prefill_flops", "prompts", "prefill"),
                        Part("daily_decode_flops", "arithmetic", "compute"),
                        Part("daily_kv_wait", "KV cache", "kv"),
                    ),
                ),
            ),
        ),
        Plot(
            Axis("service_days", "days of service", 0.1, 1e4, "count"),
            Axis("answers_cost", "cost, in FLOP-equivalents", 1e21, 1e26, "FLOP"),
            curves=(
                Curve("answers_cost", "all answers so far", "ink"),
                Curve("training_flops", "training", "training"),
            ),
            dots=(
                Dot(
                    "break_even_days_with_prompts",
                    "training_flops",
                    "{break_even_days_with_prompts}",
                    "ink",
                    {"tokens_per_day": "x"},
                ),
            ),
        ),
    ),
    fixed={**POST, "train_mfu": 1, "prefill_mfu": 1, "decode_efficiency": 1},
)
