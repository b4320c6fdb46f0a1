"""The API page: whatever a reader imports is documented, parameter by parameter."""

import ast
import importlib
import inspect
import json
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from every import every

import lifecost
from lifecost import FORMULAS, Formula

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "book/reference/api.md").read_text("utf-8")
DOCUMENTED = re.findall(r":: (life(?:cost|book)[\w.]+)", PAGE)


@cache
def resolved(name):
    """Return what a dotted name says."""
    try:
        return importlib.import_module(name)
    except ImportError:
        above, _, last = name.rpartition(".")
        return getattr(resolved(above), last)


def imported():
    """Yield each public thing that a chapter imports, or reaches through a module of figures."""
    for path in sorted(ROOT.glob("book/*.ipynb")):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
        modules = {}
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module.split(".")[0] in (
                "lifecost",
                "lifebook",
            ):
                for name in (f"{node.module}.{alias.name}" for alias in node.names):
                    if isinstance(resolved(name), ModuleType):
                        modules[name.rpartition(".")[2]] = name
                    else:
                        yield name
        for module, attribute in re.findall(r"\b(\w+)\.([a-z]\w*)\(", code):
            if module in modules:
                yield f"{modules[module]}.{attribute}"


READERS = sorted({f"lifecost.{name}" for name in lifecost.__all__} | set(imported()))
CALLABLES = [n for n in READERS if inspect.isfunction(resolved(n)) or inspect.isclass(resolved(n))]


def test_chapters_import_something():
    assert len(READERS) > 180
    assert "lifebook.figures.training.isoflop_valleys" in READERS


@every("name", CALLABLES)
def test_is_on_the_page(name):
    assert any(resolved(name) is resolved(shown) for shown in DOCUMENTED)


@every("name", [n for n in READERS if n not in CALLABLES])
def test_objects_are_named(name):
    found = resolved(name)
    if isinstance(found, Formula):
        assert found.name in FORMULAS  # each has a card: test_reference
    elif name.startswith("lifebook.explorer.gallery."):
        assert "`lifebook.explorer.gallery`" in PAGE
    elif name.count(".") == 1:
        assert f"`{name.removeprefix('lifecost.')}`" in PAGE


@every("name", [n for n in DOCUMENTED if inspect.isroutine(resolved(n))])
def test_says_what_it_takes_and_returns(name):
    text = inspect.getdoc(resolved(name))
    assert re.match(r"(Return|Yield|Draw)s? ", text)
    for parameter in inspect.signature(resolved(name)).parameters:
        assert re.search(rf"\b{parameter}\b", text), parameter
    if name.count(".") == 1:
        assert ">>> " in text
