"""Counts of the rows of an extract of persons, part by part.

Holds: which columns are looked at, what their words mean, the counts, and what of them refuses an extract. Does not
hold: reading the file (parts.py), or the shape of what is told (persons.py).

Each column's different words are numbered as they come, and looked at once; a row is a few small numbers, and counted.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from sousei.ingest.cells import csvtext
from sousei.ingest.cells.grid import Grid
from sousei.ingest.problems.record import Problem, Refusal, problem
from sousei.ingest.receive import person_words as words
from sousei.ingest.receive.parts import Part
from sousei.ingest.receive.personal import LongNumbers, protected_headers
from sousei.ingest.vocabulary import written_dates
from sousei.ingest.vocabulary.text import squeeze

COLUMNS = ("municipality_code", "as_of_date", "area", "event", "month", "sex")
ALLOWED = ("incomplete", "impossible")
"""Kinds of dates that the standard allows (不詳, 存在しない日付)."""
UNREAD_SHARE = 0.01
"""Share of a column's dates above which an extract whose dates are not read is refused. Persons without an age were at
most 0.0073 per cent of a municipality's residents in the register tables of 2005 and 2012 (能勢町, 1 of 13,643; the
whole country 17 of 126,869,397), so one in a hundred is a column in another form, not a register's unknown dates."""
ALLOWED_FROM = 10
"""Incomplete or impossible dates from which UNREAD_SHARE holds for them: a small extract may be of such persons."""
_GROUPS_KEPT = 4_000_000
_KEYS = ("municipality", "area", "event", "day", "sex", "age")
_WORDS = {"sex": "性別", "kind": "住民種別", "event": "異動事由"}
"""Columns of given words, and how they are called, in the order in which they are told."""


class Split(NamedTuple):
    """Cells of a part by column, and the number of fields of each record; None where all have as many as the header."""

    columns: list[pl.Series]
    widths: np.ndarray | None


