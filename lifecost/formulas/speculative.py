"""Speculative decoding: a draft guesses some tokens, the model verifies them in one step.

One verification reads weights and cache once, for several tokens. So it costs less memory traffic
a token, and the more arithmetic the more guesses are thrown away.
"""

from __future__ import annotations

import sympy

from lifecost.algebra import Max
from lifecost.formula import formula
from lifecost.formulas._settings import (
    ATTENTION_8B,
    CACHE,
    GUESS,
    KV_8B,
    LLAMA_8B,
    MATRICES_8B,
    MODEL,
    POST,
    READ_8B,
    SERVED,
    SPIRE,
    STEP,
    VERIFY,
    YIELD,
)
from lifecost.formulas.decode import (
    decode_flops,
    decode_memory_flop_equivalent,
    decode_step_cost,
    decode_step_cost_full,
    forward_flops,
    kv_load_flop_equivalent,
)
from lifecost.formulas.layout import cache_moved, step_macs
from lifecost.formulas.overheads import (
    RATES,
    RISES,
    step_links_time,
    step_operations_time,
    step_time,
    step_weights_time,
)
from lifecost.formulas.training import training_attention_flops, training_flops_exact
from lifecost.formulas.transformer import EVEN_EXPERTS, matmul_flops
from lifecost.symbols import FLOP_PER_MAC, Expr, Symbols

_CHAIN = ("each guess is accepted with the same probability, whatever came before",)
_OVERLAP = ("arithmetic and memory traffic overlap perfectly: the slower one is the cost",)


def _verified(s: Symbols) -> Expr:
    return s.draft_length + 1  # the guesses, and the token that the model adds itself


@formula(
    r"\bar n", "token", source="leviathan2023fast", assumptions=_CHAIN,
    varies="+ draft_length acceptance_rate",
    example=(dict(draft_length=4, acceptance_rate=0.8), YIELD, "the series, term by term"),
)  # fmt: skip
def expected_tokens(s: Symbols) -> Expr:
    """Tokens that one verification yields on average.

    The first is certain; each further one needs all guesses before it to be right: a geometric
    series. Where every guess is right, that is all of them and the model's own.
    """
    p, most = s.acceptance_rate, _verified(s)
    return sympy.Piecewise(((1 - p**most) / (1 - p), p < 1), (most, True))


@formula(
    r"a_\gamma", "1",
    assumptions=("each further guess is accepted alike",),
    varies="* acceptance_rate + further_acceptance_rate - draft_length",
    example=(dict(draft_length=3, acceptance_rate=0.8, further_acceptance_rate=0.5), 0.2,
             "product"),
)  # fmt: skip
def guess_survival(s: Symbols) -> Expr:
    """Probability that the last guess of a draft is accepted: that all before it were, and it is.

    The first may be right more often than those that build on guesses.
    """
    survive = s.acceptance_rate * s.further_acceptance_rate ** (s.draft_length - 1)
    return sympy.Piecewise((1, s.draft_length < 1), (survive, True))


@formula(
    r"\bar n_\text{more}", "token",
    assumptions=("each further guess is accepted alike",),
    varies="+ draft_length acceptance_rate further_acceptance_rate",
    example=(dict(draft_length=3, acceptance_rate=0.8, further_acceptance_rate=0.5),
             1 + 0.8 + 0.4 + 0.2, "term by term"),
)  # fmt: skip
def unequal_expected_tokens(s: Symbols) -> Expr:
    """Tokens that one verification yields, where later guesses are accepted less often or more.

    With one acceptance for all of them it is `expected_tokens`.
    """
    q, length = s.further_acceptance_rate, s.draft_length
    later = sympy.Piecewise(((1 - q**length) / (1 - q), q < 1), (length, True))
    return 1 + s.acceptance_rate * later


@formula(
    r"\gamma_\theta", "token",
    assumptions=("each further guess is accepted alike; part of a guess counts as that part",),
    varies="+ acceptance_rate further_acceptance_rate - guess_floor",
    example=(dict(acceptance_rate=0.8, further_acceptance_rate=0.5, guess_floor=0.2), 3,
             "the third guess is accepted one time in five"),
)  # fmt: skip
def adaptive_draft_length(s: Symbols) -> Expr:
    """Guesses that are worth verifying: those accepted at least as often as the floor.

    It is what `guess_survival` solves for, and zero where not even the first guess reaches it.
    """
    p, q, floor = s.acceptance_rate, s.further_acceptance_rate, s.guess_floor
    further = sympy.log(floor / p) / sympy.log(q)
    return sympy.Piecewise((0, floor > p), (1 + further, q < 1), (sympy.oo, True))


