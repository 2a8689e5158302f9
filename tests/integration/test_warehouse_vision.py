"""The population vision in the published marts: bands, reconciliation, decomposition, rates, integers, what happened.

Does not hold: the method (tests/unit).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.warehouse import Warehouse

pytestmark = pytest.mark.slow

NEMURO, KAMAISHI = "01223", "03211"
BAND_TEST = "projected_totals_have_their_band"
TOTAL = "sex = 'total' and age_group = 'total'"


def vision(warehouse: Warehouse, code: str, scenario: str, year: int) -> dict:
    (row,) = warehouse.rows(
        "select * from mart_population_vision where municipality_code = ? and scenario_id = ? and year = ?",
        code,
        scenario,
        year,
    )
    return row


@pytest.mark.parametrize(
    ("code", "scenarios"),
    [
        (
            NEMURO,
            "closed fertility_only ipss_2018 ipss_2018_extended ipss_2018_from_2025 ipss_2023 "
            "ipss_2023_fitted migration_only plan plan_recomputed sim1 sim2",
        ),
        (  # no plan of it is in hand
            KAMAISHI,
            "closed ipss_2018 ipss_2018_extended ipss_2018_from_2025 ipss_2023 ipss_2023_fitted sim1 sim2",
        ),
    ],
)
def test_every_scenario_stands_where_its_inputs_do(warehouse: Warehouse, code: str, scenarios: str) -> None:
    rows = warehouse.rows("select * from mart_population_vision where municipality_code = ?", code)
    assert sorted({row["scenario_id"] for row in rows}) == scenarios.split()
    for row in rows:
        if row["scenario_id"] in ("ipss_2023", "plan"):  # totals only: nothing is made up
            assert row["births_5y"] is row["social_change_5y"] is row["implied_tfr"] is None
            continue
        assert row["implied_tfr"] > 1
        flows = [row[name] for name in ("births_5y", "deaths_5y", "natural_change_5y", "social_change_5y")]
        assert all(flow is None for flow in flows) if not row["is_projection"] else None not in flows


def test_change_is_natural_and_social_change(warehouse: Warehouse) -> None:
    wrong = warehouse.rows(
        "select * from (select *, total_persons - lag(total_persons) over (partition by municipality_code, scenario_id "
        "order by year) as change from mart_population_vision) where births_5y is not null "
        "and (abs(change - natural_change_5y - social_change_5y) > 0.000002 "
        "or abs(births_5y - deaths_5y - natural_change_5y) > 0.000002)"
    )
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "scenario", "year", "column", "expected", "within"),
    [
        (NEMURO, "ipss_2018_extended", 2060, "total_persons", 8358, 5),
        (NEMURO, "ipss_2018_extended", 2060, "old_persons", 4030, 6),
        (NEMURO, "ipss_2018_extended", 2060, "working_age_persons", 3729, 6),
        (NEMURO, "ipss_2018_extended", 2060, "young_persons", 599, 6),
        (NEMURO, "ipss_2018_extended", 2060, "women_20_39_persons", 446, 6),
        (NEMURO, "ipss_2018_extended", 2050, "total_persons", 11424, 1),
        (KAMAISHI, "ipss_2018_extended", 2060, "total_persons", 14828, 1),
        (KAMAISHI, "ipss_2018", 2045, "total_persons", 20909, 0),
        (NEMURO, "ipss_2023", 2035, "total_persons", 18046, 0),
        (NEMURO, "sim1", 2030, "implied_tfr", Decimal("2.1"), Decimal("0.000001")),
        (KAMAISHI, "sim2", 2045, "social_change_5y", 0, 0),
        (NEMURO, "closed", 2045, "social_change_5y", 0, 0),
        (NEMURO, "fertility_only", 2025, "implied_tfr", Decimal("1.61"), Decimal("0.000001")),
        (NEMURO, "migration_only", 2060, "total_persons", 9087, 14),
        (NEMURO, "plan_recomputed", 2060, "total_persons", 9345, 1),
        (NEMURO, "plan", 2035, "total_persons", 18109, 0),
    ],
)
def test_figures_of_the_method_page(
    warehouse: Warehouse, code: str, scenario: str, year: int, column: str, expected: int | Decimal, within: int
) -> None:
    assert abs(vision(warehouse, code, scenario, year)[column] - expected) <= within


def test_the_band_says_what_it_is(warehouse: Warehouse) -> None:
    near, far = (vision(warehouse, NEMURO, "ipss_2018_extended", year) for year in (2025, 2060))
    assert (near["band_basis"], near["is_band_extrapolated"]) == ("backtest_scaled", False)
    assert (far["band_basis"], far["is_band_extrapolated"]) == ("backtest_extrapolated", True)
    assert far["band_coverage_pct"] == 80 and far["band_size_class"] == "10000-30000"
    assert round(far["total_lower_persons"]) == 5066 and round(far["total_upper_persons"]) == 11950
    for measure in ("total", "young", "working_age", "old", "women_20_39"):
        assert far[f"{measure}_lower_persons"] < far[f"{measure}_persons"] < far[f"{measure}_upper_persons"]
    # 22,005 / (1 + 6.549 %) ... 22,005 / (1 - 5.861 %): the error table that is published beside it
    (error,) = warehouse.rows(
        "select * from mart_projection_backtest where method = 'ipss_2018' and size_class = '10000-30000' "
        "and horizon_years = 10 and measure = 'total'"
    )
    assert abs(near["total_persons"] / (1 + error["band_high_error_pct"] / 100) - near["total_lower_persons"]) < 1
    assert abs(near["total_persons"] / (1 + error["band_low_error_pct"] / 100) - near["total_upper_persons"]) < 1


def test_the_base_stands_beside_every_figure_but_a_plan_s(warehouse: Warehouse) -> None:
    for mart in ("mart_population_vision", "mart_population_projection", "mart_population_integer"):
        rows = warehouse.rows(
            f"select scenario_id, min(base_id) as first, max(base_id) as last, count(*) - count(base_ja) as without "
            f"from {mart} where municipality_code = ? group by all",
            NEMURO,
        )
        of = {row["scenario_id"]: (row["first"], row["last"], row["without"]) for row in rows}
        assert of.pop("plan", (None, None, 1))[:2] == (None, None)
        assert of["ipss_2018_extended"] == ("census_2015", "census_2015", 0)
        assert of["ipss_2018_from_2025"] == ("census_2025", "census_2025", 0)
        assert of["ipss_2023_fitted"] == ("census_2020", "census_2020", 0)
        assert all(first == last and not without for first, last, without in of.values())
    later = vision(warehouse, NEMURO, "ipss_2018_from_2025", 2025)
    assert later["total_persons"] == 21201 and "速報" in later["base_ja"] and "住民基本台帳" in later["base_ja"]


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update mart_population_vision set total_lower_persons = null where scenario_id = 'ipss_2023'", "幅がない"),
        ("update mart_population_projection set upper_persons = null where scenario_id = 'ipss_2018'", "幅がない"),
        (f"update mart_population_integer set population_persons = 99999 where year = 2060 and {TOTAL}", "～"),
        ("insert into mart_population_vision (municipality_code, scenario_id, vintage, year, is_projection, "
         "total_persons) values ('99999', 'ipss_2018', 'x', 2060, true, 5)", "幅がない"),
    ],
)  # fmt: skip
def test_no_projected_total_leaves_the_house_without_its_band(warehouse: Warehouse, statement: str, found: str) -> None:
    assert warehouse.status[BAND_TEST] == "pass"
    assert warehouse.node(BAND_TEST) == []
    with warehouse.planted(statement):
        rows = warehouse.node(BAND_TEST)
        assert rows and found in rows[0]["found"] and "幅" in rows[0]["reason_ja"]
    assert warehouse.node(BAND_TEST) == []


def test_every_printed_figure_stands_beside_official_recomputed_revised_and_counted(warehouse: Warehouse) -> None:
    rows = {row["figure_id"]: row for row in warehouse.rows("select * from mart_vision_reconciliation")}
    assert len(rows) == 61
    plan = rows["plan_2025_total_persons"]
    assert (plan["plan_value"], plan["revised_official_value"], plan["actual_value"]) == (22453, 22317, 21201)
    assert (plan["actual_series"], plan["actual_status"], plan["actual_date"]) == (
        "census",
        "preliminary",
        date(2025, 10, 1),
    )
    assert plan["implied_tfr"] == Decimal("1.61")
    assert rows["ipss_2035_total_persons"]["revised_official_value"] == 18046
    assert rows["gain_2025_total_persons"]["actual_value"] == 21201 - 22006  # the projection that the plan stands on
    assert rows["plan_2060_total_persons"]["actual_value"] is None  # not yet counted, and nothing in its place
    for name in ("plan_2060_old_persons", "plan_2060_young_persons", "plan_2060_women_20_39_persons", "tfr_held_2060"):
        assert rows[name]["verdict"] == "differs" and rows[name]["why_ja"] and rows[name]["tolerance_reason_ja"]
    assert "年齢別" in rows["plan_2060_old_persons"]["why_ja"]
    bases = {
        "census_2015_old_persons": "same_count",
        "ipss_2035_total_persons": "published_rates_rounded",
        "ipss_2060_total_persons": "extension",
        "ipss_2060_old_share_pct": "rounding_of_shares",
        "plan_2060_old_share_pct": "age_pattern_not_printed",
        "migration_only_2060_total_persons": "age_pattern_not_printed",
        "gain_2060_total_persons": "sum_of_parts",
        "tfr_held_2060": "printed_digits",
        "gain_yearly_working_age": "printed_digits",
    }
    assert {name: rows[name]["tolerance_basis"] for name in bases} == bases
    assert all(row["place_ja"] for row in rows.values())


def test_what_happened_is_told_by_series(warehouse: Warehouse) -> None:
    rows = warehouse.rows("select * from mart_population_actual where municipality_code = ?", NEMURO)
    census = [(row["as_of_date"].year, row["actual_persons"], row["value_status"]) for row in rows
              if row["series"] == "census"]  # fmt: skip
    assert census == [(2020, 24636, "final"), (2025, 21201, "preliminary")]
    assert max(row["as_of_date"] for row in rows if row["series"] == "resident_registry") == date(2024, 1, 1)
    assert rows[-1]["plan_gap_persons"] == 21201 - 22453


def test_three_orders_split_one_difference(warehouse: Warehouse) -> None:
    rows = {
        row["method"]: row
        for row in warehouse.rows(
            "select * from mart_vision_decomposition where municipality_code = ? and scenario_id = 'plan_recomputed' "
            "and year = 2060 and measure = 'total'",
            NEMURO,
        )
    }
    assert {name: (round(row["natural_persons"]), round(row["social_persons"])) for name, row in rows.items()} == {
        "migration_first": (267, 718),
        "fertility_first": (234, 751),
        "shapley": (251, 735),
    }
    assert len({row["difference_persons"] for row in rows.values()}) == 1
    assert [name for name, row in rows.items() if row["is_order_of_plan"]] == ["migration_first"]
    assert round(rows["migration_first"]["natural_share_of_net_pct"], 1) == Decimal("27.1")


def test_a_share_of_a_net_difference_is_withheld_where_its_parts_cancel_out(warehouse: Warehouse) -> None:
    given = {"cancelling": (-240, 250), "opposite": (-100, 300), "alike": (1, 3), "nothing": (0, 0)}
    rows = ", ".join(
        f"('{NEMURO}', '{name}', 'ipss_2018', 2060, 'total', 'shapley', {natural + social}, {natural}, {social})"
        for name, (natural, social) in given.items()
    )
    with warehouse.planted(
        "delete from projection.decomposition", f"insert into projection.decomposition values {rows}"
    ):
        found = {
            row["scenario_id"]: row["natural_share_of_net_pct"] for row in warehouse.node("mart_vision_decomposition")
        }
    assert found == {"cancelling": None, "opposite": -50, "alike": 25, "nothing": None}


def test_a_split_says_whose_assumptions_it_rests_on(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select distinct scenario_id, natural_assumed_by, social_assumed_by from mart_vision_decomposition"
    )
    assert {row["scenario_id"]: (row["natural_assumed_by"], row["social_assumed_by"]) for row in rows} == {
        "closed": (None, "ipss"),
        "fertility_only": ("plan", None),
        "migration_only": (None, "ours"),
        "plan_recomputed": ("plan", "ours"),
        "sim1": ("government_worksheet", None),
        "sim2": ("government_worksheet", "government_worksheet"),
    }


def test_flows_say_what_they_rest_on_and_none_is_made_up_for_a_plan(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select scenario_id, is_projection, births_5y is not null as has_flows, flows_basis "
        "from mart_population_vision group by all"
    )
    of = {(row["scenario_id"], row["is_projection"]): (row["has_flows"], row["flows_basis"]) for row in rows}
    assert len(of) == len(rows)
    assert of["plan", True] == (False, "not_printed") and of["ipss_2023", True] == (False, "not_published")
    assert of["plan_recomputed", True] == of["ipss_2018", True] == (True, "national_survival")
    assert of["plan_recomputed", False] == (False, "base_year")


def test_a_band_and_quantiles_of_other_errors_never_stand_side_by_side_unsaid(warehouse: Warehouse) -> None:
    rows = warehouse.rows(
        "select method, band_errors_of, basis, min(horizon_years) as first, count(p10_error_pct) as known, "
        "count(*) as n from mart_projection_backtest group by all"
    )
    for row in rows:
        own = row["method"] == "hamilton_perry"
        assert row["band_errors_of"] == ("own_errors" if own else "own_centre_scaled_spread")
        assert row["known"] == (row["n"] if own or row["first"] == 5 else 0), "quantiles are those of the method itself"
    (said,) = warehouse.rows(
        "select distinct band_errors_of from mart_population_vision where total_lower_persons is not null"
    )
    assert said["band_errors_of"] == "ipss_2018"
    (refreshed,) = warehouse.rows("select distinct band_errors_of from mart_population_refresh")
    assert refreshed["band_errors_of"] == "hamilton_perry"


def test_degrees_and_stage_carry_their_thresholds(warehouse: Warehouse) -> None:
    rows = {
        row["municipality_code"]: row for row in warehouse.rows("select * from mart_vision_impact where year = 2045")
    }
    assert {code: (row["natural_degree"], row["social_degree"], row["depopulation_stage"]) for code, row in
            rows.items()} == {NEMURO: (3, 5, 3), KAMAISHI: (2, 4, 3)}  # fmt: skip
    for row in rows.values():
        assert "105-110" in row["natural_rule"] and "120-130" in row["social_rule"]
        assert "10%" in row["depopulation_stage_rule_ja"]


def test_rates_give_the_published_table_back_and_say_whose_split_it_is(warehouse: Warehouse) -> None:
    off = warehouse.rows(
        "select * from mart_projection_rates as rates "
        "inner join mart_population_projection as before on before.municipality_code = rates.municipality_code "
        "and before.scenario_id = rates.scenario_id and before.year = rates.year - 5 and before.sex = rates.sex "
        "and before.age_from = rates.age_from "
        "inner join mart_population_projection as after on after.municipality_code = rates.municipality_code "
        "and after.scenario_id = rates.scenario_id and after.year = rates.year and after.sex = rates.sex "
        "and after.age_from = rates.age_from + 5 where rates.age_from < 85 "
        "and abs(before.population_persons * rates.cohort_change_ratio - after.population_persons) > 0.01"
    )
    assert off == []
    (said,) = warehouse.rows("select distinct split_basis, split_basis_ja from mart_projection_rates")
    assert said["split_basis"].startswith("ours") and said["split_basis_ja"].startswith("当方")


def test_whole_persons_add_up_in_the_mart(warehouse: Warehouse) -> None:
    key = "municipality_code, scenario_id, vintage, year"
    wrong = warehouse.rows(
        f"select {key}, sum(population_persons) filter (where sex <> 'total' and age_group <> 'total') as cells, "
        "sum(population_persons) filter (where sex <> 'total' and age_group = 'total') as sexes, "
        "sum(population_persons) filter (where sex = 'total' and age_group <> 'total') as ages, "
        f"max(population_persons) filter (where {TOTAL}) as total from mart_population_integer group by all "
        "having not (cells = total and sexes = total and ages = total)"
    )
    assert wrong == []
    (nemuro,) = warehouse.rows(
        "select * from mart_population_integer where municipality_code = ? and year = 2060 "
        f"and scenario_id = 'ipss_2018_extended' and {TOTAL}",
        NEMURO,
    )
    assert [nemuro[name] for name in ("population_persons", "lower_persons", "upper_persons")] == [8360, 5065, 11951]


def cells(warehouse: Warehouse, series: str, day: str) -> dict[tuple[str, int], float]:
    """Nemuro's persons by sex and first age to 90; persons of unknown age in proportion within their sex."""
    rows = warehouse.rows(
        "select sex, if(age_from > 90, 90, age_from) as age, sum(population_persons) as persons from fct_population "
        "where municipality_code = ? and series = ? and scope = 'total' and as_of_date = cast(? as date) "
        "and sex <> 'total' and age_group <> 'total' group by all",
        NEMURO, series, day,
    )  # fmt: skip
    known = {(row["sex"], row["age"]): float(row["persons"]) for row in rows if row["age"] is not None}
    unknown = {row["sex"]: float(row["persons"]) for row in rows if row["age"] is None}
    whole = {sex: sum(persons for (one, _), persons in known.items() if one == sex) for sex in ("male", "female")}
    return {key: persons * (1 + unknown.get(key[0], 0) / whole[key[0]]) for key, persons in known.items()}


