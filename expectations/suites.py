"""What must be true of the published marts, as plain data: frames to look at and checks on their columns.

Holds: for each mart the frame that is judged (SQL over the candidate, small: one row per municipality and date or the
like, never one per age cell), and the checks with owner, action and the reason of their threshold. Readable without
importing Great Expectations, so that a list of checks costs nothing.

Does not belong here: what a dbt test already says of a column or a key (not null, unique, accepted values, relations,
parts that add to totals); running anything (`validation`); deciding about publication (`gate`).

A helper column is null where its rule does not apply; Great Expectations skips nulls. Every frame has a row-count
check, because an empty frame passes all others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Severity = Literal["gate", "warn", "review"]

OPERATOR = "運用担当"
STATISTICS = "統計担当"
PDCA_OFFICE = "総合政策部（PDCA事務局）"

READ_AGAIN = (
    "該当ファイルと読取定義（ingest/sources）を確認し、誤りを正して再実行する。正しい値なら基準値を理由とともに改める。"
)
FIX_MODEL = "該当するモデル（dbt_project/models）を直し、再実行する。"
LOOK_AT_FIGURE_FIRST = (
    "まず示されたファイルと行の値を原資料と照合し、違えば正しいファイルを届け直す（誤った値が届くと計算が成り立たないことがある）。"
    "値が正しいときに限り、" + FIX_MODEL
)
FIX_CATALOGUE = "KPI台帳（dbt_project/seeds）の該当行を計画本文と照合して直す。"
ASK_OFFICE = "担当課へ確認し、事情を注記に残す。"


@dataclass(frozen=True)
class Frame:
    """What one suite looks at.

    `grain` says what one row is; `keys` are the columns that name a failing row to a person (source_id, sheet and row
    lead back to the delivered cell); the frame may be empty only where all raw tables of `fed_by` are, and must
    be empty then where `and_nothing_else` feeds it.
    """

    name: str
    table: str
    grain: str
    sql: str
    keys: tuple[str, ...]
    fed_by: tuple[str, ...] = ()
    and_nothing_else: bool = False


@dataclass(frozen=True)
class Check:
    """One expectation on one frame; `expectation` is the class name in great_expectations.expectations."""

    check_id: str
    frame: str
    severity: Severity
    expectation: str
    arguments: dict[str, Any]
    description_ja: str
    why: str
    owner_ja: str
    action_ja: str
    table: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", FRAMES[self.frame].table)


_POPULATION = """
with figures as (
    select
        municipality_code, series, scope, as_of_date,
        min(source_id) as source_id,
        min(source_sheet) filter (where sex = 'total' and age_group = 'total') as sheet,
        min(source_row) filter (where sex = 'total' and age_group = 'total') as "row",
        max(population_persons) filter (where sex = 'total' and age_group = 'total') as total_persons,
        sum(population_persons) filter (where sex = 'female' and age_from >= 20 and age_to <= 39) as women_20_39_persons
    from main.fct_population
    group by all
)

select
    municipality_code, series, scope, strftime(as_of_date, '%Y-%m-%d') as as_of_date, source_id, sheet, "row",
    total_persons,
    women_20_39_persons,
    case when scope <> 'foreign' then 100.0 * women_20_39_persons / nullif(total_persons, 0) end
        as women_20_39_share_pct,
    series || ' ' || case
        when series = 'census' then strftime(as_of_date, '%m-%d')
        when as_of_date <= date '2013-12-31' then 'until 2013 ' || strftime(as_of_date, '%m-%d')
        else 'from 2014 ' || strftime(as_of_date, '%m-%d')
    end as day_of_count,
    case when series = 'resident_registry' and as_of_date < date '2012-07-09' then scope end
        as scope_before_foreign_residents,
    date_diff('day', (select max(as_of_date) from raw.run), as_of_date) as days_after_run
from figures
"""

_CHANGE = """
with population as (
    select municipality_code, as_of_date, max(population_persons) as persons
    from main.fct_population
    where series = 'resident_registry' and sex = 'total' and age_group = 'total'
    group by all
)

select
    flows.municipality_code, flows.series, flows.component,
    strftime(flows.period_start, '%Y-%m-%d') as period_start, strftime(flows.period_end, '%Y-%m-%d') as period_end,
    flows.source_id, flows.source_sheet as sheet, flows.source_row as "row",
    case when flows.component = 'birth' then 1000.0 * flows.persons / nullif(population.persons, 0) end
        as births_per_1000,
    case when flows.component = 'death' then 1000.0 * flows.persons / nullif(population.persons, 0) end
        as deaths_per_1000,
    flows.period_basis || ' ' || strftime(flows.period_start, '%m-%d') || ' ' || strftime(flows.period_end, '%m-%d')
        || ' ' || (year(flows.period_end) - year(flows.period_start)) as shape_of_period
