"""Publishing: what a release holds, that it repeats to the byte, and that no unjudged candidate gets through.

Does not hold: crashes, full disks and concurrent readers (tests/faults), reading back (test_verify.py).
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from sousei.expectations.dbt_tests import DbtOutcome
from sousei.foundation.duck import tables_of
from sousei.foundation.home import Home
from sousei.publication import contents, shelf
from sousei.publication.catalogue import describe
from sousei.publication.contents import PublicationError
from sousei.publication.publish import RefusedError, publish, remove, retire
from sousei.publication.verify import verify
from tests.gate_candidate import NOW, Run, judged, make, plant


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    candidate = make(tmp_path_factory.mktemp("passed") / "candidate.duckdb")
    assert judged(candidate).passed
    return candidate


@pytest.fixture
def home(tmp_path: Path):
    yield Home(tmp_path / "home")
    remove(tmp_path / "home")


def copied(candidate: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copyfile(candidate, folder / "candidate.duckdb"))


def another(candidate: Path, folder: Path, run_id: str, *statements: str) -> tuple[Path, Run]:
    """A changed candidate, judged anew for a run of its own."""
    changed = plant(copied(candidate, folder), *statements)
    assert judged(changed, run_id=run_id).passed
    return changed, Run(run_id=run_id)


def test_release_holds_every_mart_three_times_and_a_manifest(passed: Path, home: Home) -> None:
    published = publish(home, passed, Run(), NOW)
    assert published.path == (home.releases / "2026-11-22.1").resolve()
    assert home.current.resolve() == published.path
    with duckdb.connect(str(passed), read_only=True) as connection:
        marts = {
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where schema_name = 'main' and not internal"
            ).fetchall()
        }
    expected = {"sousei.duckdb", "manifest.json", "CHANGES.md"}
    own = {"meta_release", "meta_change"}
    expected |= {f"{kind}/{mart}.{kind}" for kind in ("parquet", "csv") for mart in marts | own}
    found = {path.relative_to(published.path).as_posix() for path in published.path.rglob("*") if path.is_file()}
    assert found == expected
    manifest = json.loads((published.path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"].keys() == expected - {"manifest.json"}
    assert manifest["inputs"] == Run().inputs
    assert manifest["inputs_hash"] == Run().inputs_hash
    assert manifest["verdict"]["gate_failed"] == 0
    assert verify(published).problems == ()


def test_rows_types_and_comments_are_those_of_the_candidate(passed: Path, home: Home) -> None:
    published = publish(home, passed, Run(), NOW)
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{passed}' as candidate (read_only); attach '{published.database}' as sousei (read_only)"
        )
        for table in tables_of(connection, "candidate"):
            assert describe(connection, "candidate", table) == describe(connection, "sousei", table)
            for left, right in (("candidate", "sousei"), ("sousei", "candidate")):
                lost = f"select * from {left}.main.{table} except all select * from {right}.main.{table}"
                assert connection.execute(lost).fetchall() == []
        described = describe(connection, "sousei", "fct_population")
        assert "'引用'" in next(c.description for c in described.columns if c.name == "population_persons")
        assert all(c.description for c in describe(connection, "sousei", "meta_release").columns)


def test_nothing_is_writable_and_no_log_is_left(passed: Path, home: Home) -> None:
    published = publish(home, passed, Run(), NOW)
    for path in (published.path, *published.path.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o555 if path.is_dir() else 0o444), path
    assert not list(home.releases.rglob("*.wal"))
    assert not list(home.releases.glob(".tmp-*"))


@pytest.mark.promise("B4")
def test_same_candidate_gives_the_same_bytes_anywhere(passed: Path, tmp_path: Path, monkeypatch) -> None:
    hashes = []
    for name, zone in (("one", "UTC"), ("two", "America/New_York"), ("three", "Asia/Tokyo")):
        monkeypatch.setenv("TZ", zone)
        home = Home(tmp_path / name)
        files = publish(home, passed, Run(), NOW).manifest.files
        hashes.append({path: facts.sha256 for path, facts in files.items() if path != "sousei.duckdb"})
        remove(home.root)
    assert hashes[0] == hashes[1] == hashes[2]


@pytest.mark.sampled
@pytest.mark.promise("B4")
@pytest.mark.parametrize(("rows", "kinds"), [(45_000, ["parquet"]), (20_000, ["parquet", "csv"])])
def test_many_rows_in_any_order_give_the_same_bytes(passed: Path, tmp_path: Path, rows: int, kinds: list[str]) -> None:
    """The larger table is beyond what a release has as CSV."""
    big = (
        "insert into main.fct_tourism_visitors by name select '99001' as municipality_code, "
        f"date '2022-03-01' as month, i as visitors, 'final' as value_status from range({rows}) r(i)"
    )
    hashes = []
    for name, order in (("up", "i"), ("down", "-i"), ("mixed", "hash(i)")):
        candidate, run = another(passed, tmp_path / name, "2026-11-22-big", f"{big} order by {order}")
        home = Home(tmp_path / name / "home")
        files = publish(home, candidate, run, NOW).manifest.files
        of_the_table = {kind: files.get(f"{kind}/fct_tourism_visitors.{kind}") for kind in ("parquet", "csv")}
        hashes.append({kind: facts.sha256 for kind, facts in of_the_table.items() if facts})
        remove(home.root)
    assert list(hashes[0]) == kinds
    assert hashes[0] == hashes[1] == hashes[2]


@pytest.mark.promise("D1")
def test_csv_opens_in_excel_and_runs_nothing(passed: Path, home: Home, tmp_path: Path) -> None:
    texts = [
        "=1+1",
        "+81",
        "-x",
        "@x",
        "\tx",
        "\rx",
        "\nx",
        "＝1",
        "＠x",
        " =1",
        "　=1",
        "a=1",
        "普通",
        "",
        "'q",
        'a,"b"',
    ]
    cells = ", ".join("(" + "'" + text.replace("'", "''") + "', -5.3)" for text in texts)
    candidate, run = another(
        passed,
        tmp_path / "cells",
        "2026-11-22-cells",
        f"create table main.mart_cells as select * from (values {cells}, (null, null)) t(words, figure)",
    )
    published = publish(home, candidate, run, NOW)
    raw = (published.path / "csv" / "mart_cells.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfwords,figure\n")
    import csv
    import io

    lines = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))[1:]
    assert sorted(line[0] for line in lines) == sorted(
        [
            "'=1+1",
            "'+81",
            "'-x",
            "'@x",
            "'\tx",
            "'\rx",
            "'\nx",
            "'＝1",
            "'＠x",
            "' =1",
            "'　=1",
            "a=1",
            "普通",
            "",
            "'q",
            'a,"b"',
            "",
        ]
    )
    assert {line[1] for line in lines} == {"-5.3", ""}
    with duckdb.connect() as connection:
        stored = connection.execute(
            f"select words from read_parquet('{published.path}/parquet/mart_cells.parquet')"
        ).fetchall()
    assert sorted(text for (text,) in stored if text is not None) == sorted(texts)


def refused(home: Home, candidate: Path, run: Run) -> str:
    with pytest.raises(RefusedError) as refusal:
        publish(home, candidate, run, NOW)
    return str(refusal.value)


@pytest.mark.promise("E1")
def test_refusal_moves_nothing_and_says_why(passed: Path, home: Home, tmp_path: Path) -> None:
    before = publish(home, passed, Run(), NOW)
    candidate = copied(passed, tmp_path / "failed")
    judged(
        candidate,
        dbt=(DbtOutcome("totals_equal_their_parts", "gate", "人口", False, 2, message_ja="和が合いません。"),),
    )
    text = refused(home, candidate, Run())
    assert "totals_equal_their_parts" in text and "和が合いません" in text and "前回の公表版を維持" in text
    assert home.current.resolve() == before.path
    assert sorted(path.name for path in home.releases.iterdir()) == ["2026-11-22.1", "current"]


@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("edit", "fault"),
    [
        (
            "update main.meta_check_outcome set passed = not passed where check_id = 'source_is_credited'",
            "verdict_edited",
        ),
        ("delete from main.meta_check_outcome where check_id = 'source_is_credited'", "verdict_incomplete"),
        ("delete from main.meta_check_outcome", "verdict_incomplete"),
        ("update main.fct_furusato_donation set donation_jpy = 1", "candidate_changed_after_verdict"),
        ("drop table main.meta_check_outcome", "verdict_missing"),
    ],
)
def test_edited_candidate_is_refused(passed: Path, home: Home, tmp_path: Path, edit: str, fault: str) -> None:
    candidate = plant(copied(passed, tmp_path / "edited"), edit)
    assert fault in refused(home, candidate, Run())
    assert not home.current.exists()


def test_verdict_of_another_run_is_refused(passed: Path, home: Home) -> None:
    assert "verdict_of_another_run" in refused(home, passed, Run(run_id="2026-11-23-other"))


def test_unjudged_candidate_is_refused(home: Home, tmp_path: Path) -> None:
    assert "verdict_missing" in refused(home, make(tmp_path / "candidate.duckdb"), Run())


def test_view_among_the_marts_is_refused(passed: Path, home: Home, tmp_path: Path) -> None:
    candidate, run = another(passed, tmp_path / "view", "2026-11-22-view", "create view main.mart_v as select 1 as one")
    with pytest.raises(PublicationError, match="mart_is_a_view"):
        publish(home, candidate, run, NOW)
    assert not home.current.exists()
    assert not list(home.releases.glob(".tmp-*"))


@pytest.mark.promise("B1")
def test_publishing_again_makes_no_second_release(passed: Path, home: Home) -> None:
    first = publish(home, passed, Run(), NOW)
    second = publish(home, passed, Run(), NOW + timedelta(hours=1))
    assert (first.path, first.manifest) == (second.path, second.manifest)


def test_damaged_release_of_the_same_run_is_not_taken_for_it(passed: Path, home: Home) -> None:
    first = publish(home, passed, Run(), NOW)
    damaged = first.path / "csv" / "dim_kpi.csv"
    damaged.chmod(0o644)
    damaged.write_text("damaged", encoding="utf-8")
    second = publish(home, passed, Run(), NOW)
    assert second.release_id == "2026-11-22.2"
    assert home.current.resolve() == second.path


@pytest.mark.promise("B2")
def test_new_figures_are_a_new_release_and_the_old_one_stays(passed: Path, home: Home, tmp_path: Path) -> None:
    first = publish(home, passed, Run(), NOW)
    candidate, run = another(
        passed, tmp_path / "next", "2026-11-22-next", "update main.fct_tourism_visitors set visitors = visitors + 1"
    )
    second = publish(home, candidate, run, NOW)
    assert (first.release_id, second.release_id) == ("2026-11-22.1", "2026-11-22.2")
    assert home.current.resolve() == second.path
    assert verify(shelf.find(home, "2026-11-22.1")).sound


@pytest.mark.exhaustive
def test_old_releases_are_retired_but_never_the_ones_pointed_to(passed: Path, home: Home, tmp_path: Path) -> None:
    made = []
    for number in range(5):
        candidate, run = another(
            passed,
            tmp_path / str(number),
            f"2026-11-2{number}-x",
            f"update main.fct_tourism_visitors set visitors = visitors + {number + 1}",
        )
        day = NOW.date() + timedelta(days=number)
        made.append(publish(home, candidate, dataclasses.replace(run, as_of_date=day), NOW, keep=2))
        if number == 0:
            (home.releases / "stable").symlink_to(made[0].release_id)
    kept = [path.name for path in shelf.ordered(home)]
    assert kept == [made[0].release_id, made[3].release_id, made[4].release_id]
    home.current.unlink()
    home.current.symlink_to(made[3].release_id)
    assert retire(home, keep=1) == []
    assert shelf.current(home).release_id == made[3].release_id  # type: ignore[union-attr]


def test_leftovers_of_a_crash_are_removed(passed: Path, home: Home) -> None:
    half = home.releases / ".tmp-2026-11-21.1" / "csv"
    half.mkdir(parents=True)
    (half / "half.csv").write_text("x", encoding="utf-8")
    half.chmod(0o555)
    (home.releases / ".tmp-current").symlink_to("nowhere")
    (home.releases / "sousei.duckdb.wal").write_text("x", encoding="utf-8")
    publish(home, passed, Run(), NOW)
    assert sorted(path.name for path in home.releases.iterdir()) == ["2026-11-22.1", "current"]


def test_extra_files_are_sealed_with_the_release(passed: Path, home: Home) -> None:
    def extras(directory: Path) -> None:
        (directory / "kpi" / "99001").mkdir(parents=True)
        (directory / "kpi" / "99001" / "kpi.txt").write_text("x", encoding="utf-8")

    published = publish(home, passed, Run(), NOW, extras=extras)
    assert published.manifest.files["kpi/99001/kpi.txt"].size_bytes == 1
    assert (published.path / "kpi/99001/kpi.txt").stat().st_mode & 0o777 == 0o444
    assert verify(published).sound


def test_ordinary_user_can_publish_and_retire(passed: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests already run as an ordinary user")
    shared = Path("/tmp") / f"sousei-test-{os.getpid()}"
    shared.mkdir()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            shutil.copyfile(passed, shared / "candidate.duckdb")
            for path in (shared, shared / "candidate.duckdb"):
                os.chown(path, 65534, 65534)
            os.setgid(65534)
            os.setuid(65534)
            home = Home(shared / "home")
            publish(home, shared / "candidate.duckdb", Run(), NOW)
            home.current.unlink()
            code = 0 if retire(home, keep=0) == ["2026-11-22.1"] else 2
        finally:
            os._exit(code)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    remove(shared)
    assert status == 0


@pytest.mark.exhaustive
def test_equal_files_of_two_releases_are_kept_once(passed: Path, home: Home, tmp_path: Path) -> None:
    """A table that did not move costs nothing again; one that did is a file of its own; the first release stays."""
    first = publish(home, passed, Run(), NOW)
    changed, run = another(passed, tmp_path, "run-2", "update main.mart_kpi_scorecard set actual_value = 1")
    second = publish(home, changed, run, NOW + timedelta(days=1))
    same = {name for name, facts in second.manifest.files.items() if first.manifest.files.get(name) == facts}
    assert same and "parquet/mart_kpi_scorecard.parquet" not in same
    for name in second.manifest.files:
        shared = (first.path / name).is_file() and (first.path / name).samefile(second.path / name)
        assert shared is (name in same), name
    retire(home, keep=1)
    assert not first.path.exists()
    assert verify(second).sound


def test_a_damaged_file_of_the_last_release_is_not_taken_over(passed: Path, home: Home, tmp_path: Path) -> None:
    """Equal by the manifest is not enough: what lies on the disk is compared."""
    first = publish(home, passed, Run(), NOW)
    changed, run = another(passed, tmp_path, "run-2", "update main.mart_kpi_scorecard set actual_value = 1")
    name = next(name for name in first.manifest.files if name.startswith("parquet/") and "scorecard" not in name)
    path = first.path / name
    path.chmod(0o644)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    second = publish(home, changed, run, NOW + timedelta(days=1))
    assert verify(second).sound
    assert not path.samefile(second.path / name)


@pytest.mark.exhaustive
def test_a_disk_without_hard_links_keeps_copies(
    passed: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    first = publish(home, passed, Run(), NOW)
    changed, run = another(passed, tmp_path, "run-2", "update main.mart_kpi_scorecard set actual_value = 1")
    monkeypatch.setattr(os, "link", refuse)
    second = publish(home, changed, run, NOW + timedelta(days=1))
    assert verify(second).sound
    assert not any((first.path / name).samefile(second.path / name) for name in first.manifest.files)


def test_a_table_too_large_for_a_spreadsheet_is_parquet_alone(
    passed: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "CSV_ROWS", 1)
    published = publish(home, passed, Run(), NOW)
    for table, facts in published.manifest.tables.items():
        assert (published.path / "csv" / f"{table}.csv").is_file() is (facts.rows <= 1), table
        assert (published.path / "parquet" / f"{table}.parquet").is_file()
    assert verify(published).sound
