"""The second shelf on a real PostgreSQL: equal tables, one snapshot per release, nothing lost when it breaks."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from sousei.foundation.child import same_code
from sousei.foundation.duck import tables_of
from sousei.foundation.home import Home
from sousei.publication import lake
from sousei.publication.lake import Lake, LakeError
from sousei.publication.publish import publish
from sousei.publication.shelf import Release
from tests import servers
from tests.gate_candidate import NOW, Run, judged, plant
from tests.servers import Postgres

KEEP = 14
MORE = (
    "insert into main.fct_tourism_visitors select * replace (visitors + 1 as visitors, '99003' as municipality_code) "
)
MORE += "from main.fct_tourism_visitors where municipality_code = '99001'"


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with servers.postgres() as one:
        yield one


@pytest.fixture
def place(server: Postgres, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Lake]:
    """An empty lake, which the environment names."""
    name = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(lake.CATALOGUE, server.create(name))
        patch.setenv(lake.DATA, str(tmp_path / "lake"))
        found = lake.from_environment()
        assert found is not None
        yield found


@pytest.fixture(scope="module")
def both(base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Release, Release]:
    """A home with two releases; the second has more visitors."""
    folder = tmp_path_factory.mktemp("two")
    home, found = Home(folder / "home"), []
    for number, statements in enumerate(((), (MORE,))):
        candidate = plant(Path(shutil.copyfile(base, folder / f"{number}.duckdb")), *statements)
        run = replace(Run(), run_id=f"run-{number}")
        assert judged(candidate, run_id=run.run_id).passed
        found.append(publish(home, candidate, run, NOW))
    return home, found[0], found[1]


def ordered_hash(connection: duckdb.DuckDBPyConnection, table: str, at: str = "") -> str:
    """Hash of every row of a table as text, in a total order."""
    digest = hashlib.sha256()
    for row in connection.execute(f"select columns(*)::varchar from {table}{at} order by all").fetchall():
        digest.update(repr(row).encode())
    return digest.hexdigest()


def hashes(place: Lake, release: Release, at: str = "") -> dict[str, tuple[str, str]]:
    """table -> (hash in the release, hash in the lake)."""
    with lake.attached(place, release.database) as connection:
        names = {one for base in ("release", "lake") for one in tables_of(connection, base)}
        assert names == set(release.manifest.tables)
        return {
            one: (ordered_hash(connection, f'release.main."{one}"'), ordered_hash(connection, f'lake.main."{one}"', at))
            for one in names
        }


def snapshots(place: Lake, release: Release) -> list[tuple[str, str]]:
    with lake.attached(place, release.database) as connection:
        sql = "select author, commit_message from lake.snapshots() where snapshot_id > 0 order by snapshot_id"
        return connection.execute(sql).fetchall()


def comments(connection: duckdb.DuckDBPyConnection, base: str) -> list[tuple[str, ...]]:
    return connection.execute(
        "select table_name, column_name, data_type, comment from duckdb_columns() where database_name = ? "
        "and schema_name = 'main' order by table_name, column_index",
        [base],
    ).fetchall()


@pytest.mark.exhaustive
@servers.needed
def test_a_release_published_twice_is_one_snapshot_with_equal_tables(
    place: Lake, both: tuple[Home, Release, Release]
) -> None:
    _, first, second = both
    made = lake.publish(place, first, KEEP)
    assert made.made and set(made.replaced) == set(first.manifest.tables)
    again = lake.publish(place, first, KEEP)
    assert (again.made, again.replaced, again.snapshot) == (False, [], made.snapshot)
    assert snapshots(place, first) == [("sousei", first.release_id)]
    assert all(a == b for a, b in hashes(place, first).values())
    with lake.attached(place, first.database) as connection:
        assert comments(connection, "lake") == comments(connection, "release")
    then = lake.publish(place, second, KEEP)
    assert set(then.replaced) == {"fct_tourism_visitors", "meta_release", "meta_change", "meta_check_outcome"}
    assert snapshots(place, first) == [("sousei", first.release_id), ("sousei", second.release_id)]
    assert all(a == b for a, b in hashes(place, second).values())
    before = hashes(place, first, f" at (version => {made.snapshot})")
    assert all(a == b for a, b in before.values()), "the snapshot of the first release is still the first release"


@pytest.mark.exhaustive
@servers.needed
def test_what_somebody_changed_in_the_lake_is_mended_and_old_snapshots_go(
    place: Lake, both: tuple[Home, Release, Release]
) -> None:
    _, first, _ = both
    lake.publish(place, first, KEEP)
    with lake.attached(place, first.database) as connection:
        connection.execute("delete from lake.main.fct_population where sex = 'male'")
        connection.execute("create table lake.main.stray as select 1 as one")
    mended = lake.publish(place, first, 1)
    assert mended.made and mended.replaced == ["fct_population"]
    assert all(a == b for a, b in hashes(place, first).values())
    assert snapshots(place, first) == [("sousei", first.release_id)]


PUBLISH = (
    "import sys\nfrom pathlib import Path\nfrom sousei.publication import lake, shelf\n"
    "lake.publish(lake.from_environment(), shelf.read(Path(sys.argv[1])), 14)\n"
)


@pytest.mark.exhaustive
@pytest.mark.promise("A2")
@servers.needed
@pytest.mark.parametrize("lost", ["publisher", "server"])
def test_what_is_killed_in_the_middle_of_the_commit_leaves_the_old_snapshot_whole(
    server: Postgres, place: Lake, both: tuple[Home, Release, Release], lost: str
) -> None:
    """The commit waits for a lock that the test holds on DuckLake's table of snapshots; then one side is killed."""
    _, first, second = both
    lake.publish(place, first, KEEP)
    database = dict(word.split("=") for word in place.catalogue.split()[:4])["dbname"]
    holder = server.connect(database)
    holder.autocommit = False
    holder.cursor().execute("lock table sousei.ducklake_snapshot in exclusive mode")
    with subprocess.Popen(
        [sys.executable, "-c", PUBLISH, str(second.path)], env=same_code(), stderr=subprocess.PIPE, text=True
    ) as process:
        watcher = server.connect().cursor()
        for _ in range(300):
            watcher.execute("select count(*) from pg_locks where not granted")
            if watcher.fetchone() == (1,):
                break
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.1)
        else:
            pytest.fail("the commit never came to the lock")
        if lost == "publisher":
            process.send_signal(signal.SIGKILL)
        else:
            server.control("-m", "immediate", "stop")
        said = process.communicate()[1]
    if lost == "server":
        assert process.returncode == 1 and "lake_not_published" in said
        server.start()
    holder.close()
    assert snapshots(place, first) == [("sousei", first.release_id)]
    assert all(a == b for a, b in hashes(place, first).values())
    assert lake.publish(place, second, KEEP).made
    assert [message for _, message in snapshots(place, second)] == [first.release_id, second.release_id]
    assert all(a == b for a, b in hashes(place, second).values())


