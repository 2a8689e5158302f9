"""The report of a municipality: one HTML page that stands alone, and its PDF.

Holds: the first page (`summary`), the parts of a plan (`parts`), line charts (`charts`), the whole (`page`), the PDF
by a browser (`pdf`). Does not hold: reading a release or words (told), the workbook (book), where a file goes
(command).
"""
