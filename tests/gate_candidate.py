"""A small invented candidate that passes every suite: what the tests of the gate and of publication start from.

Holds: two invented municipalities with the marts and raw tables of the contract. Figures here are made up and belong
nowhere but in tests.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import yaml

from sousei.expectations import gate
from sousei.expectations.dbt_tests import DbtOutcome
from sousei.expectations.verdict import Verdict
from sousei.foundation.home import PROJECT_ROOT
from sousei.ingest.tables import RAW_TABLES, schema_of

RUN_ID = "2026-11-22-0123456789ab"
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
SHA_A, SHA_B = "a" * 64, "b" * 64


@dataclass(frozen=True)
class Run:
    """The facts of a run that publication asks for."""

    run_id: str = RUN_ID
    as_of_date: date = date(2026, 11, 22)
    code_version: str = "0.1.0+test"
    inputs_hash: str = "0123456789ab" * 5
    inputs: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"sha256": SHA_A, "file_name": "population.csv", "verdict": "taken"},
            {"sha256": SHA_B, "verdict": "taken"},
        ]
    )


MARTS = """
create table main.dim_municipality as
    select * from (values
        ('99001', '990019', '試験市', 'しけんし', '試験県', date '1970-04-01', null::date, null::varchar),
        ('99002', '990027', '見本町', 'みほんちょう', '試験県', date '1970-04-01', null, null)
    ) t(municipality_code, code6, name_ja, kana, prefecture_name_ja, valid_from, valid_to, successor_code);

create table main.dim_municipality_code as
    select *, true as is_current, municipality_code as current_code from main.dim_municipality;

create table main.dim_kpi as
    select * from (values
        ('p1', 'k1', '99001', '寄附額', '基本目標1', '施策1', 'cumulative_total', 'higher_is_better', '億円', 'unit',
            'cumulative_term', null, '年度', null, null, 'none', 10.0, 2024, 'computed', null),
        ('p1', 'k2', '99001', '減少率', '基本目標2', '施策2', 'ratio_percent', 'lower_is_better', '％', 'pt',
            'year', null, '年', 2.4, 2020, 'current_value', 2.0, 2024, 'computed', null),
        ('p1', 'k3', '99001', '観測', '基本目標3', '施策3', 'reference_observation', 'higher_is_better', '人', 'unit',
            'point', null, '時点', null, null, 'none', null, null, 'reported', '=注記')
    ) t(plan_id, kpi_id, municipality_code, kpi_name_ja, basic_goal, measure, kind, direction, unit, delta_unit,
        accumulation, count_basis, period_basis, baseline_value, baseline_year, baseline_type, target_value,
        target_fiscal_year, how_measured, note_ja);
alter table main.dim_kpi alter baseline_value type decimal(18, 4);
alter table main.dim_kpi alter target_value type decimal(18, 4);
alter table main.dim_kpi add column is_current boolean default true;
alter table main.dim_kpi add column first_fiscal_year integer default 2021;

create table main.fct_population as
    with ages as (
        select 5 * i as age_from, 5 * i + 4 as age_to, 5 * i || '-' || 5 * i + 4 as age_group from range(18) r(i)
        union all select 90, null, '90+'
    ),
    days as (
        select * from (values
            ('census', 'total', date '2020-10-01', 'registry-bbbbbbbbbbbbbbbb'),
            ('resident_registry', 'total', date '2022-01-01', 'registry-bbbbbbbbbbbbbbbb'),
            ('resident_registry', 'total', date '2023-01-01', 'registry-bbbbbbbbbbbbbbbb'),
            ('resident_registry', 'japanese', date '2012-03-31', 'registry-bbbbbbbbbbbbbbbb')
        ) t(series, scope, as_of_date, source_id)
    ),
    towns as (select unnest(['99001', '99002']) as municipality_code, unnest([100, 30]) as persons),
    cells as (
        select municipality_code, series, scope, as_of_date, sex, age_group, age_from, age_to, persons, source_id
        from towns, days, ages, (select unnest(['male', 'female']) as sex)
    )
    select municipality_code, series, scope, as_of_date, sex, age_group, age_from::smallint as age_from,
        age_to::smallint as age_to, persons::bigint as population_persons, 'final' as value_status, source_id,
        '表1' as source_sheet, 7 as source_row
    from cells
    union all
    select municipality_code, series, scope, as_of_date, coalesce(sex, 'total'), 'total', null, null, sum(persons),
        'final', any_value(source_id), '表1', 7
    from cells group by grouping sets (
        (municipality_code, series, scope, as_of_date, sex), (municipality_code, series, scope, as_of_date));

