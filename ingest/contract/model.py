"""Contracts: what each source is, and the layouts that it has had, as data.

Holds the strict form of sources/<source>/contract.yaml: a source, its layouts and their columns. Does not hold the
rules for the rows of a file (rules.py), loading (loading.py), or how a layout is found in a file (match.py) and applied
to it (melt.py). A new year's layout is a few lines of YAML: `like: <layout>` takes over all that it does not state
itself from a layout above it.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from sousei.ingest.contract.editions import Edition
from sousei.ingest.contract.rules import Checks
from sousei.ingest.contract.strict import Strict, compiles, pattern
from sousei.ingest.contract.yaml_lines import Slip
from sousei.ingest.tables import RAW_TABLES
from sousei.ingest.vocabulary.text import squeeze

STATUSES = ("final", "preliminary", "revised", "estimated", "projected", "suppressed", "not_reported")
Status = Literal["final", "preliminary", "revised", "estimated", "projected", "suppressed", "not_reported"]
Role = Literal[
    "area_code", "area_name", "prefecture", "area_kind", "sex", "scope", "age", "year", "month", "field", "check",
    "measure", "part", "ignore",
]  # fmt: skip


_MEANINGS = {
    "sex": {"total", "male", "female"},
    "scope": {"total", "japanese", "foreign"},
    "area_kind": {"", "ward", "designated_city", "municipality", "other"},
}
"""What the cells of a column with a `map` can mean."""


class Column(Strict):
    """One kind of column: recognised by its header (and, where headers are blank, by its cells)."""

    role: Role
    header: str
    cells: str | None = None
    """Pattern that every non-empty cell must match for the column to be this one."""
    called: str | None = None
    """Name of a measure or check column in the checks' equations and rates."""
    set: dict[str, str] = Field(default_factory=dict)
    """Dimensions that the column fixes, e.g. {item: birth}."""
    only: dict[str, str] = Field(default_factory=dict)
    """What the title must say where the column is there, e.g. {scope: 日本人住民}: a pattern for each variable."""
    map: dict[str, str] = Field(default_factory=dict)
    """Meaning of the cells of a sex, scope or area_kind column, beyond the usual words."""
    keep: str | None = None
    """Pattern of the cells of a `part` column (全域・集中の別) in the rows that are read; other rows are of a part of
    the area, such as its densely inhabited district, and are left out."""
    to: str | None = None
    """Name of the raw column that a `field` fills."""
    unit: str | None = None
    """Unit that the figures have. A unit that the file names must be this one."""
    unit_stated: bool = False
    """The file must name the unit (money in 円 or 千円)."""
    scale: int = 1
    """Factor to the unit of the raw table: 1000 for 千円 -> 円."""
    negative: bool = False
    maximum: float | None = None
    digits: Literal[5, 6] | None = None
    required: bool = True
    blank: Literal["error", "not_reported", "skip"] | None = None

    @cached_property
    def header_pattern(self) -> re.Pattern[str]:
        return pattern(self.header)

    @property
    def is_flow(self) -> bool:
        """The column counts events of a period, not a stock."""
        return "{flow_year}" in self.header

    @model_validator(mode="after")
    def _consistent(self) -> Column:
        for name in ("header", "cells", "keep"):
            compiles(getattr(self, name, None), name)
        for name, text in self.only.items():
            compiles(text, "only", name)
        known = _MEANINGS.get(self.role)
        for word, meaning in self.map.items():
            if known is None or meaning not in known:
                raise Slip(
                    f"map にできない値です(使える語: {' '.join(sorted(known or ()))})",
                    "not one of the values allowed",
                    "map",
                    word,
                )
        if self.role == "field" and not self.to:
            raise Slip("role: field には to が要ります", "a field column needs `to`")
        if self.digits and self.role != "area_code":
            raise Slip("digits は role: area_code だけです", "`digits` belongs to area_code columns", "digits")
        if self.called and self.role not in {"measure", "check"}:
            raise Slip("called は role: measure と check だけです", "`called` belongs to measure and check", "called")
        if (self.role == "part") != (self.keep is not None):
            raise Slip("keep は role: part の列にだけ、必ず要ります", "a part column, and no other, has `keep`", "keep")
        if self.role == "check" and not self.called:
            raise Slip("role: check には called が要ります", "a check column needs `called`")
        return self


