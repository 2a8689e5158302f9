"""What a release says of one plan, read once for all that prints it.

Holds: the queries, and what an edition may show. Does not hold: how anything looks, any arithmetic on figures.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from sousei.foundation.clock import fiscal_year_of
from sousei.foundation.duck import quoted
from sousei.publication.query import Readable, queries

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
    """All that workbook and report take; rows are dicts of mart columns, in the order of print.

    year: the fiscal year of the book, the latest closed one that is scored. years: those with columns in the lists.
    changes: what moved since the last release (meta_change); previous: the row of meta_release, which says what it was
    compared with.
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
    changes: list[Row]
    previous: Row
    rules: list[Row]
    vision: list[Row]
    counted: list[Row]
    sources: dict[str, Row]
    long: pl.DataFrame
    codebook: pl.DataFrame
    parts: dict[tuple[str, int], Row] = field(default_factory=dict)
    standing: list[Row] = field(default_factory=list)
    ambition: list[Row] = field(default_factory=list)
    impact: list[Row] = field(default_factory=list)
    degrees: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    peer_measures: list[Row] = field(default_factory=list)

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


class Reading:
    """What a release says of plans, asked for once: rows of one plan without another query."""

    def __init__(self, release: Readable, municipality: str | None = None, plan_id: str | None = None) -> None:
        """Read the plans of a release: all of them, those of a municipality (five digits), or one.

        Raises QueryError where the release lacks a table.
        """
        statements = _statements(municipality, plan_id)
        self.frames = dict(zip(_ASKED, queries(statements, release), strict=True))
        self._parts = {
            name: self.frames[name].partition_by(_KEYS[whose], as_dict=True)
            for name, (_, whose, _) in _ASKED.items()
            if whose in _KEYS
        }
        self._common = {name: self.frames[name].to_dicts() for name, (_, whose, _) in _ASKED.items() if whose == "all"}
        self._product_rules = self.frames["rules"].filter(pl.col("rule_owner") == "product").to_dicts()
        self._last: tuple[tuple[str, str], dict[str, list[Row]]] | None = None

    def frame(self, name: str, municipality: str, plan_id: str) -> pl.DataFrame:
        """Rows of a table that are of this municipality or plan."""
        key = (municipality, plan_id)[: len(_KEYS[_ASKED[name][1]])]
        return self._parts[name].get(key, self.frames[name].clear())

    def rows(self, municipality: str, plan_id: str) -> dict[str, list[Row]]:
        """All that is said of one plan, by the names of _ASKED; kept until another plan is asked for."""
        if self._last is None or self._last[0] != (municipality, plan_id):
            rows = {name: self.frame(name, municipality, plan_id).to_dicts() for name in self._parts}
            rows["rules"] = [*self._product_rules, *rows["rules"]]
            self._last = (municipality, plan_id), self._common | rows
        return self._last[1]

    def plans(self) -> list[Row]:
        """All plans, by municipality and the start of their terms."""
        return self.frames["plans"].to_dicts()


def told(release: Readable, municipality: str, plan_id: str, edition: str) -> Told:
    """Read a release for one plan.

    municipality: five digits. edition: staff, council or public; the public one is read without open questions, what is
    missing and remarks. Raises NotThereError where the release has no such plan, QueryError where it lacks a table.
    """
    return told_of(Reading(release, municipality, plan_id), municipality, plan_id, edition)


