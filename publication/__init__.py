"""Publication: from a judged candidate to an immutable release, and what people read from releases.

Holds: release, verify, status, diff, query. Does not hold: computing figures (warehouse) or judging (expectations).
"""