from main.fct_population_change as flows
left join population
    on population.municipality_code = flows.municipality_code
    and population.as_of_date between flows.period_end and flows.period_end + 1
"""

_TOURISM = """
select
    municipality_code, strftime(month, '%Y-%m') as month, source_id, source_sheet as sheet, source_row as "row",
    visitors,
    visitors / nullif(lag(visitors) over (partition by municipality_code order by month), 0) as ratio_to_previous,
    date_diff('day', (select max(as_of_date) from raw.run), month) as days_after_run
from main.fct_tourism_visitors
"""

_FURUSATO = """
select
    municipality_code, fiscal_year, source_id, source_sheet as sheet, source_row as "row",
    donation_jpy,
    case when donation_count >= 1000 then donation_jpy / donation_count end as yen_per_donation,
    fiscal_year - (select max(fiscal_year) from raw.run) as years_after_run
from main.fct_furusato_donation
"""

_KPI = """
select
    municipality_code, plan_id, kpi_id,
    target_fiscal_year,
    case when kind = 'reference_observation' then target_value is null end as is_observation_without_target,
    case
        when kind in ('level_at_end', 'annual_level', 'ratio_percent') and direction like 'higher%'
            then target_value - baseline_value
        when kind in ('level_at_end', 'annual_level', 'ratio_percent') and direction like 'lower%'
            then baseline_value - target_value
    end as step_to_target,
    case
        when kind = 'ratio_percent'
            then coalesce(target_value between 0 and 100, true) and coalesce(baseline_value between 0 and 100, true)
    end as is_share_a_percentage
from main.dim_kpi
"""

_ACTUAL = """
select
    kpi_id, fiscal_year,
    count(*) filter (where is_latest) as latest_revisions,
    case
        when bool_or(value_status in ('final', 'preliminary', 'revised') and actual_value is not null)
            then fiscal_year - (select max(fiscal_year) from raw.run)
    end as years_after_run
from main.fct_kpi_actual
group by kpi_id, fiscal_year
"""

_SCORECARD = """
select
    municipality_code, plan_id, kpi_id, fiscal_year, source_id, source_sheet as sheet, source_row as "row",
    (grade is null or attainment_pct is null or progress_pct is null) = (not_computable_reason is not null)
        as is_computed_or_explained,
    case when grade is not null then grade_rule_id is not null end as is_rule_named,
    (actual_value is null) = (value_status in ('suppressed', 'not_reported')) as is_missing_as_stated,
    attainment_pct,
    case
        when progress_pct is not null and kind not in ('cumulative_total', 'increment_over_term')
            then baseline_value is not null and baseline_type is not null and baseline_type <> 'none'
    end as is_progress_from_baseline,
    case when kind = 'reference_observation' then grade is null and target_value is null end as is_observation_ungraded
from main.mart_kpi_scorecard
"""

_SCORECARD_COVERAGE = """
select
    kpi.municipality_code, kpi.plan_id, kpi.kpi_id,
    case
        when max(kpi.target_value) is not null
            and max(kpi.target_fiscal_year) < (select max(fiscal_year) from raw.run)
            then count(score.fiscal_year) filter (where score.fiscal_year = kpi.target_fiscal_year)
    end as rows_in_target_year
from main.dim_kpi as kpi
left join main.mart_kpi_scorecard as score on score.plan_id = kpi.plan_id and score.kpi_id = kpi.kpi_id
group by kpi.municipality_code, kpi.plan_id, kpi.kpi_id
"""

_PROJECTION = """
with totals as (
    select
        municipality_code, scenario_id, vintage, year,
        coalesce(
            max(population_persons) filter (where sex = 'total' and age_group = 'total'),
            sum(population_persons) filter (
                where sex in ('male', 'female') and age_group not in ('total', '0-14', '15-64', '65+')
            )
        ) as total_persons
    from main.mart_population_projection
    where vintage like 'ipss%'
    group by all
)

select
    municipality_code, scenario_id, vintage, year, total_persons,
    total_persons / nullif(
        lag(total_persons) over (partition by municipality_code, scenario_id, vintage order by year), 0
    ) as ratio_to_previous,
    year - lag(year) over (partition by municipality_code, scenario_id, vintage order by year) as years_since_previous,
    year % 5 as years_off_census
