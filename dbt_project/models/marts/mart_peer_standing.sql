{%- set least = 10 %}
{%- set covered = 0.8 %}
-- Where a municipality stands among others: rank, percentile and the spread of the group in the newest period that at
-- least half as many municipalities have as the best covered one. A rank is withheld where few have a value, or less
-- than four fifths of the group: a rank among those who happened to be delivered would mislead. No measures are added
-- up to a score.
with covered as (
    select
        measure_id,
        period_start,
        period_end,
        count(*) >= 0.5 * max(count(*)) over (partition by measure_id) as is_covered
    from {{ ref('int_peer__measure') }}
    group by measure_id, period_start, period_end
),

periods as (
    select
        measure_id,
        max(period_end) as period_end
    from covered
    where is_covered
    group by measure_id
),

measured as materialized (
    select measures.*
    from {{ ref('int_peer__measure') }} as measures
    inner join periods
        on
            measures.measure_id = periods.measure_id and measures.period_end = periods.period_end
    inner join {{ ref('int_peer__place') }} as place on measures.municipality_code = place.municipality_code
),

-- The measured municipality and each member of its group; itself is one of them.
nearest as (
    select
        municipality_code,
        similar_code as member_code
    from {{ ref('mart_similar_municipality') }}
    union all
    select distinct
        municipality_code,
        municipality_code as member_code
    from {{ ref('mart_similar_municipality') }}
),

placed as materialized (
    select
        measured.municipality_code,
        measured.measure_id,
        member.group_kind,
        member.group_id,
        measured.measured_value,
        measured.lower_value,
        measured.upper_value
    from measured
    inner join {{ ref('int_peer__member') }} as member on measured.municipality_code = member.municipality_code
),

spread_of_group as (
    select
        group_id,
        measure_id,
        count(*) as n_measured,
        min(measured_value) as minimum_value,
        quantile_cont(cast(measured_value as double), [0.25, 0.5, 0.75]) as quartiles,
        max(measured_value) as maximum_value
    from placed
    group by group_id, measure_id
),

-- Each value of a group once, with how many of the group lie above and below it.
counted as materialized (
    select
        group_id,
        measure_id,
        cast(measured_value as double) as level_value,
        sum(count(*)) over (partition by group_id, measure_id order by measured_value desc) - count(*) as n_above,
        sum(count(*)) over (partition by group_id, measure_id order by measured_value asc) - count(*) as n_below,
        count(*) as n_equal
    from placed
    group by group_id, measure_id, measured_value
),

uncertain as (
    select
        municipality_code,
        measure_id,
        group_id,
        cast(lower_value as double) as lower_value,
        cast(upper_value as double) as upper_value
    from placed
    where upper_value is not null
),

-- How many of the group lie above either end of the interval of a value: those at and above the first value over it.
within as (
    select
        uncertain.municipality_code,
        uncertain.measure_id,
        uncertain.group_id,
        1 + coalesce(above.n_above + above.n_equal, 0) as rank_from,
        coalesce(over_lower.n_above + over_lower.n_equal, 1) as rank_to
    from uncertain
    asof left join counted as above
        on
            uncertain.group_id = above.group_id
            and uncertain.measure_id = above.measure_id
            and uncertain.upper_value < above.level_value
    asof left join counted as over_lower
        on
            uncertain.group_id = over_lower.group_id
            and uncertain.measure_id = over_lower.measure_id
            and uncertain.lower_value < over_lower.level_value
),

