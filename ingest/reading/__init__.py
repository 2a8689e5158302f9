"""Reading: one delivery from its bytes to its rows, and the way past a publisher's error.

Holds: the order of the steps, sheet by sheet, and the lines with which a refused delivery may be taken. Does not hold:
the steps themselves, or anything on disk.
"""
