"""An ordinary first week: a trial, own files, a table sent twice, a correction, a file taken back, a lost pointer.

Whole nights (tests/nights.py), each on a home of its own. Figures beside the samples are synthetic unless said.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from dagster._utils.error import serializable_error_info_from_exc_info

from sousei.foundation.child import same_code
from sousei.foundation.home import Home
from sousei.ingest import dry_run as check
from sousei.ingest.decided import decisions
from sousei.orchestration import failures
from sousei.orchestration import run as runs
from sousei.orchestration.inputs import SAMPLES, WrongUseError
from sousei.orchestration.nightly import Night
from sousei.publication import changes, shelf
from sousei.publication import publish as publication
from sousei.publication.query import query
from tests.nights import FIRST_NIGHT, Town, town

CENSUS_2025 = (
    "select series, value_status, population_persons from fct_population where municipality_code = '01223' "
    "and as_of_date = date '2025-10-01' and series = 'census' and sex = 'total' and age_group = 'total'"
)
FINAL_ESTAT = """"統計名：","令和７年国勢調査 人口等基本集計（男女・年齢・配偶関係，世帯の構成，住居の状態など）"
"表番号：","00100"
"表題：","人口，人口増減(令和2年～7年)，面積，人口密度 全国，都道府県，市区町村，人口集中地区"
"実施年月：","2025年","10月"
"市区町村時点（年月日）：","-"
"全域・人口集中地区（2025）：","00710","全域"
"時間軸(年次)：","2025000000","2025年"

,,,"020","106","107","108"
,,,"人口【人】","組替人口（令和2年）【人】","令和2年～7年の人口増減数【人】","令和2年～7年の人口増減率【％】"
"01223",,"根室市","{nemuro}","24,636","{gone}","{rate}"
"03211",,"釜石市","28,012","32,078","-4,066","-12.67535"
"""


def final_2025(nemuro: int) -> bytes:
    """The final count of the census of 2025 in the publisher's form; Kamaishi's figure is the preliminary one."""
    gone = nemuro - 24_636
    text = FINAL_ESTAT.format(nemuro=f"{nemuro:,}", gone=f"{gone:,}", rate=f"{100 * gone / 24_636:.5f}")
    return text.encode("utf-8-sig")


def preliminary_2025() -> bytes:
    return (SAMPLES / "reference_series" / "census_2025_preliminary.csv").read_bytes()


def one_more_man(table: str) -> bytes:
    """The projection of 2018 with one man of 90 and more in Nemuro in 2045, in all columns that he belongs to."""
    lines = [line.split(",") for line in table.splitlines()]
    header = lines[0]
    (row,) = [line for line in lines if line[0] == "1223" and line[4] == "2045年"]
    for place, name in enumerate(header):
        if name in ("総数", "90歳以上/a", "90歳以上/m"):
            row[place] = str(int(row[place]) + 1)
    return ("\n".join(",".join(line) for line in lines) + "\n").encode("utf-8-sig")


def with_(one: Town, *sources: str) -> Town:
    for source in sources:
        shutil.copytree(SAMPLES / source, one.landing / source)
    return one


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Town]:
    """Gives a home with samples of some sources and their release; that first night runs once for all who ask."""
    made: dict[tuple[str, ...], Town] = {}

    def begin(root: Path, *sources: str) -> Town:
        if sources not in made:
            made[sources] = with_(town(tmp_path_factory.mktemp("begun") / "home"), *sources)
            made[sources].publishes()
        shutil.copytree(made[sources].home.root, root, symlinks=True, dirs_exist_ok=True)
        return Town(Home(root.resolve()), made[sources].nights)

    return begin


# --- a trial, and going live --------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_a_trial_on_samples_is_left_behind_when_own_files_come(tmp_path: Path) -> None:
    one = town(tmp_path)
    empty = one.night()
    assert (empty.state, empty.release) == ("nothing_delivered", None), "samples are never published unasked"
    trial = one.publishes(samples=True)
    assert trial.is_trial
    assert one.night().state == "nothing_new", "the trial stays until own files come"
    shutil.copytree(SAMPLES / "tourism", one.landing / "tourism")
    live = one.publishes()
    assert live.left_behind > 30 and not live.is_trial
    assert one.query("select distinct source from meta_source") == [("tourism",)]
    assert one.query("select count(*) from fct_furusato_donation") == [(0,)]
    with pytest.raises(WrongUseError, match="samples_in_a_live_home"):
        one.night(samples=True)
    shutil.rmtree(one.landing / "tourism")
    assert one.night().state == "nothing_new", "an empty landing takes nothing away"


def test_files_that_nobody_can_use_publish_nothing_and_are_told(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.deliver("memo.csv", "会議,場所\n月曜,庁舎\n".encode())
    outcome = one.night()
    assert outcome.state == "nothing_delivered"
    assert [(told["file_name"], told["problem_id"]) for told in outcome.not_used] == [("memo.csv", "not_recognised")]


@pytest.mark.promise("D4")
@pytest.mark.parametrize("name", ["it's [1] {x} %20", "a home"])
@pytest.mark.exhaustive
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A quote in the path of the home broke the night in the middle, with a traceback."""
    one = with_(town(tmp_path / name), "census")
    one.publishes()
    assert one.query("select count(*) > 0 from fct_population") == [(True,)]
    one.deliver("births.csv", preliminary_2025())
    one.publishes()


