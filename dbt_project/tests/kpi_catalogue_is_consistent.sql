{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '指標の目録に矛盾があります',
        'subject': 'main.dim_kpi',
        'owner_ja': '総合政策部',
        'action_ja': '計画台帳の示された行を計画書の文言と照合して直し、landing に置き直す',
        'threshold_reason': '基準値＋増分＝目標値、推計＋抑制数＝目標値は計画書の中で必ず成り立つ（要確認の読みで項目を変えた指標は除く）。計算に要る欄が欠けると評価できない',
    },
) }}
with targets as (
    select
        kpi.*,
        kinds.measured_from = 'benchmark' as is_set_against_projection,
        kinds.has_target,
        coalesce(
            taken.target_value, taken.delta_value, taken.baseline_value, taken.benchmark_value, taken.kind
        ) is not null as is_reread
    from {{ ref('dim_kpi') }} as kpi
    left join {{ ref('kpi_kinds') }} as kinds on kpi.kind = kinds.kind
    left join {{ ref('int_plan__reading') }} as taken
        on
            kpi.municipality_code = taken.municipality_code
            and kpi.plan_id = taken.plan_id
            and kpi.kpi_id = taken.kpi_id
),

broken as (
    select
        *,
        '基準値＋増分が目標値と一致しません' as broken_ja
    from targets
    where baseline_value + delta_value <> target_value and not is_set_against_projection and not is_reread
    union all
    select
        *,
        '推計値＋抑制数が目標値と一致しません' as broken_ja
    from targets
    where is_set_against_projection and benchmark_value + delta_value <> target_value and not is_reread
    union all
    select
        *,
        '目標値か目標年度がありません' as broken_ja
    from targets
    where
        has_target
        and (target_value is null or target_fiscal_year is null or term_years is null)
    union all
    select
        *,
        '種別 ' || kind || ' が kpi_kinds.csv にありません' as broken_ja
    from targets
    where has_target is null
    union all
    select
        *,
        '計算する指標の系列がありません' as broken_ja
    from targets
    where how_measured = 'computed' and indicator_id is null
    union all
    select
        *,
        '目標から逆算した基準値が確認済みとされています' as broken_ja
    from targets
    where baseline_type in ('implied', 'undecided') and is_baseline_confirmed
    union all
    select
        targets.*,
        '計画 ' || targets.plan_id || ' がその団体の計画としてありません' as broken_ja
    from targets
    anti join {{ source('in_force', 'plan_register_plan') }} as plan
        on targets.municipality_code = plan.municipality_code and targets.plan_id = plan.plan_id
)

select
    delivery.file_name,
    broken.source_sheet as sheet,
    broken.source_row as row_number,
    broken.municipality_code,
    '計画書のとおり' as expected,
    broken.kpi_id as found,
    broken.kpi_id || ': ' || broken.broken_ja as reason_ja
from broken
left join {{ source('raw', 'delivery') }} as delivery on broken.source_id = delivery.source_id
