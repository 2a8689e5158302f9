"""The folder of the run history: used where it can be, and told where it cannot; never a night's end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from sousei.foundation.home import Home
from sousei.orchestration import history


def _missing(place: Path) -> str:
    return str(place / "none")


def _file(place: Path) -> str:
    (place / "file").write_text("x")
    return str(place / "file")


def _broken_yaml(place: Path) -> str:
    (place / "dagster.yaml").write_text("telemetry: {enabled: [")
    return str(place)


def _unknown_setting(place: Path) -> str:
    (place / "dagster.yaml").write_text("no_such_setting: true\n")
    return str(place)


def _store_is_a_file(place: Path) -> str:
    (place / "history").write_text("x")
    return str(place)


@pytest.mark.parametrize(
    "broken",
    [lambda place: "dagster", _missing, _file, _broken_yaml, _unknown_setting, _store_is_a_file],
    ids=["relative", "missing", "file", "broken yaml", "unknown setting", "store is a file"],
)
def test_a_history_that_cannot_be_used_is_told_and_the_run_kept_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: Callable[[Path], str]
) -> None:
    place = tmp_path / "dagster"
    place.mkdir()
    named = broken(place)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGSTER_HOME", named)
    before = dict(os.environ)
    with history.opened(Home(tmp_path / "var")) as (instance, warning):
        assert instance.is_ephemeral
        assert "DAGSTER_HOME" not in os.environ, "what is broken is not looked at again while the job runs"
    assert dict(os.environ) == before
    ja, en = warning.split(" / ", 1)
    assert ja.startswith("run_history_not_kept: ") and named in ja and "公表には影響しません" in ja
    assert en.startswith("run_history_not_kept: ") and "\n" not in warning


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**asked: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # the tests may run as root, who may write anywhere
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with history.opened(Home(tmp_path / "var")) as (instance, warning):
        assert instance.is_ephemeral and "書き込めません" in warning


@pytest.mark.promise("A3")
def test_a_folder_without_room_for_a_night_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its store filled up in the middle of a night, and the night failed."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: shutil._ntuple_diskusage(1 << 40, 1 << 40, 3 << 20))
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    with history.opened(Home(tmp_path / "var")) as (instance, warning):
        assert instance.is_ephemeral and "空き容量が 3 MB しかありません" in warning


def test_the_folder_that_is_named_or_made_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "var")
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with history.opened(home) as (instance, warning):
        assert instance.is_ephemeral and not warning, "no history was made, none is missed"
    (home.root / "dagster").mkdir(parents=True)
    with history.opened(home) as (instance, warning):
        assert isinstance(instance, dg.DagsterInstance) and instance.is_persistent and not warning
        assert instance.root_directory == str(home.root / "dagster")
    assert "DAGSTER_HOME" not in os.environ
