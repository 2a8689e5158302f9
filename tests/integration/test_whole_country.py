"""Every real file at hand in one refresh from cold: published, after the one correction line that a refusal prints."""

from __future__ import annotations

import re
import statistics
from pathlib import Path

import duckdb
import pytest

from sousei.foundation.home import PROJECT_ROOT
from sousei.orchestration import inputs
from tests.nights import FIRST_NIGHT, town

SHARED = PROJECT_ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.slow,
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "extracts_more").is_dir(), reason="needs the real files of ../shared"),
]
NO_DELIVERY = {"census_1980_2015_all_municipalities.parquet", "estat_api_getStatsData_sample.json"}
"""No table of a publisher's, and one page of an answer in forty thousand."""
LACKS = {"1995-03-31": 1_554_342}
"""Persons that the nation has and no municipality: those of 長崎県 in 1995, which the correction puts aside."""


@pytest.mark.promise("C8", "E2")
def test_every_real_file_is_published_in_one_refresh_and_national_totals_add_up(tmp_path: Path) -> None:
    one = town(tmp_path / "home")
    files = [
        path for folder in ("extracts", "extracts_more") for path in (SHARED / folder).rglob("*") if path.is_file()
    ]
    for path in files:
        one.deliver(f"{path.parent.name}/{path.name}", path.read_bytes())
    first = inputs.tonight(one.home, None, FIRST_NIGHT.date(), FIRST_NIGHT)
    stopped = first.result.problems.filter(first.result.problems["severity"] == "gate")
    assert set(stopped["file_name"]) == {"9504snen.xls"}
    (line,) = {found for text in stopped["action_ja"] for found in re.findall(r"^registry_population,.*$", text, re.M)}
    path = one.home.decisions / "corrections.csv"
    decided = line.replace(",理由,", ",原本の列のずれ,").replace("決裁者", "課長")
    decided = decided.replace("決裁日（YYYY-MM-DD）", "2026-11-22")
    path.write_text(path.read_text("utf-8-sig") + decided + "\n", "utf-8")
    outcome = one.publishes()
    assert {told["file_name"] for told in outcome.not_used} == NO_DELIVERY
    assert one.query("select count(*) from meta_source where verdict = 'taken'") == [(len(files) - len(NO_DELIVERY),)]
    with duckdb.connect(str(one.home.building / "candidate.duckdb"), read_only=True) as connection:
        totals = connection.execute(
            """
            with nation as (
                select as_of_date, scope, 'census' as series, population_persons as persons
                from delivered.census_population
                where area_level = 'nation' and sex = 'total' and age_group = 'total' and version_rank = 1
                union all
                select as_of_date, scope, 'resident_registry', population_persons
                from delivered.registry_population
                where area_level = 'nation' and sex = 'total' and age_group = 'total' and version_rank = 1
            )
            select nation.as_of_date::varchar, nation.persons, sum(stock.population_persons)::bigint
            from nation inner join main.fct_population as stock using (series, scope, as_of_date)
            where stock.sex = 'total' and stock.age_group = 'total'
            group by all order by all
            """
        ).fetchall()
        assert_nemuro_stands_where_a_count_by_hand_puts_it(connection)
    assert len(totals) >= 13
    assert {day: nation - towns for day, nation, towns in totals if nation != towns} == LACKS


def assert_nemuro_stands_where_a_count_by_hand_puts_it(connection: duckdb.DuckDBPyConnection) -> None:
    """Rank, median and number of the change of population from the censuses of 2015 and 2020, and the 20 nearest."""
    persons: dict[int, dict[str, int]] = {2015: {}, 2020: {}}
    for code, year, number in connection.execute(
        "select municipality_code, year(as_of_date), population_persons from mart_population_current_area "
        "where series = 'census' and scope = 'total' and sex = 'total' and age_group = 'total' and is_conserved "
        "and population_persons > 0"
    ).fetchall():
        persons.setdefault(year, {})[code] = number
    change = {code: now / persons[2015][code] - 1 for code, now in persons[2020].items() if code in persons[2015]}
    standing = {
        kind: (rank, n, float(median))
        for kind, rank, n, median in connection.execute(
            "select group_kind, value_rank, n_measured, median_value from mart_peer_standing "
            "where municipality_code = '01223' and measure_id = 'population_change_5y_pct'"
        ).fetchall()
    }
    for kind, group in (("nation", change), ("prefecture", {c: v for c, v in change.items() if c[:2] == "01"})):
        rank = 1 + sum(value > change["01223"] for value in group.values())
        assert standing[kind] == (rank, len(group), pytest.approx(statistics.median(group.values()) * 100, abs=1e-5))
    nearest = connection.execute(
        "select count(*), max(similarity_rank) from mart_similar_municipality where municipality_code = '01223'"
    ).fetchall()
    assert nearest == [(20, 20)]
    assert standing["nearest"][1] == 21
