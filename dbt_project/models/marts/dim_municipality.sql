select
    municipality_code,
    code6,
    name_ja,
    kana,
    prefecture_name_ja,
    area_level,
    valid_from,
    valid_to,
    successor_code,
    successor_codes,
    is_current,
    current_code,
    current_codes,
    is_divided,
    comparable_from
from {{ ref('int_municipality__spans') }}
order by municipality_code, valid_from
