"""Traces of requests: what is read and refused, what it adds up to, and the bill of a life."""

import gzip
import io
import json
import math
import operator
import random
import re
import subprocess
import sys
from functools import reduce

import dask.bag
import numpy as np
import pytest
import sympy
from every import every

from lifebook.data import load
from lifecost import (
    InputError,
    Symbols,
    decode_flops,
    decode_step_cost_full,
    decode_step_time,
    hardware,
    kv_bytes_read,
    kv_cache_size,
    models,
    post,
    prompt_flops,
    training_flops,
)
from lifecost.__main__ import main
from lifecost.data import load as load_of_lifecost
from lifecost.workload import bill, life, read_trace
from lifecost.workload.bill import Grown, knots_of
from lifecost.workload.trace import SAMPLE

OWN = "input,cached,output\n100,40,10\n300,0,20\n200,200,0\n"
# The first lines of the public files that data/traces.toml names, but for BurstGPT, of which the
# stored copy is a pointer: its lines follow the header of its own tests.
AZURE = """TIMESTAMP,ContextTokens,GeneratedTokens
2023-11-16 18:17:03.9799600,4808,10
2023-11-16 18:17:04.0319600,3180,8
2023-11-16 18:17:04.0781490,110,27
"""
BURST = """Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type
5,ChatGPT,472,18,490,Conversation log
45,GPT-4,1087,230,1317,API log
"""
MOONCAKE = """{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 2, 3]}
{"timestamp": 3000, "input_length": 7322, "output_length": 490, "hash_ids": [0, 1, 15, 2]}
"""
BAILIAN = """{"chat_id": 159, "parent_chat_id": 55, "timestamp": 61.5, "input_length": 40, \
"output_length": 132, "type": "text", "turn": 2, "hash_ids": [1089, 1090, 1091]}
{"chat_id": 160, "parent_chat_id": 159, "timestamp": 63, "input_length": 40, \
"output_length": 12, "type": "text", "turn": 3, "hash_ids": [1089, 1090, 1091]}
"""


def trace_of(text):
    content = text if isinstance(text, bytes) else text.encode()
    return read_trace(io.BytesIO(content))


@pytest.mark.parametrize(("text", "form", "sums", "seconds"), [
    (OWN, "plain", (3, 600, 240, 30), None),
    (AZURE, "azure", (3, 8098, 0, 45), 0.098189),
    (BURST, "burstgpt", (2, 1559, 0, 248), 40),
    (MOONCAKE, "mooncake", (2, 14080, 1024, 990), 3),
    (BAILIAN, "bailian", (2, 80, 40, 144), 1.5),
    ("\ufeff\n output , input \r\n7,5.0\r\n\r\n8, 6e0\r\n", "plain", (2, 11, 0, 15), None),
    ('input,"output",note\n5,7,"a, b\nc"\n6,8,\n', "plain", (2, 11, 0, 15), None),
    ('{"input": 5, "output": 7}\n\n{"input": 6, "cached": 2, "output": 8}', "plain",
     (2, 11, 2, 15), None),
    ("timestamp,input,output\n2024-05-10T00:00:00Z,1,2\n2024-05-10 02:00:00.5+01:00,1,2\n",
     "plain", (2, 2, 0, 4), 3600.5),
])  # fmt: skip
def test_forms_of_traces(text, form, sums, seconds):
    for content in (text.encode(), gzip.compress(text.encode())):
        found = trace_of(content)
        totals = (found.input.total, found.cached.total, found.output.total)
        assert (found.form, (found.requests, *totals)) == (form, sums)
        assert found.seconds == (seconds if seconds is None else pytest.approx(seconds, abs=1e-6))


