"""Reinforcement learning: rollouts are decoded, and some of them trained on."""

from __future__ import annotations

from lifecost.formula import formula
from lifecost.formulas._settings import KV_8B, LLAMA_8B, POST
from lifecost.formulas.decode import decode_step_cost_weights
from lifecost.formulas.training import training_flops
from lifecost.symbols import Expr, Symbols

_APART = (
    "rollouts are decoded by an engine of its own: what is trained on passes forward once more",
)
_TOGETHER = ("rollouts are decoded in full batches at their mean context; no engine waits",)
_ROLLOUTS = "hoi n_layer n_kv_head d_head kv_bytes weight_bytes rollout_context"
RL_8B: dict[str, float] = dict(
    LLAMA_8B | POST, train_tokens=1e12, rl_tokens=1e9, trained_share=0.5, rollout_context=8192,
    rollout_batch=128,
)  # fmt: skip
_STEP_8B = 600 * (8e9 + KV_8B)


@formula(
    r"C_\text{update}", "FLOP", level="post", assumptions=_APART,
    varies="* n_params rl_tokens trained_share",
    example=(RL_8B, 6 * 8e9 * 5e8, "half of the tokens, six FLOPs each"),
)  # fmt: skip
def rl_update_flops(s: Symbols) -> Expr:
    """FLOPs to train on rollouts: forward and backward pass of the tokens that are trained on."""
    return training_flops(s.but(train_tokens=s.rl_tokens * s.trained_share))


@formula(
    r"C_\text{rollout}", "FLOP", level="weights", assumptions=_TOGETHER,
    varies=f"* rl_tokens + n_params {_ROLLOUTS} - rollout_batch",
    example=(RL_8B, 1e9 / 128 * _STEP_8B, "steps of 128 rollouts, reading"),
)  # fmt: skip
def rollout_cost(s: Symbols) -> Expr:
    """Cost of the rollouts in FLOP-equivalents: decoding, at their own context and batch."""
    step = decode_step_cost_weights(s.but(context=s.rollout_context, batch=s.rollout_batch))
    return step / s.rollout_batch * s.rl_tokens


@formula(
    r"C_\text{RL}", "FLOP", level="weights", assumptions=(*_APART, *_TOGETHER),
    varies=f"* rl_tokens + n_params trained_share {_ROLLOUTS} - rollout_batch",
    example=(RL_8B, 6 * 8e9 * 5e8 + 1e9 / 128 * _STEP_8B, "by hand"),
)  # fmt: skip
def rl_cost(s: Symbols) -> Expr:
    """Cost of reinforcement learning in FLOP-equivalents: rollouts, and training on them."""
    return rollout_cost(s) + rl_update_flops(s)


@formula(
    r"C_\text{rollout} / C_\text{update}", "1", level="weights", assumptions=(*_APART, *_TOGETHER),
    varies=f"/ trained_share + {_ROLLOUTS} - n_params rollout_batch",
    example=(RL_8B, _STEP_8B / 128 / (3 * 8e9), "by hand"),
)  # fmt: skip
def rollout_to_update_ratio(s: Symbols) -> Expr:
    """Cost of decoding the rollouts as a multiple of that of training on them."""
    return rollout_cost(s.but(rl_tokens=1)) / rl_update_flops(s.but(rl_tokens=1))


@formula(
    r"D_\text{RL}(r)", "token", level="weights", unknown="rl_tokens",
    assumptions=(*_APART, *_TOGETHER),
    varies=f"* rl_share train_tokens + n_params rollout_batch - trained_share {_ROLLOUTS}",
    example=(
        dict(RL_8B, rl_share=0.1),
        0.1 * 6 * 8e9 * 1e12 / (3 * 8e9 + _STEP_8B / 128), "a tenth of pretraining, by hand",
    ),
)  # fmt: skip
def affordable_rl_tokens(s: Symbols) -> Expr:
    """Tokens of rollouts that a share of the cost of pretraining pays for."""
    return rl_cost(s), s.rl_share * training_flops(s)
