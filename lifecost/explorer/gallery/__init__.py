"""The explorers of the book, one module each; every one opens at the post's setting."""

from lifecost.explorer import Explorer
from lifecost.explorer.gallery.balance import balance
from lifecost.explorer.gallery.compute_optimal import compute_optimal
from lifecost.explorer.gallery.design_space import design_space
from lifecost.explorer.gallery.gqa import gqa
from lifecost.explorer.gallery.kv_cache import kv_cache
from lifecost.explorer.gallery.kv_compression import kv_compression
from lifecost.explorer.gallery.lifetime import lifetime
from lifecost.explorer.gallery.my_model import my_model
from lifecost.explorer.gallery.overlap import overlap
from lifecost.explorer.gallery.qk_interactions import qk_interactions
from lifecost.explorer.gallery.roofline import roofline
from lifecost.explorer.gallery.shape import shape
from lifecost.explorer.gallery.speculative import speculative

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
