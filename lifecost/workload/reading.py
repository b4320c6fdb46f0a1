"""Reading traces: a CSV file or JSON lines in the forms of ``data/traces.toml``, or columns.

The page's script reads files as this module does.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import json
import math
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from lifecost.config.files import printable
from lifecost.config.messages import show
from lifecost.data import load
from lifecost.errors import InputError
from lifecost.symbols import SYMBOLS
from lifecost.workload.trace import COLUMNS, Builder, Ints, Trace

LONGEST = int(SYMBOLS["prompt_length"].high)  # beyond it something else is counted
LONGEST_ROW = 10**7  # characters
MOST = 2**53 - 1  # of what numbers a block: JavaScript has whole numbers up to here
_BLOCK = 1 << 22  # characters read at a time
_CHUNK = 1 << 18  # requests counted at a time
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
DATE = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?"
_NUMBER, _DATE = re.compile(NUMBER, re.ASCII), re.compile(DATE, re.ASCII)
_SECONDS = re.compile(r"(?<=:)(\d\d)\.(\d+)(?=\D*$)", re.ASCII)


def read_trace(source: Any) -> Trace:
    """Return what a trace of requests adds up to.

    Parameters
    ----------
    source
        The path of a CSV file with a header, or of JSON lines, compressed with gzip or not; ``"-"``
        is the standard input. Or an open file, a DataFrame, or a mapping of columns. The columns
        are ``input``, ``cached`` and ``output``, in tokens, or those of a public trace in
        ``data/traces.toml``; others are left alone. Without ``cached``, nothing is.

    Returns
    -------
    Trace
        Counts of tokens, in memory that grows with how many lengths occur, not how many
        requests; where prompts are listed by blocks, with those too.

    Raises
    ------
    InputError
        If it is no such trace; the message names the row, the header being the first, and the
        column. Rows of a DataFrame or a mapping are counted from 0.

    Examples
    --------
    >>> trace = read_trace({"input": [1000, 3000], "cached": [0, 1500], "output": [200, 400]})
    >>> trace.requests, trace.input.total, trace.hit_share, trace.output.percentile(0.5)
    (2, 4000, 0.375, 200)
    """
    if isinstance(source, Mapping) or hasattr(source, "columns"):
        return _of_columns(source)
    return _of_file(source)


# ---- columns in memory


def _of_columns(source: Any) -> Trace:
    names = [str(name) for name in getattr(source, "columns", source)]
    form = _form_of("the trace", names)
    row = load("traces")[form]
    input_, output = (_numbers(row[name], source[row[name]]) for name in ("input", "output"))
    cached = np.zeros_like(input_)
    if says := row.get("cached") in names:
        cached = _numbers(row["cached"], source[row["cached"]])
    if not len(input_) == len(cached) == len(output):
        lengths = f"{len(input_)}, {len(cached)} and {len(output)}"
        raise InputError(f"the trace: its columns have {lengths} rows")
    if not len(input_):
        raise InputError("the trace holds no request")
    if np.any(over := cached > input_):
        i = int(np.argmax(over))
        raise _too_many(f"the trace, row {i}", int(cached[i]), int(input_[i]))
    builder = Builder(form, says)
    table = np.column_stack([input_, cached, output])
    for start in range(0, len(table), _CHUNK):
        builder.add(table[start : start + _CHUNK])
    return builder.done()


def _numbers(name: str, column: Any) -> Ints:
    """Return a column as whole numbers."""
    array = np.asarray(column)
    if array.ndim != 1 or array.dtype.kind not in "iuf":
        kind = f"{array.dtype} in {array.ndim} dimensions"
        raise InputError(f"the trace, column {show(name)}: {kind} is no column of numbers")
    with np.errstate(invalid="ignore"):
        wrong = ~((array >= 0) & (array <= LONGEST) & (np.floor(array) == array))
    if np.any(wrong):
        i = int(np.argmax(wrong))
        _tokens(str(array[i].item()), f"the trace, row {i}, column {show(name)}")
    return array.astype(np.int64)


# ---- files


def _of_file(source: Any) -> Trace:
    name, stream, own = _opened(source)
    text = None
    try:
        text = _text(stream)
        return _read(name, text)
    except UnicodeDecodeError:
        raise InputError(f"{name} is not text in UTF-8") from None
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise InputError(f"{name} is cut off or damaged: it cannot be decompressed") from None
    except OSError as error:
        raise InputError(f"cannot read {name}: {error.strerror or error}") from None
    except (AttributeError, TypeError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"cannot read {name}: {printable(str(error))}") from None
    finally:
        if text is not None and text is not stream:
            text.detach()  # else it closes what is not ours
        if own:
            stream.close()


def _opened(source: Any) -> tuple[str, Any, bool]:
    """Return a name for messages, an open file, and whether it is ours to close."""
    if isinstance(source, str) and source == "-":
        if sys.stdin is None:
            raise InputError("the standard input is closed")
        return "the standard input", sys.stdin.buffer, False
    if hasattr(source, "read"):
        name = getattr(source, "name", None)
        return printable(name) if isinstance(name, str) else "the trace", source, False
    if not isinstance(source, (str, os.PathLike)):
        what = type(source).__name__
        raise InputError(
            f"a trace is a path, an open file, a DataFrame or a mapping, and no {what}"
        )
    path = os.fsdecode(source)
    try:
        return printable(path), open(path, "rb"), True
    except OSError as error:
        raise InputError(f"cannot read {printable(path)}: {error.strerror}") from None
    except ValueError as error:  # no path at all
        raise InputError(f"cannot read {printable(path)}: {error}") from None


def _text(stream: Any) -> Any:
    """Return a file as text, decompressed where it is compressed with gzip."""
    if isinstance(stream, io.TextIOBase):
        return stream
    if not hasattr(stream, "peek"):
        stream = io.BufferedReader(stream)
    if stream.peek(2)[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=stream)
    return io.TextIOWrapper(stream, "utf-8-sig")


def _read(name: str, file: Any) -> Trace:
    number, line = 1, _line(name, 1, file)
    while line and not line.strip():
        number, line = number + 1, _line(name, number + 1, file)
    if not line:
        raise InputError(f"{name} is empty")
    if line.lstrip()[:1] == "{":
        return _of_json(name, itertools.chain([line], _lines(name, number, file)), number)
    return _of_csv(name, line, number, file)


def _line(name: str, number: int, file: Any) -> str:
    """Return the next line, if it is one of text."""
    line: str = file.readline(LONGEST_ROW + 1)
    if "\0" in line:
        raise InputError(f"{name} is not text: row {number} has a byte that is zero")
    if len(line) > LONGEST_ROW:
        raise InputError(f"{name}, row {number}: over {LONGEST_ROW} characters long")
    return line


def _lines(name: str, number: int, file: Any) -> Iterator[str]:
    while line := _line(name, number := number + 1, file):
        yield line


def _form_of(where: str, columns: Sequence[str], kind: str = "column") -> str:
    """Return which form a trace has by its columns."""
    for form, row in load("traces").items():
        needed = [row["input"], row["output"], *([row["only"]] if "only" in row else [])]
        if all(column in columns for column in needed):
            return form
    for row in load("traces").values():  # one of two: it is the other that is missing
        for one, other in ((row["input"], row["output"]), (row["output"], row["input"])):
            if one in columns:
                raise _missing(where, other, columns, kind)
    raise _missing(where, "input", columns, kind)


def _missing(where: str, column: str, columns: Sequence[str], kind: str) -> InputError:
    near = [c for c in columns if _alike(column, c)]
    listed = ", ".join(show(c) for c in columns[:8]) + (", ..." if len(columns) > 8 else "")
    hint = f"did you mean {show(near[0])}?" if near else f"there are {listed or 'none'}"
    return InputError(f"{where}: no {kind} {show(column)}; {hint}")


def _alike(column: str, other: str) -> bool:
    """Return whether one name holds the other, marks and upper case aside."""
    first, second = (re.sub("[^a-z]", "", name.lower()) for name in (column, other))
    return bool(second) and (first in second or second in first)


class _Table(NamedTuple):
    """Where a CSV file has what."""

    name: str
    width: int
    row: Mapping[str, Any]
    places: Mapping[str, int]


def _of_csv(name: str, header: str, number: int, file: Any) -> Trace:
    try:
        columns = [c.strip() for c in next(csv.reader([header]))]
    except csv.Error as error:
        raise InputError(f"{name}, row {number}: {error}") from None
    for mark in ";\t|":
        if "," not in header and mark in header:
            raise InputError(f"{name}, row {number}: columns are divided by {mark!r}, not by ','")
    form = _form_of(f"{name}, row {number}", columns)
    row = load("traces")[form]
    places = {n: columns.index(row[n]) for n in (*COLUMNS, "time") if row.get(n) in columns}
    for column in places:
        if columns.count(row[column]) > 1:
            raise InputError(f"{name}, row {number}: two columns are called {show(row[column])}")
    table = _Table(name, len(columns), row, places)
    builder = Builder(form, "cached" in places)
    for text, start in _blocks(name, number + 1, file):
        if quick := _quickly(table, text):
            builder.add(*quick)
        else:
            lines = text.splitlines(True) if isinstance(text, str) else text
            _count(builder, _rows(table, lines, start))
    if not builder.requests:
        raise InputError(f"{name} holds no request: there is no row after the header")
    return builder.done()


def _count(builder: Builder, requests: Iterator[tuple[Any, ...]]) -> None:
    """Count requests that come one by one: tokens, and a time or None."""
    while rows := list(itertools.islice(requests, _CHUNK)):
        times = [row[3] for row in rows]
        builder.add(np.array([row[:3] for row in rows], np.int64), None if None in times else times)


def _blocks(name: str, number: int, file: Any) -> Iterator[tuple[Any, int]]:
    """Yield whole rows, some at a time, and the number of the first of them.

    Once a quotation mark has occurred, a row may have several lines: the rest comes as lines.
    """
    while text := file.read(_BLOCK):
        if not text.endswith("\n"):
            text += _line(name, number + text.count("\n"), file)
        if "\0" in text:
            row = number + text[: text.index("\0")].count("\n")
            raise InputError(f"{name} is not text: row {row} has a byte that is zero")
        if '"' in text:
            yield itertools.chain(text.splitlines(True), _lines(name, number, file)), number
            return
        yield text, number
        number += text.count("\n")


def _quickly(table: _Table, text: Any) -> tuple[Ints, Any] | None:
    """Return the requests of a block and their times; None where anything is not as usual."""
    if not isinstance(text, str) or not text.isascii() or "\r" in text:
        return None
    places = dict(table.places)
    at = places.pop("time", None)
    dated = at is not None and _NUMBER.fullmatch(_cell(text, at)) is None
    used = [*places.values(), *([] if at is None or dated else [at])]
    try:
        found = np.loadtxt(
            io.StringIO(text), float, comments=None, delimiter=",", usecols=used, ndmin=2
        )
    except (ValueError, IndexError):
        return None
    if not len(found) or text.count(",") != len(found) * (table.width - 1):
        return None
    tokens = dict(zip(places, found.T, strict=False))
    cached = tokens.get("cached", np.zeros(len(found)))
    rows = np.column_stack([tokens["input"], cached, tokens["output"]])
    fine = (rows >= 0) & (rows <= LONGEST) & (np.floor(rows) == rows)
    if not fine.all() or (cached > tokens["input"]).any():
        return None
    times = None
    if dated and at is not None:
        cells = [line.split(",", at + 1)[at:] for line in text.splitlines() if line.strip()]
        dates = [cell[0].strip() for cell in cells if cell]
        if len(dates) < len(cells) or not all(map(_DATE.fullmatch, dates)):
            return None
        try:
            times = [_seconds(date, 1, "") for date in (min(dates), max(dates))]
        except InputError:
            return None
    elif at is not None:
        times = found[:, -1] * table.row["unit"]
        if not np.isfinite(times).all():
            return None
    return rows.astype(np.int64), times


def _cell(text: str, place: int) -> str:
    """Return a cell of a block's first row."""
    first = text.lstrip("\n").partition("\n")[0].split(",")
    return first[place].strip() if place < len(first) else ""


