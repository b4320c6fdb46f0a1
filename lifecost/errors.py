"""The one error that wrong input raises."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class InputError(ValueError):
    """A value, a name or a file that the package cannot work with.

    The message is one line that names what was given, what is allowed and the unit, so that the
    command line can print it as it stands.
    """


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """Return the error for a name that is not among the known ones, suggesting the nearest."""
    known = sorted(known)
    near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
    return InputError(f"unknown {kind} {name!r}{hint}")
