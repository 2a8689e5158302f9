"""A plan names items of an e-Stat answer and composed indicators; its KPI, and the peers, get their values. All figures
are synthetic."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.synthetic.estat import answer
from tests.synthetic.forms import cover, kpi, plan, target, workbook
from tests.warehouse import Warehouse, built

pytestmark = pytest.mark.slow

SSDS = "市区町村データ 基礎データ（廃置分合処理済）"
CATCH = "estat:0000020203:C3101"
PEOPLE = "estat:0000020201:A1101"
NAMES = {"01206": "北海道 釧路市", "01661": "北海道 釧路町", "01662": "北海道 厚岸町"}
YEARS = {f"{year}100000": f"{year}年度" for year in (2023, 2024, 2025)}


def catch() -> dict[str, Any]:
    """Three municipalities and three years; one value is hidden, one does not exist."""
    values = {
        ("01661", 2023): "1200",
        ("01661", 2024): "1300.5",
        ("01661", 2025): "X",
        ("01206", 2023): "90000",
        ("01206", 2024): "88000",
        ("01206", 2025): "-",
        ("01662", 2023): "5000",
        ("01662", 2024): "X",
        ("01662", 2025): "5200",
    }
    said = {(area, f"{year}100000"): text for (area, year), text in values.items()}
    notes = [{"@char": "X", "$": "数値が秘匿されているもの"}, {"@char": "-", "$": "該当数値がないもの"}]
    return answer("0000020203", SSDS, {"C3101": ("C3101_漁獲量", "ｔ")}, NAMES, YEARS, said, notes)


def people() -> dict[str, Any]:
    """One item, one area, one note: single objects where lists are meant."""
    values = {("01661", "2023100000"): "19000", ("01661", "2024100000"): "18500"}
    note = [{"@char": "***", "$": "当該数値がないもの"}]
    return answer("0000020201", SSDS, {"A1101": ("A1101_総人口", "人")}, {"01661": NAMES["01661"]}, YEARS, values, note)


def of_old_areas() -> dict[str, Any]:
    """A table with the areas of each year: a village that became a city, a town that merged, the city that took it."""
    areas = {"03305": "岩手県 滝沢村", "01548": "北海道 端野町", "01208": "北海道 北見市"}
    values = {
        (area, time): "7"
        for area in areas
        for time in ("2000000000", "2010000000")
        if (area, time[0:4]) != ("01548", "2010")
    }
    note = [{"@char": "***", "$": "当該数値がないもの"}]
    times = {"2000000000": "2000年", "2010000000": "2010年"}
    return answer("0003000000", "病院数", {"H1": ("病院数", "施設")}, areas, times, values, note)


def register(landing: Path) -> None:
    computed = {"how_measured": "統計から計算", "first_fiscal_year": 2023}
    sheets: dict[str, list[dict[str, object]]] = {
        "plan": [plan()],
        "kpi": [
            kpi("catch", unit="t", indicator_id=CATCH, **computed),
            kpi("jobs", unit="人", accumulation="単年"),
            kpi("guests", unit="人", accumulation="単年"),
            kpi("rate", unit="人", indicator_id="composed:rate", **computed),
            kpi("tie", unit="千人", indicator_id="composed:tie", indicator_scale=1000, **computed),
        ],
        "composed": [
            {
                "composed_id": "rate",
                "name_ja": "人口千人当たり就職者",
                "unit": "人",
                "formula": "率",
                "multiplier": 1000,
            },
            {"composed_id": "tie", "name_ja": "つながり人口", "unit": "人", "formula": "和"},
            {"composed_id": "share", "name_ja": "来訪に占める就職", "unit": "％", "formula": "割合"},
        ],
        "composed_part": [
            {"composed_id": "rate", "part_no": 1, "kpi_id": "jobs"},
            {"composed_id": "rate", "part_no": 2, "indicator_id": PEOPLE, "role": "分母"},
            {"composed_id": "tie", "part_no": 1, "kpi_id": "jobs"},
            {"composed_id": "tie", "part_no": 2, "kpi_id": "guests"},
            {"composed_id": "share", "part_no": 1, "kpi_id": "jobs"},
            {"composed_id": "share", "part_no": 2, "kpi_id": "guests", "role": "分母"},
        ],
    }
    sheets["target"] = [target(str(one["kpi_id"]), 2000) for one in sheets["kpi"]]
    workbook("plan_register", sheets, landing / "plan.xlsx")
    values = [
        {"kpi_id": "jobs", "fiscal_year": 2023, "reported_value": 38},
        {"kpi_id": "jobs", "fiscal_year": 2024, "reported_value": 37},
        {"kpi_id": "jobs", "fiscal_year": 2025, "reported_value": 40},
        {"kpi_id": "guests", "fiscal_year": 2023, "value_status": "未報告"},
        {"kpi_id": "guests", "fiscal_year": 2024, "reported_value": 1463, "comparator": "約"},
        {"kpi_id": "guests", "fiscal_year": 2025, "reported_value": 160},
    ]
    workbook("section_report", {"cover": [cover(fiscal_year=2025)], "value": values}, landing / "report.xlsx")


@pytest.fixture(scope="module")
def built_plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    root = tmp_path_factory.mktemp("plan_indicators")
    landing = root / "landing"
    landing.mkdir()
    for name, told in (("catch", catch()), ("people", people()), ("old", of_old_areas())):
        (landing / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    register(landing)
    marts = ("mart_kpi_scorecard", "fct_kpi_actual", "fct_indicator", "dim_indicator", "mart_composed_indicator")
    wanted = (*marts, "indicators_are_explained")
    with built(root / "built", landing, *(f"+{name}" for name in wanted)) as warehouse:
        yield warehouse


def actual(warehouse: Warehouse, kpi_id: str) -> list[tuple[Any, ...]]:
    found = warehouse.rows(
        "select fiscal_year, actual_value, value_status, caveat from main.fct_kpi_actual "
        "where municipality_code = '01661' and kpi_id = ? and is_latest order by 1",
        kpi_id,
    )
    return [tuple(row.values()) for row in found]


def test_a_kpi_that_names_an_item_of_e_stat_gets_its_years_but_no_hidden_one(built_plan: Warehouse) -> None:
    assert actual(built_plan, "catch") == [
        (2023, Decimal(1200), "final", None),
        (2024, Decimal("1300.5"), "final", None),
    ]


def test_its_peers_stand_in_the_same_mart(built_plan: Warehouse) -> None:
    found = built_plan.rows(
        "select municipality_code, fiscal_year, indicator_value, unit, series from main.fct_indicator "
        f"where indicator_id = '{CATCH}' and fiscal_year <> 2024 order by 1, 2"
    )
    assert [(row["municipality_code"], row["fiscal_year"], int(row["indicator_value"])) for row in found] == [
        ("01206", 2023, 90000),
        ("01661", 2023, 1200),
        ("01662", 2023, 5000),
        ("01662", 2025, 5200),
    ]
    assert {(row["unit"], row["series"]) for row in found} == {("ｔ", "estat:0000020203")}


def test_what_is_delivered_is_listed_with_name_unit_and_rule(built_plan: Warehouse) -> None:
    (row,) = built_plan.rows(f"select * from main.dim_indicator where indicator_id = '{CATCH}'")
    assert (row["name_ja"], row["unit"], row["period_basis"], row["n_municipalities"]) == ("漁獲量", "ｔ", "年度", 3)
    assert "廃置分合処理済" in row["reference_rule_ja"] and SSDS in row["statistic_ja"]
    assert str(row["first_period_end"]) == "2024-03-31" and str(row["last_period_end"]) == "2026-03-31"
    (own,) = built_plan.rows("select * from main.dim_indicator where plan_id is not null and name_ja = 'つながり人口'")
    assert own["indicator_id"] == "composed:01661:kushiro_cho_3:tie" and own["n_municipalities"] == 1
    (none,) = built_plan.rows("select * from main.dim_indicator where indicator_id = 'marriages'")
    assert none["n_municipalities"] == 0 and none["first_period_end"] is None and none["unit"] == "件"


def test_areas_of_the_past_are_read_by_the_changes_of_codes(built_plan: Warehouse) -> None:
    """滝沢村 became 滝沢市 alone; 端野町 is a part of 北見市 and given to nobody; 北見市 of 2000 is another area."""
    found = built_plan.rows(
        "select municipality_code, year(as_of_date) as year, caveat from main.fct_indicator "
        "where indicator_id = 'estat:0003000000:H1' order by 1, 2"
    )
    assert [tuple(row.values()) for row in found] == [
        ("01208", 2000, "other_boundary"),
        ("01208", 2010, None),
        ("03216", 2000, None),
        ("03216", 2010, None),
    ]


def test_a_composed_rate_has_a_value_only_where_all_parts_have_one(built_plan: Warehouse) -> None:
    """38 / 19000 * 1000 = 2; 37 / 18500 * 1000 = 2; of 2025 the population is not there."""
    assert actual(built_plan, "rate") == [(2023, Decimal(2), "final", None), (2024, Decimal(2), "final", None)]
    found = built_plan.rows(
        "select fiscal_year, composed_value, numerator, denominator, n_parts_given, not_available_ja "
        "from main.mart_composed_indicator where composed_id = 'rate' order by 1"
    )
    assert [row["fiscal_year"] for row in found] == [2023, 2024, 2025, 2026]
    assert [row["composed_value"] for row in found] == [2, 2, None, None]
    assert (found[0]["numerator"], found[0]["denominator"]) == (38, 19000)
    assert found[2]["n_parts_given"] == 1 and found[2]["not_available_ja"] == f"まだない部分：{PEOPLE}"
    assert found[2]["numerator"] is None


def test_a_sum_takes_no_missing_part_as_nothing_and_says_that_a_part_is_not_exact(built_plan: Warehouse) -> None:
    """2023: guests are not reported. 2024: 37 + about 1463 = 1500, not exact. 2025: 40 + 160 = 200; in thousands."""
    assert actual(built_plan, "tie") == [
        (2024, Decimal("1.5"), "estimated", "part_not_exact"),
        (2025, Decimal("0.2"), "final", None),
    ]
    found = built_plan.rows(
        "select fiscal_year, composed_value, not_available_ja from main.mart_composed_indicator "
        "where composed_id = 'tie' order by 1"
    )
    assert found[0]["composed_value"] is None and found[0]["not_available_ja"] == "まだない部分：架空の指標 guests"
    shares = built_plan.rows(
        "select fiscal_year, composed_value from main.mart_composed_indicator where composed_id = 'share' order by 1"
    )
    assert [row["composed_value"] for row in shares] == [None, Decimal("2.52904990"), Decimal(25), None]


def test_a_value_with_such_a_part_is_not_graded_and_says_why(built_plan: Warehouse) -> None:
    (row,) = built_plan.rows(
        "select grade, not_computable_reason, not_computable_reason_ja from main.mart_kpi_scorecard "
        "where kpi_id = 'tie' and fiscal_year = 2024"
    )
    assert (row["grade"], row["not_computable_reason"]) == (None, "part_not_exact")
    assert "合成指標" in row["not_computable_reason_ja"]
