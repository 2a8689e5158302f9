"""What the benchmarks tell: rows, bars, exponents, and the tables in the documents."""

from __future__ import annotations

import pytest

from benchmarks import told
from benchmarks.registry import contestants, made_up
from benchmarks.told import Row


def test_the_documents_show_what_was_measured_last() -> None:
    for path, text in told.pages().items():
        assert path.read_text("utf-8") == text, f"{path.name}: run python -m benchmarks --write-only"


@pytest.mark.parametrize(
    ("row", "held"),
    [
        (Row("k", "", "", "", value=1.3, at_most=1.3), True),
        (Row("k", "", "", "", value=1.31, at_most=1.3), False),
        (Row("k", "", "", "", value=2.9, at_least=3), False),
        (Row("k", "", "", "", value=3.0, at_least=3, memory_mb=2049, memory_at_most=2048), False),
        (Row("k", "", "", "", value=3.0), None),
        (Row("k", "", "", "", at_most=1.3), None),
    ],
)
def test_a_bar_holds_or_not_or_was_not_measured(row: Row, held: bool | None) -> None:
    assert row.held is held


def test_an_exponent_is_the_slope_of_the_logarithms() -> None:
    assert told.exponent({10: 1.0, 100: 10.0, 1_000: 100.0}) == pytest.approx(1)
    assert told.exponent({10: 5.0, 1_000: 5.0}) == pytest.approx(0)
    with pytest.raises(ValueError):
        told.exponent({10: 1.0})


def test_the_contestants_of_an_extract_agree_with_ours(tmp_path) -> None:
    path = tmp_path / "extract.csv"
    made_up.write(path, 3_000, codes=["01223", "03211", "47382"])
    again = tmp_path / "again.csv"
    made_up.write(again, 3_000, codes=["01223", "03211", "47382"])
    assert path.read_bytes() == again.read_bytes()
    hashes = {contestants.CONTESTANTS[name](path) for name in ("ours", "polars", "duckdb")}
    assert len(hashes) == 1 and None not in hashes
