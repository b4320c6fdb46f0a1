"""How fast it is: ``make bench`` runs this and prints a table. Not a test: a machine has moods.

Every ratio is taken within one run, between two things measured in turn.
"""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from settings import USUAL

from lifebook.mixes import sweep
from lifecost import FORMULAS, columns, hardware, models
from lifecost.serving import Layout, setting

# The tests only try it: few points, one round.
SHORT = "LIFECOST_BENCH_SHORT" in os.environ
POINTS = 10**3 if SHORT else 10**7
HIGHEST = {
    "context": 10_000, "batch": 1000, "intensity": 1000, "interaction_multiplier": 1000,
    "width_constant": 5, "ff_ratio": 20, "train_tokens": 1e13,
}  # fmt: skip

# The shape of the 8B model, and what a reader would write who has no formulas: constants folded,
# one expression. (symbols that are arrays, expression) Formulas with a maximum or a minimum are the
# hard case: a printer that stacks its arguments is eight times slower.
M = USUAL
N, KV = M["n_params"], 2 * M["n_layer"] * M["n_kv_head"] * M["d_head"] * M["kv_bytes"]
MULTIPLIED = M["n_layer"] * M["d_model"] * (3 * M["d_ff"] + 2 * M["d_head"] * 40)
MULTIPLIED += M["vocab_size"] * M["d_model"]
ATTENTION = 4 * M["n_layer"] * M["n_head"] * M["d_head"]
HOI, BOTH = M["hoi"], ("batch", "context")


def width_by_hand(width, constant=M["width_constant"]):
    fitted = constant + M["width_log"] * np.log(width) + M["width_inverse"] / width
    return np.maximum(0, fitted)


def share_by_hand(share):
    fitted = M["ff_constant"] + M["ff_log"] * np.log(share) + M["ff_inverse"] / share
    return np.maximum(0, fitted)


def line_by_hand(share):
    layers, narrow = M["n_layer"], M["n_kv_head"] * M["d_head"]
    linear = 2 * layers * narrow * (1 + share) + 2 * layers + 1
    root = np.sqrt(linear**2 + 8 * layers * M["n_body"] * (1 + share))
    return 2 * M["n_body"] / (linear + root) / M["n_body"] ** 0.5


def size_by_hand(tokens):
    E, A, a = M["loss_floor"], M["param_scale"], M["param_exponent"]
    data = M["data_scale"] / tokens ** M["data_exponent"]
    left = (E + A / N**a + data) / M["loss_ratio"] - E - data
    return np.where(left > 0, (A / np.maximum(left, 1e-300)) ** (1 / a), np.inf)


