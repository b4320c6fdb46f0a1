"""The command line: ``python -m lifecost``."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import Any, NoReturn

import lifecost
from lifecost.errors import InputError
from lifecost.quantities import plain

DEVICE = "h100-sxm"  # of the post, as in `lifecost.report`
# Options that set a symbol: name, symbol, meaning.
SYMBOLS = (
    ("batch", "batch", "sequences decoded together"),
    ("context", "context", "tokens in the cache of each sequence"),
    ("kv-bytes", "kv_bytes", "bytes of one element of the KV cache"),
    ("weight-bytes", "weight_bytes", "bytes of one weight, in every part; else as the model says"),
    ("hoi", "hoi", "FLOPs a byte; the device's if it or a precision is given, else the post's"),
    ("chips", "n_chip", "chips that share weights and cache"),
    ("bandwidth", "memory_bandwidth", "byte/s of a chip's memory, in place of the device's"),
    ("peak", "peak_flops", "FLOP/s of a chip in the precision, in place of the device's"),
    ("memory", "memory_capacity", "bytes of a chip's memory, in place of the device's"),
)

# The same of a service; the first four are needed.
SERVED = (
    ("chips", "n_chip", "chips that share the model"),
    ("concurrency", "batch", "requests at a time"),
    ("prompt", "prompt_length", "tokens of a prompt; their mean, where prompts differ"),
    ("answer", "answer_length", "tokens of an answer, likewise"),
    ("tensor-parallel", "tensor_parallel", "chips that split each layer"),
    ("data-parallel", "data_parallel", "ranks with sequences and attention weights of their own"),
    ("expert-parallel", "expert_parallel", "ranks that whole experts are split among"),
    ("pipeline-parallel", "pipeline_parallel", "stages with their share of the layers"),
    ("speculated", "draft_length", "tokens that a draft guesses before each step"),
    ("acceptance", "acceptance_rate", "share of the guesses that are right"),
    ("draft-cost", "draft_cost_ratio", "cost of a guess over that of a step; else own heads guess"),
)


# What makes a life of a trace.
LIVED = (
    ("chips", "n_chip", "chips that share the model; the fewest that have room, if not given"),
    ("concurrency", "batch", "requests at a time; the post's, if not given"),
    ("training-tokens", "train_tokens", "tokens of training; the catalog's, if not given"),
    ("tokens-per-day", "tokens_per_day", "tokens of answers in a day, in place of the trace's"),
    ("chip-hour-price", "chip_hour_price", "dollars for a chip and an hour"),
)


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._negative_number_matcher = re.compile(r"-[\d.]|-inf|-nan")  # -1e9 is no option

    def error(self, message: str) -> NoReturn:
        raise InputError(message)

    def _print_message(self, message: str, file: Any = None) -> None:
        (file or sys.stderr).write(message)  # argparse's own is silent where it cannot write


def _print(arguments: argparse.Namespace, content: Any, text: Any) -> None:
    """Print the content for programs, or what ``text()`` makes of it for people."""
    if sys.stdout is None:
        raise InputError("the standard output is closed")
    shown = json.dumps(content, indent=2) if arguments.json else text()
    if not isinstance(shown, str):
        shown = _drawn(shown)
    # A name of some file may have characters that the output cannot show.
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if shown.encode(encoding, "replace").decode(encoding) != shown:
        shown = plain(shown)
    print(shown.encode(encoding, "backslashreplace").decode(encoding))


def _drawn(table: Any) -> str:
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(force_jupyter=False)
    unlimited = console.options.update(width=10**6)
    needed = Measurement.get(console, unlimited, table)
    # A terminal folds what is long, and nothing is cut: neither there nor in a file or a pipe.
    console.width = max(console.width, needed.minimum) if sys.stdout.isatty() else needed.maximum
    with console.capture() as text:
        console.print(table)
    return text.get().rstrip("\n")


def _cost(arguments: argparse.Namespace) -> int:
    from lifecost import report, tables, values

    given = {symbol: getattr(arguments, symbol) for _, symbol, _ in SYMBOLS}
    for option, symbol, _ in SYMBOLS:
        if given[symbol] is not None:
            values.checked(symbol, given[symbol], f"--{option}")
    setting = report.Setting.of(
        arguments.hardware, arguments.precision, arguments.overlap, arguments.attention, **given
    )
    costs = [report.cost(report.find_model(name), setting) for name in arguments.model]
    content = costs if arguments.compare else costs[0]
    _print(arguments, content, lambda: tables.costs(costs))
    return 0


def _serving(arguments: argparse.Namespace) -> int:
    from lifecost import report, tables, values
    from lifecost.serving import Layout, serve

    for option, symbol, _ in SERVED:
        if (value := getattr(arguments, option.replace("-", "_"))) is not None:
            values.checked(symbol, value, f"--{option}")
    given = {n: d for n in Layout._fields if (d := getattr(arguments, n)) is not None}
    draft = {"acceptance": arguments.acceptance, "draft_cost": arguments.draft_cost}
    found = serve(
        report.find_model(arguments.model), report.find_device(arguments.hardware),
        arguments.chips, arguments.concurrency, arguments.prompt, arguments.answer, layout=given,
        weights=arguments.weights, cache=arguments.cache, engine=arguments.engine,
        speculated=arguments.speculated or 0, **draft,
    ).as_dict()  # fmt: skip
    _print(arguments, found, lambda: tables.serving(found))
    return 0


def _life(arguments: argparse.Namespace) -> int:
    from lifecost import report, tables, values
    from lifecost.workload import life, read_trace

    given = {name: getattr(arguments, name.replace("-", "_")) for name, *_ in LIVED}
    for option, symbol, _ in LIVED:
        if given[option] is not None:
            values.checked(symbol, given[option], f"--{option}")
    model, device = report.find_model(arguments.model), report.find_device(arguments.hardware)
    found = life(
        model, device, read_trace(arguments.trace), days=arguments.days,
        weights=arguments.weights, cache=arguments.cache, train_tokens=given["training-tokens"],
        **{n.replace("-", "_"): v for n, v in given.items() if n != "training-tokens"},
    ).as_dict()  # fmt: skip
    _print(arguments, found, lambda: tables.life(found))
    return 0


def _optimum(arguments: argparse.Namespace) -> int:
    from lifecost import tables
    from lifecost.catalog import laws
    from lifecost.optimum import optimum

    found = optimum(laws[arguments.law], arguments.quality_of, arguments.inference_tokens)
    _print(arguments, found.as_dict(), lambda: tables.optimum(found))
    return 0


def _ledger(arguments: argparse.Namespace) -> int:
    # The ledger is the book's: whoever has its package has the command.
    found = entry_points(group="lifecost.commands", name="ledger")
    if not found:
        raise InputError("the ledger belongs to the book: install its package, pip install ./book")
    entries = next(iter(found)).load()()
    _print(arguments, [entry.as_dict() for entry in entries], entries.text)
    return 0 if all(entry.holds for entry in entries) else 1


def _number(text: str) -> float:
    """Return what a text says: a whole number as one, so that what is counted stays exact."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number, such as 8192 or 8e3") from None
    return int(value) if value % 1 == 0 and abs(value) < 2**53 else value


