"""Checking the values that readers give: one clear error, never a silent NaN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lifecost.errors import InputError, unknown_name
from lifecost.errors import show as show
from lifecost.symbols import OPTIONAL, SYMBOLS, Quantity

Value: TypeAlias = float | NDArray[np.float64]  # of a symbol, and of a formula
Bindings: TypeAlias = Mapping[str, Value]

# One symbol must divide another: (divisor, dividend, why).
_HEADS = ("n_kv_head", "n_head", "each key-value head serves a whole group of query heads")
DIVIDES = (
    _HEADS,
    ("n_key_head", "n_value_head", "each key head serves a whole group of value heads"),
)
# One symbol is no larger than another: (smaller, larger, why).
AT_MOST = (
    ("n_active_expert", "n_expert", "a token is served by some of the experts"),
    ("n_active_params", "n_params", "they are among the model's parameters"),
    ("d_rope", "d_head", "it is part of the width of a head"),
)
# All that is checked together.
PAIRED = {name for first, second, _ in (*DIVIDES, *AT_MOST) for name in (first, second)}


def checked(name: str, value: Any, called: str = "") -> Any:
    """Return a value as a plain number or an array of floats.

    Parameters
    ----------
    name
        Identifier of a symbol.
    value
        A number, a sequence of numbers, or an array of any library that follows NumPy's protocols.
    called
        What a message calls it, where its reader knows it by another name.

    Raises
    ------
    InputError
        If the value is not a number, is NaN or infinite, lies outside the symbol's range, or has a
        fraction where the symbol counts whole things.
    """
    quantity = replace(SYMBOLS[name], name=called) if called else SYMBOLS[name]
    value = _number_or_array(quantity, value)
    _check_range(quantity, value)
    return value


def single(name: str, value: Any, called: str = "") -> Any:
    """Return a value as `checked` does; raise `InputError` if it is not one number alone."""
    found = checked(name, value, called)
    if hasattr(found, "shape"):
        given = f"{called or name} = {show(value)}"
        raise InputError(f"{given} is not one number: {_allowed(SYMBOLS[name])}")
    return found


def singles(bound: Bindings) -> dict[str, Any]:
    """Return what is bound, with each symbol as `single` returns it."""
    return {n: single(n, value) if n in SYMBOLS else value for n, value in bound.items()}


def converted(name: str, value: Any) -> Any:
    """Return a value as `checked` does, wherever it lies; raise `InputError` if no number."""
    return _number_or_array(SYMBOLS[name], value)


def check_range(name: str, value: Any) -> None:
    """Raise `InputError` where a converted value is out of its symbol's range."""
    _check_range(SYMBOLS[name], value)


def _check_range(quantity: Quantity, value: Any) -> None:
    # A comparison with NaN is false, so that NaN is never inside.
    if type(value) is np.ndarray and (not value.size or _is_inside(quantity, value)):
        return
    inside = (value >= quantity.low) & (value <= quantity.high)
    if quantity.integer:
        inside = inside & (np.floor(value) == value if hasattr(value, "shape") else value % 1 == 0)
    if isinstance(inside, bool):
        if not inside:
            raise _out_of_range(quantity, value)
    elif not bool(inside.all()):
        # The lowest of the wrong ones, found without gathering them: an array may exceed memory.
        raise _out_of_range(quantity, float(np.where(inside, np.inf, value).min()))


def check_together(values: Mapping[str, Any], called: Mapping[str, str] | None = None) -> None:
    """Raise `InputError` where values are fine one by one and impossible together.

    ``called`` says what a message calls a symbol that its reader knows by another name.
    """
    check_shapes(values)
    for first, second, why in (*DIVIDES, *AT_MOST):
        if first in values and second in values:
            part, whole = values[first], values[second]
            divides = (first, second, why) in DIVIDES
            if not np.all(whole % part == 0 if divides else part <= whole):
                relation = "does not divide" if divides else "is more than"
                left, right = ((called or {}).get(name, name) for name in (first, second))
                raise InputError(f"{left} = {show(part)} {relation} {right} = {show(whole)}: {why}")