BY_HAND = {
    "decode_step_cost": (
        BOTH, lambda batch, context: np.maximum(2 * N * batch, HOI * KV * batch * context),
    ),
    "decode_utilization": (
        ("context",), lambda context: np.minimum(1, 2 * N / HOI / KV / context),
    ),
    "decode_step_cost_full": (
        BOTH,
        lambda batch, context: np.maximum(
            batch * (2 * MULTIPLIED + ATTENTION * context),
            HOI * (MULTIPLIED + KV * batch * context),
        ),
    ),
    "decode_token_cost": (
        ("context",), lambda context: np.maximum(2 * N, HOI * KV * context),
    ),
    "decode_cost": (
        ("context",),
        lambda context: M["decode_tokens"] * np.maximum(2 * N, HOI * KV * context),
    ),
    "lifetime_cost": (
        ("context",),
        lambda context: (
            6 * N * M["train_tokens"]
            + 2 * N * M["prefill_tokens"]
            + M["decode_tokens"] * np.maximum(2 * N, HOI * KV * context)
        ),
    ),
    "interaction_step_cost": (
        BOTH,
        lambda batch, context: np.maximum(
            batch * (2 * N + 10 * ATTENTION * context), HOI * KV * batch * context
        ),
    ),
    "interaction_step_cost_full": (
        BOTH,
        lambda batch, context: np.maximum(
            batch * (2 * MULTIPLIED + 10 * ATTENTION * context),
            HOI * (MULTIPLIED + KV * batch * context),
        ),
    ),
    "free_interaction": (
        ("context",),
        lambda context: np.maximum(0, HOI * KV / ATTENTION - 2 * N / ATTENTION / context),
    ),
    "free_interaction_full": (
        BOTH,
        lambda batch, context: np.maximum(
            0,
            HOI * KV / ATTENTION
            + MULTIPLIED / ATTENTION * (HOI - 2 * batch) / (batch * context),
        ),
    ),
    "attainable_share": (
        ("intensity",), lambda intensity: np.minimum(1, intensity / HOI),
    ),
    "interaction_utilization": (
        ("interaction_multiplier",),
        lambda interaction_multiplier: np.minimum(
            1, ATTENTION / KV / HOI * interaction_multiplier
        ),
    ),
    "interaction_lifetime_cost": (
        BOTH,
        lambda batch, context: (
            3 * (2 * MULTIPLIED + 10 * ATTENTION / 2 * M["sequence_length"]) * M["train_tokens"]
            + (2 * MULTIPLIED + 10 * ATTENTION / 2 * context) * M["prefill_tokens"]
            + M["decode_tokens"]
            * np.maximum(
                2 * MULTIPLIED + 10 * ATTENTION * context,
                HOI * (MULTIPLIED / batch + KV * context),
            )
        ),
    ),
    "break_even_decode_tokens": (
        ("context",),
        lambda context: 6 * N * M["train_tokens"] / np.maximum(2 * N, HOI * KV * context),
    ),
    "break_even_days": (
        ("context",),
        lambda context: (
            6 * N * M["train_tokens"]
            / M["tokens_per_day"] / np.maximum(2 * N, HOI * KV * context)
        ),
    ),
    "decode_utilization_limit": (
        ("context",),
        lambda context: np.minimum(
            1, (2 * MULTIPLIED + ATTENTION * context) / (HOI * KV * context)
        ),
    ),
    "width_factor": (
        ("width_constant",), lambda width_constant: width_by_hand(0.05, width_constant),
    ),
    "ff_factor": (("ff_ratio",), lambda ff_ratio: share_by_hand(ff_ratio)),
    "shape_factor": (
        ("ff_ratio",), lambda ff_ratio: width_by_hand(0.05) * share_by_hand(ff_ratio),
    ),
    "equal_size_factor": (
        ("ff_ratio",),
        lambda ff_ratio: width_by_hand(line_by_hand(ff_ratio)) * share_by_hand(ff_ratio),
    ),
    "shape_params": (("train_tokens",), lambda train_tokens: size_by_hand(train_tokens)),
    # At the published depth and share the line of equal size is the 8B model itself.
    "equal_size_decode_cost": (
        BOTH,
        lambda batch, context: np.maximum(
            2 * MULTIPLIED + ATTENTION * context, HOI * (MULTIPLIED / batch + KV * context)
        ),
    ),
}  # fmt: skip


def row(capsys, *cells):
    with capsys.disabled():
        print("\n" + "".join(f"{cell:<34}" for cell in cells).rstrip(), end="")


@pytest.mark.parametrize("name", BY_HAND)
def test_arrays(benchmark, capsys, name):
    names, by_hand = BY_HAND[name]
    random = np.random.default_rng(1)
    arrays = {symbol: random.uniform(1, HIGHEST[symbol], POINTS) for symbol in names}
    formula = FORMULAS[name]
    fixed = {s: M[s] for s in formula.symbols if s not in arrays}
    ours, theirs = [], []

    def both():
        for call, times, given in (
            (lambda **a: formula(**fixed, **a), ours, arrays),
            (by_hand, theirs, arrays),
        ):
            start = time.process_time()  # what others run on the machine does not count
            result = call(**given)
            times.append(time.process_time() - start)
            del result

    np.testing.assert_allclose(formula(**fixed, **arrays), by_hand(**arrays), rtol=1e-12)
    benchmark.pedantic(both, rounds=1 if SHORT else 7, warmup_rounds=1)
    speed = statistics.median(theirs[1:]) / statistics.median(ours[1:])
    benchmark.extra_info["speed against NumPy by hand"] = speed
    row(capsys, name, f"{speed:.2f}x of NumPy by hand", "(0.9 wanted)" if speed < 0.9 else "")


