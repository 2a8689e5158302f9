"""Which delivered rows are hidden, through versions and beside what the last release shows. All numbers invented."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from sousei.ingest import raw
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.decided.decisions import Decisions
from sousei.ingest.small_numbers.breakdowns import own
from sousei.ingest.tables import RAW_TABLES, schema_of

CODE, PLAN = "01661", "machi_1"
KEY = {"municipality_code": CODE, "plan_id": PLAN}


def frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    schema = schema_of(table)
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def report(order: int, sheet: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a sheet of the workbook that was received as number `order`."""
    place = {"source_id": f"section_report-{order}", "sheet": sheet}
    return [KEY | place | {"row": number} | row for number, row in enumerate(rows, 4)]


def values(order: int, *parts: tuple[str | None, Any], kpi: str = "k1", **more: Any) -> list[dict[str, Any]]:
    """What a section reports for a KPI of 2025: its parts, and itself under None."""
    usual = {"kpi_id": kpi, "fiscal_year": 2025, "unit": "人", "fit": "same", "value_status": "final"}
    return report(
        order,
        f"実績{kpi}{more.get('fiscal_year', '')}",
        *(usual | {"subseries_ja": part, "reported_value": value} | more for part, value in parts),
    )


def delivered(
    *rows: dict[str, Any],
    last: Path | None = None,
    below: int = 3,
    basis: str | None = None,
    unit: str = "人",
    **tables: Any,
) -> duckdb.DuckDBPyConnection:
    """A candidate with these rows of section_report_value and of other tables."""
    given = {"section_report_value": list(rows), **tables}
    orders = sorted({int(row["source_id"].rpartition("-")[2]) for all_ in given.values() for row in all_})
    deliveries = [
        {
            "source_id": f"section_report-{order}",
            "source": "section_report",
            "received_order": order,
            "file_name": f"{order}.xlsx",
        }
        for order in orders
    ]
    register = {"source_id": "plan_register-0", "sheet": "指標", "row": 4}
    frames = {name: frame(name, rows) for name, rows in given.items()}
    frames["delivery"] = frame("delivery", [*deliveries, {"source_id": "plan_register-0", "received_order": 0}])
    frames["plan_register_plan"] = frame("plan_register_plan", [KEY | register])
    frames["plan_register_kpi"] = frame(
        "plan_register_kpi",
        [KEY | register | {"kpi_id": name, "count_basis": basis, "unit": unit} for name in ("k1", "k2", "k3")],
    )
    connection = duckdb.connect()
    raw.expose(connection, {}, frames, Decisions(below=below), last=last)
    return connection


def shown(connection: duckdb.DuckDBPyConnection, where: str = "true") -> dict[Any, Any]:
    """Part -> value in force, x where it is suppressed."""
    found = connection.execute(
        "select subseries_ja, if(value_status = 'suppressed', 'x', cast(reported_value as varchar)), reported_value "
        f"from in_force.section_report_value where {where}"
    ).fetchall()
    assert all((value == "x") <= (number is None) for _, value, number in found)
    return {part: value if value == "x" else int(float(value)) for part, value, _ in found}


def test_a_small_part_is_hidden_with_the_cheapest_other_and_the_whole_goes_out() -> None:
    rows = values(1, (None, 46), ("漁業", 2), ("商業", 14), ("農業", 0), ("工業", 30))
    assert shown(delivered(*rows)) == {None: 46, "漁業": "x", "商業": "x", "農業": 0, "工業": 30}


def test_the_whole_goes_out_however_small_and_nothing_small_hides_nothing() -> None:
    assert shown(delivered(*values(1, (None, 2)))) == {None: 2}
    assert shown(delivered(*values(1, (None, 12), ("漁業", 3), ("商業", 9)))) == {None: 12, "漁業": 3, "商業": 9}


def test_the_limit_is_that_of_the_decision() -> None:
    rows = values(1, (None, 48), ("漁業", 4), ("商業", 14), ("工業", 30))
    assert shown(delivered(*rows)) == {None: 48, "漁業": 4, "商業": 14, "工業": 30}
    assert shown(delivered(*rows, below=5)) == {None: 48, "漁業": "x", "商業": "x", "工業": 30}


@pytest.mark.sampled(2)
@pytest.mark.parametrize("unit", ["件", "％", "円", "回"])
def test_only_persons_and_bodies_are_counted(unit: str) -> None:
    rows = values(1, ("甲", 1), ("乙", 2), ("丙", 40), unit=unit)
    assert shown(delivered(*rows)) == {"甲": 1, "乙": 2, "丙": 40}


