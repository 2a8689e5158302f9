"""What `sousei project` takes and shows: words as people type them, tables as people read them."""

from __future__ import annotations

import argparse

import polars as pl
import pytest

from sousei.orchestration.command.desk_asked import factor, knot, profile
from sousei.orchestration.command.desk_shown import COLUMNS, HEADS, shown


def test_a_kind_of_arrivals_is_a_name_or_who_comes() -> None:
    assert profile("women_20_24") == "women_20_24"
    assert profile("寮=both:15:2,male:20:1") == ("寮", {("male", 15): 1.0, ("female", 15): 1.0, ("male", 20): 1.0})


def test_a_path_of_fertility_and_a_factor_are_read() -> None:
    assert knot("2030=1.8") == (2030, 1.8, "step")
    assert knot("2030=1.8:linear") == (2030, 1.8, "linear")
    assert factor("15-24=0.8") == ("15-24", 0.8)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (profile, "寮=child:0:1"),
        (profile, "寮=male:30"),
        (profile, "寮="),
        (knot, "2030"),
        (knot, "30=1.8"),
        (knot, "2030=1.8:slow"),
        (factor, "15-24"),
        (factor, "15-24=nan"),
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(read, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"bad_\w+: "):
        read(text)


def frame() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "scenario_id": ["ipss_2018_extended", "closed"],
            "label_ja": ["社人研推計準拠", "封鎖人口"],
            "label_en": ["IPSS 2018 extended", "Closed population"],
            "year": [2060, 2060],
            "measure": ["total", "total"],
            "measure_ja": ["総人口", "総人口"],
            "persons": [3_777_491.5, 12_000.4999],
            "low_persons": [3_000_000.2, None],
            "high_persons": [4_500_000.0, None],
            "implied_tfr": [1.436, 1.436],
            "net_migration_5y_persons": [-1234.5, 0.0],
            "births_5y": [1.0, 2.0],
            "deaths_5y": [3.0, 4.0],
        }
    )


def test_a_table_for_people_has_whole_persons_japanese_heads_and_no_number_for_what_is_missing() -> None:
    table = shown(frame(), "scenarios", "ja")
    assert table.columns[:5] == ["シナリオ", "名称", "年", "指標", "人数"]
    assert table["人数"].to_list() == ["3,777,492", "   12,000"]
    assert [one.strip() for one in table["80%の幅 下"]] == ["3,000,000", "−"]
    assert table["純移動（総人口、5年間）"].to_list()[0] == "-1,235"


def test_the_same_table_in_english_has_no_japanese_in_it() -> None:
    table = shown(frame(), "scenarios", "en")
    said = " ".join([*table.columns, *(str(value) for row in table.rows() for value in row)])
    assert "name" in table.columns and "total population" in said
    assert not any("\u3040" <= char <= "\u9fff" for char in said)


def test_every_column_for_people_has_a_head_in_both_languages() -> None:
    for question, columns in COLUMNS.items():
        for name in columns:
            ja = f"{name}ja" if name.endswith("_") else f"{name}_ja" if name in ("label", "base", "said") else name
            en = name[:-1] if name.endswith("_") else name
            assert HEADS.get(ja, HEADS.get(en, ("", "")))[0], (question, name)
