"""What sympy derived: put back into its equation, and found again by search."""

import numpy as np
import pytest
import sympy

from lifebook.shapes import shape_laws
from lifecost import FORMULAS, laws, models, post, symbols
from lifecost.algebra import solve
from lifecost.formulas.decode import balancing_batch, memory_to_compute_ratio
from lifecost.formulas.transformer import parameter_count, token_flops, token_flops_estimate
from lifecost.symbols import (
    CONSTANTS,
    Symbols,
    batch,
    context,
    d_ff,
    d_head,
    d_model,
    ff_ratio,
    loss_ratio,
    n_body,
    n_ff_matrix,
    n_head,
    n_kv_head,
    n_layer,
    n_micro_batch,
    n_params,
    pipeline_parallel,
    relative_width,
    tied_embeddings,
)

SOLVED = {name: formula for name, formula in FORMULAS.items() if formula.unknown}
NUMBERS = {symbol: value for symbol, (value, _) in CONSTANTS.items()}


def test_derivations_are_found():
    # The list would be empty, and the next test silent, if the attribute changed its name.
    assert {"break_even_context", "balancing_group_size", "optimal_params"} <= set(SOLVED)


@pytest.mark.parametrize("formula", SOLVED.values(), ids=SOLVED)
def test_solution_balances_its_equation(formula):
    unknown, found = getattr(Symbols(), formula.unknown), formula(Symbols())
    left, right = (side.subs(unknown, found) for side in formula.equation)
    assert unknown not in found.free_symbols
    ratio = sympy.expand_log(sympy.log(left) - sympy.log(right), force=True)
    assert sympy.simplify(ratio) == 0 or sympy.simplify(left - right) == 0


def test_balancing_batch_balances_the_full_level():
    # Solved by hand in the package, since it holds only below the break-even context.
    (solution, _), (beyond, _) = balancing_batch.expr.args
    assert sympy.simplify(memory_to_compute_ratio.expr.subs(batch, solution)) == 1
    assert beyond == sympy.oo


x, y, z = sympy.symbols("x y z", positive=True)


@pytest.mark.parametrize(
    ("left", "right", "solution"),
    [
        (2 * x, y, y / 2),
        (x * y + z, 3 * z, 2 * z / y),
        (y * x**2, z, sympy.sqrt(z / y)),
        (y / x, z * x**z, (y / z) ** (1 / (z + 1))),
        (x * sympy.Max(y, z), z, z / sympy.Max(y, z)),
    ],
)
def test_solve(left, right, solution):
    found = solve(left, right, x)
    logs = sympy.expand_log(sympy.log(found) - sympy.log(solution), force=True)
    assert sympy.simplify(logs) == 0


def lowest(loss, low, high):
    """Return where a function of one peak downward is lowest: golden section, in logarithms."""
    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(low), np.log(high)
    for _ in range(80):
        left, right = high - golden * (high - low), low + golden * (high - low)
        below = loss(np.exp(left)) < loss(np.exp(right))
        low, high = (low, right) if below else (left, high)
    return np.exp((low + high) / 2)


def written_out(law, size, tokens):
    return (
        law["loss_floor"]
        + law["param_scale"] / size ** law["param_exponent"]
        + law["data_scale"] / tokens ** law["data_exponent"]
    )


@pytest.mark.parametrize("name", laws)
@pytest.mark.parametrize("budget", [1e19, 5.76e23, 3.8e25])
def test_compute_optimum_is_the_lowest_loss_on_its_budget(name, budget):
    law = laws[name].bindings
    size = FORMULAS["optimal_params"](law, train_flops=budget)
    tokens = FORMULAS["optimal_tokens"](law, train_flops=budget)
    least = FORMULAS["optimal_loss"](law, train_flops=budget)
    assert 6 * size * tokens == pytest.approx(budget, rel=1e-12)

    grid = np.geomspace(size / 100, size * 100, 20_001)  # odd: the optimum is its middle
    losses = written_out(law, grid, budget / (6 * grid))
    assert np.argmin(losses) == 10_000
    assert losses.min() == pytest.approx(least, rel=1e-14)
    # A minimum is flat: the loss fixes its place to half the digits of a floating-point number.
    found = lowest(lambda n: written_out(law, n, budget / (6 * n)), size / 100, size * 100)
    assert found == pytest.approx(size, rel=1e-6)