def test_units_in_brackets_and_bodies_count() -> None:
    assert shown(delivered(*values(1, ("甲", 1), ("乙", 20), ("丙", 40), unit="人（延べ）")))["甲"] == "x"
    assert shown(delivered(*values(1, ("甲", 1), ("乙", 20), ("丙", 40), unit="社")))["甲"] == "x"


def test_a_blank_unit_is_that_of_the_kpi() -> None:
    rows = values(1, ("甲", 1), ("乙", 20), ("丙", 40), unit=None)
    assert shown(delivered(*rows, unit="人"))["甲"] == "x"
    assert shown(delivered(*rows, unit="件"))["甲"] == 1


def test_what_is_said_of_a_row_in_the_release_holds_no_number() -> None:
    told = {
        "source_id": "section_report-1",
        "message_ja": "k9 の値 2 は、目標の 9,000.5 と桁が違います。",
        "found": "2",
    }
    problems = [told | {"row": 4, "problem_id": "a"}, told | {"problem_id": "b"}, told | {"row": 4, "source_id": "x-1"}]
    candidate = delivered(*values(1, ("甲", 1)), problem=problems)
    found = candidate.execute("select message_ja, found from raw.problem order by source_id, problem_id").fetchall()
    assert found[0] == ("k9 の値 … は、目標の … と桁が違います。", "…")
    assert found[1:] == [(told["message_ja"], "2")] * 2


def test_a_row_that_names_its_public_source_is_published_already() -> None:
    rows = values(1, ("甲", 1), ("乙", 20), source_url="https://example.invalid/a")
    assert shown(delivered(*rows)) == {"甲": 1, "乙": 20}


def test_remarks_of_hidden_rows_go_with_them() -> None:
    rows = values(1, ("甲", 1), ("乙", 20), ("丙", 40), note_ja="1人は漁業", restated_reason_ja="2人ではなく1人")
    found = delivered(*rows).execute(
        "select note_ja, restated_reason_ja from delivered.section_report_value where value_status = 'suppressed'"
    )
    assert set(found.fetchall()) == {(None, None)}


# --- rates ------------------------------------------------------------------------------------------------------------


def rate(numerator: int, denominator: int, **more: Any) -> list[dict[str, Any]]:
    told = {"numerator": numerator, "denominator": denominator, "unit": "％"}
    return values(1, (None, 100 * numerator / denominator), **told, **more)


@pytest.mark.sampled
@pytest.mark.parametrize(("numerator", "denominator"), [(2, 15), (14, 15), (1, 300)])
def test_a_rate_of_few_persons_is_hidden_and_its_denominator_is_not(numerator: int, denominator: int) -> None:
    found = delivered(*rate(numerator, denominator)).execute(
        "select reported_value, numerator, denominator, value_status from in_force.section_report_value"
    )
    assert found.fetchall() == [(None, None, denominator, "suppressed")]


@pytest.mark.sampled(2)
@pytest.mark.parametrize(("numerator", "denominator"), [(0, 15), (15, 15), (5, 15)])
def test_a_rate_of_none_all_or_enough_is_shown(numerator: int, denominator: int) -> None:
    assert shown(delivered(*rate(numerator, denominator)))[None] != "x"


@pytest.mark.sampled
@pytest.mark.parametrize(("basis", "hidden"), [("実人数", True), ("標本", True), (None, True), ("施設", False)])
def test_rates_of_what_is_no_person_are_shown(basis: str | None, hidden: bool) -> None:
    assert (shown(delivered(*rate(2, 15), basis=basis))[None] == "x") is hidden


@pytest.mark.promise("D5")
def test_the_rates_of_parts_do_not_give_the_hidden_one_back() -> None:
    """Men 1 of 10, women 9 of 20, all 10 of 30: the women's rate and the whole would tell the men's."""
    rows = [
        *values(1, (None, 33.3), numerator=10, denominator=30, unit="％"),
        *values(1, ("男", 10), numerator=1, denominator=10, unit="％"),
        *values(1, ("女", 45), numerator=9, denominator=20, unit="％"),
    ]
    for number, row in enumerate(rows):
        row["row"] = number + 4
    found = shown(delivered(*rows))
    assert found["男"] == "x" and [found[None], found["女"]].count("x") >= 1


