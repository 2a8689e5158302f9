-- One figure per municipality, fiscal year and item: the survey of the year (detail, in yen) wins over the series of
-- all years (in thousands of yen), because only the first is exact; inside a form the version that ingest/in_force.py
-- found.
select
    * replace (
        row_number() over (
            partition by municipality_code, fiscal_year, item
            order by case form when 'detail' then 1 else 2 end asc, version_rank asc
        ) as version_rank
    )
from {{ ref('stg_furusato_nozei__donation') }}
where {{ is_municipality() }}
