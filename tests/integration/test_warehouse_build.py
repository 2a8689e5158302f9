"""The warehouse on the embedded samples: the verdicts it must state, what it must leave open, and the faults its checks
must catch.

One build for all of these modules (conftest). A fault is planted by putting a changed view in place of a raw table,
inside a transaction that is rolled back: staging and intermediate are views (two tables are filled again), so a check's
own SQL then sees the fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.warehouse import FINDING, Warehouse

NEMURO = "area_code = '01223'"
ALL = "sex = 'total' and age_group = 'total'"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def score(warehouse: Warehouse) -> Callable[[str, int], dict[str, Any]]:
    def one(kpi_id: str, fiscal_year: int) -> dict[str, Any]:
        (row,) = warehouse.rows(
            "select * from mart_kpi_scorecard where kpi_id = ? and fiscal_year = ?", kpi_id, fiscal_year
        )
        return row

    return one


def rounded(value: Decimal | None, places: int = 2) -> Decimal | None:
    return None if value is None else round(value, places)


# --- the verdicts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kpi_id", "year", "actual", "attainment", "progress", "milestone", "grade"),
    [
        ("n2-p-4", 2025, "21201", "94.42", "-180.09", "22453", "D"),  # population 2025: below even the projection
        ("n2-p-4", 2020, "24636", "109.72", "39.15", "24684.5", "C"),
        ("n2-p-2", 2020, "13533", "317.83", "8.13", "13548.78", "C"),  # 15-64, ages allotted
        ("n2-3b1-1", 2024, "594.62373021", "118.92", "118.92", "500", "S"),  # 100 million yen, four years
        ("n2-3b1-1", 2021, "146.04567132", "29.21", "29.21", "125", "A"),
        ("n2-3a3-1", 2024, "2808772", "93.63", "93.63", "3000000", "B"),
        ("n2-g2-1", 2021, "2.52232682", "79.29", "-18.71", "2.33", "D"),  # decline rate: lower is better
        ("n2-g2-1", 2023, "2.29338316", "87.21", "33.32", "2.11", "D"),
        ("n2-g2-3", 2022, "1.36", "81.44", None, "1.67", "D"),  # fertility: a floor
        ("n2-p-3", 2022, "1.36", "84.47", "-212.50", "1.59", "D"),
    ],
)
def test_nemuro_verdict(
    score: Callable[[str, int], dict[str, Any]],
    kpi_id: str,
    year: int,
    actual: str,
    attainment: str,
    progress: str | None,
    milestone: str,
    grade: str,
) -> None:
    row = score(kpi_id, year)
    assert row["actual_value"] == Decimal(actual)
    assert rounded(row["attainment_pct"]) == Decimal(attainment)
    assert rounded(row["progress_pct"]) == (None if progress is None else Decimal(progress))
    assert rounded(row["milestone_value"]) == Decimal(milestone)
    assert (row["grade"], row["grade_rule_id"]) == (grade, "abcd_milestone")


@pytest.mark.parametrize(
    ("kpi_id", "year", "actual", "reason"),
    [
        ("n2-g1-1", 2021, "2058", "series_mismatch"),  # register women 20-39 against a projection on the census
        ("n2-g1-2", 2022, "55.35122738", "baseline_unconfirmed"),
        ("n2-g2-2", 2022, "9.19476769", "baseline_unconfirmed"),
        ("n2-p-1", 2020, "2023", "age_unknown_not_allotted"),
    ],
)
def test_measured_but_not_graded_says_why(
    score: Callable[[str, int], dict[str, Any]], kpi_id: str, year: int, actual: str, reason: str
) -> None:
    row = score(kpi_id, year)
    assert row["actual_value"] == Decimal(actual)
    assert (row["grade"], row["progress_pct"], row["not_computable_reason"]) == (None, None, reason)
    assert row["is_attainment_reference"] and row["not_computable_reason_ja"]


def test_what_sections_must_report_is_not_reported_and_never_zero(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select score.* from mart_kpi_scorecard as score inner join dim_kpi using (municipality_code, plan_id, kpi_id) "
        "where dim_kpi.plan_id = 'nemuro_strategy_2' and dim_kpi.how_measured = 'reported'"
    )
    assert len(rows) == 40 * 4  # 47 targets of the strategy less the 7 that sources measure, four years each
    for row in rows:
        assert row["value_status"] == "not_reported"
        assert {row[name] for name in ("actual_value", "attainment_pct", "progress_pct", "grade")} == {None}
        assert row["not_computable_reason"] == "no_actual"


def test_the_whole_catalogue_is_scored_or_says_why(warehouse: Warehouse) -> None:
    (count,) = warehouse.rows("select count(distinct kpi_id) as n from mart_kpi_scorecard")
    assert count["n"] >= 77 - 2  # the goals for 2035 and 2060 have rows because the census measures them; all have rows
    silent = warehouse.rows(
        "select kpi_id from mart_kpi_scorecard where grade is null and not_computable_reason_ja is null"
    )
    assert silent == []


def test_kamaishi_observations_stand_as_printed(warehouse: Warehouse) -> None:
    rows = {
        row["kpi_id"]: row
        for row in warehouse.rows(
            "select actual.* from fct_kpi_actual as actual join meta_source using (source_id) "
            "where actual.municipality_code = '03211' and file_name = 'kamaishi_slides.xlsx'"
        )
    }
    assert len(rows) == 18
    assert rows["k2-05"]["actual_value"] == 51 and rows["k2-06"]["actual_value"] == 6586
    assert rows["k2-06"]["period_label_ja"] == "2015–2022年度累計"
    assert (rows["k2-01"]["comparator"], rows["k2-16"]["comparator"]) == (">", ">=")
    delivered = {row["source_id"] for row in rows.values()}
    files = warehouse.rows("select source_id, source from meta_source")
    assert {row["source"] for row in files if row["source_id"] in delivered} == {"section_report"}


def test_shares_keep_numerator_and_denominator(warehouse: Warehouse) -> None:
    (row,) = warehouse.rows("select * from fct_kpi_actual where kpi_id = 'n2-g2-2' and fiscal_year = 2021")
    assert (row["numerator"], row["denominator"], row["as_of_date"]) == (2300, 24231, date(2022, 1, 1))
    assert row["actual_value"] == round(Decimal(2300) / Decimal(24231) * 100, 8)
    assert row["series"] == "resident_registry"


# --- facts ------------------------------------------------------------------------------------------------------------


def test_preliminary_census_gives_way_to_the_final_one(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select population_persons, value_status from fct_population "
        "where municipality_code = '01223' and series = 'census' and as_of_date = date '2015-10-01' "
        f"and {ALL}"
    )
    assert rows == [{"population_persons": 26917, "value_status": "final"}]


def test_survey_of_the_year_wins_over_the_rounded_series(warehouse: Warehouse) -> None:
    (row,) = warehouse.rows(
        "select * from fct_furusato_donation where municipality_code = '01223' and fiscal_year = 2018"
    )
    assert row["donation_jpy"] == 4_957_077_467
    (term,) = warehouse.rows(
        "select sum(donation_jpy) as jpy, sum(donation_count) as n from fct_furusato_donation "
        "where municipality_code = '01223' and fiscal_year between 2021 and 2024"
    )
    assert (term["jpy"], term["n"]) == (59_462_373_021, 2_808_772)


def test_yearly_visitor_file_wins_and_levels_are_not_compared(warehouse: Warehouse) -> None:
    rows = {
        (row["municipality_code"], str(row["month"])[:7]): row
        for row in warehouse.rows("select * from fct_tourism_visitors")
    }
    revised = rows["01223", "2025-01"]
    assert (revised["visitors"], revised["value_status"], revised["comparable_from"]) == (
        8344,
        "revised",
        date(2025, 1, 1),
    )
    assert rows["01223", "2024-12"]["comparable_from"] == date(2021, 1, 1)
    assert rows["03211", "2025-12"]["comparable_from"] == date(2024, 1, 1)
    assert rows["03211", "2026-03"]["comparable_from"] == date(2026, 3, 1)


def test_every_figure_names_a_delivered_file_and_a_row(warehouse: Warehouse) -> None:
    for table in ("fct_population", "fct_population_change", "fct_tourism_visitors", "fct_furusato_donation"):
        (lost,) = warehouse.rows(
            f"select count(*) as n from {table} as fact left join meta_source using (source_id) "
            "where meta_source.source_id is null or source_row is null or source_row < 1"
        )
        assert lost["n"] == 0, table


def test_mergers_end_one_municipality_and_begin_another(warehouse: Warehouse) -> None:
    rows = {
        (row["municipality_code"], row["name_ja"]): row
        for row in warehouse.rows(
            "select * from dim_municipality where municipality_code in ('04423', '04216', '28221', '22202')"
        )
    }
    assert (rows["04423", "富谷町"]["valid_to"], rows["04423", "富谷町"]["successor_code"]) == (
        date(2016, 10, 10),
        "04216",
    )
    assert rows["04216", "富谷市"]["valid_from"] == date(2016, 10, 10)
    assert rows["28221", "篠山市"]["valid_to"] == rows["28221", "丹波篠山市"]["valid_from"] == date(2019, 5, 1)
    assert rows["22202", "浜松市"]["successor_code"] == "22130"
    (current,) = warehouse.rows("select count(*) as n from dim_municipality where is_current")
    assert current["n"] == 1741 + 6
    overlaps = warehouse.rows(
        "select a.municipality_code from dim_municipality as a inner join dim_municipality as b "
        "on a.municipality_code = b.municipality_code and a.valid_from < b.valid_from "
        "where coalesce(a.valid_to, date '9999-12-31') > b.valid_from"
    )
    assert overlaps == []


def test_plan_figures_are_reproduced_or_the_difference_is_told(warehouse: Warehouse) -> None:
    rows = {row["figure_id"]: row for row in warehouse.rows("select * from mart_vision_reconciliation")}
    assert abs(rows["ipss_2060_total_persons"]["difference"]) <= 5
    assert rows["ipss_2025_total_persons"]["official_value"] == 22005
    assert {row["verdict"] for name, row in rows.items() if name.startswith(("ipss_", "census_"))} == {"agrees"}
    assert rows["plan_2060_total_persons"]["verdict"] == "calibrated"  # fitted to it, so no proof
    assert rows["tfr_held_2060"]["verdict"] == "differs"  # the plan's "1.53 kept" runs at about 1.47


def test_comments_stand_in_the_database_in_both_languages(warehouse: Warehouse) -> None:
    comments = warehouse.rows(
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'main' "
        "and not internal union all select table_name, '', comment from duckdb_tables() where schema_name = 'main'"
    )
    assert len(comments) > 200
    both = re.compile(r"[ぁ-んァ-ヶ一-龠].* / .*[A-Za-z]")
    wordless = [(row["table_name"], row["column_name"]) for row in comments if not both.search(row["comment"] or "")]
    assert wordless == []


# --- revisions and order of arrival -----------------------------------------------------------------------------------


def test_order_of_arrival_does_not_matter(warehouse: Warehouse) -> None:
    names = ("fct_population", "fct_furusato_donation", "fct_tourism_visitors", "fct_population_change")
    before = {name: warehouse.node(name) for name in names}
    flipped = (
        "select * replace (timestamptz '2026-01-01 00:00:00+09' + to_days(cast(rank_of as integer)) as received_at, "
        "rank_of as received_order) "
        "from (select *, row_number() over (order by source_id {order}) as rank_of from truth)"
    )
    for order in ("asc", "desc"):
        with warehouse.changed("delivery", f"select * exclude (rank_of) from ({flipped.format(order=order)})"):
            assert before == {name: warehouse.node(name) for name in names}, order


def test_final_census_becomes_the_second_revision_and_the_first_is_kept(warehouse: Warehouse) -> None:
    final = (
        "select * from truth union all "
        "select * replace (21190 as value, 'final' as value_status, 99 as \"row\") from truth "
        "where municipality_code = '01223' and indicator_id = 'population_total' and series = 'census'"
    )
    with warehouse.changed("reference_series", final):
        rows = [
            row for row in warehouse.node("fct_kpi_actual") if row["kpi_id"] == "n2-p-4" and row["fiscal_year"] == 2025
        ]
    assert [(row["revision"], row["actual_value"], row["is_latest"]) for row in rows] == [
        (1, Decimal(21201), False),
        (2, Decimal(21190), True),
    ]


def test_revised_target_is_a_new_version_and_scores_once(warehouse: Warehouse) -> None:
    revision = (
        "insert into delivered.plan_register_target select * replace (2 as target_version, 600 as target_value, "
        "2023 as valid_from_fiscal_year) from delivered.plan_register_target where kpi_id = 'n2-3b1-1'"
    )
    rebuild = f"create table main.again as {warehouse.compiled['dim_kpi']}"
    refill = ("delete from main.dim_kpi", "insert into main.dim_kpi select * from main.again")
    with warehouse.planted(revision, rebuild, *refill):
        versions = warehouse.rows("select target_version, is_current from dim_kpi where kpi_id = 'n2-3b1-1' order by 1")
        rows = [row for row in warehouse.node("mart_kpi_scorecard") if row["kpi_id"] == "n2-3b1-1"]
    assert [tuple(row.values()) for row in versions] == [(1, False), (2, True)]
    assert [row["fiscal_year"] for row in rows] == [2021, 2022, 2023, 2024]
    assert [row["target_value"] for row in rows] == [500, 500, 600, 600]
    assert rows[-1]["grade"] == "B" and rows[-1]["not_computable_reason"] is None  # 594.6 of 600


def test_milestone_of_the_last_year_is_the_target(warehouse: Warehouse) -> None:
    """For every kind: B + (T - B) = T; also where the target of FY2024 stands on a projection of 2025."""
    off = warehouse.rows(
        "select kpi_id, milestone_value, target_value from intermediate.int_kpi_year__scored "
        "where fiscal_year = target_fiscal_year and milestone_value <> target_value"
    )
    assert off == []
    women = warehouse.rows("select * from mart_kpi_scorecard where kpi_id = 'n2-g1-1' and fiscal_year = 2024")
    assert (women[0]["benchmark_value"], women[0]["milestone_value"]) == (1622, 1665)


# --- faults -----------------------------------------------------------------------------------------------------------


def faulty_row(table: str, where: str, column: str, value: str) -> str:
    return f"select * replace (case when {where} then {value} else {column} end as {column}) from truth"


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("check", "table", "where", "column", "value", "said"),
    [
        # a total that does not match its parts
        (
            "population_parts_add_up",
            "registry_population",
            f"{NEMURO} and as_of_date = date '2022-01-01' and scope = 'total' and {ALL}",
            "population_persons",
            "population_persons + 10",
            "男＋女",
        ),
        (
            "population_parts_add_up",
            "census_population",
            "area_code = '01223' and as_of_date = date '2020-10-01' and sex = 'female' and age_group = '20-24'",
            "population_persons",
            "population_persons - 1",
            "年齢",
        ),
        (
            "population_parts_add_up",
            "ipss_population",
            "area_code = '01223' and year = 2045 and sex = 'male' and age_group = '0-4'",
            "population_persons",
            "population_persons + 1",
            "男＋女",
        ),
        # thousands of yen read as yen, and the reverse
        (
            "magnitude_matches_before",
            "furusato_donation",
            "area_code = '01223' and fiscal_year = 2024 and item = 'donation_jpy'",
            "value",
            "value // 1000",
            "千円単位の値を円として",
        ),
        (
            "magnitude_matches_before",
            "furusato_donation",
            "area_code = '03211' and fiscal_year = 2025 and item = 'donation_jpy'",
            "value",
            "value * 1000",
            "円単位の値を千円として",
        ),
        (
            "magnitude_matches_before",
            "furusato_donation",
            "item = 'donation_jpy' and form = 'series'",
            "value",
            "value // 1000",
            "千円単位の値を円として",
        ),
        (
            "magnitude_matches_before",
            "tourism_visitors",
            "area_code = '01223' and month = date '2026-06-01'",
            "visitors",
            "visitors * 1000",
            "約1000倍",
        ),
        (
            "magnitude_matches_before",
            "reference_series",
            "municipality_code = '01223' and series = 'census'",
            "value",
            "cast(21 as decimal(18, 4))",
            "1000分の1",
        ),
        # survey of the year against the series
        (
            "furusato_detail_matches_series",
            "furusato_donation",
            "area_code = '01223' and fiscal_year = 2019 and form = 'detail' and item = 'donation_jpy'",
            "value",
            "value + 5000",
            "丸めの範囲を超えて",
        ),
        # Japanese + foreign = total
        (
            "scopes_add_up",
            "registry_population",
            f"{NEMURO} and as_of_date = date '2022-01-01' and scope = 'foreign' and {ALL}",
            "population_persons",
            "population_persons + 7",
            "日本人＋外国人",
        ),
    ],
)
def test_planted_fault_is_named_with_file_and_row(
    warehouse: Warehouse, check: str, table: str, where: str, column: str, value: str, said: str
) -> None:
    assert warehouse.node(check) == []
    with warehouse.changed(table, faulty_row(table, where, column, value)):
        found = (
            warehouse.node(check) if check != "scopes_add_up" else after_rebuilding(warehouse, "fct_population", check)
        )
    assert found, f"{check} did not see the fault"
    assert set(FINDING) == set(found[0])
    assert any(said in row["reason_ja"] for row in found), found[0]
    assert all(row["file_name"] and row["row_number"] and row["municipality_code"] for row in found)


def after_rebuilding(warehouse: Warehouse, mart: str, check: str) -> list[dict[str, Any]]:
    """A check that reads a mart sees a raw fault once the mart is made again (undone with the transaction)."""
    warehouse.rebuild(mart)
    return warehouse.node(check)


@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    ("check", "statement", "said"),
    [
        ("fct_population_rows_are_sound", "delete from fct_population", "行がありません"),
        (
            "fct_population_rows_are_sound",
            "insert into fct_population select * from fct_population limit 1",
            "重なっています",
        ),
        (
            "fct_furusato_donation_rows_are_sound",
            "update fct_furusato_donation set donation_jpy = -1 where fiscal_year = 2024",
            "負です",
        ),
        (
            "mart_kpi_scorecard_rows_are_sound",
            "update mart_kpi_scorecard set grade = 'A' where value_status = 'not_reported'",
            "実績がないのに",
        ),
        (
            "mart_population_vision_rows_are_sound",
            "update mart_population_vision set old_share_pct = 130 where scenario_id = 'sim1'",
            "0～100の外",
        ),
        ("municipalities_are_known", "update fct_tourism_visitors set municipality_code = '01999'", "01999"),
        ("municipalities_are_known", "update dim_municipality set code6 = '012239' where code6 = '012238'", "検査数字"),
        (
            "benchmark_is_reproduced",
            "update mart_vision_reconciliation set verdict = 'differs' where figure_id = 'ipss_2060_total_persons'",
            "再現できません",
        ),
        (
            "kpi_catalogue_is_consistent",
            "update dim_kpi set target_value = 50 where kpi_id = 'n2-g1-2'",
            "基準値＋増分",
        ),
        (
            "kpi_catalogue_is_consistent",
            "insert into dim_kpi select * replace ('other_plan' as plan_id) from dim_kpi where kpi_id = 'n2-g1-2'",
            "その団体の計画として",
        ),
        (
            "kpi_catalogue_is_consistent",
            "update dim_kpi set is_baseline_confirmed = true where kpi_id = 'n2-1a1-1'",
            "逆算した基準値",
        ),
        (
            "mart_kpi_scorecard_rows_are_sound",
            "update mart_kpi_scorecard set provisional_reason = null where kpi_id = 'n2-g2-1'",
            "暫定の評価に理由がない",
        ),
        (
            "mart_kpi_scorecard_rows_are_sound",
            "update mart_kpi_scorecard set comparator = '~' where kpi_id = 'n2-g2-1'",
            "概数や下限の値",
        ),
        (
            "coverage_did_not_shrink",
            "delete from fct_tourism_visitors where municipality_code = '03211' and month = date '2026-06-01'",
            "最新の期",
        ),
        (
            "versions_agree",
            f"update fct_population set population_persons = 26900 where as_of_date = date '2015-10-01' and {ALL}",
            "二つあります",
        ),
    ],
)
def test_broken_mart_is_seen(warehouse: Warehouse, check: str, statement: str, said: str) -> None:
    assert warehouse.node(check) == []
    with warehouse.planted(statement):
        found = warehouse.node(check)
    assert any(said in row["reason_ja"] for row in found)
    assert set(FINDING) == set(found[0])


def test_a_real_boom_is_no_fault(warehouse: Warehouse) -> None:
    """Nemuro FY2014 -> FY2015: 396 times the yen and 1,011 times the donations, both true."""
    (row,) = warehouse.rows(
        "select max(donation_count) filter (where fiscal_year = 2015) "
        "/ max(donation_count) filter (where fiscal_year = 2014) as times from fct_furusato_donation "
        "where municipality_code = '01223'"
    )
    assert row["times"] > 1000
    assert warehouse.node("magnitude_matches_before") == []
    assert warehouse.status["magnitude_matches_before"] == "pass"


def test_areas_that_do_not_add_up_are_seen_in_a_complete_file_only(warehouse: Warehouse) -> None:
    """A prefecture with all its municipalities (Tottori, 19) and a sum that is one person off."""
    complete = (
        "select * from truth union all "
        "select * exclude (code, level, persons) "
        "replace (code as area_code, level as area_level, persons as population_persons) from ("
        "select * from truth where area_code = '01223' and scope = 'total' and sex = 'total' and age_group = 'total' "
        "and as_of_date = date '2022-01-01' limit 1) cross join ("
        "select municipality_code as code, 'municipality' as level, 100 as persons from main.dim_municipality "
        "where is_current and municipality_code like '31%' {fewer} union all select '31000', 'prefecture', {whole})"
    )
    for whole, fewer, n in ((1900, "", 0), (1901, "", 1), (1901, "and municipality_code <> '31201'", 0)):
        with warehouse.changed("registry_population", complete.format(whole=whole, fewer=fewer)):
            assert len(warehouse.node("areas_add_up")) == n, (whole, fewer)


# --- growth -----------------------------------------------------------------------------------------------------------

OF_A_FEW_ROWS = {"dim_code", "mart_grant_form"}
"""One side is a short list: labels of columns, names of a grant over the years."""


def outer_loops(warehouse: Warehouse, sql: str) -> int:
    """Outer joins of a query that look at every row of one side for each row of the other."""
    ((_, plan),) = warehouse.connection.execute(f"explain (format json) {sql}").fetchall()
    found, left = 0, json.loads(plan)
    while left:
        one = left.pop()
        left += one.get("children", [])
        is_outer = one.get("extra_info", {}).get("Join Type") in ("LEFT", "RIGHT", "FULL")
        found += is_outer and one["name"].strip() in ("BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN")
    return found


def test_no_outer_join_grows_with_the_product_of_its_sides(warehouse: Warehouse) -> None:
    """A condition that looks at one side alone, or a disjunction, makes one of it, however many keys stand beside: what
    takes no time on two municipalities takes hours on the country."""
    looped = {name for name, sql in warehouse.compiled.items() if outer_loops(warehouse, sql.strip().rstrip(";"))}
    assert looped == OF_A_FEW_ROWS
    join = "select * from dim_kpi as a left join dim_kpi as b on a.kpi_id = b.kpi_id and "
    assert outer_loops(warehouse, f"{join} a.unit = '人'") == 1
    assert outer_loops(warehouse, f"{join} a.unit = b.unit") == 0
