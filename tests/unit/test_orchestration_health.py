"""`sousei status` tells the truth about a broken home, in words, and never fails itself."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sousei.foundation.home import Home
from sousei.orchestration import inputs, run
from sousei.orchestration.command import main
from sousei.orchestration.health import health
from sousei.orchestration.lock import refresh_lock
from sousei.publication import seals
from sousei.publication.publish import publish, remove, use
from sousei.publication.shelf import Release
from tests.gate_candidate import NOW, Run, judged, make

SOON = NOW + timedelta(hours=1)


@pytest.fixture(scope="module")
def two_releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two releases, and the last refresh published."""
    folder = tmp_path_factory.mktemp("health")
    home = Home(folder / "home")
    for number in (1, 2):
        candidate = make(
            folder / f"{number}.duckdb", f"update main.fct_furusato_donation set donation_count = {number}"
        )
        fact = Run(run_id=f"2026-11-22-{number}")
        assert judged(candidate, run_id=fact.run_id).passed
        publish(home, candidate, fact, NOW)
    run.record(home, "published", NOW, [], [])
    return home.root


@pytest.fixture
def home(two_releases: Path, tmp_path: Path) -> Home:
    shutil.copytree(two_releases, tmp_path / "home", symlinks=True)
    return Home(tmp_path / "home")


def ids(home: Home, now: datetime = SOON, hours: float = 30.0) -> list[str]:
    found = health(home, now, hours)
    assert found.healthy == (not found.faults)
    assert all(" / " in fault for fault in found.faults)
    return [fault.split(":")[0] for fault in found.faults]


def rewrite(path: Path, data: bytes) -> None:
    path.parent.chmod(0o755)
    path.chmod(0o644)
    path.write_bytes(data)


def test_a_home_that_is_well(home: Home) -> None:
    assert ids(home) == []


def test_a_home_that_is_not_there_is_no_new_home(home: Home) -> None:
    (told,) = health(Home(home.root / "unmounted"), SOON).faults
    assert told.startswith("no_release: ") and "unmounted がありません" in told and "装置の接続" in told
    remove(home.root)
    home.root.mkdir()
    (told,) = health(home, SOON).faults
    assert told.startswith("no_release: ") and "装置" not in told


def test_no_refresh_ended_for_too_long(home: Home) -> None:
    assert ids(home, NOW + timedelta(hours=31)) == ["no_recent_refresh"]
    assert ids(home, NOW + timedelta(hours=31), hours=200) == []


@pytest.mark.parametrize("state", ["refused", "failed", "nothing_delivered"])
def test_the_last_refresh_did_not_publish(home: Home, state: str) -> None:
    run.record(home, state, NOW, ["why"])
    assert ids(home) == [f"last_refresh_{state}"]


def test_a_dead_run_against_a_living_one(home: Home) -> None:
    run.record(home, "running", NOW, [])
    assert ids(home) == ["refresh_interrupted"]
    assert (health(home, SOON).last or {})["state"] == "interrupted"
    with refresh_lock(home.lock):
        assert ids(home) == []
        assert (health(home, SOON).last or {})["state"] == "running"
        assert ids(home, NOW + timedelta(hours=31)) == ["no_recent_refresh"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"state": "published"}', '{"state": "x", "ended_at": 5}', "\udcff"])
def test_an_unreadable_record_of_the_last_refresh(home: Home, text: str) -> None:
    (home.runs / "last.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert ids(home) == ["last_run_unreadable"]
    run.record(home, "published", NOW, [], [])
    assert ids(home) == []


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_truncated_manifest_is_told_with_the_way_back(home: Home, text: str) -> None:
    rewrite(home.current.resolve() / "manifest.json", text.encode())
    found = health(home, SOON)
    assert not found.healthy
    assert found.faults[0].split(":")[0] in {"manifest_unreadable", "manifest_incomplete", "manifest_changed"}
    with pytest.raises(run.PointerLostError):
        run.last_release(home)


def test_a_lost_pointer(home: Home) -> None:
    home.current.unlink()
    assert ids(home) == ["current_pointer_lost"]


def test_a_pointer_that_a_copy_made_a_folder_of(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy that follows links has the release twice; the one in the pointer's place is kept under another name."""
    newest = home.current.resolve()
    home.current.unlink()
    shutil.copytree(newest, home.current)
    assert ids(home) == ["current_pointer_lost"]
    monkeypatch.setenv("SOUSEI_HOME", str(home.root))
    for number in (1, 2):
        assert main(["release", "use", newest.name]) == 0
        assert f"current.aside-{number}" in capsys.readouterr().out
        assert ids(home) == [] and (home.releases / f"current.aside-{number}" / "manifest.json").is_file()
        home.current.unlink()
        shutil.copytree(newest, home.current)


@contextmanager
def somebody() -> Iterator[None]:
    """A user whom file rights bind; root is bound by none."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_files_in_landing_that_cannot_be_read_hold_up_no_status() -> None:
    root = Path(tempfile.mkdtemp())
    root.chmod(0o755)
    landing = Home(root).landing
    try:
        (landing / "sub").mkdir(parents=True)
        (landing / "locked.csv").write_text("a,b\n")
        (landing / os.fsdecode("観光.csv".encode("cp932"))).write_text("a,b\n")
        for name in ("locked.csv", "sub"):
            (landing / name).chmod(0)
        inputs.waiting(Home(root / "none"))  # what it imports is there before the user has no rights
        with somebody():
            assert inputs.waiting(Home(root)) == ["locked.csv", "sub", "観光.csv"]
        landing.chmod(0)
        with somebody():
            assert inputs.waiting(Home(root)) == ["landing"]
    finally:
        landing.chmod(0o755)
        shutil.rmtree(root)


def test_an_edited_file_whose_manifest_was_edited_too(home: Home) -> None:
    path = home.current.resolve() / "manifest.json"
    said = json.loads(path.read_text(encoding="utf-8"))
    said["inputs"] = []
    rewrite(path, json.dumps(said).encode())
    assert ids(home) == ["manifest_changed"]
    with pytest.raises(run.PointerLostError, match="manifest_changed"):
        run.last_release(home)


def test_an_edited_line_of_the_seals(home: Home) -> None:
    path = home.root / seals.SEALS
    path.write_text(path.read_text(encoding="utf-8").replace(".1,", ".9,"), encoding="utf-8")
    assert ids(home) == ["seals_changed"]


def test_a_tampered_csv_is_seen_at_a_glance(home: Home) -> None:
    path = home.current.resolve() / "csv" / "dim_kpi.csv"
    data = path.read_bytes()
    rewrite(path, data[:-2] + b"9\n")
    assert path.stat().st_size == len(data)
    assert ids(home) == ["file_changed"]
    path.unlink()
    assert ids(home) == ["file_missing"]


def test_going_back_keeps_a_home_well(home: Home) -> None:
    from sousei.publication import shelf

    first: Release = shelf.find(home, "2026-11-22.1")
    use(home, first)
    assert ids(home) == []
    remove(home.root / seals.SEALS)
    assert ids(home) == []
