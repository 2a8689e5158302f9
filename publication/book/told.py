"""What a release says of one plan, read once for all sheets.

Holds: the queries, and what an edition may show. Does not hold: how anything looks, any arithmetic on figures.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sousei.foundation.clock import fiscal_year_of
from sousei.publication.query import query
from sousei.publication.shelf import Release

Row = dict[str, Any]

EDITIONS = {"staff": "庁内版", "council": "会議版", "public": "公表版"}
STATES = ("draft", "section_confirmed", "internal_confirmed", "external_confirmed", "published", "corrected")
"""States of an evaluation, in the order in which it goes through them."""
_FIRST_STATE = {"staff": "draft", "council": "internal_confirmed", "public": "published"}
SHOWN_YEARS = 5
"""Fiscal years that a list has columns for: the latest ones."""
NO_GOAL = "（基本目標なし）"


class NotThereError(LookupError):
    """The release has no such plan; `plans` are those of the municipality."""

    def __init__(self, plans: list[str]) -> None:
        super().__init__("no_plan")
        self.plans = plans


@dataclass(frozen=True)
class Told:
    """All that the sheets take; rows are dicts of mart columns, in the order of print.

    year: the fiscal year of the book, the latest closed one that is scored. years: those with columns in the lists.
    """

    edition: str
    release_id: str
    as_of: dt.date
    town: str
    plan: Row
    year: int
    years: list[int]
    labels: dict[int, tuple[str, str]]
    kpis: list[Row]
    scores: dict[tuple[str, int], Row]
    summary: list[Row]
    measures: list[Row]
    projects: list[Row]
    evaluations: dict[str, Row]
    grants: list[Row]
    missing: list[Row]
    history: list[Row]
    rules: list[Row]
    vision: list[Row]
    counted: list[Row]
    scenario_names: dict[str, str]
    sources: dict[str, Row]
    long: pl.DataFrame
    codebook: pl.DataFrame
    parts: dict[tuple[str, int], Row] = field(default_factory=dict)

    @property
    def is_public(self) -> bool:
        return self.edition == "public"

    @property
    def is_staff(self) -> bool:
        return self.edition == "staff"

    def fiscal_year(self, year: int | None) -> str:
        """令和6年度（2024年度）; '' where there is none."""
        if year is None:
            return ""
        era, western = self.labels.get(year, (f"{year}年度", ""))
        return era + western

    def goals(self) -> list[str]:
        """Basic goals in the order of the plan."""
        return list(dict.fromkeys(one["basic_goal"] or NO_GOAL for one in self.kpis))


def told(release: Release, municipality: str, plan_id: str, edition: str) -> Told:
    """Read a release for one plan.

    municipality: five digits. edition: staff, council or public; the public one is read without open questions, what is
    missing and remarks. Raises NotThereError where the release has no such plan.
    """
    plans = _rows(
        release,
        f"select * from dim_plan where municipality_code = '{_safe(municipality)}' order by first_fiscal_year, plan_id",
    )
    plan = next((one for one in plans if one["plan_id"] == plan_id), None)
    if plan is None:
        raise NotThereError([one["plan_id"] for one in plans])
    where = f"municipality_code = '{_safe(municipality)}' and plan_id = '{_safe(plan_id)}'"
    town = f"municipality_code = '{_safe(municipality)}'"
    meta = _rows(release, "select release_id, as_of_date from meta_release")[0]
    scored = _rows(release, f"select * from mart_kpi_scorecard where {where} order by kpi_id, fiscal_year")
    year = _year(plan, scored, meta["as_of_date"])
    years = sorted({one["fiscal_year"] for one in scored if one["fiscal_year"] <= year})[-SHOWN_YEARS:]
    long = query(f"select * from mart_kpi_long where {where} order by kpi_id, fiscal_year", release)
    codebook = query("select * from mart_kpi_codebook order by place", release)
    long = long.select(codebook["column_name"].to_list())
    if edition == "public":
        long = long.drop("note")
        codebook = codebook.filter(pl.col("column_name") != "note")
    return Told(
        edition=edition,
        release_id=meta["release_id"],
        as_of=meta["as_of_date"],
        town=_town(release, town),
        plan=plan,
        year=year,
        years=years or [year],
        labels={
            one["fiscal_year"]: (one["fiscal_year_label_ja"], one["fiscal_year_western_label_ja"])
            for one in _rows(release, "select * from dim_time")
        },
        kpis=_rows(release, f"select * from dim_kpi where {where} and is_current order by source_row, kpi_id"),
        scores={(one["kpi_id"], one["fiscal_year"]): one for one in scored},
        summary=_rows(
            release, f"select * from mart_kpi_summary where {where} and fiscal_year in ({year}, {year - 1}) order by all"
        ),
        measures=_rows(release, f"select * from mart_measure where {where} order by source_row, node_id"),
        projects=_rows(
            release,
            f"select * from mart_project where {where} order by node_id nulls last, line_no nulls last, project_id",
        ),
        evaluations=_evaluations(release, where, year, edition),
        grants=_rows(
            release,
            f"select * from mart_grant_form where {where} order by grant_project_ja, grant_kpi_no, fiscal_year",
        ),
        missing=[]
        if edition == "public"
        else _rows(release, f"select * from mart_kpi_missing where {where} order by reason, kpi_id, fiscal_year, missing_id"),
        history=_rows(release, f"select * from mart_kpi_history where {where} order by kpi_id, event_no"),
        rules=_rules(release, where, plan),
        vision=_rows(release, f"select * from mart_population_vision where {town} order by scenario_id, year"),
        counted=_rows(release, f"select * from mart_population_actual where {town} order by series, as_of_date"),
        scenario_names=_scenario_names(release),
        sources={one["source_id"]: one for one in _rows(release, "select * from meta_source")},
        long=long,
        codebook=codebook,
        parts={(one["kpi_id"], one["fiscal_year"]): one for one in long.to_dicts()},
    )


def _safe(text: str) -> str:
    return text.replace("'", "''")


def _rows(release: Release, sql: str) -> list[Row]:
    return query(sql, release).to_dicts()


def _year(plan: Row, scored: list[Row], as_of: dt.date) -> int:
    """The latest scored fiscal year that is over; without one the last of the term that is."""
    closed = fiscal_year_of(as_of) - 1
    years = [one["fiscal_year"] for one in scored if one["fiscal_year"] <= closed]
    return max(years) if years else max(plan["first_fiscal_year"], min(plan["last_fiscal_year"], closed))


def _town(release: Release, where: str) -> str:
    rows = _rows(release, f"select name_ja from dim_municipality where {where} order by valid_to desc nulls first")
    return str(rows[0]["name_ja"]) if rows else ""


def _evaluations(release: Release, where: str, year: int, edition: str) -> dict[str, Row]:
    """subject_id -> the furthest state of the year that the edition may show."""
    allowed = STATES[STATES.index(_FIRST_STATE[edition]) :]
    rows = _rows(release, f"select * from mart_evaluation where {where} and fiscal_year = {year}")
    seen = [one for one in rows if one["evaluation_state"] in allowed]
    return {one["subject_id"]: one for one in sorted(seen, key=lambda one: allowed.index(one["evaluation_state"]))}


def _rules(release: Release, where: str, plan: Row) -> list[Row]:
    """Bands of the plan's rule of grading: its own where it sets one of this name, else the product's."""
    rule = _safe(plan["grade_rule_id"] or "")
    rows = _rows(
        release,
        f"select * from dim_grade_rule where grade_rule_id = '{rule}' "
        f"and (rule_owner = 'product' or ({where})) order by band_order",
    )
    own = [one for one in rows if one["rule_owner"] != "product"]
    return own or rows


def _scenario_names(release: Release) -> dict[str, str]:
    rows = _rows(
        release, "select scenario_id, min(label_ja) as label_ja from dim_scenario where label_ja is not null group by all"
    )
    return {one["scenario_id"]: one["label_ja"] for one in rows}
