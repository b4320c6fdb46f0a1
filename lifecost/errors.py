"""The one error that wrong input raises."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Any

_SHORT = 20  # so many names a message lists in full


class InputError(ValueError):
    """A value, a name or a file that the package cannot work with.

    The message is one line that names what was given, what is allowed and the unit, so that the
    command line can print it as it stands.
    """


def show(value: Any) -> str:
    """Return a value as a message quotes it: on one line, and short."""
    if isinstance(value, int) and value.bit_length() > 128:  # Python refuses to print a longer one
        return f"an integer of {value.bit_length()} bits"
    text = " ".join(repr(value).split())
    return text if len(text) <= 40 else text[:37] + "..."


def check_known(kind: str, name: object, known: Collection[str], listed: str = "") -> None:
    """Raise the error of `unknown_name` unless a name is among the known ones."""
    if not isinstance(name, str) or name not in known:
        raise unknown_name(kind, name, known, listed)


def unknown_name(kind: str, name: object, known: Iterable[str], listed: str = "") -> InputError:
    """Return the error for a name that is not among the known ones, suggesting the nearest.

    Where they are too many for a line, and ``listed`` is what Python lists them from, it says so.
    """
    known = sorted(known)
    near = nearest(name, known) if isinstance(name, str) else []
    *others, last = map(repr, near) if near else [""]
    many = listed and len(known) > _SHORT
    if last:
        hint = f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
        hint += f" All {len(known)}: list({listed})" if many else ""
    elif many:
        hint = f"known: {', '.join(known[:3])} and {len(known) - 3} more: list({listed})"
    else:
        hint = f"known: {', '.join(known)}"
    given = repr(name) if isinstance(name, str) else show(name)
    return InputError(f"unknown {kind} {given}; {hint}")


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names that a wrong one may have meant: none, or up to three.

    Upper case is as lower case. A name that begins others, marks between its words aside, means
    these; else names are compared word by word before they are letter by letter.

    Examples
    --------
    >>> nearest("H100-SXM5-80GB", ["a100-sxm-80gb", "h100-pcie", "h100-sxm"])
    ['h100-sxm']
    >>> nearest("llama3", ["llama-2-7b", "llama-3-70b", "llama-3-8b"])
    ['llama-3-70b', 'llama-3-8b']
    >>> nearest("gpt-2", ["gpt-3-175b", "gpt-oss-20b", "opt-175b"])
    ['gpt-3-175b', 'gpt-oss-20b']
    >>> nearest("nope", ["gopher-280b"])
    []
    """
    known = [one for one in known if _words(one)]  # a column's head may have no word
    return [one for one in known if _begins(name, one)][:3] or _likest(name, known)[:3]


def _begins(name: str, other: str) -> bool:
    start = "".join(_words(name))
    # A number that goes on is another number: A10 does not begin A100.
    pattern = "[^a-z0-9.]*".join(map(re.escape, start)) + r"(?!(?<=\d)\d)"
    return len(start) > 2 and re.match(pattern, other.lower()) is not None


def _likest(name: str, known: list[str]) -> list[str]:
    words = _words(name)
    likeness = {
        one: difflib.SequenceMatcher(None, name.lower(), one.lower()).ratio() for one in known
    }
    shared = {one: _shared(words, _words(one)) for one in known}
    most = max(shared.values(), default=0)
    if most < 2 and (slips := _alike(likeness, known, 0.85)):
        return slips
    best = [one for one in known if shared[one] == most > 0]
    best = [one for one in best if set(_words(one)) <= set(words)] or best
    if best and all(any(_same(word, own) for own in _words(best[0])) for word in words):
        least = min(len(_words(one)) for one in best)
        return [one for one in best if len(_words(one)) == least]
    if most == 1 and len(words[0]) > 2:  # of one family, and no more than that
        family = [one for one in best if _words(one)[0] == words[0]]
        if family and not _alike(likeness, family, 0.75):
            return family
    return _alike(likeness, best, 0 if most >= 2 else 0.6) or _alike(likeness, known, 0.75)


def _alike(likeness: dict[str, float], names: list[str], least: float) -> list[str]:
    top = max((likeness[one] for one in names), default=0)
    return [one for one in names if likeness[one] > top - 0.02] if top > least else []


def _words(name: str) -> list[str]:
    return re.findall(r"[a-z0-9.]+", name.lower())


def _shared(words: list[str], own: list[str]) -> float:
    """Return how many words two names share; one like H100, at the beginning, counts twice."""
    twice = own[0] if re.search("[a-z][0-9]", own[0]) else ""
    return sum(max(_same(word, one) * (1 + (one == twice)) for one in own) for word in words)


def _same(word: str, other: str) -> float:
    """Return 1 for equal words, less where one is a longer form of the other: SXM5 of SXM."""
    if word == other:
        return 1
    short, long = sorted((word, other), key=len)
    is_form = len(short) > 1 and long.startswith(short)
    # A100 is no form of A10 either.
    return 0.5 if is_form and not (short[-1] + long[len(short)]).isdigit() else 0
