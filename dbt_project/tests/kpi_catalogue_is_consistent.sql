{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '指標の目録に矛盾があります',
        'subject': 'main.dim_kpi',
        'owner_ja': '総合政策部',
        'action_ja': 'seeds/kpi_catalogue.csv の示された指標の行を計画書の文言と照合して直す',
        'threshold_reason': '基準値＋増分＝目標値、推計＋抑制数＝目標値は計画書の中で必ず成り立つ。計算に要る欄が欠けると評価できない',
    },
) }}
with targets as (
    select
        kpi.*,
        kinds.measured_from = 'benchmark' as is_set_against_projection,
        kinds.has_target
    from {{ ref('dim_kpi') }} as kpi
    left join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
),

broken as (
    select
        kpi_id,
        municipality_code,
        '基準値＋増分が目標値と一致しません' as reason_ja
    from targets
    where baseline_value + delta_value <> target_value and not is_set_against_projection
    union all
    select
        kpi_id,
        municipality_code,
        '推計値＋抑制数が目標値と一致しません' as reason_ja
    from targets
    where is_set_against_projection and coalesce(benchmark_value + delta_value <> target_value, true)
    union all
    select
        kpi_id,
        municipality_code,
        '目標値か目標年度がありません' as reason_ja
    from targets
    where
        has_target
        and (target_value is null or target_fiscal_year is null or term_years is null)
    union all
    select
        kpi_id,
        municipality_code,
        '種別 ' || kind || ' が kpi_kinds.csv にありません' as reason_ja
    from targets
    where has_target is null
    union all
    select
        kpi.kpi_id,
        kpi.municipality_code,
        '計算する指標（' || kpi.indicator_id || '）を測る資料がありません' as reason_ja
    from {{ ref('dim_kpi') }} as kpi
    where kpi.how_measured = 'computed' and kpi.indicator_id is null
    union all
    select
        observation.kpi_id,
        observation.municipality_code,
        '目録にない指標の観測値です' as reason_ja
    from {{ ref('kpi_observations') }} as observation
    anti join {{ ref('dim_kpi') }} as kpi
        on
            observation.municipality_code = kpi.municipality_code
            and observation.plan_id = kpi.plan_id
            and observation.kpi_id = kpi.kpi_id
    union all
    select
        observation.kpi_id,
        observation.municipality_code,
        '累計の指標の観測値に、単年か累計かの別（accumulation）がありません' as reason_ja
    from {{ ref('kpi_observations') }} as observation
    inner join {{ ref('dim_kpi') }} as kpi
        on
            observation.municipality_code = kpi.municipality_code
            and observation.plan_id = kpi.plan_id
            and observation.kpi_id = kpi.kpi_id
            and kpi.is_current
    inner join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    where kinds.is_summed and observation.accumulation is null
    union all
    select
        kpi_id,
        municipality_code,
        '目標から逆算した基準値が確認済みとされています' as reason_ja
    from {{ ref('dim_kpi') }}
    where baseline_type in ('implied', 'undecided') and is_baseline_confirmed
    union all
    select
        kpi.kpi_id,
        kpi.municipality_code,
        '計画 ' || kpi.plan_id || ' が plans.csv にその団体の計画としてありません' as reason_ja
    from {{ ref('dim_kpi') }} as kpi
    anti join {{ ref('plans') }} as plan
        on kpi.municipality_code = plan.municipality_code and kpi.plan_id = plan.plan_id
    union all
    select
        plan.plan_id as kpi_id,
        plan.municipality_code,
        '評価規則 ' || plan.grade_rule_id || ' に区分がありません' as reason_ja
    from {{ ref('plans') }} as plan
    where
        plan.grade_rule_id not in (select band.grade_rule_id from {{ ref('grade_bands') }} as band)
        or plan.grade_rule_id not in (select known_rule.grade_rule_id from {{ ref('grade_rules') }} as known_rule)
)

select
    'kpi_catalogue.csv' as file_name,
    cast(null as varchar) as sheet,
    cast(null as integer) as row_number,
    municipality_code,
    '計画書のとおり' as expected,
    kpi_id as found,
    kpi_id || ': ' || reason_ja as reason_ja
from broken
