"""A user's own query is answered in a process of its own: whatever it asks, in every form, and never without end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from sousei.publication.asked import AskedError, asked
from sousei.publication.shelf import Release

ODD = {
    "interval 1 month": "1 month",
    "date 'infinity'": "infinity",
    "timestamp '-infinity'": "-infinity",
    "timestamptz 'infinity'": "infinity",
    "date '290000-01-01'": "290000-01-01",
    "[1, 2]": "[1, 2]",
    "{'a': 1}": "{'a': 1}",
    "map {'a': 1}": "{a=1}",
    "'\\xAA'::blob": "\\xAA",
    "'101'::bit": "101",
    "time '12:00'": "12:00:00",
    "union_value(a := 1)": "1",
}


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_values_of_odd_types_are_printed_as_text(published: Release, form: str) -> None:
    sql = "select " + ", ".join(f"{one} as c{at}" for at, one in enumerate(ODD))
    given = asked(sql, published.database, form)
    if form == "parquet":
        assert list(pl.read_parquet(given).row(0)) == list(ODD.values())
    elif form == "json":
        assert list(json.loads(given)[0].values()) == list(ODD.values())
    else:
        assert all(text in given.decode() for text in ODD.values())


def test_dates_stay_dates_beside_blank_ones(published: Release) -> None:
    given = asked("select * from (values (date '2026-04-01'), (null)) as one (day)", published.database, "parquet")
    assert pl.read_parquet(given).schema == {"day": pl.Date}


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("sql", "problem_id"),
    [
        ("select * from range(1000000000)", "query_too_large|query_failed"),
        ("select repeat('x', 1000000) from range(3000)", "query_too_large|query_failed"),
        ("select sum(a.i * b.i) from range(10000000) a(i), range(10000000) b(i)", "query_failed: 2秒"),
        ("select 1; select 2", "query_refused"),
        ("select range(100000000)", "query_failed: メモリーの上限（1GB）"),
        ("select * from read_csv('/etc/passwd')", "query_failed"),
    ],
)
def test_what_asks_too_much_ends_in_one_text(published: Release, sql: str, problem_id: str) -> None:
    with pytest.raises(AskedError, match=problem_id) as refusal:
        asked(sql, published.database, "csv", seconds=2, memory_bytes=1 << 30)
    assert "Traceback" not in str(refusal.value)


def test_a_query_that_answers_to_nobody_is_ended(published: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    from sousei.publication import asked as module

    monkeypatch.setattr(module, "_LONGER", 0.0)
    with pytest.raises(AskedError, match="query_too_slow"):
        asked("select 1", published.database, "csv", seconds=0.01)


def test_a_database_that_somebody_writes_is_told(published: Release, tmp_path: Path) -> None:
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(published.database.read_bytes())
    hold = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", hold, str(copy)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        try:
            with pytest.raises(AskedError, match="release_not_readable") as refusal:
                asked("select 1", copy, "csv")
            assert str(holder.pid) in str(refusal.value)
        finally:
            holder.kill()
