"""An answer whose context grows with each of its tokens."""

from __future__ import annotations

from lifecost.algebra import Max, Min
from lifecost.formula import formula
from lifecost.formulas._settings import LLAMA_8B
from lifecost.formulas.decode import break_even_context, kv_load_flop_equivalent
from lifecost.formulas.transformer import token_flops_estimate
from lifecost.symbols import Expr, Symbols

_GROWS = "a token of the answer sees the prompt and what is written: half of the answer on average"
# The 8B model's loads of its cache cross its arithmetic at 16e9 over 600 x 65,536 tokens.
_EVEN_8B = 16e9 / (600 * 65_536)


@formula(
    r"\bar S", "token", assumptions=(_GROWS,),
    varies="+ prompt_length answer_length",
    example=(dict(prompt_length=1024, answer_length=32_768), 17_408, "1,024 and half of 32,768"),
)  # fmt: skip
def answer_context(s: Symbols) -> Expr:
    """Context of a token of an answer, on average over the answer."""
    return s.prompt_length + s.answer_length / 2


@formula(
    r"S_\text{read}", "token", assumptions=(_GROWS,),
    varies="+ prompt_length answer_length",
    example=(dict(prompt_length=1024, answer_length=32_768), 32_768 * 17_408,
             "a triangle on a block"),
)  # fmt: skip
def answer_tokens_read(s: Symbols) -> Expr:
    """Tokens of the cache that are read, all steps of one answer together.

    Each of its tokens reads the prompt, and the tokens that were written before it.
    """
    return answer_context(s) * s.answer_length


@formula(
    r"C_\text{answer}", "FLOP", level="post",
    assumptions=(
        _GROWS,
        "arithmetic and memory traffic overlap perfectly in each step: the slower one is the cost",
        "every layer reads the whole context; weights are amortized over the batch",
    ),
    varies="+ hoi n_params n_layer n_kv_head d_head kv_bytes prompt_length answer_length",
    example=(
        dict(LLAMA_8B, hoi=600, kv_bytes=1, prompt_length=100, answer_length=4000),
        16e9 * 4000 + 600 * 65_536 / 2 * (4100 - _EVEN_8B) ** 2,
        "forward passes, and a triangle of waiting beyond the break-even context",
    ),
)  # fmt: skip
def growing_answer_cost(s: Symbols) -> Expr:
    """Cost of one answer in FLOP-equivalents, its context growing with each token.

    Up to the break-even context a token costs a forward pass; each further one costs the reading of
    its cache, whose length is, on average, that in their middle.
    """
    short = Min(Max(0, break_even_context(s) - s.prompt_length), s.answer_length)
    long = s.answer_length - short
    middle = s.prompt_length + s.answer_length - long / 2
    load = kv_load_flop_equivalent(s.but(context=middle, batch=1))
    return token_flops_estimate(s) * short + load * long