def test_the_refresh_of_the_samples_is_that_of_a_calculation_by_hand(warehouse: Warehouse) -> None:
    """From 2018 to 2023 as from 2023 to 2028, 1 October 2025 on the line between, each age group on the census base."""
    before, now = (cells(warehouse, "resident_registry", f"{year}-01-01") for year in (2018, 2023))
    later = {}
    for sex in ("male", "female"):
        for age in range(0, 80, 5):
            later[sex, age + 5] = now[sex, age] * now[sex, age + 5] / before[sex, age]
        later[sex, 85] = now[sex, 80] * now[sex, 85] / before[sex, 80]
        later[sex, 90] = (now[sex, 85] + now[sex, 90]) * now[sex, 90] / (before[sex, 85] + before[sex, 90])
    mothers = [sum(one["female", age] for age in range(15, 50, 5)) for one in (now, later)]
    for sex in ("male", "female"):
        later[sex, 0] = now[sex, 0] / mothers[0] * mothers[1]
    census, registry = cells(warehouse, "census", "2020-10-01"), cells(warehouse, "resident_registry", "2021-01-01")

    def group(one: dict[tuple[str, int], float], first: int, last: int) -> float:
        return sum(persons for (_, age), persons in one.items() if first <= age <= last)

    expected = {
        measure: (group(now, first, last) * 0.45 + group(later, first, last) * 0.55)
        * group(census, first, last) / group(registry, first, last)
        for measure, (first, last) in {"young": (0, 10), "working_age": (15, 60), "old": (65, 90)}.items()
    }  # fmt: skip
    expected["total"] = sum(expected.values())
    found = {
        row["measure"]: float(row["refreshed_persons"])
        for row in warehouse.rows(
            "select * from mart_population_refresh where municipality_code = ? and year = 2025 and measure <> "
            "'women_20_39' and base_date = date '2023-01-01' and from_date = date '2018-01-01'",
            NEMURO,
        )
    }
    assert found == pytest.approx(expected, abs=0.001)
    assert round(found["total"]) == 21804, "the census counted 21,201"
    assert {row["municipality_code"] for row in warehouse.rows("from mart_population_refresh")} == {NEMURO, KAMAISHI}


