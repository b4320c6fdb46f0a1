"""Rehearse Binder without Docker: install what it would, then run the chapters as its readers do.

An image of Binder is a clean environment, `pip install -r binder/requirements.txt` and postBuild in
the clone. Here the same happens in `_build/binder`; then places.py runs each chapter in that
JupyterLab, beside the other places.

    rehearse.py [chapter ...]
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tools import places

ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "_build/binder"
ENVIRONMENT, CLONE = PLACE / "env", PLACE / "clone"


def run(*command: str) -> float:
    """Run a command in the clone, in the environment, and return its seconds."""
    start = time.monotonic()
    # A reader on Binder has a home of his own, and no path to this tree.
    own = {"HOME": str(PLACE / "home"), "PATH": f"{ENVIRONMENT}/bin:{os.environ['PATH']}"}
    variables = {**{k: v for k, v in os.environ.items() if k != "PYTHONPATH"}, **own}
    subprocess.run(command, cwd=CLONE, env=variables, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def install() -> None:
    """Clone what is committed, and install as repo2docker's Dockerfile says."""
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "home").mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(CLONE)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(ENVIRONMENT)], check=True)
    pip = run("pip", "install", "-qq", "--no-cache-dir", "-r", "binder/requirements.txt")
    built = run("./binder/postBuild")
    size = sum(p.stat().st_size for p in ENVIRONMENT.rglob("*") if p.is_file()) / 1e6
    print(f"installed in {pip:.0f} s, postBuild in {built:.0f} s, {size:.0f} MB", flush=True)


if __name__ == "__main__":
    install()
    os.environ.pop("PYTHONPATH", None)
    sys.exit(places.main(["--python", str(ENVIRONMENT / "bin/python"), *sys.argv[1:]]))
