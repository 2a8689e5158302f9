"""The delivered counts of own sources -> the same with small numbers hidden, before any mart is made.

Holds: the cells and sums of each breakdown that a contract names, over all versions that were ever delivered, what the
last release shows of them, and the hiding itself. Does not hold: the rule (`cover`), or which columns are counts (the
contract of the source).

All outputs draw from the marts, and the marts from these rows, so what is hidden here is hidden in every output.

Versions are gone through in the order of receipt. A figure that stays the same from one version to the next is one
unknown, not two: so a figure stays hidden as long as it stays the same, and what a later version shows, or what the
difference of two versions tells, is part of the audit. What the last release shows is known, whatever was delivered.

Of a figure that runs on from year to year, the growth is a count too: a value that is higher by a small number than the
one that was shown last is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.contract.model import Breakdown, Contract
from sousei.ingest.decided.decisions import BELOW
from sousei.ingest.problems.record import FileProblem, frame_of, problem
from sousei.ingest.small_numbers.audit import Cell, Sum
from sousei.ingest.small_numbers.cover import Covered, cover

Row = dict[str, Any]
Place = tuple[str, str, int]
"""source_id, sheet and row of a delivered row."""
Unknown = tuple[tuple[Any, ...], str, int]
"""One figure: the part that it is of, what of it (count, numerator, rest, denominator), and its value."""

_PERSONS = re.compile("[人者名]|世帯|標本|回答")
"""What the count basis of a KPI says where numerator and denominator are persons or answers of persons."""
_BRACKETS = re.compile(r"[（(].*$")
_SHOWN = {
    "section_report_flow": ("mart_human_flow", "n_persons", "value_status", "true"),
    "section_report_event": ("mart_event", "n_participants", "value_status", "true"),
    "section_report_value": ("mart_kpi_history", "value_after", "status_after", "event_kind like 'value_re%'"),
}
"""Where a release shows a breakdown: mart, its column with the count, that with the status, and which of its rows."""
_WHOLE = "（全体）"
"""How the history of a KPI names the KPI itself."""


class Hidden(NamedTuple):
    """rows: hidden delivered rows by table. open: those that a known total still tells exactly."""

    rows: dict[str, set[Place]]
    open: dict[str, set[Place]]


def own(contracts: tuple[Contract, ...] | None = None) -> Iterator[tuple[Contract, Breakdown]]:
    """Every breakdown of the sources that are a municipality's own."""
    for contract in all_contracts() if contracts is None else contracts:
        for breakdown in contract.breakdowns:
            yield contract, breakdown


def hide(connection: duckdb.DuckDBPyConnection, below: int = BELOW, last: Path | None = None) -> Hidden:
    """Hide small numbers in the tables of the schema `delivered` (in_force.expose).

    below: counts under it are hidden. last: DuckDB file of the last release, None before the first. A hidden row has no
    count, no numerator, no remark and the status `suppressed`; its denominator stays where it tells nothing. What stays
    open is told as a problem (small_number_open) in raw.problem; what is said there of rows of own sources loses its
    numbers.
    """
    found = Hidden({}, {})
    with duckdb.connect(str(last), read_only=True) if last is not None else nullcontext() as released:
        for contract, breakdown in own():
            rows = _rows(connection, contract, breakdown)
            before = _of_last_release(released, breakdown) if rows and released else (set(), set())
            if not before[1] and not any(_counts(one, below) for one in rows):
                continue
            hidden, bare, opened = _settled(rows, breakdown, below, before)
            found.rows[breakdown.table], found.open[breakdown.table] = hidden, opened
            _write(connection, breakdown, hidden, bare)
    _mask(connection)
    _tell(connection, found.open)
    return found


