"""Every row of the ledger against plain arithmetic, and the command that prints it."""

import copy
import json
import math
import re
import subprocess
import sys
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
from every import every
from scipy.optimize import brentq

import lifebook.ledger as module
from lifebook.claims import CLAIMS
from lifebook.data import load
from lifebook.ledger import VERDICTS, Entry, evaluate, ledger
from lifecost.__main__ import main

# The setting of the post, and the models as it rounds them.
BATCH, CONTEXT, HOI = 128, 8192, 600
N8, N70, N405 = 8_000_000_000, 70_000_000_000, 405_000_000_000
EXACT8 = 32 * (2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096)
EXACT8 += 2 * 128256 * 4096 + 4096
LOOKED_UP8 = 128256 * 4096 + 32 * 2 * 4096 + 4096  # the input embedding and the norms
MULTIPLIED8 = EXACT8 - LOOKED_UP8
ATTENTION8 = 4 * 32 * 32 * 128 * CONTEXT  # FLOPs of the token at the end of the context

KV8, KV70, KV405 = (2 * layers * 8 * 128 * CONTEXT * BATCH for layers in (32, 80, 126))
LOAD8, LOAD70, LOAD405 = (HOI * size for size in (KV8, KV70, KV405))
WORK8, WORK70, WORK405 = (2 * n * BATCH for n in (N8, N70, N405))

SHARE8 = (ATTENTION8 / 2) / (2 * MULTIPLIED8 + ATTENTION8 / 2)
FULL8 = BATCH * (2 * MULTIPLIED8 + ATTENTION8)  # FLOPs of a step
READ8 = HOI * (MULTIPLIED8 + KV8)  # what the step reads, in FLOP-equivalents

