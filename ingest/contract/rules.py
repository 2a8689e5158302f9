"""What holds inside one file, as a contract states it: sums, ratios, sizes, ages.

Holds the form of a layout's `checks`. Does not hold the tests themselves (consistency, rows/across.py).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from sousei.ingest.contract.strict import Strict
from sousei.ingest.contract.yaml_lines import Slip


class Sum(Strict):
    """total = sum of parts, within one row (over `item`) or over the values of a dimension."""

    over: Literal["item", "sex", "age_group"] = "item"
    total: str
    parts: list[str] = Field(default_factory=list)
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
    scopes: list[str] = Field(default_factory=list)
    """Scopes of the tables for which the rule holds; empty = all."""

    @model_validator(mode="after")
    def _consistent(self) -> Sum:
        if self.over != "item" and any(part.startswith("-") for part in self.parts):
            raise Slip("引くのは over: item だけです", "only items can be taken off", "parts")
        if self.remainder == "none" and (self.at_most is not None or self.share):
            raise Slip("at_most と share は remainder と使います", "`at_most` and `share` belong to a remainder")
        if self.missing_is_nothing and self.missing_refused:
            raise Slip(
                "missing_is_nothing と missing_refused は両立しません",
                "missing_is_nothing and missing_refused exclude each other",
            )
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

    scopes: list[str] = Field(default_factory=list)
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

    sums: list[Sum] = Field(default_factory=list)
    ratios: list[Ratio] = Field(default_factory=list)
    larger: list[Larger] = Field(default_factory=list)
    equations: list[Equation] = Field(default_factory=list)
    rates: list[Rate] = Field(default_factory=list)
    ages: Ages | None = None
    areas: bool = False
    """Municipalities add to prefectures and prefectures to the nation, where the file holds all of them."""
    areas_remainder: Literal["none", "not_stated"] = "none"
    """not_stated: age classes of municipalities may be short of their prefecture's; totals never are."""
    unassigned: int = 0
    """Persons of a prefecture, at most, who live in none of its municipalities."""
    blocks: list[Block] = Field(default_factory=list)
    undivided: list[str] = Field(default_factory=list)
    """First two digits of prefectures that the publisher does not divide into municipalities."""
    nationwide: bool = False
    """A table of half the country's municipalities has some of every prefecture. `areas` asks for that too."""
