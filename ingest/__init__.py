"""Ingest: landing -> snapshots -> typed raw Parquet.

Holds: taking deliveries, recognising them by content, reading them through dated contracts, typing values,
and the table definitions of the raw layer. Does not hold: judgement across sources (the warehouse does that),
projections, or anything that writes to a release.
"""
