"""Orchestration: Dagster definitions, schedules, resources and the `sousei` command.

Holds wiring only. Does not hold data logic. Nothing imports this package.
"""
