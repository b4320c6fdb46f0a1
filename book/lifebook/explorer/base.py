"""What an explorer is made of: controls by symbol, outputs by formula, an answer and a picture."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from lifebook.explorer.picture import Lanes, Panel, Term, value
from lifebook.explorer.words import exactly, kind_of, shown, sign, unit_words
from lifecost import values
from lifecost.errors import InputError, unknown_name
from lifecost.formula import FORMULAS, Formula
from lifecost.stack import STACK


@dataclass(frozen=True)
class Range:
    """A control for one symbol: a slider and a box to type in.

    Attributes
    ----------
    name
        The symbol.
    low, high, opening
        Its ends, and where it opens.
    label
        A word or two of the field; the symbol's sign and its unit stand beside it.
    kind
        The kind of number, if not that of the symbol's unit: see `lifebook.explorer.words`.
    step
        Of a slider that is linear; the others are logarithmic.
    per_double
        At how many values in each doubling a logarithmic slider stops; decimals, if it is 0.
    """

    name: str
    low: float
    high: float
    opening: float
    label: str
    kind: str = ""
    step: float = 0
    per_double: int = 0

    @property
    def kind_of_number(self) -> str:
        """The kind of number."""
        return self.kind or kind_of(values.symbol(self.name).unit)

    @property
    def meaning(self) -> str:
        """What the control sets."""
        return values.symbol(self.name).meaning

    @property
    def sign(self) -> str:
        """The symbol's sign, as HTML."""
        return sign(values.symbol(self.name).latex)

    @property
    def unit(self) -> str:
        """The unit in words, where the number itself does not say it."""
        return unit_words(values.symbol(self.name).unit)

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return values.symbol(self.name).integer

    def bind(self, value: object, _: Mapping[str, Any]) -> dict[str, Any]:
        """Return the symbol that a setting binds."""
        number = values.converted(self.name, value)
        if hasattr(number, "shape") or not self.low <= number <= self.high:
            raise InputError(
                f"{self.name} = {values.show(number)} is out of the control's range: "
                f"{self.meaning}, from {self.low:.12g} to {self.high:.12g} "
                f"{values.symbol(self.name).unit}"
            )
        values.check_range(self.name, number)
        return {self.name: number}

    def title(self, value: Any) -> str:
        """Return a value for people."""
        return shown(value, self.kind_of_number)


@dataclass(frozen=True)
class Choice:
    """A control that picks one of several named sets of symbols.

    A value may be the identifier of another symbol, which it then equals: ``{"n_kv_head":
    "n_head"}`` is multi-head attention for any plain decoder.

    Attributes
    ----------
    name, label
        Its name in links, and its words.
    options
        What each option binds.
    opening
        The option that it opens with.
    titles, groups, hints
        For each option its words, the heading that it stands under, and a few words beside it.
    catalog
        ``"models"`` or ``"devices"``: options of the catalog, which all explorers share on a page.
        These take a reader's own in place of an option too: in Python whatever binds symbols.
    of_plain
        Whether it says something of plain decoders only: of any other model it binds nothing.
    leaves
        Symbols of its options that it leaves as they are.
    implied
        Symbols that a reader's own may leave out, each with the one that it then equals.
    """

    name: str
    label: str
    options: Mapping[str, Mapping[str, Any]]
    opening: str
    titles: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    catalog: str = ""
    of_plain: bool = False
    leaves: tuple[str, ...] = ()
    implied: Mapping[str, str] = field(default_factory=dict)

    def title(self, option: Any) -> str:
        """Return an option's name for people."""
        return self.titles.get(option, option) if isinstance(option, str) else "your own"

    def bind(self, value: object, bound: Mapping[str, Any]) -> dict[str, Any]:
        """Return the symbols that an option binds."""
        found = self._bind(value, bound)
        return {name: given for name, given in found.items() if name not in self.leaves}

    def _bind(self, value: object, bound: Mapping[str, Any]) -> dict[str, Any]:
        if self.catalog and not isinstance(value, str):
            own = getattr(value, "bindings", value)
            if isinstance(own, Mapping) and own:
                own = {**{n: own[v] for n, v in self.implied.items() if v in own}, **own}
                return {n: v if n == STACK else values.checked(n, v) for n, v in own.items()}
        if not isinstance(value, str) or value not in self.options:
            raise unknown_name(self.name, value, self.options)
        if self.of_plain and bound.get(STACK):
            return {}
        return {n: bound[v] if isinstance(v, str) else v for n, v in self.options[value].items()}


@dataclass(frozen=True)
class Output:
    """A formula that is read out: its words, its kind of number, and what it is compared with.

    ``of`` is a term: ``76.7 GB of 80 GB``, a warning beyond it.
    """

    formula: Formula
    words: str
    kind: str = ""
    of: Term | None = None

    @property
    def kind_of_number(self) -> str:
        """The kind of number."""
        return self.kind or kind_of(self.formula.unit)


@dataclass(frozen=True)
class Case:
    """An answer in words: one short sentence, and one that compares; ``{term}`` is its value.

    ``{term:kind}`` is its value as another kind of number. The first case holds of whose terms
    ``at_least``, in pairs, each first is no less than its second, and whose ``unless`` names no
    option that is chosen.
    """

    head: str
    text: str
    at_least: tuple[Term, ...] = ()
    unless: tuple[str, ...] = ()

    def holds(self, bound: Mapping[str, Any], chosen: Collection[Any]) -> bool:
        """Return whether it does at a setting, in which these options are chosen."""
        terms = [value(term, bound) for term in self.at_least]
        return all(map(operator.ge, terms[::2], terms[1::2])) and not {*self.unless} & {*chosen}


