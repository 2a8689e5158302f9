"""A night whose new deliveries do not reach the projection takes its tables over, and only then."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import polars as pl
import pytest

from sousei.foundation import clock
from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.orchestration import kept
from sousei.orchestration.nightly import Night
from sousei.projection.night import build as projection

SAMPLES = PROJECT_ROOT / "samples" / "landing"
AS_OF = dt.date(2026, 11, 22)
RUN = projection.run


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How often the projection was worked out."""
    times: list[int] = []

    def run(*given: object, **more: object) -> object:
        times.append(1)
        return RUN(*given, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(projection, "run", run)
    return times


def projected(home: Home, landing: Path) -> dict[str, pl.DataFrame]:
    """Every table of the projection of a night."""
    with Night(home, pages=False) as night:
        night.take_in(landing, AS_OF, clock.now())
        night.project()
    return {path.stem: pl.read_parquet(path) for path in sorted((home.building / "projection").glob("*.parquet"))}


def landing_of(folder: Path, *sources: str) -> Path:
    for source in sources:
        shutil.copytree(SAMPLES / source, folder / "landing" / source)
    return folder / "landing"


@pytest.mark.exhaustive
@pytest.mark.promise("B4")
def test_tables_are_taken_over_where_nothing_that_they_are_made_from_moved(tmp_path: Path, counted: list[int]) -> None:
    home, landing = Home(tmp_path / "home"), landing_of(tmp_path, "census", "ipss_projection", "plan_register")
    first = projected(home, landing)
    assert len(counted) == 1
    shutil.copy(SAMPLES / "tourism" / "city2024.csv", landing)
    again = projected(home, landing)
    assert len(counted) == 1
    cold = projected(Home(tmp_path / "cold"), landing)
    assert len(counted) == 2
    assert first.keys() == again.keys() == cold.keys()
    for name in cold:
        assert again[name].equals(cold[name]), name
    damaged = next((home.runs / kept.FOLDER).rglob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    shutil.copy(SAMPLES / "tourism" / "city2023.csv", landing)
    mended = projected(home, landing)  # damaged on disk: made anew
    assert len(counted) == 3
    assert all(mended[name].equals(cold[name]) for name in cold)
    shutil.copy(SAMPLES / "resident_registry" / "2304ssnen.xlsx", landing)
    moved = projected(home, landing)
    assert len(counted) == 4
    assert moved["actuals"].height > mended["actuals"].height


def test_the_hash_is_of_the_rows_in_any_order_and_of_all_that_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"a": ["1", None, "", "x,y"], "b": [1, 2, 3, None]})
    tables = {"x": ([("a", "VARCHAR")], 3, 7)}

    def hash_of(frames: dict[str, pl.DataFrame], codes: dict[str, str]) -> str:
        return kept.hash_of(tables, frames, codes)

    told = hash_of({"t": frame}, {"1": "2"})
    assert told == hash_of({"t": frame.reverse()}, {"1": "2"})
    for other in ({}, {"x": None}, {"y": tables["x"]}, {"x": ([("a", "VARCHAR")], 3, 8)}):
        assert told != kept.hash_of(other, {"t": frame}, {"1": "2"})
    others = [
        ({"t": frame}, {"1": "3"}),
        ({"u": frame}, {"1": "2"}),
        ({"t": frame.head(3)}, {"1": "2"}),
        ({"t": frame.with_columns(pl.col("a").fill_null(""))}, {"1": "2"}),
        ({"t": frame.with_columns(pl.col("b").cast(pl.Int32))}, {"1": "2"}),
        ({"t": frame.rename({"a": "c"})}, {"1": "2"}),
        ({"t": pl.DataFrame({"a": ["1", None, "", "x"], "b": ["1", "2", "3", None]})}, {"1": "2"}),
    ]
    assert told not in [hash_of(*one) for one in others]
    monkeypatch.setattr(kept, "code_version", lambda: "another")
    assert told != hash_of({"t": frame}, {"1": "2"})


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    folder = tmp_path / "made"
    folder.mkdir()
    home.runs.mkdir()
    for number in range(4):
        (folder / "t.parquet").unlink(missing_ok=True)
        (folder / "t.parquet").write_bytes(b"%d" % number)
        kept.keep(home, f"{number:064x}", folder, {"t": number})
    assert kept.take(home, f"{0:064x}", folder) is None
    assert kept.take(home, f"{3:064x}", folder) == {"t": 3}
    assert len(list((home.runs / kept.FOLDER).iterdir())) == 2
