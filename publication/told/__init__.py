"""What a release says of the plans of a municipality, for all that prints it.

Holds: reading a release (`read`), words and symbols (`words`), formulas in words (`formulas`), cells (`figures`),
whole tables and notes (`tables`). Does not hold: computing or grading (warehouse), or how
anything looks (book, report).
"""