@pytest.mark.parametrize("name", laws)
def test_first_order_condition(name):
    # Hoffmann et al. 2022, section 3.3: alpha A / N^alpha = beta B / D^beta at the optimum.
    law = laws[name].bindings
    size = FORMULAS["optimal_params"](law, train_flops=1e24)
    tokens = FORMULAS["optimal_tokens"](law, train_flops=1e24)
    by_size = law["param_exponent"] * law["param_scale"] * size ** -law["param_exponent"]
    by_tokens = law["data_exponent"] * law["data_scale"] * tokens ** -law["data_exponent"]
    assert by_size == pytest.approx(by_tokens, rel=1e-12)
    assert FORMULAS["matching_tokens"](law, n_params=size) == pytest.approx(tokens, rel=1e-12)


def test_size_slope_against_differences_on_the_curve_of_equal_loss():
    # Sardana et al. 2024: at the compute-optimal point a larger model saves no training, to first
    # order, and costs two FLOPs for each token served.
    law, served = laws["sardana"].bindings, 1e13
    size = FORMULAS["optimal_params"](law, train_flops=1e24)
    loss = FORMULAS["optimal_loss"](law, train_flops=1e24)

    def cost(n):
        data = loss - law["loss_floor"] - law["param_scale"] / n ** law["param_exponent"]
        tokens = (law["data_scale"] / data) ** (1 / law["data_exponent"])
        return 6 * n * tokens + 2 * n * served

    step = size * 1e-4
    slope = (cost(size + step) - cost(size - step)) / (2 * step)
    assert slope == pytest.approx(
        FORMULAS["size_slope_at_optimum"](prefill_tokens=served), rel=1e-4
    )


# Width to infinity: heads of constant width fill the residual stream, the rest grows with it.
ratio, group = sympy.symbols("ratio group", positive=True)
WIDE = {n_head: d_model / d_head, n_kv_head: d_model / d_head / group, d_ff: ratio * d_model}


@pytest.mark.parametrize("name", ["token_flops", "training_flops_exact"])
def test_rule_of_thumb_is_the_leading_term(name):
    # 2 N a token and 6 N D for training, N counted exactly: both ratios tend to one.
    estimate = {"token_flops": token_flops_estimate, "training_flops_exact": "training_flops"}[name]
    estimate = FORMULAS[estimate] if isinstance(estimate, str) else estimate
    over = FORMULAS[name].expr / estimate.expr.subs(n_params, parameter_count.expr)
    over = sympy.cancel(sympy.together(over.subs(WIDE)))
    assert sympy.limit(over, d_model, sympy.oo) == 1
    assert sympy.simplify(over - 1) != 0  # a leading term, not an identity


def test_deep_and_plain_shape_has_twelve_squares_a_layer():
    # Kaplan et al. 2020, section 2.1: N = 12 n_layer d_model^2, for d_ff = 4 d_model.
    kaplan = {
        n_head: d_model / d_head, n_kv_head: d_model / d_head, d_ff: 4 * d_model, n_ff_matrix: 2,
        tied_embeddings: 1,
    }  # fmt: skip
    over = parameter_count.expr.subs(kaplan) / (12 * n_layer * d_model**2)
    assert sympy.limit(sympy.expand(over), d_model, sympy.oo) == 1


def test_average_causal_attention():
    # One token after the other: the t-th of T attends to t tokens, (T + 1) / 2 on average. The
    # formula drops the 1; the error is exactly 1 / T.
    shape = {"n_layer": 2, "n_head": 3, "d_head": 5}
    for length in (1, 10, 1000):
        one_by_one = sum(FORMULAS["attention_flops"](shape, context=t + 1) for t in range(length))
        mean = FORMULAS["training_attention_flops"](shape, sequence_length=length)
        assert one_by_one / length / mean == pytest.approx(1 + 1 / length, rel=1e-12)