def test_a_step_that_fails_is_told_in_one_line() -> None:
    try:
        try:
            raise ValueError("the first cause\n\nLINE 1: more of it")
        except ValueError as cause:
            raise RuntimeError("a step failed") from cause
    except RuntimeError:
        error = serializable_error_info_from_exc_info(sys.exc_info())
    told = failures.one_line("project", error)
    assert "\n" not in told and "the first cause" in told and "Traceback" not in told and "File " not in told
    assert told.startswith("step_failed: 手順 project")


@pytest.mark.promise("A3")
@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("[Errno 28] No space left on device: '/data/home/raw/x.parquet'", "/data/home/raw/x.parquet"),
        ('IO Error: Could not write file "/data/x.duckdb": No space left on device', "/data/x.duckdb"),
        (
            "disk full (Background on this error at: https://example.org/e/20/e3q8)",
            "/own home か一時フォルダー /tmp/own",
        ),
    ],
)
def test_a_full_disk_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch, said: str, place: str) -> None:
    monkeypatch.setenv("SOUSEI_HOME", "/own home")
    monkeypatch.setenv("TMPDIR", "/tmp/own")
    assert failures.cause_ja(said) == f"ディスクの空き容量がありません: {place}"


@pytest.mark.parametrize("cut", ["市区町村,観", "市区町村,観光来訪", "市区", "市区町村,観光来訪者数,1,北"])
def test_a_file_that_was_cut_is_not_told_as_a_column_that_changed(tmp_path: Path, cut: str) -> None:
    """A transfer that broke inside the cell that names the statistic read 契約にない列です, with a line to paste into
    the contract."""
    lines = (SAMPLES / "tourism" / "city2025.csv").read_text("utf-8-sig").splitlines()
    path = tmp_path / "city2025.csv"
    path.write_text("\n".join([*lines[:10], f"2025,8,{cut}"]), "utf-8-sig")
    told = {one["problem_id"] for one in check.describe(path)["problems"]}
    assert {"ragged_record", "no_final_line_end"} <= told
    assert not told & {"unknown_column", "missing_column"}


