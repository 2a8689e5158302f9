"""What our own forms say is read back as it was said, by the door, the reader and the command."""

from __future__ import annotations

import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import polars as pl
import pytest

from sousei.feedback.forms import plan, report
from sousei.feedback.forms.writer import write
from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.cells.contents import Opener
from sousei.ingest.dry_run import describe
from sousei.ingest.forms.model import Form
from sousei.ingest.forms.workbook import Filled
from sousei.ingest.receive import intake
from sousei.ingest.receive.personal import find_personal
from sousei.ingest.sources.plan_register import reader as plan_reader
from sousei.ingest.sources.section_report import reader as report_reader
from sousei.orchestration import plans
from sousei.orchestration.command import MISUSE, OK, REFUSED, main
from sousei.publication.manifest import Judged, Manifest
from tests.synthetic import form_rows as synthetic
from tests.synthetic.form_rows import CODE, NAME, PLAN, REPORT, Rows

DAY = dt.date(2026, 4, 1)
NOTHING = report.Told()
READERS: dict[str, Any] = {"plan_register": plan_reader, "section_report": report_reader}
FORMS = [(PLAN, synthetic.plan_rows), (REPORT, synthetic.report_rows)]


def written(form: Form, rows: Rows) -> bytes:
    sink = io.BytesIO()
    write(form, rows, sink, made_on=DAY)
    return sink.getvalue()


def read(form: Form, data: bytes) -> Filled:
    with Opener() as opener:
        return READERS[form.form].read_workbook(opener.open(data).grids)


def rows_of(form: Form, filled: Filled) -> Rows:
    """What was read, as rows for the writer."""
    return {name.removeprefix(f"{form.form}_"): rows.to_dicts() for name, rows in filled.tables.items()}


@pytest.mark.parametrize(("form", "rows"), FORMS)
def test_every_column_of_every_sheet_is_read_back_to_the_same_value(form: Form, rows: Any) -> None:
    given, filled = rows(), read(form, written(form, rows()))
    assert filled.problems == []
    got = rows_of(form, filled)
    for sheet in form.sheets:
        assert len(got[sheet.name]) == len(given[sheet.name]), sheet.name
        said = {
            column.name for row in given[sheet.name] for column in sheet.columns if row.get(column.name) is not None
        }
        assert said == {column.name for column in sheet.columns if column.read}
        for wanted, found in zip(given[sheet.name], got[sheet.name], strict=True):
            assert {name: found[name] for name in wanted} == wanted, sheet.name


@pytest.mark.parametrize(("form", "rows"), FORMS)
def test_what_was_read_is_written_to_the_same_bytes_again(form: Form, rows: Any) -> None:
    first = written(form, rows())
    assert written(form, rows_of(form, read(form, first))) == first


@pytest.mark.parametrize(("form", "rows"), FORMS)
def test_the_door_takes_our_own_forms(form: Form, rows: Any, tmp_path: Path) -> None:
    for name, data in (("full", written(form, rows())), ("empty", written(form, {}))):
        with Opener() as opener:
            assert [one for grid in opener.open(data).grids for one in find_personal(grid)] == []
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        told = describe(path)
        assert told["source"] == form.form
        assert told["would_be_taken"] == (name == "full")
        assert [one["problem_id"] for one in told["problems"]] == ([] if name == "full" else ["form_cover_blank"])


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1,460", "1460"), ("▲170", "-170"), ("460千人", "460000"), ("４６０", "460"), ("約500", "500"), (1460, "1460")],
)
def test_what_a_section_types_into_an_open_cell_is_read(typed: Any, value: str) -> None:
    asked = _asked("水産課")
    whole = openpyxl.load_workbook(io.BytesIO(written(REPORT, asked)))
    columns = [one.name for one in REPORT.sheet("value").columns]
    whole["実績"].cell(4, columns.index("reported_value") + 1).value = typed
    whole["実績"].cell(5, columns.index("value_status") + 1).value = "調査なし"
    sink = io.BytesIO()
    whole.save(sink)
    filled = read(REPORT, sink.getvalue())
    assert filled.problems == []
    found = filled.tables["section_report_value"].to_dicts()
    assert [(one["kpi_id"], one["reported_value"], one["fiscal_year"]) for one in found] == [
        ("k-1", Decimal(value), 2024),
        ("k-4", None, 2024),
    ]
    assert found[0]["section_ja"] == "水産課" and found[1]["value_status"] == "not_surveyed"
    assert set(filled.tables) == {"section_report_cover", "section_report_value"}


def _frames(rows: Rows) -> dict[str, pl.DataFrame]:
    filled = read(PLAN, written(PLAN, rows))
    return {name.removeprefix("plan_register_"): frame for name, frame in filled.tables.items()}


