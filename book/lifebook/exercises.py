"""Exercises that check an answer: against the formula, and against the usual mistakes.

An exercise is a formula and a setting; a mistake is a change to them, such as one byte for one bit
or query heads for key-value heads. What the formula gives with the change is the answer of whoever
makes that mistake, so a wrong answer is recognized by its value and met with a hint, not with the
solution. Both are data: ``data/exercises.toml``.
"""

from __future__ import annotations

import html
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

from lifebook.data import load
from lifebook.ledger import bindings
from lifecost.errors import InputError, unknown_name
from lifecost.formula import FORMULAS
from lifecost.quantities import number
from lifecost.stack import PLAIN, STACK
from lifecost.values import show

# What a mistake may name instead of the exercise's own.
_NAMED = ("model", "law", "device", "precision")


@dataclass(frozen=True)
class Reply:
    """What is said of an answer; ``right`` is None where none was given."""

    right: bool | None
    text: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        lead, rest = html.escape(self.text).split(". ", 1)
        rest = re.sub("`([^`]*)`", r"<code>\1</code>", rest)
        return f"<div><strong>{lead}.</strong> {rest}</div>"


@dataclass(frozen=True)
class Exercise:
    """A quantity to be computed: a formula at a setting, asked for in a unit and to some digits."""

    name: str
    row: Mapping[str, Any]

    @property
    def unit(self) -> str:
        """The unit in which the answer is asked for; empty where it has none."""
        return str(self.row.get("unit", ""))

    @property
    def digits(self) -> int:
        """Significant digits that the answer must have."""
        return int(self.row.get("digits", 3))

    @property
    def worth(self) -> str:
        """Points and time of a problem of the problem set."""
        return f"{self.row['points']} points, {self.row['minutes']} minutes"

    @property
    def mistakes(self) -> dict[str, dict[str, Any]]:
        """The mistakes that it recognizes, those in its unit among them."""
        unit = _units()[self.unit]
        names = [*self.row.get("mistakes", ()), *unit.get("mistakes", ())]
        return {name: load("exercises")["mistake"][name] for name in names}

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest answer that its inputs give, each exact or as the pages print it."""
        printed = self.row.get("printed", {})
        choices = [{"bind": {name: printed[name] for name in some}} for some in _subsets(printed)]
        found = [self.value(change) for change in choices]
        return min(found), max(found)

    def setting(self, change: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what the exercise binds, with a mistake's change to it."""
        change = change or {}
        named = {name: change[name] for name in _NAMED if name in change}
        bound = bindings({**self.row, **named})
        found = dict(bound)
        for name, value in change.get("bind", {}).items():
            found[name] = bound[value] if isinstance(value, str) else value
            if STACK in found and name in PLAIN:
                found[STACK] = found[STACK].but(**{name: found[name]})
        for name, factor in change.get("scale", {}).items():
            found[name] *= factor
        for name, term in change.get("add", {}).items():
            found[name] += term
        return found

    def value(self, change: Mapping[str, Any] | None = None) -> float:
        """Return the answer in its unit, or the one to which a mistake leads."""
        change, unit = change or {}, _units()[self.unit]
        bound = self.setting(change)
        found = FORMULAS[change.get("formula", self.row["formula"])](bound)
        above, below = (bound.get(part, part) for part in change.get("multiply", (1, 1)))
        size = 1 if change.get("base") else unit["binary" if change.get("binary") else "size"]
        found = found * above / below / size
        return math.floor(found) if self.row.get("round_down") else float(found)

    @property
    def shown(self) -> str:
        """The answer with its unit, for people."""
        return f"{number(self.value(), self.digits)} {self.unit}".rstrip()

    @property
    def solution(self) -> str:
        """The answer and the formula that gives it."""
        return f"{self.shown}, by the formula {self.row['formula']}"

    @property
    def meaning(self) -> str:
        """What is asked for, in one line."""
        formula = FORMULAS[self.row["formula"]].meaning.rstrip(".")
        return str(self.row.get("asks", formula))

    def hint(self, mistake: str) -> str:
        """Return what is said to whoever makes a mistake; its numbers are the setting's own."""
        change, bound = self.mistakes[mistake], self.setting()
        shown = {name: f"{value:,.12g}" for name, value in bound.items() if name != STACK}
        return str(change["hint"]).format(**shown, unit=self.unit)

    def accepts(self, answer: float) -> bool:
        """Return whether an answer is right: within `range`, to the digits that are asked for."""
        low, high = self.range
        return low <= answer <= high or any(agrees(answer, end, self.digits) for end in (low, high))

    def reply(self, answer: Any) -> Reply:
        """Compare an answer with the formula, and then with the mistakes."""
        try:
            given = _number(answer, self.unit)
        except InputError as error:
            return Reply(False, f"Not a number yet. {error}")
        if self.accepts(given):
            return Reply(True, f"Right. It is {self.solution}.")
        for name, change in self.mistakes.items():
            if agrees(given, self.value(change), self.digits):
                return Reply(False, f"Not yet. {self.hint(name)}")
        return Reply(False, f"Not yet. {_distance(given, self.value(), self.digits)}")