class Layout(Strict):
    """The layout that a source's file had over a span of dates."""

    layout: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    raw_table: str
    form: Literal["workbook", "csv", "json"]
    says: list[str] = Field(default_factory=list)
    """Patterns that must be found in the text above the header; named groups: as_of, flow, scope, fiscal_year ..."""
    excludes: str | None = None
    """Pattern in the text above the header that tells another statistic in the same columns. Such a file is not used,
    and no lines are proposed for it."""
    sheet_says: str | None = None
    """Pattern searched in the sheet's name; what its named groups find must be what the title says."""
    about: str | None = None
    """Pattern in title or headers that tells the series of a file without a fixed title, where its columns differ."""
    metadata: dict[str, str] = Field(default_factory=dict)
    """Lines `name:,code,value` above a table, name pattern -> pattern of the rest (cells joined by '|'; named groups
    as in `says`). Where given, a line of that kind which it does not know is refused: the table may be of men only."""
    reader: bool = False
    """The source's own reader.py reads it: recognises(document), and read(document) or read_workbook(grids)."""
    anchor: str = r"(?!)"
    """Pattern of one cell of the header row."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    constants: dict[str, str] = Field(default_factory=dict)
    columns: list[Column] = Field(default_factory=list)
    footnotes: str = r"^[(（]?(注|※|資料|出典|備考|\*)"
    side_sheets: str = r"^$"
    """Names of other sheets of the workbook that hold no figures of this table."""
    nation: str = r"^(全国|合計|総数|総計|全国計|全国合計)$"
    symbols: dict[str, Status] = Field(default_factory=dict)
    hidden: str | None = None
    """Signs at an end of the names of rows whose age classes the publisher hides: there, classes that are all blank are
    suppressed figures. The sign is no part of the name."""
    blank: Literal["error", "not_reported", "skip"] = "error"
    value_status: Status = "final"
    projected_after: int | None = None
    maximum: float = 200_000_000
    checks: Checks = Checks()
    file_name: str | None = None
    """Pattern of the publisher's own file names; named groups must agree with the content."""

    @field_validator("raw_table")
    @classmethod
    def _known_table(cls, value: str) -> str:
        if value not in RAW_TABLES:
            raise Slip(f"「{value}」という表はありません", f"no such raw table: {value}")
        return value

    @field_validator("symbols")
    @classmethod
    def _squeezed(cls, value: dict[str, Status]) -> dict[str, Status]:
        return {squeeze(sign): status for sign, status in value.items()}

    @cached_property
    def anchor_pattern(self) -> re.Pattern[str]:
        return pattern(self.anchor)

    @cached_property
    def says_patterns(self) -> list[re.Pattern[str]]:
        return [pattern(text) for text in self.says]

    @cached_property
    def excludes_pattern(self) -> re.Pattern[str] | None:
        return pattern(self.excludes) if self.excludes else None

    @cached_property
    def sheet_pattern(self) -> re.Pattern[str] | None:
        return pattern(self.sheet_says) if self.sheet_says else None

    @cached_property
    def about_pattern(self) -> re.Pattern[str] | None:
        return pattern(self.about) if self.about else None

    @cached_property
    def metadata_patterns(self) -> list[tuple[re.Pattern[str], re.Pattern[str]]]:
        return [(pattern(name), pattern(rest)) for name, rest in self.metadata.items()]

    @cached_property
    def file_name_pattern(self) -> re.Pattern[str] | None:
        return re.compile(self.file_name) if self.file_name else None

    @cached_property
    def footnotes_pattern(self) -> re.Pattern[str]:
        return re.compile(self.footnotes)

    @cached_property
    def side_sheets_pattern(self) -> re.Pattern[str]:
        return re.compile(self.side_sheets)

    @model_validator(mode="after")
    def _readable(self) -> Layout:
        for name in (
            "anchor",
            "excludes",
            "sheet_says",
            "about",
            "footnotes",
            "side_sheets",
            "nation",
            "file_name",
        ):
            compiles(getattr(self, name, None), name)
        for place, text in enumerate(self.says):
            compiles(text, "says", place)
        for name, text in self.metadata.items():
            compiles(name, "metadata", name)
            compiles(text, "metadata", name)
        for place, block in enumerate(self.checks.blocks):
            compiles(block.named, "checks", "blocks", place, "named")
        if self.reader == bool(self.columns):
            raise Slip(
                "columns と anchor か、reader のどちらかを書いてください", "give columns and an anchor, or a reader"
            )
        checks = self.checks
        asked = {part.lstrip("-") for rule in checks.equations for part in [rule.total, *rule.parts]}
        asked |= {name for rule in checks.rates for name in (rule.rate, rule.of, rule.base)}
        named = {column.called for column in self.columns if column.called}
        if asked != named:
            ja = f"called の列({' '.join(sorted(named))})と checks の式({' '.join(sorted(asked))})が合いません"
            raise Slip(ja, f"columns called {sorted(named)} against equations of {sorted(asked)}", "checks")
        items = {column.set.get("item") for column in self.columns}
        asked = {part.lstrip("-") for rule in checks.sums if rule.over == "item" for part in [rule.total, *rule.parts]}
        asked |= {name for rule in checks.ratios for name in (rule.of, rule.to)}
        asked |= {name for rule in checks.larger for name in (rule.more, rule.less, rule.beside) if name}
        if asked - items:
            ja = f"checks にある項目を、どの列も与えません: {' '.join(sorted(asked - items))}"
            raise Slip(ja, f"checks of items that no column gives: {sorted(asked - items)}", "checks")
        return self

    def covers(self, day: dt.date) -> bool:
        """The layout was in use for data of this day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def days_off(self, day: dt.date) -> int:
        """Days from this day to the span in which the layout was in use; 0 inside."""
        early = (self.valid_from - day).days if self.valid_from else 0
        late = (day - self.valid_to).days if self.valid_to else 0
        return max(early, late, 0)


class Breakdown(Strict):
    """Counts of persons (or of few bodies) by parts, in a raw table of a source that nobody else publishes.

    table: the raw table. count: its column with the number. within: columns that name the whole that is broken down.
    part: columns that name a part of it. totals: groups of columns; the sums over each of them are taken to be known
    (an office tells them elsewhere), [] is the whole. units: of rows with a unit, those that are counts; None: all rows
    are. share: numerator and denominator of a rate, whose parts are counts too.
    """

    table: str
    count: str
    within: list[str] = Field(min_length=1)
    part: list[str] = Field(min_length=1)
    totals: list[list[str]] = Field(min_length=1)
    units: list[str] | None = None
    share: tuple[str, str] | None = None


class Contract(Strict):
    """One source: who publishes it, on what terms, in which layouts.

    disclosure: `published` where its figures are published by others, so that to publish them again discloses nothing;
    `own` where the municipality alone has them: then breakdowns says which of them are counts in a breakdown, whose
    small numbers are hidden before the marts (ingest.small_numbers); published_where names a column that a row fills
    only where its figure is published; totals_of_own lists the other numbers, which go out as they are.
    """

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    publisher_ja: str
    statistic_ja: str
    licence: str
    credit_ja: str
    disclosure: Literal["published", "own"]
    breakdowns: list[Breakdown] = Field(default_factory=list)
    published_where: str | None = None
    totals_of_own: list[str] = Field(default_factory=list)
    made_by: Literal["publisher", "office"] = "publisher"
    """Who makes the files, and so who can mend them."""
    editions: list[Edition] = Field(default_factory=list)
    """When it is published again, where and under which names; what `sousei status` and `sousei fetch` go by."""
    shared: Any = None
    """Fragments for YAML anchors; means nothing by itself."""
    layouts: list[Layout] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _take_over(cls, given: Any) -> Any:
        """`like: <layout>` takes everything from a layout above it that the entry does not state itself."""
        if not isinstance(given, dict) or not isinstance(given.get("layouts"), list):
            return given
        known: dict[str, Any] = {}
        layouts: list[dict[str, Any]] = []
        for stated in given["layouts"]:
            if not isinstance(stated, dict):
                return given
            other = str(stated.get("like", ""))
            if "like" in stated and other not in known:
                ja, en = f"上に「{other}」という様式がありません", f"like: no layout {other!r} above"
                raise Slip(ja, en, "layouts", len(layouts), "like")
            entry = known.get(other, {}) | {name: value for name, value in stated.items() if name != "like"}
            known[str(entry.get("layout"))] = entry
            layouts.append(entry)
        return given | {"layouts": layouts}

    @model_validator(mode="after")
    def _breakdowns_are_own(self) -> Contract:
        told = [name for name in ("breakdowns", "published_where", "totals_of_own") if getattr(self, name)]
        if self.disclosure == "published" and told:
            raise Slip(f"{told[0]} は disclosure: own だけです", f"`{told[0]}` belongs to disclosure: own", told[0])
        if self.disclosure == "own" and not self.breakdowns:
            raise Slip("disclosure: own には breakdowns が要ります", "disclosure: own needs `breakdowns`", "disclosure")
        return self

    @model_validator(mode="after")
    def _one_name_each(self) -> Contract:
        names = [layout.layout for layout in self.layouts]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise Slip(f"「{name}」という様式が二つあります", "two layouts of one name", "layouts", place, "layout")
        return self

    @model_validator(mode="after")
    def _editions_are_of_its_layouts(self) -> Contract:
        for place, one in enumerate(self.editions):
            if one.edition in {other.edition for other in self.editions[:place]}:
                raise Slip(f"「{one.edition}」が二つあります", "two editions of one name", "editions", place, "edition")
            if one.replaced_by and one.replaced_by not in {other.edition for other in self.editions}:
                raise Slip("replaced_by の版がありません", "no such edition", "editions", place, "replaced_by")
            if not any(re.fullmatch(one.layouts, layout.layout) for layout in self.layouts):
                raise Slip("layouts に合う様式がありません", "no such layout", "editions", place, "layouts")
        return self
