{{ config(
    severity='error',
    meta={
        'severity': 'gate',
        'message_ja': '住民基本台帳の人口が前後の時点の3倍を超えるか3分の1に満たない団体があります',
        'subject': 'main.mart_population_current_area',
        'owner_ja': '統計担当',
        'action_ja': '示された行と、比べた行（expected のファイルと行）を原資料と見比べる。後から届いた方、続けて合わない方を先に示している。正しいファイルを届け直せば新しい方を採用する',
        'threshold_reason': '今日の区域にそろえた台帳人口の前時点比は、実ファイル（2005～2021年、間隔は最長7年）の全団体で0.75～1.41倍。避難でも合併の受け入れ側でも3倍は動かない。外れるのは桁の誤り、別の団体や千人単位の混入。国勢調査（飯舘村の2020年は2015年の32倍）と外国人だけの範囲は対象外',
    },
) }}
-- depends_on: {{ ref('meta_grain') }} (on which nothing is built: a failure here lets all marts be built and judged)
-- Two neighbouring dates of one area of today. One row per step: the figure that more probably is wrong is named first
-- (it does not fit on both sides, else it was delivered last), the other one is what it was compared with.
with totals as (
    select
        municipality_code,
        scope,
        as_of_date,
        population_persons,
        unnest(string_split(parts, ' ')) as part_code
    from {{ ref('mart_population_current_area') }}
    where series = 'resident_registry' and scope <> 'foreign' and sex = 'total' and age_group = 'total'
),

delivered as (
    select
        totals.municipality_code,
        totals.scope,
        totals.as_of_date,
        totals.population_persons,
        max_by(delivery.file_name, (delivery.received_at, -fact.source_row)) as file_name,
        max_by(fact.source_sheet, (delivery.received_at, -fact.source_row)) as source_sheet,
        max_by(fact.source_row, (delivery.received_at, -fact.source_row)) as source_row,
        max(delivery.received_at) as received_at
    from totals
    inner join {{ ref('fct_population') }} as fact
        on
            totals.part_code = fact.municipality_code
            and totals.scope = fact.scope
            and totals.as_of_date = fact.as_of_date
            and fact.series = 'resident_registry'
            and fact.sex = 'total'
            and fact.age_group = 'total'
    left join {{ source('raw', 'delivery') }} as delivery on fact.source_id = delivery.source_id
    group by totals.municipality_code, totals.scope, totals.as_of_date, totals.population_persons
),

stepped as (
    select
        delivered as figure,
        lag(delivered) over by_date as figure_before,
        lead(delivered) over by_date as figure_after,
        lag(delivered, 2) over by_date as figure_long_before
    from delivered
    window by_date as (partition by municipality_code, scope order by as_of_date)
),

steps as (
    select
        stepped.*,
        stepped.figure.population_persons > 3 * stepped.figure_after.population_persons
        or stepped.figure_after.population_persons > 3 * stepped.figure.population_persons as is_off_after,
        stepped.figure_before.population_persons > 3 * stepped.figure_long_before.population_persons
        or stepped.figure_long_before.population_persons
        > 3 * stepped.figure_before.population_persons as is_before_off_too
    from stepped
    where
        stepped.figure_before.as_of_date >= stepped.figure.as_of_date - interval 10 year
        and (
            stepped.figure.population_persons > 3 * stepped.figure_before.population_persons
            or stepped.figure_before.population_persons > 3 * stepped.figure.population_persons
        )
),

ordered as (
    select
        steps.*,
        case
            when coalesce(steps.is_off_after, false) <> coalesce(steps.is_before_off_too, false)
                then coalesce(steps.is_off_after, false)
            else steps.figure.received_at >= steps.figure_before.received_at
        end as is_figure_first
    from steps
),

named as (
    select
        if(is_figure_first, figure, figure_before) as first_one,
        if(is_figure_first, figure_before, figure) as other_one
    from ordered
)

select
    first_one.file_name,
    first_one.source_sheet as sheet,
    first_one.source_row as row_number,
    first_one.municipality_code,
    other_one.population_persons || '人の3分の1～3倍（' || other_one.as_of_date || '、' || other_one.file_name || '・'
    || other_one.source_row || '行目）' as expected,
    first_one.population_persons || '人（' || first_one.as_of_date || '）' as found,
    first_one.municipality_code || ' ' || first_one.scope || ': ' || first_one.as_of_date || ' の '
    || first_one.population_persons || '人（' || first_one.file_name || '）が ' || other_one.as_of_date || ' の '
    || other_one.population_persons || '人（' || other_one.file_name || '）と続きません' as reason_ja
from named
