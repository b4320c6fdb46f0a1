"""The cost model in sympy, one module for each step of the argument."""

from lifecost.formula import FORMULAS
from lifecost.formulas.answers import *
from lifecost.formulas.compression import *
from lifecost.formulas.decode import *
from lifecost.formulas.design import *
from lifecost.formulas.energy import *
from lifecost.formulas.equal_loss import *
from lifecost.formulas.hardware import *
from lifecost.formulas.hybrid import *
from lifecost.formulas.interactions import *
from lifecost.formulas.kv_cache import *
from lifecost.formulas.kv_family import *
from lifecost.formulas.layout import *
from lifecost.formulas.lifetime import *
from lifecost.formulas.mixture import *
from lifecost.formulas.overheads import *
from lifecost.formulas.prefill import *
from lifecost.formulas.prefix import *
from lifecost.formulas.reinforcement import *
from lifecost.formulas.requests import *
from lifecost.formulas.roofline import *
from lifecost.formulas.scaling_law import *
from lifecost.formulas.service import *
from lifecost.formulas.shape import *
from lifecost.formulas.speculative import *
from lifecost.formulas.split import *
from lifecost.formulas.time import *
from lifecost.formulas.training import *
from lifecost.formulas.training_memory import *
from lifecost.formulas.transformer import *
from lifecost.formulas.wider_laws import *

# Whatever is registered: type checkers and editors read the imports above.
globals()["__all__"] = [*FORMULAS]
