-- Every delivered version of every figure in one long table: one row per delivered cell, as staged. version_rank 1 is
-- in force inside its raw table; whoever asks what single deliveries say takes all of them. `counted` tells two counts
-- of one table apart (scope, form of the file, vintage, series); `period` is the date of a stock, the first day of a
-- month or fiscal year, 1 October of a projected year, the last day of a reference value; `figure` names the cell
-- among the versions of its table. The areas are those of the delivery: country, prefectures and wards too.
select
    'census_population' as raw_table,
    series,
    scope as counted,
    municipality_code,
    area_level,
    as_of_date as period,
    'population' as measure,
    sex,
    age_group,
    cast(population_persons as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, scope, as_of_date, sex, age_group) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_census__population') }}
union all
select
    'registry_population' as raw_table,
    series,
    scope as counted,
    municipality_code,
    area_level,
    as_of_date as period,
    'population' as measure,
    sex,
    age_group,
    cast(population_persons as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, scope, as_of_date, sex, age_group) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_resident_registry__population') }}
union all
select
    'registry_dynamics' as raw_table,
    series,
    scope as counted,
    municipality_code,
    area_level,
    as_of_date as period,
    if(item like 'population_%', 'population', item) as measure,
    if(item like 'population_%', replace(item, 'population_', ''), 'total') as sex,
    'total' as age_group,
    cast(persons as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, scope, as_of_date, item) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_resident_registry__dynamics') }}
union all
select
    'furusato_donation' as raw_table,
    null as series,
    form as counted,
    municipality_code,
    area_level,
    {{ first_day_of_fiscal_year('fiscal_year') }} as period,
    item as measure,
    null as sex,
    null as age_group,
    cast(amount as decimal(28, 4)) as amount,
    unit_in_file as unit_ja,
    concat_ws(' ', municipality_code, fiscal_year, item) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_furusato_nozei__donation') }}
union all
select
    'tourism_visitors' as raw_table,
    null as series,
    form as counted,
    municipality_code,
    area_level,
    month as period,
    'visitors' as measure,
    null as sex,
    null as age_group,
    cast(visitors as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, month) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_tourism__visitors') }}
union all
select
    'ipss_population' as raw_table,
    vintage as series,
    vintage as counted,
    municipality_code,
    area_level,
    {{ census_day('year') }} as period,
    'population' as measure,
    sex,
    age_group,
    cast(population_persons as decimal(28, 4)) as amount,
    null as unit_ja,
    concat_ws(' ', municipality_code, vintage, year, sex, age_group) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_ipss__population') }}
union all
select
    'reference_series' as raw_table,
    series,
    series as counted,
    municipality_code,
    'municipality' as area_level,
    period_end as period,
    if(indicator_id = 'population_total', 'population', indicator_id) as measure,
    'total' as sex,
    'total' as age_group,
    cast(indicator_value as decimal(28, 4)) as amount,
    unit as unit_ja,
    concat_ws(' ', municipality_code, series, indicator_id, period_start, period_end) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_reference_series__value') }}
union all
select
    'estat_value' as raw_table,
    stats_data_id as series,
    stats_data_id || ' ' || indicator_code as counted,
    municipality_code,
    area_level,
    period_end as period,
    indicator_code as measure,
    'total' as sex,
    'total' as age_group,
    cast(indicator_value as decimal(28, 4)) as amount,
    unit as unit_ja,
    concat_ws(' ', municipality_code, stats_data_id, indicator_code, time_code) as figure,
    value_status,
    source_id,
    source_sheet,
    source_row,
    source_column,
    version_rank
from {{ ref('stg_estat_api__value') }}
