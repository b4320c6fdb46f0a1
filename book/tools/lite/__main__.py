"""Build JupyterLite, JupyterLab as static files with a kernel in the reader's browser: `make lite`.

The chapters open without outputs, ready to be run; `import lifecost` and `import lifebook` work
at once.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat

from theme import address
from tools.lite import pyodide

ROOT = Path(__file__).resolve().parents[3]
SOURCE, LITE = Path(__file__).parent, ROOT / "_build/lite"
EXTENSION = Path(sys.prefix, "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension")

PAGE_LINK = re.compile(r"\[([^\]]*)\]\(([\w/-]+)\.md(#[^)]*)?\)")


def linked(text: str) -> str:
    """Return prose whose links to pages lead to the published book; without an address, none.

    Links from chapter to chapter stay: JupyterLite has the chapters and opens them itself.
    """
    site = address.site()
    return PAGE_LINK.sub(rf"[\1]({site}/book/\2.html\3)" if site else r"\1", text)


def chapter(path: Path) -> Any:
    """Return a chapter's notebook as it opens in the browser: without outputs, for that kernel."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.source = linked(cell.source)
    notebook.metadata.kernelspec = {
        "name": "python",
        "display_name": "Python (Pyodide)",
        "language": "python",
    }
    return notebook


def build_lab(notebooks: list[Path], lite: Path) -> None:
    """Fill a folder with JupyterLab and the chapters."""
    with tempfile.TemporaryDirectory() as name:
        contents = Path(name, "contents")
        contents.mkdir()
        for path in notebooks:
            nbformat.write(chapter(path), contents / path.name)
        shutil.copy(SOURCE / "jupyter-lite.json", name)
        command = [
            sys.executable, "-m", "jupyter", "lite", "build", "--lite-dir", name,
            "--contents", str(contents), "--output-dir", str(lite), "--apps", "lab",
            "--no-sourcemaps", "--no-unused-shared-packages", "--log-level=ERROR",
        ]  # fmt: skip
        # It warns that it could unpack archives faster, of which there are none.
        quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=name, env=quiet)
        for left_over in (*lite.glob("rspack.config*.js"), *lite.glob("**/package.json")):
            left_over.unlink()


def add_progress(lite: Path, files: dict[str, int]) -> None:
    """Let JupyterLab's page say how much of Python has arrived."""
    shutil.copy(SOURCE / "progress.js", lite)
    data = json.dumps({"folder": "pyodide/", "files": files}).replace('"', "&quot;")
    page = lite / "lab/index.html"
    script = f'<script src="../progress.js" data-python="{data}"></script>'
    page.write_text(page.read_text("utf-8").replace("</head>", f"{script}</head>", 1), "utf-8")


def main() -> None:
    """Build all of it anew."""
    shutil.rmtree(LITE, ignore_errors=True)
    build_lab(sorted((ROOT / "book").glob("*.ipynb")), LITE)
    add_progress(LITE, pyodide.gather(LITE / "pyodide", EXTENSION))


if __name__ == "__main__":
    main()
