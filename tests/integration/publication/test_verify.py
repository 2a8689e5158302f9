"""Verification finds each damage of a release."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home
from sousei.publication import shelf
from sousei.publication.publish import remove
from sousei.publication.shelf import Release
from sousei.publication.verify import verify, verify_inputs
from tests.gate_candidate import plant


@pytest.fixture
def damaged(published: Release, tmp_path: Path):
    """A writable copy of a sound release."""
    path = tmp_path / published.release_id
    shutil.copytree(published.path, path)
    yield path
    remove(path)


def writable(path: Path) -> Path:
    path.chmod(0o644)
    return path


def sealed(path: Path) -> None:
    path.chmod(0o444)


def test_sound_release_verifies(published: Release) -> None:
    found = verify(published)
    assert found.sound and found.problems == ()
    assert len(found.tables) == len(published.manifest.tables)


@pytest.mark.parametrize("name", ["sousei.duckdb", "parquet/dim_kpi.parquet", "csv/fct_population.csv"])
def test_one_changed_byte_is_found(damaged: Path, name: str) -> None:
    path = writable(damaged / name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    sealed(path)
    assert any(
        problem.startswith("file_changed") and name in problem for problem in verify(shelf.read(damaged)).problems
    )


def test_missing_and_extra_files_are_found(damaged: Path) -> None:
    for folder in (damaged, damaged / "csv"):
        folder.chmod(0o755)
    (damaged / "csv" / "dim_kpi.csv").unlink()
    (damaged / "csv" / "other.csv").write_text("x", encoding="utf-8")
    problems = " ".join(verify(shelf.read(damaged)).problems)
    assert "file_missing: csv/dim_kpi.csv" in problems and "file_unlisted: csv/other.csv" in problems
    assert "file_writable: other.csv" in problems


def rehash(directory: Path, name: str, **changes: object) -> Release:
    """Make the manifest agree with a changed file, so that only the deeper checks can find it."""
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    path = directory / name
    manifest["files"][name] |= {"sha256": sha256_of(path), "size_bytes": path.stat().st_size}
    writable(directory / "manifest.json").write_text(json.dumps(manifest | changes), encoding="utf-8")
    sealed(directory / "manifest.json")
    sealed(path)
    return shelf.read(directory)


def test_changed_figure_is_found_even_with_the_right_hash(damaged: Path) -> None:
    database = writable(damaged / "sousei.duckdb")
    damaged.chmod(0o755)
    plant(database, "update main.fct_furusato_donation set donation_jpy = donation_jpy + 1 where fiscal_year = 2024")
    damaged.chmod(0o555)
    found = [p.split(":")[0] for p in verify(rehash(damaged, "sousei.duckdb")).problems]
    assert found == ["rows_differ", "parquet_differs"]


def test_failed_check_inside_a_release_is_found(damaged: Path) -> None:
    damaged.chmod(0o755)
    plant(
        writable(damaged / "sousei.duckdb"),
        "update main.meta_check_outcome set passed = false where check_id = 'source_is_credited'",
    )
    damaged.chmod(0o555)
    problems = [p.split(":")[0] for p in verify(rehash(damaged, "sousei.duckdb")).problems]
    assert "verdict_differs" in problems


def test_lost_csv_line_is_found(damaged: Path) -> None:
    path = writable(damaged / "csv" / "fct_furusato_donation.csv")
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")
    assert [p.split(":")[0] for p in verify(rehash(damaged, "csv/fct_furusato_donation.csv")).problems] == [
        "csv_differs"
    ]


def test_renamed_directory_is_not_a_release(damaged: Path) -> None:
    moved = damaged.rename(damaged.with_name("2026-11-22.9"))
    with pytest.raises(ValueError, match="manifest_of_another_release"):
        shelf.read(moved)
    moved.rename(damaged)


@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("edit", "found"),
    [
        ("drop table main.fct_furusato_donation", {"tables_differ"}),
        ("comment on column main.dim_kpi.kpi_id is 'x'", {"schema_differs"}),
        ("delete from main.fct_furusato_donation where fiscal_year = 2024", {"rows_differ", "parquet_differs"}),
        ("update main.meta_check_outcome set passed = false where severity = 'gate'", {"verdict_differs"}),
        ("update main.meta_release set run_id = 'another'", {"release_differs"}),
    ],
)
def test_each_change_of_a_database_is_told_by_its_name(damaged: Path, edit: str, found: set[str]) -> None:
    plant(writable(damaged / "sousei.duckdb"), edit)
    told = {problem.split(":")[0] for problem in verify(rehash(damaged, "sousei.duckdb")).problems}
    assert found <= told


@pytest.mark.promise("E1")
def test_lost_and_changed_bytes_of_deliveries_are_told(published: Release, tmp_path: Path) -> None:
    lost, changed = (one for one in published.manifest.deliveries[:2])
    home = Home(tmp_path)
    for one in published.manifest.deliveries:
        if one.verdict == "taken" and one.sha256 != lost.sha256:
            (home.snapshots / one.sha256).mkdir(parents=True, exist_ok=True)
            (home.snapshots / one.sha256 / "bytes").write_bytes(b"others")
    told = [problem.split("（")[0] for problem in verify_inputs(home, published)]
    assert f"input_missing: {lost.file_name}" in told and f"input_changed: {changed.file_name}" in told
