"""What the benchmarks tell: rows, bars, exponents, and the tables in the documents."""

from __future__ import annotations

import duckdb
import pytest

from benchmarks import told
from benchmarks.readers import peers
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


def test_a_query_counts_only_where_another_engine_answers_alike(tmp_path) -> None:
    release, place = tmp_path / "marts.duckdb", tmp_path / "marts.sqlite"
    with duckdb.connect(str(release)) as made:
        made.execute(
            "create table mart as from (values (date '2026-01-31', 7, 1.25::decimal(9, 2), true, "
            "timestamptz '2026-01-31 02:00:00+09', '根室市'), (null, 2, null, false, null, null)) "
            "as row (day, n, share, is_in, moment, name_ja)"
        )
    peers.into_sqlite(release, place)
    asked = [
        "select * from mart",
        "select year(day)::bigint, max(share) filter (where is_in) as share from mart group by year(day)",
        "select n / 2 from mart",  # whole numbers there
        "select n from mart qualify row_number() over (order by n) = 1",  # not its SQL
        "select n from mart where n > 7",  # no row: nothing to compare
    ]
    assert peers.alike(release, {"sqlite": str(place)}, asked) == asked[:2]
