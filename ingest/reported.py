"""Rows that sections report, beside the plans that they are about.

Holds: which reported rows are not used because no plan knows them, because they are of another size or unit, or because
two sections say two things. Does not hold: reading a report (its source), scoring (the warehouse). It is asked anew
every night: a row that waits for its plan counts as soon as the plan is there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from sousei.foundation.clock import fiscal_year_of
from sousei.ingest.forms.cells import near
from sousei.ingest.forms.model import form
from sousei.ingest.forms.product import summed_kinds
from sousei.ingest.problems.record import FileProblem, problem
from sousei.ingest.tables import schema_of
from sousei.ingest.vocabulary.text import squeeze

_REPORT = "section_report"
_CERTAIN = {"year", "cumulative_term", "cumulative_ever"}
_TIMES = 30
"""How many times a value may differ from the largest that is known of its KPI before somebody must say why."""
Plan = tuple[str, str]


class Found(NamedTuple):
    """asides: raw.row_aside. problems: why, and what a person should look at, with delivery and file."""

    asides: pl.DataFrame
    problems: list[FileProblem]


class _Plans(NamedTuple):
    """The plans in force. terms: first and last fiscal year; kpis, nodes, funds: by plan; targets: the largest target
    of a KPI by magnitude."""

    terms: dict[Plan, tuple[int, int]]
    kpis: dict[Plan, dict[str, dict[str, Any]]]
    nodes: dict[Plan, set[str]]
    funds: dict[Plan, set[str]]
    targets: dict[tuple[Plan, str], Decimal]


def against_plans(files: Mapping[str, list[Path]], deliveries: pl.DataFrame, as_of: dt.date) -> Found:
    """files: raw table -> Parquet of the deliveries that are taken. deliveries: raw.delivery. as_of: a fiscal year that
    begins after it cannot have been measured."""
    empty = schema_of("row_aside").to_frame()
    tables = [f"{_REPORT}_{sheet.name}" for sheet in form(_REPORT).sheets if sheet.key]
    if not any(files.get(table) for table in tables):
        return Found(empty, [])
    order = dict(deliveries.select("source_id", "received_order").iter_rows())
    names = dict(deliveries.select("source_id", "file_name").iter_rows())
    plans = _plans(files, order)
    problems: list[FileProblem] = []
    asides: dict[tuple[str, str, int], str] = {}

    def tell(row: Mapping[str, Any], name: str, header: str, **values: object) -> None:
        said = problem(name, sheet=row["sheet"], row=row["row"], column_label=header, **values)
        problems.append({**said, "source_id": row["source_id"], "file_name": names.get(row["source_id"], "")})
        if said["severity"] != "review":
            asides[row["source_id"], row["sheet"], row["row"]] = said["problem_id"]

    values = _rows(files, f"{_REPORT}_value")
    for row in values:
        _value(row, plans, fiscal_year_of(as_of), tell)
    sound = [row for row in values if (row["source_id"], row["sheet"], row["row"]) not in asides]
    _sections(sound, order, names, tell)
    for table in tables[1:]:
        for row in _rows(files, table):
            _register(row, plans, tell)
    frame = pl.DataFrame(
        [(*at, problem_id) for at, problem_id in asides.items()], schema=schema_of("row_aside"), orient="row"
    )
    return Found(frame, problems)


def _rows(files: Mapping[str, list[Path]], table: str) -> list[dict[str, Any]]:
    return pl.read_parquet(files[table]).to_dicts() if files.get(table) else []


def _plans(files: Mapping[str, list[Path]], order: Mapping[str, int]) -> _Plans:
    newest: dict[Plan, str] = {}
    terms: dict[Plan, tuple[int, int]] = {}
    for row in sorted(_rows(files, "plan_register_plan"), key=lambda one: order.get(one["source_id"], 0)):
        at = row["municipality_code"], row["plan_id"]
        newest[at], terms[at] = row["source_id"], (row["first_fiscal_year"], row["last_fiscal_year"])

    def inside(table: str) -> Iterator[tuple[Plan, dict[str, Any]]]:
        for row in _rows(files, table):
            at = row["municipality_code"], row["plan_id"]
            if newest.get(at) == row["source_id"]:
                yield at, row

    found = _Plans(terms, {at: {} for at in terms}, {at: set() for at in terms}, {at: set() for at in terms}, {})
    for at, row in inside("plan_register_kpi"):
        found.kpis[at][row["kpi_id"]] = row
    for at, row in inside("plan_register_node"):
        found.nodes[at].add(row["node_id"])
    for at, row in inside("plan_register_fund"):
        found.funds[at].add(row["fund_id"])
    for at, row in inside("plan_register_target"):
        for value in (row["target_value"], found.kpis[at].get(row["kpi_id"], {}).get("baseline_value")):
            if value is not None:
                known = found.targets.get((at, row["kpi_id"]), Decimal(0))
                found.targets[at, row["kpi_id"]] = max(known, abs(value))
    return found


def _plan_of(row: Mapping[str, Any], plans: _Plans, tell: Any) -> Plan | None:
    at = row["municipality_code"], row["plan_id"]
    if at in plans.terms:
        return at
    own = [plan for code, plan in plans.terms if code == row["municipality_code"]]
    tell(row, "report_plan_unknown", "計画ID", text=row["plan_id"], near=near(row["plan_id"] or "", own))
    return None


def _value(row: dict[str, Any], plans: _Plans, this_year: int, tell: Any) -> None:
    at = _plan_of(row, plans, tell)
    if at is None:
        return
    kpi = plans.kpis[at].get(row["kpi_id"])
    if kpi is None:
        tell(row, "report_kpi_unknown", "指標ID", text=row["kpi_id"], near=near(row["kpi_id"], plans.kpis[at]))
        return
    if row["unit"] and squeeze(row["unit"]) != squeeze(kpi["unit"] or ""):
        tell(row, "report_unit_differs", "単位", text=row["unit"], unit=kpi["unit"] or "なし")
        return
    year, (first, last) = row["fiscal_year"], plans.terms[at]
    if year > this_year:
        tell(row, "report_year_ahead", "年度", year=year)
        return
    if kpi["kind"] != "milestone" and not first <= year <= last and not _is_meant(row):
        tell(row, "report_year_before", "年度", year=year, first=first, last=last)
    if kpi["kind"] == "milestone" and row["reported_value"] is not None:
        tell(row, "report_milestone_value", "節目の状態")
    elif kpi["kind"] != "milestone" and row["milestone_state"] is not None:
        tell(row, "report_no_milestone", "節目の状態")
    elif row["reported_value"] is not None:
        said = row["accumulation"] or ("year" if kpi["accumulation"] == "year" else None)
        if kpi["kind"] in summed_kinds() and said not in _CERTAIN and row["fit"] in {None, "same"}:
            tell(row, "report_accumulation_missing", "集計")
            return
        _size(row, kpi, plans.targets.get((at, row["kpi_id"])), tell)


def _size(row: dict[str, Any], kpi: Mapping[str, Any], known: Decimal | None, tell: Any) -> None:
    """A share typed as a fraction or beyond 100, and a value of another size than the plan's own. A remark says that it
    is meant."""
    value: Decimal = row["reported_value"]
    shown = f"{value.normalize():f}"
    if squeeze(kpi["unit"] or "") == "%" and kpi["kind"] == "ratio_percent":
        if not 0 <= value <= 100:
            tell(row, "report_share_beyond", "値", text=shown)
        elif 0 < value <= 1 and known is not None and known >= 5 and not row["note_ja"]:
            tell(row, "report_share_as_fraction", "値", text=shown, percent=f"{(value * 100).normalize():f}")
        return
    if known and value and not _is_meant(row) and (abs(value) > _TIMES * known or abs(value) * 1000 < known):
        tell(row, "report_size_unlike", "値", text=shown, other=f"{known.normalize():f}")


def _is_meant(row: Mapping[str, Any]) -> bool:
    """Somebody said why in the remarks, or the value is not the KPI's own."""
    return bool(row["note_ja"]) or row["fit"] not in {None, "same"}