def told_of(read: Reading, municipality: str, plan_id: str, edition: str) -> Told:
    """One plan of what was read; see `told`."""
    rows = read.rows(municipality, plan_id)
    plan = next((one for one in rows["plans"] if one["plan_id"] == plan_id), None)
    if plan is None:
        raise NotThereError([one["plan_id"] for one in rows["plans"]])
    meta, scored = rows["release"][0], rows["scored"]
    year = _year(plan, scored, meta["as_of_date"])
    codebook = read.frames["codebook"]
    if edition == "public":
        codebook = codebook.filter(pl.col("column_name") != "note")
    long = read.frame("long", municipality, plan_id).select(codebook["column_name"].to_list())
    return Told(
        edition=edition,
        release_id=meta["release_id"],
        as_of=meta["as_of_date"],
        town=next((str(one["name_ja"]) for one in rows["towns"]), ""),
        plan=plan,
        year=year,
        years=sorted({one["fiscal_year"] for one in scored if one["fiscal_year"] <= year})[-SHOWN_YEARS:] or [year],
        labels={
            one["fiscal_year"]: (one["fiscal_year_label_ja"], one["fiscal_year_western_label_ja"])
            for one in rows["times"]
        },
        kpis=rows["kpis"],
        scores={(one["kpi_id"], one["fiscal_year"]): one for one in scored},
        summary=[one for one in rows["summary"] if one["fiscal_year"] in {year, year - 1}],
        measures=rows["measures"],
        projects=rows["projects"],
        evaluations=_evaluations(rows["evaluations"], year, edition),
        grants=[_grant(one, edition) for one in rows["grants"]],
        missing=[] if edition == "public" else rows["missing"],
        history=rows["history"],
        changes=[one for one in rows["changes"] if (one["table_name"], one["column_name"]) in _MOVED],
        previous=meta,
        rules=_rules(rows["rules"], plan),
        vision=rows["vision"],
        counted=rows["counted"],
        sources={one["source_id"]: one for one in rows["sources"]},
        long=long,
        codebook=codebook,
        parts={(one["kpi_id"], one["fiscal_year"]): one for one in long.to_dicts()},
        standing=rows["standing"],
        ambition=rows["ambition"],
        impact=rows["impact"],
        degrees=rows["degrees"],
        groups=rows["groups"],
        peer_measures=rows["peer_measures"],
    )


def told_of_all(release: Readable, municipality: str, edition: str) -> list[Told]:
    """Read a release for every plan of a municipality, the plan with most KPI first.

    Raises NotThereError where the municipality has none, QueryError where the release lacks a table.
    """
    return all_told_of(Reading(release, municipality), municipality, edition)


def all_told_of(read: Reading, municipality: str, edition: str) -> list[Told]:
    """Every plan of a municipality of what was read; see `told_of_all`."""
    plans = read.frame("plans", municipality, "").sort(
        pl.col("n_kpi").neg(), pl.col("first_fiscal_year").neg(), "plan_id"
    )
    if plans.is_empty():
        raise NotThereError([])
    return [told_of(read, municipality, plan_id, edition) for plan_id in plans["plan_id"]]


_MOVED = {
    *(
        ("mart_kpi_scorecard", one)
        for one in ("actual_value", "value_status", "target_value", "grade", "baseline_value")
    ),
    *(("mart_kpi_scorecard", one) for one in ("milestone_value", "attainment_pct", "progress_pct", "milestone_pct")),
    *(("dim_kpi", one) for one in ("target_value", "baseline_value")),
}
"""Tables and leading columns of the changes that a plan's workbook tells; no texts of notes, questions or readings."""
_ASKED = {
    "release": ("meta_release", "all", "release_id"),
    "towns": ("dim_municipality", "town", "valid_to desc nulls first"),
    "plans": ("dim_plan", "town", "first_fiscal_year, plan_id"),
    "times": ("dim_time", "all", "year"),
    "kpis": ("dim_kpi", "plan in force", "source_row, kpi_id"),
    "scored": ("mart_kpi_scorecard", "plan", "kpi_id, fiscal_year"),
    "summary": ("mart_kpi_summary", "plan", "basic_goal, row_class_ja, fiscal_year, grade_class"),
    "measures": ("mart_measure", "plan", "source_row, node_id"),
    "projects": ("mart_project", "plan", "node_id nulls last, line_no nulls last, project_id, place_no"),
    "evaluations": ("mart_evaluation", "plan", "subject_id, fiscal_year, evaluation_state, source_id"),
    "grants": ("mart_grant_form", "plan", "grant_project_ja, grant_kpi_no, fiscal_year"),
    "missing": ("mart_kpi_missing", "plan", "reason, kpi_id, fiscal_year, missing_id"),
    "history": ("mart_kpi_history", "plan", "kpi_id, event_no"),
    "changes": ("meta_change", "plan", "change_no"),
    "rules": ("dim_grade_rule", "plan or product", "rule_owner, grade_rule_id, band_order"),
    "vision": ("mart_population_vision", "town", "scenario_id, year"),
    "counted": ("mart_population_actual", "town", "series, as_of_date"),
    "sources": ("meta_source", "all", "source_id"),
    "codebook": ("mart_kpi_codebook", "all", "place"),
    "long": ("mart_kpi_long", "plan", "kpi_id, fiscal_year"),
    "standing": ("mart_peer_standing", "town", "measure_no, group_kind"),
    "ambition": ("mart_target_ambition", "plan", "subject_kind, subject_id, compares, group_kind"),
    "impact": ("mart_vision_impact", "town", "year"),
    "degrees": ("mart_peer_impact", "all", "group_id, year, natural_degree, social_degree"),
    "groups": ("dim_peer_group", "all", "group_kind, group_id"),
    "peer_measures": ("dim_peer_measure", "all", "measure_no"),
}
"""Name -> table, of whom its rows are, and their order."""