@pytest.mark.promise("E1")
@pytest.mark.parametrize(
    ("check", "statement", "found"),
    [
        (
            "plan_figures_to_explain",
            "update mart_vision_reconciliation set why_ja = null where figure_id = 'plan_2060_old_persons'",
            "plan_2060_old_persons",
        ),
        (
            "plans_can_be_projected",
            f"insert into projection.plan_fault by name select '{NEMURO}' as municipality_code, "
            "'strategy_2' as plan_id, 'no base year' as message",
            "strategy_2: no base year",
        ),
    ],
)
def test_a_plan_that_cannot_be_followed_is_told(warehouse: Warehouse, check: str, statement: str, found: str) -> None:
    assert warehouse.node(check) == []
    with warehouse.planted(statement):
        (row,) = warehouse.node(check)
        assert found in row["reason_ja"] and row["municipality_code"] == NEMURO


def test_a_mart_is_empty_only_if_all_its_sources_are(warehouse: Warehouse) -> None:
    check = "fct_tourism_visitors_rows_are_sound"
    with warehouse.planted("delete from fct_tourism_visitors"):
        (row,) = warehouse.node(check)
        assert (row["expected"], row["found"]) == ("1行以上", "0行")
    with warehouse.changed("tourism_visitors", "select * from truth where false"):
        warehouse.connection.execute("delete from fct_tourism_visitors")
        assert warehouse.node(check) == []