def _rows(connection: duckdb.DuckDBPyConnection, contract: Contract, breakdown: Breakdown) -> list[Row]:
    """The delivered rows with a count or a rate, in the order of receipt; published ones are left out."""
    table = breakdown.table
    columns = {name for (name, *_) in connection.execute(f"describe delivered.{table}").fetchall()}
    wanted = dict.fromkeys(
        [*breakdown.within, *breakdown.part, *(name for names in breakdown.totals for name in names)]
    )
    usual = {"fit": "coalesce(one.fit, 'same') as fit"}
    asked = [usual.get(name, f"one.{name}") for name in wanted if name in columns]
    if "fiscal_year" not in columns and "held_on" in columns:
        asked.append("year(one.held_on - interval 3 month) as fiscal_year")
    basis, unit, joined = "null", "null", ""
    if breakdown.share is not None:
        basis = "kpi.count_basis"
        unit = "coalesce(nullif(trim(one.unit), ''), kpi.unit)"
        joined = "left join in_force.plan_register_kpi as kpi using (municipality_code, plan_id, kpi_id)"
        asked += [f"one.{name}" for name in breakdown.share]
        asked.append("coalesce(one.accumulation, kpi.accumulation) as accumulation")
    own_rows = f"coalesce(trim(one.{contract.published_where}), '') = ''" if contract.published_where in columns else ""
    cursor = connection.execute(
        f"select {', '.join(asked)}, one.{breakdown.count} as count_, {basis} as basis_, "  # noqa: S608 our own names
        f"{unit} as unit_, one.version_rank, one.received_order, "
        f"one.source_id, one.sheet, one.row from delivered.{table} as one {joined} "
        f"where {own_rows or 'true'} order by one.received_order, one.source_id, one.sheet, one.row"
    )
    names = [one[0] for one in cursor.description]
    return [_read(dict(zip(names, values, strict=True)), breakdown) for values in cursor.fetchall()]


def _read(row: Row, breakdown: Breakdown) -> Row:
    """The same with `count`, `numerator` and `denominator`: whole numbers of what the rule is about, else None."""
    part = tuple(row[name] for name in breakdown.part)
    is_whole = breakdown.units is not None and part == (None,)
    unit = _BRACKETS.sub("", row["unit_"] or "")
    counted = breakdown.units is None or (unit in breakdown.units and not is_whole)
    numerator, denominator = (_whole(row[name]) for name in breakdown.share) if breakdown.share else (None, None)
    if row["basis_"] and not _PERSONS.search(row["basis_"]):
        numerator = denominator = None
    return row | {
        "part": part,
        "is_whole": is_whole,
        "count": _whole(row["count_"]) if counted and numerator is None else None,
        "numerator": numerator,
        "denominator": denominator if numerator is not None and numerator <= (denominator or 0) else None,
        "place": (row["source_id"], row["sheet"], row["row"]),
    }


def _whole(value: Any) -> int | None:
    number = None if value is None else Decimal(value)
    return int(number) if number is not None and number >= 0 and number == number.to_integral_value() else None


def _parts(row: Row) -> dict[str, int]:
    """What the rule asks of a row, by name."""
    found = {name: row[name] for name in ("count", "numerator") if row[name] is not None}
    if row["denominator"] is not None:
        found["rest"] = row["denominator"] - row["numerator"]
    return found


def _counts(row: Row, below: int) -> bool:
    """Whether the row may have something to hide."""
    is_running = str(row.get("accumulation") or "").startswith("cumulative") and row["count"] is not None
    return is_running or any(0 < value < below for value in _parts(row).values())


def _settled(
    rows: list[Row], breakdown: Breakdown, below: int, before: tuple[set[tuple[Any, ...]], set[Place]]
) -> tuple[set[Place], set[Place], set[Place]]:
    """(hidden rows, those whose denominator is hidden too, those that stay open) of one table."""
    shown_before, hidden_before = before
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in breakdown.within), []).append(row)
    grown = _grown(rows, breakdown, below)
    hidden: set[Place] = set()
    bare: set[Place] = set()
    opened: set[Place] = set()
    for within, group in groups.items():
        must = {one["place"] for one in group} & (hidden_before | grown)
        if not must and not any(0 < value < below for one in group for value in _parts(one).values()):
            continue
        known = {(part, "count", value) for whole, part, value in shown_before if whole == within}
        told = _through_versions(group, breakdown, below, known, must)
        for one in group:
            mine = {(one["part"], name, value) for name, value in _parts(one).items()}
            if mine & told.hidden:
                hidden.add(one["place"])
                if (one["part"], "denominator", one["denominator"]) in told.hidden:
                    bare.add(one["place"])
                if mine & told.open:
                    opened.add(one["place"])
    return hidden, bare, opened


