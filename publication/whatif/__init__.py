"""What-if page: one file with sliders that runs a municipality's projection in the browser, offline.

Holds: the page. Does not hold: the recursion's inputs (projection.desk.whatif), or where the page is written.
"""
