"""The period of a value in words: no reader takes a pooled rate or a calendar year for a fiscal year.

Holds: the words by first and last day, label and period basis. Does not hold: which KPI has which period.
"""

from __future__ import annotations

from datetime import date

import pytest

from tests.integration.test_kpi_formulas import prepared, scored
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

CASES = {
    "令和6年度（2024年度）": {},
    "令和6年度（2024年度） ": {"period_start": "2024-04-01", "as_of_date": "2025-03-31"},
    "2018～2022年の平均": {"period_label_ja": "2018～2022年の平均", "as_of_date": "2022-12-31"},
    "2018～2022年の5年間": {"period_start": "2018-01-01", "as_of_date": "2022-12-31"},
    "令和4年（2022年）の暦年": {"period_start": "2022-01-01", "as_of_date": "2022-12-31"},
    "令和7年（2025年）10月1日時点": {"period_start": "2025-10-01", "as_of_date": "2025-10-01"},
    "令和3年（2021年）1月1日～令和4年（2022年）1月1日": {"period_start": "2021-01-01", "as_of_date": "2022-01-01"},
    "令和7年（2025年）3月31日時点": {"as_of_date": "2025-03-31", "period_basis": "時点"},
    "令和6年（2024年）の暦年": {"period_basis": "年（暦年）"},
    "令和6年（2024年）の暦年（年度か暦年か未確認）": {"period_basis": "年（暦年の可能性）"},
    "令和6年（2024年）10月1日時点": {"period_basis": "年（10/1）"},
    "令和6年度（2024年度）中の時点（日付は未記入）": {"period_basis": "調査時点"},
}


def test_the_period_is_said_in_words(warehouse: Warehouse) -> None:
    rows = [prepared(words, 4, 4, 2024, b=1, t=2, a=2, **given) for words, given in CASES.items()]
    found = scored(warehouse, rows)
    assert {kpi: row["period_ja"] for kpi, row in found.items()} == {words: words.strip() for words in CASES}


def test_the_first_years_of_an_era_and_the_era_before(warehouse: Warehouse) -> None:
    rows = [prepared(str(year), 4, 4, year, b=1, t=2, a=2) for year in (1988, 1989, 2018, 2019)]
    found = scored(warehouse, rows)
    assert [found[year]["period_ja"] for year in sorted(found)] == [
        "昭和63年度（1988年度）",
        "平成元年度（1989年度）",
        "平成30年度（2018年度）",
        "令和元年度（2019年度）",
    ]


def test_the_pooled_fertility_of_a_plan_is_no_fiscal_year(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from mart_kpi_scorecard where actual_series = 'vital_statistics'")
    assert rows
    assert {row["period_ja"] for row in rows if row["as_of_date"] == date(2022, 12, 31)} == {"2018～2022年の5年間"}
