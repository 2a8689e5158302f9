"""Vocabulary: how Japanese files write text, numbers, dates, ages and codes.

Holds: one spelling -> one value, or an error. Does not hold: which value a file should have.
"""
