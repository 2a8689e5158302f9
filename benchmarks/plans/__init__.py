"""What plans cost: the warehouse step with many municipalities' registers and reports.

Holds: the timing. Does not hold: a bar in a test.
"""
