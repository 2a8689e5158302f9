"""What a release takes from the last one is what it would have written itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sousei.expectations.verdict import digests_of_marts
from sousei.foundation.duck import connect
from sousei.foundation.home import Home
from sousei.publication import parquet, unmoved
from sousei.publication.publish import publish
from sousei.publication.shelf import Release
from sousei.publication.verify import verify
from tests.gate_candidate import NOW, Run, judged, plant

MOVED = "update main.mart_kpi_scorecard set actual_value = 1"
RUN = Run(run_id="run-2")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tables whose Parquet file was written, not taken over."""
    tables: list[str] = []
    write = parquet.write

    def noted(connection: object, table: str, *more: object) -> None:
        tables.append(table)
        write(connection, table, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(parquet, "write", noted)
    return tables


@pytest.fixture
def changed(base: Path, tmp_path: Path) -> Path:
    """A judged candidate of the run RUN in which one table moved."""
    candidate = plant(Path(shutil.copyfile(base, tmp_path / "changed.duckdb")), MOVED)
    assert judged(candidate, run_id=RUN.run_id).passed
    return candidate


def first_of(base: Path, folder: Path) -> tuple[Home, Release]:
    candidate = Path(shutil.copyfile(base, folder / "first.duckdb"))
    assert judged(candidate).passed
    home = Home(folder / "home")
    return home, publish(home, candidate, Run(), NOW)


def marts_of(candidate: Path) -> dict[str, str]:
    with connect(candidate, read_only=True) as connection:
        return digests_of_marts(connection)


def rows_of(release: Release) -> dict[str, list[tuple[object, ...]]]:
    """Every table as it lies, but those about the run and what moved."""
    with duckdb.connect(str(release.database), read_only=True) as connection:
        tables = [one for one in release.manifest.tables if not one.startswith("meta_")]
        return {table: connection.execute(f"from main.{table}").fetchall() for table in tables}


@pytest.mark.exhaustive
@pytest.mark.promise("B4")
def test_a_release_beside_another_has_the_rows_and_bytes_of_one_alone(
    base: Path, changed: Path, tmp_path: Path, written: list[str]
) -> None:
    home, first = first_of(base, tmp_path)
    all_tables = set(written)
    written.clear()
    second = publish(home, changed, RUN, NOW + timedelta(days=1))
    assert "mart_kpi_scorecard" in written and "fct_population" not in written
    assert {one for one in written if not one.startswith("meta_")} == {"mart_kpi_scorecard"}
    alone = publish(Home(tmp_path / "alone"), changed, RUN, NOW + timedelta(days=1))
    assert set(second.manifest.tables) == all_tables
    assert rows_of(second) == rows_of(alone)
    for name, facts in second.manifest.files.items():
        if name.startswith(("parquet/", "csv/")) and "/meta_" not in name:
            assert facts == alone.manifest.files[name], name
    assert verify(second).sound and verify(first).sound


def test_what_was_written_is_read_again_and_what_was_linked_was_compared_before(
    base: Path, changed: Path, tmp_path: Path
) -> None:
    home, first = first_of(base, tmp_path)
    second = publish(home, changed, RUN, NOW + timedelta(days=1))
    assert verify(second, first).sound

    def spoil(name: str, *, alone: bool) -> None:
        path = second.path / name
        path.parent.chmod(0o755)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        if alone:
            path.unlink()
        else:
            path.chmod(0o644)
        path.write_bytes(data)
        path.chmod(0o444)
        path.parent.chmod(0o555)

    spoil("parquet/mart_kpi_scorecard.parquet", alone=False)
    spoil("csv/fct_population.csv", alone=True)
    told = [one for one in verify(second, first).problems if one.startswith("file_changed")]
    assert len(told) == 2 and "mart_kpi_scorecard" in "".join(told) and "fct_population" in "".join(told)
    spoil("parquet/fct_population.parquet", alone=False)
    assert "fct_population.parquet" not in "".join(verify(second, first).problems), "one file of two releases"
    assert "fct_population.parquet" in "".join(verify(second).problems)
    assert "fct_population.parquet" in "".join(verify(first).problems)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("edit", "table"),
    [
        ("alter table main.dim_kpi alter column is_current type varchar", "dim_kpi"),
        ("comment on table main.dim_kpi is '別の説明。 / Another description.'", "dim_kpi"),
        ("comment on column main.dim_kpi.unit is '別の説明。 / Another description.'", "dim_kpi"),
        ("update main.fct_population set population_persons = population_persons + "
         "case municipality_code when '99001' then 1 else -1 end where sex = 'male' and age_group = '0-4'",
         "fct_population"),
    ],
)  # fmt: skip
def test_what_differs_in_anything_is_written(
    base: Path, tmp_path: Path, written: list[str], edit: str, table: str
) -> None:
    _, first = first_of(base, tmp_path)
    candidate = plant(Path(shutil.copyfile(base, tmp_path / "edited.duckdb")), edit)
    directory = tmp_path / "made"
    directory.mkdir()
    written.clear()
    from sousei.publication.contents import write_tables

    write_tables(directory, candidate, "2026-11-22.2", RUN, NOW, first.database, marts_of(candidate))
    assert table in written and "dim_municipality" not in written


