"""What it takes to serve a model: its layout on so many chips, and the times that users see."""

from lifecost.serving.cases import Layout, Overheads, overheads, regime, setting
from lifecost.serving.choice import Point, fewest_chips, frontier
from lifecost.serving.service import Service, Time, layouts, price_of, serve
from lifecost.serving.speculation import best_draft_length, draft_cost

__all__ = [
    "Layout", "Overheads", "Point", "Service", "Time", "best_draft_length", "draft_cost",
    "fewest_chips", "frontier", "layouts", "overheads", "price_of", "regime", "serve", "setting",
]  # fmt: skip
