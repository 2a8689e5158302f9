"""Projection: the population vision (人口ビジョン) recomputed, as pure functions from frames to frames.

Holds: cohort-component engine, recovery of rates, scenarios, decomposition, goal seek, back-test, bands.
Does not hold: reading deliveries (ingest), warehouse tables (dbt_project), Dagster (orchestration).
"""
