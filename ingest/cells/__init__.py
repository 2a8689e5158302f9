"""Cells: bytes -> grids of cells with row numbers, without a word about what they mean.

Holds: decoding and RFC 4180, workbooks parsed in a child process, what is no table. Does not hold: headers, areas,
figures, or any name of a source.
"""
