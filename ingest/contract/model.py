"""Contracts: what each source is, and the layouts that it has had, as data.

Holds the strict form of sources/<source>/contract.yaml (unknown keys are refused) and its loading. Does not hold how a
layout is found in a file (match.py) or applied to it (melt.py). A new year's layout is a few lines of YAML.

Patterns are regular expressions over squeezed text (text.squeeze: NFKC, no white space); a header is the path of its
levels joined by ' / ', repeated levels once, its unit taken off. `like: <layout>` in a layout takes over all that it
does not state itself from a layout above it. Placeholders in patterns:
    {as_of_year}  year of the stock, captured and compared with the title     {flow_year}  the same for the flows
    {year}        any year, 元号 or western                                   {age}        an age class, captured
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from sousei.ingest.contract import yaml_lines
from sousei.ingest.contract.yaml_lines import Mistake, Slip
from sousei.ingest.tables import RAW_TABLES
from sousei.ingest.vocabulary.ages import AGE
from sousei.ingest.vocabulary.dates import ERA_YEAR
from sousei.ingest.vocabulary.text import squeeze

FOLDER = Path(__file__).parents[1] / "sources"
_PLACEHOLDERS = {
    "{as_of_year}": rf"(?P<as_of_year>{ERA_YEAR})(?: / (?P<as_of_western>\d{{4}}年))?",
    "{flow_year}": rf"(?P<flow_year>{ERA_YEAR}度?)(?: / (?P<flow_western>\d{{4}}年度?))?",
    "{fiscal_year}": rf"(?P<fiscal_year>{ERA_YEAR}度)(?: / (?P<fiscal_western>\d{{4}}年度))?",
    "{year}": rf"(?:{ERA_YEAR}度?)(?: / \d{{4}}年度?)?",
    "{age}": rf"(?P<age>{AGE})",
}
STATUSES = ("final", "preliminary", "revised", "estimated", "projected", "suppressed", "not_reported")
Status = Literal["final", "preliminary", "revised", "estimated", "projected", "suppressed", "not_reported"]
Role = Literal[
    "area_code", "area_name", "prefecture", "area_kind", "sex", "scope", "age", "year", "month", "field", "check",
    "measure", "part", "ignore",
]  # fmt: skip


class Strict(BaseModel):
    """A model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, ignored_types=(cached_property,), defer_build=True)


def pattern(text: str) -> re.Pattern[str]:
    """Compiled pattern with its placeholders filled in."""
    for name, meaning in _PLACEHOLDERS.items():
        text = text.replace(name, meaning)
    return re.compile(text)


