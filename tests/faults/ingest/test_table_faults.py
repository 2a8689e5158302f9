"""Faults between a table and its contract are planted one at a time and named alone, at their place.

Holds: layouts that cannot be told apart, half keys, ages that are none, sheets that nobody reads. Does not hold:
figures (test_planted.py). The tables are samples with one edit, or synthetic.
"""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.contract.loading import all_contracts
from sousei.ingest.contract.model import Contract
from sousei.ingest.problems.record import Problem
from sousei.ingest.reading import delivery as reading
from tests.synthetic.books import book

SAMPLES = PROJECT_ROOT / "samples" / "landing"
VISITORS = (SAMPLES / "tourism" / "city2021.csv").read_text("utf-8-sig")
AGES = (SAMPLES / "census" / "census_2020_sex_age.csv").read_text("utf-8-sig")
REGISTRY = (SAMPLES / "resident_registry" / "2304ssnen.xlsx").read_bytes()

Edit = Callable[[str], str]


def told(problems: list[Problem]) -> list[tuple[str, str, int | None, str]]:
    return [(one["problem_id"], one["sheet"], one["row"], one["column_label"]) for one in problems]


def once(old: str, new: str) -> Edit:
    """Puts a text in place of one that stands there; only its first."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def test_the_tables_are_sound_without_a_fault() -> None:
    for data in (VISITORS.encode(), AGES.encode(), REGISTRY):
        found = reading.read(data, "x")
        assert found.problems == [] and found.taken


@pytest.mark.parametrize(
    ("change", "row", "label", "variant"),
    [
        (once(",3211,釜石市,", ",,釜石市,"), 3, "地域コード", "コードが読めません"),
        (once(",3211,釜石市,", ",3211,,"), 3, "地域名称", "名前が読めません"),
        (once(",3211,釜石市,", ",3211,釜石,"), 3, "地域名称", "名前が読めません"),
    ],
    ids=["code", "name", "name cut"],
)
def test_a_row_that_has_lost_its_code_or_its_name_is_named(change: Edit, row: int, label: str, variant: str) -> None:
    found = reading.read(change(VISITORS).encode(), "city2021.csv")
    assert told(found.problems) == [("code_or_name_missing", "", row, label)] and not found.taken
    assert variant in found.problems[0]["message_ja"]


def test_an_age_class_of_a_header_that_is_none_is_named_at_its_column() -> None:
    found = reading.read(once("5～9歳", "9～5歳")(AGES).encode(), "x.csv")
    assert told(found.problems) == [("unknown_age", "", 11, "9~5歳")] and not found.taken


BY_AGE = Contract.model_validate(
    {
        "source": "synthetic",
        "publisher_ja": "架空",
        "statistic_ja": "架空の人口",
        "licence": "-",
        "credit_ja": "-",
        "disclosure": "published",
        "layouts": [
            {
                "layout": "by_age",
                "raw_table": "census_population",
                "form": "workbook",
                "says": ["(?P<as_of>{year}10月1日)架空の人口"],
                "anchor": "団体コード",
                "constants": {"scope": "total", "sex": "総数"},
                "columns": [
                    {"role": "area_code", "header": "団体コード", "digits": 5},
                    {"role": "area_name", "header": "団体名"},
                    {"role": "age", "header": "年齢"},
                    {"role": "measure", "header": "人口", "unit": "人"},
                ],
            }
        ],
    }
)
"""A layout with a row for each age class, as no publisher's has them today."""


def by_age(*ages: str) -> bytes:
    rows = [["03211", "釜石市", age, number] for number, age in enumerate(ages, 100)]
    return book([["令和2年10月1日 架空の人口"], ["団体コード", "団体名", "年齢", "人口"], *rows], "人口")


def test_an_age_class_of_a_row_that_is_none_is_named_at_its_cell() -> None:
    sound = reading.read(by_age("総数", "0～4歳", "5歳以上"), "x.xlsx", (BY_AGE,))
    assert sound.problems == [] and sound.taken
    found = reading.read(by_age("総数", "0～4歳", "五歳以上"), "x.xlsx", (BY_AGE,))
    assert told(found.problems) == [("unknown_age", "人口", 5, "年齢")] and not found.taken


def test_two_layouts_that_fit_one_table_are_told_apart_by_nobody() -> None:
    """Which of them is meant is not guessed; where their spans part them, the file's own day tells."""
    contracts = all_contracts()
    (contract,) = (one for one in contracts if one.source == "resident_registry")
    (fits,) = reading.read(REGISTRY, "2304ssnen.xlsx").layouts
    layout = next(one for one in contract.layouts if one.layout == fits)

    def beside(**changed: object) -> reading.Reading:
        again = layout.model_copy(update={"layout": "again", **changed})
        return reading.read(
            REGISTRY, "2304ssnen.xlsx", (contract.model_copy(update={"layouts": [*contract.layouts, again]}),)
        )

    found = beside()
    sheet = openpyxl.load_workbook(io.BytesIO(REGISTRY), read_only=True).sheetnames[0]
    assert told(found.problems) == [("ambiguous_layout", sheet, None, "")] and not found.taken
    assert found.problems[0]["found"] == f"resident_registry/{fits}、resident_registry/again"
    assert layout.valid_from is not None
    parted = beside(valid_from=None, valid_to=layout.valid_from.replace(year=layout.valid_from.year - 1))
    assert parted.problems == [] and parted.layouts == [fits]


CODES = [
    ["団体コード", "都道府県名(漢字)", "市区町村名(漢字)", "都道府県名(カナ)", "市区町村名(カナ)"],
    ["032115", "岩手県", "釜石市", "ｲﾜﾃｹﾝ", "ｶﾏｲｼｼ"],
]
OTHER = [["課のメモ"], ["架空の行"]]
MEMO = "2枚目のシート"
"""What a message calls a sheet whose name may be about anybody."""


def test_a_sheet_beside_the_table_that_no_layout_fits_is_told_and_costs_nothing() -> None:
    whole, sink = openpyxl.load_workbook(io.BytesIO(REGISTRY)), io.BytesIO()
    for name, state in (("課のメモ", "visible"), ("隠したメモ", "hidden")):
        page = whole.create_sheet(name)
        page.sheet_state = state
        for row in OTHER:
            page.append(row)
    whole.save(sink)
    found = reading.read(sink.getvalue(), "2304ssnen.xlsx")
    assert told(found.problems) == [("sheet_not_read", MEMO, None, "")] and found.taken
    assert found.problems[0]["found"] == "2 rows"


def test_a_sheet_beside_a_list_of_codes_is_told_and_costs_nothing() -> None:
    sheet = "R6.1.1現在の団体"
    sound = reading.read(book(CODES, sheet), "x.xlsx")
    assert sound.problems == [] and sound.taken
    found = reading.read(book(CODES, sheet, 課のメモ=OTHER), "x.xlsx")
    assert told(found.problems) == [("sheet_not_read", MEMO, None, "")] and found.taken
