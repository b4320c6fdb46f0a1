"""The command line: ``python -m lifecost``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from lifecost.errors import InputError

# Options that set a symbol: name, what it is called, its meaning.
SYMBOLS = (
    ("batch", "sequences decoded together"),
    ("context", "tokens in the cache of each sequence"),
    ("kv-bytes", "bytes of one element of the KV cache"),
    ("weight-bytes", "bytes of one weight"),
    ("hoi", "FLOPs a byte; unless given, the device's, or the post's where no device is given"),
    ("chips", "chips that share weights and cache"),
)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _print(arguments: argparse.Namespace, content: Any, text: Any) -> None:
    """Print the content for programs, or what ``text()`` makes of it for people."""
    if arguments.json:
        print(json.dumps(content, indent=2))
        return
    shown = text()
    if isinstance(shown, str):
        print(shown)
    else:
        from rich.console import Console

        # A narrow terminal folds; where there is none, a file or a pipe, nothing is cut.
        Console(width=None if sys.stdout.isatty() else 120).print(shown)


def _cost(arguments: argparse.Namespace) -> int:
    from lifecost import report, tables

    setting = report.Setting.of(
        arguments.hardware, arguments.precision, arguments.overlap, batch=arguments.batch,
        context=arguments.context, kv_bytes=arguments.kv_bytes,
        weight_bytes=arguments.weight_bytes, hoi=arguments.hoi, n_chip=arguments.chips,
    )  # fmt: skip
    costs = [report.cost(report.find_model(name), setting) for name in arguments.model]
    content = costs if arguments.compare else costs[0]
    _print(arguments, content, lambda: tables.costs(costs))
    return 0


def _optimum(arguments: argparse.Namespace) -> int:
    from lifecost import tables
    from lifecost.catalog import laws
    from lifecost.optimum import optimum

    found = optimum(laws[arguments.law], arguments.quality_of, arguments.inference_tokens)
    _print(arguments, found.as_dict(), lambda: tables.optimum(found))
    return 0


def _ledger(arguments: argparse.Namespace) -> int:
    from lifecost.ledger import ledger

    entries = ledger()
    _print(arguments, [entry.as_dict() for entry in entries], entries.text)
    return 0 if all(entry.holds for entry in entries) else 1


def _number(text: str) -> float:
    """Return what a text says: a whole number as one, so that what is counted stays exact."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    return int(value) if value % 1 == 0 else value


def _parser() -> _Parser:
    parser = _Parser(prog="lifecost", description="What a language model costs over its life.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    setting = _Parser(add_help=False)
    for name, meaning in SYMBOLS:
        setting.add_argument(f"--{name}", type=_number, metavar="X", help=meaning)
    setting.add_argument("--hardware", metavar="NAME", help="a device of the catalog")
    setting.add_argument("--precision", metavar="NAME", help="fp8, bf16, ...")
    setting.add_argument("--overlap", default="full", metavar="HOW", help="full or serial")
    model = "a name of the catalog or the path of a config.json; changes after a colon, as in "
    model += "llama-3-8b:n_kv_head=32"
    cost = commands.add_parser("cost", parents=[setting], help="one decode step of a model")
    cost.add_argument("model", nargs=1, metavar="MODEL", help=model)
    cost.set_defaults(run=_cost, compare=False)
    compare = commands.add_parser("compare", parents=[setting], help="models side by side")
    compare.add_argument("model", nargs="+", metavar="MODEL", help=model)
    compare.set_defaults(run=_cost, compare=True)
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
    for command in (cost, compare, optimum, ledger):
        command.add_argument("--json", action="store_true", help="for programs")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 well, 1 a row fails, 2 wrong input."""
    try:
        chosen = _parser().parse_args(arguments)
        status = int(chosen.run(chosen))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader has seen enough, as `| head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        return 0
    except InputError as error:
        print(f"lifecost: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
