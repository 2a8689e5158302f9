"""Answers of the e-Stat API are indicators of every municipality, named by table and item (the answer is synthetic)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.warehouse import built

pytestmark = pytest.mark.slow

AREAS = {"00000": "全国", "01000": "北海道", "01223": "根室市", "03211": "釜石市"}
TIMES = {"2019100000": "2019年度", "2020100000": "2020年度", "2020000000": "2020年", "2020000101": "2020年1月"}


def answer(values: list[dict[str, str]]) -> dict[str, Any]:
    def classes(name: str, of: dict[str, str], **more: str) -> dict[str, Any]:
        return {"@id": name, "@name": name, "CLASS": [{"@code": c, "@name": n} | more for c, n in of.items()]}

    data = {
        "RESULT_INF": {"TOTAL_NUMBER": len(values), "FROM_NUMBER": 1, "TO_NUMBER": len(values)},
        "TABLE_INF": {
            "@id": "0000020203",
            "STAT_NAME": {"@code": "00200502", "$": "社会・人口統計体系"},
            "STATISTICS_NAME": "市区町村データ",
            "TITLE": {"@no": "3", "$": "経済基盤"},
        },
        "CLASS_INF": {
            "CLASS_OBJ": [
                classes("cat01", {"C3101": "C3101_漁獲量"}, **{"@unit": "トン"}),
                classes("area", AREAS),
                classes("time", TIMES),
            ]
        },
        "DATA_INF": {"NOTE": {"@char": "***", "$": "当該数値がないもの"}, "VALUE": values},
    }
    parameter = {"LANG": "J", "REPLACE_SP_CHARS": 0}
    return {"GET_STATS_DATA": {"RESULT": {"STATUS": 0}, "PARAMETER": parameter, "STATISTICAL_DATA": data}}


def value(area: str, time: str, text: str) -> dict[str, str]:
    return {"@cat01": "C3101", "@area": area, "@time": time, "@unit": "トン", "$": text}


def test_a_value_of_the_api_is_an_indicator_with_its_period_and_place(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    values = [
        value("00000", "2020100000", "999999"),
        value("01000", "2020100000", "88888"),
        value("01223", "2019100000", "61234"),
        value("01223", "2020100000", "60123.5"),
        value("03211", "2020000000", "15432"),
        value("03211", "2020000101", "1"),
        value("03211", "2019100000", "***"),
    ]
    (landing / "answer.json").write_text(json.dumps(answer(values), ensure_ascii=False), "utf-8")
    with built(tmp_path / "built", landing, "+int_indicator__measured", "+int_figure__delivered") as warehouse:
        found = warehouse.rows(
            "select municipality_code, period_start, as_of_date, fiscal_year, measured_value, value_status, series, "
            "source_row, version_rank from intermediate.int_indicator__measured "
            "where indicator_id = 'estat:0000020203:C3101' order by 1, 3"
        )
        long = warehouse.rows("select count(*) as n from intermediate.int_figure__delivered")
    told = [tuple(row.values()) for row in found]
    assert told == [
        ("01223", date(2019, 4, 1), date(2020, 3, 31), 2019, Decimal("61234"), "final", "estat:0000020203", 3, 1),
        ("01223", date(2020, 4, 1), date(2021, 3, 31), 2020, Decimal("60123.5"), "final", "estat:0000020203", 4, 1),
        ("03211", date(2020, 1, 1), date(2020, 12, 31), 2020, Decimal("15432"), "final", "estat:0000020203", 5, 1),
    ]
    assert long == [{"n": len(values)}]