@pytest.mark.exhaustive
@servers.needed
def test_a_catalogue_that_is_down_harms_no_release_and_catches_up(
    server: Postgres, place: Lake, both: tuple[Home, Release, Release]
) -> None:
    home, _, second = both
    server.control("-m", "fast", "stop")
    try:
        told = lake.follow(home, KEEP)
    finally:
        server.start()
    assert told.startswith("lake_not_published: ") and f"release {second.release_id} stands as files" in told
    assert "dbname=" not in told and "user=" not in told
    assert lake.follow(home, KEEP) == ""
    assert [message for _, message in snapshots(place, second)] == [second.release_id]


@pytest.mark.exhaustive
@servers.needed
def test_an_analyst_of_postgres_reads_and_cannot_write(
    server: Postgres, place: Lake, both: tuple[Home, Release, Release]
) -> None:
    """The role and the ATTACH that docs/prefecture.ja.md shows."""
    _, first, _ = both
    lake.publish(place, first, KEEP)
    database = dict(word.split("=") for word in place.catalogue.split()[:4])["dbname"]
    cursor = server.connect(database).cursor()
    cursor.execute("drop role if exists analyst")
    cursor.execute("create role analyst login")
    cursor.execute("grant usage on schema sousei to analyst")
    cursor.execute("grant select on all tables in schema sousei to analyst")
    words = place.catalogue.replace("user=sousei", "user=analyst")
    with duckdb.connect() as connection:
        for name in lake.EXTENSIONS:
            connection.execute(f"load '{lake.extension(name)}'")
        connection.execute(f"attach 'ducklake:postgres:{words.replace(chr(39), chr(39) * 2)}' as lake "
                           "(read_only, metadata_schema 'sousei')")  # fmt: skip
        found = connection.execute("select release_id from lake.meta_release").fetchall()
        assert found == [(first.release_id,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from lake.meta_release")
    cursor.execute("set role analyst")
    with pytest.raises(Exception, match="permission denied"):
        cursor.execute("delete from sousei.ducklake_snapshot")


@pytest.mark.parametrize(
    ("catalogue", "data"),
    [
        ("host=db dbname=sousei password=verysecret", "/srv/lake"),
        ("postgresql://sousei:verysecret@db/sousei", "/srv/lake"),
        ("host=db dbname=sousei", "lake"),
        ("host=db dbname=sousei", ""),
        ("", "/srv/lake"),
    ],
)
def test_settings_that_cannot_be_meant_are_told_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, catalogue: str, data: str
) -> None:
    monkeypatch.setenv(lake.CATALOGUE, catalogue)
    monkeypatch.setenv(lake.DATA, data)
    with pytest.raises(LakeError) as told:
        lake.from_environment()
    assert str(told.value).startswith("lake_setting: ") and "verysecret" not in str(told.value)
    assert lake.follow(Home(tmp_path), KEEP) == str(told.value)


def test_a_home_without_a_lake_asks_for_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (lake.CATALOGUE, lake.DATA):
        monkeypatch.delenv(name, raising=False)
    assert lake.from_environment() is None and lake.follow(Home(tmp_path), KEEP) == ""


def test_what_the_operator_names_counts_before_our_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(lake.CATALOGUE, "host=/run/postgresql dbname=sousei connect_timeout=3")
    monkeypatch.setenv(lake.DATA, "/srv/lake")
    found = lake.from_environment()
    assert found is not None and found.catalogue.count("connect_timeout") == 1
    assert "connect_timeout=3 " in found.catalogue and "lock_timeout=60000" in found.catalogue


def test_libraries_that_are_not_installed_are_told(
    monkeypatch: pytest.MonkeyPatch, both: tuple[Home, Release, Release], tmp_path: Path
) -> None:
    monkeypatch.setenv(lake.CATALOGUE, "host=/nowhere dbname=sousei")
    monkeypatch.setenv(lake.DATA, str(tmp_path))
    monkeypatch.setattr(lake, "EXTENSIONS", ("nobody_has_this",))
    assert lake.follow(both[0], KEEP).startswith("lake_extension_missing: ")
