"""What a language model costs over its whole life: training, prefill and decode.

Every quantity is one symbolic formula with a name, a unit and a source. Call it with numbers,
arrays, or rows of the catalogs.

Examples
--------
>>> from lifecost import kv_cache_size, models
>>> kv_cache_size(models["llama-3-8b"], batch=128, context=8192, kv_bytes=1)
68719476736
"""

from lifecost.catalog import (
    Hardware,
    Law,
    Model,
    PowerLaw,
    columns,
    hardware,
    laws,
    load_model,
    models,
    post,
    power_laws,
    wider_laws,
)
from lifecost.citations import cite
from lifecost.errors import InputError
from lifecost.formula import FORMULAS, Formula
from lifecost.formulas import *
from lifecost.level import levels
from lifecost.quantities import number, percent, quantity
from lifecost.symbols import Symbols
from lifecost.table import Table

__version__ = "0.1.0"

globals()["__all__"] = [
    *FORMULAS, "FORMULAS", "Formula", "Hardware", "InputError", "Law", "Model", "PowerLaw",
    "Symbols", "Table", "__version__", "cite", "columns", "hardware", "laws", "levels",
    "load_model", "models", "number", "percent", "post", "power_laws", "quantity",
    "wider_laws",
]  # fmt: skip
