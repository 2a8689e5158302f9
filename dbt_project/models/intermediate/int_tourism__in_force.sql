-- One figure per municipality and month. The yearly file is the later one and wins over the file of a month; where the
-- two differ the figure was revised, and the other one stands beside it.
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

replaced as (
    select
        candidates.municipality_code,
        candidates.month,
        min_by(candidates.visitors, candidates.place) as replaced_visitors
    from candidates
    inner join candidates as taken
        on
            candidates.municipality_code = taken.municipality_code
            and candidates.month = taken.month
            and taken.place = 1
            and candidates.visitors <> taken.visitors
    group by candidates.municipality_code, candidates.month
)

select
    taken.municipality_code,
    taken.month,
    taken.visitors,
    case
        when taken.n_values > 1 and taken.value_status = 'final' then 'revised'
        else taken.value_status
    end as value_status,
    replaced.replaced_visitors,
    taken.source_id,
    taken.source_sheet,
    taken.source_row,
    taken.source_column
from candidates as taken
left join replaced on taken.municipality_code = replaced.municipality_code and taken.month = replaced.month
where taken.place = 1
