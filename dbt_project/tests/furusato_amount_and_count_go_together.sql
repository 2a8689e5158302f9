{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': 'ふるさと納税の金額と件数の一方だけがありません',
        'subject': 'raw.furusato_donation',
        'owner_ja': 'ふるさと納税担当',
        'action_ja': '示された行の金額と件数の欄を原資料と見比べる（空欄、エラー値、1列のずれ）。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '現況調査（各年）の金額と件数は同じ設問の組で、一方だけが空欄や0の団体は実ファイル3年分（5,223団体）に一つもない。累計表（2008～2020年度）には件数を数えていない団体が2015年度までに47あり、その前の年度の件数は多くて392件なので、前の年度に1,000件以上あった団体だけを止め、ほかは figures_to_look_at が知らせる',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- One municipality, fiscal year and file: yen and number are both there and above zero, both zero, or both missing.
-- Published rows only: a row that a later delivery has replaced is not looked at.
with paired as (
    select
        municipality_code,
        fiscal_year,
        source_id,
        any_value(form) as form,
        min(source_sheet) as source_sheet,
        min(source_row) as source_row,
        max(amount) filter (where item = 'donation_jpy') as donation_jpy,
        max(amount) filter (where item = 'donation_count') as donation_count,
        count(distinct item) as n_items
    from {{ ref('stg_furusato_nozei__donation') }}
    where {{ is_municipality() }}
    group by municipality_code, fiscal_year, source_id
),

counted as (
    select
        municipality_code,
        fiscal_year,
        amount as n_donations
    from {{ ref('int_furusato__resolved') }}
    where item = 'donation_count' and version_rank = 1
)

select
    delivery.file_name,
    paired.source_sheet as sheet,
    paired.source_row as row_number,
    paired.municipality_code,
    '金額と件数の両方' as expected,
    '金額 ' || coalesce(cast(paired.donation_jpy as varchar), 'なし') || '、件数 '
    || coalesce(cast(paired.donation_count as varchar), 'なし') as found,
    paired.municipality_code || ' ' || paired.fiscal_year || '年度: 金額と件数の一方だけがありません' as reason_ja
from paired
inner join {{ source('raw', 'delivery') }} as delivery on paired.source_id = delivery.source_id
left join counted as of_before
    on paired.municipality_code = of_before.municipality_code and paired.fiscal_year - 1 = of_before.fiscal_year
where
    paired.n_items = 2
    and (paired.form = 'detail' or of_before.n_donations >= 1000)
    and (coalesce(paired.donation_jpy, 0) = 0) <> (coalesce(paired.donation_count, 0) = 0)
    and not {{ has_unused_figures('paired.source_id', 'paired.municipality_code') }}
    and exists (
        select 1 from {{ ref('int_furusato__resolved') }} as resolved
        where
            resolved.version_rank = 1
            and resolved.source_id = paired.source_id
            and resolved.municipality_code = paired.municipality_code
            and resolved.fiscal_year = paired.fiscal_year
    )