@formula(
    r"p_\text{tree}", "1",
    assumptions=("a guess is as likely to be right as those before it that were not",),
    varies="+ acceptance_rate draft_branches",
    example=(dict(acceptance_rate=0.5, draft_branches=3), 1 - 0.5**3, "one of three coins"),
)  # fmt: skip
def tree_acceptance_rate(s: Symbols) -> Expr:
    """Probability that one of a tree's guesses at the next token is right.

    Take it for the acceptance of a chain as long as the tree is deep.
    """
    return 1 - (1 - s.acceptance_rate) ** s.draft_branches


@formula(
    r"\gamma_\text{tree}", "token",
    varies="+ draft_length draft_branches",
    example=(dict(draft_length=3, draft_branches=2), 2 + 4 + 8, "level by level"),
)  # fmt: skip
def tree_guesses(s: Symbols) -> Expr:
    """Guesses that a tree holds and a verification multiplies: each is followed by as many."""
    b, depth = s.draft_branches, s.draft_length
    return sympy.Piecewise(((b**depth - 1) / (1 - 1 / b), b > 1), (depth, True))


@formula(
    r"\sigma_\text{wall}", "1", source="leviathan2023fast",
    assumptions=(*_CHAIN, "verifying several tokens takes as long as decoding one",),
    varies="+ acceptance_rate - draft_cost_ratio ~ draft_length",
    example=(dict(draft_length=7, acceptance_rate=0.75, draft_cost_ratio=77e6 / 11e9), 3.4,
             "Leviathan et al. 2023, table 2: 3.4", 0.02),
)  # fmt: skip
def walltime_speedup(s: Symbols) -> Expr:
    """Speed-up where a verification takes no longer than a decode step."""
    return expected_tokens(s) / (s.draft_length * s.draft_cost_ratio + 1)


@formula(
    r"C_\text{verify}", "FLOP", level="post", assumptions=_OVERLAP,
    varies="* batch + hoi n_params n_layer n_kv_head d_head kv_bytes context draft_length",
    example=(dict(LLAMA_8B | POST, draft_length=4), 600 * KV_8B, "reading"),
)  # fmt: skip
def verification_cost(s: Symbols) -> Expr:
    """Cost of verifying the guesses of the whole batch, in FLOP-equivalents.

    The cache is read once for all of them; the arithmetic is done for each.
    """
    work = forward_flops(s) * _verified(s)
    return Max(work, kv_load_flop_equivalent(s))


@formula(
    r"C_\text{verify}^\text{full}", "FLOP", level="full", assumptions=(*_OVERLAP, *EVEN_EXPERTS),
    varies=f"+ hoi {MODEL} kv_bytes weight_bytes batch context draft_length",
    example=(LLAMA_8B | POST | GUESS, READ_8B, "reading, as one step"),
)  # fmt: skip
def verification_cost_full(s: Symbols) -> Expr:
    """Cost of verifying the guesses of the whole batch, counting weights and attention."""
    read = s.but(batch=s.batch * _verified(s)).read_bytes
    memory = s.hoi * read + kv_load_flop_equivalent(s)
    return Max(decode_flops(s) * _verified(s), memory)


def _speedup(s: Symbols, step: Expr, verification: Expr, draft: Expr) -> Expr:
    return step * expected_tokens(s) / (verification + s.draft_length * draft)


@formula(
    r"\sigma", "1", level="post",
    assumptions=(*_CHAIN, *_OVERLAP),
    varies=f"+ hoi {CACHE} acceptance_rate - n_params draft_cost_ratio ~ draft_length",
    example=(LLAMA_8B | POST | GUESS, YIELD / (1 + 4 * 0.05), "reading: each guess at a twentieth"),
)  # fmt: skip
def speculative_speedup(s: Symbols) -> Expr:
    """Speed-up by a draft model whose step costs a given share of the model's own.

    The batch cancels: one sequence stands for all.
    """
    one = s.but(batch=1)
    step = decode_step_cost(one)
    return _speedup(s, step, verification_cost(one), step * s.draft_cost_ratio)


@formula(
    r"\sigma^\text{full}", "1", level="full",
    assumptions=(*_CHAIN, *_OVERLAP, *EVEN_EXPERTS),
    varies=(
        "+ hoi n_kv_head kv_bytes weight_bytes acceptance_rate - n_head batch draft_cost_ratio ~ "
        "n_layer vocab_size d_model n_ff_matrix d_ff d_head context draft_length"
    ),
    example=(LLAMA_8B | POST | GUESS, YIELD / (1 + 4 * 0.05), "reading: each guess at a twentieth"),
)  # fmt: skip
def speculative_speedup_full(s: Symbols) -> Expr:
    """Speed-up by a draft model, counting weights and attention."""
    step = decode_step_cost_full(s)
    return _speedup(s, step, verification_cost_full(s), step * s.draft_cost_ratio)


