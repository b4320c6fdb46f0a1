"""The cost model in sympy, one module for each step of the argument."""
