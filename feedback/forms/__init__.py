"""Workbooks of our own forms: what an office is given to fill in.

Holds: a form and rows -> a workbook with drop-downs and explanations; the rows of an empty or a filled plan register
and of a section's report. Does not hold: the forms as data and the reading of what comes back (ingest.forms), or where
plans and values lie (orchestration).
"""
