"""The finished workbook of one plan: what an office puts before a council and hands to readers.

Holds: reading a release for one plan (`told`), words and number formats of print (`words`), pages (`page`), one module
per kind of sheet, the whole (`write`). Does not hold: computing or grading (warehouse), choosing a release (shelf),
forms to fill in (feedback).
"""
