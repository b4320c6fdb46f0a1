"""The shape of a model: what it does to the loss, and which one is the cheapest over a life."""

from lifecost.shape.laws import SHAPE_LAW, ShapeLaw, law_through, shape_laws
from lifecost.shape.life import Shape, lifetime_of_shape
from lifecost.shape.real import real_shape
from lifecost.shape.search import cheapest_shape

__all__ = [
    "SHAPE_LAW",
    "Shape",
    "ShapeLaw",
    "cheapest_shape",
    "law_through",
    "lifetime_of_shape",
    "real_shape",
    "shape_laws",
]
