"""The cheapest shape against brute force and its first-order condition; bad input."""

import numpy as np
import pytest

from lifebook.data import load
from lifebook.shapes import (
    SHAPE_LAW,
    cheapest_shape,
    law_through,
    lifetime_of_shape,
    real_shape,
    shape_laws,
)
from lifecost import (
    InputError,
    cost_optimal_kv_heads,
    laws,
    lifetime_cost,
    models,
    non_embedding_params,
    post,
    shape_factor,
    shape_ff_ratio,
    shape_relative_width,
    width_factor,
)

LLAMA = models["llama-3-8b"]
LIFE = {**post.bindings, "prefill_tokens": 1e12, "decode_tokens": 1e12, "sequence_length": 8192}
RANGES = dict(relative_width=(0.02, 0.15), ff_ratio=(0.5, 10))
CASES = [
    (model, shape_law, level, {"decode_tokens": tokens, "context": context})
    for model, shape_law, level, tokens, context in (
        ("llama-3-8b", "bian-small", "post", 0, 8192),
        ("llama-3-8b", "bian-small", "post", 1e12, 8192),  # on the edge where KV meets compute
        ("llama-3-8b", "bian-1b", "post", 1e14, 8192),
        ("llama-3-8b", "bian-1b", "full", 0, 8192),
        ("llama-3-8b", "bian-small", "full", 1e13, 8192),
        ("llama-3-8b", "bian-1b", "full", 1e12, 131072),
        ("llama-3-70b", "bian-small", "full", 1e12, 8192),
    )
]


def solved(model, shape_law, level, change, law="besiroglu", ranges=RANGES):
    return cheapest_shape(
        models[model], laws[law], shape_laws[shape_law], {**LIFE, **change}, level=level, **ranges
    )


def cost(model, shape_law, level, change, width, share):
    return lifetime_of_shape(
        models[model], laws["besiroglu"], shape_laws[shape_law], {**LIFE, **change}, level=level,
        relative_width=width, ff_ratio=share,
    ).flops  # fmt: skip


def grid(low, high, count):
    return np.exp(np.linspace(np.log(low), np.log(high), count))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_brute_force_finds_nothing_cheaper(case):
    best = solved(*case)
    widths, shares = (grid(*RANGES[name], 701) for name in ("relative_width", "ff_ratio"))
    everywhere = cost(*case, widths[:, None], shares)
    assert best.flops <= everywhere.min() * (1 + 1e-12)
    near = [
        np.clip(grid(at * (1 - 5e-4), at * (1 + 5e-4), 801), *RANGES[name])
        for name, at in (("relative_width", best.relative_width), ("ff_ratio", best.ff_ratio))
    ]
    found = cost(*case, near[0][:, None], near[1]).min()
    assert found == pytest.approx(best.flops, rel=1e-6)
    assert best.flops <= found * (1 + 1e-12)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_first_order_condition(case):
    # No direction leads down: the condition also where the cost has an edge or the range ends.
    best = solved(*case)
    step = 1e-5
    for angle in np.linspace(0, 2 * np.pi, 32, endpoint=False):
        moved = [
            float(np.clip(at * np.exp(step * move), *RANGES[name]))
            for name, at, move in (
                ("relative_width", best.relative_width, np.cos(angle)),
                ("ff_ratio", best.ff_ratio, np.sin(angle)),
            )
        ]
        slope = (cost(*case, *moved) / best.flops - 1) / step
        assert slope > -1e-6, angle


def test_the_gradient_vanishes_inside():
    case = ("llama-3-8b", "bian-small", "full", {"decode_tokens": 1e12})
    best = solved(*case)
    assert 0.021 < best.relative_width < 0.149
    assert 0.51 < best.ff_ratio < 9.9
    for width, share in ((1e-4, 0), (0, 1e-4)):
        up, down = (
            cost(*case, best.relative_width * np.exp(s * width), best.ff_ratio * np.exp(s * share))
            for s in (1, -1)
        )
        assert abs(up - down) / 2e-4 / best.flops < 1e-6


def test_training_alone_asks_for_the_shape_of_lowest_loss():
    # At the post's level training costs 6 N D, but the embeddings grow with the width: nearly.
    for name, width, share in (("bian-small", 78 / 974, 65 / 63), ("bian-1b", 17.6 / 238, 62 / 51)):
        best = solved("llama-3-70b", name, "post", {"decode_tokens": 0, "prefill_tokens": 0})
        assert best.relative_width == pytest.approx(width, rel=0.15)
        assert best.ff_ratio == pytest.approx(share, rel=1e-4)
        assert best.relative_width < width


