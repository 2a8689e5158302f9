"""Sources: one folder for each statistic that is received.

Holds: its contract, the raw tables that it fills, known errors of its publisher and, only where YAML cannot say it, its
reader. Does not hold: data, or code that knows another source.
"""
