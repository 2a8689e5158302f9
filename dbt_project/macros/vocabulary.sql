{# Words of a column that have a meaning of their own, each list once. #}
{% macro vocabulary(column) -%}
    {{ return({
        'value_status': ['final', 'preliminary', 'revised', 'estimated', 'projected', 'suppressed', 'not_reported', 'not_surveyed', 'not_applicable'],
    }[column]) }}
{%- endmacro %}

{# How settled a figure is; the highest wins when one fact is delivered more than once. #}
{% macro status_rank(column) -%}
    case {{ column }}
        when 'revised' then 6
        when 'final' then 5
        when 'preliminary' then 4
        when 'estimated' then 3
        when 'projected' then 2
        when 'suppressed' then 1
        else 0
    end
{%- endmacro %}

{# Whether a scenario says what is to be expected, and so has a band; a goal or a what-if has none. #}
{% macro is_forecast(scenario_id='scenario_id') -%}
    {{ scenario_id }} in (
        'ipss_2018', 'ipss_2018_extended', 'ipss_2023', 'ipss_2023_extended', 'ipss_2023_fitted',
        'ipss_2018_from_2025'
    )
{%- endmacro %}

{# Whether an area is a municipality as the marts count them: a ward is a part of its city, the rest are sums. #}
{% macro is_municipality(area_level='area_level') -%}
    {{ area_level }} in ('municipality', 'designated_city')
{%- endmacro %}

{# Whether a status says that there is no value, and why. #}
{% macro is_without_value(column) -%}
    {{ column }} in ('not_reported', 'not_surveyed', 'not_applicable', 'suppressed')
{%- endmacro %}

{# The series that a section names in its own words; what is no known series stays as it is written. #}
{% macro series_of(column) -%}
    case
        when starts_with({{ column }}, '国勢調査') then 'census'
        when starts_with({{ column }}, '住民基本台帳') or {{ column }} = '住基' then 'resident_registry'
        when starts_with({{ column }}, '人口動態') then 'vital_statistics'
        else {{ column }}
    end
{%- endmacro %}
