"""The house: who may import whom, and what exists only once."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from every import every

import lifecost
from lifebook.figures import style
from lifecost import FORMULAS, Formula

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lifecost"
# Who lives where, from the ground up: each room imports only rooms before it. The library knows
# nothing of the book; the book knows the library.
ROOMS = {
    "lifecost": [
        "errors", "data", "symbols", "algebra", "printers", "values", "stack", "blocks",
        "formula", "formulas", "quantities", "table", "config", "catalog",
        "citations", "level", "optimum", "serving", "workload",
        "report", "tables", "__init__", "__main__",
    ],
    "lifebook": [
        "__init__", "data", "shapes", "mixtures", "prompts", "designs", "evidence", "measure",
        "experiments", "hybrids", "lives", "asked", "life_checks", "mixes", "step3", "claims",
        "ledger", "exercises", "published", "figures", "predict", "explorer",
    ],
}  # fmt: skip
KNOWS = {"lifecost": {"lifecost"}, "lifebook": {"lifecost", "lifebook"}}
MODULES = {
    ".".join(path.relative_to(folder).with_suffix("").parts): path
    for folder, tenant in ((ROOT, "lifecost"), (ROOT / "book", "lifebook"))
    for path in sorted((folder / tenant).rglob("*.py"))
}
# A narrower list where the room has a stricter rule.
ONLY = {
    # Arrays in, a picture out: no formula, no data.
    "lifebook.figures": {"lifebook.figures", "lifecost.quantities"},
    "lifecost.formulas": {
        "lifecost.formulas", "lifecost.formula", "lifecost.algebra", "lifecost.symbols",
    },
    "lifecost.blocks": {"lifecost.blocks", "lifecost.stack", "lifecost.symbols"},
    "lifecost.errors": set(),
    "lifecost.quantities": {"lifecost.errors", "lifecost.symbols"},
}  # fmt: skip
OUTSIDE = {
    "lifecost.formulas": {"__future__", "math", "typing", "sympy"},
    "lifecost.symbols": {"__future__", "collections", "dataclasses", "typing", "sympy"},
}
SETTINGS = "lifecost.formulas._settings"  # of the examples
FILES = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "load", "exec", "eval"}


def room(module):
    tenant, *inside = module.split(".")
    return f"{tenant}.{inside[0] if inside else '__init__'}"


def imports(path):
    """Yield every module that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the direction"
            if node.module in ROOMS:  # `from lifecost import values` is a module
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def test_every_room_is_known():
    known = {f"{tenant}.{name}" for tenant, names in ROOMS.items() for name in names}
    assert {room(name) for name in MODULES} <= known


@every("module", MODULES)
def test_direction_of_imports(module):
    own, found = room(module), {room(name) for name in imports(MODULES[module])}
    found = {name for name in found if name.split(".")[0] in ROOMS}
    tenant, here = own.split(".")
    assert {name.split(".")[0] for name in found} <= KNOWS[tenant]
    above = ROOMS[tenant][: ROOMS[tenant].index(here) + 1]
    inside = {name for name in found if name.startswith(tenant)}
    # What a package exports is named by the package: `from lifecost import models`.
    inside = {n for n in inside if n.split(".")[1] in ROOMS[tenant]}
    assert inside <= {f"{tenant}.{name}" for name in above}
    assert found <= ONLY.get(own, found)


@every("module", [name for name in MODULES if room(name) in OUTSIDE])
def test_what_comes_from_outside(module):
    found = {name.split(".")[0] for name in imports(MODULES[module])}
    assert found - set(ROOMS) <= OUTSIDE[room(module)]


@pytest.mark.parametrize("module", [name for name in MODULES if room(name) == "lifebook.figures"])
def test_figures_read_no_file(module):
    calls = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8")))
        if isinstance(node, ast.Call)
    }
    calls -= {"Image.open"}  # a picture in memory
    assert not {call.rpartition(".")[2] for call in calls} & FILES
    assert not {"pathlib", "tomllib", "json", "sympy"} & set(imports(MODULES[module]))


@every("module", [name for name in MODULES if room(name) == "lifecost.formulas"])
def test_formulas_hold_no_constant_with_a_unit(module):
    # Small whole numbers count things: passes, norms, halves. What was measured lives in data/, and
    # what an example has, on its decorator or by name from the settings, enters no formula.
    if module == SETTINGS:
        return
    tree = ast.parse(MODULES[module].read_text("utf-8"))
    settings = set(dir(importlib.import_module(SETTINGS))) - {"annotations"}
    for node in tree.body:  # what examples of this module share
        if isinstance(node, ast.Assign | ast.AnnAssign) and not all(map(_counts, _numbers(node))):
            named = node.targets if isinstance(node, ast.Assign) else [node.target]
            settings |= {name.id for name in named}
            node.value = None
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            node.decorator_list.clear()
            used = {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}
            assert not used & settings
    assert all(map(_counts, _numbers(tree)))


def _numbers(tree):
    constants = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [value for value in constants if isinstance(value, int | float)]


def _counts(number):
    return isinstance(number, int) and number <= 3


def test_import_is_light():
    # What draws and clicks is loaded when it draws and clicks.
    heavy = {"matplotlib", "ipywidgets", "IPython", "pandas", "dask", "lifebook"}
    heavy |= {"lifecost.printers.python"}
    code = "import sys, lifecost; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # its own process: this one has drawn already
    loaded = set(done.stdout.split())
    assert "lifecost.formula" in loaded
    assert not heavy & loaded


def test_exports():
    assert all(hasattr(lifecost, name) for name in lifecost.__all__)
    assert len(set(lifecost.__all__)) == len(lifecost.__all__)


@every("name", FORMULAS)
def test_formula_is_exported(name):
    assert getattr(lifecost, name) is FORMULAS[name]
    assert name in lifecost.__all__


def test_every_exported_formula_is_registered():
    exported = {name for name in lifecost.__all__ if isinstance(getattr(lifecost, name), Formula)}
    assert exported == set(FORMULAS)


@every("formula", FORMULAS.values())
def test_formula_has_a_meaning_and_a_source(formula):
    references = (PACKAGE / "data" / "references.bib").read_text("utf-8")
    assert len(formula.meaning) > 10
    assert formula.source == "derived" or f"{{{formula.source}," in references
    assert formula.module in {path.stem for path in (PACKAGE / "formulas").glob("*.py")}
    assert all(assumption.strip() for assumption in formula.assumptions)


def test_colors_are_the_pages():
    css = (ROOT / "book/theme/styles/colors.css").read_text("utf-8")
    found = dict(re.findall(r"--lc-([a-z]+):\s*(?:light-dark\()?(#[0-9A-Fa-f]{6})", css))
    assert found == style.COLORS
    assert len(set(style.COLORS.values())) == len(style.COLORS)
    assert set(style.COLORS.values()) == set(style.SERIES)


def test_typed():
    assert all((folder / "py.typed").exists() for folder in (PACKAGE, ROOT / "book/lifebook"))
