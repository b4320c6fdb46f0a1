"""Find a Firefox for the tests, or bring Debian's: `make test` runs this first, once."""

from __future__ import annotations

import shutil
import sys

from tools import chromium

NAMES = ("firefox-esr", "firefox")


def find() -> str | None:
    """Return the system's Firefox."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def main() -> int:
    """Bring one where that is allowed; elsewhere its tests say that they were left out."""
    problems = [] if find() else chromium.debian("firefox-esr")
    if not find():
        hint = "no Firefox, so nothing is tried in it (Debian: apt install firefox-esr)"
        print("; ".join([hint, *problems]), file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
