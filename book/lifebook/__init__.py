"""The book's own Python: what its chapters show, check and measure, on top of `lifecost`."""