from totals
"""

_VISION = """
select
    municipality_code, scenario_id, vintage, year,
    total_persons,
    women_20_39_persons,
    young_share_pct + working_age_share_pct + old_share_pct as shares_sum_pct,
    natural_change + social_change - (total_persons - lag(total_persons) over (
        partition by municipality_code, scenario_id, vintage order by year
    )) as change_minus_parts_persons,
    implied_tfr
from main.mart_population_vision
"""

_SOURCE = r"""
select
    source_id, file_name, sha256,
    source_id as source_id_text,
    ends_with(source_id, '-' || left(sha256, 16)) as is_named_by_content,
    not regexp_matches(file_name, '[/\\[:cntrl:]]') as is_base_name,
    trim(coalesce(publisher_ja, '')) <> '' and trim(coalesce(licence, '')) <> '' as is_credited,
    rows_read,
    rows_quarantined
from main.meta_source
where verdict = 'taken'
"""


def _coverage(table: str, *raw_tables: str) -> str:
    """One row per municipality that was delivered; a merged one counts as published under its successor."""
    delivered = " union ".join(
        f"select area_code, min(source_id) as source_id from raw.{name} "  # noqa: S608  table names of this module
        "where area_level in ('municipality', 'designated_city') group by area_code"
        for name in raw_tables
    )
    return f"""
with delivered as ({delivered}),
successors as (
    select municipality_code, max(successor_code) as successor_code from main.dim_municipality group by all
)

select
    delivered.area_code as municipality_code,
    min(delivered.source_id) as source_id,
    bool_or(
        delivered.area_code in (select municipality_code from main.{table})
        or coalesce(successors.successor_code in (select municipality_code from main.{table}), false)
    ) as is_published
