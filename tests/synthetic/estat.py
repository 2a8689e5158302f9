"""Answers of the e-Stat API as they come: a list of one is the thing itself, and every value has the class 観測値.

Holds: the form of getStatsData. Does not hold: figures (the tests).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def answer(
    table: str,
    title: str,
    items: Mapping[str, tuple[str, str]],
    areas: Mapping[str, str],
    times: Mapping[str, str],
    values: Mapping[tuple[str, str], str],
    notes: Sequence[Mapping[str, str]],
) -> dict[str, Any]:
    """items: code -> name and unit. values: (area, time) -> text, of the first item."""
    (item, (_, unit)), *_ = items.items()
    told = [
        {"@tab": "00001", "@cat01": item, "@area": area, "@time": time, "@unit": unit, "$": text}
        for (area, time), text in values.items()
    ]

    def classes(name: str, of: Mapping[str, str]) -> dict[str, Any]:
        return {
            "@id": name,
            "@name": name,
            "CLASS": _one([{"@code": code, "@name": said} for code, said in of.items()]),
        }

    data = {
        "RESULT_INF": {"TOTAL_NUMBER": len(told), "FROM_NUMBER": 1, "TO_NUMBER": len(told)},
        "TABLE_INF": {
            "@id": table,
            "STAT_NAME": {"@code": "00200502", "$": "社会・人口統計体系（架空の値）"},
            "STATISTICS_NAME": title,
            "TITLE": {"@no": table, "$": "架空の表"},
        },
        "CLASS_INF": {
            "CLASS_OBJ": [
                classes("tab", {"00001": "観測値"}),
                classes("cat01", {code: name for code, (name, _) in items.items()}),
                classes("area", areas),
                classes("time", times),
            ]
        },
        "DATA_INF": {"NOTE": _one(list(notes)), "VALUE": _one(told)},
    }
    parameter = {"LANG": "J", "REPLACE_SP_CHARS": 0}
    return {"GET_STATS_DATA": {"RESULT": {"STATUS": 0}, "PARAMETER": parameter, "STATISTICAL_DATA": data}}


def _one(listed: list[Any]) -> Any:
    return listed[0] if len(listed) == 1 else listed
