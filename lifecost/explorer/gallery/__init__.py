"""The explorers of the book, one module each; every one opens at the post's setting."""

from lifecost.explorer import Explorer
from lifecost.explorer.gallery.kv_cache import kv_cache

EXPLORERS: dict[str, Explorer] = {explorer.name: explorer for explorer in (kv_cache,)}

__all__ = ["EXPLORERS", "kv_cache"]