def with_absent(bound: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return bound symbols and, of the named ones, the value of each optional one that is absent.

    Where that is another symbol's, and nothing binds it, that symbol takes its place.
    """
    found = dict(bound)
    for name in OPTIONAL.keys() & set(names) - found.keys():
        absent = OPTIONAL[name]
        if not isinstance(absent, str):
            found[name] = absent
        elif absent in found:
            found[name] = found[absent]
    return found


def check_heads(values: Mapping[str, Any]) -> None:
    """Raise `InputError` as `check_together` does, for heads that may not be numbers yet."""
    divisor, dividend, _ = _HEADS
    part, whole = values.get(divisor, 0), values.get(dividend, 0)
    plain = part.__class__ is int and whole.__class__ is int
    if not (plain and part > 0 and whole % part == 0):  # the rare case takes longer
        check_together({n: checked(n, values[n]) for n in (divisor, dividend) if n in values})


def check_shapes(arrays: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape to which NumPy arrays broadcast; raise `InputError` where they do not."""
    shapes = {name: a.shape for name, a in arrays.items() if type(a) is np.ndarray}
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(f"these shapes do not broadcast: {given}") from None


def bound_by(
    caller: str, objects: Iterable[Any], decided: Iterable[str]
) -> tuple[dict[str, Any], dict[str, InputError]]:
    """Return what objects bind, and an error for each symbol to which they give two values.

    They may disagree on what is ``decided`` elsewhere.
    """
    bound, conflicts = dict[str, Any](), dict[str, InputError]()
    for item in objects:
        found = getattr(item, "bindings", item)
        if found.__class__ is not dict and not isinstance(found, Mapping):
            raise InputError(
                f"{caller} takes what binds symbols (a model, a device at a precision, a "
                f"setting), not {show(item)}"
            )
        for name in (bound.keys() & found.keys()).difference(decided):
            if not np.array_equal(bound[name], found[name]):
                quantity = SYMBOLS.get(name)
                what = f" ({quantity.meaning}, {quantity.unit})" if quantity else ""
                error = InputError(
                    f"two of the objects given to {caller} bind {name}{what}: {show(bound[name])} "
                    f"and {show(found[name])}; choose with {name}=..."
                )
                conflicts.setdefault(name, error)
        bound.update(found)
    return bound, conflicts


def missing(formula: str, names: list[str]) -> InputError:
    """Return the error for symbols that a call leaves without a value."""
    instead = {name: OPTIONAL[name] for name in names if isinstance(OPTIONAL.get(name), str)}
    names = list(dict.fromkeys(str(instead.get(name, name)) for name in names))
    lines = (f"{n} ({SYMBOLS[n].meaning}, {SYMBOLS[n].unit})" for n in names)
    return InputError(f"{formula} also needs {'; '.join(lines)}")


def unknown_value(formula: str, name: str, known: Iterable[str]) -> InputError:
    """Return the error for a keyword that changes nothing."""
    if name in SYMBOLS:  # what a formula knows is not what was meant
        return InputError(f"unknown value for {formula} {name!r}; known: {', '.join(known)}")
    return unknown_name(f"value for {formula}", name, known)


def symbol(name: str) -> Quantity:
    """Return a symbol by its identifier; raise `InputError` that suggests the nearest name."""
    if name not in SYMBOLS:
        raise unknown_name("symbol", name, SYMBOLS)
    return SYMBOLS[name]


def _number_or_array(quantity: Quantity, value: Any) -> Any:
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if type(value) is int or type(value) is float:
        return value
    array = value  # of another library: stays one
    try:
        if is_real(value):
            return float(value)
        if not hasattr(type(value), "__array_ufunc__") or isinstance(value, np.ndarray):
            array = _ndarray(value)
    except OverflowError:
        raise _out_of_range(quantity, value) from None
    except ValueError:  # ragged
        array = None
    if getattr(getattr(array, "dtype", None), "kind", "") not in ("i", "u", "f"):
        raise InputError(f"{quantity.name} = {show(value)} is not a number: {_allowed(quantity)}")
    # 64-bit integers would overflow in products of tokens and sizes.
    return array.astype(float, copy=False) if type(array) is np.ndarray else array.astype(float)


def _is_inside(quantity: Quantity, array: Any) -> bool:
    # Two reductions and no array of truth values: a third of the time.
    if not (array.min() >= quantity.low and array.max() <= quantity.high):
        return False
    return not quantity.integer or bool((np.floor(array) == array).all())


def _ndarray(value: Any) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        return value
    array = np.asarray(value)  # a matrix too: its product is not elementwise
    if array.dtype == object and all(map(is_real, array.flat)):
        return array.astype(float)  # fractions, integers beyond 64 bits
    return array


def is_real(value: Any) -> bool:
    """Say whether a value is one real number."""
    return isinstance(value, (int, float, Fraction, np.floating)) and not isinstance(value, bool)


def _out_of_range(quantity: Quantity, value: Any) -> InputError:
    return InputError(f"{quantity.name} = {show(value)} is out of range: {_allowed(quantity)}")


def _allowed(quantity: Quantity) -> str:
    kind = "a whole number" if quantity.integer else "a number"
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    return f"{quantity.meaning}, {kind} from {quantity.low:g} to {quantity.high:g}{unit}"