def test_exact_flops_at_zero_context_are_the_matrices():
    assert sympy.expand(token_flops.expr - FORMULAS["attention_flops"].expr) == sympy.expand(
        FORMULAS["matmul_flops"].expr
    )
    assert FORMULAS["matmul_flops"](Symbols()).subs(NUMBERS) == FORMULAS["matmul_flops"].expr


@pytest.mark.parametrize("level", ["", "_full"])
def test_free_interaction_balances_its_step(level):
    # Largest of zero and the solution: put back, arithmetic and memory cost the same.
    zero, solution = sorted(FORMULAS[f"free_interaction{level}"].expr.args, key=sympy.count_ops)
    work, load = FORMULAS[f"interaction_step_cost{level}"].expr.args
    m = symbols.interaction_multiplier
    assert zero == 0
    assert sympy.expand((work - load).subs(m, solution)) == 0
    # With a long context weights drop out, and what is left is the chip's intensity over that of
    # attention, at both levels.
    limit = sympy.limit(sympy.expand(solution), symbols.context, sympy.oo)
    today = FORMULAS["attention_intensity"].expr
    assert sympy.simplify(limit - symbols.hoi / today) == 0


def test_no_interaction_is_dot_product_attention():
    # At a multiple of one each cost is that of its chapter.
    one = {symbols.interaction_multiplier: 1}
    pairs = {
        "interaction_step_cost_full": "decode_step_cost_full",
        "interaction_training_flops": "training_flops_exact",
        "interaction_intensity": "attention_intensity",
    }
    for name, plain in pairs.items():
        found, expected = FORMULAS[name].expr.subs(one), FORMULAS[plain].expr
        if found.func is expected.func and found.has(sympy.Max):
            found, expected = (sum(e.args) for e in (found, expected))
        assert sympy.expand(found - expected) == 0, name


def test_bubble_of_a_pipeline_is_found_by_running_one():
    for stages, batches in ((1, 3), (2, 1), (4, 8), (7, 5)):
        free = [0] * stages  # when each has done what it was given
        for time, order in ((1, range(stages)), (2, range(stages)[::-1])):  # forward, backward
            for _ in range(batches):
                passed = 0
                for stage in order:
                    free[stage] = passed = max(free[stage], passed) + time
        given = dict(pipeline_parallel=stages, n_micro_batch=batches)
        waits = FORMULAS["pipeline_bubble"](given)
        assert waits == pytest.approx(1 - 3 * batches / max(free), rel=1e-12)
    # The source's share is of the time without waiting.
    share = FORMULAS["pipeline_bubble"].expr
    assert sympy.simplify(share / (1 - share) - (pipeline_parallel - 1) / n_micro_batch) == 0


def test_training_factor_is_the_ratio_of_training_costs():
    ratio = FORMULAS["interaction_training_flops"].expr / FORMULAS["training_flops_exact"].expr
    assert sympy.simplify(FORMULAS["interaction_training_factor"].expr - ratio) == 0
    share = FORMULAS["training_attention_share"].expr
    bought = 1 + (symbols.training_factor - 1) / share
    assert sympy.simplify(FORMULAS["affordable_interaction"].expr - bought) == 0


def test_cache_saving_repays_the_interaction():
    # Two lives of equal cost: dot products on the whole cache, the interaction on what is left.
    shape = {**models["llama-3-8b"].bindings, **post.bindings, "sequence_length": 8192}
    life = {"train_tokens": 1.5e13, "prefill_tokens": 1e13, "decode_tokens": 1e14}
    known = shape | life
    saving = FORMULAS["cache_saving_needed"](known, interaction_multiplier=5)
    cost = FORMULAS["interaction_lifetime_cost"]
    rich = cost(known, interaction_multiplier=5, kv_bytes=1 - saving)
    assert rich == pytest.approx(cost(known, interaction_multiplier=1), rel=1e-12)
    assert 0.01 < saving < 0.5