# --- flows and events -------------------------------------------------------------------------------------------------


def test_flows_and_events_have_a_status_and_lose_small_numbers() -> None:
    flows = report(
        1, "人の流れ",
        {"flow_no": 1, "flow_ja": "甲", "flow_term": "short", "n_persons": 1, "note_ja": "1人は甲さん"},
        {"flow_no": 2, "flow_ja": "乙", "flow_term": "short", "n_persons": 8},
        {"flow_no": 3, "flow_ja": "丙", "flow_term": "long", "n_persons": 30},
        {"flow_no": 4, "flow_ja": "丁", "flow_term": "long", "n_persons": 40},
        {"flow_no": 5, "flow_ja": "戊"},
    )  # fmt: skip
    events = report(
        1, "催し・講座",
        {"event_ja": "講座", "session_no": 1, "held_on": dt.date(2025, 5, 1), "n_participants": 2},
        {"event_ja": "講座", "session_no": 2, "held_on": dt.date(2025, 6, 1), "n_participants": 12},
        {"event_ja": "講座", "session_no": 3, "held_on": dt.date(2026, 3, 31), "n_participants": 20},
        {"event_ja": "催し", "session_no": 1, "held_on": dt.date(2025, 5, 1), "n_participants": 99},
    )  # fmt: skip
    candidate = delivered(section_report_flow=flows, section_report_event=events)
    found = candidate.execute(
        "select flow_no, n_persons, value_status, note_ja from in_force.section_report_flow order by flow_no"
    ).fetchall()
    assert found == [
        (1, None, "suppressed", None), (2, None, "suppressed", None), (3, 30, "final", None), (4, 40, "final", None),
        (5, None, "not_reported", None),
    ]  # fmt: skip
    found = candidate.execute(
        "select event_ja, session_no, n_participants from in_force.section_report_event order by all"
    ).fetchall()
    assert found == [("催し", 1, 99), ("講座", 1, None), ("講座", 2, None), ("講座", 3, 20)]


# --- versions and releases --------------------------------------------------------------------------------------------


def test_a_hidden_figure_stays_hidden_while_it_stays_the_same() -> None:
    """The fishery is counted anew: what stood beside it hidden before does not come to light by that."""
    first = values(1, (None, 46), ("漁業", 2), ("商業", 14), ("工業", 30))
    later = values(2, (None, 49), ("漁業", 5), ("商業", 14), ("工業", 30))
    assert shown(delivered(*first)) == {None: 46, "漁業": "x", "商業": "x", "工業": 30}
    assert shown(delivered(*first, *later))["商業"] == "x", "46 - 30 - 14 would tell the two of the first version"


def test_a_part_that_is_added_later_does_not_give_a_hidden_one_back() -> None:
    first = values(1, (None, 16), ("漁業", 2), ("商業", 14))
    later = values(2, (None, 46), ("漁業", 2), ("商業", 14), ("工業", 30))
    found = shown(delivered(*first, *later))
    assert (found["漁業"], found["商業"]) == ("x", "x")


