"""The machine's own measurement: that it computes what it says, whatever its speed."""

import subprocess

import numpy as np
import pytest

from lifebook.data import load
from lifebook.evidence import rows
from lifebook.measure import machine
from lifebook.measure.decoder import BLOCK, Decoder
from lifecost import InputError, decode_step_time_serial, kv_cache_size, models
from lifecost.report import split_by_heads

DECODER = dict(n_layer=2, d_model=12, n_ff_matrix=3, d_ff=20, n_head=6, n_kv_head=2, d_head=5,
             vocab_size=11, tied_embeddings=0)  # fmt: skip
CHOSEN = load("machine")


def plainly(decoder, hidden):
    """Decode one step sequence by sequence and head by head, in double precision."""
    s = decoder.shape
    group = s["n_head"] // s["n_kv_head"]

    def normal(x):
        return x / np.sqrt((x**2).mean())

    logits = []
    for b, x in enumerate(hidden.astype(float)):
        for layer, (keys, values) in zip(decoder.layers, decoder.caches, strict=True):
            w = {name: matrix.astype(float) for name, matrix in layer.items()}
            n, d = normal(x), s["d_head"]
            heads = []
            for h in range(s["n_head"]):
                query = (n @ w["query"])[h * d : (h + 1) * d]
                kv = h // group
                own = slice(kv * d, (kv + 1) * d)
                k = keys[b, kv].reshape(-1, d).astype(float)
                v = values[b, kv].reshape(-1, d).astype(float)
                k[-1], v[-1] = (n @ w["key"])[own], (n @ w["value"])[own]
                weights = np.exp(k @ query / np.sqrt(d))
                heads.append(weights @ v / weights.sum())
            x = x + np.concatenate(heads) @ w["output"]
            n = normal(x)
            gate = n @ w["gate"]
            x = x + (gate / (1 + np.exp(-gate)) * (n @ w["up"])) @ w["down"]
        logits.append(normal(x) @ decoder.unembedding.astype(float))
    return np.array(logits)


@pytest.mark.parametrize("n_kv_head", [1, 2, 6])
def test_a_step_is_that_of_a_plain_transformer(n_kv_head):
    decoder = Decoder({**DECODER, "n_kv_head": n_kv_head}, batch=3, context=2 * BLOCK)
    hidden = np.random.default_rng(1).standard_normal((3, 12)).astype(np.float32)
    expected = plainly(decoder, hidden)
    np.testing.assert_allclose(decoder.step(hidden), expected, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("heads", CHOSEN["variants"].values(), ids=CHOSEN["variants"])
def test_the_cache_has_the_size_of_the_formula(heads):
    setting, shape = CHOSEN["setting"], {**CHOSEN["decoder"], "n_kv_head": heads}
    size = kv_cache_size(shape, setting)
    block = 2 * shape["n_layer"] * heads * shape["d_head"] * BLOCK * setting["batch"] * 4
    assert size == block * setting["context"] // BLOCK
    assert size > 1e8  # more than the near memory of common processors


def test_what_is_measured_on_many_chips_says_how_they_share_the_cache():
    # A run on more chips than key-value heads has a copy of the cache for each further chip, unless
    # its row says that sequences were shared out. Prefill reads no cache.
    for row in rows("measurements"):
        copied = row["chips"] > split_by_heads(models[row["model"]])
        assert copied <= (row["phase"] == "prefill" or "split by sequences" in row["note"])


def test_predictions_are_the_formulas():
    found = machine.Measured(1e11, 2e10, {"MHA": 0.04, "GQA": 0.02, "MQA": 0.016})
    assert found.bindings["hoi"] == 5
    for name, heads in CHOSEN["variants"].items():
        shape = {**CHOSEN["decoder"], "n_kv_head": heads}
        assert found.predicted[name] == decode_step_time_serial(
            shape, CHOSEN["setting"], peak_flops=1e11, memory_bandwidth=2e10
        )
    predicted = found.predicted
    assert found.ratios() == {
        "GQA": (predicted["MHA"] / predicted["GQA"], 2),
        "MQA": (predicted["MHA"] / predicted["MQA"], 2.5),
    }
    text = repr(found)
    assert "100 GFLOP/s, 20.0 GB/s, HOI 5.00" in text
    assert "MHA over MQA:" in text


def test_it_measures(monkeypatch):
    # How fast is the machine's affair, and which step is faster that of its moods. The peaks are of
    # products and reads whose times stand beside them.
    small = {"matrix": 16, "vector": 64, "repeats": 3, "least": 2, "patience": 60}
    monkeypatch.setitem(CHOSEN, "peaks", small)
    monkeypatch.setitem(CHOSEN["setting"], "context", BLOCK)
    times = {"product": [3.0, 2.0, 5.0], "read": [0.5, 0.25, 1.0]}
    done = machine._seconds
    works = iter([lambda *_: [*times.values()], done])
    monkeypatch.setattr(machine, "_seconds", lambda *given: next(works)(*given))
    found = machine._measured()
    assert found["peak_flops"] == 2 * 16**3 / 2
    assert found["memory_bandwidth"] == 64 * 4 / 0.25
    assert set(found["steps"]) == set(CHOSEN["variants"])
    assert min(found["steps"].values()) > 0


def test_works_are_timed_in_turn_until_patience_ends(monkeypatch):
    said, clock = [], iter(range(1000))
    monkeypatch.setattr(machine.time, "perf_counter", lambda: next(clock))
    monkeypatch.setitem(CHOSEN, "peaks", {"repeats": 5, "least": 2, "patience": 100})
    assert machine._seconds(lambda: said.append("a"), lambda: said.append("b")) == [[1] * 5] * 2
    assert "".join(said) == "ab" * 6  # once before the clock runs
    monkeypatch.setitem(CHOSEN, "peaks", {"repeats": 5, "least": 2, "patience": 0})
    assert machine._seconds(lambda: None) == [[1] * 2]


def test_a_process_that_fails_is_one_line(monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nMemoryError: too large\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(InputError, match="could not be measured: MemoryError: too large"):
        machine.measure()
