"""Reading releases: verification finds each damage, diff names each movement and its reason, a query cannot escape."""

from __future__ import annotations

import json
import os
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from sousei.foundation.files import sha256_of
from sousei.foundation.home import Home
from sousei.publication import release, releases
from sousei.publication.release import publish
from sousei.publication.releases import QueryError, Release, diff, formatted, query, verify
from tests.gate_candidate import NOW, SHA_A, SHA_B, Run, judged, make, plant


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("base") / "candidate.duckdb")


@pytest.fixture(scope="module")
def published(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    folder = tmp_path_factory.mktemp("published")
    candidate = Path(shutil.copyfile(base, folder / "candidate.duckdb"))
    assert judged(candidate).passed
    return publish(Home(folder / "home"), candidate, Run(), NOW)


@pytest.fixture
def damaged(published: Release, tmp_path: Path):
    """A writable copy of a sound release."""
    path = tmp_path / published.release_id
    shutil.copytree(published.path, path)
    yield path
    release.remove(path)


def writable(path: Path) -> Path:
    path.chmod(0o644)
    return path


def sealed(path: Path) -> None:
    path.chmod(0o444)


# --- verify ---


def test_sound_release_verifies(published: Release) -> None:
    found = verify(published)
    assert found.sound and found.problems == ()
    assert found.tables.height == len(published.manifest["tables"])


@pytest.mark.parametrize("name", ["sousei.duckdb", "parquet/dim_kpi.parquet", "csv/fct_population.csv"])
def test_one_changed_byte_is_found(damaged: Path, name: str) -> None:
    path = writable(damaged / name)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    sealed(path)
    assert any(
        problem.startswith("file_changed") and name in problem for problem in verify(releases.read(damaged)).problems
    )


def test_missing_and_extra_files_are_found(damaged: Path) -> None:
    for folder in (damaged, damaged / "csv"):
        folder.chmod(0o755)
    (damaged / "csv" / "dim_kpi.csv").unlink()
    (damaged / "csv" / "other.csv").write_text("x", encoding="utf-8")
    problems = " ".join(verify(releases.read(damaged)).problems)
    assert "file_missing: csv/dim_kpi.csv" in problems and "file_unlisted: csv/other.csv" in problems
    assert "file_writable: other.csv" in problems


def rehash(directory: Path, name: str, **changes: object) -> Release:
    """Make the manifest agree with a changed file, so that only the deeper checks can find it."""
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    path = directory / name
    manifest["files"][name] |= {"sha256": sha256_of(path), "size_bytes": path.stat().st_size}
    writable(directory / "manifest.json").write_text(json.dumps(manifest | changes), encoding="utf-8")
    sealed(directory / "manifest.json")
    sealed(path)
    return releases.read(directory)


def test_changed_figure_is_found_even_with_the_right_hash(damaged: Path) -> None:
    database = writable(damaged / "sousei.duckdb")
    damaged.chmod(0o755)
    plant(database, "update main.fct_furusato_donation set donation_jpy = donation_jpy + 1 where fiscal_year = 2024")
    damaged.chmod(0o555)
    assert [p.split(":")[0] for p in verify(rehash(damaged, "sousei.duckdb")).problems] == ["parquet_differs"]


def test_failed_check_inside_a_release_is_found(damaged: Path) -> None:
    damaged.chmod(0o755)
    plant(
        writable(damaged / "sousei.duckdb"),
        "update main.meta_check_outcome set passed = false where check_id = 'source_is_credited'",
    )
    damaged.chmod(0o555)
    problems = [p.split(":")[0] for p in verify(rehash(damaged, "sousei.duckdb")).problems]
    assert "verdict_differs" in problems


def test_lost_csv_line_is_found(damaged: Path) -> None:
    path = writable(damaged / "csv" / "fct_furusato_donation.csv")
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")
    assert [p.split(":")[0] for p in verify(rehash(damaged, "csv/fct_furusato_donation.csv")).problems] == [
        "csv_differs"
    ]


def test_renamed_directory_is_not_a_release(damaged: Path) -> None:
    moved = damaged.rename(damaged.with_name("2026-11-22.9"))
    with pytest.raises(ValueError, match="manifest_of_another_release"):
        releases.read(moved)
    moved.rename(damaged)


# --- finding ---


def test_home_without_releases(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert releases.current(home) is None
    assert releases.list_releases(home).height == 0
    assert releases.status(home, NOW).release_id is None
    with pytest.raises(LookupError, match="release_unknown"):
        releases.find(home)


def test_status_and_list(published: Release) -> None:
    home = Home(published.path.parents[1])
    facts = releases.status(home, NOW + timedelta(days=2))
    assert (facts.release_id, facts.age_days, facts.releases) == (published.release_id, 2.0, 1)
    (row,) = releases.list_releases(home).to_dicts()
    assert (row["release_id"], row["pointers"], row["gate_failed"]) == (published.release_id, "current", 0)
    assert releases.find(home, published.release_id) == releases.find(home, "current")


@pytest.mark.parametrize("name", ["../home", "/etc", "2026-11-22.1/..", "", "nightly", "2026-11-22.7", "stable"])
def test_release_name_cannot_leave_the_folder(published: Release, name: str) -> None:
    with pytest.raises(LookupError, match="release_unknown"):
        releases.find(Home(published.path.parents[1]), name)


# --- diff ---


def changed(base: Path, folder: Path, *statements: str, **facts: object) -> Release:
    folder.mkdir()
    candidate = plant(Path(shutil.copyfile(base, folder / "candidate.duckdb")), *statements)
    run_id = str(facts.get("run_id", "2026-11-22-next"))
    assert judged(candidate, run_id=run_id).passed
    return publish(Home(folder / "home"), candidate, Run(**{"run_id": run_id} | facts), NOW)  # type: ignore[arg-type]


NEW_INPUT = [{"sha256": SHA_A}, {"sha256": SHA_B}, {"sha256": "c" * 64}]
NEW_SOURCE = (
    "insert into main.meta_source by name select 'furusato-cccccccccccccccc' as source_id, '{source}' as source, "
    "'new.xlsx' as file_name, repeat('c', 64) as sha256, '{period}' as period, '試験庁' as publisher_ja, "
    "'規約' as licence, 1 as rows_read, 0 as rows_quarantined"
)
MOVED = (
    "update main.fct_furusato_donation set donation_jpy = 123456789, source_id = 'furusato-cccccccccccccccc' "
    "where municipality_code = '99001' and fiscal_year = 2023"
)


def test_equal_releases_have_no_difference(published: Release) -> None:
    found = diff(published, published)
    assert found.changes.height == 0 and found.sources.height == 0 and found.columns.height == 0
    assert found.summary.select("added", "removed", "changed").sum().row(0) == (0, 0, 0)


def test_new_delivery_is_new_data(published: Release, base: Path, tmp_path: Path) -> None:
    added = (
        "insert into main.fct_furusato_donation by name select '99001' as municipality_code, 2025 as fiscal_year, "
        "200000000 as donation_jpy, 10000 as donation_count, 'furusato-cccccccccccccccc' as source_id"
    )
    next_release = changed(
        base, tmp_path / "n", NEW_SOURCE.format(source="furusato", period="2023"), added, inputs=NEW_INPUT
    )
    found = diff(published, next_release)
    (row,) = found.changes.filter(pl.col("table_name") == "fct_furusato_donation").to_dicts()
    assert (row["change"], row["reason"], row["evidence"]) == ("added", "new_data", "new.xlsx")
    assert json.loads(row["key"]) == {"municipality_code": "99001", "fiscal_year": 2025}
    assert found.sources["source_id"].to_list() == ["furusato-cccccccccccccccc"]


@pytest.mark.parametrize(("period", "reason"), [("2022", "correction"), ("2023", "revised_source")])
def test_figure_from_another_delivery(published: Release, base: Path, tmp_path: Path, period: str, reason: str) -> None:
    next_release = changed(
        base, tmp_path / "n", NEW_SOURCE.format(source="furusato", period=period), MOVED, inputs=NEW_INPUT
    )
    (row,) = diff(published, next_release).changes.filter(pl.col("table_name") == "fct_furusato_donation").to_dicts()
    assert (row["column_name"], row["value_a"], row["value_b"]) == ("donation_jpy", "200002023", "123456789")
    assert (row["reason"], row["evidence"]) == (reason, "donations.xlsx -> new.xlsx")
    assert row["municipality_code"] == "99001"


def test_same_delivery_other_code(published: Release, base: Path, tmp_path: Path) -> None:
    moved = "update main.mart_kpi_scorecard set grade = '1' where kpi_id = 'k1'"
    found = diff(published, changed(base, tmp_path / "n", moved, code_version="0.2.0+test"))
    (row,) = found.changes.to_dicts()
    assert (row["table_name"], row["column_name"], row["reason"]) == (
        "mart_kpi_scorecard",
        "grade",
        "code_or_rule_change",
    )
    assert found.code_changed and not found.inputs_changed


def test_declared_correction_is_the_reason_where_it_came(published: Release, base: Path, tmp_path: Path) -> None:
    source_id = "(select source_id from main.fct_furusato_donation where municipality_code = '99001' limit 1)"
    declared = (
        f"create table main.meta_correction as select {source_id} as source_id, '99001' as municipality_code, "
        "'furusato_donation' as raw_table, 'fiscal_year=2023' as row_key, 5.0 as corrected_value"
    )
    moved = (
        "update main.fct_furusato_donation set donation_count = 5 where fiscal_year = 2023 "
        "and municipality_code in ('99001', '99002')"
    )
    found = diff(published, changed(base, tmp_path / "n", declared, moved, code_version="0.2.0+test")).changes
    rows = found.filter(pl.col("table_name") == "fct_furusato_donation")
    reasons = dict(rows.select("municipality_code", "reason").iter_rows())
    assert reasons == {"99001": "correction", "99002": "code_or_rule_change"}


def test_derived_figure_after_new_inputs(published: Release, base: Path, tmp_path: Path) -> None:
    moved = "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040"
    found = diff(
        published,
        changed(base, tmp_path / "n", NEW_SOURCE.format(source="ipss", period="2023"), moved, inputs=NEW_INPUT),
    )
    reasons = found.changes.filter(pl.col("table_name") == "mart_population_vision")["reason"].to_list()
    assert reasons == ["new_data", "new_data"]


def test_movement_without_a_cause_is_called_unexplained(published: Release, base: Path, tmp_path: Path) -> None:
    moved = (
        "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040 and municipality_code = '99001'"
    )
    found = diff(published, changed(base, tmp_path / "n", moved))
    assert found.changes["reason"].to_list() == ["unexplained"]
    assert found.summary.filter(pl.col("table_name") == "mart_population_vision")["unexplained"].item() == 1


def test_merger_is_the_reason_where_a_municipality_was_merged(published: Release, base: Path, tmp_path: Path) -> None:
    merged = "update main.dim_municipality set successor_code = '99001' where municipality_code = '99002'"
    gone = "delete from main.fct_tourism_visitors where municipality_code = '99002' and month = date '2022-12-01'"
    found = diff(published, changed(base, tmp_path / "n", merged, gone, code_version="0.2.0+test"))
    (row,) = found.changes.filter(pl.col("table_name") == "fct_tourism_visitors").to_dicts()
    assert (row["change"], row["reason"]) == ("removed", "merger")


OLDER = "drop table main.meta_grain"


def test_a_release_older_than_the_list_of_keys_is_compared_by_the_keys_of_the_other(
    published: Release, base: Path, tmp_path: Path
) -> None:
    older = changed(base, tmp_path / "older", OLDER)
    moved = changed(base, tmp_path / "n", "update main.fct_tourism_visitors set visitors = 7 where source_row = 4")
    for found in (diff(older, moved), diff(moved, older)):
        assert found.changes.group_by("table_name", "change", "column_name").len().rows() == [
            ("fct_tourism_visitors", "changed", "visitors", 2)
        ]


def test_releases_without_a_list_of_keys_are_compared_by_whole_rows(base: Path, tmp_path: Path) -> None:
    older = changed(base, tmp_path / "older", OLDER)
    moved = "update main.fct_tourism_visitors set visitors = 7 where source_row = 4"
    found = diff(older, changed(base, tmp_path / "n", OLDER, moved))
    counts = dict(found.changes.group_by("change").len().iter_rows())
    assert counts == {"added": 2, "removed": 2}


def test_changed_columns_are_listed(published: Release, base: Path, tmp_path: Path) -> None:
    found = diff(published, changed(base, tmp_path / "n", "alter table main.dim_kpi add column extra integer"))
    assert found.columns.to_dicts() == [
        {"table_name": "dim_kpi", "column_name": "extra", "type_a": None, "type_b": "INTEGER"}
    ]


# --- query ---


def test_query_answers(published: Release) -> None:
    answer = query("select sum(donation_count) as n from fct_furusato_donation", published)
    assert answer.to_dicts() == [{"n": 80000}]


@pytest.mark.parametrize(
    "sql",
    [
        "select 1; select 2",
        "create table main.x as select 1",
        "delete from dim_kpi",
        "copy dim_kpi to '{folder}/out.csv'",
        "attach '{folder}/other.duckdb'",
        "install excel",
        "load excel",
        "set memory_limit = '100GB'",
        "export database '{folder}/out'",
        "checkpoint",
        "",
        "selec",
    ],
)
def test_anything_but_one_select_is_refused(published: Release, tmp_path: Path, sql: str) -> None:
    with pytest.raises(QueryError):
        query(sql.format(folder=tmp_path), published)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from read_blob('{file}')",
        "select * from sniff_csv('{file}')",
        "select * from glob('{folder}/*')",
        "select * from '{file}'",
        "select * from read_parquet('{parquet}')",
        "select * from parquet_metadata('{parquet}')",
        "select * from frame",
        "select getenv('HOME')",
    ],
)
def test_query_reaches_nothing_outside_its_release(published: Release, tmp_path: Path, sql: str) -> None:
    frame = pl.DataFrame({"secret": [1]})
    secret = tmp_path / "secret.csv"
    secret.write_text("secret\n1\n", encoding="utf-8")
    parquet = published.path / "parquet" / "dim_kpi.parquet"
    with pytest.raises(QueryError):
        query(sql.format(file=secret, folder=tmp_path, parquet=parquet), published)
    assert frame.height == 1


