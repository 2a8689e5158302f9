select
    municipality_code,
    case series when 'census' then 'census' else 'registry' end || '_women_20_39_persons' as indicator_id,
    as_of_date,
    women_20_39_persons as measured_value,
    series,
    value_status,
    caveat,
    source_id,
    source_sheet,
    source_row,
    version_rank
from {{ ref('int_population__by_age') }}
where n_women_groups = 4 and has_all_women
