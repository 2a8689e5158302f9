"""Publication under faults: killed at every operation, on a full disk, and under readers while releases flip.

Bar: `current` always leads to the whole old or the whole new release, and a plain re-run publishes.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.foundation.retention import Retention
from sousei.publication import publish as publication
from sousei.publication import shelf
from sousei.publication.contents import PublicationError
from sousei.publication.publish import publish
from sousei.publication.verify import verify
from tests.gate_candidate import NOW, Run, judged, make, plant

ONLY_A_FEW_MARTS = """
drop table main.fct_population; drop table main.fct_population_change; drop table main.mart_population_projection;
drop table main.mart_population_vision; drop table main.mart_kpi_scorecard; drop table main.fct_kpi_actual;
drop table main.dim_kpi; drop table main.mart_vision_reconciliation; drop table main.dim_municipality
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("small") / "candidate.duckdb", ONLY_A_FEW_MARTS)


def version(small: Path, folder: Path, number: int, *statements: str) -> tuple[Path, Run]:
    """A judged candidate in which every figure of two marts is `number`."""
    folder.mkdir()
    candidate = plant(
        Path(shutil.copyfile(small, folder / "candidate.duckdb")),
        f"update main.fct_tourism_visitors set visitors = {number}",
        f"update main.fct_furusato_donation set donation_count = {number}",
        *statements,
    )
    run = Run(run_id=f"2026-11-22-{number}")
    assert judged(candidate, run_id=run.run_id).passed
    return candidate, run


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    yield Home(tmp_path / "home")
    publication.remove(tmp_path / "home")


@pytest.mark.promise("A2")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("every", "least", "code"),
    [
        (16, 6, "0.1.0+test"),
        pytest.param(5, 15, "0.1.0+test", marks=pytest.mark.exhaustive, id="what stands is taken over"),
        pytest.param(1, 100, "0.0.9+test", marks=pytest.mark.exhaustive, id="all is written after another code"),
    ],
)
def test_kill_at_every_operation_leaves_the_old_or_the_new_release(
    small: Path, home: Home, tmp_path: Path, every: int, least: int, code: str
) -> None:
    old, before = version(small, tmp_path / "old", 1)
    publish(home, old, dataclasses.replace(before, code_version=code), NOW)
    candidate, run = version(small, tmp_path / "new", 2)
    worked = subprocess.run(
        [
            *(sys.executable, "-m", "tests.faults.publication.worker"),
            *(candidate, run.run_id, home.root, tmp_path / "kills", str(every)),
        ],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    kills = [json.loads(line) for line in worked.stdout.splitlines()]
    assert worked.returncode == 0, worked.stderr
    assert [kill for kill in kills if kill["wrong"]] == []
    names = {kill["name"].split()[0] for kill in kills}
    assert every > 1 or {"open", "os.mkdir", "os.rename", "os.chmod", "os.symlink", "os.fsync", "sql"} <= names
    assert len(kills) >= least
    flip = [kill["was_new"] for kill in kills]
    assert flip == sorted(flip) and not flip[0]


@pytest.mark.promise("A2")
@pytest.mark.slow
@pytest.mark.exhaustive
def test_kill_at_any_moment_leaves_the_old_or_the_new_release(small: Path, home: Home, tmp_path: Path) -> None:
    """Kills by the clock too: inside DuckDB's own writing no operation can be counted."""
    publish(home, *version(small, tmp_path / "old", 1), NOW)
    candidate, run = version(small, tmp_path / "new", 2)
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from sousei.foundation.home import Home\nfrom sousei.publication.publish import publish\n"
        "from tests.gate_candidate import NOW, Run\n"
        "print('ready', flush=True)\n"
        "publish(Home(Path(sys.argv[1])), Path(sys.argv[2]), Run(run_id=sys.argv[3]), NOW)\n"
        "print('done', flush=True)\n"
    )
    for step in range(12):
        process = subprocess.Popen(
            [sys.executable, "-c", program, home.root, candidate, run.run_id], cwd=PROJECT_ROOT, stdout=subprocess.PIPE
        )
        assert process.stdout is not None and process.stdout.readline() == b"ready\n"
        time.sleep(0.02 * step)
        process.kill()
        process.communicate()
        found = shelf.current(home)
        assert found is not None and verify(found).sound
        if found.manifest.run_id == run.run_id:
            break
    assert verify(publish(home, candidate, run, NOW)).sound
    assert sorted(path.name for path in home.releases.iterdir()) == ["2026-11-22.1", "2026-11-22.2", "current"]


