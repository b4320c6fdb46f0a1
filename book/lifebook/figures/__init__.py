"""Pictures: arrays in, a figure out; no formula and no file is read here.

`style` holds the colors and the figure that shows itself; there is one module for each chapter.
"""

from importlib.util import find_spec

if not find_spec("matplotlib"):
    raise ImportError("pictures need matplotlib: pip install ./book")
