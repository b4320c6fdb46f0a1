"""The explorers of the book, each under its own name, and that of any model."""

from lifebook.explorer import Explorer
from lifebook.explorer.declarations.balance import balance
from lifebook.explorer.declarations.compute_optimal import compute_optimal
from lifebook.explorer.declarations.design_space import design_space
from lifebook.explorer.declarations.gqa import gqa
from lifebook.explorer.declarations.kv_cache import kv_cache
from lifebook.explorer.declarations.kv_compression import kv_compression
from lifebook.explorer.declarations.lifetime import lifetime
from lifebook.explorer.declarations.my_model import explore, my_model
from lifebook.explorer.declarations.overlap import overlap
from lifebook.explorer.declarations.qk_interactions import qk_interactions
from lifebook.explorer.declarations.roofline import roofline
from lifebook.explorer.declarations.shape import shape
from lifebook.explorer.declarations.speculative import speculative

EXPLORERS: dict[str, Explorer] = {
    explorer.name: explorer
    for explorer in (
        compute_optimal,
        kv_cache,
        gqa,
        balance,
        roofline,
        overlap,
        lifetime,
        kv_compression,
        shape,
        speculative,
        qk_interactions,
        design_space,
        my_model,
    )
}

__all__ = [
    "EXPLORERS",
    "balance",
    "compute_optimal",
    "design_space",
    "explore",
    "gqa",
    "kv_cache",
    "kv_compression",
    "lifetime",
    "my_model",
    "overlap",
    "qk_interactions",
    "roofline",
    "shape",
    "speculative",
]
