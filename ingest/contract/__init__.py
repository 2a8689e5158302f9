"""Contract: what a source is and the layouts that it has had, as data.

Holds: the strict form of contract.yaml (strict, rules, model) and indicators.yaml, their loading, and mistakes in them
told by file and line. Does not hold: how a layout is found in a file (recognise).
"""
