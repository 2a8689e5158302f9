"""Consistency: what the rows of one delivery say of each other.

Holds: sums in a row, over areas and blocks, sizes, one key twice. Does not hold: rules over several deliveries or over
time; the warehouse judges those.
"""