def _rows(table: _Table, lines: Iterable[str], number: int) -> Iterator[tuple[Any, ...]]:
    """Yield the requests of rows, one by one: what is wrong is named."""
    reader = csv.reader(lines, strict=True)
    at = itertools.count(number)
    while True:
        where = f"{table.name}, row {next(at)}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InputError(f"{where}: {error}") from None
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != table.width:
            raise InputError(f"{where}: {len(cells)} columns, where the header has {table.width}")
        found: dict[str, Any] = {"cached": 0, "time": None}
        for name, place in table.places.items():
            cell, spot = cells[place].strip(), f"{where}, column {show(table.row[name])}"
            timed = name == "time"
            found[name] = _seconds(cell, table.row["unit"], spot) if timed else _tokens(cell, spot)
        yield _request(found["input"], found["cached"], found["output"], found["time"], where)


def _request(input_: int, cached: int, output: int, time: Any, where: str) -> tuple[Any, ...]:
    if cached > input_:
        raise _too_many(where, cached, input_)
    return input_, cached, output, time


def _tokens(cell: str, where: str) -> int:
    if not cell:
        raise InputError(f"{where} is empty")
    if _NUMBER.fullmatch(cell) is None:
        raise InputError(f"{where}: {show(cell)} is not a number")
    return _whole(float(cell), show(cell)[1:-1], where)