def test_mean_pair_of_a_prompt_is_the_pair_of_training():
    # One token after the other through a prompt, each pair at m times the dot product's price.
    shape = {"n_layer": 2, "n_head": 3, "d_head": 5, "n_kv_head": 1}
    shape |= {"d_model": 7, "d_ff": 11, "n_ff_matrix": 3, "vocab_size": 13}
    length, m = 1000, 5
    weights = FORMULAS["matmul_flops"](shape)
    pairs = [FORMULAS["attention_flops"]({**shape, "context": t + 1}) for t in range(length)]
    walked = 3 * sum(weights + m * pair for pair in pairs)
    found = FORMULAS["interaction_training_flops"](
        shape, sequence_length=length, train_tokens=length, interaction_multiplier=m
    )
    assert found == pytest.approx(walked, rel=2 / length)


class Counted:
    """A number that counts the multiplications of all its kind."""

    made = 0

    def __mul__(self, _):
        Counted.made += 1
        return self

    def __add__(self, _):
        return self


def ones(*shape):
    return np.full(shape, Counted(), dtype=object)


def multiplications(attend):
    """Return how many multiplications one query takes, which really are carried out."""
    Counted.made = 0
    attend()
    return Counted.made


@pytest.mark.parametrize(("heads", "width"), [(3, 8), (4, 4), (6, 7)])
def test_richer_interactions_counted_one_by_one(heads, width):
    tokens = 5
    query, keys, values = ones(heads, width), ones(tokens, width), ones(tokens, width)
    mix, layer = ones(heads, heads), ones(width, width)

    def dot_products():
        return (query @ keys.T) @ values

    def talking_heads():
        return (mix @ (mix @ (query @ keys.T))) @ values

    def layer_for_each_pair():
        scores = ones(heads, tokens)
        for head in range(heads):
            for token in range(tokens):
                scores[head, token] = query[head] @ (layer @ keys[token])
        return scores @ values

    plain = multiplications(dot_products)
    mixed, paired = multiplications(talking_heads), multiplications(layer_for_each_pair)
    found = FORMULAS["talking_heads_multiplier"](n_head=heads, d_head=width)
    assert found == pytest.approx(mixed / plain, rel=1e-15)
    # The layer is as wide as the head, whatever it is applied to: once for each head and key.
    found = FORMULAS["pair_network_multiplier"](d_head=width)
    assert found == pytest.approx(paired / plain, rel=1e-15)


@pytest.mark.parametrize("name", ["deepseek-v2", "deepseek-v3", "kimi-k2"])
def test_intensity_of_absorbed_latent_attention(name):
    # FlashMLA's write-up: heads times (d_k + d_v) / d_k at two bytes, d_k = 576 and d_v = 512.
    found = FORMULAS["attention_intensity"](models[name], kv_bytes=2, context=8192)
    assert found == pytest.approx(models[name].n_head * (576 + 512) / 576, rel=1e-14)


# Layers alike: query heads as wide as the residual stream, the feed-forward network in proportion.
ALIKE = {
    n_head: d_model / d_head,
    d_ff: ff_ratio * 2 * (d_model + n_kv_head * d_head) / n_ff_matrix,
}
SIZE = sympy.expand(FORMULAS["non_embedding_params"].expr.subs(ALIKE, simultaneous=True))


def test_the_line_of_equal_size_has_one_size():
    width = FORMULAS["shape_width"].expr
    assert sympy.simplify(SIZE.subs(d_model, width) - n_body) == 0
    layers = FORMULAS["shape_layers"].expr
    at_width = SIZE.subs(d_model, relative_width * sympy.sqrt(n_body))
    assert sympy.simplify(at_width.subs(n_layer, layers) - n_body) == 0
    wide = ALIKE[d_ff].subs(d_model, width)
    assert sympy.simplify(FORMULAS["shape_ff_width"].expr - wide) == 0
    ratio = FORMULAS["shape_ff_ratio"].expr.subs(ALIKE, simultaneous=True)
    assert sympy.simplify(ratio - ff_ratio) == 0


