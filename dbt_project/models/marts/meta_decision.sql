select
    kind,
    rule,
    subject,
    decided_by,
    decided_on,
    reason_ja
from {{ source('raw', 'decision') }}
order by kind, rule, subject
