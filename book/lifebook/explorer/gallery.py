"""The explorers of the book, each under its own name, and that of any model."""

from importlib import import_module
from pkgutil import iter_modules

from lifebook.explorer import Explorer, declarations
from lifebook.explorer.declarations.my_model import explore as explore
from lifebook.explorer.declarations.my_model import my_model as my_model

# Whatever the modules of the declarations declare.
EXPLORERS: dict[str, Explorer] = {}
for _module in iter_modules(declarations.__path__, f"{declarations.__name__}."):
    _declared = vars(import_module(_module.name)).values()
    EXPLORERS |= {one.name: one for one in _declared if isinstance(one, Explorer)}
globals().update({name.replace("-", "_"): explorer for name, explorer in EXPLORERS.items()})
