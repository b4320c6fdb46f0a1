"""The sources behind a result: what a formula was derived from, where a row of data was read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from lifecost.errors import InputError
from lifecost.formula import Formula
from lifecost.values import show

_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),.*?^\}$", re.M | re.S)


@cache
def bibliography() -> dict[str, str]:
    """Return the BibTeX of every source, by key."""
    text = resources.files("lifecost").joinpath("data", "references.bib").read_text("utf-8")
    return {found["key"]: found[0] for found in _ENTRY.finditer(text)}


class Citations(dict[str, list[str]]):
    """What each source stands behind, by bibliography key or, where there is none, in words.

    Printed, it is a line a source, and the BibTeX of those that have a key.
    """

    @property
    def bibtex(self) -> str:
        """BibTeX entries of the sources, in the order in which they are listed."""
        known = bibliography()
        return "\n\n".join(known[source] for source in self if source in known)

    def __str__(self) -> str:
        lines = (f"{source}: {', '.join(things)}" for source, things in self.items())
        return "\n".join(lines) + "\n\n" + self.bibtex

    def __repr__(self) -> str:
        return str(self).rstrip()


def cite(*things: Any) -> Citations:
    """Return the sources behind a result.

    Parameters
    ----------
    things
        What the result was computed with: formulas, and rows of the catalogs (models, devices,
        laws), the post's setting among them. A formula brings the sources of those that it is made
        of; what is derived in the book has none.

    Raises
    ------
    InputError
        If something is neither.

    Examples
    --------
    >>> from lifecost import kv_load_flop_equivalent, models
    >>> found = cite(kv_load_flop_equivalent, models["llama-3-8b"])
    >>> for source, things in found.items():
    ...     print(source, things)
    matx_lifetime_llm_cost ['kv_load_flop_equivalent']
    pope2023efficiently ['kv_bytes_read']
    llama3_2024 ['llama-3-8b']
    >>> found.bibtex.splitlines()[0]
    '@misc{matx_lifetime_llm_cost,'
    """
    found = Citations()
    for thing in things:
        for name, source in _sources(thing):
            if source != "derived" and name not in found.setdefault(source, []):
                found[source].append(name)
    return found


def _sources(thing: Any) -> Iterator[tuple[str, str]]:
    if isinstance(thing, Formula):
        yield from ((formula.name, formula.source) for formula in (thing, *thing.uses))
    elif isinstance(getattr(thing, "source", None), str):
        yield thing.name, thing.source
    else:
        raise InputError(f"cite takes formulas and rows of the catalogs, not {show(thing)}")
