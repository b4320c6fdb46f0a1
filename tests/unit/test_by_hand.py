"""Each chapter's number by hand: plain NumPy that stands alone, and says what the package says."""

import ast
import contextlib
import io

import pytest
from test_notebooks import CHAPTERS, read

from lifebook.data import load
from lifebook.evidence import kv_family
from lifebook.experiments import experiment
from lifebook.hybrids import mix
from lifecost import (
    attention_intensity,
    break_even_tokens_penalty,
    growing_answer_cost,
    kv_cache_size,
    kv_to_compute_ratio,
    laws,
    models,
    non_embedding_params,
    optimal_params,
    post,
    shape_ff_ratio,
    shape_width,
    sparse_break_even,
    speculative_speedup,
    state_break_even,
    wider_laws,
    worth_of_repeated_tokens,
)
from lifecost.formulas.transformer import attention_flops
from lifecost.optimum import optimum
from lifecost.serving import best_draft_length

SPARSE = experiment("deepseek-v3.2")
LLAMAS = [models[f"llama-3-{size}"] for size in ("8b", "70b", "405b")]
SMALL = LLAMAS[0]
GUESS = {"acceptance_rate": 0.8, "draft_cost_ratio": 1 / 20}


def lifetime_sizes():
    law, decode = laws["sardana"], {**post.bindings, **kv_family(LLAMAS), "decode_tokens": 1e13}
    return [o.parameters for o in (optimum(law, 70e9, 1e13), optimum(law, 70e9, 0, decode))]


def lost_share():
    full = {**post.model("llama-3-8b"), **post.bindings, "n_kv_head": 32, "prefill_tokens": 0}
    return break_even_tokens_penalty(full, train_tokens=15e12, kv_share=1 / 4, decode_tokens=1e12)


def half_depth_width():
    size, ratio = non_embedding_params(SMALL), shape_ff_ratio(SMALL)
    return shape_width({**SMALL.bindings, "n_body": size, "ff_ratio": ratio, "n_layer": 16})


# A chapter, what its cell comes to, what the package says, and how far a grid may be off.
SAID = {
    "training": (
        "best_params",
        lambda: optimal_params(laws["hoffmann"], load("training_runs")["gopher-280b"]),
        1e-4,
    ),
    "inference": (
        "cache_bytes",
        lambda: [kv_cache_size(SMALL, post, n_kv_head=heads) for heads in (32, 8, 1)],
        0,
    ),
    "grouped-query-attention": (
        "balancing_group",
        lambda: [kv_to_compute_ratio(post.model(m.name), post, n_kv_head=m.n_head) for m in LLAMAS],
        1e-12,
    ),
    "flop-equivalents": (
        "kv_to_compute",
        lambda: [kv_to_compute_ratio(post.model(m.name), post) for m in LLAMAS],
        1e-12,
    ),
    "lifetime-cost": ("cheapest_params", lifetime_sizes, 1e-4),
    "kv-compression": ("lost_share", lost_share, 1e-12),
    "model-shape": ("half_depth_width", half_depth_width, 1e-5),  # by hand without the norms
    "speculative-decoding": (
        "best_guess",
        lambda: best_draft_length(
            speculative_speedup, post.model("llama-3-8b"), post.bindings, GUESS
        ),
        1e-12,
    ),
    "design-space": (
        "saved",
        lambda: [
            *(SPARSE.reads / n for n in (2, 1)),
            attention_flops(SPARSE.at(False)) / attention_flops(SPARSE.at(True)),
        ],
        1e-12,
    ),
    "what-a-life-holds": (
        "answer_cost",
        lambda: growing_answer_cost(
            post.model("llama-3-8b"), post, prompt_length=1000, answer_length=[1000, 32_000]
        ),
        1e-12,
    ),
    "beyond-size-and-tokens": (
        "worth",
        lambda: (
            worth_of_repeated_tokens(
                wider_laws["muennighoff"], unique_tokens=1e12, train_tokens=[4e12, 16e12]
            )
            / [4e12, 16e12]
        ),
        1e-12,
    ),
    "query-key-interactions": (
        "room",
        lambda: [
            post.bindings["hoi"] / attention_intensity(models[name], kv_bytes=1)
            for name in ("llama-2-7b", "llama-3-8b", "llama-3-405b", "deepseek-v3")
        ],
        1e-12,
    ),
    "not-every-token": (
        "saves_from",
        lambda: [
            *(
                state_break_even(mix(models[name]), kv_bytes=2)
                for name in ("qwen3.5-397b-a17b", "nemotron-3-ultra-550b-a55b")
            ),
            sparse_break_even(mix(models["deepseek-v3.2"])),
        ],
        1e-12,
    ),
}


def by_hand(chapter):
    cells = [c for c in read(chapter).cells if "plain" in c.metadata.get("tags", ())]
    return cells[0].source if cells else None


def test_each_such_cell_is_held_to_the_package():
    assert {c.stem for c in CHAPTERS if by_hand(c)} == set(SAID)


@pytest.fixture(params=SAID)
def chapter(request):
    return next(c for c in CHAPTERS if c.stem == request.param)


def test_it_says_what_the_package_says(chapter):
    name, package, tolerance = SAID[chapter.stem]
    scope = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(by_hand(chapter), scope)
    assert said.getvalue()
    assert list(map(float, _flat(scope[name]))) == pytest.approx(_flat(package()), rel=tolerance)


def test_it_stands_alone_and_is_short(chapter):
    tree = ast.parse(by_hand(chapter))
    imported = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    assert [ast.unparse(n) for n in imported] == ["import numpy as np"]
    assert len([line for line in by_hand(chapter).splitlines() if line]) <= 15


def test_what_it_names_is_of_no_use_to_later_cells(chapter):
    # Else a reader who changes it would change the chapter without knowing.
    notebook = read(chapter)
    where = [c.source for c in notebook.cells].index(by_hand(chapter))
    mine = _names(by_hand(chapter), ast.Store)
    for cell in notebook.cells[where + 1 :]:
        if cell.cell_type == "code":
            stored = _names(cell.source, ast.Store)
            assert not (_names(cell.source, ast.Load) - stored) & mine
            mine -= stored


def _names(source, how):
    nodes = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, how)}


def _flat(value):
    return list(value) if hasattr(value, "__iter__") else [value]