_PLACE = re.compile(r"\{(\w+)(?::([^}]*))?\}")


@dataclass(frozen=True)
class Declaration:
    """What an explorer is made of, and what follows from it without a page or a kernel.

    Its parts are described at ``Explorer``, which adds the forms.
    """

    name: str
    title: str
    controls: tuple[Range | Choice, ...]
    outputs: tuple[Output, ...]
    answer: tuple[Case, ...]
    picture: tuple[Panel, ...]
    fixed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def opening(self) -> dict[str, Any]:
        """The setting that it opens with."""
        return {control.name: control.opening for control in self.controls}

    def bind(self, **state: object) -> dict[str, Any]:
        """Return every symbol that a setting binds; what it leaves out is as at the opening."""
        for name in state:
            if name not in self.opening:
                raise unknown_name(f"control of {self.name}", name, self.opening)
        bound = dict(self.fixed)
        for control in self.controls:
            bound |= control.bind(state.get(control.name, control.opening), bound)
        return bound

    def __call__(self, **state: object) -> dict[str, float]:
        """Return the value of each output, in base units, at a setting."""
        bound = self.bind(**state)
        return {output.formula.name: output.formula(bound) for output in self.outputs}

    # ---- in words

    def kind(self, name: str) -> str:
        """Return the kind of number of a symbol or a formula, as this explorer shows it."""
        for output in self.outputs:
            if output.formula.name == name:
                return output.kind_of_number
        for control in self.controls:
            if control.name == name and isinstance(control, Range):
                return control.kind_of_number
        return kind_of(FORMULAS[name].unit if name in FORMULAS else values.symbol(name).unit)

    def filled(self, text: str, bound: Mapping[str, Any]) -> str:
        """Return a text with the values of its terms."""
        return _PLACE.sub(lambda m: shown(value(m[1], bound), m[2] or self.kind(m[1])), text)

    def verdict(self, **state: object) -> tuple[str, str]:
        """Return the answer at a setting: a short sentence, and one that compares."""
        bound, given = self.bind(**state), {**self.opening, **state}
        chosen = [c for c in given.values() if isinstance(c, str)]
        for case in self.answer:
            if case.holds(bound, chosen):
                return self.filled(case.head, bound), self.filled(case.text, bound)
        raise ValueError(f"{self.name} has no answer at this setting")

    def readouts(self, **state: object) -> list[tuple[str, str]]:
        """Return each output's words and its value with unit, for people."""
        bound = self.bind(**state)
        found = []
        for output in self.outputs:
            text = shown(float(output.formula(bound)), output.kind_of_number)
            if output.of is not None:
                text += f" of {shown(value(output.of, bound), output.kind_of_number)}"
            found.append((output.words, text))
        return found

    def setting(self, **state: object) -> str:
        """Return a setting in words."""
        given = {**self.opening, **state}
        return ", ".join(f"{c.label} {c.title(given[c.name])}" for c in self.controls)

    def numbers(self, **state: object) -> dict[str, str]:
        """Return the numbers of a setting in the first output's equation, by symbol.

        The equation is that of a plain decoder: there are none of any other model.
        """
        formula, bound = self.outputs[0].formula, self.bind(**state)
        plain = {n: given for n, given in bound.items() if n not in (STACK, *formula.optional)}
        if bound.get(STACK) or not math.isclose(formula(bound), formula(plain), rel_tol=1e-12):
            return {}
        return {name: exactly(bound[name]) for name in formula.symbols}

    def as_python(self, **state: object) -> str:
        """Return lines that print the values of a setting when they are run."""
        setting = {**self.opening, **state}
        arguments = ", ".join(f"{name}={value!r}" for name, value in setting.items())
        name = self.name.replace("-", "_")
        return f"from lifebook.explorer.gallery import {name}\n\nprint({name}({arguments}))"

    # ---- what a page needs

    def terms(self) -> set[str]:
        """Return the identifiers of all symbols and formulas that it shows."""
        found: set[Term] = {output.formula.name for output in self.outputs}
        found |= {output.of for output in self.outputs if output.of is not None}
        texts = [text for case in self.answer for text in (case.head, case.text)]
        for case in self.answer:
            found |= {*case.at_least}
        for panel in self.picture:
            found |= {*panel.terms()}
            if not isinstance(panel, Lanes):
                texts += [panel.over, *(dot.name for dot in panel.dots)]
            elif panel.limit:
                texts.append(panel.limit[1])
        found |= {match[1] for text in texts for match in _PLACE.finditer(text)}
        return {term for term in found if isinstance(term, str)}

    @property
    def formulas(self) -> set[str]:
        """The names of all formulas that it shows."""
        return {term for term in self.terms() if term in FORMULAS}

    def __repr__(self) -> str:
        head, text = self.verdict()
        lines = [f"{words}: {text}" for words, text in self.readouts()]
        return "\n".join([f"{self.title} ({self.setting()})", f"{head} {text}", *lines])
