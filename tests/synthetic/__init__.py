"""Synthetic deliveries for tests: copies of the samples with one planted fault each.

Holds: writers of faults. Does not hold: true figures (samples/) or the judgement of a fault (ingest/, expectations/).
Nothing written here is a real figure, and no number in it belongs to a person.
"""