@formula(
    r"\sigma^\text{sparse}", "1", source="neelam2025spire", level="full",
    assumptions=(*_CHAIN, *_OVERLAP, *EVEN_EXPERTS),
    varies=(
        "+ acceptance_rate - draft_context draft_share ~ hoi n_layer vocab_size d_model "
        "n_ff_matrix d_ff n_head n_kv_head d_head kv_bytes weight_bytes batch context draft_length"
    ),
    example=(SPIRE, 2.78, "Neelam et al. 2025, cost analysis: 2.78", 2e-3),
)  # fmt: skip
def sparse_draft_speedup(s: Symbols) -> Expr:
    """Speed-up by some layers of the model as its draft, looking at a part of their cache only."""
    near = s.but(context=s.draft_context)
    draft = Max(decode_flops(near), decode_memory_flop_equivalent(near))
    return _speedup(s, decode_step_cost_full(s), verification_cost_full(s), s.draft_share * draft)


@formula(
    r"\sigma^\text{self}", "1", source="sadhukhan2025magicdec", level="full",
    assumptions=(*_CHAIN, *_OVERLAP, *EVEN_EXPERTS),
    varies=(
        "+ acceptance_rate - draft_context ~ hoi n_layer vocab_size d_model n_ff_matrix d_ff "
        "n_head n_kv_head d_head kv_bytes weight_bytes batch context draft_length"
    ),
    example=(
        dict(LLAMA_8B | POST | GUESS, draft_context=512),
        YIELD * READ_8B / (READ_8B + 4 * 600 * (MATRICES_8B + KV_8B / 16)), "reading, by hand",
    ),
)  # fmt: skip
def self_speculative_speedup(s: Symbols) -> Expr:
    """Speed-up where the model drafts for itself, looking at a part of its cache only."""
    return sparse_draft_speedup(s.but(draft_share=1))


@formula(
    r"C_\text{spec}^\text{life}", "FLOP", level="full",
    assumptions=(
        *_CHAIN, *_OVERLAP, *EVEN_EXPERTS,
        "the draft reads each prompt, at the share of the model's arithmetic that it trains at",
        "prompts are as long as the context, and so is every decoded token's cache",
    ),
    varies=(
        "+ hoi vocab_size d_model n_ff_matrix d_ff n_head n_kv_head d_head n_layer kv_bytes "
        "weight_bytes context train_tokens sequence_length prefill_tokens decode_tokens "
        "draft_cost_ratio draft_training_share - batch acceptance_rate ~ draft_length"
    ),
    example=(
        dict(LLAMA_8B | POST | GUESS, train_tokens=1e12, prefill_tokens=2e12, decode_tokens=3e12,
             sequence_length=8192, draft_training_share=0.05),
        1.05 * 5e12 * (2 * MATRICES_8B + ATTENTION_8B / 2) + 3e12 * READ_8B / 128 * 1.2 / YIELD,
        "by hand: three passes and two, and memory-bound decode with drafts at a twentieth",
    ),
)  # fmt: skip
def speculative_lifetime_cost(s: Symbols) -> Expr:
    """Cost of a model's whole life in FLOP-equivalents with a draft that is trained for it."""
    prompt = matmul_flops(s) + training_attention_flops(s.but(sequence_length=s.context))
    read = training_flops_exact(s) + prompt * s.prefill_tokens
    drafts = s.draft_length * s.draft_cost_ratio * decode_step_cost_full(s)
    token = (verification_cost_full(s) + drafts) / (expected_tokens(s) * s.batch)
    return (1 + s.draft_training_share) * read + token * s.decode_tokens


_SHARED = (*_CHAIN, "the guesses of a sequence share its reading of the cache, and its launches")
_LAYOUT = (
    f"+ batch context {RISES} draft_cost_ratio - tied_embeddings acceptance_rate data_parallel "
    f"pipeline_parallel {RATES} ~ tensor_parallel draft_length"
)


@formula(
    r"t_\text{spec}^\text{real}", "s", level="overheads", assumptions=(*_SHARED, *EVEN_EXPERTS),
    varies=_LAYOUT,
    example=(SERVED | GUESS, (VERIFY + 4 * 0.05 * STEP) / YIELD, "five tokens at once"),
)  # fmt: skip
def speculated_step_time(s: Symbols) -> Expr:
    """Time of a token in decode where a draft guesses some, with overheads: no prompts between."""
    wide = s.but(batch=s.batch * _verified(s))
    *_, macs = step_macs(wide)
    cache = cache_moved(s) / (s.bandwidth_share * s.memory_bandwidth)
    attention = FLOP_PER_MAC * macs / (s.attention_peak_share * s.attention_peak)
    verified = cache + attention + step_weights_time(wide) + step_links_time(wide)
    verified += step_operations_time(s)
    drafts = s.draft_length * s.draft_cost_ratio * step_time(s)
    return (verified + drafts) / expected_tokens(s)
