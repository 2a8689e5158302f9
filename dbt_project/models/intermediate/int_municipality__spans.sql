-- Spans of validity of every municipality code, and where each span leads to today. They come from the dated changes:
-- a code begins with the change that made it and ends with the change that used it up. A change that keeps the code (a
-- new name, a merger under the code of a partner) ends one span and begins the next.
-- A span whose area went to several municipalities has no current_code: its figures are never given to one of them.
-- Where only a part of the area moves (changesOfBoundaries, separation) the code goes on; that and a division say from
-- which day on a code means today's area (comparable_from).
with recursive changes as (
    select
        change_date,
        old_code,
        old_name_ja,
        new_code,
        new_name_ja,
        reason
    from {{ ref('municipality_changes') }}
    where reason not in ('changesOfBoundaries', 'separation')
),

began as (
    select
        new_code as municipality_code,
        change_date as valid_from
    from {{ ref('municipality_changes') }}
    where reason not in ('absorption', 'partialAbsorption', 'changesOfBoundaries') or new_code = old_code
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

spans as materialized (
    select
        starts.municipality_code,
        starts.valid_from,
        min(ended.valid_to) as valid_to
    from starts
    left join ended
        on starts.municipality_code = ended.municipality_code and starts.valid_from < ended.valid_to
    group by starts.municipality_code, starts.valid_from
),

-- From span to span until today. A merger and a new name on one day (波崎町 -> 神栖町 -> 神栖市) pass through a code that
-- ends on that very day.
carried as (
    select
        municipality_code,
        valid_from,
        municipality_code as reached_code,
        valid_to as reached_until
    from spans
    union
    select
        carried.municipality_code,
        carried.valid_from,
        next_span.municipality_code as reached_code,
        next_span.valid_to as reached_until
    from carried
    inner join changes
        on carried.reached_code = changes.old_code and carried.reached_until = changes.change_date
    inner join spans as next_span
        on
            changes.new_code = next_span.municipality_code
            and changes.change_date >= next_span.valid_from
            and (
                changes.change_date < next_span.valid_to
                or next_span.valid_to is null
                or (changes.change_date = next_span.valid_to and changes.new_code <> changes.old_code)
            )
),

reached as (
    select
        municipality_code,
        valid_from,
        case when count(distinct reached_code) = 1 then min(reached_code) end as current_code,
        string_agg(distinct reached_code, ' ' order by reached_code) as current_codes,
        count(distinct reached_code) > 1 as is_divided
    from carried
    where reached_until is null
    group by municipality_code, valid_from
),

-- Municipalities of today that got a part of another one, or whose boundary moved, and when that last happened.
redrawn as (
    select
        spans.municipality_code,
        spans.valid_from,
        max(moves.change_date) as change_date
    from {{ ref('municipality_changes') }} as moves
    inner join spans
        on
            spans.municipality_code in (moves.new_code, moves.old_code)
            and moves.change_date >= spans.valid_from
            and (spans.valid_to is null or moves.change_date < spans.valid_to)
    where
        moves.reason in (
            'divisionIntoSeveralMunicipalities', 'partialAbsorption', 'separation', 'changesOfBoundaries'
        )
    group by spans.municipality_code, spans.valid_from
),

comparable as (
    select
        reached.current_code as municipality_code,
        max(redrawn.change_date) as comparable_from
    from redrawn
    inner join reached
        on redrawn.municipality_code = reached.municipality_code and redrawn.valid_from = reached.valid_from
    where not reached.is_divided
    group by reached.current_code
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
    ended.successor_code,
    ended.successor_codes,
    spans.valid_to is null as is_current,
    reached.current_code,
    reached.current_codes,
    coalesce(reached.is_divided, false) as is_divided,
    comparable.comparable_from
from spans
left join ended on spans.municipality_code = ended.municipality_code and spans.valid_to = ended.valid_to
left join reached on spans.municipality_code = reached.municipality_code and spans.valid_from = reached.valid_from
left join comparable on reached.current_code = comparable.municipality_code
left join {{ ref('municipalities') }} as municipality on spans.municipality_code = municipality.municipality_code
left join {{ ref('municipalities') }} as prefecture
    on left(spans.municipality_code, 2) || '000' = prefecture.municipality_code