def _asked(section: str, told: report.Told = NOTHING, year: int = 2024) -> Rows:
    found = report.reports(_frames(synthetic.plan_rows()), year, told)
    return next(one.rows for one in found if one.section_ja == section)


def test_a_section_is_asked_for_its_own_reported_kpi_that_are_due() -> None:
    found = report.reports(_frames(synthetic.plan_rows()), 2024, report.Told())
    asked = {one.section_ja: [row["kpi_id"] for row in one.rows["value"]] for one in found}
    assert asked == {"水産課": ["k-1", "k-4"], "商工課": ["k-2"], report.UNASSIGNED: ["k-3"]}
    assert list(asked)[-1] == report.UNASSIGNED
    later = report.reports(_frames(synthetic.plan_rows()), 2025, report.Told())
    assert [row["kpi_id"] for row in later[0].rows["value"]] == ["k-1", "k-4", "k-5"]


def test_a_section_evaluates_its_measures_those_of_its_kpi_and_its_kpi() -> None:
    found = report.reports(_frames(synthetic.plan_rows()), 2024, report.Told())
    judged = {one.section_ja: [row["subject_id"] for row in one.rows["evaluation"]] for one in found}
    assert judged == {
        "水産課": ["1ア1", "k-1", "k-4", "k-5"],
        "商工課": ["1ア1", "k-2"],
        report.UNASSIGNED: ["1ア2", "full", "k-3"],
    }


def test_labels_and_last_years_value_and_grade_come_from_what_is_told() -> None:
    value = {"actual_value": Decimal("1200"), "comparator": "~", "milestone_state": None, "value_status": "preliminary"}
    grade = {"grade": "A", "grade_label_ja": "順調", "grade_is_provisional": True}
    rows = _asked("水産課", report.Told({(NAME, "k-1"): value}, {(NAME, "k-1"): grade}))
    first, second = rows["value"]
    assert (first["last_year_value"], second["last_year_value"]) == ("約1,200（速報）", None)
    assert first["period_ja"] == "令和6年度（2024年4月～2025年3月）の1年分"
    assert second["period_ja"] == "2024年（令和6年）（暦年）"
    grades = {row["subject_id"]: row["machine_grade"] for row in rows["evaluation"]}
    assert grades == {"1ア1": None, "k-1": "A（順調）・暫定", "k-4": None, "k-5": None}


def test_a_report_that_nobody_filled_in_says_nothing() -> None:
    filled = read(REPORT, written(REPORT, _asked("水産課")))
    assert filled.problems == [] and set(filled.tables) == {"section_report_cover"}


def test_a_filled_register_says_its_readings_in_words_and_is_read_to_the_same_plan() -> None:
    before = _frames(synthetic.plan_rows())
    rows = plan.filled(before)
    assert [row["field_value"] for row in rows["reading"]] == ["期間累計", "○", "63"]
    after = _frames(rows)
    assert before.keys() == after.keys()
    for name, frame in before.items():
        assert frame.equals(after[name]), name