create table main.fct_population_change as
    select municipality_code, 'resident_registry' as series, date '2022-01-01' as period_start,
        date '2022-12-31' as period_end, 'calendar_year' as period_basis, component, persons::bigint as persons,
        'dynamics-bbbbbbbbbbbbbbbb' as source_id,
        '表2' as source_sheet, 8 as source_row
    from (select unnest(['99001', '99002']) as municipality_code), (
        select unnest(['birth', 'death', 'in_migration', 'out_migration', 'other']) as component,
            unnest([7, 12, 40, 50, -3]) as persons);

create table main.fct_tourism_visitors as
    select municipality_code, m::date as month, (1000 + 10 * month(m))::bigint as visitors,
        '観光来訪者数' as count_basis,
        'final' as value_status, date '2022-01-01' as comparable_from, 'tourism-aaaaaaaaaaaaaaaa' as source_id,
        '' as source_sheet, (2 + month(m))::integer as source_row
    from (select unnest(['99001', '99002']) as municipality_code),
        range(timestamp '2022-01-01', timestamp '2023-01-01', interval 1 month) r(m);

create table main.fct_furusato_donation as
    select municipality_code, fiscal_year::integer as fiscal_year, (200000000 + fiscal_year)::bigint as donation_jpy,
        10000::bigint as donation_count, 'furusato-aaaaaaaaaaaaaaaa' as source_id, '受入額' as source_sheet,
        (fiscal_year - 2000)::integer as source_row
    from (select unnest(['99001', '99002']) as municipality_code), range(2021, 2025) r(fiscal_year);

create table main.fct_kpi_actual as
    select * from (values
        ('99001', 'p1', 'k1', 2023, 6.0::decimal(18, 4), null::decimal(18, 4), null::decimal(18, 4), 'final',
            date '2024-03-31', 1, true, 'furusato-aaaaaaaaaaaaaaaa'),
        ('99001', 'p1', 'k1', 2024, 8.0, null, null, 'final', date '2025-03-31', 1, true, 'furusato-aaaaaaaaaaaaaaaa'),
        ('99001', 'p1', 'k2', 2024, 2.2, 22, 1000, 'preliminary', date '2025-01-01', 1, false,
            'registry-bbbbbbbbbbbbbbbb'),
        ('99001', 'p1', 'k2', 2024, 2.1, 21, 1000, 'revised', date '2025-01-01', 2, true, 'registry-bbbbbbbbbbbbbbbb'),
        ('99001', 'p1', 'k3', 2024, null, null, null, 'not_reported', null, 1, true, null)
    ) t(municipality_code, plan_id, kpi_id, fiscal_year, actual_value, numerator, denominator, value_status, as_of_date,
        revision, is_latest, source_id);

