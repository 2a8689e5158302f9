"""The marts of plans and reports, built from workbooks of our own forms.

Holds: keys, counts, lower bounds, the chase list, the grant, for two municipalities with the same identifiers; every
row is synthetic (tests/synthetic/plan_books.py). Does not hold: scores by kind (test_kpi_scores.py).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from sousei.foundation.home import PROJECT_ROOT
from tests.nights import town
from tests.synthetic.forms import cover, kpi, plan, target, workbook
from tests.synthetic.plan_books import NODES, OWN_BANDS, OWN_RULE, whole_plan, whole_report
from tests.warehouse import Warehouse, built

pytestmark = pytest.mark.slow

OF_PLANS = (
    "dim_plan", "mart_plan_body", "mart_kpi_missing", "mart_kpi_summary", "mart_kpi_history", "mart_measure",
    "mart_project", "mart_fund", "mart_agreement", "mart_corporate_donation", "mart_event", "mart_human_flow",
    "mart_evaluation", "mart_grant_form", "mart_kpi_long", "mart_kpi_register_count",
)  # fmt: skip
KUSHIRO, SHIBETSU = "01661", "01693"
LONG_TEXT = """
municipality_code plan_id kpi_id fiscal_year calendar_date value value_status unit count_basis numerator denominator
target_value milestone_value attainment progress grade grade_rule_id source_id as_of revision_no note
"""
LONG = LONG_TEXT.split()


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    root = tmp_path_factory.mktemp("plans")
    landing = root / "landing"
    whole_plan(landing / "1_plan.xlsx")
    other = plan(municipality_code=SHIBETSU, publisher_ja="標津町", grade_rule_id="abcd_milestone")
    workbook(
        "plan_register",
        {
            "plan": [other],
            "node": NODES[:3],
            "kpi": [kpi("k1", node_id="m1")],
            "target": [target("k1", 50)],
            "rule": OWN_RULE,
            "rule_band": OWN_BANDS,
        },
        landing / "2_other.xlsx",
    )
    whole_report(landing / "3_report.xlsx")
    again = {"kpi_id": "k1", "fiscal_year": 2024, "reported_value": 125, "restated_reason_ja": "数え直し"}
    workbook("section_report", {"cover": [cover(section_ja="漁港課")], "value": [again]}, landing / "4_again.xlsx")
    workbook(
        "section_report",
        {
            "cover": [cover(municipality_code=SHIBETSU, section_ja="総務課")],
            "value": [
                {"kpi_id": "k1", "fiscal_year": year, "reported_value": 20 + year - 2023} for year in (2023, 2024)
            ],
        },
        landing / "5_other.xlsx",
    )
    with built(root, landing) as whole:
        yield whole


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row


def test_plans_of_two_towns_with_the_same_identifiers_stay_apart(plans: Warehouse) -> None:
    found = plans.rows("select * from dim_plan")
    assert [(row["municipality_code"], row["n_kpi"], row["n_measures"], row["n_bodies"]) for row in found] == [
        (KUSHIRO, 4, 2, 2),
        (SHIBETSU, 1, 1, 0),
    ]
    assert (found[0]["term_label_ja"], found[0]["n_open_questions"]) == ("令和5年度～令和9年度", 1)
    measures = plans.rows("select municipality_code, node_id, n_kpi, n_projects from mart_measure")
    assert [tuple(row.values()) for row in measures] == [
        (KUSHIRO, "m1", 2, 1),
        (KUSHIRO, "m2", 2, 2),  # one of its KPI hangs on a direction below it
        (SHIBETSU, "m1", 1, 0),
    ]


def test_own_rules_stand_beside_those_of_the_product(plans: Warehouse) -> None:
    own = plans.rows("select * from dim_grade_rule where rule_owner <> 'product'")
    assert [(row["rule_owner"], row["grade"], row["condition_ja"]) for row in own] == [
        (f"{SHIBETSU}/kushiro_cho_3", "丸", "達成率が90％以上"),
        (f"{SHIBETSU}/kushiro_cho_3", "角", "達成率が90％未満"),
    ]
    assert {row["source_sheet"] for row in own} == {"評価区分"}
    seeds = PROJECT_ROOT / "dbt_project" / "seeds"
    with (seeds / "grade_rules.csv").open(encoding="utf-8", newline="") as rules:
        expected = {row["grade_rule_id"] for row in csv.DictReader(rules)}
    product = plans.rows("select * from dim_grade_rule where rule_owner = 'product'")
    assert {row["grade_rule_id"] for row in product} == expected
    assert all(row["rule_text_ja"] for row in product)


def test_every_line_of_a_project_is_a_row_and_repeats_are_marked(plans: Warehouse) -> None:
    rows = plans.rows("select project_id, place_no, node_id, is_repeated, n_places, printed_name_ja from mart_project")
    assert [tuple(row.values()) for row in rows] == [
        ("p1", 1, "m2", False, 2, "架空の事業一"),
        ("p1", 2, "m1", True, 2, "事業一【再掲】"),
        ("p2", 1, "m2", False, 1, "架空の事業二"),
        ("p3", 0, None, None, 0, "載っていない事業"),
    ]


def test_a_fund_shows_its_years_and_one_without_reports_is_there(plans: Warehouse) -> None:
    rows = plans.rows("select fund_id, entry_no, fiscal_year, deposit_yen, used_yen, n_projects_in_plan from mart_fund")
    assert [tuple(row.values()) for row in rows] == [
        ("f1", 1, 2023, 50, None, 1),  # what is not said is not 0
        ("f1", 2, 2024, 300, 100, 1),
        ("f2", 0, None, None, None, 0),
    ]


def test_an_undisclosed_donor_shows_nowhere_and_makes_the_sums_lower_bounds(plans: Warehouse) -> None:
    rows = plans.rows("select * from mart_corporate_donation")
    assert [(row["donor_ja"], row["amount_yen"]) for row in rows] == [
        ("架空商事", 1_000_000),
        ("架空水産", 500_000),
        ("非公開", None),
    ]
    sums = {(row["project_disclosed_yen"], row["plan_disclosed_yen"], row["is_lower_bound"]) for row in rows}
    assert sums == {(1_500_000, 1_500_000, True)}
    for mart in OF_PLANS:
        assert "名を出さない社" not in str(plans.rows(f"select * from {mart}"))
        assert "7000000" not in str(plans.rows(f"select * from {mart}"))


def test_agreements_and_events_know_their_fiscal_year(plans: Warehouse) -> None:
    assert [row["fiscal_year"] for row in plans.rows("select fiscal_year from mart_agreement")] == [2022, 2024, 2024]
    events = plans.rows("select session_no, fiscal_year, n_participants from mart_event")
    assert [tuple(row.values()) for row in events] == [(1, 2024, 12), (2, 2025, None)]
    assert only(plans.rows("select flow_term_ja, flow_sector_ja from mart_human_flow")) == {
        "flow_term_ja": "短期（～1年）",
        "flow_sector_ja": "両方",
    }


def test_a_list_is_set_beside_the_reported_value_and_scores_nothing(plans: Warehouse) -> None:
    rows = plans.rows("select kpi_id, fiscal_year, n_so_far, reported_value, verdict from mart_kpi_register_count")
    assert [tuple(row.values()) for row in rows] == [
        ("k4", 2022, 1, Decimal(1), "agrees"),
        ("k4", 2024, 2, Decimal(3), "differs"),
    ]


def test_a_list_is_compared_in_each_way_of_counting(plans: Warehouse) -> None:
    """Of four entries one is of 2022, before the plan, one of 2023; the value of 2024 counts all, the term or a year.
    Where that is not said, only a number that is the same in each way is compared."""
    more = (
        "insert into main.mart_agreement select * replace (10 as agreement_no, 2024 as fiscal_year) "
        "from main.mart_agreement where agreement_no = 2",
        "insert into main.mart_agreement select * replace (11 as agreement_no, 2023 as fiscal_year) "
        "from main.mart_agreement where agreement_no = 2",
    )
    expected = {"cumulative_ever": 4, "cumulative_term": 3, "year": 2, "point_or_year": None}
    for accumulation, count in expected.items():
        with plans.planted(*more, f"update main.fct_kpi_actual set accumulation = '{accumulation}'"):
            (row,) = (row for row in plans.node("mart_kpi_register_count") if row["fiscal_year"] == 2024)
        assert row["n_compared"] == count, accumulation
        verdict = "not_comparable" if count is None else "agrees" if count == 3 else "differs"
        assert row["verdict"] == verdict
    only_one_year = "delete from main.mart_agreement where fiscal_year < 2024"
    with plans.planted(only_one_year, "update main.fct_kpi_actual set accumulation = 'point_or_year'"):
        (row,) = (row for row in plans.node("mart_kpi_register_count") if row["fiscal_year"] == 2024)
    assert (row["n_compared"], row["verdict"]) == (1, "differs")


def test_the_chase_list_asks_the_right_section_for_each_reason(plans: Warehouse) -> None:
    rows = plans.rows(
        f"select reason, kpi_id, fiscal_year, asked_of_ja, missing_since from mart_kpi_missing "
        f"where municipality_code = '{KUSHIRO}' order by all"
    )
    told = date(2026, 11, 22)
    assert [tuple(row.values()) for row in rows] == [
        ("baseline_to_be_confirmed", "k1", None, "水産課", told),
        ("milestone_overdue", "k3", 2024, "企画課", date(2025, 4, 1)),
        ("partial", "k2", 2023, "商工課", date(2024, 4, 1)),
        ("question_open", "k2", None, "財政課", told),
        ("row_not_used", "k9", 2024, "水産課", told),
        ("unreported", "k1", 2025, "水産課", date(2026, 4, 1)),
        ("unreported", "k2", 2023, "商工課", date(2024, 4, 1)),
        ("unreported", "k2", 2025, "商工課", date(2026, 4, 1)),
        ("unreported", "k4", 2023, "企画課", date(2024, 4, 1)),
        ("unreported", "k4", 2025, "企画課", date(2026, 4, 1)),
    ]
    aside = only(plans.rows("select * from mart_kpi_missing where reason = 'row_not_used'"))
    assert "3_report.xlsx「実績」" in aside["detail_ja"] and "k9" in aside["detail_ja"] and aside["action_ja"]
    assert (aside["source_sheet"], aside["source_row"]) == ("実績", 7)


def test_a_blank_with_its_reason_is_an_answer_and_not_chased(plans: Warehouse) -> None:
    not_surveyed = (
        "insert into delivered.section_report_value select * replace (2023 as fiscal_year, null as reported_value, "
        "'not_surveyed' as value_status) from delivered.section_report_value where kpi_id = 'k4' and fiscal_year = 2024"
    )
    with plans.planted(not_surveyed):
        plans.rebuild("fct_kpi_actual", "mart_kpi_scorecard")
        rows = [row for row in plans.node("mart_kpi_missing") if row["kpi_id"] == "k4"]
    assert [(row["reason"], row["fiscal_year"]) for row in rows] == [("unreported", 2025)]


def test_a_report_that_came_again_takes_its_wrong_rows_off_the_list(plans: Warehouse) -> None:
    again = (
        "insert into delivered.section_report_cover select * replace ('4_again' as source_id) "
        "from delivered.section_report_cover where section_ja = '水産課'",
        "insert into raw.delivery select * replace ('4_again' as source_id, 99 as received_order) "
        "from raw.delivery where file_name = '3_report.xlsx'",
    )
    assert [row for row in plans.node("mart_kpi_missing") if row["reason"] == "row_not_used"]
    plans.connection.execute("begin")
    try:
        for statement in again:
            plans.connection.execute(statement)
        assert not [row for row in plans.node("mart_kpi_missing") if row["reason"] == "row_not_used"]
    finally:
        plans.connection.execute("rollback")


def test_a_history_holds_every_revision_with_its_reason(plans: Warehouse) -> None:
    rows = plans.rows(
        "select event_kind, fiscal_year, revision, value_before, value_after, section_ja, reason_ja, received_at, "
        f"file_name from mart_kpi_history where municipality_code = '{KUSHIRO}' and kpi_id = 'k1'"
    )
    assert all(row.pop("received_at") for row in rows)
    assert [tuple(row.values()) for row in rows] == [
        ("target_set", 2027, 1, None, 150, "水産課", None, "1_plan.xlsx"),
        ("target_revised", 2027, 2, 150, 160, "水産課", "架空の見直し", "1_plan.xlsx"),
        ("value_reported", 2023, 1, None, 110, "水産課", None, "3_report.xlsx"),
        ("value_reported", 2024, 1, None, 120, "水産課", None, "3_report.xlsx"),
        ("value_restated", 2024, 2, 120, 125, "漁港課", "数え直し", "4_again.xlsx"),
    ]


def test_evaluations_keep_their_states_and_a_measure_shows_the_furthest(plans: Warehouse) -> None:
    rows = plans.rows(
        "select subject_id, evaluation_state, is_latest, subject_kind, machine_grade, confirmed_grade "
        "from mart_evaluation"
    )
    score = only(
        plans.rows(
            f"select grade from mart_kpi_scorecard where municipality_code = '{KUSHIRO}' and kpi_id = 'k1' "
            "and fiscal_year = 2024"
        )
    )
    of_measure = rows[1]["machine_grade"]
    assert [tuple(row.values()) for row in rows] == [
        ("k1", "draft", True, "kpi", score["grade"], "C"),
        ("m1", "draft", False, "measure", of_measure, None),
        ("m1", "internal_confirmed", True, "measure", of_measure, "B"),
    ]
    assert f"{score['grade']} 1" in of_measure.split("・") and "評価不能 1" in of_measure.split("・")
    measure = only(plans.rows(f"select * from mart_measure where municipality_code = '{KUSHIRO}' and node_id = 'm1'"))
    assert (measure["evaluation_state_ja"], measure["achievements_ja"], measure["future_direction_ja"]) == (
        "内部評価確定",
        "成果",
        "見直し",
    )
    assert (measure["graded_fiscal_year"], measure["grades_ja"]) == (2025, "未報告 1・評価不能 1")


def test_the_summary_counts_every_kpi_once_with_its_denominator(plans: Warehouse) -> None:
    groups = plans.rows(
        "select municipality_code, basic_goal, row_class_ja, fiscal_year, sum(n_kpi) as n, "
        "any_value(n_kpi_all) as n_all, sum(share_of_all_pct) as share from mart_kpi_summary group by all"
    )
    assert groups and all(row["n"] == row["n_all"] and abs(row["share"] - 100) < Decimal("0.001") for row in groups)
    other = plans.rows(
        f"select fiscal_year, grade_class, n_kpi, n_kpi_last_year, n_kpi_change from mart_kpi_summary "
        f"where municipality_code = '{SHIBETSU}' and fiscal_year = 2025 and grade_class = '未報告'"
    )
    assert [tuple(row.values()) for row in other] == [(2025, "未報告", 1, 0, 1)]


def test_the_grant_form_grades_totals_and_leaves_the_open_open(plans: Warehouse) -> None:
    rows = plans.rows(
        "select grant_project_ja as project, grant_kpi_no as no, fiscal_year as year, actual_increment_total as total, "
        "actual_value, machine_grade, machine_grade_reason, confirmed_grade, project_proposed_grade, grant_name_ja "
        "from mart_grant_form"
    )
    graded = {(row["project"], row["no"], row["year"]): row for row in rows}
    grades = {at: row["machine_grade"] or row["machine_grade_reason"] for at, row in graded.items()}
    assert grades == {
        ("架空の交付事業", 1, 2023): "3",  # 4 of 10
        ("架空の交付事業", 1, 2024): "1",  # 4 + 16 of 10 + 10: equal
        ("架空の交付事業", 2, 2023): "2",  # 70 %
        ("架空の交付事業", 3, 2023): "3",
        ("架空の交付事業", 4, 2023): "4",
        ("架空の交付事業", 5, 2023): "unchanged",
        ("減らす事業", 1, 2023): "2",
        ("途中からの事業", 1, 2022): "partially_reported",
    }
    last = graded["架空の交付事業", 1, 2024]
    assert (last["total"], last["actual_value"], last["confirmed_grade"]) == (20, 120, "2")
    assert graded["架空の交付事業", 1, 2023]["project_proposed_grade"] == "4"
    assert last["grant_name_ja"] == "デジタル田園都市国家構想交付金"
    assert graded["途中からの事業", 1, 2022]["grant_name_ja"] is None  # a year with two grants


def test_the_long_table_has_the_agreed_columns_and_a_code_book(plans: Warehouse) -> None:
    rows = plans.rows("select * from mart_kpi_long")
    assert list(rows[0]) == LONG
    book = plans.rows("select * from mart_kpi_codebook")
    assert [row["column_name"] for row in book] == LONG and all(row["name_ja"] for row in book)
    row = only(
        [one for one in rows if (one["municipality_code"], one["kpi_id"], one["fiscal_year"]) == (KUSHIRO, "k1", 2024)]
    )
    assert (row["value"], row["revision_no"], row["calendar_date"]) == (125, 2, date(2025, 3, 31))
    before = only([one for one in rows if (one["kpi_id"], one["fiscal_year"]) == ("k4", 2022)])
    assert before["grade"] is None and "計画期間の外" in before["note"]
    blank = only([one for one in rows if (one["kpi_id"], one["fiscal_year"]) == ("k4", 2023)])
    assert (blank["value"], blank["value_status"]) == (None, "not_reported")


def test_years_are_named_by_fiscal_year(plans: Warehouse) -> None:
    names = {row["year"]: row for row in plans.rows("select * from dim_time")}
    assert sorted(names) == list(range(1970, 2071))
    labels = {year: names[year]["fiscal_year_label_ja"] for year in (1988, 1989, 2018, 2019, 2020, 2024)}
    assert labels == {
        1988: "昭和63年度",
        1989: "平成元年度",
        2018: "平成30年度",
        2019: "令和元年度",
        2020: "令和2年度",
        2024: "令和6年度",
    }
    assert names[2024]["fiscal_year_western_label_ja"] == "（2024年度）"
    assert (names[2019]["fiscal_year_first_day"], names[2019]["fiscal_year_last_day"]) == (
        date(2019, 4, 1),
        date(2020, 3, 31),
    )
    assert not [row for row in names.values() if "平成31年度" in str(row)]


def test_rows_of_sheets_say_where_they_stand(plans: Warehouse) -> None:
    for mart in set(OF_PLANS) - {"mart_kpi_summary", "mart_kpi_long", "mart_kpi_register_count"}:
        rows = plans.rows(f"select * from {mart}")
        assert rows, mart
        assert all(row["source_id"] and row["source_sheet"] and row["source_row"] for row in rows), mart


def test_words_of_codes_are_those_of_the_forms() -> None:
    text = (PROJECT_ROOT / "dbt_project" / "macros" / "words.sql").read_text("utf-8")
    told = yaml.safe_load(text[text.index("return({") + len("return(") : text.index("}) }}") + 1])
    lists = yaml.safe_load((PROJECT_ROOT / "ingest" / "forms" / "lists.yaml").read_text("utf-8"))
    told_of_grants = told.pop("grant_directions")
    assert set(told_of_grants) == set(lists["future_directions"])
    assert all(word in lists["future_directions"][code] for code, word in told_of_grants.items())
    assert told == {name: {code: words[0] for code, words in lists[name].items()} for name in told}


@pytest.mark.exhaustive
def test_a_home_without_any_plan_publishes_with_these_marts_empty(tmp_path: Path) -> None:
    home = town(tmp_path)
    one = PROJECT_ROOT / "samples" / "landing" / "resident_registry" / "2203ssjin.xlsx"
    home.deliver(one.name, one.read_bytes())
    home.publishes()
    counts = ", ".join(f"(select count(*) from {mart})" for mart in OF_PLANS)
    assert home.query(f"select {counts}") == [(0,) * len(OF_PLANS)]
