"""What `make bench` runs, tried with few points and one round: it reaches its end."""

import os
import subprocess
import sys
from pathlib import Path

import bench
import sympy

from lifecost import FORMULAS

ROOT = Path(__file__).parents[1]


def test_what_is_measured_has_an_extreme():
    extreme = {n for n, f in FORMULAS.items() if f.expr.atoms(sympy.Max, sympy.Min)}
    assert set(bench.BY_HAND) <= extreme


def test_the_benchmark_runs_to_its_end():
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--benchmark-only", "-q", "-p", "no:cacheprovider",
         "tests/bench.py"],
        cwd=ROOT, capture_output=True, text=True,
        env={**environment, "LIFECOST_BENCH_SHORT": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:]
    assert done.stdout.count("calls/s") == len(FORMULAS)
    assert "of NumPy by hand" in done.stdout