RELEASES = 200
READER = """
import csv, json, sys, time
from pathlib import Path
import duckdb
current, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen, last = 0, set(), 0
while not stop.exists():
    here = current.resolve(strict=True)
    manifest = json.loads((here / "manifest.json").read_text())
    values, number = {manifest["run_id"].rsplit("-", 1)[1]}, int(manifest["release_id"].rsplit(".", 1)[1])
    with duckdb.connect(str(here / "sousei.duckdb"), read_only=True, config={"threads": 1}) as connection:
        for table, column in (("fct_tourism_visitors", "visitors"), ("fct_furusato_donation", "donation_count")):
            values |= {str(v) for (v,) in connection.execute(f"select distinct {column} from {table}").fetchall()}
            parquet = here / "parquet" / f"{table}.parquet"
            values |= {str(v) for (v,) in connection.execute(f"select distinct {column} from '{parquet}'").fetchall()}
            with (here / "csv" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as stream:
                values |= {line[column] for line in csv.DictReader(stream)}
        values |= {r.rsplit("-", 1)[1] for (r,) in connection.execute("select run_id from meta_release").fetchall()}
    if len(values) != 1:
        sys.exit(f"torn: {values}")
    if number < last:
        sys.exit(f"backwards: {number} after {last}")
    last, reads = number, reads + 1
    seen.add(number)
    time.sleep(0.1)  # the publisher needs a core, too
print(json.dumps([reads, len(seen)]))
"""


@pytest.mark.promise("A1")
@pytest.mark.slow
@pytest.mark.exhaustive
def test_readers_see_one_whole_release_while_many_are_published(small: Path, home: Home, tmp_path: Path) -> None:
    # as many as are kept and one: a run whose release stands is not published twice
    versions = [version(small, tmp_path / f"v{number}", 100 + number) for number in range(Retention.releases + 1)]
    publish(home, *versions[0], NOW)
    stop = tmp_path / "stop"
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, home.current, stop],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    try:
        for number in range(1, RELEASES + 1):
            assert publish(home, *versions[number % len(versions)], NOW).release_id.endswith(f".{number + 1}")
    finally:
        stop.touch()
        answers = [reader.communicate(timeout=60) for reader in readers]
    assert [(reader.returncode, said[1]) for reader, said in zip(readers, answers, strict=True)] == [(0, "")] * 2
    counts = [json.loads(said[0]) for said in answers]
    assert all(reads >= 20 and seen >= RELEASES // 5 for reads, seen in counts), counts
    assert len(shelf.ordered(home)) == min(RELEASES + 1, Retention.releases)


@pytest.mark.promise("A1")
def test_open_reader_keeps_its_release_when_it_is_retired(small: Path, home: Home, tmp_path: Path) -> None:
    import duckdb

    first = publish(home, *version(small, tmp_path / "a", 1), NOW)
    with duckdb.connect(str(first.database), read_only=True) as connection:
        publish(home, *version(small, tmp_path / "b", 2), NOW, keep=1)
        assert not first.path.exists()
        assert connection.execute("select distinct visitors from fct_tourism_visitors").fetchall() == [(1,)]


@pytest.fixture
def tmpfs(tmp_path: Path) -> Iterator[Path]:
    """A small file system of our own; skipped where it may not be mounted."""
    folder = tmp_path / "tmpfs"
    folder.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder], capture_output=True, text=True, check=False
        )
        if shutil.which("mount")
        else None
    )
    if mounted is None or mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.strip() if mounted else 'no mount program'}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.sampled
@pytest.mark.promise("A3")
@pytest.mark.parametrize("free_kib", [120, 0, 16, 400, 1200])
def test_full_disk_changes_nothing_published(small: Path, tmpfs: Path, tmp_path: Path, free_kib: int) -> None:
    home = Home(tmpfs / "home")
    before = publish(home, *version(small, tmp_path / "old", 1), NOW)
    candidate, run = version(small, tmp_path / "new", 2)
    free = os.statvfs(tmpfs).f_bavail * os.statvfs(tmpfs).f_frsize
    with (tmpfs / "ballast").open("wb") as stream:
        stream.write(b"\0" * (free - free_kib * 1024))
    with pytest.raises(PublicationError, match=r"publication_failed.*releases"):
        publish(home, candidate, run, NOW)
    assert home.current.resolve() == before.path
    assert verify(before).sound
    assert sorted(path.name for path in home.releases.iterdir()) == ["2026-11-22.1", "current"]
    (tmpfs / "ballast").unlink()
    assert verify(publish(home, candidate, run, NOW)).sound


@pytest.mark.promise("A3")
def test_folder_without_write_permission_is_named(small: Path, home: Home, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        home.root.mkdir()
        home.releases.write_text("a file where the folder should be", encoding="utf-8")
    else:
        home.releases.mkdir(parents=True)
        home.releases.chmod(0o555)
    with pytest.raises(PublicationError, match="releases"):
        publish(home, *version(small, tmp_path / "new", 2), NOW)


def test_other_days_do_not_disturb_the_numbering(small: Path, home: Home, tmp_path: Path) -> None:
    candidate, run = version(small, tmp_path / "a", 1)
    assert publish(home, candidate, run, NOW).release_id == "2026-11-22.1"
    other, later = version(small, tmp_path / "b", 2)
    day = NOW.date().replace(day=23)
    assert publish(home, other, dataclasses.replace(later, as_of_date=day), NOW).release_id == "2026-11-23.1"
