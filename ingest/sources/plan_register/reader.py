"""計画台帳 -> the raw tables of a plan.

Holds: what the sheets of a plan must say of each other, kind by kind. Does not hold: cells and references
(ingest.forms), scoring (the warehouse). A plan is taken whole or not at all: half a plan would be scored as a whole.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sousei.ingest.cells.grid import Grid
from sousei.ingest.forms import workbook
from sousei.ingest.forms.cells import Number, Wrong, chosen, number, year
from sousei.ingest.forms.cells import flag as flag_of
from sousei.ingest.forms.model import form
from sousei.ingest.forms.product import summed_kinds
from sousei.ingest.forms.sheets import Row, Table
from sousei.ingest.sources.plan_register.indicators import check_composed, check_named, check_unit
from sousei.ingest.vocabulary.text import squeeze

FORM = form("plan_register")
_TARGETLESS = {"reference_observation", "milestone"}
_LISTED = {
    "kind": "kinds",
    "direction": "directions",
    "accumulation": "accumulations",
    "baseline_type": "baseline_types",
}
_UNITLESS = re.compile("率|指数|係数|倍率|比$")
"""Names of KPI that may have no unit, such as a rate of births."""
_FIRST_TARGET, _LAST_TARGET = 2015, 2100
"""Years of targets: 地方版総合戦略 began in 2015, and visions reach to 2065."""
_LONGEST_STEP = 10
"""Most years between two values that a section reports."""
_NUMBERS = {"target_value", "delta_value", "baseline_value", "baseline_year", "benchmark_value", "benchmark_year"}


def recognises(document: Any) -> bool:
    """True for a sheet of a plan register."""
    return isinstance(document, Grid) and workbook.is_of(FORM, document)


def read_workbook(grids: list[Grid]) -> workbook.Filled:
    """The whole workbook."""
    own_rules = {"grade_rules": _own_rules(grids)}
    return workbook.read(FORM, grids, _rules, own_rules)


def _own_rules(grids: list[Grid]) -> list[str]:
    """Identifiers in the sheet of the municipality's own rules, before any sheet is read."""
    sheet = FORM.sheet("rule")
    for grid in grids:
        if squeeze(grid.sheet) == squeeze(sheet.sheet_ja):
            return [word for place in range(grid.width) for word in grid.words(place, 0) if word]
    return []


def _rules(tables: dict[str, Table]) -> None:
    plan = tables["plan"].rows[0]
    first, last = plan.values["first_fiscal_year"], plan.values["last_fiscal_year"]
    if first is not None and last is not None and last < first:
        tables["plan"].tell("plan_term", plan.line, "last_fiscal_year", first=first, last=last)
    _tree(tables["node"])
    kpis = {row.values["kpi_id"]: row for row in tables["kpi"].rows if row.line not in tables["kpi"].wrong}
    newest: dict[str, Row] = {}
    for row in tables["target"].rows:
        kpi = row.values["kpi_id"]
        if kpi in kpis and (kpi not in newest or _version(row) > _version(newest[kpi])):
            newest[kpi] = row
    _questions(tables)
    taken = _taken(tables)
    for kpi, row in kpis.items():
        target = newest.get(kpi)
        _kpi(tables, _reread(row, taken.get(kpi)), target and _reread(target, taken.get(kpi)))
    for row in tables["target"].rows:
        if row.values["kpi_id"] in kpis:
            _target(tables["target"], row, kpis[row.values["kpi_id"]])
    _milestones(tables)
    _bands(tables)
    _exact(tables)
    check_composed(tables)


def _taken(tables: dict[str, Table]) -> dict[str, dict[str, Any]]:
    """KPI -> what the readings that are taken set, as the columns hold it."""
    asked = {row.values["question_id"]: row.values for row in tables["question"].rows}
    found: dict[str, dict[str, Any]] = {}
    for row in tables["reading"].rows:
        question = asked.get(row.values["question_id"])
        field, text = row.values["field"], row.values["field_value"]
        if question is None or question["reading_taken"] != row.values["reading_id"]:
            continue
        if field is None or text is None or row.line in tables["reading"].wrong:
            continue
        value: Any = text
        if field in {"baseline_year", "benchmark_year"}:
            value = int(Decimal(text))
        elif field in _NUMBERS:
            value = Decimal(text)
        elif field == "is_baseline_confirmed":
            value = text == "true"
        found.setdefault(question["kpi_id"], {})[field] = value
    return found


def _reread(row: Row, taken: dict[str, Any] | None) -> Row:
    """The row as the readings taken make it; a change that no reading repeats is not held against them."""
    if not taken:
        return row
    values = {name: taken.get(name, value) for name, value in row.values.items()}
    if "delta_value" in values and {"target_value", "baseline_value", "benchmark_value", "kind"} & taken.keys():
        values["delta_value"] = taken.get("delta_value")
    return Row(row.line, values)


def _exact(tables: dict[str, Table]) -> None:
    """What a plan counts with is exact; a target may say 以上 or 以下, which its direction says too."""
    for table in tables.values():
        for row in table.rows:
            for column, sign in row.comparators.items():
                if not (column == "target_value" and sign in {">=", "<="}):
                    table.tell("plan_value_not_exact", row.line, column)


