"""What builds, checks and measures the book; the Makefile runs each as `python -m tools.NAME`."""