class _Told(NamedTuple):
    hidden: set[Unknown]
    open: set[Unknown]


def _through_versions(
    group: list[Row], breakdown: Breakdown, below: int, known: set[Unknown], must: set[Place]
) -> _Told:
    """Decide version after version; what an earlier one shows is known in the later ones. What the solver gives up on
    is hidden as a whole, and stays open."""
    cells: dict[Unknown, int] = {}
    sums: dict[Sum, None] = {}
    shown = set(known)
    told = _Told(set(), set())
    latest: dict[tuple[Any, ...], Row] = {}
    for order in sorted({one["received_order"] for one in group}):
        for one in group:
            if one["received_order"] == order:
                latest[one["part"]] = one
        now = list(latest.values())
        for one in now:
            for name, value in (_parts(one) | _denominator(one)).items():
                cells.setdefault((one["part"], name, value), len(cells))
        sums |= dict.fromkeys(_sums(now, breakdown, cells))
        forced = {
            cells[one["part"], name, value]
            for one in now
            if one["place"] in must
            for name, value in _parts(one).items()
        }
        table = [
            Cell(value, (part, name, value) not in shown, name != "denominator", name == "denominator")
            for part, name, value in cells
        ]
        names = list(cells)
        try:
            done = cover(table, list(sums), below, forced | {cells[one] for one in told.hidden})
        except ArithmeticError:  # not audited, so nothing of it is shown
            every = frozenset(range(len(names)))
            done = Covered(every, every, every)
        told.hidden.update(names[place] for place in done.hidden)
        told.open.update(names[place] for place in done.open)
        shown |= set(names) - told.hidden
    return told


def _denominator(row: Row) -> dict[str, int]:
    return {} if row["denominator"] is None else {"denominator": row["denominator"]}


def _sums(now: list[Row], breakdown: Breakdown, cells: Mapping[Unknown, int]) -> Iterator[Sum]:
    """The sums of one version: counts over the totals that are told elsewhere, and the two parts of each rate."""

    def place(row: Row, name: str) -> int:
        value = (_parts(row) | _denominator(row))[name]
        return cells[row["part"], name, value]

    for names in breakdown.totals:
        groups: dict[tuple[Any, ...], list[int]] = {}
        for row in now:
            key = tuple(row[name] for name in names)
            if row["count"] is not None and None not in key:
                groups.setdefault(key, []).append(place(row, "count"))
        yield from (Sum(tuple(sorted(parts))) for parts in groups.values() if len(parts) > 1)
    rates = [row for row in now if row["denominator"] is not None]
    for row in rates:
        yield Sum((place(row, "numerator"), place(row, "rest")), place(row, "denominator"))
    parts = [row for row in rates if not row["is_whole"]]
    whole = next((row for row in rates if row["is_whole"]), None)
    if len(parts) > 1:
        adds_up = whole is not None and all(
            sum(row[name] for row in parts) == whole[name] for name in ("numerator", "denominator")
        )
        for name in ("numerator", "rest", "denominator") if adds_up else ("numerator", "rest"):
            yield Sum(
                tuple(sorted(place(row, name) for row in parts)), place(whole, name) if adds_up and whole else None
            )