def _parser() -> _Parser:
    parser = _Parser(prog="lifecost", description="What a language model costs over its life.")
    parser.add_argument("--version", action="version", version=f"lifecost {lifecost.__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    setting = _Parser(add_help=False)
    for name, symbol, meaning in SYMBOLS:
        setting.add_argument(f"--{name}", dest=symbol, type=_number, metavar="X", help=meaning)
    setting.add_argument(
        "--hardware", metavar="NAME",
        help="a device of the catalog, or a row of a file: my.toml, or my.toml:name of several",
    )  # fmt: skip
    setting.add_argument("--precision", metavar="NAME", help="fp8, bf16, ...")
    setting.add_argument("--overlap", default="full", metavar="HOW", help="full or serial")
    setting.add_argument(
        "--attention", default="heads", metavar="HOW",
        help="chips share the cache by heads (tensor parallelism) or sequences (data parallelism)",
    )  # fmt: skip
    model = (
        "a name of the catalog, the path of a config.json (- is standard input) or a GGUF file, or "
        "a row of a file: my.toml, or my.toml:name of several; changes after a colon, as in "
        "llama-3-8b:n_kv_head=32"
    )
    cost = commands.add_parser("cost", parents=[setting], help="one decode step of a model")
    cost.add_argument("model", nargs=1, metavar="MODEL", help=model)
    cost.set_defaults(run=_cost, compare=False)
    compare = commands.add_parser("compare", parents=[setting], help="models side by side")
    compare.add_argument("model", nargs="+", metavar="MODEL", help=model)
    compare.set_defaults(run=_cost, compare=True)
    serving = commands.add_parser("serving", help="the layout, times and price of a service")
    serving.add_argument("model", metavar="MODEL", help=model)
    serving.add_argument("--hardware", metavar="NAME", required=True, help="as for cost")
    for i, (name, _, meaning) in enumerate(SERVED):
        serving.add_argument(f"--{name}", type=_number, metavar="X", required=i < 4, help=meaning)
    serving.add_argument("--weights", metavar="NAME", help="fp8, ...; else as it is published")
    serving.add_argument("--cache", metavar="NAME", help="fp8, ...; else bf16")
    serving.add_argument(
        "--engine", default="aggregated", metavar="HOW",
        help="aggregated, or disaggregated where other chips read the prompts",
    )  # fmt: skip
    serving.set_defaults(run=_serving)
    life = commands.add_parser("life", help="what a trace of requests costs, beside training")
    life.add_argument("model", metavar="MODEL", help=model)
    life.add_argument(
        "--trace", metavar="FILE", required=True,
        help="a CSV file with columns input, cached and output, in tokens, or a public trace; "
        "- is standard input",
    )  # fmt: skip
    life.add_argument("--hardware", metavar="NAME", default=DEVICE, help="as for cost")
    for name, _, meaning in LIVED:
        life.add_argument(f"--{name}", type=_number, metavar="X", help=meaning)
    life.add_argument("--days", type=_number, metavar="X", help="days that the trace took")
    life.add_argument("--weights", metavar="NAME", help="as for serving")
    life.add_argument("--cache", metavar="NAME", help="as for serving")
    life.set_defaults(run=_life)
    optimum = commands.add_parser("optimum", help="the cheapest model of a quality over its life")
    optimum.add_argument("--law", default="sardana", metavar="NAME", help="a law of the catalog")
    optimum.add_argument(
        "--quality-of", type=_number, required=True, metavar="N",
        help="parameters of the compute-optimal model that is as good",
    )  # fmt: skip
    optimum.add_argument(
        "--inference-tokens", type=_number, required=True, metavar="D",
        help="tokens served over the lifetime",
    )  # fmt: skip
    optimum.set_defaults(run=_optimum)
    ledger = commands.add_parser("ledger", help="every number of the post against its formula")
    ledger.set_defaults(run=_ledger)
    for command in (cost, compare, serving, life, optimum, ledger):
        command.add_argument("--json", action="store_true", help="for programs")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    0: well. 1: a row of the ledger fails. 2: wrong input, or an output that cannot be written.
    130: interrupted.
    """
    try:
        try:
            chosen = _parser().parse_args(arguments)
            status = int(chosen.run(chosen))
        except SystemExit as done:  # after --help and --version
            status = int(done.code or 0)
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except InputError as error:
        return _complain(str(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader has seen enough, as `| head` has
        _forget_output()
        return 0
    except OSError as error:  # no space left
        _forget_output()
        return _complain(f"cannot write: {error.strerror or error}")


def _complain(line: str) -> int:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(f"lifecost: {line}", file=sys.stderr, flush=True)
    return 2


def _forget_output() -> None:
    """Send what is not yet written nowhere, so that the flush at exit does not fail again."""
    with contextlib.suppress(OSError, ValueError):  # not a file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
