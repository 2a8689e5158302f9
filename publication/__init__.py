"""Publication: from a judged candidate to an immutable release, and what people read from releases.

Holds: publish, shelf (which releases there are), verify, diff, query, summary. Does not hold: computing figures
(warehouse) or judging (expectations).
"""
