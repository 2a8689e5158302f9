"""Each fault that a register or a report can have is planted in a sound workbook and named alone, at its place.

Holds: one row per fault. Does not hold: what becomes of a municipality whose plan is wrong (test_office_mistakes.py).
Every row is synthetic.
"""

from __future__ import annotations

import copy
import datetime as dt
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import openpyxl
import polars as pl
import pytest
from openpyxl.utils import column_index_from_string

from sousei.ingest import reported
from sousei.ingest.cells.contents import Opener
from sousei.ingest.forms.model import form
from sousei.ingest.problems.record import Problem
from sousei.ingest.reading import delivery as reading
from sousei.ingest.reading.delivery import Reading
from tests.synthetic.forms import cover, kpi, plan, target, workbook

Sheets = dict[str, list[dict[str, object]]]
Place = tuple[str, int | None, str]
"""Sheet, row and header of the column."""
AS_OF = dt.date(2026, 11, 29)

PLAN: Sheets = {
    "plan": [plan()],
    "body": [{"body_no": 1, "body_ja": "架空の会議", "body_kind": "外部"}],
    "node": [
        {"node_id": "1", "level": "基本目標", "name_ja": "架空の目標"},
        {"node_id": "1a", "level": "施策", "name_ja": "架空の施策", "parent_id": "1"},
    ],
    "kpi": [
        kpi("k1", baseline_value=100, baseline_year=2022, baseline_type="実績", is_baseline_confirmed="○"),
        kpi("k2", kind="期間の累計", unit="件", accumulation="期間累計"),
        kpi("k3", kind="割合", unit="％", delta_unit="pt"),
        kpi("k4", kind="節目", direction="成し遂げる", unit=None, accumulation=None),
        kpi("k5", kind="減少の抑制", benchmark_column="総人口", node_id="1a"),
        kpi("k6", kind="観測値", how_measured="統計から計算", indicator_id="composed:c1"),
    ],
    "target": [
        target("k1", 150),
        target("k2", 60, milestone_method="手入力"),
        target("k3", 45, delta_value=5),
        target("k4", None),
        target("k5", 15000),
    ],
    "milestone": [{"kpi_id": "k2", "target_version": 1, "fiscal_year": 2025, "milestone_value": 30}],
    "composed": [{"composed_id": "c1", "name_ja": "架空の和", "unit": "人", "formula": "和"}],
    "composed_part": [{"composed_id": "c1", "part_no": 1, "kpi_id": "k1", "divisor": 1}],
    "project": [{"project_id": "p1", "project_name_ja": "架空の事業", "is_new": "○", "fund_id": "f1"}],
    "fund": [{"fund_id": "f1", "fund_name_ja": "架空の基金"}],
    "question": [
        {"question_id": "q1", "kpi_id": "k2", "question_ja": "単年か", "reading_taken": "A", "question_state": "未回答"}
    ],
    "reading": [
        {"question_id": "q1", "reading_id": "A", "reading_ja": "累計", "field": "集計", "field_value": "期間累計"}
    ],
    "rule": [{"grade_rule_id": "own", "label_ja": "架空の規則"}],
    "rule_band": [
        {"grade_rule_id": "own", "band_order": 1, "grade": "丸", "measure": "達成率", "comparison": "以上",
         "threshold": 90}
    ],
}  # fmt: skip
GRANT: dict[str, object] = {
    "grant_project_ja": "架空の交付事業", "grant_term_first_year": 2023, "grant_term_last_year": 2027,
    "grant_kpi_no": 1, "grant_kpi_ja": "架空", "unit": "人",
}  # fmt: skip
REPORT: Sheets = {
    "cover": [cover()],
    "value": [
        {"kpi_id": "k1", "reported_value": "約120", "comparator": "約", "unit": "人"},
        {"kpi_id": "k4", "milestone_state": "達成"},
    ],
    "agreement": [{"agreement_no": 1, "signed_month": "2024-05", "partner_ja": "架空社", "agreement_ja": "連携"}],
    "donation": [{"donation_no": 1, "donor_ja": "架空商事", "amount_yen": 1_000_000}],
    "fund_use": [{"fund_id": "f1", "deposit_yen": 300, "used_yen": 100, "balance_yen": 200, "n_projects": 1}],
    "event": [{"event_ja": "架空の講座", "session_no": 1, "held_on": "2025-03-31", "n_participants": 12}],
    "flow": [{"flow_no": 1, "flow_ja": "派遣", "n_persons": 2}],
    "evaluation": [{"subject_id": "1a", "evaluation_state": "下書き"}],
    "grant": [GRANT],
}