# id: (value, verdict). A row whose value or verdict changes fails its test.
ROWS = {
    "training-6nd": ((2 * MULTIPLIED8 + ATTENTION8 / 2) / (2 * EXACT8), "holds"),
    "training-compute-bound": (HOI / (2 * 8192), "holds"),
    "training-attention-share": (SHARE8, "holds"),
    "training-utilization": (0.7147, "conditional"),  # MaxText on one v5p-128, its README
    "chinchilla-tokens": (1.5e12 / 67e9, "conditional"),  # Hoffmann et al. 2022, table 3
    "smaller-trained-longer": (2 * 10**12, "holds"),
    "prefill-2n": ((2 * MULTIPLIED8 + ATTENTION8 / 2) / (2 * EXACT8), "holds"),
    "prefill-compute-bound": (HOI / (2 * 8192), "holds"),
    "decode-2n": ((2 * MULTIPLIED8 + ATTENTION8) / (2 * EXACT8), "conditional"),
    "weights-amortized": (HOI / (2 * BATCH), "conditional"),
    "kv-dominant": (KV8 / (KV8 + N8), "conditional"),
    "kv-8b-mha": (4 * KV8, "rounding"),
    "kv-8b-mha-over-weights": (4 * KV8 / N8, "holds"),
    "kv-70b-mha": (8 * KV70, "holds"),
    "kv-405b-mha": (16 * KV405, "holds"),
    "mha-waiting": (WORK8 / (4 * LOAD8), "holds"),
    "kv-8b-gqa": (KV8, "holds"),
    "kv-70b-gqa": (KV70, "holds"),
    "kv-405b-gqa": (KV405, "holds"),
    "gqa-quality": (37.7 - 42.9, "conditional"),  # DeepSeek-V2, table 8: C-Eval
    "gqa-speed": (4, "holds"),
    "hoi-h100": (1979 / 3.35, "holds"),
    "hoi-stable": ((1513 / 2) / (3341 / 2 / 4.8), "conditional"),  # H100 PCIe, H200 NVL
    "forward-8b": (WORK8, "holds"),
    "kv-load-8b": (LOAD8, "holds"),
    "ratio-8b": (LOAD8 / WORK8, "holds"),
    "memory-bound-8b": (CONTEXT * WORK8 / LOAD8, "holds"),
    "ratio-405b": (LOAD405 / WORK405, "rounding"),
    "ratio-405b-weights": (
        (HOI / (2 * BATCH) + LOAD405 / WORK405) / (HOI / (2 * BATCH) + LOAD8 / WORK8), "holds",
    ),
    "memory-bound-405b": (CONTEXT * WORK405 / LOAD405, "conditional"),
    "inference-utilization": (WORK8 / LOAD8, "conditional"),
    "lifetime-cost": (6 * EXACT8 * 15 * 10**12 / (LOAD8 / BATCH), "conditional"),
    # The share of a life's cost that is saved: 31 of 32 heads' cache of MHA, each token of 1e12.
    "kv-compression": (
        4 * LOAD8 / BATCH * 31 / 32 / (4 * LOAD8 / BATCH + 6 * N8 * 15), "conditional",
    ),
    "shape": (None, "conditional"),  # half the depth: its own test below
    "shape-capacity": (None, "conditional"),
    "speculative-decoding": ((1 + 0.8 + 0.64 + 0.512 + 0.4096) / 1.2, "conditional"),
    "pretraining-speculation": (1.85 / 1.0419, "conditional"),
    "query-key": ((LOAD8 - WORK8) / (BATCH * 4 * 32 * 32 * 128 * CONTEXT), "conditional"),
    "training-factor": (None, "conditional"),  # found by search: tests/test_design_space.py
    "inference-factor": (None, "conditional"),
}  # fmt: skip
# What the same claim is tried on besides: row, case, value by plain arithmetic or from the source.
CASES = [
    ("training-compute-bound", "batch", HOI / (2 * 16_000_000)),
    ("training-utilization", "low", 0.5155),  # MaxText on two v5p-2048
    ("training-utilization", "best", 0.552),  # MegaScale, abstract
    # Llama 3 8B: Meta's 1.3 million hours of an H100 at 989e12 FLOP/s in bf16.
    ("training-utilization", "worst", 6 * EXACT8 * 15e12 / (1.3e6 * 3600 * 989e12)),
    ("chinchilla-tokens", "second", 1.7e12 / 67e9),  # Hoffmann et al. 2022, table A3
    ("decode-2n", "long", (2 * MULTIPLIED8 + 4 * ATTENTION8) / (2 * EXACT8)),
    ("weights-amortized", "larger", HOI / (2 * 512)),
    ("kv-dominant", "middle", KV70 / (KV70 + N70)),
    ("kv-dominant", "large", KV405 / (KV405 + N405)),
    ("mha-waiting", "middle", WORK70 / (8 * LOAD70)),
    ("mha-waiting", "large", WORK405 / (16 * LOAD405)),
    ("gqa-quality", "best", 1.6),  # Llama 2, table 18: NQ
    ("gqa-speed", "full", (READ8 + HOI * (3 * KV8 + 32 * 2 * 4096 * 3072)) / READ8),
    ("hoi-stable", "nvidia", (756 / 2) / (125 / 0.9)),  # H100 PCIe, V100
    ("hoi-stable", "recent", (918 / 1.64) / (671 / 4.9)),  # TPU v6e, Trainium3
    ("hoi-stable", "all", (918 / 1.64) / (45 / 0.6)),  # TPU v6e, TPU v2
    ("hoi-stable", "byte", (15000 / 8) / (45 / 0.6)),  # GB300 in FP4, TPU v2
    ("ratio-405b-weights", "post", (LOAD405 / WORK405) / (LOAD8 / WORK8)),
    ("memory-bound-405b", "slower", CONTEXT * WORK405 / LOAD405 * HOI / (918 / 2.765)),
    ("inference-utilization", "middle", WORK70 / LOAD70),
    ("inference-utilization", "large", WORK405 / LOAD405),
    ("inference-utilization", "small_full", FULL8 / READ8),
    ("inference-utilization", "deepseek", 0.069),
    ("inference-utilization", "low", 0.14),  # Pope et al. 2022, table 2
    ("inference-utilization", "high", 0.33),
    ("speculative-decoding", "poor", (1 + 0.5 + 0.25 + 0.125 + 0.0625) / 2),
    ("pretraining-speculation", "busy", 1.85 / (2 + 0.0419)),
]
ENTRIES = {entry.id: entry for entry in ledger()}