def _bands(tables: dict[str, Table]) -> None:
    """Every rule of one's own has bands."""
    banded = {row.values["grade_rule_id"] for row in tables["rule_band"].rows}
    for row in tables["rule"].rows:
        if row.values["grade_rule_id"] not in banded:
            tables["rule"].tell("plan_rule_without_bands", row.line, "grade_rule_id", text=row.values["grade_rule_id"])


def _version(row: Row) -> int:
    return int(row.values["target_version"] or 0)


def _tree(nodes: Table) -> None:
    """No node is above itself."""
    above = {row.values["node_id"]: row.values["parent_id"] for row in nodes.rows}
    for row in nodes.rows:
        at, seen = row.values["parent_id"], {row.values["node_id"]}
        while at is not None and at not in seen:
            seen.add(at)
            at = above.get(at)
        if at is not None:
            nodes.tell("plan_tree_circle", row.line, "parent_id", text=row.values["parent_id"])


def _kpi(tables: dict[str, Table], row: Row, target: Row | None) -> None:
    table, kpi = tables["kpi"], row.values
    kind = kpi["kind"]
    if kind is None or kpi["direction"] is None:
        return
    wants = {"milestone": "achieve", "maintain_at_least": "maintain"}.get(kind)
    if (wants and kpi["direction"] not in {wants, "higher_is_better"}) or (not wants and kpi["direction"] == "achieve"):
        table.tell("plan_kind_direction", row.line, "direction", kind=_word("kinds", kind))
    if kpi["unit"] is None and kind != "milestone" and not _UNITLESS.search(kpi["kpi_name_ja"] or ""):
        table.note("plan_unit_blank", row.line, "unit")
    if kpi["how_measured"] == "computed" and kpi["indicator_id"] is None:
        table.tell("plan_indicator_missing", row.line, "indicator_id")
    if kpi["how_measured"] == "reported" and kpi["indicator_id"] is not None:
        table.note("plan_indicator_unused", row.line, "indicator_id")
    if kpi["indicator_id"] is not None and check_named(table, row, "indicator_id", kpi["indicator_id"], tables):
        check_unit(table, row, kpi["indicator_id"], tables)
    if kind == "ratio_percent" and kpi["unit"] and squeeze(kpi["unit"]) not in {"%", "パーセント"}:
        table.tell("plan_unit_of_ratio", row.line, "unit", text=kpi["unit"])
    if kind == "suppress_decline" and kpi["benchmark_column"] is None and kpi["benchmark_value"] is None:
        table.tell("plan_benchmark_missing", row.line, "benchmark_value")
    if (kpi["benchmark_value"] is None) != (kpi["benchmark_year"] is None):
        column = "benchmark_year" if kpi["benchmark_year"] is None else "benchmark_value"
        table.tell("form_blank", row.line, column)
    if kpi["baseline_value"] is not None and kpi["baseline_type"] in {None, "none"}:
        table.tell("plan_baseline_type", row.line, "baseline_type")
    if kind in summed_kinds() and kpi["baseline_value"] is not None and kpi["baseline_year"] is not None:
        table.tell("plan_baseline_of_sum", row.line, "baseline_value")
    if kpi["baseline_type"] in {"actual", "current_value", "implied"} and kpi["baseline_value"] is None:
        table.tell("plan_baseline_missing", row.line, "baseline_value")
    if kpi["indicator_scale"] is not None and kpi["indicator_scale"] <= 0:
        table.tell("form_positive.least", row.line, "indicator_scale")
    if kpi["reporting_step_years"] is not None and not 1 <= kpi["reporting_step_years"] <= _LONGEST_STEP:
        table.tell("form_positive.between", row.line, "reporting_step_years", most=_LONGEST_STEP)
    if target is None and kind != "reference_observation":
        table.tell("plan_target_missing", row.line, "kpi_id", text=kpi["kpi_id"])
    if target is not None and target.values["target_value"] is not None and kind == "reference_observation":
        tables["target"].tell("plan_target_of_observation", target.line, "target_value")
        return
    is_blank = target is not None and target.values["target_value"] is None
    if target is not None and is_blank and kind not in _TARGETLESS and target.line not in tables["target"].wrong:
        tables["target"].tell("plan_target_blank", target.line, "target_value", kind=_word("kinds", kind))
    if target is not None and target.values["target_value"] is not None:
        _reversed(table, row, target.values["target_value"], target.values["delta_value"])


