{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '年次の観光ファイルの値が月次ファイルと広く食い違います（行のずれ・並べ替えの疑い）',
        'subject': 'raw.tourism_visitors',
        'owner_ja': '統計担当',
        'action_ja': '示された年次ファイルの行を公表元のファイルと見比べる（値の列だけが並べ替えられたり1行ずれたりしていないか）。正しいファイルを届け直せば新しい方を採用する。公表元の改定であれば、示された決裁の行を加える',
        'threshold_reason': '年次ファイルによる改定は水準の変わる年の1月と2月に限られ、両市では24か月分のうち2（釜石市2024年、根室市2025年）、全国の2024年12月は1,864団体で0だった。すべての団体の1月と2月が改定されても12分の2（16.7％）なので、2割を超え3か月分以上なら改定ではない',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Published figures of a yearly file against the last monthly file of the same municipality and month. One row per
-- yearly file; a file that another one has replaced is not looked at.
with monthly as (
    select
        visitors.municipality_code,
        visitors.month,
        max_by(visitors.visitors, delivery.received_at) as visitors,
        max_by(delivery.file_name, delivery.received_at) as file_name
    from {{ ref('stg_tourism__visitors') }} as visitors
    inner join {{ source('raw', 'delivery') }} as delivery on visitors.source_id = delivery.source_id
    where visitors.form = 'monthly' and visitors.visitors is not null
    group by visitors.municipality_code, visitors.month
),

yearly_files as (
    select distinct source_id from {{ ref('stg_tourism__visitors') }}
    where form = 'yearly'
),

compared as (
    select
        yearly.source_id,
        yearly.source_sheet,
        yearly.source_row,
        yearly.municipality_code,
        yearly.month,
        yearly.visitors,
        monthly.visitors as visitors_of_month,
        monthly.file_name as file_of_month,
        yearly.visitors <> monthly.visitors as is_different
    from {{ ref('fct_tourism_visitors') }} as yearly
    inner join yearly_files on yearly.source_id = yearly_files.source_id
    inner join monthly
        on yearly.municipality_code = monthly.municipality_code and yearly.month = monthly.month
    where yearly.visitors is not null
),

by_file as (
    select
        source_id,
        count(*) as n_compared,
        count(*) filter (where is_different) as n_different,
        min_by(compared, source_row) filter (where is_different) as first_one
    from compared
    group by source_id
)

select
    delivery.file_name,
    by_file.first_one.source_sheet as sheet,
    by_file.first_one.source_row as row_number,
    by_file.first_one.municipality_code,
    cast(by_file.first_one.visitors_of_month as varchar) || '（' || by_file.first_one.file_of_month || '）' as expected,
    cast(by_file.first_one.visitors as varchar) as found,
    '月次ファイルと比べられる ' || by_file.n_compared || '団体・月のうち ' || by_file.n_different
    || ' が違います。最初の例: ' || by_file.first_one.municipality_code || ' '
    || strftime(by_file.first_one.month, '%Y-%m') as reason_ja
from by_file
inner join {{ source('raw', 'delivery') }} as delivery on by_file.source_id = delivery.source_id
where
    by_file.n_different >= 3
    and by_file.n_different > 0.2 * by_file.n_compared