# What is wrong with a trace, in one line: the file is called as the test names it.
HEAD = "input,cached,output\n"
WRONG = {
    "": "t is empty",
    "\n \n": "t is empty",
    HEAD: "t holds no request: there is no row after the header",
    "input,cached\n1,1\n": 't, row 1: no column "output"; there are "input", "cached"',
    "inputs,output\n1,1\n": 't, row 1: no column "input"; did you mean "inputs"?',
    "1,2,3\n4,5,6\n": 't, row 1: no column "input"; there are "1", "2", "3"',
    "input;cached;output\n1;1;1\n": "t, row 1: columns are divided by ';', not by ','",
    "input\tcached\toutput\n1\t1\t1\n": "t, row 1: columns are divided by '\\t', not by ','",
    "input,output,input\n1,1,1\n": 't, row 1: two columns are called "input"',
    HEAD + "5,1,2\n5,1\n": "t, row 3: 2 columns, where the header has 3",
    HEAD + "5,1,2\n-5,1,2\n":
        't, row 3, column "input": -5 is out of range: tokens, a whole number from 0 to 1000000000',
    HEAD + "5,1,2.5\n":
        't, row 2, column "output": 2.5 is out of range: tokens, a whole number from 0 to '
        "1000000000",
    HEAD + "5,1,1e10\n":
        't, row 2, column "output": 1e10 is out of range: tokens, a whole number from 0 to '
        "1000000000",
    HEAD + "5,1,2\n\n5,6,2\n": "t, row 4: cached = 6 is more than input = 5 tokens",
    HEAD + "5,1,NaN\n": 't, row 2, column "output": "NaN" is not a number',
    HEAD + "5,1,inf\n": 't, row 2, column "output": "inf" is not a number',
    HEAD + "5,1,1_000\n": 't, row 2, column "output": "1_000" is not a number',
    HEAD + "5,1,0x10\n": 't, row 2, column "output": "0x10" is not a number',
    HEAD + "5,1,١\n": 't, row 2, column "output": "?" is not a number',
    HEAD + "5,,2\n": 't, row 2, column "cached" is empty',
    AZURE.replace("18:17:04.0319600", "yesterday"):
        't, row 3, column "TIMESTAMP": "2023-11-16 yesterday" is neither a date nor a number of '
        "seconds",
    BURST.replace("45,", ","): 't, row 3, column "Timestamp" is empty',
    HEAD.encode() + b"5,1,\xff\n": "t is not text in UTF-8",
    HEAD.encode() + b"5,1,2\n\0\0\0": "t is not text: row 3 has a byte that is zero",
    b"PK\x03\x04\0\0\0": "t is not text: row 1 has a byte that is zero",
    "\0" * 100: "t is not text: row 1 has a byte that is zero",
    gzip.compress(OWN.encode() * 99)[:-30]: "t is cut off or damaged: it cannot be decompressed",
    b"\x1f\x8b\x08\x00" + b"x" * 40: "t is cut off or damaged: it cannot be decompressed",
    HEAD + '5,1,"2\n': "t, row 2: unexpected end of data",
    "[1]\n": 't, row 1: no column "input"; there are "[1]"',
    '{"a": 1}\n': 't, row 1: no key "input"; there are "a"',
    '{"input": 1, "output": 1}\n{"input": 1\n': "t, row 2: not an object of JSON on a line",
    '{"input": 1, "output": 1}\n{"input": 1}\n': 't, row 2, key "output" is missing',
    '{"input": 1, "output": "1"}\n': 't, row 1, key "output": "1" is not a number',
    '{"input": 1, "output": true}\n': 't, row 1, key "output": true is not a number',
    '{"input": 1, "cached": 2, "output": 1}\n':
        "t, row 1: cached = 2 is more than input = 1 tokens",
    MOONCAKE.replace("[0, 1, 15, 2]", "[0, []]"):
        't, row 2, key "hash_ids": not a list of whole numbers',
    MOONCAKE.replace("3000", "null"): 't, row 2, key "timestamp" is empty',
}  # fmt: skip


def refusal(content, call=trace_of):
    with pytest.raises(InputError) as caught:
        call(content)
    line = str(caught.value)
    assert "\n" not in line
    return line


