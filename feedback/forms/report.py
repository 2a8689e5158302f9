"""What each section is asked for a fiscal year: a plan -> the rows of one workbook per section.

Holds: which KPI and measures go to which section, the labels of a row, last year's value in words. Does not hold:
finding plan and values (orchestration), the writing (writer.py), reading what comes back (ingest.forms).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from sousei.feedback.forms.periods import period_words
from sousei.feedback.forms.plan import Plan
from sousei.feedback.forms.texts import of_number
from sousei.ingest.forms.model import form, words

FORM = form("section_report")
UNASSIGNED = "担当課未定"
"""The section of what no section is in charge of."""
Key = tuple[str, str]
"""(plan_id, kpi_id)"""


class Told(NamedTuple):
    """What a release says of KPI. last: row of fct_kpi_actual of the year before; grades: row of mart_kpi_scorecard of
    the year itself."""

    last: Mapping[Key, Mapping[str, Any]] = {}
    grades: Mapping[Key, Mapping[str, Any]] = {}


class SectionReport(NamedTuple):
    """The workbook of one section. rows: sheet -> rows. kpis: how many KPI it asks for."""

    plan_id: str
    section_ja: str
    rows: dict[str, list[dict[str, Any]]]
    kpis: int


def reports(plan: Plan, fiscal_year: int, told: Told) -> list[SectionReport]:
    """One workbook for each section that reports a KPI or carries a measure of the plan, in the order of the plan.

    A KPI is asked for where it is reported (not computed) and due in the year. A measure (施策) is evaluated by its own
    section and by those of its KPI; one that has neither goes to UNASSIGNED, as do KPI without a section. KPI are
    evaluated by their section, computed ones too.
    """
    cover = plan["plan"].to_dicts()[0]
    kpis = plan["kpi"].sort("row").to_dicts() if "kpi" in plan else []
    nodes = plan["node"].sort("row").to_dicts() if "node" in plan else []
    asked, judged = [kpi for kpi in kpis if _is_asked(kpi, cover, fiscal_year)], _judged(nodes, kpis)
    sections = dict.fromkeys([*(_section(kpi) for kpi in asked), *(section for section, _, _ in judged)])
    ordered = [*(one for one in sections if one != UNASSIGNED), *(one for one in sections if one == UNASSIGNED)]
    found = []
    for section in ordered:
        own = [_value(kpi, cover, fiscal_year, told) for kpi in asked if _section(kpi) == section]
        rows = {
            "cover": [
                {
                    "municipality_code": cover["municipality_code"],
                    "plan_id": cover["plan_id"],
                    "fiscal_year": fiscal_year,
                    "section_ja": section,
                }
            ],
            "value": own,
            "evaluation": [
                {
                    "plan_id": cover["plan_id"],
                    "subject_id": subject,
                    "subject_ja": name,
                    "machine_grade": _grade(told.grades.get((cover["plan_id"], subject))),
                }
                for one, subject, name in judged
                if one == section
            ],
        }
        found.append(SectionReport(cover["plan_id"], section, rows, len(own)))
    return found


def _section(row: Mapping[str, Any]) -> str:
    return (row["section_ja"] or "").strip() or UNASSIGNED


def _is_asked(kpi: Mapping[str, Any], cover: Mapping[str, Any], fiscal_year: int) -> bool:
    """Reported, and due: from its first year on, in its step."""
    first = kpi["first_fiscal_year"] or cover["first_fiscal_year"]
    step = kpi["reporting_step_years"] or 1
    is_due = fiscal_year >= first and (fiscal_year - first) % step == 0
    return kpi["how_measured"] == "reported" and is_due


def _judged(nodes: list[dict[str, Any]], kpis: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(section, subject_id, its name) of all that is evaluated: measures, then KPI."""
    found: dict[tuple[str, str, str], None] = {}
    for node in nodes:
        if node["level"] != "measure":
            continue
        named = [(node["section_ja"] or "").strip()]
        named += [(kpi["section_ja"] or "").strip() for kpi in kpis if kpi["node_id"] == node["node_id"]]
        for section in [name for name in named if name] or [UNASSIGNED]:
            found[section, node["node_id"], node["name_ja"]] = None
    for kpi in kpis:
        if kpi["kind"] != "reference_observation":
            found[_section(kpi), kpi["kpi_id"], kpi["kpi_name_ja"]] = None
    return list(found)


def _value(kpi: Mapping[str, Any], cover: Mapping[str, Any], fiscal_year: int, told: Told) -> dict[str, Any]:
    first = cover["first_fiscal_year"]
    return {
        "plan_id": kpi["plan_id"],
        "kpi_id": kpi["kpi_id"],
        "kpi_name_ja": kpi["kpi_name_ja"],
        "period_ja": period_words(fiscal_year, kpi["period_basis"], kpi["accumulation"], first, kpi["kind"]),
        "last_year_value": value_words(told.last.get((kpi["plan_id"], kpi["kpi_id"]))),
        "unit": kpi["unit"],
    }


def value_words(row: Mapping[str, Any] | None) -> str | None:
    """A value of fct_kpi_actual for people: 約500, 95超, 1,460（速報）, 達成; None where there is none."""
    if row is None or row["actual_value"] is None:
        return None
    if row["milestone_state"]:
        said = words("milestone_states").get(row["milestone_state"], row["milestone_state"])
    else:
        said = of_number(Decimal(row["actual_value"]))
        whole, point, rest = said.partition(".")
        said = f"{int(whole):,}" + point + rest if whole not in {"-0"} else said
        word = words("comparators").get(row["comparator"] or "=", "")
        said = {"=": said, "~": f"{word}{said}"}.get(row["comparator"] or "=", f"{said}{word}")
    status = row["value_status"]
    return said if status in {"final", "revised"} else f"{said}（{words('states').get(status, status)}）"


def _grade(row: Mapping[str, Any] | None) -> str | None:
    """A grade of mart_kpi_scorecard for people; None where there is none."""
    if row is None or row["grade"] is None:
        return None
    label = row["grade_label_ja"]
    said = f"{row['grade']}（{label}）" if label and label != row["grade"] else row["grade"]
    return f"{said}・暫定" if row["grade_is_provisional"] else said
