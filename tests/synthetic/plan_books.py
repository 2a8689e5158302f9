"""A synthetic plan of 釧路町 with all sheets that the marts of plans read, and a report of one of its sections.

Holds: the rows; no figure is real. Does not hold: what must come of them (tests/integration/test_plan_marts.py).
"""

from __future__ import annotations

from pathlib import Path

from tests.synthetic.forms import cover, kpi, plan, target, workbook

NODES = [
    {"node_id": "g1", "level": "基本目標", "name_ja": "架空の目標"},
    {"node_id": "a1", "level": "政策分野", "parent_id": "g1", "name_ja": "架空の分野"},
    {"node_id": "m1", "level": "施策", "parent_id": "a1", "name_ja": "架空の施策一", "section_ja": "水産課"},
    {"node_id": "m2", "level": "施策", "parent_id": "a1", "name_ja": "架空の施策二"},
    {"node_id": "d1", "level": "基本的方向", "parent_id": "m2", "name_ja": "架空の方向"},
]
OWN_RULE = [{"grade_rule_id": "own", "label_ja": "架空の規則", "rate_measure": "達成率"}]
_BAND = {"grade_rule_id": "own", "measure": "達成率", "threshold": 90}
OWN_BANDS = [
    {"band_order": 1, "grade": "丸", "comparison": "以上", **_BAND},
    {"band_order": 2, "grade": "角", "comparison": "未満", **_BAND},
]


def whole_plan(path: Path) -> None:
    """The register: four KPI, three projects of which one stands twice, an open question and one that is answered."""
    workbook(
        "plan_register",
        {
            "plan": [plan(secretariat_ja="企画課")],
            "body": [
                {"body_no": 1, "body_ja": "企画課", "body_kind": "事務局"},
                {"body_no": 2, "body_ja": "架空の会議", "body_kind": "外部"},
            ],
            "node": NODES,
            "kpi": [
                kpi("k1", node_id="m1", baseline_value=100, baseline_year="2022", baseline_type="逆算"),
                kpi("k2", node_id="m1", kind="期間の累計", unit="件", accumulation="単年", section_ja="商工課"),
                kpi("k3", node_id="d1", kind="節目", direction="成し遂げる", unit=None, accumulation=None),
                kpi("k4", node_id="m2", kind="期末の水準", unit="件", accumulation="開始以来累計", section_ja="企画課"),
            ],
            "target": [
                target("k1", 150),
                target(
                    "k1", 160, target_version=2, valid_from_fiscal_year="2025", reason_ja="架空の見直し",
                    decided_by_ja="推進本部",
                ),
                target("k2", 20),
                target("k3", None, target_fiscal_year=2024),
                target("k4", 10),
            ],
            "fund": [
                {"fund_id": "f1", "fund_name_ja": "架空の基金", "purpose_ja": "漁業"},
                {"fund_id": "f2", "fund_name_ja": "使わない基金"},
            ],
            "project": [
                {"project_id": "p1", "project_name_ja": "架空の事業一", "is_priority": "○", "fund_id": "f1"},
                {"project_id": "p2", "project_name_ja": "架空の事業二", "is_new": "○"},
                {"project_id": "p3", "project_name_ja": "載っていない事業"},
            ],
            "project_link": [
                {"node_id": "m1", "line_no": 1, "project_id": "p1", "is_repeated": "○", "printed_ja": "事業一【再掲】"},
                {"node_id": "m2", "line_no": 1, "project_id": "p1"},
                {"node_id": "m2", "line_no": 2, "project_id": "p2"},
            ],
            "question": [
                {
                    "question_id": "q1", "kpi_id": "k2", "question_ja": "単年か累計か", "reading_taken": "A",
                    "who_answers_ja": "財政課", "question_state": "未回答",
                },
                {"question_id": "q2", "question_ja": "済んだ問い", "reading_taken": "A", "question_state": "回答済"},
            ],
            "reading": [
                {"question_id": "q1", "reading_id": "A", "reading_ja": "単年"},
                {"question_id": "q2", "reading_id": "A", "reading_ja": "どちらでも"},
            ],
        },
        path,
    )  # fmt: skip


