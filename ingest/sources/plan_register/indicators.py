"""Which indicators a plan register may name, and whether a KPI's unit goes with them.

Holds: the ids of the seed indicators, of e-Stat items and of the workbook's own composed indicators; units and their
scale; the rules of the sheets of composed indicators. Does not hold: the rest of the register (reader.py), values (the
warehouse).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sousei.ingest.areas import shown
from sousei.ingest.forms.cells import bare_unit, near, parted_unit
from sousei.ingest.forms.product import units
from sousei.ingest.forms.sheets import Row, Table
from sousei.ingest.vocabulary.text import squeeze

ESTAT_ITEM = re.compile(r"estat:\d{10}:[0-9A-Za-z_.#-]+(?:/[0-9A-Za-z_.#-]+)*")
"""estat:<statsDataId>:<codes of the item, one for each class that is neither area nor time>."""
_LIKE_AN_ID = re.compile(r"(?=.*[_:])[A-Za-z0-9_.:/-]{1,80}")
"""Text that a message may show: it can only be meant as a name of an indicator."""
COMPOSED = "composed:"


def check_named(table: Table, row: Row, column: str, text: str, tables: Mapping[str, Table]) -> bool:
    """Whether there is an indicator of this name; tells where there is none. Of an e-Stat item only the form is known
    here, not whether it was ever delivered."""
    own = [f"{COMPOSED}{one.values['composed_id']}" for one in tables["composed"].rows]
    if text in units() or text in own or ESTAT_ITEM.fullmatch(text):
        return True
    said = text if _LIKE_AN_ID.fullmatch(text) else shown.cell(text)
    table.tell("plan_indicator_unknown", row.line, column, text=said, near=near(text, [*units(), *own]))
    return False


def check_unit(table: Table, row: Row, text: str, tables: Mapping[str, Table]) -> None:
    """The unit of a KPI is its indicator's, or a multiple of it that indicator_scale divides by. The unit of an e-Stat
    item stands in its table, which is not here."""
    unit, divisor = row.values["unit"], row.values["indicator_scale"]
    allowed = units().get(text) or tuple(
        one.values["unit"] or "" for one in tables["composed"].rows if f"{COMPOSED}{one.values['composed_id']}" == text
    )
    if not unit or not allowed or (divisor is not None and divisor <= 0):
        return
    own_scale, own = parted_unit(unit)
    fitting = {bare_unit(rest): scale for scale, rest in map(parted_unit, reversed(allowed))}
    if squeeze(unit) in {squeeze(one) for one in allowed}:
        fitting, own_scale, own = {bare_unit(unit): 1}, 1, unit
    if bare_unit(own) not in fitting:
        table.tell("plan_indicator_unit.other", row.line, "unit", text=text, unit=allowed[0], own=unit)
        return
    wanted = own_scale / fitting[bare_unit(own)]
    if wanted >= 1 and wanted != (divisor or 1):
        given = divisor or "空欄"
        table.tell(
            "plan_indicator_unit.scale",
            row.line,
            "indicator_scale",
            text=text,
            unit=allowed[0],
            own=unit,
            scale=int(wanted),
            given=given,
        )


def check_composed(tables: Mapping[str, Table]) -> None:
    """Each composed indicator has the parts that its formula needs, and each part is one value of a year."""
    composed, parts = tables["composed"], tables["composed_part"]
    kpis = {row.values["kpi_id"]: row.values for row in tables["kpi"].rows}
    for row in parts.rows:
        _part(parts, row, kpis, tables)
    for row in composed.rows:
        own = [one.values for one in parts.rows if one.values["composed_id"] == row.values["composed_id"]]
        _formula(composed, row, own)


def _part(parts: Table, row: Row, kpis: Mapping[str, Mapping[str, Any]], tables: Mapping[str, Table]) -> None:
    text, kpi = row.values["indicator_id"], row.values["kpi_id"]
    if (text is None) == (kpi is None):
        parts.tell("plan_composed_parts.one", row.line, "indicator_id")
    elif text is not None and text.startswith(COMPOSED):
        parts.tell("plan_composed_parts.nested", row.line, "indicator_id", text=text)
    elif text is not None:
        check_named(parts, row, "indicator_id", text, tables)
    elif kpi in kpis and kpis[kpi]["how_measured"] == "computed":
        parts.tell("plan_composed_parts.reported", row.line, "kpi_id", text=kpi)
    elif kpi in kpis and str(kpis[kpi]["accumulation"] or "").startswith("cumulative"):
        parts.tell("plan_composed_parts.running", row.line, "kpi_id", text=kpi)
    if row.values["divisor"] is not None and row.values["divisor"] <= 0:
        parts.tell("form_positive.least", row.line, "divisor")


def _formula(composed: Table, row: Row, parts: list[dict[str, Any]]) -> None:
    name, formula = row.values["composed_id"], row.values["formula"]
    roles = {one["role"] or "numerator" for one in parts}
    taken = [one["sign"] == "minus" for one in parts]
    if not parts:
        composed.tell("plan_composed_parts.none", row.line, "composed_id", text=name)
    elif formula in {"rate", "share"} and roles != {"numerator", "denominator"}:
        composed.tell("plan_composed_parts.quotient", row.line, "formula", text=name)
    elif formula in {"sum", "difference"} and "denominator" in roles:
        composed.tell("plan_composed_parts.sum", row.line, "formula", text=name)
    elif (formula == "sum" and any(taken)) or (formula == "difference" and not any(taken)):
        composed.tell("plan_composed_parts.signs", row.line, "formula", text=name)
    if formula == "share" and row.values["multiplier"] is not None:
        composed.tell("plan_composed_parts.multiplier", row.line, "multiplier", text=name)
