"""An extract of the resident registry -> counts, in memory, on request.

Holds: reading an extract in the names of 住民記録システム標準仕様書, and counting persons by age, sex, area, event and
month. Does not hold: any writing (the caller writes the counts, nothing else), which spellings of a day are certain
(written_dates.py), the hiding of small cells (disclosure.py: the counts here are exact), or the nightly path, which
refuses such files.

What is kept of a person: nothing. Of the columns only those of `NEEDED` are looked at; all others (names, addresses,
numbers of households) are dropped before anything is counted. An extract with 個人番号, 住民票コード or another number
that the law protects is refused: in a text file no column can be passed over unread, so it has to be left out when the
extract is made. No message holds a cell, and none a header of the file, since a file without a header begins with a
person.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from sousei.ingest.cells import csvtext
from sousei.ingest.cells.grid import Grid, of_csv
from sousei.ingest.problems.record import Problem, Refusal, problem
from sousei.ingest.receive.intake import content, open_safely
from sousei.ingest.receive.personal import protected_numbers
from sousei.ingest.vocabulary import written_dates

NEEDED = {
    "age": ("生年月日", "年齢"),
    "sex": ("性別",),
    "area": ("町字", "町字名"),
    "event": ("異動事由",),
    "day": ("異動日", "異動年月日"),
    "kind": ("住民種別",),
}
"""Columns that are looked at, each by one of its names. With both 生年月日 and 年齢 the date is taken."""
SEXES = {"男": "male", "1": "male", "女": "female", "2": "female", "": "not_stated", "不明": "not_stated"}
KINDS = {"日本人": "japanese", "日本人住民": "japanese", "外国人": "foreign", "外国人住民": "foreign"}
_EVENTS = (
    """転入 出生 転居 転出 死亡 世帯変更 職権記載 職権修正 職権消除 国籍取得 国籍喪失 帰化 回復 転出取消 失踪宣告"""
)
EVENTS = frozenset(_EVENTS.split(" "))
"""Events that are counted by their name. Any other word stops the extract: free text may name somebody."""
_STREET = re.compile(r"\d+番|\d+号|\d+[-‐]\d+")
_OLDEST = 130
COLUMNS = ("municipality_code", "as_of_date", "area", "event", "month", "sex")
ALLOWED = ("incomplete", "impossible")
"""Kinds of dates that the standard allows (不詳, 存在しない日付)."""
UNREAD_SHARE = 0.01
"""Share of a column's dates above which an extract whose dates are not read is refused. Persons without an age were at
most 0.0073 per cent of a municipality's residents in the register tables of 2005 and 2012 (能勢町, 1 of 13,643; the
whole country 17 of 126,869,397), so one in a hundred is a column in another form, not a register's unknown dates."""
ALLOWED_FROM = 10
"""Incomplete or impossible dates from which UNREAD_SHARE holds for them: a small extract may be of such persons."""


class Counts(NamedTuple):
    """table: the counts. unread: column -> kind of written_dates.KINDS -> dates that were not read, never a value."""

    table: pl.DataFrame
    unread: dict[str, dict[str, int]]