def released(path: Path, *rows: tuple[str, int | None, str]) -> Path:
    """A release that shows these parts of k1 in 2025: part, value, status."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create table mart_kpi_history (municipality_code varchar, plan_id varchar, kpi_id varchar, "
            "fiscal_year integer, fit varchar, subseries_ja varchar, value_after decimal(28, 8), status_after varchar, "
            "event_kind varchar, source_id varchar, source_sheet varchar, source_row integer)"
        )
        for number, (part, value, status) in enumerate(rows, 4):
            connection.execute(
                "insert into mart_kpi_history values (?, ?, 'k1', 2025, 'same', ?, ?, ?, 'value_reported', "
                "'section_report-1', '実績k1', ?)",
                [CODE, PLAN, part, value, status, number],
            )
    return path


def test_what_the_last_release_shows_covers_nothing(tmp_path: Path) -> None:
    """商業 14 is known from it; with 漁業 hidden beside it alone, the total would tell the two."""
    last = released(tmp_path / "last.duckdb", ("商業", 14, "final"))
    found = shown(delivered(*values(1, (None, 46), ("漁業", 2), ("商業", 14), ("工業", 30)), last=last))
    assert found == {None: 46, "漁業": "x", "商業": 14, "工業": "x"}


def test_a_blank_fit_is_the_kpi_itself_there_as_here(tmp_path: Path) -> None:
    last = released(tmp_path / "last.duckdb", ("商業", 14, "final"))
    rows = [
        *values(1, ("漁業", 2), ("工業", 30)),
        *({**row, "sheet": "別"} for row in values(1, ("商業", 14), fit=None)),
    ]
    assert shown(delivered(*rows, last=last)) == {"漁業": "x", "商業": 14, "工業": "x"}


def test_what_the_last_release_hides_stays_hidden_as_delivered(tmp_path: Path) -> None:
    last = released(tmp_path / "last.duckdb", ("漁業", None, "suppressed"), ("工業", None, "suppressed"))
    rows = values(1, ("漁業", 7), ("工業", 30), ("商業", 14))
    found = shown(delivered(*rows, last=last))
    assert found == {"漁業": "x", "工業": "x", "商業": 14}, "it was hidden under another limit"


def test_a_running_figure_does_not_tell_the_few_of_a_year() -> None:
    rows = [
        *values(1, ("甲", 20), ("乙", 40), fiscal_year=2023, accumulation="cumulative_term"),
        *values(1, ("甲", 21), ("乙", 48), fiscal_year=2024, accumulation="cumulative_term"),
        *values(1, ("甲", 26), ("乙", 60), fiscal_year=2025, accumulation="cumulative_term"),
    ]
    candidate = delivered(*rows)
    assert shown(candidate, "fiscal_year = 2023") == {"甲": 20, "乙": 40}
    assert shown(candidate, "fiscal_year = 2024") == {"甲": "x", "乙": "x"}
    assert shown(candidate, "fiscal_year = 2025") == {"甲": 26, "乙": 60}


def test_what_cannot_be_audited_is_hidden_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    from sousei.ingest.small_numbers import breakdowns

    def gives_up(*_: Any) -> None:
        raise ArithmeticError("small_numbers_not_audited: time limit")

    monkeypatch.setattr(breakdowns, "cover", gives_up)
    candidate = delivered(*values(1, (None, 46), ("漁業", 2), ("商業", 14), ("工業", 30)))
    assert shown(candidate) == {None: 46, "漁業": "x", "商業": "x", "工業": "x"}
    assert candidate.execute("select distinct problem_id from raw.problem").fetchall() == [("small_number_open",)]


def test_what_totals_tell_all_the_same_is_told_to_the_office() -> None:
    """The whole less 短期 and less パブリック: every one of the three is known, however many are hidden."""
    flows = report(
        1, "人の流れ",
        {"flow_no": 1, "flow_term": "short", "flow_sector": "public", "n_persons": 1},
        {"flow_no": 2, "flow_term": "short", "flow_sector": "business", "n_persons": 5},
        {"flow_no": 3, "flow_term": "long", "flow_sector": "public", "n_persons": 7},
    )  # fmt: skip
    candidate = delivered(section_report_flow=flows)
    told = candidate.execute('select problem_id, severity, file_name, sheet, "row" from raw.problem').fetchall()
    assert told == [("small_number_open", "warn", "1.xlsx", "人の流れ", 4)]
    assert candidate.execute("select n_persons from in_force.section_report_flow where flow_no = 1").fetchall() == [
        (None,)
    ]


# --- the contract -----------------------------------------------------------------------------------------------------


def test_every_number_of_an_own_source_is_a_count_in_a_breakdown_or_a_total() -> None:
    for contract in all_contracts():
        if contract.disclosure == "published":
            continue
        told = {f"{one.table}.{name}" for one in contract.breakdowns for name in (one.count, *(one.share or ()))}
        told |= set(contract.totals_of_own)
        named = {name for one in contract.breakdowns for name in (*one.within, *one.part)}
        numbers = {
            f"{table.name}.{column.name}"
            for table in RAW_TABLES.values()
            if table.source == contract.source
            for column in table.columns
            if column.dtype.is_numeric() and column.name not in named | {"row", "fiscal_year"}
        }
        assert numbers - told <= {
            f"section_report_{name}"
            for name in ("agreement.agreement_no", "donation.donation_no", "grant.grant_kpi_no",
                         "grant.grant_term_first_year", "grant.grant_term_last_year")
        }  # fmt: skip
        assert told <= numbers


def test_own_tables_are_known() -> None:
    assert {one.table for _, one in own()} == {
        "section_report_flow", "section_report_event", "section_report_value"
    }  # fmt: skip