create table main.mart_kpi_scorecard as
    select * from (values
        ('99001', 'p1', 'k1', '寄附額', 'cumulative_total', 'higher_is_better', '億円', 2024, null::decimal(18, 4),
            'none', 10.0::decimal(18, 4), 8.0::decimal(18, 4), 'final', 10.0::decimal(18, 4), 80.0::decimal(18, 4),
            80.0::decimal(18, 4), '2', 'cabinet_office', null::varchar, 'furusato-aaaaaaaaaaaaaaaa', '受入額', 24),
        ('99001', 'p1', 'k2', '減少率', 'ratio_percent', 'lower_is_better', '％', 2024, 2.4, 'current_value', 2.0, 2.1,
            'revised', 2.0, 95.2, 75.0, '2', 'cabinet_office', null, 'registry-bbbbbbbbbbbbbbbb', '表1', 7),
        ('99001', 'p1', 'k3', '観測', 'reference_observation', 'higher_is_better', '人', 2024, null, 'none', null, null,
            'not_reported', null, null, null, null, null, 'no_target', null, null, null)
    ) t(municipality_code, plan_id, kpi_id, kpi_name_ja, kind, direction, unit, fiscal_year, baseline_value,
        baseline_type, milestone_value, actual_value, value_status, target_value, attainment_pct, progress_pct, grade,
        grade_rule_id, not_computable_reason, source_id, source_sheet, source_row);

create table main.mart_population_projection as
    select municipality_code, 'ipss_2018' as scenario_id, 'ipss_2018' as vintage, year::integer as year, sex, age_group,
        age_from::smallint as age_from, age_to::smallint as age_to,
        (100 - (year - 2015) / 5)::decimal(18, 6) as population_persons, year > 2015 as is_projection
    from (select unnest(['99001', '99002']) as municipality_code), range(2015, 2050, 5) y(year),
        (select unnest(['male', 'female']) as sex), (
            select 5 * i as age_from, 5 * i + 4 as age_to, 5 * i || '-' || 5 * i + 4 as age_group from range(18) r(i)
            union all select 90, null, '90+');

insert into main.mart_population_projection by name
    select '99001' as municipality_code, 'plan' as scenario_id, 'test_plan' as vintage, year, 'total' as sex,
        'total' as age_group, 3000 as population_persons, true as is_projection from (values (2025), (2060)) y(year);

create table main.mart_population_vision as
    select municipality_code, scenario_id, vintage, year, sum(population_persons) as total_persons,
        sum(population_persons) filter (where age_from < 15) as young_persons,
        sum(population_persons) filter (where age_from between 15 and 60) as working_age_persons,
        sum(population_persons) filter (where age_from >= 65) as old_persons,
        sum(population_persons) filter (where sex = 'female' and age_from between 20 and 35) as women_20_39_persons,
        15.8::decimal(9, 4) as young_share_pct, 52.6::decimal(9, 4) as working_age_share_pct,
        31.6::decimal(9, 4) as old_share_pct, 10::decimal(18, 6) as births_5y, 30::decimal(18, 6) as deaths_5y,
        -20::decimal(18, 6) as natural_change_5y, -18::decimal(18, 6) as social_change_5y,
        1.4::decimal(9, 4) as implied_tfr,
        null::decimal(18, 6) as gap_to_target_persons
    from main.mart_population_projection where scenario_id = 'ipss_2018' group by all;

insert into main.mart_population_vision by name
    select municipality_code, scenario_id, vintage, year, population_persons as total_persons
    from main.mart_population_projection where scenario_id = 'plan';

create table main.mart_vision_reconciliation as
    select '99001' as municipality_code, 'p1' as plan_id, 'f1' as figure_id, '総人口' as label_ja, 2025 as year,
        3400::decimal(18, 4) as plan_value, 3401::decimal(18, 4) as official_value,
        3400.6::decimal(18, 4) as recomputed_value, 0.6::decimal(18, 4) as difference, 3::decimal(18, 4) as tolerance,
        'agrees' as verdict;

create table main.meta_source as
    select source_id, source, file_name, sha256, timestamptz '2026-11-21 09:00:00+09' as received_at, period,
        publisher_ja, licence, rows_read, rows_quarantined, verdict from raw.delivery;

