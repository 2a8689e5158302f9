"""Tables that did not move since the last release, taken from it: their rows as they lie there, and their files.

Holds: which tables those are, and the link to a file. Does not hold: writing a table (`contents`), what moved in the
others (`changes`), or files that come out equal though they were written (`shared`).

A table did not move where both have the same columns and types, as many rows and the same sum of the hashes of their
rows; that is what `changes` passes over, too. It is taken over only from a release of the same code, whose rows lie in
the order that this code gives them. A file is taken over only while its hash is the one that its manifest states, so
that what was damaged on disk is written anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import duckdb

from sousei.foundation.duck import facts_of, identifier, quoted
from sousei.foundation.files import sha256_of
from sousei.publication.manifest import Manifest, Table
from sousei.publication.shelf import read

BEFORE = "before"


class Unmoved:
    """What one new release may take from the last. Leaving the block lets go of the last one's database."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, tables: Iterable[str], last: Path | None, code_version: str
    ) -> None:
        """tables: those of the attached database `candidate`. last: DuckDB file of the last release. Nothing is taken
        from one that cannot be read: publication says so where it compares them."""
        self._connection, self._last, self._attached = connection, last, False
        self._manifest: Manifest | None = None
        self._same: frozenset[str] = frozenset()
        if last is None:
            return
        with suppress(OSError, ValueError, duckdb.Error):
            self._manifest = read(last.parent).manifest
            if self._manifest.code_version != code_version:
                return
            connection.execute(f"attach {quoted(str(last))} as {BEFORE} (read_only)")
            self._attached = True
            self._same = frozenset(one for one in tables if self._is_same(one))

    def _is_same(self, table: str) -> bool:
        before = facts_of(self._connection, ("main", table), BEFORE)
        return before is not None and before == facts_of(self._connection, ("main", table), "candidate")

    def source(self, table: str) -> str:
        """SELECT of the rows of a table, in their order."""
        name = f"main.{identifier(table)}"
        if table in self._same:
            return f"select * from {BEFORE}.{name}"  # noqa: S608
        return f"select * from candidate.{name} order by all"  # noqa: S608

    def release(self) -> None:
        """Let go of the last release's database; its files may be taken on."""
        if self._attached:
            self._connection.execute(f"detach {BEFORE}")
            self._attached = False

    def takes(self, table: str, told: Table, name: str, to: Path) -> bool:
        """Make the last release's file the new one's; whether it was done. told: the table in the new release. name:
        place of the file in a release."""
        if table not in self._same or self._last is None or self._manifest is None:
            return False
        stated, path = self._manifest.files.get(name), self._last.parent / name
        if stated is None or self._manifest.tables.get(table) != told:
            return False
        with suppress(OSError):
            if sha256_of(path) == stated.sha256:
                os.link(path, to)
                return True
        return False
