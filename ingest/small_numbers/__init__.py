"""Small numbers of a municipality's own sources: counts of one or two persons in a breakdown, hidden before the marts.

Holds: the audit of hidden cells over all sums (`audit`), what is hidden beside the small cells (`cover`), and which
delivered rows these are (`breakdowns`). Does not hold: which columns are counts in a breakdown (the contract of a
source), counts from a register extract (ingest.receive.disclosure), or how a hidden value is printed (publication).
"""
