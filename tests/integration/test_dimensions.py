"""Dimensions of a release: joined on a code they never change the rows, and every code of the marts finds its words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
import yaml

from sousei.foundation.home import PROJECT_ROOT, Home
from sousei.projection.bands import SIZE_BOUNDS
from sousei.publication import shelf
from sousei.publication.changes import CAUSES

pytestmark = pytest.mark.slow

MARTS = PROJECT_ROOT / "dbt_project" / "models" / "marts"
WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*|[=<>~]=?")
"""What a code of a closed vocabulary looks like."""
IN_DIMENSION = {
    "age_group": "select age_group from dim_age_group",
    **dict.fromkeys(
        ("scenario_id", "recomputed_scenario", "baseline_scenario"),
        "select scenario_id from dim_scenario where label_ja is not null",
    ),
    **dict.fromkeys(("plan_id", "target_plan_id", "previous_plan_id"), "select plan_id from dim_plan"),
    **dict.fromkeys(("grade", "first_grade"), "select grade from dim_grade_rule where grade_label_ja is not null"),
    "grade_rule_id": "select grade_rule_id from dim_grade_rule where rule_label_ja is not null",
    "indicator_id": "select indicator_id from dim_indicator union select 'peer:' || measure_id from dim_peer_measure",
    "measure_id": "select measure_id from dim_peer_measure",
    "vintage": "select plan_id from dim_plan",
    "source": "select source from meta_source where statistic_ja is not null",
}
"""Columns whose codes have a dimension of their own beside dim_code."""
NO_CODE = {
    "column_name": "the name of a column",
    "table_name": "the name of a table",
    "data_type": "the type of a column",
    "layout": "the name of a layout in the contract of a source",
    "edition": "the number that the plan gives itself",
    "raw_table": "the name of a raw table",
    "check_id": "the name of a check, whose row is in meta_check_outcome",
    "inputs_hash": "a hash",
    "grade_at_target": "a grade of the row's own rule",
}
"""Text columns that look like codes and are names; why."""


@pytest.fixture(scope="module")
def release(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(shelf.find(Home(published)).path / "sousei.duckdb"), read_only=True) as connection:
        yield connection


def columns(release: duckdb.DuckDBPyConnection, of_type: str = "%") -> list[tuple[str, str]]:
    return release.execute(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'main' and not internal and data_type like ? order by all",
        [of_type],
    ).fetchall()


def test_a_join_on_the_code_keeps_every_row_of_every_mart(release: duckdb.DuckDBPyConnection) -> None:
    marts = [
        table
        for table, column in columns(release)
        if column == "municipality_code" and table not in ("dim_municipality", "dim_municipality_code")
    ]
    assert len(marts) > 30
    for mart in marts:
        ((rows, joined, lost),) = release.execute(
            f"select (select count(*) from {mart}), count(*), "
            "count(*) filter (where town.municipality_code is null and one.municipality_code in "
            "(select municipality_code from dim_municipality)) "
            f"from {mart} as one left join dim_municipality_code as town using (municipality_code)"
        ).fetchall()
        assert (joined, lost) == (rows, 0), mart


def test_every_code_has_one_row_with_what_it_is_today(release: duckdb.DuckDBPyConnection) -> None:
    ((spans, several, codes),) = release.execute(
        "select count(*), count(*) - count(distinct municipality_code), count(distinct municipality_code) "
        "from dim_municipality"
    ).fetchall()
    assert several > 180 and spans == codes + several
    assert release.execute("select count(*) from dim_municipality_code").fetchall() == [(codes,)]
    known = {
        code: told
        for code, *told in release.execute(
            "select municipality_code, name_ja, former_names_ja, is_current, current_code, current_name_ja, n_spans "
            "from dim_municipality_code where municipality_code in ('04423', '04216', '28221', '01223')"
        ).fetchall()
    }
    # 富谷町 became 富谷市 with a new code; 篠山市 a new name under its code
    assert known["04423"] == ["富谷町", None, False, "04216", "富谷市", 1]
    assert known["28221"][:3] == ["丹波篠山市", "篠山市", True] and known["28221"][5] == 2
    assert known["01223"] == ["根室市", None, True, "01223", "根室市", 1]


def test_a_class_of_size_is_that_of_the_latest_census(release: duckdb.DuckDBPyConnection) -> None:
    rows = release.execute(
        "select municipality_code, census_persons, census_date::varchar, size_class from dim_municipality_code "
        "where census_persons is not null order by 1"
    ).fetchall()
    assert rows == [("01223", 21201, "2025-10-01", "10000-30000"), ("03211", 28012, "2025-10-01", "10000-30000")]
    labels = [f"{a}-{b}" if b else f"{a}+" for a, b in pairwise(SIZE_BOUNDS)]
    said = release.execute(
        "select code from dim_code where table_name = 'dim_municipality_code' and column_name = 'size_class' "
        "order by code_order"
    ).fetchall()
    assert [code for (code,) in said] == labels


def test_every_code_of_a_closed_vocabulary_has_its_words(release: duckdb.DuckDBPyConnection) -> None:
    """Of every text column: what the YAML allows, and what the release holds where it looks like a code."""
    texts = columns(release, "VARCHAR")
    labelled = set(release.execute("select table_name, column_name, code from dim_code").fetchall())
    allowed = {
        (model["name"], column): words
        for path in MARTS.glob("*.yml")
        for model in yaml.safe_load(path.read_text("utf-8"))["models"]
        for test in model.get("data_tests", [])
        for column, words in test.get("sound_rows", {}).get("arguments", {}).get("allowed", {}).items()
        if isinstance(words, list)
    }
    missing = []
    for table, column in texts:
        if column in NO_CODE or (table, f"{column}_ja") in texts:
            continue
        held = [
            one for (one,) in release.execute(f'select distinct "{column}" from {table} limit 60').fetchall() if one
        ]
        codes = set(allowed.get((table, column), []))
        if (held and len(held) < 60 and all(WORD.fullmatch(one) for one in held)) or column in IN_DIMENSION:
            codes |= {word for one in held for word in one.split()}
        if column in IN_DIMENSION:
            codes -= {one for (one,) in release.execute(IN_DIMENSION[column]).fetchall()}
        missing += [(table, column, code) for code in sorted(codes) if (table, column, code) not in labelled]
    assert missing == []


def test_words_are_joined_on_table_column_and_code(release: duckdb.DuckDBPyConnection) -> None:
    assert set(release.execute("select distinct table_name, column_name from dim_code").fetchall()) <= set(
        columns(release)
    )
    ((rows, joined, worded),) = release.execute(
        "select (select count(*) from fct_population), count(*), count(word.label_ja) "
        "from fct_population as one left join dim_code as word on word.table_name = 'fct_population' "
        "and word.column_name = 'sex' and word.code = one.sex"
    ).fetchall()
    assert rows == joined == worded > 0


def test_every_cause_of_a_change_has_its_words(release: duckdb.DuckDBPyConnection) -> None:
    """Several causes stand in one text: split, each is joined to its words, those that people read."""
    said = release.execute(
        "select one.code, word.label_ja from (select unnest(string_split(?, ' ')) as code) as one "
        "left join dim_code as word on word.table_name = 'meta_change' and word.column_name = 'causes' "
        "and one.code = word.code order by word.code_order",
        [" ".join(CAUSES)],
    ).fetchall()
    assert said == list(CAUSES.items())


def test_age_groups_are_worded_and_in_order(release: duckdb.DuckDBPyConnection) -> None:
    known = release.execute("select age_group, label_ja, is_open from dim_age_group order by age_order").fetchall()
    assert known[0] == ("total", "総数", False) and known[-1] == ("unknown", "年齢不詳", False)
    assert {("5-9", "5～9歳", False), ("90+", "90歳以上", True), ("20-39", "20～39歳", False)} <= set(known)
    starts = [int(re.match(r"\d+", label)[0]) for _, label, _ in known[1:-1]]  # type: ignore[index]
    assert starts == sorted(starts)


def test_change_and_per_head_stand_beside_each_other(release: duckdb.DuckDBPyConnection) -> None:
    # resident registry, calendar year 2021: 115 births, 416 deaths, 802 in, 1,118 out; 24,231 in 12,290 households
    assert release.execute(
        "select births_persons, deaths_persons, natural_change_persons, net_migration_persons, counted_on::varchar, "
        "population_persons, households from mart_population_change where municipality_code = '01223' "
        "and series = 'resident_registry' and scope = 'total' and period_start = '2021-01-01'"
    ).fetchall() == [(115, 416, -301, -316, "2022-01-01", 24231, 12290)]
    # vital statistics 2022: 73 marriages
    assert release.execute(
        "select marriages, natural_change_persons, net_migration_persons from mart_population_change "
        "where municipality_code = '01223' and series = 'vital_statistics' and period_start = '2022-01-01'"
    ).fetchall() == [(73, 109 - 443, None)]
    # FY2021: 14,604,567,132 yen and 101,619 visitors over 24,231 residents of 1 January 2022
    assert release.execute(
        "select residents_persons, residents_date::varchar, round(donation_jpy_per_resident, 2)::varchar, "
        "round(visitors_per_resident, 4)::varchar, source.source from mart_per_resident as one "
        "inner join meta_source as source on one.residents_source_id = source.source_id "
        "where municipality_code = '01223' and fiscal_year = 2021"
    ).fetchall() == [(24231, "2022-01-01", "602722.43", "4.1938", "resident_registry")]


def test_per_head_is_the_indicator_of_that_name(release: duckdb.DuckDBPyConnection) -> None:
    ((apart, together),) = release.execute(
        "select count(*) filter (where one.donation_jpy_per_resident is distinct from known.indicator_value), "
        "count(known.indicator_value) from mart_per_resident as one "
        "full join (from fct_indicator where indicator_id = 'furusato_jpy_per_resident') as known "
        "on one.municipality_code = known.municipality_code and one.fiscal_year = known.fiscal_year"
    ).fetchall()
    assert apart == 0 and together > 0
