"""Plans in force and what the current release says of their KPI, for the forms that are handed out.

Holds: finding the plan registers of a municipality among the deliveries of the current release, and its values and
grades. Does not hold: the rows of a form (feedback.forms), which version of a row is in force (ingest.in_force).
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from sousei.foundation.home import Home
from sousei.foundation.told import UnknownNameError
from sousei.ingest.forms.model import form
from sousei.ingest.receive import intake
from sousei.publication import shelf
from sousei.publication.query import QueryError, query

SOURCE = "plan_register"
_VALUES = """
    select plan_id, kpi_id, actual_value, comparator, milestone_state, value_status
    from fct_kpi_actual
    where municipality_code = '{code}' and fiscal_year = {year} and is_latest
"""
_GRADES = """
    select plan_id, kpi_id, grade, grade_label_ja, grade_is_provisional
    from mart_kpi_scorecard
    where municipality_code = '{code}' and fiscal_year = {year}
"""


def plans_of(home: Home, municipality: str) -> dict[str, str]:
    """plan_id -> source_id of its register in force, of a municipality, in the order of the plans' terms.

    In force is the register that was received last among those that the current release was made from; before the
    first release, among those that were read. A register whose tables are gone is passed over.
    """
    newest: dict[str, tuple[int, int, str]] = {}
    for order, source_id in _taken(home):
        path = home.raw / f"{SOURCE}_plan" / f"{source_id}.parquet"
        if not path.exists():
            continue
        for row in pl.read_parquet(path).to_dicts():
            known = newest.get(row["plan_id"])
            if row["municipality_code"] == municipality and (known is None or known[1] < order):
                newest[row["plan_id"]] = (row["first_fiscal_year"], order, source_id)
    return {plan: source_id for plan, (_, _, source_id) in sorted(newest.items(), key=lambda one: (one[1][0], one[0]))}


def plan_sheets(home: Home, municipality: str, plan: str) -> dict[str, pl.DataFrame]:
    """The sheets of a plan in force: name of the sheet -> its rows, as the raw table plan_register_<sheet> has them.

    Raises UnknownNameError where no plan of this name is in force.
    """
    source_id = plans_of(home, municipality).get(plan)
    if source_id is None:
        raise UnknownNameError(
            f"plan_unknown: 計画 {plan} は {municipality} にありません。 / plan_unknown: {municipality} has no {plan}"
        )
    paths = {one.name: home.raw / f"{SOURCE}_{one.name}" / f"{source_id}.parquet" for one in form(SOURCE).sheets}
    return {name: pl.read_parquet(path) for name, path in paths.items() if path.exists()}


def values_of(home: Home, municipality: str, fiscal_year: int) -> dict[tuple[str, str], dict[str, Any]]:
    """(plan_id, kpi_id) -> the value in force of a fiscal year, as fct_kpi_actual has it; empty without a release."""
    return _by_kpi(home, _VALUES.format(code=municipality, year=int(fiscal_year)))


def grades_of(home: Home, municipality: str, fiscal_year: int) -> dict[tuple[str, str], dict[str, Any]]:
    """(plan_id, kpi_id) -> the grade of a fiscal year, as mart_kpi_scorecard has it; empty without a release."""
    return _by_kpi(home, _GRADES.format(code=municipality, year=int(fiscal_year)))


def _by_kpi(home: Home, sql: str) -> dict[tuple[str, str], dict[str, Any]]:
    release = shelf.current(home)
    if release is None:
        return {}
    try:
        rows = query(sql, release).to_dicts()
    except QueryError:  # a release of before these tables or columns
        return {}
    return {(row["plan_id"], row["kpi_id"]): row for row in rows}


def _taken(home: Home) -> list[tuple[int, str]]:
    """(received_order, source_id) of the plan registers that count."""
    release = shelf.current(home)
    if release is not None:
        return [
            (one["received_order"], one["source_id"])
            for one in release.manifest.inputs
            if one["source"] == SOURCE and one["verdict"] == "taken"
        ]
    found = []
    for snapshot in intake.stored(home):
        stored = home.raw / "readings" / f"{snapshot.sha256}.json"
        told = json.loads(stored.read_text("utf-8")) if stored.exists() else {}
        if told.get("source") == SOURCE and told["verdict"] == "taken":
            found.append((snapshot.order, str(told["source_id"])))
    return found