def _reversed(table: Table, row: Row, target: Decimal, delta: Decimal | None) -> None:
    """A target on the worse side of its baseline, or a change against the direction, is a slip of one of them."""
    kpi = row.values
    start = kpi["benchmark_value"] if kpi["kind"] == "suppress_decline" else kpi["baseline_value"]
    if start is not None and delta is not None and start + delta != target:
        what = (
            "推計の値と増減が目標値に合いません"
            if kpi["kind"] == "suppress_decline"
            else "基準値と増減が目標値に合いません"
        )
        table.tell(
            "plan_sum_broken",
            row.line,
            "baseline_value",
            what_ja=what,
            start=_plain(start),
            delta=_plain(delta),
            target=_plain(target),
        )
    if kpi["baseline_type"] in {"implied", "undecided"} and kpi["is_baseline_confirmed"]:
        table.tell("plan_baseline_not_confirmed", row.line, "is_baseline_confirmed")
    for share in (target, kpi["baseline_value"]):
        if kpi["kind"] == "ratio_percent" and share is not None and not 0 <= share <= 100:
            table.tell("plan_share_beyond", row.line, "kind", target=_plain(share))
    better = {"higher_is_better": 1, "lower_is_better": -1}.get(kpi["direction"], 0)
    if better == 0 or kpi["kind"] == "suppress_decline":
        return
    if kpi["kind"] in {"level_at_end", "ratio_percent", "annual_level"}:
        baseline = kpi["baseline_value"]
        if baseline is not None and (target - baseline) * better < 0:
            table.tell(
                "plan_direction_reversed", row.line, "direction", baseline=_plain(baseline), target=_plain(target)
            )
        elif delta is not None and delta * better < 0:
            table.tell("plan_delta_reversed", row.line, "direction", delta=_plain(delta))


def _target(table: Table, row: Row, kpi: Row) -> None:
    version, year = row.values["target_version"], row.values["target_fiscal_year"]
    if version is not None and version < 1:
        table.tell("form_positive.least", row.line, "target_version")
    if version is not None and version > 1:
        for name in ("valid_from_fiscal_year", "reason_ja"):
            if row.values[name] is None:
                table.tell("plan_revision", row.line, name)
    if year is not None and not _FIRST_TARGET <= year <= _LAST_TARGET:
        table.tell("plan_target_year", row.line, "target_fiscal_year", first=_FIRST_TARGET, last=_LAST_TARGET)
    first = kpi.values["first_fiscal_year"]
    if year is not None and first is not None and year < first:
        table.tell("plan_term", row.line, "target_fiscal_year", first=first, last=year)
    if row.values["term_years"] is not None and row.values["term_years"] < 1:
        table.tell("form_positive.least", row.line, "term_years")


def _milestones(tables: dict[str, Table]) -> None:
    targets = {(row.values["kpi_id"], row.values["target_version"]): row for row in tables["target"].rows}
    given = {(row.values["kpi_id"], row.values["target_version"]) for row in tables["milestone"].rows}
    for row in tables["milestone"].rows:
        if (row.values["kpi_id"], row.values["target_version"]) not in targets:
            tables["milestone"].tell("plan_milestone_version", row.line, "target_version")
    for at, row in targets.items():
        method = row.values["milestone_method"]
        if method in {"manual", "plan"} and at not in given:
            tables["target"].tell("plan_milestones_missing", row.line, "milestone_method")
        if method in {None, "linear", "none"} and at in given:
            tables["target"].tell("plan_milestones_unused", row.line, "milestone_method")


def _questions(tables: dict[str, Table]) -> None:
    """The reading that is taken is one of the question's, and what a reading sets can be set."""
    readings: dict[str, set[str]] = {}
    about = {row.values["question_id"]: row.values["kpi_id"] for row in tables["question"].rows}
    for row in tables["reading"].rows:
        readings.setdefault(row.values["question_id"], set()).add(row.values["reading_id"])
        if row.values["field"] is None:
            if row.values["field_value"] is not None:
                tables["reading"].tell("form_blank", row.line, "field")
            continue
        if about.get(row.values["question_id"]) is None:
            tables["reading"].tell("plan_reading_of_no_kpi", row.line, "field")
        elif row.values["field_value"] is not None:
            _set(tables["reading"], row)
            if row.values["field"] == "indicator_id":
                check_named(tables["reading"], row, "field_value", squeeze(row.values["field_value"]), tables)
    for row in tables["question"].rows:
        taken = row.values["reading_taken"]
        if taken is not None and taken not in readings.get(row.values["question_id"], set()):
            there = "・".join(sorted(readings.get(row.values["question_id"], set()))) or "なし"
            tables["question"].tell("plan_reading_unknown", row.line, "reading_taken", text=taken, there=there)


def _set(table: Table, row: Row) -> None:
    """The value of a reading becomes the code or the number that the field holds."""
    field, text = row.values["field"], row.values["field_value"]
    try:
        if field in _LISTED:
            row.values["field_value"] = chosen(text, _LISTED[field])
        elif field in {"baseline_year", "benchmark_year"}:
            row.values["field_value"] = str(year(text))
        elif field in _NUMBERS:
            found: Number = number(text)
            row.values["field_value"] = f"{found.value.normalize():f}"
        elif field == "is_baseline_confirmed":
            row.values["field_value"] = str(flag_of(text)).lower()
    except Wrong as wrong:
        table.tell(wrong.name, row.line, "field_value", **wrong.values)


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _word(name: str, code: str) -> str:
    from sousei.ingest.forms.model import words

    return words(name)[code]