def _whole(value: float, said: str, where: str) -> int:
    if 0 <= value <= LONGEST and value % 1 == 0:
        return int(value)
    raise InputError(f"{where}: {said} is out of range: tokens, a whole number from 0 to {LONGEST}")


def _too_many(where: str, cached: int, input_: int) -> InputError:
    return InputError(f"{where}: cached = {cached} is more than input = {input_} tokens")


def _seconds(cell: str, unit: float, where: str) -> float:
    """Return a time in seconds: a number of units, or a date."""
    if _NUMBER.fullmatch(cell):
        value = float(cell) * unit
        if math.isfinite(value):
            return value
    elif _DATE.fullmatch(cell):
        fraction = _SECONDS.search(cell)
        whole = _SECONDS.sub(r"\1", cell) if fraction else cell
        try:
            date = datetime.fromisoformat(whole if whole[-6:-5] in "+-" or whole[-1] == "Z"
                                          else whole + "Z")  # fmt: skip
            return date.timestamp() + (float(f"0.{fraction[2]}") if fraction else 0.0)
        except ValueError:
            pass
    if not cell:
        raise InputError(f"{where} is empty")
    raise InputError(f"{where}: {show(cell)} is neither a date nor a number of seconds")


# ---- JSON lines


def _of_json(name: str, lines: Iterable[str], number: int) -> Trace:
    first = _object(name, number, next(iter(lines)))
    form = _form_of(f"{name}, row {number}", [*first], "key")
    builder = Builder(form, "blocks" in load("traces")[form] or "cached" in first)
    _count(builder, _requests(name, load("traces")[form], first, lines, number))
    return builder.done()


