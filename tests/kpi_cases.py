"""KPI that no plan holds, planted in the warehouse of the samples as catalogue and observations.

Holds: the statements for a row of tests/golden/kpi_scores.csv or of its shape. Does not hold: what must come out.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

GOLDEN = Path(__file__).resolve().parent / "golden"
ACTUAL = re.compile(r"(\d{4}):(>=|<=|>|<|~)?([^@!&^\s]*)(?:@(\w+))?(?:!(\w+))?(?:&(\w+))?(?:\^(\S+))?")
"""One report: year, comparator, value (blank with its status), @accumulation, !status, &fit, ^series (- for none)."""
MILESTONE = re.compile(r"(\d{4}):(\S+)")
TOWN = "01223"

Case = dict[str, str]


def read(name: str) -> list[Case]:
    with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def town_of(case: Case) -> str:
    return case.get("town", TOWN)


def literal(value: str) -> str:
    return f"'{value}'" if value else "null"


WORKBOOK = "'synthetic' as source_id, 'synthetic' as sheet, 1 as row, 1 as received_order, 1 as version_rank"


def catalogued(case: Case) -> Iterator[str]:
    """The KPI and its target, as the reader of a plan register would give them."""
    key = f"'{town_of(case)}' as municipality_code, '{case['plan']}' as plan_id, '{case['case']}' as kpi_id"
    step = "null" if case["kind"] in ("milestone", "reference_observation") else "1"
    column = "'total_persons'" if case["benchmark"] else "null"
    yield (
        "insert into delivered.plan_register_kpi by name select "
        f"{key}, {WORKBOOK}, '{case['case']}' as kpi_name_ja, '{case['kind']}' as kind, "
        f"'{case['direction']}' as direction, '人' as unit, "
        f"{literal(case['accumulation'])} as accumulation, {literal(case['baseline'])} as baseline_value, "
        f"'{case['baseline_type']}' as baseline_type, {literal(case['confirmed'])} as is_baseline_confirmed, "
        f"{literal(case['benchmark'])} as benchmark_value, {column} as benchmark_column, 2025 as benchmark_year, "
        f"{case['first_year']} as first_fiscal_year, {step} as reporting_step_years, 'reported' as how_measured"
    )
    method, _, given = case.get("milestones", "").partition(" ")
    for year, value in MILESTONE.findall(given):
        yield (
            "insert into delivered.plan_register_milestone by name select "
            f"{key}, {WORKBOOK}, 1 as target_version, {year} as fiscal_year, {value} as milestone_value"
        )
    if case["target_year"]:
        term = f"{case['target_year']} - {case['first_year']} + 1"
        yield (
            "insert into delivered.plan_register_target by name select "
            f"{key}, {WORKBOOK}, 1 as target_version, {literal(case['target'])} as target_value, "
            f"{case['target_year']} as target_fiscal_year, {term} as term_years, {literal(method)} as milestone_method"
        )


def observed(case: Case) -> Iterator[str]:
    for year, comparator, value, accumulation, status, fit, named in ACTUAL.findall(case["actuals"]):
        series = named.strip("-") if named else "census" if case["kind"] == "suppress_decline" else ""
        state = value if case["kind"] == "milestone" else ""
        yield (
            "insert into delivered.section_report_value by name select "
            f"'{town_of(case)}' as municipality_code, '{case['plan']}' as plan_id, '{case['case']}' as kpi_id, "
            f"{WORKBOOK}, {year} as fiscal_year, {literal('' if state else value)} as reported_value, "
            f"'{comparator or '='}' as comparator, {literal(accumulation)} as accumulation, "
            f"{literal(state)} as milestone_state, '{status or 'final'}' as value_status, "
            f"{literal(series)} as series, {literal(fit)} as fit"
        )


def planted(cases: Iterable[Case]) -> Iterator[str]:
    """Statements for all cases: their plans, each under its rule, and each KPI once with its observations."""
    cases = list(cases)
    plans = {case["plan"]: (case.get("rule", "abcd_milestone"), town_of(case)) for case in cases}
    for plan, (rule, town) in plans.items():
        yield (
            "insert into delivered.plan_register_plan by name select "
            f"'{plan}' as plan_id, {WORKBOOK}, '{town}' as municipality_code, '{plan}' as plan_name_ja, "
            f"2021 as first_fiscal_year, 2030 as last_fiscal_year, '{rule}' as grade_rule_id"
        )
    for case in {(case["plan"], case["case"]): case for case in cases}.values():
        yield from catalogued(case)
        yield from observed(case)
