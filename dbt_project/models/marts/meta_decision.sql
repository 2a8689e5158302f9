select
    kind,
    rule,
    subject,
    decided_by,
    decided_on,
    reason_ja
from {{ source('raw', 'decision') }}
union all
select
    'level_step' as kind,
    reading as rule,
    municipality_code || ' ' || comparable_from as subject,
    decided_by,
    decided_on,
    reason_ja
from {{ source('raw', 'level_step') }}
order by kind, rule, subject
