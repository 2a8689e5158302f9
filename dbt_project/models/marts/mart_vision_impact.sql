-- The stage is that of the official projection, as the government's handbook reads it; other scenarios have theirs in
-- mart_population_vision.
select
    degrees.municipality_code,
    degrees.year,
    degrees.natural_ratio_pct,
    cast(degrees.natural_degree as smallint) as natural_degree,
    degrees.natural_rule,
    degrees.social_ratio_pct,
    cast(degrees.social_degree as smallint) as social_degree,
    degrees.social_rule,
    cast(steps.stage as smallint) as depopulation_stage,
    steps.rule as depopulation_stage_rule_ja
from {{ source('projection', 'impact') }} as degrees
left join {{ source('projection', 'stage') }} as steps
    on
        degrees.municipality_code = steps.municipality_code
        and degrees.year = steps.year
        and steps.scenario_id = 'ipss_2018_extended'
order by degrees.municipality_code, degrees.year
