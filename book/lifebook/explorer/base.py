"""What an explorer is made of: controls by symbol, outputs by formula, marks that move."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from lifebook.explorer.marks import Mark
from lifebook.figures.style import Figure, Points
from lifecost import values
from lifecost.errors import InputError, unknown_name
from lifecost.formula import Formula
from lifecost.quantities import exactly, plural, quantity
from lifecost.stack import STACK


@dataclass(frozen=True)
class Range:
    """A control for one symbol, on a logarithmic scale where the range spans more than 100-fold.

    Its slider stops at multiples of ``step``, or so many times in each doubling.
    """

    name: str
    low: float
    high: float
    opening: float
    step: float = 1
    steps_per_double: int = 1

    @property
    def label(self) -> str:
        """Short name of the symbol, with its unit."""
        unit = values.symbol(self.name).unit
        words = self.name.replace("_", " ")
        return words if unit == "1" else f"{words} ({plural(unit)})"

    @property
    def meaning(self) -> str:
        """What the control sets."""
        return values.symbol(self.name).meaning

    @property
    def is_log(self) -> bool:
        """Whether the slider is logarithmic."""
        return self.high > 100 * self.low

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers make sense."""
        return values.symbol(self.name).integer

    def grid(self, count: int) -> tuple[float, ...]:
        """Return ``count`` values from end to end, evenly in logarithm: a line runs along them."""
        # Round numbers: the curves do not care, and the page need not carry sixteen digits of each.
        return tuple(float(f"{value:.3g}") for value in np.geomspace(self.low, self.high, count))

    def bind(self, value: object, _: Mapping[str, float]) -> dict[str, float]:
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


@dataclass(frozen=True)
class Choice:
    """A control that picks one of several named sets of symbols.

    A value may be the identifier of another symbol, which it then equals: ``{"n_kv_head":
    "n_head"}`` is multi-head attention for any model.

    On a page, ``groups`` puts the options under headings: the heading of each option.
    """

    name: str
    label: str
    options: Mapping[str, Mapping[str, float | str]]
    opening: str
    titles: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def title(self, option: str) -> str:
        """Return an option's name for people."""
        return self.titles.get(option, option)

    def bind(self, value: object, bound: Mapping[str, float]) -> dict[str, float]:
        """Return the symbols that an option binds."""
        if not isinstance(value, str) or value not in self.options:
            raise unknown_name(self.name, value, self.options)
        return {n: bound[v] if isinstance(v, str) else v for n, v in self.options[value].items()}


@dataclass(frozen=True)
class Declaration:
    """What an explorer is made of, and what follows from it without a page or a kernel.

    Its parts are described at ``Explorer``, which adds the forms.
    """

    name: str
    title: str
    controls: tuple[Range | Choice, ...]
    outputs: tuple[Formula, ...]
    marks: tuple[Mark, ...]
    draw: Callable[[Points], Figure]
    fixed: Mapping[str, float] = field(default_factory=dict)

    @property
    def opening(self) -> dict[str, float | str]:
        """The setting that it opens with."""
        return {control.name: control.opening for control in self.controls}

    def bind(self, **state: object) -> dict[str, float]:
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
        return {formula.name: formula(bound) for formula in self.outputs}

    def points(self, **state: object) -> dict[str, tuple[list[float], list[float]]]:
        """Return the coordinates of every mark at a setting."""
        bound = self.bind(**state)
        return {mark.name: mark.points(bound) for mark in self.marks}

    def figure(self, **state: object) -> Figure:
        """Return the picture at a setting."""
        return self.draw(self.points(**state))

    def readouts(self, **state: object) -> list[tuple[str, str]]:
        """Return each output's meaning and its value with unit, for people."""
        found = self(**state)
        return [
            (f.meaning.rstrip("."), quantity(float(found[f.name]), f.unit)) for f in self.outputs
        ]

    def equation(self, **state: object) -> str:
        """Return the first output as an equation with the numbers of a setting in it.

        The equation is that of a plain decoder; of any other model, the value stands alone.
        """
        (formula, *_), bound = self.outputs, self.bind(**state)
        value = float(formula(bound))
        shown = quantity(value, formula.unit)
        plain = {n: given for n, given in bound.items() if n not in (STACK, *formula.optional)}
        if bound.get(STACK) or not math.isclose(value, float(formula(plain)), rel_tol=1e-12):
            return f"{formula.name} = {shown}"
        numbers = {name: exactly(bound[name]) for name in formula.symbols}
        return f"{formula.name} = {formula.text_expression.format(**numbers)} = {shown}"

    def as_python(self, **state: object) -> str:
        """Return lines that print the values of a setting when they are run."""
        setting = {**self.opening, **state}
        arguments = ", ".join(f"{name}={value!r}" for name, value in setting.items())
        name = self.name.replace("-", "_")
        return f"from lifebook.explorer.gallery import {name}\n\nprint({name}({arguments}))"

    def __repr__(self) -> str:
        setting = ", ".join(f"{name}={value}" for name, value in self.opening.items())
        lines = [f"{meaning}: {shown}" for meaning, shown in self.readouts()]
        return "\n".join([f"{self.title} ({setting})", *lines])
