"""The import of a config.json against what the transformers library builds, as `make oracle` found.

Each record has a configuration and what the library holds for it: parameters, those that serve a
token, elements of the cache at three contexts, elements of a fixed state. A configuration is read
exactly or refused; none is accepted and wrong. `tests/oracle/README.md` says how the
library was asked.
"""

import functools
import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest
from every import every

from lifecost import InputError, load_model
from lifecost.data import load_all

RECORD = Path(__file__).with_name("oracle.jsonl.gz")
TYPES_EXACT = 150  # of those that the record has, so many are read


# Where the library holds something else than is meant or served, and a source decides.
OTHERWISE = {
    # Keys and values repeated for all heads; engines hold the groups.
    "falcon": "cache",
    # Matrices of experts that do nothing, which the library makes and never uses.
    "longcat_flash": "parameters active",
    # Shared experts count there as if so many were taken as of the others.
    "inkling_text": "active",
    "inkling_mm_model": "active",
    # All experts count as active there: their parameters are one tensor without their number.
    "dbrx": "active",
}


@functools.cache
def records():
    found = defaultdict(list)
    with gzip.open(RECORD, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if row["parameters"] is not None:
                found[row["type"]].append(row)
    return found


def differences(row, model):
    """Return what differs; buffers that correct the router stand in checkpoints, as we count."""
    beside = row["buffers"] or {}
    more = {0, sum(beside.values()), sum(n for name, n in beside.items() if "bias" in name)}
    found = {}
    if model.n_params - row["parameters"] not in more:
        found["parameters"] = model.n_params, row["parameters"]
    if row["active"] is not None and model.n_active_params - row["active"] not in more:
        found["active"] = model.n_active_params, row["active"]
    # Of compressed entries the library counts whole ones, and we the context over the stride; of
    # layers that have but a window it holds keys and values apart, which are one.
    slack = 0.5
    for count, _, family, sizes in model.stack.data()["parts"]:
        if sizes.get("stride", 1) > 1:
            slack += count * sizes.get("d_index", sizes.get("d_head", 0))
        elif family == "compressed":
            slack += count * sizes["d_head"] * sizes["window"]
    for context, elements in (row["kv"] or {}).items():
        held = model.stack.value("cache_held", {"context": int(context)})
        if elements is not None and abs(held - elements) > slack:
            found[f"cache at {context}"] = held, elements
    if row["state"] is not None:
        state = model.stack.value("state_held", {})
        if state != sum(row["state"].values()):
            found["state"] = state, row["state"]
    return found


@functools.cache
def outcomes(kind):
    """Return how many configurations of a type are exact, how many refused, and what is wrong."""
    exact, refused, wrong = 0, 0, []
    for row in records()[kind]:
        try:
            model = load_model(row["config"])
        except InputError:
            refused += 1
            continue
        other = OTHERWISE.get(kind, "").split()
        found = {n: d for n, d in differences(row, model).items() if n.split()[0] not in other}
        if found:
            wrong.append((row["of"], found))
        exact += not found
    return exact, refused, wrong


@every("kind", sorted(records()))
def test_nothing_is_accepted_and_wrong(kind):
    _, _, wrong = outcomes(kind)
    assert not wrong, wrong[:3]


# Of some types the library's own defaults contradict themselves, and no more is on record.
TRIED = [kind for kind, rows in records().items() if len(rows) > 3]


@every("kind", sorted(load_all("config_rules").keys() & {*TRIED}))
def test_a_type_that_is_known_is_read(kind):
    exact, refused, _ = outcomes(kind)
    assert exact, f"{refused} refused"


def test_most_types_that_decode_text_are_read():
    assert sum(1 for kind in records() if outcomes(kind)[0]) >= TYPES_EXACT


@pytest.mark.parametrize("kind", ["qwen3_5_moe", "deepseek_v32", "nemotron_h", "gemma4", "llama"])
def test_the_record_has_what_people_serve(kind):
    assert len(records()[kind]) > 3
