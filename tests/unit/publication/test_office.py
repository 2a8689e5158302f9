"""CSV for people: a text that a spreadsheet may take for something else stands in corner brackets, others do not."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from sousei.publication import office
from sousei.publication.catalogue import Column

TAKEN = [
    *("5-9", "01223", "012238", "0", "1/2", "3-1-1", "1.2.3", "12:30", "10%", "¥100", "(5)", "1,234", "1 1/2", "1E5"),
    *(
        "R6.4.1",
        "S63.1.7",
        "H30",
        "令和6年4月1日",
        "昭和64年",
        "2024年4月",
        "4月1日",
        "2024-04-01T00:00:00Z",
        "12時30分",
    ),
    *("１２", "３－１", "５～９", "TRUE", "false", "May", "Sept", "SEPT2", "1 March 2020", "Jan-20", "#N/A", "9 pm"),
    *("=1+1", "+81", "-5", "@x", "＝1", " 前の空白", "後の空白 ", "タブ\tあり"),
]
PLAIN = [
    *("根室市", "01223 根室市", "5～9歳", "令和6年度（2024年度）", "n2-3a3-1", "3-イ-1-1", "census-68e3d436b96c646b"),
    *("abcd_milestone", "Marchés", "①", "人", "第2期根室市創生総合戦略", "令和元年度", "kpi 3"),
]


def test_texts_at_risk_are_put_in_brackets() -> None:
    frame = pl.DataFrame({"text": [*TAKEN, "", None]}).select(office.guarded(pl.col("text")).alias("text"))
    assert frame["text"].to_list() == [*(f"「{one}」" for one in TAKEN), None, None]


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert pl.DataFrame({"text": [text]}).select(office.guarded(pl.col("text")).alias("text"))["text"][0] == text


def test_a_table_has_words_for_its_codes_and_plain_numbers() -> None:
    frame = pl.DataFrame(
        {
            "municipality_code": ["01223", "99999"],
            "age_group": ["5-9", "12-18"],
            "share_pct": [Decimal("34.50000000"), Decimal("100.00000000")],
            "persons": [1200, None],
            "is_new": [True, False],
            "day": [date(2026, 4, 1), None],
            "at": [datetime(2026, 4, 1, 2, tzinfo=ZoneInfo("Asia/Tokyo")), None],
        }
    )
    known = office.folded([("*", "municipality_code", "01223", "01223 根室市"), ("t", "age_group", "5-9", "5～9歳")])
    columns = [Column("persons", "BIGINT", "人口（人） / Persons."), Column("day", "DATE", "Only English")]
    data = office.written(frame, "t", columns, known)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.decode("utf-8-sig").split("\r\n") == [
        "municipality_code,age_group,share_pct,人口 persons,is_new,day,at",
        "01223 根室市,5～9歳,34.5,1200,はい,2026-04-01,2026-04-01 02:00:00",
        "「99999」,「12-18」,100,,いいえ,,",
        "",
    ]


def test_the_readme_names_what_is_too_long() -> None:
    text = office.readme({"fct_population": 4_000_000}).decode("utf-8-sig")
    assert "fct_population（4,000,000行）" in text and "25,000行" in text
    assert "超えるため" not in office.readme({}).decode("utf-8-sig")
    assert office.CSV_ROWS < 1_048_576