def whole_report(path: Path) -> None:
    """The report: a wrong row, an undisclosed donor, lists, an evaluation in two states, grants of every grade."""
    counted = {"agreement_ja": "連携", "kpi_id": "k4"}
    donation = {"fiscal_year": 2024, "project_ja": "架空の活用"}
    grant = {
        "fiscal_year": 2023, "grant_project_ja": "架空の交付事業", "grant_term_first_year": 2023,
        "grant_term_last_year": 2027, "grant_kpi_ja": "架空", "unit": "人", "start_value": 100,
    }  # fmt: skip
    workbook(
        "section_report",
        {
            "cover": [cover(section_ja="水産課")],
            "value": [
                {"kpi_id": "k1", "fiscal_year": 2023, "reported_value": 110},
                {"kpi_id": "k1", "fiscal_year": 2024, "reported_value": 120},
                {"kpi_id": "k2", "reported_value": 4, "accumulation": "単年", "section_ja": "商工課"},
                {"kpi_id": "k9", "fiscal_year": 2024, "reported_value": 1},
                {"kpi_id": "k4", "fiscal_year": 2024, "reported_value": 3, "accumulation": "開始以来累計"},
                {"kpi_id": "k4", "fiscal_year": 2022, "reported_value": 1, "accumulation": "開始以来累計"},
            ],
            "agreement": [
                {"agreement_no": 1, "signed_month": "2022.10", "partner_ja": "架空社", **counted},
                {"agreement_no": 2, "signed_month": "令和7年3月", "partner_ja": "架空大学", **counted},
                {"agreement_no": 3, "signed_month": "2024-05", "partner_ja": "別の社", "agreement_ja": "連携"},
            ],
            "donation": [
                {"donation_no": 1, "donor_ja": "架空商事", "amount_yen": 1_000_000, **donation},
                {"donation_no": 2, "donor_ja": "架空水産", "amount_yen": "500千円", **donation},
                {
                    "donation_no": 3, "donor_ja": "名を出さない社", "is_undisclosed": "○", "amount_yen": 7_000_000,
                    "note_ja": "名を出さない社の希望", **donation,
                },
            ],
            "fund_use": [
                {"fund_id": "f1", "purpose_ja": "漁業", "deposit_yen": 300, "used_yen": 100, "balance_yen": 200},
                {"fund_id": "f1", "fiscal_year": 2023, "purpose_ja": "漁業", "deposit_yen": 50},
            ],
            "event": [
                {"event_ja": "架空講座", "session_no": 1, "held_on": "2025-03-31", "n_participants": 12},
                {"event_ja": "架空講座", "session_no": 2, "held_on": "2025-04-01"},
            ],
            "flow": [{"flow_no": 1, "flow_ja": "派遣", "flow_term": "短期", "flow_sector": "両方", "n_persons": 2}],
            "evaluation": [
                {"subject_id": "m1", "evaluation_state": "下書き", "achievements_ja": "下書きの成果"},
                {
                    "subject_id": "m1", "evaluation_state": "内部評価確定", "confirmed_grade": "B", "cause_ja": "要因",
                    "achievements_ja": "成果", "issues_ja": "課題", "future_direction": "見直し",
                },
                {"subject_id": "k1", "evaluation_state": "下書き", "confirmed_grade": "C"},
            ],
            "grant": [
                {**grant, "grant_kpi_no": 1, "target_increment": 10, "actual_increment": 4},
                {**grant, "grant_kpi_no": 1, "fiscal_year": 2024, "target_increment": 10, "actual_increment": 16,
                 "confirmed_grade": "2", "expert_verdict": "有効であった", "cause_ja": "要因"},
                {**grant, "grant_kpi_no": 2, "target_increment": 10, "actual_increment": 7},
                {**grant, "grant_kpi_no": 3, "target_increment": 10, "actual_increment": 6},
                {**grant, "grant_kpi_no": 4, "target_increment": 10, "actual_increment": "▲1"},
                {**grant, "grant_kpi_no": 5, "target_increment": 10, "actual_increment": 0},
                {**grant, "grant_project_ja": "減らす事業", "grant_kpi_no": 1, "target_increment": "▲10",
                 "actual_increment": "▲8"},
                {**grant, "grant_project_ja": "途中からの事業", "grant_kpi_no": 1, "fiscal_year": 2022,
                 "grant_term_first_year": 2021, "target_increment": 1, "actual_increment": 1},
            ],
        },
        path,
    )  # fmt: skip
