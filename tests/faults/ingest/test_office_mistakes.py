"""What an office writes wrong in plan and reports: each is read right, or named with sheet and cell in Japanese.

Nothing wrong is published in silence, a wrong row costs itself, a wrong plan its municipality, and the others count.
Everything here is synthetic.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest

from sousei.foundation.home import Home
from sousei.ingest import raw
from sousei.ingest.reading import delivery as reading
from sousei.ingest.receive import intake
from tests.synthetic import forms

NIGHT = dt.datetime(2026, 11, 29, 2, tzinfo=ZoneInfo("Asia/Tokyo"))
Sheets = dict[str, list[dict[str, object]]]


class Mistake(NamedTuple):
    """what: in words. change: what is done to the sheets. sheet, header: where it must be told. problem_id: as what."""

    what: str
    change: Callable[[Sheets], object]
    sheet: str
    header: str
    problem_id: str


def plan_of(code: str = "01661", plan: str = "kushiro_cho_3") -> Sheets:
    """A sound plan: five KPI of five kinds."""
    return {
        "plan": [forms.plan(municipality_code=code, plan_id=plan)],
        "node": [
            {"node_id": "1", "level": "基本目標", "name_ja": "架空の目標"},
            {"node_id": "1a", "level": "施策", "name_ja": "架空の施策", "parent_id": "1", "section_ja": "企画課"},
        ],
        "kpi": [
            forms.kpi(
                "k1",
                node_id="1a",
                baseline_value=100,
                baseline_year=2022,
                baseline_type="実績",
                is_baseline_confirmed="○",
            ),
            forms.kpi("k2", kind="期間の累計", unit="件", accumulation="期間累計"),
            forms.kpi("k3", kind="割合", unit="％"),
            forms.kpi("k4", kind="維持", direction="保つ", unit="校"),
            forms.kpi("k5", kind="毎年の水準", direction="減らす", unit="件", accumulation="単年"),
        ],
        "target": [
            forms.target("k1", "150"),
            forms.target("k2", "60"),
            forms.target("k3", "45.5"),
            forms.target("k4", "3"),
            forms.target("k5", "10"),
        ],
    }


def report_of(code: str = "01661", plan: str = "kushiro_cho_3") -> Sheets:
    """A sound report of FY2024."""
    return {
        "cover": [forms.cover(municipality_code=code, plan_id=plan)],
        "value": [
            {"kpi_id": "k1", "reported_value": "120", "unit": "人"},
            {"kpi_id": "k2", "reported_value": "14", "unit": "件", "accumulation": "単年"},
            {"kpi_id": "k3", "numerator": "399", "denominator": "1000", "unit": "％"},
            {"kpi_id": "k4", "reported_value": "3", "unit": "校"},
            {"kpi_id": "k5", "reported_value": "9", "unit": "件"},
        ],
    }


def edit(sheet: str, row: int, **changed: object) -> Callable[[Sheets], object]:
    return lambda sheets: sheets[sheet][row].update(changed)


def add(sheet: str, **row: object) -> Callable[[Sheets], object]:
    return lambda sheets: sheets.setdefault(sheet, []).append(row)


def drop(sheet: str, row: int) -> Callable[[Sheets], object]:
    return lambda sheets: sheets[sheet].pop(row)


IN_THE_PLAN = [
    Mistake("種類の打ち間違い", edit("kpi", 0, kind="期末の水凖"), "指標", "種類", "form_choice"),
    Mistake("方向の打ち間違い", edit("kpi", 0, direction="ふやす？"), "指標", "方向", "form_choice"),
    Mistake("方向が逆", edit("kpi", 0, direction="減らす"), "指標", "方向", "plan_direction_reversed"),
    Mistake("目標の行がない", drop("target", 1), "指標", "指標ID", "plan_target_missing"),
    Mistake("目標値が空欄", edit("target", 1, target_value=None), "目標", "目標値", "plan_target_blank"),
    Mistake("同じ指標IDが二つ", edit("kpi", 1, kpi_id="k1"), "指標", "指標ID", "form_twice"),
    Mistake("目標の指標IDの打ち間違い", edit("target", 0, kpi_id="k11"), "目標", "指標ID", "form_unknown_id"),
    Mistake("体系IDの打ち間違い", edit("kpi", 0, node_id="1b"), "指標", "体系ID", "form_unknown_id"),
    Mistake("割合なのに単位が件", edit("kpi", 2, unit="件"), "指標", "単位", "plan_unit_of_ratio"),
    Mistake("基準値の種類が空欄", edit("kpi", 0, baseline_type=None), "指標", "基準値の種類", "plan_baseline_type"),
    Mistake("終了年度が開始より前", edit("plan", 0, last_fiscal_year="R1"), "計画", "終了年度", "plan_term"),
    Mistake("年度に文", edit("plan", 0, first_fiscal_year="来年度"), "計画", "開始年度", "form_year"),
    Mistake("先頭の0が落ちた6桁コード", edit("plan", 0, municipality_code="12238"), "計画", "団体コード", "form_code"),
    Mistake("検査数字の違うコード", edit("plan", 0, municipality_code="016617"), "計画", "団体コード", "form_code"),
    Mistake("系列IDが空欄の計算", edit("kpi", 0, how_measured="統計から計算"),
            "指標", "指標の系列ID", "plan_indicator_missing"),
    Mistake("増減が合わない", edit("target", 0, delta_value="40"), "指標", "基準値", "plan_sum_broken"),
    Mistake("逆算の基準値を確認済みに", edit("kpi", 0, baseline_type="逆算"),
            "指標", "基準値は確認済み", "plan_baseline_not_confirmed"),
    Mistake("累計に1年分の基準値", edit("kpi", 1, baseline_value=10, baseline_year="R4", baseline_type="実績"),
            "指標", "基準値", "plan_baseline_of_sum"),
    Mistake("概数の基準値", edit("kpi", 0, baseline_value="約100"), "指標", "基準値", "plan_value_not_exact"),
    Mistake("見直しの理由がない",
            add("target", kpi_id="k1", target_version=2, target_value=160, target_fiscal_year=2027),
                "目標", "見直しの理由", "plan_revision"),
    Mistake("評価規則の打ち間違い", edit("plan", 0, grade_rule_id="abcd_mile"), "計画", "評価規則", "form_choice"),
    Mistake("上位IDが自分", edit("node", 0, parent_id="1a"), "体系", "上位ID", "plan_tree_circle"),
]  # fmt: skip
IN_THE_REPORT = [
    Mistake("計画IDの打ち間違い", edit("cover", 0, plan_id="kushiro_cho_8"), "実績", "計画ID", "report_plan_unknown"),
    Mistake("指標IDの打ち間違い", edit("value", 0, kpi_id="k9"), "実績", "指標ID", "report_kpi_unknown"),
    Mistake("単位の打ち間違い", edit("value", 0, unit="件"), "実績", "単位", "report_unit_differs"),
    Mistake("単位つきの別の単位", edit("value", 0, reported_value="120世帯"), "実績", "値", "form_unit"),
    Mistake("値に文", edit("value", 0, reported_value="前年並み"), "実績", "値", "form_number"),
    Mistake("状態の打ち間違い", edit("value", 0, value_status="速方"), "実績", "状態", "form_choice"),
    Mistake("秘匿なのに値", edit("value", 0, value_status="秘匿"), "実績", "状態", "report_status_with_value"),
    Mistake("確定なのに空欄", edit("value", 0, reported_value=None, value_status="確定"),
            "実績", "値", "report_value_missing"),
    Mistake("先の年度", edit("value", 0, fiscal_year="令和16年度"), "実績", "年度", "report_year_ahead"),
    Mistake("年度に月", edit("value", 0, fiscal_year="令和6年12月"), "実績", "年度", "form_year"),
    Mistake("分母が0", edit("value", 2, denominator="0"), "実績", "分母", "report_denominator_zero"),
    Mistake("値と分子・分母が合わない", edit("value", 2, reported_value="45"), "実績", "値", "report_parts_disagree"),
    Mistake("割合を小数で",
            edit("value", 2, numerator=None, denominator=None, reported_value=0.399),
                "実績", "値", "report_share_as_fraction"),
    Mistake("100を超える割合",
            edit("value", 2, numerator=None, denominator=None, reported_value="399"),
                "実績", "値", "report_share_beyond"),
    Mistake("桁違い", edit("value", 0, reported_value="12000000"), "実績", "値", "report_size_unlike"),
    Mistake("累計か単年か不明", edit("value", 1, accumulation=None), "実績", "集計", "report_accumulation_missing"),
    Mistake("同じ指標に二つの値", add("value", kpi_id="k1", reported_value="130", unit="人"),
            "実績", "年度", "form_twice"),
    Mistake("節目でない指標に節目",
            edit("value", 0, reported_value=None, milestone_state="達成"), "実績", "節目の状態", "report_no_milestone"),
    Mistake("壊れた式", edit("value", 0, reported_value="#REF!"), "実績", "値", "form_error_cell"),
]  # fmt: skip


def told(tmp_path: Path, plan: Sheets, report: Sheets) -> raw.RawResult:
    """A night's reading of one town with these sheets beside a sound one."""
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    forms.workbook("plan_register", plan, landing / "plan.xlsx")
    forms.workbook("section_report", report, landing / "report.xlsx")
    forms.workbook("plan_register", plan_of("01662", "akkeshi_1"), landing / "other_plan.xlsx")
    forms.workbook("section_report", report_of("01662", "akkeshi_1"), landing / "other_report.xlsx")
    return raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date())


