"""Areas: which municipality, prefecture or ward a code or name is.

Holds: the register of areas over time, spellings, codes as people type them, and what a message may show of a text.
Does not hold: the areas of a file's rows (rows).
"""