@pytest.mark.exhaustive
def test_a_refused_night_writes_nothing_of_its_own_to_the_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The lines of dbt about a check that failed stood before the object of `refresh --json`."""
    one = with_(town(tmp_path), "tourism")
    lines = (SAMPLES / "tourism" / "city2025.csv").read_text("utf-8-sig").splitlines()
    tenfold = "\n".join([lines[0], *(f"{line}0" for line in lines[1:])]) + "\n"
    one.deliver("tourism/city2025.csv", tenfold.encode("utf-8-sig"))
    capfd.readouterr()
    outcome = one.night()
    assert outcome.state == "refused"
    assert outcome.reasons
    assert capfd.readouterr().out == ""


# --- preliminary and final ----------------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.promise("B3")
@pytest.mark.parametrize(
    ("final_first", "persons"),
    [
        (False, 21_201),
        (True, 21_190),
    ],
)
def test_final_census_and_preliminary_in_any_order(tmp_path: Path, persons: int, final_first: bool) -> None:
    """The final count of 2025 stopped every night for good (mart_population_actual had its key twice)."""
    one = with_(town(tmp_path), "census", "ipss_projection", "plan_register")
    files = {"preliminary.csv": preliminary_2025(), "final.csv": final_2025(persons)}
    for name in sorted(files, reverse=not final_first):
        one.deliver(name, files[name])
        one.publishes()
    assert one.query(CENSUS_2025) == [("census", "final", persons)]
    ((n,),) = one.query(
        "select count(*) from mart_population_actual where municipality_code = '01223' and as_of_date = '2025-10-01'"
    )
    assert n == 1
    latest = one.query(
        "select actual_value, value_status from fct_kpi_actual "
        "where kpi_id = 'n2-p-4' and fiscal_year = 2025 and is_latest"
    )
    assert latest == [(persons, "final")]


@pytest.mark.promise("B2")
@pytest.mark.exhaustive
def test_a_corrected_ipss_table_replaces_the_first_one(tmp_path: Path) -> None:
    one = with_(town(tmp_path), "ipss_projection", "census")
    one.publishes()
    ask = (
        "select population_persons from mart_population_projection where municipality_code = '01223' and year = 2045 "
        "and scenario_id = 'ipss_2018' and sex = 'male' and age_group = '90+'"
    )
    ((before,),) = one.query(ask)
    path = one.landing / "ipss_projection" / "ipss_2018_age_sex_wide.csv"
    one.deliver("corrected.csv", one_more_man(path.read_text("utf-8-sig")))
    one.publishes()
    assert one.query(ask) == [(before + 1,)]


# --- withdrawn, undone, lost --------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_a_withdrawn_delivery_counts_no_more_and_is_told(tmp_path: Path, begun: Callable[..., Town]) -> None:
    one = begun(tmp_path, "furusato_nozei")
    before = one.query("select count(*) from fct_furusato_donation where fiscal_year >= 2020")[0][0]
    assert before > 0
    source_id = one.source_id("total_gain.xlsx")
    decisions.withdraw(one.home, source_id, "統計課長", "誤って受領した", FIRST_NIGHT)
    one.publishes()
    assert one.query("select count(*) from fct_furusato_donation where fiscal_year >= 2020") == [(0,)]
    assert one.query("select verdict from meta_source where file_name = 'total_gain.xlsx'") == [("withdrawn",)]
    assert one.query("select kind, subject, reason_ja from meta_decision") == [
        ("withdrawal", source_id, "誤って受領した")
    ]
    first, second = (shelf.read(path) for path in shelf.ordered(one.home))
    moved = changes.of_release(second.database)
    assert moved == changes.between(first.database, second.database)
    gone = [one for one in moved if one.table_name == "fct_furusato_donation"]
    assert {(one.causes, one.is_established, one.source_ids) for one in gone} == {("withdrawal", True, source_id)}
    said = (second.path / "CHANGES.md").read_text("utf-8")
    assert f"【取り下げ：total_gain.xlsx（{source_id}）】" in said
    decisions.withdraw(one.home, source_id, "統計課長", "確かめた", FIRST_NIGHT, restore=True)
    one.publishes()
    assert one.query("select count(*) from fct_furusato_donation where fiscal_year >= 2020") == [(before,)]


@pytest.mark.exhaustive
def test_a_lost_pointer_is_refused_told_and_mended(tmp_path: Path, begun: Callable[..., Town]) -> None:
    one = begun(tmp_path, "tourism")
    name = one.home.current.resolve().name
    shutil.rmtree(one.landing / "tourism")
    one.home.current.unlink()
    one.deliver("memo.csv", b"a,b\n1,2\n")
    outcome = one.night()
    assert outcome.state == "refused"
    assert f"sousei release use {name}" in outcome.reasons[0]
    publication.use(one.home, shelf.find(one.home, name))
    assert one.night().state == "nothing_new"


# --- refused at the door ------------------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_files_refused_at_the_door_hold_up_nobody(tmp_path: Path) -> None:
    """Two empty files had one source_id, and the good file beside them was not published."""
    one = with_(town(tmp_path), "furusato_nozei")
    for name in ("a.csv", "b.csv"):
        one.deliver(name, b"")
    outcome = one.publishes()
    assert [(told["file_name"], told["problem_id"]) for told in outcome.not_used] == [
        ("a.csv", "empty_file"),
        ("b.csv", "empty_file"),
    ]
    assert one.query("select count(*) from meta_source where sha256 = ''") == [(0,)]
    again = one.night()
    assert (again.state, len(again.not_used)) == ("nothing_new", 2)
    assert len((runs.last(one.home) or {})["not_used"]) == 2


LITTER = (
    "Thumbs.db", "desktop.ini", ".DS_Store", "~$表.xlsx", ".~lock.表.xlsx#", "~WRL0001.tmp", "city2025.csv.crdownload",
    "city2025.csv.part", "__MACOSX/._city2025.csv",
)  # fmt: skip


@pytest.mark.promise("B4")
def test_litter_and_junk_make_no_release(tmp_path: Path, begun: Callable[..., Town]) -> None:
    """Each change of Thumbs.db made a release, and 14 of them pushed out all others."""
    one = begun(tmp_path, "furusato_nozei")
    release = one.home.current.resolve()
    for night in range(3):
        for name in LITTER:
            (one.landing / name).parent.mkdir(exist_ok=True)
            (one.landing / name).write_bytes(b"\xd0\xcf\x11\xe0" + bytes([night]) * 64)
        outcome = one.night()
        assert (outcome.state, outcome.reasons, outcome.not_used) == ("nothing_new", [], [])
    junk = {"memo.csv": "会議,場所\n月曜,庁舎\n".encode(), "scan.pdf": b"%PDF-1.4 x", "cut.xlsx": b"PK\x03\x04 cut"}
    for name, data in junk.items():
        one.deliver(name, data)
    outcome = one.night()
    assert (outcome.state, {told["file_name"] for told in outcome.not_used}) == ("nothing_new", set(junk))
    for name in junk:
        (one.landing / name).unlink()
    assert one.night().state == "nothing_new"
    assert one.home.current.resolve() == release
    assert [path for path in one.home.releases.iterdir() if path.is_dir() and not path.is_symlink()] == [release]


@pytest.mark.exhaustive
def test_personal_data_in_landing_makes_status_unhealthy(tmp_path: Path, begun: Callable[..., Town]) -> None:
    one = begun(tmp_path, "tourism")
    one.deliver("list.csv", "氏名,生年月日,個人番号\n".encode() + b"x,1990-01-01,123456789018\n")
    outcome = one.night()
    assert (outcome.state, [told["problem_id"] for told in outcome.not_used]) == ("nothing_new", ["personal_data"])
    said = subprocess.run(
        [sys.executable, "-m", "sousei.orchestration.command", "status", "--json"],
        env=same_code(SOUSEI_HOME=str(one.home.root)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    facts = json.loads(said.stdout)
    assert facts["healthy"] is False
    assert facts["last_refresh"]["not_used"][0]["problem_id"] == "personal_data"


@pytest.mark.exhaustive
def test_a_run_of_the_past_is_compared_with_nothing_later_and_is_not_the_current_release(
    tmp_path: Path, begun: Callable[..., Town]
) -> None:
    """Readers of `current` went back to March without a word."""
    one = begun(tmp_path, "tourism")
    today = one.home.current.resolve()
    made = one.publishes(as_of=date(2026, 3, 1))
    assert made.release is not None and made.release != today
    (months,) = query("select max(month) as month from fct_tourism_visitors", shelf.read(made.release))["month"]
    assert months <= date(2026, 3, 1)
    assert one.home.current.resolve() == today
    assert made.warnings and made.warnings[0].startswith("as_of_in_the_past: ")
    assert one.night().state == "nothing_new"


@pytest.mark.promise("B5")
@pytest.mark.exhaustive
def test_a_run_of_the_past_knows_what_was_known_on_that_day(tmp_path: Path, begun: Callable[..., Town]) -> None:
    """Nothing that came later, no census and no edition of a projection that was not out yet."""
    one = begun(tmp_path, "tourism")
    day = FIRST_NIGHT.date()
    with_(one, "reference_series")
    one.nights += 30
    one.publishes()
    back = one.publishes(as_of=day).release
    assert back is not None
    kinds = query("select distinct source from meta_source", shelf.read(back))["source"].to_list()
    assert kinds == ["tourism"], "the series were delivered later"
    early = one.publishes(as_of=date(2023, 6, 1)).release
    assert early is not None
    typed = query("select series, as_of_date from fct_indicator where series not like 'tourism%'", shelf.read(early))
    assert not typed.is_empty() and "ipss_2023" not in typed["series"].to_list()
    assert max(typed["as_of_date"]) <= date(2023, 6, 1)


@pytest.mark.exhaustive
def test_check_says_what_the_night_would_say_and_touches_nothing(tmp_path: Path) -> None:
    """A file that reads well and that the rules over files refuse: `check` said that it would be taken."""
    one = with_(town(tmp_path / "home"), "tourism", "resident_registry")
    one.publishes()
    good = tmp_path / "total_gain.xlsx"
    good.write_bytes((SAMPLES / "furusato_nozei" / "total_gain.xlsx").read_bytes())
    bad = tmp_path / "city2025.csv"
    lines = (SAMPLES / "tourism" / "city2025.csv").read_text("utf-8-sig").splitlines()
    tenfold = [lines[0], *(",".join([*line.split(",")[:-1], line.split(",")[-1] + "0"]) for line in lines[1:])]
    bad.write_text("\n".join(tenfold) + "\n", "utf-8-sig")
    before = {path: path.stat().st_mtime_ns for path in one.home.root.rglob("*")}
    said = {
        path.name: subprocess.run(
            [sys.executable, "-m", "sousei.orchestration.command", "check", str(path)],
            env=same_code(SOUSEI_HOME=str(one.home.root)),
            capture_output=True,
            text=True,
            check=False,
        )
        for path in (good, bad)
    }
    assert {path: path.stat().st_mtime_ns for path in one.home.root.rglob("*")} == before
    assert said["total_gain.xlsx"].returncode == 0, said["total_gain.xlsx"].stdout
    assert "受け取れます" in said["total_gain.xlsx"].stdout
    assert said["city2025.csv"].returncode == 1
    assert "公表を止めます" in said["city2025.csv"].stdout
    assert "受け取れます" not in said["city2025.csv"].stdout


@pytest.mark.exhaustive
def test_a_last_release_that_is_lost_while_the_night_runs_is_told_where_it_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = town(tmp_path)
    one.deliver("tourism/city2024.csv", (SAMPLES / "tourism" / "city2024.csv").read_bytes())
    one.publishes()
    one.deliver("tourism/city2025.csv", (SAMPLES / "tourism" / "city2025.csv").read_bytes())
    judge = Night.judge

    def lost(night: Night) -> dict[str, int]:
        release = night.home.current.resolve()
        release.chmod(0o755)
        (release / "sousei.duckdb").unlink()
        return judge(night)

    monkeypatch.setattr(Night, "judge", lost)
    outcome = one.night()
    assert outcome.state == "refused" and "比べられませんでした" in " ".join(outcome.reasons)
