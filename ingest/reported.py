"""Rows that sections report beside the plans that they are about.

Holds: which reported rows are not used because no plan knows them, because they are of another size or because two
sections say two things. Does not hold: reading a report (its source), scoring (the warehouse).
"""
