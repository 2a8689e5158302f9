"""Figures that a line over many of them puts aside: gone from the facts, told once, and the line is to go once they
come anew. The lines and the second delivery are synthetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sousei.ingest import in_force
from sousei.ingest.decided import corrections
from tests.warehouse import Warehouse

FINDING = ("file_name", "sheet", "row_number", "municipality_code", "expected", "found", "reason_ja")
AREA = "area_code=01223 fiscal_year=2019"


def survey(warehouse: Warehouse) -> str:
    """The delivery of the survey of 2019."""
    (row,) = warehouse.rows(
        "select distinct source_id from raw.furusato_donation "
        "where area_code = '01223' and fiscal_year = 2019 and form = 'detail'"
    )
    return str(row["source_id"])


@contextmanager
def put_aside(warehouse: Warehouse, folder: Path, *more: str) -> Iterator[None]:
    (folder / "furusato_nozei").mkdir()
    key = f"delivery={survey(warehouse)[-16:]} {AREA}"
    line = f"furusato_donation,{key},,,試験,試験課,declared,2026-04-01,試験資料"
    (folder / "furusato_nozei" / "corrections.csv").write_text(f"{','.join(corrections.LINE)}\n{line}\n", "utf-8")
    with warehouse.planted(*more):
        corrections.expose(warehouse.connection, corrections.declared(folder))
        in_force.expose(warehouse.connection)
        yield


def test_what_is_put_aside_is_gone_from_the_facts_and_told_once(warehouse: Warehouse, tmp_path: Path) -> None:
    with put_aside(warehouse, tmp_path):
        warehouse.rebuild("fct_furusato_donation")
        found = warehouse.rows(
            "select donation_jpy, donation_count, value_status from main.fct_furusato_donation "
            "where municipality_code = '01223' and fiscal_year = 2019"
        )
        told = [row for row in warehouse.node("figures_that_moved") if "使わない" in row["found"]]
        listed = warehouse.node("meta_correction")
        for check in ("corrections_are_still_needed", "furusato_amount_and_count_go_together"):
            assert warehouse.node(check) == [], check
        assert warehouse.node("furusato_survey_is_the_figure_of_the_series") == []
    assert all(row["donation_count"] is None or row["value_status"] != "not_reported" for row in found)
    assert [(row["found"], row["municipality_code"]) for row in told] == [("使わない 2 個", "01223")]
    assert set(told[0]) == set(FINDING)
    assert len(listed) == 2 and all(row["corrected_value"] is None and row["published_value"] for row in listed)
    assert {row["row_key"].rpartition("=")[2] for row in listed} == {"donation_jpy", "donation_count"}


def again(warehouse: Warehouse, days: int) -> list[str]:
    """The survey of 2019 received once more under another hash."""
    source_id, other = survey(warehouse), "furusato_nozei-ffffffffffffffff"
    kind = "view" if "raw.furusato_donation" in warehouse.views else "table"
    return [
        "create table raw.truth as select * from raw.furusato_donation",
        f"drop {kind} raw.furusato_donation",
        "create view raw.furusato_donation as select * from raw.truth union all "
        f"select * replace ('{other}' as source_id) from raw.truth where source_id = '{source_id}'",
        f"insert into raw.delivery select * replace ('{other}' as source_id, 'again.xlsx' as file_name, "
        f"received_at + to_days({days}) as received_at, received_order + {days * 1000} as received_order) "
        f"from raw.delivery where source_id = '{source_id}'",
    ]


def test_the_line_is_to_be_taken_out_once_its_figures_come_anew(warehouse: Warehouse, tmp_path: Path) -> None:
    def findings(days: int, folder: Path) -> list[dict[str, Any]]:
        folder.mkdir()
        with put_aside(warehouse, folder, *again(warehouse, days)):
            return warehouse.node("corrections_are_still_needed")

    assert findings(-1, tmp_path / "before") == [], "an earlier delivery mends nothing"
    (found,) = findings(1, tmp_path / "after")
    assert set(found) == set(FINDING)
    assert "corrections.csv の 2 行目" in found["reason_ja"] and "消してください" in found["reason_ja"]
    assert "again.xlsx" in found["found"] and found["municipality_code"] == "01223"