def _object(name: str, number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InputError(f"{name}, row {number}: not an object of JSON on a line")
    return found


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _is_block(value: Any) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and value % 1 == 0 and abs(value) <= MOST


def _requests(
    name: str, row: Mapping[str, Any], first: dict[str, Any], lines: Iterable[str], number: int
) -> Iterator[tuple[Any, ...]]:
    """Yield the requests of lines of JSON."""
    seen: set[Any] = set()
    others = (
        (i, _object(name, i, line)) for i, line in enumerate(lines, number + 1) if line.strip()
    )
    for at, found in itertools.chain([(number, first)], others):
        where = f"{name}, row {at}"

        def key(column: str, where: str = where) -> str:
            return f"{where}, key {show(row[column])}"

        input_, output = (_member(found, row[c], key(c)) for c in ("input", "output"))
        cached, time = 0, None
        if "blocks" in row and row["blocks"] in found:
            blocks = found[row["blocks"]]
            if not isinstance(blocks, list) or not all(map(_is_block, blocks)):
                raise InputError(f"{key('blocks')}: not a list of whole numbers")
            known = next((i for i, one in enumerate(blocks) if one not in seen), len(blocks))
            seen.update(blocks)
            cached = min(known * row["block"], input_)
        elif row.get("cached") in found:
            cached = _member(found, row["cached"], key("cached"))
        if row["time"] in first:
            said = found.get(row["time"])
            is_time = isinstance(said, (int, float, str)) and not isinstance(said, bool)
            time = _seconds(str(said) if is_time else "", row["unit"], key("time"))
        yield _request(input_, cached, output, time, where)


def _member(found: Mapping[str, Any], key: str, where: str) -> int:
    if key not in found:
        raise InputError(f"{where} is missing")
    value = found[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError(f"{where}: {show(value)} is not a number")
    return _whole(value, show(value), where)