class Fault(NamedTuple):
    """problem_id, place: what must be told, and nothing else. change: what is done to the sheets. cells: cells that are
    written over in the workbook, (sheet, address) -> value."""

    problem_id: str
    place: Place
    change: Callable[[Sheets], object] = lambda sheets: None
    cells: Mapping[tuple[str, str], object] = MappingProxyType({})


def edit(sheet: str, row: int, **changed: object) -> Callable[[Sheets], object]:
    return lambda sheets: sheets[sheet][row].update(changed)


def add(sheet: str, **row: object) -> Callable[[Sheets], object]:
    return lambda sheets: sheets[sheet].append(row)


def drop(sheet: str, row: int = 0) -> Callable[[Sheets], object]:
    return lambda sheets: sheets[sheet].pop(row)


def leave_out(sheet: str) -> Callable[[Sheets], object]:
    return lambda sheets: sheets.pop(sheet)


def both(*changes: Callable[[Sheets], object]) -> Callable[[Sheets], object]:
    return lambda sheets: [change(sheets) for change in changes]


IN_THE_PLAN = [
    Fault("form_sheet_missing", ("計画", None, ""), leave_out("plan")),
    Fault("form_header", ("評価体制", None, ""), cells=dict.fromkeys([("評価体制", f"{at}3") for at in "ABCDEF"])),
    Fault("form_column_missing", ("評価体制", None, "区分"), cells={("評価体制", "C3"): "種別"}),
    Fault("form_column_missing", ("指標", None, "種類"), cells={("指標", "G3"): "指標の型"}),
    Fault("form_column_unread", ("体系", 3, ""), cells={("体系", "I3"): "課のメモ"}),
    Fault("form_one_row", ("計画", 5, ""), lambda sheets: sheets["plan"].append(plan(edition="2"))),
    Fault("form_row_again", ("体系", 6, "体系ID"), lambda sheets: sheets["node"].append(dict(sheets["node"][1]))),
    Fault("form_date", ("計画", 4, "決定日"), edit("plan", 0, decided_on="近いうち")),
    Fault("form_flag", ("事業", 4, "新規"), edit("project", 0, is_new="たぶん")),
    Fault("form_id", ("事業", 4, "事業ID"), edit("project", 0, project_id="p/1")),
    Fault("form_integer", ("評価体制", 4, "順"), edit("body", 0, body_no="1.5")),
    Fault("form_text", ("体系", 5, "本文"), edit("node", 1, text_ja="長" * 20_001)),
    Fault("form_positive", ("指標", 4, "系列の除数"), edit("kpi", 0, indicator_scale=0)),
    Fault("form_positive", ("指標", 4, "報告の間隔（年）"), edit("kpi", 0, reporting_step_years=0)),
    Fault("form_positive", ("指標", 4, "報告の間隔（年）"), edit("kpi", 0, reporting_step_years=11)),
    Fault("form_positive", ("目標", 4, "目標の版"), edit("target", 0, target_version=0)),
    Fault("form_positive", ("目標", 4, "期間（年）"), edit("target", 0, term_years=0)),
    Fault("form_positive", ("合成指標の部分", 4, "系列の除数"), edit("composed_part", 0, divisor=0)),
    Fault("plan_kind_direction", ("指標", 7, "方向"), edit("kpi", 3, direction="減らす")),
    Fault("plan_kind_direction", ("指標", 4, "方向"), edit("kpi", 0, direction="成し遂げる")),
    Fault("plan_unit_blank", ("指標", 4, "単位"), edit("kpi", 0, unit=None)),
    Fault("plan_indicator_unused", ("指標", 4, "指標の系列ID"), edit("kpi", 0, indicator_id="registry_total_persons")),
    Fault("plan_benchmark_missing", ("指標", 8, "推計の値"), edit("kpi", 4, benchmark_column=None)),
    Fault("plan_baseline_missing", ("指標", 4, "基準値"), edit("kpi", 0, baseline_value=None)),
    Fault("plan_delta_reversed", ("指標", 6, "方向"), edit("target", 2, delta_value="▲5")),
    Fault("plan_share_beyond", ("指標", 6, "種類"), edit("target", 2, target_value=120)),
    Fault("plan_share_beyond", ("指標", 6, "種類"),
          both(edit("kpi", 2, direction="保つ"), edit("target", 2, target_value=120))),
    Fault("plan_share_beyond", ("指標", 6, "種類"),
          both(edit("kpi", 2, baseline_value=-1, baseline_type="未確認"), edit("target", 2, delta_value=46))),
    Fault("plan_target_of_observation", ("目標", 9, "目標値"), lambda sheets: sheets["target"].append(target("k6", 1))),
    Fault("plan_target_year", ("目標", 4, "目標年度"), edit("target", 0, target_fiscal_year=2101)),
    Fault("plan_target_year", ("目標", 4, "目標年度"), edit("target", 0, target_fiscal_year=2014)),
    Fault("plan_rule_without_bands", ("評価規則", 4, "規則ID"), drop("rule_band")),
    Fault("plan_milestone_version", ("目安値", 5, "目標の版"),
          add("milestone", kpi_id="k2", target_version=2, fiscal_year=2025, milestone_value=30)),
    Fault("plan_milestones_missing", ("目標", 5, "目安の作り方"), drop("milestone")),
    Fault("plan_milestones_missing", ("目標", 4, "目安の作り方"), edit("target", 0, milestone_method="計画の中間目標")),
    Fault("plan_milestones_unused", ("目標", 5, "目安の作り方"), edit("target", 1, milestone_method="直線")),
    Fault("plan_milestones_unused", ("目標", 5, "目安の作り方"), edit("target", 1, milestone_method=None)),
    Fault("plan_reading_of_no_kpi", ("読み方", 4, "変える項目"), edit("question", 0, kpi_id=None)),
    Fault("plan_reading_unknown", ("要確認", 4, "採る読み"), edit("question", 0, reading_taken="C")),
]  # fmt: skip
IN_THE_REPORT = [
    Fault("form_sheet_missing", ("報告", None, ""), leave_out("cover")),
    Fault("form_header", ("評価", None, ""), cells=dict.fromkeys([("評価", f"{at}3") for at in "ABCDEFGHIJKLMN"])),
    Fault("form_column_missing", ("実績", None, "値"), cells={("実績", "H3"): "数字"}),
    Fault("form_column_unread", ("協定", 3, ""), cells={("協定", "J3"): "課のメモ"}),
    Fault("form_row_again", ("実績", 6, "年度"), lambda sheets: sheets["value"].append(dict(sheets["value"][1]))),
    Fault("form_date", ("催し・講座", 4, "開催日"), edit("event", 0, held_on="三月の末")),
    Fault("form_flag", ("企業版ふるさと納税", 4, "非公開"), edit("donation", 0, is_undisclosed="たぶん")),
    Fault("form_id", ("協定", 4, "指標ID"), edit("agreement", 0, kpi_id="k/1")),
    Fault("form_integer", ("催し・講座", 4, "参加者数"), edit("event", 0, n_participants="約12")),
    Fault("form_text", ("評価", 4, "課題"), edit("evaluation", 0, issues_ja="長" * 20_001)),
    Fault("form_negative", ("企業版ふるさと納税", 4, "金額（円）"), edit("donation", 0, amount_yen="▲1")),
    Fault("form_negative", ("催し・講座", 4, "参加者数"), edit("event", 0, n_participants="▲1")),
    Fault("form_negative", ("人の流れ", 4, "人数"), edit("flow", 0, n_persons="▲1")),
    Fault("form_negative", ("基金", 4, "積立額（円）"), edit("fund_use", 0, deposit_yen="▲1")),
    Fault("form_negative", ("基金", 4, "活用額（円）"), edit("fund_use", 0, used_yen="▲1")),
    Fault("form_negative", ("基金", 4, "年度末残高（円）"), edit("fund_use", 0, balance_yen="▲1")),
    Fault("form_negative", ("基金", 4, "活用した事業の数"), edit("fund_use", 0, n_projects="▲1")),
    Fault("grant_term", ("交付金", 4, "事業の終了年度"), edit("grant", 0, grant_term_last_year=2030)),
    Fault("grant_year", ("交付金", 4, "年度"), edit("grant", 0, fiscal_year=2022)),
    Fault("grant_year", ("交付金", 4, "年度"), edit("grant", 0, fiscal_year=2028)),
    Fault("report_comparators", ("実績", 4, "比較"), edit("value", 0, comparator="以上")),
]  # fmt: skip
BESIDE_THE_PLAN = [
    Fault("report_milestone_value", ("実績", 5, "節目の状態"),
          edit("value", 1, milestone_state=None, reported_value=1)),
    Fault("report_year_before", ("実績", 4, "年度"), edit("value", 0, fiscal_year=2022)),
    Fault("report_year_before", ("実績", 4, "年度"), edit("plan", 0, last_fiscal_year="R5")),
    Fault("report_subject_unknown", ("評価", 4, "体系ID・指標ID"), edit("evaluation", 0, subject_id="1b")),
    Fault("report_subject_unknown", ("基金", 4, "基金ID"), edit("fund_use", 0, fund_id="f2")),
    Fault("report_subject_unknown", ("協定", 4, "指標ID"), edit("agreement", 0, kpi_id="k9")),
    Fault("report_subject_unknown", ("催し・講座", 4, "指標ID"), edit("event", 0, kpi_id="k9")),
]  # fmt: skip
REVIEWED = {"form_column_unread", "form_row_again", "plan_unit_blank", "plan_indicator_unused", "report_year_before"}
"""Faults that cost nothing: a person should look."""