def _compiles(text: str | None, *at: str | int) -> None:
    """Raises Slip where a pattern is none, so that it stops at loading and not in the middle of a file."""
    try:
        pattern(text or "")
    except re.error as error:
        raise Slip(f"正規表現の誤りです({error})", f"not a pattern: {error}", *at) from None


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
    set: dict[str, str] = {}
    """Dimensions that the column fixes, e.g. {item: birth}."""
    only: dict[str, str] = {}
    """What the title must say where the column is there, e.g. {scope: 日本人住民}: a pattern for each variable."""
    map: dict[str, str] = {}
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
            _compiles(getattr(self, name, None), name)
        for name, text in self.only.items():
            _compiles(text, "only", name)
        known = _MEANINGS.get(self.role)
        for word, meaning in self.map.items():
            if known is None or meaning not in known:
                raise Slip(
                    f"map にできない値です(使える語: {' '.join(sorted(known or ()))})", "no such value", "map", word
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


class Sum(Strict):
    """total = sum of parts, within one row (over `item`) or over the values of a dimension."""

    over: Literal["item", "sex", "age_group"] = "item"
    total: str
    parts: list[str] = []
    """Values that add up, `-value` = taken off (over `item` only); empty = every other value of the dimension."""
    remainder: Literal["none", "not_stated"] = "none"
    """not_stated: the parts may be short of the total (persons whose sex or age is not recorded)."""
    at_most: int | None = None
    """Largest remainder of a row, where `share` of its total is not larger; None = any. Without a `share`, of a
    municipality's row only."""
    share: float = 0
    """The same as a share of the total; the municipalities of a prefecture together stay below it as well."""
    missing_is_nothing: bool = False
    """A missing part counts as nobody in this check (e-Stat's '-' in population counts)."""
    missing_refused: bool = False
    """Total and parts are all there or all missing. Otherwise rows with a missing part are left out."""
    scopes: list[str] = []
    """Scopes of the tables for which the rule holds; empty = all."""

    @model_validator(mode="after")
    def _consistent(self) -> Sum:
        if self.over != "item" and any(part.startswith("-") for part in self.parts):
            raise Slip("引くのは over: item だけです", "only items can be taken off", "parts")
        if self.remainder == "none" and (self.at_most is not None or self.share):
            raise Slip("at_most と share は remainder と使います", "`at_most` and `share` belong to a remainder")
        if self.missing_is_nothing and self.missing_refused:
            raise Slip("missing_is_nothing と missing_refused は両立しません", "a missing part is nobody or refused")
        return self


class Ratio(Strict):
    """Two items whose ratio has a known order of magnitude, over the whole table and in each row."""

    of: str
    to: str
    minimum: float
    maximum: float
    row_minimum: float
    row_maximum: float
    meaning_ja: str
    rounded: bool = False
    """`of` is rounded to its unit, so that 0 may stand beside a count. Otherwise both are 0 or neither is."""
    uncounted_until: int | None = None
    """Fiscal year until which `to` may be 0 beside an `of`: not counted then. Told, not refused."""


class Larger(Strict):
    """An item that is larger than another one in every table and area of some size: exchanged columns show in it."""

    more: str
    less: str
    at_least: int
    """Both together, from which a row, or the table's municipalities together, are tested."""
    beside: str | None = None
    """Item that `more` is compared with in a row where it is the smaller one, and"""
    ordinary: float = 0
    """the share of it from which `more` is of its ordinary size: then `less` is large for once, and is told, not
    refused."""


class Equation(Strict):
    """total = sum of parts in the columns of one row of the file, each named by its `called`, `-name` = taken off.

    Tested where the file has each of the columns once.
    """

    total: str
    parts: list[str] = Field(min_length=1)


class Rate(Strict):
    """rate = 100 x of / base in the columns of one row of the file, each named by its `called`. Where their headers
    capture a {year}, each year's rate is of that year's figure to the base_year's."""

    rate: str
    of: str
    base: str
    base_year: int | None = None
    within: float
    """Largest distance, from the decimals that the publisher prints."""


class Ages(Strict):
    """What people counted by age show in every table."""

    scopes: list[str] = []
    """Scopes of the tables for which it holds; empty = all."""
    filled_to: int
    """Last age of the classes in which a row of `filled_from` persons has somebody."""
    filled_from: int
    filled_table: int
    """Persons in a table's municipalities from which no class at all is empty, in any scope."""
    women_from: int
    """Age from which women are not fewer than men in areas with at least `women_persons` people of that age."""
    women_persons: int


class Block(Strict):
    """A row without an area of its own that adds up the rows above it, prefecture by prefecture."""

    named: str
    """Pattern of its name."""
    of: list[Literal["prefecture", "municipality"]]
    """Levels of the rows that it adds up; of all prefectures where it is the nation's row."""
    within: float
    """Largest distance as a share of the sum, from which it is refused; a smaller one is told, where it is more than
    one unit of the file."""


class Checks(Strict):
    """Sums and sizes that hold inside one file. A file that breaks one is refused whole."""

    sums: list[Sum] = []
    ratios: list[Ratio] = []
    larger: list[Larger] = []
    equations: list[Equation] = []
    rates: list[Rate] = []
    ages: Ages | None = None
    areas: bool = False
    """Municipalities add to prefectures and prefectures to the nation, where the file holds all of them."""
    areas_remainder: Literal["none", "not_stated"] = "none"
    """not_stated: age classes of municipalities may be short of their prefecture's; totals never are."""
    unassigned: int = 0
    """Persons of a prefecture, at most, who live in none of its municipalities."""
    blocks: list[Block] = []
    undivided: list[str] = []
    """First two digits of prefectures that the publisher does not divide into municipalities."""
    nationwide: bool = False
    """A table of half the country's municipalities has some of every prefecture. `areas` asks for that too."""


class Layout(Strict):
    """The layout that a source's file had over a span of dates."""

    layout: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    raw_table: str
    form: Literal["workbook", "csv", "json"]
    says: list[str] = []
    """Patterns that must be found in the text above the header; named groups: as_of, flow, scope, fiscal_year ..."""
    excludes: str | None = None
    """Pattern in the text above the header that tells another statistic in the same columns. Such a file is not used,
    and no lines are proposed for it."""
    sheet_says: str | None = None
    """Pattern searched in the sheet's name; what its named groups find must be what the title says."""
    about: str | None = None
    """Pattern in title or headers that tells the series of a file without a fixed title, where its columns differ."""
    metadata: dict[str, str] = {}
    """Lines `name:,code,value` above a table, name pattern -> pattern of the rest (cells joined by '|'; named groups
    as in `says`). Where given, a line of that kind which it does not know is refused: the table may be of men only."""
    reader: bool = False
    """The source's own reader.py reads it: recognises(document) and read(document)."""
    anchor: str = r"(?!)"
    """Pattern of one cell of the header row."""
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    constants: dict[str, str] = {}
    columns: list[Column] = []
    footnotes: str = r"^[(（]?(注|※|資料|出典|備考|\*)"
    side_sheets: str = r"^$"
    """Names of other sheets of the workbook that hold no figures of this table."""
    nation: str = r"^(全国|合計|総数|総計|全国計|全国合計)$"
    symbols: dict[str, Status] = {}
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
            _compiles(getattr(self, name, None), name)
        for place, text in enumerate(self.says):
            _compiles(text, "says", place)
        for name, text in self.metadata.items():
            _compiles(name, "metadata", name)
            _compiles(text, "metadata", name)
        for place, block in enumerate(self.checks.blocks):
            _compiles(block.named, "checks", "blocks", place, "named")
        if self.reader == bool(self.columns):
            raise Slip("columns と anchor か、reader のどちらかを書いてください", "columns and an anchor, or a reader")
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


class Contract(Strict):
    """One source: who publishes it, on what terms, in which layouts."""

    source: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    publisher_ja: str
    statistic_ja: str
    licence: str
    credit_ja: str
    made_by: Literal["publisher", "office"] = "publisher"
    """Who makes the files, and so who can mend them."""
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
    def _one_name_each(self) -> Contract:
        names = [layout.layout for layout in self.layouts]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise Slip(f"「{name}」という様式が二つあります", "two layouts of one name", "layouts", place, "layout")
        return self


def load(path: Path) -> Contract:
    """One contract.yaml. Raises Mistake with file and line."""
    data = yaml_lines.read(path)
    try:
        contract = Contract.model_validate(data)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False)
        # a misspelt name is missing under its right one, too: the one that stands there is told
        first = next((one for one in errors if one["type"] == "extra_forbidden"), errors[0])
        raised = first.get("ctx", {}).get("error")
        at = [*first["loc"], *(raised.at if isinstance(raised, Slip) else ())]
        ja = raised.ja if isinstance(raised, Slip) else _WRONG.get(first["type"], "値が決まりに合いません")
        where = " / ".join(str(step + 1) if isinstance(step, int) else step for step in at)
        what = f"{where}: {ja}" if where else ja
        expected = first.get("ctx", {}).get("expected")
        what += f"(使える語: {expected})" if expected else ""
        raise Mistake(path, yaml_lines.line_of(path, at), what, f"{where}: {first['msg']}") from None
    if contract.source != path.parent.name:
        ja = f"source は「{contract.source}」ですが、フォルダは「{path.parent.name}」です"
        en = f"source {contract.source!r} lies in folder {path.parent.name!r}"
        raise Mistake(path, yaml_lines.line_of(path, ["source"]), ja, en)
    return contract


