"""Where the source and the published book live: told by the environment or git, or not known.

`LIFECOST_REPOSITORY` names the repository (https://github.com/owner/name), else the remote `origin`
does; `LIFECOST_SITE` names the published site, else the repository's Pages do; `LIFECOST_REF` names
what Binder and Colab open, else the tag or branch that is checked out. Nothing is guessed beyond
that: what is not known is None, and whatever would lead there is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GITHUB = re.compile(
    r"(?:https://(?:[^/@]+@)?github\.com/|(?:ssh://)?git@github\.com[:/])([\w.-]+)/([\w.-]+?)(?:\.git)?/?"
)
BINDER = "https://mybinder.org/v2/gh"
COLAB = "https://colab.research.google.com/github"
UNNAMED = "https://github.com/OWNER/NAME"  # in prose, where the repository is not known


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], capture_output=True, text=True, cwd=ROOT, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _owner_and_name() -> tuple[str, str] | None:
    given = os.environ.get("LIFECOST_REPOSITORY") or _git("remote", "get-url", "origin")
    found = GITHUB.fullmatch(given)
    return (found[1], found[2]) if found else None


def repository() -> str | None:
    """Return the address of the source, without a slash at its end."""
    found = _owner_and_name()
    return f"https://github.com/{found[0]}/{found[1]}" if found else None


def site() -> str | None:
    """Return the address of the published book, without a slash at its end."""
    given = os.environ.get("LIFECOST_SITE", "").rstrip("/")
    if given:
        return given if re.fullmatch(r"https?://[^\s\"'<>]+", given) else None
    found = _owner_and_name()
    if not found:
        return None
    owner, name = found[0].lower(), found[1]
    host = f"https://{owner}.github.io"
    return host if name.lower() == f"{owner}.github.io" else f"{host}/{name}"


def ref() -> str:
    """Return what Binder and Colab open: a tag, whose image is built once, or else a branch."""
    return (
        os.environ.get("LIFECOST_REF")
        or _git("describe", "--tags", "--exact-match")
        or _git("branch", "--show-current")
        or _git("rev-parse", "HEAD")
        or "HEAD"
    )


def binder(notebook: str) -> str | None:
    """Return the address that opens a notebook, by its path in the repository, on Binder."""
    found = _owner_and_name()
    if not found:
        return None
    return f"{BINDER}/{found[0]}/{found[1]}/{ref()}?urlpath=lab/tree/{notebook}"


def colab(notebook: str) -> str | None:
    """Return the address that opens a notebook, by its path in the repository, in Colab."""
    found = _owner_and_name()
    return f"{COLAB}/{found[0]}/{found[1]}/blob/{ref()}/{notebook}" if found else None


def named(text: str) -> str:
    """Return prose whose commands install from the repository, at what Colab opens, if known."""
    known = repository()
    return text.replace(UNNAMED, f"{known}@{ref()}") if known else text


if __name__ == "__main__":  # the Makefile builds anew when this changes
    print(repository(), site(), binder(""))
