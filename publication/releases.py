"""What people read from releases: which there are, whether one is sound, what moved between two, one locked-down query.

Holds: reading. Nothing here writes below `releases/`. Does not hold: publishing (`release`), the command's texts and
formats for a terminal (orchestration).
"""

from __future__ import annotations

import io
import json
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from sousei.expectations import gate
from sousei.expectations.last_release import grain
from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home

DATABASE = "sousei.duckdb"
MANIFEST = "manifest.json"
RELEASE_NAME = re.compile(r"(?P<day>\d{4}-\d{2}-\d{2})\.(?P<number>\d+)")
POINTERS = ("current", "stable")
ABOUT_THE_RELEASE = ("meta_check_outcome", "meta_release")
"""Tables that differ in every release and hold no figures."""

FORMULA_START = r"^[\s\x{3000}\x00]*[=+\-@＝＋－＠]|^[\t\r\n\x00]"
"""Text that a spreadsheet may run: a formula sign, also full-width or after blanks, or a leading control character."""

QUERY_MEMORY = "1GB"
QUERY_THREADS = 2
QUERY_SECONDS = 120.0


class QueryError(ValueError):
    """The query was refused or failed (query_refused / query_failed); the text is for its author."""


@dataclass(frozen=True)
class Release:
    """One published directory and what its manifest says."""

    path: Path
    manifest: dict[str, Any]

    @property
    def release_id(self) -> str:
        return self.path.name

    @property
    def database(self) -> Path:
        return self.path / DATABASE


