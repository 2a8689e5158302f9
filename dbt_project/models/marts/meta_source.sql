-- What was refused at the door was not stored and is no source: it has no bytes, and its name may be a person's.
select
    source_id,
    source,
    layout,
    file_name,
    sha256,
    size_bytes,
    received_at,
    received_order,
    origin,
    period,
    title_ja,
    publisher_ja,
    statistic_ja,
    licence,
    credit_ja,
    rows_read,
    rows_quarantined,
    verdict
from {{ source('raw', 'delivery') }}
where sha256 <> ''
order by source_id