def test_query_is_bounded_in_memory_and_time(published: Release) -> None:
    with pytest.raises(QueryError, match="query_failed"):
        query("select list(a.i || '-' || b.i) from range(100000) a(i), range(100000) b(i)", published, seconds=20)
    with pytest.raises(QueryError, match="秒を超えたため"):
        query("select sum(a.i * b.i) from range(1000000) a(i), range(1000000) b(i)", published, seconds=0.3)


def test_query_leaves_the_release_as_it_is(published: Release) -> None:
    before = sorted((path.name, path.stat().st_mtime_ns) for path in published.path.rglob("*"))
    query("select * from fct_population order by random()", published)
    assert sorted((path.name, path.stat().st_mtime_ns) for path in published.path.rglob("*")) == before


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_forms_of_an_answer(published: Release, form: str) -> None:
    answer = query("select note_ja, target_value, date '2026-04-01' as day from dim_kpi where kpi_id = 'k3'", published)
    given = formatted(answer, form)
    if form == "json":
        assert json.loads(given) == [{"note_ja": "=注記", "target_value": None, "day": "2026-04-01"}]
    elif form == "csv":
        assert given.decode().splitlines()[1].startswith("'=注記,")
    elif form == "parquet":
        assert pl.read_parquet(given).equals(answer)
    else:
        assert "=注記" in given.decode()
    with pytest.raises(ValueError, match="format_unknown"):
        formatted(answer, "xml")


def test_query_works_while_others_read(published: Release) -> None:
    child = os.fork()
    if child == 0:
        with duckdb.connect(str(published.database), read_only=True) as connection:
            connection.execute("select count(*) from fct_population").fetchall()
            os._exit(0)
    assert query("select count(*) as n from dim_kpi", published)["n"].item() == 3
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
