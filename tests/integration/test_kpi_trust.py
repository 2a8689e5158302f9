"""What a council must be able to trust of a score: the target in force then, the plan's own goals and projection, the
reading taken, the first value, the municipality's own rule, one key per plan.

Holds: registers and reports planted in the warehouse of the samples, worked by hand. Does not hold: rates kind by kind
(tests/golden/kpi_scores.csv), population (test_population_beside_plans.py).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.kpi_cases import TOWN, WORKBOOK, Case, planted
from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

Rows = dict[tuple[Any, ...], dict[str, Any]]


def case(name: str, actuals: str, **given: str) -> Case:
    whole = {
        "plan": "trust",
        "case": name,
        "kind": "level_at_end",
        "direction": "higher_is_better",
        "accumulation": "",
        "baseline": "100",
        "baseline_type": "actual",
        "confirmed": "true",
        "benchmark": "",
        "target": "140",
        "first_year": "2021",
        "target_year": "2024",
        "actuals": actuals,
    }
    return whole | given


SUM = {
    "kind": "cumulative_total",
    "accumulation": "cumulative_term",
    "baseline": "",
    "baseline_type": "none",
    "confirmed": "",
    "target": "500",
}
SUPPRESS = {"kind": "suppress_decline", "baseline": "", "baseline_type": "none", "confirmed": "", "benchmark": "22006"}


def scorecard(warehouse: Warehouse, *statements: str) -> Rows:
    with warehouse.planted(*statements):
        rows = warehouse.node("mart_kpi_scorecard")
    return {(row["plan_id"], row["kpi_id"], row["fiscal_year"]): row for row in rows}


def version(kpi: str, number: int, target: str, year: int, valid_from: int | None, plan: str = "trust") -> str:
    return (
        "insert into delivered.plan_register_target by name select "
        f"'{TOWN}' as municipality_code, '{plan}' as plan_id, '{kpi}' as kpi_id, {WORKBOOK}, "
        f"{number} as target_version, "
        f"{target} as target_value, {year} as target_fiscal_year, {valid_from or 'null'} as valid_from_fiscal_year"
    )


def reported(kpi: str, year: int, value: str, order: int, **given: str) -> tuple[str, str]:
    """The value again, received later: the ones before step back."""
    status, why = given.get("status", "final"), given.get("why", "")
    return (
        "update delivered.section_report_value set version_rank = version_rank + 1 "
        f"where plan_id = 'trust' and kpi_id = '{kpi}' and fiscal_year = {year}",
        "insert into delivered.section_report_value by name select "
        f"'{TOWN}' as municipality_code, 'trust' as plan_id, '{kpi}' as kpi_id, 'later' as source_id, "
        f"'later' as sheet, 1 as row, {order} as received_order, 1 as version_rank, {year} as fiscal_year, "
        f"{value or 'null'} as reported_value, '=' as comparator, '{status}' as value_status, "
        f"nullif('{why}', '') as restated_reason_ja, '水産課' as section_ja, 'year' as accumulation",
    )


# --- targets by version -----------------------------------------------------------------------------------------------


def test_each_year_is_judged_against_the_target_in_force_then(warehouse: Warehouse) -> None:
    kpi = case("revised", "2021:110 2022:120 2023:120 2024:120")
    before = scorecard(warehouse, *planted([kpi]))
    found = scorecard(warehouse, *planted([kpi]), version("revised", 2, "120", 2024, 2023))
    rows = [found["trust", "revised", year] for year in (2021, 2022, 2023, 2024)]
    assert [(row["target_version"], row["target_value"]) for row in rows] == [(1, 140), (1, 140), (2, 120), (2, 120)]
    # 10/40 and 20/40 of version 1; 20/20 of version 2. Milestones 100+40k/4, then 100+20k/4.
    assert [row["progress_pct"] for row in rows] == [25, 50, 100, 100]
    assert [row["milestone_value"] for row in rows] == [110, 120, 115, 120]
    assert [row["grade"] for row in rows] == ["A", "A", "S", "S"]
    for year in (2021, 2022):
        assert found["trust", "revised", year] == before["trust", "revised", year]
    assert [before["trust", "revised", year]["grade"] for year in (2023, 2024)] == ["C", "D"]  # 20 of 30, 20 of 40


def test_a_revision_may_move_the_year_of_the_target(warehouse: Warehouse) -> None:
    """Version 2: 160 in 2026, from 2023 on; the sum goes on over the change."""
    kpi = case("longer", "2021:100@year 2022:100@year 2023:100@year 2024:100@year 2025:100@year", **SUM)
    found = scorecard(warehouse, *planted([kpi]), version("longer", 2, "600", 2026, 2023))
    rows = {year: found["trust", "longer", year] for year in range(2021, 2026)}
    assert [row["actual_value"] for row in rows.values()] == [100, 200, 300, 400, 500]
    assert [row["target_version"] for row in rows.values()] == [1, 1, 2, 2, 2]
    assert rows[2022]["milestone_value"] == 250  # 500 x 2/4
    assert rows[2025]["milestone_value"] == 500  # 600 x 5/6
    assert ("trust", "longer", 2027) not in found


def test_a_version_without_its_first_year_counts_from_its_decision(warehouse: Warehouse) -> None:
    kpi = case("decided", "2023:120 2024:120")
    decided = version("decided", 2, "120", 2024, None).replace(
        "null as valid_from_fiscal_year", "null as valid_from_fiscal_year, date '2024-06-01' as decided_on"
    )
    found = scorecard(warehouse, *planted([kpi]), decided)
    assert [found["trust", "decided", year]["target_version"] for year in (2021, 2022, 2023, 2024)] == [1, 1, 1, 2]


# --- milestones and projections ---------------------------------------------------------------------------------------


def test_the_way_to_2035_and_2060_follows_the_plans_own_goals(warehouse: Warehouse) -> None:
    vision = f"municipality_code = '{TOWN}' and plan_id = 'nemuro_vision_2019'"
    goals = [("n2-p-5", 2025, 22453), ("n2-p-6", 2025, 22453), ("n2-p-6", 2035, 18109)]
    statements = [
        f"update delivered.plan_register_target set milestone_method = 'plan' where {vision} and kpi_id in "
        "('n2-p-5', 'n2-p-6')",
        f"delete from delivered.plan_register_milestone where {vision}",
        *(
            "insert into delivered.plan_register_milestone by name select "
            f"'{TOWN}' as municipality_code, 'nemuro_vision_2019' as plan_id, '{kpi}' as kpi_id, {WORKBOOK}, "
            f"1 as target_version, {year} as fiscal_year, {value} as milestone_value"
            for kpi, year, value in goals
        ),
    ]
    found = scorecard(warehouse, *statements)
    rows = [found["nemuro_vision_2019", kpi, 2025] for kpi in ("n2-p-4", "n2-p-5", "n2-p-6")]
    assert [row["milestone_value"] for row in rows] == [22453, 22453, 22453]
    assert {row["milestone_pct"] for row in rows} == {Decimal("-180.08948546")}  # (21201 - 22006) / 447
    # half of the gain of 447 over the projection of 2020: 24461 + 223.5, for all three goals
    assert {found["nemuro_vision_2019", kpi, 2020]["milestone_value"] for kpi in ("n2-p-4", "n2-p-5", "n2-p-6")} == {
        Decimal("24684.5")
    }


def test_a_target_is_set_against_the_projection_of_the_vintage_that_its_plan_names(warehouse: Warehouse) -> None:
    years = {"first_year": "2020", "target_year": "2025", "target": "22453"}
    kpis = [
        case("of_2018", "2022:23600", **SUPPRESS | years),
        case("of_2023", "2022:23800", **SUPPRESS | years | {"benchmark": "22317"}),
        case("women_of_2023", "2022:1900", **SUPPRESS | years | {"benchmark": "1622", "target": "1665"}),
    ]
    update = "update delivered.plan_register_kpi set benchmark_vintage = 'ipss_2023'"
    statements = [
        *planted(kpis),
        f"{update} where plan_id = 'trust' and kpi_id <> 'of_2018'",
        "update delivered.plan_register_kpi set benchmark_column = 'women_20_39_persons' "
        "where kpi_id = 'women_of_2023'",
    ]
    found = scorecard(warehouse, *statements)
    old, new, women = (found["trust", kpi, 2022] for kpi in ("of_2018", "of_2023", "women_of_2023"))
    assert (old["benchmark_vintage"], old["benchmark_value"]) == ("ipss_2018", Decimal("23479"))  # 24461-2455x2/5
    assert (new["benchmark_vintage"], new["benchmark_value"]) == ("ipss_2023", Decimal("23708.4"))  # 24636-2319x2/5
    assert old["progress_pct"] == round(Decimal(23600 - 23479) / 447 * 100, 8)
    assert new["progress_pct"] == round((Decimal(23800) - Decimal("23708.4")) / 136 * 100, 8)
    # the projection of 2023 is published by three age groups only
    assert (women["not_computable_reason"], women["grade"]) == ("no_benchmark", None)


def test_two_goals_of_one_plan_on_one_measure_in_one_year(warehouse: Warehouse) -> None:
    years = {"first_year": "2020", "target_year": "2025"}
    kpis = [
        case("modest", "2025:22200", **SUPPRESS | years | {"target": "22106"}),
        case("bold", "2025:22200", **SUPPRESS | years | {"target": "22406"}),
    ]
    with warehouse.planted(*planted(kpis)):
        rows = {row["kpi_id"]: row for row in warehouse.node("mart_kpi_scorecard") if row["fiscal_year"] == 2025}
        twice = warehouse.rows(
            "select municipality_code, scenario_id, vintage, year from intermediate.int_vision__summed "
            "group by all having count(*) > 1"
        )
        targets = warehouse.rows(
            "select distinct target_plan_id, target_persons from intermediate.int_vision__summed "
            f"where municipality_code = '{TOWN}' and year = 2025 order by 1"
        )
    assert (rows["modest"]["progress_pct"], rows["bold"]["progress_pct"]) == (194, Decimal("48.5"))  # 194/100, 194/400
    assert twice == []
    # the plan's own run keeps the plan's own goal; other runs take that of the plan begun last
    assert [tuple(row.values()) for row in targets] == [("nemuro_vision_2019", 22453), ("trust", 22406)]


# --- readings ---------------------------------------------------------------------------------------------------------


def reading(taken: str) -> list[str]:
    key = f"'{TOWN}' as municipality_code, 'nemuro_strategy_2' as plan_id, {WORKBOOK}, 'increase' as question_id"
    fields = {"baseline_value": "280.65399024", "target_value": "780.65399024", "baseline_type": "actual"}
    return [
        "insert into delivered.plan_register_question by name select "
        f"{key}, 'n2-3b1-1' as kpi_id, '総額か増加か' as question_ja, '{taken}' as reading_taken, "
        "'open' as question_state",
        "insert into delivered.plan_register_reading by name select "
        f"{key}, 'A' as reading_id, '期間の総額' as reading_ja",
        *(
            "insert into delivered.plan_register_reading by name select "
            f"{key}, 'B' as reading_id, '前の期間からの増加' as reading_ja, '{field}' as field, "
            f"'{value}' as field_value"
            for field, value in fields.items()
        ),
    ]


@pytest.mark.exhaustive
def test_the_reading_that_is_taken_decides_the_score_and_is_said(warehouse: Warehouse) -> None:
    emptied = [
        f"delete from delivered.plan_register_{name} where plan_id = 'nemuro_strategy_2'"
        for name in ("question", "reading")
    ]
    rows = [
        scorecard(warehouse, *emptied, *reading(taken))["nemuro_strategy_2", "n2-3b1-1", 2024] for taken in ("A", "B")
    ]
    assert [row["actual_value"] for row in rows] == [Decimal("594.62373021")] * 2
    assert [round(row["progress_pct"], 1) for row in rows] == [Decimal("118.9"), Decimal("62.8")]
    assert [round(row["attainment_pct"], 1) for row in rows] == [Decimal("118.9"), Decimal("76.2")]
    assert [row["grade"] for row in rows] == ["S", "C"]
    assert [row["reading_taken_ja"] for row in rows] == ["期間の総額", "前の期間からの増加"]
    for row in rows:
        assert row["has_open_question"] and row["open_question_ja"] == "総額か増加か"
        assert row["grade_is_provisional"] and "question_open" in row["provisional_reason"]


def test_an_answered_question_leaves_the_grade_settled(warehouse: Warehouse) -> None:
    answered = [one.replace("'open' as question_state", "'answered' as question_state") for one in reading("A")]
    emptied = [
        f"delete from delivered.plan_register_{name} where plan_id = 'nemuro_strategy_2'"
        for name in ("question", "reading")
    ]
    row = scorecard(warehouse, *emptied, *answered)["nemuro_strategy_2", "n2-3b1-1", 2024]
    assert (row["grade"], row["grade_is_provisional"], row["has_open_question"]) == ("S", False, False)


# --- the first value --------------------------------------------------------------------------------------------------


def test_a_restated_value_keeps_the_first_value_and_the_grade_that_it_had(warehouse: Warehouse) -> None:
    level = case("level", "2022:120 2023:140")
    total = case("total", "2021:200@year 2022:100@year 2023:200@year", **SUM)
    found = scorecard(
        warehouse,
        *planted([level, total]),
        *reported("level", 2022, "112", 2, why="集計の誤り"),
        *reported("level", 2022, "108", 3, why="再集計"),
        *reported("level", 2023, "140", 2),
        *reported("total", 2021, "50", 2),
    )
    names = ("actual_value", "first_value", "grade", "first_grade", "is_restated")
    rows = {key[1:]: tuple(row[name] for name in names) for key, row in found.items() if key[0] == "trust"}
    assert rows["level", 2022] == (108, 120, "D", "A", True)  # 8 of 20 by then; 20 of 20 at first
    assert rows["level", 2023] == (140, 140, "S", "S", False)  # the same again is no restatement
    assert rows["total", 2021] == (50, 200, "D", "A", True)
    assert rows["total", 2022] == (150, 300, "C", "A", True)  # 150 of 250; 300 of 250: the sum carries it on
    level_2022 = found["trust", "level", 2022]
    assert (level_2022["restated_reason_ja"], level_2022["reported_by_ja"]) == ("再集計", "水産課")
    assert level_2022["revision"] == 3


def test_a_value_that_follows_a_blank_is_no_restatement_and_one_withdrawn_is(warehouse: Warehouse) -> None:
    kpis = [case("late", "2022:!not_reported"), case("withdrawn", "2022:120")]
    found = scorecard(
        warehouse,
        *planted(kpis),
        *reported("late", 2022, "120", 2),
        *reported("withdrawn", 2022, "", 2, status="suppressed"),
    )
    late, withdrawn = found["trust", "late", 2022], found["trust", "withdrawn", 2022]
    assert (late["first_value"], late["first_grade"], late["is_restated"]) == (120, "A", False)
    assert (withdrawn["actual_value"], withdrawn["value_status"], withdrawn["grade"]) == (None, "suppressed", None)
    assert (withdrawn["first_value"], withdrawn["first_grade"], withdrawn["is_restated"]) == (120, "A", True)


# --- rules of one's own -----------------------------------------------------------------------------------------------


def own_rule(town: str, plan: str, threshold: int, grade: str) -> list[str]:
    key = f"'{town}' as municipality_code, '{plan}' as plan_id, {WORKBOOK}, 'ours' as grade_rule_id"
    band = f"insert into delivered.plan_register_rule_band by name select {key}, 'attainment_pct' as measure"
    return [
        "insert into delivered.plan_register_rule by name select "
        f"{key}, '{plan}の規則' as label_ja, 'attainment_pct' as rate_measure, 2 as printed_digits, "
        "'down' as printed_rounding",
        f"{band}, 1 as band_order, '{grade}' as grade, '順調' as grade_label_ja, 'ge' as comparison, "
        f"{threshold} as threshold",
        f"{band}, 2 as band_order, '×' as grade, null as grade_label_ja, 'lt' as comparison, {threshold} as threshold",
    ]


def test_each_plan_is_graded_by_the_rule_of_its_own_register(warehouse: Warehouse) -> None:
    """Two municipalities use one name of a rule with other bands."""
    strict = case("kpi", "2024:120", plan="strict", rule="ours")
    kind = case("kpi", "2024:120", plan="kind", rule="ours", town="03211")
    found = scorecard(
        warehouse,
        *planted([strict, kind]),
        *own_rule(TOWN, "strict", 90, "◎"),
        *own_rule("03211", "kind", 80, "○"),
    )
    names = ("municipality_code", "grade", "grade_label_ja", "printed_rate_pct", "grade_rule_label_ja")
    rows = [tuple(found[plan, "kpi", 2024][name] for name in names) for plan in ("strict", "kind")]
    assert rows == [  # 120/140 = 85.714...
        (TOWN, "×", None, Decimal("85.71"), "strictの規則"),
        ("03211", "○", "順調", Decimal("85.71"), "kindの規則"),
    ]
    assert found["kind", "kpi", 2024]["grade_rule_text_ja"] == (
        "達成率80％以上は○（順調）、達成率80％未満は×。印刷する率は達成率（小数第3位を切り捨て）。"
        "減らす指標は基準値からの進捗率。区分は丸めない値で決める。"
    )


def test_every_rule_of_the_product_is_said_in_words(warehouse: Warehouse) -> None:
    kpis = [
        case("kpi", "2024:120", plan=f"by_{row['grade_rule_id']}", rule=row["grade_rule_id"])
        for row in warehouse.rows("select grade_rule_id from seeds.grade_rules")
    ]
    found = scorecard(warehouse, *planted(kpis))
    texts = {row["grade_rule_id"]: row["grade_rule_text_ja"] for (_, kpi, _), row in found.items() if kpi == "kpi"}
    assert len(texts) == len(kpis)
    for rule, text in texts.items():
        assert text.endswith("区分は丸めない値で決める。") and "None" not in text and "_" not in text, rule
    assert texts["abcd_milestone"].startswith("維持の指標で目標に達したはA（維持できている）、")
    assert "目安値に対する率80％以上はB（おおむね順調）" in texts["abcd_milestone"]
    assert texts["izumo_listing"].startswith("評価の区分を置かない。率は印刷しない")


# --- one key per plan -------------------------------------------------------------------------------------------------


def test_plans_that_overlap_or_follow_each_other_are_scored_each_by_its_own(warehouse: Warehouse) -> None:
    """The same id in two plans of one city whose terms overlap, the second carrying the first on."""
    first = case("visits", "2021:110 2022:120 2023:130 2024:140", plan="trust")
    second = case("visits", "2023:60 2024:70", plan="trust_2") | {
        "baseline": "50", "target": "90", "first_year": "2023", "target_year": "2026",
    }  # fmt: skip
    carried = "update delivered.plan_register_plan set previous_plan_id = 'trust' where plan_id = 'trust_2'"
    restated = reported("visits", 2024, "120", 2)
    found = scorecard(warehouse, *planted([first, second]), carried, *restated)
    ours = {key: row for key, row in found.items() if key[0].startswith("trust") and row["actual_value"] is not None}
    assert {key[::2]: (row["actual_value"], row["progress_pct"]) for key, row in ours.items()} == {
        ("trust", 2021): (110, 25),
        ("trust", 2022): (120, 50),
        ("trust", 2023): (130, 75),
        ("trust", 2024): (120, 50),
        ("trust_2", 2023): (60, 25),
        ("trust_2", 2024): (70, 50),
    }
    assert [key for key, row in ours.items() if row["is_restated"]] == [("trust", "visits", 2024)]