def values(result: raw.RawResult, code: str) -> dict[str, Any]:
    """What counts of the reported values of a town."""
    if not result.files.get("section_report_value"):
        return {}
    rows = pl.read_parquet(result.files["section_report_value"]).filter(pl.col("municipality_code") == code)
    rows = rows.join(result.asides, on=["source_id", "sheet", "row"], how="anti")
    return {row["kpi_id"]: row["reported_value"] for row in rows.iter_rows(named=True)}


SOUND = {"k1": Decimal(120), "k2": Decimal(14), "k3": Decimal("39.9"), "k4": Decimal(3), "k5": Decimal(9)}


def assert_named(result: raw.RawResult, mistake: Mistake) -> None:
    found = result.problems.filter(pl.col("problem_id") == mistake.problem_id).to_dicts()
    assert found, result.problems.select("problem_id", "sheet", "row", "message_ja").to_dicts()
    places = {(one["sheet"], one["column_label"]) for one in found}
    assert (mistake.sheet, mistake.header) in places
    for one in found:
        assert one["row"] is not None and one["severity"] == "warn", "at its row; the night goes on"
        assert any(ord(sign) > 0x3000 for sign in one["message_ja"] + one["action_ja"])


def test_a_sound_plan_and_report_are_read_without_a_word(tmp_path: Path) -> None:
    result = told(tmp_path, plan_of(), report_of())
    assert result.problems.to_dicts() == []
    assert values(result, "01661") == values(result, "01662") == SOUND


