select
    source_id,
    source,
    layout,
    file_name,
    sha256,
    size_bytes,
    received_at,
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
order by source_id
