"""The explorers of the book, each under its own name, and that of any model.

A chapter imports one, and no other is declared for it.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from lifebook.explorer import Explorer, declarations
from lifebook.explorer.declarations.my_model import explore as explore

_MODULES = [module.name for module in iter_modules(declarations.__path__)]


def __getattr__(name: str) -> Any:
    if name == "EXPLORERS":  # whatever the modules of the declarations declare
        declared = [one for module in _MODULES for one in vars(_module(module)).values()]
        globals()[name] = {one.name: one for one in declared if isinstance(one, Explorer)}
        return globals()[name]
    if name in _MODULES and name in vars(_module(name)):
        return vars(_module(name))[name]
    raise AttributeError(f"no explorer is called {name}")


def __dir__() -> list[str]:
    return [*globals(), *(name.replace("-", "_") for name in __getattr__("EXPLORERS"))]


def _module(name: str) -> Any:
    return import_module(f"{declarations.__name__}.{name}")
