"""What messages show of a cell: figures, signs and the field's words; never other text. The texts are synthetic."""

from __future__ import annotations

import pytest

from sousei.ingest.areas import shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2３4人", "1,234人"),
        ("約500人", "＊500人"),
        ("△5", "△5"),
        ("#REF!", "#REF!"),
        ("令和5年4月1日", "令和5年4月1日"),
        ("0～4歳", "0~4歳"),
        ("1.23E+05", "1.23E+05"),
        ("架空太郎", "＊＊＊＊"),
        ("架空 太郎(42)", "＊＊＊＊(42)"),
        ("taro@example.jp", "＊＊＊＊@＊＊＊＊＊＊＊.＊＊"),
        ("090-1234-5678", "<9桁以上の数字>"),
        ("123456789012", "<9桁以上の数字>"),
        ("24,636", "24,636"),
    ],
)
def test_a_cell(text: str, said: str) -> None:
    assert shown.cell(text) == said


def test_long_text_is_cut() -> None:
    assert shown.cell("あ" * 500) == shown.MASK * 24


@pytest.mark.parametrize(
    ("text", "said"),
    [("根室市", "根室市"), ("北海道", "北海道"), ("浜松市", "浜松市"), ("根室氏", "＊＊＊"), ("中村", "＊＊")],
)
def test_a_name(text: str, said: str) -> None:
    assert shown.name(text) == said
