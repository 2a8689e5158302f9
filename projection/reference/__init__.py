"""Small reference tables of our own (facts with their primary source in a column) and how they were derived.

Does not hold: deliveries, municipal figures other than those that a plan prints.
"""