@every("text, line", WRONG.items())
def test_what_is_wrong_is_one_line_with_its_row(text, line, tmp_path, capsys):
    path = tmp_path / "t"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert refusal(text).replace("the trace", "t", 1) == line
    assert main(["life", "llama-3-8b", "--trace", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"lifecost: {line.replace('t', str(path), 1)}\n")


@pytest.mark.parametrize(("options", "said"), [
    (["--trace", "no-such-file"], "cannot read no-such-file: No such file or directory"),
    (["--trace", "."], "cannot read .: Is a directory"),
    ([], "the following arguments are required: --trace"),
    (["--trace", "T", "--days", "0"], "days = 0 is out of range: a number above 0"),
    (["--trace", "T", "--days", "1e300"], "days = 1e+300 is out of range: days of service"),
    (["--trace", "T", "--days", "1", "--tokens-per-day", "5"],
     "days and tokens_per_day say the same: give one of them"),
    (["--trace", "T", "--training-tokens", "-1"], "--training-tokens = -1 is out of range"),
    (["--trace", "T", "--hardware", "h10"], "unknown device 'h10'"),
    (["--trace", "T", "--chips", "1", "--model", "x"], "unrecognized arguments: --model x"),
    (["--trace", "ZERO"], "the trace costs nothing: none of its requests reads or writes a token"),
])  # fmt: skip
def test_options_that_are_wrong(options, said, tmp_path, capsys):
    for name, text in (("T", OWN), ("ZERO", HEAD + "0,0,0\n")):
        path = tmp_path / name
        path.write_text(text)
        options = [str(path) if one == name else one for one in options]
    assert main(["life", "llama-3-8b", *options]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"lifecost: {said}")


# Where a column in memory is wrong.
@pytest.mark.parametrize(("columns", "line"), [
    ({"input": [1], "out": [1]}, 'the trace: no column "output"'),
    ({"input": [1, -1], "output": [1, 1]}, 'the trace, row 1, column "input": -1 is out of range'),
    ({"input": [1, math.nan], "output": [1, 1]}, 'the trace, row 1, column "input": "nan" is'),
    ({"input": [1, 1], "output": [1]}, "the trace: its columns have 2, 2 and 1 rows"),
    ({"input": ["1"], "output": [1]}, 'the trace, column "input": <U1 in 1 dimensions is no'),
    ({"input": [], "output": []}, "the trace holds no request"),
    ({"input": [1, 1], "cached": [0, 2], "output": [1, 1]}, "the trace, row 1: cached = 2 is more"),
])  # fmt: skip
def test_columns_that_are_wrong(columns, line):
    assert refusal(columns, read_trace).startswith(line)


def test_any_change_of_a_trace_is_read_or_refused_in_one_line():
    rng = random.Random(1)
    bases = [OWN, AZURE, BURST, MOONCAKE, BAILIAN]
    bases = [text.encode() for text in bases] + [gzip.compress(OWN.encode())]
    bits = [b"", b"\0", b'"', b",", b"\n", b"-", b"9" * 30, b"nan", b"\xff", b"{", b"\r", b"e5",
            b"1e400", b"[", b"\xef\xbb\xbf", b" ", b"\x1f\x8b"]  # fmt: skip
    read, refused = 0, []
    for _ in range(3000):
        text = rng.choice(bases)
        for _ in range(rng.choice([1, 1, 2, 5])):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice([0, 1, 1, 3, 20]))
            text = text[:start] + rng.choice(bits) + text[end:]
        try:
            found = read_trace(io.BytesIO(text))
        except InputError as problem:
            refused.append(str(problem))
            continue
        read += 1
        assert found.requests > 0
        assert 0 <= found.hit_share <= 1
        assert found.seconds is None or math.isfinite(found.seconds)
    assert not [line for line in refused if "\n" in line or len(line) > 400]
    assert min(read, len(refused)) > 200


def several(count, seed=3):
    rng = np.random.default_rng(seed)
    input_ = rng.integers(1, 30_000, count)
    cached = (input_ * rng.random(count)).astype(int)
    return {"input": input_, "cached": cached, "output": rng.integers(0, 3000, count)}


def written(columns, quoted=False):
    mark = '"' if quoted else ""
    rows = zip(*(columns[name].tolist() for name in ("input", "cached", "output")), strict=True)
    return HEAD + "".join(f"{mark}{a}{mark},{b},{c}\n" for a, b, c in rows)


def test_files_frames_and_quoted_cells_are_the_same():
    columns = several(5000)
    text = written(columns)
    wanted = read_trace(columns)
    for found in (trace_of(text), trace_of(written(columns, quoted=True))):
        for name in ("input", "cached", "output", "reach"):
            for mine, other in zip(getattr(found, name), getattr(wanted, name), strict=True):
                assert np.array_equal(mine, other)
        assert np.array_equal(found.sample, wanted.sample)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 1])
def test_percentiles_are_those_of_numpy(share):
    columns = several(999)
    for name, values in columns.items():
        wanted = np.percentile(values, 100 * share, method="inverted_cdf")
        assert getattr(read_trace(columns), name).percentile(share) == wanted


def test_parts_read_apart_add_up_with_dask():
    parts = [several(4000, seed) for seed in range(3)]
    whole = read_trace({n: np.concatenate([p[n] for p in parts]) for n in parts[0]})
    bag = dask.bag.from_sequence(parts, npartitions=3).map(read_trace)
    for found in (reduce(operator.add, map(read_trace, parts)),
                  bag.fold(operator.add).compute(scheduler="threads")):  # fmt: skip
        assert found.requests == whole.requests
        assert np.array_equal(found.reach.counts, whole.reach.counts)
        # Sums of the same counts, whatever the parts.
        assert bill(found, models["llama-3-8b"], post) == bill(whole, models["llama-3-8b"], post)


