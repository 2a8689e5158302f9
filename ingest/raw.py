"""Snapshots -> raw Parquet, one file per delivery and raw table, and the views over it.

Holds: reading deliveries once (cached by their hash and the reader's version), raw.delivery and raw.problem, the
`raw` schema of a candidate. Does not hold: what stops a delivery beside others (among_others.py), which delivery of a
period is the valid one (in_force.py), or anything that a person reads.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from sousei.foundation.duck import parquet
from sousei.foundation.files import sha256_of, sweep, sync_folder, write_atomically, write_json
from sousei.foundation.fingerprint import fingerprint
from sousei.foundation.home import Home
from sousei.ingest import in_force, reported
from sousei.ingest.among_others import Related, after, against_others, publication, withdrawn
from sousei.ingest.areas import register as areas
from sousei.ingest.cells.contents import Opener, using
from sousei.ingest.decided import corrections, named
from sousei.ingest.decided.decisions import Decisions
from sousei.ingest.decided.named import Line
from sousei.ingest.forms import product
from sousei.ingest.problems.record import TO_PASTE, FileProblem, Problem, frame_of
from sousei.ingest.receive.intake import Snapshot
from sousei.ingest.small_numbers import breakdowns
from sousei.ingest.tables import RAW_TABLES, schema_of

if TYPE_CHECKING:
    import duckdb


_UNKNOWN = "unknown"
_FEW = 50
"""Rows below which equal values are no sign of a mix-up (two towns may well repeat themselves)."""


class RawResult(NamedTuple):
    """files: raw table -> Parquet files of the deliveries that were taken. deliveries, problems: raw.delivery and
    raw.problem. asides: raw.row_aside. refused: something of severity `gate` is among the problems."""

    files: dict[str, list[Path]]
    deliveries: pl.DataFrame
    problems: pl.DataFrame
    asides: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        """What `expose` takes beside the files."""
        return {"delivery": self.deliveries, "problem": self.problems, "row_aside": self.asides}

    @property
    def refused(self) -> bool:
        return bool((self.problems["severity"] == "gate").any())


def reader_version() -> str:
    """Hash of what decides how bytes become rows: the reader with its contracts and forms, and the seeds that they
    ask."""
    return fingerprint("ingest", "foundation", *areas.SEED_FILES, *product.SEED_FILES)


def read(
    home: Home,
    snapshots: list[Snapshot],
    as_of: dt.date,
    decided: Decisions | None = None,
    lines: pl.DataFrame | None = None,
    opener: Opener | None = None,
) -> RawResult:
    """Read every snapshot that was not read by this reader with these lines of corrections before.

    lines: as corrections.declared gives them; None: those of the product and of this home. opener: the one with which
    they were taken in; None: one of its own.

    A delivery that breaks its contract is refused whole (severity gate). One that is no longer in landing, or whose
    period came again in a delivery that was taken, stops nothing any more (severity review). A delivery with figures
    about days after as_of is left out (warn), and so is one that was withdrawn (verdict withdrawn, review).
    """
    decided = decided or Decisions()
    sweep(home.raw)
    files: dict[str, list[Path]] = {}
    deliveries: list[dict[str, Any]] = []
    problems: list[FileProblem] = list(decided.faults)
    whole = named.whole(corrections.declared(decisions=home.corrections) if lines is None else lines)
    read_ones = [(snapshot, _stored(home, snapshot, whole)) for snapshot in snapshots]
    if any(not one for _, one in read_ones):
        with using(opener) as own:
            read_ones = _read_new(home, read_ones, whole, own)
    read_ones = [(snapshot, _named(one, number)) for number, (snapshot, one) in enumerate(read_ones, 1)]
    counting = [(snapshot, one) for snapshot, one in read_ones if one["source_id"] not in decided.withdrawn]
    good: dict[tuple[str, ...], dt.datetime] = {}
    for snapshot, one in counting:
        if one["verdict"] == "taken":
            good[publication(one)] = max(snapshot.received_at, good.get(publication(one), snapshot.received_at))
    related = Related(counting)
    for snapshot, one in read_ones:
        found: list[Problem] = [p.copy() for p in one["problems"]]
        verdict = one["verdict"]
        if line := decided.withdrawn.get(one["source_id"]):
            found, verdict = [withdrawn(line)], "withdrawn"
        elif verdict == "taken":
            if one["observed_to"] and dt.date.fromisoformat(one["observed_to"]) > as_of:
                found.append(after(one["observed_to"], as_of))
                verdict = "refused"
            elif odd := against_others(snapshot, one, related.to(one), decided):
                found.append(odd)
                verdict = "refused"
        if verdict == "refused":
            later = good.get(publication(one))
            replaced = one["verdict"] == "refused" and bool(one["period"]) and later is not None
            replaced = replaced and later is not None and later > snapshot.received_at
            if replaced or not snapshot.in_landing:
                found = [p for p in found if p["problem_id"] != TO_PASTE]
                for p in found:
                    p["severity"] = "review" if p["severity"] == "gate" else p["severity"]
        elif verdict == "taken":
            for table in one["rows"]:
                files.setdefault(table, []).append(_parquet(home, table, one["source_id"]))
        row = {name: one.get(name) for name in schema_of("delivery")}
        row |= {"received_at": snapshot.received_at, "received_order": snapshot.order, "origin": snapshot.origin}
        row |= {"verdict": verdict, "raw_table": ", ".join(one["rows"])}
        row |= {"rows_read": sum(one["rows"].values()) if verdict == "taken" else 0}
        deliveries.append(row)
        problems += [{**p, "source_id": one["source_id"], "file_name": snapshot.file_name} for p in found]
    schema = schema_of("delivery")
    frame = pl.DataFrame(deliveries, schema=schema, orient="row") if deliveries else schema.to_frame()
    files = {table: sorted(paths) for table, paths in files.items()}
    beside = reported.against_plans(files, frame, as_of)
    return RawResult(files, frame, frame_of([*problems, *beside.problems]), beside.asides)


def unread(home: Home, snapshots: list[Snapshot], lines: pl.DataFrame | None = None) -> list[Snapshot]:
    """Those that `read` would read now, because no reading of them by this reader with these lines is stored."""
    whole = named.whole(corrections.declared(decisions=home.corrections) if lines is None else lines)
    return [one for one in snapshots if not _stored(home, one, whole)]


def read_ahead(home: Home, snapshots: list[Snapshot]) -> int:
    """Read those that are unread and store what they give, as `read` does; rows of all that were taken. Needs no lock:
    a reading is written whole, and is the same whoever makes it."""
    whole = named.whole(corrections.declared(decisions=home.corrections))
    with using(None) as opener:
        known = _read_new(home, [(one, _stored(home, one, whole)) for one in snapshots], whole, opener)
    return sum(sum(one["rows"].values()) for _, one in known if one["verdict"] == "taken")


def _named(one: dict[str, Any], number: int) -> dict[str, Any]:
    """The same; a delivery of which nothing was stored gets a source_id of its own by its place of the night."""
    return one if one["sha256"] else one | {"source_id": f"{one['source']}-not-stored-{number}"}


def _result_path(home: Home, snapshot: Snapshot) -> Path:
    return home.raw / "readings" / f"{snapshot.sha256}.json"


def _parquet(home: Home, table: str, source_id: str) -> Path:
    return home.raw / table / f"{source_id}.parquet"


def _read_new(
    home: Home, read_ones: list[tuple[Snapshot, dict[str, Any]]], lines: list[Line], opener: Opener
) -> list[tuple[Snapshot, dict[str, Any]]]:
    """The same with every empty result filled in. The reader is loaded here: a night without new files needs none."""
    filled = [(snapshot, one or _reading(home, snapshot, lines, opener)) for snapshot, one in read_ones]
    for folder in home.raw.glob("*/"):
        sync_folder(folder)
    return filled


def _stored(home: Home, snapshot: Snapshot, lines: list[Line]) -> dict[str, Any]:
    """The stored result of reading a snapshot; empty where there is none by this reader with these lines."""
    if snapshot.path is None:
        return _result(snapshot, _UNKNOWN, [], {}, snapshot.problems, "", "", None, "refused")
    stored = _result_path(home, snapshot)
    if stored.exists():
        result = json.loads(stored.read_text("utf-8"))
        whole = all(
            (path := _parquet(home, table, result["source_id"])).exists() and sha256_of(path) == digest
            for table, digest in result.get("parquet_sha256", dict.fromkeys(result["rows"])).items()
        )
        if result["reader_version"] == reader_version() and result["file_name"] == snapshot.file_name and whole:
            own = named.concerning(lines, snapshot.sha256, result["raw_tables"])
            if result["corrections"] == named.fingerprint(own):
                return result
    return {}


def _reading(home: Home, snapshot: Snapshot, lines: list[Line], opener: Opener) -> dict[str, Any]:
    """Read a snapshot, write its Parquet files and store the result. A refusal for single rows proposes the lines with
    which the rest is taken."""
    from sousei.ingest.reading.delivery import read_or_propose
    from sousei.ingest.rows.coded import write_raw

    assert snapshot.path is not None
    reading = read_or_propose(snapshot.path.read_bytes(), snapshot.file_name, snapshot.sha256, lines, opener)
    if reading.contract is None and (kept := _kept(home, snapshot, reading.problems)):
        write_json(_result_path(home, snapshot), kept, sync=False)
        return kept
    source = reading.contract.source if reading.contract else _UNKNOWN
    tables = reading.tables if reading.taken else {}
    source_id = f"{source}-{snapshot.sha256[:16]}"
    for table, rows in tables.items():
        write_atomically(_parquet(home, table, source_id), partial(write_raw, table, source_id, rows), sync=False)
    hashes = {table: sha256_of(_parquet(home, table, source_id)) for table in tables}
    result = _result(
        snapshot,
        source,
        reading.layouts,
        {table: rows.height for table, rows in tables.items()},
        reading.problems,
        reading.title,
        reading.period,
        reading.observed,
        "taken" if reading.taken else "refused",
    )
    result["parquet_sha256"] = hashes
    result["subject"] = reading.subject
    result["fingerprint"] = _fingerprint(tables)
    result["areas"] = _areas(tables)
    refused = sum(rows.height for rows in reading.tables.values())
    result["rows_aside"] = reading.aside
    result["rows_quarantined"] = reading.unused if reading.taken else refused
    layouts = reading.contract.layouts if reading.contract else ()
    result["raw_tables"] = sorted({layout.raw_table for layout in layouts})
    own = named.concerning(lines, snapshot.sha256, result["raw_tables"])
    result["corrections"] = named.fingerprint(own)
    write_json(_result_path(home, snapshot), result, sync=False)
    return result


def _kept(home: Home, snapshot: Snapshot, problems: list[Problem]) -> dict[str, Any]:
    """What was read of a delivery before its source had a mistake of its own (broken.py), with that mistake told: what
    is published does not vanish by it. Empty where there is no such reading. Where its tables are gone the mistake
    stops the night instead."""
    from sousei.ingest.contract.broken import BROKEN

    stored = _result_path(home, snapshot)
    before = json.loads(stored.read_text("utf-8")) if stored.exists() else {"source": ""}
    told = [p for p in problems if p["problem_id"] == BROKEN and p["expected"] == before["source"]]
    if told and not all(_parquet(home, table, before["source_id"]).exists() for table in before["rows"]):
        told[0]["severity"] = "gate"
        return {}
    earlier = [p for p in before.get("problems", []) if p["problem_id"] != BROKEN]
    same = {"problems": [*told, *earlier], "reader_version": reader_version(), "file_name": snapshot.file_name}
    return before | same if told else {}


def _fingerprint(tables: dict[str, pl.DataFrame]) -> str:
    """Hash of all values in the order of the file; '' for few rows or where all are alike."""
    digest = hashlib.sha256()
    for rows in tables.values():
        if "value_raw" not in rows.columns or rows.height < _FEW or rows["value_raw"].n_unique() < 3:
            return ""
        digest.update(rows["value_raw"].str.join("\n").item().encode())
    return digest.hexdigest() if tables else ""


def _areas(tables: dict[str, pl.DataFrame]) -> list[str]:
    """Codes of the municipalities of a delivery that is about a few; empty for a table of the country."""
    frames = [rows for rows in tables.values() if "area_code" in rows.columns]
    codes = {str(code) for rows in frames for code in rows["area_code"].unique().drop_nulls()}
    municipal = sorted(code for code in codes if not code.endswith("000"))
    return municipal if len(municipal) <= _FEW else []


def _result(
    snapshot: Snapshot,
    source: str,
    layouts: list[str],
    rows: dict[str, int],
    problems: list[Problem],
    title: str,
    period: str,
    observed: tuple[dt.date, dt.date] | None,
    verdict: str,
) -> dict[str, Any]:
    contract = None
    if source != _UNKNOWN:
        from sousei.ingest.contract.loading import all_contracts

        contract = next(contract for contract in all_contracts() if contract.source == source)
    return {
        "source_id": f"{source}-{snapshot.sha256[:16]}",
        "source": source,
        "layout": ", ".join(dict.fromkeys(layouts)),
        "rows": rows,
        "file_name": snapshot.file_name,
        "sha256": snapshot.sha256,
        "size_bytes": snapshot.size_bytes,
        "title_ja": title,
        "period": period,
        "observed_from": observed[0].isoformat() if observed else None,
        "observed_to": observed[1].isoformat() if observed else None,
        "publisher_ja": contract.publisher_ja if contract else "",
        "statistic_ja": contract.statistic_ja if contract else "",
        "licence": contract.licence if contract else "",
        "credit_ja": contract.credit_ja if contract else "",
        "rows_quarantined": 0,
        "subject": "",
        "fingerprint": "",
        "areas": [],
        "verdict": verdict,
        "problems": problems,
        "reader_version": reader_version(),
    }


def expose(
    connection: duckdb.DuckDBPyConnection,
    files: dict[str, list[Path]],
    frames: dict[str, pl.DataFrame],
    decided: Decisions | None = None,
    lines: pl.DataFrame | None = None,
    last: Path | None = None,
    known_on: dt.date | None = None,
) -> None:
    """Make the schema `raw`: for each raw table a view over its Parquet files, else a table with the frame's rows, else
    an empty table with the right columns. Frames of other names become tables too. Then raw.correction and the schema
    `corrected` (ingest.decided.corrections) with these lines (None: those of the product alone), and the schemas
    `delivered` and `in_force` (ingest.in_force), in which small numbers of own sources are hidden
    (ingest.small_numbers; last: DuckDB file of the last release). known_on: a day that has passed, of which only the
    rows are shown that could be known then (ingest.in_force.known_on); None: all.

    Raises ValueError where a table is given both as files and as a frame, or a corrections.csv has other columns.
    """
    if both := set(files) & set(frames):
        raise ValueError(f"given as files and as frame: {sorted(both)}")
    connection.execute("create schema if not exists raw")
    standing = _standing(connection)
    for table in [*RAW_TABLES, *(name for name in frames if name not in RAW_TABLES)]:
        if not table.isidentifier():
            raise ValueError(f"not a table name: {table!r}")
        if table in standing:
            connection.execute(f"drop {standing[table]} raw.{table}")
        if files.get(table):
            where = f" where {in_force.known_on(table, known_on)}" if known_on else ""
            connection.execute(f"create view raw.{table} as select * from {parquet(files[table])}{where}")  # noqa: S608
        else:
            _register(connection, table, frames[table] if table in frames else schema_of(table).to_frame())
    _register(connection, "decision", (decided or Decisions()).frame())
    _register(connection, "level_step", (decided or Decisions()).steps())
    corrections.expose(connection, corrections.declared() if lines is None else lines)
    in_force.expose(connection)
    breakdowns.hide(connection, (decided or Decisions()).below, last)


def _register(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("exposed_frame", frame.to_arrow())
    connection.execute(f"create or replace table raw.{table} as select * from exposed_frame")  # noqa: S608
    connection.unregister("exposed_frame")


def _standing(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What stands in the schema raw: name -> table or view."""
    return dict(
        connection.execute(
            "select table_name, if(table_type = 'VIEW', 'view', 'table') from information_schema.tables "
            "where table_schema = 'raw'"
        ).fetchall()
    )