@dataclass(frozen=True)
class Verification:
    """What re-reading a release found; `problems` are texts with an English identifier first."""

    release_id: str
    problems: tuple[str, ...]
    tables: pl.DataFrame

    @property
    def sound(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Difference:
    """What moved between two releases.

    summary: one row per table: rows_a, rows_b, added, removed, changed (keys), unexplained.
    changes: one row per figure that moved (table_name, key as JSON, municipality_code, change, column_name, value_a,
        value_b, reason, evidence); added and removed keys have one row each with column_name null.
    sources: one row per delivery that only one of the two has.
    columns: one row per column that only one of the two has or whose type changed.
    """

    summary: pl.DataFrame
    changes: pl.DataFrame
    sources: pl.DataFrame
    columns: pl.DataFrame
    code_changed: bool
    inputs_changed: bool


@dataclass(frozen=True)
class Status:
    """Facts about what is published now; everything but `releases` is None before the first release."""

    releases: int
    release_id: str | None = None
    stable_id: str | None = None
    as_of_date: str | None = None
    created_at: datetime | None = None
    age_days: float | None = None
    run_id: str | None = None
    code_version: str | None = None
    inputs_hash: str | None = None
    verdict: dict[str, Any] | None = None


# --- finding ---


def read(path: Path) -> Release:
    """A release by its directory or a pointer to it.

    Raises FileNotFoundError where there is no manifest, ValueError where it is not this directory's.
    """
    directory = path.resolve()
    manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    if not isinstance(manifest, dict) or manifest.get("release_id") != directory.name:
        raise ValueError(f"manifest_of_another_release: {directory.name}")
    return Release(directory, manifest)


def ordered(home: Home) -> list[Path]:
    """Release directories, oldest first, by date and number; half-made ones are not among them."""
    found = [
        (match["day"], int(match["number"]), path)
        for path in (home.releases.iterdir() if home.releases.is_dir() else ())
        if (match := RELEASE_NAME.fullmatch(path.name)) and path.is_dir() and not path.is_symlink()
    ]
    return [path for _, _, path in sorted(found)]


def current(home: Home) -> Release | None:
    """The release that `current` points to, or None before the first one."""
    return read(home.current) if home.current.is_symlink() else None


def find(home: Home, name: str = "current") -> Release:
    """A release by its id or by a pointer (`current`, `stable`).

    Raises LookupError where there is none of that name; the name never leaves the releases folder.
    """
    if name not in POINTERS and not RELEASE_NAME.fullmatch(name):
        raise LookupError(f"release_unknown: {name}")
    try:
        return read(home.releases / name)
    except (OSError, ValueError) as error:
        raise LookupError(f"release_unknown: {name}") from error


def list_releases(home: Home) -> pl.DataFrame:
    """One row per release, newest first: release_id, as_of_date, created_at, run_id, code_version, inputs, gate_passed,
    gate_failed, warn_failed, rows, size_bytes, pointers (comma separated)."""
    pointed: dict[str, list[str]] = {}
    for pointer in POINTERS:
        if (home.releases / pointer).is_symlink():
            pointed.setdefault((home.releases / pointer).resolve().name, []).append(pointer)
    rows = []
    for path in reversed(ordered(home)):
        manifest = read(path).manifest
        rows.append(
            {
                "release_id": path.name,
                "as_of_date": manifest["as_of_date"],
                "created_at": manifest["created_at"],
                "run_id": manifest["run_id"],
                "code_version": manifest["code_version"],
                "inputs": len(manifest["inputs"]),
                "gate_passed": manifest["verdict"]["gate_passed"],
                "gate_failed": manifest["verdict"]["gate_failed"],
                "warn_failed": manifest["verdict"]["warn_failed"],
                "rows": sum(table["rows"] for table in manifest["tables"].values()),
                "size_bytes": sum(file["size_bytes"] for file in manifest["files"].values()),
                "pointers": ",".join(pointed.get(path.name, [])),
            }
        )
    text, number = pl.String(), pl.Int64()
    return pl.DataFrame(
        rows,
        schema={
            "release_id": text,
            "as_of_date": text,
            "created_at": text,
            "run_id": text,
            "code_version": text,
            "inputs": number,
            "gate_passed": number,
            "gate_failed": number,
            "warn_failed": number,
            "rows": number,
            "size_bytes": number,
            "pointers": text,
        },
    )


def status(home: Home, now: datetime) -> Status:
    """Facts about what is published, at an aware time `now`."""
    release = current(home)
    count = len(ordered(home))
    if release is None:
        return Status(count)
    manifest = release.manifest
    created = datetime.fromisoformat(manifest["created_at"])
    stable = home.releases / "stable"
    return Status(
        count,
        release.release_id,
        stable.resolve().name if stable.is_symlink() else None,
        manifest["as_of_date"],
        created,
        (now - created).total_seconds() / 86_400,
        manifest["run_id"],
        manifest["code_version"],
        manifest["inputs_hash"],
        manifest["verdict"],
    )


# --- verifying ---


def quoted(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(text: str) -> str:
    """A quoted SQL name."""
    return '"' + text.replace('"', '""') + '"'


def tables_of(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """Names of the tables of schema main, sorted."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = 'main' order by table_name",
        [database],
    ).fetchall()
    return [name for (name,) in rows]


def describe_all(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, Any]]:
    """Comment and columns (name, type, comment) of each table of schema main, as a manifest holds them."""
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = 'main' "
        "order by table_name",
        [database],
    ).fetchall()
    described: dict[str, dict[str, Any]] = {name: {"description": text, "columns": []} for name, text in tables}
    columns = connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = ? "
        "and schema_name = 'main' order by table_name, column_index",
        [database],
    ).fetchall()
    for table, name, kind, text in columns:
        if table in described:
            described[table]["columns"].append({"name": name, "type": kind, "description": text})
    return described


def describe(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, Any]:
    """Comment and columns of one table of schema main.

    Raises KeyError where there is no such table.
    """
    return describe_all(connection, database)[table]


def _verify_files(release: Release) -> list[str]:
    problems = []
    listed = release.manifest["files"]
    present = {path.relative_to(release.path).as_posix(): path for path in release.path.rglob("*") if path.is_file()}
    for name, facts in listed.items():
        path = present.get(name)
        if path is None:
            problems.append(f"file_missing: {name} がありません。")
        elif path.stat().st_size != facts["size_bytes"] or sha256_of(path) != facts["sha256"]:
            problems.append(f"file_changed: {name} の内容が公表時と異なります（sha256不一致）。")
    unlisted = sorted(present.keys() - listed.keys() - {MANIFEST})
    problems += [f"file_unlisted: {name} は公表時にありませんでした。" for name in unlisted]
    writable = [path for path in (release.path, *release.path.rglob("*")) if path.lstat().st_mode & 0o222]
    problems += [f"file_writable: {path.name} が書込可能です。" for path in writable]
    return problems


def _hash_of(connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, int]:
    return connection.execute(
        f"select count(*), coalesce(sum(hash(one)::hugeint), 0) from ({relation}) as one"  # noqa: S608
    ).fetchall()[0]


def _verify_tables(release: Release) -> tuple[list[str], list[dict[str, Any]]]:
    problems, rows = [], []
    stated = release.manifest["tables"]
    with gate.connect(release.database, read_only=True) as connection:
        database = connection.execute("select current_database()").fetchall()[0][0]
        found = describe_all(connection, database)
        if sorted(found) != sorted(stated):
            problems.append(f"tables_differ: 表の一覧が異なります: {sorted(set(found) ^ set(stated))}")
        for table in (name for name in found if name in stated):
            facts = stated[table]
            described = found[table]
            if described != {"description": facts["description"], "columns": facts["columns"]}:
                problems.append(f"schema_differs: {table} の列または説明が公表時と異なります。")
            name, columns = identifier(table), described["columns"]
            counted = _hash_of(connection, f"select * from main.{name}")  # noqa: S608
            if counted[0] != facts["rows"]:
                problems.append(f"rows_differ: {table} は{counted[0]}行です（公表時は{facts['rows']}行）。")
            parquet, text = (release.path / kind / f"{table}.{kind}" for kind in ("parquet", "csv"))
            casts = ", ".join(
                f"{identifier(one['name'])}::{one['type']} as {identifier(one['name'])}" for one in columns
            )
            if _hash_of(connection, f"select {casts} from read_parquet({quoted(str(parquet))})") != counted:  # noqa: S608
                problems.append(f"parquet_differs: {table}.parquet の内容が DuckDB の表と異なります。")
            kinds = ", ".join(f"{quoted(one['name'])}: 'VARCHAR'" for one in columns)
            lines = connection.execute(
                f"select count(*) from read_csv({quoted(str(text))}, header = true, auto_detect = false, "  # noqa: S608
                f"delim = ',', quote = '\"', escape = '\"', columns = {{{kinds}}})"
            ).fetchall()[0][0]
            if lines != counted[0]:
                problems.append(f"csv_differs: {table}.csv は{lines}行です（DuckDB の表は{counted[0]}行）。")
            rows.append({"table_name": table, "rows": counted[0], "columns": len(columns)})
        problems += _verify_verdict(release, connection)
    return problems, rows


def _verify_verdict(release: Release, connection: duckdb.DuckDBPyConnection) -> list[str]:
    manifest, problems = release.manifest, []
    failing = connection.execute(
        "select count(*) filter (where passed is not true), count(*), count(distinct run_id), max(run_id) "
        "from main.meta_check_outcome where severity = 'gate'"
    ).fetchall()[0]
    verdict = manifest["verdict"]
    if failing != (0, verdict["gate_passed"], 1, manifest["run_id"]) or verdict["passed"] is not True:
        problems.append("verdict_differs: 保存された判定結果が、この公表版の合格を示していません。")
    stated = connection.execute(
        "select release_id, run_id, as_of_date::varchar, code_version, inputs_hash from main.meta_release"
    ).fetchall()
    names = ("release_id", "run_id", "as_of_date", "code_version", "inputs_hash")
    if stated != [tuple(manifest[name] for name in names)]:
        problems.append("release_differs: meta_release が manifest と一致しません。")
    return problems


def verify(release: Release) -> Verification:
    """Re-read a whole release: files, hashes, modes, schemas, rows, Parquet and CSV against DuckDB, the verdict.

    Never raises for an unsound release; a file that cannot be read is a problem like any other.
    """
    problems = _verify_files(release)
    rows: list[dict[str, Any]] = []
    try:
        found, rows = _verify_tables(release)
        problems += found
    except (duckdb.Error, OSError, KeyError) as error:
        problems.append(f"release_unreadable: 公表版を読めません: {str(error).splitlines()[0]}")
    schema = {"table_name": pl.String(), "rows": pl.Int64(), "columns": pl.Int64()}
    return Verification(release.release_id, tuple(problems), pl.DataFrame(rows, schema=schema))


def verify_inputs(home: Home, release: Release) -> list[str]:
    """The stored bytes of every delivery that a release was made from, against the hash that its manifest gives."""
    problems = []
    for one in release.manifest["inputs"]:
        if one.get("verdict") == "taken":
            path = home.snapshots / one["sha256"] / "bytes"
            if not path.is_file():
                problems.append(
                    f"input_missing: {one['file_name']}（{one['sha256'][:16]}…）の保管ファイルがありません。"
                )
            elif sha256_of(path) != one["sha256"]:
                problems.append(
                    f"input_changed: {one['file_name']}（{one['sha256'][:16]}…）の保管ファイルが受領時と異なります。"
                )
    return problems


# --- comparing ---

_CHANGES = {
    "table_name": pl.String(),
    "key": pl.String(),
    "municipality_code": pl.String(),
    "change": pl.String(),
    "column_name": pl.String(),
    "value_a": pl.String(),
    "value_b": pl.String(),
    "reason": pl.String(),
    "evidence": pl.String(),
}


def _sources(connection: duckdb.DuckDBPyConnection) -> None:
    """Temp tables `source`: deliveries of both; `merged`: municipalities whose successor became known only in b;
    `corrected`: delivery and municipality of each declared correction that only one of them has."""
    connection.execute(
        """
        create temp table source as
        select
            source_id, coalesce(b.file_name, a.file_name) as file_name, coalesce(b.source, a.source) as source,
            coalesce(b.period, a.period) as period, a.source_id is not null as in_a, b.source_id is not null as in_b
        from (from a.main.meta_source where coalesce(verdict, 'taken') = 'taken') as a
        full join (from b.main.meta_source where coalesce(verdict, 'taken') = 'taken') as b using (source_id)
        """
    )
    connection.execute(
        """
        create temp table merged as
        with newly as (
            select municipality_code, successor_code from b.main.dim_municipality where successor_code is not null
            except
            select municipality_code, successor_code from a.main.dim_municipality where successor_code is not null
        )
        select municipality_code from newly union select successor_code from newly
        """
    )
    columns = "source_id, municipality_code, row_key, corrected_value"
    a, b = (
        f"(select {columns} from {letter}.main.meta_correction)"  # noqa: S608  our own names
        if "meta_correction" in tables_of(connection, letter)
        else "(select '' as source_id, '' as municipality_code, '' as row_key, 0 as corrected_value where false)"
        for letter in ("a", "b")
    )
    connection.execute(
        f"create temp table corrected as with a as {a}, b as {b} select distinct source_id, municipality_code "  # noqa: S608
        "from ((from a except from b) union (from b except from a))"
    )


def _reason(has_source: bool, has_municipality: bool, code_changed: bool, inputs_changed: bool) -> str:
    """SQL that names why a joined row differs; see `diff` for the meaning of each reason."""
    if code_changed and inputs_changed:
        derived = "'code_or_input_change'"
    elif code_changed:
        derived = "'code_or_rule_change'"
    elif inputs_changed:
        derived = (
            "case when exists (select 1 from source n join source o on n.source = o.source and n.period = o.period "
            "where n.in_b and not n.in_a and o.in_a) then 'revised_source' else 'new_data' end"
        )
    else:
        derived = "case when in_a then 'unexplained' else 'new_fiscal_year' end"
    cases = []
    if has_municipality:
        cases.append("when municipality_code in (select municipality_code from merged) then 'merger'")
    if has_source:
        cases += [
            "when not in_a and source_b in (select source_id from source where not in_a) then 'new_data'",
            "when not in_b and source_a in (select source_id from source where not in_b) then 'source_withdrawn'",
            "when in_a and in_b and source_a in (select source_id from source where not in_b) then 'source_withdrawn'",
            "when in_a and in_b and source_a is distinct from source_b then case when exists ("
            "select 1 from source o join source n on o.source = n.source and o.period = n.period "
            "where o.source_id = source_a and n.source_id = source_b) then 'correction' else 'revised_source' end",
        ]
        if code_changed and has_municipality:
            cases.append(
                "when source_a = source_b and (source_a, municipality_code) in "
                "(select (source_id, municipality_code) from corrected) then 'correction'"
            )
        if code_changed:
            cases.append("when in_a and in_b and source_a = source_b then 'code_or_rule_change'")
    return f"case {' '.join(cases)} else {derived} end" if cases else derived


def _columns_of(connection: duckdb.DuckDBPyConnection, database: str, table: str) -> dict[str, str]:
    return {one["name"]: one["type"] for one in describe(connection, database, table)["columns"]}


def _grains(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The grain of each table as the later release says, else the earlier one; none where both are older than that."""
    said: dict[str, list[str]] = {}
    for letter in ("a", "b"):
        if "meta_grain" in tables_of(connection, letter):
            said |= grain(connection, f"{letter}.main")
    return said


def _diff_table(
    connection: duckdb.DuckDBPyConnection, table: str, of: list[str], code_changed: bool, inputs_changed: bool
) -> tuple[dict[str, Any], pl.DataFrame]:
    left, right = (_columns_of(connection, database, table) for database in ("a", "b"))
    common = [name for name in left if name in right]
    keys = [name for name in of if name in common] or common
    figures = [name for name in common if name not in keys and name != "source_id"]
    has_source, has_municipality = "source_id" in common and "source_id" not in keys, "municipality_code" in keys
    reason = (
        "'correction'"
        if table == "meta_correction"
        else _reason(has_source, has_municipality, code_changed, inputs_changed)
    )
    name = identifier(table)
    on = " and ".join(f"a.{identifier(key)} is not distinct from b.{identifier(key)}" for key in keys)
    distinct = [f"a.{identifier(one)} is distinct from b.{identifier(one)}" for one in figures]
    picked = [f"coalesce(a.{identifier(key)}, b.{identifier(key)}) as {identifier(key)}" for key in keys]
    picked += [f"a.{identifier(one)}::varchar as {identifier('a ' + one)}" for one in figures]
    picked += [f"b.{identifier(one)}::varchar as {identifier('b ' + one)}" for one in figures]
    picked += [f"{letter + '.source_id' if has_source else 'null'} as source_{letter}" for letter in ("a", "b")]
    connection.execute(
        f"""
        create or replace temp table joined as
        select {", ".join(picked)}, a.present is not null as in_a, b.present is not null as in_b
        from (select *, true as present from a.main.{name}) as a
        full join (select *, true as present from b.main.{name}) as b on {on}
        where a.present is null or b.present is null{"".join(" or " + one for one in distinct)}
        """  # noqa: S608  names from the catalogue, quoted
    )
    key = "to_json({" + ", ".join(f"{quoted(one)}: {identifier(one)}" for one in keys) + "})::varchar"
    connection.execute(
        f"""
        create or replace temp table explained as
        select *, {key} as key_json,
            {"municipality_code" if has_municipality else "null::varchar"} as of_municipality,
            case when not in_a then 'added' when not in_b then 'removed' else 'changed' end as change,
            {reason} as reason,
            concat_ws(' -> ', (select file_name from source where source_id = source_a),
                case when source_b is distinct from source_a
                    then (select file_name from source where source_id = source_b) end) as evidence
        from joined
        """  # noqa: S608
    )
    parts = [
        f"select {quoted(table)} as table_name, key_json as key, of_municipality as municipality_code, change, "  # noqa: S608
        "null::varchar as column_name, null::varchar as value_a, null::varchar as value_b, reason, evidence "
        "from explained where change <> 'changed'"
    ]
    parts += [
        f"select {quoted(table)}, key_json, of_municipality, change, {quoted(one)}, {identifier('a ' + one)}, "  # noqa: S608
        f"{identifier('b ' + one)}, reason, evidence from explained where change = 'changed' "
        f"and {identifier('a ' + one)} is distinct from {identifier('b ' + one)}"
        for one in figures
    ]
    changes = connection.sql(" union all ".join(parts) + " order by all").pl().cast(_CHANGES)  # type: ignore[arg-type]
    counts = connection.execute(
        f"select (select count(*) from a.main.{name}), (select count(*) from b.main.{name}), "  # noqa: S608
        "count(*) filter (where change = 'added'), count(*) filter (where change = 'removed'), "
        "count(*) filter (where change = 'changed'), count(*) filter (where reason = 'unexplained') from explained"
    ).fetchall()[0]
    labels = ("rows_a", "rows_b", "added", "removed", "changed", "unexplained")
    return {"table_name": table} | dict(zip(labels, counts, strict=True)), changes


def _in_order(release: Release) -> list[tuple[str, str]]:
    """Source and hash of each delivery that counts, in the order of receipt inside a source: it decides on versions."""
    taken = [one for one in release.manifest["inputs"] if one.get("verdict", "taken") == "taken"]
    taken.sort(key=lambda one: (one.get("source", ""), one.get("received_order") or 0, one["sha256"]))
    return [(one.get("source", ""), one["sha256"]) for one in taken]


def diff(a: Release, b: Release) -> Difference:
    """Which published figures moved from release a to release b, and why.

    Reasons
        new_data: a delivery that a did not have. revised_source: another delivery now gives the figure (final instead
        of preliminary). correction: the same source delivered the same period again with other figures, or a
        declared correction (meta_correction) came or went.
        source_withdrawn: its delivery counts no more (meta_decision says who decided). merger: the municipality was
        merged or took another in. code_or_rule_change: same delivery, other code, catalogue or grading rule.
        new_fiscal_year: only the calendar moved. code_or_input_change: derived from many deliveries, and code and
        inputs both changed. unexplained: none of these; look into it.
    """
    code_changed = a.manifest["code_version"] != b.manifest["code_version"]
    inputs_changed = _in_order(a) != _in_order(b)
    summary: list[dict[str, Any]] = []
    changes: list[pl.DataFrame] = []
    columns: list[dict[str, Any]] = []
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        for letter, release in (("a", a), ("b", b)):
            connection.execute(f"attach {quoted(str(release.database))} as {letter} (read_only)")
        _sources(connection)
        left, right = (set(tables_of(connection, letter)) for letter in ("a", "b"))
        grains = _grains(connection)
        for table in sorted((left & right) - set(ABOUT_THE_RELEASE)):
            row, moved = _diff_table(connection, table, grains.get(table, []), code_changed, inputs_changed)
            summary.append(row)
            changes.append(moved)
        for table in sorted(left | right):
            kinds_a = _columns_of(connection, "a", table) if table in left else {}
            kinds_b = _columns_of(connection, "b", table) if table in right else {}
            columns += [
                {"table_name": table, "column_name": one, "type_a": kinds_a.get(one), "type_b": kinds_b.get(one)}
                for one in {**kinds_a, **kinds_b}
                if kinds_a.get(one) != kinds_b.get(one)
            ]
        sources = connection.sql("select * from source where in_a <> in_b order by source, period, source_id").pl()
    text, number = pl.String(), pl.Int64()
    return Difference(
        pl.DataFrame(
            summary,
            schema={"table_name": text}
            | dict.fromkeys(("rows_a", "rows_b", "added", "removed", "changed", "unexplained"), number),
        ),
        pl.concat([pl.DataFrame(schema=_CHANGES), *changes]),
        sources,
        pl.DataFrame(columns, schema=dict.fromkeys(("table_name", "column_name", "type_a", "type_b"), text)),
        code_changed,
        inputs_changed,
    )


# --- asking ---


def query(sql: str, release: Release, seconds: float = QUERY_SECONDS) -> pl.DataFrame:
    """The answer to one SELECT on a release, in a session that can read this database and nothing else.

    No files, no network, no extensions, no writes, no settings, bounded memory and time.
    Raises QueryError for anything but one SELECT statement, and when the query fails or takes longer than `seconds`.
    """
    with duckdb.connect(
        str(release.database),
        read_only=True,
        config={
            "enable_external_access": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "allow_community_extensions": "false",
            "python_enable_replacements": "false",
            "memory_limit": QUERY_MEMORY,
            "threads": str(QUERY_THREADS),
            "temp_directory": "",
        },
    ) as connection:
        connection.execute("set timezone = 'Asia/Tokyo'")
        connection.execute("set lock_configuration = true")
        try:
            statements = connection.extract_statements(sql)
        except duckdb.Error as error:
            raise QueryError(f"query_failed: SQLを解釈できません: {error}") from error
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise QueryError("query_refused: 実行できるのは1つのSELECT文だけです。 / One SELECT statement only.")
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            return connection.sql(statements[0].query).pl()
        except duckdb.InterruptException as error:
            raise QueryError(f"query_failed: {seconds:g}秒を超えたため中止しました。") from error
        except duckdb.Error as error:
            raise QueryError(f"query_failed: {error}") from error
        finally:
            timer.cancel()


def formatted(frame: pl.DataFrame, form: str) -> bytes:
    """An answer as `table` (for a terminal), `csv`, `json` (a list of records) or `parquet`.

    CSV has text cells neutralised like those of a release, and no byte order mark, because it goes into a pipe.
    Raises ValueError for another form.
    """
    buffer = io.BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer)
    elif form == "json":
        buffer.write(json.dumps(frame.to_dicts(), ensure_ascii=False, default=_json_value).encode() + b"\n")
    elif form == "csv":
        frame.with_columns(
            pl.when(pl.col(pl.String).str.contains(FORMULA_START))
            .then("'" + pl.col(pl.String))
            .otherwise(pl.col(pl.String))
            .name.keep()
        ).write_csv(buffer)
    elif form == "table":
        with pl.Config(
            tbl_rows=-1,
            tbl_cols=-1,
            tbl_hide_dataframe_shape=True,
            tbl_hide_column_data_types=True,
            tbl_width_chars=1000,
            fmt_str_lengths=200,
        ):
            buffer.write((str(frame) + "\n").encode())
    else:
        raise ValueError(f"format_unknown: {form}")
    return buffer.getvalue()


def _json_value(value: Any) -> Any:
    """What JSON has no type for: decimals as numbers, dates and times as ISO 8601."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
