-- What the figures are by which municipalities are set side by side, and what each does not say.
select
    measure_id,
    measure_no,
    label_ja,
    label_en,
    unit,
    definition_ja,
    definition_en,
    limits_ja,
    limits_en
from {{ ref('peer_measures') }}
order by measure_no
