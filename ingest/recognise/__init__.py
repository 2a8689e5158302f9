"""Recognise: which source, layout and period a grid is, by what it says.

Holds: headers, matching against the contracts, contradictions inside one grid, and what is said of a grid that nothing
recognises. Does not hold: the reading of its figures (rows).
"""
