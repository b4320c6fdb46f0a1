"""A formula: a plain function of the symbols, with a name, a unit and a source."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import sympy
from sympy.core.function import AppliedUndef

from lifecost import values as check
from lifecost.algebra import NoSolution, idle, solve
from lifecost.errors import InputError
from lifecost.printers import arguments
from lifecost.stack import STACK, WEIGHED, Fleet, Stack
from lifecost.symbols import (
    ANY,
    OPTIONAL,
    PARTS,
    SUMS,
    SYMBOLS,
    Expr,
    PlainOnly,
    Symbols,
    in_numbers,
    symbol_of,
)

FORMULAS: dict[str, Formula] = {}
_BLOCK = 1 << 15  # elements evaluated at a time: the temporaries stay in the processor's cache
_NOTHING: check.Bindings = {}
# Of the symbols: an expression, or the two sides of an equation.
Build: TypeAlias = Callable[[Symbols], Expr | tuple[Expr, Expr]]


class Example(NamedTuple):
    """A number from elsewhere that a formula must give: published, or counted by hand."""

    given: check.Bindings
    value: float
    origin: str
    rounding: float = 1e-12  # relative: that of a printed number; no more than computed, else


class Lowered:
    """An expression in numbers and symbols, and the functions that it becomes."""

    def __init__(self, name: str, expr: Expr) -> None:
        self.name, self.expr = name, expr
        self.symbols: tuple[str, ...] = tuple(arguments(expr))
        self._arrays: dict[frozenset[str], Callable[..., check.Value]] = {}

    def numpy_source(self, arrays: frozenset[str]) -> str:
        """Return the source of the NumPy function in which the named symbols are arrays."""
        from lifecost.printers import python

        return python.array_source(self.name, self.expr, arrays)

    def numpy(self, *arrays: str) -> Callable[..., check.Value]:
        """Return the NumPy function, by keyword; it does not check its values.

        The symbols named ``arrays`` (all, where none is named) are arrays, the others numbers: it
        multiplies the numbers among themselves before it touches an array.
        """
        names = frozenset(arrays or self.symbols)
        if names not in self._arrays:
            from lifecost.printers import python

            self._arrays[names] = python.build(self.numpy_source(names), self.name)
        return self._arrays[names]

    @cached_property
    def scalar(self) -> Callable[..., check.Value | None]:
        """The function of single numbers; None for whatever is not plain and in range."""
        from lifecost.printers import python

        # The checks stand in the generated function: calling a validator for each value would take
        # longer than the formula.
        tests = []
        for name in self.symbols:
            quantity, kind = SYMBOLS[name], f"{name}.__class__"
            low, high, real = quantity.low, quantity.high, f"{kind} is float"
            if quantity.integer:  # integers compare faster with integers
                low, high, real = int(low), int(high), f"({real} and {name} % 1 == 0)"
            tests += [f"({kind} is int or {real})", f"{low!r} <= {name} <= {high!r}"]
        known = set(self.symbols)
        tests += [f"{b} % {a} == 0" for a, b, _ in check.DIVIDES if {a, b} <= known]
        source = "\n".join(
            [
                f"def {self.name}({'*, ' if self.symbols else ''}{', '.join(self.symbols)}):",
                f"    if {' and '.join(tests) or True}:",
                *(f"        {line}" for line in python.scalar_lines(self.expr)),
            ]
        )
        return python.build(source, self.name)

    @cached_property
    def _has_cases(self) -> bool:
        return bool(self.expr.has(sympy.Piecewise))

    def refuse_overflow(self, values: check.Bindings, result: float) -> None:
        """Raise `ArithmeticError` where infinity, or nothing left over it, is but an overflow.

        Unlike a power, a product of plain numbers overflows without a word; in arrays it does not.
        """
        if result == math.inf and not self.expr.has(sympy.oo):
            raise OverflowError
        self.checked({name: [value] for name, value in values.items()})

    def checked(self, values: Mapping[str, Any]) -> Any:
        """Return the value after every check, for numbers and arrays of any kind."""
        for name in values:
            if name not in self.symbols:
                raise check.unknown_value(self.name, name, self.symbols)
        if absent := [n for n in self.symbols if n not in values]:
            raise check.missing(self.name, absent)
        values = {n: check.converted(n, v) for n, v in values.items()}
        arrays = {n: v for n, v in values.items() if hasattr(v, "shape")}
        size = math.prod(check.check_shapes(arrays))
        blockwise = all(type(a) is np.ndarray for a in arrays.values())
        # The longest arrays are checked block by block, while the processor has them at hand.
        late = [n for n, a in arrays.items() if blockwise and a.size == size]
        late = [n for n in late if n not in check.PAIRED]
        for name, value in values.items():
            if name not in late:
                check.check_range(name, value)
        check.check_together(values)
        if not arrays:
            return self.scalar(**values)
        function = self.numpy(*arrays)
        # Both branches of a case are computed, and the one not taken may have no value.
        wrong: Any = "ignore" if self._has_cases else "raise"
        with np.errstate(divide=wrong, over="raise", invalid=wrong):
            if not blockwise:
                return function(**values)
            result = _blockwise(function, arrays, values, late)
        if self._has_cases and np.isnan(result).any():
            raise FloatingPointError
        return result


def _blockwise(
    function: Callable[..., Any], arrays: dict[str, Any], values: dict[str, Any], late: list[str]
) -> Any:
    """Return a function of arrays, evaluated block by block with broadcasting.

    Of the arrays named ``late``, each block is held to its symbol's range before it is used.
    """
    count = len(arrays)
    flags: list[Any] = [["readonly"]] * count + [["writeonly", "allocate"]]
    blocks = np.nditer(
        [*arrays.values(), None], ["external_loop", "buffered", "zerosize_ok"],
        flags,
        op_dtypes=[float] * (count + 1), buffersize=_BLOCK,
    )  # fmt: skip
    with blocks:
        for *inputs, out in blocks:
            given = values | dict(zip(arrays, inputs, strict=True))
            for name in late:
                check.check_range(name, given[name])
            out[...] = function(**given)
        return blocks.operands[-1]


class General:
    """A formula as all models share it: a function of symbols and of sums over blocks.

    Attributes
    ----------
    sums, asks
        The sums, and the identifiers of the symbols that it needs, those that sums ask for too.
    unknown
        The symbol that is sought, where two sides are equal for one value of it; else ``""``.
    """

    def __init__(self, name: str, unknown: str, left: Expr, right: Expr | None) -> None:
        self.name, self.unknown = name, unknown
        if right is not None:
            sought = symbol_of(unknown)
            if not any(sought in one.free_symbols for one in (left - right).atoms(AppliedUndef)):
                left, right, self.unknown = solve(left, right, sought), None, ""
        self.expr = in_numbers(left if right is None else left / right)
        self.sums = tuple(sorted({one.func.__name__ for one in self.expr.atoms(AppliedUndef)}))
        self.names = arguments(self.expr)
        free = {*self.names} - {self.unknown}
        if not WEIGHED.isdisjoint(self.sums):
            free |= {"weight_bytes", *PARTS}
        self.asks = tuple(sorted(free))

    @cached_property
    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        from lifecost.printers import python

        sources = python.scalar_source, python.positional_source
        number, array = (
            python.build(source(self.name, self.expr, self.sums), self.name) for source in sources
        )
        return number, array

    def __call__(self, stack: Any, known: Mapping[str, Any]) -> Any:
        """Return the value for a stack, of values that are checked."""
        if self.unknown:
            return root(lambda x: self._value(stack, {**known, self.unknown: x}))
        return self._value(stack, known)

    def _value(self, stack: Any, known: Mapping[str, Any]) -> Any:
        def of(name: str) -> Callable[..., Any]:
            near = SUMS[name].of
            return lambda *given: stack.value(
                name, {**known, **dict(zip(near, given, strict=True))}
            )

        arrays = any(hasattr(value, "shape") for value in known.values())
        arrays = arrays or not getattr(stack, "is_one", True)
        given = [known[name] for name in self.names]
        with np.errstate(divide="ignore", over="raise", invalid="ignore"):
            result = self._functions[arrays](*given, *map(of, self.sums))
        if np.any(result != result):  # not a number; np.isnan refuses a long integer
            raise FloatingPointError
        return result


_LEAST, _LARGEST = 1e-12, 1e24  # of what is sought


def root(ratio: Callable[[Any], Any]) -> Any:
    """Return where a ratio that rises or falls throughout is one; of arrays too.

    Zero where it is beyond one from the first, and infinity where it never gets there.
    """
    rises = np.asarray(ratio(_LARGEST)) > np.asarray(ratio(_LEAST))
    low, high = (np.full(rises.shape, math.log(x)) for x in (_LEAST, _LARGEST))

    def beyond(x: Any) -> Any:
        return np.where(rises, np.asarray(ratio(x)) > 1, np.asarray(ratio(x)) < 1)

    always, never = beyond(_LEAST), ~beyond(_LARGEST)
    for _ in range(80):
        middle = (low + high) / 2
        past = beyond(np.exp(middle) if middle.shape else math.exp(middle))
        low, high = np.where(past, low, middle), np.where(past, middle, high)
    found = np.where(always, 0.0, np.exp((low + high) / 2))
    found = np.where(never, math.inf, found)
    return found if found.shape else float(found)


class Formula:
    """A quantity of the cost model.

    Call it with `Symbols` and it is an expression. Call it with keyword arguments named by symbol,
    with objects that bind symbols (a model, a device, a setting, any mapping), or both, and it is a
    number; keywords win. Arrays broadcast to an array. A variant of the architecture that nothing
    binds (a window, experts) is absent.

    Attributes
    ----------
    name, meaning, unit, latex
        Identifier, what it is, its unit, and its sign in equations.
    level
        ``"post"``, ``"weights"`` (the post's level with weights added), ``"full"``,
        ``"overheads"`` (an estimate, where the others are bounds), or ``""`` where all levels of
        the cost model agree.
    source
        A key of the bibliography, or ``"derived"``.
    assumptions
        What must hold for it to be right.
    unknown
        The symbol for which an equation is solved, or ``""``.
    dense
        Whether it holds for models without experts only.
    varies
        How the value answers to each symbol: ``*`` in proportion, ``/`` in inverse proportion,
        ``^0.5`` with a power, ``+`` and ``-`` never the other way, ``~`` either way.
    example
        What it must give where, and who says so; or None.
    """

    def __init__(
        self,
        build: Build,
        *,
        latex: str,
        unit: str,
        source: str,
        level: str,
        unknown: str,
        assumptions: tuple[str, ...],
        dense: bool,
        varies: str,
        example: tuple[Any, ...],
    ) -> None:
        # A formula is called, documented and pickled as the function that it is made of.
        self.name = self.__name__ = self.__qualname__ = build.__name__
        self.__module__, self.__doc__ = build.__module__, build.__doc__
        self.meaning, _, self.notes = inspect.cleandoc(build.__doc__ or "").partition("\n\n")
        self.latex, self.unit, self.source, self.level = latex, unit, source, level
        self.assumptions, self.unknown, self.dense = assumptions, unknown, dense
        self.varies = _by_symbol(varies)
        self.example = Example(*example) if example else None
        self.module = build.__module__.rpartition(".")[2]
        self._build = build
        self._expressions: dict[tuple[bool, bool], tuple[Expr, set[str]]] = {}

    def __reduce__(self) -> str:
        return self.name

    @property
    def __signature__(self) -> inspect.Signature:
        kind = inspect.Parameter
        names = (kind(name, kind.KEYWORD_ONLY, annotation=check.Value) for name in self.symbols)
        return inspect.Signature([kind("objects", kind.VAR_POSITIONAL), *names])

    # ---- the expression

    def expression(self, s: Symbols) -> Expr:
        """Return the sympy expression, in which constants such as `FLOP_PER_MAC` are symbols.

        Raises
        ------
        ValueError
            If it holds a symbol that cancels.
        PlainOnly
            If the symbols are those of any model, and it holds for plain decoders only.
        """
        s.called.append(self)
        if s.stack is not Symbols.plain and s.stack != ANY:
            return self._built(s)
        key = s.stack == ANY, s.optional
        if key not in self._expressions:
            bare = Symbols(s.stack, optional=s.optional)
            built = self._built(bare)
            # A symbol that cancels would be asked for in vain.
            if not any(key) and (cancelled := idle(in_numbers(built))):
                raise ValueError(
                    f"{self.name} does not depend on {', '.join(cancelled)}, which cancels: give "
                    f"it a value, as in s.but({cancelled[0]}=1)"
                )
            self._expressions[key] = built, bare.asked
        built, asked = self._expressions[key]
        s.ask(*asked)
        return s.within(built)

    def _built(self, s: Symbols) -> Expr:
        left, right = self._sides(s)
        return left if right is None else solve(left, right, getattr(s, self.unknown))

    def _sides(self, s: Symbols) -> tuple[Expr, Expr | None]:
        """Return the expression, or the two sides of the equation that defines it."""
        built = self._build(s.but(n_active_params=s.n_params) if self.dense else s)
        return built if self.unknown else (built, None)

    @property
    def equation(self) -> tuple[Expr, Expr] | None:
        """The two sides whose balance defines the formula, where it is derived so."""
        return self._build(Symbols()) if self.unknown else None

    @cached_property
    def uses(self) -> tuple[Formula, ...]:
        """The formulas that this one is made of, and those that they are made of."""
        s = Symbols()
        self._build(s)
        below = (used for formula in s.called for used in (formula, *formula.uses))
        return tuple(dict.fromkeys(below))

    @cached_property
    def expr(self) -> Expr:
        """The sympy expression for a plain decoder, in numbers and symbols."""
        return self.plain.expr

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """Identifiers of the symbols that a call needs for a plain decoder, sorted."""
        return self.plain.symbols

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """Identifiers of the optional symbols that change the value, sorted."""
        return tuple(name for name in self.wide.symbols if name in OPTIONAL)

    @cached_property
    def plain(self) -> Lowered:
        """The lowered expression for a plain decoder.

        Where nothing is left of it without what is optional, as of messages on one chip: with it.
        """
        expr = in_numbers(self.expression(Symbols()))
        return Lowered(self.name, expr) if expr.free_symbols else self.wide

    @cached_property
    def wide(self) -> Lowered:
        """The lowered expression for a plain decoder, with all optional symbols."""
        bare, expr = (
            in_numbers(self.expression(Symbols(optional=every))) for every in (False, True)
        )
        return self.plain if bare.free_symbols and expr == bare else Lowered(self.name, expr)

    @cached_property
    def general(self) -> General:
        """The function that all models share: of the sums over their blocks.

        Raises
        ------
        InputError
            If the formula holds for plain decoders only.
        """
        try:
            sides = self._sides(Symbols(ANY, optional=True))
        except (PlainOnly, NoSolution):
            raise InputError(
                f"{self.name} holds for plain decoders, and this model has other blocks"
            ) from None
        return General(self.name, self.unknown, *sides)

    @cached_property
    def of_any_model(self) -> bool:
        """Whether it holds for whatever blocks a model is made of."""
        try:
            return bool(self.general)
        except InputError:
            return False

    # ---- in other languages

    @property
    def numpy_source(self) -> str:
        """Source of the NumPy function, with every symbol an array."""
        return self.plain.numpy_source(frozenset(self.symbols))

    @property
    def numpy(self) -> Callable[..., Callable[..., check.Value]]:
        """The plain formula's `Lowered.numpy`."""
        return self.plain.numpy

    @cached_property
    def javascript_source(self) -> str:
        """Source of the JavaScript function for a plain decoder.

        What is optional and not given to the function is absent.
        """
        from lifecost.printers import javascript

        if {*self.wide.symbols} - {*OPTIONAL} <= {*self.symbols}:
            return javascript.source(self.name, self.wide.expr, OPTIONAL)
        return javascript.either(self.name, self.expr, self.wide.expr, OPTIONAL)

    @cached_property
    def latex_equation(self) -> str:
        """The formula as an equation in LaTeX."""
        from lifecost.printers import latex

        return f"{self.latex} = {latex.source(self.expr)}"

    # ---- calling it

    def __call__(self, *objects: Any, **values: Any) -> Any:
        """Return the value, in the formula's unit; of `Symbols`, the expression.

        Raises
        ------
        InputError
            If a value is missing, unknown, out of range, or does not fit with another, or if the
            result is too large for a floating-point number.
        """
        if objects and objects[0].__class__ is Symbols:
            return self.expression(objects[0])
        try:
            if objects:
                bound = self._bound(objects, values)
                return self._evaluated({**bound, **values}, values, bound)
            try:
                result = self._scalar(**values)
            except TypeError:  # a name is missing or unknown, or a value is no number
                result = None
            if result is None:
                return self._evaluated(values, values)
            if result.__class__ is float and result in (0, math.inf):
                self.plain.refuse_overflow(values, result)
            return result
        except ArithmeticError:  # each value is in range, and their power is not
            raise InputError(
                f"{self.name} leaves the range of floating-point numbers at these values"
            ) from None

    @cached_property
    def _scalar(self) -> Callable[..., check.Value | None]:
        return self.plain.scalar

    def _bound(self, objects: tuple[Any, ...], values: dict[str, Any]) -> dict[str, Any]:
        """Return what objects bind; they may disagree where a keyword decides."""
        bound, conflicts = check.bound_by(self.name, objects, values)
        for name in conflicts:
            if name in self._known or (name == STACK and self.general.sums):
                raise conflicts[name]
        return bound

    @cached_property
    def _known(self) -> frozenset[str]:
        """Identifiers of all symbols that the formula may ask for."""
        asked = self.general.asks if self.of_any_model else ()
        return frozenset((*self.plain.symbols, *self.wide.symbols, *asked))

    def _evaluated(
        self, given: dict[str, Any], explicit: dict[str, Any], bound: check.Bindings = _NOTHING
    ) -> Any:
        """Return the value of what is ``given``: ``explicit`` by keyword, ``bound`` by objects."""
        for name in explicit:
            if name in self._known or name == STACK:
                continue
            if name not in bound:
                raise check.unknown_value(self.name, name, sorted(self._known))
            check.checked(name, explicit[name])  # neither what an object binds nor this is needed
        active = given.get("n_active_params") if self.dense else None
        if active is not None and np.any(active != given.get("n_params")):
            raise InputError(f"{self.name} holds for dense models, and this one has experts")
        if (stack := given.get(STACK)) is not None and (self.general.sums or self.general.unknown):
            return self._of_stack(stack, given, explicit)
        # Also where the formula needs but one of them: a model's heads beside the caller's.
        check.check_heads(given)
        lowered = self.plain
        if not OPTIONAL.keys().isdisjoint(given):
            lowered = self.wide
        if lowered is self.wide:
            given = check.with_absent(given, lowered.symbols)
        needed = {name: given[name] for name in lowered.symbols if name in given}
        result = None
        if len(needed) == len(lowered.symbols):
            result = lowered.scalar(**needed)
        if result is None:
            result = lowered.checked(needed)
        if result.__class__ is float and result in (0, math.inf):
            lowered.refuse_overflow(needed, result)
        return result

    def _of_stack(self, stack: Any, given: dict[str, Any], explicit: dict[str, Any]) -> Any:
        """Return the value for a model that is no plain decoder."""
        if not isinstance(stack, (Stack, Fleet)):
            raise InputError(f"stack = {check.show(stack)} is no stack of blocks")
        for name in explicit.keys() & {*Symbols.sizes}:
            raise InputError(
                f"{name} = {check.show(explicit[name])} changes nothing in a stack of blocks: "
                f"change the model, as in model.but({name}=...)"
            )
        asks = self.general.asks
        given = check.with_absent(given, asks)
        absent = [name for name in asks if name not in given]
        if absent == ["context"] and "context" not in self.plain.symbols:
            # Of a model without windows it cancels, as of a plain decoder.
            ends = SYMBOLS["context"].low, SYMBOLS["context"].high
            least, most = (self._of_stack(stack, {**given, "context": x}, {}) for x in ends)
            if np.allclose(least, most, rtol=1e-12, atol=0):
                return least
        if absent:
            raise check.missing(self.name, absent)
        known = {name: check.checked(name, given[name]) for name in asks}
        check.check_together(known)
        return self.general(stack, known)

    def __repr__(self) -> str:
        return f"<Formula {self.name}({', '.join(self.symbols)}) in {self.unit}>"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex_equation}$"


