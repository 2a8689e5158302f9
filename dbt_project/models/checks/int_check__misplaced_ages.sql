{{ config(materialized='table') }}
{%- set key = 'municipality_code, series, scope, as_of_date, against' -%}
{%- set count = key ~ ', reference_series, reference_date, steps, persons, source_id, source_sheet, source_row' -%}
-- Counts by age whose groups stand in the wrong place: one row per municipality, count, kind of reference and fault.
-- `exchanged`: two groups that fit each other's expectation (`size`: the smaller departure, as a share of all people);
-- `shifted`: the groups fit once they all move by `one_age` years (`size`: the misfit that is then left, of the one as
-- published); `unlike`: the share `size` of the people would have to stand in another group. Municipalities of less
-- than 1,000 are left out.
with profiles as (
    select
        *,
        age_share - expected_share as departure,
        sum(abs(age_share - expected_share)) over (partition by {{ key }}) / 2 as unlike_share,
        count(*) over (partition by series, scope, as_of_date, against, place) as n_counts
    from {{ ref('int_check__age_profiles') }}
    where persons >= 1000
),

departed as (
    select * from profiles
    where abs(departure) >= if(against = 'same' and steps <= 0.6, 0.002, 0.004)
),

pairs as (
    select
        one.*,
        other.place as other_place,
        abs(one.departure) + abs(other.departure) as misfit,
        abs(one.age_share - other.expected_share) + abs(other.age_share - one.expected_share) as misfit_exchanged,
        abs(one.age_share - one.share_before) + abs(other.age_share - other.share_before) as misfit_before,
        abs(one.age_share - other.share_before) + abs(other.age_share - one.share_before) as misfit_before_exchanged,
        least(abs(one.departure), abs(other.departure)) as moved
    from departed as one
    inner join departed as other
        on
            one.municipality_code = other.municipality_code
            and one.series = other.series
            and one.scope = other.scope
            and one.as_of_date = other.as_of_date
            and one.against = other.against
            and one.place < other.place
    where one.departure * other.departure < 0
),

-- Young people between 15 and 29 move to study and to work: there both the cohort and the same group before must say
-- so.
fitting as (
    select * from pairs
    where
        misfit_exchanged < if(against = 'same' and steps <= 0.6, 0.6, 0.35) * misfit
        and (
            misfit_before_exchanged < 0.6 * misfit_before
            or not (place between 3 and 5 or other_place between 3 and 5 or other_place = 16)
        )
),

-- A difference too small to tell of in one municipality tells where half of the table or more shows the same one.
exchanged as (
    select *
    from (
        select
            *,
            count(*) over (partition by series, scope, as_of_date, against, place, other_place) as n_alike
        from fitting
    ) as counted
    where (moved >= 0.004 and misfit_exchanged < 0.35 * misfit) or (n_alike >= 2 and n_alike >= 0.5 * n_counts)
    qualify row_number() over (partition by {{ key }} order by misfit - misfit_exchanged desc) = 1
),

doubtful as (
    select
        {{ key }},
        reference_series,
        reference_date,
        steps,
        persons,
        unlike_share,
        min_by(source_id, place) as source_id,
        min_by(source_sheet, place) as source_sheet,
        min_by(source_row, place) as source_row,
        list(age_share order by place) as share_list,
        list(expected_share order by place) as expected,
        list(share_before order by place) as list_before
    from profiles
    where unlike_share >= 0.05
    group by {{ key }}, reference_series, reference_date, steps, persons, unlike_share
),

-- Only groups that have a place after the move are compared, as they stand and moved; 80 and over is left out. Where
-- people come and go with the stages of life, the shares of before stay as they are: they too may be met as they stand.
moved as (
    select
        doubtful.*,
        shifts.shift,
        list_filter(range(1, 17), lambda n: n + shift between 1 and 16) as places
    from doubtful
    cross join (select unnest(range(-5, 6)) as shift) as shifts
    where shift <> 0
),

shifted as (
    select
        *,
        least(
            list_sum(list_transform(places, lambda n: abs(share_list[n] - expected[n]))),
            list_sum(list_transform(places, lambda n: abs(share_list[n] - list_before[n])))
        ) as misfit,
        list_sum(list_transform(places, lambda n: abs(share_list[n + shift] - expected[n]))) as misfit_shifted
    from moved
    qualify row_number() over (partition by {{ key }} order by misfit_shifted / misfit) = 1
)

select
    {{ count }},
    'exchanged' as fault,
    5 * place as one_age,
    5 * other_place as other_age,
    moved as size,
    n_alike >= 2 and n_alike >= 0.5 * n_counts as is_shared
from exchanged
union all
select
    {{ count }},
    'shifted' as fault,
    5 * shift as one_age,
    null as other_age,
    misfit_shifted / misfit as size,
    false as is_shared
from shifted
where misfit_shifted < 0.5 * misfit and misfit >= 0.03
union all
select
    {{ count }},
    'unlike' as fault,
    null as one_age,
    null as other_age,
    unlike_share as size,
    false as is_shared
from doubtful
where unlike_share >= 0.1
