"""Reports as tables for people, in a terminal: an `InputError` where rich is not installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lifecost.errors import InputError
from lifecost.optimum import Optimum
from lifecost.quantities import number, percent, quantity

# Where a value stands in a report, what it is called, its unit.
ROWS = (
    (("parameters",), "parameters", "1"),
    (("active_parameters",), "of them active for a token", "1"),
    (("weights_bytes",), "weights", "byte"),
    (("kv_cache_bytes",), "KV cache of the batch", "byte"),
    (("forward_flops",), "arithmetic of a step, 2N a token", "FLOP"),
    (("kv_load_flop_equivalent",), "reading the cache, FLOP-equivalents", "FLOP"),
    (("kv_to_compute_ratio",), "cache to arithmetic", "1"),
    (("step_time", "compute"), "decode step: arithmetic, all of it", "s"),
    (("step_time", "weights"), "decode step: reading weights", "s"),
    (("step_time", "kv"), "decode step: reading the cache", "s"),
    (("step_time", "bound"), "decode step: at least", "s"),
    (("throughput",), "decoded in a second: at most", "token/s"),
    (("prefill_time",), "prefill of the batch: at least", "s"),
    (("memory", "cache_copies"), "copies of the cache among the chips", "1"),
    (("memory", "needed"), "memory of weights and cache", "byte"),
    (("memory", "chips_needed"), "chips that hold them", "chip"),
    (("memory", "largest_batch"), "largest batch that fits", "sequence"),
)
# What follows the bound of a step where it is not the same: of models with experts.
EXPECTED = (("step_time", "expected"), "decode step: if experts are chosen evenly", "s")


def costs(reports: Sequence[dict[str, Any]]) -> Any:
    """Return a table with a column for each report of `lifecost.report.cost`."""
    lines = [setting(reports[0]["setting"]), *sources(reports)]
    table = _table([report["model"] for report in reports], "\n".join(lines))
    rows = list(ROWS)
    if any(report["step_time"]["expected"] > report["step_time"]["bound"] for report in reports):
        rows.insert(1 + [path for path, *_ in rows].index(("step_time", "bound")), EXPECTED)
    for path, name, unit in rows:
        table.add_row(name, *(shown(found(report, path), unit) for report in reports))
    return table


def optimum(found: Optimum) -> Any:
    """Return a table of the cheapest model beside the compute-optimal one."""
    table = _table(
        ["compute-optimal", "cheapest"], f"{percent(float(found.saving))} of the FLOPs saved"
    )
    lives = (found.chinchilla, found)
    for name, unit in (("parameters", "1"), ("training_tokens", "1"), ("flops", "FLOP")):
        words = name.replace("_", " ")
        table.add_row(words, *(quantity(getattr(life, name), unit) for life in lives))
    return table


SERVED = (
    ("time_per_token", "time between two tokens", "s"),
    ("time_to_first_token", "time to the first token", "s"),
    ("throughput", "tokens of answers in a second", "token/s"),
)


def serving(report: dict[str, Any]) -> Any:
    """Return a table of what `lifecost.serving.serve` reports: what is certain, and expected."""
    served = f"weights {report['weights']}, cache {report['cache']}; {report['engine']}"
    table = _table(["bound", "estimate", "typical error"], _caption(report, report, served))
    for name, words, unit in SERVED:
        found = report[name] or {}
        cells = (found.get(kind) for kind in ("bound", "estimate"))
        tested = found.get("tested", True)
        error = percent(found["error"]) if found.get("error") else ""
        if name != "throughput" and found and not tested:
            error = f"{error} (untested)".strip()
        table.add_row(words, *(_known(value, unit) for value in cells), error)
    table.add_row(
        "energy of a token, at full power", "", _known(report["energy_per_token"], "J"), ""
    )
    for name, price in (report["price"] or {}).items():
        words = f"a million tokens of {name.replace('_', ' ')}"
        table.add_row(words, "", f"{number(price)} dollars", "")
    if report["prompt_chips"] is not None:
        table.add_row("more chips, which read the prompts", "", number(report["prompt_chips"]), "")
    fits = "all fit" if report["fits"] else "not all fit"
    room = quantity(report["largest_batch"], "sequence")
    table.add_row(f"{number(report['concurrency'])} sequences: {fits}; room for", room, "", "")
    return table


PHASES = (
    ("prefill", "prompts, what no cache held"),
    ("cached", "prompts, what a cache held: read once"),
    ("decode", "answers, at the context that grows"),
    ("total", "in all"),
)


def life(report: dict[str, Any]) -> Any:
    """Return a table of what `lifecost.workload.life` reports."""
    trace, given, request = report["trace"], report["setting"], report["request"]
    served = f"{number(given['batch'])} sequences at a time; weights {given['weights']}, "
    heads = ["FLOP", "byte", "FLOP-equivalents", "chip-seconds: bound", "estimate"]
    table = _table(heads, _caption(report, given, served + f"cache {given['cache']}"))
    for name, words in PHASES:
        phase = report[name]
        seconds = (phase["chip_seconds"][kind] for kind in ("bound", "estimate"))
        table.add_row(
            words, number(phase["flops"]), quantity(phase["bytes"], "byte"),
            number(phase["flop_equivalents"]), *(_known(one) for one in seconds),
        )  # fmt: skip
    if report["error"] is not None:
        tested = "" if report["tested"] else " (untested)"
        table.add_row("typical error of answers' estimate", "", "", "", "",
                      percent(report["error"]) + tested)  # fmt: skip
    if price := report["price"]:
        cells = (f"{_known(price[kind])} dollars" for kind in ("bound", "estimate"))
        table.add_row("price", "", "", "", *cells)
    if training := report["training"]:
        table.add_row(f"training on {quantity(training['tokens'], 'token')}",
                      number(training["flops"]), "", number(training["flops"]), "", "")  # fmt: skip
        table.add_row("such traces that cost as much", "", "",
                      number(training["traces_until_equal"]), "", "")  # fmt: skip
    if report["days_until_equal"] is not None:
        table.add_row("days until that", "", "", number(report["days_until_equal"]), "", "")
    table.add_section()
    table.add_row("", *("mean", "p50", "p90", "p99", ""))
    for name in ("input", "cached", "output"):
        row = trace[name]
        cells = (number(row[key]) for key in ("mean", "p50", "p90", "p99"))
        table.add_row(f"{name}, in tokens", *cells, "")
    cells = (number(request[key]) for key in ("mean", "p50", "p90", "p99"))
    drawn = ""
    if request["rank_error"]:
        drawn = f"of {request['drawn']:,} drawn; ranks ± {percent(request['rank_error'])}"
    table.add_row("FLOP-equivalents of a request", *cells, drawn)
    table.add_row(
        f"{trace['requests']:,} requests; of the input was cached", percent(trace["hit_share"]),
        "", "", "", "",
    )  # fmt: skip
    return table


def _known(value: float | None, unit: str = "1") -> str:
    return "not known" if value is None else quantity(value, unit)


def _caption(report: dict[str, Any], given: dict[str, Any], served: str) -> str:
    """Return what is served and how, where that was taken from, and the notes: a line each."""
    degrees = {name.partition("_")[0]: degree for name, degree in given["layout"].items()}
    shared = ", ".join(f"{n} {degree}" for n, degree in degrees.items() if degree > 1)
    chips = f"{report['model']} on {given['chips']} x {report['hardware']}"
    taken = (f"{kind}: {text}" for kind, text in report["taken_from"].items())
    notes = (f"note: {note}" for note in report["notes"])
    return "\n".join([f"{chips}: {shared or 'one chip'}; {served}", *taken, *notes])


def _table(heads: Sequence[str], caption: str) -> Any:
    try:
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        raise InputError(
            "tables need the library rich: pip install 'lifecost[cli]', or ask for --json"
        ) from None
    table = Table(caption=Text(caption), caption_justify="left")
    table.add_column("")
    for head in heads:  # text, so that a file's name is no markup
        table.add_column(Text(head), justify="right", overflow="fold")
    return table


def found(report: dict[str, Any], path: Sequence[str]) -> Any:
    """Return the value at a path of keys."""
    value: Any = report
    for key in path:
        value = value[key]
    return value


def shown(value: float | None, unit: str) -> str:
    """Return a value for people: whole counts to the unit, all else to three digits."""
    if value is None:
        return "no number is enough"
    return f"{value:,}" if isinstance(value, int) and unit == "1" else quantity(value, unit)


def setting(given: dict[str, Any]) -> str:
    """Return a setting on one line."""
    words = [f"{name} {number(given[name])}" for name in ("batch", "context", "hoi")]
    how = {"full": "arithmetic overlaps all traffic", "serial": "the cache overlaps nothing"}
    device = f"{number(given['n_chip'])} x {given['hardware']} in {given['precision']}"
    parallel = {"heads": "tensor parallelism", "sequences": "data parallelism"}[given["attention"]]
    split = f"; the cache is split by {given['attention']} ({parallel})"
    cache = split if given["n_chip"] > 1 else ""
    return f"{device}; {', '.join(words)}; {how[given['overlap']]}{cache}"


def sources(reports: Sequence[dict[str, Any]]) -> list[str]:
    """Return a line for what reports count with and where each took it from, and their notes."""
    lines: dict[str, list[str]] = {}
    for kind in (*reports[0]["taken_from"], "notes"):
        for report in reports:
            for text in _said(kind, report):
                lines.setdefault(text, []).append(report["model"])
    several = len(reports) > 1
    return [
        f"{text} ({', '.join(names)})" if several and len(names) < len(reports) else text
        for text, names in lines.items()
    ]


def _said(kind: str, report: dict[str, Any]) -> list[str]:
    if kind == "notes":
        return [f"note: {note}" for note in report["notes"]]
    taken, given = report["taken_from"][kind], report["setting"]
    if kind == "weights":
        return [f"weights: {_each(given['weight_bytes'], 'a weight')}, {taken}"]
    if kind == "cache":
        return [f"cache: {_each(given['kv_bytes'], 'an element')}, {taken}"]
    return [f"{kind}: {taken}"]


def _each(size: float, what: str) -> str:
    """Return bytes of each; those that are no whole number are an average."""
    unit = "byte" if size == 1 else "bytes"
    return f"{number(size)} {unit} {what}" + ("" if size % 1 == 0 else " on average")
