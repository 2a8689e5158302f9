"""What a hand-typed figure may be: of its indicator, its series and its neighbours in the file.

Holds: known words, units, whole numbers, ranges, periods, statuses, and steps from one year to the next. Does not hold
the table of indicators (indicators.py) or rules over several deliveries (dbt tests).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import polars as pl

from sousei.ingest.areas import shown
from sousei.ingest.contract.indicators import Book, Indicator, Series, Years, book, nearest
from sousei.ingest.problems.record import SHOWN, Problem, problem
from sousei.ingest.vocabulary.dates import calendar_period, fiscal_period
from sousei.ingest.vocabulary.text import squeeze

STEP = 4
"""Times the figure of the year next to it from which a figure is told. Of 31,525 pairs of years of births, deaths, in-
and out-migrants in the register tables (FY2011/12, FY2012/2013, 2018/19, 2019/20, 2022/23, every municipality) in which
the larger is at least STEP_FROM, nine are that far apart: deaths and moves of the disaster of 2011 (大槌町, 7.7 times)
and three villages' in-migrants (九度山町 2022, 6.6 times). A slip by ten is nearly always more."""
STEP_FROM = 50
"""Persons of the larger figure from which a step is looked at; below it villages move tenfold (births 1 and 10)."""
_MISSING = ("suppressed", "not_reported")
_SPANS = {
    "day": "period_of_indicator.day",
    "year": "period_of_indicator.year",
    "five_years": "period_of_indicator.five_years",
}
_MISSPELT = {"indicator_id": "misspelt_indicator_id", "series": "misspelt_series"}
"""Problem of a wrong period, by the span of the indicator; of a misspelling, by the column."""


def check(rows: pl.DataFrame) -> list[Problem]:
    """Problems of the rows of a file: `row` (as counted), indicator_id, indicator_ja, series, period_start, period_end,
    municipality_code, `number` (null where missing), `sign` (a sign or a blank stands in its place), unit,
    stated_status, primary_source_ja. Those of severity `gate` mean that the rows must not be used."""
    known = book()
    problems: list[Problem] = []
    for row in rows.iter_rows(named=True):
        problems += _of_row(row, known)
        if len(problems) >= SHOWN:
            return _once(problems)
    problems = _once(problems)
    return problems if any(one["severity"] == "gate" for one in problems) else problems + _steps(rows, known)