# Models of all kinds: windows, latents, experts, a state.
MODELS = (
    "llama-3-8b", "llama-3-405b", "mixtral-8x7b", "qwen3-235b-a22b", "gemma-3-27b", "deepseek-v3",
    "kimi-k2", "gpt-oss-120b", "llama-4-maverick", "mistral-7b",
)  # fmt: skip
DEVICES = ("a100-sxm-80gb", "h100-sxm", "h200-sxm", "b200")


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("name", ["decode_step_time", "decode_step_cost_full"])
def test_models_of_any_blocks(benchmark, capsys, name):
    """A million points of model, batch, context and device."""
    fleet = columns([models[one] for one in MODELS])
    devices = columns([hardware[one].at("bf16") for one in DEVICES])
    side = 3 if SHORT else 158  # 158 x 159 batches and contexts, 10 models, 4 devices
    axes = {
        "batch": np.geomspace(1, 1024, side)[:, None, None, None],
        "context": np.geomspace(1, 1e6, side + 1)[:, None, None],
    }
    devices = {one: values[:, None] for one, values in devices.items()}
    rest = {"kv_bytes": 1, "weight_bytes": 1, "tensor_parallel": 8}
    formula = FORMULAS[name]

    def once():
        return formula({**rest, **axes}, devices, fleet)

    assert once().size == side * (side + 1) * len(DEVICES) * len(MODELS)
    benchmark.pedantic(once, rounds=1 if SHORT else 5, warmup_rounds=1)
    seconds = benchmark.stats.stats.median
    row(capsys, f"{name}, a million points", f"{seconds:.2f} s", "(1 wanted)" * (seconds >= 1))


@pytest.mark.benchmark(timer=time.process_time)
def test_cases_of_serving(benchmark, capsys):
    """Cases of ten models on four devices in any layout: the setting, the bound, the estimate."""
    rows, draw = (10**3 if SHORT else 10**5), np.random.default_rng(1)
    model, device = (list(draw.choice(names, rows)) for names in (MODELS, DEVICES))
    layout = Layout(*(2.0 ** draw.integers(0, 4, rows) for _ in range(4)))
    given = [draw.integers(1, most, rows) for most in (500, 9000, 2000)]

    def once():
        at = setting(model, device, layout, *given)
        return [FORMULAS[name](at) for name in ("decode_step_time", "time_per_token")]

    benchmark.pedantic(once, rounds=1 if SHORT else 5, warmup_rounds=1)
    rate = rows / benchmark.stats.stats.median
    row(capsys, "cases of serving", f"{rate:,.0f} a second", "(100,000 wanted)" * (rate < 1e5))


@pytest.mark.benchmark(timer=time.process_time)
def test_sweep(benchmark, capsys):
    """Every mix of layers in every context, batch and device."""
    stacks = benchmark.pedantic(
        sweep, args=(2 if SHORT else None,), rounds=1 if SHORT else 5, warmup_rounds=1
    )
    seconds = benchmark.stats.stats.median
    row(capsys, f"{len(stacks):,} mixes of layers", f"{seconds:.2f} s", "(5)" * (seconds > 5))


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("name", FORMULAS)
def test_scalars(benchmark, capsys, name):
    formula = FORMULAS[name]
    given = {symbol: USUAL[symbol] for symbol in formula.symbols}
    formula(**given)  # lowered once
    rounds, iterations = (1, 1) if SHORT else (50, 2000)
    benchmark.pedantic(
        lambda: formula(**given), rounds=rounds, iterations=iterations, warmup_rounds=2
    )
    rate = 1 / benchmark.stats.stats.min  # whatever slows a round down is not the formula
    row(capsys, name, f"{rate:,.0f} calls/s", "(300,000 wanted)" if rate < 300_000 else "")


def test_import(benchmark, capsys):
    def seconds(code):
        timed = f"import time; {code}; print(time.process_time() - start)"
        done = subprocess.run([sys.executable, "-c", timed], capture_output=True, check=True)
        return float(done.stdout)

    beyond = []

    def once():
        code = "import numpy, sympy; start = time.process_time(); import lifecost"
        beyond.append(seconds(code))

    benchmark.pedantic(once, rounds=1 if SHORT else 9, warmup_rounds=1)
    found = statistics.median(beyond[1:])
    row(capsys, "import beyond numpy and sympy", f"{found:.3f} s", "" if found < 0.2 else "(0.2)")


@pytest.mark.benchmark(timer=lambda: sum(os.times()[2:4]))  # processor time of ended processes
def test_command(benchmark, capsys):
    config = Path(__file__).with_name("unit") / "configs" / "llama-3-8b.json"
    command = [sys.executable, "-m", "lifecost", "cost", str(config), "--json"]
    command += ["--batch", "128", "--context", "8192"]

    def once():
        subprocess.run(command, capture_output=True, check=True)

    benchmark.pedantic(once, rounds=1 if SHORT else 9, warmup_rounds=1)
    found = benchmark.stats.stats.min
    row(capsys, "cost of a config.json, all of it", f"{found:.2f} s", "(1 wanted)" * (found >= 1))
