{{ config(
    severity='warn',
    meta={
        'severity': 'review',
        'message_ja': '改定・訂正された値、再計算と合わない計画の数値があります',
        'subject': 'main.fct_kpi_actual, main.fct_tourism_visitors, main.mart_vision_reconciliation, raw.correction',
        'owner_ja': '総合政策部',
        'action_ja': '改定された値、計画の印字値と合わない値を報告の注記に載せるか判断する',
        'threshold_reason': '改定と不一致は誤りとは限らないが、公表前に人が見る',
    },
) }}
with named as (
    select
        *,
        if(starts_with(file, 'decisions/'), '$SOUSEI_HOME/', 'ingest/sources/') || file || ' の ' || line_number
        || ' 行目' as line_ja
    from {{ source('raw', 'correction') }}
    where outcome in ('applied', 'not_delivered')
)

select
    delivery.file_name,
    fact.source_sheet as sheet,
    fact.source_row as row_number,
    fact.municipality_code,
    '改定なし' as expected,
    '第' || fact.revision || '版' as found,
    fact.kpi_id || ' ' || fact.fiscal_year || '年度: 実績が改定されました' as reason_ja
from {{ ref('fct_kpi_actual') }} as fact
left join {{ source('raw', 'delivery') }} as delivery on fact.source_id = delivery.source_id
where fact.is_latest and fact.revision > 1
union all
select
    delivery.file_name,
    fact.source_sheet as sheet,
    fact.source_row as row_number,
    fact.municipality_code,
    '月次ファイルと同じ値' as expected,
    cast(fact.visitors as varchar) as found,
    fact.municipality_code || ' ' || strftime(fact.month, '%Y-%m') || ': 年次ファイルで改定されました' as reason_ja
from {{ ref('fct_tourism_visitors') }} as fact
left join {{ source('raw', 'delivery') }} as delivery on fact.source_id = delivery.source_id
where fact.value_status = 'revised'
union all
select
    null as file_name,
    null as sheet,
    null as row_number,
    municipality_code,
    cast(plan_value as varchar) as expected,
    cast(coalesce(recomputed_value, official_value) as varchar) as found,
    figure_id || ' ' || label_ja || ': 再計算と合いません' as reason_ja
from {{ ref('mart_vision_reconciliation') }}
where verdict = 'differs'
union all
select
    delivery.file_name,
    correction.sheet,
    correction."row" as row_number,
    coalesce(correction.area, regexp_extract(correction.row_key, '_code=(\S+)', 1)) as municipality_code,
    cast(correction.as_published as varchar) as expected,
    case
        when correction.outcome = 'not_delivered' then '届いていない'
        else coalesce(cast(correction.corrected as varchar), '使わない')
    end as found,
    correction.row_key
    || case
        when correction.outcome = 'not_delivered'
            then ': 訂正を記録した値が届いた資料にありません（' || correction.line_ja || '）'
        when correction.corrected is null
            then ': 公表元の誤りとして使っていません（' || correction.reason_ja || '）'
        else ': 公表元の誤りを訂正して使っています（' || correction.reason_ja || '）'
    end as reason_ja
from named as correction
left join {{ source('raw', 'delivery') }} as delivery on correction.source_id = delivery.source_id
where correction.as_published is not null or correction.outcome = 'not_delivered'
union all
-- A line over many figures is one finding.
select
    delivery.file_name,
    min(correction.sheet) as sheet,
    min(correction."row") as row_number,
    min(correction.area) as municipality_code,
    '公表された値' as expected,
    '使わない ' || count(correction."row") || ' 個' as found,
    correction.line_ja || ': 公表元の誤りとして ' || count(distinct correction.area) || ' 地域 '
    || count(correction."row") || ' 個の数値を使っていません（' || any_value(correction.reason_ja) || '）' as reason_ja
from named as correction
left join {{ source('raw', 'delivery') }} as delivery on correction.source_id = delivery.source_id
where correction.as_published is null and correction.outcome = 'applied'
group by delivery.file_name, correction.line_ja
