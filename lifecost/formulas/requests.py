"""A life by its requests: prompts that are cached in part, answers that grow, and what came before.

At the full level: every matrix multiplication, and all traffic of a step.
"""

from __future__ import annotations

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import ATTENTION_8B, LLAMA_8B, MATRICES_8B, MODEL, POST
from lifecost.formulas.answers import answer_context
from lifecost.formulas.decode import decode_step_cost_full
from lifecost.formulas.kv_cache import kv_cache_size
from lifecost.formulas.training import training_attention_flops, training_flops_exact
from lifecost.formulas.transformer import EVEN_EXPERTS, matmul_flops
from lifecost.symbols import Expr, Symbols

_HIT = ("what is cached is the beginning of the prompt; its entries are at hand",)
_MEAN = (
    "the context is that of the answer's middle; in layers with a window a long answer reads less",
)
# Half of a prompt of 8,192 tokens is cached; an answer of 1,024 follows, at 8,704 on average.
REQUEST_8B: dict[str, float] = dict(
    LLAMA_8B | POST, prompt_length=8192, answer_length=1024, cached_share=0.5,
    decode_tokens=1024e6, train_tokens=1e12, sequence_length=8192, rl_share=0.1,
)  # fmt: skip
_KEY_8B = ATTENTION_8B / 8192
_PROMPT = 4096 * 2 * MATRICES_8B + _KEY_8B / 2 * (8192**2 - 4096**2)
_ENTRY_8B = 2 * 32 * 8 * 128
_ANSWER = 1024 * 600 * (MATRICES_8B / 128 + _ENTRY_8B * 8704)
_TRAINING = 1e12 * 3 * (2 * MATRICES_8B + ATTENTION_8B / 2)


@formula(
    r"C_\text{in}", "FLOP", level="full", assumptions=_HIT,
    varies=f"+ {MODEL} prompt_length - cached_share",
    example=(REQUEST_8B, _PROMPT, "half of the tokens, three quarters of attention"),
)  # fmt: skip
def request_prompt_flops(s: Symbols) -> Expr:
    """FLOPs to read of one prompt what is not cached; it attends to what is."""
    cached = s.cached_share * s.prompt_length
    attention = training_attention_flops(s.but(sequence_length=s.prompt_length)) * s.prompt_length
    attention -= training_attention_flops(s.but(sequence_length=Max(1, cached))) * cached
    return matmul_flops(s) * (s.prompt_length - cached) + attention


@formula(
    r"C_\text{hit}", "FLOP", assumptions=_HIT,
    varies="* hoi n_layer n_kv_head d_head kv_bytes prompt_length cached_share",
    example=(REQUEST_8B, 600 * _ENTRY_8B * 4096, "its entries once"),
)  # fmt: skip
def request_cache_cost(s: Symbols) -> Expr:
    """Cost of reading the entries of what is cached of one prompt, once, in FLOP-equivalents."""
    return s.hoi * kv_cache_size(s.but(context=s.cached_share * s.prompt_length, batch=1))


@formula(
    r"C_\text{out}", "FLOP", level="full", assumptions=(*_MEAN, *EVEN_EXPERTS),
    varies=f"+ hoi {MODEL} kv_bytes weight_bytes prompt_length answer_length - batch",
    example=(REQUEST_8B, _ANSWER, "reading, at 8,704 tokens"),
)  # fmt: skip
def request_answer_cost(s: Symbols) -> Expr:
    """Cost of one answer in FLOP-equivalents: its steps at their mean context."""
    return decode_step_cost_full(s.but(context=answer_context(s))) / s.batch * s.answer_length


@formula(
    r"C_\text{life,in}", "FLOP", level="full", assumptions=_HIT,
    varies=f"* decode_tokens / answer_length + {MODEL} prompt_length - cached_share",
    example=(REQUEST_8B, 1e6 * _PROMPT, "a million requests"),
)  # fmt: skip
def life_prompt_flops(s: Symbols) -> Expr:
    """FLOPs to read all prompts of a life, but for what is cached."""
    return request_prompt_flops(s) * s.decode_tokens / s.answer_length


@formula(
    r"C_\text{life,hit}", "FLOP", assumptions=_HIT,
    varies=(
        "* hoi n_layer n_kv_head d_head kv_bytes prompt_length cached_share decode_tokens "
        "/ answer_length"
    ),
    example=(REQUEST_8B, 1e6 * 600 * _ENTRY_8B * 4096, "a million requests"),
)  # fmt: skip
def life_cache_cost(s: Symbols) -> Expr:
    """Cost of reading what is cached of all prompts of a life, in FLOP-equivalents."""
    return request_cache_cost(s) * s.decode_tokens / s.answer_length


@formula(
    r"C_\text{life,out}", "FLOP", level="full", assumptions=(*_MEAN, *EVEN_EXPERTS),
    varies=(
        f"* decode_tokens + hoi {MODEL} kv_bytes weight_bytes prompt_length answer_length - batch"
    ),
    example=(REQUEST_8B, 1e6 * _ANSWER, "a million requests"),
)  # fmt: skip
def life_answer_cost(s: Symbols) -> Expr:
    """Cost of all answers of a life in FLOP-equivalents."""
    return decode_step_cost_full(s.but(context=answer_context(s))) / s.batch * s.decode_tokens


@formula(
    r"C_\text{life,RL}", "FLOP", level="full",
    varies=f"* train_tokens rl_share + {MODEL} sequence_length",
    example=(REQUEST_8B, 0.1 * _TRAINING, "a tenth of pretraining"),
)  # fmt: skip
def life_rl_cost(s: Symbols) -> Expr:
    """Cost of reinforcement learning, as a share of that of pretraining."""
    return s.rl_share * training_flops_exact(s)


@formula(
    r"C_\text{requests}", "FLOP", level="full", assumptions=(*_HIT, *_MEAN, *EVEN_EXPERTS),
    varies=(
        f"* decode_tokens + hoi {MODEL} kv_bytes weight_bytes prompt_length - batch ~ "
        "answer_length cached_share"
    ),
    example=(REQUEST_8B, 1e6 * (_PROMPT + _ANSWER + 600 * _ENTRY_8B * 4096), "by hand"),
)  # fmt: skip
def life_service_cost(s: Symbols) -> Expr:
    """Cost of all requests of a life in FLOP-equivalents: prompts, what is cached, and answers."""
    return life_prompt_flops(s) + life_cache_cost(s) + life_answer_cost(s)


@formula(
    r"C_\text{requests} / C_\text{exact}", "1", level="full",
    assumptions=(*_HIT, *_MEAN, *EVEN_EXPERTS),
    varies=(
        "* decode_tokens / train_tokens + hoi kv_bytes weight_bytes prompt_length - batch "
        f"sequence_length rl_share ~ {MODEL} answer_length cached_share"
    ),
    example=(
        REQUEST_8B, 1e6 * (_PROMPT + _ANSWER + 600 * _ENTRY_8B * 4096) / (1.1 * _TRAINING),
        "by hand",
    ),
)  # fmt: skip
def service_to_training_ratio(s: Symbols) -> Expr:
    """Cost of all requests as a multiple of training, pretraining and reinforcement learning."""
    return life_service_cost(s) / (training_flops_exact(s) + life_rl_cost(s))