def test_the_published_shape_costs_what_it_costs():
    shape = dict(
        relative_width=shape_relative_width(LLAMA), ff_ratio=shape_ff_ratio(LLAMA), level="post"
    )
    found = lifetime_of_shape(LLAMA, laws["sardana"], shape_laws["bian-1b"], LIFE, **shape)
    assert found.loss_ratio == pytest.approx(1, rel=1e-14)
    assert found.n_layer == pytest.approx(32, rel=1e-12)
    assert found.d_model == pytest.approx(4096, rel=1e-12)
    assert found.d_ff == pytest.approx(14336, rel=1e-12)
    assert found.n_head == pytest.approx(32, rel=1e-12)
    assert found.kv_bytes_per_token == pytest.approx(65536, rel=1e-12)
    assert found.flops == pytest.approx(lifetime_cost(LLAMA, LIFE), rel=1e-12)


def test_lives_are_searched_together_as_one_by_one():
    tokens, contexts = np.array([[0.0], [1e12], [1e14]]), np.array([2048.0, 131072.0])
    together = solved("llama-3-8b", "bian-1b", "full", dict(decode_tokens=tokens, context=contexts))
    assert together.flops.shape == (3, 2)
    for i, served in enumerate(tokens[:, 0].tolist()):
        for j, context in enumerate(contexts.tolist()):
            alone = solved(
                "llama-3-8b", "bian-1b", "full", dict(decode_tokens=served, context=context)
            )
            assert together.flops[i, j] == pytest.approx(alone.flops, rel=1e-12)


def test_more_service_never_asks_for_more_cache():
    found = solved("llama-3-8b", "bian-small", "full", {"decode_tokens": 10.0 ** np.arange(10, 16)})
    assert np.all(np.diff(found.kv_bytes_per_token) <= 1e-6)