# --- the command ---


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home in which the synthetic register was read."""
    monkeypatch.setenv("SOUSEI_HOME", str(tmp_path / "home"))
    found = Home.from_environment()
    deliver(found, synthetic.plan_rows(), "plan.xlsx", DAY)
    return found


def deliver(home: Home, rows: Rows, name: str, day: dt.date) -> list[intake.Snapshot]:
    """Drop a register into landing and read all there is."""
    home.landing.mkdir(parents=True, exist_ok=True)
    (home.landing / name).write_bytes(written(PLAN, rows))
    received = dt.datetime(day.year, day.month, day.day, 2, tzinfo=dt.UTC)
    snapshots = intake.take(home, home.landing, received, "landing")
    result = raw.read(home, snapshots, day)
    assert result.deliveries["verdict"].unique().to_list() == ["taken"], result.problems
    return snapshots


def release(home: Home, verdicts: dict[str, str] | None = None) -> None:
    """A release from what was read, with a value of the year before and a grade of the year for k-1."""
    inputs = [
        {
            "sha256": one.sha256,
            "file_name": one.file_name,
            "source": "plan_register",
            "source_id": f"plan_register-{one.sha256[:16]}",
            "verdict": (verdicts or {}).get(one.file_name, "taken"),
            "received_order": one.order,
        }
        for one in intake.stored(home)
    ]
    directory = home.releases / "2026-03-31.1"
    directory.mkdir(parents=True)
    with duckdb.connect(str(directory / "sousei.duckdb")) as made:
        made.execute(
            "create table fct_kpi_actual as select * from (values "
            f"('{CODE}', '{NAME}', 'k-1', 2023, 1200::decimal(24,8), '~', null::varchar, 'final', true), "
            f"('{CODE}', '{NAME}', 'k-1', 2023, 9::decimal(24,8), '=', null, 'final', false), "
            f"('{CODE}', '{NAME}', 'k-4', 2022, 5::decimal(24,8), '=', null, 'final', true)) as t(municipality_code, "
            "plan_id, kpi_id, fiscal_year, actual_value, comparator, milestone_state, value_status, is_latest)"
        )
        made.execute(
            "create table mart_kpi_scorecard as select * from (values "
            f"('{CODE}', '{NAME}', 'k-1', 2024, 'A', '順調', false)) as t(municipality_code, plan_id, kpi_id, "
            "fiscal_year, grade, grade_label_ja, grade_is_provisional)"
        )
    verdict = Judged(True, "", 0, 0, 0, 0, 0, 0)
    told = Manifest(
        1, directory.name, "r", "2026-03-31", "2026-03-31T02:00:00+09:00", "", "", "", inputs, verdict, {}, {}
    )
    (directory / "manifest.json").write_text(told.text, "utf-8")
    home.current.symlink_to(directory.name)


def cells(path: Path, sheet: str, row: int = 4) -> list[Any]:
    return [cell.value for cell in openpyxl.load_workbook(path)[sheet][row]]


def call(*words: str) -> int:
    return main(["form", *words])


def test_a_register_of_the_release_comes_back_filled(home: Home, tmp_path: Path, capsys: Any) -> None:
    release(home)
    to = tmp_path / "plan.xlsx"
    assert call("plan", "--municipality", CODE, "--to", str(to)) == OK
    assert capsys.readouterr().out == f"{to}: 計画 {NAME} の台帳\n"
    before, again = _frames(synthetic.plan_rows()), read(PLAN, to.read_bytes())
    assert again.problems == []
    assert all(again.tables[f"plan_register_{name}"].equals(frame) for name, frame in before.items())
    other = tmp_path / "other.xlsx"
    assert call("plan", "--municipality", CODE, "--to", str(other), "--plan", NAME, "--json") == OK
    assert json.loads(capsys.readouterr().out)["plan_id"] == NAME
    assert other.read_bytes() == to.read_bytes()


def test_an_empty_register_knows_its_municipality(home: Home, tmp_path: Path, capsys: Any) -> None:
    asked = (("01223", ()), (CODE, ("--empty",)))
    for code, more in asked:
        to = tmp_path / f"{code}.xlsx"
        assert call("plan", "--municipality", code, "--to", str(to), *more) == OK
        assert cells(to, "計画")[:2] == [code, None]
        assert openpyxl.load_workbook(to)["指標"].max_row == 3
    assert "空の計画台帳" in capsys.readouterr().out


def test_the_register_that_was_received_last_counts(home: Home, tmp_path: Path) -> None:
    later = synthetic.plan_rows()
    later["plan"][0]["edition"] = "改訂1"
    deliver(home, later, "plan_2.xlsx", dt.date(2026, 4, 2))
    assert plans.plan_sheets(home, CODE, NAME)["plan"]["edition"].to_list() == ["改訂1"]
    release(home, {"plan_2.xlsx": "withdrawn"})
    assert plans.plan_sheets(home, CODE, NAME)["plan"]["edition"].to_list() != ["改訂1"]
    with pytest.raises(LookupError, match="plan_unknown"):
        plans.plan_sheets(home, CODE, "other")


def test_one_workbook_a_section_is_written_and_listed(home: Home, tmp_path: Path, capsys: Any) -> None:
    release(home)
    to = tmp_path / "reports"
    assert call("report", "--municipality", CODE, "--fiscal-year", "2024", "--to", str(to)) == OK
    names = [f"report_{CODE}_2024_{number}.xlsx" for number in (1, 2, 3)]
    assert sorted(path.name for path in to.iterdir()) == names
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"水産課（計画 {NAME}、指標 2件） → {to / names[0]}"
    assert [line.split("（")[0] for line in said] == ["水産課", "商工課", "担当課未定"]
    assert cells(to / names[0], "報告")[:4] == [CODE, NAME, "2024", "水産課"]
    first = cells(to / names[0], "実績")
    assert first[:5] == [NAME, "k-1", "合成の指標k-1", "令和6年度（2024年4月～2025年3月）の1年分", "約1,200"]
    assert cells(to / names[0], "実績", 5)[4] is None  # 2022 is not last year
    assert cells(to / names[0], "評価", 5)[1:6] == ["k-1", "合成の指標k-1", None, None, "A（順調）"]


def test_one_section_keeps_its_number(home: Home, tmp_path: Path, capsys: Any) -> None:
    asked = ["report", "--municipality", CODE, "--fiscal-year", "2024", "--to", str(tmp_path / "r")]
    assert call(*asked, "--section", "商工課", "--json") == OK
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["plan_id"], told["section_ja"], told["kpis"]) == (NAME, "商工課", 1)
    assert [path.name for path in (tmp_path / "r").iterdir()] == [f"report_{CODE}_2024_2.xlsx"]


def test_without_a_release_there_is_no_last_year(home: Home, tmp_path: Path) -> None:
    assert call("report", "--municipality", CODE, "--fiscal-year", "2024", "--to", str(tmp_path)) == OK
    assert cells(tmp_path / f"report_{CODE}_2024_1.xlsx", "実績")[4] is None


def test_a_release_of_before_the_tables_gives_blanks(home: Home, tmp_path: Path) -> None:
    release(home)
    with duckdb.connect(str(home.current / "sousei.duckdb")) as made:
        made.execute("drop table fct_kpi_actual; drop table mart_kpi_scorecard")
    assert call("report", "--municipality", CODE, "--fiscal-year", "2024", "--to", str(tmp_path)) == OK
    assert cells(tmp_path / f"report_{CODE}_2024_1.xlsx", "実績")[4] is None


@pytest.mark.sampled(6)
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["plan", "--municipality", "99999", "--to", "{to}/a.xlsx"], MISUSE, "municipality_unknown"),
        (["plan", "--municipality", "01000", "--to", "{to}/a.xlsx"], MISUSE, "municipality_unknown"),
        (["plan", "--municipality", CODE, "--plan", "none", "--to", "{to}/a.xlsx"], MISUSE, "no_plan"),
        (["plan", "--municipality", CODE, "--to", "{to}/a.csv"], MISUSE, "not_a_workbook_name"),
        (["plan", "--municipality", CODE, "--to", "{to}/file/a.xlsx"], MISUSE, "place_not_usable"),
        (["plan", "--municipality", CODE, "--to", "{to}/there.xlsx"], REFUSED, "file_exists"),
        (["report", "--municipality", "99999", "--fiscal-year", "2024", "--to", "{to}"], 2, "municipality_unknown"),
        (["report", "--municipality", "01223", "--fiscal-year", "2024", "--to", "{to}"], MISUSE, "no_plan"),
        (["report", "--municipality", CODE, "--fiscal-year", "2050", "--to", "{to}"], MISUSE, "nothing_to_report"),
        (
            ["report", "--municipality", CODE, "--fiscal-year", "2024", "--section", "x", "--to", "{to}"],
            MISUSE,
            "section_unknown",
        ),
        (["report", "--municipality", CODE, "--fiscal-year", "2024", "--to", "{to}/file"], MISUSE, "place_not_usable"),
        (["report", "--municipality", CODE, "--fiscal-year", "2024", "--to", "{to}/full"], REFUSED, "file_exists"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_mistake_is_one_clear_line(
    home: Home, tmp_path: Path, capsys: Any, words: list[str], code: int, said: str, lang: str
) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "there.xlsx").write_text("x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / f"report_{CODE}_2024_2.xlsx").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    assert call(*[word.format(to=tmp_path) for word in words], "--lang", lang) == code
    told = capsys.readouterr()
    assert told.out == "" and told.err.startswith(f"{said}: ") and told.err.count("\n") == 1
    assert lang == "ja" or not any("ぁ" <= sign <= "ん" for sign in told.err)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "there.xlsx").read_text() == "x"


@pytest.mark.parametrize(
    "words", [["plan"], [], ["report", "--municipality", CODE, "--fiscal-year", "R6", "--to", "x"]]
)
def test_a_call_that_lacks_its_arguments_is_misuse(words: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        call(*words)
    assert ended.value.code == MISUSE
    assert "Traceback" not in capsys.readouterr().err


def test_force_replaces_what_is_there(home: Home, tmp_path: Path) -> None:
    to = tmp_path / "there.xlsx"
    to.write_text("x")
    assert call("plan", "--municipality", CODE, "--to", str(to), "--force") == OK
    assert to.read_bytes().startswith(b"PK")


def test_of_several_plans_one_is_chosen(home: Home, tmp_path: Path, capsys: Any) -> None:
    other = synthetic.plan_rows()
    other["plan"][0] |= {"plan_id": "machi_0", "first_fiscal_year": 2016, "last_fiscal_year": 2020}
    deliver(home, other, "other.xlsx", DAY)
    to = tmp_path / "a.xlsx"
    assert call("plan", "--municipality", CODE, "--to", str(to)) == MISUSE
    assert "several_plans" in (told := capsys.readouterr().err) and "machi_0, machi_1".replace(", ", "、") in told
    assert call("plan", "--municipality", CODE, "--to", str(to), "--plan", "machi_0") == OK
    assert cells(to, "計画")[1] == "machi_0"
    assert call("report", "--municipality", CODE, "--fiscal-year", "2024", "--to", str(tmp_path / "r")) == OK
    out = capsys.readouterr().out
    assert "machi_1" in out and "計画 machi_0、" not in out  # 2024 is not of its term