def test_relative_width_is_depth_where_layers_are_alike():
    found = sympy.limit(FORMULAS["shape_width"].expr / sympy.sqrt(n_body), n_body, sympy.oo)
    assert sympy.simplify(found**2 * 2 * n_layer * (1 + ff_ratio)) == 1


@pytest.mark.parametrize("intensity", [1, 600])
def test_cost_along_the_line_is_that_of_the_shape(intensity):
    # The sizes need not be whole here, so the functions are called without their checks.
    line = dict(n_layer=7, n_body=1e8, ff_ratio=3, n_kv_head=2, d_head=64, n_ff_matrix=3)
    rest = dict(vocab_size=500, batch=9, context=1000, kv_bytes=2, weight_bytes=1, hoi=intensity)

    def value(name, known):
        return FORMULAS[name].numpy()(**{k: known[k] for k in FORMULAS[name].symbols})

    width = value("shape_width", line)
    shape = {**line, "d_model": width, "n_head": width / 64, "d_ff": value("shape_ff_width", line)}
    expected = value("decode_step_cost_full", shape | rest) / 9
    assert value("equal_size_decode_cost", line | rest) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(
    ("factor", "best"),
    [("width_factor", "optimal_relative_width"), ("ff_factor", "optimal_ff_ratio")],
)
def test_a_factor_of_the_loss_is_lowest_where_its_parts_balance(factor, best):
    of = getattr(Symbols(), FORMULAS[best].unknown)
    fitted = next(part for part in FORMULAS[factor].expr.args if part != 0)
    there = FORMULAS[best].expr
    assert sympy.simplify(fitted.diff(of).subs(of, there)) == 0
    bend = sympy.simplify(fitted.diff(of, 2).subs(of, there))
    coefficients = {s: sympy.Symbol(s.name, positive=True) for s in bend.free_symbols}
    assert bend.subs(coefficients).is_positive
    # The only balance: one more e-fold adds a constant and takes away what falls.
    assert sympy.solve(fitted.diff(of), of) == [there]


@pytest.mark.parametrize(
    ("factor", "best", "symbol"),
    [
        ("width_factor", "optimal_relative_width", "relative_width"),
        ("ff_factor", "optimal_ff_ratio", "ff_ratio"),
    ],
)
@pytest.mark.parametrize("law", shape_laws.values(), ids=shape_laws)
def test_the_shape_of_lowest_loss_is_found_again_by_search(law, factor, best, symbol):
    def of(value):
        return FORMULAS[factor](law, **{symbol: float(value)})

    found, there = lowest(of, 0.01, 0.9 if symbol == "relative_width" else 10), FORMULAS[best](law)
    # Flat at the bottom: the place to half the digits, the loss to all of them.
    assert found == pytest.approx(there, rel=1e-5)
    assert of(found) == pytest.approx(of(there), rel=1e-12)


def test_a_larger_model_makes_a_worse_shape_good():
    (size, _), *_ = FORMULAS["shape_params"].expr.args
    size = size.replace(sympy.Max, lambda *args: next(a for a in args if a != 0))
    loss = FORMULAS["loss"].expr
    reached = sympy.powdenest(loss.subs(n_params, size), force=True)
    assert sympy.simplify(loss_ratio * reached - loss) == 0


def test_half_of_the_limit_is_reached_where_the_cache_equals_the_weights():
    # Utilization of B sequences is the limit times B / (B + B_half): memory-bound, full level.
    (limit,) = (a for a in FORMULAS["decode_utilization_limit"].expr.args if a != 1)
    half = FORMULAS["half_utilization_batch"].expr
    ratio = FORMULAS["decode_memory_to_compute_ratio"].expr
    assert sympy.simplify(1 / ratio - limit * batch / (batch + half)) == 0
    weights = FORMULAS["read_parameters"].expr * sympy.Symbol("weight_bytes", positive=True)
    cache = FORMULAS["kv_bytes_per_token"].expr * context * half
    assert sympy.simplify(cache - weights) == 0
