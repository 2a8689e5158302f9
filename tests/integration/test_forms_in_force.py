"""Registers and reports sent again, corrected, under two names, withdrawn: what counts is what a fresh home gives."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.decided.decisions import Decisions
from sousei.ingest.receive import intake
from sousei.ingest.tables import FILLED_IN
from tests.faults.ingest.test_office_mistakes import plan_of, report_of
from tests.synthetic import forms

NIGHT = dt.datetime(2026, 11, 1, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
PLACE = ["source_id", "sheet", "row"]


class Town:
    """A home; every delivery is a night of its own."""

    def __init__(self, folder: Path) -> None:
        self.home, self.landing, self.nights = Home(folder / "home"), folder / "landing", 0

    def deliver(self, name: str, data: bytes) -> Town:
        self.landing.mkdir(parents=True, exist_ok=True)
        (self.landing / name).write_bytes(data)
        self.nights += 1
        intake.take(self.home, self.landing, NIGHT + dt.timedelta(days=self.nights), "test")
        return self

    def in_force(self, withdrawn: str = "") -> dict[str, pl.DataFrame]:
        """Tables of the forms in force, without the places of their rows."""
        gone = {
            withdrawn: {"decided_at": "2026-11-20", "decided_by": "課", "reason_ja": "誤り", "source_id": withdrawn}
        }
        decided = Decisions(withdrawn=gone if withdrawn else {})
        night = NIGHT + dt.timedelta(days=20)
        result = raw.read(self.home, intake.take(self.home, self.landing, night, "test"), night.date(), decided)
        with duckdb.connect() as connection:
            raw.expose(connection, result.files, result.frames())
            found = {name: connection.sql(f"from in_force.{name}").pl() for name in FILLED_IN}
        return {name: rows.drop(PLACE).sort(pl.all()) for name, rows in found.items()}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    assert [name for name in FILLED_IN if not one[name].equals(other[name])] == []


def books() -> tuple[bytes, bytes, bytes, bytes]:
    """A plan and its second edition (a KPI gone, a target changed); a report and one that restates a value of it."""
    second, restated = plan_of(), report_of()
    second["kpi"].pop()
    second["target"].pop()
    second["target"][0]["target_value"] = "170"
    restated["value"] = [restated["value"][0] | {"reported_value": "125", "restated_reason_ja": "集計の誤り"}]
    return (
        forms.workbook("plan_register", plan_of()),
        forms.workbook("plan_register", second),
        forms.workbook("section_report", report_of()),
        forms.workbook("section_report", restated),
    )


def test_a_workbook_sent_twice_under_two_names_counts_once(tmp_path: Path) -> None:
    first, _, report, _ = books()
    fresh = Town(tmp_path / "a").deliver("p.xlsx", first).deliver("r.xlsx", report).in_force()
    twice = Town(tmp_path / "b").deliver("r.xlsx", report).deliver("p.xlsx", first).deliver("copy.xlsx", first)
    same(fresh, twice.deliver("again.xlsx", report).in_force())
    assert fresh["plan_register_kpi"].height == 5 and fresh["section_report_value"].height == 5


def test_a_later_edition_replaces_all_of_the_one_before_and_the_first_sent_again_counts_again(tmp_path: Path) -> None:
    first, second, _, _ = books()
    town = Town(tmp_path / "a").deliver("p.xlsx", first).deliver("p.xlsx", second)
    later = town.in_force()
    same(later, Town(tmp_path / "b").deliver("p.xlsx", second).in_force())
    assert later["plan_register_kpi"].height == 4
    same(town.deliver("p.xlsx", first).in_force(), Town(tmp_path / "c").deliver("p.xlsx", first).in_force())


def test_a_withdrawn_edition_gives_way_to_the_one_before(tmp_path: Path) -> None:
    import hashlib

    first, second, report, _ = books()
    town = Town(tmp_path / "a").deliver("1.xlsx", first).deliver("r.xlsx", report).deliver("2.xlsx", second)
    gone = f"plan_register-{hashlib.sha256(second).hexdigest()[:16]}"
    fresh = Town(tmp_path / "b").deliver("1.xlsx", first).deliver("r.xlsx", report).in_force()
    assert town.in_force()["plan_register_kpi"].height == 4
    held = town.in_force(withdrawn=gone)
    assert held["plan_register_kpi"].height == 5
    same(held, fresh)


def test_a_restated_value_counts_and_its_withdrawal_brings_the_first_back(tmp_path: Path) -> None:
    import hashlib

    first, _, report, restated = books()
    town = Town(tmp_path / "a").deliver("p.xlsx", first).deliver("r.xlsx", report).deliver("r2.xlsx", restated)
    values = town.in_force()["section_report_value"]
    assert values.filter(pl.col("kpi_id") == "k1")["reported_value"].to_list() == [125]
    fresh = Town(tmp_path / "b").deliver("p.xlsx", first).deliver("r.xlsx", report).in_force()
    gone = town.in_force(withdrawn=f"section_report-{hashlib.sha256(restated).hexdigest()[:16]}")
    same({**gone, "section_report_cover": fresh["section_report_cover"]}, fresh)
