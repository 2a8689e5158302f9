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
from sousei.ingest.problems import SHOWN, Problem, problem
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
    "day": "時点の値なので period_start と period_end は同じ日",
    "year": "1年間の値なので 1月1日～12月31日 か 4月1日～翌年3月31日",
    "five_years": "5年間の値なので 1月1日～5年目の12月31日",
}


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
        yield _wrong(
            row,
            "period_end",
            "period_reversed",
            "期間の終わりが始まりより前です",
            "ends before it begins",
            f">= {start}",
            str(end),
        )
        return
    if series is not None:
        yield from _of_series(row, series, indicator)
    if indicator is not None:
        yield from _of_indicator(row, indicator, known)


def _of_indicator(row: dict[str, Any], one: Indicator, known: Book) -> Iterator[Problem]:
    name = row["indicator_id"]
    if squeeze(row["unit"]) not in one.spellings:
        yield _wrong(
            row,
            "unit",
            "unit_of_indicator",
            f"{name} の単位は「{one.unit}」です",
            f"is not the unit of {name}",
            one.unit,
            shown.cell(row["unit"]),
        )
    said = squeeze(row["indicator_ja"])
    others = [other for other, its in known.indicators.items() if said in its.names and said not in one.names]
    rate = one.whole and any(word in said for word in ("率", "割合", "千対", "指数"))
    if others or rate:
        what = f"indicator_ja は {others[0]} の名前です" if others else "indicator_ja は率の名前です"
        yield _wrong(
            row,
            "indicator_ja",
            "name_of_another_indicator",
            f"{name} なのに、{what}",
            f"names another indicator than {name}",
            one.names_ja[0],
            shown.cell(said),
        )
    if row["series"] in one.never:
        yield _wrong(
            row,
            "series",
            "series_of_another_form",
            f"{name} の {row['series']} の値はその統計の表から取ります",
            f"has a form of its own for {name}",
            " / ".join(one.series),
            row["series"],
        )
    elif row["series"] not in one.series and row["series"] in known.series:
        yield _not_taken(row, "series", f"{name} の {row['series']}", one.series)
    if not _spans(row["period_start"], row["period_end"], one.span):
        yield _wrong(
            row,
            "period_end",
            "period_of_indicator",
            f"{name} の期間が違います。{_SPANS[one.span]}です",
            f"does not end a period of {name}",
            one.span,
            f"{row['period_start']}..{row['period_end']}",
        )
    number = row["number"]
    if number is None:
        return
    if one.whole and number != round(number):
        yield _wrong(
            row,
            "value",
            "fraction_of_a_count",
            f"{name} は数なので小数になりません(率ではありませんか)",
            f"is a fraction, and {name} is a count",
            "a whole number",
            f"{number:.10g}",
        )
    elif not one.minimum <= number <= one.maximum:
        yield _wrong(
            row,
            "value",
            "out_of_range",
            f"{name} としてありえない大きさです。単位と桁を確かめてください({one.range_source_ja})",
            f"is out of the range of {name}",
            f"{one.minimum:,.10g} .. {one.maximum:,.10g}",
            f"{number:.10g}",
        )


def _of_series(row: dict[str, Any], one: Series, indicator: Indicator | None) -> Iterator[Problem]:
    name, end, status = row["series"], row["period_end"], row["stated_status"]
    stock = indicator is not None and indicator.span == "day"
    if stock and isinstance(one.days, Years) and not _in(end, one.days):
        due = f"10月1日の {one.days.first}～{one.days.last}年({one.days.every}年ごと)"
        yield _wrong(
            row,
            "period_end",
            "no_such_date",
            f"{name} の値は {due} だけにあります",
            f"is no date of {name}",
            due,
            str(end),
        )
    elif stock and one.days == "census" and ((end.month, end.day) != (10, 1) or end.year % 5 or end.year < 1920):
        yield _wrong(
            row,
            "period_end",
            "no_such_census",
            "国勢調査は 0 と 5 で終わる年の10月1日だけです。人口推計なら series を population_estimate にしてください",
            "is no date of a census",
            "1 October of a year that ends in 0 or 5",
            str(end),
        )
    if status not in one.statuses and status not in _MISSING:
        yield _wrong(
            row,
            "value_status",
            "status_of_series",
            f"{name} の値の value_status ではありません",
            f"is no status of {name}",
            " / ".join(one.statuses),
            shown.cell(status),
        )
    if one.not_pattern is not None and (found := one.not_pattern.search(row["primary_source_ja"])):
        yield _wrong(
            row,
            "primary_source_ja",
            "source_of_another_series",
            f"series は {name} ですが、出典に「{found[1]}」とあります",
            f"is not a source of {name}",
            name,
            found[1],
        )


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
    return _wrong(
        row,
        column,
        f"misspelt_{column}",
        f"{column} の語が決まりにありません。「{near}」ではありませんか",
        f"is not known; the nearest is {near}",
        str(near),
        shown.cell(row[column]),
    )


def _not_taken(row: dict[str, Any], column: str, what: str, taken: list[str]) -> Problem:
    words = " / ".join(taken)
    return problem(
        "no_table_takes_it",
        "review",
        f"{what} の行は受け取りましたが、使う表がありません。近い語・使われる語: {words}。",
        f"No table takes rows of this {column}; taken: {words}.",
        row=row["row"],
        column_label=column,
        expected=words,
        found=f"{row['indicator_id']} {row['series']}" if column == "series" else shown.cell(row[column]),
        action_ja=f"書き誤りなら {column} を直した表を入れ直してください。新しい指標・系列なら "
        "ingest/sources/reference_series/indicators.yaml に加えます。",
    )


def _wrong(row: dict[str, Any], column: str, problem_id: str, ja: str, en: str, expected: str, found: str) -> Problem:
    return problem(
        problem_id,
        "gate",
        f"{ja}。",
        f"{column} {en}.",
        row=row["row"],
        column_label=column,
        expected=expected,
        found=found,
        action_ja="この欄を原資料と比べ、直した表を入れ直してください。",
    )


def _at_odds(row: dict[str, Any]) -> Problem:
    return problem(
        "value_of_a_missing_figure",
        "gate",
        f"値があるのに value_status は {row['stated_status']}(値がない)と言っています。",
        f"A value whose value_status {row['stated_status']} says that there is none.",
        row=row["row"],
        column_label="value",
        expected="a blank value, or another value_status",
        found=f"{row['number']:.10g}",
        action_ja="公表されていない値なら value を空欄に、公表された値なら value_status を直して入れ直してください。",
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
            "review",
            f"{one['indicator_id']} が前の年({one['number_before']:,.10g}、{one['row_before']} 行目)の "
            f"{one['number'] / max(one['number_before'], 1):.3g} 倍です(団体 {one['municipality_code']})。"
            "桁の誤りではありませんか。",
            f"{one['indicator_id']} is {one['number'] / max(one['number_before'], 1):.3g} times the year before.",
            row=one["row"],
            column_label="value",
            expected=f"less than {STEP} times the year before",
            found=f"{one['number']:,.10g}",
            action_ja="両方の年の値を原資料と比べ、誤っていれば直した表を入れ直してください。",
        )
        for one in far.sort("row").head(SHOWN).iter_rows(named=True)
    ]
