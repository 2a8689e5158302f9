"""The landing sensor: complete new files start one night, once, whatever happens between two looks.

The files are synthetic and need not be readable: the sensor starts a night, the night reads.
"""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest

from sousei.foundation.home import Home
from sousei.ingest.receive import intake
from sousei.orchestration import landing
from sousei.orchestration.job import new_files_in_landing
from sousei.orchestration.lock import is_held, refresh_lock
from tests.nights import FIRST_NIGHT


class Sensor:
    """Ticks of the sensor as the daemon makes them: the cursor is all that goes from one to the next."""

    def __init__(self, home: Home) -> None:
        self.home, self.cursor = home, None

    def tick(self, kept: bool = True) -> dg.RunRequest | None:
        """kept: the cursor of this tick is stored; it is not where the daemon dies between start and storing."""
        context = dg.build_sensor_context(cursor=self.cursor)
        (said,) = [new_files_in_landing(context)]
        self.cursor = context.cursor if kept else self.cursor
        return said if isinstance(said, dg.RunRequest) else None

    def received(self) -> None:
        """A night takes in what lies in landing."""
        intake.take(self.home, self.home.landing.resolve(), FIRST_NIGHT, "landing")


@pytest.fixture
def sensor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sensor:
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path))
    home = Home(tmp_path.resolve())
    home.landing.mkdir()
    return Sensor(home)


def deliver(sensor: Sensor, *names: str, text: str = "年,人数\n2026,1\n") -> None:
    for name in names:
        path = sensor.home.landing / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}{name}", "utf-8")


def test_it_is_off_until_somebody_starts_it() -> None:
    assert new_files_in_landing.default_status is dg.DefaultSensorStatus.STOPPED
    assert new_files_in_landing.job_name == "nightly_refresh"


def test_many_files_start_one_night_and_never_another(sensor: Sensor) -> None:
    deliver(sensor, "a.csv", "tourism/b.csv", "c.csv")
    assert sensor.tick() is None, "one look cannot tell whether they are complete"
    asked = sensor.tick()
    assert asked is not None and asked.tags["sousei/new_files"] == "3"
    assert [sensor.tick() for _ in range(3)] == [None] * 3, "before the night has begun"
    sensor.received()
    assert [sensor.tick() for _ in range(2)] == [None] * 2
    os.utime(sensor.home.landing / "a.csv")
    (sensor.home.landing / "c.csv").rename(sensor.home.landing / "d.csv")
    assert [sensor.tick() for _ in range(3)] == [None] * 3, "touched and renamed files are the same files"


def test_a_new_file_beside_old_ones_starts_another_night(sensor: Sensor) -> None:
    deliver(sensor, "a.csv")
    sensor.tick()
    first = sensor.tick()
    sensor.received()
    deliver(sensor, "b.csv")
    sensor.tick()
    second = sensor.tick()
    assert first is not None and second is not None
    assert first.run_key != second.run_key and second.tags["sousei/new_files"] == "1"
    deliver(sensor, "a.csv", text="年,人数\n2026,2\n")
    sensor.tick()
    assert sensor.tick() is not None, "another content under a known name"


def test_a_half_written_file_keeps_all_waiting(sensor: Sensor) -> None:
    deliver(sensor, "a.csv", "b.csv")
    sensor.tick()
    with (sensor.home.landing / "b.csv").open("a") as being_written:
        assert sensor.tick() is None, "somebody has it open for writing"
        being_written.write("2026")
        being_written.flush()
        assert sensor.tick() is None
    assert sensor.tick() is None, "it is another than at the look before"
    asked = sensor.tick()
    assert asked is not None and asked.tags["sousei/new_files"] == "2"


def test_no_night_is_asked_for_while_a_refresh_runs(sensor: Sensor) -> None:
    deliver(sensor, "a.csv")
    sensor.tick()
    with refresh_lock(sensor.home.lock):
        assert is_held(sensor.home.lock)
        assert sensor.tick() is None
    assert not is_held(sensor.home.lock)
    assert sensor.tick() is not None


def test_who_asks_for_the_lock_keeps_nobody_out(sensor: Sensor) -> None:
    import fcntl

    with refresh_lock(sensor.home.lock):
        pass
    with sensor.home.lock.open() as looks:
        fcntl.flock(looks, fcntl.LOCK_SH)  # as is_held does, for a moment
        assert not is_held(sensor.home.lock), "two who look at once"


def test_the_memory_outlives_a_restart(sensor: Sensor) -> None:
    deliver(sensor, "a.csv")
    sensor.tick()
    first = sensor.tick(kept=False)
    again = sensor.tick()
    assert first is not None and again is not None
    assert first.run_key == again.run_key, "Dagster starts a run of one key once"
    assert sensor.tick() is None


@pytest.mark.parametrize("cursor", [None, "", "{", "[]", '{"files": 3, "nights": 0}', '{"files": {}}'])
def test_a_lost_memory_starts_no_night_for_what_was_received(sensor: Sensor, cursor: str | None) -> None:
    deliver(sensor, "a.csv")
    sensor.received()
    sensor.cursor = cursor
    assert [sensor.tick() for _ in range(3)] == [None] * 3


def test_litter_links_and_empty_files_start_nothing(sensor: Sensor) -> None:
    (sensor.home.landing / "empty.csv").touch()
    (sensor.home.landing / "link.csv").symlink_to("/etc/hostname")
    deliver(sensor, ".DS_Store", "~$a.xlsx", "a.csv.part")
    assert [sensor.tick() for _ in range(3)] == [None] * 3


def test_the_memory_holds_no_name_and_no_hash(sensor: Sensor) -> None:
    deliver(sensor, "山田太郎.csv")
    sensor.tick()
    assert sensor.tick() is not None and sensor.cursor is not None
    (key,) = landing.remembered(sensor.cursor).files
    assert "山田" not in sensor.cursor and "\\u" not in sensor.cursor
    assert len(key) < 64 and set(key) <= set("0123456789-")
