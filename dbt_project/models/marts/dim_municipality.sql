-- Spans of validity come from the dated changes: a code begins with the change that made it and ends with the change
-- that used it up. A change that keeps the code (a new name) ends one span and begins the next.
with changes as (
    select
        change_date,
        old_code,
        old_name_ja,
        new_code,
        new_name_ja,
        reason
    from {{ ref('municipality_changes') }}
),

began as (
    select
        new_code as municipality_code,
        change_date as valid_from,
        any_value(new_name_ja) as name_ja
    from changes
    where reason <> 'absorption' or new_code = old_code
    group by new_code, change_date
),

ended as (
    select
        old_code as municipality_code,
        change_date as valid_to,
        any_value(old_name_ja) as name_ja,
        case when count(distinct new_code) = 1 then min(new_code) end as successor_code,
        string_agg(distinct new_code, ' ' order by new_code) as successor_codes
    from changes
    group by old_code, change_date
),

codes as (
    select municipality_code from {{ ref('municipalities') }}
    where area_level <> 'prefecture'
    union
    select municipality_code from ended
),

-- A code starts with the code system (1970-04-01) unless a change made it.
starts as (
    select
        codes.municipality_code,
        coalesce(began.valid_from, date '1970-04-01') as valid_from
    from codes
    left join began on codes.municipality_code = began.municipality_code
    union
    select
        ended.municipality_code,
        date '1970-04-01' as valid_from
    from ended
    where
        ended.valid_to <= (
            select min(began.valid_from) from began
            where began.municipality_code = ended.municipality_code
        )
),

spans as (
    select
        starts.municipality_code,
        starts.valid_from,
        -- A merger that keeps the code of a partner ends that span too: the next one begins.
        least(
            (
                select min(ended.valid_to) from ended
                where ended.municipality_code = starts.municipality_code and ended.valid_to > starts.valid_from
            ),
            lead(starts.valid_from) over (partition by starts.municipality_code order by starts.valid_from)
        ) as valid_to
    from starts
)

select
    spans.municipality_code,
    coalesce(
        case when spans.valid_to is null then municipality.code6 end,
        spans.municipality_code || {{ check_digit('spans.municipality_code') }}
    ) as code6,
    coalesce(ended.name_ja, municipality.name_ja) as name_ja,
    case when spans.valid_to is null then municipality.kana end as kana,
    prefecture.prefecture_name_ja,
    coalesce(municipality.area_level, 'municipality') as area_level,
    spans.valid_from,
    spans.valid_to,
    case
        when ended.successor_codes is not null then ended.successor_code
        when spans.valid_to is not null then spans.municipality_code
    end as successor_code,
    case
        when ended.successor_codes is not null then ended.successor_codes
        when spans.valid_to is not null then spans.municipality_code
    end as successor_codes,
    spans.valid_to is null as is_current
from spans
left join ended on spans.municipality_code = ended.municipality_code and spans.valid_to = ended.valid_to
left join {{ ref('municipalities') }} as municipality on spans.municipality_code = municipality.municipality_code
left join {{ ref('municipalities') }} as prefecture
    on left(spans.municipality_code, 2) || '000' = prefecture.municipality_code
order by spans.municipality_code, spans.valid_from
