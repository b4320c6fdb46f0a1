"""Explorer: what a life holds, from training to the last answer, by its requests."""

from __future__ import annotations

from lifebook.data import load
from lifebook.explorer import (
    Axis,
    Case,
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
from lifebook.explorer.declarations.controls import MODEL, POST
from lifecost.catalog import models
from lifecost.formulas.answers import answer_context
from lifecost.formulas.requests import (
    life_answer_cost,
    life_cache_cost,
    life_prompt_flops,
    life_rl_cost,
    service_to_training_ratio,
)
from lifecost.formulas.training import training_flops_exact

CHAT = load("workloads")["azure-2023-conversation"]
PROMPT = Range("prompt_length", 16, 2**20, CHAT["mean_input_tokens"], "Prompt", "context")
ANSWER = Range("answer_length", 16, 2**17, CHAT["mean_output_tokens"], "Answer", "context")
CACHED = Range("cached_share", 0, 0.99, 0, "Cached", "percent", step=0.01)
RL = Range("rl_share", 0, 1, 0.1, "RL", "percent", step=0.01)

life = Explorer(
    name="life",
    title="What does a life hold?",
    controls=(MODEL, PROMPT, ANSWER, CACHED, RL),
    outputs=(
        Output(service_to_training_ratio, "service ÷ training", "times"),
        Output(training_flops_exact, "pretraining"),
        Output(life_rl_cost, "reinforcement learning"),
        Output(life_prompt_flops, "prompts"),
        Output(life_cache_cost, "cached prompts"),
        Output(life_answer_cost, "answers"),
        Output(answer_context, "context of an answer's token", "context"),
    ),
    answer=(
        Case(
            "Service costs more than training.",
            "Answers cost {life_answer_cost}, prompts {life_prompt_flops}; a token of an answer "
            "reads {answer_context} of context on average.",
            ("service_to_training_ratio", 1),
        ),
        Case(
            "Training costs more than service.",
            "Answers cost {life_answer_cost} and prompts {life_prompt_flops}, against "
            "{training_flops_exact} of pretraining.",
        ),
    ),
    picture=(
        Lanes(
            "FLOP",
            (
                Lane(
                    "Training",
                    (
                        Part("training_flops_exact", "pretraining", "training"),
                        Part("life_rl_cost", "reinforcement learning", "compute"),
                    ),
                ),
                Lane(
                    "Service",
                    (
                        Part("life_prompt_flops", "prompts", "prefill"),
                        Part("life_cache_cost", "cached prompts", "kv"),
                        Part("life_answer_cost", "answers", "decode"),
                    ),
                ),
            ),
        ),
        Plot(
            Axis("answer_length", "tokens of an answer", ANSWER.low, ANSWER.high, "context"),
            Axis("service_to_training_ratio", "service ÷ training", 0.01, 1000, "times"),
            curves=(Curve("service_to_training_ratio", "", "decode"), Curve(1, "", "training")),
            dots=(
                Dot("answer_length", "service_to_training_ratio", "", "decode",
                    {"answer_length": "x"}),
            ),
            split=(1, "service costs more", "training costs more"),
        ),
    ),
    # As many answers and as large a batch as the chapter's lives have.
    fixed={
        **POST, **{name: load("lives")["served"][0][name]
                   for name in ("decode_tokens", "batch", "sequence_length")},
        "train_tokens": models["llama-3-8b"].train_tokens,
    },
)  # fmt: skip
