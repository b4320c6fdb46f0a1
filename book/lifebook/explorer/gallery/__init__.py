"""The explorers of the book, one module each; every one opens at the post's setting."""

from lifebook.explorer import Explorer
from lifebook.explorer.gallery.balance import balance
from lifebook.explorer.gallery.compute_optimal import compute_optimal
from lifebook.explorer.gallery.design_space import design_space
from lifebook.explorer.gallery.gqa import gqa
from lifebook.explorer.gallery.kv_cache import kv_cache
from lifebook.explorer.gallery.kv_compression import kv_compression
from lifebook.explorer.gallery.lifetime import lifetime
from lifebook.explorer.gallery.my_model import my_model
from lifebook.explorer.gallery.overlap import overlap
from lifebook.explorer.gallery.qk_interactions import qk_interactions
from lifebook.explorer.gallery.roofline import roofline
from lifebook.explorer.gallery.shape import shape
from lifebook.explorer.gallery.speculative import speculative

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
