"""Predictions against measurements: those that others published, and this machine's own."""
