"""`python -m oracle`."""

from .run import main

main()
