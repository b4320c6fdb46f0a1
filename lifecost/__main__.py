"""The command line: ``python -m lifecost``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from lifecost.errors import InputError
from lifecost.ledger import ledger


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(message)


def _ledger(arguments: argparse.Namespace) -> int:
    entries = ledger()
    if arguments.json:
        print(json.dumps([entry.as_dict() for entry in entries], indent=2))
    else:
        print(entries.text())
    return 0 if all(entry.holds for entry in entries) else 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 well, 1 a row fails, 2 wrong input."""
    parser = _Parser(prog="lifecost", description="What a language model costs over its life.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    command = commands.add_parser("ledger", help="every number of the post against its formula")
    command.add_argument("--json", action="store_true", help="for programs")
    command.set_defaults(run=_ledger)
    try:
        chosen = parser.parse_args(arguments)
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
