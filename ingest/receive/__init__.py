"""Receive: what lies in landing comes in, or is refused at the door.

Holds: landing -> snapshot, personal data found before a byte is stored, persons counted in memory. Does not hold: what
a table means; that begins with recognise.
"""