def test_nothing_is_taken_from_other_code_or_a_damaged_file(
    base: Path, changed: Path, tmp_path: Path, written: list[str]
) -> None:
    home, first = first_of(base, tmp_path)
    path = first.path / "parquet" / "fct_population.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    written.clear()
    second = publish(home, changed, RUN, NOW + timedelta(days=1))
    assert "fct_population" in written and verify(second).sound
    written.clear()
    assert judged(changed, run_id="run-3").passed
    third = publish(home, changed, replace(RUN, run_id="run-3", code_version="another"), NOW + timedelta(days=2))
    assert "fct_population" in written and "dim_kpi" in written and verify(third).sound


def test_a_file_that_the_last_release_lost_is_written_anew(base: Path, changed: Path, tmp_path: Path) -> None:
    home, first = first_of(base, tmp_path)
    for name in ("csv/fct_population.csv", "parquet/dim_kpi.parquet"):
        (first.path / name).parent.chmod(0o755)
        (first.path / name).unlink()
    second = publish(home, changed, RUN, NOW + timedelta(days=1))
    assert verify(second).sound
    assert second.manifest.files["csv/fct_population.csv"] == first.manifest.files["csv/fct_population.csv"]


@pytest.mark.sampled
@pytest.mark.parametrize("harm", ["gone", "cut", "pages"])
def test_a_last_release_that_cannot_be_read_gives_nothing(
    base: Path, changed: Path, tmp_path: Path, written: list[str], harm: str
) -> None:
    _, first = first_of(base, tmp_path)
    first.database.parent.chmod(0o755)
    first.database.chmod(0o644)
    data = first.database.read_bytes()
    if harm == "gone":
        first.database.unlink()
    elif harm == "cut":
        first.database.write_bytes(data[: len(data) // 2])
    else:
        part = len(data) // 4
        first.database.write_bytes(data[:part] + bytes(2 * part) + data[3 * part :])
    written.clear()
    made = tmp_path / "sousei.duckdb"
    assert unmoved.Unmoved(made, marts_of(changed), first.database, RUN.code_version).tables == frozenset()
    assert list(tmp_path.glob("sousei.duckdb*")) == []


def test_what_a_manifest_states_counts_for_the_sealed_bytes_and_this_duckdb(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = first_of(base, tmp_path)
    told = unmoved.stated(first)
    assert told.keys() == first.manifest.tables.keys() - {"meta_release", "meta_change", "meta_check_outcome"}
    assert told == {name: digest for name, digest in marts_of(first.database).items() if name in told}
    monkeypatch.setattr(duckdb, "__version__", "another")
    assert unmoved.stated(first) == {}
    monkeypatch.undo()
    older = {name: replace(one, digest=None) for name, one in first.manifest.tables.items()}
    assert unmoved.stated(replace(first, manifest=replace(first.manifest, tables=older))) == {}
    edited = Path(shutil.copyfile(first.database, tmp_path / "edited.duckdb"))
    plant(edited, "update main.dim_kpi set is_current = not is_current")
    assert unmoved.stated(first, edited) == {} and unmoved.stated(first, first.database) == told


def test_a_manifest_that_states_other_rows_is_found(base: Path, tmp_path: Path) -> None:
    _, first = first_of(base, tmp_path)
    tables = dict(first.manifest.tables)
    tables["dim_kpi"] = replace(tables["dim_kpi"], digest="0" * 64)
    found = verify(replace(first, manifest=replace(first.manifest, tables=tables))).problems
    assert [one for one in found if one.startswith("rows_differ: dim_kpi")] != []
