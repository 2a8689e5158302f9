{{ config(
    severity='warn',
    meta={
        'severity': 'warn',
        'message_ja': '日本人と外国人の和が総計と合いません',
        'subject': 'main.fct_population',
        'owner_ja': '統計担当',
        'action_ja': '総計・日本人・外国人の三つの表が同じ時点の同じ版か確かめる',
        'threshold_reason': '住民基本台帳では日本人と外国人の和が総計に一致する。三つは別のファイルで届くため、版がずれることがある',
    },
) }}
with totals as (
    select
        municipality_code,
        as_of_date,
        max(population_persons) filter (where scope = 'total') as whole,
        sum(population_persons) filter (where scope <> 'total') as parts,
        max(source_id) filter (where scope = 'total') as source_id,
        max(source_sheet) filter (where scope = 'total') as source_sheet,
        max(source_row) filter (where scope = 'total') as source_row
    from {{ ref('fct_population') }}
    where series = 'resident_registry' and sex = 'total' and age_group = 'total'
    group by municipality_code, as_of_date
    having count(population_persons) = 3
)

select
    delivery.file_name,
    totals.source_sheet as sheet,
    totals.source_row as row_number,
    totals.municipality_code,
    cast(totals.whole as varchar) as expected,
    cast(totals.parts as varchar) as found,
    totals.municipality_code || ' ' || totals.as_of_date || ': 日本人＋外国人 ' || totals.parts || ' が総計 '
    || totals.whole || ' と合いません' as reason_ja
from totals
left join {{ source('raw', 'delivery') }} as delivery on totals.source_id = delivery.source_id
where totals.whole <> totals.parts