from delivered
left join successors on successors.municipality_code = delivered.area_code
group by delivered.area_code
"""  # noqa: S608


FRAMES: dict[str, Frame] = {
    frame.name: frame
    for frame in (
        Frame(
            "population",
            "fct_population",
            "one municipality, series, scope and date",
            _POPULATION,
            ("municipality_code", "series", "scope", "as_of_date", "source_id", "sheet", "row"),
            ("census_population", "registry_population"),
        ),
        Frame(
            "population_coverage",
            "fct_population",
            "one municipality that a population file named",
            _coverage("fct_population", "census_population", "registry_population"),
            ("municipality_code", "source_id"),
            ("census_population", "registry_population"),
            and_nothing_else=True,
        ),
        Frame(
            "population_change",
            "fct_population_change",
            "one component of change in one municipality and period",
            _CHANGE,
            ("municipality_code", "component", "period_start", "period_end", "source_id", "sheet", "row"),
            ("registry_dynamics",),
        ),
        Frame(
            "tourism",
            "fct_tourism_visitors",
            "one municipality and month",
            _TOURISM,
            ("municipality_code", "month", "source_id", "sheet", "row"),
            ("tourism_visitors",),
            and_nothing_else=True,
        ),
        Frame(
            "tourism_coverage",
            "fct_tourism_visitors",
            "one municipality that a tourism file named",
            _coverage("fct_tourism_visitors", "tourism_visitors"),
            ("municipality_code", "source_id"),
            ("tourism_visitors",),
            and_nothing_else=True,
        ),
        Frame(
            "furusato",
            "fct_furusato_donation",
            "one municipality and fiscal year",
            _FURUSATO,
            ("municipality_code", "fiscal_year", "source_id", "sheet", "row"),
            ("furusato_donation",),
            and_nothing_else=True,
        ),
        Frame(
            "furusato_coverage",
            "fct_furusato_donation",
            "one municipality that a donation file named",
            _coverage("fct_furusato_donation", "furusato_donation"),
            ("municipality_code", "source_id"),
            ("furusato_donation",),
            and_nothing_else=True,
        ),
        Frame("kpi", "dim_kpi", "a target of a plan, in one version", _KPI, ("municipality_code", "plan_id", "kpi_id")),
        Frame("kpi_actual", "fct_kpi_actual", "one KPI and fiscal year", _ACTUAL, ("kpi_id", "fiscal_year")),
        Frame(
            "scorecard",
            "mart_kpi_scorecard",
            "a KPI in one fiscal year",
            _SCORECARD,
            ("municipality_code", "plan_id", "kpi_id", "fiscal_year", "source_id", "sheet", "row"),
        ),
        Frame(
            "scorecard_coverage",
            "mart_kpi_scorecard",
            "a KPI of a plan",
            _SCORECARD_COVERAGE,
            ("municipality_code", "plan_id", "kpi_id"),
        ),
        Frame(
            "projection",
            "mart_population_projection",
            "one municipality in one year of one scenario",
            _PROJECTION,
            ("municipality_code", "scenario_id", "vintage", "year"),
            ("ipss_population",),
        ),
        Frame(
            "vision",
            "mart_population_vision",
            "one municipality in one year of one scenario",
            _VISION,
            ("municipality_code", "scenario_id", "vintage", "year"),
            ("ipss_population",),
        ),
        Frame(
            "source",
            "meta_source",
            "one delivered file that was taken",
            _SOURCE,
            ("source_id", "file_name"),
            ("delivery",),
        ),
    )
}


def _rows(frame: str, check_id: str, largest: int, description_ja: str, why: str) -> Check:
    return Check(
        check_id,
        frame,
        "gate",
        "ExpectTableRowCountToBeBetween",
        {"min_value": 1, "max_value": largest},
        description_ja,
        why
        + " 空の表は他のすべての検査を通ってしまうため、下限は1行。元ファイルが一つも届いていない表だけは0行でもよい。",
        OPERATOR,
        "受領ファイルが届いているか、モデルの結合条件で行が消えたり増えたりしていないかを確認する。",
    )


def _between(
    check_id: str,
    frame: str,
    severity: Severity,
    column: str,
    low: float | None,
    high: float | None,
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    bounds = {key: value for key, value in (("min_value", low), ("max_value", high)) if value is not None}
    return Check(
        check_id,
        frame,
        severity,
        "ExpectColumnValuesToBeBetween",
        {"column": column} | bounds,
        description_ja,
        why,
        owner_ja,
        action_ja,
    )


def _true(
    check_id: str,
    frame: str,
    severity: Severity,
    column: str,
    description_ja: str,
    why: str,
    owner_ja: str,
    action_ja: str,
) -> Check:
    return Check(
        check_id,
        frame,
        severity,
        "ExpectColumnValuesToBeInSet",
        {"column": column, "value_set": [True]},
        description_ja,
        why,
        owner_ja,
        action_ja,
    )


CHECKS: tuple[Check, ...] = (
    # --- population ------------------------------------------------------------------------------------------------
    _rows(
        "population",
        "population_has_a_plausible_number_of_series",
        2_000_000,
        "人口系列（市区町村・統計・範囲・時点）の行数が妥当である",
        "全国1,741団体と政令市の区の計約1,920地域に3範囲、国勢調査10回と住民基本台帳35年分で約26万行。200万行を超えれば重複している。",
    ),
    _between(
        "total_population_fits_a_japanese_municipality",
        "population",
        "gate",
        "total_persons",
        0,
        4_000_000,
        "総人口は0人以上400万人以下である",
        "最大の市区町村は横浜市の約378万人（2020年国勢調査）。避難指示区域や北方領土の村では0人がありうる。超過は単位の取り違えや都道府県計の混入。",
        STATISTICS,
        READ_AGAIN,
    ),
    Check(
        "women_20_39_do_not_exceed_total_population",
        "population",
        "gate",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {
            "column_A": "total_persons",
            "column_B": "women_20_39_persons",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        "20〜39歳女性は総人口を超えない",
        "部分は全体を超えない。超えるのは列のずれか、総数行の読み落とし。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "women_20_39_share_is_plausible",
        "population",
        "warn",
        "women_20_39_share_pct",
        0.5,
        30,
        "20〜39歳女性の割合は0.5％以上30％以下である",
        "社人研平成30年推計の全市区町村・全年次で最小1.2％、最大21.5％。被災地や離島では外れうるため警告。外国人だけの範囲は対象外。",
        STATISTICS,
        READ_AGAIN,
    ),
    Check(
        "population_is_counted_on_its_statutory_day",
        "population",
        "gate",
        "ExpectColumnValuesToBeInSet",
        {
            "column": "day_of_count",
            "value_set": ["census 10-01", "resident_registry until 2013 03-31", "resident_registry from 2014 01-01"],
        },
        "時点は国勢調査が10月1日、住民基本台帳が2013年まで3月31日・2014年から1月1日である",
        "国勢調査令と住民基本台帳調査の基準日。ずれは表題の年月日の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    Check(
        "registry_before_july_2012_counts_japanese_only",
        "population",
        "gate",
        "ExpectColumnValuesToBeInSet",
        {"column": "scope_before_foreign_residents", "value_set": ["japanese"]},
        "2012年7月より前の住民基本台帳人口は日本人だけである",
        "外国人住民が台帳に載ったのは2012年7月9日から。それ以前を総数と呼ぶと二つの定義が一本の線につながってしまう。",
        STATISTICS,
        FIX_MODEL,
    ),
    _between(
        "population_is_not_of_the_future",
        "population",
        "gate",
        "days_after_run",
        None,
        0,
        "実績人口の時点は基準日以前である",
        "基準日より後の実績は存在しない。年号や西暦の読み違い、または推計値の混入。",
        STATISTICS,
        READ_AGAIN,
    ),
    _rows(
        "population_coverage",
        "population_files_name_municipalities",
        5_000,
        "人口ファイルに載る市区町村の数が妥当である",
        "1970年以降の廃置分合を含めても市区町村コードは約4,000。",
    ),
    _true(
        "every_delivered_municipality_has_population",
        "population_coverage",
        "gate",
        "is_published",
        "人口ファイルに載る市区町村は、本体または合併後の団体として必ず公表表にある",
        "届いた市区町村が公表表から黙って消えてはならない（例外なし）。",
        STATISTICS,
        "市区町村の台帳（seeds/municipalities.csv, municipality_changes.csv）に該当コードがあるか確認する。",
    ),
    # --- population change -----------------------------------------------------------------------------------------
    _rows(
        "population_change",
        "population_change_has_a_plausible_number_of_rows",
        2_000_000,
        "人口動態の行数が妥当である",
        "約1,920地域に5要素、35年分、2系列で約67万行。",
    ),
    _between(
        "birth_rate_is_plausible",
        "population_change",
        "gate",
        "births_per_1000",
        0,
        60,
        "出生は年に人口千人あたり60人以下である",
        "戦後のベビーブーム期の全国値でも34（1947年）。60を超えるのは列のずれか単位の取り違え。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "death_rate_is_plausible",
        "population_change",
        "gate",
        "deaths_per_1000",
        0,
        200,
        "死亡は年に人口千人あたり200人以下である",
        "東日本大震災で最も被害の大きかった町でも人口の1割弱。200を超えるのは列のずれか単位の取り違え。",
        STATISTICS,
        READ_AGAIN,
    ),
    Check(
        "flow_period_is_one_whole_year_of_its_basis",
        "population_change",
        "gate",
        "ExpectColumnValuesToBeInSet",
        {
            "column": "shape_of_period",
            "value_set": ["fiscal_year 04-01 03-31 1", "calendar_year 01-01 12-31 0"],
        },
        "動態の期間は年度（4月1日〜翌3月31日）か暦年（1月1日〜12月31日）の1年間である",
        "住民基本台帳の動態は2012年度まで年度、2013年から暦年。それ以外の長さは表題の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    # --- tourism ---------------------------------------------------------------------------------------------------
    _rows(
        "tourism",
        "tourism_has_a_plausible_number_of_months",
        1_000_000,
        "観光来訪者数の行数が妥当である",
        "1,864地域に月次、2021年から20年分で約45万行。",
    ),
    _between(
        "monthly_visitors_fit_a_japanese_municipality",
        "tourism",
        "gate",
        "visitors",
        0,
        30_000_000,
        "月間来訪者数は0人以上3,000万人以下である",
        "2021〜2024年の全国の最大は千代田区の約358万人。政令市の合算でも3,000万人には達しない。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "monthly_visitors_move_less_than_300_fold",
        "tourism",
        "gate",
        "ratio_to_previous",
        1 / 300,
        300,
        "来訪者数の前月比は300分の1以上300倍以下である",
        "2021〜2024年の全国（1,864地域）の実績は最小0.015倍、最大113倍。千人単位の混入は約1,000倍になる。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "visitors_are_not_of_the_future",
        "tourism",
        "gate",
        "days_after_run",
        None,
        0,
        "来訪者数の月は基準日以前に始まる",
        "まだ来ていない月の実績は存在しない。年や月の列の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    _rows(
        "tourism_coverage",
        "tourism_files_name_municipalities",
        5_000,
        "観光ファイルに載る市区町村の数が妥当である",
        "デジタル観光統計の地域数は1,864。",
    ),
    _true(
        "every_delivered_municipality_has_visitors",
        "tourism_coverage",
        "gate",
        "is_published",
        "観光ファイルに載る市区町村は、本体または合併後の団体として必ず公表表にある",
        "届いた市区町村が公表表から黙って消えてはならない（例外なし）。",
        STATISTICS,
        "市区町村の台帳（seeds/municipalities.csv, municipality_changes.csv）に該当コードがあるか確認する。",
    ),
    # --- furusato --------------------------------------------------------------------------------------------------
    _rows(
        "furusato",
        "donations_have_a_plausible_number_of_years",
        200_000,
        "ふるさと納税の行数が妥当である",
        "1,788団体に2008年度からの年度数。50年分でも約9万行。",
    ),
    _between(
        "donations_of_a_year_stay_below_200_billion_yen",
        "furusato",
        "gate",
        "donation_jpy",
        0,
        200_000_000_000,
        "ふるさと納税の受入額は0円以上2,000億円以下である",
        "一団体の年間受入額の過去最高は497.5億円（泉佐野市2018年度）で、その4倍まで。千円と円の取り違え（1,000倍）はこの上限を超える。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "average_donation_is_plausible",
        "furusato",
        "gate",
        "yen_per_donation",
        500,
        8_000_000,
        "受入件数1,000件以上の団体では、1件あたり受入額は500円以上800万円以下である",
        "通常は1〜16万円。千円単位の表を円として読むと10〜160円になり、逆は1,000万円を超える。1,000件以上の団体の実データ（2008〜2020年度）は1,540円から44万円。1,000件未満では公表元の値に13円や521万円があり、対象にしない。",
        STATISTICS,
        "表の単位（円・千円）と読取定義の unit を確認し、誤りを正して再実行する。",
    ),
    _between(
        "donations_start_in_fiscal_year_2008",
        "furusato",
        "gate",
        "fiscal_year",
        2008,
        None,
        "ふるさと納税の年度は2008年度以降である",
        "制度は2008年5月に始まった。それ以前の年度は列見出し（平成・令和）の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    _between(
        "donations_are_not_of_the_future",
        "furusato",
        "gate",
        "years_after_run",
        None,
        0,
        "ふるさと納税の年度は基準日の年度以前である",
        "まだ始まっていない年度の実績は存在しない。",
        STATISTICS,
        READ_AGAIN,
    ),
    _rows(
        "furusato_coverage",
        "donation_files_name_municipalities",
        5_000,
        "ふるさと納税ファイルに載る市区町村の数が妥当である",
        "現況調査の対象は1,788団体。",
    ),
    _true(
        "every_delivered_municipality_has_donations",
        "furusato_coverage",
        "gate",
        "is_published",
        "ふるさと納税ファイルに載る市区町村は、本体または合併後の団体として必ず公表表にある",
        "届いた市区町村が公表表から黙って消えてはならない（例外なし）。",
        STATISTICS,
        "市区町村の台帳（seeds/municipalities.csv, municipality_changes.csv）に該当コードがあるか確認する。",
    ),
    # --- KPI -------------------------------------------------------------------------------------------------------
    _rows(
        "kpi",
        "kpi_catalogue_has_a_plausible_number_of_targets",
        500_000,
        "KPI台帳の行数が妥当である",
        "一計画は50〜100件。1,741団体が100件ずつ、改定2回でも約50万行。",
    ),
    _between(
        "target_year_lies_in_the_age_of_the_strategies",
        "kpi",
        "gate",
        "target_fiscal_year",
        2015,
        2100,
        "目標年度は2015年度から2100年度までである",
        "地方版総合戦略は2015年度に始まり、人口ビジョンの最も遠い目標でも2065年。和暦の数字や年の桁誤りを捕らえる。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    _true(
        "observation_carries_no_target",
        "kpi",
        "gate",
        "is_observation_without_target",
        "観測値（reference_observation）には目標値がない",
        "計画が目標を定めていない数値に目標を付けると、存在しない約束を評価してしまう。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    _between(
        "target_lies_in_the_direction_of_improvement",
        "kpi",
        "gate",
        "step_to_target",
        0,
        None,
        "水準・年間値・割合の目標は、基準値から見て改善の向きにある",
        "向きが逆だと評価が反転する（例: 人口減少率の「向上」は低下）。減少抑制型は推計と比べるため対象外。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    _true(
        "share_in_a_plan_is_a_percentage",
        "kpi",
        "gate",
        "is_share_a_percentage",
        "割合の基準値と目標値は0％以上100％以下である",
        "割合（ratio_percent）は分母に対する部分であり、0〜100の外はポイントや倍率との取り違え。",
        PDCA_OFFICE,
        FIX_CATALOGUE,
    ),
    _rows(
        "kpi_actual",
        "kpi_actuals_have_a_plausible_number_of_years",
        10_000_000,
        "KPI実績の行数が妥当である",
        "台帳50万行に20年分。",
    ),
    _between(
        "one_revision_of_an_actual_is_the_latest",
        "kpi_actual",
        "gate",
        "latest_revisions",
        1,
        1,
        "一つのKPIの一つの年度で、最新とされる改訂はちょうど一つである",
        "二つあれば評価が二重になり、なければ実績が消える。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    _between(
        "actual_is_not_of_the_future",
        "kpi_actual",
        "gate",
        "years_after_run",
        None,
        0,
        "確定・速報・改訂の実績の年度は基準日の年度以前である",
        "まだ始まっていない年度の実績は存在しない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    _rows(
        "scorecard",
        "scorecard_has_a_plausible_number_of_rows",
        10_000_000,
        "評価表の行数が妥当である",
        "台帳50万行に20年分。",
    ),
    _true(
        "kpi_is_computed_or_says_why_not",
        "scorecard",
        "gate",
        "is_computed_or_explained",
        "達成率・進捗率・評価のいずれかがない行には必ず理由があり、三つともある行には理由がない",
        "空欄の評価は読む人に「達成」とも「未達」とも読まれる。理由のついた評価は算定できたのかどうかが分からない。",
        PDCA_OFFICE,
        LOOK_AT_FIGURE_FIRST,
    ),
    _true(
        "grade_names_its_rule",
        "scorecard",
        "gate",
        "is_rule_named",
        "評価がある行は評価基準（grade_rule_id）を示す",
        "全国共通の評価基準は存在しないため、どの基準によるかを示さない評価は検証できない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    _true(
        "scored_actual_is_missing_only_where_its_status_says_so",
        "scorecard",
        "gate",
        "is_missing_as_stated",
        "評価表の実績値の空欄は、状態が「未報告」「秘匿」のときに限り、そのときは必ず空欄である",
        "欠測は0ではなく、理由のない空欄も認めない。",
        PDCA_OFFICE,
        LOOK_AT_FIGURE_FIRST,
    ),
    _between(
        "attainment_stays_within_five_hundredfold",
        "scorecard",
        "gate",
        "attainment_pct",
        -50_000,
        50_000,
        "達成率は±50,000％以内である",
        "根室市の2015年度の寄附は前の年度の396倍で、前年並みの目標に対する達成率は39,600％になる。目標の500倍を超える実績は、円と億円（1億倍）・人と千人（1,000倍）など単位の取り違えを示す。",
        PDCA_OFFICE,
        "KPI台帳の単位（unit, unit_scale）と実績の単位を照合する。",
    ),
    _true(
        "progress_needs_a_baseline",
        "scorecard",
        "gate",
        "is_progress_from_baseline",
        "進捗率は基準値とその種類がある行にだけある（累計・増加型を除く）",
        "基準値を推測して進捗率を作らない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    _true(
        "observation_is_not_graded",
        "scorecard",
        "gate",
        "is_observation_ungraded",
        "観測値（reference_observation）は評価しない",
        "計画が目標を定めていない数値に評価を付けない。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    _rows(
        "scorecard_coverage",
        "scorecard_looks_at_a_plausible_number_of_targets",
        500_000,
        "評価対象のKPIの数が妥当である",
        "一計画は50〜100件。1,741団体が100件ずつ、改定2回でも約50万行。",
    ),
    _between(
        "every_target_that_fell_due_is_scored",
        "scorecard_coverage",
        "gate",
        "rows_in_target_year",
        1,
        None,
        "目標年度が終わったKPIは、目標年度の行が評価表に必ずある",
        "都合の悪いKPIが評価表から消えてはならない。実績がなければ「未報告」の行になる。",
        PDCA_OFFICE,
        FIX_MODEL,
    ),
    # --- projection and vision -------------------------------------------------------------------------------------
    _rows(
        "projection",
        "projection_has_a_plausible_number_of_years",
        2_000_000,
        "将来推計（市区町村・シナリオ・年）の行数が妥当である",
        "約1,900地域に20シナリオ、12年次で約46万行。",
    ),
    _between(
        "projected_total_moves_within_a_half_in_five_years",
        "projection",
        "gate",
        "ratio_to_previous",
        0.5,
        1.5,
        "推計総人口の5年間の変化は0.5倍以上1.5倍以下である",
        "社人研の全市区町村・全期間で、平成30年推計は最小0.72倍・最大1.16倍、令和5年推計は最小0.59倍（球磨村）・最大1.12倍。",
        STATISTICS,
        "基準人口と仮定値を確認する。",
    ),
    _between(
        "projection_years_are_five_apart",
        "projection",
        "gate",
        "years_since_previous",
        5,
        5,
        "推計の年次は5年おきで抜けがない",
        "5歳階級を5年ずつ進める方法では、抜けた年次の後の値は成り立たない。",
        STATISTICS,
        "推計の入力に欠けた年次がないか確認する。",
    ),
    _between(
        "projection_years_are_census_years",
        "projection",
        "gate",
        "years_off_census",
        0,
        0,
        "推計の年次は国勢調査の年（西暦が5の倍数）である",
        "社人研の推計は各国勢調査年の10月1日。ずれは年の読み違い。",
        STATISTICS,
        READ_AGAIN,
    ),
    _rows(
        "vision",
        "vision_has_a_plausible_number_of_years",
        2_000_000,
        "人口ビジョンの行数が妥当である",
        "約1,900地域に20シナリオ、12年次で約46万行。",
    ),
    Check(
        "projected_women_20_39_do_not_exceed_total",
        "vision",
        "gate",
        "ExpectColumnPairValuesAToBeGreaterThanB",
        {
            "column_A": "total_persons",
            "column_B": "women_20_39_persons",
            "or_equal": True,
            "ignore_row_if": "either_value_is_missing",
        },
        "推計の20〜39歳女性は総人口を超えない",
        "部分は全体を超えない。",
        STATISTICS,
        LOOK_AT_FIGURE_FIRST,
    ),
    _between(
        "age_group_shares_add_to_100",
        "vision",
        "gate",
        "shares_sum_pct",
        99.8,
        100.2,
        "年少・生産年齢・老年の割合の和は100％である",
        "小数第1位に丸めた3つの割合の和は100から最大0.15しか外れない。それを超えれば分母が違う。",
        STATISTICS,
        LOOK_AT_FIGURE_FIRST,
    ),
    _between(
        "natural_and_social_change_explain_the_change",
        "vision",
        "gate",
        "change_minus_parts_persons",
        -1.5,
        1.5,
        "自然増減と社会増減の和は総人口の増減に等しい（差1人以内）",
        "国のワークシートの出力でもこの恒等式は差1人以内で成り立つ。",
        STATISTICS,
        "推計の要因分解（projection）を確認する。",
    ),
    _between(
        "implied_fertility_is_plausible",
        "vision",
        "warn",
        "implied_tfr",
        0.6,
        3.0,
        "換算した合計特殊出生率は0.6以上3.0以下である",
        "市区町村別ベイズ推定値（2008〜2012年）は0.77〜2.81。人口の小さい村では子ども女性比が揺れるため警告にとどめる。",
        STATISTICS,
        "子ども女性比と換算係数（全国値）を確認する。",
    ),
    # --- sources ---------------------------------------------------------------------------------------------------
    _rows(
        "source",
        "sources_have_a_plausible_number_of_files",
        1_000_000,
        "受領ファイルの数が妥当である",
        "1,741団体が年12ファイルを40年分届けても約84万。",
    ),
    Check(
        "source_sha256_is_a_hash",
        "source",
        "gate",
        "ExpectColumnValuesToMatchRegex",
        {"column": "sha256", "regex": "^[0-9a-f]{64}$"},
        "sha256は16進64桁である",
        "受領時の原本まで遡る唯一の鍵であり、欠けや切り詰めを認めない。",
        OPERATOR,
        "snapshots の receipt.json と照合する。",
    ),
    _true(
        "source_id_is_named_by_content",
        "source",
        "gate",
        "is_named_by_content",
        "source_idの末尾はsha256の先頭16桁である",
        "公表値から原本への追跡は、内容から決まる名前に頼っている。",
        OPERATOR,
        "snapshots の receipt.json と照合する。",
    ),
    _true(
        "source_file_name_is_a_base_name",
        "source",
        "gate",
        "is_base_name",
        "ファイル名にフォルダーや制御文字が含まれない",
        "公表物に運用環境のパスを載せない。",
        OPERATOR,
        "受領名の正規化（ingest.receive.intake）を確認する。",
    ),
    _true(
        "source_is_credited",
        "source",
        "gate",
        "is_credited",
        "すべての受領ファイルに公表元と利用条件がある",
        "出典の明示は各公表元の利用条件であり、ないまま公表できない。",
        OPERATOR,
        "該当する読取定義（ingest/sources/<source>）に publisher_ja と licence を書く。",
    ),
    _between(
        "every_source_gave_rows",
        "source",
        "gate",
        "rows_read",
        1,
        None,
        "採用した受領ファイルからは1行以上が読み取られている",
        "0行の採用は、書式の変化で黙って読み飛ばしたことを示す。",
        OPERATOR,
        READ_AGAIN,
    ),
    _between(
        "no_row_was_quarantined",
        "source",
        "warn",
        "rows_quarantined",
        None,
        0,
        "読み取りを見送った行がない",
        "見送りは許されるが、見送った事実を毎回知らせる。",
        OPERATOR,
        "見送りの理由（meta_check_outcome の ingest の行）を確認し、提供元へ照会する。",
    ),
)