def formula(
    latex: str,
    unit: str,
    *,
    source: str = "derived",
    level: str = "",
    unknown: str = "",
    assumptions: tuple[str, ...] = (),
    dense: bool = False,
    varies: str = "",
    example: tuple[Any, ...] = (),
) -> Callable[[Build], Formula]:
    """Return a decorator that makes a formula of a function of the symbols.

    With ``unknown``, the function returns the two sides of an equation, and the formula is its
    solution for that symbol. With ``dense``, it holds for models without experts only. ``varies``
    lists the symbols behind the sign of how the value answers to them, as in ``"* batch / n_params
    + context"``, and ``example`` is an `Example`: a setting, the value, and where it is from. The
    tests hold the formula to both. Nothing is built before it is used.
    """

    def decorate(build: Build) -> Formula:
        FORMULAS[build.__name__] = made = Formula(
            build, latex=latex, unit=unit, source=source, level=level, unknown=unknown,
            assumptions=assumptions, dense=dense, varies=varies, example=example,
        )  # fmt: skip
        return made

    return decorate


def _by_symbol(varies: str) -> dict[str, str]:
    """Return the sign of each symbol in a text such as ``"* batch context / n_params"``."""
    signs, sign = dict[str, str](), ""
    for word in varies.split():
        if word.isidentifier():
            signs[word] = sign
        else:
            sign = word
    return signs
