"""Rows: a recognised grid -> typed rows of a raw table.

Holds: keys, areas, figures and dimensions of rows, and what the columns of one row say of each other. Does not hold:
what rows say of each other (consistency).
"""