def _once(problems: list[Problem]) -> list[Problem]:
    """What is told and does not stop the file, once for each word, at the first row."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for one in problems:
        key = (one["problem_id"], one["found"], one["expected"])
        if one["severity"] != "gate" and key in seen:
            continue
        seen.add(key)
        kept.append(one)
    return kept


def _of_row(row: dict[str, Any], known: Book) -> Iterator[Problem]:
    indicator = known.indicators.get(row["indicator_id"])
    series = known.series.get(row["series"])
    if indicator is None:
        yield _unknown(row, "indicator_id", {name: one.names_ja for name, one in known.indicators.items()})
    if series is None:
        yield _unknown(row, "series", {name: one.names_ja for name, one in known.series.items()})
    if row["number"] is not None and not row["sign"] and row["stated_status"] in _MISSING:
        yield _at_odds(row)
    start, end = row["period_start"], row["period_end"]
    if start > end:
        yield problem("period_reversed", row=row["row"], column_label="period_end", start=start, end=end)
        return
    if series is not None:
        yield from _of_series(row, series, indicator)
    if indicator is not None:
        yield from _of_indicator(row, indicator, known)


def _of_indicator(row: dict[str, Any], one: Indicator, known: Book) -> Iterator[Problem]:
    name, at = row["indicator_id"], row["row"]
    if squeeze(row["unit"]) not in one.spellings:
        yield problem(
            "unit_of_indicator",
            row=at,
            column_label="unit",
            indicator=name,
            unit=one.unit,
            found=shown.cell(row["unit"]),
        )
    said = squeeze(row["indicator_ja"])
    others = [other for other, its in known.indicators.items() if said in its.names and said not in one.names]
    rate = one.whole and any(word in said for word in ("率", "割合", "千対", "指数"))
    if others:
        yield problem(
            "name_of_another_indicator.indicator",
            row=at,
            column_label="indicator_ja",
            indicator=name,
            other=others[0],
            name=one.names_ja[0],
            found=shown.cell(said),
        )
    elif rate:
        yield problem(
            "name_of_another_indicator.rate",
            row=at,
            column_label="indicator_ja",
            indicator=name,
            name=one.names_ja[0],
            found=shown.cell(said),
        )
    if row["series"] in one.never:
        yield problem(
            "series_of_another_form",
            row=at,
            column_label="series",
            indicator=name,
            series=row["series"],
            known=" / ".join(one.series),
        )
    elif row["series"] not in one.series and row["series"] in known.series:
        yield _not_taken(row, "series", f"{name} の {row['series']}", one.series)
    if not _spans(row["period_start"], row["period_end"], one.span):
        yield problem(
            _SPANS[one.span],
            row=at,
            column_label="period_end",
            indicator=name,
            start=row["period_start"],
            end=row["period_end"],
        )
    number = row["number"]
    if number is None:
        return
    if one.whole and number != round(number):
        yield problem("fraction_of_a_count", row=at, column_label="value", indicator=name, number=number)
    elif not one.minimum <= number <= one.maximum:
        yield problem(
            "out_of_range",
            row=at,
            column_label="value",
            indicator=name,
            range_source_ja=one.range_source_ja,
            minimum=one.minimum,
            maximum=one.maximum,
            number=number,
        )


def _of_series(row: dict[str, Any], one: Series, indicator: Indicator | None) -> Iterator[Problem]:
    name, end, status, at = row["series"], row["period_end"], row["stated_status"], row["row"]
    stock = indicator is not None and indicator.span == "day"
    if stock and isinstance(one.days, Years) and not _in(end, one.days):
        due = f"10月1日の {one.days.first}～{one.days.last}年({one.days.every}年ごと)"
        yield problem("no_such_date", row=at, column_label="period_end", series=name, due_ja=due, end=end)
    elif stock and one.days == "census" and ((end.month, end.day) != (10, 1) or end.year % 5 or end.year < 1920):
        yield problem("no_such_census", row=at, column_label="period_end", end=end)
    if status not in one.statuses and status not in _MISSING:
        yield problem(
            "status_of_series",
            row=at,
            column_label="value_status",
            series=name,
            statuses=" / ".join(one.statuses),
            found=shown.cell(status),
        )
    if one.not_pattern is not None and (found := one.not_pattern.search(row["primary_source_ja"])):
        yield problem("source_of_another_series", row=at, column_label="primary_source_ja", series=name, found=found[1])


def _spans(start: dt.date, end: dt.date, span: str) -> bool:
    if span == "day":
        return start == end
    if span == "five_years":
        return (start, end) == (dt.date(start.year, 1, 1), dt.date(start.year + 4, 12, 31))
    return (start, end) in {calendar_period(start.year)[:2], fiscal_period(start.year)[:2]}


def _in(day: dt.date, years: Years) -> bool:
    every = (day.year - years.first) % years.every == 0
    return (day.month, day.day) == (10, 1) and years.first <= day.year <= years.last and every


def _unknown(row: dict[str, Any], column: str, known: dict[str, list[str]]) -> Problem:
    """A word that is not in the table: a misspelling is refused, another word is told, for no table takes its rows."""
    near, misspelt = nearest(row[column], known)
    if not misspelt:
        return _not_taken(row, column, f"{column}「{shown.cell(row[column])}」", [near] if near else sorted(known))
    return problem(_MISSPELT[column], row=row["row"], column_label=column, near=near, found=shown.cell(row[column]))


def _not_taken(row: dict[str, Any], column: str, what: str, taken: list[str]) -> Problem:
    return problem(
        "no_table_takes_it",
        row=row["row"],
        column_label=column,
        what_ja=what,
        words=" / ".join(taken),
        found=f"{row['indicator_id']} {row['series']}" if column == "series" else shown.cell(row[column]),
    )


def _at_odds(row: dict[str, Any]) -> Problem:
    return problem(
        "value_of_a_missing_figure",
        row=row["row"],
        column_label="value",
        status=row["stated_status"],
        number=row["number"],
    )


def _steps(rows: pl.DataFrame, known: Book) -> list[Problem]:
    """Figures that are STEP times the one of the year next to them, or the reverse."""
    yearly = [name for name, one in known.indicators.items() if one.whole and one.span == "year"]
    figures = rows.filter(pl.col("indicator_id").is_in(yearly) & pl.col("number").is_not_null())
    keys = ["municipality_code", "indicator_id", "series"]
    figures = figures.select(*keys, "row", "period_end", "number").sort(*keys, "period_end", "row")
    before = figures.select(*keys, "number", period_end=pl.col("period_end").dt.offset_by("1y"), row_before="row")
    pairs = figures.join(before, on=[*keys, "period_end"], suffix="_before").with_columns(
        larger=pl.max_horizontal("number", "number_before"), smaller=pl.min_horizontal("number", "number_before")
    )
    far = pairs.filter((pl.col("larger") >= STEP_FROM) & (pl.col("larger") >= STEP * pl.max_horizontal("smaller", 1)))
    return [
        problem(
            "step_between_years",
            row=one["row"],
            column_label="value",
            indicator=one["indicator_id"],
            before=one["number_before"],
            row_before=one["row_before"],
            times=one["number"] / max(one["number_before"], 1),
            code=one["municipality_code"],
            limit=STEP,
            number=one["number"],
        )
        for one in far.sort("row").head(SHOWN).iter_rows(named=True)
    ]