def test_no_row_is_missing_and_no_id_is_used_twice():
    assert [entry.id for entry in ledger()] == list(dict.fromkeys(entry.id for entry in ledger()))
    assert set(ENTRIES) == set(ROWS)


def test_every_claim_is_named_by_a_row():
    terms = [term for row in load("ledger")["row"] for term in (row, *row.get("also", {}).values())]
    named = {term["evidence"] for term in terms if "evidence" in term}
    # The spread over element sizes is the flop-equivalents chapter's own.
    assert set(CLAIMS) == named | {"intensity_spread_per_element"}


@every("name", ROWS)
def test_row(name):
    value, verdict = ROWS[name]
    entry = ENTRIES[name]
    assert entry.row["verdict"] == verdict
    assert verdict in VERDICTS
    assert entry.holds
    if value is not None:
        assert entry.value == pytest.approx(value, rel=1e-12)
    assert entry.why.strip()
    assert "{" not in entry.why  # every further value was filled in
    assert entry.row["claim"]
    assert entry.row["quote"]
    assert entry.shown


@pytest.mark.parametrize(("name", "case", "value"), CASES)
def test_case(name, case, value):
    assert ENTRIES[name].cases[case] == pytest.approx(value, rel=1e-12)


def verdict_of(row, value, cases, rounded):
    """Return the verdict by its definition, written once more and from the row's data alone."""

    def stands(number):
        if "printed" in row:
            step = 10 ** (math.floor(math.log10(number)) + 1 - row["digits"])
            return math.isclose(round(number / step) * step, row["printed"])
        return row.get("above", -math.inf) < number < row.get("below", math.inf)

    outcomes = {stands(number) for number in (value, *cases)}
    if outcomes == {True, False}:
        return "conditional"
    if outcomes == {True}:
        return "holds"
    return "rounding" if rounded is not None and stands(rounded) else "fails"


@every("name", ROWS)
def test_the_verdict_follows_from_its_definition(name):
    row = ENTRIES[name].row
    known = {n: evaluate(term)[0] for n, term in row.get("also", {}).items()}
    cases = [known[n] for n in row.get("cases", ())]
    found = verdict_of(row, ENTRIES[name].value, cases, known.get(row.get("rounded")))
    assert found == row["verdict"] == ENTRIES[name].verdict
    assert ("printed" in row) != bool({"above", "below"} & row.keys())


@every("name", ROWS)
def test_the_reader_sees_each_case(name):
    row = ENTRIES[name].row
    shown = [*row.get("cases", ()), *filter(None, [row.get("rounded")])]
    assert [case for case in shown if f"{{{case}}}" not in row["why"]] == []


def test_half_as_deep():
    # The cost of a token is what its step reads: half the layers hold half the cache, and the
    # matrices outside the embeddings keep their size. Only the unembedding grows with the width.
    outside = EXACT8 - 2 * 128256 * 4096
    size, vocabulary = 2 * 4096**2 + 2 * 4096 * 1024 + 3 * 4096 * 14336, 128256
    ratio, deep = 3 * 4096 * 14336 / (size - 3 * 4096 * 14336), 32
    width = brentq(
        lambda d: (deep / 2) * ((1 + ratio) * 2 * d * (d + 1024) + 2 * d) + d - outside, 1e3, 1e5
    )
    cost = (outside + vocabulary * width + KV8 / 2) / (outside + vocabulary * 4096 + KV8)
    assert ENTRIES["shape"].value == pytest.approx(cost, rel=1e-4)  # norms are looked up
    assert ENTRIES["shape-capacity"].value == pytest.approx(25.01 / BATCH, rel=1e-3)  # the chapter


def test_verdicts_by_number():
    assert ledger().counts() == {v: Counter(v for _, v in ROWS.values())[v] for v in VERDICTS}
    assert str(ledger()).startswith(f"{len(ROWS)} rows: ")


TENS = "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"
ONES = re.findall(
    r"\w+",
    """no one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen""",
)