@pytest.mark.sampled(6)
@pytest.mark.parametrize("mistake", IN_THE_PLAN, ids=lambda one: one.what)
def test_a_mistake_in_the_plan_is_named_and_costs_its_municipality_alone(tmp_path: Path, mistake: Mistake) -> None:
    plan = plan_of()
    mistake.change(plan)
    result = told(tmp_path, plan, report_of())
    assert_named(result, mistake)
    verdicts = dict(result.deliveries.select("file_name", "verdict").iter_rows())
    assert verdicts["plan.xlsx"] == "refused" and not result.refused
    assert values(result, "01661") == {} and values(result, "01662") == SOUND


@pytest.mark.sampled(6)
@pytest.mark.parametrize("mistake", IN_THE_REPORT, ids=lambda one: one.what)
def test_a_mistake_in_a_report_is_named_and_costs_its_row_alone(tmp_path: Path, mistake: Mistake) -> None:
    report = report_of()
    mistake.change(report)
    result = told(tmp_path, plan_of(), report)
    assert_named(result, mistake)
    assert not result.refused and values(result, "01662") == SOUND
    counts = values(result, "01661")
    assert counts.items() <= SOUND.items(), "what counts is right"
    assert len(counts) == (0 if mistake.problem_id == "report_plan_unknown" else 4)


