"""Counts of the rows of an extract of persons, part by part.

Holds: which columns are looked at, what their words mean, the counts, and what of them refuses an extract. Does not
hold: reading the file (parts.py), or the shape of what is told (persons.py).

Each column's different words are numbered as they come, and looked at once; a row is one number, put together from what
its words mean, and counted.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import polars as pl

from sousei.ingest.cells.csvwords import Column, without_first
from sousei.ingest.cells.grid import HEAD
from sousei.ingest.problems.record import Problem, Refusal, problem
from sousei.ingest.receive import person_words as words
from sousei.ingest.receive.parts import Records
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
_COMBINATIONS = 1 << 62
"""Of what the columns say, as many as a row's number can tell. Of more, half of the rows are counted at a time."""
_TO_ONE = 2
"""Combinations to a row up to which there is a place for each."""
_KEYS = ("municipality", "area", "event", "day", "sex", "age")
_WORDS = {"sex": "性別", "kind": "住民種別", "event": "異動事由"}
"""Columns of given words, and how they are called, in the order in which they are told."""


class Tally:
    """The counts of one extract."""

    def __init__(self, first: Records, by_column: bool, as_of: dt.date, day: dt.date, scope: str) -> None:
        """first: the first part, header included. by_column: the municipality is a column. day: an age is the number of
        birthdays until this day. scope: total, japanese or foreign.

        Raises Refusal where the header names protected numbers, or lacks a column.
        """
        columns, widths = first
        cells = [column.words.gather(column.numbers[:HEAD]).to_list() for column in columns]
        head = [[squeeze(cell) for cell in row] for row in zip(*cells, strict=True)]
        if numbers := protected_headers(head, len(widths)):
            raise Refusal(*numbers)
        header = head[0] if head else []
        self._places = _places(header, by_column)
        self._labels = {what: header[at] for what, at in self._places.items()}
        self._width = int(widths[0])
        self._as_of, self._day, self._scope = as_of, day, scope
        self._areas: dict[str, int] = {}
        self._ragged = self._late = 0
        self._dates = {what: written_dates.Column() for what in ("age", "day")}
        self._born = self._labels["age"] == "生年月日"
        self._numbers = LongNumbers()
        self._columns = self._looked_at()
        self._groups: list[pl.DataFrame] = []
        self._new = 0
        self.add(Records([without_first(column) for column in columns], widths[1:]))

    def add(self, records: Records) -> None:
        """Count the rows of a further part. Raises Refusal where it has protected numbers."""
        columns, widths = records
        self._ragged += int(((widths != self._width) & (widths != 0)).sum())  # 0: an empty line
        if not columns:
            return
        for at, column in enumerate(columns):
            self._numbers.add(at, column.words)
        none = Column(pl.Series([""]), np.zeros(len(widths), dtype=np.int32))
        chosen = {what: columns[at] if at < len(columns) else none for what, at in self._places.items()}
        texts = {what: self._columns[what].numbers(column.words) for what, column in chosen.items()}
        cells = {what: column.numbers for what, column in chosen.items()}
        blank = {what: self._columns[what].said(found, "blank") == 1 for what, found in texts.items()}
        if all(found.any() for found in blank.values()):
            empty = np.logical_and.reduce([found[cells[what]] for what, found in blank.items()])
            nobody = _nobody(columns, np.flatnonzero(empty))
            cells = {what: np.delete(found, nobody) for what, found in cells.items()}
        for what, found in cells.items():
            if what in self._dates or self._columns[what].said(texts[what], "wrong").any():
                self._columns[what].rows[texts[what]] += np.bincount(found, minlength=len(texts[what]))
        self._count(texts, cells)

    def told(self, municipality_code: str | None, as_of: dt.date) -> tuple[pl.DataFrame, dict[str, dict[str, int]]]:
        """Columns of COLUMNS, age (Int16, null where unknown) and persons, and how many dates were not read. Texts are
        Enums in the order of their letters. There may be several rows of the same persons.

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
        table = self._table(pl.concat(self._groups), municipality_code, as_of)
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

    def _count(self, texts: dict[str, np.ndarray], cells: dict[str, np.ndarray]) -> None:
        """Add up rows by their meanings. texts: numbers of texts, by column; cells: of each row the place of its text
        among them."""
        keys = [what for what in cells if what != "kind" or self._scope != "total"]
        found = {what: np.unique(self._columns[what].meanings(texts[what]), return_inverse=True) for what in keys}
        size = math.prod(len(meanings) for meanings, _ in found.values())
        rows = len(cells[keys[0]])
        if size > _COMBINATIONS:
            for some in (slice(None, rows // 2), slice(rows // 2, None)):
                fewer = {what: np.unique(numbers[some], return_inverse=True) for what, numbers in cells.items()}
                self._count(
                    {what: texts[what][used] for what, (used, _) in fewer.items()},
                    {what: numbers for what, (_, numbers) in fewer.items()},
                )
            return
        codes = np.zeros(rows, dtype=np.int32 if size <= np.iinfo(np.int32).max else np.int64)
        for what, (meanings, places) in found.items():
            codes = codes * len(meanings) + places.astype(codes.dtype)[cells[what]]
        if size <= _TO_ONE * rows:
            counts = np.bincount(codes, minlength=size)
            codes = np.flatnonzero(counts)
            counts = counts[codes]
        else:
            codes, counts = np.unique(codes, return_counts=True)
        said: dict[str, words.Meanings] = {}
        for what, (meanings, _) in reversed(found.items()):
            codes, places = np.divmod(codes, len(meanings))
            said[what] = words.meant(meanings[places])
        self._keep(said, counts)

    def _keep(self, said: dict[str, words.Meanings], counts: np.ndarray) -> None:
        """Add groups of rows, and of each column what they say."""
        if self._scope != "total":
            mine = np.flatnonzero(said["kind"].number == 1)
            said = {what: words.Meanings(*(field[mine] for field in one)) for what, one in said.items()}
            counts = counts[mine]
        self._late += int(counts[said["age"].late].sum())
        numbers = {what: said[what].number for what in _KEYS if what in said}
        numbers["event"] = np.where(said["day"].happened, numbers["event"], 0)
        frame = pl.DataFrame({**numbers, "persons": counts}, schema_overrides=dict.fromkeys(_KEYS, pl.Int32))
        self._groups.append(frame.with_columns(pl.col("persons").cast(pl.Int64)))
        self._new += frame.height
        if self._new > max(_GROUPS_KEPT, self._groups[0].height):
            self._compact()

    def _compact(self) -> None:
        """All groups until now as one frame."""
        if len(self._groups) > 1:
            keys = [name for name in self._groups[0].columns if name != "persons"]
            self._groups = [pl.concat(self._groups).group_by(keys).agg(pl.col("persons").sum())]
        self._new = 0

    def _table(self, groups: pl.DataFrame, municipality_code: str | None, as_of: dt.date) -> pl.DataFrame:
        """The same with the words of its numbers. Texts that were left open are read as their column is."""
        groups = self._decided(groups, "day", as_of)
        groups = self._decided(groups, "age", as_of)
        month = pl.when(pl.col("day") >= 0).then(pl.date(pl.col("day") // 12, pl.col("day") % 12 + 1, 1))
        code: pl.Expr | pl.Series = pl.lit(municipality_code)
        if not municipality_code:
            known = groups["municipality"].unique().sort()
            code = _named(known.search_sorted(groups["municipality"]), [f"{number:05d}" for number in known.to_list()])
        return groups.select(
            municipality_code=code,
            as_of_date=pl.lit(as_of),
            area=_named(groups["area"], list(self._areas)),
            event=_named(groups["event"], words.EVENT_NAMES),
            month=month,
            sex=_named(groups["sex"], words.SEX_NAMES),
            age=pl.when(pl.col("age") >= 0).then("age").cast(pl.Int16),
            persons="persons",
        )

    def _decided(self, groups: pl.DataFrame, what: str, as_of: dt.date) -> pl.DataFrame:
        """The same, with the numbers of open texts of a column of dates told by what the whole column is."""
        numbers = groups[what].filter(groups[what] < words.NONE).unique().to_list()
        if not numbers:
            return groups
        texts, eras = self._columns[what].texts, self._dates[what].era_numbers
        ones = [written_dates.written(texts[words.open_number(number)], eras) for number in numbers]
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
            for word, rows in zip(column.texts.to_list(), column.rows.tolist(), strict=True):
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


def _nobody(columns: list[Column], rows: np.ndarray) -> np.ndarray:
    """Those of these rows in which nothing stands: a spreadsheet saves empty rows below the table as commas."""
    for words_of, numbers in columns:
        used, places = np.unique(numbers[rows], return_inverse=True)
        nothing = np.array([not squeeze(word) for word in words_of.gather(used).to_list()], dtype=bool)
        rows = rows[nothing[places]]
    return rows


def _named(numbers: pl.Series, names: Sequence[str]) -> pl.Series:
    """The names of numbers, as a type that is in the order of the names."""
    return pl.Series(names, dtype=pl.Enum(sorted(names))).gather(numbers)


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
