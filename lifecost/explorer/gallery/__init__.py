"""The explorers of the book, one module each; every one opens at the post's setting."""

from lifecost.explorer import Explorer
from lifecost.explorer.gallery.balance import balance
from lifecost.explorer.gallery.compute_optimal import compute_optimal
from lifecost.explorer.gallery.gqa import gqa
from lifecost.explorer.gallery.kv_cache import kv_cache
from lifecost.explorer.gallery.roofline import roofline
from lifecost.explorer.gallery.shape import shape

EXPLORERS: dict[str, Explorer] = {
    explorer.name: explorer
    for explorer in (compute_optimal, kv_cache, gqa, balance, roofline, shape)
}

__all__ = ["EXPLORERS", "balance", "compute_optimal", "gqa", "kv_cache", "roofline", "shape"]
