"""The comparison of two releases names each movement and its cause.

Pairs of small releases with invented figures, made by SQL; real nights are in tests/integration/test_first_weeks.py.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from sousei.foundation.home import Home
from sousei.publication import changes, publish
from sousei.publication.changes import Change
from sousei.publication.contents import PublicationError
from sousei.publication.shelf import Release
from tests.gate_candidate import NOW, SHA_A, SHA_B, Run, judged, plant


def copied(release: Release, path: Path, *statements: str) -> Path:
    """The database of a release after the statements, as the next release."""
    shutil.copyfile(release.database, path)
    path.chmod(0o644)
    return plant(path, "update main.meta_release set release_id = 'next'", *statements)


def moved(release: Release, path: Path, *statements: str) -> list[Change]:
    return changes.between(release.database, copied(release, path, *statements))


def of(rows: list[Change], table: str) -> list[Change]:
    return [one for one in rows if one.table_name == table]


DELIVERED = (
    "insert into main.meta_source by name select '{name}' as source_id, '{source}' as source, "
    "'{name}.xlsx' as file_name, repeat('c', 64) as sha256, '{period}' as period, 'taken' as verdict"
)
NEW = DELIVERED.format(name="furusato-new", source="furusato", period="2025")
AGAIN = DELIVERED.format(name="furusato-new", source="furusato", period="2022")
CODE = "update main.meta_release set code_version = 'other'"
SCORED = "update main.mart_kpi_scorecard set {} where kpi_id = 'k1'"
PLANS = (
    "create table main.dim_plan as select '99001' as municipality_code, 'p1' as plan_id, '計画' as plan_name_ja, "
    "'plan_register-a' as source_id",
    DELIVERED.format(name="plan_register-a", source="plan_register", period="2024"),
    "alter table main.dim_kpi add column open_question_ja varchar",
    "alter table main.dim_kpi add column reading_taken_ja varchar",
    "alter table main.dim_kpi add column target_version integer default 1",
)
NEW_PLAN = (
    DELIVERED.format(name="plan_register-b", source="plan_register", period="2024"),
    "update main.dim_plan set source_id = 'plan_register-b'",
    "delete from main.meta_source where source_id = 'plan_register-a'",
)


def test_equal_releases_have_no_difference(published: Release) -> None:
    assert changes.between(published.database, published.database) == []


def test_a_kpi_that_arrives_is_one_entry_with_its_columns_folded(published: Release, tmp_path: Path) -> None:
    value = SCORED.format(
        "actual_value = 9, attainment_pct = 90, progress_pct = 90, grade = '1', source_id = 'furusato-new'"
    )
    rows = moved(published, tmp_path / "n.duckdb", NEW, value)
    (row,) = of(rows, "mart_kpi_scorecard")
    assert (row.change, row.column_name, row.value_before, row.value_after, row.unit) == (
        *("changed", "actual_value", "8", "9", "億円"),
    )
    assert row.n_columns == 4
    assert [one["column"] for one in json.loads(row.columns_moved or "")] == [
        *("actual_value", "grade", "attainment_pct", "progress_pct"),
    ]
    assert "寄附額" in row.key_ja and "試験市" in row.key_ja
    assert row.sources_ja == "furusato-new.xlsx（furusato-new）"


def test_a_number_that_is_hidden_now_is_not_told_as_the_one_before(published: Release, tmp_path: Path) -> None:
    value = SCORED.format("actual_value = null, attainment_pct = null, value_status = 'suppressed', grade = null")
    (row,) = of(moved(published, tmp_path / "n.duckdb", value), "mart_kpi_scorecard")
    assert "suppressed" in (row.columns_moved or "")
    assert (row.value_before, row.value_after) == (None, None)
    numbers = [
        one for one in json.loads(row.columns_moved or "") if one["column"] in ("actual_value", "attainment_pct")
    ]
    assert [one["before"] for one in numbers] == [None, None]
    value = SCORED.format("actual_value = null, value_status = 'not_reported'")
    (row,) = of(moved(published, tmp_path / "m.duckdb", value), "mart_kpi_scorecard")
    assert row.value_before == "8"


@pytest.mark.parametrize(
    ("statements", "table", "causes", "source"),
    [
        (
            (
                NEW,
                "insert into main.fct_furusato_donation by name select '99001' as municipality_code, "
                "2025 as fiscal_year, 2 as donation_jpy, 1 as donation_count, 'furusato-new' as source_id",
            ),
            *("fct_furusato_donation", "new_data", "furusato-new"),
        ),
        (
            (
                AGAIN,
                "update main.fct_furusato_donation set donation_jpy = 3, source_id = 'furusato-new' "
                "where fiscal_year = 2023 and municipality_code = '99001'",
            ),
            *("fct_furusato_donation", "revised_source", "furusato-new"),
        ),
        (
            (
                "create table main.meta_correction as select 'furusato-aaaaaaaaaaaaaaaa' as source_id, "
                "'99001' as municipality_code, 'furusato_donation' as raw_table, 'fiscal_year=2023' as row_key, "
                "5.0 as corrected_value",
                "update main.fct_furusato_donation set donation_count = 5 where fiscal_year = 2023 "
                "and municipality_code = '99001'",
            ),
            *("fct_furusato_donation", "correction", "furusato-aaaaaaaaaaaaaaaa"),
        ),
        (
            (
                "update main.meta_source set verdict = 'withdrawn' where source = 'tourism'",
                "delete from main.fct_tourism_visitors where month = date '2022-12-01'",
            ),
            *("fct_tourism_visitors", "withdrawal", "tourism-aaaaaaaaaaaaaaaa"),
        ),
        ((CODE, SCORED.format("grade = '1'")), "mart_kpi_scorecard", "code", None),
        (
            (
                "update main.dim_municipality set successor_code = '99001' where municipality_code = '99002'",
                "delete from main.fct_tourism_visitors where municipality_code = '99002'",
            ),
            *("fct_tourism_visitors", "merger", None),
        ),
        (
            (
                "update main.meta_release set as_of_date = date '2027-04-02'",
                "insert into main.mart_kpi_scorecard by name select * replace (2025 as fiscal_year, null as source_id, "
                "null as actual_value) from main.mart_kpi_scorecard where kpi_id = 'k3'",
            ),
            *("mart_kpi_scorecard", "calendar", None),
        ),
    ],
)
def test_the_cause_is_established(
    published: Release, tmp_path: Path, statements: tuple[str, ...], table: str, causes: str, source: str | None
) -> None:
    rows = of(moved(published, tmp_path / "n.duckdb", *statements), table)
    assert rows and {(one.causes, one.is_established, one.source_ids) for one in rows} == {(causes, True, source)}


def with_plan(published: Release, folder: Path, *statements: str) -> list[Change]:
    """What a new edition of a plan moved."""
    folder.mkdir()
    before = copied(published, folder / "before.duckdb", *PLANS)
    after = Path(shutil.copyfile(before, folder / "after.duckdb"))
    return changes.between(before, plant(after, *NEW_PLAN, *statements))


def test_plan_change_answer_and_neither(published: Release, tmp_path: Path) -> None:
    target = "update main.dim_kpi set target_value = 12 where kpi_id = 'k1'"
    scored = SCORED.format("target_value = 12, attainment_pct = 66")
    rows = with_plan(published, tmp_path / "plan", target, scored)
    for table in ("dim_kpi", "mart_kpi_scorecard"):
        (row,) = of(rows, table)
        assert (row.causes, row.is_established, row.source_ids) == ("plan", True, "plan_register-b")
    answered = "update main.dim_kpi set reading_taken_ja = '延べで読む' where kpi_id = 'k1'"
    (row,) = of(
        with_plan(published, tmp_path / "answer", answered, SCORED.format("actual_value = 7")), "mart_kpi_scorecard"
    )
    assert (row.causes, row.is_established, row.source_ids) == ("answer", True, "plan_register-b")
    # another KPI of the plan moved: the new edition is no established cause of this one
    (row,) = of(
        with_plan(
            published,
            tmp_path / "other",
            target,
            "update main.mart_kpi_scorecard set actual_value = 3 where kpi_id = 'k2'",
        ),
        "mart_kpi_scorecard",
    )
    assert not row.is_established


def test_a_rule_that_changed_moves_grades_only(published: Release, tmp_path: Path) -> None:
    rule = (
        "create table main.dim_grade_rule as select 'cabinet_office' as grade_rule_id, 1 as band_order, {} as threshold"
    )
    before = copied(published, tmp_path / "a.duckdb", rule.format(80))
    after = copied(
        published,
        tmp_path / "b.duckdb",
        rule.format(75),
        SCORED.format("grade = '1'"),
        "update main.fct_furusato_donation set donation_jpy = 3 where fiscal_year = 2023",
    )
    rows = changes.between(before, after)
    (row,) = of(rows, "mart_kpi_scorecard")
    assert (row.causes, row.is_established) == ("rule", True)
    assert {one.causes for one in of(rows, "fct_furusato_donation")} == {"unknown"}


def test_all_causes_that_are_possible_are_named_and_none_is_claimed(published: Release, tmp_path: Path) -> None:
    (row,) = of(
        moved(
            published, tmp_path / "n.duckdb", AGAIN, CODE, SCORED.format("actual_value = 1, source_id = 'furusato-new'")
        ),
        "mart_kpi_scorecard",
    )
    assert row.causes == "revised_source code" and not row.is_established
    assert "特定できない" in row.cause_ja


def test_without_a_cause_it_is_said_with_a_hint(published: Release, tmp_path: Path) -> None:
    vision = (
        "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040 and municipality_code = '99001'"
    )
    (row,) = moved(published, tmp_path / "n.duckdb", vision)
    assert (row.causes, row.is_established) == ("unknown", False) and "sousei verify" in str(row.hint_ja)
    lost = "delete from main.meta_source where source = 'tourism'"
    rows = of(
        moved(published, tmp_path / "m.duckdb", lost, "delete from main.fct_tourism_visitors"), "fct_tourism_visitors"
    )
    assert {one.causes for one in rows} == {"unknown"} and "visitors.csv" in str(rows[0].hint_ja)


def test_a_derived_figure_has_the_only_delivery_that_reaches_its_table(published: Release, tmp_path: Path) -> None:
    upstream = (
        "create table main.meta_upstream as from (values ('mart_population_vision', 'ipss_projection'), "
        "('fct_tourism_visitors', 'tourism')) t(table_name, source)"
    )
    vision = "update main.mart_population_vision set implied_tfr = 1.41 where year = 2040"
    ipss = DELIVERED.format(name="ipss-new", source="ipss_projection", period="2023")
    rows = of(moved(published, tmp_path / "n.duckdb", upstream, NEW, ipss, vision), "mart_population_vision")
    assert {(one.causes, one.is_established, one.source_ids) for one in rows} == {("new_data", True, "ipss-new")}
    rows = of(moved(published, tmp_path / "m.duckdb", upstream, NEW, vision), "mart_population_vision")
    assert {one.causes for one in rows} == {"unknown"}


@pytest.mark.promise("B2")
def test_a_restated_value_is_a_correction_of_its_section(published: Release, tmp_path: Path) -> None:
    reason = "alter table main.fct_kpi_actual add column restated_reason_ja varchar"
    before = copied(published, tmp_path / "a.duckdb", reason)
    after = copied(
        published,
        tmp_path / "b.duckdb",
        reason,
        DELIVERED.format(name="report-new", source="section_report", period=""),
        "update main.fct_kpi_actual set actual_value = 7, source_id = 'report-new', restated_reason_ja = '集計の誤り' "
        "where kpi_id = 'k1' and fiscal_year = 2024",
        SCORED.format("actual_value = 7, source_id = 'report-new'"),
    )
    (row,) = of(changes.between(before, after), "mart_kpi_scorecard")
    assert (row.causes, row.is_established, row.source_ids) == ("correction", True, "report-new")


def test_a_running_total_names_the_delivery_of_an_earlier_year(published: Release, tmp_path: Path) -> None:
    rows = moved(
        published,
        tmp_path / "n.duckdb",
        AGAIN,
        SCORED.format("actual_value = 7"),
        "update main.fct_kpi_actual set actual_value = 5, source_id = 'furusato-new' "
        "where kpi_id = 'k1' and fiscal_year = 2023",
    )
    (row,) = of(rows, "mart_kpi_scorecard")
    assert (row.causes, row.source_ids) == ("revised_source", "furusato-new")


def test_mass_movements_are_one_row_with_the_largest_beside(published: Release, tmp_path: Path) -> None:
    rows = of(
        moved(
            published,
            tmp_path / "n.duckdb",
            CODE,
            "update main.mart_population_projection set population_persons = population_persons + year - 2000",
        ),
        "mart_population_projection",
    )
    folded, *largest = rows
    assert folded.n_rows == 534 and "2団体" in folded.key_ja and folded.row_key is None
    assert len(largest) == 20 and all("2060" in one.key_ja or "2045" in one.key_ja for one in largest)
    assert "変更 534" in changes.markdown(rows)


def test_lineage_alone_is_no_movement(published: Release, tmp_path: Path) -> None:
    assert (
        moved(published, tmp_path / "n.duckdb", "update main.fct_tourism_visitors set source_row = source_row + 1")
        == []
    )


def test_tables_without_any_lineage_and_of_another_layout_are_compared(published: Release, tmp_path: Path) -> None:
    rows = moved(
        published,
        tmp_path / "n.duckdb",
        CODE,
        "alter table main.fct_tourism_visitors drop column source_id",
        "alter table main.dim_kpi add column extra integer",
        "drop table main.fct_population_change",
        "create table main.mart_new as select 1 as one",
        "drop table main.meta_grain",
        "alter table main.mart_kpi_scorecard alter fiscal_year type varchar",
        "update main.fct_tourism_visitors set visitors = 7 "
        "where month = date '2022-03-01' and municipality_code = '99001'",
    )
    layout = {
        (one.change, one.table_name, one.column_name) for one in rows if one.change.startswith(("table", "column"))
    }
    assert layout == {
        ("column_removed", "fct_tourism_visitors", "source_id"),
        ("column_added", "dim_kpi", "extra"),
        ("column_type", "mart_kpi_scorecard", "fiscal_year"),
        ("table_removed", "fct_population_change", None),
        ("table_added", "mart_new", None),
    }
    (row,) = of(rows, "fct_tourism_visitors")[1:] or of(rows, "fct_tourism_visitors")
    assert (row.change, row.value_before, row.value_after, row.causes) == ("changed", "1030", "7", "code")
    assert not [one for one in rows if one.change == "changed" and one.table_name == "mart_kpi_scorecard"]


def test_releases_without_a_list_of_keys_are_compared_by_whole_rows(published: Release, tmp_path: Path) -> None:
    older = copied(published, tmp_path / "a.duckdb", "drop table main.meta_grain")
    newer = plant(
        Path(shutil.copyfile(older, tmp_path / "b.duckdb")),
        "update main.fct_tourism_visitors set visitors = 7 where source_row = 4",
    )
    assert sorted(one.change for one in changes.between(older, newer)) == ["added", "added", "removed", "removed"]


# --- in a release -------------------------------------------------------------------------------------------------


def second(base: Path, home: Home, tmp_path: Path, *statements: str, **facts: object) -> Release:
    candidate = plant(Path(shutil.copyfile(base, tmp_path / "second.duckdb")), *statements)
    assert judged(candidate, run_id="2026-11-23-next").passed
    run = Run(**{"run_id": "2026-11-23-next"} | facts)  # type: ignore[arg-type]
    return publish.publish(home, candidate, run, NOW)


@pytest.fixture
def home(base: Path, tmp_path: Path) -> Home:
    candidate = Path(shutil.copyfile(base, tmp_path / "first.duckdb"))
    assert judged(candidate).passed
    publish.publish(Home(tmp_path / "home"), candidate, Run(), NOW)
    return Home(tmp_path / "home")


INPUTS = [{"sha256": SHA_A}, {"sha256": SHA_B}, {"sha256": "c" * 64}]


@pytest.mark.promise("B2")
def test_a_release_tells_what_moved_and_the_first_that_it_cannot(base: Path, home: Home, tmp_path: Path) -> None:
    first = home.current.resolve()
    assert "最初の公表版" in (first / "CHANGES.md").read_text("utf-8")
    assert changes.of_release(first / "sousei.duckdb") == []
    value = SCORED.format("actual_value = 9, source_id = 'furusato-new'")
    release = second(base, home, tmp_path, NEW, value, inputs=INPUTS)
    told = changes.of_release(release.database)
    assert told == changes.between(first / "sousei.duckdb", release.database) and told
    assert {one.previous_release_id for one in told} == {first.name}
    said = (release.path / "CHANGES.md").read_text("utf-8")
    assert said == changes.text(release.database)
    first_kpi = next(line for line in said.splitlines() if line.startswith("- "))
    assert "寄附額" in first_kpi and "8億円 → 9億円" in first_kpi
    assert "【新しい資料" in first_kpi or "【資料の改定" in first_kpi
    with duckdb.connect(str(release.database), read_only=True) as connection:
        assert connection.execute("select previous_release_id, not_compared_ja from meta_release").fetchall() == [
            (first.name, None)
        ]


@pytest.mark.exhaustive
def test_the_same_pair_gives_the_same_bytes(base: Path, home: Home, tmp_path: Path) -> None:
    copy = Home(Path(shutil.copytree(home.root, tmp_path / "copy", symlinks=True)))
    made = []
    for one in (home, copy):
        folder = tmp_path / f"of-{one.root.name}"
        folder.mkdir()
        made.append(
            second(
                base,
                one,
                folder,
                CODE.replace("meta_release", "meta_source").replace("code_version", "licence"),
                SCORED.format("grade = '1'"),
                code_version="other",
            )
        )
    for name in ("CHANGES.md", "csv/meta_change.csv", "parquet/meta_change.parquet"):
        assert (made[0].path / name).read_bytes() == (made[1].path / name).read_bytes()


@pytest.mark.sampled
@pytest.mark.parametrize("damage", ["no database", "no table", "pointer"])
def test_a_release_whose_changes_cannot_be_made_is_not_published(
    base: Path, home: Home, tmp_path: Path, damage: str
) -> None:
    last = home.current.resolve()
    last.chmod(0o755)
    database = last / "sousei.duckdb"
    database.chmod(0o644)
    if damage == "no database":
        database.write_bytes(b"broken")
    elif damage == "no table":
        plant(database, "drop table main.meta_source")
    else:
        (last / "manifest.json").unlink()
    with pytest.raises(PublicationError, match=r"changes_not_made: .*公表しません"):
        second(base, home, tmp_path, SCORED.format("grade = '1'"))
    assert home.current.resolve() == last
    assert [path.name for path in home.releases.iterdir() if path.is_dir() and not path.is_symlink()] == [last.name]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("of_last", "said"),
    [
        ("alter table main.meta_source add column origin varchar default 'samples'", "見本による試行"),
        ("update main.meta_release set as_of_date = date '2099-01-01'", "より前の実行"),
    ],
)
def test_what_the_gate_does_not_compare_is_told_as_not_compared(
    base: Path, home: Home, tmp_path: Path, of_last: str, said: str
) -> None:
    database = home.current.resolve() / "sousei.duckdb"
    database.chmod(0o644)
    plant(database, of_last)
    release = second(base, home, tmp_path, "alter table main.meta_source add column origin varchar default 'landing'")
    assert changes.of_release(release.database) == []
    assert said in (release.path / "CHANGES.md").read_text("utf-8")


# --- the command --------------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_the_command_tells_the_same_rows(
    base: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from sousei.orchestration import command

    monkeypatch.setenv("SOUSEI_HOME", str(home.root))
    first = home.current.resolve().name
    release = second(base, home, tmp_path, NEW, SCORED.format("actual_value = 9, source_id = 'furusato-new'"))
    assert command.main(["diff", first, "current"]) == 0
    assert capsys.readouterr().out == changes.text(release.database) + "\n"
    assert command.main(["diff", first, "current", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Change(**one) for one in told["changes"]] == changes.of_release(release.database)
    assert command.main(["diff", first, "current", "--lang", "en"]) == 0
    assert "actual_value: 8 -> 9 [revised_source] furusato-new" in capsys.readouterr().out
    assert command.main(["diff", first, first]) == 0
    assert capsys.readouterr().out == "動いた数値はありません。\n"
    database = home.releases / first / "sousei.duckdb"
    database.chmod(0o644)
    database.write_bytes(b"broken")
    assert command.main(["diff", first, "current"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("release_not_readable: ") and said.count("\n") == 1