class Tally:
    """The counts of one extract."""

    def __init__(self, grid: Grid, by_column: bool, as_of: dt.date, day: dt.date, scope: str) -> None:
        """grid: the first part, header included. by_column: the municipality is a column. day: an age is the number of
        birthdays until this day. scope: total, japanese or foreign.

        Raises Refusal where the header names protected numbers, or lacks a column.
        """
        if numbers := protected_headers(grid):
            raise Refusal(*numbers)
        header = grid.head[0] if grid.head else []
        self._places = _places(header, by_column)
        self._labels = {what: header[at] for what, at in self._places.items()}
        assert grid.widths is not None
        self._width = int(grid.widths[0])
        self._as_of, self._day, self._scope = as_of, day, scope
        self._areas: dict[str, int] = {}
        self._ragged = self._late = 0
        self._dates = {what: written_dates.Column() for what in ("age", "day")}
        self._born = self._labels["age"] == "生年月日"
        self._numbers = LongNumbers()
        self._columns = self._looked_at()
        self._groups: list[pl.DataFrame] = []
        self._new = 0
        self._add([grid.texts(at, 1, grid.height) for at in range(grid.width)], grid.widths[1:])

    def split(self, part: Part) -> Split:
        """The cells of a further part; changes nothing here. Raises Refusal where it is no CSV."""
        frame = csvtext.plain(part.text.encode(), self._width)
        if frame is not None:
            return Split(frame.get_columns(), None)
        table = csvtext.table(part.text, part.line)
        return Split(table.columns, table.widths)

    def add(self, split: Split) -> None:
        """Count the rows of a further part. Raises Refusal where it has protected numbers."""
        self._add(*split)

    def told(self, municipality_code: str | None, as_of: dt.date) -> tuple[pl.DataFrame, dict[str, dict[str, int]]]:
        """Columns of COLUMNS, age (Int16, null where unknown) and persons, and how many dates were not read.

        Raises Refusal where the words or dates of a column are not such as can be counted.
        """
        self._numbers.finish()
        if self._ragged:
            raise Refusal(problem("person_extract.record", column_label="(行)", count=self._ragged))
        for what, label in _WORDS.items():
            if count := self._columns[what].wrong:
                raise Refusal(problem("person_extract.unknown_word", column_label=label, count=count))
        if "municipality" in self._columns and (count := self._columns["municipality"].wrong):
            raise Refusal(problem("person_extract.code", column_label="市区町村コード", count=count))
        if count := self._columns["area"].wrong:
            raise Refusal(problem("person_extract.street_number", column_label="町字", count=count))
        unread = self._unread()
        if count := self._columns["age"].wrong:
            raise Refusal(problem("person_extract.no_age", column_label="年齢", count=count))
        self._compact()
        table = self._named(self._groups[0], municipality_code, as_of)
        if self._late:
            raise Refusal(problem("person_extract.after_as_of", column_label="生年月日", count=self._late))
        return table, unread

    def _looked_at(self) -> dict[str, words.Words]:
        dates = self._dates
        looks: dict[str, Callable[[str, int], words.Said]] = {
            "age": partial(words.birthday, dates["age"], self._as_of, self._day) if self._born else words.age,
            "sex": words.sex,
            "kind": partial(words.kind, self._scope),
            "event": words.event,
            "area": partial(words.area, self._areas),
            "day": partial(words.moved, dates["day"], self._as_of),
            "municipality": words.municipality,
        }
        return {what: words.Words(looks[what]) for what in self._places}

    def _add(self, columns: list[pl.Series], widths: np.ndarray | None) -> None:
        if widths is not None:
            self._ragged += int(((widths != self._width) & (widths != 0)).sum())  # 0: an empty line
        if not columns or not len(columns[0]):
            return
        for at, column in enumerate(columns):
            self._numbers.add(at, column)
        none = pl.repeat("", len(columns[0]), dtype=pl.String, eager=True)
        chosen = {what: columns[at] if at < len(columns) else none for what, at in self._places.items()}
        frame = pl.DataFrame([text.alias(what) for what, text in chosen.items()])
        frame = frame.select(pl.col(what).fill_null("").cast(self._columns[what].type) for what in chosen)
        numbers = {what: self._columns[what].numbers(frame[what]) for what in chosen}
        empty = np.ones(frame.height, dtype=bool)
        for what, found in numbers.items():
            empty &= self._columns[what].said(found, "blank") == 1
            if not empty.any():
                break
        if empty.any():  # a spreadsheet saves empty rows below the table as commas
            places = np.flatnonzero(empty)
            cells = [[squeeze(cell) for cell in column.gather(places).to_list()] for column in columns]
            nobody = [not any(row) for row in zip(*cells, strict=True)]
            full = np.delete(np.arange(frame.height), places[nobody])
            numbers = {what: found[full] for what, found in numbers.items()}
        for what, found in numbers.items():
            self._columns[what].count(found)
        self._count(numbers)

    def _count(self, numbers: dict[str, np.ndarray]) -> None:
        """Add up the rows of these numbers by their meanings."""

        def said(what: str, field: str) -> np.ndarray:
            return self._columns[what].said(numbers[what], field)

        if self._scope != "total":
            mine = said("kind", "number") == 1
            numbers = {what: found[mine] for what, found in numbers.items()}
        self._late += int(said("age", "late").sum())
        event = np.where(said("day", "happened") == 1, said("event", "number"), 0)
        frame = pl.DataFrame(
            {what: event if what == "event" else said(what, "number") for what in _KEYS if what in numbers},
            schema_overrides=dict.fromkeys(_KEYS, pl.Int32),
        )
        self._groups.append(frame.group_by(frame.columns).agg(pl.len().cast(pl.Int64).alias("persons")))
        self._new += self._groups[-1].height
        if self._new > max(_GROUPS_KEPT, self._groups[0].height):
            self._compact()

    def _compact(self) -> None:
        """All groups until now as one frame."""
        if len(self._groups) > 1:
            keys = [name for name in self._groups[0].columns if name != "persons"]
            self._groups = [pl.concat(self._groups).group_by(keys).agg(pl.col("persons").sum())]
        self._new = 0

    def _named(self, groups: pl.DataFrame, municipality_code: str | None, as_of: dt.date) -> pl.DataFrame:
        """The same with the words of its numbers. Texts that were left open are read as their column is."""
        groups = self._decided(groups, "day", as_of)
        groups = self._decided(groups, "age", as_of)
        month = pl.when(pl.col("day") >= 0).then(pl.date(pl.col("day") // 12, pl.col("day") % 12 + 1, 1))
        code = pl.lit(municipality_code) if municipality_code else pl.col("municipality").cast(pl.String).str.zfill(5)
        return groups.select(
            municipality_code=code,
            as_of_date=pl.lit(as_of),
            area=_word("area", list(self._areas)),
            event=_word("event", words.EVENT_NAMES),
            month=month,
            sex=_word("sex", words.SEX_NAMES),
            age=pl.when(pl.col("age") >= 0).then("age").cast(pl.Int16),
            persons="persons",
        )

    def _decided(self, groups: pl.DataFrame, what: str, as_of: dt.date) -> pl.DataFrame:
        """The same, with the numbers of open texts of a column of dates told by what the whole column is."""
        numbers = groups[what].filter(groups[what] < words.NONE).unique().to_list()
        if not numbers:
            return groups
        column, eras = self._columns[what], self._dates[what].era_numbers
        ones = [written_dates.written(column.words[words.open_number(number)], eras) for number in numbers]
        if what == "age":
            late = [number for number, one in zip(numbers, ones, strict=True) if one.day and one.day > as_of]
            self._late += int(groups.filter(pl.col("age").is_in(late))["persons"].sum())
            told = [words.years_until(one, self._day) for one in ones]
        else:
            told = [words.month_number(one, as_of) for one in ones]
            gone = [number for number, one in zip(numbers, ones, strict=True) if not words.has_happened(one, as_of)]
            groups = groups.with_columns(pl.when(~pl.col("day").is_in(gone)).then("event").otherwise(0).alias("event"))
        return groups.with_columns(pl.col(what).replace(numbers, told))

    def _unread(self) -> dict[str, dict[str, int]]:
        """How many dates of each kind were not read, by column. Raises Refusal where they are too many."""
        unread, problems = {}, []
        for what in ("age", "day"):
            if what == "age" and not self._born:
                continue
            column, eras = self._columns[what], self._dates[what].era_numbers
            counts: Counter[str] = Counter()
            for word, rows in zip(column.words, column.rows.tolist(), strict=True):
                counts[written_dates.written(word, eras).kind] += rows
            told = {one: count for one, count in sorted(counts.items()) if count and one not in {"blank", "read"}}
            dated = counts.total() - counts["blank"]
            allowed = sum(told.get(one, 0) for one in ALLOWED)
            refused = sum(told.values()) - allowed
            if refused > UNREAD_SHARE * dated or (allowed >= ALLOWED_FROM and allowed > UNREAD_SHARE * dated):
                problems.append(_dates_not_read(self._labels[what], told, dated))
            if told:
                unread[self._labels[what]] = told
        if problems:
            raise Refusal(*problems)
        return unread


def _word(what: str, known: Sequence[str]) -> pl.Expr:
    return pl.col(what).replace_strict(list(range(len(known))), list(known), return_dtype=pl.String)


def _places(header: list[str], by_column: bool) -> dict[str, int]:
    """Column -> its place. Raises Refusal where one is missing."""
    needed = {what: names for what, names in words.NEEDED.items() if by_column or what != "municipality"}
    found = {
        what: next((header.index(name) for name in names if name in header), None) for what, names in needed.items()
    }
    missing = [" / ".join(needed[what]) for what, at in found.items() if at is None]
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
    return {what: at for what, at in found.items() if at is not None}


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
