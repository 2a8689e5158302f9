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


def test_a_clock_behind_the_release(home: Home) -> None:
    assert ids(home, NOW - timedelta(minutes=59)) == []
    assert ids(home, NOW - timedelta(minutes=61)) == ["clock_behind"]


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


def of_before_the_seals(home: Home) -> None:
    """Make the releases of a home such as they were before there were seals."""
    for path in home.releases.glob("????-??-??.*/manifest.json"):
        rewrite(path, path.read_bytes().replace(f'"format": {seals.SEALED}'.encode(), b'"format": 1', 1))
    remove(home.root / seals.SEALS)


def test_a_home_from_before_the_seals_has_none_to_lose(home: Home) -> None:
    of_before_the_seals(home)
    path = home.current.resolve() / "manifest.json"
    assert not seals.are_lost(home.root) and seals.broken(path.parent) == []
    assert run.last_release(home) is not None
    half_made = home.releases / ".tmp-2026-11-23.1"
    half_made.mkdir()
    (half_made / "manifest.json").write_text(f'{{"format": {seals.SEALED}}}')
    assert not seals.are_lost(home.root), "a night that was killed before it sealed its release lost no seals"


def test_lost_seals_stop_the_night_until_they_are_back(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(home.root))
    assert main(["release", "seal"]) == 2 and "seals_not_lost" in capsys.readouterr().err
    kept = (home.root / seals.SEALS).read_bytes()
    remove(home.root / seals.SEALS)
    assert ids(home) == ["seals_lost"]
    with pytest.raises(run.PointerLostError, match=r"seals_lost.*sousei release seal"):
        run.last_release(home)
    assert main(["release", "use", "2026-11-22.1"]) == 1 and "seals_lost" in capsys.readouterr().err
    assert main(["release", "seal"]) == 0
    assert (home.root / seals.SEALS).read_bytes() == kept and ids(home) == []


def test_no_seals_are_made_over_a_release_that_is_not_as_it_was_published(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOUSEI_HOME", str(home.root))
    rewrite(home.current.resolve() / "csv" / "dim_kpi.csv", b"plan_id\n")
    remove(home.root / seals.SEALS)
    assert main(["release", "seal"]) == 1 and "file_changed" in capsys.readouterr().err
    assert not (home.root / seals.SEALS).exists()


@pytest.mark.parametrize("words", [["use"], ["seal", "2026-11-22.1"]])
def test_a_release_is_named_for_use_and_none_for_seal(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["release", *words]) == 2 and "wrong_use" in capsys.readouterr().err


def test_seals_that_are_no_text(home: Home) -> None:
    (home.root / seals.SEALS).write_bytes(b"\xff")
    assert ids(home) == ["seals_unreadable"]


def test_a_release_that_the_seals_do_not_name(home: Home) -> None:
    path = home.root / seals.SEALS
    path.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    assert ids(home) == ["release_not_sealed"]


@pytest.mark.parametrize(
    ("broken", "others", "named"),
    [
        ("2026-11-22.2", ["2026-03-31.1", "2026-11-22.1"], "2026-11-22.1"),
        ("2026-11-22.2", ["2026-03-31.1"], "2026-03-31.1"),
        ("2026-11-22.1", ["2026-11-21.1", "2026-11-23.1"], "2026-11-21.1"),
        ("2026-11-22.1", ["2026-11-23.1"], "2026-11-23.1"),
    ],
)
def test_another_release_is_named_with_its_day_and_not_as_the_one_before(
    broken: str, others: list[str], named: str, tmp_path: Path
) -> None:
    """What looks back at an earlier day, or is newer than the one in use, is no former state of it."""
    home = Home(tmp_path)
    for name in (broken, *others):
        (home.releases / name).mkdir(parents=True)
        (home.releases / name / "manifest.json").write_text("{")
    home.current.symlink_to(broken)
    with pytest.raises(run.PointerLostError, match=rf"release use {named} .*別の版（基準日 {named[:10]}）") as told:
        run.current_manifest(home)
    assert "一つ前" not in str(told.value)
