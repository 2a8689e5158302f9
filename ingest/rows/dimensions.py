"""Whose figure it is: the raw table's own columns beside areas and value.

Holds sex, scope, age, dates, items, value_status and provenance of a recognised grid's figures. A dimension comes from
the column's header or contract, else from the row, else from the title, else from the layout's constants. Does not
hold areas (area_keys.py) or the reading of cells (figures.py).
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.cells.grid import Grid
from sousei.ingest.contract.model import STATUSES
from sousei.ingest.problems.record import Problem, problem
from sousei.ingest.recognise.recognised import Bound, Recognised, as_of
from sousei.ingest.rows import tidy
from sousei.ingest.rows.figures import of_measure
from sousei.ingest.rows.keys import measures, one
from sousei.ingest.rows.told import Told, beside, no_period, same
from sousei.ingest.tables import RAW_TABLES, figure_of, schema_of
from sousei.ingest.vocabulary.ages import Age, parse_age
from sousei.ingest.vocabulary.dates import fiscal_period, parse_flow, parse_year

WORDS = {
    "sex": dict.fromkeys(["総数", "計", "男女計", "a", "total"], "total")
    | dict.fromkeys(["男", "m", "male"], "male")
    | dict.fromkeys(["女", "f", "female"], "female"),
    "scope": dict.fromkeys(["総計", "総数", "国籍総数", "total"], "total")
    | dict.fromkeys(["日本人住民", "日本人", "japanese"], "japanese")
    | dict.fromkeys(["外国人住民", "外国人", "foreign"], "foreign"),
}
"""Usual words for dimensions; a contract's `map` adds to them."""
_UNKNOWN = {"sex": "unknown_sex", "scope": "unknown_scope"}


def dimensions(
    grid: Grid, found: Recognised, records: pl.DataFrame, figures: pl.DataFrame
) -> tuple[dict[str, Told], list[Problem]]:
    """What is told of each column of the raw table. Problems mean that the rows must not be used."""
    table, columns = found.layout.raw_table, measures(found)
    schema = schema_of(table)
    stated = found.layout.constants | found.said
    problems: list[Problem] = []

    def text(name: str) -> Told:
        by_column = [bound.column.set.get(name, bound.groups.get(name)) for bound in columns]
        row = one(found, name)
        if row is None:
            words = [stated.get(name) if word is None else word for word in by_column]
            return Told("measure", pl.Series(words, dtype=pl.String))
        by_row = Told("record", records[f"c{row.place}"])
        if all(word is None for word in by_column):
            return by_row
        by, first, second = beside(Told("measure", pl.Series(by_column, dtype=pl.String)), by_row, figures)
        return Told(by, first.zip_with(first.is_not_null(), second))

    told = {name: Told("record", records[name]) for name in schema if name in records.columns}
    told["column_label"] = Told("measure", pl.Series([bound.label.shown for bound in columns], dtype=pl.String))
    told["sheet"] = same(len(columns), grid.sheet, pl.String)
    fields = {bound.column.to for bound in found.columns if bound.column.role == "field"}
    for name in ("item", "form", "vintage", "unit"):
        if name in schema and name not in fields:
            told[name] = text(name)
    for name in ("sex", "scope"):
        if name in schema:
            row = one(found, name)
            said = text(name)
            known = WORDS[name] | (row.column.map if row else {})
            told[name] = said._replace(values=said.values.fill_null("")).read(known, pl.String)
            if (strange := _without(told[name], said, records, figures)) is not None:
                problems.append(_strange(grid, name, *strange, row))
    if "age_group" in schema:
        age = text("age")
        age = age._replace(values=age.values.fill_null("総数"))
        ages = _ages(age.words())
        told["age_group"] = age.read({word: one_age.group for word, one_age in ages.items()}, pl.String)
        told["age_from"] = age.read({word: one_age.low for word, one_age in ages.items()}, pl.Int16)
        told["age_to"] = age.read({word: one_age.high for word, one_age in ages.items()}, pl.Int16)
        if (strange := _without(told["age_group"], age, records, figures)) is not None:
            problems.append(_unknown_age(grid, *strange, one(found, "age")))
    by_year = "as_of_date" in schema and one(found, "year") is not None
    if "year" in schema or "month" in schema or by_year:
        year = text("year")
        told["year"] = year.read(_years(year.words()), pl.Int32)
        if _without(told["year"], year, records, figures) is not None:
            problems.append(no_period(grid, "year"))
    if problems:
        return {}, problems
    if by_year:
        years = told["year"]
        told["as_of_date"] = years._replace(values=pl.select(pl.date(pl.lit(years.values), 10, 1)).to_series())
    elif "as_of_date" in schema:
        told["as_of_date"] = same(len(columns), as_of(found), pl.Date)
    if "month" in schema:
        by, in_year, months = beside(told["year"], text("month"), figures)
        first_day = pl.date(pl.lit(in_year), pl.lit(months.cast(pl.Int32, strict=False)), 1)
        told["month"] = Told(by, pl.select(first_day).to_series())
    if {"month", "form"} <= set(schema):
        one_month = told["month"].spread(figures).n_unique() == 1
        told["form"] = same(len(columns), "monthly" if one_month else "yearly", pl.String)
    if "fiscal_year" in schema:
        fiscal = text("fiscal_year")
        told["fiscal_year"] = fiscal.read(_years(fiscal.words()), pl.Int32)
    if "period_basis" in schema:
        told |= _flows(found, columns)
    if "indicator_id" in schema:  # our own tidy form
        more, problems = tidy.fields(grid, found, records, figures)
        if not more:
            return {}, problems
        told |= more
    if "unit_in_file" in schema:
        told["unit_in_file"] = Told("measure", pl.Series([bound.column.unit for bound in columns], dtype=pl.String))
    told["value_status"] = _status(found, told, figures)
    told["value_raw"] = Told("figure", figures["value_raw"])
    told[figure_of(table)] = Told("figure", _values(found, columns, figures))
    return told, problems