comment on table main.fct_population is '人口。1行は一つの市区町村・系列・範囲・時点・性・年齢の人数。 / Population.';
comment on column main.fct_population.population_persons is '人数（人）。''引用''を含む説明。 / Persons.';
"""


@cache
def grain() -> dict[str, list[str]]:
    """The columns that identify a row of each mart, as the YAML beside its SQL says."""
    files = sorted((PROJECT_ROOT / "dbt_project/models/marts").glob("*.yml"))
    models = [model for path in files for model in yaml.safe_load(path.read_text("utf-8"))["models"]]
    return {model["name"]: model["config"]["meta"]["grain"] for model in models}


def _grain(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create table main.meta_grain (table_name varchar, column_name varchar, place integer)")
    connection.executemany(
        "insert into main.meta_grain values (?, ?, ?)",
        [(table, name, place) for table, columns in grain().items() for place, name in enumerate(columns, 1)],
    )


def _raw(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema raw")
    for name in RAW_TABLES:
        empty = schema_of(name).to_frame()
        connection.register("empty", empty.to_arrow())
        connection.execute(f"create table raw.{name} as select * from empty")
        connection.unregister("empty")
    connection.execute(
        "create table raw.run as select ? as run_id, date '2026-11-22' as as_of_date, 2026 as fiscal_year, "
        "'0.1.0+test' as code_version",
        [RUN_ID],
    )
    for source, letter, file_name in (
        ("registry", "b", "population.csv"),
        ("dynamics", "b", "dynamics.xlsx"),
        ("tourism", "a", "visitors.csv"),
        ("furusato", "a", "donations.xlsx"),
    ):
        connection.execute(
            "insert into raw.delivery (source_id, source, file_name, sha256, period, publisher_ja, licence, rows_read, "
            "rows_quarantined, verdict) values (?, ?, ?, ?, '2022', '試験庁', '政府標準利用規約', 10, 0, 'taken')",
            [f"{source}-{letter * 16}", source, file_name, letter * 64],
        )


def _raw_rows(connection: duckdb.DuckDBPyConnection) -> None:
    for table in (
        "registry_population",
        "registry_dynamics",
        "tourism_visitors",
        "furusato_donation",
        "ipss_population",
    ):
        connection.execute(
            f"insert into raw.{table} (area_code, area_level) "
            "values ('99001', 'municipality'), ('99002', 'municipality')"
        )
    connection.execute("insert into raw.plan_register_kpi (municipality_code) values ('99001')")
    connection.execute("create schema delivered")
    connection.execute(
        "create table delivered.section_report_value as "
        "select '99001' as municipality_code, cast(null as varchar) as subseries_ja"
    )


def make(path: Path, *statements: str) -> Path:
    """Write a candidate that passes everything, then run `statements` on it (how a test plants a fault)."""
    with duckdb.connect(str(path)) as connection:
        _raw(connection)
        connection.execute(MARTS)
        _grain(connection)
        _raw_rows(connection)
        for statement in statements:
            connection.execute(statement)
    return path


def plant(path: Path, *statements: str) -> Path:
    """Change an existing candidate."""
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


class PassingSuites:
    """Stands in for the process that runs Great Expectations where a test is not about it: every check passes."""

    def __enter__(self) -> PassingSuites:
        return self

    def __exit__(self, *exception: object) -> None:
        return None

    def begin(self, candidate: Path) -> None:
        return None

    def outcomes(self, candidate: Path) -> list[Any]:
        from sousei.expectations.suites.declared import CHECKS
        from sousei.expectations.validation import SuiteOutcome, threshold_of

        return [SuiteOutcome(check.check_id, True, "0 / 1", threshold_of(check), 0) for check in CHECKS]


DBT = (DbtOutcome("totals_equal_their_parts", "gate", "fct_population", True),)


def judged(path: Path, *, run_id: str = RUN_ID, dbt: tuple[DbtOutcome, ...] = DBT) -> Verdict:
    """Judge a candidate with a stand-in for Great Expectations."""
    return gate.judge(path, dbt, run_id, NOW, PassingSuites())  # type: ignore[arg-type]


def rows(path: Path, sql: str) -> pl.DataFrame:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.sql(sql).pl()
