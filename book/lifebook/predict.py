"""A guess before the answer: the reader commits to one, and only then sees what is true.

What is asked, and what is said of each guess, is a row of ``data/predictions.toml``; what is true
is computed where it is asked. On a page the guess is made, kept in the browser and compared, with
no kernel; a notebook shows the question with its answer folded, paper shows both.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lifebook.data import load
from lifebook.figures.style import PAGE_HTML
from lifecost.errors import InputError, unknown_name
from lifecost.quantities import number


@dataclass(frozen=True)
class Prediction:
    """A question to guess at, with its answer; it shows itself.

    Attributes
    ----------
    name
        Of its row.
    question
        One sentence, which names the unit of a number.
    answer
        What is true, in words.
    truth
        The same as a number in `unit`, or as the place of the right one among `replies`.
    replies
        What is said of a guess: that is ``close``, too ``low`` or too ``high``; or, where there are
        choices, of each of them, by its words.
    unit, range
        Of a number: what it is of, and the least and the greatest that can be guessed.
    covers
        The explorer that shows the answer, covered until a guess is made.
    axis
        The axis of its picture on which the guess is then marked, with what one `unit` is there.
    """

    name: str
    question: str
    answer: str
    truth: float
    replies: Mapping[str, str]
    unit: str = ""
    range: tuple[float, ...] = ()
    covers: str = ""
    axis: Mapping[str, float] = field(default_factory=dict)

    @property
    def choices(self) -> list[str]:
        """What can be chosen; nothing where a number is asked for."""
        return [] if self.range else list(self.replies)

    @property
    def explanation(self) -> str:
        """What is said of a right guess."""
        return self.replies["close"] if self.range else self.replies[self.choices[int(self.truth)]]

    def markup(self) -> str:
        """Return it as HTML for the book's pages: complete as it stands; the script asks first."""
        asked = [
            "unit",
            "range",
            "truth",
            "answer",
            "replies",
            "covers",
            *["axis"] * bool(self.axis),
        ]
        data = json.dumps({part: getattr(self, part) for part in asked}, separators=(",", ":"))
        listed = "".join(f"<li>{html.escape(choice)}</li>" for choice in self.choices)
        head = f"predict-{self.name}"
        return "\n".join([
            f'<lifecost-predict data-name="{self.name}" role="group" aria-labelledby="{head}">',
            f'<p id="{head}"><b>Your guess first.</b> {html.escape(self.question)}</p>',
            f"<ul>{listed}</ul>" if listed else "",
            '<details class="dropdown"><summary>The answer</summary>',
            f"<p>{html.escape(self._told)}</p></details>",
            f'<script type="application/json">{data.replace("<", chr(92) + "u003c")}</script>',
            "</lifecost-predict>",
        ])  # fmt: skip

    @property
    def _told(self) -> str:
        return f"{self.answer} {self.explanation}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        listed = "".join(f"- {choice}\n" for choice in self.choices)
        return {
            "text/plain": repr(self),
            PAGE_HTML: self.markup(),
            "text/markdown": f"**Your guess first.** {self.question}\n\n{listed}\n<details>"
            f"<summary>The answer</summary>\n\n{self._told}\n\n</details>",
        }

    def __repr__(self) -> str:
        choices = [f"- {choice}" for choice in self.choices]
        return "\n".join([self.question, *choices, "", f"The answer: {self._told}"])


def predict(name: str, truth: float | str, **values: str) -> Prediction:
    """Return a question to guess at.

    Parameters
    ----------
    name
        A row of ``data/predictions.toml``.
    truth
        What is true: a number, in the row's unit; where the row has choices, the words of one, or a
        number to which one of the row's ``values`` is the nearest.
    values
        What replies may name besides ``{truth}``, as text.

    Raises
    ------
    InputError
        For no such row, and a truth that is none of the choices or could not be guessed.

    Examples
    --------
    >>> predict("days-of-service", 13.36, tokens="15")
    After how many days of service has answering cost as much as training?
    <BLANKLINE>
    The answer: It is 13.4 days. ...
    """
    known = load("predictions")
    if name not in known:
        raise unknown_name("prediction", name, known)
    row = known[name]
    replies = row["choices"] if "choices" in row else row["replies"]
    if "choices" in row:
        found: float = _place(name, list(replies), row.get("values", []), truth)
        answer = f"{list(replies)[int(found)]}."
    else:
        low, high = row["range"]
        if isinstance(truth, str) or not low < truth < high:
            raise InputError(f"truth = {truth!r} of {name} is not within {low:g} to {high:g}")
        found = float(truth)
        answer = f"It is {number(found)} {row['unit']}."
    if not isinstance(truth, str):
        values = {"truth": number(float(truth)), **values}
    return Prediction(
        name, row["question"], answer, found,
        {guess: text.format(**values) for guess, text in replies.items()},
        row.get("unit", ""), tuple(row.get("range", ())), row.get("covers", ""),
        row.get("axis", {}),
    )  # fmt: skip


def _place(name: str, choices: list[str], values: list[float], truth: float | str) -> int:
    """Return the place of the choice that is true."""
    if isinstance(truth, str):
        if truth not in choices:
            raise unknown_name(f"choice of {name}", truth, choices)
        return choices.index(truth)
    if len(values) != len(choices) or not 0 < truth < math.inf:
        raise InputError(f"truth = {truth!r} of {name} is near none of the values {values}")
    return min(range(len(values)), key=lambda k: abs(math.log(values[k] / truth)))
