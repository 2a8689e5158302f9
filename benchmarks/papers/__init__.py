"""What the papers of a release cost: workbooks, data package, site, after the marts exist.

Holds: the timing. Does not hold: a bar in a test.
"""
