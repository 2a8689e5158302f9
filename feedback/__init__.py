"""Feedback: what the maker of a delivery is told to mend.

Holds: the checks of machine readability, their rules, and the page (HTML and workbook) for each delivery. Does not
hold: whether a delivery is taken (ingest), or anything about a release.
"""