def aggregate(
    path: Path,
    municipality_code: str,
    as_of: dt.date,
    *,
    scope: Literal["total", "japanese", "foreign"] = "total",
    years: Literal[1, 5] = 5,
    turns: Literal["eve", "birthday"] = "eve",
) -> Counts:
    """Counts of persons, one row per municipality_code, as_of_date, area (町字), event (異動事由, '' for none), month
    of the event (first day; null for none), sex (male / female / not_stated) and age.

    Columns: those of COLUMNS, then age_group (years=5: '0-4' ... '95-99', '100+', 'unknown') or age (years=1: Int16,
    null where unknown), then persons (Int64, exact). Sorted by all of them; a combination that nobody has is no row.
    Ages are those of as_of. turns: by law (年齢計算ニ関する法律) a year of age is complete at the end of the day before
    the birthday, so somebody born on 2 April is counted as older on 1 April and somebody born on 29 February on
    28 February of every year ('eve'); 'birthday' counts from the day itself (1 March for 29 February in common years).
    An event after as_of has not happened: the person is counted without one (転出予定日未到来は現存者). That goes by
    the day, whatever time of day stands beside it. Dates that are not certain give age 'unknown' and month null, and
    are counted by kind; an incomplete one whose first possible day is after as_of has not happened either.

    Raises Refusal: not a CSV, protected numbers, a column missing, words that are not in SEXES, KINDS or EVENTS,
    addresses instead of 町字, births after as_of, dates in a form that is not certain in more than UNREAD_SHARE of a
    column (incomplete and impossible ones too, from ALLOWED_FROM). Raises ValueError where municipality_code is not
    five digits.
    """
    if not re.fullmatch(r"[0-9]{5}", municipality_code):
        raise ValueError("municipality_code has five digits")
    frame, unread = _columns_needed(_grid(path))
    frame = frame.filter(pl.col("kind") == scope) if scope != "total" else frame
    born = frame.get_column("born", default=None)
    if born is not None:
        ages = _ages(born, as_of + dt.timedelta(days=1) if turns == "eve" else as_of)
        late = int((born > as_of).sum())
        if late:
            raise Refusal(problem("person_extract.after_as_of", column_label="生年月日", count=late))
    else:
        ages = frame["age"]
    happened = pl.coalesce(pl.col("day", "earliest") <= as_of, pl.lit(True))
    counted = frame.select(
        municipality_code=pl.lit(municipality_code),
        as_of_date=pl.lit(as_of),
        area="area",
        event=pl.when(happened).then("event").otherwise(pl.lit("")),
        month=pl.when(happened).then(pl.col("day").dt.truncate("1mo")),
        sex="sex",
        age=ages.cast(pl.Int16),
    )
    keys = [*COLUMNS, "age"]
    if years == 5:
        low = pl.col("age") // 5 * 5
        group = pl.when(low >= 100).then(pl.lit("100+")).otherwise(pl.format("{}-{}", low, low + 4))
        counted = counted.with_columns(age_group=group.fill_null("unknown"), age=pl.min_horizontal(low, 100))
        keys = [*COLUMNS, "age", "age_group"]
    sums = counted.group_by(keys).agg(pl.len().cast(pl.Int64).alias("persons")).sort(keys, nulls_last=True)
    return Counts(sums.drop("age") if years == 5 else sums, unread)