def observed_days(found: Recognised, rows: pl.DataFrame) -> list[dt.date]:
    """The days that the rows' figures are about; none for projections and our own tidy form."""
    if not RAW_TABLES[found.layout.raw_table].observed:
        return []
    days = [day for name in ("as_of_date", "month") if name in rows.columns for day in rows[name].unique().to_list()]
    years = rows["fiscal_year"].unique().to_list() if "fiscal_year" in rows.columns else []
    return sorted({day for day in days if day} | {fiscal_period(year).start for year in years if year})


def _without(meaning: Told, said: Told, records: pl.DataFrame, figures: pl.DataFrame) -> tuple[str, int] | None:
    """(what is said, row) of the first figure for which it has no meaning."""
    first = said.first(meaning.values.is_null(), figures)
    return None if first is None else (said.spread(figures)[first], records["row"][figures["record"][first]])


def _strange(grid: Grid, name: str, word: str, at: int, row: Bound | None) -> Problem:
    return problem(
        _UNKNOWN[name],
        sheet=grid.sheet,
        row=at,
        column_label=row.label.shown if row else "",
        word=shown.cell(word),
        known=" ".join(WORDS[name]),
    )


def _ages(labels: list[str]) -> dict[str, Age]:
    known = {}
    for label in labels:
        with suppress(ValueError):
            known[label] = parse_age(label)
    return known


def _unknown_age(grid: Grid, label: str, at: int, row: Bound | None) -> Problem:
    return problem(
        "unknown_age.cell",
        sheet=grid.sheet,
        row=at,
        column_label=row.label.shown if row else "",
        label=shown.cell(label),
    )


def _years(texts: list[str]) -> dict[str, int]:
    known = {}
    for text in texts:
        with suppress(ValueError):
            known[text] = parse_year(text)
    return known


def _flows(found: Recognised, columns: list[Bound]) -> dict[str, Told]:
    """Period of the columns that count events."""
    flow = parse_flow(found.said["flow"]) if "flow" in found.said else (None, None, None)
    parts = zip(("period_start", "period_end", "period_basis"), flow, (pl.Date, pl.Date, pl.String), strict=True)
    return {
        name: Told("measure", pl.Series([part if bound.column.is_flow else None for bound in columns], dtype=dtype))
        for name, part, dtype in parts
    }


def _status(found: Recognised, told: dict[str, Told], figures: pl.DataFrame) -> Told:
    """value_status: the sign in the cell, else what the row or the layout says."""
    layout, columns = found.layout, measures(found)
    default = same(len(columns), layout.value_status, pl.String)
    if "stated_status" in told:
        default = told["stated_status"]
    elif layout.projected_after is not None:
        after = pl.when(told["year"].values > layout.projected_after).then(pl.lit("projected"))
        default = Told(told["year"].by, pl.select(after.otherwise(pl.lit(layout.value_status))).to_series())
    if figures["status"].null_count() == figures.height:
        return default
    words = pl.Enum(list(dict.fromkeys([*STATUSES, *default.words()])))
    usual = default._replace(values=default.values.cast(words)).spread(figures)
    sign = pl.when(pl.col("status") == "blank").then(pl.lit("not_reported")).otherwise(pl.col("status")).cast(words)
    return Told("figure", figures.select(pl.coalesce(sign, usual)).to_series())


def _values(found: Recognised, columns: list[Bound], figures: pl.DataFrame) -> pl.Series:
    """The figures in the unit and type of the raw table."""
    table = found.layout.raw_table
    dtype = schema_of(table)[figure_of(table)]
    number = pl.col("number") * of_measure([bound.column.scale for bound in columns], pl.Int64)
    if not isinstance(dtype, pl.Decimal):
        return figures.select(number.round().cast(pl.Int64)).to_series()
    written = pl.col("value_raw").str.strip_chars().str.replace_all(",", "", literal=True).cast(dtype, strict=False)
    value = pl.when(pl.col("status").is_null()).then(pl.coalesce(written, number.cast(dtype)))
    return figures.select(value).to_series()
