"""Pictures: arrays in, a figure out; no formula and no file is read here.

`style` holds the colors and the figure that shows itself; there is one module for each chapter.
"""
