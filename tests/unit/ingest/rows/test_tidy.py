"""Hand-typed figures: what an office types is right, told or refused with row and column.

The figures here are invented, but for the cases of ../shared.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.areas import register as areas
from sousei.ingest.contract import indicators
from sousei.ingest.reading import delivery as reading
from sousei.ingest.vocabulary.codes import check_digit

CASES = PROJECT_ROOT.parent / "shared" / "cases"
COLUMNS = (
    "municipality_code", "municipality_name", "indicator_id", "indicator_ja", "series", "period_start", "period_end",
    "value", "unit", "value_status", "primary_source_ja",
)  # fmt: skip
BIRTHS = {
    "municipality_code": "43204", "municipality_name": "荒尾市", "indicator_id": "births", "indicator_ja": "出生数",
    "series": "vital_statistics", "period_start": "2020-01-01", "period_end": "2020-12-31", "value": "300",
    "unit": "人", "value_status": "final", "primary_source_ja": "厚生労働省 人口動態統計",
}  # fmt: skip
MOVES = BIRTHS | {"indicator_id": "in_migrants", "indicator_ja": "転入者数", "series": "migration_report",
                  "primary_source_ja": "総務省 住民基本台帳人口移動報告"}  # fmt: skip
TFR = BIRTHS | {"indicator_id": "tfr_bayes", "indicator_ja": "合計特殊出生率", "period_start": "2018-01-01",
                "period_end": "2022-12-31", "value": "1.52",
                "unit": "人（女性1人当たり）", "value_status": "estimated"}  # fmt: skip
CENSUS = BIRTHS | {"indicator_id": "population_total", "indicator_ja": "総人口", "series": "census",
                   "period_start": "2020-10-01", "period_end": "2020-10-01", "value": "50,832",
                   "primary_source_ja": "総務省統計局 国勢調査"}  # fmt: skip
IPSS = CENSUS | {"indicator_id": "population_old", "indicator_ja": "65歳以上人口", "series": "ipss_2023",
                 "period_start": "2030-10-01", "period_end": "2030-10-01", "value_status": "projected",
                 "primary_source_ja": "国立社会保障・人口問題研究所 将来推計人口"}  # fmt: skip
REGISTRY = CENSUS | {"series": "resident_registry", "period_start": "2024-01-01", "period_end": "2024-01-01",
                     "primary_source_ja": "総務省 住民基本台帳に基づく人口"}  # fmt: skip


def typed(*rows: dict[str, str], encoding: str = "utf-8", columns: tuple[str, ...] = COLUMNS) -> reading.Reading:
    def line(cells: list[str]) -> str:
        return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)

    text = "\n".join([line(list(columns)), *(line([row[name] for name in columns]) for row in rows)]) + "\n"
    return reading.read(text.encode(encoding), "typed.csv")


def kinds(found: reading.Reading) -> list[tuple[str, str]]:
    return [(one["problem_id"], one["column_label"]) for one in found.problems]


def figures(found: reading.Reading) -> list[tuple[Any, ...]]:
    rows = found.tables["reference_series"]
    return rows.select(
        "municipality_code", "period_start", "period_end", pl.col("value").cast(str), "value_status"
    ).rows()


@pytest.mark.parametrize(
    "row", [BIRTHS, MOVES, TFR, CENSUS, IPSS, REGISTRY], ids=lambda row: f"{row['indicator_id']}-{row['series']}"
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_right_row_is_taken_without_a_word(row: dict[str, str], encoding: str) -> None:
    found = typed(row, encoding=encoding)
    assert found.taken and found.problems == []


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"period_start": "2020/1/1", "period_end": "2020/12/31"}, "300.0000"),
        ({"period_start": "令和2年1月1日", "period_end": "R2.12.31"}, "300.0000"),
        ({"period_start": "20200101", "period_end": "2020-12-31 00:00:00"}, "300.0000"),
        ({"value": "３００"}, "300.0000"),
        ({"value": "1,300"}, "1300.0000"),
        ({"value": "300.0"}, "300.0000"),
        ({"unit": " 人 "}, "300.0000"),
        ({"municipality_code": "432041"}, "300.0000"),
        ({"municipality_name": "熊本県荒尾市"}, "300.0000"),
        ({"period_start": "2020-04-01", "period_end": "2021-03-31"}, "300.0000"),
    ],
)
def test_other_ways_to_type_the_same_are_read_right(changed: dict[str, str], wanted: str) -> None:
    found = typed(BIRTHS | changed)
    assert found.taken and found.problems == []
    ((code, start, end, value, status),) = figures(found)
    assert (code, value, status) == ("43204", wanted, "final")
    assert (end - start).days == (365 if start.month == 1 else 364)


@pytest.mark.parametrize(
    ("row", "changed", "problem_id", "column"),
    [
        # the unit of another indicator, or a rate as a count
        (BIRTHS, {"unit": "人口千対"}, "unit_of_indicator", "unit"),
        (BIRTHS, {"unit": "円"}, "unit_of_indicator", "unit"),
        (BIRTHS, {"unit": "千人"}, "unit_of_indicator", "unit"),
        (BIRTHS, {"unit": "%"}, "unit_of_indicator", "unit"),
        (BIRTHS, {"unit": "件"}, "unit_of_indicator", "unit"),
        (MOVES, {"unit": "世帯"}, "unit_of_indicator", "unit"),
        (TFR, {"unit": "人"}, "unit_of_indicator", "unit"),
        (TFR, {"unit": "女性100人当たり"}, "unit_of_indicator", "unit"),
        (CENSUS, {"unit": "千人"}, "unit_of_indicator", "unit"),
        (BIRTHS, {"value": "7.6"}, "fraction_of_a_count", "value"),
        (CENSUS, {"value": "50.832"}, "fraction_of_a_count", "value"),
        (BIRTHS, {"value": "7.6%"}, "unreadable_value", "value"),
        (BIRTHS, {"indicator_ja": "出生率（人口千対）"}, "name_of_another_indicator", "indicator_ja"),
        (BIRTHS, {"indicator_ja": "死亡数"}, "name_of_another_indicator", "indicator_ja"),
        # sizes
        (BIRTHS, {"value": "-300"}, "out_of_range", "value"),
        (BIRTHS, {"value": "▲300"}, "out_of_range", "value"),
        (BIRTHS, {"value": "300000000"}, "out_of_range", "value"),
        (TFR, {"value": "136"}, "out_of_range", "value"),
        (TFR, {"value": "13.6"}, "out_of_range", "value"),
        (TFR, {"value": "0.0136"}, "out_of_range", "value"),
        (TFR, {"value": "0"}, "out_of_range", "value"),
        # a status against the value
        (BIRTHS, {"value_status": "suppressed"}, "value_of_a_missing_figure", "value"),
        (BIRTHS, {"value_status": "not_reported"}, "value_of_a_missing_figure", "value"),
        (BIRTHS, {"value": "0", "value_status": "suppressed"}, "value_of_a_missing_figure", "value"),
        (BIRTHS, {"value": ""}, "blank_value", "value"),
        (BIRTHS, {"value_status": "sure"}, "unknown_status", "value_status"),
        (BIRTHS, {"value_status": "projected"}, "status_of_series", "value_status"),
        (CENSUS, {"value_status": "projected"}, "status_of_series", "value_status"),
        (IPSS, {"value_status": "final"}, "status_of_series", "value_status"),
        # words
        (BIRTHS, {"indicator_id": "birth"}, "misspelt_indicator_id", "indicator_id"),
        (BIRTHS, {"indicator_id": "Births"}, "misspelt_indicator_id", "indicator_id"),
        (BIRTHS, {"indicator_id": "出生数"}, "misspelt_indicator_id", "indicator_id"),
        (MOVES, {"indicator_id": "in-migrants"}, "misspelt_indicator_id", "indicator_id"),
        (CENSUS, {"indicator_id": "popluation_total"}, "misspelt_indicator_id", "indicator_id"),
        (CENSUS, {"series": "cencus"}, "misspelt_series", "series"),
        (CENSUS, {"series": "国勢調査"}, "misspelt_series", "series"),
        (REGISTRY, {"series": "resident_registory"}, "misspelt_series", "series"),
        (BIRTHS, {"series": "vital_statistic"}, "misspelt_series", "series"),
        (BIRTHS, {"series": "resident_registry"}, "series_of_another_form", "series"),
        # dates
        (CENSUS, {"period_start": "2026-10-01", "period_end": "2026-10-01"}, "no_such_census", "period_end"),
        (CENSUS, {"period_start": "2025-01-01", "period_end": "2025-01-01"}, "no_such_census", "period_end"),
        (
            CENSUS,
            {"primary_source_ja": "総務省統計局 人口推計（2020年10月1日）"},
            "source_of_another_series",
            "primary_source_ja",
        ),
        (REGISTRY, {"primary_source_ja": "総務省統計局 国勢調査"}, "source_of_another_series", "primary_source_ja"),
        (IPSS, {"period_start": "2031-10-01", "period_end": "2031-10-01"}, "no_such_date", "period_end"),
        (IPSS, {"period_start": "2055-10-01", "period_end": "2055-10-01"}, "no_such_date", "period_end"),
        (BIRTHS, {"period_end": "2021-12-31"}, "period_of_indicator", "period_end"),
        (BIRTHS, {"period_end": "2020-01-31"}, "period_of_indicator", "period_end"),
        (BIRTHS, {"period_end": "2020-01-01"}, "period_of_indicator", "period_end"),
        (BIRTHS, {"period_start": "2020-12-31", "period_end": "2020-01-01"}, "period_reversed", "period_end"),
        (CENSUS, {"period_start": "2019-10-01"}, "period_of_indicator", "period_end"),
        (TFR, {"period_start": "2022-01-01"}, "period_of_indicator", "period_end"),
        (BIRTHS, {"period_end": "46386"}, "no_period", "period_end"),
        (BIRTHS, {"period_end": "12/31/2020"}, "no_period", "period_end"),
        (BIRTHS, {"period_end": "20/12/31"}, "no_period", "period_end"),
        (BIRTHS, {"period_end": "2020-12"}, "no_period", "period_end"),
        (BIRTHS, {"period_end": "2020-12-32"}, "no_period", "period_end"),
        # blanks
        (BIRTHS, {"unit": ""}, "blank_field", "unit"),
        (BIRTHS, {"primary_source_ja": ""}, "blank_field", "primary_source_ja"),
        (BIRTHS, {"municipality_name": ""}, "name_code_disagree", "municipality_code"),
    ],
)
def test_a_wrong_row_is_refused_at_its_place(
    row: dict[str, str], changed: dict[str, str], problem_id: str, column: str
) -> None:
    found = typed(BIRTHS, row | changed)
    assert not found.taken
    assert (problem_id, column) in kinds(found)
    assert all(one["row"] == 3 and one["message_ja"] and one["action_ja"] for one in found.problems)


@pytest.mark.parametrize(
    ("row", "changed", "near"),
    [
        (BIRTHS, {"indicator_id": "hospital_beds", "indicator_ja": "病床数", "unit": "床"}, ""),
        (CENSUS, {"indicator_id": "population_foreign", "indicator_ja": "外国人人口"}, "population_"),
        (BIRTHS, {"series": "city_count"}, ""),
        (CENSUS, {"series": "population_estimate", "primary_source_ja": "総務省統計局 人口推計"}, "census"),
        (IPSS, {"series": "ipss_2018"}, "ipss_2023"),
        (IPSS, {"series": "ipss_2013"}, "ipss_2018"),
    ],
)
def test_a_row_that_no_table_takes_is_told_once(row: dict[str, str], changed: dict[str, str], near: str) -> None:
    other = {"municipality_code": "01223", "municipality_name": "根室市"}
    found = typed(row | changed, row | changed | other)
    if near == "ipss_2018":  # one sign off: taken for a misspelling
        assert not found.taken and kinds(found)[0] == ("misspelt_series", "series")
        return
    assert found.taken and [one["problem_id"] for one in found.problems] == ["no_table_takes_it"]
    (told,) = found.problems
    assert told["severity"] == "review" and told["row"] == 2 and near in told["expected"]


@pytest.mark.parametrize(
    ("before", "after"), [("300", "3000"), ("300", "30000"), ("3000", "300"), ("0", "60"), ("60", "0")]
)
def test_ten_and_a_hundred_times_the_year_before_are_told(before: str, after: str) -> None:
    later = {"period_start": "2021-01-01", "period_end": "2021-12-31", "value": after}
    found = typed(BIRTHS | {"value": before}, BIRTHS | later)
    assert found.taken and [(one["problem_id"], one["severity"], one["row"]) for one in found.problems] == [
        ("step_between_years", "review", 3)
    ]


@pytest.mark.parametrize(("before", "after"), [("1", "10"), ("0", "49"), ("5", "49"), ("189", "750"), ("300", "90")])
def test_real_steps_and_villages_are_not_told(before: str, after: str) -> None:
    later = {"period_start": "2021-01-01", "period_end": "2021-12-31", "value": after}
    assert typed(BIRTHS | {"value": before}, BIRTHS | later).problems == []


@pytest.mark.parametrize("years", [(2020, 2022), (2020, 2025)])
def test_only_the_year_next_to_it_is_compared(years: tuple[int, int]) -> None:
    rows = [
        BIRTHS | {"period_start": f"{year}-01-01", "period_end": f"{year}-12-31", "value": value}
        for year, value in zip(years, ("300", "3000"), strict=True)
    ]
    assert typed(*rows).problems == []


@pytest.mark.promise("C9")
def test_the_same_row_twice_is_counted_once_and_another_value_refused() -> None:
    assert [one["problem_id"] for one in typed(BIRTHS, BIRTHS).problems] == ["row_twice"]
    found = typed(BIRTHS, BIRTHS | {"value": "301"})
    assert not found.taken and [one["problem_id"] for one in found.problems] == ["key_twice"]


OLD = tuple(name for name in COLUMNS if name != "municipality_name")


@pytest.mark.promise("C4")
@pytest.mark.parametrize(
    ("code", "name", "wanted"),
    [
        ("01223", "根室市", "01223"),
        ("012238", "根室市", "01223"),
        ("1223", "根室市", "01223"),
        ("12238", "根室市", "01223"),
        ("12238", "いすみ市", "12238"),
        ("122386", "いすみ市", "12238"),
        ("32115", "釜石市", "03211"),
        ("0１223", "根室市", "01223"),
        ("12238", "釜石市", None),
        ("01223", "釜石市", None),
        ("13206", "伊達市", None),
        ("01233", "伊達市", "01233"),
        ("07213", "伊達市", "07213"),
        ("012239", "根室市", None),
        ("99999", "根室市", None),
        ("1000", "北海道", None),
        ("01000", "北海道", None),
    ],
)
def test_code_and_name_agree(code: str, name: str, wanted: str | None) -> None:
    found = typed(BIRTHS | {"municipality_code": code, "municipality_name": name})
    assert [row[0] for row in figures(found)] == [wanted] if wanted else not found.taken
    assert bool(found.problems) == (wanted is None)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("01223", "01223"),
        ("012238", "01223"),
        ("432041", "43204"),
        ("43204", "43204"),
        ("12238", None),  # いすみ市, or 根室市 without its zero
        ("1223", None),
        ("32115", None),
        ("432042", None),
    ],
)
def test_an_old_form_without_names_is_taken_only_where_it_is_certain(code: str, wanted: str | None) -> None:
    found = typed(BIRTHS | {"municipality_code": code}, columns=OLD)
    if wanted:
        assert [row[0] for row in figures(found)] == [wanted] and found.problems == []
    else:
        assert not found.taken
        told = found.problems[0]
        assert told["problem_id"] == "not_a_code" or "municipality_name" in told["action_ja"]


@pytest.mark.exhaustive
def test_no_code_of_today_becomes_another_towns() -> None:
    """In every way to lose a zero: with its name its own code, without it its own code or refused."""
    known = areas.register()
    codes = [code for code in sorted(known.current) if not code.endswith("000")]
    draw = random.Random(20)
    for code in draw.sample(codes, 40) + [code for code in codes if f"{code[1:]}{check_digit(code)}" in known.current]:
        name = sorted(known.names_of[code])[0]
        for text in {code, code.lstrip("0"), code + check_digit(code), (code + check_digit(code)).lstrip("0")}:
            row = BIRTHS | {"municipality_code": text, "municipality_name": name}
            assert [found[0] for found in figures(typed(row))] == [code], (text, name)
            old = typed(row, columns=OLD)
            assert not old.taken or [found[0] for found in figures(old)] == [code], text


def test_the_table_of_indicators_names_what_the_warehouse_takes() -> None:
    """Each indicator and series that SQL or the projection asks for is one that may be typed."""
    book = indicators.book()
    sql = (PROJECT_ROOT / "dbt_project" / "models").rglob("*.sql")
    asked = "\n".join(
        path.read_text("utf-8") for path in sql if "stg_reference_series__value" in path.read_text("utf-8")
    )
    asked += (PROJECT_ROOT / "projection" / "published.py").read_text("utf-8")
    for name, one in book.indicators.items():
        assert f"'{name}'" in asked or f'"{name}"' in asked, f"no table takes {name}"
        assert one.series and one.minimum < one.maximum
    for name in (
        "births",
        "deaths",
        "in_migrants",
        "out_migrants",
        "population_total",
        "tfr_bayes",
        "population_working",
    ):
        assert name in book.indicators


@pytest.mark.shared
@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("tidy_units_and_sizes/c03_rate_as_births.csv", {"unit_of_indicator", "fraction_of_a_count"}),
        ("tidy_units_and_sizes/c06_in_migrants_x10.csv", set()),  # what stops it: test_warehouse_typed
        ("suppressed_with_a_value/c11_suppressed_with_value.csv", {"value_of_a_missing_figure"}),
        ("tidy_goes_nowhere/c09_series_typo.csv", {"misspelt_series"}),
        ("estimate_as_census_2026/estimate.csv", {"no_such_census", "source_of_another_series"}),
        ("code_012238_without_its_zero/births_12238.csv", {"code_may_be_anothers"}),
    ],
)
def test_the_cases_of_shared(path: str, wanted: set[str]) -> None:
    if not CASES.is_dir():
        pytest.skip("the cases of ../shared are not here")
    found = reading.read((CASES / path).read_bytes(), Path(path).name)
    assert found.taken == (not wanted)
    assert {one["problem_id"] for one in found.problems} >= wanted
