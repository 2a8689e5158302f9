"""Texts and paths inside DuckDB's SQL.

Holds: quoting, once. Does not hold: any query, or how a room connects.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def literal(text: str) -> str:
    """A text as SQL writes it: 'it''s'."""
    return "'" + text.replace("'", "''") + "'"


def parquet(paths: Iterable[Path]) -> str:
    """The table function that reads these Parquet files, by their absolute paths."""
    return f"read_parquet([{', '.join(literal(str(path.resolve())) for path in paths)}])"
