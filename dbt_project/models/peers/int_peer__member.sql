-- Who stands beside whom: the groups of nation, prefecture and class that a municipality belongs to, itself included.
select
    place.municipality_code,
    peer_group.group_kind,
    peer_group.group_id
from {{ ref('int_peer__place') }} as place
cross join
    lateral (
        values
        ('nation', 'nation'),
        ('prefecture', 'prefecture:' || place.prefecture_code),
        ('class', 'class:' || place.size_class || '/' || place.age_class)
    ) as peer_group (group_kind, group_id)
where peer_group.group_id is not null
