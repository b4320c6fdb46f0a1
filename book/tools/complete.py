"""Put the published site together: the book, the chapters with a kernel, the PDF: `make site`.

What only the published site has, its pages link to from comments, which become text here.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

BUILD = Path(__file__).resolve().parents[2] / "_build"
SITE = BUILD / "site"
COMMENT = re.compile(r"<!--published (.*?) -->", re.DOTALL)


def main() -> None:
    """Write the whole site anew."""
    shutil.rmtree(SITE, ignore_errors=True)
    shutil.copytree(BUILD / "html", SITE)
    shutil.copytree(BUILD / "lite", SITE / "lite")
    shutil.copy(BUILD / "lifecost.pdf", SITE)
    for page in SITE.glob("**/*.html"):
        if not page.is_relative_to(SITE / "lite"):
            page.write_text(COMMENT.sub(r"\1", page.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