_KEYS = {
    "town": ["municipality_code"],
    "plan": ["municipality_code", "plan_id"],
    "plan in force": ["municipality_code", "plan_id"],
    "plan or product": ["municipality_code", "plan_id"],
}
"""Of whom rows are -> the columns that say so."""


def _statements(municipality: str | None, plan_id: str | None) -> list[str]:
    whose = "in (select municipality_code from dim_plan)" if municipality is None else f"= {quoted(municipality)}"
    town = f"municipality_code {whose}"
    plan = town if plan_id is None else f"{town} and plan_id = {quoted(plan_id)}"
    where = {
        "all": "true",
        "town": town,
        "plan": plan,
        "plan in force": f"{plan} and is_current",
        "plan or product": f"rule_owner = 'product' or ({plan})",
    }
    return [
        f"select * from {table} where {where[rows]} order by {order}"  # noqa: S608 - quoted above
        for table, rows, order in _ASKED.values()
    ]


def _year(plan: Row, scored: list[Row], as_of: dt.date) -> int:
    """The latest scored fiscal year that is over; without one the last of the term that is."""
    closed = fiscal_year_of(as_of) - 1
    years = [one["fiscal_year"] for one in scored if one["fiscal_year"] <= closed]
    return max(years) if years else max(plan["first_fiscal_year"], min(plan["last_fiscal_year"], closed))


def _evaluations(rows: list[Row], year: int, edition: str) -> dict[str, Row]:
    """subject_id -> the furthest state of the year that the edition may show."""
    allowed = STATES[STATES.index(_FIRST_STATE[edition]) :]
    seen = [one for one in rows if one["fiscal_year"] == year and one["evaluation_state"] in allowed]
    return {one["subject_id"]: one for one in sorted(seen, key=lambda one: allowed.index(one["evaluation_state"]))}


_GRANT_TEXTS = {
    "internal_confirmed": ("confirmed_grade", "confirmed_grade_label_ja", "cause_ja", "improvement_ja"),
    "external_confirmed": ("committee_opinion_ja", "future_direction_ja", "future_reason_ja"),
}
"""What a report of a grant says in which state. Its form has none: it is internally confirmed when it has a confirmed
grade, externally when the experts gave their verdict too."""


def _grant(row: Row, edition: str) -> Row:
    """The row without the texts that its state does not open to the edition; its figures are those of the report."""
    state = "draft"
    if row["confirmed_grade"]:
        state = "external_confirmed" if row["expert_verdict"] else "internal_confirmed"
    least = {"staff": "draft", "council": "internal_confirmed", "public": "external_confirmed"}[edition]
    if STATES.index(state) >= STATES.index(least):
        return row
    return row | dict.fromkeys(name for names in _GRANT_TEXTS.values() for name in names)


def _rules(rows: list[Row], plan: Row) -> list[Row]:
    """Bands of the plan's rule of grading: its own where it sets one of this name, else the product's."""
    named = [one for one in rows if one["grade_rule_id"] == plan["grade_rule_id"]]
    return [one for one in named if one["rule_owner"] != "product"] or named
