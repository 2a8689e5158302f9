{%- set least = 10 %}
-- How many municipalities of a group have each pair of degrees of impact. Groups of fewer than ten with degrees, or of
-- those of less than four fifths, have no rows.
with degree as (
    select
        member.group_kind,
        member.group_id,
        impact.year,
        impact.natural_degree,
        impact.social_degree
    from {{ ref('mart_vision_impact') }} as impact
    inner join {{ ref('int_peer__member') }} as member on impact.municipality_code = member.municipality_code
),

counted as (
    select
        group_kind,
        group_id,
        year,
        natural_degree,
        social_degree,
        count(*) as n_municipalities,
        sum(count(*)) over (partition by group_id, year) as n_measured
    from degree
    group by group_kind, group_id, year, natural_degree, social_degree
)

select
    counted.group_id,
    counted.group_kind,
    counted.year,
    counted.natural_degree,
    counted.social_degree,
    cast(counted.n_municipalities as integer) as n_municipalities,
    cast(counted.n_measured as integer) as n_measured,
    peer_group.n_members
from counted
inner join {{ ref('dim_peer_group') }} as peer_group on counted.group_id = peer_group.group_id
where counted.n_measured >= {{ least }} and counted.n_measured >= 0.8 * peer_group.n_members
order by counted.group_id, counted.year, counted.natural_degree, counted.social_degree