@pytest.mark.parametrize(
    ("what", "change", "kpi", "value"),
    [
        ("桁区切り", edit("value", 0, reported_value="1,460", note_ja="合併で増えた"), "k1", "1460"),
        ("▲の負の数", edit("value", 0, reported_value="▲170", note_ja="純減"), "k1", "-170"),
        ("△の負の数", edit("value", 0, reported_value="△170", note_ja="純減"), "k1", "-170"),
        ("千人つき", edit("value", 0, reported_value="1.2千人"), "k1", "1200"),
        ("約つき", edit("value", 0, reported_value="約120"), "k1", "120"),
        ("全角", edit("value", 0, reported_value="１２０"), "k1", "120"),
        ("％つき", edit("value", 2, numerator=None, denominator=None, reported_value="35.95%"), "k3", "35.95"),
        ("単位つき", edit("value", 0, reported_value="120人"), "k1", "120"),
        ("6桁の団体コード", edit("cover", 0, municipality_code="016616"), "k1", "120"),
        ("0の落ちたコード", edit("cover", 0, municipality_code="1661"), "k1", "120"),
        ("令和6年度", edit("cover", 0, fiscal_year="令和6年度"), "k1", "120"),
        ("R6", edit("cover", 0, fiscal_year="R6"), "k1", "120"),
        ("同じ行が二つ", add("value", kpi_id="k1", reported_value="120", unit="人"), "k1", "120"),
    ],
)
def test_what_people_write_is_read_right(tmp_path: Path, what: str, change: Any, kpi: str, value: str) -> None:
    report = report_of()
    change(report)
    result = told(tmp_path, plan_of(), report)
    assert values(result, "01661") == SOUND | {kpi: Decimal(value)}
    assert result.problems.filter(pl.col("severity") != "review").to_dicts() == []


def test_a_register_that_counts_single_years_answers_what_a_report_covers(tmp_path: Path) -> None:
    plan, report = plan_of(), report_of()
    plan["kpi"][1] |= {"accumulation": "単年"}
    report["value"][1] |= {"accumulation": None}
    result = told(tmp_path, plan, report)
    assert values(result, "01661") == SOUND and result.problems.is_empty()


def test_a_target_is_written_with_the_unit_of_its_kpi_or_named(tmp_path: Path) -> None:
    plan = plan_of()
    plan["kpi"][2] |= {"delta_unit": "pt", "baseline_value": "39.5％", "baseline_year": 2022, "baseline_type": "実績"}
    plan["target"][0] |= {"target_value": "0.15千人", "delta_value": "50人"}
    plan["target"][2] |= {"target_value": "45.5%", "delta_value": "6pt"}
    found = forms.workbook("plan_register", plan)
    read = reading.read(found, "plan.xlsx")
    assert read.problems == []
    targets = dict(read.tables["plan_register_target"].select("kpi_id", "target_value").iter_rows())
    assert (targets["k1"], targets["k3"]) == (Decimal(150), Decimal("45.5"))
    plan["target"][0] |= {"target_value": "150件"}
    (wrong,) = reading.read(forms.workbook("plan_register", plan), "plan.xlsx").problems
    assert (wrong["problem_id"], wrong["sheet"], wrong["column_label"]) == ("form_unit", "目標", "目標値")
    assert "人" in wrong["message_ja"] and "件" in wrong["message_ja"]


