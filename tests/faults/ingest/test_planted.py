"""Every planted fault of tests/synthetic is met by ingest as it deserves, and the rest of the landing is read."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.receive import intake
from tests.alike import alike
from tests.synthetic.faults import FAULTS, Planted, fresh_landing

NIGHT = dt.datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
AS_OF = dt.date(2026, 11, 22)
WHAT = {
    "registry_age_total_mismatch": "total_differs_from_parts",
    "registry_dynamics_total_mismatch": "total_differs_from_parts",
    "census_total_mismatch": "total_differs_from_parts",
    "ipss_total_mismatch": "total_differs_from_parts",
    "wrong_check_digit": "check_digit_mismatch",
    "code_and_name_disagree": "name_code_disagree",
    "duplicated_key_other_value": "key_twice",
    "duplicated_row": "row_twice",
    "furusato_detail_thousands_as_yen": "unit_suspect",
    "furusato_series_yen_as_thousands": "value_too_large",
    "furusato_series_says_yen": "unit_mismatch",
    "unknown_column": "unknown_column",
    "missing_column": "missing_column",
    "shifted_column": "ragged_record",
    "shifted_column_same_width": "not_rfc4180",
    "not_a_number": "unreadable_value",
    "negative_count": "negative_value",
    "invalid_bytes": "not_decodable",
    "empty_workbook": "empty_file",
    "empty_csv": "no_rows",
    "truncated_workbook": "workbook_truncated",
    "unrecognised_file": "not_recognised",
    "wrong_year_in_title": "name_content_disagree",
    "last_years_values": "same_values_other_period",
    "zip_bomb": "workbook_bomb",
    "entity_bomb": "workbook_document_type",
    "personal_number_column": "personal_data",
    "personal_numbers_under_another_name": "personal_data",
    "symlink": "symbolic_link",
    "symlinked_folder": "symbolic_link",
    "hard_link": "hard_link",
    "fifo": "not_regular",
}
"""Fault -> problem that ingest itself reports. Faults that are missing here are other rooms' work."""


def _night(landing: Path, home: Home) -> raw.RawResult:
    return raw.read(home, intake.take(home, landing, NIGHT, "test"), AS_OF)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> raw.RawResult:
    where = tmp_path_factory.mktemp("clean")
    return _night(fresh_landing(where), Home(where / "home"))


@pytest.mark.promise("E2")
def test_the_samples_have_no_problem(clean: raw.RawResult) -> None:
    assert clean.problems.rows() == []
    assert set(clean.deliveries["verdict"]) == {"taken"}


@pytest.mark.promise("C4", "C5", "C6", "C7", "C8", "C9", "E1")
@pytest.mark.parametrize("name", alike(FAULTS, 5))
def test_fault(name: str, tmp_path: Path, clean: raw.RawResult) -> None:
    landing = fresh_landing(tmp_path)
    planted: Planted = FAULTS[name](landing)
    if name != "symlinked_folder":  # the fault's own source is enough
        for folder in landing.iterdir():
            if folder != planted.path.parent:
                shutil.rmtree(folder)
    home = Home(tmp_path / "home")
    result = _night(landing, home)
    shown = intake.display_name(planted.file_name)
    mine = result.problems.filter(pl.col("file_name") == shown)
    if name not in WHAT:
        assert planted.severity == "taken"
        assert result.problems.filter(pl.col("severity") == "gate").is_empty()
        return
    assert WHAT[name] in mine["problem_id"].to_list(), mine.rows()
    problem = mine.filter(pl.col("problem_id") == WHAT[name]).row(0, named=True)
    expected = "gate" if name == "last_years_values" else planted.severity
    assert problem["severity"] == expected
    assert problem["message_ja"] and problem["message_en"] and problem["action_ja"]
    if planted.rows and name not in {"last_years_values", "personal_number_column", "empty_csv",
                                     "personal_numbers_under_another_name", "wrong_year_in_title",
                                     "furusato_series_says_yen"}:  # fmt: skip
        assert set(mine["row"]) & set(planted.rows)
    verdicts = dict(result.deliveries.select("file_name", "verdict").iter_rows())
    if expected == "gate":
        assert verdicts[shown] == "refused"
    # one bad file is refused, the rest is read as ever
    there = [path.name for path in landing.rglob("*") if path.is_file()]
    others = clean.deliveries.filter(pl.col("file_name").is_in(there) & (pl.col("file_name") != shown))
    for file_name, rows in others.select("file_name", "rows_read").iter_rows():
        assert result.deliveries.filter((pl.col("file_name") == file_name) & (pl.col("rows_read") == rows)).height


@pytest.mark.promise("D6")
def test_personal_numbers_are_stored_nowhere(tmp_path: Path) -> None:
    landing = fresh_landing(tmp_path)
    planted = FAULTS["personal_numbers_under_another_name"](landing)
    secret = planted.path.read_text().splitlines()[5].split(",")[1]
    home = Home(tmp_path / "home")
    result = _night(landing, home)
    for path in home.root.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
    assert secret not in json.dumps(result.problems.rows(), default=str, ensure_ascii=False)
    found = result.problems.filter(pl.col("problem_id") == "personal_data").row(0, named=True)
    assert "20" in found["found"]