@pytest.fixture(scope="module")
def opener() -> Iterator[Opener]:
    with Opener() as opens:
        yield opens


def made(source: str, sheets: Sheets, fault: Fault | None = None) -> bytes:
    """A workbook of a form, with a fault."""
    changed = copy.deepcopy(sheets)
    if fault is not None:
        fault.change(changed)
    data = workbook(source, changed)
    if fault is None or not fault.cells:
        return data
    book, sink = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
    for (sheet, address), value in fault.cells.items():
        book[sheet][address] = value
    book.save(sink)
    return sink.getvalue()


def read(source: str, sheets: Sheets, opener: Opener, fault: Fault | None = None) -> Reading:
    return reading.read(made(source, sheets, fault), "x.xlsx", opener=opener)


def told(problems: list[Problem]) -> list[tuple[str, Place]]:
    return [(one["problem_id"], (one["sheet"], one["row"], one["column_label"])) for one in problems]


def test_the_workbooks_are_sound_without_a_fault(opener: Opener) -> None:
    for source, sheets in (("plan_register", PLAN), ("section_report", REPORT)):
        found = read(source, sheets, opener)
        assert found.problems == [] and found.taken
        assert {name.removeprefix(f"{source}_"): rows.height for name, rows in found.tables.items()} == {
            name: len(rows) for name, rows in sheets.items()
        }


