"""Tables that did not move since the last release, taken from it: their rows as they lie there, and their files.

Holds: the database that a release begins with, which of its tables stay, and the link to a file. Does not hold: writing
a table (`contents`), what moved in the others (`changes`), or files that come out equal though they were written
(`shared`).

A release begins with a copy of the last one's database where that is of the same code, whose rows lie in the order that
this code gives them. A table stays in it where the digest that its manifest states of it is the one that the verdict
gave to the candidate's; that is what `changes` passes over, too. The copy must have the bytes that the manifest states,
and so must a file that is taken over: what was damaged on disk is written anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

import duckdb

from sousei.foundation.duck import connect, identifier, tables_of
from sousei.foundation.files import sha256_of
from sousei.publication.manifest import Manifest, Table
from sousei.publication.shelf import DATABASE, Release, read


def stated(release: Release, database: Path | None = None) -> dict[str, str]:
    """Table -> digest that a release's manifest states of it, where its database (or a copy of it) has the bytes that
    were sealed, and was written by the DuckDB of today; else nothing.

    Raises OSError where the file cannot be read.
    """
    manifest = release.manifest
    sealed = manifest.files.get(DATABASE)
    if sealed is None or manifest.duckdb_version != duckdb.__version__:
        return {}
    if sha256_of(database or release.database) != sealed.sha256:
        return {}
    return {name: one.digest for name, one in manifest.tables.items() if one.digest}


class Unmoved:
    """What one new release takes from the last."""

    def __init__(self, database: Path, marts: Mapping[str, str], last: Path | None, code_version: str) -> None:
        """Begin a new release's `database`; with nothing where there is nothing to take. marts: the candidate's, with
        their digests. last: DuckDB file of the last release. Nothing is taken from one that cannot be read: publication
        says so where it compares them."""
        self._folder = last.parent if last is not None else None
        self._manifest: Manifest | None = None
        self.tables: frozenset[str] = frozenset()
        if last is None:
            return
        with suppress(OSError, ValueError, duckdb.Error):
            release = read(last.parent)
            if release.manifest.code_version == code_version:
                shutil.copyfile(last, database)
                before = stated(release, database)
                self.tables = _left_standing(database, {name for name, one in marts.items() if before.get(name) == one})
                self._manifest = release.manifest if self.tables else None
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


def _left_standing(database: Path, same: Collection[str]) -> frozenset[str]:
    """Remove all tables but these; the names of those that are there."""
    with connect(database, read_only=False) as connection:
        there = set(tables_of(connection))
        for table in sorted(there - set(same)):
            connection.execute(f"drop table main.{identifier(table)}")
        connection.execute("checkpoint")  # what is written next takes the room of what went
    return frozenset(there & set(same))