def _grid(path: Path) -> Grid:
    if not path.exists():
        raise FileNotFoundError(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        opened = open_safely(folder, path.name)
    finally:
        os.close(folder)
    if isinstance(opened, Refusal):
        raise opened
    try:
        text, _ = csvtext.decode(content(opened))
    finally:
        os.close(opened)
    return of_csv(text)


def _columns_needed(grid: Grid) -> tuple[pl.DataFrame, dict[str, dict[str, int]]]:
    """sex, area, event, day and earliest, kind, and born or age, with every other column gone; the dates not read."""
    numbers = protected_numbers(grid)
    if numbers:
        raise Refusal(*numbers)
    header = grid.head[0] if grid.head else []
    place = {
        what: next((header.index(name) for name in names if name in header), None) for what, names in NEEDED.items()
    }
    missing = [" / ".join(NEEDED[what]) for what, at in place.items() if at is None]
    if missing:
        raise Refusal(
            problem(
                "missing_column.of_persons",
                row=1,
                column_label=missing[0],
                missing_ja="、".join(missing),
                missing=", ".join(missing),
            )
        )
    assert grid.widths is not None
    ragged = int(((grid.widths != grid.widths[0]) & (grid.widths != 0)).sum())  # 0: an empty line
    if ragged:
        raise Refusal(problem("person_extract.record", column_label="(行)", count=ragged))
    whole = pl.any_horizontal([grid.squeezed(at, 1) != "" for at in range(grid.width)])
    text = {what: grid.squeezed(at, 1) for what, at in place.items() if at is not None}
    dated = {what: grid.texts(at, 1, grid.height) for what, at in place.items() if at is not None}
    filled = pl.select(whole).to_series()  # a spreadsheet saves empty rows below the table as commas
    text, dated = ({what: column.filter(filled) for what, column in columns.items()} for columns in (text, dated))
    sex = _words("性別", text["sex"], SEXES)
    kind = _words("住民種別", text["kind"], KINDS)
    event = _words("異動事由", text["event"], {"": "", **{word: word for word in EVENTS}})
    streets = int(text["area"].str.contains(_STREET.pattern).sum())
    if streets:
        raise Refusal(problem("person_extract.street_number", column_label="町字", count=streets))
    found = {header[place[what] or 0]: written_dates.days(dated[what]) for what in ("age", "day")}
    if "年齢" in found:
        found.pop("年齢")
    unread = _unread(found)
    moved = found[header[place["day"] or 0]]
    columns = {"sex": sex, "kind": kind, "event": event, "area": text["area"]}
    columns |= {"day": moved["day"], "earliest": moved["earliest"]}
    if header[place["age"] or 0] == "生年月日":
        return pl.DataFrame(columns | {"born": found["生年月日"]["day"]}), unread
    age = text["age"].cast(pl.Int16, strict=False)
    wrong = int(((text["age"] != "") & (age.is_null() | ~age.is_between(0, _OLDEST))).sum())
    if wrong:
        raise Refusal(problem("person_extract.no_age", column_label="年齢", count=wrong))
    return pl.DataFrame(columns | {"age": age}), unread


def _words(column: str, text: pl.Series, known: dict[str, str]) -> pl.Series:
    meaning = text.replace_strict(known, default=None, return_dtype=pl.String)
    if meaning.null_count():
        raise Refusal(problem("person_extract.unknown_word", column_label=column, count=meaning.null_count()))
    return meaning


def _unread(columns: dict[str, pl.DataFrame]) -> dict[str, dict[str, int]]:
    """How many dates of each kind were not read, by column. columns: name -> `written_dates.days`."""
    unread, problems = {}, []
    for column, found in columns.items():
        counts = dict(found["kind"].value_counts().sort("kind").rows())
        dated = sum(counts.values()) - counts.pop("blank", 0)
        counts.pop("read", None)
        allowed = sum(counts.get(kind, 0) for kind in ALLOWED)
        refused = sum(counts.values()) - allowed
        if refused > UNREAD_SHARE * dated or (allowed >= ALLOWED_FROM and allowed > UNREAD_SHARE * dated):
            problems.append(_dates_not_read(column, counts, dated))
        if counts:
            unread[column] = counts
    if problems:
        raise Refusal(*problems)
    return unread


def said(counts: dict[str, int]) -> str:
    """Dates that were not read, by kind, for people."""
    return "、".join(f"{written_dates.KINDS[kind]} {count:,}件" for kind, count in sorted(counts.items()))


def _dates_not_read(column: str, counts: dict[str, int], dated: int) -> Problem:
    return problem(
        "dates_not_read",
        column_label=column,
        dated=dated,
        unread=sum(counts.values()),
        kinds_ja=said(counts),
        kinds=", ".join(f"{kind} {count}" for kind, count in sorted(counts.items())),
        forms=written_dates.CERTAIN_FORMS_JA,
        share=UNREAD_SHARE,
    )


def _ages(born: pl.Series, day: dt.date) -> pl.Series:
    """Birthdays passed by a day."""
    before = (born.dt.month() > day.month) | ((born.dt.month() == day.month) & (born.dt.day() > day.day))
    return (day.year - born.dt.year()) - before.cast(pl.Int32)