@pytest.mark.parametrize("fault", IN_THE_PLAN, ids=lambda one: f"{one.problem_id}-{one.place[2]}")
def test_a_fault_of_a_register_is_named_alone_at_its_place(opener: Opener, fault: Fault) -> None:
    found = read("plan_register", PLAN, opener, fault)
    assert told(found.problems) == [(fault.problem_id, fault.place)]
    assert found.taken == (fault.problem_id in REVIEWED), "a plan is taken whole or not at all"


@pytest.mark.parametrize("fault", IN_THE_REPORT, ids=lambda one: f"{one.problem_id}-{one.place[2]}")
def test_a_fault_of_a_report_is_named_alone_at_its_place(opener: Opener, fault: Fault) -> None:
    found = read("section_report", REPORT, opener, fault)
    assert told(found.problems) == [(fault.problem_id, fault.place)]
    assert found.taken == (fault.problem_id != "form_sheet_missing"), "a wrong row costs itself"
    kept = sum(rows.height for rows in found.tables.values())
    whole = sum(map(len, REPORT.values()))
    assert kept == (0 if not found.taken else whole - _lost(fault))


def test_a_step_that_is_too_long_is_told_with_its_bounds(opener: Opener) -> None:
    long = Fault("form_positive", ("", None, ""), edit("kpi", 0, reporting_step_years=11))
    (problem,) = read("plan_register", PLAN, opener, long).problems
    assert "1～10" in problem["message_ja"] and "1 to 10" in problem["message_en"]


