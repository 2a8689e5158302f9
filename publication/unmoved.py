"""Tables that did not move since the last release, taken from it: their rows as they lie there, and their files.

Holds: the database that a release begins with, which of its tables stay, and the link to a file. Does not hold: writing
a table (`contents`), what moved in the others (`changes`), or files that come out equal though they were written
(`shared`).

A release begins with a copy of the last one's database where that is of the same code, whose rows lie in the order that
this code gives them. A table stays in it where both have the same columns and types, as many rows and the same sum of
the hashes of their rows; that is what `changes` passes over, too. All rows are read for that, so that a page that was
damaged on disk is found. A file is taken over only while its hash is the one that its manifest states: what was damaged
is written anew.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from sousei.foundation.duck import connect, facts_of, identifier, quoted, tables_of
from sousei.foundation.files import sha256_of
from sousei.publication.manifest import Manifest, Table
from sousei.publication.shelf import read


class Unmoved:
    """What one new release takes from the last."""

    def __init__(self, database: Path, candidate: Path, last: Path | None, code_version: str) -> None:
        """Begin a new release's `database`; with nothing where there is nothing to take. candidate: its DuckDB file.
        last: that of the last release. Nothing is taken from one that cannot be read: publication says so where it
        compares them."""
        self._folder = last.parent if last is not None else None
        self._manifest: Manifest | None = None
        self.tables: frozenset[str] = frozenset()
        if last is None:
            return
        with suppress(OSError, ValueError, duckdb.Error):
            manifest = read(last.parent).manifest
            if manifest.code_version == code_version:
                shutil.copyfile(last, database)
                self.tables = _left_standing(database, candidate)
                self._manifest = manifest
        if self._manifest is None:
            for path in (database, database.with_name(f"{database.name}.wal")):
                path.unlink(missing_ok=True)

    def takes(self, table: str, told: Table, name: str, to: Path) -> bool:
        """Make the last release's file the new one's; whether it was done. told: the table in the new release. name:
        place of the file in a release."""
        if table not in self.tables or self._folder is None or self._manifest is None:
            return False
        stated, path = self._manifest.files.get(name), self._folder / name
        if stated is None or self._manifest.tables.get(table) != told:
            return False
        with suppress(OSError):
            if sha256_of(path) == stated.sha256:
                os.link(path, to)
                return True
        return False


def _left_standing(database: Path, candidate: Path) -> frozenset[str]:
    """Remove the tables that moved, and those that only a release has; the names of the others."""
    with connect(database, read_only=False) as connection:
        connection.execute(f"attach {quoted(str(candidate))} as candidate (read_only)")
        there, stay = tables_of(connection), set()
        for table in there:
            if facts_of(connection, ("main", table), "candidate") == facts_of(connection, ("main", table)):
                stay.add(table)
            else:
                connection.execute(f"drop table main.{identifier(table)}")
        connection.execute("detach candidate")
        connection.execute("checkpoint")  # what is written next takes the room of what went
    return frozenset(stay)
