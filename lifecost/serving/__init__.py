"""What it takes to serve a model: its layout on so many chips, and the times that users see."""

from lifecost.serving.cases import Layout, Overheads, overheads, regime, setting
from lifecost.serving.service import Service, Time, layouts, price_of, serve

__all__ = [
    "Layout", "Overheads", "Service", "Time", "layouts", "overheads", "price_of", "regime", "serve",
    "setting",
]  # fmt: skip