def test_requests_that_are_drawn_say_the_percentiles_of_all():
    columns = several(5 * SAMPLE)
    found = read_trace(columns)
    assert SAMPLE / 4 < len(found.sample) <= SAMPLE
    assert found.halvings > 0
    assert trace_of(written(columns)).sample.tolist() == found.sample.tolist()  # in other chunks
    costs = bill(found, models["llama-3-8b"], post)
    assert costs.drawn == len(found.sample)
    assert costs.rank_error == pytest.approx(0.5 / costs.drawn**0.5)
    one = read_trace({name: values[:SAMPLE] for name, values in columns.items()})
    alone = bill(one, models["llama-3-8b"], post)
    assert (alone.drawn, alone.rank_error) == (SAMPLE, 0)
    for name, value in costs.request.items():
        assert value == pytest.approx(alone.request[name], rel=0.02)


# ---- the bill


def test_an_answer_is_the_integral_of_its_tokens():
    """Of a plain decoder by sympy: a token costs what it costs at its context."""
    s = Symbols()
    start, length = sympy.symbols("start length", positive=True)
    for formula in (decode_flops, kv_bytes_read):
        token = formula(s).subs(s.batch, 1)
        whole = sympy.integrate(token, (s.context, start, start + length))
        closed = token.subs(s.context, start + length / 2) * length
        assert sympy.simplify(whole - closed) == 0


@every("name", models)
def test_integrals_are_exact_for_every_model(name):
    model = models[name]
    for formula in (decode_flops, kv_bytes_read):

        def cost(context, formula=formula, model=model):
            return formula(model, {"batch": 1, "kv_bytes": 1, "context": context})

        grown = Grown(cost, knots_of(model))
        # Simpson's rule is exact for what is linear between two knots; where one lies between, the
        # parts of the grid around it are split.
        edges = np.unique([1.0, 7.0, 300.0, 5e4, 2e6, *knots_of(model)])
        middle = (edges[1:] + edges[:-1]) / 2
        parts = (cost(edges[1:]) + 4 * cost(middle) + cost(edges[:-1])) * np.diff(edges) / 6
        assert np.diff(grown(edges)) == pytest.approx(
            np.broadcast_to(parts, middle.shape), rel=1e-9
        )
        # No knot is missing: between two of them a middle is the mean of its ends.
        mean = (cost(edges[1:]) + cost(edges[:-1])) / 2
        assert cost(middle) == pytest.approx(np.broadcast_to(mean, middle.shape), rel=1e-12)


@pytest.mark.parametrize("name", ["llama-3-8b", "deepseek-v3", "mixtral-8x7b"])
def test_equal_requests_cost_what_the_chapters_formulas_say(name):
    model = models[name]
    trace = read_trace({"input": [8000] * 7, "output": [384] * 7})
    costs = bill(trace, model, post)
    at = {**post.bindings, "context": 8192}
    assert costs.prefill.flops == pytest.approx(
        7 * prompt_flops(model, batch=1, context=8000), rel=1e-12
    )
    tokens = 7 * 384
    step = decode_step_cost_full(model, at) / at["batch"]
    assert costs.decode.flop_equivalents == pytest.approx(tokens * step, rel=1e-12)
    assert costs.cached.bytes == 0
    assert costs.request["p50"] == pytest.approx(costs.request["mean"], rel=1e-12)
    device = hardware["h100-sxm"].at("fp8")
    timed = bill(trace, model, post, device, hoi=600)
    least = decode_step_time(model, device, at, hoi=600) / at["batch"]
    assert timed.decode.chip_seconds == pytest.approx(tokens * least, rel=1e-12)


def test_what_is_cached_is_read_and_the_rest_computed():
    model = models["llama-3-70b"]
    kept = read_trace({"input": [9000, 500], "cached": [7000, 0], "output": [0, 0]})
    costs = bill(kept, model, post)
    anew = [prompt_flops(model, batch=1, context=n) for n in (9000, 7000, 500)]
    assert costs.prefill.flops == pytest.approx(anew[0] - anew[1] + anew[2], rel=1e-12)
    assert costs.cached.bytes == kv_cache_size(model, batch=1, kv_bytes=1, context=7000)
    assert costs.decode.flop_equivalents == 0


