"""What must be true of the published marts, as plain data: frames to look at and checks on their columns.

Holds: one module per subject, each with its frames (SQL over the candidate, small: one row per municipality and date or
the like, never one per age cell) and its checks with owner, action and the reason of their threshold; `forms`, what
subjects share; `declared`, all subjects together. Readable without importing Great Expectations, so that a list of
checks costs nothing. A check that is added to a subject touches its module and its test, nothing else.

Does not hold: what a dbt test already says of a column or a key (not null, unique, accepted values, relations,
parts that add to totals); running anything (`validation`); deciding about publication (`gate`).

A helper column is null where its rule does not apply; Great Expectations skips nulls. Every frame has a row-count
check, because an empty frame passes all others.
"""
