"""Nights of the command under faults: whatever happens, readers have the old or the new release, and a plain next night
ends in the tables of one to which nothing happened.

Holds: what must come out of tests/faults/night.py. Does not hold: faults inside publication alone
(publication/test_crashes.py) or inside the taking-in alone (ingest/test_hostile.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sousei.foundation.child import same_code
from sousei.publication.publish import remove
from tests.faults.night import ODD_NAME

pytestmark = pytest.mark.slow
Said = dict[str, Any]
STEPS = (
    "start",
    "reading what was delivered",
    "projecting the population",
    "building and checking the tables",
    "judging",
    "writing the release",
)
"""What the command tells of itself. The stages P0 to P9 of a night lie in them: received, put aside, hashed, decoded,
parsed and loaded while it reads what was delivered; transformed while it builds; checked while it judges; exported and
published while it writes the release."""
MANY = {"reading what was delivered": 200, "building and checking the tables": 300, "writing the release": 200}
"""Steps of a small night with many operations, and how many at least."""
ZONES = ("Asia/Tokyo", "America/New_York")
DAYS = {"2027-03-31": ZONES[1:], "2027-04-01": ZONES[1:], "2028-02-29": ZONES}
"""The end of a fiscal year and the day after it, and a leap day: the zones in which a machine goes through it."""


def nights(scratch: Path, *cases: str) -> dict[str, Said]:
    """What the program said of each case."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.night", scratch, *cases],
        env=same_code(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1"),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {said["case"]: said for said in map(json.loads, done.stdout.splitlines())}


def can_mount(folder: Path) -> bool:
    """Whether a small file system of our own may be mounted here."""
    folder.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    if done.returncode == 0:
        subprocess.run(["umount", folder], check=True)
    return done.returncode == 0


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Said]]:
    """The scratch folder, and one night stopped at every operation, one killed."""
    scratch = tmp_path_factory.mktemp("nights") / "s"
    return scratch, nights(scratch, "sweep none", "killed")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Said]]:
    """Every place of a night taken up again, full disks, days and zones, and a release made again."""
    if not can_mount(tmp_path_factory.mktemp("mount") / "m"):
        pytest.skip("a tmpfs cannot be mounted here")
    days = [f"day {day} {' '.join(zones)}" for day, zones in DAYS.items()]
    scratch = Path(tempfile.mkdtemp(prefix="sousei-nights-", dir="/tmp"))
    scratch.chmod(0o755)  # another user goes in, which it may not below pytest's own folder
    try:
        yield nights(scratch / "s", "sweep all", *FULL, *days, "user", "again")
    finally:
        remove(scratch)


FULL = (*(f"disk {free}" for free in (0, 4000, 24000)), "aside TMPDIR 0", "aside DAGSTER_HOME 0",
        "aside DAGSTER_HOME 700")  # fmt: skip


@pytest.mark.promise("A2")
@pytest.mark.exhaustive
def test_a_stop_at_every_operation_of_a_night_leaves_the_old_or_the_new_release(
    few: tuple[Path, dict[str, Said]],
) -> None:
    swept = few[1]["sweep none"]
    assert swept["ended"]["code"] == 0, swept["ended"]
    assert swept["found"] == ["old", "new"], "old until the pointer moved, new from then on"
    counted = {step: sum(n for kind, n in swept["kinds"].items() if kind.startswith(step)) for step in STEPS}
    assert all(counted.values()) and sum(counted.values()) > 900, counted
    assert all(counted[step] > least for step, least in MANY.items()), counted
    events = {kind.split("|")[1] for kind in swept["kinds"]}
    assert events >= {"open", "os.mkdir", "os.rename", "os.fsync", "os.chmod", "os.symlink", "sql create", "sql copy"}


@pytest.mark.promise("A2", "A5")
@pytest.mark.exhaustive
def test_a_night_goes_on_after_the_holder_of_the_lock_was_killed(few: tuple[Path, dict[str, Said]]) -> None:
    killed = few[1]["killed"]
    assert killed["operation"].startswith("building")
    assert (killed["found"], killed["wrong"]) == ("old", "")


@pytest.mark.promise("A5")
@pytest.mark.exhaustive
def test_a_second_refresh_beside_a_running_one_says_so_and_ends(few: tuple[Path, dict[str, Said]]) -> None:
    second = few[1]["sweep none"]["second"]
    assert second["code"] == 3 and second["complained"].startswith("refresh_in_progress: ")


@pytest.mark.promise("D3", "D4")
@pytest.mark.exhaustive
def test_a_delivery_named_like_a_command_is_a_row_like_any_other(few: tuple[Path, dict[str, Said]]) -> None:
    database = few[0] / "home" / "releases" / "current" / "sousei.duckdb"
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            "select source.file_name, visitors.municipality_code from fct_tourism_visitors as visitors "
            "join meta_source as source using (source_id) where visitors.month = date '2026-02-01' order by all"
        ).fetchall()
    assert rows == [(ODD_NAME, "01223"), (ODD_NAME, "03211")]


@pytest.mark.promise("A2")
@pytest.mark.exhaustive
def test_a_next_night_takes_up_every_place_at_which_a_night_may_end(many: dict[str, Said]) -> None:
    swept = many["sweep all"]
    assert {place.split("|")[0] for place in swept["taken_up"]} == set(STEPS)
    assert len(swept["taken_up"]) > 15 and swept["wrong"] == {}


@pytest.mark.promise("A3")
@pytest.mark.exhaustive
@pytest.mark.parametrize("case", FULL)
def test_a_full_disk_is_told_and_a_night_with_room_goes_on(many: dict[str, Said], case: str) -> None:
    said = many[case]
    assert (said["found"], said["wrong"]) in (("old", ""), ("new", ""))
    complained = said["ended"]["complained"]
    if case.startswith("disk"):
        assert said["found"] == "old" and said["ended"]["code"] in (1, 2)
        assert said["place"] in complained and "空き容量" in complained
    elif "DAGSTER_HOME" in case:
        assert said["found"] == "new" and complained.startswith("run_history_not_kept: "), said["ended"]
    assert "Traceback" not in complained


@pytest.mark.promise("C11", "B4")
@pytest.mark.exhaustive
@pytest.mark.parametrize("day", DAYS)
def test_a_night_gives_the_same_tables_in_every_zone(many: dict[str, Said], day: str) -> None:
    first, *others = many[f"day {day} {' '.join(DAYS[day])}"]["nights"]
    assert first["ended"]["code"] == 0 and first["wrong"] == ""
    assert first["tables"]["run_id"].startswith(day)
    assert [one["tables"] == first["tables"] for one in others] == [True] * (len(DAYS[day]) - 1)


@pytest.mark.promise("B4")
@pytest.mark.exhaustive
def test_a_user_who_may_not_write_the_program_runs_its_night(many: dict[str, Said]) -> None:
    said = many["user"]
    assert (said["ended"]["code"], said["found"], said["is_equal"]) == (0, "new", True), said["ended"]


@pytest.mark.promise("B5")
@pytest.mark.exhaustive
def test_a_release_is_made_again_from_what_was_received(many: dict[str, Said]) -> None:
    """Three tables compare it with the release before, which a home without releases has not."""
    assert many["again"]["code"] == 0
    assert {Path(name).stem for name in many["again"]["differs"]} == {
        "meta_change",
        "meta_check_outcome",
        "meta_release",
    }