standing as (
    select
        placed.municipality_code,
        placed.measure_id,
        placed.group_kind,
        placed.group_id,
        spread_of_group.n_measured,
        peer_group.n_members,
        1 + counted.n_above as value_rank,
        counted.n_below as n_lower,
        within.rank_from,
        greatest(within.rank_to, 1 + counted.n_above) as rank_to,
        spread_of_group.minimum_value,
        spread_of_group.quartiles,
        spread_of_group.maximum_value
    from placed
    inner join counted
        on
            placed.group_id = counted.group_id
            and placed.measure_id = counted.measure_id
            and cast(placed.measured_value as double) = counted.level_value
    inner join spread_of_group
        on placed.group_id = spread_of_group.group_id and placed.measure_id = spread_of_group.measure_id
    inner join {{ ref('dim_peer_group') }} as peer_group on placed.group_id = peer_group.group_id
    left join within
        on
            placed.municipality_code = within.municipality_code
            and placed.measure_id = within.measure_id
            and placed.group_id = within.group_id
    union all by name
    select
        one.municipality_code,
        one.measure_id,
        'nearest' as group_kind,
        'nearest' as group_id,
        count(*) as n_measured,
        21 as n_members,
        1 + count(*) filter (where other.measured_value > one.measured_value) as value_rank,
        count(*) filter (where other.measured_value < one.measured_value) as n_lower,
        if(any_value(one.upper_value) is null, null, 1 + count(*) filter (where other.measured_value > one.upper_value))
            as rank_from,
        if(
            any_value(one.upper_value) is null,
            null,
            greatest(
                1 + count(*) filter (where other.measured_value > one.measured_value),
                count(*) filter (where other.measured_value > one.lower_value)
            )
        ) as rank_to,
        min(other.measured_value) as minimum_value,
        quantile_cont(cast(other.measured_value as double), [0.25, 0.5, 0.75]) as quartiles,
        max(other.measured_value) as maximum_value
    from measured as one
    inner join nearest on one.municipality_code = nearest.municipality_code
    inner join measured as other on nearest.member_code = other.municipality_code and one.measure_id = other.measure_id
    group by one.municipality_code, one.measure_id
),

judged as (
    select
        *,
        case
            when n_measured < {{ least }} then 'few_measured'
            when n_measured < {{ covered }} * n_members then 'part_of_group'
        end as withheld_reason
    from standing
)

select
    judged.municipality_code,
    judged.measure_id,
    judged.group_kind,
    judged.group_id,
    about.measure_no,
    about.label_ja,
    about.unit,
    measured.period_start,
    measured.period_end,
    measured.measured_value,
    measured.lower_value,
    measured.upper_value,
    if(measured.lower_value is null, null, 'poisson_95') as interval_basis,
    cast(judged.n_measured as integer) as n_measured,
    cast(judged.n_members as integer) as n_members,
    if(judged.withheld_reason is null, cast(judged.value_rank as integer), null) as value_rank,
    if(judged.withheld_reason is null, cast(judged.rank_from as integer), null) as value_rank_from,
    if(judged.withheld_reason is null, cast(judged.rank_to as integer), null) as value_rank_to,
    if(judged.withheld_reason is null, cast(judged.n_lower * 100.0 / (judged.n_measured - 1) as decimal(24, 8)), null)
        as percentile_pct,
    if(judged.withheld_reason is null, judged.minimum_value, null) as minimum_value,
    if(judged.withheld_reason is null, cast(judged.quartiles[1] as decimal(24, 8)), null) as lower_quartile_value,
    if(judged.withheld_reason is null, cast(judged.quartiles[2] as decimal(24, 8)), null) as median_value,
    if(judged.withheld_reason is null, cast(judged.quartiles[3] as decimal(24, 8)), null) as upper_quartile_value,
    if(judged.withheld_reason is null, judged.maximum_value, null) as maximum_value,
    judged.withheld_reason,
    case judged.withheld_reason
        when 'few_measured'
            then '値のある団体が' || judged.n_measured || 'だけのため（{{ least }}以上が要る）順位を出さない'
        when 'part_of_group'
            then
                judged.n_members || '団体のうち' || judged.n_measured || 'の値しかないため（8割以上が要る）順位を出さない'
    end as withheld_reason_ja,
    case
        when place.is_small_place then 'small_place'
        when measured.base_persons < 300 then 'small_base'
    end as noise_reason,
    measured.value_status
from judged
inner join measured
    on judged.municipality_code = measured.municipality_code and judged.measure_id = measured.measure_id
inner join {{ ref('peer_measures') }} as about on judged.measure_id = about.measure_id
inner join {{ ref('int_peer__place') }} as place on judged.municipality_code = place.municipality_code
order by judged.municipality_code, about.measure_no, judged.group_kind
