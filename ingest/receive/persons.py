"""An extract of the resident registry -> counts, in memory, on request.

Holds: reading an extract in the names of 住民記録システム標準仕様書, and counting persons by age, sex, area, event and
month. Does not hold: any writing (the caller writes the counts, nothing else), the cutting of a large file (parts.py),
which spellings of a day are certain (written_dates.py), the hiding of small cells (disclosure.py: the counts here are
exact), or the nightly path, which refuses such files.

A file of any size: it is read in parts of 16 MB, the next ones are decoded and split while one is counted, and of each
part only the counts are kept. A word of a column is looked at once, however many rows have it.

What is kept of a person: nothing. Of the columns only those of `NEEDED` are looked at; all others (names, addresses,
numbers of households) are dropped before anything is counted. An extract with 個人番号, 住民票コード or another number
that the law protects is refused: in a text file no column can be passed over unread, so it has to be left out when the
extract is made. No message holds a cell, and none a header of the file, since a file without a header begins with a
person.
"""

from __future__ import annotations

import datetime as dt
import re
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl

from sousei.ingest.receive.parts import NotUtf8Error, Part, ahead, likely, opened, parts, split
from sousei.ingest.receive.tally import COLUMNS, Tally, said

__all__ = ["COLUMNS", "Counts", "aggregate", "said"]


class Counts(NamedTuple):
    """table: the counts. unread: column -> kind of written_dates.KINDS -> dates that were not read, never a value."""

    table: pl.DataFrame
    unread: dict[str, dict[str, int]]


def aggregate(
    path: Path,
    municipality_code: str | None,
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

    municipality_code: whose residents all of them are; None: the column 市区町村コード says it, in five digits or in
    six with the check digit.

    Raises Refusal: not a CSV, protected numbers, a column missing, words that are not in SEXES, KINDS or EVENTS,
    addresses instead of 町字, births after as_of, dates in a form that is not certain in more than UNREAD_SHARE of a
    column (incomplete and impossible ones too, from ALLOWED_FROM). Raises ValueError where municipality_code is not
    five digits.
    """
    if municipality_code is not None and not re.fullmatch(r"[0-9]{5}", municipality_code):
        raise ValueError("municipality_code has five digits")
    has_next = turns == "eve" and as_of < dt.date.max
    day = as_of + dt.timedelta(days=1) if has_next else as_of
    with opened(path) as handle:
        try:
            counted = _counted(handle, likely(handle), municipality_code, as_of, day, scope)
        except NotUtf8Error:
            counted = _counted(handle, "cp932", municipality_code, as_of, day, scope)
    table, unread = counted.told(municipality_code, as_of)
    keys = [*COLUMNS, "age"]
    if years == 5:
        low = pl.col("age") // 5 * 5
        group = pl.when(low >= 100).then(pl.lit("100+")).otherwise(pl.format("{}-{}", low, low + 4))
        table = table.with_columns(age_group=group.fill_null("unknown"), age=pl.min_horizontal(low, 100))
        keys = [*COLUMNS, "age", "age_group"]
    sums = table.group_by(keys).agg(pl.col("persons").sum()).sort(keys, nulls_last=True)
    sums = sums.with_columns(pl.col(name).cast(pl.String) for name, kind in sums.schema.items() if kind == pl.Enum)
    return Counts(sums.drop("age") if years == 5 else sums, unread)


def _counted(
    handle: int, encoding: str, municipality_code: str | None, as_of: dt.date, day: dt.date, scope: str
) -> Tally:
    """Every row of the file counted. Raises what `parts`, `split` and `Tally` raise."""
    with closing(parts(handle, encoding)) as read, closing(ahead(read, split)) as found:
        tally = Tally(next(found, None) or split(Part(b"", encoding)), municipality_code is None, as_of, day, scope)
        for records in found:
            tally.add(records)
    return tally
