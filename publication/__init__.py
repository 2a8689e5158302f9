"""Publication: from a judged candidate to an immutable release, and what people read from releases.

Holds: publish, shelf (which releases there are), verify, diff, query, summary; what is told of plans (`told`) and the
papers made of it (`book`, `report`). Does not hold: computing figures (warehouse) or judging (expectations).
"""