def test_real_shape_is_whole_and_near_the_size():
    for name in ("llama-3-8b", "llama-3-70b", "llama-3-405b"):
        model = models[name]
        again = real_shape(model, n_layer=model.n_layer, ff_ratio=shape_ff_ratio(model))
        assert {k: again[k] for k in model.shape} == dict(model.shape)
        for layers in (model.n_layer // 4, model.n_layer // 2, 2 * model.n_layer):
            found = real_shape(model, n_layer=layers, ff_ratio=4)
            assert found["n_head"] * found["d_head"] == found["d_model"]
            assert found["n_head"] % found["n_kv_head"] == 0
            body = non_embedding_params({k: found[k] for k in non_embedding_params.symbols})
            assert body == pytest.approx(non_embedding_params(model), rel=0.01)


def test_a_law_of_shape_agrees_with_what_its_study_trained():
    # Table 1: three shapes of one size. The fit to 1B comes near; that to small models overstates.
    rows = load("shape_studies")
    llama, panda = rows["llama-3-2-1b"], rows["panda-1b"]
    assert llama["n_ff_matrix"] * llama["d_ff"] / (
        2 * llama["d_head"] * (llama["n_head"] + llama["n_kv_head"])
    ) == pytest.approx(llama["ff_ratio"])
    width = shape_relative_width({k: llama[k] for k in shape_relative_width.symbols})
    widths = width, width * panda["d_model"] / llama["d_model"]
    measured = 1 - panda["loss"] / llama["loss"]
    for name, times in (("bian-1b", 0.85), ("bian-small", 1.69)):
        of_llama, of_panda = (
            shape_factor(shape_laws[name], relative_width=w, ff_ratio=row["ff_ratio"])
            for w, row in zip(widths, (llama, panda), strict=True)
        )
        assert (1 - of_panda / of_llama) / measured == pytest.approx(times, abs=0.01)


def test_a_law_through_a_pair_gives_the_pair():
    rows = load("shape_studies")
    deep, shallow = (
        shape_relative_width({k: rows[name][k] for k in shape_relative_width.symbols})
        for name in ("kaplan-deep", "kaplan-shallow")
    )
    # Kaplan et al. count 12 n_layer d_model^2; norms are a fraction of a thousandth.
    assert (deep, shallow) == pytest.approx((1 / 24, 1 / 72**0.5), rel=1e-3)
    found = law_through(deep, shallow, loss_ratio=1.03)
    high, low = (width_factor(found, relative_width=w) for w in (shallow, deep))
    assert high / low == pytest.approx(1.03, rel=1e-12)
    with pytest.raises(InputError, match="loss_ratio = 0 is out of range"):
        law_through(deep, shallow, loss_ratio=0)
    with pytest.raises(InputError, match=r"relative_width = 0\.1 and 0\.1 give no slope"):
        law_through(0.1, 0.1, loss_ratio=1.03)


def test_a_law_binds_its_coefficients():
    assert set(shape_laws) == {"bian-small", "bian-1b"}
    for law in shape_laws.values():
        assert set(law.bindings) == set(SHAPE_LAW)


WRONG = [
    (dict(level="fuller"), "unknown level 'fuller'; did you mean 'full'"),
    (dict(relative_width=(0.1, 0.05)), r"relative_width = \(0.1, 0.05\) is no range"),
    (dict(relative_width=(0, 0.05)), "relative_width = 0 is out of range: width of the residual"),
    (dict(ff_ratio=(1, "b")), "ff_ratio = 'b' is not a number"),
    (dict(model=models["deepseek-v3"]), "shapes are of plain dense decoders, and this model has o"),
    (dict(model=models["gemma-2-9b"]), "shapes are of plain dense decoders, and this model has o"),
    (dict(model=models["qwen2.5-7b"]), "shapes are of plain dense decoders, and this model has o"),
    (dict(life={**LIFE, "batch": 0}), "batch = 0 is out of range: sequences decoded together"),
    (dict(life=post.bindings), "also needs decode_tokens"),
    (dict(model=models["gpt-3-175b"].shape), "shapes are of plain dense decoders"),
    (dict(model={**LLAMA.bindings, "train_tokens": 1e9}, relative_width=(1e-6, 2e-6)), "no shape"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_bad_input_is_a_clear_error(wrong, message):
    given = {"model": LLAMA, "life": LIFE, "level": "full", **RANGES, **wrong}
    with pytest.raises(InputError, match=message) as caught:
        cheapest_shape(
            given["model"], laws["besiroglu"], shape_laws["bian-1b"], given["life"],
            level=given["level"], relative_width=given["relative_width"],
            ff_ratio=given["ff_ratio"],
        )  # fmt: skip
    assert "\n" not in str(caught.value)


def test_a_shape_out_of_range_is_a_clear_error():
    with pytest.raises(InputError, match="n_layer = 0 is out of range"):
        real_shape(LLAMA, n_layer=0, ff_ratio=4)
    with pytest.raises(InputError, match=r"d_ff = -\d+ is out of range"):
        real_shape(LLAMA, n_layer=10_000, ff_ratio=4)
    with pytest.raises(InputError, match="shapes are of plain dense decoders"):
        real_shape(models["deepseek-v3"], n_layer=10, ff_ratio=4)
    with pytest.raises(InputError, match="ff_ratio = -1 is out of range"):
        lifetime_of_shape(
            LLAMA, laws["besiroglu"], shape_laws["bian-1b"], LIFE, relative_width=0.05, ff_ratio=-1
        )


@pytest.mark.parametrize("context", [8192, 131072])
def test_no_other_number_of_heads_is_cheaper_at_equal_loss(context):
    law = laws["besiroglu"].bindings
    at = dict(n_layer=16, d_head=64, kv_bytes=1, weight_bytes=1, batch=1, context=context)
    heads = dict(head_scale=0.301, head_exponent=0.227)  # Chen et al. 2025, appendix I
    n = np.geomspace(0.1, 1e3, 200_001)
    # Of size and heads together the loss is that of 1.2e9 parameters with eight heads.
    loss = law["param_scale"] * 1.2e9 ** -law["param_exponent"] + 0.301 * 8**-0.227
    left = loss - 0.301 * n**-0.227
    with np.errstate(invalid="ignore"):
        size = (law["param_scale"] / left) ** (1 / law["param_exponent"])
    cost = size + 2 * 16 * 64 * context * n
    best = np.nanargmin(cost)
    found = cost_optimal_kv_heads({**law, **at, **heads, "n_params": size[best]})
    assert found == pytest.approx(n[best], rel=1e-3)