def check(name: str, answer: Any = None, *, reveal: bool = False, seed: int | None = None) -> Reply:
    """Return whether an answer is right, and if it is not, what may have gone wrong.

    Parameters
    ----------
    name
        Name of the exercise.
    answer
        One number, in the unit that is asked for. Without it you are told what to type.
    reveal
        Whether to show the answer.
    seed
        Of a variant with other numbers; see `exercises`.

    Examples
    --------
    >>> from lifebook.exercises import check
    >>> check("sequences-that-fit", 149)
    Not yet. Where are the weights? They lie in the same memory as the cache.
    >>> check("sequences-that-fit", 134)
    Right. It is 134 sequences, by the formula largest_batch.
    """
    found = exercises(seed)
    if name not in found:
        return Reply(None, f"No such exercise. {unknown_name('exercise', name, found)}")
    exercise = found[name]
    if reveal:
        return Reply(None, f"Solution. It is {exercise.solution}.")
    if answer is not None:
        return exercise.reply(answer)
    unit = f"in {exercise.unit}" if exercise.unit else "a plain number"
    variant = "" if seed is None else f", seed={seed}"
    digits = "rounded down" if exercise.row.get("round_down") else f"to {exercise.digits} digits"
    return Reply(
        None,
        f"Your turn. {exercise.meaning}: {unit}, {digits}. Where code runs, "
        f'type it here and run the cell: `check("{name}", your_number{variant})`.',
    )


def exercises(seed: int | None = None) -> dict[str, Exercise]:
    """Return every exercise by name.

    Parameters
    ----------
    seed
        Draws other numbers for the exercises whose rows say what may vary, the same for the same
        seed; without one they are those of the page.

    Examples
    --------
    >>> [exercises(seed)["one-sequence-of-olmo"].shown for seed in (None, 1, 2)]
    ['3.36 GB', '6.71 GB', '1.68 GB']
    """
    rows = load("exercises")["exercise"]
    return {name: Exercise(name, _varied(name, row, seed)) for name, row in rows.items()}


def _varied(name: str, row: dict[str, Any], seed: int | None) -> dict[str, Any]:
    if seed is None or "vary" not in row:
        return row
    drawn = random.Random(f"{seed} {name}")
    values = {symbol: drawn.choice(choices) for symbol, choices in row["vary"].items()}
    return {**row, "values": {**row["values"], **values}}


def agrees(answer: float, value: float, digits: int) -> bool:
    """Return whether two numbers are the same when rounded to significant digits, halves included.

    Examples
    --------
    >>> agrees(68.7, 68.719, 3), agrees(68.72, 68.719, 3), agrees(69, 68.719, 3)
    (True, True, False)
    """
    if not value:
        return answer == value
    last = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    return abs(answer - value) <= last / 2 * (1 + 1e-9)


def _subsets(names: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield every choice of names, none and all of them included."""
    known = list(names)
    return chain.from_iterable(combinations(known, count) for count in range(len(known) + 1))


def _units() -> dict[str, dict[str, Any]]:
    units: dict[str, dict[str, Any]] = load("exercises")["unit"]
    return {"": {"size": 1, "of": "1"}, **units}


def _number(answer: Any, unit: str) -> float:
    """Return an answer as a finite number; raise `InputError` that says how to type it."""
    wanted = f"in {unit}, as in 12.3" if unit else "as in 12.3"
    if isinstance(answer, str):
        raise InputError(f"Type it without quotes and without a unit, {wanted}.")
    if (
        isinstance(answer, bool)
        or bool(getattr(answer, "ndim", 0))
        or not hasattr(answer, "__float__")
    ):
        raise InputError(f"Give one number {wanted}, not {show(answer)}.")
    try:
        found = float(answer)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InputError(f"Give one finite number {wanted}, not {show(answer)}.")
    return found


def _distance(answer: float, value: float, digits: int) -> str:
    if agrees(answer, value, digits - 1):
        return f"You are close: give {digits} digits, and round only at the end."
    if answer * value <= 0:
        return "It must be larger than zero."
    size = "large" if abs(answer) > abs(value) else "small"
    far = max(answer / value, value / answer) > 10
    return f"It is too {size}{', by more than a factor of ten' if far else ''}."