@pytest.mark.parametrize(("source", "sheets", "at"), [("plan_register", PLAN, "O3"), ("section_report", REPORT, "G3")])
def test_a_blank_cover_is_named_beside_a_column_that_is_not_read(
    opener: Opener, source: str, sheets: Sheets, at: str
) -> None:
    sheet = form(source).sheet(form(source).cover)
    blank = Fault(
        "form_cover_blank", ("", None, ""), lambda given: given[sheet.name].clear(), {(sheet.sheet_ja, at): "x"}
    )
    found = read(source, sheets, opener, blank)
    assert told(found.problems) == [
        ("form_column_unread", (sheet.sheet_ja, 3, "")),
        ("form_cover_blank", (sheet.sheet_ja, None, "")),
    ]
    assert f"{column_index_from_string(at[0])} 列目" in found.problems[0]["message_ja"] and not found.taken


def _lost(fault: Fault) -> int:
    """Rows that a fault of a report costs: its own, or all of a sheet that cannot be read."""
    if fault.problem_id in REVIEWED:
        return 0
    if fault.place[1] is not None:
        return 1
    return {"評価": len(REPORT["evaluation"]), "実績": len(REPORT["value"])}[fault.place[0]]


def beside(tmp_path: Path, opener: Opener, *reports: Sheets, register: Sheets = PLAN) -> reported.Found:
    """What is told of reports, in the order in which they came, beside a register."""
    files: dict[str, list[Path]] = {}
    books = [("plan_register", register), *(("section_report", one) for one in reports)]
    for number, (source, sheets) in enumerate(books, 1):
        found = read(source, sheets, opener)
        assert found.problems == []
        for name, rows in found.tables.items():
            path = tmp_path / f"{number}_{name}.parquet"
            rows.with_columns(source_id=pl.lit(f"s{number}")).write_parquet(path)
            files.setdefault(name, []).append(path)
    numbers = range(1, len(books) + 1)
    deliveries = pl.DataFrame(
        {"source_id": [f"s{one}" for one in numbers], "received_order": numbers, "file_name": ["x.xlsx"] * len(books)}
    )
    return reported.against_plans(files, deliveries, AS_OF)


def test_a_sound_report_beside_its_plan_is_read_without_a_word(tmp_path: Path, opener: Opener) -> None:
    found = beside(tmp_path, opener, REPORT)
    assert found.problems == [] and found.asides.is_empty()


@pytest.mark.parametrize("fault", BESIDE_THE_PLAN, ids=lambda one: f"{one.problem_id}-{one.place[2]}")
def test_a_report_that_does_not_go_with_its_plan_is_named_at_its_place(
    tmp_path: Path, opener: Opener, fault: Fault
) -> None:
    register, report = copy.deepcopy(PLAN), copy.deepcopy(REPORT)
    fault.change(register | report)
    found = beside(tmp_path, opener, report, register=register)
    assert told(list(found.problems)) == [(fault.problem_id, fault.place)]
    at = [] if fault.problem_id in REVIEWED else [("s2", *fault.place[:2], fault.problem_id)]
    assert found.asides.rows() == at


def test_a_value_that_its_section_restates_without_a_reason_is_asked_for_it(tmp_path: Path, opener: Opener) -> None:
    again = copy.deepcopy(REPORT)
    again["value"][0] |= {"reported_value": 130, "comparator": None}
    found = beside(tmp_path, opener, REPORT, again)
    assert told(list(found.problems)) == [("report_restated", ("実績", 4, "訂正の理由"))]
    assert found.problems[0]["source_id"] == "s3" and found.asides.is_empty(), "the later one; both are kept"
    again["value"][0] |= {"restated_reason_ja": "数え直し"}
    assert beside(tmp_path, opener, REPORT, again).problems == []
    assert beside(tmp_path, opener, REPORT, REPORT).problems == []
