"""A file of the program that changes anywhere below a folder changes what is read, built and judged again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sousei.feedback import pages
from sousei.foundation import fingerprint as subject
from sousei.foundation.fingerprint import ROOMS, fingerprint
from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest import raw

ROOM_FILES = {
    room: sorted(
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in (PROJECT_ROOT / room).rglob("*")
        if path.is_file() and not {"__pycache__", "target", "logs"}.intersection(path.parts)
    )
    for room in ROOMS
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(
            PROJECT_ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "target", "logs")
        )
    return tmp_path


@pytest.mark.parametrize(
    "room",
    [pytest.param(room, marks=[pytest.mark.exhaustive] if len(ROOM_FILES[room]) > 200 else []) for room in ROOMS],
)
def test_every_file_below_a_room_counts(room: str, copy: Path) -> None:
    assert len(ROOM_FILES[room]) > 2
    plain = fingerprint.__wrapped__
    before = plain(room, root=copy)
    assert before == fingerprint(room), "the same files elsewhere are the same program"
    for name in ROOM_FILES[room]:
        path = copy / name
        kept = path.read_bytes()
        path.write_bytes(kept + b"\n")
        assert plain(room, root=copy) != before, f"{name} was edited"
        path.write_bytes(kept)
    path.rename(path.with_name("moved" + path.suffix))
    assert plain(room, root=copy) != before, f"{name} was moved"


def test_a_new_file_in_a_new_folder_counts(copy: Path) -> None:
    before = fingerprint.__wrapped__("ingest", root=copy)
    (copy / "ingest" / "another" / "folder").mkdir(parents=True)
    (copy / "ingest" / "another" / "folder" / "table.csv").write_text("x\n")
    assert fingerprint.__wrapped__("ingest", root=copy) != before


def test_what_running_leaves_behind_does_not_count(copy: Path) -> None:
    before = fingerprint.__wrapped__("ingest", "dbt_project", root=copy)
    for folder in ("ingest/__pycache__", "dbt_project/target", "dbt_project/logs"):
        (copy / folder).mkdir()
        (copy / folder / "left.csv").write_text("x\n")
    assert fingerprint.__wrapped__("ingest", "dbt_project", root=copy) == before


def test_a_place_that_was_moved_is_not_overlooked(copy: Path) -> None:
    with pytest.raises(FileNotFoundError):
        fingerprint.__wrapped__("ingest", "elsewhere", root=copy)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("version", "rooms"),
    [(raw.reader_version, ("foundation", "ingest")), (pages.checker_version, ("foundation", "ingest"))],
)
def test_readings_and_pages_are_made_again(
    version: Callable[[], str], rooms: tuple[str, ...], copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file of the rooms that decide a reading, whatever room of a room it lies in."""
    module = __import__(version.__module__, fromlist=["fingerprint"])
    plain = fingerprint.__wrapped__
    monkeypatch.setattr(module, "fingerprint", lambda *places: plain(*places, root=copy))
    before = version()
    for name in (name for room in rooms for name in ROOM_FILES[room]):
        kept = (copy / name).read_bytes()
        (copy / name).write_bytes(kept + b"\n")
        assert version() != before, name
        (copy / name).write_bytes(kept)
    assert version() == before


def test_the_register_of_municipalities_decides_a_reading(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = fingerprint.__wrapped__
    monkeypatch.setattr(raw, "fingerprint", lambda *places: plain(*places, root=copy))
    before = raw.reader_version()
    seed = copy / "dbt_project" / "seeds" / "municipality_changes.csv"
    seed.write_bytes(seed.read_bytes() + b"\n")
    assert raw.reader_version() != before


def test_the_code_version_names_the_distribution_and_all_rooms(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = fingerprint.__wrapped__
    monkeypatch.setattr(subject, "fingerprint", lambda *places: plain(*places, root=copy))
    monkeypatch.setattr(subject, "PROJECT_ROOT", copy)
    before = subject.code_version()
    for room in ROOMS:
        path = copy / ROOM_FILES[room][-1]
        kept = path.read_bytes()
        path.write_bytes(kept + b"\n")
        assert subject.code_version() != before, room
        path.write_bytes(kept)
