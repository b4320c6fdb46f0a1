"""Whatever comes, and is accepted, gives numbers that can be: in a report and of every formula."""

import math
import os

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lifecost import FORMULAS, InputError, __main__, hardware, models, post, report
from lifecost.stack import PLAIN
from lifecost.symbols import SYMBOLS


# Whatever is accepted is finite, not negative, and whole where it is counted.
def sizes(name):
    quantity = SYMBOLS[name]
    low, high = math.ceil(quantity.low), int(min(quantity.high, 1e12))
    return st.integers(low, min(200, high)) | st.integers(low, high)


@st.composite
def named_models(draw):
    name = draw(st.sampled_from(sorted(models)))
    stack = models[name].stack
    blocks = {size: value for part in stack.parts for size, value in part.block.sizes}
    own = {**blocks, "n_layer": stack.n_layer, "d_model": stack.d_model}
    changes = []
    for symbol in draw(st.lists(st.sampled_from([*own, *PLAIN]), max_size=4, unique=True)):
        known = 512 if own.get(symbol, 1) == math.inf else own.get(symbol, 1)
        some = st.sampled_from([0, 1, known, known // 2, known * 2, known - 1, stack.n_layer])
        some_layers = st.sampled_from(["", "@1", f"@{stack.n_layer // 2}", "@99"])
        changes.append(f"{symbol}={draw(some | sizes(symbol))}{draw(some_layers)}")
    return f"{name}:{','.join(changes)}" if changes else name


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "--batch": st.integers(1, 10**4) | st.floats(0.5, 1e9),
        "--context": st.integers(1, 10**6) | st.floats(0.5, 1e12),
        "--kv-bytes": st.sampled_from([0.25, 0.5, 1, 2, 4, 8, 0.5625, 0.3]),
        "--weight-bytes": st.sampled_from([0.25, 0.5, 1, 2, 4, 8, 0.5625, 0.3]),
        "--hoi": st.floats(1e-7, 1e10),
        "--chips": st.integers(0, 10**4) | st.floats(0.5, 1e8),
        "--hardware": st.sampled_from(sorted(hardware)),
        "--precision": st.sampled_from(["fp8", "bf16", "fp16", "fp4"]),
        "--overlap": st.sampled_from(["full", "serial"]),
    },
)
WHOLE = ("parameters", "active_parameters", "kv_cache_bytes", "needed", "chips_needed",
         "largest_batch", "batch", "context", "n_chip")  # fmt: skip
MAY_BE_ZERO = ("largest_batch", "n_position")


def check_report(found):
    for key, value in found.items():
        if isinstance(value, dict):
            check_report(value)
        elif value is None:  # no number of chips holds a part of the cache that each holds whole
            assert key == "chips_needed"
        elif not isinstance(value, (str, list)):
            assert math.isfinite(value), key
            assert value > 0 or (key in MAY_BE_ZERO and value == 0), key
            assert key not in WHOLE or type(value) is int, key


@settings(max_examples=int(os.environ.get("LIFECOST_FUZZ", "150")), deadline=None, database=None,
          derandomize="LIFECOST_FUZZ" not in os.environ,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(names=st.lists(named_models(), min_size=1, max_size=2), options=SETTINGS)
@example(names=["deepseek-v3:window=128@60"], options={})
@example(names=["llama-3-8b:own_cache=0@11"], options={})
@example(names=["deepseek-v3:kv_rank=1,d_rope=0"], options={})
@example(names=["llama-3-8b:stride=3"], options={"--kv-bytes": 0.5})
def test_whatever_comes_is_a_true_report_or_a_line(names, options):
    words = [word for option, value in options.items() for word in (option, str(value))]
    chosen = __main__._parser().parse_args(["compare", *names, *words])
    written, printer = [], __main__._print
    try:
        __main__._print = lambda _, content, text: written.extend([*content, text()])
        chosen.run(chosen)
    except InputError:
        return
    finally:
        __main__._print = printer
    *reports, _ = written
    for found in reports:
        check_report(found)
        if found["memory"]["chips_needed"] is None:
            assert found["memory"]["largest_batch"] < found["setting"]["batch"]
        assert found["active_parameters"] <= found["parameters"]


# What a device, the post and a model do not bind.
LIFE = dict(
    n_chip=2, sequence_length=4096, train_tokens=1e13, prefill_tokens=1e13, decode_tokens=1e13,
    tokens_per_day=1e10, train_mfu=0.4, prefill_mfu=0.5, decode_efficiency=0.5, chip_hour_price=2,
    train_flops=1e24, interaction_multiplier=2, training_factor=2, draft_length=3,
    acceptance_rate=0.5, draft_cost_ratio=0.1, draft_context=100,
)  # fmt: skip
# Where no context, and no batch, balances the step.
NONE_BALANCES = {"break_even_context", "balancing_batch"}


@settings(max_examples=int(os.environ.get("LIFECOST_FUZZ", "15")), deadline=None, database=None,
          derandomize="LIFECOST_FUZZ" not in os.environ,
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(name=named_models())
def test_whatever_model_comes_every_formula_gives_a_number_or_a_line(name):
    bound = {**hardware["h100-sxm"].at("fp8"), **post.bindings, **LIFE}
    try:
        bound |= report.find_model(name).bindings
    except InputError:
        return
    for formula in FORMULAS.values():
        if bound.keys() >= set(formula.symbols):
            try:
                found = formula(bound)
            except InputError as error:  # of dense models only, or without a closed form
                refused = f"{error}"
                refused = str(error)
                assert "leaves the range of floating-point" not in refused
                continue
            assert found >= 0, formula.name
            assert found < math.inf or formula.name in NONE_BALANCES, formula.name