@pytest.mark.parametrize("name", ["llama-3-8b", "qwen3-next-80b-a3b", "gpt-oss-120b"])
def test_requests_add_up_and_bounds_are_below_estimates(name):
    trace = read_trace(several(800))
    found = life(name, "h100-sxm", trace, days=2)
    costs = found.bill
    assert costs.request["mean"] * trace.requests == pytest.approx(costs.flop_equivalents)
    each = [life(name, "h100-sxm", {n: v[i : i + 1] for n, v in several(800).items()},
                 chips=found.service.layout.n_chip).bill for i in range(3)]  # fmt: skip
    assert all(one.flop_equivalents > 0 for one in each)
    bounds = [getattr(costs, phase).chip_seconds for phase in ("prefill", "cached", "decode")]
    for phase, bound in zip(("prefill", "cached", "decode"), bounds, strict=True):
        assert 0 < bound <= found.estimate[phase]
    assert found.price["bound"] < found.price["estimate"]


def test_a_day_of_deepseek():
    """Its day in production, as one request repeated: what it took lies above the bound.

    The estimate is for 64 chips, more than eight: it carries the error of its regime, and says that
    nothing of the kind was tested.
    """
    day = load("workloads")["deepseek-day"]
    read, hit, written = (day[f"{n}_tokens_per_day"] for n in ("input", "cached_input", "output"))
    # Of a prompt and half of its answer the mean context is what they say.
    prompt = day["mean_context"] / (1 + written / read / 2)
    lengths = [round(prompt * part / read) for part in (read, hit, written)]
    columns = dict(zip(("input", "cached", "output"), ([n] for n in lengths), strict=True))
    found = life("deepseek-v3", "h800", columns, chips=64, concurrency=2048)
    chips = 226.75 * 8  # nodes on average (deepseek2025inference)
    assert found.bill.chip_seconds * read / lengths[0] / 86400 < chips
    assert found.bill.chip_seconds < found.estimate["total"]
    assert found.error == load_of_lifecost("regimes")[found.service.regime]["error"] > 0
    assert not found.tested


def test_training_and_days():
    columns = several(50)
    found = life("llama-3-8b", "h100-sxm", columns, days=0.5, train_tokens=1e12)
    flops = training_flops(models["llama-3-8b"], train_tokens=1e12)
    assert found.training["flops"] == flops
    assert found.days_until_equal == pytest.approx(0.5 * flops / found.bill.flop_equivalents)
    by_rate = life("llama-3-8b", "h100-sxm", columns, tokens_per_day=2 * columns["output"].sum(),
                   train_tokens=1e12)  # fmt: skip
    assert by_rate.days_until_equal == found.days_until_equal
    unknown = life("llama-3-8b", "h100-sxm", columns)
    assert unknown.days is unknown.days_until_equal is None
    asked = life("llama-3-8b", "h100-sxm", columns, chip_hour_price=36)
    assert asked.price["bound"] == pytest.approx(asked.bill.chip_seconds / 100)


KEYS = {
    "model", "hardware", "trace", "prefill", "cached", "decode", "total", "error", "tested",
    "price", "request", "training", "days", "days_until_equal", "setting", "taken_from", "notes",
}  # fmt: skip


def test_the_command_for_people_and_for_programs(capsys, tmp_path):
    path = tmp_path / "azure.csv.gz"
    path.write_bytes(gzip.compress(AZURE.encode()))
    assert main(["life", "llama-3-8b", "--trace", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found.keys() == KEYS
    assert found == json.loads(json.dumps(life("llama-3-8b", "h100-sxm", path).as_dict()))
    assert found["trace"]["output"] == {"total": 45, "mean": 15, "p50": 10, "p90": 27, "p99": 27}
    assert main(["life", "llama-3-8b", "--trace", str(path)]) == 0
    shown = capsys.readouterr().out
    for words in ("prompts, what no cache held", "chip-seconds: bound", "typical error",
                  "nothing is counted as cached", "p99"):  # fmt: skip
        assert words in " ".join(shown.split())


# A process of its own, whose peak is nobody else's; its rows come through a pipe.
ROWS, LIMIT = 10**6, 250e6  # bytes; as lists of Python the trace would take twice that
PEAK = """
import pathlib, re, resource, sys
from lifecost.workload import read_trace
trace = read_trace("-")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak *= 1 if sys.platform == "darwin" else 1024
if (status := pathlib.Path("/proc/self/status")).exists():
    peak = 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", status.read_text())[1])
print(trace.requests, trace.input.total, peak)
"""


def test_a_long_trace_takes_bounded_memory():
    lines = "".join(f"{i % 20_011},{i % 7},{i % 1009}\n" for i in range(20_011 * 7))
    text = "output,cached,input\n" + re.sub(",(\\d),", ",0,", lines) * (ROWS // (20_011 * 7))
    done = subprocess.run(
        [sys.executable, "-c", PEAK], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    requests, _, peak = map(int, done.stdout.split())
    assert requests > 0.9 * ROWS
    assert peak < LIMIT
