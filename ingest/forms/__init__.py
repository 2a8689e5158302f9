"""Workbooks of our own forms: what an office fills in, sheet by sheet.

Holds: a form as data (sources/<source>/form.yaml and the lists here), cells as people type them, a workbook of a form
-> rows with their place, and what is wrong at which cell. Does not hold: publishers' tables (recognise, rows), what
the rows of one form mean (the source's reader), writing an empty form (feedback).
"""
