"""What a comment says: its two languages and the unit of its numbers."""

from __future__ import annotations

import pytest

from sousei.publication.catalogue import Column, words
from sousei.publication.package import field_type


def test_a_comment_says_the_same_in_two_languages() -> None:
    assert words("人口（人、整数） / Persons / whole.") == ("人口（人、整数）", "Persons / whole.")
    assert words("説明だけ") == ("説明だけ", "") and words(None) == ("", "")


@pytest.mark.parametrize(
    ("name", "kind", "comment", "unit"),
    [
        ("population_persons", "BIGINT", "人口（人）。秘匿は空 / Persons.", "人"),
        ("value", "DECIMAL(24,8)", "その年度の値（単位は unit、丸めない） / Value.", "列 unit による"),
        ("delta_value", "DECIMAL(24,8)", "増分（単位は delta_unit） / Delta.", "列 delta_unit による"),
        ("old_index", "DECIMAL(18,6)", "指数（単位：基準年＝100） / Index.", "基準年＝100"),
        ("progress_pct", "DECIMAL(24,8)", "進捗率（％）＝（実績－基準）÷（目標－基準） / Progress.", "％"),
        ("donation_jpy", "BIGINT", "受入額（円） / Yen.", "円"),
        ("cohort_change_ratio", "DECIMAL(18,6)", "5年後の人口÷期首の人口（人／人） / Ratio.", "人／人"),
        ("denominator", "DECIMAL(28,8)", "割合の分母（人など、資料の単位） / Denominator.", "資料の単位"),
        ("first_fiscal_year", "INTEGER", "最初の年度 / First.", "年（西暦）"),
        ("term_years", "INTEGER", "期間の年数 n / Years.", "年"),
        ("n_parts", "INTEGER", "部分の数 / Parts.", "件"),
        ("source_row", "INTEGER", "人が数える行番号（最初の行＝1） / Row.", None),
        ("unit", "VARCHAR", "単位（人） / Unit.", None),
        ("as_of_date", "DATE", "時点（年） / Date.", None),
    ],
)
def test_the_unit_is_that_of_the_comment(name: str, kind: str, comment: str, unit: str | None) -> None:
    assert Column(name, kind, comment).unit == unit


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        ("DECIMAL(24,8)", "number"),
        ("BIGINT", "integer"),
        ("SMALLINT", "integer"),
        ("BOOLEAN", "boolean"),
        ("DATE", "date"),
        ("TIMESTAMP WITH TIME ZONE", "datetime"),
        ("VARCHAR", "string"),
    ],
)
def test_types_are_those_of_table_schema(kind: str, type_: str) -> None:
    assert field_type(Column("a", kind, None))["type"] == type_
