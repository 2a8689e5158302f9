"""An old release made again from what is kept: equal with the same program, and what differs is named.

The figures are those of the samples; what is decided is synthetic.
"""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.ingest.decided import decisions
from sousei.orchestration import decided, rebuild, stage
from sousei.orchestration.nightly import Night
from sousei.publication import shelf
from tests.integration.conftest import run_sousei
from tests.nights import FIRST_NIGHT, Town, _Suites, town

SAMPLES = PROJECT_ROOT / "samples" / "landing"
TOWN = ("census", "ipss_projection", "municipality_codes", "plan_register", "section_report", "resident_registry")


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """Two releases of a home: between them a file came, one came again, one is withdrawn and a limit is decided."""
    home = town(tmp_path_factory.mktemp("rebuild"))
    for source in (*TOWN, "tourism"):
        if (SAMPLES / source).is_dir():
            shutil.copytree(SAMPLES / source, home.landing / source)
    late = home.landing / "tourism" / "city2024.csv"
    text = late.read_bytes()
    late.unlink()
    home.publishes()
    home.deliver("tourism/city2024.csv", text)
    shutil.copy(home.landing / "tourism" / "city2021.csv", home.landing / "again_city2021.csv")
    decisions.withdraw(home.home, home.source_id("city202305.csv"), "統計課長", "見本", FIRST_NIGHT)
    (home.home.decisions / "small_numbers.csv").write_text(
        "below,decided_by,decided_on,reason_ja\n5,総務課長,2026-11-22,見本\n", "utf-8"
    )
    home.publishes()
    return home


def again(home: Home, name: str) -> rebuild.Rebuilt:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Night, "start_suites", lambda night: None)
        patch.setattr("sousei.expectations.gate.SuiteProcess", _Suites)
        return rebuild.rebuild(home, shelf.find(home, name))


def seen(home: Home) -> dict[str, tuple[str, int]]:
    """Every path of a home with where it leads and when it was changed."""
    return {
        str(path): (str(path.readlink()) if path.is_symlink() else "", path.lstat().st_mtime_ns)
        for path in sorted(home.root.rglob("*"))
    }


@pytest.mark.slow
@pytest.mark.exhaustive
def test_both_releases_come_out_equal_and_nothing_of_the_home_is_touched(years: Town) -> None:
    home = years.home
    before = seen(home)
    for release in shelf.ordered(home):
        found = again(home, release.name)
        assert [one for one in found.tables if one.state != "equal"] == [], release.name
        assert found.reasons == [] and len(found.tables) > 50
    assert seen(home) == before


@pytest.mark.slow
@pytest.mark.exhaustive
def test_what_is_lost_or_another_is_named_beside_the_tables_that_differ(
    years: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(years.home.root, root, symlinks=True)
    home = Home(root)
    first, second = (path.name for path in shelf.ordered(home))
    shutil.rmtree(home.decisions / "kept")
    monkeypatch.setattr(rebuild, "code_version", lambda: "0.1.0+other")
    found = again(home, first)
    assert [one.split(":")[0] for one in found.reasons] == ["other_code", "other_decisions"]
    assert "0.1.0+other" in found.reasons[0] and found.code_released in found.reasons[0]
    moved = {one.table: one for one in found.tables if one.state == "differs"}
    assert moved["meta_decision"].rows_new == 1 and moved["meta_decision"].rows_gone == 0
    assert home.current.resolve().name == second


def test_a_lost_delivery_is_named_before_anything_is_built(own_home: Path) -> None:
    home = Home(own_home)
    kept = next(iter(home.snapshots.glob("*/bytes")))
    kept.unlink()
    said = run_sousei(own_home, "rebuild", "current")
    assert said.returncode == 2 and said.stderr.startswith("rebuild_inputs_lost: ")
    assert kept.parent.name[:16] in said.stderr and "snapshots/" in said.stderr


def test_a_folder_that_is_there_and_a_release_that_is_not_are_told(published: Path, tmp_path: Path) -> None:
    there = run_sousei(published, "rebuild", "current", "--to", str(tmp_path))
    unknown = run_sousei(published, "rebuild", "2000-01-01.1")
    assert (there.returncode, unknown.returncode) == (2, 2)
    assert there.stderr.startswith("folder_in_use: ") and "release_unknown: 2000-01-01.1" in unknown.stderr


def test_a_home_as_it_stood_knows_nothing_that_came_later(published: Path, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    shutil.copytree(published / "snapshots", home.snapshots)
    then = datetime.fromisoformat(shelf.find(Home(published)).manifest.created_at)
    one, *_ = sorted(home.snapshots.glob("*/receipt.json"))
    line = one.read_text("utf-8")
    later = line.replace(then.isoformat()[:10], "2099-01-01")
    one.with_name("receipts.jsonl").write_text(
        "".join(f"{' '.join(text.split())}\n" for text in (line, later)), "utf-8"
    )
    new = home.snapshots / ("0" * 64)
    new.mkdir()
    (new / "receipt.json").write_text(later, "utf-8")
    decisions.prepare(home)
    old = stage.as_of(home, tmp_path / "old", then, home.decisions, None)
    assert not (old.snapshots / new.name).exists()
    assert len((old.snapshots / one.parent.name / "receipts.jsonl").read_text("utf-8").splitlines()) == 1
    assert {path.name for path in old.snapshots.iterdir()} | {new.name} == {
        path.name for path in home.snapshots.iterdir() if path.is_dir()
    }


def test_decisions_are_kept_as_they_were_read_and_found_by_the_hash_of_a_release(
    published: Path, tmp_path: Path
) -> None:
    release = shelf.find(Home(published)).manifest
    home = Home(tmp_path)
    shutil.copytree(published / "decisions", home.decisions)
    found = decided.folder_of(release, decisions.known(home))
    assert found is not None and found.parent.name == "kept"
    (home.decisions / "go_aheads.csv").write_text("rule,fact,decided_by,decided_on,reason_ja\n", "utf-8")
    assert decided.folder_of(release, decisions.known(home)) == found
    shutil.rmtree(found)
    assert decided.folder_of(release, decisions.known(home)) is None
    decisions.keep(home, "0" * 64)
    assert not decisions.kept(home, "0" * 64).exists(), "another state than was read is not kept for it"