_WRONG = {
    "extra_forbidden": "契約にない項目名です",
    "missing": "必要な項目がありません",
    "literal_error": "決められた語ではありません",
    "too_short": "項目が足りません",
    "model_type": "項目名と値の組で書いてください",
    "dict_type": "項目名と値の組で書いてください",
    "list_type": "一覧([ ] か - の行)で書いてください",
    "string_type": "文字で書いてください(数字なら引用符で囲みます)",
    "string_pattern_mismatch": "英小文字・数字・_ で書いてください",
}
"""What pydantic's types of errors mean, for people."""


@cache
def _loaded(folder: Path) -> tuple[tuple[Contract, ...], dict[str, Mistake]]:
    sound, broken = [], {}
    holding = {
        path.parent for name in ("contract.yaml", "reader.py", "corrections.csv") for path in folder.glob(f"*/{name}")
    }
    for path in sorted(source / "contract.yaml" for source in holding):
        try:
            sound.append(load(path))
        except Mistake as mistake:
            broken[path.parent.name] = mistake
    return tuple(sound), broken


def all_contracts(folder: Path = FOLDER) -> tuple[Contract, ...]:
    """Every contract below sources/ that has no mistake, by name."""
    return _loaded(folder)[0]


def mistakes(folder: Path = FOLDER) -> dict[str, Mistake]:
    """Source -> the mistake in its contract. A mistake costs this source, and no other."""
    return _loaded(folder)[1]
