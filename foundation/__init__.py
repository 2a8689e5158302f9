"""Foundation: what every room stands on.

Holds: paths, whole-or-nothing writing, the clock and the fiscal year, fingerprints of the program, DuckDB sessions and
quoting. Does not hold: anything that knows a source, a table or a figure.
"""