def in_words(count):
    if count < len(ONES):
        return ONES[count]
    return "-".join(filter(None, [TENS[count // 10], count % 10 and ONES[count % 10]]))


def test_the_list_of_changes_counts_the_ledger_as_it_is():
    # Prose that no kernel fills in: its numbers are typed, and this is what holds them.
    changes = (Path(__file__).parents[2] / "CHANGELOG.md").read_text("utf-8")
    (said,) = re.findall(r"^- (The ledger has .*?\.)$", changes, re.M | re.S)
    counts = ledger().counts()
    assert counts["fails"] == 0
    assert " ".join(said.split()) == (
        f"The ledger has {in_words(len(ledger()))} rows: "
        f"{in_words(counts['holds'] + counts['rounding'])} numbers and statements of the post "
        f"hold, {in_words(counts['rounding'])} of these but for rounding, and "
        f"{in_words(counts['conditional'])} hold on conditions, which each row tries."
    )


def test_section():
    sections = {entry.row["section"] for entry in ledger()}
    assert sum(len(ledger(section)) for section in sections) == len(ROWS)
    assert {entry.row["section"] for entry in ledger("Decode")} == {"Decode"}


def test_groups_are_what_the_chapter_calls_them():
    groups = ledger().groups()
    assert sorted(entry.id for rows in groups.values() for entry in rows) == sorted(ROWS)
    verdicts = {name: {entry.verdict for entry in rows} for name, rows in groups.items()}
    assert verdicts == {
        "central": {"holds", "rounding"}, "conditional": {"conditional"},
        "agenda": {"conditional"}, "others": {"holds"},
    }  # fmt: skip


# What the post prints, and the verdict that follows from the value alone.
STANDS = [
    (dict(printed=69e9, digits=2), 68_719_476_736, True),
    (dict(printed=280e9, digits=2), 274_877_906_944, False),
    (dict(printed=1.5, digits=2), 1.5658, False),
    (dict(printed=1.6, digits=2), 1.5658, True),
    (dict(below=1), 0.99, True),
    (dict(below=1), 1, False),
    (dict(above=8192), 5232, False),
    (dict(above=0, below=2), 1, True),
]


def term(value):
    """Return a term that gives ``value``: two FLOPs for each of half as many parameters."""
    return dict(formula="token_flops_estimate", values=dict(n_params=value / 2))


def entry_of(value, verdict="holds", **row):
    return Entry(
        {
            "id": "x",
            "section": "Decode",
            "verdict": verdict,
            "why": "",
            **term(value),
            "exact": value,
            **row,
        }
    )


@pytest.mark.parametrize(("printed", "value", "stands"), STANDS)
def test_what_is_printed(printed, value, stands):
    scaled = {k: v * 1e3 if k != "digits" else v for k, v in printed.items()}
    entry = entry_of(value * 1e3, **scaled)
    assert entry.keeps(entry.value) is stands


# Whether the value, and each case, keeps to the bound, and the rounded input: what follows.
FOLLOWS = [
    ([True], None, "holds"),
    ([True, True], None, "holds"),
    ([True, False], None, "conditional"),
    ([False, True, False], None, "conditional"),
    ([True, False], True, "conditional"),
    ([False], True, "rounding"),
    ([False, False], True, "rounding"),
    ([False], False, "fails"),
    ([False], None, "fails"),
    ([False, False], None, "fails"),
]


@every("said", VERDICTS)
@every("kept, rounded, verdict", FOLLOWS)
def test_a_verdict_must_follow(kept, rounded, verdict, said):
    first, *others = (100 if keeps else 300 for keeps in kept)
    also = {f"c{i}": term(value) for i, value in enumerate(others)}
    row = {"below": 200, "cases": list(also), "also": also}
    if rounded is not None:
        row["rounded"] = "r"
        also["r"] = term(100 if rounded else 300)
    entry = entry_of(first, said, **row)
    assert entry.verdict == verdict
    assert entry.holds is (said == verdict)


def test_a_value_must_be_exact():
    assert entry_of(100, below=200, exact=100 * (1 + 1e-10)).holds
    assert not entry_of(100, below=200, exact=100 * (1 + 1e-8)).holds


# The command


@pytest.fixture
def tampered(monkeypatch):
    """Return a function that changes a row of the post's data for the length of a test."""

    def change(name, **fields):
        data = copy.deepcopy(load("ledger"))
        (row,) = (row for row in data["row"] if row["id"] == name)
        row.update(fields)
        monkeypatch.setattr(module, "load", lambda _: data)

    # The package exports the module under its own name, so that it can be patched.
    return change


def test_command(capsys):
    assert main(["ledger"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for entry in ledger():
        assert entry.id in out
        assert entry.row["claim"] in out
        assert entry.shown in out
    assert "NO LONGER HOLDS" not in out
    assert out.rstrip().endswith(str(ledger()))


def test_command_for_programs(capsys):
    assert main(["ledger", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == [entry.id for entry in ledger()]
    for row, entry in zip(rows, ledger(), strict=True):
        assert row["value"] == entry.value  # in full precision
        assert row["verdict"] == entry.row["verdict"]
        assert row["holds"] is True
        assert row == entry.as_dict()


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("kv-8b-gqa", dict(exact=68719476736 * (1 + 1e-8))),
        ("kv-8b-gqa", dict(verdict="fails")),
        ("kv-8b-mha", dict(verdict="holds")),
        ("weights-amortized", dict(below=3)),
        ("weights-amortized", dict(cases=[])),
        ("gqa-speed", dict(above=3.9)),
        ("training-utilization", dict(verdict="fails")),
        ("ratio-405b", dict(printed=1.6)),
        ("forward-8b", dict(values=dict(batch=129))),
        ("hoi-h100", dict(device="h200-sxm")),
    ],
)
def test_exit_status_where_a_row_no_longer_holds(tampered, capsys, name, fields):
    wrong = {entry.id for entry in ledger() if not entry.holds} | {name}
    tampered(name, **fields)
    assert main(["ledger"]) == 1
    out, err = capsys.readouterr()
    assert out.count("NO LONGER HOLDS") == len(wrong)
    assert err == ""
    assert main(["ledger", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["id"] for row in rows if not row["holds"]} == wrong


WRONG_ARGUMENTS = [
    [],
    ["nope"],
    ["ledger", "--nope"],
    ["ledger", "extra"],
    ["--json"],
    ["ledger", "--json=yes"],
]


@pytest.mark.parametrize("arguments", WRONG_ARGUMENTS, ids=" ".join)
def test_wrong_arguments(capsys, arguments):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lifecost: ")
    assert err.count("\n") == 1


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "lifecost", *arguments], capture_output=True, text=True, check=False,
        encoding="utf-8", **options,
    )  # fmt: skip


def test_as_a_program():
    done = run("ledger", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) == len(ROWS)
    wrong = run("ledgers")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("lifecost: ")
    assert wrong.stderr.count("\n") == 1


def test_reader_that_closes_the_pipe():
    # As `lifecost ledger | head -1` does: no traceback.
    with subprocess.Popen(
        [sys.executable, "-m", "lifecost", "ledger"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, encoding="utf-8",
    ) as program:  # fmt: skip
        program.stdout.close()
        assert program.stderr.read() == ""


# The table


class Table(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.stack = [], []

    def handle_starttag(self, tag, attrs):
        self.stack.append(tag)
        if tag == "tr":
            self.rows.append((dict(attrs).get("id"), []))
        if tag in ("td", "th"):
            self.rows[-1][1].append("")

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if {"td", "th"} & set(self.stack):
            self.rows[-1][1][-1] += data


def test_html_is_the_same_table():
    table = Table()
    table.feed(ledger()._repr_html_())
    assert table.stack == []
    (_, heads), *rows = table.rows
    assert heads == ["Claim, and why", "The post", "Here", "Verdict"]
    assert [name for name, _ in rows] == list(ENTRIES)
    for name, cells in rows:
        entry = ENTRIES[name]
        claim, quote, shown, verdict = (cell.replace("\xa0", " ") for cell in cells)
        assert quote == entry.row["quote"]
        assert verdict.split(", ") == [entry.verdict, *filter(None, [entry.tried])]
        assert shown == (entry.shown or "–")
        assert claim == f"{entry.row['claim']}. {entry.why}".replace("\n", "")


def test_text_from_the_data_is_escaped():
    entry = entry_of(100, below=200, quote="<b>", claim="a & b", why="<script>")
    text = module.Ledger([entry])._repr_html_()
    assert "<script>" not in text
    assert "&lt;b&gt;" in text
    assert "a &amp; b" in text
