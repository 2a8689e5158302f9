-- One figure per municipality and month. The yearly file is the later one and wins over the file of a month; where the
-- two differ the figure was revised. comparable_from: the first month with which it may be compared or added, the last
-- break of the level up to the month, or the first month that was delivered at all.
with candidates as (
    select
        *,
        row_number() over (
            partition by municipality_code, month
            order by case form when 'yearly' then 1 else 2 end asc, version_rank asc
        ) as place,
        count(distinct visitors) over (partition by municipality_code, month) as n_values
    from {{ ref('stg_tourism__visitors') }}
    where {{ is_municipality() }}
),

resolved as (
    select * from candidates
    where place = 1
)

select
    resolved.municipality_code,
    resolved.month,
    resolved.visitors,
    case
        when resolved.n_values > 1 and resolved.value_status = 'final' then 'revised'
        else resolved.value_status
    end as value_status,
    coalesce(max(level_break.comparable_from), (select min(stg.month) from {{ ref('stg_tourism__visitors') }} as stg))
        as comparable_from,
    resolved.source_id,
    resolved.source_sheet,
    resolved.source_row,
    resolved.source_column
from resolved
left join {{ ref('tourism_level_breaks') }} as level_break
    on
        resolved.municipality_code = level_break.municipality_code
        and resolved.month >= level_break.comparable_from
group by all