def _sections(rows: list[dict[str, Any]], order: Mapping[str, int], names: Mapping[str, str], tell: Any) -> None:
    """A later report restates an earlier one of the same section, or says why; else two sections disagree."""
    by_key: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        if row["fit"] in {None, "same"}:
            key = (row["municipality_code"], row["plan_id"], row["kpi_id"], row["fiscal_year"], row["subseries_ja"])
            by_key.setdefault(key, []).append(row)
    for versions in by_key.values():
        versions.sort(key=lambda one: order.get(one["source_id"], 0))
        for earlier, later in pairwise(versions):
            is_same_section = squeeze(earlier["section_ja"] or "") == squeeze(later["section_ja"] or "")
            if is_same_section and not _alike(earlier, later) and not later["restated_reason_ja"]:
                tell(later, "report_restated", "訂正の理由")
        last_words = {squeeze(one["section_ja"] or ""): one for one in versions}
        for earlier, later in pairwise(sorted(last_words.values(), key=lambda one: order.get(one["source_id"], 0))):
            if not _alike(earlier, later) and not later["restated_reason_ja"]:
                for one, other in ((earlier, later), (later, earlier)):
                    tell(one, "report_sections_disagree", "値", other=names.get(other["source_id"], ""))


def _alike(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """They say the same, or the earlier one was not settled."""
    same = all(earlier[name] == later[name] for name in ("reported_value", "value_status", "milestone_state"))
    return same or earlier["value_status"] in {"not_reported", "preliminary", "projected"}


def _register(row: dict[str, Any], plans: _Plans, tell: Any) -> None:
    """What is named in the other sheets is in the plan."""
    at = _plan_of(row, plans, tell)
    if at is None:
        return
    known: dict[str, tuple[str, set[str]]] = {
        "kpi_id": ("指標ID", set(plans.kpis[at])),
        "subject_id": ("体系ID・指標ID", plans.nodes[at] | set(plans.kpis[at])),
        "fund_id": ("基金ID", plans.funds[at]),
    }
    for column, (header, there) in known.items():
        value = row.get(column)
        if value is not None and value not in there:
            tell(row, "report_subject_unknown", header, text=value, near=near(value, there))
