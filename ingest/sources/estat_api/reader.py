"""e-Stat API v3 getStatsData answers -> rows of the raw table estat_value.

Holds what YAML cannot say: classes by reference, single objects where lists are meant, completeness by NEXT_KEY, signs
by the answer's own NOTE. Does not hold which indicator means what (the warehouse).
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.tables import schema_of
from sousei.ingest.vocabulary.text import squeeze

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_BESIDE = frozenset({"unit", "annotation"})
"""Attributes of a value that are no class of the table."""


def recognises(document: Any) -> bool:
    """True for an answer of getStatsData."""
    return isinstance(document, dict) and isinstance(document.get("GET_STATS_DATA"), dict)


def read(document: Any) -> tuple[pl.DataFrame, list[Problem], str, str]:
    """(rows without source_id, problems, title, period)."""
    empty = pl.DataFrame(schema={k: v for k, v in schema_of("estat_value").items() if k != "source_id"})
    answer = document["GET_STATS_DATA"]
    result = answer.get("RESULT", {})
    status = result.get("STATUS")
    if str(status) != "0":
        what = "該当するデータがない" if str(status) == "1" else "エラーの"
        return (
            empty,
            [problem("estat_status", column_label="RESULT", what_ja=what, status=status)],
            "",
            "",
        )
    data = answer.get("STATISTICAL_DATA", {})
    table = data.get("TABLE_INF", {})
    title = " ".join(_text(table.get(key)) for key in ("STAT_NAME", "STATISTICS_NAME", "TITLE")).strip()
    problems = _incomplete(data) or _replaced(answer.get("PARAMETER", {}))
    if problems:
        return empty, problems, title, ""
    classes = {
        item["@id"]: {entry["@code"]: entry for entry in _list(item.get("CLASS"))}
        for item in _list(data.get("CLASS_INF", {}).get("CLASS_OBJ"))
    }
    signs = {
        squeeze(note.get("@char")): "suppressed" if "秘匿" in str(note.get("$")) else "not_reported"
        for note in _list(data.get("DATA_INF", {}).get("NOTE"))
    }
    preliminary = "速報" in title
    rows: list[dict[str, Any]] = []
    for number, cell in enumerate(_list(data.get("DATA_INF", {}).get("VALUE")), start=1):
        raw = str(cell.get("$", ""))
        value, value_status = _number(raw, signs)
        if value_status == "unreadable":
            problems.append(
                problem(
                    "unreadable_value.estat",
                    row=number,
                    column_label="VALUE",
                    signs=" ".join(signs) or "no sign",
                    text=shown.cell(raw),
                )
            )
            continue
        others = [name for name in classes if name not in {"area", "time"}]
        names = {name: classes[name].get(cell.get(f"@{name}"), {}) for name in classes}
        unknown = [name[1:] for name in cell if name[0] == "@" and name[1:] not in _BESIDE and not names.get(name[1:])]
        if unknown:
            problems.append(
                problem(
                    "estat_class",
                    column_label="RESULT",
                    number=number,
                    name=unknown[0],
                    found=cell[f"@{unknown[0]}"],
                )
            )
            continue
        unit = cell.get("@unit") or next((names[n]["@unit"] for n in others if names[n].get("@unit")), "")
        label = " / ".join(_text(names[name].get("@name")) for name in others)
        rows.append(
            {
                "stats_data_id": str(table.get("@id", "")),
                "table_ja": title,
                "indicator_code": "/".join(str(cell.get(f"@{name}", "")) for name in others),
                "indicator_ja": label,
                "area_code": str(cell.get("@area", "")),
                "area_name": squeeze(names.get("area", {}).get("@name", "")),
                "time_code": str(cell.get("@time", "")),
                "time_ja": _text(names.get("time", {}).get("@name")),
                "value": value,
                "unit": unit,
                "sheet": "",
                "row": number,
                "column_label": label,
                "value_raw": raw,
                "value_status": value_status or ("preliminary" if preliminary else "final"),
            }
        )
    frame = pl.DataFrame(rows, schema=empty.schema, orient="row") if rows else empty
    times = sorted({row["time_ja"] or row["time_code"] for row in rows})
    period = "..".join(dict.fromkeys([times[0], times[-1]])) if times else ""
    return frame, problems[:SHOWN], title, period


def _number(raw: str, signs: dict[str, str]) -> tuple[Decimal | None, str | None]:
    plain = squeeze(raw)
    if plain in signs:
        return None, signs[plain]
    if not _NUMBER.fullmatch(plain):
        return None, "unreadable"
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None, "unreadable"
    return (value, None) if value == round(value, 6) and abs(value) < Decimal(10) ** 30 else (None, "unreadable")


def _incomplete(data: dict[str, Any]) -> list[Problem]:
    """An answer is whole when it starts at 1, ends at the total, names no NEXT_KEY and holds as many values."""
    info = data.get("RESULT_INF", {})
    total, first, last = (str(info.get(key)) for key in ("TOTAL_NUMBER", "FROM_NUMBER", "TO_NUMBER"))
    values = len(_list(data.get("DATA_INF", {}).get("VALUE")))
    if "NEXT_KEY" not in info and first == "1" and last == total == str(values):
        return []
    return [
        problem(
            "estat_incomplete",
            column_label="RESULT",
            total=total,
            first=first,
            last=last,
            values=values,
            next_ja=info.get("NEXT_KEY", "?"),
            next=info.get("NEXT_KEY", "absent"),
        )
    ]


def _replaced(parameter: dict[str, Any]) -> list[Problem]:
    """replaceSpChars turns the signs of missing figures into 0 or nothing."""
    asked = str(parameter.get("REPLACE_SP_CHARS", 0))
    if asked == "0":
        return []
    return [problem("estat_signs_replaced", column_label="PARAMETER", asked=asked)]


def _list(value: Any) -> list[Any]:
    """The API gives a list of one as the thing itself."""
    return [] if value is None else value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return str(value.get("$", "")) if isinstance(value, dict) else "" if value is None else str(value)