def _grown(rows: list[Row], breakdown: Breakdown, below: int) -> set[Place]:
    """Rows in force of figures that run on, whose growth since the value that was shown last is a small number."""
    found: set[Place] = set()
    chains: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        running = str(row.get("accumulation") or "").startswith("cumulative")
        if running and row["version_rank"] == 1 and row["count"] is not None and "fiscal_year" in breakdown.within:
            key = tuple(row[name] for name in breakdown.within if name != "fiscal_year")
            chains.setdefault((*key, row["part"]), []).append(row)
    for chain in chains.values():
        last: int | None = None
        for row in sorted(chain, key=lambda one: one["fiscal_year"]):
            if last is not None and 0 < row["count"] - last < below:
                found.add(row["place"])
            else:
                last = row["count"]
    return found


def _of_last_release(
    released: duckdb.DuckDBPyConnection, breakdown: Breakdown
) -> tuple[set[tuple[Any, ...]], set[Place]]:
    """What the last release shows, (within, part, count), and the rows that it hides."""
    mart, count, status, where = _SHOWN[breakdown.table]
    keys = [*breakdown.within, *breakdown.part]
    try:
        rows = released.execute(
            f"select {', '.join(keys)}, {count}, {status}, source_id, source_sheet, source_row "  # noqa: S608
            f"from {mart} where {where}"
        ).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):  # a release from before the mart or its status
        return set(), set()
    shown, hidden = set(), set()
    for row in rows:
        within, part = row[: len(breakdown.within)], row[len(breakdown.within) : len(keys)]
        value, said, *place = row[len(keys) :]
        if (number := _whole(value)) is not None:
            shown.add((within, tuple(None if one == _WHOLE else one for one in part), number))
        elif said == "suppressed":
            hidden.add((place[0], place[1], place[2]))
    return shown, hidden


def _write(connection: duckdb.DuckDBPyConnection, breakdown: Breakdown, hidden: set[Place], bare: set[Place]) -> None:
    """Take the numbers out of the hidden rows of delivered.<table>."""
    table = f"delivered.{breakdown.table}"
    columns = {name for (name, *_) in connection.execute(f"describe {table}").fetchall()}
    gone = [breakdown.count, *(breakdown.share or ())[:1]]
    gone += [name for name in ("note_ja", "restated_reason_ja") if name in columns]
    here = "where source_id = ? and sheet = ? and row = ?"
    taken = ", ".join(f"{name} = null" for name in gone)
    for place in sorted(hidden):
        connection.execute(f"update {table} set {taken}, value_status = 'suppressed' {here}", place)  # noqa: S608
    for place in sorted(bare):
        connection.execute(f"update {table} set {(breakdown.share or ('', ''))[1]} = null {here}", place)  # noqa: S608


def _mask(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the numbers out of what raw.problem says of rows of own sources: it goes into the release, too. The makers'
    pages have them."""
    sources = sorted({contract.source for contract, _ in own()})
    masked = r"regexp_replace({}, '(^|[^0-9A-Za-z_-])[0-9０-９]+([,.，．][0-9０-９]+)*', '\1…', 'g')"  # k9 is an id
    names = ("message_ja", "message_en", "expected", "found", "action_ja")
    connection.execute(
        f"update raw.problem set {', '.join(f'{name} = {masked.format(name)}' for name in names)} "  # noqa: S608
        "where row is not null and source_id in (select source_id from raw.delivery where list_contains(?, source))",
        [sources],
    )


def _tell(connection: duckdb.DuckDBPyConnection, found: Mapping[str, set[Place]]) -> None:
    """Add what stays open to raw.problem."""
    told: list[FileProblem] = []
    for places in found.values():
        for source_id, sheet, row in sorted(places):
            file_name = connection.execute(
                "select file_name from raw.delivery where source_id = ?", [source_id]
            ).fetchall()[0][0]
            told.append(
                {**problem("small_number_open", sheet=sheet, row=row), "source_id": source_id, "file_name": file_name}
            )
    if told:
        connection.register("open_numbers", frame_of(told).to_arrow())
        connection.execute("insert into raw.problem by name select * from open_numbers")
        connection.unregister("open_numbers")
