"""実績報告 -> the raw tables of what a section reports.

Holds: what a reported row must say in itself: value or status, numerator and denominator, lower bounds. Does not hold:
whether the plan knows the KPI (ingest.reported), cells (ingest.forms). A wrong row costs itself.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sousei.ingest.cells.grid import Grid
from sousei.ingest.forms import workbook
from sousei.ingest.forms.cells import Wrong, chosen
from sousei.ingest.forms.model import form
from sousei.ingest.forms.sheets import Row, Table
from sousei.ingest.vocabulary.text import squeeze

FORM = form("section_report")
_WITHOUT_VALUE = {"not_surveyed", "suppressed", "not_applicable", "not_reported"}
_SIGNS = {"-": "not_applicable", "…": "not_reported", "...": "not_reported", "x": "suppressed", "X": "suppressed"}
_PLACES = Decimal("0.00000001")


def recognises(document: Any) -> bool:
    """True for a sheet of a section's report."""
    return isinstance(document, Grid) and workbook.is_of(FORM, document)


def read_workbook(grids: list[Grid]) -> workbook.Filled:
    """The whole workbook."""
    return workbook.read(FORM, grids, _rules)


def _rules(tables: dict[str, Table]) -> None:
    for row in list(tables["value"].rows):
        _value(tables["value"], row)
    for row in tables["donation"].rows:
        _donation(tables["donation"], row)
    for row in tables["grant"].rows:
        _grant(tables["grant"], row)
    for table in tables.values():
        for row in table.rows:
            for name in ("n_participants", "n_persons", "deposit_yen", "used_yen", "balance_yen", "n_projects"):
                if (row.values.get(name) or 0) < 0:
                    table.tell("form_negative", row.line, name)


def _value(table: Table, row: Row) -> None:
    one = row.values
    text, wrong = one.pop("reported_text", None), one.pop("reported_wrong", None)
    if text is not None and not _said_as_status(one, text):
        assert isinstance(wrong, Wrong)
        table.tell(wrong.name, row.line, "reported_value", **wrong.values)
        return
    if sign := row.comparators.get("reported_value"):
        if one["comparator"] not in {None, sign}:
            table.tell("report_comparators", row.line, "comparator")
        one["comparator"] = sign
    _of_parts(table, row)
    status = one["value_status"]
    has_value = one["reported_value"] is not None or one["milestone_state"] is not None
    if has_value and status in _WITHOUT_VALUE:
        table.tell("report_status_with_value", row.line, "value_status", status=_word(status))
    elif not has_value and status is None:
        table.rows.remove(row)  # nobody filled it in
    elif not has_value and status not in _WITHOUT_VALUE:
        table.tell("report_value_missing", row.line, "reported_value", status=_word(status))
    elif has_value and status is None:
        one["value_status"] = "estimated" if one["comparator"] == "~" else "final"
    if one["fiscal_year"] is None:
        table.tell("form_blank", row.line, "fiscal_year")


def _said_as_status(one: dict[str, Any], text: str) -> bool:
    """A word or sign of the status in the place of the value."""
    plain = squeeze(text)
    status = _SIGNS.get(plain)
    if status is None:
        try:
            status = chosen(plain, "states")
        except Wrong:
            return False
    if status not in _WITHOUT_VALUE or one["value_status"] not in {None, status}:
        return False
    one["value_status"] = status
    return True


def _of_parts(table: Table, row: Row) -> None:
    """The value of numerator and denominator: per cent, or per 1,000, as the unit says."""
    one = row.values
    above, below = one["numerator"], one["denominator"]
    if above is None and below is None:
        return
    if above is None or below is None:
        table.tell("form_blank", row.line, "numerator" if above is None else "denominator")
        return
    if below == 0:
        table.tell("report_denominator_zero", row.line, "denominator")
        return
    unit = squeeze(one["unit"] or "")
    times = (
        100 if unit in {"%", "パーセント"} else 1000 if "千人" in unit or "1,000人" in unit or "1000人" in unit else 1
    )
    value = above * times / below
    if one["reported_value"] is None:
        one["reported_value"] = value.quantize(_PLACES)
    elif abs(value - one["reported_value"]) > Decimal(10) ** one["reported_value"].normalize().as_tuple().exponent:
        table.tell("report_parts_disagree", row.line, "reported_value", parts=f"{value:.2f}")


def _donation(table: Table, row: Row) -> None:
    if row.values["is_undisclosed"] is None:
        row.values["is_undisclosed"] = squeeze(row.values["donor_ja"] or "") in {"非公開", "非公開の企業", "非公表"}
    if row.values["amount_yen"] is None and not row.values["is_undisclosed"]:
        table.tell("form_blank", row.line, "amount_yen")
    if (row.values["amount_yen"] or 0) < 0:
        table.tell("form_negative", row.line, "amount_yen")


_LONGEST_GRANT = 7


def _grant(table: Table, row: Row) -> None:
    first, last = row.values["grant_term_first_year"], row.values["grant_term_last_year"]
    if first is not None and last is not None and not 0 <= last - first < _LONGEST_GRANT:
        table.tell("grant_term", row.line, "grant_term_last_year", first=first, last=last)
    year = row.values["fiscal_year"]
    if first is not None and last is not None and year is not None and not first <= year <= last:
        table.tell("grant_year", row.line, "fiscal_year", first=first, last=last)
    if row.values["grant_kpi_no"] is not None and not 1 <= row.values["grant_kpi_no"] <= 5:
        table.tell("grant_kpi_no", row.line, "grant_kpi_no")


def _word(status: str) -> str:
    from sousei.ingest.forms.model import words

    return words("states")[status]