def test_a_copied_sheet_is_told_since_nobody_reads_it(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(io.BytesIO(forms.workbook("section_report", report_of())))
    book.copy_worksheet(book["実績"]).title = "実績 (2)"
    stream = io.BytesIO()
    book.save(stream)
    read = reading.read(stream.getvalue(), "report.xlsx")
    assert [(one["problem_id"], one["sheet"]) for one in read.problems] == [("form_sheet_again", "実績 (2)")]
    assert read.tables["section_report_value"].height == 5


def test_a_sheet_that_an_office_adds_is_told_where_something_stands_in_it() -> None:
    for source, rows in (("plan_register", plan_of()), ("section_report", report_of())):
        book = openpyxl.load_workbook(io.BytesIO(forms.workbook(source, rows)))
        book.create_sheet("課のメモ").append(["k1", 130])
        book.create_sheet("Sheet1")
        book.create_sheet("前の年").append(["k1", 120])
        book["前の年"].sheet_state = "hidden"
        stream = io.BytesIO()
        book.save(stream)
        read = reading.read(stream.getvalue(), "form.xlsx")
        (told_of,) = read.problems
        assert (told_of["problem_id"], told_of["severity"], read.taken) == ("form_sheet_unread", "review", True)
        assert told_of["sheet"] == f"{len(book.sheetnames) - 2}枚目のシート", (
            "a name that is not ours may be a person's"
        )


def test_a_blank_row_is_nobodys_and_a_status_without_a_value_is_kept(tmp_path: Path) -> None:
    report = report_of()
    report["value"][0] |= {"reported_value": None}
    report["value"][1] |= {"reported_value": "調査なし"}
    report["value"][3] |= {"reported_value": None, "value_status": "秘匿"}
    result = told(tmp_path, plan_of(), report)
    assert values(result, "01661") == {"k2": None, "k3": SOUND["k3"], "k4": None, "k5": SOUND["k5"]}
    assert result.problems.to_dicts() == []


def test_a_report_waits_for_its_plan(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    forms.workbook("section_report", report_of(), landing / "report.xlsx")
    before = raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date())
    assert before.problems["problem_id"].unique().to_list() == ["report_plan_unknown"] and not before.refused
    forms.workbook("plan_register", plan_of(), landing / "plan.xlsx")
    after = raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date())
    assert values(after, "01661") == SOUND and after.problems.is_empty()


def test_two_sections_with_two_values_are_asked_and_one_section_restates(tmp_path: Path) -> None:
    landing, home = tmp_path / "landing", Home(tmp_path / "home")
    forms.workbook("plan_register", plan_of(), landing / "plan.xlsx")
    forms.workbook("section_report", report_of(), landing / "a.xlsx")
    raw.read(home, intake.take(home, landing, NIGHT, "test"), NIGHT.date())
    later = NIGHT + dt.timedelta(days=1)
    other = report_of()
    other["value"] = [{"kpi_id": "k1", "reported_value": "125", "unit": "人"}]
    other["cover"][0]["section_ja"] = "水産課"
    forms.workbook("section_report", other, landing / "b.xlsx")
    result = raw.read(home, intake.take(home, landing, later, "test"), later.date())
    assert set(result.problems["problem_id"]) == {"report_sections_disagree"} and len(result.problems) == 2
    assert "k1" not in values(result, "01661")
    other["value"][0]["restated_reason_ja"] = "集計の誤り"
    forms.workbook("section_report", other, landing / "b.xlsx")
    result = raw.read(home, intake.take(home, landing, later + dt.timedelta(days=1), "test"), later.date())
    assert result.problems.is_empty() and result.asides.is_empty()


def test_there_are_at_least_twenty_eight_mistakes() -> None:
    assert len(IN_THE_PLAN) + len(IN_THE_REPORT) >= 28


def test_a_reading_takes_years_and_numbers_as_people_write_them(tmp_path: Path) -> None:
    plan = plan_of()
    plan["question"] = [
        {
            "question_id": "q1",
            "kpi_id": "k1",
            "question_ja": "基準はいつか",
            "reading_taken": "B",
            "question_state": "未回答",
        }
    ]
    plan["reading"] = [
        {"question_id": "q1", "reading_id": "A", "reading_ja": "計画のとおり"},
        {"question_id": "q1", "reading_id": "B", "reading_ja": "前の年度", "field": "基準年", "field_value": "R3"},
    ]
    result = told(tmp_path, plan, report_of())
    assert result.problems.is_empty()
    readings = pl.read_parquet(result.files["plan_register_reading"]).drop_nulls("field")
    assert readings.select("field", "field_value").rows() == [("baseline_year", "2021")]
