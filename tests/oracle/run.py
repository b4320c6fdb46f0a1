"""Measure configurations with the library, or measure the record again: `make oracle`."""

import argparse
import gzip
import itertools
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from random import Random
from typing import Any

from . import changes, real, sources
from .measure import TYPES, count

RECORD = Path(__file__).parents[1] / "unit" / "oracle.jsonl.gz"
KNOWN_AS = {"kimi_k2": "deepseek_v3"}  # types of remote code that build on one of the library's
PATIENCE = 30.0  # seconds of the processor for one configuration


class TooSlowError(BaseException):
    """One configuration took too long. No Exception: the library catches these on its way."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make oracle ARGS=...", description=__doc__)
    parser.add_argument("types", nargs="*", help="model types (default: all)")
    parser.add_argument("--changes", type=int, default=200, help="random changes of each type")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--seconds", type=float, default=300.0, help="for the changes of a type")
    parser.add_argument("--published", type=Path, help="a folder of published config.json files")
    parser.add_argument("--out", type=Path, default=Path("_build/oracle.jsonl"))
    parser.add_argument("--keep", type=int, help="write the record with that many changes of each")
    parser.add_argument("--again", action="store_true", help="compare the record with the library")
    parser.add_argument(
        "--real", action="store_true", help="compare small models with real weights"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGPROF, _too_slow)
    if given.again:
        sys.exit(again(given.types))
    if given.real:
        sys.exit(real_weights(given.types))
    given.out.parent.mkdir(exist_ok=True)
    files = dict(sources.published(given.published)) if given.published else {}
    with given.out.open("w") as out:
        for model_type in given.types or TYPES:
            rows = []
            for of, config in given_configs(model_type, files):
                rows += measured(model_type, of, config)
            rows += changed(model_type, [row["config"] for row in rows], given)
            out.writelines(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
            out.flush()
            print(f"{model_type}: {len(rows)} configurations", flush=True)
    if given.keep is not None:
        keep(given.out, given.keep)


def given_configs(
    model_type: str, files: dict[str, dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a type's default and its published files."""
    try:
        yield "default", sources.default(model_type)
    except Exception as problem:
        print(f"{model_type}: no default: {problem}", file=sys.stderr)
    for name, config in files.items():
        if KNOWN_AS.get(config["model_type"], config["model_type"]) == model_type:
            yield f"published:{name}", config


def measured(model_type: str, of: str, config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the row of a configuration, without what changes nothing, if the library takes it."""
    whole = {**config, "model_type": model_type}
    for kept in (sources.pruned(whole), whole):
        row = attempt(model_type, kept)
        if isinstance(row, dict) and "no forward" not in row["notes"]:
            break
    # A published file that cannot be passed through is one that the library does not really read.
    if isinstance(row, dict) and (of == "default" or "no forward" not in row["notes"]):
        named = config.get("architectures") or [row["class"]]
        own = {"model_type": config["model_type"], "architectures": named}
        yield {"type": config["model_type"], "of": of, "config": {**kept, **own}, **row}
    else:
        print(f"{model_type}, {of}: {row}", file=sys.stderr)


def changed(
    model_type: str, bases: list[dict[str, Any]], given: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    """Yield rows of random changes that the library accepts."""
    random = Random(f"{model_type}:{given.seed}")
    stub = lightest(model_type, bases[0]) if bases else {}
    bases = [{**base, **stub} for base in bases[:8]]
    seen, refused, found = set(), Counter(), 0
    start = time.process_time()
    for _ in range(8 * given.changes if bases else 0):
        if found == given.changes or time.process_time() - start > given.seconds:
            break
        config = changes.change(random, random.choice(bases), model_type)
        if (text := json.dumps(config, sort_keys=True)) in seen:
            continue
        seen.add(text)
        row = attempt(model_type, config)
        if not isinstance(row, dict) or "no forward" in row["notes"]:
            refused[row if isinstance(row, str) else row["notes"]] += 1
            continue
        found += 1
        yield {"type": model_type, "of": "change", "config": config, **row}
    if found < given.changes:
        print(f"{model_type}: {found} changes; {refused.most_common(3)}", file=sys.stderr)


def attempt(model_type: str, config: dict[str, Any]) -> dict[str, Any] | str:
    """Return what the library counts, or why it refuses."""
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return count(model_type, config).row()
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return f"{type(problem).__name__}: {str(problem)[:200]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _too_slow(*_: Any) -> None:
    raise TooSlowError


def lightest(model_type: str, base: dict[str, Any]) -> dict[str, Any]:
    """Return what makes the vision part small: it is not counted, only waited for."""

    def others(config: dict[str, Any]) -> float:
        row = attempt(model_type, config)
        return sum(row["left_out"].values()) if isinstance(row, dict) else float("inf")

    before = others(base)
    for name in ("depth", "num_hidden_layers", "layers", "num_layers") if before else ():
        stub = {"vision_config": {name: 1}}
        if others({**base, **stub}) < before:
            return stub
    return {}


def keep(source: Path, number: int) -> None:
    """Write the record: defaults, published files, and some changes of each type."""
    rows = sorted(map(json.loads, source.open()), key=itemgetter("type"))
    kept = []
    for _, group in itertools.groupby(rows, itemgetter("type")):
        of_type = list(group)
        kept += [row for row in of_type if row["of"] != "change"]
        others = [row for row in of_type if row["of"] == "change"]
        step = max(1, len(others) // number) if number else 1
        kept += others[::step][:number]
    write(kept)


def write(rows: Iterable[dict[str, Any]]) -> None:
    """Write rows so that equal rows give equal bytes."""
    text = "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    RECORD.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def recorded(types: list[str]) -> list[dict[str, Any]]:
    """Return the rows of the record."""
    with gzip.open(RECORD, "rt") as lines:
        rows = map(json.loads, lines)
        return [row for row in rows if not types or row["type"] in types]


def again(types: list[str]) -> int:
    """Measure the record's configurations again; say which differ, and return 1 if any does."""
    differ = 0
    for row in recorded(types):
        now = attempt(KNOWN_AS.get(row["type"], row["type"]), row["config"])
        now = json.loads(json.dumps(now))
        if not isinstance(now, dict) or any(row[key] != value for key, value in now.items()):
            differ += 1
            print(f"{row['type']}, {row['of']}: {now}")
    return int(differ > 0)


def real_weights(types: list[str]) -> int:
    """Compare a small model of each type with one that has weights; return 1 if any differs."""
    rows, wrong = real.sample(recorded(types)), 0
    for row in rows:
        try:
            found = real.differences(KNOWN_AS.get(row["type"], row["type"]), row)
        except Exception as problem:
            found = {}
            print(f"{row['type']}: not compared: {type(problem).__name__}: {str(problem)[:80]}")
        if found:
            wrong += 1
            print(f"{row['type']}: with weights, on meta: {found}: {row['config']}")
    print(f"{len(rows)} small models, {wrong} with a difference")
    return int(wrong > 0)


if __name__ == "__main__":
    main()
